package docket

import (
	"context"
	"encoding/json"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Past cases are brought from another system with what happened to them there: judged by their
// type like any other, a thousand to a transaction.

// Bringing is a case of another system.
type Bringing struct {
	Type     string         `json:"type"`
	Start    string         `json:"start"`
	Number   string         `json:"number" doc:"By which the other system knows it; it is brought once"`
	Region   string         `json:"region" doc:"Code"`
	Subject  string         `json:"subject,omitempty"`
	OpenedAt time.Time      `json:"openedAt"`
	Data     map[string]any `json:"data,omitempty"`
	Acts     []BringingAct  `json:"acts,omitempty"`
}

// BringingAct is something that was done there.
type BringingAct struct {
	At   time.Time      `json:"at"`
	Step string         `json:"step"`
	Data map[string]any `json:"data,omitempty"`
}

// Brought is what came of one.
type Brought struct {
	Number string       `json:"number"`
	ID     string       `json:"id,omitempty"`
	Again  bool         `json:"again,omitempty" doc:"It was brought before"`
	Fault  *fault.Error `json:"-"`
}

// MaxBringing is how many cases are brought in one go.
const MaxBringing = 1000

// prepared is a case that is ready to be written.
type prepared struct {
	k     *kept
	entry *procedure.Entry
	text  []byte
	doc   []byte
	err   error
}

// Bring brings cases. Each that is refused is named with why; the others are kept.
func (d *Desk) Bring(ctx context.Context, all []Bringing) ([]Brought, error) {
	if err := auth.Check(ctx, PermDesign, d.Home); err != nil {
		return nil, err
	}
	if len(all) > MaxBringing {
		return nil, fault.New(fault.TooLarge, "casework.bring.many", fault.Args{"max": MaxBringing})
	}
	ready := d.prepare(ctx, all)
	out := make([]Brought, len(all))
	d.turn <- struct{}{} // numbers go up by one who writes
	defer func() { <-d.turn }()
	err := d.DB.Update(ctx, func(tx *store.Tx) error {
		known, err := d.broughtBefore(ctx, tx, all)
		if err != nil {
			return err
		}
		b := d.newBatch(tx)
		b.ctx = ctx
		for i := range ready {
			p := &ready[i]
			out[i] = Brought{Number: all[i].Number}
			if id, again := known[all[i].Number]; again {
				out[i].ID, out[i].Again = id, true
				continue
			}
			if p.err != nil {
				out[i].Fault = fault.Of(refusal(p.err))
				continue
			}
			if err := b.admit(p); err != nil {
				return err
			}
			known[all[i].Number] = p.k.ID // the same number twice in one go
			out[i].ID = p.k.ID
		}
		if len(b.entries) == 0 {
			return nil
		}
		b.trail = []audit.Act{{Who: auth.Who(ctx), Entry: audit.Entry{Action: "casework.bring", Object: "case:" + b.entries[0].id, RegionPath: d.Home, Detail: map[string]any{"count": len(b.entries), "heads": heads(b.entries)}}}}
		return b.write(ctx)
	})
	return out, err
}

// heads vouches for all that was brought by one digest over the hashes of the entries.
func heads(entries []entryRow) string {
	all := make([]string, len(entries))
	for i, e := range entries {
		all[i] = e.hash
	}
	return digestOf(all)
}

// prepare judges cases, as many at once as there are processors.
func (d *Desk) prepare(ctx context.Context, all []Bringing) []prepared {
	ready := make([]prepared, len(all))
	now := d.Clock.Now().Truncate(time.Microsecond)
	who := auth.Who(ctx)
	var work sync.WaitGroup
	parts := runtime.GOMAXPROCS(0)
	for part := range parts {
		work.Go(func() {
			for i := part; i < len(all); i += parts {
				ready[i] = d.prepareOne(ctx, &all[i], who, now)
			}
		})
	}
	work.Wait()
	return ready
}

func (d *Desk) prepareOne(ctx context.Context, n *Bringing, who auth.Actor, now time.Time) (p prepared) {
	t, err := d.types.current(n.Type)
	if err != nil {
		return prepared{err: err}
	}
	r, known := d.regions.byCode(n.Region)
	switch {
	case !known:
		return prepared{err: fault.Bad("region", "casework.region.unknown", fault.Args{"region": n.Region})}
	case n.Number == "" || len(n.Number) > 40:
		return prepared{err: fault.Bad("number", "casework.bring.number")}
	case n.OpenedAt.IsZero() || n.OpenedAt.After(now):
		return prepared{err: fault.Bad("openedAt", "casework.bring.time")}
	}
	w := &procedure.World{Now: now, Calendar: d.Calendar, NewID: func() string { return store.NewID(now) }, District: func(code string) string { r, _ := d.regions.byCode(code); return r.District },
		Secret: func(*procedure.Case, string) (string, error) {
			return "", fault.New(fault.Invalid, "casework.bring.draw")
		}}
	system := procedure.Who{ID: who.ID, Name: who.Name, System: true, Holds: func(string, string) bool { return true }}
	b := procedure.Brought{Opening: procedure.Opening{ID: store.NewID(n.OpenedAt), Start: n.Start, Who: system, Region: n.Region, Data: n.Data, At: n.OpenedAt,
		Birth: procedure.Birth{Number: n.Number, Subject: n.Subject, Via: "import"}}, Acts: make([]procedure.Act, len(n.Acts))}
	for i, a := range n.Acts {
		b.Acts[i] = procedure.Act{Step: a.Step, Who: system, Data: a.Data, At: a.At}
	}
	c, e, err := t.Bring(w, b)
	if err != nil {
		return prepared{err: err}
	}
	p.entry = e
	if slices.ContainsFunc(e.Events, func(ev procedure.Event) bool { return ev.Kind == procedure.Spawned }) {
		return prepared{err: fault.New(fault.Invalid, "casework.bring.children")}
	}
	var hash string
	if p.text, hash, p.err = e.Seal(); p.err != nil {
		return p
	}
	c.Hash, c.Seq = hash, e.Seq
	p.k = &kept{Case: c, typ: t, path: r.Path, fresh: true, title: clip(t.TitleOf(d.Calendar, c), maxTitle)}
	p.doc, p.err = json.Marshal(c)
	return p
}

// admit takes a case that was brought into the batch: what its entry tells of was told, and paid,
// where it came from; only what is counted counts here too.
func (b *batch) admit(p *prepared) error {
	var err error
	if p.k.n, err = b.nextN(); err != nil {
		return err
	}
	p.k.doc = p.doc
	b.cases[p.k.ID] = p.k
	b.entries = append(b.entries, entryRow{p.k.ID, string(p.text), p.k.Hash, p.entry.Seq, p.entry.At, nil})
	for i := range p.entry.Events {
		if ev := &p.entry.Events[i]; ev.Kind == procedure.Recorded {
			b.count(tallyKey{ev.Fact.Element, ev.Fact.Unit, ev.Fact.Of, p.entry.When(ev).In(b.d.Zone).Format(time.DateOnly)}, ev.Fact.Value)
		}
	}
	b.undo = b.undo[:0]
	b.brought = true
	return nil
}

// broughtBefore are the ids of the cases of these numbers that are here.
func (d *Desk) broughtBefore(ctx context.Context, tx *store.Tx, all []Bringing) (map[string]string, error) {
	numbers := make([]string, len(all))
	for i := range all {
		numbers[i] = all[i].Number
	}
	return casesNumbered(ctx, tx, numbers)
}
