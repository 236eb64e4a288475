package survey_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/assess/measure/survey"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// heard is a survey whose field has ended, with the answers of both districts.
func (b *bench) heard(of survey.Settings) *survey.Survey {
	b.Helper()
	return b.closed(b.fielded(of))
}

// closed is a survey whose field has ended, with the answers of those drawn besides.
func (b *bench) closed(s *survey.Survey) *survey.Survey {
	b.Helper()
	p, err := b.desk.Plan(author, s.ID)
	b.ok(err)
	table := "place,age,happy\n"
	for i := range 160 {
		table += fmt.Sprintf("%s,%s,%s\n", p.Drawn[i%len(p.Drawn)].Code, []string{"young", "old"}[i%2], []string{"yes", "yes", "no"}[i/2%3])
	}
	_, err = b.desk.Import(agency, s.ID, []byte(table), false)
	b.ok(err)
	s, err = b.desk.Close(author, s.ID, s.Revision)
	b.ok(err)
	return s
}

// A headline becomes facts of an element that can hold what a survey finds, or is refused before
// anybody is asked.
func TestAHeadlineFitsItsElement(t *testing.T) {
	each(t, func(b *bench) {
		hundred, five := 100.0, 5.0
		zero, one := 0.0, 1.0
		b.ok(b.ledger.Seed(context.Background(), []fact.Element{
			{Code: "alert.seconds", NameZh: "x", NameEn: "x", Combine: fact.Mean, Period: "year", Level: "district", BuiltIn: true},
			{Code: "whole", NameZh: "x", NameEn: "x", Combine: fact.Mean, Period: "year", Whole: true},
			{Code: "villages", NameZh: "x", NameEn: "x", Combine: fact.Mean, Period: "year", Level: "village"},
			{Code: "added", NameZh: "x", NameEn: "x", Combine: fact.Sum, Period: "year"},
			{Code: "percent", NameZh: "x", NameEn: "x", Combine: fact.Mean, Period: "month", Min: &zero, Max: &hundred},
			{Code: "score", NameZh: "x", NameEn: "x", Combine: fact.Mean, Period: "half", Min: &one, Max: &five},
		}))
		f := form()
		f.Pages[1].Questions = append(f.Pages[1].Questions, engine.Question{ID: "rate", Kind: engine.Rating, Title: words("rate"), Scale: &engine.Scale{Low: 1, High: 5}},
			engine.Question{ID: "recommend", Kind: engine.Rating, Title: words("recommend"), Scale: &engine.Scale{Low: 0, High: 10, NPS: true}}, engine.Question{ID: "hours", Kind: engine.Number, Title: words("hours")})
		share := survey.Headline{Question: "happy", Choice: "yes", Percent: true}
		for n, try := range []struct {
			h       survey.Headline
			element string
			code    string
		}{
			{share, "alert.seconds", "measure.fact.built_in"}, {share, "whole", "measure.survey.element.whole"}, {share, "villages", "measure.survey.element.level"},
			{share, "added", "measure.survey.element.sum"}, {share, "score", "measure.survey.element.bounds"}, {share, "percent", ""}, {share, "none", "measure.element.not_found"},
			{survey.Headline{Question: "rate"}, "score", ""}, {survey.Headline{Question: "recommend"}, "score", "measure.survey.element.bounds"},
			{survey.Headline{Question: "recommend", NPS: true}, "percent", "measure.survey.element.bounds"}, {survey.Headline{Question: "hours"}, "percent", "measure.survey.element.bounds"}, {survey.Headline{Question: "hours"}, "satisfied", ""},
		} {
			of := settings()
			try.h.Element = try.element
			of.Headlines = []survey.Headline{{Question: "happy", Choice: "no"}, try.h}
			_, err := b.desk.Create(author, of, f)
			if try.code == "" && err != nil || try.code != "" && (!fault.Is(err, try.code) || fault.Of(err).Place != "headlines[1].element") {
				t.Errorf("%d %s: %v", n, try.element, err)
			}
		}
	})
}

// redefine changes what an element is.
func (b *bench) redefine(code string, change func(*fact.Element)) {
	b.Helper()
	e, err := b.ledger.Element(code)
	b.ok(err)
	now := *e
	change(&now)
	_, err = b.ledger.Put(as("definer", "c.", define), now, e.Revision)
	b.ok(err)
}

// An element may become another while a survey is prepared, or while people answer. It is then not
// opened, and what is closed is published without it.
func TestAnElementThatChangedKeepsNoSurveyFromBeingPublished(t *testing.T) {
	each(t, func(b *bench) {
		s, err := b.desk.Create(author, settings(), form())
		b.ok(err)
		s, err = b.desk.Approve(leader, s.ID, s.Revision)
		b.ok(err)
		b.redefine("satisfied", func(e *fact.Element) { e.Whole = true })
		_, err = b.desk.Open(author, s.ID, s.Revision)
		if !fault.Is(err, "measure.survey.element.whole") || fault.Of(err).Place != "headlines[0].element" {
			t.Fatalf("opened: %v", err)
		}
		b.redefine("satisfied", func(e *fact.Element) { e.Whole = false })

		s = b.heard(settings())
		one := 1.0
		b.redefine("satisfied", func(e *fact.Element) { e.Max = &one })
		_, err = b.desk.Publish(leader, s.ID, s.Revision)
		if !fault.Is(err, "measure.fact.above") || fault.Of(err).Place != "headlines[0].element" {
			t.Fatalf("published: %v", err)
		}
		other := settings()
		other.Headlines[0].Choice, other.Headlines[0].Element = "no", ""
		_, err = b.desk.Put(author, s.ID, s.Revision, other)
		b.refused(err, "measure.survey.state.closed") // what is compared stands
		other = settings()
		other.Least, other.Headlines[0].Element = 11, ""
		_, err = b.desk.Put(author, s.ID, s.Revision, other)
		b.refused(err, "measure.survey.state.closed")
		without := settings()
		without.Headlines[0].Element = ""
		s, err = b.desk.Put(as("second", "c.", read, build, agree), s.ID, s.Revision, without)
		b.ok(err)
		_, err = b.desk.Publish(as("second", "c.", read, build, agree), s.ID, s.Revision)
		b.refused(err, "measure.survey.own") // whoever saw what it found and chose does not publish
		_, err = b.desk.Publish(leader, s.ID, s.Revision)
		b.ok(err)
	})
}

// Whoever says, while people answer, what their answers are weighed to, compared by or told of does not
// publish; whoever says until when they answer does.
func TestWhoChangesWhatIsMadeOfAnswersDoesNotPublish(t *testing.T) {
	each(t, func(b *bench) {
		before := b.fielded(settings())
		for what, change := range map[string]func(*survey.Settings){
			"":          func(s *survey.Settings) { s.Closes = b.clk.Now().AddDate(0, 0, 9).Format(time.DateOnly) },
			"targets":   func(s *survey.Settings) { s.Targets[0].Shares["young"], s.Targets[0].Shares["old"] = .7, .3 },
			"headlines": func(s *survey.Settings) { s.Headlines[0].Choice = "no" },
			"by":        func(s *survey.Settings) { s.By = s.By[:1] },
			"least":     func(s *survey.Settings) { s.Least++ },
			"before":    func(s *survey.Settings) { s.Before = before.ID },
			"plan":      nil,
		} {
			of := settings()
			of.Headlines[0].Element = "" // each is published by itself
			second := as("second", "c.", read, build, agree)
			s, err := b.desk.Create(author, of, form())
			b.ok(err)
			s, err = b.desk.Approve(leader, s.ID, s.Revision)
			b.ok(err)
			if change == nil {
				_, err = b.desk.PutPlan(second, s.ID, s.Revision, goal)
				b.ok(err)
				s, err = b.desk.Get(author, s.ID)
				b.ok(err)
			}
			s, err = b.desk.Open(author, s.ID, s.Revision)
			b.ok(err)
			if change != nil {
				change(&of)
				s, err = b.desk.Put(second, s.ID, s.Revision, of)
				b.ok(err)
			}
			_, err = b.desk.Import(agency, s.ID, []byte("age,happy\n"+strings.Repeat("young,yes\nold,no\n", 20)), false)
			b.ok(err)
			s, err = b.desk.Close(author, s.ID, s.Revision)
			b.ok(err)
			if _, err = b.desk.Publish(second, s.ID, s.Revision); what == "" && err != nil || what != "" && !fault.Is(err, "measure.survey.own") {
				b.Errorf("%q: %v", what, err)
			}
		}
	})
}

// What a survey found of districts is not stated otherwise by those whom it judges, nor what it hides.
func TestWhatASurveyFoundIsLocked(t *testing.T) {
	each(t, func(b *bench) {
		s := b.heard(settings())
		s, err := b.desk.Publish(leader, s.ID, s.Revision)
		b.ok(err)
		year, all := period.Of(period.Year, b.clk.Now(), b.ledger.Zone), 100.0
		mine := fact.Stated{Element: "satisfied", Unit: "east", Period: year, Value: &all, Reason: "wrong", Correct: true}
		_, err = b.ledger.State(as("east", "c.east.", read, state), []fact.Stated{mine})
		b.refused(err, "measure.fact.locked")
		out, err := b.ledger.State(as("definer", "c.", read, state, define), []fact.Stated{mine})
		b.ok(err)
		if corrected := b.count(`SELECT count(*) FROM measure_fact WHERE element = 'satisfied' AND unit = 'east' AND corrects`); out.Changed != 1 || corrected != 1 {
			t.Errorf("%+v, %d corrections", out, corrected)
		}

		// Nor does another survey of the same year say so, but by who may correct.
		again := b.heard(settings())
		_, err = b.desk.Publish(leader, again.ID, again.Revision)
		if !fault.Is(err, "measure.fact.locked") || fault.Of(err).Place != "headlines[0].element" {
			t.Fatalf("published: %v", err)
		}
		_, err = b.desk.Publish(as("leader", "c.", read, agree, define), again.ID, again.Revision)
		b.ok(err)
		if locks := b.count(`SELECT count(*) FROM measure_lock WHERE origin = $1`, "survey:"+s.ID); locks != 2 {
			t.Errorf("%d districts are locked", locks)
		}
	})
}

// A survey of a district takes nobody's word that they live in another, and states nothing of it; one
// of a street states nothing of the district around it.
func TestASurveySaysNothingOfPlacesOutsideItsRegion(t *testing.T) {
	each(t, func(b *bench) {
		of := settings()
		of.RegionCode = "east"
		s := b.fielded(of)
		for i := range 24 {
			a, err := b.desk.Ask(nobody, s.ID, "")
			b.ok(err)
			b.clk.Advance(time.Minute)
			_, err = b.desk.Answer(nobody, s.ID, "", a.Pass, survey.Given{Mode: survey.Phone, Place: []string{"west", "weststreet00"}[i%2], Answers: said([]string{"young", "old"}[i/2%2], "no")})
			b.ok(err)
		}
		got, err := b.desk.Import(agency, s.ID, []byte("place,age,happy\nwesttown01,old,no\n"), false)
		b.ok(err)
		if len(got.Rows) != 1 || got.Rows[0].Place != "A2" || got.Rows[0].Text != "这个地方不在这项调查的区域里。" {
			b.Errorf("%+v", got)
		}
		s = b.closed(s)
		answers, err := survey.Counted(b.desk, agency, s.ID)
		b.ok(err)
		for _, a := range answers {
			if a.Stratum != "" && !strings.HasPrefix(a.Stratum, "east.") {
				b.Fatalf("somebody lives in %s", a.Stratum)
			}
		}
		if a, err := b.desk.Questions(nobody, &survey.Begun{Survey: b.fielded(of).ID, Version: 1, Place: "west"}); err != nil || a.Stratum != "" {
			b.Errorf("asked as of %q: %v", a.Stratum, err)
		}
		_, err = b.desk.Publish(leader, s.ID, s.Revision)
		b.ok(err)
		of.RegionCode = "eaststreet"
		s = b.heard(of)
		_, err = b.desk.Publish(leader, s.ID, s.Revision)
		b.ok(err)
		for _, table := range []string{"measure_fact", "measure_lock"} {
			for query, want := range map[string]int{` WHERE element = 'satisfied'`: 1, ` WHERE element = 'satisfied' AND unit = 'east'`: 1} {
				if n := b.count(`SELECT count(*) FROM ` + table + query); n != want {
					b.Errorf("%d in %s%s", n, table, query)
				}
			}
		}
	})
}
