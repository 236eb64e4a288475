package measure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// caseElements are what cases leave facts of, as the city's procedures come with them; none where
// they come with none.
func caseElements(raw []byte) (elements []fact.Element, err error) {
	if len(raw) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(raw, &elements); err != nil {
		return nil, fmt.Errorf("measure: elements of cases: %w", err)
	}
	return elements, nil
}

// tallied is what could not be stated, each told to the log once, and the paths of facts that
// changed, which open pages hear of after the commit.
type tallied struct {
	mu    sync.Mutex
	said  map[string]bool
	paths []string
}

// maxSaid is how much is remembered of what was told to the log.
const maxSaid = 1000

// stateTallies states what facts of cases add up to. It replaces what was stated of the same before;
// what the ledger does not take is passed over.
func (m *Module) stateTallies(ctx context.Context, tx *store.Tx, e event.CasesTallied) error {
	byDay := map[string][]fact.Entry{}
	for _, t := range e.Tallies {
		entry, err := m.talliedEntry(&t, time.UnixMicro(e.At).UTC())
		if err != nil {
			m.passOver(&t, err)
			continue
		}
		byDay[t.Day] = append(byDay[t.Day], entry)
	}
	for day, entries := range byDay {
		if err := m.stateDay(ctx, tx, day, entries); err != nil {
			return err
		}
	}
	return nil
}

func (m *Module) talliedEntry(t *event.CaseTally, at time.Time) (e fact.Entry, err error) {
	e = fact.Entry{Element: t.Element, Unit: t.Of, At: at}
	if _, err := m.Ledger.Element(t.Element); err != nil {
		return e, err
	}
	if t.Unit != "region" { // a party or a device: of the whole city, since cases do not say where it lies
		e.Unit = t.Unit + ":" + t.Of
		if home := m.Ledger.Tree().At(m.Home); home != nil {
			e.Region = home.Code
		}
	}
	if e.Period, err = period.Parse(t.Day); err != nil {
		return e, err
	}
	v, err := fact.ValueOf(float64(t.Value) / 1e6)
	e.Value = &v
	return e, err
}

var placeOfEntry = regexp.MustCompile(`^\[([0-9]+)\]`)

// stateDay states a day's entries; one that is not taken keeps no other back.
func (m *Module) stateDay(ctx context.Context, tx *store.Tx, day string, entries []fact.Entry) error {
	ctx = auth.As(ctx, auth.Actor{ID: "system:measure", Name: "measure"})
	for len(entries) > 0 {
		out, err := m.Ledger.Take(ctx, tx, fact.Origin{Source: fact.FromModule, Object: "casework:" + day}, entries)
		if err == nil {
			m.tallied.mu.Lock()
			m.tallied.paths = append(m.tallied.paths, out.Paths...)
			m.tallied.mu.Unlock()
			return nil
		}
		bad := refusedEntries(err, len(entries))
		if len(bad) == 0 {
			return err
		}
		for i := range slices.Backward(entries) {
			if why := bad[i]; why != nil {
				m.passOver(&event.CaseTally{Element: entries[i].Element, Of: entries[i].Unit, Day: day}, why)
				entries = slices.Delete(entries, i, i+1)
			}
		}
	}
	return nil
}

// refusedEntries are the entries that a refusal names, with why; none where it is no refusal.
func refusedEntries(err error, n int) map[int]error {
	var list fault.List
	var one *fault.Error
	switch {
	case errors.As(err, &list):
	case errors.As(err, &one) && one.Kind != fault.Internal && one.Kind != fault.Full:
		list = fault.List{one}
	}
	bad := map[int]error{}
	for _, f := range list {
		if at := placeOfEntry.FindStringSubmatch(f.Place); at != nil {
			if i, err := strconv.Atoi(at[1]); err == nil && i < n {
				bad[i] = f
			}
		}
	}
	return bad
}

// passOver tells the log once what is not stated.
func (m *Module) passOver(t *event.CaseTally, why error) {
	key := t.Element + " " + fault.Of(why).Code
	m.tallied.mu.Lock()
	first := !m.tallied.said[key] && len(m.tallied.said) < maxSaid
	if first {
		m.tallied.said[key] = true
	}
	m.tallied.mu.Unlock()
	if first {
		m.Log.Warn("a fact of cases cannot be stated and is passed over", "element", t.Element, "of", t.Of, "day", t.Day, "error", why)
	}
}

// tellTallied lets open pages know of facts of cases that changed.
func (m *Module) tellTallied() {
	m.tallied.mu.Lock()
	paths := m.tallied.paths
	m.tallied.paths = nil
	m.tallied.mu.Unlock()
	m.Ledger.Told(paths...)
}
