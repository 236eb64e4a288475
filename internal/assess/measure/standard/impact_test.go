package standard_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/assess/measure/standard"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// facts of the bench: the first district has 20 programmes, the second 14, of the third nobody said.
// Of 100 homes each the towns have 95, 80, 60 with fibre, and the third district's street all.
func (b *bench) facts() {
	b.Helper()
	b.state("programmes", "d1", "2026-03", 20)
	b.state("programmes", "d2", "2026-03", 14)
	for unit, fibre := range map[string]float64{"t11": 95, "t12": 80, "t21": 60, "t31": 100} {
		b.state("homes", unit, "2026-03", 100)
		b.state("fibre", unit, "2026-03", fibre)
	}
	b.state("faults", "d1", "2026-05", 7)
	b.state("faults", "d2", "2026-05", 3)
}

func TestImpactOnCurrentFacts(t *testing.T) {
	each(t, func(b *bench) {
		b.facts()
		fibre := item("fibre", "fibre_share", limit("all", 50), limit("area:urban", 96), limit("kind:town", 70), limit("zone:first", 75), limit("zone:inner", 65))
		fibre.Level = "township"
		few := item("faults", "fault_count", limit("zone:inner", 5))
		few.Comparison = standard.AtMost
		s := b.draft(standard.Content{From: "2026-07-01", Pilot: &standard.PilotPlan{Zone: "first", From: "2026-06-10", Until: "2026-06-20"},
			Items: []standard.Item{item("radio", "worst_programmes", limit("all", 15), limit("zone:first", 21)), fibre, few, item("conduct", "")}})
		got, err := b.desk.ImpactOf(b.as("officer"), s.ID, 1, false)
		b.do(err)
		// By hand: d1 20 < 21 short 1 (4,000 people), d2 14 < 15 short 1 (6,000), d3 unknown (2,000).
		radio := got.Items[0]
		if radio.Sum != (standard.Sum{Failed: 2, Unknown: 1, PeopleFailed: 10000, PeopleUnknown: 2000}) {
			b.Errorf("radio: %+v", radio.Sum)
		}
		if u := radio.Units[0]; u.Threshold != 21 || *u.Value != 20 || *u.Short != 1 || u.Data.String() != "2026-03" || u.Stale || !u.Tried || u.People != 4000 {
			b.Errorf("the first district: %+v", u)
		}
		if u := radio.Units[2]; u.Value != nil || u.Standing != standard.Unknown || u.Short != nil {
			b.Errorf("the third, of which nothing is known: %+v", u)
		}
		if radio.Tried == nil || *radio.Tried != (standard.Sum{Failed: 1, PeopleFailed: 4000}) {
			b.Errorf("where it is tried first: %+v", radio.Tried)
		}
		// Townships: t11 and t12 lie in both zones, of which 75 is the stricter: both keep it. t21 lies in
		// "inner": 60 < 65. t31 is a street: 100 ≥ 96.
		want := map[string]struct {
			limit float64
			of    standard.Standing
		}{"t11": {75, standard.Kept}, "t12": {75, standard.Kept}, "t21": {65, standard.Failed}, "t31": {96, standard.Kept}}
		for _, u := range got.Items[1].Units {
			if w := want[u.Code]; u.Threshold != w.limit || u.Standing != w.of {
				b.Errorf("%s: %+v, want %+v", u.Code, u, w)
			}
		}
		if got.Items[1].Sum != (standard.Sum{Kept: 3, Failed: 1, PeopleKept: 6000, PeopleFailed: 6000}) {
			b.Errorf("fibre: %+v", got.Items[1].Sum)
		}
		if f := got.Items[2]; f.Free != 1 || f.Sum != (standard.Sum{Kept: 1, Failed: 1, PeopleKept: 6000, PeopleFailed: 4000}) || math.Abs(*f.Units[0].Short-2) > 1e-9 {
			b.Errorf("at most: %+v", f)
		}
		if c := got.Items[3]; c.Free != 3 || len(c.Units) != 0 {
			b.Errorf("judged by nothing that is counted: %+v", c)
		}
		tried, err := b.desk.Try(b.as("officer"), s.ID, []standard.Item{item("new", "worst_programmes", limit("all", 14))}, nil)
		if b.do(err); tried.Items[0].Sum.Kept != 2 || len(tried.Items) != 1 {
			b.Errorf("an item that is not kept yet: %+v", tried.Items)
		}
		b.day("2026-12-01")
		got, err = b.desk.ImpactOf(b.as("officer"), s.ID, 1, false)
		if b.do(err); !got.Items[0].Units[0].Stale {
			b.Error("a value of half a year ago does not say that it is out of date")
		}
	})
}

// The evidence stays as it was when facts change.
func TestEvidenceIsOfItsMoment(t *testing.T) {
	each(t, func(b *bench) {
		b.facts()
		s := b.approved(b.draft(standard.Content{From: "2026-07-01", Items: []standard.Item{item("radio", "worst_programmes", limit("all", 15))}}))
		b.state("programmes", "d2", "2026-05", 16)
		kept, err := b.desk.ImpactOf(b.as("reader"), s.ID, 1, true)
		if b.do(err); kept.Items[0].Sum.Failed != 1 {
			b.Errorf("kept: %+v", kept.Items[0].Sum)
		}
		now, err := b.desk.ImpactOf(b.as("reader"), s.ID, 1, false)
		if b.do(err); now.Items[0].Sum.Failed != 0 || now.Facts <= kept.Facts {
			b.Errorf("now: %+v", now.Items[0].Sum)
		}
	})
}

// Who sees one district reads its values in an impact, and the sums of all.
func TestAnImpactTellsNoValuesOfOthers(t *testing.T) {
	each(t, func(b *bench) {
		b.facts()
		s := b.approved(b.draft(standard.Content{From: "2026-07-01", Items: []standard.Item{item("radio", "worst_programmes", limit("all", 15))}}))
		for _, kept := range []bool{true, false} {
			all, err := b.desk.ImpactOf(b.as("officer"), s.ID, 1, kept)
			b.do(err)
			own, err := b.desk.ImpactOf(b.as("d2 reader", "c.d2."), s.ID, 1, kept)
			b.do(err)
			if len(all.Items[0].Units) < 2 || len(own.Items[0].Units) != 1 || own.Items[0].Units[0].Code != "d2" || own.Items[0].Sum != all.Items[0].Sum {
				b.Errorf("kept %t: %+v", kept, own.Items[0])
			}
		}
	})
}

// Others write while an impact is reckoned, and what is kept is of the facts when it was submitted.
func TestFactsThatComeWhileAnImpactIsReckoned(t *testing.T) {
	each(t, func(b *bench) {
		b.facts()
		s := b.published(b.draft(standard.Content{From: "2027-01-01", Pilot: &standard.PilotPlan{Zone: "first", From: "2026-07-01", Until: "2026-10-01"}, Items: []standard.Item{item("radio", "worst_programmes", limit("all", 15))}}))
		b.day("2026-08-31")
		looks := 0
		b.onZones = func() {
			if looks++; looks == 2 { // the impact is there, what came of the pilot is not
				ctx, stop := context.WithTimeout(b.Context(), 5*time.Second)
				defer stop()
				v, _ := fact.ValueOf(16)
				may, _ := period.Parse("2026-05")
				b.do(b.db.Housekeep(ctx, func(tx *store.Tx) error {
					_, err := b.desk.Ledger.Take(ctx, tx, fact.Origin{Source: fact.FromHand}, []fact.Entry{{Element: "programmes", Unit: "d2", Region: "d2", Period: may, Value: &v}})
					return err
				}))
			}
		}
		s, err := b.desk.Submit(b.as("officer"), s.ID, 1, s.Revision, "2026-12-01")
		b.onZones = nil
		b.do(err)
		if looks != 4 {
			b.Errorf("reckoned %d times, want twice an impact and a pilot", looks)
		}
		kept, err := b.desk.ImpactOf(b.as("chief"), s.ID, 1, true)
		if b.do(err); kept.Items[0].Sum.Kept != 2 || len(kept.Pilot) != 1 {
			b.Errorf("kept: %+v", kept.Items[0].Sum)
		}
		if _, err := b.desk.Submit(b.as("officer"), s.ID, 1, s.Revision-1, "2026-12-01"); !fault.Is(err, "stale") {
			b.Errorf("of a version that was changed: %v", err)
		}
	})
}

// A pilot binds its zone and nobody else, in its days; then it is approved once more, with what
// came of it, to bind all.
func TestAPilotBindsOnlyItsZone(t *testing.T) {
	each(t, func(b *bench) {
		b.facts()
		s := b.published(b.draft(standard.Content{From: "2026-06-01", Items: []standard.Item{item("radio", "worst_programmes", limit("all", 10))}}))
		s, err := b.desk.Begin(b.as("officer"), s.ID, s.Revision, 1)
		b.do(err)
		c := standard.Content{From: "2027-01-01", Pilot: &standard.PilotPlan{Zone: "first", From: "2026-07-01", Until: "2026-10-01"}, Items: []standard.Item{item("radio", "worst_programmes", limit("all", 25))}}
		s, err = b.desk.Edit(b.as("officer"), s.ID, 2, s.Revision, c)
		b.do(err)
		s = b.published(s)
		if v := s.Versions[0]; v.State != standard.Pilot || v.PilotedBy == nil || *v.PilotedBy != auth.Who(b.as("officer")).Person() {
			b.Fatalf("%+v", v)
		}
		stands := func(unit string, want standard.Standing, number int) {
			b.Helper()
			if got, n := b.standing(unit, "radio"); got != want || n != number {
				b.Errorf("%s: %s by version %d, want %s by %d", unit, got, n, want, number)
			}
		}
		stands("d1", standard.Kept, 1) // before it begins
		b.day("2026-07-01")
		stands("d1", standard.Failed, 2)
		stands("t11", standard.Failed, 2) // by the district around it
		stands("d2", standard.Kept, 1)
		stands("d3", standard.Unknown, 1)
		b.state("programmes", "d1", "2026-08", 26)
		b.day("2026-08-31")
		stands("d1", standard.Kept, 2)
		whole, err := b.desk.Compliance(b.Context(), []string{"c"}, period.Period{})
		b.do(err)
		if len(whole) != 2 || !whole[0].Tried || whole[0].Within.Kept != 1 || whole[1].Within.Kept != 1 || whole[1].Within.Unknown != 1 || whole[1].Standing != standard.Unknown {
			b.Errorf("the city: %+v", whole)
		}

		s, err = b.desk.Submit(b.as("officer"), s.ID, 2, s.Revision, "2026-12-01")
		b.do(err)
		kept, err := b.desk.ImpactOf(b.as("chief"), s.ID, 2, true)
		b.do(err)
		if len(kept.Pilot) != 1 || len(kept.Pilot[0].Units) != 1 || *kept.Pilot[0].Units[0].Before != 20 || *kept.Pilot[0].Units[0].Value != 26 {
			b.Fatalf("what came of the pilot: %+v", kept.Pilot)
		}
		stands("d1", standard.Kept, 2) // it goes on while that is judged
		b.refused(second(b.desk.Edit(b.as("officer"), s.ID, 2, s.Revision, c)), "measure.standard.state")
		s, err = b.desk.Approve(b.as("chief"), s.ID, 2, s.Revision, s.Versions[0].Digest)
		b.do(err)
		s, err = b.desk.Publish(b.as("officer"), s.ID, 2, s.Revision)
		b.do(err)
		b.day("2026-11-01")
		stands("d1", standard.Kept, 1) // the pilot is over, and it does not bind all yet
		b.day("2026-12-01")
		stands("d2", standard.Failed, 2)
		if v := s.Versions[0]; v.State != standard.Published || v.Content.From != "2026-12-01" {
			b.Errorf("%+v", v)
		}
	})
}

// Over a period that is named, only what was stated of it counts.
func TestComplianceOverAPeriod(t *testing.T) {
	each(t, func(b *bench) {
		b.facts()
		few := item("faults", "fault_count", limit("all", 5))
		few.Comparison = standard.AtMost
		b.published(b.draft(standard.Content{From: "2026-06-01", Items: []standard.Item{few}}))
		b.day("2026-06-15")
		for text, want := range map[string]standard.Standing{"2026-06": standard.Unknown, "2026Q2": standard.Failed} {
			p, err := period.Parse(text)
			b.do(err)
			got, err := b.desk.Compliance(b.Context(), []string{"d1"}, p)
			if b.do(err); len(got) != 1 || got[0].Standing != want {
				b.Errorf("%s: %+v, want %s", text, got, want)
			}
		}
		p, err := period.Parse("2026-05")
		b.do(err)
		if got, err := b.desk.Compliance(b.Context(), []string{"d1"}, p); err != nil || len(got) != 0 {
			b.Errorf("before it was in force: %+v %v", got, err)
		}
	})
}

// What adds up is judged when its period is over: a month that began today has neither kept nor failed
// anything, while a state of today is one.
func TestAMonthThatRunsIsNotJudged(t *testing.T) {
	each(t, func(b *bench) {
		b.facts()
		b.state("faults", "d1", "2026-06", 1)
		b.state("faults", "d3", "2026-06", 1)
		b.state("programmes", "d1", "2026-06", 12)
		few := item("faults", "fault_count", limit("all", 5))
		few.Comparison = standard.AtMost
		s := b.draft(standard.Content{From: "2026-07-01", Items: []standard.Item{few, item("radio", "worst_programmes", limit("all", 15))}})
		got, err := b.desk.ImpactOf(b.as("officer"), s.ID, 1, false)
		b.do(err)
		u := got.Items[0].Units
		if u[0].Standing != standard.Failed || *u[0].Value != 7 || u[0].Data.String() != "2026-05" || u[1].Standing != standard.Kept || u[2].Standing != standard.Unknown {
			b.Errorf("faults: %+v", u)
		}
		if u := got.Items[1].Units[0]; u.Standing != standard.Failed || *u.Value != 12 || u.Data.String() != "2026-06" {
			b.Errorf("programmes of the first district: %+v", u)
		}
		b.clk.Advance(30 * 24 * time.Hour) // June is over
		if got, err = b.desk.ImpactOf(b.as("officer"), s.ID, 1, false); err != nil || got.Items[0].Units[0].Standing != standard.Kept || got.Items[0].Units[2].Standing != standard.Kept {
			b.Errorf("in July: %+v %v", got.Items[0].Units, err)
		}
	})
}
