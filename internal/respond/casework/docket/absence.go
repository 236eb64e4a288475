package docket

import (
	"context"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Absence is a time for which another does somebody's work.
type Absence struct {
	ID       string      `json:"id"`
	Who      auth.Person `json:"who"`
	Delegate auth.Person `json:"delegate"`
	From     string      `json:"from" doc:"First day"`
	To       string      `json:"to" doc:"Last day"`
}

// maxAbsence is how long somebody may hand their work to another in one go.
const maxAbsence = 366 * 24 * time.Hour

// Absences lists the absences that are not over of which the reader is a part.
func (d *Desk) Absences(ctx context.Context) ([]Absence, error) {
	p := auth.From(ctx)
	return absencesOf(ctx, d.DB, p.ID, d.today())
}

// Leave hands the reader's assigned work to another for some days. Posts are not handed over: those
// are granted.
func (d *Desk) Leave(ctx context.Context, delegate, from, to string) (*Absence, error) {
	p := auth.From(ctx)
	first, err1 := time.ParseInLocation(time.DateOnly, from, d.Zone)
	last, err2 := time.ParseInLocation(time.DateOnly, to, d.Zone)
	switch {
	case err1 != nil:
		return nil, fault.Bad("from", "casework.day")
	case err2 != nil || last.Before(first) || to < d.today() || last.Sub(first) > maxAbsence:
		return nil, fault.Bad("to", "casework.absence.days")
	case delegate == p.ID:
		return nil, fault.Bad("delegate", "casework.absence.self")
	}
	names, err := d.Staff.Named(ctx, []string{delegate})
	if err != nil {
		return nil, err
	}
	if names[delegate] == "" {
		return nil, fault.Bad("delegate", "casework.person.unknown")
	}
	a := &Absence{Who: p.Actor.Person(), Delegate: auth.Person{ID: delegate, Name: names[delegate]}, From: from, To: to}
	return a, d.DB.Update(ctx, func(tx *store.Tx) error {
		twice, err := awayBetween(ctx, tx, p.ID, from, to)
		if err != nil {
			return err
		}
		if twice {
			return fault.New(fault.Conflict, "casework.absence.twice").At("from")
		}
		a.ID = store.NewID(tx.Now)
		if err := insertAbsence(ctx, tx, a); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "casework.absence.leave", Object: "casework-absence:" + a.ID, Detail: a})
	})
}

// Return ends an absence of the reader's own.
func (d *Desk) Return(ctx context.Context, id string) error {
	p := auth.From(ctx)
	return d.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := deleteAbsence(ctx, tx, id, p.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "casework.absence.unknown")
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "casework.absence.return", Object: "casework-absence:" + id})
	})
}
