package docket

import (
	"context"
	"slices"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// What the packages beside the docket ask of it.

// Types are the types by which new cases are opened, in order of their codes.
func (d *Desk) Types() []*procedure.Type { return d.types.live() }

// TypeOf is a version of a type; the one by which new cases are opened for 0.
func (d *Desk) TypeOf(code string, version int) (*procedure.Type, error) {
	if version == 0 {
		return d.types.current(code)
	}
	return d.types.of(code, version)
}

// RegionOf is a region by its code.
func (d *Desk) RegionOf(code string) (Region, bool) { return d.regions.byCode(code) }

// RegionAt is a region by its path; the zero region where there is none.
func (d *Desk) RegionAt(path string) Region { return d.regions.byPath(path) }

// SeenData is what the reader sees of the data of cases, by id; those that the reader may not see are
// left out.
func (d *Desk) SeenData(ctx context.Context, ids []string) (map[string]map[string]any, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	who, err := d.whoIs(ctx, d.DB)
	if err != nil {
		return nil, err
	}
	found, err := readCases(ctx, d.DB, ids)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]map[string]any, len(found))
	for _, k := range found {
		if k.typ, err = d.types.of(k.Type, k.Version); err == nil && d.sees(k.typ, k.Case, k.path, who) {
			seen[k.ID], _ = k.typ.Seen(k.Case, k.typ.RolesOf(k.Case, who.Who))
		}
	}
	return seen, nil
}

// Names gives the names of accounts, parties and files by id.
func (d *Desk) Names(ctx context.Context, ids []string) (map[string]string, error) {
	return d.names(ctx, ids)
}

// IDsIn are the people, parties and files that data of a type names.
func IDsIn(t *procedure.Type, data map[string]any) []string { return idsIn(t, data) }

// MayOpen reports whether the reader may open a case of a type in a way.
func (d *Desk) MayOpen(ctx context.Context, code, start string) (bool, error) {
	offered, err := d.Offered(ctx)
	return slices.ContainsFunc(offered, func(o Offered) bool {
		return o.Code == code && slices.ContainsFunc(o.Starts, func(s procedure.Start) bool { return s.ID == start })
	}), err
}

// Find is a region by the code or the path that somebody names.
func (d *Desk) Find(ctx context.Context, region string) (Region, bool) {
	if r := d.regions.byPath(region); r.Code != "" {
		return r, true
	}
	return d.regions.find(ctx, region)
}

// Issued is a document that a case issued, with the code that stands on it.
type Issued struct {
	Verified
	Code string
}

// Issued is a document of a case that the reader may see.
func (d *Desk) Issued(ctx context.Context, id, paper string) (*Issued, error) {
	k, _, err := d.seen(ctx, id)
	if err != nil {
		return nil, err
	}
	return d.issued(ctx, k, paper)
}

// IssuedTo is a document of a case, for who opened it without an account.
func (d *Desk) IssuedTo(ctx context.Context, number, code, paper string) (*Issued, error) {
	k, _, err := d.mine(ctx, number, code)
	if err != nil {
		return nil, err
	}
	return d.issued(ctx, k, paper)
}

func (d *Desk) issued(ctx context.Context, k *kept, paper string) (*Issued, error) {
	of, code, err := paperOf(ctx, d.DB, paper)
	if err != nil {
		return nil, err
	}
	if of != k.ID {
		return nil, fault.New(fault.NotFound, "casework.paper.unknown")
	}
	v, err := d.VerifyPaper(ctx, code)
	if err != nil {
		return nil, err
	}
	return &Issued{*v, code}, nil
}
