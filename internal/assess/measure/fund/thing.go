package fund

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// thingKind is what lines and gifts are as things: fund:ID.
const thingKind = "fund"

// Things are the lines and gifts that were confirmed, as things that facts are about and that can be
// scored: those with ids, or all where that is nil. Each is judged in its budget year.
func (d *Desk) Things(ctx context.Context, q store.Queryer, ids []string) ([]fact.Thing, error) {
	roots, err := confirmedRoots(ctx, q, ids)
	return asThings(roots), err
}

// ListThings is a page of them, in order of their ids, judged or retired as of a day.
func (d *Desk) ListThings(ctx context.Context, f fact.ThingFilter, scope auth.Scope, day string) (store.Listing[fact.Thing], error) {
	today, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return store.Listing[fact.Thing]{}, err
	}
	found, err := listRoots(ctx, d.DB, f, scope, today.Year())
	return store.Listing[fact.Thing]{Items: asThings(found.Items), Next: found.Next, Total: found.Total}, err
}

func asThings(roots []Fund) []fact.Thing {
	things := make([]fact.Thing, len(roots))
	for i, f := range roots {
		things[i] = fact.Thing{ID: thingKind + ":" + f.ID, Kind: thingKind, RegionCode: f.RegionCode, RegionPath: f.RegionPath, NameZh: f.Name, NameEn: cmp.Or(f.NameEn, f.Name), Sample: f.Sample,
			Since: fmt.Sprintf("%d-01-01", f.Year), Until: fmt.Sprintf("%d-01-01", f.Year+1)}
	}
	return things
}

// rootOf is the id of the line or gift that a fund stands under, or is.
func rootOf(ctx context.Context, q store.Queryer, f *Fund) (string, error) {
	for f.Parent != "" {
		up, err := readFund(ctx, q, f.Parent)
		if err != nil {
			return "", err
		}
		f = up
	}
	return f.ID, nil
}

// stateTotals states what every confirmed fund counts for in its line or gift, where that was not
// stated yet: a platform of before knew purposes only.
func (d *Desk) stateTotals(ctx context.Context) error {
	if has, err := d.Ledger.Stated(ctx, totalOf(Line)); err != nil || has {
		return err
	}
	return d.DB.Housekeep(ctx, func(tx *store.Tx) error {
		all, err := confirmed(ctx, tx)
		if err != nil {
			return err
		}
		var entries []fact.Entry
		for i := range all {
			root, err := rootOf(ctx, tx, &all[i])
			if err != nil {
				return err
			}
			left, err := d.entries(&all[i], root)
			if err != nil {
				return err
			}
			entries = append(entries, left[1:]...)
		}
		return d.take(auth.As(ctx, auth.Actor{ID: "system:measure", Name: "measure"}), tx, fact.Origin{Source: fact.FromFund, Object: "fund:totals"}, entries)
	})
}
