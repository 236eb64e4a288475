package score

import (
	"context"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Against is what somebody says against a fact.
type Against struct {
	Unit      string   `json:"unit" maxLength:"80" doc:"Who is judged"`
	Indicator string   `json:"indicator" maxLength:"80"`
	Element   string   `json:"element,omitempty" maxLength:"80"`
	Fact      string   `json:"fact,omitempty" maxLength:"26" doc:"Id of the fact"`
	Says      string   `json:"says" minLength:"1" maxLength:"2000"`
	Wants     *float64 `json:"wants,omitempty" doc:"What the fact's value ought to be"`
}

// Objections are those of an assessment that the reader may see.
func (d *Desk) Objections(ctx context.Context, assessment string) ([]*Objection, error) {
	if _, err := d.Assessment(ctx, assessment); err != nil {
		return nil, err
	}
	return listObjections(ctx, d.DB, assessment, auth.ScopeOf(ctx, d.Read))
}

// Objects takes what a region says against a fact that it is judged by, while the hearing lasts.
func (d *Desk) Objects(ctx context.Context, assessment string, in Against) (*Objection, error) {
	a, err := d.Assessment(ctx, assessment)
	if err != nil {
		return nil, err
	}
	if a.State != Hearing {
		return nil, errAssessment(a.State)
	}
	at := slices.IndexFunc(a.Results.Judged, func(j Judged) bool { return j.Code == in.Unit })
	if at < 0 {
		return nil, fault.New(fault.NotFound, "measure.objection.unit").At("unit")
	}
	path := a.Results.Judged[at].Path
	if err := auth.Check(ctx, d.Object, path); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(a.Results.Index.Parts, func(p Part) bool { return p.Indicator == in.Indicator }) {
		return nil, fault.Bad("indicator", "measure.objection.indicator")
	}
	if in.Fact != "" {
		f, err := d.Ledger.Find(ctx, d.DB, in.Fact)
		if err != nil || !strings.HasPrefix(f.RegionPath, path) || strings.Contains(in.Unit, ":") && f.Unit != in.Unit || !slices.Contains(d.Book.Elements(in.Indicator), f.Element) {
			return nil, fault.Bad("fact", "measure.fact.not_found")
		}
		in.Element = f.Element
	}
	if i18n.Blank(in.Says) || i18n.Deceives(in.Says, "\n") {
		return nil, fault.Bad("says", "measure.return.reason")
	}
	o := &Objection{Assessment: assessment, RegionPath: path, Unit: in.Unit, Indicator: in.Indicator, Element: in.Element, Fact: in.Fact, Says: in.Says, Wants: in.Wants, State: ObjectionOpen, By: auth.Who(ctx).Person(), Revision: 1}
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		if tx.Now.After(a.HeardTill) {
			return fault.New(fault.Conflict, "measure.objection.late")
		}
		o.ID, o.At = store.NewID(tx.Now), tx.Now
		if err := insertObjection(ctx, tx, o); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.objection.raise", Object: "measure-objection:" + o.ID, RegionPath: path, Detail: in})
	})
	return o, err
}

// Answer is what an objection came to.
type Answer struct {
	Accept  bool   `json:"accept"`
	Reason  string `json:"reason" minLength:"1" maxLength:"2000"`
	Correct bool   `json:"correct" doc:"State what the objection wants as a correction of its fact"`
}

// Answers says what an objection comes to, by another person than the one who raised it. One that is accepted may correct its fact at once;
// results follow from that by themselves when the assessment is published.
func (d *Desk) Answers(ctx context.Context, id string, revision int64, in Answer) (*Objection, error) {
	if err := auth.Check(ctx, d.Define, d.Home); err != nil {
		return nil, err
	}
	if i18n.Blank(in.Reason) || i18n.Deceives(in.Reason, "\n") {
		return nil, fault.Bad("reason", "measure.return.reason")
	}
	return d.alterObjection(ctx, id, revision, "answer", func(tx *store.Tx, o *Objection) error {
		if o.State != ObjectionOpen {
			return fault.New(fault.Conflict, "measure.objection.closed")
		}
		if err := d.apart(ctx, tx, "measure.objection.own", o.By); err != nil {
			return err
		}
		o.State = ObjectionRejected
		if in.Accept {
			o.State = ObjectionAccepted
		}
		who := auth.Who(ctx).Person()
		o.Answer, o.AnswerBy, o.AnswerAt = in.Reason, &who, &tx.Now
		if !in.Correct {
			return nil
		}
		if !in.Accept || o.Fact == "" || o.Wants == nil {
			return fault.Bad("correct", "measure.objection.correct")
		}
		return d.correct(ctx, tx, o)
	})
}

// correct states what an objection wants as a correction of its fact.
func (d *Desk) correct(ctx context.Context, tx *store.Tx, o *Objection) error {
	f, err := d.Ledger.Find(ctx, tx, o.Fact)
	if err != nil {
		return err
	}
	v, err := fact.ValueOf(*o.Wants)
	if err != nil {
		return err
	}
	_, err = d.Ledger.Take(ctx, tx, fact.Origin{Source: fact.FromHand, Object: "objection:" + o.ID}, []fact.Entry{{Element: f.Element, Unit: f.Unit, Region: f.Region, Period: f.Period, Ref: f.Ref,
		Value: &v, At: f.At, Reason: o.Answer, Correct: true}})
	if err != nil {
		return fault.Of(err).At("correct")
	}
	o.Correction, err = d.Ledger.Standing(ctx, tx, f)
	return err
}

// Withdraw takes an objection of one's own region back. Who answers objections takes back only
// what they raised themselves: they would clear their own way.
func (d *Desk) Withdraw(ctx context.Context, id string, revision int64) (*Objection, error) {
	return d.alterObjection(ctx, id, revision, "withdraw", func(tx *store.Tx, o *Objection) error {
		if err := auth.Check(ctx, d.Object, o.RegionPath); err != nil {
			return err
		}
		who := auth.Who(ctx).Person()
		if o.By.ID != who.ID && auth.Check(ctx, d.Define, d.Home) == nil {
			return fault.New(fault.Forbidden, "measure.objection.not_yours")
		}
		if o.State != ObjectionOpen {
			return fault.New(fault.Conflict, "measure.objection.closed")
		}
		o.State, o.AnswerBy, o.AnswerAt = ObjectionWithdrawn, &who, &tx.Now
		return nil
	})
}

func (d *Desk) alterObjection(ctx context.Context, id string, revision int64, verb string, do func(*store.Tx, *Objection) error) (o *Objection, err error) {
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		if o, err = readObjection(ctx, tx, id); err != nil {
			return err
		}
		if !auth.ScopeOf(ctx, d.Read).Allows(o.RegionPath) {
			return fault.New(fault.NotFound, "measure.objection.not_found")
		}
		if o.Revision != revision {
			return fault.New(fault.Stale, "stale")
		}
		if err := do(tx, o); err != nil {
			return err
		}
		if err := updateObjection(ctx, tx, o); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.objection." + verb, Object: "measure-objection:" + id, RegionPath: o.RegionPath, Detail: map[string]any{"state": o.State, "answer": o.Answer, "correction": o.Correction}})
	})
	if err == nil {
		d.Ledger.Told(o.RegionPath)
	}
	return o, err
}
