// Package head is the output to a cable or terrestrial television head: it keeps the tables of
// GD/J 086 or 087 for what is on the air and sends them as a transport stream of constant
// rate for as long as the output is open, with an empty index while nothing is.
package head

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/ebd/tables"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/tsout"
)

// Kind is the kind of these outputs.
const Kind = "tables"

// Settings are how a head takes its stream.
type Settings struct {
	Medium  string   `json:"medium"`  // "cable" or "terrestrial"
	Target  string   `json:"target"`  // "udp://239.1.2.3:1234", see tsout.Open
	Rate    int64    `json:"rate"`    // bits per second
	Program uint16   `json:"program"` // under which the tables are announced; 0 writes no PAT and PMT
	Network uint16   `json:"network"` // network_id of the head
	Respond []string `json:"respond"` // resource codes that must respond; empty: all set-top boxes of the message's places
	Files   bool     `json:"files"`   // sounds and pictures go with the text, where there is room
}

// Rates that a head may ask for, bits per second.
const (
	minRate = 200_000
	maxRate = 80_000_000
)

func read(raw json.RawMessage) (s Settings, err error) {
	if err := output.Decode(raw, &s); err != nil {
		return s, err
	}
	u, err := url.Parse(s.Target)
	switch {
	case s.Medium != "cable" && s.Medium != "terrestrial":
		return s, fault.Bad("settings.medium", "alert.head.medium")
	case err != nil || u.Scheme != "udp" || u.Hostname() == "" || u.Port() == "":
		return s, fault.Bad("settings.target", "alert.head.target")
	case s.Rate < minRate || s.Rate > maxRate:
		return s, fault.Bad("settings.rate", "alert.head.rate", fault.Args{"min": minRate, "max": maxRate})
	}
	for _, code := range s.Respond {
		if _, err := ebd.ParseResourceCode(code); err != nil {
			return s, fault.Bad("settings.respond", "alert.head.respond", fault.Args{"code": code})
		}
	}
	return s, nil
}

// Deps are what heads need of the node.
type Deps struct {
	Clock clock.Clock
	Log   *slog.Logger
	Dir   string // where the versions of tables are kept across restarts
	// Sign signs tables; it is asked for each table that changed.
	Sign func(content []byte, at time.Time) (*ebd.Signature, error)
	// Object is a sound or picture by its digest.
	Object func(ctx context.Context, digest string) ([]byte, error)
	Agency string // who issues messages
}

// Driver makes heads.
func Driver(d Deps) output.Driver {
	return output.Driver{Patience: 10 * time.Second, Standing: true, Within: []message.Kind{message.HeadEndDrill},
		Check: func(raw json.RawMessage) error {
			_, err := read(raw)
			return err
		},
		Open: func(c output.Config) (output.Output, error) {
			s, err := read(c.Settings)
			if err != nil {
				return nil, err
			}
			return open(d, c, s)
		},
		Forget: func(id string) error {
			if err := os.Remove(d.file(id)); !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			return nil
		}}
}

// file is where the versions of a head's tables are kept.
func (d *Deps) file(id string) string { return filepath.Join(d.Dir, "head-"+id+".json") }

// head is one stream.
type head struct {
	Deps
	config   output.Config
	settings Settings
	edition  *tables.Edition
	file     string // of versions
	close    func()

	mu       sync.Mutex
	carousel *tables.Carousel
	on       map[ebd.EBMID]*entry
	down     error // why nothing goes out
}

// entry is a message on the air.
type entry struct {
	id      string
	number  int
	rank    uint32
	end     time.Time
	index   tables.Message
	content tables.Content
	since   time.Time
}

func open(d Deps, c output.Config, s Settings) (*head, error) {
	h := &head{Deps: d, config: c, settings: s, edition: tables.Cable, file: d.file(c.ID), on: map[ebd.EBMID]*entry{}}
	if s.Medium == "terrestrial" {
		h.edition = tables.Terrestrial
	}
	cfg := tables.Config{Edition: h.edition, Rate: s.Rate, Program: s.Program, Versions: h.versions()}
	if d.Sign != nil {
		cfg.Sign = func(content []byte) (*ebd.Signature, error) { return d.Sign(content, d.Clock.Now()) }
	}
	var err error
	if h.carousel, err = tables.NewCarousel(cfg); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	h.close = func() { cancel(); work.Wait() }
	work.Go(func() { h.send(ctx) })
	work.Go(func() { d.Clock.Every(ctx, time.Second, h.expire) })
	return h, nil
}

// Close ends the stream.
func (h *head) Close() { h.close() }

// send keeps the stream going; what breaks it is told and tried again.
func (h *head) send(ctx context.Context) {
	for ctx.Err() == nil {
		err := h.sendOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		h.mu.Lock()
		h.down = err
		h.mu.Unlock()
		h.Log.Warn("alert: a television head gets no stream; it is tried again", "target", h.settings.Target, "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func (h *head) sendOnce(ctx context.Context) error {
	w, err := tsout.Open(h.settings.Target)
	if err != nil {
		return err
	}
	defer w.Close()
	h.mu.Lock()
	h.down = nil
	h.mu.Unlock()
	_, err = tsout.Pace(ctx, h.Clock, w, h.settings.Rate, func(b []byte) int {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.carousel.Mux().Next(b)
	})
	return err
}

// proof is what a head's output knows of a message.
type proof struct {
	Target string    `json:"target"`
	Since  time.Time `json:"since"`             // in the index
	Gap    int64     `json:"indexGapMillis"`    // longest between two repetitions of the index so far
	Left   string    `json:"without,omitempty"` // what there was no room for
}

// Carry puts a version of a message into the tables, or takes it out.
func (h *head) Carry(ctx context.Context, p *output.Parcel) (output.Result, error) {
	if p.Act == output.Stop {
		return h.stop(p)
	}
	msg := p.Message
	if p.Act == output.Cancel || !msg.EndsAt.After(h.Clock.Now()) {
		return h.remove(func(e *entry) bool { return e.id == msg.ID })
	}
	if msg.Current.Content.Severity == message.Unknown {
		return output.Result{}, &output.Refused{Why: "the tables of television carry emergency messages only (GD/J 086 table 3)"}
	}
	e, err := h.entry(ctx, p)
	if err != nil {
		return output.Result{}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down != nil {
		return output.Result{}, h.down
	}
	left, was := "", h.on[msg.EBMID]
	h.on[msg.EBMID] = e
	if err = h.set(); err != nil && e.strip() {
		left, err = "files", h.set()
	}
	if err != nil {
		delete(h.on, msg.EBMID)
		if was != nil {
			h.on[msg.EBMID] = was
		}
		return output.Result{}, errors.Join(err, h.set())
	}
	return output.Result{State: output.Playing, Proof: proof{h.settings.Target, e.since, h.carousel.Mux().Longest("index").Milliseconds(), left}}, nil
}

// strip takes the files out of an entry and reports whether it had any.
func (e *entry) strip() (had bool) {
	for i := range e.content.Languages {
		had = had || len(e.content.Languages[i].Auxiliary) > 0
		e.content.Languages[i].Auxiliary = nil
	}
	return had
}

// remove takes messages out of the tables.
func (h *head) remove(which func(*entry) bool) (output.Result, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := map[ebd.EBMID]*entry{}
	for id, e := range h.on {
		if which(e) {
			out[id] = e
		}
	}
	if len(out) == 0 {
		return output.Result{State: output.Done}, nil
	}
	maps.DeleteFunc(h.on, func(id ebd.EBMID, _ *entry) bool { return out[id] != nil })
	if err := h.set(); err != nil {
		maps.Copy(h.on, out) // they are still in the tables that go out, and are to be taken out the next time
		return output.Result{}, err
	}
	r := output.Result{State: output.Done, Proof: map[string]any{"target": h.settings.Target, "at": h.Clock.Now()}}
	for _, e := range out {
		r.Over = append(r.Over, e.id)
	}
	return r, nil // where no stream goes out, the one that comes is without them
}

// stop takes out everything where all that the head reaches is stopped, else what was for the
// stopped regions only.
func (h *head) stop(p *output.Parcel) (output.Result, error) {
	whole := h.config.Within(p.Places)
	return h.remove(func(e *entry) bool {
		return whole || !slices.ContainsFunc(e.index.Resources, func(r ebd.ResourceCode) bool {
			return !slices.ContainsFunc(p.Stop.Codes, func(code string) bool { return message.AreaCode(code).Covers(r.Area()) })
		})
	})
}

// expire takes out what is over, and says so.
func (h *head) expire(ctx context.Context) {
	now := h.Clock.Now()
	h.mu.Lock()
	var over []ebd.EBMID
	for id, e := range h.on {
		if !e.end.After(now) {
			over = append(over, id)
		}
	}
	h.mu.Unlock()
	if len(over) == 0 {
		return
	}
	r, err := h.remove(func(e *entry) bool { return !e.end.After(now) })
	if err != nil {
		h.Log.Warn("alert: a message that is over could not be taken out of a head's tables", "target", h.settings.Target, "error", err)
		return
	}
	for _, id := range over {
		if err := h.config.Report(ctx, id, r.State, r.Proof); err != nil {
			h.Log.Warn("alert: that a message is over in a head's tables could not be kept", "target", h.settings.Target, "error", err)
		}
	}
}

// set makes the tables say what is on; h.mu is held.
func (h *head) set() error {
	var s tables.Set
	order := make([]*entry, 0, len(h.on))
	for _, e := range h.on {
		order = append(order, e)
	}
	slices.SortFunc(order, func(a, b *entry) int { return cmp.Or(cmp.Compare(b.rank, a.rank), cmp.Compare(a.id, b.id)) })
	for _, e := range order {
		s.Index.Messages, s.Contents = append(s.Index.Messages, e.index), append(s.Contents, e.content)
	}
	if err := h.carousel.Set(s); err != nil {
		return err
	}
	if err := h.keepVersions(); err != nil { // no reason to keep a message off the air
		h.Log.Warn("alert: the versions of a head's tables could not be kept", "target", h.settings.Target, "error", err)
	}
	return nil
}

func (h *head) versions() (v tables.Versions) {
	raw, err := os.ReadFile(h.file)
	if err == nil {
		err = json.Unmarshal(raw, &v)
	}
	if err != nil { // not kept, or lost: what they count to does not matter, only that they change
		n := uint8(h.Clock.Now().Unix() & 31)
		v = tables.Versions{Index: n, Certificates: n, Configuration: n}
	}
	return v
}

func (h *head) keepVersions() error {
	raw, err := json.Marshal(h.carousel.Versions())
	if err != nil {
		return err
	}
	if err := os.WriteFile(h.file+".new", raw, 0o600); err != nil {
		return err
	}
	return os.Rename(h.file+".new", h.file)
}
