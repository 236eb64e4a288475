package standard_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/assess/measure/standard"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

const (
	read  auth.Permission = "measure.read"
	write auth.Permission = "measure.standards"
	agree auth.Permission = "measure.agree"
)

// bench is a city of three districts. The first has a street of 1,000 and a town of 3,000 people,
// the second a town of 6,000, the third a street of 2,000; the first two make the zone "inner".
type bench struct {
	*testing.T
	desk *standard.Desk
	db   *store.DB
	clk  *clock.Manual
	same map[string]string // accounts that are one person's

	onZones func() // whenever zones are looked at, as each reckoning does
}

func (b *bench) Zones(context.Context) ([]standard.Zone, error) {
	if b.onZones != nil {
		b.onZones()
	}
	return []standard.Zone{{Code: "inner", NameZh: "内城", NameEn: "Inner city", Codes: []string{"d1", "d2"}}, {Code: "first", NameZh: "首区", NameEn: "First", Codes: []string{"d1"}}}, nil
}

func (b *bench) Independent(_ context.Context, _ store.Queryer, x, y string) (bool, error) {
	return b.same[x] == "" || b.same[x] != b.same[y], nil
}

// each runs a test on both databases, on 1 June 2026 at nine in the morning.
func each(t *testing.T, fn func(b *bench)) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		clk.Advance(time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC).Sub(clk.Now()))
		b := &bench{T: t, db: db, clk: clk, same: map[string]string{}}
		r := func(code, parent, path, level, kind string) fact.Region {
			return fact.Region{Code: code, Parent: parent, Path: path, Level: level, Kind: kind, NameZh: code, NameEn: code}
		}
		l, err := fact.Open(t.Context(), fact.Deps{DB: db, Clock: clk, Zone: time.UTC, Home: "c.", Read: read, Define: write}, []fact.Region{r("c", "", "c.", "city", "city"),
			r("d1", "c", "c.d1.", "district", "district"), r("d2", "c", "c.d2.", "district", "district"), r("d3", "c", "c.d3.", "district", "district"),
			r("t11", "d1", "c.d1.t11.", "township", "street"), r("t12", "d1", "c.d1.t12.", "township", "town"), r("t21", "d2", "c.d2.t21.", "township", "town"), r("t31", "d3", "c.d3.t31.", "township", "street")})
		b.do(err)
		e := func(code string, combine fact.Combine, kind period.Kind) fact.Element {
			return fact.Element{Code: code, NameZh: code, NameEn: code, Combine: combine, Period: kind}
		}
		b.do(l.Seed(t.Context(), []fact.Element{e("population", fact.Stock, period.Year), e("programmes", fact.Stock, period.Month), e("homes", fact.Stock, period.Month), e("fibre", fact.Stock, period.Month), e("faults", fact.Sum, period.Month)}))
		book, err := indicator.Open(t.Context(), indicator.Deps{DB: db, Log: slog.Default(), Ledger: l, Home: "c.", Define: write, Users: func(code string) []fact.User { return b.desk.UsersOf(code) }})
		b.do(err)
		in := func(code, num, den string, d indicator.Direction) indicator.Definition {
			return indicator.Definition{Code: code, NameZh: code, NameEn: code, Numerator: num, Denominator: den, Direction: d, Period: period.Month, Aggregate: indicator.Formula, Public: true, Fresh: 100}
		}
		worst := in("worst_programmes", "programmes", "", indicator.Up)
		worst.Aggregate, worst.Base = indicator.Worst, "district"
		b.do(book.Seed(t.Context(), []indicator.Definition{worst, in("fibre_share", "fibre * 100", "homes", indicator.Up), in("fault_count", "faults", "", indicator.Down)}))
		b.desk, err = standard.Open(t.Context(), standard.Deps{DB: db, Clock: clk, Log: slog.Default(), Zone: time.UTC, Home: "c.", Ledger: l, Book: book, Zones: b, Staff: b, Read: read, Write: write, Agree: agree})
		b.do(err)
		for code, n := range map[string]float64{"t11": 1000, "t12": 3000, "t21": 6000, "t31": 2000} {
			b.state("population", code, "2020", n)
		}
		fn(b)
	}, measure.Migrations())
}

func (b *bench) state(element, unit, p string, v float64) {
	b.Helper()
	b.stateIn(element, unit, unit, p, v)
}

// stateIn states a fact of a thing that stands in a region.
func (b *bench) stateIn(element, unit, region, p string, v float64) {
	b.Helper()
	at, err := period.Parse(p)
	b.do(err)
	value, err := fact.ValueOf(v)
	b.do(err)
	b.do(b.db.Housekeep(b.Context(), func(tx *store.Tx) error {
		_, err := b.desk.Ledger.Take(b.Context(), tx, fact.Origin{Source: fact.FromHand}, []fact.Entry{{Element: element, Unit: unit, Region: region, Period: at, Value: &value}})
		return err
	}))
}

// as is somebody with everything in the regions at some paths.
func (b *bench) as(id string, paths ...string) context.Context {
	if len(paths) == 0 {
		paths = []string{"c."}
	}
	return auth.With(b.Context(), auth.NewPrincipal(auth.Actor{ID: id, Name: id}, map[auth.Permission][]string{read: paths, write: paths, agree: paths}))
}

func (b *bench) do(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) refused(err error, code string) {
	b.Helper()
	if !fault.Is(err, code) {
		b.Fatalf("got %v, want %s", err, code)
	}
}

// day moves the clock on to nine in the morning of a day.
func (b *bench) day(text string) {
	b.Helper()
	at, err := time.Parse(time.DateOnly, text)
	b.do(err)
	b.clk.Advance(at.Add(9 * time.Hour).Sub(b.clk.Now()))
}

// item is finished, and judged by an indicator where one is named.
func item(key, indicator string, thresholds ...standard.Threshold) standard.Item {
	it := standard.Item{Key: key, HeadingZh: key, HeadingEn: key, TextZh: "提供不少于15套节目。", TextEn: "At least 15 programmes.", OwedByZh: "市局", OwedByEn: "The city", OwedToZh: "居民", OwedToEn: "Residents",
		Groups: []string{"everyone"}, Medium: "radio", LegalZh: "某法第五条", LegalEn: "An act, art. 5", Indicator: indicator, Level: "district", Thresholds: thresholds}
	if indicator != "" {
		it.Comparison = standard.AtLeast
	}
	return it
}

func limit(whom string, v float64) standard.Threshold { return standard.Threshold{For: whom, Value: v} }

// draft is a standard of the city whose first draft says something.
func (b *bench) draft(c standard.Content) *standard.Standard {
	b.Helper()
	s, err := b.desk.Create(b.as("officer"), standard.NewStandard{Facts: standard.Facts{Code: "S " + store.NewID(b.clk.Now())[16:], Kind: standard.Service, NameZh: "标准", NameEn: "Standard"}, RegionCode: "c"})
	b.do(err)
	s, err = b.desk.Edit(b.as("officer"), s.ID, 1, s.Revision, c)
	b.do(err)
	return s
}

// approved takes the newest version of a standard on until it is approved.
func (b *bench) approved(s *standard.Standard) *standard.Standard {
	b.Helper()
	n := s.Versions[0].Number
	s, err := b.desk.Submit(b.as("officer"), s.ID, n, s.Revision, "")
	b.do(err)
	s, err = b.desk.Approve(b.as("chief"), s.ID, n, s.Revision, s.Versions[0].Digest)
	b.do(err)
	return s
}

// published takes it on until it is published, or on trial.
func (b *bench) published(s *standard.Standard) *standard.Standard {
	b.Helper()
	s = b.approved(s)
	s, err := b.desk.Publish(b.as("officer"), s.ID, s.Versions[0].Number, s.Revision)
	b.do(err)
	return s
}

func (b *bench) inForce() int {
	b.Helper()
	list, err := b.desk.List(b.as("reader"), standard.Filter{})
	b.do(err)
	return list[0].InForce
}

// standing is how a region stands with an item; empty where it does not bind it.
func (b *bench) standing(unit, key string) (standing standard.Standing, number int) {
	b.Helper()
	found, err := b.desk.Compliance(b.Context(), []string{unit}, period.Period{})
	b.do(err)
	if i := slices.IndexFunc(found, func(c standard.Compliance) bool { return c.Item == key }); i >= 0 {
		return found[i].Standing, found[i].Number
	}
	return "", 0
}
