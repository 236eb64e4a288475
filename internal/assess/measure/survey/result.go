package survey

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Results are what a survey found: safe to show to anybody.
type Results struct {
	Result   *engine.Result     `json:"result"`
	Form     *engine.Form       `json:"form"`
	Least    int                `json:"least"`
	By       []string           `json:"by" nullable:"false"`
	Left     []string           `json:"left" nullable:"false" doc:"Breakdowns left out, as their groups are made of those of another"`
	Weighing Weighing           `json:"weighing"`
	Rankings []Ranking          `json:"rankings" nullable:"false"`
	Topics   map[string][]Topic `json:"topics"`
	Names    map[string]NameOf  `json:"names" doc:"Of districts, by code"`
	Made     time.Time          `json:"made"`
}

// NameOf is what a district is called.
type NameOf struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

// Weighing is how answers were weighed.
type Weighing struct {
	Drawn     int                `json:"drawn" doc:"Answers of people who were drawn"`
	Listed    int                `json:"listed" doc:"Of those drawn, contacts of a list"`
	Came      int                `json:"came" doc:"Answers of people who came by themselves: margins of error do not cover their choice"`
	Missing   []string           `json:"missing" nullable:"false" doc:"Strata, districts and choices with people and without answers"`
	Converged bool               `json:"converged"`
	Deviation map[string]float64 `json:"deviation"`
	Trimmed   int                `json:"trimmed"`
	Effective float64            `json:"effective"`
	Deff      float64            `json:"deff"`
	Fault     string             `json:"fault" doc:"Code, where answers could not be weighed"`
}

// rough leaves of how answers were weighed what tells nothing of single ones: a deviation in whole per
// cents, effects as the result tells them.
func (w *Weighing) rough(r *engine.Result) {
	w.Effective, w.Deff = r.Effective, r.Deff
	for margin, by := range w.Deviation {
		w.Deviation[margin] = math.Ceil(100*max(by-1e-6, 0)) / 100
	}
}

// Ranking is how districts compare by a headline, and what became of them since an earlier survey.
type Ranking struct {
	Headline Headline        `json:"headline"`
	Ranked   []engine.Ranked `json:"ranked" nullable:"false"`
	Since    []engine.Change `json:"since" nullable:"false"`
}

// Topic is what some text answers are about.
type Topic struct {
	ID     string   `json:"id"`
	Name   string   `json:"name"`
	Words  []string `json:"words" nullable:"false"`
	Pinned bool     `json:"pinned"`
}

// Results are what a survey found, once it is closed: as they were published, or as they are for
// those who prepare that.
func (d *Desk) Results(ctx context.Context, id string) (*Results, error) {
	s, err := d.may(ctx, d.DB, d.Read, id)
	if err != nil {
		return nil, err
	}
	switch {
	case s.State == Published:
		return readResults(ctx, d.DB, id)
	case s.State != Closed:
		return nil, fault.New(fault.Conflict, "measure.survey.not_closed")
	case auth.Check(ctx, d.Build, s.RegionPath) != nil && auth.Check(ctx, d.Agree, s.RegionPath) != nil:
		return nil, fault.New(fault.Conflict, "measure.survey.unpublished")
	}
	key := s.ID + "/" + version(int(s.Revision))
	if r, ok := d.made.Get(key); ok {
		return r, nil
	}
	r, err := d.reckon(ctx, d.DB, s)
	if err == nil {
		r.unweighTopics()
		d.made.Add(key, r)
	}
	return r, err
}

// unweighTopics tells topics of text answers by plain counts, all together. Answers are moved
// between topics one by one until results are published: a weight or a group that changed with
// one would tell whose it is.
func (r *Results) unweighTopics() {
	for i := range r.Result.Tables {
		t := &r.Result.Tables[i]
		if t.Kind != engine.Written {
			continue
		}
		t.By = nil
		for j := range t.Whole.Cells {
			if c := &t.Whole.Cells[j]; !c.Hidden && t.Whole.N > 0 {
				c.Share = float64(c.N) / float64(t.Whole.N)
				c.Interval, c.Deff, c.DF = engine.Wilson(c.Share, float64(t.Whole.N), confidence), 1, 0
			}
		}
	}
}

// reckon makes a survey's results.
func (d *Desk) reckon(ctx context.Context, q store.Queryer, s *Survey) (*Results, error) {
	v, err := readVersion(ctx, q, s.ID, s.Version)
	if err != nil {
		return nil, err
	}
	answers, err := answersOf(ctx, q, s.ID, Counts)
	if err != nil {
		return nil, err
	}
	plan, err := readPlan(ctx, q, s.ID)
	if err != nil {
		return nil, err
	}
	r := &Results{Form: v.Form, Least: s.Least, By: slices.Clone(s.By), Left: []string{}, Rankings: []Ranking{}, Topics: map[string][]Topic{}, Names: map[string]NameOf{}, Made: d.Clock.Now().UTC()}
	responses := d.responses(s, v.Form, answers)
	d.weigh(s, plan, v.Form, responses, r)
	for i := range responses { // the groups of a place were asked in the same: they vary together
		responses[i].Stratum = base(responses[i].Stratum)
	}
	codes, err := d.topics(ctx, q, s, v.Form, answers, r)
	if err != nil {
		return nil, err
	}
	opt := engine.ResultOptions{Least: s.Least, Fractions: fractions(plan, r.Weighing.Came+r.Weighing.Listed), Codes: codes}
	for {
		opt.By = r.By
		r.Result, err = v.Form.Tabulate(responses, opt)
		var e *engine.Error
		if errors.As(err, &e) && e.Code == "survey.result.nested" {
			r.Left = append(r.Left, e.Place)
			r.By = slices.DeleteFunc(r.By, func(by string) bool { return by == e.Place })
			continue
		}
		break
	}
	if err != nil {
		return nil, fault.New(fault.Conflict, told(err).Code, told(err).Args)
	}
	r.Weighing.rough(r.Result)
	for _, h := range s.Headlines {
		ranking, err := d.rank(ctx, q, s, r.Result, h)
		if err != nil {
			return nil, err
		}
		r.Rankings = append(r.Rankings, ranking)
	}
	for _, g := range d.Ledger.Tree().Within(s.RegionPath, "district") {
		r.Names[g.Code] = NameOf{g.NameZh, g.NameEn}
	}
	return r, nil
}

// responses are answers as results need them.
func (d *Desk) responses(s *Survey, form *engine.Form, answers []*Answer) []engine.Response {
	out := make([]engine.Response, len(answers))
	for i, a := range answers {
		district, area, _ := split(a.Stratum)
		groups := map[string]string{ByDistrict: district, ByArea: area}
		counted := form.Effective(a.Answers)
		for _, by := range s.By {
			if by != ByDistrict && by != ByArea {
				groups[by], _ = counted[by].(string)
			}
		}
		out[i] = engine.Response{Answers: a.Answers, Weight: a.Weight, Stratum: a.Stratum, Cluster: a.cluster, Groups: groups}
	}
	return out
}

// fractions are the shares of places drawn of all, where all answers are of people drawn there.
func fractions(plan *Plan, others int) map[string]float64 {
	if plan == nil || others > 0 {
		return nil
	}
	out := map[string]float64{}
	for _, s := range plan.Strata {
		if s.Places > 0 && s.Places < s.Frame {
			out[base(s.ID)] = float64(s.Places) / float64(s.Frame)
		}
	}
	return out
}

// topics sorts text answers by what they are about: as people sorted them, or as the program does.
// A word that fewer people used than a cell may hold is not shown.
func (d *Desk) topics(ctx context.Context, db store.Queryer, s *Survey, form *engine.Form, answers []*Answer, r *Results) (map[string][]string, error) {
	codes := map[string][]string{}
	for _, p := range form.Pages {
		for _, q := range p.Questions {
			if q.Kind != engine.Written {
				continue
			}
			ids, texts := written(form, q.ID, answers)
			k, err := readSorting(ctx, db, s.ID, q.ID)
			if err != nil {
				return nil, err
			}
			if k == nil {
				k = begin(s, q.ID, ids, texts)
			}
			wrote, n := map[int]string{}, 0
			for i, a := range answers { // ids are in their order
				if n < len(ids) && ids[n] == a.ID {
					wrote[i] = a.ID
					n++
				}
			}
			codes[q.ID], r.Topics[q.ID] = k.coded(wrote, len(answers), s.Least)
		}
	}
	return codes, nil
}

// other is what is about nothing that enough people wrote of.
const other = "other"

// using counts the texts with a word.
func using(texts []string, word string) (n int) {
	for _, t := range texts {
		if strings.Contains(strings.ToLower(t), word) {
			n++
		}
	}
	return n
}

func (d *Desk) rank(ctx context.Context, q store.Queryer, s *Survey, result *engine.Result, h Headline) (Ranking, error) {
	out := Ranking{Headline: h, Ranked: []engine.Ranked{}, Since: []engine.Change{}}
	b := breakdown(result, h)
	if b == nil {
		return out, nil
	}
	out.Ranked = append(out.Ranked, b.Rank(h.statistic(), confidence, h.Lower)...)
	if s.Before == "" {
		return out, nil
	}
	earlier, err := readResults(ctx, q, s.Before)
	if err != nil || earlier == nil {
		return out, err
	}
	if before := breakdown(earlier.Result, h); before != nil {
		out.Since = append(out.Since, b.Since(before, h.statistic(), confidence)...)
	}
	return out, nil
}

const confidence = 0.95

// Publish makes results final, by somebody who did not write the survey, and states what its
// headlines say of each district as facts. Results are reckoned before they are written: a closed
// survey of the same revision has the same answers, sorted in the same way.
func (d *Desk) Publish(ctx context.Context, id string, revision int64) (*Survey, error) {
	s, err := d.asRead(ctx, d.Agree, id, revision)
	if err != nil {
		return nil, err
	}
	if s.State != Closed {
		return nil, s.wrong()
	}
	if err := d.independent(ctx, d.DB, s.Authors); err != nil {
		return nil, err
	}
	r, err := d.reckon(ctx, d.DB, s)
	if err != nil {
		return nil, err
	}
	stated, err := d.facts(s, r)
	if err != nil {
		return nil, err
	}
	var out fact.Outcome
	s, err = d.change(ctx, d.Agree, id, revision, "measure.survey.publish", func(tx *store.Tx, s *Survey) (any, error) {
		if err := d.independent(ctx, tx, s.Authors); err != nil {
			return nil, err
		}
		by := auth.Who(ctx).Person()
		s.State, s.Published = Published, &by
		if err := writeResults(ctx, tx, id, r); err != nil {
			return nil, err
		}
		out, err = d.state(ctx, tx, fact.Origin{Source: fact.FromSurvey, Object: "survey:" + id}, stated)
		return map[string]any{"answers": r.Result.N, "facts": out.New + out.Changed}, err
	})
	if err == nil {
		d.Ledger.Told(out.Paths...)
	}
	return s, err
}
