package fact

import (
	"context"
	"fmt"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Finding is something that speaks against what is stated.
type Finding struct {
	At        []int  `json:"at" nullable:"false" doc:"Places in what was stated, from 0"`
	Rule      string `json:"rule" doc:"Code of the rule that is broken; history for what is far from what its unit had before"`
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
	if err != nil || l.Contradictions == nil {
		return found, err
	}
	more, err := l.Contradictions(ctx, l.DB, entries)
	return append(found, more...), err
}

// unusual are values far from what their units had before.
func (l *Ledger) unusual(ctx context.Context, q store.Queryer, entries []Entry) ([]Finding, error) {
	type run struct {
		element string
		at      period.Period
	}
	runs := map[run][]int{}
	var order []run
	for i, e := range entries {
		element := l.known(e.Element)
		if e.Value == nil || e.Ref != "" || element == nil || e.Period.Kind != element.Period { // what cannot be taken is told of by whoever takes it
			continue
		}
		at := run{e.Element, e.Period}
		if runs[at] == nil {
			order = append(order, at)
		}
		runs[at] = append(runs[at], i)
	}
	out := []Finding{}
	for _, of := range order {
		var units []string
		for _, i := range runs[of] {
			units = append(units, entries[i].Unit)
		}
		grid, err := l.Read(ctx, q, Ask{Elements: []string{of.element}, Units: units, From: of.at.Next(-History), To: of.at.Next(-1)})
		if err != nil {
			return nil, err
		}
		for _, i := range runs[of] {
			v := entries[i].Value.Float()
			if u, ok := grid.Usual(of.element, entries[i].Unit, History); ok && u.Odd(v) {
				args := fault.Args{"value": plain(v), "middle": plain(u.Middle)}
				out = append(out, Finding{At: []int{i}, Rule: "history", MessageZh: i18n.T(i18n.Chinese, "measure.import.odd", args), MessageEn: i18n.T(i18n.English, "measure.import.odd", args)})
			}
		}
	}
	return out, nil
}

// plain writes a number for a sentence.
func plain(v float64) string { return fmt.Sprintf("%.6g", v) }

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
