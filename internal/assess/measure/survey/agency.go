package survey

import (
	"context"
	"slices"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Hands are who could do a survey's field work.
type Hands struct {
	Agencies     []auth.Person `json:"agencies" nullable:"false" doc:"Accounts that may run surveys there"`
	Interviewers []auth.Person `json:"interviewers" nullable:"false" doc:"Accounts that may interview there"`
}

// Hands are who could do the field work of a survey. Who writes it and who approves it read them by
// name; others who may read the survey are told of nobody.
func (d *Desk) Hands(ctx context.Context, id string) (h Hands, err error) {
	s, err := d.may(ctx, d.DB, d.Read, id)
	if err != nil {
		return h, err
	}
	if auth.Check(ctx, d.Build, s.RegionPath) != nil && auth.Check(ctx, d.Agree, s.RegionPath) != nil {
		return Hands{Agencies: []auth.Person{}, Interviewers: []auth.Person{}}, nil
	}
	return d.handsIn(ctx, s.RegionPath)
}

func (d *Desk) handsIn(ctx context.Context, path string) (h Hands, err error) {
	if h.Agencies, err = d.able(ctx, d.Run, path); err != nil {
		return h, err
	}
	h.Interviewers, err = d.able(ctx, d.Interview, path)
	return h, err
}

func (d *Desk) able(ctx context.Context, perm auth.Permission, path string) ([]auth.Person, error) {
	found, err := d.Staff.Able(ctx, perm, path)
	if found == nil {
		found = []auth.Person{}
	}
	return found, err
}

// named refuses an agency or interviewers who could not do the work. Who was named before stays
// named, whatever became of their rights: they can do nothing without them.
func (d *Desk) named(ctx context.Context, path string, was, now *Settings) error {
	h, err := d.handsIn(ctx, path)
	if err != nil {
		return err
	}
	among := func(list []auth.Person, id string) bool {
		return slices.ContainsFunc(list, func(p auth.Person) bool { return p.ID == id })
	}
	var list fault.List
	if now.Agency != "" && now.Agency != was.Agency && !among(h.Agencies, now.Agency) {
		list.Add(fault.Bad("agency", "measure.survey.agency"))
	}
	for i, id := range now.Interviewers {
		if !slices.Contains(was.Interviewers, id) && !among(h.Interviewers, id) {
			list.Add(fault.Bad(place("interviewers", i), "measure.survey.interviewer"))
		}
	}
	return list.OrNil()
}

// interviewers are who may be sent in a survey: those that its builder named, or whoever may
// interview there.
func (d *Desk) interviewers(ctx context.Context, s *Survey) ([]auth.Person, error) {
	found, err := d.able(ctx, d.Interview, s.RegionPath)
	if len(s.Interviewers) > 0 {
		found = slices.DeleteFunc(found, func(p auth.Person) bool { return !slices.Contains(s.Interviewers, p.ID) })
	}
	return found, err
}
