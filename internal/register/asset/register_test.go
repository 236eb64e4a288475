package asset_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
	"github.com/tongsheng/tongsheng/internal/register/asset"
)

func TestRegisterGivesTheNextFreeCode(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		first := r.add("110105001000", 116.45, 39.91)
		if want := ebd.ResourceCode("51101050010000314010401"); first.Code != want {
			t.Errorf("first code %s, want %s", first.Code, want)
		}
		// The second is taken by hand; the next one given must step over it.
		_, err := r.RegisterDevice(everywhere, asset.NewDevice{Kind: "loudspeaker", Code: "51101050010000314010402",
			Facts: asset.Facts{Name: "甲"}, Whereabouts: asset.Whereabouts{RegionCode: "110105001000"}})
		if err != nil {
			t.Fatal(err)
		}
		if d := r.add("110105001000", 116.45, 39.91); d.Code != "51101050010000314010403" {
			t.Errorf("third code %s", d.Code)
		}
		_, err = r.RegisterDevice(everywhere, asset.NewDevice{Kind: "loudspeaker", Code: string(first.Code),
			Facts: asset.Facts{Name: "乙"}, Whereabouts: asset.Whereabouts{RegionCode: "110105002000"}})
		wantCode(t, err, "asset.code.taken")
		_, err = r.RegisterDevice(officer("cn.11.110108."), asset.NewDevice{Kind: "loudspeaker",
			Facts: asset.Facts{Name: "丙"}, Whereabouts: asset.Whereabouts{RegionCode: "110105002000"}})
		wantCode(t, err, "auth.no_grant")
		_, err = r.RegisterDevice(everywhere, asset.NewDevice{Kind: "loudspeaker", Facts: asset.Facts{Name: " "},
			Whereabouts: asset.Whereabouts{RegionCode: "990000000000", Position: &asset.Position{Lon: 181}}})
		wantCode(t, err, "asset.text.missing")
	})
}

// However devices are registered, by hand or with codes given, one by one or at once,
// no code is ever given twice.
func TestCodesAreUnique(t *testing.T) {
	db, clk := storetest.SQLite(t, asset.Migrations())
	r := newRig(t, db, clk)
	seen := map[ebd.ResourceCode]bool{}
	rapid.Check(t, func(rt *rapid.T) {
		region := rapid.SampledFrom([]string{"110105001000", "110105002000", "110108000000"}).Draw(rt, "region")
		kind := rapid.SampledFrom([]asset.Kind{"loudspeaker", "adapter", "screen", "fm"}).Draw(rt, "kind")
		n := asset.NewDevice{Kind: kind, Facts: asset.Facts{Name: "x"}, Whereabouts: asset.Whereabouts{RegionCode: region}}
		if rapid.Bool().Draw(rt, "by hand") {
			code, err := ebd.Resource{Level: 5, Area: ebd.AreaCode(region), Type: "0314", Seq: 1, Subtype: "04",
				SubSeq: rapid.IntRange(1, 40).Draw(rt, "sequence")}.Code()
			if err != nil {
				rt.Fatal(err)
			}
			n.Kind, n.Code = "loudspeaker", string(code)
		}
		d, err := r.RegisterDevice(everywhere, n)
		if err != nil {
			if n.Code == "" || !seen[ebd.ResourceCode(n.Code)] {
				rt.Fatal(err)
			}
			return
		}
		if seen[d.Code] {
			rt.Fatalf("%s was given twice", d.Code)
		}
		seen[d.Code] = true
	})
}

func TestCodesAreUniqueAmongThoseWhoAskAtOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		var mu sync.Mutex
		var wait sync.WaitGroup
		seen := map[ebd.ResourceCode]bool{}
		for range 8 {
			wait.Go(func() {
				for range 5 {
					d := r.add("110105001000", 116.4, 39.9)
					mu.Lock()
					seen[d.Code] = true
					mu.Unlock()
				}
			})
		}
		wait.Wait()
		if len(seen) != 40 {
			t.Errorf("%d codes for 40 devices", len(seen))
		}
	})
}

func TestLife(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		d := r.add("110105001000", 116.45, 39.91)
		chaoyang, haidian := officer("cn.11.110105."), officer("cn.11.110108.")

		_, err := r.Get(haidian, d.ID)
		wantCode(t, err, "asset.device.not_found")
		_, err = r.Change(haidian, d.ID, 1, asset.Facts{Name: "乙"})
		wantCode(t, err, "asset.device.not_found")
		_, err = r.Change(holder([]auth.Permission{asset.PermRead}, ""), d.ID, 1, asset.Facts{Name: "乙"})
		wantCode(t, err, "auth.no_grant")

		if d, err = r.Change(chaoyang, d.ID, 1, asset.Facts{Name: "建外一号", Owner: "区融媒体中心", Contact: "010-12345"}); err != nil {
			t.Fatal(err)
		}
		if d.Version != 2 || d.Region != "北京市朝阳区建外街道" {
			t.Errorf("after a change: version %d, region %s", d.Version, d.Region)
		}
		_, err = r.Change(chaoyang, d.ID, 1, asset.Facts{Name: "丙"})
		wantCode(t, err, "stale")
		_, err = r.Move(chaoyang, d.ID, 2, asset.Whereabouts{RegionCode: "110108001000"}, "")
		wantCode(t, err, "auth.no_grant") // the other district is not theirs
		code := d.Code
		if d, err = r.Move(everywhere, d.ID, 2, asset.Whereabouts{RegionCode: "110108001000", Position: &asset.Position{Lon: 116.29, Lat: 39.9}}, ""); err != nil {
			t.Fatal(err)
		}
		if d.Code != code || d.RegionPath != "cn.11.110108.110108001." {
			t.Errorf("after a move: %s in %s", d.Code, d.RegionPath)
		}
		if d, err = r.Suspend(haidian, d.ID, 3, "检修"); err != nil {
			t.Fatal(err)
		}
		if d, err = r.Resume(haidian, d.ID, 4); err != nil || d.State != asset.Planned {
			t.Fatalf("resumed: %v %v", d, err)
		}
		if d, err = r.Retire(haidian, d.ID, 5, "拆除"); err != nil {
			t.Fatal(err)
		}
		_, err = r.Change(haidian, d.ID, 6, asset.Facts{Name: "丁"})
		wantCode(t, err, "asset.device.retired")
		if next := r.add("110105001000", 116.4, 39.9); next.Code == code {
			t.Error("the code of a retired device was given again")
		}
		var records, events int
		if err := db.QueryRow(context.Background(), `SELECT count(*) FROM platform_audit WHERE object = $1`, "asset:"+d.ID).Scan(&records); err != nil {
			t.Fatal(err)
		}
		if err := db.QueryRow(context.Background(), `SELECT count(*) FROM platform_outbox WHERE aggregate = $1`, d.ID).Scan(&events); err != nil {
			t.Fatal(err)
		}
		if records != 6 || events != 6 {
			t.Errorf("%d audit records and %d events for 6 changes", records, events)
		}
	})
}

func TestListFiltersPagesAndTotals(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		want := map[string][]ebd.ResourceCode{}
		for i, region := range []string{"110108001000", "110105002000", "110105001000", "110105001000", "110108002000"} {
			d := r.add(region, 116+float64(i)/100, 39.9)
			want[region] = append(want[region], d.Code)
		}
		var all []ebd.ResourceCode
		page := store.Page{Limit: 2}
		for {
			list, err := r.List(everywhere, asset.Filter{}, asset.ByCode, page)
			if err != nil {
				t.Fatal(err)
			}
			if list.Totals != (asset.Totals{Total: 5, Never: 5}) || list.Total != 5 {
				t.Errorf("totals %+v", list.Totals)
			}
			for _, e := range list.Items {
				all = append(all, e.Code)
			}
			if page.After = list.Next; page.After == "" {
				break
			}
		}
		expect := append(append(append(append([]ebd.ResourceCode(nil), want["110105001000"]...), want["110105002000"]...), want["110108001000"]...), want["110108002000"]...)
		if diff := cmp.Diff(expect, all); diff != "" {
			t.Errorf("order by region, then code (-want +got):\n%s", diff)
		}
		for _, c := range []struct {
			name   string
			ctx    context.Context
			filter asset.Filter
			total  int
		}{
			{"own district", officer("cn.11.110105."), asset.Filter{}, 3},
			{"region of another district", officer("cn.11.110105."), asset.Filter{Region: "110108001000"}, 0},
			{"township", everywhere, asset.Filter{Region: "110105001000"}, 2},
			{"kind", everywhere, asset.Filter{Kinds: []asset.Kind{"screen"}}, 0},
			{"presence", everywhere, asset.Filter{Presences: []asset.Presence{asset.Never}}, 5},
			{"online", everywhere, asset.Filter{Presences: []asset.Presence{asset.Online}}, 0},
			{"text", everywhere, asset.Filter{Text: "村口"}, 5},
			{"text with wildcard", everywhere, asset.Filter{Text: "%"}, 0},
			{"fault", everywhere, asset.Filter{Fault: asset.AnyFault}, 0},
			{"nobody", context.Background(), asset.Filter{}, 0},
		} {
			for _, by := range []asset.Sort{asset.ByCode, asset.BySeen} {
				list, err := r.List(c.ctx, c.filter, by, store.Page{})
				if err != nil {
					t.Fatal(c.name, err)
				}
				if len(list.Items) != c.total || list.Totals.Total != c.total {
					t.Errorf("%s by %s: %d items, total %d, want %d", c.name, by, len(list.Items), list.Totals.Total, c.total)
				}
			}
		}
	})
}

func TestSampleIsLoadedOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		var points []asset.SamplePoint
		for i := range 150 {
			points = append(points, asset.SamplePoint{Name: fmt.Sprintf("喇叭 %d", i), RegionCode: []string{"110105001000", "110108002000"}[i%2],
				Position: asset.Position{Lon: 116 + float64(i)/1000, Lat: 40}})
		}
		first, _, err := r.LoadSample(context.Background(), points)
		if err != nil {
			t.Fatal(err)
		}
		again, grant, err := r.LoadSample(context.Background(), points)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("loaded again:\n%s", diff)
		}
		list, err := r.List(everywhere, asset.Filter{}, asset.ByCode, store.Page{})
		if err != nil || list.Totals.Total != 150 {
			t.Errorf("%d devices, %v", list.Totals.Total, err)
		}
		// A batch token enrols without a code: the next planned sample device.
		x := r.present(&asset.Device{ID: "none"}, grant.Token)
		if e := r.entry(string(x.code)); e.State != asset.Enrolled || !e.Sample {
			t.Errorf("enrolled %s %v", e.State, e.Sample)
		}
		var wait sync.WaitGroup
		var mu sync.Mutex
		seen := map[ebd.ResourceCode]bool{x.code: true}
		for range 8 {
			wait.Go(func() {
				for range 5 {
					x := r.present(&asset.Device{ID: "none"}, grant.Token)
					mu.Lock()
					seen[x.code] = true
					mu.Unlock()
				}
			})
		}
		if wait.Wait(); len(seen) != 41 {
			t.Errorf("%d codes for 41 terminals that enrolled at once", len(seen))
		}
		real := r.add("110105001000", 116.4, 39.9)
		_, err = r.Enrol(context.Background(), request(t, r, grant.Token, real.Code))
		wantCode(t, err, "asset.enrol.not_in_batch")
	})
}
