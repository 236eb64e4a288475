package main

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	cities "github.com/tongsheng/tongsheng/city"
	assess "github.com/tongsheng/tongsheng/internal/assess/measure"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/intake"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/assess/measure/score"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// What is measured, as the city at its largest: 349 townships of 16 districts, 200 indicators of
// two elements each, five years of months.
const (
	monthsOf    = 60
	firstMonth  = "2019-01"
	importLines = 1_000_000
)

// indicatorsOf is how many indicators there are: 200, or as many as facts suffice for.
var indicatorsOf = min(200, factCount()/(350*monthsOf*2))

// factCount is how many facts there are; BENCH_FACTS sets another number: from two million on, so that the months of the import are over.
func factCount() int {
	if n, err := strconv.Atoi(os.Getenv("BENCH_FACTS")); err == nil && n > 0 {
		return n
	}
	return 10_000_000
}

// facts measures how soon a fact shows in a score, how long an indicator of all townships over
// five years takes, a rebuild and an import, against the same questions as plain SQL over the raw
// facts on PostgreSQL.
func facts(ctx context.Context) ([]measure, error) {
	addr, stop, err := storetest.StartCluster()
	if err != nil {
		return nil, err
	}
	defer stop()
	dir, err := os.MkdirTemp("", "bench-facts-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var rows []measure
	var plain [2]time.Duration // the indicator and the score as plain SQL
	for _, database := range []struct{ name, address string }{{"PostgreSQL", addr + "postgres?sslmode=disable"}, {"SQLite", "sqlite:" + filepath.Join(dir, "facts.db")}} {
		b, err := newLedger(ctx, database.address)
		if err != nil {
			return nil, err
		}
		got, err := b.measure(ctx, database.name, &plain)
		b.db.Close()
		if err != nil {
			return nil, err
		}
		rows = append(rows, got...)
	}
	return rows, nil
}

// ledger is a database with the city's facts.
type ledger struct {
	db        *store.DB
	facts     *fact.Ledger
	book      *indicator.Book
	desk      *score.Desk
	townships []string
	districts []string
	paths     map[string]string
	ctx       context.Context
}

// Members implements score.Zones.
func (*ledger) Members(context.Context, string) ([]string, error) {
	return nil, fault.New(fault.NotFound, "region.zone_not_found")
}

// Independent implements score.Staff.
func (*ledger) Independent(context.Context, store.Queryer, string, string) (bool, error) {
	return true, nil
}

const benchPerm auth.Permission = "bench"

func newLedger(ctx context.Context, address string) (*ledger, error) {
	b := &ledger{paths: map[string]string{}, ctx: auth.With(ctx, auth.NewPrincipal(auth.Actor{ID: "bench"}, map[auth.Permission][]string{benchPerm: {auth.Root}}))}
	var err error
	if b.db, err = store.Open(ctx, address, clock.System{}); err != nil {
		return nil, err
	}
	if err = b.db.Migrate(ctx, assess.Migrations()); err != nil {
		return nil, err
	}
	c, err := cities.Load(cities.Default())
	if err != nil {
		return nil, err
	}
	var regions []fact.Region
	for _, r := range c.Regions {
		if r.Level == cities.Village || !strings.HasPrefix(r.Path, "cn.11.") {
			continue
		}
		parent := r.Parent
		if r.Level == cities.CityLevel {
			parent = ""
		}
		regions = append(regions, fact.Region{Code: r.Code, Parent: parent, Path: r.Path, Level: string(r.Level), NameZh: r.Name, NameEn: r.NameEn})
		b.paths[r.Code] = r.Path
		switch r.Level {
		case cities.Township:
			b.townships = append(b.townships, r.Code)
		case cities.District:
			b.districts = append(b.districts, r.Code)
		}
	}
	if b.facts, err = fact.Open(ctx, fact.Deps{DB: b.db, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler), Zone: time.UTC, Home: "cn.11.", Read: benchPerm, State: benchPerm, Define: benchPerm}, regions); err != nil {
		return nil, err
	}
	var elements []fact.Element
	var indicators []indicator.Definition
	x := score.Index{Code: "all", NameZh: "全部", NameEn: "All", Level: "district", Period: period.Month, Method: score.Reckon{Fill: "none", Normalise: "minmax", Weights: "given", Means: []string{"amean"}}}
	for i := range 2 * indicatorsOf {
		elements = append(elements, fact.Element{Code: element(i), NameZh: "数", NameEn: "number", Combine: fact.Sum, Period: period.Month})
	}
	for i := range indicatorsOf {
		code := fmt.Sprintf("ind%03d", i)
		indicators = append(indicators, indicator.Definition{Code: code, NameZh: "率", NameEn: "rate", Numerator: element(2 * i), Denominator: element(2*i + 1), Formula: "numerator / denominator * 100", Direction: indicator.Up, Period: period.Month, Aggregate: indicator.Formula})
		x.Parts = append(x.Parts, score.Part{Indicator: code, Weight: 1})
	}
	if err = b.facts.Seed(ctx, elements); err != nil {
		return nil, err
	}
	if b.book, err = indicator.Open(ctx, indicator.Deps{DB: b.db, Log: slog.New(slog.DiscardHandler), Ledger: b.facts, Home: "cn.11.", Read: benchPerm, Define: benchPerm}); err != nil {
		return nil, err
	}
	if err = b.book.Seed(ctx, indicators); err != nil {
		return nil, err
	}
	last := first().Next(monthsOf - 1)
	if b.desk, err = score.New(ctx, score.Deps{DB: b.db, Clock: clock.NewManual(last.Start(time.UTC)), Ledger: b.facts, Book: b.book, Zones: b, Staff: b, Zone: time.UTC, Home: "cn.11.", Read: benchPerm, Define: benchPerm}); err != nil {
		return nil, err
	}
	return b, b.desk.Seed(ctx, []score.Index{x}, nil)
}

func element(i int) string { return fmt.Sprintf("el%03d", i) }

func first() period.Period {
	p, _ := period.Parse(firstMonth) // a constant
	return p
}

// fill writes facts by SQL: of every element, township and month one, and of as many elements as
// it takes another.
func (b *ledger) fill(ctx context.Context, count int) error {
	from := first().N
	written := 0
	for ref := 0; written < count; ref++ {
		for e := 0; e < 2*indicatorsOf && written < count; e++ {
			rng := rand.New(rand.NewPCG(uint64(e), uint64(ref)))
			err := b.db.Housekeep(ctx, func(tx *store.Tx) error {
				const perRow = 12
				const rows = 120
				args := make([]any, 0, rows*perRow)
				flush := func() error {
					if len(args) == 0 {
						return nil
					}
					stmt, err := tx.Prepare(ctx, `INSERT INTO measure_fact (id, element, unit, region_path, n, ref, value, at, recorded_at, origin, by_id, source, version, by_name, reason, corrects) VALUES `+valuesOf(len(args)/perRow, perRow))
					if err == nil {
						_, err = stmt.ExecContext(ctx, args...)
					}
					args = args[:0]
					return err
				}
				for _, town := range b.townships {
					for m := range monthsOf {
						id := fmt.Sprintf("%026d", written)
						written++
						args = append(args, id, element(e), town, b.paths[town], from+m, strconv.Itoa(ref), int64(rng.IntN(1000)+1+500*(e%2))*1e6, 0, 0, "bench", "bench", "import")
						if len(args) == rows*perRow {
							if err := flush(); err != nil {
								return err
							}
						}
					}
				}
				return flush()
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// valuesOf are rows of an INSERT whose last four columns are the same for all.
func valuesOf(rows, columns int) string {
	var b strings.Builder
	for r := range rows {
		if r > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for c := range columns {
			fmt.Fprintf(&b, "$%d, ", r*columns+c+1)
		}
		b.WriteString("1, '', '', FALSE)")
	}
	return b.String()
}

func (b *ledger) measure(ctx context.Context, name string, plain *[2]time.Duration) ([]measure, error) {
	count := factCount()
	began := time.Now()
	if err := b.fill(ctx, count); err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "  %s: %d facts written in %s\n", name, count, time.Since(began).Round(time.Second))
	if name == "PostgreSQL" {
		if err := b.db.Housekeep(ctx, func(tx *store.Tx) error { _, err := tx.Exec(ctx, `ANALYZE measure_fact`); return err }); err != nil {
			return nil, err
		}
	}
	debug.FreeOSMemory()
	used := watchMemory()
	began = time.Now()
	if err := b.facts.Rebuild(ctx); err != nil {
		return nil, err
	}
	rebuilt, peak := time.Since(began), used.String()
	rows := []measure{{what: fmt.Sprintf("Rebuild of all sums from %d facts of %d elements, %d townships and %d months, %s; most memory of the process, pages of files aside", count, 2*indicatorsOf, len(b.townships), monthsOf, name),
		ours: fmt.Sprintf("%s, %s", rebuilt.Round(time.Second), peak), peer: "—", ratio: "—", aim: "stated"}}
	if name == "PostgreSQL" {
		var err error
		if *plain, err = b.plainSQL(ctx); err != nil {
			return nil, err
		}
	}
	grid, err := b.times(50, func(i int) error { return b.anIndicator(ctx, i) })
	if err != nil {
		return nil, err
	}
	if err := b.desk.Warm(ctx); err != nil { // as a node does when it starts
		return nil, err
	}
	shows, err := b.times(50, func(i int) error { return b.aFact(i) })
	if err != nil {
		return nil, err
	}
	rows = append(rows, measure{what: fmt.Sprintf("One indicator × %d townships × %d months among %d facts, %s, median / slowest of 50; peer: the same as plain SQL over the raw facts on PostgreSQL, median", len(b.townships), monthsOf, count, name),
		ours: grid.String(), peer: short(plain[0]), ratio: ratio(float64(grid.median), float64(plain[0])), aim: "< 50 ms"},
		measure{what: fmt.Sprintf("A changed fact committed → the index of %d indicators over %d districts reckoned with it, rank intervals of 1,000 trials included, %s, median / slowest of 50; peer: only the sums under it as plain SQL over the raw facts, median", indicatorsOf, len(b.districts), name),
			ours: shows.String(), peer: short(plain[1]), ratio: ratio(float64(shows.median), float64(plain[1])), aim: "< 100 ms"})
	imported, err := b.anImport(ctx, name)
	return append(rows, imported), err
}

// spread is how long something took.
type spread struct{ median, slowest time.Duration }

func (s spread) String() string { return short(s.median) + " / " + short(s.slowest) }

func short(d time.Duration) string {
	if d >= 10*time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}

func (b *ledger) times(n int, do func(i int) error) (spread, error) {
	took := make([]time.Duration, n)
	for i := range took {
		began := time.Now()
		if err := do(i); err != nil {
			return spread{}, err
		}
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return spread{took[n/2], took[n-1]}, nil
}

func (b *ledger) anIndicator(ctx context.Context, i int) error {
	code := fmt.Sprintf("ind%03d", i*7%indicatorsOf)
	got, err := b.book.Values(ctx, b.db, indicator.Ask{Indicators: []string{code}, Units: b.townships, From: first(), To: first().Next(monthsOf - 1)})
	if err == nil && math.IsNaN(got[code][b.townships[len(b.townships)-1]][monthsOf-1].V) {
		err = fmt.Errorf("bench: an indicator has no value")
	}
	return err
}

// aFact changes a fact and reads the score with it.
func (b *ledger) aFact(i int) error {
	v, err := fact.ValueOf(float64(5000 + i))
	if err != nil {
		return err
	}
	month := first().Next(monthsOf - 1)
	err = b.db.Housekeep(b.ctx, func(tx *store.Tx) error {
		_, err := b.facts.Take(b.ctx, tx, fact.Origin{Source: fact.FromAPI}, []fact.Entry{{Element: element(i * 2 % (2 * indicatorsOf)), Unit: b.townships[i*5%len(b.townships)], Ref: "0", Period: month, Value: &v}})
		return err
	})
	if err != nil {
		return err
	}
	s, err := b.desk.Scores(b.ctx, "all", month, "")
	if err == nil && s.Of != len(b.districts) {
		err = fmt.Errorf("bench: %d districts have a score", s.Of)
	}
	return err
}

// plainSQL asks the same of the raw facts.
func (b *ledger) plainSQL(ctx context.Context) (took [2]time.Duration, err error) {
	from := first().N
	for i, q := range []struct {
		times int
		query string
		args  func(i int) []any
	}{
		{5, `SELECT unit, n, sum(value) FILTER (WHERE element = $1), sum(value) FILTER (WHERE element = $2) FROM measure_fact
			WHERE element IN ($1, $2) AND superseded_at IS NULL AND n BETWEEN $3 AND $4 GROUP BY unit, n`, func(i int) []any {
			return []any{element(i * 14 % (2 * indicatorsOf)), element(i*14%(2*indicatorsOf) + 1), from, from + monthsOf - 1}
		}},
		{3, `SELECT element, split_part(region_path, '.', 3), sum(value) FROM measure_fact WHERE superseded_at IS NULL AND n = $1 GROUP BY 1, 2`, func(int) []any { return []any{from + monthsOf - 1} }},
	} {
		s, err := b.times(q.times, func(i int) error {
			rows, err := b.db.Query(ctx, q.query, q.args(i)...)
			if err != nil {
				return err
			}
			defer rows.Close()
			return drain(rows)
		})
		if err != nil {
			return took, err
		}
		took[i] = s.median
	}
	return took, nil
}

func drain(rows *sql.Rows) error {
	for rows.Next() {
	}
	return rows.Err()
}

// anImport brings a million values in from a CSV file.
func (b *ledger) anImport(ctx context.Context, name string) (m measure, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return m, err
	}
	go func() {
		defer w.Close()
		buf := make([]byte, 0, 1<<20)
		buf = append(buf, "element,region,period,value\n"...)
		p := first().Next(monthsOf)
		for i := range importLines {
			town := b.townships[i%len(b.townships)]
			e := i / len(b.townships)
			buf = fmt.Appendf(buf, "%s,%s,%s,%d\n", element(e%(2*indicatorsOf)), town, p.Next(e/(2*indicatorsOf)), i%997+1)
			if len(buf) > 1<<19 {
				if _, err := w.Write(buf); err != nil {
					return
				}
				buf = buf[:0]
			}
		}
		_, _ = w.Write(buf)
	}()
	debug.FreeOSMemory()
	used := watchMemory()
	desk := intake.New(intake.Deps{DB: b.db, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler), Ledger: b.facts, Home: "cn.11.", State: benchPerm})
	began := time.Now()
	j, err := desk.Start(b.ctx, "million.csv", r, intake.Options{})
	if err != nil {
		return m, err
	}
	for j.EndedAt == nil {
		time.Sleep(100 * time.Millisecond)
		if j, err = desk.Get(b.ctx, j.ID); err != nil {
			return m, err
		}
	}
	took := time.Since(began)
	if j.State != intake.Done || j.Outcome.New != importLines {
		return m, fmt.Errorf("bench: the import ended as %+v", j)
	}
	return measure{what: fmt.Sprintf("Import of %d values from a CSV file, every line checked before any is taken, %s; most memory of the process, pages of files aside", importLines, name),
		ours: fmt.Sprintf("%.0f/s (%s), %s", importLines/took.Seconds(), took.Round(time.Second), used), peer: "—", ratio: "—", aim: "≤ 200 MB"}, nil
}

// watched is the most memory of its own that this process takes while it is watched: what is not a page of a file,
// since SQLite maps its whole file.
type watched struct {
	stop chan struct{}
	peak chan int
}

func watchMemory() watched {
	m := watched{make(chan struct{}), make(chan int)}
	go func() {
		peak := 0
		for {
			peak = max(peak, anonymous())
			select {
			case <-m.stop:
				m.peak <- peak
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	return m
}

func (m watched) String() string {
	close(m.stop)
	return fmt.Sprintf("%d MB", <-m.peak/1000)
}

// anonymous is the resident memory of this process that is no page of a file, in kB (proc(5)).
func anonymous() int {
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(raw)) {
		if kb, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			n, _ := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kb), "kB")))
			return n
		}
	}
	return 0
}
