package survey

import (
	"context"
	"slices"
	"time"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Work is what an interviewer takes along: everything to ask without a network.
type Work struct {
	Asked  *Asked            `json:"asked"`
	Places []Place           `json:"places" nullable:"false"`
	Strata []StratumProgress `json:"strata" nullable:"false" doc:"Those that the places lie in, and how far they have come by everybody's answers"`
	Group  string            `json:"group,omitempty" doc:"Question by which the sample tells groups apart"`
	Done   int               `json:"done" doc:"Answers that the interviewer has brought"`
	Full   map[string]int    `json:"full" doc:"Answers so far by quota, of those that are shown"`
}

// Place is where an interviewer asks.
type Place struct {
	Code    string `json:"code"`
	NameZh  string `json:"nameZh"`
	NameEn  string `json:"nameEn"`
	Within  string `json:"within"`
	Stratum string `json:"stratum" doc:"District and area"`
	Full    bool   `json:"full" doc:"Enough have answered there: nobody else needs to be asked"`
	People  []int  `json:"people" nullable:"false" doc:"Numbers of the list of people there; none: whoever lives there"`

	Groups []PlaceGroup `json:"groups,omitempty" doc:"In place of people, where groups are asked apart"`
}

// PlaceGroup is a group of people to ask at a place.
type PlaceGroup struct {
	Stratum string `json:"stratum"`
	NameZh  string `json:"nameZh"`
	NameEn  string `json:"nameEn"`
	Full    bool   `json:"full"`
	People  []int  `json:"people" nullable:"false" doc:"Numbers of the list of the group's people there"`
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
		w := Work{Asked: s.asked(), Places: []Place{}, Strata: []StratumProgress{}, Group: plan.question(), Done: a.Done}
		w.Asked.Form, w.Full = v.Form, progress.Quotas
		if w.Asked.Full, _, err = quotaCounts(ctx, d.DB, s.ID); err != nil {
			return nil, err
		}
		within := map[string]bool{}
		for _, code := range a.Places {
			r, err := d.Ledger.Tree().Region(code)
			if err != nil {
				continue // it is gone since
			}
			p := Place{Code: code, NameZh: r.NameZh, NameEn: r.NameEn, Stratum: d.StratumWithin(s.RegionPath, code), People: []int{}}
			p.Full = v.Form.Full(p.Stratum, nil, w.Asked.Full)
			within[p.Stratum] = true
			if up, err := d.Ledger.Tree().Region(r.Parent); err == nil {
				p.Within = up.NameZh
			}
			for _, at := range plan.at(code) {
				named := d.where(plan, at.Stratum)
				if named.Group == "" {
					p.People = at.People
					continue
				}
				p.Groups = append(p.Groups, PlaceGroup{Stratum: at.Stratum, NameZh: named.GroupZh, NameEn: named.GroupEn, People: at.People, Full: v.Form.Full(p.Stratum, plan.known(at.Stratum), w.Asked.Full)})
			}
			w.Places = append(w.Places, p)
		}
		for _, st := range progress.Strata {
			if within[base(st.ID)] {
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
// refused stays with the device. The record says how many became what, not which.
func (d *Desk) Bring(ctx context.Context, id string, batch []Brought) (out []Became, err error) {
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
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
		became := map[string]int{}
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
			became[r.Became]++
			out = append(out, r)
		}
		if err := addDone(ctx, tx, id, who, became[Taken]); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.survey.bring", Object: "measure-survey:" + id, RegionPath: s.RegionPath, Detail: became})
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
