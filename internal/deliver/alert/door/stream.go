package door

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

const (
	// maxStreams is how many sets may be connected where nothing else is said. The web's
	// share of descriptors ends it sooner on most machines; who is refused asks instead.
	maxStreams = 20_000
	// perAddress is how many of one address there may be: a household, or a small hotel.
	// Larger ones come from the networks of trusted proxies, or ask.
	perAddress = 128
	// backlog is how many orders may wait for a set before it is cut off; it comes back and
	// is told what is current.
	backlog   = 32
	keepAlive = 20 * time.Second
)

// stream is a set that listens.
type stream struct {
	region  string // code
	path    string
	address string
	news    chan *order
}

// enter adds a stream unless there are too many, with what is current for it.
func (d *Door) enter(s *stream) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.streams) >= d.Settings.Streams || d.by[s.address] >= perAddress {
		return fault.New(fault.Limited, "alert.tv.full")
	}
	d.streams[s] = true
	d.by[s.address]++
	if d.of[s.region] == nil {
		d.of[s.region] = map[*stream]bool{}
	}
	d.of[s.region][s] = true
	return nil
}

func (d *Door) leave(s *stream) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cut(s)
	if d.by[s.address]--; d.by[s.address] == 0 {
		delete(d.by, s.address)
	}
	delete(d.streams, s)
}

// cut keeps a stream from hearing any more; the lock is held.
func (d *Door) cut(s *stream) {
	if !d.of[s.region][s] {
		return
	}
	close(s.news)
	if delete(d.of[s.region], s); len(d.of[s.region]) == 0 {
		delete(d.of, s.region)
	}
}

// tell sends an order to every set that it is newest for, and counts them; the lock is held.
func (d *Door) tell(th *thread, o *order, now time.Time) {
	first := o.Kind == wire.Play && !slices.ContainsFunc(th.orders, func(x *order) bool { return x.Kind == wire.Play && x.Version < o.Version })
	for region, listeners := range d.of {
		if th.wanted(region, now) != o {
			continue
		}
		for s := range listeners {
			if first && now.Sub(o.DueAt) < time.Minute { // not told again after a restart
				d.counts.connected(o, about(s.path))
			}
			select {
			case s.news <- o:
			default:
				d.cut(s)
			}
		}
	}
}

// Streams is how many sets are connected.
func (d *Door) Streams() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.streams)
}

// serve tells a set what is current for its region, and then what is new.
func (d *Door) serve(w http.ResponseWriter, r *http.Request) error {
	region, err := d.region(r.Context(), r.URL.Query().Get("region"))
	if err != nil {
		return err
	}
	s := &stream{region: region.Code, path: region.Path, address: auth.Who(r.Context()).Address, news: make(chan *order, backlog)}
	if err := d.enter(s); err != nil {
		w.Header().Set("Retry-After", "30")
		return err
	}
	defer d.leave(s)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(w)
	_ = out.SetReadDeadline(time.Time{}) // the server's limit is for requests, not for a stream that stays open
	tell := func(format string, args ...any) bool {
		_, err := fmt.Fprintf(w, format, args...)
		if err == nil {
			err = out.Flush()
		}
		_ = out.SetWriteDeadline(time.Time{}) // httpapi.Patience gives each piece its own
		return err == nil
	}
	if tell("retry: 3000\nevent: now\ndata: %d\n\n", d.Clock.Now().UnixMicro()) {
		d.pump(r.Context(), tell, s)
	}
	return nil
}

func (d *Door) pump(ctx context.Context, tell func(string, ...any) bool, s *stream) {
	ping := time.NewTicker(keepAlive)
	defer ping.Stop()
	told := map[*order]bool{} // what came between entering and reading is current and news
	for _, o := range d.current(s.region, d.Clock.Now()) {
		if told[o] = true; !tell("event: order\ndata: %s\n\n", encoded(o)) {
			return
		}
	}
	for {
		there := true
		select {
		case <-ctx.Done():
			return
		case <-ping.C:
			there = tell("event: now\ndata: %d\n\n", d.Clock.Now().UnixMicro())
		case o, open := <-s.news:
			if !open {
				return
			}
			if !told[o] {
				there = tell("event: order\ndata: %s\n\n", encoded(o))
			}
		}
		if !there {
			return
		}
	}
}

func encoded(o *order) string { return base64.StdEncoding.EncodeToString(o.Frame) }

func sortBySeq(list []*order) {
	slices.SortFunc(list, func(a, b *order) int { return int(int64(a.Seq) - int64(b.Seq)) })
}

// region finds where a set says that it stands.
func (d *Door) region(ctx context.Context, code string) (Region, error) {
	if len(code) != 12 {
		return Region{}, fault.Bad("region", "alert.tv.region")
	}
	r, err := d.Regions.Region(ctx, code)
	if fault.IsKind(err, fault.NotFound) {
		return r, fault.Bad("region", "alert.tv.region")
	}
	return r, err
}
