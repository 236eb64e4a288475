package delivery

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Five terminals in two townships; in the first two sounded, 1 and 2 seconds after the dispatch, one of
// them without a microphone.
func TestTalliesAreCountedByTownship(t *testing.T) {
	eachDB(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		ctx := context.Background()
		c := newCrowd(5)
		for i := 3; i < 5; i++ {
			c[i].RegionPath = "cn.11.110105.110105002."
		}
		order(t, db)
		d := newDesk(db, clk, c, new(sink))
		do(t, d.Look(ctx))
		sent := clk.Now().UnixMicro()
		clk.Advance(5 * time.Second)
		said := c.answer(wire.Playing, 0)[:2]
		said[0].At, said[1].At = sent+1_000_000, sent+2_000_000
		do(t, d.TakeReceipts(ctx, said))
		for _, desk := range []*Desk{d, newDesk(db, clk, c, new(sink))} { // as it is known, and as it is read again
			towns, err := desk.Tallies(ctx, 1, func(device string) bool { return device != string(c[1].Code) })
			if do(t, err, desk.Flush(ctx)); len(towns) != 2 {
				t.Fatalf("%+v", towns)
			}
			a, b := towns[0], towns[1]
			slices.Sort(a.Sounded)
			if a.Township != "110105001000" || a.Figures.Targets != 3 || a.Figures.Reached != 2 || a.Microphones != 2 || !slices.Equal(a.Sounded, []int64{1000, 2000}) {
				t.Errorf("%+v", a)
			}
			if b.Township != "110105002000" || b.Figures.Targets != 2 || b.Figures.Reached != 0 || b.Microphones != 2 || len(b.Sounded) != 0 {
				t.Errorf("%+v", b)
			}
		}
		if towns, err := d.Tallies(ctx, 2, nil); err != nil || towns != nil {
			t.Errorf("of what was never sent: %+v, %v", towns, err)
		}
	})
}
