package docket

import (
	"context"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Heard is something that the platform noticed of a thing: what cases about it wait for, or what
// opens one.
type Heard struct {
	Event   string // "device.online", "device.offline", "device.faulty"
	Subject string // code of the device
	Words   string // what there is to say of it
}

// Hear keeps what the platform noticed until cases have taken it. It keeps only what a case waits
// for or what could open one.
func (d *Desk) Hear(ctx context.Context, tx *store.Tx, all []Heard) error {
	opens := map[string]bool{}
	for _, t := range d.types.live() {
		for _, s := range t.Start {
			opens[s.On] = opens[s.On] || s.On != ""
		}
	}
	for chunk := range slices.Chunk(all, 500) {
		subjects := make([]string, len(chunk))
		for i, h := range chunk {
			subjects[i] = h.Subject
		}
		waited, err := openSubjects(ctx, tx, subjects)
		if err != nil {
			return err
		}
		var rows [][]any
		for _, h := range chunk {
			if waited[h.Subject] || opens[h.Event] {
				rows = append(rows, []any{store.NewID(tx.Now), h.Event, h.Subject, clip(h.Words, 200)})
			}
		}
		if err := insertHeard(ctx, tx, rows); err != nil {
			return err
		}
	}
	return nil
}

const (
	hearEvery = time.Second
	hearOnce  = 100
)

// hearAll lets cases take what was heard, until ctx ends.
func (d *Desk) hearAll(ctx context.Context) {
	ctx = auth.As(ctx, auth.Actor{ID: "system:casework", Name: "casework"})
	d.Clock.Every(ctx, hearEvery, func(ctx context.Context) {
		for ctx.Err() == nil {
			waiting, err := heardFirst(ctx, d.DB, hearOnce)
			for i := 0; i < len(waiting) && err == nil; i++ {
				err = d.takeHeard(ctx, waiting[i])
			}
			if err != nil && !store.Stopped(err) {
				d.Log.Error("what was heard of devices waits to be taken by cases", "error", err)
			}
			if err != nil || len(waiting) < hearOnce {
				return
			}
		}
	})
}

// heardRow is something heard that waits.
type heardRow struct {
	id string
	Heard
}

// takeHeard lets open cases about the thing go on, and opens one where none is open that could
// have been opened by it: the same fault is one case, however often it is noticed.
func (d *Desk) takeHeard(ctx context.Context, h heardRow) error {
	open, err := openAbout(ctx, d.DB, h.Subject)
	if err != nil {
		return err
	}
	has := map[string]bool{}
	for _, o := range open {
		has[o.code] = true
		_, _, err := d.act(ctx, &job{id: o.id, decide: func(_ *batch, w *procedure.World, k *kept) (*procedure.Case, *procedure.Entry, error) {
			return k.typ.Happen(w, k.Case, h.Event)
		}})
		if err != nil {
			return err
		}
	}
	for _, t := range d.types.live() {
		for _, s := range t.Start {
			if s.On == h.Event && !has[t.Code] {
				if err := d.openBy(ctx, t, &s, h); err != nil {
					return err
				}
			}
		}
	}
	return d.DB.Housekeep(ctx, func(tx *store.Tx) error { return deleteHeard(ctx, tx, h.id) })
}

// openBy opens a case upon something heard.
func (d *Desk) openBy(ctx context.Context, t *procedure.Type, s *procedure.Start, h heardRow) error {
	region, name, err := d.Subjects.Place(ctx, t.Subject, h.Subject)
	if fault.IsKind(err, fault.NotFound) {
		return nil // it left the register meanwhile
	}
	if err != nil {
		return err
	}
	kind, err := d.Subjects.Kind(ctx, h.Subject)
	if err != nil {
		return err
	}
	_, _, err = d.act(ctx, &job{key: "heard:" + h.id, digest: h.id, decide: func(b *batch, w *procedure.World, _ *kept) (*procedure.Case, *procedure.Entry, error) {
		number, err := b.number(t.Prefix, b.now)
		if err != nil {
			return nil, nil, err
		}
		return t.Begin(w, procedure.Opening{ID: w.NewID(), Start: s.ID, Who: procedure.Who{ID: "system:casework", System: true}, Region: region,
			Event: map[string]any{"kind": kind, "subject": h.Subject, "name": name, "words": h.Words}, Birth: procedure.Birth{Number: number, Subject: h.Subject, Via: "event"}})
	}})
	if fault.IsKind(err, fault.Conflict) || fault.IsKind(err, fault.Invalid) {
		d.Log.Warn("an event opened no case", "type", t.Code, "subject", h.Subject, "error", err)
		return nil // its guard refused, or it does not fill in the form: again would be no better
	}
	return err
}
