package fund

import (
	"context"
	"slices"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Family is a line or a gift with what stands under it.
type Family struct {
	Root     Fund
	Contract *Fund // under the root
	Payments []Fund
}

// Seed makes the sample city's purposes and funds, confirmed.
func (d *Desk) Seed(ctx context.Context, purposes []Purpose, families []Family) error {
	for i := range purposes {
		purposes[i].Sample, purposes[i].Revision = true, 1
	}
	err := d.DB.Housekeep(ctx, func(tx *store.Tx) error {
		for i := range purposes {
			if err := writePurpose(ctx, tx, &purposes[i], 0); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := d.seedElements(ctx, purposes); err != nil {
		return err
	}
	return d.DB.Housekeep(ctx, func(tx *store.Tx) error {
		var entries []fact.Entry
		var root string
		add := func(f *Fund, parent string) error {
			if err := d.seed(ctx, tx, f, parent); err != nil {
				return err
			}
			if parent == "" {
				root = f.ID
			}
			left, err := d.entries(f, root)
			entries = append(entries, left...)
			return err
		}
		for i := range families {
			f := &families[i]
			if err := add(&f.Root, ""); err != nil {
				return err
			}
			above := root
			if f.Contract != nil {
				if err := add(f.Contract, above); err != nil {
					return err
				}
				above = f.Contract.ID
			}
			for j := range f.Payments {
				if err := add(&f.Payments[j], above); err != nil {
					return err
				}
			}
		}
		return d.take(ctx, tx, fact.Origin{Source: fact.FromSample, Object: "sample:funds"}, entries)
	})
}

func (d *Desk) take(ctx context.Context, tx *store.Tx, from fact.Origin, entries []fact.Entry) error {
	for part := range slices.Chunk(entries, fact.MaxTake) {
		if _, err := d.Ledger.Take(ctx, tx, from, part); err != nil {
			return err
		}
	}
	return nil
}

// bySample stands where somebody would have entered and confirmed what comes with the sample city.
var bySample = auth.Person{ID: "system:sample", Name: "sample"}

func (d *Desk) seed(ctx context.Context, tx *store.Tx, f *Fund, parent string) error {
	r, err := d.Ledger.Tree().Region(f.RegionCode)
	if err != nil {
		return err
	}
	f.ID, f.Parent, f.RegionPath, f.State, f.By, f.AgreedBy, f.At, f.AgreedAt, f.Writers, f.Sample, f.Revision = store.NewID(tx.Now), parent, r.Path, Confirmed, bySample, &bySample, tx.Now, tx.Now, []string{bySample.ID}, true, 1
	return insertFund(ctx, tx, f)
}
