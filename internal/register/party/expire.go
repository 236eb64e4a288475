package party

import (
	"context"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// expireEvery is how often the ends of licences are looked at.
const expireEvery = 10 * time.Minute

// maxTold is how many ends one transaction tells of.
const maxTold = 200

// tellExpiring tells of each licence once per step before its end that it nears it, and once that it
// is over.
func (m *Module) tellExpiring(ctx context.Context) {
	for ctx.Err() == nil {
		n := 0
		err := m.db.Housekeep(ctx, func(tx *store.Tx) (err error) {
			n, err = m.tellSome(ctx, tx)
			return err
		})
		if err != nil {
			if ctx.Err() == nil {
				m.log.Error("the ends of licences were not told of", "error", err)
			}
			return
		}
		if n < maxTold {
			return
		}
	}
}

func (m *Module) tellSome(ctx context.Context, tx *store.Tx) (told int, err error) {
	terms, err := readTerms(ctx, tx)
	if err != nil {
		return 0, err
	}
	today := m.today()
	for _, steps := range stepsOf(terms) {
		for i, step := range steps.days {
			after := ""
			if i+1 < len(steps.days) {
				after = m.stepEnd(steps.days[i+1])
			}
			list, err := endingLicences(ctx, tx, steps.kind, steps.single, after, m.stepEnd(step), step, maxTold-told)
			if err != nil {
				return told, err
			}
			for _, l := range list {
				p, err := resolve(ctx, tx, l.Party)
				if err != nil {
					return told, err
				}
				if err := markWarned(ctx, tx, l.ID, step); err != nil {
					return told, err
				}
				e := event.PartyLicenceExpiring{ID: l.ID, Party: p.ID, Kind: l.Kind, Number: l.Number, ValidTo: l.ValidTo, DaysLeft: max(0, daysBetween(today, l.ValidTo)), Step: step,
					RegionPath: p.RegionPath, Version: l.Revision}
				if err := tx.Emit(ctx, e); err != nil {
					return told, err
				}
				if told++; told >= maxTold {
					return told, nil
				}
			}
		}
	}
	return told, nil
}

// stepEnd is the latest last day of a licence that has come to a step: of the last step, of those
// that are over, yesterday.
func (m *Module) stepEnd(step int) string {
	if step == 0 {
		step = -1
	}
	return m.dayAfter(step)
}

// dayAfter is the day that lies so many days after today.
func (m *Module) dayAfter(days int) string {
	return m.clock.Now().In(m.zone).AddDate(0, 0, days).Format(time.DateOnly)
}

type steps struct {
	kind   string
	single bool
	days   []int // before its end, the furthest first; the end itself last, as 0
}

func stepsOf(terms []Term) (out []steps) {
	for i := range terms {
		if terms[i].of() == listLicence {
			out = append(out, steps{strings.TrimPrefix(terms[i].Code, listLicence+"."), terms[i].Single, append(terms[i].warnDays(), 0)})
		}
	}
	return out
}
