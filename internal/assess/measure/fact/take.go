package fact

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// MaxTake is how many entries one call of Take may bring.
const MaxTake = 5000

// chain is what the versions of one fact share.
type chain struct {
	element, unit string
	n             int
	ref           string
}

// slot is where a chain's value counts.
type slot struct {
	element, unit string
	n             int
}

func (c chain) slot() slot { return slot{c.element, c.unit, c.n} }

// current is the version of a chain that counts.
type current struct {
	id      string
	version int64
	value   *Value
}

// Take commits facts with the caller's transaction, and what they change of the sums. Entries
// that say what is known change nothing. A fault names its entry: "[3].value". Nothing is taken
// unless all are. The caller leaves the audit record of what brought them.
func (l *Ledger) Take(ctx context.Context, tx *store.Tx, from Origin, entries []Entry) (out Outcome, err error) {
	if len(entries) == 0 {
		return out, nil
	}
	if len(entries) > MaxTake {
		return out, fault.New(fault.TooLarge, "measure.fact.many", fault.Args{"limit": MaxTake})
	}
	if err := hold(ctx, tx); err != nil {
		return out, err
	}
	b, err := l.batch(ctx, tx, from, entries)
	if err != nil {
		return out, err
	}
	if err := l.stillThere(ctx, tx, entries); err != nil {
		return out, err
	}
	for i := range entries {
		if err := b.take(tx, &entries[i], &out); err != nil {
			return out, fault.Of(err).At(strings.TrimSuffix(fmt.Sprintf("[%d].%s", i, fault.Of(err).Place), "."))
		}
	}
	if err := insertFacts(ctx, tx, b.fresh); err != nil {
		return out, err
	}
	if err := supersede(ctx, tx, b.old); err != nil {
		return out, err
	}
	if err := noteStated(ctx, tx, b.fresh); err != nil {
		return out, err
	}
	return out, b.sums.flush(ctx, tx)
}

// batch is entries being taken, with what is known of their chains.
type batch struct {
	l       *Ledger
	from    Origin
	tree    *Tree
	known   map[chain]*current
	locked  map[slot]int            // first locked period from where the entries count on, in their units and the regions above
	stocks  map[[2]string]*timeline // by element and unit
	sums    *sums
	fresh   []row
	at      map[chain]int // of fresh
	old     []string      // ids of versions that no longer count
	byID    string
	byName  string
	nowUnix int64
}

func (l *Ledger) batch(ctx context.Context, tx *store.Tx, from Origin, entries []Entry) (*batch, error) {
	who := auth.Who(ctx)
	b := &batch{l: l, from: from, tree: l.Tree(), stocks: map[[2]string]*timeline{}, at: map[chain]int{}, byID: who.ID, byName: who.Name, nowUnix: tx.Now.UnixMicro()}
	b.sums = newSums(b.tree)
	var list fault.List
	chains, slots := make([]chain, 0, len(entries)), map[slot]bool{}
	for i := range entries {
		e, err := l.settle(from.Source, &entries[i], b.tree)
		if err != nil {
			list.Add(fault.Of(err).At(strings.TrimSuffix(fmt.Sprintf("[%d].%s", i, fault.Of(err).Place), ".")))
			continue
		}
		c := chain{e.Code, entries[i].Unit, entries[i].Period.N, entries[i].Ref}
		chains = append(chains, c)
		for _, s := range b.tree.counts(c, entries[i].Region) {
			slots[s] = true
		}
		if e.Combine == Stock {
			b.stocks[[2]string{e.Code, entries[i].Unit}] = nil
		}
	}
	if err := list.OrNil(); err != nil {
		return nil, err
	}
	var err error
	if b.known, err = readCurrent(ctx, tx, chains); err != nil {
		return nil, err
	}
	if b.locked, err = readLocked(ctx, tx, slices.Collect(maps.Keys(slots))); err != nil {
		return nil, err
	}
	return b, readTimelines(ctx, tx, b.stocks)
}

// counts is where a chain's value counts: in its own unit and in the regions above.
func (t *Tree) counts(c chain, region string) []slot {
	own := c.slot()
	slots := []slot{own}
	for _, code := range t.Above(region) {
		if code != c.unit {
			slots = append(slots, slot{own.element, code, own.n})
		}
	}
	return slots
}

// final is the first locked period that a chain's value counts into, before it ends to count; false
// where there is none.
func (t *Tree) final(c chain, region string, locked map[slot]int, end int) (first int, found bool) {
	for _, s := range t.counts(c, region) {
		if n, is := locked[s]; is && n < end && (!found || n < first) {
			first, found = n, true
		}
	}
	return first, found
}

// settle checks an entry against its element and fills in what follows from it.
func (l *Ledger) settle(from Source, in *Entry, tree *Tree) (*Element, error) {
	e, err := l.Element(in.Element)
	if err != nil {
		return nil, fault.Of(err).At("element")
	}
	if in.Region == "" {
		in.Region = in.Unit
	}
	r, err := tree.Region(in.Region)
	if err != nil {
		return nil, fault.Of(err).At("region")
	}
	switch {
	case in.check() != nil:
		return nil, in.check()
	case e.BuiltIn && !from.own():
		return nil, fault.Bad("element", "measure.fact.built_in", fault.Args{"element": i18n.Both{Zh: e.NameZh, En: e.NameEn}})
	case e.Level != "" && !e.BuiltIn && in.Unit != in.Region:
		return nil, fault.Bad("unit", "measure.fact.region_only", fault.Args{"element": i18n.Both{Zh: e.NameZh, En: e.NameEn}})
	case in.Period.Kind != e.Period:
		return nil, fault.Bad("period", "measure.fact.period", fault.Args{"element": i18n.Both{Zh: e.NameZh, En: e.NameEn}, "example": period.Period{Kind: e.Period, N: in.Period.In(e.Period).N}.String()})
	case e.Level != "" && in.Unit == in.Region && r.Level != e.Level:
		return nil, fault.Bad("region", "measure.fact.level."+e.Level, fault.Args{"element": i18n.Both{Zh: e.NameZh, En: e.NameEn}, "region": i18n.Both{Zh: r.NameZh, En: r.NameEn}})
	case e.Combine == Stock && in.Ref != "":
		return nil, fault.Bad("ref", "measure.fact.stock_ref", fault.Args{"element": e.Code})
	}
	if in.Value != nil {
		if f := e.admit(*in.Value); f != nil {
			return nil, f
		}
	}
	return e, nil
}

func (b *batch) take(tx *store.Tx, in *Entry, out *Outcome) error {
	e, err := b.l.Element(in.Element)
	if err != nil {
		return err
	}
	c := chain{e.Code, in.Unit, in.Period.N, in.Ref}
	was := b.known[c]
	var before *Value
	version := int64(1)
	if was != nil {
		before, version = was.value, was.version+1
	}
	end := c.n + 1
	if e.Combine == Stock {
		end = b.stocks[[2]string{e.Code, in.Unit}].next(c.n)
	}
	final, locked := b.tree.final(c, in.Region, b.locked, end)
	switch {
	case before == nil && in.Value == nil, before != nil && in.Value != nil && *before == *in.Value:
		out.Same++
		return nil
	case e.Combine == Stock && b.movedTo(c, b.tree.byCode[in.Region].Path):
		return fault.Bad("region", "measure.fact.moved", fault.Args{"unit": in.Unit})
	case locked && !in.Correct:
		return errLocked(e, final)
	case before == nil:
		out.New++
	case in.Value == nil:
		out.Withdrawn++
	default:
		out.Changed++
	}
	out.touch(b.tree.byCode[in.Region].Path)
	at := in.At
	if at.IsZero() {
		at = tx.Now
	}
	f := row{id: store.NewID(tx.Now), chain: c, path: b.tree.byCode[in.Region].Path, version: version, value: in.Value, at: at.UnixMicro(), recorded: b.nowUnix,
		source: b.from.Source, origin: b.from.Object, byID: b.byID, byName: b.byName, reason: in.Reason, corrects: in.Correct && locked}
	if i, ok := b.at[c]; ok { // twice in one batch: the later word stands
		b.fresh[i].superseded = &b.nowUnix
	} else if was != nil {
		b.old = append(b.old, was.id)
	}
	b.at[c] = len(b.fresh)
	b.fresh = append(b.fresh, f)
	b.known[c] = &current{f.id, version, in.Value}
	return b.sums.change(e, in.Unit, in.Region, in.Period, before, in.Value, b.stocks[[2]string{e.Code, in.Unit}])
}

// movedTo reports whether a stock was stated in another region before, where it would go on
// counting.
func (b *batch) movedTo(c chain, path string) bool {
	t := b.stocks[[2]string{c.element, c.unit}]
	if len(t.n) == 0 {
		t.path = path
	}
	return t.path != path
}

// timeline is what was stated of a stock of one unit, in order of periods.
type timeline struct {
	path string // of the region it was stated in
	n    []int
	v    []Value
}

// next is the first period after one of which the stock was stated: until then it is what was stated
// before.
func (t *timeline) next(n int) int {
	if i := sort.SearchInts(t.n, n+1); i < len(t.n) {
		return t.n[i]
	}
	return math.MaxInt
}

// state puts a stated value into a timeline, or takes it out, and calls change with the periods
// in which the stock changes otherwise than before, by how much, and by how many units that state it.
func (t *timeline) state(n int, value *Value, change func(n int, v int64, units int64)) {
	i := sort.SearchInts(t.n, n)
	step := func(sign int64) {
		var last int64
		if i > 0 {
			last = int64(t.v[i-1])
		}
		for j := i; j < len(t.n) && j <= i+1; j++ {
			units := int64(0)
			if j == 0 {
				units = 1
			}
			change(t.n[j], sign*(int64(t.v[j])-last), sign*units)
			last = int64(t.v[j])
			if t.n[j] > n {
				break
			}
		}
	}
	step(-1)
	there := i < len(t.n) && t.n[i] == n
	switch {
	case value == nil && there:
		t.n, t.v = slices.Delete(t.n, i, i+1), slices.Delete(t.v, i, i+1)
	case value != nil && there:
		t.v[i] = *value
	case value != nil:
		t.n, t.v = slices.Insert(t.n, i, n), slices.Insert(t.v, i, *value)
	}
	step(1)
}

// sums gathers changes of blocks before they are written.
type sums struct {
	tree    *Tree
	deltas  map[key]block
	anew    map[key]map[int]extreme // cells whose largest or smallest left
	raises  map[key]map[int]extreme // cells that may have a new largest or smallest
	tooMuch bool
}

// extreme is a largest or smallest value that a cell may have.
type extreme struct {
	v       int64
	combine Combine
	kind    period.Kind // of the element's facts
	period  period.Period
}

func newSums(tree *Tree) *sums {
	return &sums{tree: tree, deltas: map[key]block{}, anew: map[key]map[int]extreme{}, raises: map[key]map[int]extreme{}}
}

// change notes that a fact's value changed.
func (s *sums) change(e *Element, unit, region string, p period.Period, before, after *Value, stated *timeline) error {
	units := s.tree.Above(region)
	if unit != region {
		units = slices.Insert(units, 0, unit)
	}
	for _, u := range units {
		if e.Combine == Stock {
			continue
		}
		for _, grain := range e.grains() {
			k, at := place(e.Code, u, p.In(grain))
			switch e.Combine {
			case Max, Min:
				s.extreme(e, k, at, p.In(grain), before, after)
			default:
				s.add(k, at, float(after)-float(before), count(after)-count(before))
			}
		}
	}
	if e.Combine == Stock {
		stated.state(p.N, after, func(n int, v, stating int64) {
			for _, u := range units {
				k, at := place(e.Code, u, period.Period{Kind: e.Period, N: n})
				s.add(k, at, v, stating)
			}
		})
	}
	if s.tooMuch {
		return fault.Bad("value", "measure.fact.overflow", fault.Args{"element": e.Code})
	}
	return nil
}

func float(v *Value) int64 {
	if v == nil {
		return 0
	}
	return int64(*v)
}

func count(v *Value) int64 {
	if v == nil {
		return 0
	}
	return 1
}

func (s *sums) add(k key, at int, v, n int64) {
	b := s.deltas[k]
	if b == nil {
		b = block{}
		s.deltas[k] = b
	}
	c := b[at]
	var ok bool
	if c.v, ok = add(c.v, v); !ok {
		s.tooMuch = true
	}
	c.n += n
	b[at] = c
}

func (s *sums) extreme(e *Element, k key, at int, p period.Period, before, after *Value) {
	s.add(k, at, 0, count(after)-count(before))
	note := func(in map[key]map[int]extreme, v int64) {
		if in[k] == nil {
			in[k] = map[int]extreme{}
		}
		if was, ok := in[k][at]; ok && !beyond(e.Combine, v, was.v) {
			return
		}
		in[k][at] = extreme{v, e.Combine, e.Period, p}
	}
	if before != nil {
		note(s.anew, int64(*before))
	}
	if after != nil {
		note(s.raises, int64(*after))
	}
}

// beyond reports whether a is a larger largest or a smaller smallest than b.
func beyond(c Combine, a, b int64) bool { return c == Max && a > b || c == Min && a < b }

// flush writes what changed. Where the largest or smallest value of a cell left, it is looked
// for among the facts, which are written by then.
func (s *sums) flush(ctx context.Context, tx *store.Tx) error {
	if len(s.deltas) == 0 {
		return nil
	}
	keys := make([]key, 0, len(s.deltas))
	elements := map[string]bool{}
	for k := range s.deltas {
		keys = append(keys, k)
		elements[k.element] = true
	}
	if err := mark(ctx, tx, slices.Sorted(maps.Keys(elements))); err != nil {
		return err
	}
	for part := range slices.Chunk(sorted(keys), 200) {
		blocks, err := readBlocks(ctx, tx, part)
		if err != nil {
			return err
		}
		for _, k := range part {
			b := blocks[k]
			if b == nil {
				b = block{}
				blocks[k] = b
			}
			for at, d := range s.deltas[k] {
				if err := s.merge(ctx, tx, k, at, b, d); err != nil {
					return err
				}
			}
		}
		if err := writeBlocks(ctx, tx, part, blocks); err != nil {
			return err
		}
	}
	return nil
}

// merge brings one cell up to date.
func (s *sums) merge(ctx context.Context, tx *store.Tx, k key, at int, b block, d cell) error {
	c, had := b[at]
	var ok bool
	if c.v, ok = add(c.v, d.v); !ok || c.v == math.MinInt64 {
		return fault.Bad("value", "measure.fact.overflow", fault.Args{"element": k.element})
	}
	c.n += d.n
	left, leaves := s.anew[k][at]
	up, raises := s.raises[k][at]
	switch {
	case leaves && c.n > 0 && (!had || !beyond(left.combine, c.v, left.v)): // what left may have come in the same call
		v, err := readExtreme(ctx, tx, k, s.tree, left)
		if err != nil {
			return err
		}
		c.v = v
	case raises && (!had || beyond(up.combine, up.v, c.v)):
		c.v = up.v
	}
	if (leaves || raises) && c.n == 0 {
		c.v = 0
	}
	if c == (cell{}) {
		delete(b, at)
	} else {
		b[at] = c
	}
	return nil
}

// sorted puts keys in the order in which they are stored.
func sorted(keys []key) []key {
	slices.SortFunc(keys, compareKeys)
	return keys
}

func compareKeys(a, b key) int {
	if c := strings.Compare(a.element, b.element); c != 0 {
		return c
	}
	if a.days != b.days {
		if b.days {
			return -1
		}
		return 1
	}
	if a.start != b.start {
		return a.start - b.start
	}
	return strings.Compare(a.unit, b.unit)
}
