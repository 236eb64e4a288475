package app

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/app/portal"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/assess/measure/standard"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// The sample city brings the national standard in two editions and norms of its own, marked as
// samples, and does not bring back what people changed.
func TestSampleStandards(t *testing.T) {
	a := openTest(t)
	if err := a.loadMeasures(t.Context(), "things.json"); err != nil {
		t.Fatal(err)
	}
	if err := a.loadStandards(t.Context()); err != nil {
		t.Fatal(err)
	}
	officer := (&scene{a: a, t: t}).as(standardsOfficer)
	desk := a.measures.Standards
	list, err := desk.List(officer, standard.Filter{})
	if err != nil || len(list) != 6 {
		t.Fatalf("%d standards: %v", len(list), err)
	}
	national := list[0]
	if !national.Sample || len(national.Versions) != 2 || national.InForce != 2 || national.Writes {
		t.Errorf("%+v", national)
	}
	c, err := desk.Compare(officer, national.ID, 1, "2")
	if err != nil || c.Changed != 2 || c.Same != 5 {
		t.Errorf("the two editions: %d changed, %d the same, %v", c.Changed, c.Same, err)
	}
	city := list[len(list)-1]
	for _, s := range list {
		if s.Code == "BJJB-GD" {
			city = s
		}
	}
	if city.Open != 2 || city.InForce != 1 {
		t.Errorf("the city's list has no draft that is worked on: %+v", city)
	}
	if c, err := desk.Compare(officer, city.ID, 1, "2"); err != nil || c.Added != 3 || c.Changed != 0 {
		t.Errorf("the draft adds %d items and changes %d: %v", c.Added, c.Changed, err)
	}
	if _, err := desk.Withdraw(officer, city.ID, city.Open, city.Revision, "argued away"); err != nil {
		t.Fatal(err)
	}
	if err := a.loadStandards(t.Context()); err != nil {
		t.Fatal(err)
	}
	again, err := desk.List(officer, standard.Filter{State: "open"})
	if err != nil || len(again) != 0 {
		t.Errorf("what people gave up came back: %+v %v", again, err)
	}
}

// Everybody may ask what they are owed: with how their district stands, where the indicator is public.
func TestEverybodyReadsWhatTheyAreOwed(t *testing.T) {
	a := openTest(t)
	if err := a.loadMeasures(t.Context(), "things.json"); err != nil {
		t.Fatal(err)
	}
	if err := a.loadStandards(t.Context()); err != nil {
		t.Fatal(err)
	}
	quarter, err := period.Parse("2026Q1")
	if err != nil {
		t.Fatal(err)
	}
	eighteen, _ := fact.ValueOf(18)
	err = a.db.Housekeep(t.Context(), func(tx *store.Tx) error {
		_, err := a.measures.Ledger.Take(context.Background(), tx, fact.Origin{Source: fact.FromSample}, []fact.Entry{{Element: "service.tv_programmes", Unit: homeCode, Period: quarter, Value: &eighteen}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(query string) (o standard.Owed) {
		t.Helper()
		got := a.ask(operation{method: http.MethodGet, path: "/api/public/standards"}, request{query: query}, "", "")
		if got.status != http.StatusOK {
			t.Fatalf("%d %s", got.status, got.body)
		}
		if err := json.Unmarshal([]byte(got.body), &o); err != nil {
			t.Fatal(err)
		}
		return o
	}
	promises, err := portalStandards{a.measures.Standards, a.regions}.Owed(t.Context(), homeCode)
	if err != nil {
		t.Fatal(err)
	}
	rules := map[string]*portal.Rule{}
	for _, one := range promises {
		for _, it := range one.Items {
			if s := it.Stands; s != nil && s.Value != nil && *s.Value == 18 && s.Data != (portal.Name{ZH: "2026年第一季度", EN: "Q1 2026"}) {
				t.Errorf("the period is told as %+v", s.Data)
			}
			rules[one.Code+" "+it.Heading.ZH] = it.Rule
		}
	}
	hours := rules["BJ-WD 开放时间"]
	if hours == nil || hours.Each != "outlet" || hours.AtMost || len(hours.Limits) != 2 || hours.Limits[0] != (portal.Limit{Value: 40}) || hours.Limits[1].Value != 48 || hours.Limits[1].Whom.ZH == "" || strings.Contains(hours.Limits[1].Whom.ZH, "zone") {
		t.Errorf("by what an outlet is judged: %+v", hours)
	}
	if conduct, said := rules["BJ-WD 行为规范"]; conduct != nil || !said {
		t.Errorf("what nothing counts has a rule: %+v", conduct)
	}
	whole := ask("")
	if len(whole.InForce) != 6 || whole.InForce[0].Kind != standard.Service || whole.InForce[0].Before != 1 {
		t.Errorf("%+v", whole.InForce)
	}
	here := ask("region=" + homeCode)
	kept := 0
	for _, c := range here.Judged {
		if c.Item == "television" && c.Standing == standard.Kept && *c.Value == 18 {
			kept++
		}
	}
	if kept != 2 { // of the nation's 15 and the city's 18
		t.Errorf("television is kept %d times: %+v", kept, here.Judged)
	}
	if got := a.ask(operation{method: http.MethodGet, path: "/api/public/standards"}, request{query: "region=999999999999"}, "", ""); got.status != http.StatusNotFound {
		t.Errorf("nowhere: %d", got.status)
	}
	for path, want := range map[string]int{home.path: http.StatusOK, away.path: http.StatusForbidden} {
		if got := a.ask(operation{method: http.MethodGet, path: "/api/measure/compliance"}, request{query: "region=" + homeCode + "&level=township"}, viewer, path); got.status != want {
			t.Errorf("compliance as a viewer of %s: %d %s", path, got.status, got.body)
		}
	}
}
