package survey

import (
	"context"
	"reflect"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// List is a page of the surveys that the asker may see, the latest first.
func (d *Desk) List(ctx context.Context, page store.Page) (store.Listing[*Survey], error) {
	return pageOfSurveys(ctx, d.DB, auth.ScopeOf(ctx, d.Read), page)
}

// Get is a survey.
func (d *Desk) Get(ctx context.Context, id string) (*Survey, error) {
	return d.may(ctx, d.DB, d.Read, id)
}

// Version is a version of a survey's questionnaire; 0 is the last.
func (d *Desk) Version(ctx context.Context, id string, number int) (*Version, error) {
	s, err := d.may(ctx, d.DB, d.Read, id)
	if err != nil {
		return nil, err
	}
	if number == 0 {
		number = s.Latest
	}
	return readVersion(ctx, d.DB, id, number)
}

// Create begins a survey with a questionnaire of one page.
func (d *Desk) Create(ctx context.Context, settings Settings, form *engine.Form) (*Survey, error) {
	s := &Survey{ID: store.NewID(d.Clock.Now()), State: Draft, Latest: 1, Authors: []auth.Person{auth.Who(ctx).Person()}, Pins: map[string][]Pin{}, Revision: 1}
	if form == nil {
		form = &engine.Form{Languages: []string{"zh", "en"}, Title: engine.Text{"zh": settings.NameZh, "en": settings.NameEn}, Pages: []engine.Page{{Questions: []engine.Question{}}}}
	}
	if err := d.set(ctx, s, form, settings); err != nil {
		return nil, err
	}
	form.ID, form.Version = s.ID, "1"
	return s, d.DB.Update(ctx, func(tx *store.Tx) error {
		if err := insertSurvey(ctx, tx, s); err != nil {
			return err
		}
		if err := writeVersion(ctx, tx, s.ID, &Version{Number: 1, Authors: s.Authors, Form: form}); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.survey.create", Object: "measure-survey:" + s.ID, RegionPath: s.RegionPath, Detail: settings})
	})
}

// set gives a survey with a questionnaire settings, in regions where the asker may write surveys.
func (d *Desk) set(ctx context.Context, s *Survey, form *engine.Form, settings Settings) error {
	settings.tidy()
	if err := settings.check(); err != nil {
		return err
	}
	r, err := d.Ledger.Tree().Region(settings.RegionCode)
	if err != nil {
		return fault.Of(err).At("regionCode")
	}
	if err := auth.Check(ctx, d.Build, r.Path); err != nil {
		return err
	}
	if settings.Before != "" {
		if _, err := d.may(ctx, d.DB, d.Read, settings.Before); err != nil {
			return fault.Of(err).At("before")
		}
	}
	if err := d.named(ctx, r.Path, &s.Settings, &settings); err != nil {
		return err
	}
	if err := d.become(settings.Headlines, form); err != nil {
		return err
	}
	s.Settings, s.RegionPath = settings, r.Path
	return nil
}

// asRead is a survey as it was read, to work out what a change of it comes to.
func (d *Desk) asRead(ctx context.Context, perm auth.Permission, id string, revision int64) (*Survey, error) {
	s, err := d.may(ctx, d.DB, perm, id)
	if err == nil && s.Revision != revision {
		err = fault.New(fault.Stale, "stale")
	}
	return s, err
}

// change runs a change of a survey as it was read, in one transaction with its record.
func (d *Desk) change(ctx context.Context, perm auth.Permission, id string, revision int64, action string, fn func(*store.Tx, *Survey) (detail any, err error)) (s *Survey, err error) {
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		if s, err = d.may(ctx, tx, perm, id); err != nil {
			return err
		}
		if s.Revision != revision {
			return fault.New(fault.Stale, "stale")
		}
		detail, err := fn(tx, s)
		if err != nil {
			return err
		}
		if err := updateSurvey(ctx, tx, s); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: action, Object: "measure-survey:" + s.ID, RegionPath: s.RegionPath, Detail: detail})
	})
	return s, err
}

// wrong refuses a step that a survey's state does not allow.
func (s *Survey) wrong() error {
	return fault.New(fault.Conflict, "measure.survey.state."+string(s.State))
}

// withAuthor adds who writes to the authors.
func withAuthor(list []auth.Person, p auth.Person) []auth.Person {
	for _, a := range list {
		if a.ID == p.ID {
			return list
		}
	}
	return append(list, p)
}

// Put changes a survey's settings. Of one that was approved only who runs it, its last day and
// what it is weighed to and compared by may change; of one that is closed, which elements its
// headlines become, for an element may change while answers are taken. Whoever changes what is made of
// answers is an author, and does not publish.
func (d *Desk) Put(ctx context.Context, id string, revision int64, settings Settings) (*Survey, error) {
	return d.change(ctx, d.Build, id, revision, "measure.survey.put", func(tx *store.Tx, s *Survey) (any, error) {
		if s.State == Published {
			return nil, s.wrong()
		}
		v, err := readVersion(ctx, tx, id, s.asks())
		if err != nil {
			return nil, err
		}
		was := s.Settings
		if err := d.set(ctx, s, v.Form, settings); err != nil {
			return nil, err
		}
		if s.State == Draft || s.State == Closed || store.JSON(was.results()) != store.JSON(s.results()) {
			s.Authors = withAuthor(s.Authors, auth.Who(ctx).Person())
		}
		switch {
		case s.State == Draft:
			return s.Settings, nil
		case s.State == Closed && !was.reworded(s.Settings):
			return nil, s.wrong()
		case was.RegionCode != s.RegionCode || otherwise(was.NoticeZh, s.NoticeZh) || otherwise(was.NoticeEn, s.NoticeEn) || s.Least < was.Least || otherwise(was.Purpose, s.Purpose) || s.Anybody && !was.Anybody || s.keeps() > was.keeps():
			return nil, fault.New(fault.Conflict, "measure.survey.promised")
		}
		return s.Settings, s.suits(v.Form)
	})
}

// otherwise says whether something that people were told is told otherwise.
func otherwise(was, now string) bool { return was != "" && was != now }

// PutForm writes a questionnaire. Where the last version was approved, this makes another.
func (d *Desk) PutForm(ctx context.Context, id string, revision int64, form *engine.Form) (*Survey, error) {
	return d.change(ctx, d.Build, id, revision, "measure.survey.write", func(tx *store.Tx, s *Survey) (any, error) {
		if s.State == Closed || s.State == Published {
			return nil, s.wrong()
		}
		v, err := readVersion(ctx, tx, id, s.Latest)
		if err != nil {
			return nil, err
		}
		if v.Approved {
			s.Latest++
			v = &Version{Number: s.Latest}
		}
		form.ID, form.Version = s.ID, version(v.Number)
		v.Form, v.Authors, s.Authors = form, withAuthor(v.Authors, auth.Who(ctx).Person()), withAuthor(s.Authors, auth.Who(ctx).Person())
		return map[string]int{"version": v.Number}, writeVersion(ctx, tx, id, v)
	})
}

// Approve lets the last version of a questionnaire be asked; by somebody who did not write it.
func (d *Desk) Approve(ctx context.Context, id string, revision int64) (*Survey, error) {
	return d.change(ctx, d.Agree, id, revision, "measure.survey.approve", func(tx *store.Tx, s *Survey) (any, error) {
		v, err := readVersion(ctx, tx, id, s.Latest)
		switch {
		case err != nil:
			return nil, err
		case s.State == Closed || s.State == Published:
			return nil, s.wrong()
		case v.Approved:
			return nil, fault.New(fault.Conflict, "measure.survey.nothing_new")
		}
		authors := v.Authors
		if s.State == Draft {
			authors = s.Authors
		}
		if err := d.independent(ctx, tx, authors); err != nil {
			return nil, err
		}
		if err := toldAll(v.Form.Validate()); err != nil {
			return nil, err
		}
		if err := s.suits(v.Form); err != nil {
			return nil, err
		}
		if err := s.tells(v.Form); err != nil {
			return nil, err
		}
		if err := grouped(ctx, tx, id, v.Form); err != nil {
			return nil, err
		}
		if s.Version > 0 {
			if err := d.sameKinds(ctx, tx, s, v.Form); err != nil {
				return nil, err
			}
		}
		by := auth.Who(ctx).Person()
		v.Approved, v.By = true, &by
		s.Version, s.ApprovedBy = v.Number, &by
		if s.State == Draft {
			s.State = Approved
		}
		return map[string]int{"version": v.Number}, writeVersion(ctx, tx, id, v)
	})
}

// grouped refuses a version that does not tell apart the groups of the sample as it was planned.
func grouped(ctx context.Context, tx *store.Tx, id string, form *engine.Form) error {
	plan, err := readPlan(ctx, tx, id)
	if err != nil || plan.question() == "" {
		return err
	}
	q, err := plan.Goal.Group.question(form)
	if err != nil {
		return err
	}
	planned := map[string]bool{}
	for _, s := range plan.Strata {
		planned[s.Group] = true
	}
	for _, c := range q.Choices {
		if !planned[c.ID] {
			return fault.New(fault.Conflict, "measure.survey.group.changed", fault.Args{"question": q.ID})
		}
		delete(planned, c.ID)
	}
	if len(planned) > 0 {
		return fault.New(fault.Conflict, "measure.survey.group.changed", fault.Args{"question": q.ID})
	}
	return nil
}

// sameKinds refuses a version in which a question takes another kind of answer than before: what
// was answered already would change its meaning.
func (d *Desk) sameKinds(ctx context.Context, tx *store.Tx, s *Survey, form *engine.Form) error {
	was, err := readVersion(ctx, tx, s.ID, s.Version)
	if err != nil {
		return err
	}
	for i, p := range form.Pages {
		for j, q := range p.Questions {
			if before, _ := was.Form.Question(q.ID); before != nil && before.Kind != q.Kind {
				return fault.Bad(place("pages", i)+"."+place("questions", j)+".kind", "measure.survey.kind", fault.Args{"question": q.ID})
			}
		}
	}
	return nil
}

// Open takes a survey to the field.
func (d *Desk) Open(ctx context.Context, id string, revision int64) (*Survey, error) {
	return d.change(ctx, d.Build, id, revision, "measure.survey.open", func(tx *store.Tx, s *Survey) (any, error) {
		if s.State != Approved {
			return nil, s.wrong()
		}
		if s.Closes != "" && s.Closes < d.today() {
			return nil, fault.New(fault.Conflict, "measure.survey.over")
		}
		v, err := readVersion(ctx, tx, id, s.Version)
		if err != nil {
			return nil, err
		}
		if err := d.become(s.Headlines, v.Form); err != nil {
			return nil, err
		}
		if err := s.tells(v.Form); err != nil {
			return nil, err
		}
		s.State, s.OpenedAt, s.salt = Open, tx.Now, random(16)
		return nil, nil
	})
}

// Close ends the field.
func (d *Desk) Close(ctx context.Context, id string, revision int64) (*Survey, error) {
	s, err := d.asRead(ctx, d.Build, id, revision)
	if err != nil {
		return nil, err
	}
	if s.State != Open {
		return nil, s.wrong()
	}
	return d.close(ctx, s)
}

// close throws away what could lead from answers to places, and invitations.
func (d *Desk) close(ctx context.Context, s *Survey) (*Survey, error) {
	return s, d.DB.Update(ctx, func(tx *store.Tx) error {
		s.State, s.ClosedAt, s.salt = Closed, tx.Now, ""
		if err := updateSurvey(ctx, tx, s); err != nil {
			return err
		}
		if err := dropTokens(ctx, tx, s.ID); err != nil {
			return err
		}
		if err := dropTickets(ctx, tx, s.ID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.survey.close", Object: "measure-survey:" + s.ID, RegionPath: s.RegionPath})
	})
}

// Drop gives up a draft.
func (d *Desk) Drop(ctx context.Context, id string, revision int64) error {
	return d.DB.Update(ctx, func(tx *store.Tx) error {
		s, err := d.may(ctx, tx, d.Build, id)
		switch {
		case err != nil:
			return err
		case s.Revision != revision:
			return fault.New(fault.Stale, "stale")
		case s.State != Draft:
			return s.wrong()
		}
		if err := deleteSurvey(ctx, tx, s); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.survey.drop", Object: "measure-survey:" + s.ID, RegionPath: s.RegionPath})
	})
}

// Name pins the topics of text answers. What was published does not change.
func (d *Desk) Name(ctx context.Context, id string, revision int64, pins map[string][]Pin) (*Survey, error) {
	return d.change(ctx, d.Build, id, revision, "measure.survey.topics", func(tx *store.Tx, s *Survey) (any, error) {
		if s.State == Published || s.State == Draft {
			return nil, s.wrong()
		}
		v, err := readVersion(ctx, tx, id, s.Version)
		if err != nil {
			return nil, err
		}
		for question, now := range pins {
			kept, err := readSorting(ctx, tx, id, question)
			if err != nil {
				return nil, err
			}
			if kept != nil && !reflect.DeepEqual(now, s.Pins[question]) && len(now)+len(s.Pins[question]) > 0 {
				return nil, fault.New(fault.Conflict, "measure.survey.topics_kept", fault.Args{"question": question})
			}
			if q, _ := v.Form.Question(question); q == nil || q.Kind != engine.Written {
				return nil, fault.Bad("pins."+question, "measure.survey.text", fault.Args{"question": question})
			}
		}
		s.Pins = pins
		return pins, nil
	})
}
