package asset_test

import (
	"context"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/obs"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/register/asset"
)

func TestSearchFindsFewAndManyAndFollowsChanges(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		codes, _ := r.city(600)
		count := func(what string, ctx context.Context, f asset.Filter, want int) {
			t.Helper()
			for _, by := range []asset.Sort{asset.ByCode, asset.BySeen} {
				list, err := r.List(ctx, f, by, store.Page{Limit: store.MaxLimit})
				if err != nil {
					t.Fatal(err)
				}
				if len(list.Items) != min(want, store.MaxLimit) || list.Totals.Total != want {
					t.Errorf("%s by %s: %d items of %d, want %d", what, by, len(list.Items), list.Totals.Total, want)
				}
			}
		}
		count("all", everywhere, asset.Filter{Text: " 喇叭 "}, 600)
		count("some", everywhere, asset.Filter{Text: "喇叭 59"}, 11) // 59 and 590–599
		count("one by code", everywhere, asset.Filter{Text: string(codes[7])}, 1)
		count("none", everywhere, asset.Filter{Text: "喇叭_59"}, 0)
		count("in whatever case", everywhere, asset.Filter{Text: "ts-sim"}, 600)
		count("in a district", officer("cn.11.110105."), asset.Filter{Text: "喇叭 59"}, 1) // every sixteenth
		count("and of a kind", everywhere, asset.Filter{Text: "喇叭 59", Kinds: []asset.Kind{"screen"}}, 0)

		d := r.entry(string(codes[599])).Device
		if _, err := r.Change(everywhere, d.ID, d.Version, asset.Facts{Name: "新名"}); err != nil {
			t.Fatal(err)
		}
		count("by its old name", everywhere, asset.Filter{Text: "喇叭 599"}, 0)
		count("by its new name", everywhere, asset.Filter{Text: "新名"}, 1)
		count("some, one fewer", everywhere, asset.Filter{Text: "喇叭 59"}, 10)

		// Another process registers one; this one finds it within seconds.
		deps := r.deps
		deps.Metrics = obs.NewMetrics()
		other := asset.New(deps)
		if _, err := other.RegisterDevice(everywhere, asset.NewDevice{Kind: "loudspeaker", Facts: asset.Facts{Name: "别处新装"},
			Whereabouts: asset.Whereabouts{RegionCode: "110105001000"}}); err != nil {
			t.Fatal(err)
		}
		clk.Advance(3 * time.Second)
		list, err := r.List(everywhere, asset.Filter{Text: "别处"}, asset.ByCode, store.Page{})
		if err != nil || len(list.Items) != 1 {
			t.Errorf("%d items, %v", len(list.Items), err)
		}
	})
}
