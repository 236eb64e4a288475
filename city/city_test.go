package city

import (
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/tongsheng/tongsheng/engine/geo"
)

func load(t testing.TB) *City {
	t.Helper()
	c, err := Load(Default())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDefaultIsConsistent(t *testing.T) {
	for _, f := range Check(Default()) {
		t.Error(f)
	}
}

func TestDefaultFigures(t *testing.T) {
	c := load(t)
	count := map[Level]int{}
	root, _ := c.Region(c.Root)
	for _, g := range c.Regions {
		if strings.HasPrefix(g.Path, root.Path) {
			count[g.Level]++
		}
		if (g.Level == Township || g.Level == Village) && (g.Basis != Estimate || g.HasPoint && !g.Modelled) {
			t.Errorf("%s %s does not say that it is modelled", g.Code, g.Name)
		}
	}
	want := map[Level]int{CityLevel: 1, District: 16, Township: 349, Village: 7535}
	if d := cmp.Diff(want, count); d != "" {
		t.Error(d)
	}
	if root.Population != 21_893_095 || root.Basis != Census {
		t.Errorf("population %d, %q", root.Population, root.Basis)
	}
	chaoyang, _ := c.Region("110105000000")
	if chaoyang.Path != "cn.11.110105." || chaoyang.NameEn != "Chaoyang District" || chaoyang.Pinyin != "chaoyangqu cyq" {
		t.Errorf("%+v", chaoyang)
	}
	for code, path := range map[string]string{
		"000000000000": "cn.", "131082001000": "cn.13.1310.131082.131082001.", "110105001036": "cn.11.110105.110105001.110105001036.",
	} {
		if g, ok := c.Region(code); !ok || g.Path != path {
			t.Errorf("path of %s is not %s: %+v", code, path, g)
		}
	}
}

// The codes are those of the statistics of 2023, which came by another way.
func TestAgainstDivisions2023(t *testing.T) {
	c := load(t)
	for file, prefixes := range map[string][]string{
		"beijing_divisions.csv":        {"11"},
		"tianjin_hebei3_divisions.csv": {"12", "131024", "131028", "131082"},
	} {
		f, err := os.Open("../../shared/data/alert/" + file)
		if errors.Is(err, fs.ErrNotExist) {
			t.Skipf("SKIPPED: %s is not beside the repository", file)
		} else if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rows, err := csv.NewReader(f).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		want, got := map[string]string{}, map[string]string{}
		for _, r := range rows[1:] {
			if r[2] != "province" && r[2] != "city" || r[0] == "110000000000" || r[0] == "120000000000" {
				want[r[0]] = r[1]
			}
		}
		for _, g := range c.Regions {
			for _, p := range prefixes {
				if strings.HasPrefix(g.Code, p) && (g.Level == District || g.Level == Township || g.Code == p+"0000000000") {
					got[g.Code] = g.Name
				}
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", file, d)
		}
	}
}

// Beijing's rows of the county tables are those of the city's own bulletin.
func TestAgainstBulletin(t *testing.T) {
	raw, err := os.ReadFile("../../shared/data/coverage/geo/beijing_census2020_districts.csv")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("SKIPPED: the census bulletin is not beside the repository")
	} else if err != nil {
		t.Fatal(err)
	}
	c := load(t)
	rows, err := csv.NewReader(strings.NewReader(string(raw))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:] {
		g, ok := c.Region(r[0] + "000000")
		if !ok || g.Name != r[1] || r[2] != strconv.FormatInt(g.Population, 10) {
			t.Errorf("bulletin says %v, we say %+v", r, g)
		}
	}
}

func TestAreaOfDistricts(t *testing.T) {
	// Square kilometres of the city's statistical yearbook; outlines are 100 m good.
	want := map[string]float64{"110101000000": 41.86, "110102000000": 50.53, "110105000000": 470.8, "110108000000": 430.8, "110112000000": 906.3, "110116000000": 2122.6, "110000000000": 16410}
	c := load(t)
	outlines, err := c.Outlines()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range outlines {
		if km2, ok := want[o.Code]; ok {
			if got := o.Shape.Area() / 1e6; got < km2*0.97 || got > km2*1.03 {
				t.Errorf("%s: %.1f km², want %.1f", o.Code, got, km2)
			}
		}
	}
}

// broken is the built-in city with one text replaced in one file.
func broken(t *testing.T, file, old, new string) fs.FS {
	t.Helper()
	out := fstest.MapFS{}
	err := fs.WalkDir(Default(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(Default(), path)
		if path == file && old == "" {
			return nil // left out
		}
		if path == file {
			changed := regexp.MustCompile(old).ReplaceAllString(string(raw), new)
			if changed == string(raw) {
				t.Fatalf("%s has no %s", file, old)
			}
			raw = []byte(changed)
		}
		out[path] = &fstest.MapFile{Data: raw}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCheckNamesFaults(t *testing.T) {
	for _, c := range []struct{ name, file, old, new, want string }{
		{"manifest gone", "city.json", "", "", "city.json: city.file.missing"},
		{"manifest unknown key", "city.json", `"name":`, `"nom":`, "city.json: city.json.unreadable"},
		{"root unknown", "city.json", "110000000000", "990000000000", "city.json:root: city.root.unknown"},
		{"table gone", "villages.csv", "", "", "villages.csv: city.file.missing"},
		{"column gone", "regions.csv", "basis", "base", "regions.csv:1:basis: city.column.missing"},
		{"quote open", "townships.csv", "东华门街道", `"东华门街道`, "townships.csv:2"},
		{"code short", "regions.csv", "110102000000,110", "11010200,110", "regions.csv:5:code: city.code.form"},
		{"code twice", "regions.csv", "\n110102000000,", "\n110101000000,", "regions.csv:5:code: city.code.duplicate"},
		{"parent missing", "townships.csv", "110101001000,110101000000", "110101001000,119999000000", "townships.csv:2:parent: city.parent.missing"},
		{"parent of itself", "townships.csv", "110101001000,110101000000", "110101001000,110101001000", "townships.csv:2:parent: city.parent.unrooted"},
		{"other prefix", "townships.csv", "110101001000,110101000000", "110101001000,110102000000", "townships.csv:2:code: city.code.prefix"},
		{"level order", "villages.csv", "110101001001,110101001000", "110101001001,110101001002", "villages.csv:2:level: city.level.order"},
		{"level unknown", "townships.csv", "110101001000,110101000000,township", "110101001000,110101000000,hamlet", "townships.csv:2:level: city.level.unknown"},
		{"level against code", "regions.csv", "110105000000,110000000000,district", "110105000000,110000000000,prefecture", "city.code.level"},
		{"sum wrong", "regions.csv", ",3452460,", ",3452461,", "city.population.sum"},
		{"number bad", "regions.csv", ",3452460,", ",many,", "population: city.number.bad"},
		{"basis unknown", "regions.csv", ",3452460,census2020", ",3452460,guess", "basis: city.basis.unknown"},
		{"name empty", "townships.csv", "东华门街道", "", "townships.csv:2:name: city.value.missing"},
		{"point outside", "villages.csv", `(110101001001,.*,)116\.\d+,`, "${1}117.9,", "villages.csv:2:lon: city.point.outside"},
		{"point bad", "villages.csv", `(110101001001,.*,)116\.\d+,`, "${1}east,", "villages.csv:2:lon: city.point.bad"},
		{"flag bad", "villages.csv", `(110101001001,.*,)true`, "${1}yes", "villages.csv:2:modelled: city.flag.bad"},
		{"zone unknown region", "zone_members.csv", "core,110101000000", "core,118888000000", "zone_members.csv:2:region: city.zone.region_unknown"},
		{"zone unknown", "zone_members.csv", "core,110101000000", "kernel,110101000000", "zone_members.csv:2:zone: city.zone.unknown"},
		{"zone member twice", "zone_members.csv", "core,110102000000", "core,110101000000", "zone_members.csv:3:region: city.zone.member_twice"},
		{"zone empty", "zone_members.csv", "subcentre,110112000000\n", "", "zones.csv:4:code: city.zone.empty"},
		{"source missing", "sources.csv", "zones.csv,named[^\n]*\n", "", "zones.csv: city.source.missing"},
		{"source of nothing", "sources.csv", "zones.csv,named", "areas.csv,named", "sources.csv:file: city.source.file_missing"},
		{"licence missing", "sources.csv", "MIT,2020-11-01", ",2020-11-01", "licence: city.value.missing"},
		{"calendar gone", "calendar.json", "", "", "calendar.json: city.file.missing"},
		{"calendar unreadable", "calendar.json", `"2025-10-11"`, `"2025-10-32"`, "calendar.json:years.2025.workdays[4]: worktime.date.bad"},
		{"calendar of elsewhere", "calendar.json", "Asia/Shanghai", "Asia/Tokyo", "calendar.json:zone: city.calendar.zone"},
		{"outlines gone", "outlines.json", "", "", "outlines.json: city.file.missing"},
		{"outlines unreadable", "outlines.json", `"Topology"`, `Topology`, "outlines.json: geo.json.unreadable"},
		{"outline of nothing", "outlines.json", `"id":"110101000000"`, `"id":"110199000000"`, "city.outline.region_unknown"},
		{"outline twice", "outlines.json", `"id":"110101000000"`, `"id":"110102000000"`, "city.outline.twice"},
		{"outline not marked", "outlines.json", `("id":"110101001000",)"properties":\{"modelled":true\},`, "$1", "city.outline.modelled"},
		{"outline elsewhere", "outlines.json", `"id":"110101001000"`, `"id":"110119100000"`, "city.outline.outside"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			found := Check(broken(t, c.file, c.old, c.new))
			for _, f := range found {
				if strings.Contains(f.String(), c.want) {
					return
				}
			}
			t.Errorf("want %q among %d findings, the first: %v", c.want, len(found), first(found))
		})
	}
}

func first(f []Finding) any {
	if len(f) == 0 {
		return "none"
	}
	return f[0]
}

func TestCheckFindsBadRings(t *testing.T) {
	raw, err := fs.ReadFile(Default(), "outlines.json")
	if err != nil {
		t.Fatal(err)
	}
	topo, err := geo.DecodeTopology(strings.NewReader(string(raw)), geo.TopologyLimits)
	if err != nil {
		t.Fatal(err)
	}
	arcs := topo.Shapes[0].Arcs[0][0]
	topo.Shapes[0].Arcs[0][0] = arcs[:len(arcs)-1] // not closed any more
	open := fstest.MapFS{"outlines.json": {Data: geo.AppendTopology(nil, topo)}}
	for _, name := range []string{"city.json", "regions.csv", "townships.csv", "villages.csv", "zones.csv", "zone_members.csv", "sources.csv"} {
		raw, err := fs.ReadFile(Default(), name)
		if err != nil {
			t.Fatal(err)
		}
		open[name] = &fstest.MapFile{Data: raw}
	}
	codes := map[string]bool{}
	for _, f := range Check(open) {
		codes[f.Code] = true
	}
	if !codes["geo.ring.open"] {
		t.Errorf("an open ring is not found: %v", codes)
	}
}

func TestSampleSites(t *testing.T) {
	c := load(t)
	sites, err := SampleSites(c, 2000, 7)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := SampleSites(c, 2000, 7)
	if d := cmp.Diff(sites, again); d != "" || len(sites) != 2000 {
		t.Fatalf("%d sites; not the same twice: %s", len(sites), d)
	}
	outlines, _ := c.Outlines()
	shape := map[string]geo.MultiPolygon{}
	for _, o := range outlines {
		shape[o.Code] = o.Shape
	}
	root, _ := c.Region(c.Root)
	perDistrict := map[string]int{}
	for _, s := range sites {
		g, ok := c.Region(s.Region)
		if !ok || g.Level != Village || s.Path != g.Path || !strings.HasPrefix(s.Path, root.Path) {
			t.Fatalf("%+v is in %+v", s, g)
		}
		if !shape[g.Parent].Contains(s.Point) {
			t.Errorf("%+v lies outside its township", s)
		}
		perDistrict[s.Region[:6]+"000000"]++
	}
	for code, n := range perDistrict {
		d, _ := c.Region(code)
		if want := float64(d.Population) / float64(root.Population) * 2000; float64(n) < want-1 || float64(n) > want+1 {
			t.Errorf("%s has %d sites, its share is %.1f", d.Name, n, want)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(Default()); err != nil {
			b.Fatal(err)
		}
	}
}
