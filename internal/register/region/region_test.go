package region_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/tongsheng/tongsheng/city"
	"github.com/tongsheng/tongsheng/engine/geo"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
	"github.com/tongsheng/tongsheng/internal/register/region"
)

const (
	beijing  = "110000000000"
	chaoyang = "110105000000"
	// Census of 2020: all of Beijing, and Chaoyang.
	beijingPeople  = 21_893_095
	chaoyangPeople = 3_452_460
)

func each(t *testing.T, fn func(t *testing.T, m *region.Module)) {
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		m := region.New(region.Deps{DB: db})
		for range 2 { // the second load finds nothing to do
			if err := m.Load(context.Background(), city.Default()); err != nil {
				t.Fatal(err)
			}
		}
		var loads int
		if err := db.QueryRow(context.Background(), `SELECT count(*) FROM platform_audit WHERE action = 'region.load'`).Scan(&loads); err != nil || loads != 1 {
			t.Fatalf("%d loads were recorded, %v", loads, err)
		}
		fn(t, m)
	}, region.Migrations())
}

func people(t *testing.T, list []region.Share) (n float64) {
	t.Helper()
	seen := map[string]bool{}
	for _, s := range list {
		if seen[s.Code] {
			t.Errorf("%s is there twice", s.Code)
		}
		seen[s.Code] = true
		n += float64(s.Population) * s.Share
	}
	return n
}

func TestTreeAnswers(t *testing.T) {
	each(t, func(t *testing.T, m *region.Module) {
		ctx := context.Background()
		r, err := m.Get(ctx, "110105001000")
		if err != nil || r.Path != "cn.11.110105.110105001." || len(r.Ancestors) != 3 || r.Ancestors[2].Name != "朝阳区" {
			t.Fatalf("%+v, %v", r, err)
		}
		if !r.PopulationEstimated || !r.Modelled {
			t.Error("a township's people or outline do not say that they are modelled")
		}
		if again, err := m.At(ctx, r.Path); err != nil || again.Code != r.Code {
			t.Errorf("%+v, %v", again, err)
		}
		for _, q := range []string{"朝阳", "cyq", "chaoyangqu", "110105", "Chaoyang"} {
			l, err := m.List(ctx, "", q, store.Page{})
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, r := range l.Items {
				found = found || r.Code == chaoyang
			}
			if !found {
				t.Errorf("%q does not find Chaoyang", q)
			}
		}
		// What begins so stands before what only holds it, and larger before smaller; the places
		// around tell those of one name apart, page by page.
		var names []string
		for page := (store.Page{Limit: 3}); ; {
			l, err := m.List(ctx, "", "清河", page)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range l.Items {
				names = append(names, r.Name)
				if r.Level == city.Village && (len(r.Ancestors) < 4 || r.Ancestors[len(r.Ancestors)-1].Code != r.Parent) {
					t.Errorf("%s stands within %+v", r.Name, r.Ancestors)
				}
			}
			if page.After = l.Next; l.Next == "" {
				break
			}
		}
		if at := slices.Index(names, "清河街道"); len(names) < 4 || at < 0 || at > slices.Index(names, "清河营中路社区") {
			t.Errorf("found %v", names)
		}
		if l, err := m.List(ctx, "", "清河社区", store.Page{}); err != nil || len(l.Items) == 0 || l.Items[0].Name != "清河社区" {
			t.Errorf("found %+v, %v", l.Items, err)
		}
		districts, err := m.List(ctx, beijing, "", store.Page{})
		if err != nil || len(districts.Items) != 16 || districts.Total != 16 {
			t.Errorf("%d districts, %v", len(districts.Items), err)
		}
		if _, err := m.Get(ctx, "990000000000"); !fault.IsKind(err, fault.NotFound) {
			t.Errorf("got %v", err)
		}
		if _, err := m.ZoneMembers(ctx, "nowhere"); !fault.IsKind(err, fault.NotFound) {
			t.Errorf("got %v", err)
		}
		if codes, err := m.ZoneMembers(ctx, "core"); err != nil || len(codes) != 2 {
			t.Errorf("%v, %v", codes, err)
		}
	})
}

// However many regions a text finds, no more of them are read than a page holds: anybody may
// ask.
func TestFindReadsAPageOfWhatItFinds(t *testing.T) {
	sqlite, _ := storetest.SQLite(t, region.Migrations())
	postgres, _ := storetest.Postgres(t, region.Migrations())
	for _, db := range []*store.DB{sqlite, postgres} { // one after the other: allocations are the process's
		ctx, m := context.Background(), region.New(region.Deps{DB: db})
		if err := m.Load(ctx, city.Default()); err != nil {
			t.Fatal(err)
		}
		var l store.Listing[region.Region]
		var err error
		n := testing.AllocsPerRun(3, func() { l, err = m.List(ctx, "", "1", store.Page{Limit: 10}) })
		if err != nil || len(l.Items) != 10 || l.Total < 1000 || n > 5000 {
			t.Errorf("%v: %d of %d took %.0f allocations, %v", db.Dialect(), len(l.Items), l.Total, n, err)
		}
	}
}

// Page by page they come in their order, each once.
func TestFindKeepsItsOrder(t *testing.T) {
	each(t, func(t *testing.T, m *region.Module) {
		ctx := context.Background()
		find := func(text string, page store.Page) store.Listing[region.Region] {
			l, err := m.List(ctx, "", text, page)
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		for _, text := range []string{"1", "a", "朝阳", "110105", "Xi", "社区", "%", "_", `\`} {
			low := strings.ToLower(text)
			key := func(r region.Region) string {
				near := 2
				for _, name := range []string{strings.ToLower(r.Name), strings.ToLower(r.NameEn), r.Code} {
					if name == low {
						near = 0
					} else if strings.HasPrefix(name, low) {
						near = min(near, 1)
					}
				}
				return fmt.Sprint(near, r.Level.Rank(), r.Path)
			}
			var keys []string
			var total int64
			for page := (store.Page{Limit: 499}); ; {
				l := find(text, page)
				for _, r := range l.Items {
					keys = append(keys, key(r))
				}
				if total, page.After = l.Total, l.Next; l.Next == "" {
					break
				}
			}
			if int64(len(keys)) != total || !slices.IsSorted(keys) || len(slices.Compact(slices.Clone(keys))) != len(keys) {
				t.Errorf("%q: %d of %d came, in order %v", text, len(keys), total, slices.IsSorted(keys))
			}
			if wild := strings.ContainsAny(text, `%_\`); wild != (total == 0) {
				t.Errorf("%q finds %d", text, total)
			}
		}
		if l, err := m.List(ctx, chaoyang, "街道", store.Page{Limit: 3}); err != nil || l.Total < 10 || l.Items[2].Parent != chaoyang {
			t.Errorf("within Chaoyang: %+v, %v", l, err)
		}
	})
}

func TestCoveredCountsEverybodyOnce(t *testing.T) {
	each(t, func(t *testing.T, m *region.Module) {
		ctx := context.Background()
		all, err := m.Covered(ctx, []string{beijing, chaoyang, "110105001000"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if n := people(t, all); n != beijingPeople {
			t.Errorf("the city and parts of it hold %.0f people, not %d", n, beijingPeople)
		}
		outlines, err := m.Outlines(ctx, beijing, city.District)
		if err != nil {
			t.Fatal(err)
		}
		var shape geo.MultiPolygon
		for _, o := range outlines {
			if o.Code == chaoyang {
				shape = o.Shape
			}
		}
		drawn, err := m.Covered(ctx, nil, []geo.MultiPolygon{shape})
		if err != nil {
			t.Fatal(err)
		}
		if n := people(t, drawn); n < 0.99*chaoyangPeople || n > 1.01*chaoyangPeople {
			t.Errorf("Chaoyang's own outline covers %.0f people, not about %d", n, chaoyangPeople)
		}
		both, err := m.Covered(ctx, []string{chaoyang}, []geo.MultiPolygon{shape})
		if err != nil {
			t.Fatal(err)
		}
		if n := people(t, both); n < chaoyangPeople || n > 1.01*chaoyangPeople {
			t.Errorf("named and drawn, Chaoyang holds %.0f people", n)
		}
		sea := geo.MultiPolygon{{geo.Ring{{Lon: 0, Lat: 0}, {Lon: 1, Lat: 0}, {Lon: 1, Lat: 1}, {Lon: 0, Lat: 0}}}}
		if none, err := m.Covered(ctx, nil, []geo.MultiPolygon{sea}); err != nil || len(none) != 0 {
			t.Errorf("%v, %v", none, err)
		}
	})
}

// A township comes with its estimated outline, a village without one and with a point.
func TestShapes(t *testing.T) {
	each(t, func(t *testing.T, m *region.Module) {
		found, err := m.Shapes(context.Background(), []string{"cn.11.110105.110105001.", "cn.11.110116.110116001.110116001001.", "none."})
		if err != nil || len(found) != 2 {
			t.Fatalf("%d found, %v", len(found), err)
		}
		town, village := found[0], found[1]
		if len(town.Shape) == 0 || !town.Modelled || town.Code != "110105001000" {
			t.Errorf("%s has %d outlines, modelled %v", town.Name, len(town.Shape), town.Modelled)
		}
		if len(village.Shape) != 0 || village.Centre == nil {
			t.Errorf("%s has %d outlines and stands at %v", village.Name, len(village.Shape), village.Centre)
		}
	})
}

func TestOutlinesOverHTTP(t *testing.T) {
	each(t, func(t *testing.T, m *region.Module) {
		router := chi.NewRouter()
		m.Register(httpapi.New(router, "test", []string{"region-city", "region-list", "region-get", "region-zones", "region-outlines"}))
		get := func(path, tag string) *httptest.ResponseRecorder {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			if tag != "" {
				r.Header.Set("If-None-Match", tag)
			}
			w := httptest.NewRecorder()
			router.ServeHTTP(w, r)
			return w
		}
		w := get("/api/regions/"+beijing+"/outlines?level=district", "")
		var fc struct {
			Features []struct {
				Properties struct {
					Name  string
					Label []float64
				}
				Geometry struct{ Type string }
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &fc); err != nil || len(fc.Features) != 16 {
			t.Fatalf("%d features, %v", len(fc.Features), err)
		}
		for _, f := range fc.Features {
			if f.Geometry.Type != "MultiPolygon" || len(f.Properties.Label) != 2 || f.Properties.Name == "" {
				t.Errorf("%+v", f)
			}
		}
		if again := get("/api/regions/"+beijing+"/outlines", w.Header().Get("ETag")); again.Code != http.StatusNotModified {
			t.Errorf("status %d for a known tag", again.Code)
		}
		for path, want := range map[string]int{
			"/api/regions/" + beijing + "/outlines?level=street": http.StatusUnprocessableEntity,
			"/api/regions/990000000000/outlines":                 http.StatusNotFound,
			"/api/regions/12":                                    http.StatusUnprocessableEntity,
			"/api/regions?limit=9999":                            http.StatusUnprocessableEntity,
			"/api/city":                                          http.StatusOK,
			"/api/zones":                                         http.StatusOK,
		} {
			if w := get(path, ""); w.Code != want {
				t.Errorf("%s: status %d, want %d: %s", path, w.Code, want, w.Body)
			}
		}
	})
}
