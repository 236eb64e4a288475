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
	"github.com/tongsheng/tongsheng/internal/assess/measure/standard"
	"github.com/tongsheng/tongsheng/internal/assess/measure/survey"
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

func (beijing) Able(context.Context, auth.Permission, string) ([]survey.Person, error) {
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
	if opened, err := m.Score.Open(ctx, "service", last.Code, quarter, ""); err != nil || len(opened.Parts) != 15 {
		t.Errorf("%v %+v", err, opened)
	}
	paperOf(t, ctx, m, "", quarter)
	paperOf(t, ctx, m, last.Code, quarter)
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
