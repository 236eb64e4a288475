package measure_test

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/city"
	"github.com/tongsheng/tongsheng/internal/assess/measure"
	"github.com/tongsheng/tongsheng/internal/assess/measure/board"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/assess/measure/score"
	"github.com/tongsheng/tongsheng/internal/assess/measure/standard"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// beijing answers for the registers with the city that is built in.
type beijing struct{ *city.City }

func (c beijing) Tree(context.Context) ([]measure.Region, error) {
	out := make([]measure.Region, len(c.Regions))
	for i, r := range c.Regions {
		out[i] = measure.Region{Region: fact.Region{Code: r.Code, Parent: r.Parent, Path: r.Path, Level: string(r.Level), NameZh: r.Name, NameEn: r.NameEn}, People: r.Population}
	}
	return out, nil
}

func (c beijing) Members(_ context.Context, zone string) ([]string, error) {
	for _, z := range c.City.Zones {
		if z.Code == zone {
			return z.Members, nil
		}
	}
	return nil, fault.New(fault.NotFound, "region.zone_not_found")
}

func (c beijing) Zones(context.Context) (out []standard.Zone, err error) {
	for _, z := range c.City.Zones {
		out = append(out, standard.Zone{Code: z.Code, NameZh: z.Name, NameEn: z.NameEn, Codes: z.Members})
	}
	return out, nil
}

func (beijing) Independent(context.Context, store.Queryer, string, string) (bool, error) {
	return true, nil
}

func (beijing) Able(context.Context, auth.Permission, string) ([]auth.Person, error) {
	return nil, nil
}

func (beijing) Outcome(context.Context, string) (*measure.Outcome, error) { return nil, nil }

func (beijing) Place(context.Context, string) (string, string, error) {
	return "", "", fault.New(fault.NotFound, "asset.not_found")
}

func (beijing) Standing(context.Context) (map[string]measure.Standing, error) { return nil, nil }

// The sample city's file can be loaded, twice without a change, its objectives have values, and
// one district is plainly the worst.
func TestTheSampleCityMeasuresItself(t *testing.T) {
	db, clk := storetest.SQLite(t, measure.Migrations())
	clk.Advance(time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC).Sub(clk.Now()))
	c, err := city.Load(city.Default())
	if err != nil {
		t.Fatal(err)
	}
	ctx := auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: "u"}, map[auth.Permission][]string{measure.PermRead: {""}}))
	m, err := measure.New(ctx, measure.Deps{DB: db, Clock: clk, Log: slog.Default(), Zone: time.UTC, Home: "cn.11.", Regions: beijing{c}, Messages: beijing{c}, Devices: beijing{c}, Staff: beijing{c}, Zones: beijing{c}})
	if err != nil {
		t.Fatal(err)
	}
	var before int64
	for range 2 {
		for _, file := range []string{"things.json", "standards.json", "measure.json", "facts.json"} {
			raw, err := fs.ReadFile(city.Default(), file)
			if err != nil {
				t.Fatal(err)
			}
			if file == "standards.json" {
				s, err := standard.ReadSample(raw)
				if err != nil {
					t.Fatal(err)
				}
				if err := m.Standards.LoadSample(ctx, s); err != nil {
					t.Fatal(err)
				}
				continue
			}
			s, err := measure.ReadSample(raw)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.LoadSample(ctx, s); err != nil {
				t.Fatal(file, err)
			}
		}
		after, err := fact.Version(ctx, db)
		if err != nil {
			t.Fatal(err)
		}
		if before != 0 && after != before {
			t.Errorf("loading it again changed facts")
		}
		before = after
	}
	quarter, _ := period.Parse("2026Q3")
	scores, err := m.Score.Scores(ctx, "service", quarter, "")
	if err != nil {
		t.Fatal(err)
	}
	if scores.Of != 16 {
		t.Fatalf("%d districts have a score", scores.Of)
	}
	last := scores.Units[15]
	t.Logf("from %s %.1f to %s %.1f, ranks %g to %g", scores.Units[0].NameZh, *scores.Units[0].Score, last.NameZh, *last.Score, last.Low, last.High)
	if last.Low < 14 {
		t.Errorf("the worst district is not plainly so: ranks %g to %g", last.Low, last.High)
	}
	if opened, err := m.Score.Open(ctx, "service", last.Code, quarter, ""); err != nil || len(opened.Parts) != 18 {
		t.Errorf("%v %+v", err, opened)
	}
	if w := scores.Whole; w == nil || w.Own != 11 || w.Mean != 0 || *w.Score <= *last.Score || *w.Score >= *scores.Units[0].Score {
		t.Errorf("the city: %+v", w)
	}
	// What the emergency module states now is in the score of the present quarter.
	live, _ := period.Parse("2026Q4")
	town := m.Ledger.Tree().Within("cn.11.", "township")[0]
	stateAll(t, m, town.Code, period.Of(period.Day, clk.Now(), time.UTC), map[string]float64{"alert.targets": 8, "alert.reached": 6, "device.registered": 10, "device.online": 9})
	opened, err := m.Score.Open(ctx, "service", m.Ledger.Tree().Above(town.Code)[1], live, "")
	if err != nil {
		t.Fatal(err)
	}
	points := map[string]float64{}
	for _, p := range opened.Parts {
		if p.Score != nil {
			points[p.Code] = *p.Score
		}
	}
	if points["alert_reach"] != 50 || points["device_online"] != 80 || points["emergency"] != 60 { // 75 % and 90 % between 50 and 100, two to one
		t.Errorf("emergency broadcasting has %v", points)
	}
	paperOf(t, ctx, m, "110000000000", quarter)
	paperOf(t, ctx, m, "", quarter)
	paperOf(t, ctx, m, last.Code, quarter)
	published(t, ctx, m, quarter)
	drafted(t, ctx, m)
	for _, d := range m.Book.List() { // every objective of the policy has a target and a date, and says where from
		if d.Theme == "objectives" && (len(d.Targets) == 0 || d.Targets[0].By.Kind == "" || d.Targets[0].Source == "") {
			t.Errorf("%s is no objective: %+v", d.Code, d.Targets)
		}
	}
	if ops, err := m.Score.Scores(ctx, "operators", quarter, ""); err != nil || ops.Of != 5 {
		t.Errorf("%v %+v", err, ops)
	}
	if outlets, err := m.Score.Scores(ctx, "outlets", quarter, ""); err != nil || outlets.Of != 16 {
		t.Errorf("%v %+v", err, outlets)
	}
	year, _ := period.Parse("2025")
	if funds, err := m.Score.Scores(ctx, "funds", year, ""); err != nil || funds.Of != 48 || !strings.HasPrefix(funds.Units[0].Code, "fund:") {
		t.Errorf("%v %+v", err, funds)
	}
	judged, err := m.Standards.Compliance(ctx, []string{"110000000000"}, period.Period{})
	if err != nil {
		t.Fatal(err)
	}
	for item, of := range map[string]int{"hours": 16, "relay": 8} {
		i := slices.IndexFunc(judged, func(c standard.Compliance) bool { return c.Item == item && c.Things != "" })
		if i < 0 || len(judged[i].Each) != of || judged[i].Within.Kept == 0 || judged[i].Within.Failed == 0 || judged[i].Within.Unknown > 0 {
			t.Errorf("%s: %+v", item, judged[max(i, 0)])
		}
	}
}

// published: everybody reads the last quarter's scores of all districts, and before it those of the
// pilot, each heard for its days, published by another than who drew it up, and marked as a sample.
func published(t *testing.T, ctx context.Context, m *measure.Module, quarter period.Period) {
	t.Helper()
	open, err := m.Score.OpenScores(ctx, store.Page{Limit: 10})
	if err != nil || len(open.Items) != 2 {
		t.Fatalf("%+v are published: %v", open, err)
	}
	if all, pilot := open.Items[0], open.Items[1]; !all.Sample || all.Pilot || all.Period != quarter || len(all.Units) != 16 || !pilot.Pilot || pilot.Period != quarter.Next(-1) || len(pilot.Units) != 2 || !pilot.At.Before(all.At) {
		t.Errorf("%+v\n%+v", all, pilot)
	}
	method, err := m.Score.Method(ctx, "districts.quarterly")
	if err != nil || method.State != score.Force || len(method.Agreed) != 2 {
		t.Fatalf("%+v %v", method, err)
	}
	found, err := m.Score.Assessments(ctx, "districts.quarterly")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range found {
		if a.HeardTill.Sub(a.HeardFrom) != time.Duration(method.Hearing)*24*time.Hour || a.At.Before(a.HeardTill) || a.HeardFrom.Before(a.DrawnAt) || a.ByName == a.DrawnBy.Name {
			t.Errorf("%+v", a)
		}
	}
}

// drafted: the city's list has an open draft that adds cable, IPTV and online, whose impact is known.
func drafted(t *testing.T, ctx context.Context, m *measure.Module) {
	t.Helper()
	list, err := m.Standards.List(ctx, standard.Filter{State: "open"})
	if err != nil || len(list) != 1 || list[0].InForce != 1 || list[0].Open != 2 {
		t.Fatalf("%+v %v", list, err)
	}
	impact, err := m.Standards.ImpactOf(ctx, list[0].ID, 2, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range impact.Items[len(impact.Items)-3:] {
		if it.Sum.Kept == 0 || it.Sum.Kept+it.Sum.Failed != 16 || it.Sum.PeopleKept+it.Sum.PeopleFailed < 20_000_000 {
			t.Errorf("%s: %+v", it.Key, it.Sum)
		}
	}
}

// stateAll commits facts of a day, as modules do.
func stateAll(t *testing.T, m *measure.Module, unit string, day period.Period, values map[string]float64) {
	t.Helper()
	var entries []fact.Entry
	for element, v := range values {
		x, err := fact.ValueOf(v)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, fact.Entry{Element: element, Unit: unit, Period: day, Value: &x, At: m.Clock.Now()})
	}
	err := m.DB.Housekeep(context.Background(), func(tx *store.Tx) error {
		_, err := m.Ledger.Take(auth.As(context.Background(), auth.Actor{ID: "system:measure"}), tx, fact.Origin{Source: fact.FromModule, Object: "alert:1"}, entries)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The reports of all and of the last can be made, in both languages and formats.
func paperOf(t *testing.T, ctx context.Context, m *measure.Module, unit string, quarter period.Period) {
	t.Helper()
	for _, format := range []string{"pdf", "xlsx"} {
		f, err := m.Score.Paper(ctx, "service", unit, quarter, "", format)
		if err != nil || len(f.Body) < 4000 {
			t.Fatal(format, err)
		}
		if dir := os.Getenv("TONGSHENG_PAPERS"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, "score-"+unit+"."+format), f.Body, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func (beijing) RolesOf(context.Context, string) ([]string, error) { return nil, nil }

func (beijing) RolesWith(context.Context, auth.Permission) ([]board.Reader, error) { return nil, nil }
