package score

import (
	"context"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// SampleAssessment brings a method of the sample city through its life: the period before the last
// is tried on the pilot zone, then the last one binds all.
type SampleAssessment struct {
	Method string `json:"method"`
	NoteZh string `json:"noteZh"`
	NoteEn string `json:"noteEn"`
}

// The two who act for the sample city: nobody approves what they drew up.
var (
	drawer   = auth.Person{ID: "system:sample", Name: "sample"}
	approver = auth.Person{ID: "system:sample-approver", Name: "样例"}
)

// SeedAssessments publishes the sample city's assessments, once: of a method that nobody took a step
// with, and where there is somebody to be judged. Their days lie in the past and follow each other by
// the rules that hold for all; what they say is of facts as they are now, and says so.
func (d *Desk) SeedAssessments(ctx context.Context, samples []SampleAssessment) error {
	for _, one := range samples {
		m, err := d.Method(ctx, one.Method)
		if err != nil {
			return err
		}
		if !m.Sample || m.State != Draft {
			continue
		}
		x, err := d.Index(m.Index)
		if err != nil {
			return err
		}
		now := d.Clock.Now()
		last := period.Of(x.Period, now, d.Zone).Next(-1)
		for _, step := range []struct {
			to     MethodState
			judges period.Period
			at     time.Time
		}{{Pilot, last.Next(-1), now.AddDate(0, 0, -m.Hearing-3)}, {Force, last, now}} {
			if err := d.seedStep(ctx, m, step.to, step.judges, step.at, one); err != nil {
				if fault.Is(err, "measure.index.nothing") { // this node serves nobody whom it judges
					break
				}
				return err
			}
		}
	}
	return nil
}

// seedStep agrees to a method's next step, and has the assessment of a period by it published at a time.
func (d *Desk) seedStep(ctx context.Context, m *Method, to MethodState, p period.Period, at time.Time, words SampleAssessment) error {
	drawn := at.AddDate(0, 0, -m.Hearing-2)
	next := *m
	next.State, next.Agreed = to, append(m.Agreed[:len(m.Agreed):len(m.Agreed)], Agreement{approver, to, drawn.UnixMicro()})
	a := &Assessment{Method: m.Code, Period: p, Pilot: to == Pilot, State: Drawn, DrawnBy: drawer, DrawnAt: drawn, NoteZh: words.NoteZh, NoteEn: words.NoteEn, Revision: 1}
	r, err := d.results(ctx, a, &next)
	if err != nil {
		return err
	}
	heard := *r
	if err := a.hear(&heard, m.Hearing, drawn.AddDate(0, 0, 1)); err != nil {
		return err
	}
	if err := a.publish(r, 0, approver, at, d.Zone); err != nil {
		return err
	}
	err = d.DB.Update(auth.As(ctx, auth.Actor{ID: drawer.ID, Name: drawer.Name}), func(tx *store.Tx) error {
		if tried, err := pilotPublished(ctx, tx, m.Code); err != nil || to == Force && !tried {
			return errors.Join(err, fault.New(fault.Conflict, "measure.method.untried"))
		}
		if err := writeMethod(ctx, tx, &next); err != nil {
			return err
		}
		a.ID = store.NewID(at)
		if err := insertAssessment(ctx, tx, a); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.assessment.publish", Object: "measure-assessment:" + a.ID, RegionPath: d.Home, Detail: map[string]any{"method": a.Method, "period": a.Period, "pilot": a.Pilot, "sample": true}})
	})
	*m = next
	return err
}
