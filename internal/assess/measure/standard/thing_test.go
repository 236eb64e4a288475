package standard_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/assess/measure/standard"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// outlets of the bench: two in the first district's street and one in its town, one in the second's
// town, one in the third's street; and a hotel, which is none. Faults of May say how each stands.
func (b *bench) outlets() {
	b.Helper()
	for code, in := range map[string]string{"a": "t11", "b": "t11", "c": "t12", "d": "t21", "e": "t31"} {
		_, err := b.desk.Ledger.RegisterThing(b.as("officer"), fact.NewThing{Kind: "outlet", Code: code, ThingFacts: fact.ThingFacts{RegionCode: in, NameZh: "网点" + code, NameEn: code}})
		b.do(err)
	}
	_, err := b.desk.Ledger.RegisterThing(b.as("officer"), fact.NewThing{Kind: "hotel", Code: "h", ThingFacts: fact.ThingFacts{RegionCode: "t11", NameZh: "宾馆", NameEn: "hotel"}})
	b.do(err)
	for code, faults := range map[string]float64{"a": 2, "b": 7, "c": 7, "d": 4} {
		b.stateIn("faults", "outlet:"+code, map[string]string{"a": "t11", "b": "t11", "c": "t12", "d": "t21"}[code], "2026-05", faults)
	}
	b.stateIn("faults", "hotel:h", "t11", "2026-05", 100)
}

// each outlet may have 5 faults, in towns 8, in the zone "first" 6.
func each5() standard.Item {
	it := item("each", "fault_count", limit("all", 5), limit("kind:town", 8), limit("zone:first", 6))
	it.Level, it.Things, it.Comparison = "thing", "outlet", standard.AtMost
	return it
}

// Each outlet is judged for itself, by what is asked of where it stands.
func TestSingleThingsAreJudged(t *testing.T) {
	each(t, func(b *bench) {
		b.outlets()
		s := b.draft(standard.Content{From: "2026-06-01", Items: []standard.Item{each5()}})
		got, err := b.desk.ImpactOf(b.as("officer"), s.ID, 1, false)
		b.do(err)
		it := got.Items[0]
		said := ""
		for _, u := range it.Units {
			said += fmt.Sprintf("%s %g %s; ", u.Code, u.Threshold, u.Standing)
		}
		// The zone is the first district: 6 for a, b and c; d stands in a town: 8; e on a street: 5.
		if want := "outlet:a 6 kept; outlet:b 6 failed; outlet:c 6 failed; outlet:d 8 kept; outlet:e 5 unknown; "; said != want {
			b.Errorf("%s, want %s", said, want)
		}
		if it.Sum != (standard.Sum{Kept: 2, Failed: 2, Unknown: 1}) || len(it.Districts) != 3 || it.Districts[0].Code != "d1" || it.Districts[0].Sum != (standard.Sum{Kept: 1, Failed: 2}) || it.Districts[1].Sum != (standard.Sum{Kept: 1}) {
			b.Errorf("%+v %+v", it.Sum, it.Districts)
		}
		tried, err := b.desk.Try(b.as("officer"), s.ID, []standard.Item{each5()}, &standard.PilotPlan{Zone: "first", From: "2026-06-10", Until: "2026-06-20"})
		if b.do(err); tried.Items[0].Tried == nil || *tried.Items[0].Tried != (standard.Sum{Kept: 1, Failed: 2}) {
			b.Errorf("where it is tried first: %+v", tried.Items[0].Tried)
		}

		b.published(s)
		stands := func(unit string) standard.Compliance {
			b.Helper()
			found, err := b.desk.Compliance(b.Context(), []string{unit}, period.Period{})
			b.do(err)
			if len(found) != 1 {
				return standard.Compliance{}
			}
			return found[0]
		}
		if c := stands("d1"); c.Standing != standard.Failed || c.Within.Kept != 1 || c.Within.Failed != 2 || len(c.Each) != 3 || c.Each[0].Code != "outlet:a" || c.At != "" || c.Things != "outlet" {
			b.Errorf("a district: %+v", c)
		}
		if c := stands("d2"); c.Standing != standard.Kept || c.Within.Kept != 1 || c.Value != nil {
			b.Errorf("a district with one outlet is judged by it, and has no value of its own: %+v", c)
		}
		if c := stands("t12"); c.Within.Failed != 1 {
			b.Errorf("a town: %+v", c)
		}
		if c := stands("c"); c.Within.Kept != 2 || c.Within.Failed != 2 || c.Within.Unknown != 1 {
			b.Errorf("the city: %+v", c)
		}
		if c := stands("outlet:b"); c.Standing != standard.Failed || *c.Value != 7 || *c.Threshold != 6 || c.At != "outlet:b" || c.Within != nil {
			b.Errorf("an outlet: %+v", c)
		}
		if c := stands("hotel:h"); c.Item != "" {
			b.Errorf("a hotel by the outlets' item: %+v", c)
		}
		if _, err := b.desk.Compliance(b.Context(), []string{"outlet:none"}, period.Period{}); !fault.Is(err, "measure.thing.not_found") {
			b.Errorf("nothing: %v", err)
		}

		_, err = b.desk.Ledger.RetireThing(b.as("officer"), "outlet:b", 1, "2026-06-01")
		b.do(err)
		if c := stands("d1"); c.Within.Kept != 1 || c.Within.Failed != 1 || stands("outlet:b").Item != "" {
			b.Errorf("one that was retired is judged: %+v", c)
		}
	})
}

// A pilot judges the things of its zone, and says how they stood before.
func TestThingsInAPilot(t *testing.T) {
	each(t, func(b *bench) {
		b.outlets()
		s := b.published(b.draft(standard.Content{From: "2027-01-01", Pilot: &standard.PilotPlan{Zone: "first", From: "2026-07-01", Until: "2026-09-01"}, Items: []standard.Item{each5()}}))
		b.day("2026-07-05")
		b.stateIn("faults", "outlet:b", "t11", "2026-07", 1)
		b.day("2026-08-05") // July is over
		got, err := b.desk.ImpactOf(b.as("officer"), s.ID, 1, false)
		b.do(err)
		if len(got.Pilot) != 1 || len(got.Pilot[0].Units) != 3 || *got.Pilot[0].Units[1].Before != 7 || *got.Pilot[0].Units[1].Value != 1 {
			b.Errorf("%+v", got.Pilot)
		}
		if found, err := b.desk.Compliance(b.Context(), []string{"outlet:b", "outlet:d"}, period.Period{}); err != nil || len(found) != 1 || !found[0].Tried || found[0].Standing != standard.Kept {
			b.Errorf("%+v %v", found, err)
		}
	})
}

func TestItemsOfThingsAreCheckedAndCompared(t *testing.T) {
	each(t, func(b *bench) {
		b.outlets()
		s := b.draft(standard.Content{From: "2026-06-01", Items: []standard.Item{each5()}})
		kindless, stray, ofRegions := each5(), each5(), each5()
		kindless.Things, stray.Level, ofRegions.Indicator = "", "district", "worst_programmes"
		for place, bad := range map[string]standard.Item{"content.items[0].things": kindless, "content.items[0].indicator": ofRegions} {
			if _, err := b.desk.Edit(b.as("officer"), s.ID, 1, s.Revision, standard.Content{Items: []standard.Item{bad}}); err == nil || fault.Of(err).Place != place {
				b.Errorf("%v, want it at %s", err, place)
			}
		}
		if _, err := b.desk.Edit(b.as("officer"), s.ID, 1, s.Revision, standard.Content{Items: []standard.Item{stray}}); !fault.Is(err, "measure.standard.things") {
			b.Errorf("a kind where regions are judged: %v", err)
		}
		s = b.published(s)
		s, err := b.desk.Begin(b.as("officer"), s.ID, s.Revision, 1)
		b.do(err)
		hotels := each5()
		hotels.Things = "hotel"
		_, err = b.desk.Edit(b.as("officer"), s.ID, 2, s.Revision, standard.Content{Items: []standard.Item{hotels}})
		b.do(err)
		c, err := b.desk.Compare(b.as("reader"), s.ID, 1, "2")
		if b.do(err); c.Changed != 1 || len(c.Items[0].Texts) != 1 || c.Items[0].Texts[0].Field != "things" || !strings.Contains(said(c.Items[0].Texts[0].Pieces), "hotel") {
			b.Errorf("%+v", c.Items)
		}
	})
}
