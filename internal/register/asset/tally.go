package asset

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// tally answers "how many" without a scan of the register for each asker. What lists
// are usually filtered by (place, kind, state, presence, sample) is answered from one
// table of counts in memory, a few thousand cells that one query fills for everybody.
// Totals of other filters (text, owner, model, site, fault) are counted one by one and
// kept as long. Nothing is kept up to date by hand, so no total can drift.
type tally struct {
	db     *store.DB
	cells  *shelf[[]cell]
	counts *shelf[Totals]
}

func newTally(db *store.DB, clk clock.Clock) *tally {
	return &tally{db, newShelf[[]cell](clk, 1), newShelf[Totals](clk, 512)}
}

func (t *tally) changed() {
	t.cells.changed()
	t.counts.changed()
}

// all returns the cells; they must not be changed.
func (t *tally) all(ctx context.Context) ([]cell, error) {
	return t.cells.get(ctx, "", func(ctx context.Context) ([]cell, error) { return cells(ctx, t.db) })
}

// totals counts the devices of a choice.
func (t *tally) totals(ctx context.Context, c choice) (out Totals, err error) {
	if c.Text != "" || c.Owner != "" || c.Model != "" || c.SiteID != "" || c.Fault != "" {
		key, err := json.Marshal([]any{c.Filter, c.scope.Paths()})
		if err != nil {
			return out, err
		}
		return t.counts.get(ctx, string(key), func(ctx context.Context) (Totals, error) { return count(ctx, t.db, c) })
	}
	all, err := t.all(ctx)
	within := auth.NewScope(c.path)
	for i := range all {
		if cell := &all[i]; cell.matches(c) && within.Allows(cell.path) && c.scope.Allows(cell.path) {
			out.add(cell.presence, cell.n, cell.faulty)
		}
	}
	return out, err
}

func (c *cell) matches(f choice) bool {
	return (len(f.Kinds) == 0 || slices.Contains(f.Kinds, c.kind)) && (len(f.States) == 0 || slices.Contains(f.States, c.state)) &&
		(len(f.Presences) == 0 || slices.Contains(f.Presences, c.presence)) && (f.Sample == nil || *f.Sample == c.sample)
}

// Facets are the values in use that a list can be filtered by.
type Facets struct {
	Owners []Facet `json:"owners"`
	Models []Facet `json:"models"`
}

// Facet is a value and how many devices have it.
type Facet struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

const maxFacets = 200

// Facets lists the commonest owners and models within the asker's grants.
func (m *Module) Facets(ctx context.Context) (Facets, error) {
	scope := auth.ScopeOf(ctx, PermRead)
	key, err := json.Marshal(scope.Paths())
	if err != nil {
		return Facets{}, err
	}
	return m.facets.get(ctx, string(key), func(ctx context.Context) (f Facets, err error) {
		if f.Owners, err = facets(ctx, m.db, scope, "owner"); err == nil {
			f.Models, err = facets(ctx, m.db, scope, "model")
		}
		return f, err
	})
}
