package procedure_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/engine/worktime"
)

// desk keeps cases in memory, and the clock.
type desk struct {
	t     testing.TB
	typ   *procedure.Type
	types map[string]*procedure.Type
	cal   *worktime.Calendar
	now   time.Time
	n     int
	urn   []string
	log   map[string][]procedure.Entry // by case, as they are kept
	hash  map[string][]string
	texts map[string][][]byte
}

// opener is who opens cases; clerk holds every post.
const (
	opener = "0OPENER0000000000000000000"
	clerk  = "0CLERK00000000000000000000"
)

func newDesk(t testing.TB, typ *procedure.Type) *desk {
	return &desk{t: t, typ: typ, types: map[string]*procedure.Type{typ.Code: typ}, cal: calendar(t), now: time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC), // a Monday, 10:00
		log: map[string][]procedure.Entry{}, hash: map[string][]string{}, texts: map[string][][]byte{}}
}

func (d *desk) world() *procedure.World {
	return &procedure.World{Now: d.now, Calendar: d.cal, NewID: func() string { d.n++; return fmt.Sprintf("0ID%023d", d.n) },
		Secret: func(c *procedure.Case, draw string) (string, error) { return "secret of " + c.ID + draw, nil },
		Urn:    func(*procedure.Case, procedure.Urn) ([]string, []procedure.Out, error) { return d.urn, nil, nil }}
}

func all(string, string) bool { return true }

func (d *desk) take(c *procedure.Case, e *procedure.Entry, err error) *procedure.Case {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
	if e == nil {
		return c
	}
	text, hash, err := e.Seal()
	if err != nil {
		d.t.Fatal(err)
	}
	c.Hash = hash
	d.log[c.ID], d.hash[c.ID], d.texts[c.ID] = append(d.log[c.ID], *e), append(d.hash[c.ID], hash), append(d.texts[c.ID], text)
	return c
}

func (d *desk) open(start string, data map[string]any) *procedure.Case {
	d.t.Helper()
	w := d.world()
	return d.take(d.typ.Begin(w, procedure.Opening{ID: w.NewID(), Start: start, Data: data, Region: "110105001", Who: procedure.Who{ID: opener, System: true, Holds: all}, Birth: procedure.Birth{Number: "T-1", Opener: opener}}))
}

// do lets the clerk, who is also the opener's stand-in, do a step.
func (d *desk) do(c *procedure.Case, step string, data map[string]any) *procedure.Case {
	d.t.Helper()
	return d.as(c, procedure.Who{ID: clerk, Holds: all}, step, data)
}

func (d *desk) as(c *procedure.Case, who procedure.Who, step string, data map[string]any) *procedure.Case {
	d.t.Helper()
	return d.take(d.types[c.Type].Do(d.world(), c, procedure.Act{Step: step, Who: who, Data: data}))
}

// refuse expects that a step is refused with a code.
func (d *desk) refuse(c *procedure.Case, who procedure.Who, step string, data map[string]any, code string) {
	d.t.Helper()
	_, _, err := d.types[c.Type].Do(d.world(), c, procedure.Act{Step: step, Who: who, Data: data})
	var f *procedure.Fault
	var many procedure.Faults
	if errors.As(err, &many) {
		f = many[0]
	}
	if f == nil && !errors.As(err, &f) || f.Code != "procedure."+code {
		d.t.Errorf("step %s: %v, not %s", step, err, code)
	}
}

// later lets time pass and clocks ring; it gives what was said to whom.
func (d *desk) later(c *procedure.Case, pass time.Duration) (*procedure.Case, []string) {
	d.t.Helper()
	end := d.now.Add(pass)
	var said []string
	for {
		a := d.types[c.Type].Next(d.cal, c)
		if a.At.IsZero() || a.At.After(end) {
			d.now = end
			return c, said
		}
		if a.At.After(d.now) {
			d.now = a.At
		}
		next, e, err := d.types[c.Type].Ring(d.world(), c)
		if c = d.take(next, e, err); e == nil {
			d.t.Fatal("an alarm that says nothing")
		}
		for _, ev := range e.Events {
			if ev.Kind == procedure.Told {
				said = append(said, fmt.Sprintf("%s %s %v", d.now.Sub(time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)), ev.Say.En, ev.Roles))
			}
		}
	}
}
