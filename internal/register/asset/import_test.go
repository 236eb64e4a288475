package asset_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"github.com/tongsheng/tongsheng/engine/geo"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
	"github.com/tongsheng/tongsheng/internal/register/asset"
	"github.com/tongsheng/tongsheng/internal/register/asset/sheet"
)

// bring imports a file and waits for its end.
func (r *rig) bring(t interface {
	Helper()
	Fatal(...any)
}, ctx context.Context, file string, dryRun, replace bool) *asset.Import {
	t.Helper()
	table, err := sheet.Read(context.Background(), "devices.csv", []byte(file), 1000)
	if err != nil {
		t.Fatal(err)
	}
	imp, err := r.StartImport(ctx, table, dryRun, replace)
	if err != nil {
		t.Fatal(err)
	}
	for range 2000 {
		if imp, err = r.Import(ctx, imp.ID); err != nil {
			t.Fatal(err)
		}
		if imp.State != asset.ImportRunning {
			return imp
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("the import did not end")
	return nil
}

// bad lists the bad cells of an import as "line column code".
func (r *rig) bad(t *testing.T, id string) (out []string) {
	t.Helper()
	rows, err := r.db.Query(context.Background(), `SELECT line, col, code FROM asset_import_row WHERE import_id = $1 AND outcome = 'bad' ORDER BY key`, id)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var line int
		var col, code string
		if err := rows.Scan(&line, &col, &code); err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprint(line, " ", col, " ", code))
	}
	return out
}

const mixed = `资源编码,种类,名称,区域代码,经度,纬度,监听麦克风,安装日期,备注
,大喇叭,建外一号,110105001000,116.45,39.91,是,2024年5月1日,无
51101050010000314010499,loudspeaker,建外二号,110105001000,116.46,39.92,否,2024-05-01,
5110105001,大喇叭,短码,110105001000,,,,,
,飞船,不存在,110105001000,,,,,
,大喇叭,,990000000000,116.4,,也许,昨天,
51101050010000314010499,大喇叭,重复,110105001000,,,,,
,大喇叭,外区,110108001000,,,,,
`

func TestImportKeepsGoodRowsAndNamesBadOnes(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		ctx := officer("cn.11.110105.")
		want := []string{
			"4 A asset.code.length", "5 B asset.import.kind", "6 C asset.text.missing", "6 D asset.region.unknown", "6 F asset.import.half_position", "6 G asset.import.flag", "6 H asset.date.invalid",
			"7 A asset.import.code_twice", "8 D asset.import.no_grant",
		}
		look := r.bring(t, ctx, mixed, true, false)
		if look.State != asset.ImportDone || look.Added != 2 || look.Bad != 5 || look.Done != 7 || len(look.Ignored) != 1 {
			t.Errorf("look: %+v", look)
		}
		if diff := cmp.Diff(want, r.bad(t, look.ID)); diff != "" {
			t.Errorf("bad cells (-want +got):\n%s", diff)
		}
		if list, err := r.List(ctx, asset.Filter{}, asset.ByCode, store.Page{}); err != nil || list.Totals.Total != 0 {
			t.Errorf("looking wrote %d devices, %v", list.Totals.Total, err)
		}
		imp := r.bring(t, ctx, mixed, false, false)
		if imp.Added != 2 || imp.Bad != 5 {
			t.Errorf("import: %+v", imp)
		}
		if diff := cmp.Diff(want, r.bad(t, imp.ID)); diff != "" {
			t.Errorf("bad cells (-want +got):\n%s", diff)
		}
		e := r.entry("51101050010000314010401")
		if e.Name != "建外一号" || e.Installed != "2024-05-01" || !e.Microphone || *e.Position != (asset.Position{Lon: 116.45, Lat: 39.91}) {
			t.Errorf("imported %+v", e.Device)
		}
		// The same row again is no change; another value needs leave to replace.
		again := strings.Join(strings.Split(mixed, "\n")[:3], "\n")
		if imp = r.bring(t, ctx, strings.Replace(again, ",大喇叭,建外一号", "51101050010000314010401,大喇叭,建外一号", 1), false, false); imp.Unchanged != 2 {
			t.Errorf("again: %+v", imp)
		}
		edited := strings.Replace(again, "建外二号", "建外新二号", 1)
		edited = edited[:strings.Index(edited, "\n")+1] + edited[strings.LastIndex(edited, "\n")+1:]
		if imp = r.bring(t, ctx, edited, false, false); imp.Bad != 1 || r.bad(t, imp.ID)[0] != "2 A asset.import.exists" {
			t.Errorf("without leave: %+v", imp)
		}
		if imp = r.bring(t, ctx, edited, false, true); imp.Changed != 1 {
			t.Errorf("with leave: %+v", imp)
		}
		if e := r.entry("51101050010000314010499"); e.Name != "建外新二号" || e.Version != 2 {
			t.Errorf("changed to %s, version %d", e.Name, e.Version)
		}
	})
}

// A row is corrected at once or in as many rounds as faults are kept back.
func TestImportFindsAllThatIsWrongWithARow(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		file := "种类,名称,区域代码,经度,纬度,安装日期\n" +
			"大喇叭,甲,999999999999,216.48,39.92,2026-13-01\n" +
			"大喇吧,乙,110105001000,116.48,139.92,\n" +
			"大喇吧,丙,110108001000,116.48,39.92,\n"
		imp := r.bring(t, officer("cn.11.110105."), file, true, false)
		want := []string{"2 C asset.region.unknown", "2 D asset.position.invalid", "2 F asset.date.invalid",
			"3 A asset.import.kind", "3 E asset.position.invalid", "4 A asset.import.kind", "4 C asset.import.no_grant"}
		if diff := cmp.Diff(want, r.bad(t, imp.ID)); diff != "" || imp.Bad != 3 {
			t.Errorf("%d bad rows (-want +got):\n%s", imp.Bad, diff)
		}
	})
}

// A row that asks for a code is not given the one that a later row names.
func TestImportGivesNoCodeThatTheFileNames(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		given := strings.Repeat(",大喇叭,甲,110105001000\n", 300)
		file := "资源编码,种类,名称,区域代码\n" + given + "51101050010000314010402,大喇叭,乙,110105001000\n51101050010000314010499,大喇叭,丙,110105001000\n"
		if imp := r.bring(t, everywhere, file, false, false); imp.State != asset.ImportDone || imp.Added != 302 || imp.Bad != 0 {
			t.Fatalf("%+v %v", imp, r.bad(t, imp.ID))
		}
		for code, name := range map[string]string{"51101050010000314010401": "甲", "51101050010000314010402": "乙", "51101050010000314010499": "丙"} {
			if e := r.entry(code); e.Name != name {
				t.Errorf("%s is %s, want %s", code, e.Name, name)
			}
		}
	})
}

// Whatever mixture of rows comes, every row is either in the register with its
// condition, or reported, and the counts agree.
func TestImportIsAllOrRow(t *testing.T) {
	db, clk := storetest.SQLite(t, asset.Migrations())
	r := newRig(t, db, clk)
	rapid.Check(t, func(rt *rapid.T) {
		var b strings.Builder
		b.WriteString("code,kind,name,region,lon,lat\n")
		n := rapid.IntRange(1, 450).Draw(rt, "rows")
		for range n {
			fmt.Fprintf(&b, "%s,%s,%s,%s,%s,40\n",
				rapid.SampledFrom([]string{"", "", "", "x", "51101050010000314020401"}).Draw(rt, "code"),
				rapid.SampledFrom([]string{"loudspeaker", "大喇叭", "zz"}).Draw(rt, "kind"),
				`"`+strings.ReplaceAll(rapid.StringMatching(`[a-z"=]{0,3}`).Draw(rt, "name"), `"`, `""`)+`"`,
				rapid.SampledFrom([]string{"110105001000", "110108002000", "1"}).Draw(rt, "region"),
				rapid.SampledFrom([]string{"116", "181", "east"}).Draw(rt, "lon"))
		}
		before := total(rt, r)
		imp := r.bring(rt, everywhere, b.String(), false, false)
		if imp.State != asset.ImportDone || imp.Done != n || imp.Added+imp.Changed+imp.Unchanged+imp.Bad != n {
			rt.Fatalf("%+v for %d rows", imp, n)
		}
		if got := total(rt, r) - before; got != imp.Added {
			rt.Fatalf("%d devices for %d added rows", got, imp.Added)
		}
		var lonely int
		if err := db.QueryRow(context.Background(), `SELECT count(*) FROM asset_device d LEFT JOIN asset_condition c ON c.device_id = d.id WHERE c.device_id IS NULL`).Scan(&lonely); err != nil || lonely > 0 {
			rt.Fatalf("%d devices were half-written, %v", lonely, err)
		}
	})
}

func total(rt *rapid.T, r *rig) (n int) {
	if err := r.db.QueryRow(context.Background(), `SELECT count(*) FROM asset_device`).Scan(&n); err != nil {
		rt.Fatal(err)
	}
	return n
}

func TestHeadingsAreChecked(t *testing.T) {
	for file, code := range map[string]string{
		"":                        "document.table_empty",
		"名称,区域代码\n甲,110105001000": "document.column_missing",
		"名称,名称,种类,区域代码\n甲,乙,大喇叭,1":     "document.column_twice",
		"种类,名称,区域代码\n":                 "document.table_empty",
		"\xff\xfe\x00\x00\x00\x00\x00": "document.table_cell",
	} {
		_, err := sheet.Read(context.Background(), "x.csv", []byte(file), 1000)
		if !fault.Is(err, code) {
			t.Errorf("%q: %v, want %s", file, err, code)
		}
	}
}

// What is exported can be imported again and changes nothing.
func TestExportComesBackUnchanged(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		for i := range 3 {
			r.add("110105001000", 116.4+float64(i)/7, 39.9)
		}
		if _, err := r.RegisterDevice(everywhere, asset.NewDevice{Kind: "screen", Facts: asset.Facts{Name: "=cmd()", Owner: "-1+1", Installed: "2020-02-29"},
			Whereabouts: asset.Whereabouts{RegionCode: "110108001000"}}); err != nil {
			t.Fatal(err)
		}
		for _, lang := range i18n.Langs {
			for _, format := range []string{"csv", "xlsx"} {
				var out bytes.Buffer
				if err := r.Export(everywhere, &out, format, asset.Filter{}, lang); err != nil {
					t.Fatal(err)
				}
				if imp := r.bring(t, everywhere, out.String(), false, true); imp.Unchanged != 4 || imp.Bad != 0 || len(imp.Ignored) != 0 {
					t.Errorf("%s %s: %+v %v", lang, format, imp, r.bad(t, imp.ID))
				}
				if format == "csv" {
					records, err := csv.NewReader(&out).ReadAll()
					if err != nil {
						t.Fatal(err)
					}
					for _, cell := range records[4] {
						if strings.HasPrefix(cell, "=") || strings.HasPrefix(cell, "-1+") {
							t.Errorf("a spreadsheet would run %q", cell)
						}
					}
				}
			}
			var blank bytes.Buffer
			if err := asset.Template(&blank, "xlsx", lang); err != nil {
				t.Fatal(err)
			}
			book, err := excelize.OpenReader(&blank)
			if err != nil {
				t.Fatal(err)
			}
			if cell, err := book.GetCellValue(i18n.T(lang, "asset.sheet.title", nil), "A1"); err != nil || cell != sheet.Code.Heading(lang) {
				t.Errorf("template begins with %q, %v", cell, err)
			}
			// What the template says of itself is no device, however it was filled in.
			var filled bytes.Buffer
			if err := asset.Template(&filled, "csv", lang); err != nil {
				t.Fatal(err)
			}
			said := filled.String()
			if !strings.Contains(said, i18n.T(lang, "asset.kind.set_top_box", nil)) || !strings.Contains(said, sheet.Kind.Heading(lang)+"*") {
				t.Errorf("the template does not say what may be filled in: %s", said)
			}
			all := csv.NewReader(strings.NewReader(said))
			all.FieldsPerRecord = -1
			records, err := all.ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			var withoutCode bytes.Buffer
			rest := csv.NewWriter(&withoutCode)
			for _, cells := range records {
				_ = rest.Write(cells[1:])
			}
			rest.Flush()
			for _, file := range []string{said, withoutCode.String()} {
				table, err := sheet.Read(context.Background(), "t.csv", []byte(file), 10)
				if err != nil || len(table.Rows) != 0 {
					t.Errorf("%s: %d rows of the template are taken for devices, %v", lang, len(table.Rows), err)
				}
			}
		}
		var out bytes.Buffer
		if err := r.Export(officer("cn.11.110108."), &out, "geojson", asset.Filter{}, i18n.English); err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Type     string
			Features []struct {
				Geometry   any
				Properties map[string]any
			}
		}
		if err := json.Unmarshal(out.Bytes(), &doc); err != nil || len(doc.Features) != 1 || doc.Features[0].Geometry != nil || doc.Features[0].Properties["name"] != "=cmd()" {
			t.Errorf("geojson %s, %v", out.String(), err)
		}
	})
}

func TestImportCanBeCancelled(t *testing.T) {
	db, clk := storetest.SQLite(t, asset.Migrations())
	r := newRig(t, db, clk)
	var b strings.Builder
	b.WriteString("kind,name,region\n")
	for range 9000 {
		b.WriteString("loudspeaker,甲,110105001000\n")
	}
	table, err := sheet.Read(context.Background(), "x.csv", []byte(b.String()), 10_000)
	if err != nil {
		t.Fatal(err)
	}
	imp, err := r.StartImport(everywhere, table, false, false)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.StartImport(everywhere, table, false, false)
	wantCode(t, err, "asset.import.busy")
	if err := r.CancelImport(officer("cn.11.110105."), imp.ID); !fault.Is(err, "asset.import.not_found") {
		t.Errorf("another's import: %v", err)
	}
	if err := r.CancelImport(everywhere, imp.ID); err != nil {
		t.Fatal(err)
	}
	r.until("cancelled", func() bool {
		imp, err = r.Import(everywhere, imp.ID)
		return err == nil && imp.State == asset.ImportCancelled
	})
	var n int
	if err := db.QueryRow(context.Background(), `SELECT count(*) FROM asset_device`).Scan(&n); err != nil || n != imp.Added || n >= 9000 {
		t.Errorf("%d devices, %d added, %v", n, imp.Added, err)
	}
}

// A row that names a device of another region learns nothing of it: not whether
// it is retired, not whether what the row says is so.
func TestImportTellsNothingOfOtherRegions(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		head := "资源编码,种类,名称,区域代码\n"
		if imp := r.bring(t, officer("cn.11."), head+"51101080010000314010499,大喇叭,外区一号,110108001000\n", false, false); imp.Added != 1 {
			t.Fatalf("%+v", imp)
		}
		for name, row := range map[string]string{
			"its name":     "51101080010000314010499,大喇叭,外区一号,110105001000\n",
			"another name": "51101080010000314010499,大喇叭,猜的,110105001000\n",
		} {
			for _, replace := range []bool{true, false} {
				imp := r.bring(t, officer("cn.11.110105."), head+row, false, replace)
				if bad := r.bad(t, imp.ID); imp.Bad != 1 || len(bad) != 1 || !strings.HasSuffix(bad[0], "asset.import.no_grant") {
					t.Errorf("%s: %+v %v", name, imp, bad)
				}
			}
		}
	})
}

// The same hardware stands in the register once, however often a file with it comes.
func TestImportTakesHardwareOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		const head = "资源编码,种类,名称,区域代码,厂商,型号,序列号\n"
		file := head + ",大喇叭,甲,110105001000,同声,TS-20,SN1\n,大喇叭,甲,110105001000,同声,TS-20,SN1\n" +
			strings.Repeat(",大喇叭,乙,110105001000,同声,TS-20,\n", 250) + // no serial number; and the next row is in another transaction
			",大喇叭,丙,110105001000,同声,TS-20,SN1\n,大喇叭,丁,110108001000,同声,TS-30,SN1\n"
		for _, look := range []bool{true, false} {
			imp := r.bring(t, everywhere, file, look, false)
			want := []string{"3 G asset.import.serial_twice", "254 G asset.import.serial_twice"}
			if diff := cmp.Diff(want, r.bad(t, imp.ID)); diff != "" || imp.Added != 252 {
				t.Fatalf("look %v: %+v (-want +got):\n%s", look, imp, diff)
			}
		}
		one := head + ",大喇叭,甲,110105001000,同声,TS-20,SN1\n"
		again := r.bring(t, everywhere, one, false, true)
		if got := r.bad(t, again.ID); len(got) != 1 || got[0] != "2 G asset.serial.taken" {
			t.Fatalf("again: %+v %v", again, got)
		}
		if again = r.bring(t, officer("cn.11.110108."), strings.Replace(one, "110105001000", "110108001000", 1), false, false); r.bad(t, again.ID)[0] != "2 G asset.serial.taken_elsewhere" {
			t.Errorf("another district is told %v", r.bad(t, again.ID))
		}
		e := r.entry("51101050010000314010401")
		if e.Serial != "SN1" {
			t.Fatalf("the first is %+v", e.Device)
		}
		given := strings.Replace(one, "\n,", "\n"+string(e.Code)+",", 1)
		if imp := r.bring(t, everywhere, strings.Replace(given, "甲", "新甲", 1), false, true); imp.Changed != 1 {
			t.Errorf("its own row: %+v %v", imp, r.bad(t, imp.ID))
		}
		other := asset.NewDevice{Kind: "loudspeaker", Facts: asset.Facts{Name: "戊", Maker: "同声", Model: "TS-20", Serial: "SN1"},
			Whereabouts: asset.Whereabouts{RegionCode: "110105001000"}}
		if _, err := r.RegisterDevice(everywhere, other); !fault.Is(err, "asset.serial.taken") {
			t.Errorf("registered: %v", err)
		}
		plain := r.add("110105001000", 116.4, 39.9)
		if _, err := r.Change(everywhere, plain.ID, plain.Version, other.Facts); !fault.Is(err, "asset.serial.taken") {
			t.Errorf("changed: %v", err)
		}
		if _, _, err := r.Replace(everywhere, plain.ID, plain.Version, asset.Hardware{Maker: "同声", Model: "TS-20", Serial: "SN1"}, "换"); !fault.Is(err, "asset.serial.taken") {
			t.Errorf("replaced: %v", err)
		}
		if _, err := r.Retire(everywhere, e.ID, r.entry(string(e.Code)).Version, "报废"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.RegisterDevice(everywhere, other); err != nil { // repaired and put up elsewhere
			t.Errorf("after it was retired: %v", err)
		}
	})
}

// squares are districts of a tenth of a degree.
type squares struct{}

func (squares) Outline(_ context.Context, code string) (geo.MultiPolygon, error) {
	west, known := map[string]float64{"110105000000": 116.4, "110108000000": 116.2}[code]
	if !known {
		return nil, fault.New(fault.NotFound, "region.not_found")
	}
	return geo.MultiPolygon{{geo.Ring{{Lon: west, Lat: 39.9}, {Lon: west + 0.1, Lat: 39.9}, {Lon: west + 0.1, Lat: 40}, {Lon: west, Lat: 40}, {Lon: west, Lat: 39.9}}}}, nil
}

// A device of a Beijing street does not stand in Shanghai.
func TestPositionsLieInTheirDistrict(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		r.deps.Outlines = squares{}
		r.again()
		file := "资源编码,种类,名称,区域代码,经度,纬度\n" +
			",大喇叭,甲,110105001000,116.48,39.92\n" +
			",大喇叭,乙,110105001000,121.48,31.23\n" + // Shanghai
			",大喇叭,丙,110105001000,116.48,40.015\n" + // 1.7 km outside: outlines are rough
			",大喇叭,丁,110105001000,116.48,40.025\n" + // 2.8 km
			",大喇叭,戊,110108001000,116.48,39.92\n" + // in the other district
			",大喇叭,己,110000000000,116.48,39.92\n" + // the city has no outline here
			",大喇叭,庚,110105001000,,\n"
		for _, look := range []bool{true, false} {
			imp := r.bring(t, everywhere, file, look, false)
			want := []string{"3 E asset.position.outside", "5 E asset.position.outside", "6 E asset.position.outside"}
			if diff := cmp.Diff(want, r.bad(t, imp.ID)); diff != "" || imp.Added != 4 {
				t.Fatalf("look %v: %+v (-want +got):\n%s", look, imp, diff)
			}
		}
		// Moved by region alone, by the form, and registered by it.
		e := r.entry("51101050010000314010401")
		moved := "资源编码,种类,名称,区域代码\n" + string(e.Code) + ",大喇叭,甲,110108001000\n"
		if imp := r.bring(t, everywhere, moved, false, true); len(r.bad(t, imp.ID)) != 1 || r.bad(t, imp.ID)[0] != "2 D asset.position.outside" {
			t.Errorf("moved by its region: %+v %v", imp, r.bad(t, imp.ID))
		}
		shanghai := asset.Whereabouts{RegionCode: "110105001000", Position: &asset.Position{Lon: 121.48, Lat: 31.23}}
		_, err := r.Move(everywhere, e.ID, e.Version, shanghai, "")
		if f := fault.Of(err); err == nil || f.Code != "asset.position.outside" || f.Place != "position" {
			t.Errorf("moved: %v", err)
		}
		if _, err = r.RegisterDevice(everywhere, asset.NewDevice{Kind: "loudspeaker", Facts: asset.Facts{Name: "辛"}, Whereabouts: shanghai}); !fault.Is(err, "asset.position.outside") {
			t.Errorf("registered: %v", err)
		}
	})
}

// An export tells times as the city's clocks show them, and says so; it still comes back.
func TestExportTellsTimesInTheCitysZone(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		r.deps.Zone = time.FixedZone("", 8*60*60)
		r.again()
		r.run()
		d := r.add("110105001000", 116.45, 39.91)
		x := r.enrol(d).connect()
		x.send(x.heartbeat())
		r.until("active", func() bool { return r.entry(d.ID).State == asset.Active })
		var out bytes.Buffer
		if err := r.Export(everywhere, &out, "csv", asset.Filter{}, i18n.Chinese); err != nil {
			t.Fatal(err)
		}
		if want := "2026-07-21T23:30:00+08:00"; !strings.Contains(out.String(), want) {
			t.Errorf("no %s in\n%s", want, out.String())
		}
		if imp := r.bring(t, everywhere, out.String(), false, true); imp.Unchanged != 1 || imp.Bad != 0 || len(imp.Ignored) != 0 {
			t.Errorf("it came back as %+v", imp)
		}
	})
}

// Whoever reads what is wrong with a row is told the heading of the column, not its letter alone.
func TestAFaultNamesTheColumnsHeading(t *testing.T) {
	db, clk := storetest.SQLite(t, asset.Migrations())
	r := newRig(t, db, clk)
	imp := r.bring(t, everywhere, "种类,名称,区域代码\n大喇叭,,110105001000\n", true, false)
	d := newDesk(r).as(everywhere)
	for lang, want := range map[string]string{"zh": "名称：请填写。", "en": "Name: Fill this in."} {
		var rows store.Listing[asset.ImportRow]
		d.want(200, d.call("GET", "/api/asset-imports/"+imp.ID+"/rows?outcome=bad", nil, "Accept-Language", lang), &rows)
		if len(rows.Items) != 1 || rows.Items[0].Message != want || rows.Items[0].Column != "B" {
			t.Errorf("%s: %+v", lang, rows.Items)
		}
	}
}
