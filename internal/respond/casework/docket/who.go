package docket

import (
	"context"
	"slices"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// person is somebody who is signed in, as far as cases ask.
type person struct {
	procedure.Who
	principal *auth.Principal
}

// whoIs is the person of the request.
func (d *Desk) whoIs(ctx context.Context, q store.Queryer) (*person, error) {
	p := auth.From(ctx)
	if p == nil {
		return nil, fault.New(fault.Unauthenticated, "auth.sign_in_required")
	}
	w := &person{Who: procedure.Who{ID: p.ID, Name: p.Name}, principal: p}
	var err error
	if w.Parties, err = d.Parties.Of(ctx, q, p.ID); err != nil {
		return nil, err
	}
	if w.Absent, err = absentFor(ctx, q, p.ID, d.today()); err != nil {
		return nil, err
	}
	w.Holds = func(post, region string) bool {
		r, known := d.regions.byCode(region)
		return known && p.Scope(PermOf(post)).Allows(r.Path)
	}
	return w, nil
}

// hands are the ids by which the person may have roles.
func (w *person) hands() []string {
	ids := append([]string{w.ID}, w.Absent...)
	return append(ids, w.Parties...)
}

// sees reports whether somebody may see a case: the same as visible asks of the store. Whom a step
// assigned something sees the case also when they lost the post that they would need to act.
func (d *Desk) sees(t *procedure.Type, c *procedure.Case, path string, who *person) bool {
	if len(t.RolesOf(c, who.Who)) > 0 || who.principal != nil && who.principal.Scope(PermRead).Allows(path) {
		return true
	}
	mine := who.hands()
	for _, held := range c.Hands {
		if slices.ContainsFunc(held, func(id string) bool { return slices.Contains(mine, id) }) {
			return true
		}
	}
	return false
}
