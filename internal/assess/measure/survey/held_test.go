package survey_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/assess/measure/survey"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// tokenOf is the token of a printed link.
func tokenOf(l survey.Link) string { return l.Address[strings.LastIndex(l.Address, "/")+1:] }

// givenBy answers by a link, an hour after the questions were asked for.
func (b *bench) givenBy(id, token, age, happy string) {
	b.Helper()
	a, err := b.desk.Ask(nobody, id, token)
	b.ok(err)
	b.clk.Advance(time.Hour)
	became, err := b.desk.Answer(nobody, id, token, a.Pass, survey.Given{Version: 1, Mode: survey.Phone, Answers: said(age, happy)})
	b.ok(err)
	if became != survey.Taken {
		b.Fatal(became)
	}
}

// Who makes the links knows whose each is, and may ask which was used. What people answered is shown
// to them only when so many wait that none is told by when it came: not by its row, its hour or a quota.
func TestWhoRunsASurveySeesAnswersInBatches(t *testing.T) {
	each(t, func(b *bench) {
		f := form()
		f.Quotas = []engine.Quota{{ID: "old", When: &engine.Condition{Question: "age", Op: engine.Eq, Value: "old"}, Wanted: 100}}
		of := settings()
		of.Anybody, of.Least = false, 5
		s := b.fieldedWith(of, f)
		links, err := b.desk.Invite(agency, s.ID, "east.urban", false)
		b.ok(err)
		seen := func() []*survey.Answer {
			t.Helper()
			l, err := b.desk.Answers(agency, s.ID, "", store.Page{})
			b.ok(err)
			return l.Items
		}
		quota := func() int {
			t.Helper()
			f, err := b.desk.Field(agency, s.ID)
			b.ok(err)
			return f.Progress.Quotas["old"]
		}
		for i := range 4 {
			b.givenBy(s.ID, tokenOf(links[i]), "old", "yes")
			_, err := b.desk.Ask(nobody, "", tokenOf(links[i]))
			b.refused(err, "measure.survey.used")
			if n := len(seen()); n != 0 || quota() != 0 {
				t.Fatalf("%d answers, %d of the quota are shown after %d", n, quota(), i+1)
			}
		}
		kept, err := survey.Counted(b.desk, agency, s.ID)
		b.ok(err)
		b.refused(b.desk.Settle(agency, s.ID, kept[0].ID, false), "measure.survey.no_answer")

		// What an interviewer brings is known to who runs the survey anyway, and waits for nobody.
		p, err := b.desk.Plan(author, s.ID)
		b.ok(err)
		b.ok(b.desk.Assign(agency, s.ID, "asker", []string{p.Drawn[0].Code}))
		_, err = b.desk.Bring(asker, s.ID, []survey.Brought{{ID: strings.Repeat("a", 32), Version: 1, Place: p.Drawn[0].Code, Started: b.clk.Now().Unix(), Answers: said("old", "yes")}})
		b.ok(err)
		if n := len(seen()); n != 1 || quota() != 1 {
			t.Fatalf("%d answers, %d of the quota are shown", n, quota())
		}

		b.givenBy(s.ID, tokenOf(links[4]), "young", "no")
		all := slices.DeleteFunc(seen(), func(a *survey.Answer) bool { return a.Mode == survey.Interviewer })
		if len(all) != 5 || quota() != 5 {
			t.Fatalf("%d answers, %d of the quota are shown", len(all), quota())
		}
		for _, a := range all {
			if !a.Finished.Equal(b.clk.Now().UTC().Truncate(time.Hour)) || !a.Started.Equal(a.Finished) {
				t.Errorf("its hour says when it came: %+v", a)
			}
		}
		raw, err := json.Marshal(all[0])
		b.ok(err)
		if strings.Contains(string(raw), "weight") {
			t.Errorf("its weight says from where it came: %s", raw)
		}
		rows := slices.DeleteFunc(b.dump("measure_survey_answer"), func(row string) bool { return !strings.Contains(row, " phone ") })
		if !slices.IsSorted(rows) || len(rows) != 5 { // ids come first
			t.Errorf("rows lie in the order in which they came: %v", rows)
		}

		// What is left at the end counts, and is shown to nobody alone.
		b.givenBy(s.ID, tokenOf(links[5]), "old", "no")
		s, err = b.desk.Get(author, s.ID)
		b.ok(err)
		_, err = b.desk.Close(author, s.ID, s.Revision)
		b.ok(err)
		kept, err = survey.Counted(b.desk, agency, s.ID)
		b.ok(err)
		if len(seen()) != 6 || len(kept) != 7 {
			t.Errorf("%d shown of %d", len(seen()), len(kept))
		}
		for _, row := range b.dump("platform_audit") {
			for _, a := range kept {
				if strings.Contains(row, a.ID) {
					t.Errorf("the record names an answer: %s", row)
				}
			}
		}
	})
}

// Whoever asks for the questions again and again reads of no quota that fills.
func TestNobodyReadsWhatFills(t *testing.T) {
	each(t, func(b *bench) {
		f := form()
		f.Quotas = []engine.Quota{{ID: "old", When: &engine.Condition{Question: "age", Op: engine.Eq, Value: "old"}, Wanted: 1}, {ID: "all", Wanted: 2}}
		s := b.fieldedWith(settings(), f)
		public := func() string {
			t.Helper()
			a, err := b.desk.Ask(nobody, s.ID, "")
			b.ok(err)
			told := survey.Told(a)
			told.Pass = ""
			raw, err := json.Marshal(told)
			b.ok(err)
			return string(raw)
		}
		before := public()
		b.givenBy(s.ID, "", "old", "yes")
		if after := public(); after != before || strings.Contains(after, "quota") || strings.Contains(after, `"full"`) || !strings.Contains(after, `"enough":false`) {
			t.Errorf("one answer shows:\n%s\n%s", before, after)
		}
		a, err := b.desk.Ask(nobody, s.ID, "")
		b.ok(err)
		b.clk.Advance(time.Minute)
		became, err := b.desk.Answer(nobody, s.ID, "", a.Pass, survey.Given{Version: 1, Mode: survey.Phone, Answers: said("old", "yes")})
		if err != nil || became != survey.Full { // of themselves people are told
			t.Errorf("%s, %v", became, err)
		}
		b.givenBy(s.ID, "", "young", "yes")
		if !strings.Contains(public(), `"enough":true`) {
			t.Error("enough have answered of everybody")
		}
	})
}

// One address fills no room that others need, and what nobody goes on with is soon forgotten.
func TestHowManyBeginIsBounded(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fielded(settings())
		begin := func(who context.Context, token string) (string, *survey.Begun, error) {
			key, begun := survey.NewKey(), &survey.Begun{Survey: s.ID, Token: token, Version: 1, Started: b.clk.Now(), Answers: engine.Answers{}}
			return key, begun, b.desk.Begin(who, key, begun)
		}
		var refused error
		n := 0
		for ; refused == nil && n < 200; n++ {
			_, _, refused = begin(nobody, "")
		}
		b.refused(refused, "measure.survey.often")
		if n > 100 {
			t.Errorf("%d from one address", n)
		}
		other := auth.As(context.Background(), auth.Actor{Address: "192.0.2.8"})
		key, begun, err := begin(other, "")
		b.ok(err)
		_, _, err = begin(nobody, "OWN") // an invitation of one's own is not stopped by a neighbour
		b.ok(err)

		there := func() int { return b.count(`SELECT count(*) FROM measure_survey_progress`) }
		survey.AtMost(b.desk, there())
		_, _, err = begin(other, "")
		b.refused(err, "measure.survey.crowded")
		begun.Answers["age"] = "old"
		b.ok(b.desk.Remember(other, key, begun)) // who is in the middle goes on
		b.clk.Advance(4 * time.Hour)
		b.ok(survey.TidyUp(b.desk, context.Background()))
		if n := there(); n != 1 {
			t.Errorf("%d are left, of which one was used", n)
		}
		_, _, err = begin(nobody, "")
		b.ok(err)
		b.clk.Advance(8 * 24 * time.Hour)
		b.ok(survey.TidyUp(b.desk, context.Background()))
		if err := b.desk.Remember(other, key, begun); there() != 0 || err == nil || errors.Is(err, context.Canceled) {
			t.Errorf("%d are left; %v", there(), err)
		}
	})
}
