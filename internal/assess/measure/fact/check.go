package fact

import (
	"context"
	"math"
	"slices"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Check says whether an entry from somewhere makes sense, as Take would, without what is known of its
// chain, and whether its period has begun. It fills in the entry's region.
func (l *Ledger) Check(from Source, in *Entry) error {
	if _, err := l.settle(from, in, l.Tree()); err != nil {
		return fault.Of(err)
	}
	if bad := l.Begun(in.Period); bad != nil {
		return bad
	}
	return nil
}

// Begun refuses a period that has not begun where the city is: nobody can have counted anything in
// it. What a five-year plan holds is known ahead.
func (l *Ledger) Begun(p period.Period) *fault.Error {
	if p.Kind == period.Plan || !p.Start(l.Zone).After(l.Clock.Now()) {
		return nil
	}
	return fault.Bad("period", "measure.fact.ahead", fault.Args{"period": p.String()})
}

// Beside is what is known where an entry is to stand.
type Beside struct {
	Was   *Value // its own chain's value
	Plain *Value // stated of its unit and period without a ref
	Refs  int    // stated of them with refs, each counted beside the others

	Locked *fault.Error // it would change what is locked, and may not
}

// Beside reads what is known beside entries that Check let pass, and changes nothing.
func (l *Ledger) Beside(ctx context.Context, q store.Queryer, entries []Entry) ([]Beside, error) {
	tree := l.Tree()
	chains, own := make([]chain, len(entries)), make([]slot, len(entries))
	var counts []slot
	for i, e := range entries {
		chains[i] = chain{e.Element, e.Unit, e.Period.N, e.Ref}
		own[i] = chains[i].slot()
		counts = append(counts, tree.counts(chains[i], e.Region)...)
	}
	known, err := readCurrent(ctx, q, chains)
	if err != nil {
		return nil, err
	}
	locked, err := readLocked(ctx, q, counts)
	if err != nil {
		return nil, err
	}
	stated, err := readBeside(ctx, q, own)
	if err != nil {
		return nil, err
	}
	ends, err := l.ends(ctx, q, entries, locked)
	if err != nil {
		return nil, err
	}
	out := make([]Beside, len(entries))
	for i, e := range entries {
		out[i] = stated[own[i]]
		was := known[chains[i]]
		if was != nil {
			out[i].Was = was.value
		}
		if n, final := tree.final(chains[i], e.Region, locked, ends[i]); final && !out[i].Same(&entries[i]) && !e.Correct {
			out[i].Locked = errLocked(l.known(e.Element), n)
		}
	}
	return out, nil
}

// ends are the periods from which on entries count no more: a stock from where it is stated next, which
// is looked for where something later is locked.
func (l *Ledger) ends(ctx context.Context, q store.Queryer, entries []Entry, locked map[slot]int) ([]int, error) {
	tree, ends := l.Tree(), make([]int, len(entries))
	var lasting []slot
	for i, e := range entries {
		c := chain{e.Element, e.Unit, e.Period.N, e.Ref}
		ends[i] = c.n + 1
		if _, later := tree.final(c, e.Region, locked, math.MaxInt); later && l.known(e.Element).Combine == Stock {
			ends[i] = math.MaxInt
			lasting = append(lasting, c.slot())
		}
	}
	next, err := readNext(ctx, q, lasting)
	for i, e := range entries {
		if n, stated := next[slot{e.Element, e.Unit, e.Period.N}]; stated && ends[i] == math.MaxInt {
			ends[i] = n
		}
	}
	return ends, err
}

// Same reports whether an entry says what is known.
func (b Beside) Same(e *Entry) bool {
	return b.Was == nil && e.Value == nil || b.Was != nil && e.Value != nil && *b.Was == *e.Value
}

// errLocked refuses what would change a locked period of an element.
func errLocked(e *Element, n int) *fault.Error {
	return fault.New(fault.Conflict, "measure.fact.locked", fault.Args{"element": i18n.Both{Zh: e.NameZh, En: e.NameEn}, "period": period.Period{Kind: e.Period, N: n}.String()})
}

// Doubt says that an entry would count beside what is known, where whoever brings it may think that
// it takes its place; nil where there is nothing to say.
func (b Beside) Doubt(e *Entry) *fault.Error {
	switch {
	case b.Was != nil || e.Value == nil:
	case e.Ref != "" && b.Plain != nil:
		return fault.Bad("ref", "measure.fact.beside", fault.Args{"known": Plain(b.Plain.Float())})
	case e.Ref == "" && b.Refs > 0:
		return fault.Bad("value", "measure.fact.beside_refs", fault.Args{"count": b.Refs})
	}
	return nil
}

// doubled are findings of entries that would count beside what is known.
func (l *Ledger) doubled(ctx context.Context, q store.Queryer, entries []Entry) (out []Finding, err error) {
	known, err := l.Beside(ctx, q, entries)
	for i := range known {
		if f := known[i].Doubt(&entries[i]); f != nil {
			out = append(out, besides(i, f.Code, f.Args))
		}
	}
	if err != nil {
		return out, err
	}
	more, err := l.Within(ctx, q, entries, known)
	return append(out, more...), err
}

func besides(i int, code string, args fault.Args) Finding {
	return Finding{At: []int{i}, Rule: "beside", MessageZh: i18n.T(i18n.Chinese, code, args), MessageEn: i18n.T(i18n.English, code, args)}
}

// Within are findings, in order, of entries that state something anew of a region, where it was stated of
// things in it or of regions below, which are counted into the region already. What is stated of regions
// of one level only cannot be.
func (l *Ledger) Within(ctx context.Context, q store.Queryer, entries []Entry, known []Beside) (out []Finding, err error) {
	byElement := map[string][]int{}
	for i, e := range entries {
		if of := l.known(e.Element); known[i].Was == nil && e.Value != nil && e.Unit == e.Region && of != nil && of.Level == "" && e.Period.Kind == of.Period {
			byElement[e.Element] = append(byElement[e.Element], i)
		}
	}
	for code, stated := range byElement {
		in := map[period.Period][]string{}
		for _, i := range stated {
			in[entries[i].Period] = append(in[entries[i].Period], entries[i].Unit)
		}
		for _, run := range Runs(in, 1, 0) {
			grid, err := l.Read(ctx, q, Ask{Elements: []string{code}, Units: run.Units, From: run.From, To: run.To})
			if err != nil {
				return nil, err
			}
			for _, i := range stated {
				if e := &entries[i]; run.Has(e.Period) {
					own := int64(known[i].Refs)
					if known[i].Plain != nil || l.known(code).Combine == Stock { // a stock of its own may go on from before
						own++
					}
					if below := grid.At(code, e.Unit, e.Period.N-run.From.N).N - own; below > 0 {
						out = append(out, besides(i, "measure.fact.within", fault.Args{"count": below}))
					}
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b Finding) int { return a.At[0] - b.At[0] })
	return out, nil
}
