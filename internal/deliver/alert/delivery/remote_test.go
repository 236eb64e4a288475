package delivery

import (
	"context"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// A joined node's batch comes while the thread's orders are read anew. The race detector watches.
func TestABatchComesWhileOrdersAreRead(t *testing.T) {
	eachDB(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		ctx := context.Background()
		order(t, db)
		do(t, db.Housekeep(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO alert_stop (id, no, region_path, regions, reason, person, name, at, until_at, messages) VALUES ($1, 1, 'cn.11.110105.', '[]', '', '', '', 0, 0, '[]')`, threadID)
			return err
		}))
		d := newDesk(db, clk, newCrowd(1), new(sink))
		heads, err := Heads(ctx, db, 1)
		do(t, err, d.Look(ctx))
		orders, err := threadOrders(ctx, db, 1)
		do(t, err)
		stop, read := make(chan struct{}), make(chan struct{})
		go func() { // as refresh does
			defer close(read)
			for {
				select {
				case <-stop:
					return
				default:
				}
				d.mu.Lock()
				d.threads[1].put(orders[0])
				d.mu.Unlock()
			}
		}()
		for range 300 {
			_, err := d.shippedThreads(ctx, &Batch{Threads: []Heading{{ID: threadID, RegionPath: "cn.11.110105.", Orders: heads}}})
			do(t, err)
		}
		close(stop)
		<-read
	})
}
