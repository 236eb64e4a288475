package asset

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

var noon = time.Date(2026, 7, 21, 12, 0, 0, 0, time.UTC)

// register is a store of identities that counts how often it is asked.
type register struct {
	mu      sync.Mutex
	asked   int
	failing error
	by      map[string]*identity // copied for whoever asks
	during  func()               // happens while it is being asked
}

func (r *register) load(_ context.Context, codes []string) (map[string]*identity, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	out := map[string]*identity{}
	for _, c := range codes {
		if who, known := r.by[c]; known {
			out[c] = &identity{id: who.id, code: who.code, state: who.state, keyed: who.keyed, key: who.key, line: new(line)}
		}
	}
	if r.during != nil {
		r.during()
	}
	return out, r.failing
}

func TestManyAskersShareFewQueries(t *testing.T) {
	s := &register{by: map[string]*identity{}}
	for i := range 1000 {
		code := fmt.Sprint(i)
		s.by[code] = &identity{id: code, code: ebd.ResourceCode(code)}
	}
	r := newRoster(s.load)
	s.mu.Lock() // the first query hangs until all have asked
	var wait sync.WaitGroup
	for i := range 2000 {
		wait.Go(func() {
			code := fmt.Sprint(i % 1000)
			if who, err := r.find(context.Background(), code, noon); err != nil || who.id != code {
				t.Errorf("%s: %+v %v", code, who, err)
			}
		})
	}
	for waits := 0; waits < 999; {
		r.mu.Lock()
		waits = len(r.waiting)
		r.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
	s.mu.Unlock()
	wait.Wait()
	if s.asked > 3 {
		t.Errorf("%d queries for a thousand devices at once", s.asked)
	}
}

func TestStrangersAreRememberedForAWhile(t *testing.T) {
	s := &register{by: map[string]*identity{}}
	r := newRoster(s.load)
	ask := func(now time.Time, want bool, queries int) {
		t.Helper()
		who, err := r.find(context.Background(), "x", now)
		if err != nil || (who != nil) != want || s.asked != queries {
			t.Errorf("found %v, %v after %d queries; want %v after %d", who, err, s.asked, want, queries)
		}
	}
	ask(noon, false, 1)
	ask(noon.Add(strangerMemory-1), false, 1)
	ask(noon.Add(strangerMemory), false, 2)
	s.by["x"] = &identity{code: "x"}
	r.forget("x") // it was registered
	ask(noon.Add(strangerMemory), true, 3)
	ask(noon.Add(strangerMemory), true, 3)
}

func TestAChangeDuringALookupIsNotMissed(t *testing.T) {
	for _, code := range []string{"x", "y"} {
		s := &register{by: map[string]*identity{"x": {code: "x", state: Active}}}
		r := newRoster(s.load)
		s.during = func() { // right after the rows were read, x is suspended and y registered
			s.by["x"], s.by["y"] = &identity{code: "x", state: Suspended}, &identity{code: "y"}
			r.forget(code)
			s.during = nil
		}
		if _, err := r.find(context.Background(), code, noon); err != nil {
			t.Fatal(err)
		}
		if who, err := r.find(context.Background(), code, noon); err != nil || who == nil || who.state == Active {
			t.Errorf("%s is %+v, %v", code, who, err)
		}
	}
}

func TestAFailedLookupIsTriedAgain(t *testing.T) {
	s := &register{by: map[string]*identity{"x": {code: "x"}}, failing: errors.New("disk full")}
	r := newRoster(s.load)
	if _, err := r.find(context.Background(), "x", noon); !errors.Is(err, s.failing) {
		t.Errorf("got %v", err)
	}
	s.failing = nil
	if who, err := r.find(context.Background(), "x", noon); err != nil || who == nil {
		t.Errorf("got %v, %v", who, err)
	}
}

// A line outlives a change of the row, but not a change of the key.
func TestALineBelongsToAKey(t *testing.T) {
	s := &register{by: map[string]*identity{"x": {code: "x", keyed: true, key: ebd.PublicKey{1}}}}
	r := newRoster(s.load)
	find := func() *identity {
		t.Helper()
		r.forget("x")
		who, err := r.find(context.Background(), "x", noon)
		if err != nil {
			t.Fatal(err)
		}
		return who
	}
	first := find()
	first.window.Counter = 7
	if again := find(); again == first || again.line != first.line {
		t.Error("a change of the row lost what was heard")
	}
	s.by["x"] = &identity{code: "x", keyed: true, key: ebd.PublicKey{2}}
	if again := find(); again.line == first.line || again.window.Counter != 0 {
		t.Error("new hardware stands on the old one's line")
	}
}
