package main

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	cities "github.com/tongsheng/tongsheng/city"
	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/live"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
	"github.com/tongsheng/tongsheng/internal/respond/casework"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// A year of Beijing's calls is 24.2 million; a hundredth of it is brought, then as many as make the
// list of a million. BENCH_CASES sets another number for the list.
const (
	yearOfCalls = 24_200_000
	hundredth   = yearOfCalls / 100
	casePeople  = 64
	caseSteps   = 20_000
)

func listedCases() int {
	if n, err := strconv.Atoi(os.Getenv("BENCH_CASES")); err == nil && n > hundredth {
		return n
	}
	return 1_000_000
}

// cases measures how many steps of cases become durable in a second, how fast the past of another
// system is brought and whether its rates come out as plain SQL has them, and how soon a list of a
// million shows. The peer of steps is Camunda's published benchmark; nothing runs it here.
func cases(ctx context.Context) ([]measure, error) {
	addr, stop, err := storetest.StartCluster()
	if err != nil {
		return nil, err
	}
	defer stop()
	dir, err := os.MkdirTemp("", "bench-cases-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var rows []measure
	for _, database := range []struct{ name, address string }{{"SQLite", "sqlite:" + filepath.Join(dir, "cases.db")}, {"PostgreSQL", addr + "postgres?sslmode=disable"}} {
		c, err := openCalls(ctx, database.address, dir)
		if err != nil {
			return nil, err
		}
		got, err := c.measure(database.name)
		c.close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", database.name, err)
		}
		rows = append(rows, got...)
	}
	return rows, nil
}

// calls is a docket with the city's regions, and whoever is asked about people answers at once.
type calls struct {
	ctx    context.Context
	db     *store.DB
	desk   *docket.Desk
	towns  []docket.Region
	all    []docket.Region
	random *rand.Rand
	count  int
	close  func()
}

const aUnit, aTechnician = "01BENCH0000000000000000UNT", "01BENCH0000000000000000TEC"

func (c *calls) All(context.Context) ([]docket.Region, error) { return c.all, nil }

func (*calls) Holders(context.Context, auth.Permission, string) ([]auth.Person, error) {
	return []auth.Person{{ID: aTechnician, Name: "technician"}}, nil
}

func (*calls) Of(context.Context, store.Queryer, string) ([]string, error) { return nil, nil }

func (*calls) Licensed(context.Context, *store.Tx, string, procedure.Paper) error { return nil }

func (*calls) Urn(context.Context, store.Queryer, string, string, []string, time.Time) ([]string, []procedure.Out, error) {
	return nil, nil, nil
}

func (*calls) Names() []string {
	return []string{"experts", "inspectors", "hotels", "outlets", "screens", "stations"}
}

func (*calls) Seal(plain []byte, _ string) ([]byte, error)  { return plain, nil }
func (*calls) Open(sealed []byte, _ string) ([]byte, error) { return sealed, nil }
func (*calls) Sign(context.Context, []byte) (string, error) { return "", nil }

func (*calls) Place(context.Context, procedure.Subject, string) (string, string, error) {
	return "", "", nil
}
func (*calls) Kind(context.Context, string) (string, error) { return "", nil }

// people and units name whoever is asked for.
type people struct{ *calls }

func (people) Named(_ context.Context, ids []string) (map[string]string, error) {
	names := map[string]string{}
	for _, id := range ids {
		names[id] = id
	}
	return names, nil
}

type units struct{ *calls }

func (units) Named(_ context.Context, _ store.Queryer, ids []string) (map[string]procedure.Words, error) {
	names := map[string]procedure.Words{}
	for _, id := range ids {
		if id == aUnit {
			names[id] = procedure.Words{Zh: "承办单位", En: "Unit"}
		}
	}
	return names, nil
}

func openCalls(ctx context.Context, address, dir string) (*calls, error) {
	db, err := store.Open(ctx, address, clock.System{})
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, casework.Migrations()); err != nil {
		return nil, err
	}
	if db.Dialect() == store.Postgres { // the throwaway server does not wait for the disk; here it must
		for _, set := range []string{"fsync", "synchronous_commit"} {
			if err := durable(ctx, db, set); err != nil {
				return nil, err
			}
		}
	}
	c := &calls{db: db, random: rand.New(rand.NewPCG(1, 2))}
	city, err := cities.Load(cities.Default())
	if err != nil {
		return nil, err
	}
	for _, r := range city.Regions {
		if !strings.HasPrefix(r.Path, "cn.11.") {
			continue
		}
		region := docket.Region{Code: r.Code, Path: r.Path, NameZH: r.Name, NameEN: r.NameEn, District: r.Code[:6] + "000000"}
		c.all = append(c.all, region)
		if r.Level == cities.Township {
			c.towns = append(c.towns, region)
		}
	}
	calendar, errs := cities.Calendar(cities.Default())
	if len(errs) > 0 {
		return nil, errs[0]
	}
	objects, err := blob.OpenFolder(filepath.Join(dir, "objects"))
	if err != nil {
		return nil, err
	}
	c.desk, err = docket.Open(ctx, docket.Deps{DB: db, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler), Live: live.NewHub(), Blob: objects, Zone: calendar.Zone(), Home: "cn.11.", Calendar: calendar,
		Regions: c, Staff: people{c}, Parties: units{c}, Urns: c, Sealer: c, Signer: c, Subjects: c})
	if err != nil {
		return nil, err
	}
	var sources [][]byte
	names, err := fs.Glob(cities.Default(), "procedures/*.yaml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		src, err := fs.ReadFile(cities.Default(), name)
		if err != nil {
			return nil, err
		}
		sources = append(sources, src)
	}
	if err := c.desk.Ship(ctx, sources); err != nil {
		return nil, err
	}
	granted := map[auth.Permission][]string{}
	for _, p := range docket.Permissions() {
		granted[p] = []string{auth.Root}
	}
	work, cancel := context.WithCancel(ctx)
	c.ctx = auth.With(work, auth.NewPrincipal(auth.Actor{ID: aTechnician, Name: "bench"}, granted))
	var running sync.WaitGroup
	running.Go(func() { _ = c.desk.Run(work) })
	c.close = func() { cancel(); running.Wait(); db.Close() }
	return c, nil
}

// durable makes PostgreSQL wait for the disk.
func durable(ctx context.Context, db *store.DB, setting string) error {
	rows, err := db.Query(ctx, "ALTER SYSTEM SET "+setting+" = on")
	if err != nil {
		return err
	}
	rows.Close()
	var done bool
	return db.QueryRow(ctx, "SELECT pg_reload_conf()").Scan(&done)
}

func (c *calls) measure(name string) (rows []measure, err error) {
	perSecond, p99, err := c.steps()
	if err != nil {
		return nil, err
	}
	rows = append(rows, measure{name + ": durable steps of cases by 64 people", fmt.Sprintf("%.0f/s, p99 %.1f ms", perSecond, ms(p99)), "Camunda's benchmark, published: 101 tasks/s", fmt.Sprintf("%.0f", perSecond/101), "≥ 2,000/s, < 20 ms"})
	start := time.Now()
	if err := c.bring(hundredth); err != nil {
		return nil, err
	}
	took := time.Since(start)
	same, rates, err := c.rates()
	if err != nil {
		return nil, err
	}
	rows = append(rows, measure{name + ": a hundredth of a year of calls (242,000), with what was done", fmt.Sprintf("%.0f cases/s; the year in %s", hundredth/took.Seconds(), (100 * took).Round(time.Minute)), "", "", "≥ 10,000/s"},
		measure{name + ": response, resolution and satisfaction of these", rates, "plain SQL over the cases", same, "equal"})
	for _, upTo := range []int{100_000, listedCases()} {
		if upTo > c.count {
			if err := c.bring(upTo - c.count); err != nil {
				return nil, err
			}
		}
		if err := c.indexed(); err != nil {
			return nil, err
		}
		p99, err := c.lists()
		if err != nil {
			return nil, err
		}
		rows = append(rows, measure{fmt.Sprintf("%s: a list of %d cases with a region and a text, p99", name, c.count), fmt.Sprintf("%.1f ms", ms(p99)), "", "", "≤ 100 ms at 1,000,000"})
	}
	return rows, nil
}

// steps lets people do steps of repairs at once: each waits until it is on the disk.
func (c *calls) steps() (perSecond float64, p99 time.Duration, err error) {
	ids := make([]string, casePeople)
	for i := range ids {
		v, err := c.desk.Open(c.ctx, docket.NewCase{Type: "repair", Start: "report", Region: c.towns[i].Code, Data: map[string]any{"kind": "speaker", "what": "村口的喇叭不响了"}})
		if err != nil {
			return 0, 0, err
		}
		if _, err := c.desk.Do(c.ctx, v.ID, docket.Deed{Step: "triage", Data: map[string]any{"urgency": "normal", "technician": aTechnician}}); err != nil {
			return 0, 0, err
		}
		ids[i] = v.ID
	}
	var left atomic.Int64
	left.Store(caseSteps)
	took := make([][]time.Duration, casePeople)
	failed := make([]error, casePeople)
	start := time.Now()
	var all sync.WaitGroup
	for p := range casePeople {
		all.Go(func() {
			for i := 0; left.Add(-1) >= 0; i++ {
				deed := docket.Deed{Step: "arrive"}
				if i%2 == 1 {
					deed = docket.Deed{Step: "wait", Data: map[string]any{"missing": "功放"}}
				}
				begun := time.Now()
				if _, err := c.desk.Do(c.ctx, ids[p], deed); err != nil {
					failed[p] = err
					return
				}
				took[p] = append(took[p], time.Since(begun))
			}
		})
	}
	all.Wait()
	elapsed := time.Since(start)
	for _, err := range failed {
		if err != nil {
			return 0, 0, err
		}
	}
	times := slices.Concat(took...)
	slices.Sort(times)
	return float64(len(times)) / elapsed.Seconds(), times[len(times)*99/100], nil
}

// bring brings calls of the past with what was done about each.
func (c *calls) bring(count int) error {
	yes := func(p float64) string {
		if c.random.Float64() < p {
			return "yes"
		}
		return "no"
	}
	first := time.Now().AddDate(-1, 0, 0)
	for count > 0 {
		n := min(count, docket.MaxBringing)
		all := make([]docket.Bringing, n)
		for i := range all {
			opened := first.Add(time.Duration(c.random.Int64N(int64(300 * 24 * time.Hour)))).Truncate(time.Second)
			reached := yes(0.9)
			callback := map[string]any{"reached": reached}
			if reached == "yes" {
				callback["responded"], callback["resolved"], callback["satisfied"] = yes(0.98), "yes", yes(0.95)
			}
			all[i] = docket.Bringing{Type: "hotline", Start: "call", Number: fmt.Sprintf("B%08d", c.count+i), Region: c.towns[c.random.IntN(len(c.towns))].Code, OpenedAt: opened,
				Data: map[string]any{"kind": "help", "what": said[c.random.IntN(len(said))]},
				Acts: []docket.BringingAct{
					{At: opened.Add(5 * time.Minute), Step: "dispatch", Data: map[string]any{"unit": aUnit, "tier": "general", "item": "广播电视"}},
					{At: opened.Add(time.Duration(c.random.IntN(30)) * time.Hour).Add(6 * time.Minute), Step: "contact", Data: map[string]any{"contacted": "yes"}},
					{At: opened.Add(50 * time.Hour), Step: "finish", Data: map[string]any{"result": "solved", "done": "已修复"}},
					{At: opened.Add(60 * time.Hour), Step: "content", Data: callback},
				}}
		}
		out, err := c.desk.Bring(c.ctx, all)
		if err != nil {
			return err
		}
		for _, o := range out {
			if o.Fault != nil {
				return o.Fault
			}
		}
		c.count += n
		count -= n
	}
	return nil
}

var said = []string{"村口的大喇叭从昨天起不响了", "有线电视没有信号，屏幕上只有雪花", "卫星电视收不到央视一套", "小区广播早上六点就响，太吵", "机顶盒打不开，指示灯不亮", "公共屏幕一直黑着", "想问一下数字电视怎么缴费", "应急广播听不清楚说的是什么"}

// rates gives the three rates as the tallies have them, and whether plain SQL says the same.
func (c *calls) rates() (same, text string, err error) {
	counted := map[string]int64{}
	_, err = store.Collect(c.ctx, c.db, func(rows *sql.Rows) (struct{}, error) {
		var element string
		var n int64
		err := rows.Scan(&element, &n)
		counted[strings.TrimPrefix(element, "case.hotline.")] = n / 1_000_000
		return struct{}{}, err
	}, `SELECT element, CAST(sum(value) AS bigint) FROM casework_tally WHERE unit = 'region' GROUP BY element`)
	if err != nil {
		return "", "", err
	}
	field := func(name string) string {
		if c.db.Dialect() == store.Postgres {
			return "(doc::json -> 'data' ->> '" + name + "')"
		}
		return "json_extract(doc, '$.data." + name + "')"
	}
	plain := map[string]int64{}
	for name, cond := range map[string]string{"asked": field("reached") + " = 'yes'", "responded": field("responded") + " = 'yes'", "resolved": field("resolved") + " = 'yes'", "satisfied": field("satisfied") + " IN ('yes', 'neither')"} {
		var n int64
		if err := c.db.QueryRow(c.ctx, `SELECT count(*) FROM casework_case WHERE type = 'hotline' AND state IN ('closed', 'unsolved') AND `+cond).Scan(&n); err != nil {
			return "", "", err
		}
		plain[name] = n
		if n != counted[name] {
			return fmt.Sprintf("DIFFER: %s %d, SQL %d", name, counted[name], n), "", nil
		}
	}
	share := func(name string) float64 { return 100 * float64(counted[name]) / float64(max(counted["asked"], 1)) }
	return "equal", fmt.Sprintf("%.2f %%, %.2f %%, %.2f %%", share("responded"), share("resolved"), share("satisfied")), nil
}

// indexed waits until the index of words has taken in all cases.
func (c *calls) indexed() error {
	for {
		var n, last int64
		if err := c.db.QueryRow(c.ctx, `SELECT coalesce(max(n), 0) FROM casework_indexed`).Scan(&n); err != nil {
			return err
		}
		if err := c.db.QueryRow(c.ctx, `SELECT max(n) FROM casework_case`).Scan(&last); err != nil {
			return err
		}
		if n == last {
			return nil
		}
		select {
		case <-c.ctx.Done():
			return c.ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// lists opens lists with a region and a text, as people would who look for a case.
func (c *calls) lists() (time.Duration, error) {
	texts := []string{"大喇叭", "有线电视", "卫星", "六点", "机顶盒", "黑着", "缴费", "听不清楚"}
	var took []time.Duration
	for i := range 400 {
		region := c.towns[c.random.IntN(len(c.towns))].Path
		if i%2 == 0 {
			region = region[:strings.LastIndex(strings.TrimSuffix(region, "."), ".")+1] // its district
		}
		start := time.Now()
		found, err := c.desk.List(c.ctx, docket.Filter{Text: texts[i%len(texts)], Region: region})
		if err != nil {
			return 0, err
		}
		took = append(took, time.Since(start))
		if len(found.Items) == 0 {
			return 0, fmt.Errorf("no case of %q in %s", texts[i%len(texts)], region)
		}
	}
	slices.Sort(took)
	return took[len(took)*99/100], nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
