package survey

import (
	"context"
	"math"
	"slices"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Headline is a number of a survey that districts are compared by: the share of a choice or of a
// point of a scale, without one the mean, or the net promoter score.
type Headline struct {
	Question string `json:"question" maxLength:"64"`
	Row      string `json:"row" maxLength:"64"`
	Choice   string `json:"choice" maxLength:"64"`
	NPS      bool   `json:"nps"`
	Lower    bool   `json:"lower" doc:"Less is better"`
	Element  string `json:"element" maxLength:"80" doc:"What its facts are about; empty for none"`
	Percent  bool   `json:"percent" doc:"A share becomes a fact as per cent"`
}

func (h *Headline) statistic() engine.Statistic {
	return engine.Statistic{Choice: h.Choice, NPS: h.NPS}
}

// counts says whether a question has the number that a headline tells.
func counts(q *engine.Question, h Headline) bool {
	switch q.Kind {
	case engine.Single, engine.Several:
		return !h.NPS && slices.ContainsFunc(q.Choices, func(c engine.Choice) bool { return c.ID == h.Choice })
	case engine.Grid:
		return h.Choice == "" && !h.NPS && slices.ContainsFunc(q.Rows, func(c engine.Choice) bool { return c.ID == h.Row })
	case engine.Rating:
		return h.Choice == "" && (!h.NPS || q.Scale.NPS)
	case engine.Number:
		return h.Choice == "" && !h.NPS
	}
	return false
}

// span is between which values the number of a headline lies; infinite where a question sets no bound.
func (h *Headline) span(q *engine.Question) (low, high float64) {
	switch {
	case h.Choice != "" && h.Percent:
		return 0, 100
	case h.Choice != "":
		return 0, 1
	case h.NPS:
		return -100, 100
	case q.Scale != nil:
		return float64(q.Scale.Low), float64(q.Scale.High)
	}
	low, high = math.Inf(-1), math.Inf(1)
	if q.Min != nil {
		low = *q.Min
	}
	if q.Max != nil {
		high = *q.Max
	}
	return low, high
}

// become refuses headlines that cannot become facts: of elements that a part of the product states,
// that take whole numbers only, that are stated of other regions than districts or added up, or that
// have bounds which an answer may leave. A question that a draft does not have yet is not looked at.
func (d *Desk) become(headlines []Headline, form *engine.Form) error {
	var list fault.List
	for i, h := range headlines {
		if h.Element != "" {
			list.Add(d.becomes(h, form, place("headlines", i)+".element"))
		}
	}
	return list.OrNil()
}

func (d *Desk) becomes(h Headline, form *engine.Form, at string) *fault.Error {
	e, err := d.Ledger.Element(h.Element)
	if err != nil {
		return fault.Of(err).At(at)
	}
	named := fault.Args{"element": i18n.Both{Zh: e.NameZh, En: e.NameEn}}
	switch {
	case e.BuiltIn:
		return fault.Bad(at, "measure.fact.built_in", named)
	case e.Whole:
		return fault.Bad(at, "measure.survey.element.whole", named)
	case e.Level != "" && e.Level != "district":
		return fault.Bad(at, "measure.survey.element.level", named)
	case e.Combine == fact.Sum || e.Combine == fact.Stock:
		return fault.Bad(at, "measure.survey.element.sum", named)
	}
	q, _ := form.Question(h.Question)
	if q == nil {
		return nil
	}
	low, high := h.span(q)
	if e.Min != nil && low < *e.Min || e.Max != nil && high > *e.Max {
		return fault.Bad(at, "measure.survey.element.bounds", named)
	}
	return nil
}

// reworded says whether settings differ in what becomes of their headlines' numbers at most.
func (s Settings) reworded(now Settings) bool {
	same := slices.EqualFunc(s.Headlines, now.Headlines, func(a, b Headline) bool {
		a.Element, a.Percent = b.Element, b.Percent
		return a == b
	})
	s.Headlines = now.Headlines
	return same && store.JSON(s) == store.JSON(now)
}

// breakdown is a table's breakdown by district; nil where there is none.
func breakdown(r *engine.Result, h Headline) *engine.Breakdown {
	for i := range r.Tables {
		t := &r.Tables[i]
		if t.Question != h.Question || t.Row != h.Row {
			continue
		}
		for j := range t.By {
			if t.By[j].Variable == ByDistrict {
				return &t.By[j]
			}
		}
	}
	return nil
}

// statement is what a headline says of districts, and of which it says or hides something.
type statement struct {
	at        string
	element   string
	period    period.Period
	entries   []fact.Entry
	districts []string
}

// facts are what headlines say of districts; what is hidden is not stated.
func (d *Desk) facts(s *Survey, r *Results) (list []statement, err error) {
	for n, h := range s.Headlines {
		b := breakdown(r.Result, h)
		if h.Element == "" || b == nil {
			continue
		}
		at := place("headlines", n) + ".element"
		e, err := d.Ledger.Element(h.Element)
		if err != nil {
			return nil, fault.Of(err).At(at)
		}
		told := statement{at: at, element: h.Element, period: period.Of(e.Period, s.ClosedAt, d.Zone)}
		for i := range b.Groups {
			unit := b.Groups[i].Value
			if !d.within(s.RegionPath, unit) { // a survey of a street says nothing of its whole district
				continue
			}
			told.districts = append(told.districts, unit)
			estimate, ok := b.Groups[i].Estimate(h.statistic())
			if !ok {
				continue
			}
			if h.Percent {
				estimate.Value *= 100
			}
			value, err := fact.ValueOf(math.Round(estimate.Value*1e6) / 1e6)
			if err != nil {
				return nil, fault.Of(err).At(at)
			}
			told.entries = append(told.entries, fact.Entry{Element: h.Element, Unit: unit, Period: told.period, Value: &value, At: s.ClosedAt, Reason: s.NameZh})
		}
		list = append(list, told)
	}
	return list, nil
}

// state commits what headlines say and locks it, as an approved return is: those whom a survey judges
// do not state something else, nor what it hides. Who may correct what is locked corrects with it, too.
func (d *Desk) state(ctx context.Context, tx *store.Tx, from fact.Origin, list []statement) (out fact.Outcome, err error) {
	for _, told := range list {
		for i := range told.entries {
			r, err := d.Ledger.Tree().Region(told.entries[i].Unit)
			if err != nil {
				return out, err
			}
			told.entries[i].Correct = from.Source == fact.FromSample || d.Ledger.MayCorrect(ctx, r.Path)
		}
		became, err := d.Ledger.Take(ctx, tx, from, told.entries)
		if err != nil {
			return out, fault.Of(err).At(told.at)
		}
		out.Add(became)
		for _, unit := range told.districts {
			if err := d.Ledger.Lock(ctx, tx, unit, told.period, []string{told.element}, from.Object); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}
