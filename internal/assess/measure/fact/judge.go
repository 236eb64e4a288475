package fact

import (
	"context"
	"fmt"
	"math"
	"slices"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Finding is something that speaks against what is stated.
type Finding struct {
	At        []int  `json:"at" nullable:"false" doc:"Places in what was stated, from 0"`
	Rule      string `json:"rule" doc:"Code of the rule that is broken; history for what is far from what its unit had before, beside for what counts with what is stated already"`
	Stops     bool   `json:"stops" doc:"It contradicts other facts; else it is only unlikely"`
	MessageZh string `json:"messageZh"`
	MessageEn string `json:"messageEn"`
}

// Answer is what came of facts that were stated, and what speaks against them.
type Answer struct {
	Outcome
	Findings []Finding `json:"findings" nullable:"false"`
}

// findings are what speaks against entries, as facts are now.
func (l *Ledger) findings(ctx context.Context, entries []Entry) ([]Finding, error) {
	found, err := l.unusual(ctx, l.DB, entries)
	if err != nil {
		return found, err
	}
	more, err := l.doubled(ctx, l.DB, entries)
	if found = append(found, more...); err != nil || l.Contradictions == nil {
		return found, err
	}
	more, err = l.Contradictions(ctx, l.DB, entries)
	return append(found, more...), err
}

// unusual are values far from what their units had before. What an element had is read once for a run of
// periods.
func (l *Ledger) unusual(ctx context.Context, q store.Queryer, entries []Entry) ([]Finding, error) {
	byElement := map[string][]int{}
	for i, e := range entries {
		element := l.known(e.Element)
		if e.Value == nil || e.Ref != "" || element == nil || e.Period.Kind != element.Period { // what cannot be taken is told of by whoever takes it
			continue
		}
		byElement[e.Element] = append(byElement[e.Element], i)
	}
	out := []Finding{}
	for code, stated := range byElement {
		in := map[period.Period][]string{}
		for _, i := range stated {
			in[entries[i].Period] = append(in[entries[i].Period], entries[i].Unit)
		}
		for _, run := range Runs(in, 1, History) {
			grid, err := l.Read(ctx, q, Ask{Elements: []string{code}, Units: run.Units, From: run.From, To: run.To})
			if err != nil {
				return nil, err
			}
			for _, i := range stated {
				e := &entries[i]
				if !run.Has(e.Period) {
					continue
				}
				if u, ok := grid.Usual(code, e.Unit, e.Period.N-run.From.N); ok && u.Odd(e.Value.Float()) {
					args := fault.Args{"value": Plain(e.Value.Float()), "middle": Plain(u.Middle)}
					out = append(out, Finding{At: []int{i}, Rule: "history", MessageZh: i18n.T(i18n.Chinese, "measure.import.odd", args), MessageEn: i18n.T(i18n.English, "measure.import.odd", args)})
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b Finding) int { return a.At[0] - b.At[0] })
	return out, nil
}

// Plain writes a number for a sentence, to six figures or its last whole one.
func Plain(v float64) string {
	places := 0
	if size := math.Abs(v); size > 0 {
		places = min(6, max(0, 5-int(math.Floor(math.Log10(size)))))
	}
	return english.Sprint(number.Decimal(v, number.MaxFractionDigits(places)))
}

// english groups figures by commas, as Chinese does.
var english = message.NewPrinter(language.English)

// contradicted are the findings that keep a person from stating facts.
func contradicted(found []Finding) error {
	var list fault.List
	for _, f := range found {
		if f.Stops {
			for _, i := range f.At {
				list.Add(fault.Bad(fmt.Sprintf("facts[%d].value", i), "measure.fact.contradicts", fault.Args{"says": i18n.Both{Zh: f.MessageZh, En: f.MessageEn}}))
			}
		}
	}
	return list.OrNil()
}
