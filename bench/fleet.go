package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/config"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// fleetDistricts are the districts of the sample city that have a node of their own here.
var fleetDistricts = []string{"110102000000", "110105000000", "110106000000", "110108000000", "110114000000", "110115000000"}

const (
	fleetRounds = 3
	fleetAim    = 10 * time.Second
	fleetWait   = 3 * time.Minute // for receipts that do not come
)

// fleetSizes are how many terminals take part, in all; BENCH_FLEET names others.
func fleetSizes() (sizes []int, err error) {
	text := os.Getenv("BENCH_FLEET")
	if text == "" {
		text = "1000 10000 100000"
	}
	for f := range strings.FieldsSeq(text) {
		n, err := strconv.Atoi(f)
		if err != nil || n < len(fleetDistricts) {
			return nil, fmt.Errorf("BENCH_FLEET: %q is no number of terminals", f)
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}

// place is a node in a process of its own.
type place struct {
	*city
	server, terminals *child
}

// fleet measures a message of the city to the terminals of six districts, each of which has a
// node: every node and every district's terminals are a process of their own, on this machine.
// The peer are six mosquittos with as many clients, published to at the same moment, which
// keep no receipts and have nobody above them.
func fleet(ctx context.Context) ([]measure, error) {
	sizes, err := fleetSizes()
	if err != nil {
		return nil, err
	}
	most := sizes[len(sizes)-1] / len(fleetDistricts)
	above, districts, err := openFleet(ctx, most)
	defer func() {
		for _, p := range append(districts, above) {
			p.remove()
		}
	}()
	if err != nil {
		return nil, err
	}
	officer, leader, err := above.people()
	if err != nil {
		return nil, err
	}
	var table []measure
	before, err := fleetMemory(above, districts)
	if err != nil {
		return nil, err
	}
	var frame int
	var last time.Duration
	for _, size := range sizes {
		each := size / len(fleetDistricts)
		if err := connect(ctx, districts, each); err != nil {
			return nil, err
		}
		all := each * len(fleetDistricts)
		if err := until(ctx, 10*time.Minute, func() bool { time.Sleep(time.Second); return above.reaches(officer) == all }); err != nil {
			return nil, fmt.Errorf("the city knows of %d of %d terminals on line: %w", above.reaches(officer), all, err)
		}
		fleetRest(above, districts)
		var rounds []curve
		for round := range fleetRounds {
			used := fleetWork(above, districts)
			c, size, err := above.round(ctx, officer, leader, round, all)
			if err != nil {
				return nil, err
			}
			rounds, frame = append(rounds, c), size
			for i, now := range fleetWork(above, districts) {
				used[i] = now - used[i]
			}
			fmt.Fprintf(os.Stderr, "%d terminals: %s; processor time, cancellation included: city %s, districts %s, terminals %s\n", all, c, used[0], used[1], used[2])
		}
		row, ours := fleetRow(all, rounds)
		table, last = append(table, row), ours
		if size != sizes[len(sizes)-1] {
			disconnect(districts)
		}
	}
	after, err := fleetMemory(above, districts)
	if err != nil {
		return nil, err
	}
	all := float64(most * len(fleetDistricts))
	table = append(table, measure{what: fmt.Sprintf("Resident memory that each of these %.0f terminals adds after %d messages: at its district's node, and at the city's", all, fleetRounds*len(sizes)),
		ours: fmt.Sprintf("%.1f kB + %.1f kB", float64(after[1]-before[1])/all/1e3, float64(after[0]-before[0])/all/1e3)})
	for _, p := range append(districts, above) { // the machine is the peer's now
		p.halt()
	}
	theirs, err := mosquitto(ctx, len(fleetDistricts), most, fleetRounds, bytes.Repeat([]byte{'x'}, frame))
	if err != nil {
		return nil, err
	}
	row := &table[len(table)-2]
	row.peer, row.ratio = median(theirs).Round(time.Millisecond).String(), ratio(float64(last), float64(median(theirs)))
	return table, nil
}

// openFleet makes the nodes, joins the districts to the city and serves them all.
func openFleet(ctx context.Context, each int) (above *place, districts []*place, err error) {
	open := func(site, level, region string, terminals int) (*place, error) {
		cfg := config.Default()
		cfg.Site, cfg.Level, cfg.Region = site, level, region
		if level == "city" {
			door, err := freePort()
			if err != nil {
				return nil, err
			}
			cfg.Link.Listen, cfg.Link.PublicURL = door, "tls://"+door
		}
		c, err := newNode(ctx, terminals, cfg)
		if err != nil {
			return nil, err
		}
		p := &place{city: c}
		p.server, _, err = c.serve(ctx)
		return p, err
	}
	if above, err = open("city", "city", "110000000000", 1); err != nil {
		return above, nil, err
	}
	for _, code := range fleetDistricts {
		d, err := open("d"+code[:6], "district", code, each)
		if d != nil {
			districts = append(districts, d)
		}
		if err != nil {
			return above, districts, err
		}
		invite := exec.CommandContext(ctx, program, append([]string{"link", "invite", d.cfg.Site, code}, above.flags()...)...)
		invitation, err := invite.Output()
		if err != nil {
			return above, districts, fmt.Errorf("link invite: %w", err)
		}
		join := exec.CommandContext(ctx, program, append([]string{"link", "join"}, d.flags()...)...)
		join.Stdin = bytes.NewReader(invitation)
		if out, err := join.CombinedOutput(); err != nil {
			return above, districts, fmt.Errorf("link join: %w %s", err, out)
		}
	}
	return above, districts, nil
}

func (p *place) halt() {
	for _, c := range []*child{p.terminals, p.server} {
		if c != nil {
			c.stop()
		}
	}
	p.terminals, p.server = nil, nil
}

func (p *place) remove() {
	if p != nil {
		p.halt()
		p.city.remove()
	}
}

// connect brings so many terminals of every district on line, all districts at once.
func connect(ctx context.Context, districts []*place, each int) error {
	errs := make(chan error, len(districts))
	for _, d := range districts {
		go func() {
			var err error
			d.terminals, err = d.simulate(ctx, each)
			errs <- err
		}()
	}
	var all error
	for range districts {
		all = errors.Join(all, <-errs)
	}
	return all
}

func disconnect(districts []*place) {
	for _, d := range districts {
		d.terminals.stop()
		d.terminals = nil
	}
}

// reaches asks the city how many terminals on line it would reach.
func (p *place) reaches(officer *person) int {
	var n struct{ Terminals, Offline int }
	err := officer.call("POST", "/api/alerts/preview", map[string]any{"kind": "real", "area": map[string]any{"regions": []string{p.cfg.Region}}}, &n)
	if err != nil {
		return 0
	}
	return n.Terminals - n.Offline
}

// curve is when the receipts of one message were stored at the city.
type curve struct {
	targets, stored, inTime int
	half, most, last        time.Duration // until 50 %, 99 % and the last of those that came
}

func (c curve) String() string {
	return fmt.Sprintf("%d of %d, %.2f %% within %s; 50 %% %s, 99 %% %s, last %s", c.stored, c.targets, 100*float64(c.inTime)/float64(c.targets), fleetAim,
		c.half.Round(time.Millisecond), c.most.Round(time.Millisecond), c.last.Round(time.Millisecond))
}

// round sends one message from the city and waits until every terminal's first receipt is
// stored there; then it reads from the city's database when each was.
func (p *place) round(ctx context.Context, officer, leader *person, round, all int) (c curve, frame int, err error) {
	id, began, err := p.issue(ctx, officer, leader, round)
	if err != nil {
		return c, 0, err
	}
	var progress struct{ Figures struct{ Answered int } }
	waited := until(ctx, fleetWait, func() bool {
		time.Sleep(time.Second) // the city's work is what is measured, not its answers to us
		_ = officer.call("GET", "/api/alerts/"+id+"/progress", nil, &progress)
		return progress.Figures.Answered >= all
	})
	if ctx.Err() != nil {
		return c, 0, ctx.Err()
	}
	if waited != nil {
		fmt.Fprintf(os.Stderr, "%d of %d answered within %s\n", progress.Figures.Answered, all, fleetWait)
	}
	db, err := store.Open(ctx, strings.ReplaceAll(p.cfg.Database, "{data}", p.cfg.Data), clock.System{})
	if err != nil {
		return c, 0, err
	}
	defer db.Close()
	// A receipt's number is the microsecond at which the city stored it, times 1,024.
	rows, err := db.Query(ctx, `SELECT min(r.id) FROM alert_receipt r JOIN alert_message m ON m.no = r.thread WHERE m.id = $1 AND r.phase = 'received' GROUP BY r.device ORDER BY 1`, id)
	if err != nil {
		return c, 0, err
	}
	defer rows.Close()
	c.targets = all
	var at []time.Duration
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return c, 0, err
		}
		at = append(at, time.UnixMicro(n>>10).Sub(began))
	}
	if err := rows.Err(); err != nil {
		return c, 0, err
	}
	if c.stored = len(at); c.stored*2 < all {
		return c, 0, fmt.Errorf("only %d of %d receipts came within %s", c.stored, all, fleetWait)
	}
	for _, t := range at {
		if t <= fleetAim {
			c.inTime++
		}
	}
	c.half, c.last = at[(all+1)/2-1], at[len(at)-1]
	if n := (all*99 + 99) / 100; n <= len(at) {
		c.most = at[n-1]
	}
	if err := db.QueryRow(ctx, `SELECT max(length(frame)) / 4 * 3 FROM alert_order WHERE thread_id = $1`, id).Scan(&frame); err != nil {
		return c, 0, err
	}
	if err := leader.call("POST", "/api/alerts/"+id+"/cancel", map[string]string{"reason": "bench"}, nil); err != nil {
		return c, 0, err
	}
	return c, frame, p.still(ctx, officer, id, all)
}

// still waits until the cancellation has come back from everybody.
func (p *place) still(ctx context.Context, officer *person, id string, all int) error {
	var progress struct{ Figures struct{ CancelDone int } }
	if err := until(ctx, fleetWait, func() bool {
		time.Sleep(time.Second)
		_ = officer.call("GET", "/api/alerts/"+id+"/progress", nil, &progress)
		return progress.Figures.CancelDone >= all
	}); err != nil && ctx.Err() == nil {
		fmt.Fprintf(os.Stderr, "%d of %d took the cancellation within %s\n", progress.Figures.CancelDone, all, fleetWait)
	}
	time.Sleep(5 * time.Second)
	return ctx.Err()
}

// fleetRest waits until what connecting leaves to be done is done: until the processes use
// little more than half of one processor, three minutes at most.
func fleetRest(above *place, districts []*place) {
	const look = 5 * time.Second
	for range 36 {
		before := fleetWork(above, districts)
		time.Sleep(look)
		used := time.Duration(0)
		for i, now := range fleetWork(above, districts) {
			used += now - before[i]
		}
		if used < look*6/10 {
			break
		}
	}
}

// fleetWork is the processor time of the city's node, of those of the districts, and of the
// terminals.
func fleetWork(above *place, districts []*place) (sum [3]time.Duration) {
	sum[0] = above.server.worked()
	for _, d := range districts {
		sum[1] += d.server.worked()
		sum[2] += d.terminals.worked()
	}
	return sum
}

// fleetMemory is what the city's node and those of the districts together have resident, bytes.
func fleetMemory(above *place, districts []*place) (sum [2]int64, err error) {
	time.Sleep(settle / 5)
	for i, list := range [][]*place{{above}, districts} {
		for _, p := range list {
			u, err := p.server.memory()
			if err != nil {
				return sum, err
			}
			sum[i] += u.resident
		}
	}
	return sum, nil
}

// fleetRow is the median round of a number of terminals, by when the last came.
func fleetRow(all int, rounds []curve) (row measure, last time.Duration) {
	sorted := slices.SortedFunc(slices.Values(rounds), func(a, b curve) int { return cmp.Compare(a.last, b.last) })
	m := sorted[len(sorted)/2]
	return measure{what: fmt.Sprintf("Countersignature at the city → receipts of %d terminals of %d districts' nodes stored at the city: 50 %% / 99 %% / last, and stored within %s; median of %d; peer: %d mosquittos, QoS 1, same frame, no receipts, last",
		all, len(fleetDistricts), fleetAim, len(rounds), len(fleetDistricts)),
		ours: fmt.Sprintf("%s / %s / %s, %.2f %%", m.half.Round(time.Millisecond), m.most.Round(time.Millisecond), m.last.Round(time.Millisecond), 100*float64(m.inTime)/float64(m.targets)),
		aim:  "99.9 % within 10 s"}, m.last
}
