package procedure_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/procedure"
)

// modelEvents is how many random events all shipped procedures are driven with in all.
const modelEvents = 1_000_000

// Every shipped procedure is driven at random, with the cases it opens: no case gets stuck, no rule
// is broken, no event is lost, every chain holds, and folding what is kept gives the same case.
func TestAMillionRandomEvents(t *testing.T) {
	want := modelEvents
	if testing.Short() {
		want /= 20
	}
	types := shipped(t)
	var events atomic.Int64
	start := time.Now()
	t.Cleanup(func() {
		t.Logf("%d events in %.1f s", events.Load(), time.Since(start).Seconds())
		if !t.Failed() && events.Load() < int64(want) {
			t.Errorf("only %d events of %d", events.Load(), want)
		}
	})
	for code, typ := range types {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			m := model{types: types, cases: map[string]*kept{}}
			cal, never := calendar(t), []string{}
			for seed := uint64(1); m.events < want/len(types)+1 || len(never) > 0 && !testing.Short(); seed++ {
				sim, err := procedure.Simulate(procedure.Scenario{Type: typ, Types: types, Calendar: cal, Start: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), Cases: 60, Seed: seed, Explore: true, Watch: m.watch})
				if err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				if len(sim.Stuck) > 0 {
					t.Fatalf("seed %d: stuck: %v", seed, sim.Stuck)
				}
				if err := m.judge(); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				if seed == 1 {
					never = sim.Never
				}
				never = slices.DeleteFunc(never, func(step string) bool { return sim.Steps[step] > 0 })
				if len(never) > 0 && m.events > 4*want/len(types) && !testing.Short() {
					t.Errorf("steps that nobody came to: %v; ends %v; steps %v", never, sim.Ends, sim.Steps)
					break
				}
			}
			events.Add(int64(m.events))
		})
	}
}

// kept is a case as a store has it, and as it was when it was last seen.
type kept struct {
	texts  [][]byte
	hashes []string
	live   *procedure.Case
}

// model is what must be true of every case, stated apart from the engine.
type model struct {
	types  map[string]*procedure.Type
	cases  map[string]*kept
	events int
}

// watch sees every entry as it is made.
func (m *model) watch(c *procedure.Case, e *procedure.Entry) error {
	k := m.cases[c.ID]
	if k == nil {
		k = &kept{live: &procedure.Case{ID: c.ID}}
		m.cases[c.ID] = k
	}
	typ := m.types[c.Type]
	if err := m.rules(typ, k.live, c, e); err != nil {
		return fmt.Errorf("%s %s, entry %d: %w", c.Type, k.live.State, e.Seq, err)
	}
	text, hash, err := e.Seal()
	if err != nil {
		return err
	}
	k.texts, k.hashes, k.live = append(k.texts, text), append(k.hashes, hash), c
	m.events += len(e.Events)
	return nil
}

// rules are those of the state machine, of who may do what, of seals and of deadlines.
func (m *model) rules(typ *procedure.Type, before, after *procedure.Case, e *procedure.Entry) error {
	if e.Seq != before.Seq+1 || e.Prev != before.Hash || after.Seq != e.Seq {
		return fmt.Errorf("an entry was lost: %d after %d", e.Seq, before.Seq)
	}
	if e.At.Before(before.ChangedAt) {
		return fmt.Errorf("time went back from %v to %v", before.ChangedAt, e.At)
	}
	state, closed, opened := before.State, before.Closed(), before.State == ""
	for i, ev := range e.Events {
		switch ev.Kind {
		case procedure.Opened:
			if s := typ.Opening(ev.Step); !opened || s == nil || s.To != ev.To {
				return fmt.Errorf("opened by %q", ev.Step)
			}
			state, opened = ev.To, false
		case procedure.Moved:
			s := typ.Step(ev.Step)
			if closed || s == nil || ev.From != state || !slices.Contains(s.From, state) || s.To != "" && s.To != ev.To || s.To == "" && ev.To != state {
				return fmt.Errorf("step %q from %q to %q", ev.Step, ev.From, ev.To)
			}
			if i == 0 && s.On == nil && !m.may(typ, before, s, e.Actor.ID) {
				return fmt.Errorf("%q may not do step %q", e.Actor.ID, ev.Step)
			}
			if (i > 0 || strings.HasPrefix(e.Actor.ID, "system:")) && s.On == nil {
				return fmt.Errorf("step %q happened by itself", ev.Step)
			}
			state = ev.To
			closed = typ.State(state).End
		case procedure.Ticked:
			if r := before.Clocks[ev.Clock.Deadline]; r != nil && ev.Clock.What == "resumed" && ev.Clock.Due.Before(r.Due) {
				return fmt.Errorf("deadline %s came nearer in a pause", ev.Clock.Deadline)
			}
			if ev.Clock.What == "due" && e.At.Before(before.Clocks[ev.Clock.Deadline].Due) {
				return fmt.Errorf("deadline %s fell due too early", ev.Clock.Deadline)
			}
		case procedure.Spawned, procedure.Joined:
			if ev.Child.ID == "" || m.types[ev.Child.Type] == nil {
				return fmt.Errorf("a child of type %q", ev.Child.Type)
			}
		case procedure.Came:
			if err := m.sealed(after.Type, ev.Child); err != nil {
				return err
			}
		case procedure.Drawn:
			if got := replay(ev.Lot); !slices.Equal(got, ev.Lot.Drawn) || procedure.Digest(ev.Lot.Secret) != before.Lots[ev.Lot.Name].Digest {
				return fmt.Errorf("draw %s gave %v, not %v", ev.Lot.Name, ev.Lot.Drawn, got)
			}
		case procedure.Published:
			for _, f := range ev.Fields {
				if field := typ.Field(f); field.Personal || field.Sealed {
					return fmt.Errorf("%s is published", f)
				}
			}
		}
	}
	if state != after.State || typ.State(state).End != after.Closed() {
		return fmt.Errorf("stands in %q, not %q", after.State, state)
	}
	if !after.Closed() && len(running(after)) == 0 {
		return fmt.Errorf("nothing runs in %q", state)
	}
	return m.masks(typ, after)
}

// may reports whether the simulated actor may do a step, by the type's words alone.
func (m *model) may(typ *procedure.Type, c *procedure.Case, s *procedure.Step, actor string) bool {
	return slices.ContainsFunc(s.By, func(role string) bool {
		switch f := typ.Role(role).Filled; {
		case f.Opener:
			return actor == c.Opener
		case f.Assigned == procedure.ToPerson:
			return slices.Contains(c.Hands[role], actor)
		case f.Assigned == procedure.ToParty:
			return actor == "0CLERK" && len(c.Hands[role]) > 0
		default:
			return actor == "0GRANT"+f.Grant
		}
	})
}

func running(c *procedure.Case) (ids []string) {
	for id, r := range c.Clocks {
		if !r.Done {
			ids = append(ids, id)
		}
	}
	return ids
}

// masks proves that what is sealed or kept for some is seen by nobody else.
func (m *model) masks(typ *procedure.Type, c *procedure.Case) error {
	for i := range typ.Roles {
		role := typ.Roles[i].ID
		seen, _ := typ.Seen(c, []string{role})
		for id := range seen {
			f := typ.Field(id)
			if f == nil || len(f.See) == 0 || slices.Contains(f.See, role) || f.Sealed && slices.Contains(c.Unsealed, id) {
				continue
			}
			return fmt.Errorf("%s sees %s", role, id)
		}
	}
	return nil
}

// sealed proves that a parent learnt nothing that is sealed in the child.
func (m *model) sealed(_ string, k *procedure.Child) error {
	child, typ := m.cases[k.ID], m.types[k.Type]
	for id := range k.With {
		f := typ.Field(id)
		if f == nil {
			continue
		}
		if f.Personal || len(f.See) > 0 && !(f.Sealed && slices.Contains(child.live.Unsealed, id)) {
			return fmt.Errorf("the parent learns %s of %s", id, k.Type)
		}
	}
	return nil
}

// judge judges what is kept of the cases seen so far, and forgets them.
func (m *model) judge() error {
	for id, k := range m.cases {
		entries, err := procedure.Verify(id, k.texts, k.hashes[len(k.hashes)-1])
		if err != nil {
			return fmt.Errorf("%s: %w", k.live.Type, err)
		}
		if err := procedure.Replay(k.live, entries, k.hashes); err != nil {
			return fmt.Errorf("%s: %w", k.live.Type, err)
		}
	}
	clear(m.cases)
	return nil
}
