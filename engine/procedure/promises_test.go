package procedure_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/procedure"
)

// at is a case that stands somewhere, with what was filled in.
func at(d *desk, state string, data map[string]any) *procedure.Case {
	c := &procedure.Case{ID: "0CASE00000000000000000000A", Type: d.typ.Code, State: state, Region: "110105001", Opener: opener, OpenedAt: d.now, ChangedAt: d.now, Seq: 5,
		Data: data, Hands: map[string][]string{}, Clocks: map[string]*procedure.Running{}, Lots: map[string]*procedure.Lot{}}
	return c
}

func ids(n int) (out []any) {
	for i := range n {
		out = append(out, fmt.Sprintf("0WORK%021d", i))
	}
	return out
}

// No more than twelve works a year are recommended by "1260", whatever the call says, and none that
// experts did not score.
func TestAtMostTwelveWorksAreRecommended(t *testing.T) {
	d := newDesk(t, shipped(t)["selection"])
	me := procedure.Who{ID: clerk, Holds: all}
	for _, c := range []struct {
		kind         string
		places, n    int
		unscored, ok bool
	}{{"works1260", 60, 12, false, true}, {"works1260", 60, 13, false, false}, {"works1260", 5, 6, false, false}, {"adverts", 60, 13, false, true}, {"works1260", 60, 3, true, false}} {
		k := at(d, "panel", map[string]any{"title": "评选", "kind": c.kind, "places": float64(c.places)})
		for i, id := range ids(20) {
			state := "scored"
			if c.unscored && i == 1 {
				state = "in_review"
			}
			k.Children = append(k.Children, procedure.Child{ID: id.(string), Type: "application", Link: "applications", State: state})
		}
		form := map[string]any{"chosen": ids(c.n), "minutes": "通过"}
		if !c.ok {
			d.refuse(k, me, "choose", form, "act.guard")
			continue
		}
		_, e, err := d.typ.Do(d.world(), k, procedure.Act{Step: "choose", Who: me, Data: form})
		if err != nil {
			t.Fatal(c, err)
		}
		told := map[string]int{}
		for _, ev := range e.Events {
			if ev.Kind == procedure.Signalled {
				told[ev.Text] = len(ev.IDs)
			}
		}
		if told["recommended"] != c.n || told["declined"] != 20-c.n {
			t.Errorf("%+v: told %v", c, told)
		}
	}
}

// One form, several permits, one answer: a licence of each kind that was asked for, each with its own
// time, and nothing for the rest.
func TestAnApprovalIssuesEveryPermitThatWasAskedFor(t *testing.T) {
	d := newDesk(t, shipped(t)["approval"])
	c := at(d, "deciding", map[string]any{"permits": []any{"production", "frequency"}, "organisation": "0ORG0000000000000000000000", "organisation_name": "某影视", "credit_code": "91110105MA00000000", "mhz": 98.6, "watts": 1000.0})
	_, e, err := d.typ.Do(d.world(), c, procedure.Act{Step: "grant", Who: procedure.Who{ID: clerk, Holds: all}, Data: map[string]any{"granted_scope": "制作"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, ev := range e.Events {
		if p := ev.Paper; p != nil {
			got = append(got, fmt.Sprintf("%s %s %s", p.Licence, p.Holder, p.Until.In(d.cal.Zone()).Format(time.DateOnly)))
		}
	}
	if want := []string{"production 0ORG0000000000000000000000 2028-03-03", "frequency 0ORG0000000000000000000000 2031-03-04"}; !slices.Equal(got, want) {
		t.Errorf("issued %q", got) // the last day of two years ends with the 2nd; that of five is a Sunday, and moves
	}
	// A refusal says why and what can be done.
	d.refuse(c, procedure.Who{ID: clerk, Holds: all}, "refuse", map[string]any{"reasons": "不符合"}, "fill.required")
	// What is missing is said once.
	c = at(d, "received", map[string]any{"told_missing": true})
	d.refuse(c, procedure.Who{ID: clerk, Holds: all}, "tell_missing", map[string]any{"missing": []any{"执照"}}, "act.guard")
}

// Whoever refused a benefit does not judge the appeal.
func TestSomebodyElseLooksAgain(t *testing.T) {
	d := newDesk(t, shipped(t)["benefit"])
	c := at(d, "appealed", map[string]any{"decided_by": clerk})
	d.refuse(c, procedure.Who{ID: clerk, Holds: all}, "uphold", map[string]any{"review": "维持"}, "act.guard")
	if _, _, err := d.typ.Do(d.world(), c, procedure.Act{Step: "uphold", Who: procedure.Who{ID: "0ANOTHER", Holds: all}, Data: map[string]any{"review": "维持"}}); err != nil {
		t.Error(err)
	}
}

// Experts see neither who applied nor who else judges; their scores are seen by nobody until all
// have judged, and then by everybody.
func TestReviewsAreBlindAndSealed(t *testing.T) {
	typ := shipped(t)["blind_review"]
	d := newDesk(t, typ)
	c := at(d, "scoring", map[string]any{"work": "作品"})
	c.Hands["reviewer"] = []string{clerk}
	c = d.do(c, "submit", map[string]any{"idea": 90.0, "craft": 80.0, "feasible": 70.0, "money": 60.0, "remarks": "好"})
	if c.Data["total"] != 80.0 {
		t.Errorf("total %v", c.Data["total"])
	}
	if data, hidden := typ.Seen(c, []string{"officer"}); data["total"] != nil || len(hidden) != 6 {
		t.Errorf("the officer sees %v, not %v", data, hidden)
	}
	if k := typ.Report(c); k.With["total"] != nil || k.With["idea"] != nil {
		t.Errorf("the application learns %v", k.With)
	}
	if !typ.IsBlind([]string{"reviewer"}) || typ.IsBlind([]string{"reviewer", "officer"}) || typ.IsBlind(nil) {
		t.Error("who is blind?")
	}
	c = d.take(typ.Unseal(d.world(), c, []string{"total", "idea", "craft", "feasible", "money", "remarks"}))
	if data, hidden := typ.Seen(c, []string{"officer"}); data["total"] != 80.0 || len(hidden) != 0 {
		t.Errorf("once opened the officer sees %v, not %v", data, hidden)
	}
	for _, field := range typ.Forms[0].Fields {
		if slices.Contains([]string{"organisation", "contact", "phone"}, field.ID) {
			t.Errorf("the expert is told %s", field.ID)
		}
	}
}

// The time to report an incident follows its grade, also when that changes.
func TestAGraverIncidentIsReportedSooner(t *testing.T) {
	d := newDesk(t, shipped(t)["incident"])
	log := map[string]any{"happened_at": "2026-03-02T09:50", "service": "北京卫视", "what": "黑场", "kind": "stop", "grade": "general", "protection": "no", "planned": "no"}
	for _, c := range []struct {
		grade, protection string
		want              time.Duration
	}{{"general", "no", 24 * time.Hour}, {"larger", "no", 2 * time.Hour}, {"major", "no", 30 * time.Minute}, {"major", "yes", 15 * time.Minute}} {
		log["grade"], log["protection"] = c.grade, c.protection
		if k := d.open("log", log); k.Clocks["report"].Due.Sub(d.now) != c.want {
			t.Errorf("%s %s: due in %v", c.grade, c.protection, k.Clocks["report"].Due.Sub(d.now))
		}
	}
	log["grade"], log["protection"] = "general", "no"
	k := d.open("log", log)
	opened := d.now
	d.now = d.now.Add(5 * time.Minute)
	k = d.do(k, "regrade", map[string]any{"grade": "major", "regrade_why": "扩大"})
	if got := k.Clocks["report"].Due.Sub(opened); got != 30*time.Minute {
		t.Errorf("due in %v", got)
	}
	// Central services come before local ones, and those before paid ones.
	k = d.do(k, "report", map[string]any{"reported_to": "市局"})
	restored := map[string]any{"services": []any{"central", "local", "paid"}, "central_at": "2026-03-02T10:30", "local_at": "2026-03-02T10:20", "paid_at": "2026-03-02T10:40", "restored_at": "2026-03-02T10:40"}
	d.refuse(k, procedure.Who{ID: clerk, Holds: all}, "restore", restored, "act.guard")
	restored["local_at"] = "2026-03-02T10:35"
	k = d.do(k, "restore", restored)
	for _, ev := range d.log[k.ID][len(d.log[k.ID])-1].Events {
		if ev.Kind == procedure.Recorded && ev.Fact.Element == "case.incident.minutes" && ev.Fact.Value != 50 {
			t.Errorf("off air for %v minutes", ev.Fact.Value)
		}
	}
}

// A score is what passed of what applies, by weight; a failed item leads to a notice.
func TestAnInspectionScoresWhatApplies(t *testing.T) {
	typ := shipped(t)["inspection_visit"]
	d := newDesk(t, typ)
	form := map[string]any{}
	for _, f := range typ.Form("checklist").Fields {
		if strings.HasPrefix(f.ID, "h") && len(f.Options) > 0 {
			form[f.ID] = "pass"
		}
	}
	if len(form) < 10 {
		t.Fatalf("%d items", len(form))
	}
	for name, c := range map[string]struct {
		h1, h2, state string
		score         float64
	}{"all pass": {"pass", "pass", "passed", 100}, "one fails": {"fail", "pass", "noticing", 100 * 107.0 / 115}, "one does not apply": {"na", "fail", "noticing", 100 * 95.0 / 107}} {
		k := at(d, "on_site", map[string]any{"kind": "hotels", "norm": "GY/421"})
		k.Hands["inspectors"] = []string{clerk, "0SECOND"}
		form["h1"], form["h2"] = c.h1, c.h2
		k = d.do(k, "check", form)
		if got, _ := k.Data["score"].(float64); k.State != c.state || got < c.score-1e-9 || got > c.score+1e-9 {
			t.Errorf("%s: %v in %s, not %v", name, k.Data["score"], k.State, c.score)
		}
	}
}
