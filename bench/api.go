package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

const (
	apiAssets   = 100_000
	apiMessages = 10 // each with a receipt of every asset
	apiRate     = 200
	apiFor      = 30 * time.Second
	apiWarm     = 10 * time.Second
)

// api asks a node for list and detail pages, 200 a second whether it keeps up or not, with
// 100,000 assets and a million receipts stored, and compares it with net/http answering
// bytes of the same sizes and nothing else.
func api(ctx context.Context) ([]measure, error) {
	addr, stop, err := storetest.StartCluster()
	if err != nil {
		return nil, err
	}
	defer stop()
	var all []measure
	for _, database := range []struct{ name, address string }{{"SQLite", ""}, {"PostgreSQL", addr + "postgres?sslmode=disable"}} {
		rows, err := apiOn(ctx, database.name, database.address)
		if err != nil {
			return all, fmt.Errorf("%s: %w", database.name, err)
		}
		all = append(all, rows...)
	}
	return all, nil
}

func apiOn(ctx context.Context, name, database string) ([]measure, error) {
	c, err := openCity(ctx, apiAssets, database)
	if err != nil {
		return nil, err
	}
	defer c.remove()
	officer, err := c.fill(ctx)
	if err != nil {
		return nil, err
	}
	asks, err := c.asks(ctx)
	if err != nil {
		return nil, err
	}
	node, _, err := c.serve(ctx)
	if err != nil {
		return nil, err
	}
	defer node.stop()
	if _, err := officer.load(ctx, asks, apiWarm); err != nil {
		return nil, err
	}
	ours, err := officer.load(ctx, asks, apiFor)
	if err != nil {
		return nil, err
	}
	at, err := freePort()
	if err != nil {
		return nil, err
	}
	plain, err := start(ctx, os.Args[0], "plain", at)
	if err != nil {
		return nil, err
	}
	defer plain.stop()
	if err := answering(at, 10*time.Second); err != nil {
		return nil, err
	}
	sizes := make([]ask, 0, len(asks))
	for _, a := range asks {
		size := ours.size[a.name]
		sizes = append(sizes, ask{a.name, func() string { return fmt.Sprintf("/%d", size) }})
	}
	peer := &person{&http.Client{Transport: transport()}, "http://" + at}
	if _, err := peer.load(ctx, sizes, apiWarm); err != nil {
		return nil, err
	}
	theirs, err := peer.load(ctx, sizes, apiFor)
	if err != nil {
		return nil, err
	}
	worst := ours.worst()
	for _, a := range asks {
		list := ours.took[a.name]
		fmt.Fprintf(os.Stderr, "  %-10s %-28s %6d asked  p50 %8s  p99 %8s  %7d B\n", name, a.name, len(list), quantile(list, 0.5).Round(10*time.Microsecond), quantile(list, 0.99).Round(10*time.Microsecond), ours.size[a.name])
	}
	a, b := ours.all(), theirs.all()
	what := fmt.Sprintf("list and detail pages at %d a second, %d assets, %d receipts, %s", apiRate, apiAssets, apiAssets*apiMessages, name)
	row := func(q float64, label string) measure {
		x, y := quantile(a, q), quantile(b, q)
		return measure{what: label + " of " + what + "; peer: net/http answering as many bytes", ours: x.Round(100 * time.Microsecond).String(),
			peer: y.Round(100 * time.Microsecond).String(), ratio: ratio(float64(x), float64(y)), aim: "p99 ≤ 20 ms"}
	}
	return []measure{row(0.5, "p50"), row(0.99, "p99"), {what: "p99 of the slowest of them, " + name + ": " + worst,
		ours: quantile(ours.took[worst], 0.99).Round(100 * time.Microsecond).String(), peer: "", ratio: "", aim: "p99 ≤ 20 ms"}}, nil
}

// fill puts the sample devices into service, sends messages to all of them and gives
// each a receipt from every device. It returns somebody signed in, and lets go of the node
// once all the messages are over.
func (c *city) fill(ctx context.Context) (*person, error) {
	db := c.node.DB()
	if err := run(ctx, db, `UPDATE asset_device SET state = 'active'`,
		`UPDATE asset_condition SET condition = CASE substr(device_id, 25) < '3' WHEN true THEN 'offline' ELSE 'online' END`); err != nil {
		return nil, err
	}
	officer, leader, err := c.people()
	if err != nil {
		return nil, err
	}
	for round := range apiMessages {
		id, _, err := c.issue(ctx, officer, leader, round)
		if err != nil {
			return nil, err
		}
		no, err := c.number(ctx, id)
		if err != nil {
			return nil, err
		}
		if err := until(ctx, 3*time.Minute, func() bool {
			var at *int64
			return db.QueryRow(ctx, `SELECT dispatched_at FROM alert_order WHERE thread = $1`, no).Scan(&at) == nil && at != nil
		}); err != nil {
			return nil, fmt.Errorf("message %s was not dispatched: %w", id, err)
		}
		base := fmt.Sprint(time.Now().UnixMicro() << 10)
		if err := run(ctx, db, `INSERT INTO alert_receipt (thread, id, device, version, phase, reason, at, source, heard)
				SELECT thread, `+base+` + row_number() OVER (ORDER BY device), device, version, 'played', '', state_at + 1000000, 'audio', NULL
				FROM alert_delivery WHERE thread = `+fmt.Sprint(no),
			`UPDATE alert_delivery SET state = 'played', ord = version * 16 + 11, received_at = sent_at + 200000, playing_at = sent_at + 500000,
				played_at = sent_at + 1000000, reached_at = sent_at + 500000 WHERE thread = `+fmt.Sprint(no)+` AND substr(device, 22) <> '07'`); err != nil {
			return nil, err
		}
	}
	// What is over is what a city has most of: the messages end, as by their own time.
	past := fmt.Sprint(time.Now().Add(-time.Hour).UnixMicro())
	err = run(ctx, db, `UPDATE alert_message SET state = 'ended', ends_at = `+past+`, last_end = `+past+`, ended_at = `+past+`, end_reason = 'expired'`,
		`UPDATE alert_version SET state = 'ended' WHERE state = 'issued'`, `UPDATE alert_order SET valid_until = `+past)
	if err == nil { // which the node then notices and sums up, once
		err = until(ctx, 5*time.Minute, func() bool {
			var n int
			return db.QueryRow(ctx, `SELECT count(*) FROM alert_message WHERE figures IS NULL`).Scan(&n) == nil && n == 0
		})
	}
	if err == nil && db.Dialect() == store.Postgres { // which does so by itself, after a while
		var done *sql.Rows
		if done, err = db.Query(ctx, `VACUUM ANALYZE`); err == nil {
			err = done.Close()
		}
	}
	return officer, err
}

func run(ctx context.Context, db *store.DB, statements ...string) error {
	return db.Housekeep(ctx, func(tx *store.Tx) error {
		for _, sql := range statements {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
}

func until(ctx context.Context, within time.Duration, done func() bool) error {
	for deadline := time.Now().Add(within); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("not within %s", within)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// ask is one kind of request.
type ask struct {
	name string
	path func() string
}

// asks are the questions that the console's lists and details put to the node.
func (c *city) asks(ctx context.Context) ([]ask, error) {
	type asset struct{ id, code, region string }
	devices, err := store.Collect(ctx, c.node.DB(), func(r *sql.Rows) (a asset, err error) { return a, r.Scan(&a.id, &a.code, &a.region) },
		`SELECT id, code, region_code FROM asset_device`)
	if err != nil {
		return nil, err
	}
	messages, err := store.Collect(ctx, c.node.DB(), func(r *sql.Rows) (id string, err error) { return id, r.Scan(&id) }, `SELECT id FROM alert_message`)
	if err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var mu sync.Mutex
	pick := func(n int) int { mu.Lock(); defer mu.Unlock(); return rng.IntN(n) }
	device := func() asset { return devices[pick(len(devices))] }
	message := func() string { return messages[pick(len(messages))] }
	return []ask{
		{"assets", func() string { return "/api/assets" }},
		{"assets by last seen", func() string { return "/api/assets?sort=seen" }},
		{"assets of a district", func() string { return "/api/assets?region=" + device().region[:6] + "000000" }},
		{"assets of a township", func() string { return "/api/assets?region=" + device().region[:9] + "000" }},
		{"assets off line", func() string { return "/api/assets?presence=offline" }},
		{"assets by code", func() string { return "/api/assets?q=" + device().code }},
		{"asset", func() string { return "/api/assets/" + device().id }},
		{"asset's history", func() string { return "/api/assets/" + device().id + "/events" }},
		{"messages", func() string { return "/api/alerts" }},
		{"message", func() string { return "/api/alerts/" + message() }},
		{"message's progress", func() string { return "/api/alerts/" + message() + "/progress" }},
		{"message's curve", func() string { return "/api/alerts/" + message() + "/curve" }},
		{"message's townships", func() string { return "/api/alerts/" + message() + "/townships" }},
		{"message's terminals", func() string { return "/api/alerts/" + message() + "/deliveries" }},
		{"message's terminals not reached", func() string { return "/api/alerts/" + message() + "/deliveries?state=sent" }},
		{"terminal's receipts", func() string { return "/api/alerts/" + message() + "/deliveries/" + device().code + "/receipts" }},
	}, nil
}

// answers are what a load got: how long each kind of question took, and its size.
type answers struct {
	mu   sync.Mutex
	took map[string][]time.Duration
	size map[string]int
}

func (a *answers) all() (list []time.Duration) {
	for _, some := range a.took {
		list = append(list, some...)
	}
	return list
}

func (a *answers) worst() (name string) {
	for n, list := range a.took {
		if name == "" || quantile(list, 0.99) > quantile(a.took[name], 0.99) {
			name = n
		}
	}
	return name
}

// load asks apiRate times a second for a while, each kind in turn, and does not wait for
// answers before it asks again: a slow answer shows in those behind it. Times are from
// when a question was due.
func (p *person) load(ctx context.Context, asks []ask, during time.Duration) (*answers, error) {
	// This process collects no garbage meanwhile: it would take the cores from whom it measures.
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	got := &answers{took: map[string][]time.Duration{}, size: map[string]int{}}
	failed := make(chan error, 1)
	var under sync.WaitGroup
	began := time.Now()
	for i := range int(during.Seconds() * apiRate) {
		due := began.Add(time.Duration(i) * time.Second / apiRate)
		time.Sleep(time.Until(due))
		a := asks[i%len(asks)]
		under.Go(func() {
			n, err := p.get(ctx, a.path())
			took := time.Since(due)
			if err != nil {
				select {
				case failed <- fmt.Errorf("%s: %w", a.name, err):
				default:
				}
				return
			}
			got.mu.Lock()
			defer got.mu.Unlock()
			got.took[a.name], got.size[a.name] = append(got.took[a.name], took), n
		})
	}
	under.Wait()
	select {
	case err := <-failed:
		return nil, err
	default:
		return got, nil
	}
}

// get reads an answer and returns its length on the wire: packed as for a browser, which
// unpacks it on a machine of its own.
func (p *person) get(ctx context.Context, path string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, "GET", p.base+path, nil)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Accept-Encoding", "gzip")
	w, err := p.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer w.Body.Close()
	n, err := io.Copy(io.Discard, w.Body)
	if err == nil && w.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s", path, w.Status)
	}
	return int(n), err
}

// transport keeps as many connections as questions may be under way.
func transport() *http.Transport {
	return &http.Transport{MaxIdleConns: 1000, MaxIdleConnsPerHost: 1000}
}

func quantile(list []time.Duration, q float64) time.Duration {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[int(q*float64(len(sorted)-1))]
}

// plainHTTP answers GET /N with N bytes of JSON, until ctx ends.
func plainHTTP(ctx context.Context, args []string) error {
	l, err := net.Listen("tcp", args[0])
	if err != nil {
		return err
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d", &n); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(strings.Repeat("x", max(n-3, 0)))
	})}
	go func() { <-ctx.Done(); s.Close() }()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
