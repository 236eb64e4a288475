package returns

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// term is a value that a rule compares: an element in the period itself, or so many before.
type term struct {
	name, code string
	back       int
}

// terms are what a rule compares, and the kind of periods in which it can be asked: the longest of
// what adds up, or the shortest where nothing does.
func (d *Desk) terms(rule *compiledRule) (terms []term, kind period.Kind, err error) {
	sums := false
	for _, name := range rule.expr.Names {
		t := term{name: name, code: name}
		if code, was := strings.CutPrefix(name, before); was {
			t.code, t.back = code, 1
		}
		e, err := d.Ledger.Element(t.code)
		if err != nil {
			return nil, "", err
		}
		terms = append(terms, t)
		sum := e.Combine != fact.Stock
		if kind == "" || sum && (!sums || e.Period.Rank() > kind.Rank()) || !sum && !sums && e.Period.Rank() < kind.Rank() {
			kind = e.Period
		}
		sums = sums || sum
	}
	return terms, kind, nil
}

// Compares reports whether a rule compares an element with others.
func (d *Desk) Compares(element string) bool {
	return slices.ContainsFunc(d.rules(), func(r *compiledRule) bool {
		return slices.ContainsFunc(r.expr.Names, func(name string) bool { return strings.TrimPrefix(name, before) == element })
	})
}

// Contradictions are the rules that stated values break, in whatever way they come: each unit and
// period by itself, with what is stated beside a value and otherwise with what counts already.
func (d *Desk) Contradictions(ctx context.Context, q store.Queryer, entries []fact.Entry) ([]fact.Finding, error) {
	s := &statement{entries: entries, at: map[spot]int{}}
	for i, e := range entries {
		if e.Ref == "" {
			s.at[spot{e.Element, e.Unit, e.Period}] = i
		}
	}
	out := []fact.Finding{}
	for _, rule := range d.rules() {
		found, err := d.broken(ctx, q, rule, s)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	slices.SortFunc(out, func(a, b fact.Finding) int { return cmp.Or(a.At[0]-b.At[0], strings.Compare(a.Rule, b.Rule)) })
	return out, nil
}

// statement is what somebody states, by where each value stands.
type statement struct {
	entries []fact.Entry
	at      map[spot]int
}

type spot struct {
	element, unit string
	at            period.Period
}

// broken asks one rule of every unit and period that a statement touches.
func (d *Desk) broken(ctx context.Context, q store.Queryer, rule *compiledRule, s *statement) (out []fact.Finding, err error) {
	terms, kind, err := d.terms(rule)
	if err != nil {
		return nil, err
	}
	touched, seen := map[period.Period][]string{}, map[spot]bool{}
	for at := range s.at {
		for _, t := range terms {
			then := spot{unit: at.unit, at: at.at.Next(t.back)}
			if t.code == at.element && at.at.Kind == kind && !seen[then] {
				seen[then] = true
				touched[then.at] = append(touched[then.at], at.unit)
			}
		}
	}
	var codes []string
	for _, t := range terms {
		codes = append(codes, t.code)
	}
	for _, run := range fact.Runs(touched, len(codes), 1) {
		grid, err := d.Ledger.Read(ctx, q, fact.Ask{Elements: codes, Units: run.Units, From: run.From, To: run.To})
		if err != nil {
			return nil, err
		}
		for then, in := range touched {
			if !run.Has(then) {
				continue
			}
			for _, unit := range in {
				if at, broken := s.breaks(rule, terms, grid, unit, then, then.N-run.From.N); broken {
					out = append(out, fact.Finding{At: at, Rule: rule.Code, Stops: !rule.Warns, MessageZh: rule.MessageZh, MessageEn: rule.MessageEn})
				}
			}
		}
	}
	return out, nil
}

// breaks asks a rule of one unit in one period, whose values have a place in the grid; at are the
// places of what was stated of it.
func (s *statement) breaks(rule *compiledRule, terms []term, grid *fact.Grid, unit string, then period.Period, place int) (at []int, broken bool) {
	values := map[string]float64{}
	for _, t := range terms {
		values[t.name] = grid.At(t.code, unit, place-t.back).V
		if i, here := s.at[spot{t.code, unit, then.Next(-t.back)}]; here {
			at = append(at, i)
			values[t.name] = math.NaN() // withdrawn
			if v := s.entries[i].Value; v != nil {
				values[t.name] = v.Float()
			}
		}
	}
	slices.Sort(at)
	holds, known := rule.expr.True(func(name string) float64 { return values[name] })
	return slices.Compact(at), known && !holds
}
