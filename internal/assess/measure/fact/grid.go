package fact

import (
	"context"
	"math"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Ask is what a grid is to hold: elements × units × a run of periods.
type Ask struct {
	Elements []string
	Units    []string // region codes and things
	From, To period.Period
	AsOf     time.Time // as it stood then; the zero time: as it is
}

// MaxGrid is how many values a grid may hold.
const MaxGrid = 2_000_000

// Reading is what an element adds up to.
type Reading struct {
	V     float64 // NaN where nothing was stated
	N     int64   // facts it was made from; of a stock, units
	Since int     // of a stock: ordinal of the period, of the element's kind, since which nothing changed
}

// Known reports whether anything was stated.
func (r Reading) Known() bool { return !math.IsNaN(r.V) }

// Told is a number for JSON; nil where it is not known, or too large to be one.
func Told(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// unknown is a reading of nothing.
var unknown = Reading{V: math.NaN()}

// Grid holds readings of elements for units and periods.
type Grid struct {
	periods  int
	elements map[string]int
	units    map[string]int
	cells    []Reading
}

// At is a reading; unit and period by place in what was asked for.
func (g *Grid) At(element string, unit string, period int) Reading {
	i, ok := g.elements[element]
	j, known := g.units[unit]
	if !ok || !known || period < 0 || period >= g.periods {
		return unknown
	}
	return g.cells[(i*len(g.units)+j)*g.periods+period]
}

// Read reads what elements add up to.
func (l *Ledger) Read(ctx context.Context, q store.Queryer, a Ask) (*Grid, error) {
	g := &Grid{periods: a.To.N - a.From.N + 1, elements: map[string]int{}, units: map[string]int{}}
	if a.From.Kind != a.To.Kind || g.periods <= 0 {
		return nil, fault.Bad("to", "measure.periods")
	}
	for _, u := range a.Units {
		if _, ok := g.units[u]; !ok {
			g.units[u] = len(g.units)
		}
	}
	for _, code := range a.Elements {
		if _, ok := g.elements[code]; !ok {
			g.elements[code] = len(g.elements)
		}
	}
	size := len(g.elements) * len(g.units) * g.periods
	if size > MaxGrid {
		return nil, fault.New(fault.TooLarge, "measure.grid", fault.Args{"limit": MaxGrid})
	}
	g.cells = make([]Reading, size)
	for i := range g.cells {
		g.cells[i] = unknown
	}
	units := make([]string, 0, len(g.units))
	for u := range g.units {
		units = append(units, u)
	}
	for code, i := range g.elements {
		e, err := l.Element(code)
		if err != nil {
			return nil, err
		}
		if e.Combine != Stock && a.From.Kind.Rank() < e.Period.Rank() {
			continue // a month's part of a year is not known
		}
		r := reader{e: e, a: a, g: g, base: i * len(g.units) * g.periods}
		if err := l.blocks(ctx, q, e, a, units, r.start(), r.end(), r.take); err != nil {
			return nil, err
		}
		r.finish()
	}
	return g, nil
}

// blocks calls visit with the blocks of an element, as they are or as they stood.
func (l *Ledger) blocks(ctx context.Context, q store.Queryer, e *Element, a Ask, units []string, from, to int, visit func(key, []byte) error) error {
	days := e.Period == period.Day && (e.Combine == Stock || a.From.Kind == period.Day)
	if a.AsOf.IsZero() {
		if len(units) > manyUnits {
			units = nil // all of them: a list of so many costs more than what it leaves out
		}
		return blocksOf(ctx, q, e.Code, days, from, to, units, visit)
	}
	release, err := l.holdPast(ctx)
	if err != nil {
		return err
	}
	defer release()
	made, err := l.add(ctx, q, e, a.AsOf.UnixMicro(), l.smallest(units))
	if err != nil {
		return err
	}
	for k, b := range made {
		if k.days == days && k.start >= from && k.start <= to {
			if err := visit(k, b.encode()); err != nil {
				return err
			}
		}
	}
	return nil
}

// holdPast waits until sums may be made that nothing is kept of.
func (l *Ledger) holdPast(ctx context.Context) (release func(), err error) {
	select {
	case l.past <- struct{}{}:
		return func() { <-l.past }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

const manyUnits = 2000

// smallest is the path of the smallest region that holds all of these units; empty where that
// is not known.
func (l *Ledger) smallest(units []string) string {
	tree, path := l.Tree(), ""
	for i, u := range units {
		r := tree.byCode[u]
		if r == nil {
			return ""
		}
		if i == 0 {
			path = r.Path
		}
		for len(path) > 0 && (len(r.Path) < len(path) || r.Path[:len(path)] != path) {
			path = above(path)
		}
	}
	return path
}

// above is the path of the region that a path's region lies in.
func above(path string) string {
	for i := len(path) - 2; i >= 0; i-- {
		if path[i] == '.' {
			return path[:i+1]
		}
	}
	return ""
}

// reader puts blocks of one element into a grid.
type reader struct {
	e      *Element
	a      Ask
	g      *Grid
	base   int
	stocks map[int]map[int]cell // changes of stocks, by unit's place and ordinal of the element's kind
}

// start and end are the starts of the first and last blocks that matter: of a stock every one
// until the end, since it is made of its changes.
func (r *reader) start() int {
	if r.e.Combine == Stock {
		return 0
	}
	k, _ := place("", "", r.a.From)
	return k.start
}

func (r *reader) end() int {
	last := r.a.To
	if r.e.Combine == Stock {
		last = last.In(r.e.Period)
	}
	k, _ := place("", "", last)
	return k.start
}

func (r *reader) take(k key, raw []byte) error {
	unit, ok := r.g.units[k.unit]
	if !ok {
		return nil
	}
	if r.e.Combine == Stock {
		return r.changes(k, raw, unit)
	}
	// Where the run of periods begins among the slots of this block.
	kind := r.a.From.Kind
	first := period.Period{Kind: period.Plan, N: k.start}.First(kind)
	offset := offsets[kind]
	if k.days {
		first, offset = period.Period{Kind: period.Year, N: k.start}.First(kind), 0
	}
	last := offset + slots(kind)
	row := r.base + unit*r.g.periods
	return each(raw, func(slot int, c cell) {
		i := first.N + slot - offset - r.a.From.N
		if slot < offset || slot >= last || i < 0 || i >= r.g.periods || c.n == 0 {
			return
		}
		v := Value(c.v).Float()
		if r.e.Combine == Mean {
			v /= float64(c.n)
		}
		r.g.cells[row+i] = Reading{V: v, N: c.n}
	})
}

// slots is how many periods of a kind a block holds.
func slots(k period.Kind) int {
	switch k {
	case period.Day:
		return 366
	case period.Month:
		return 60
	case period.Quarter:
		return 20
	case period.Half:
		return 10
	case period.Year:
		return 5
	}
	return 1
}

func (r *reader) changes(k key, raw []byte, unit int) error {
	if r.stocks == nil {
		r.stocks = map[int]map[int]cell{}
	}
	if r.stocks[unit] == nil {
		r.stocks[unit] = map[int]cell{}
	}
	kind := r.e.Period
	first := period.Period{Kind: period.Plan, N: k.start}.First(kind).N - offsets[kind]
	if k.days {
		first = period.Period{Kind: period.Year, N: k.start}.First(kind).N
	}
	return each(raw, func(slot int, c cell) { r.stocks[unit][first+slot] = c })
}

// finish adds up the changes of stocks.
func (r *reader) finish() {
	for unit, changes := range r.stocks {
		row := r.base + unit*r.g.periods
		var v, n int64
		since, at := 0, 0
		ordinals := sortedKeys(changes)
		for i := range r.g.periods {
			until := r.a.From.Next(i).In(r.e.Period).N
			for ; at < len(ordinals) && ordinals[at] <= until; at++ {
				c := changes[ordinals[at]]
				v, n, since = v+c.v, n+c.n, ordinals[at]
			}
			if n > 0 {
				r.g.cells[row+i] = Reading{V: Value(v).Float(), N: n, Since: since}
			}
		}
	}
}
