package terminal

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
)

// simFile is the simulator's whole state, JSON lines: what is common, then each
// terminal, then each order that some terminal holds, once.
const simFile = "terminals.jsonl"

// simLine is one line of the file; one of the three is set.
type simLine struct {
	Common   *wire.EnrolResponse `json:"common,omitempty"`
	Terminal *simTerminal        `json:"terminal,omitempty"`
	Order    *wire.Order         `json:"order,omitempty"`
}

type simTerminal struct {
	Key     []byte           `json:"key"` // PKCS #8
	Code    ebd.ResourceCode `json:"code"`
	Region  ebd.AreaCode     `json:"region"`
	At      *wire.Point      `json:"at,omitempty"`
	Desk    desk             `json:"desk"`
	Entries []simEntry       `json:"entries,omitempty"`
}

// simEntry is an entry that names its order instead of holding it.
type simEntry struct {
	entry
	Order wire.OrderRef `json:"ref"`
}

// save writes the file as a whole.
func (s *Simulator) save() error {
	f := folder(s.o.Dir)
	return f.replace(simFile, func(w *bufio.Writer) error {
		enc := json.NewEncoder(w)
		if s.common == nil {
			return nil
		}
		if err := enc.Encode(simLine{Common: s.common}); err != nil {
			return err
		}
		orders := map[wire.OrderRef]*wire.Order{}
		for _, t := range s.all {
			if err := enc.Encode(simLine{Terminal: t.line(orders)}); err != nil {
				return err
			}
		}
		for _, o := range orders {
			if err := enc.Encode(simLine{Order: o}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Simulator) saveIfDirty() error {
	s.mu.Lock()
	dirty := s.dirty
	s.dirty = false
	s.mu.Unlock()
	if !dirty {
		return nil
	}
	return s.save()
}

// line is a copy of the terminal for the file; its orders go into orders.
func (s *speaker) line(orders map[wire.OrderRef]*wire.Order) *simTerminal {
	der, err := s.key.DER()
	if err != nil {
		panic(err) // a key that was generated or parsed can be written
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &simTerminal{Key: der, Code: s.place.Code, Region: s.place.Region, At: s.place.Position, Desk: s.desk.copy()}
	for _, e := range t.Desk.Entries {
		ref := wire.OrderRef{Order: e.Order.ID, Version: e.Order.Version}
		orders[ref] = e.Order
		e.Order = nil // e is a copy
		t.Entries = append(t.Entries, simEntry{*e, ref})
	}
	t.Desk.Entries = nil
	return t
}

// load reads the file if there is one.
func (s *Simulator) load() error {
	file, err := os.Open(folder(s.o.Dir).path(simFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	orders := map[wire.OrderRef]*wire.Order{}
	var terminals []*simTerminal
	dec := json.NewDecoder(bufio.NewReaderSize(file, 1<<16))
	for n := 1; dec.More(); n++ {
		var l simLine
		if err := dec.Decode(&l); err != nil {
			return fmt.Errorf("%s: line %d: %w", simFile, n, err)
		}
		switch {
		case l.Common != nil:
			s.common = l.Common
		case l.Terminal != nil:
			terminals = append(terminals, l.Terminal)
		case l.Order != nil:
			orders[wire.OrderRef{Order: l.Order.ID, Version: l.Order.Version}] = l.Order
		}
	}
	for _, t := range terminals[:min(len(terminals), s.o.Count)] {
		key, err := ebd.ParsePrivateKey(t.Key)
		if err != nil {
			return fmt.Errorf("%s: terminal %s: %w", simFile, t.Code, err)
		}
		for _, e := range t.Entries {
			if o := orders[e.Order]; o != nil {
				e.entry.Order = o
				t.Desk.Entries = append(t.Desk.Entries, &e.entry)
			}
		}
		s.add(key, t.Code, t.Region, t.At, &t.Desk)
	}
	return nil
}
