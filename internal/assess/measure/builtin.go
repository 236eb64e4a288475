package measure

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// builtin is what the product states itself, and what it makes of that.
//
//go:embed builtin/*.json
var builtin embed.FS

// seed defines what the product states itself.
func (m *Module) seed(ctx context.Context) error {
	var elements []fact.Element
	var indicators []indicator.Definition
	for file, into := range map[string]any{"elements": &elements, "indicators": &indicators} {
		raw, err := builtin.ReadFile("builtin/" + file + ".json")
		if err == nil {
			err = json.Unmarshal(raw, into)
		}
		if err != nil {
			return fmt.Errorf("measure: builtin %s: %w", file, err)
		}
	}
	ofCases, err := caseElements(m.CaseElements)
	if err != nil {
		return err
	}
	elements = append(elements, ofCases...)
	for i := range elements {
		elements[i].BuiltIn = true
	}
	for i := range indicators {
		indicators[i].BuiltIn = true
	}
	ctx = auth.As(ctx, auth.Actor{ID: "system:measure", Name: "measure"})
	if err := m.Ledger.Seed(ctx, elements); err != nil {
		return err
	}
	return m.Book.Seed(ctx, indicators)
}

// censusYear is that of the population in the register of regions.
const censusYear = "2020"

// countPeople states the population of the register: of the lowest regions that it is known for
// above villages, whose people are spread by a model.
func (m *Module) countPeople(ctx context.Context, regions []Region) error {
	year, err := period.Parse(censusYear)
	if err != nil {
		return err
	}
	below := map[string]bool{} // has a region below it whose people are known
	for _, r := range regions {
		if r.People > 0 && r.Level != "village" {
			below[r.Parent] = true
		}
	}
	var entries []fact.Entry
	for _, r := range regions {
		if r.People == 0 || r.Level == "village" || below[r.Code] {
			continue
		}
		people, err := fact.ValueOf(float64(r.People))
		if err != nil {
			return err
		}
		entries = append(entries, fact.Entry{Element: indicator.Population, Unit: r.Code, Period: year, Value: &people})
	}
	return m.state(ctx, fact.Origin{Source: fact.FromRegister, Object: "region:census"}, entries)
}

// state commits facts that the product states itself.
func (m *Module) state(ctx context.Context, from fact.Origin, entries []fact.Entry) error {
	var changed fact.Outcome
	for len(entries) > 0 {
		part := entries[:min(len(entries), fact.MaxTake)]
		entries = entries[len(part):]
		err := m.DB.Housekeep(ctx, func(tx *store.Tx) error {
			out, err := m.Ledger.Take(auth.As(ctx, auth.Actor{ID: "system:measure", Name: "measure"}), tx, from, part)
			changed.Add(out)
			return err
		})
		if err != nil {
			return err
		}
	}
	m.Ledger.Told(changed.Paths...)
	return nil
}
