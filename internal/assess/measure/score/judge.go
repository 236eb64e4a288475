package score

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Methods lists every method in order of codes.
func (d *Desk) Methods(ctx context.Context) ([]*Method, error) { return readMethods(ctx, d.DB) }

// Method is a method by code.
func (d *Desk) Method(ctx context.Context, code string) (*Method, error) {
	return readMethod(ctx, d.DB, code)
}

// PutMethod draws up a method or changes a draft; revision 0 draws it up.
func (d *Desk) PutMethod(ctx context.Context, m Method, revision int64) (*Method, error) {
	d.Ledger.Defining.Lock()
	defer d.Ledger.Defining.Unlock()
	if err := auth.Check(ctx, d.Define, d.Home); err != nil {
		return nil, err
	}
	if err := m.check(func(code string) bool { _, err := d.Index(code); return err == nil }); err != nil {
		return nil, err
	}
	if _, err := d.Zones.Members(ctx, m.Pilot); err != nil {
		return nil, fault.Of(err).At("pilot")
	}
	return d.alterMethod(ctx, m.Code, revision, "put", func(_ *store.Tx, was *Method) (*Method, error) {
		by := auth.Who(ctx).Person()
		if was == nil {
			m.State, m.Authors, m.Agreed, m.Sample, m.Revision = Draft, []auth.Person{by}, []Agreement{}, false, 0
			return &m, nil
		}
		return was, was.change(m, by)
	})
}

func (d *Desk) alterMethod(ctx context.Context, code string, revision int64, verb string, do func(tx *store.Tx, m *Method) (*Method, error)) (out *Method, err error) {
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		was, err := readMethod(ctx, tx, code)
		switch {
		case fault.IsKind(err, fault.NotFound) && revision == 0:
			was = nil
		case err != nil:
			return err
		case revision == 0:
			return fault.New(fault.Conflict, "measure.method.taken", fault.Args{"code": code}).At("code")
		case was.Revision != revision:
			return fault.New(fault.Stale, "stale")
		}
		if out, err = do(tx, was); err != nil {
			return err
		}
		if err := writeMethod(ctx, tx, out); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.method." + verb, Object: "measure-method:" + code, RegionPath: d.Home, Detail: out})
	})
	return out, err
}

// AgreeMethod brings a method a step on: to be tried on its pilot zone, then to bind all. The second
// needs a pilot whose assessment was published. Neither is agreed to by who wrote the method or its
// index.
func (d *Desk) AgreeMethod(ctx context.Context, code string, revision int64) (*Method, error) {
	if err := auth.Check(ctx, d.Agree, d.Home); err != nil {
		return nil, err
	}
	return d.alterMethod(ctx, code, revision, "agree", func(tx *store.Tx, m *Method) (*Method, error) {
		if m == nil {
			return nil, fault.New(fault.NotFound, "measure.method.not_found")
		}
		to, ok := m.next()
		if !ok {
			return nil, fault.New(fault.Conflict, "measure.method.state."+string(m.State))
		}
		writers, err := readWriters(ctx, tx, m.Index)
		if err != nil {
			return nil, err
		}
		if err := d.apart(ctx, tx, "measure.method.own", append(writers, m.Authors...)...); err != nil {
			return nil, err
		}
		if to == Force {
			tried, err := pilotPublished(ctx, tx, code)
			if err != nil {
				return nil, err
			}
			if !tried {
				return nil, fault.New(fault.Conflict, "measure.method.untried")
			}
		}
		m.State = to
		m.Agreed = append(m.Agreed, Agreement{auth.Who(ctx).Person(), to, tx.Now.UnixMicro()})
		return m, nil
	})
}

// apart refuses who is, or may be, one of some people, as otherwise says.
func (d *Desk) apart(ctx context.Context, q store.Queryer, otherwise string, from ...auth.Person) error {
	me := auth.Who(ctx).Person()
	for _, p := range from {
		if p.ID == me.ID {
			return fault.New(fault.Forbidden, otherwise)
		}
		independent, err := d.Staff.Independent(ctx, q, me.ID, p.ID)
		if err != nil {
			return err
		}
		if !independent {
			return fault.New(fault.Forbidden, otherwise)
		}
	}
	return nil
}

// RetireMethod judges nobody by a method any more; what was published stays.
func (d *Desk) RetireMethod(ctx context.Context, code string, revision int64) error {
	if err := auth.Check(ctx, d.Define, d.Home); err != nil {
		return err
	}
	_, err := d.alterMethod(ctx, code, revision, "retire", func(_ *store.Tx, m *Method) (*Method, error) {
		if m == nil {
			return nil, fault.New(fault.NotFound, "measure.method.not_found")
		}
		m.State = Retired
		return m, nil
	})
	return err
}

// Draw begins the assessment of a period that is over by a method.
func (d *Desk) Draw(ctx context.Context, method string, p period.Period) (*Assessment, error) {
	if err := auth.Check(ctx, d.Define, d.Home); err != nil {
		return nil, err
	}
	m, err := d.Method(ctx, method)
	if err != nil {
		return nil, err
	}
	if m.State != Pilot && m.State != Force {
		return nil, fault.New(fault.Conflict, "measure.method.state."+string(m.State))
	}
	if running(p, d.Clock.Now(), d.Zone) {
		return nil, fault.Bad("period", "measure.assessment.running", fault.Args{"period": p.String()})
	}
	a := &Assessment{Method: method, Period: p, Pilot: m.State == Pilot, State: Drawn, DrawnBy: auth.Who(ctx).Person(), Revision: 1}
	if _, err := d.results(ctx, a, m); err != nil { // the period fits, and there is something to judge
		return nil, err
	}
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		a.ID, a.DrawnAt = store.NewID(tx.Now), tx.Now
		if err := insertAssessment(ctx, tx, a); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.assessment.draw", Object: "measure-assessment:" + a.ID, RegionPath: d.Home, Detail: map[string]any{"method": method, "period": p, "pilot": a.Pilot}})
	})
	if err != nil {
		return nil, err
	}
	return d.Assessment(ctx, a.ID)
}

// results judges by facts as they are: the score among all, of those whom the method binds. What
// was heard is published by the index and the method that it was heard by.
func (d *Desk) results(ctx context.Context, a *Assessment, m *Method) (*Results, error) {
	var x *Index
	var err error
	if a.Results != nil {
		x, m = &a.Results.Index, &a.Results.Method
	} else if x, err = d.Index(m.Index); err != nil {
		return nil, err
	}
	r, err := d.reckon(ctx, d.DB, x, a.Period, time.Time{}, nil)
	if err != nil {
		return nil, err
	}
	s, err := r.scores(ctx, nil)
	if err != nil {
		return nil, err
	}
	out := &Results{AsOf: d.Clock.Now(), Version: r.Version, Index: *x, Method: *m, Judged: []Judged{}, Of: s.Of, Worded: d.Book.Revisions(x.indicators())}
	var members []string
	if a.Pilot {
		if members, err = d.Zones.Members(ctx, m.Pilot); err != nil {
			return nil, err
		}
	}
	tree := d.Ledger.Tree()
	for _, u := range s.Units {
		at := tree.At(u.Path)
		if a.Pilot && (at == nil || !slices.ContainsFunc(tree.Above(at.Code), func(c string) bool { return slices.Contains(members, c) })) {
			continue
		}
		j := Judged{Scored: u}
		if u.Score != nil {
			j.Band = m.band(*u.Score)
		}
		out.Judged = append(out.Judged, j)
	}
	if len(out.Judged) == 0 {
		return nil, fault.New(fault.Conflict, "measure.index.nothing")
	}
	return out, nil
}

// Assessments lists the assessments that the reader may see: all that are published, and those
// that are not for who draws them up, approves them, or is judged by them at a hearing.
func (d *Desk) Assessments(ctx context.Context, method string) ([]*Assessment, error) {
	found, err := listAssessments(ctx, d.DB, method)
	return slices.DeleteFunc(found, func(a *Assessment) bool { return !d.visible(ctx, a) }), err
}

func (d *Desk) visible(ctx context.Context, a *Assessment) bool {
	return a.State == Published || a.State == Hearing || auth.ScopeOf(ctx, d.Define).Allows(d.Home) || auth.ScopeOf(ctx, d.Agree).Allows(d.Home)
}

// Assessment is an assessment with its results: as they were frozen, of a draft as they are now.
// At a hearing everybody sees those of their own regions.
func (d *Desk) Assessment(ctx context.Context, id string) (*Assessment, error) {
	a, err := readAssessment(ctx, d.DB, id)
	if err != nil {
		return nil, err
	}
	if !d.visible(ctx, a) {
		return nil, fault.New(fault.NotFound, "measure.assessment.not_found")
	}
	if a.State == Drawn {
		m, err := d.Method(ctx, a.Method)
		if err != nil {
			return nil, err
		}
		if a.Results, err = d.results(ctx, a, m); err != nil {
			return nil, err
		}
	}
	if scope := auth.ScopeOf(ctx, d.Read); a.State != Published && a.Results != nil {
		a.Results.Judged = slices.DeleteFunc(a.Results.Judged, func(j Judged) bool { return !scope.Allows(j.Path) })
	}
	return a, nil
}

func (d *Desk) alterAssessment(ctx context.Context, id string, revision int64, verb string, do func(tx *store.Tx, a *Assessment, m *Method) error) (*Assessment, error) {
	err := d.DB.Update(ctx, func(tx *store.Tx) error {
		a, err := readAssessment(ctx, tx, id)
		if err != nil {
			return err
		}
		if a.Revision != revision {
			return fault.New(fault.Stale, "stale")
		}
		m, err := readMethod(ctx, tx, a.Method)
		if err != nil {
			return err
		}
		if err := do(tx, a, m); err != nil {
			return err
		}
		if err := updateAssessment(ctx, tx, a); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.assessment." + verb, Object: "measure-assessment:" + id, RegionPath: d.Home, Detail: map[string]any{"method": a.Method, "period": a.Period, "note": a.NoteZh}})
	})
	if err != nil {
		return nil, err
	}
	return d.Assessment(ctx, id)
}

// freeze alters an assessment by results of facts as they are. They are reckoned beforehand, since
// others could not write meanwhile, and anew if facts under them change in between.
func (d *Desk) freeze(ctx context.Context, id string, revision int64, verb string, do func(tx *store.Tx, a *Assessment, m *Method, r *Results) error) (*Assessment, error) {
	overtaken := fault.New(fault.Stale, "stale")
	for try := 1; ; try++ {
		a, err := readAssessment(ctx, d.DB, id)
		if err != nil {
			return nil, err
		}
		m, err := d.Method(ctx, a.Method)
		if err != nil {
			return nil, err
		}
		r, err := d.results(ctx, a, m)
		if err != nil {
			return nil, err
		}
		a, err = d.alterAssessment(ctx, id, revision, verb, func(tx *store.Tx, a *Assessment, m *Method) error {
			if err := do(tx, a, m, r); err != nil {
				return err
			}
			changed, err := fact.ChangedSince(ctx, tx, r.Version)
			for _, p := range r.Index.Parts {
				if slices.ContainsFunc(d.Book.Elements(p.Indicator), func(e string) bool { return changed[e] }) {
					return overtaken
				}
			}
			return err
		})
		if err != error(overtaken) || try == 3 {
			return a, err
		}
	}
}

// Hear freezes the results of a draft and lets the judged object to them.
func (d *Desk) Hear(ctx context.Context, id string, revision int64) (*Assessment, error) {
	if err := auth.Check(ctx, d.Define, d.Home); err != nil {
		return nil, err
	}
	return d.freeze(ctx, id, revision, "hear", func(tx *store.Tx, a *Assessment, m *Method, r *Results) error {
		return a.hear(r, m.Hearing, tx.Now)
	})
}

// Publish makes an assessment final: its results as facts are now, by the index and the method that
// were heard, once the hearing is over and every objection is answered. Whoever drew it up cannot.
func (d *Desk) Publish(ctx context.Context, id string, revision int64, noteZh, noteEn string) (*Assessment, error) {
	if err := auth.Check(ctx, d.Agree, d.Home); err != nil {
		return nil, err
	}
	return d.freeze(ctx, id, revision, "publish", func(tx *store.Tx, a *Assessment, _ *Method, r *Results) error {
		if a.State != Hearing {
			return errAssessment(a.State)
		}
		if err := d.apart(ctx, tx, "measure.method.own", a.DrawnBy); err != nil {
			return err
		}
		if code := a.reworded(r); code != "" { // nobody is judged by what was not heard
			def, _ := d.Book.Definition(code)
			return fault.New(fault.Conflict, "measure.assessment.reworded", fault.Args{"indicator": i18n.Both{Zh: def.NameZh, En: def.NameEn}})
		}
		open, err := openObjections(ctx, tx, id)
		if err != nil {
			return err
		}
		a.NoteZh, a.NoteEn = strings.TrimSpace(noteZh), strings.TrimSpace(noteEn)
		return a.publish(r, open, auth.Who(ctx).Person(), tx.Now, d.Zone)
	})
}

// Drop gives up an assessment that was not published.
func (d *Desk) Drop(ctx context.Context, id string, revision int64) (*Assessment, error) {
	if err := auth.Check(ctx, d.Define, d.Home); err != nil {
		return nil, err
	}
	return d.alterAssessment(ctx, id, revision, "drop", func(_ *store.Tx, a *Assessment, _ *Method) error {
		if a.State == Published || a.State == Dropped {
			return errAssessment(a.State)
		}
		a.State = Dropped
		return nil
	})
}
