package asset_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/obs"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/register/asset"
)

// What a terminal refused stands in its history when somebody should see it: forgeries
// always, other reasons only for orders that this platform never sent; and a flood leaves
// a line with a count.
func TestRefusalsAreSeen(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		r.metrics = obs.NewMetrics()
		r.deps.Metrics = r.metrics
		r.deps.SentOrders = func(_ context.Context, ids []string) (map[string]bool, error) {
			return map[string]bool{order: true}, nil
		}
		r.Module = asset.New(r.deps)
		r.run()
		d := r.add("110105001000", 116.45, 39.91)
		e := r.enrol(d).listen(nil)
		r.until("online", func() bool { return r.entry(d.ID).State == asset.Active })
		volume := 40
		if _, err := r.Instruct(everywhere, d.ID, asset.Instruction{Volume: &volume}); err != nil {
			t.Fatal(err)
		}
		told := e.took(1)[0].ID
		said := 0
		refuse := func(id string, why wire.Reason) {
			t.Helper()
			v := 1
			if id == "" {
				v = 0
			}
			clk.Advance(time.Millisecond) // lines of one moment have no order
			e.say(&wire.Receipt{Order: id, Version: v, Phase: wire.Refused, Reason: why, At: clk.Now().UnixMicro()})
			said++
			r.until("the receipts were handed on", func() bool { r.mu.Lock(); defer r.mu.Unlock(); return len(r.receipts) == said })
		}
		const foreign = "01J0000000000000000000FFFF"
		refuse(order, wire.Replayed) // a reminder that came twice
		refuse(told, wire.Replayed)  // an instruction that was repeated
		refuse("", wire.BadFrame)
		refuse(foreign, wire.Replayed)
		for range 5 {
			refuse(order, wire.BadSignature)
		}
		clk.Advance(11 * time.Minute)
		refuse(order, wire.BadSignature)
		var list store.Listing[asset.Happening]
		desk := newDesk(r).as(everywhere)
		desk.want(http.StatusOK, desk.call(http.MethodGet, "/api/assets/"+d.ID+"/events?kind=refused", nil), &list)
		var got []map[string]any
		for _, h := range list.Items {
			var m map[string]any
			if err := json.Unmarshal(h.Detail, &m); err != nil {
				t.Fatal(err)
			}
			got = append(got, m)
		}
		for i, want := range []struct {
			reason, order string
			count         float64
		}{{"bad_signature", order, 5}, {"bad_signature", order, 1}, {"replayed", foreign, 1}, {"bad_frame", "", 1}} {
			if len(got) != 4 || got[i]["reason"] != want.reason || got[i]["order"] != want.order || got[i]["count"] != want.count {
				t.Fatalf("line %d of %v", i, got)
			}
		}
		if n := r.outcomes("terminal_refusals_total", "bad_signature"); n != 6 {
			t.Errorf("%v were counted", n)
		}
	})
}
