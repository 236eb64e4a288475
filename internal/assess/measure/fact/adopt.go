package fact

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Adopt brings the tree of regions in line with the register's. What was stated of regions that
// moved, and of all below them, then counts where they now are, also for the past, so that a
// region can be compared with itself over time. A region that is gone keeps its place and facts.
func (l *Ledger) Adopt(ctx context.Context, regions []Region) error {
	var tree *Tree
	err := l.DB.Housekeep(ctx, func(tx *store.Tx) error {
		was, err := readRegions(ctx, tx)
		if err != nil {
			return err
		}
		now := append([]Region(nil), regions...)
		listed := make(map[string]bool, len(now))
		for i := range now {
			listed[now[i].Code] = true
		}
		for _, code := range slices.Sorted(maps.Keys(was)) {
			if gone := was[code]; !listed[code] {
				gone.Gone = true
				now = append(now, gone)
			}
		}
		// Regions above before those below, so that a region moves once with all below it.
		slices.SortStableFunc(now, func(a, b Region) int {
			return cmp.Or(cmp.Compare(len(a.Path), len(b.Path)), cmp.Compare(a.Path, b.Path))
		})
		tree = NewTree(now)
		mover := move{l: l, tx: tx, above: map[string]string{}}
		for code, r := range was {
			mover.above[code] = r.Parent
		}
		for i := range now {
			r := &now[i]
			before, known := was[r.Code]
			if known && before.Path == r.Path && before.Parent == r.Parent && before.Gone == r.Gone {
				continue
			}
			if known && before.Parent != r.Parent {
				if err := mover.move(ctx, r.Code, r.Parent); err != nil {
					return err
				}
			} else {
				mover.above[r.Code] = r.Parent
			}
			if known && before.Path != r.Path && before.Path != "" {
				if err := moveAll(ctx, tx, before.Path, r.Path); err != nil {
					return err
				}
				for code, other := range was { // they moved with it
					if other.Path != before.Path && len(other.Path) > len(before.Path) && other.Path[:len(before.Path)] == before.Path {
						other.Path = r.Path + other.Path[len(before.Path):]
						was[code] = other
					}
				}
			}
			if err := writeRegion(ctx, tx, r); err != nil {
				return err
			}
		}
		if len(mover.extremes) == 0 {
			return nil
		}
		l.tree.Store(tree)
		for element := range mover.extremes {
			if err := l.rebuild(ctx, tx, element); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		l.tree.Store(tree)
	}
	return err
}

// move takes regions from one place in the tree to another, with their sums.
type move struct {
	l        *Ledger
	tx       *store.Tx
	above    map[string]string // parents as they are so far
	extremes map[string]bool   // elements whose sums cannot be taken apart
	held     bool
}

func (m *move) chain(code string) (codes []string) {
	for c := code; c != ""; c = m.above[c] {
		codes = append(codes, c)
		if len(codes) > len(m.above) { // a ring, which a register cannot have
			return nil
		}
	}
	return codes
}

func (m *move) move(ctx context.Context, code, parent string) error {
	if !m.held {
		if err := hold(ctx, m.tx); err != nil {
			return err
		}
		m.held = true
	}
	from, to := m.chain(m.above[code]), m.chain(parent)
	m.above[code] = parent
	s := newSums(nil)
	err := eachBlock(ctx, m.tx, func(k key, raw []byte) error {
		e := m.l.known(k.element)
		if e == nil || e.Combine == Max || e.Combine == Min {
			if m.extremes == nil {
				m.extremes = map[string]bool{}
			}
			m.extremes[k.element] = e != nil
			return nil
		}
		return each(raw, func(slot int, c cell) {
			for _, up := range from {
				if !slices.Contains(to, up) {
					s.add(key{k.element, up, k.days, k.start}, slot, -c.v, -c.n)
				}
			}
			for _, up := range to {
				if !slices.Contains(from, up) {
					s.add(key{k.element, up, k.days, k.start}, slot, c.v, c.n)
				}
			}
		})
	}, `unit = $1`, code)
	if err != nil {
		return err
	}
	return s.flush(ctx, m.tx)
}

// Rebuild makes the sums of the elements that are named anew from the facts, or of all where none
// is.
func (l *Ledger) Rebuild(ctx context.Context, elements ...string) error {
	for _, e := range l.Elements() {
		if len(elements) > 0 && !slices.Contains(elements, e.Code) {
			continue
		}
		if err := l.DB.Housekeep(ctx, func(tx *store.Tx) error { return l.rebuild(ctx, tx, e.Code) }); err != nil {
			return err
		}
	}
	return nil
}

func (l *Ledger) rebuild(ctx context.Context, tx *store.Tx, element string) error {
	if e := l.known(element); e != nil {
		return l.rebuildOf(ctx, tx, e)
	}
	return nil
}

func (l *Ledger) rebuildOf(ctx context.Context, tx *store.Tx, e *Element) error {
	if err := hold(ctx, tx); err != nil {
		return err
	}
	blocks, err := l.add(ctx, tx, e, 0, "")
	if err != nil {
		return err
	}
	return replaceBlocks(ctx, tx, e.Code, blocks)
}

// add makes the blocks of an element from its facts: of those that count, or that counted at a
// time, and that lie at or below a path.
func (l *Ledger) add(ctx context.Context, q store.Queryer, e *Element, asOf int64, path string) (map[key]block, error) {
	tree := l.Tree()
	s := newSums(tree)
	var last string
	stated := new(timeline)
	err := eachFact(ctx, q, e.Code, asOf, path, func(unit, path string, n int, v Value) error {
		if unit != last {
			last, stated = unit, new(timeline)
		}
		region := unit
		if tree.byCode[unit] == nil {
			if r := tree.At(path); r != nil {
				region = r.Code
			}
		}
		return s.change(e, unit, region, period.Period{Kind: e.Period, N: n}, nil, &v, stated)
	})
	if err != nil {
		return nil, err
	}
	for k, slots := range s.raises {
		for at, x := range slots {
			c := s.deltas[k][at]
			c.v = x.v
			s.deltas[k][at] = c
		}
	}
	for _, b := range s.deltas {
		for at, c := range b {
			if c == (cell{}) {
				delete(b, at)
			}
		}
	}
	return s.deltas, nil
}
