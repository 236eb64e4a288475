package drill

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/duty"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// punctual is how long after its time an approved drill still begins by itself, where the rules
// let it: one that was missed waits for a person.
const punctual = 10 * time.Minute

// KeepUp makes drills follow the clock and their messages: reminders, beginnings where the rules
// let them begin by themselves, and what came of those whose message is over.
func (s *Desk) KeepUp(ctx context.Context) error {
	rules, err := s.Alerts.Rules(ctx)
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	approved, err := inState(ctx, s.DB, Approved, now.Add(time.Duration(rules.Remind)*time.Hour))
	for _, d := range approved {
		err = errors.Join(err, s.ahead(ctx, d, rules, now))
	}
	running, more := inState(ctx, s.DB, Running, now.AddDate(10, 0, 0))
	err = errors.Join(err, more)
	for _, d := range running {
		err = errors.Join(err, s.follow(ctx, d))
	}
	return err
}

// ahead reminds of a drill whose time is near, and begins one whose time has come if it may.
func (s *Desk) ahead(ctx context.Context, d *Drill, rules rule.Drills, now time.Time) error {
	if rules.Remind > 0 && d.RemindedAt.IsZero() && d.Plan.At.After(now) {
		if err := s.remind(ctx, d.ID); err != nil {
			return err
		}
	}
	if !rules.Alone || d.Plan.At.After(now) || now.Sub(d.Plan.At) > punctual {
		return nil
	}
	who, err := s.Staff.Principal(ctx, d.Planners[0].ID)
	if err != nil || who == nil {
		return err
	}
	_, err = s.Start(auth.With(ctx, who), d.ID, 0)
	return err
}

// remind tells whoever is on duty of a drill: the desk only where it is announced.
func (s *Desk) remind(ctx context.Context, id string) error {
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		d, err := readDrill(ctx, tx, id)
		if err != nil || d.State != Approved || !d.RemindedAt.IsZero() {
			return err
		}
		posts := []duty.Purpose{duty.LeaderPost}
		if d.Plan.Announced {
			posts = append(posts, duty.DeskPost)
		}
		for _, p := range posts {
			w := duty.Word{Reason: duty.DrillAhead, RegionPath: d.RegionPath, Title: d.Plan.Name, Drill: true, Page: "delivery/drills/" + d.ID, Quiet: !d.Plan.Announced,
				Text: map[string]any{"at": d.Plan.At.In(s.Zone).Format("2006-01-02 15:04")}}
			if _, err := s.Duty.TellDuty(ctx, tx, p, w); err != nil {
				return err
			}
		}
		if err := noteReminded(ctx, tx, d.ID); err != nil {
			return err
		}
		return record(ctx, tx, "remind", d, map[string]any{"posts": posts})
	})
	s.Duty.Nudge()
	return err
}

// follow ends a drill whose message is over.
func (s *Desk) follow(ctx context.Context, was *Drill) error {
	c, err := s.Alerts.Course(ctx, was.Message)
	if err != nil {
		return err
	}
	switch {
	case c.Discarded:
		return s.end(ctx, was.ID, "call_off", func(tx *store.Tx, d *Drill) error { return d.callOff(person(ctx), "", tx.Now) })
	case c.EndedAt == nil || !c.Settled:
		return nil
	}
	r, err := s.result(ctx, was)
	if err != nil {
		return err
	}
	r.Final = true
	r.Verdicts = judge(was.Plan.Targets, &r.Total, &r.Course, true)
	return s.end(ctx, was.ID, "finish", func(tx *store.Tx, d *Drill) error {
		if err := d.finish(r, *c.EndedAt); err != nil {
			return err
		}
		if err := s.Duty.Record(ctx, tx, duty.Entry{RegionPath: d.RegionPath, Kind: "drill_over", Object: "alert-drill:" + d.ID, Args: map[string]any{"name": d.Plan.Name}}); err != nil {
			return err
		}
		return tx.Emit(ctx, held(d))
	})
}

func (s *Desk) end(ctx context.Context, id, verb string, do func(tx *store.Tx, d *Drill) error) error {
	var d *Drill
	err := s.DB.Update(ctx, func(tx *store.Tx) (err error) {
		if d, err = readDrill(ctx, tx, id); err != nil || d.State != Running {
			return err
		}
		if err := do(tx, d); err != nil {
			return err
		}
		if err := updateDrill(ctx, tx, d); err != nil {
			return err
		}
		return record(ctx, tx, verb, d, map[string]any{"message": d.Message})
	})
	if err == nil {
		s.told(d)
	}
	return err
}

// held is what a drill leaves for indicators: facts about the past.
func held(d *Drill) event.DrillHeld {
	r, t := d.Result, d.Result.Total
	e := event.DrillHeld{ID: d.ID, Version: d.Revision + 1, MessageID: d.Message, Kind: string(d.Plan.Kind), RegionPath: d.RegionPath, StartedAt: d.StartedAt.UnixMicro(), EndedAt: d.EndedAt.UnixMicro(),
		Announced: d.Plan.Announced, Targets: t.Targets, Answered: t.Delivered, Reached: t.Claimed, Heard: t.Heard, Failed: t.Failed, HalfMillis: t.Half, MostMillis: t.Most, NearlyMillis: t.Nearly,
		TakeMillis: millis(between(&r.Course.StartedAt, r.Course.TakenAt)), SignMillis: millis(between(r.Course.CheckedAt, r.Course.SignedAt)), Expected: len(r.Verdicts)}
	for _, v := range r.Verdicts {
		if v.Met != nil && *v.Met {
			e.Met++
		}
	}
	return e
}

func millis(seconds *float64) *int64 {
	if seconds == nil {
		return nil
	}
	ms := int64(*seconds * 1000)
	return &ms
}

// result is what came of a drill: as frozen, else as it stands.
func (s *Desk) result(ctx context.Context, d *Drill) (*Result, error) {
	if d.Result != nil || d.Message == "" {
		return d.Result, nil
	}
	c, err := s.Alerts.Course(ctx, d.Message)
	if err != nil {
		return nil, err
	}
	r, err := s.Alerts.Measure(ctx, d.Message, d.RegionPath)
	if err != nil {
		return nil, err
	}
	c.StartedAt, c.SentAt = d.StartedAt.UTC(), r.Course.SentAt
	by, at, err := s.Duty.ClaimOf(ctx, s.DB, "drill", d.ID)
	if err != nil {
		return nil, err
	}
	if !at.IsZero() {
		c.TakenBy, c.TakenAt = by, moment(at)
	}
	if c.CheckedAt != nil && (c.TakenAt == nil || c.CheckedAt.Before(*c.TakenAt)) { // whoever submits it has taken it in hand
		c.TakenBy, c.TakenAt = c.CheckedBy, c.CheckedAt
	}
	r.Course = *c
	r.finish(&d.Plan)
	r.Verdicts = judge(d.Plan.Targets, &r.Total, &r.Course, false)
	return r, nil
}

// finish puts outputs beside terminals and says which media the plan examines.
func (r *Result) finish(p *Plan) {
	for i := range r.Media {
		r.Media[i].Planned = false
	}
	r.Media = append(r.Media, waysOf(r.Ways)...)
	for _, m := range p.Media {
		found := false
		for i := range r.Media {
			if r.Media[i].Key == m {
				r.Media[i].Planned, found = true, true
			}
		}
		if !found { // nothing carried it by this medium: that is to be seen
			r.Media = append(r.Media, Part{Key: m, Way: strings.HasPrefix(m, "out."), Unclaimed: slices.Contains(unclaiming, strings.TrimPrefix(m, "out.")), Planned: true, Curve: Line{StepMillis: 1000, Delivered: []int{}, Claimed: []int{}, Heard: []int{}}})
		}
	}
	if !p.Kind.ReachesTerminals() {
		r.Total = sumWays(waysOf(r.Ways), r.Ways)
	}
}

// Waiting are the running drills of a scope, for the duty desk: those whose message nobody has
// submitted yet wait there.
func (s *Desk) Waiting(ctx context.Context, scope auth.Scope) ([]*Drill, error) {
	return runningIn(ctx, s.DB, scope)
}

// OfMessage is the id of the drill that a message belongs to; empty for none.
func (s *Desk) OfMessage(ctx context.Context, msg string) (string, error) {
	return ofMessage(ctx, s.DB, msg)
}

// earlier are the drills to compare one with: those named, else the last two of the same depth
// in the same region.
func (s *Desk) earlier(ctx context.Context, d *Drill, ids []string) (out []*Drill, err error) {
	const byDefault, most = 2, 5
	if len(ids) == 0 {
		at := d.StartedAt
		if at.IsZero() {
			at = s.Clock.Now()
		}
		if ids, err = before(ctx, s.DB, d.RegionPath, d.Plan.Kind, at, byDefault); err != nil {
			return nil, err
		}
	}
	for _, id := range ids[:min(len(ids), most)] {
		e, err := s.see(ctx, s.DB, id)
		if err != nil {
			return nil, err
		}
		if e.ID != d.ID && e.Result != nil {
			out = append(out, e)
		}
	}
	return out, nil
}

// Compare puts a drill that ran beside earlier ones.
func (s *Desk) Compare(ctx context.Context, id string, with []string, lang i18n.Lang) (*Drill, *Result, *Comparison, error) {
	d, err := s.see(ctx, s.DB, id)
	if err != nil {
		return nil, nil, nil, err
	}
	r, err := s.result(ctx, d)
	if err != nil {
		return nil, nil, nil, err
	}
	if r == nil {
		return nil, nil, nil, errState(d.State)
	}
	earlier, err := s.earlier(ctx, d, with)
	if err != nil {
		return nil, nil, nil, err
	}
	return d, r, compare(d, r, earlier, s.Zone, lang), nil
}
