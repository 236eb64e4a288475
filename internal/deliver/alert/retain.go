package alert

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/duty"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/feed"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output/ipterminal"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/peer"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// retained are the logs that are kept for so many days as the conduct says, each with what
// deletes the oldest of it. Messages, their versions and approvals, orders, what became of each
// terminal, frozen figures, the duty log and the audit record are not among them: they are
// kept for ever, but for those of items of timetables, which are many every day.
var retained = []struct {
	what string
	keep func(rule.Conduct) time.Duration
	drop func(ctx context.Context, tx *store.Tx, before time.Time, limit int) (int64, error)
}{
	{"receipts", rule.Conduct.Keep, delivery.Drop},
	{"what outputs carried", rule.Conduct.Keep, output.Drop},
	{"what IP terminals did", rule.Conduct.Keep, ipterminal.Drop},
	{"packages of platforms", rule.Conduct.Keep, peer.Drop},
	{"what platforms had", rule.Conduct.Keep, peer.DropResources},
	{"what sources of CAP said", rule.Conduct.Keep, feed.Drop},
	{"what came with alerts of sources", rule.Conduct.Keep, feed.DropOffers},
	{"what came from outside", rule.Conduct.Keep, dropArrivals},
	{"what escalations found", rule.Conduct.Keep, dropEscalations},
	{"notices to staff", rule.Conduct.Keep, duty.DropNotices},
	{"items of timetables", rule.Conduct.KeepEveryday, dropEveryday},
}

// dropBatch is how many rows one transaction deletes, so that nobody waits long for the writer.
const dropBatch = 500

// forget deletes what was kept long enough. Where it cannot be told how long that is, nothing.
func (m *Module) forget(ctx context.Context) error {
	conduct, err := m.book.Conduct(ctx, m.DB)
	if err != nil {
		return err
	}
	for _, log := range retained {
		before := m.Clock.Now().Add(-log.keep(conduct))
		for n := int64(dropBatch); n > 0 && ctx.Err() == nil; {
			if e := m.DB.Housekeep(ctx, func(tx *store.Tx) (err error) {
				n, err = log.drop(ctx, tx, before, dropBatch)
				return err
			}); e != nil {
				err = errors.Join(err, fmt.Errorf("%s: %w", log.what, e)) // the others go on
				break
			}
		}
	}
	return err
}
