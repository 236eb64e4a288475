package survey

import (
	"context"
	"slices"
	"time"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Work is what an interviewer takes along: everything to ask without a network.
type Work struct {
	Asked  *Asked            `json:"asked"`
	Places []Place           `json:"places" nullable:"false"`
	Strata []StratumProgress `json:"strata" nullable:"false" doc:"Those that the places lie in, and how far they have come by everybody's answers"`
	Done   int               `json:"done" doc:"Answers that the interviewer has brought"`
}

// Place is where an interviewer asks.
type Place struct {
	Code    string `json:"code"`
	NameZh  string `json:"nameZh"`
	NameEn  string `json:"nameEn"`
	Within  string `json:"within"`
	Stratum string `json:"stratum"`
	Full    bool   `json:"full" doc:"Enough have answered there: nobody else needs to be asked"`
	People  []int  `json:"people" nullable:"false" doc:"Numbers of the list of people there; none: whoever lives there"`
}

// Assigned is the asker's work as an interviewer.
func (d *Desk) Assigned(ctx context.Context) ([]Work, error) {
	mine, err := assignmentsTo(ctx, d.DB, auth.Who(ctx).ID)
	list := []Work{}
	for _, a := range mine {
		s, err := readSurvey(ctx, d.DB, a.Survey)
		if err != nil {
			return nil, err
		}
		if s.State != Open || len(a.Places) == 0 || auth.Check(ctx, d.Interview, s.RegionPath) != nil {
			continue
		}
		v, err := readVersion(ctx, d.DB, s.ID, s.Version)
		if err != nil {
			return nil, err
		}
		plan, err := readPlan(ctx, d.DB, s.ID)
		if err != nil {
			return nil, err
		}
		progress, err := d.progress(ctx, s)
		if err != nil {
			return nil, err
		}
		w := Work{Asked: s.asked(), Places: []Place{}, Strata: []StratumProgress{}, Done: a.Done}
		w.Asked.Form, w.Asked.Full = v.Form, progress.Quotas
		within := map[string]bool{}
		for _, code := range a.Places {
			r, err := d.Ledger.Tree().Region(code)
			if err != nil {
				continue // it is gone since
			}
			p := Place{Code: code, NameZh: r.NameZh, NameEn: r.NameEn, Stratum: d.StratumOf(code), People: []int{}}
			p.Full = v.Form.Full(p.Stratum, w.Asked.Full)
			within[p.Stratum] = true
			if up, err := d.Ledger.Tree().Region(r.Parent); err == nil {
				p.Within = up.NameZh
			}
			if at := plan.at(code); at != nil {
				p.People = at.People
			}
			w.Places = append(w.Places, p)
		}
		for _, st := range progress.Strata {
			if within[st.ID] {
				w.Strata = append(w.Strata, st)
			}
		}
		list = append(list, w)
	}
	return list, err
}

// Brought is an answer that an interviewer took, as their device kept it.
type Brought struct {
	ID      string         `json:"id" minLength:"32" maxLength:"32" doc:"Random, hexadecimal: sent twice it is kept once"`
	Version int            `json:"version" minimum:"1"`
	Place   string         `json:"place" maxLength:"12"`
	Lang    string         `json:"lang" maxLength:"20"`
	Started int64          `json:"started" doc:"Seconds since 1970"`
	Answers engine.Answers `json:"answers"`
}

// Became is what became of an answer.
type Became struct {
	ID     string    `json:"id"`
	Became string    `json:"became" enum:"taken,same,kept,refused"`
	Faults []Refusal `json:"faults" nullable:"false" doc:"Why it was refused"`
}

// Refusal is one reason why an answer was refused.
type Refusal struct {
	Code string `json:"code"`
	At   string `json:"at" doc:"What it is about: place, answers.QUESTION, answers.QUESTION.ROW"`
}

// Bring takes a batch of answers from an interviewer's device. Each is judged by itself; what is
// refused stays with the device.
func (d *Desk) Bring(ctx context.Context, id string, batch []Brought) (out []Became, err error) {
	err = d.DB.Housekeep(ctx, func(tx *store.Tx) error {
		out = []Became{}
		if err := holdSurvey(ctx, tx, id); err != nil { // two batches that meet would wait for each other's answers
			return err
		}
		s, err := readSurvey(ctx, tx, id)
		if err != nil {
			return err
		}
		who := auth.Who(ctx).ID
		mine, err := assignmentsTo(ctx, tx, who)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(mine, func(a Assignment) bool { return a.Survey == id })
		if auth.Check(ctx, d.Interview, s.RegionPath) != nil || i < 0 {
			return fault.New(fault.NotFound, "measure.survey.not_found")
		}
		if s.State != Open { // after its last day too: who was off line brings what they have
			return s.wrong()
		}
		done := 0
		for _, b := range batch {
			r := Became{ID: b.ID, Faults: []Refusal{}}
			switch {
			case !isID(b.ID):
				r.Became, r.Faults = "refused", []Refusal{{"measure.survey.id", "id"}}
			case !slices.Contains(mine[i].Places, b.Place):
				r.Became, r.Faults = "refused", []Refusal{{"measure.survey.elsewhere", "place"}}
			default:
				r.Became, err = d.submit(ctx, tx, s, Given{ID: b.ID, Version: b.Version, Mode: Interviewer, Lang: b.Lang, Place: b.Place, Started: time.Unix(b.Started, 0), Answers: b.Answers})
				if why := refusedFor(err); why != nil {
					r.Became, r.Faults, err = "refused", why, nil
				}
				if err != nil {
					return err
				}
			}
			if r.Became == Taken {
				done++
			}
			out = append(out, r)
		}
		return addDone(ctx, tx, id, who, done)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// refusedFor are an answer's own faults; nil where something else went wrong.
func refusedFor(err error) (why []Refusal) {
	list, ok := err.(fault.List)
	if !ok && err != nil && !fault.IsKind(err, fault.Internal) {
		list = fault.List{fault.Of(err)}
	}
	for _, e := range list {
		why = append(why, Refusal{e.Code, e.Place})
	}
	return why
}
