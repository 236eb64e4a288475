package party_test

import (
	"context"
	"testing"

	"github.com/tongsheng/tongsheng/internal/register/party"
)

// why are the codes of the reasons of everybody in a pool, by name.
func (b *bench) why(f party.Filter) map[string][]string {
	b.Helper()
	all, err := b.m.Pool(context.Background(), b.db, f)
	b.ok(err)
	out, last := map[string][]string{}, ""
	for _, c := range all {
		if c.ID < last {
			b.Error("a pool is not in the order of ids")
		}
		last = c.ID
		codes := []string{}
		for _, r := range c.Reasons {
			codes = append(codes, r.Code)
		}
		if c.Eligible != (len(codes) == 0) {
			b.Errorf("%s: %v", c.NameZH, c)
		}
		out[c.NameZH] = codes
	}
	return out
}

func (b *bench) only(got []string, want ...string) {
	b.Helper()
	if len(got) != len(want) {
		b.Fatalf("got %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			b.Fatalf("got %v, want %v", got, want)
		}
	}
}

func TestTrainingChangesLaterEligibility(t *testing.T) {
	each(t, func(b *bench) {
		p := b.person("张三", party.Technician)
		need := party.Filter{Role: party.Technician, Qualification: "height", Training: "safety"}
		b.only(b.why(need)["张三"], "party.pool.qualification_none", "party.pool.training_none")
		b.state(p, party.Statement{Class: party.Qualification, Term: "height", From: b.today(-400), Until: b.today(-1), Number: "T1234567"})
		b.state(p, party.Statement{Class: party.Training, Term: "safety", From: b.today(-10), Until: b.today(300), Result: "failed", Hours: 8})
		b.only(b.why(need)["张三"], "party.pool.qualification_over", "party.pool.training_failed")
		b.state(p, party.Statement{Class: party.Qualification, Term: "height", From: b.today(0), Until: b.today(700)})
		b.state(p, party.Statement{Class: party.Training, Term: "safety", From: b.today(-1), Until: b.today(300), Result: "passed", Hours: 8})
		b.only(b.why(need)["张三"])
		need.On = b.today(301)
		b.only(b.why(need)["张三"], "party.pool.training_over")
		if _, err := b.m.Pool(context.Background(), b.db, party.Filter{Role: party.Technician, On: "tomorrow"}); err == nil {
			b.Error("no day")
		}
	})
}

func TestPlaceAndTimeChooseWhoMay(t *testing.T) {
	each(t, func(b *bench) {
		p := b.person("张三")
		here := party.Filter{Role: party.Expert, RegionPath: "cn.11.110105.001."}
		b.only(b.why(here)["张三"])
		b.only(b.why(party.Filter{Role: party.Expert, RegionPath: "cn.11.110108."})["张三"], "party.pool.region")
		b.state(p, party.Statement{Class: party.Absence, From: b.today(-1), Until: b.today(3), Private: party.Private{Note: "住院"}})
		b.only(b.why(here)["张三"], "party.pool.absent")
		here.On = b.today(4)
		b.only(b.why(here)["张三"])
		v := b.view(p)
		f := v.Facts
		f.Weekdays, f.Serves, f.Fields = []int{1, 2}, []string{"110000000000"}, []string{"law"}
		_, err := b.m.Change(clerk, p.ID, v.Revision, f)
		b.ok(err)
		// The clock stands at Tuesday, 2026-07-21.
		b.only(b.why(party.Filter{Role: party.Expert, RegionPath: "cn.11.110108.", On: "2026-07-28", Field: "law"})["张三"])
		b.only(b.why(party.Filter{Role: party.Expert, On: "2026-07-29", Field: "finance"})["张三"], "party.pool.field", "party.pool.weekday")
		if b.holds("住院") {
			b.Error("why somebody is absent is kept in the open")
		}
	})
}

func TestInterestsAndEmployersKeepOut(t *testing.T) {
	each(t, func(b *bench) {
		holding := b.organisation("控股集团", nil)
		org := b.organisation("制作公司", func(n *party.NewParty) { n.Parent = holding.ID })
		now, then, long, kin, free := b.person("现员工"), b.person("前员工"), b.person("老员工"), b.person("亲属"), b.person("无关")
		b.state(now, party.Statement{Class: party.Membership, Other: org.ID, From: b.today(-900)})
		b.state(then, party.Statement{Class: party.Membership, Other: org.ID, From: b.today(-2000), Until: b.today(-365)})
		b.state(long, party.Statement{Class: party.Membership, Other: org.ID, From: b.today(-3000), Until: b.today(-1200)})
		b.state(kin, party.Statement{Class: party.Conflict, Term: "kinship", Other: holding.ID, From: b.today(-10)})
		_, err := b.m.AddEntry(clerk, free.ID, party.Statement{Class: party.Conflict, Term: "nothing", Other: org.ID, From: b.today(0)})
		b.refused(err, "party.conflict.kind")
		_, err = b.m.AddEntry(clerk, free.ID, party.Statement{Class: party.Conflict, Term: "share", Other: free.ID, From: b.today(0)})
		b.refused(err, "party.other.self")
		why := b.why(party.Filter{Role: party.Expert, Against: []string{org.ID}})
		b.only(why["现员工"], "party.pool.employed")
		b.only(why["前员工"], "party.pool.formerly")
		b.only(why["老员工"])
		b.only(why["亲属"], "party.pool.conflict")
		b.only(why["无关"])
		why = b.why(party.Filter{Role: party.Expert, Against: []string{holding.ID, free.ID}}) // of its subsidiary, too
		b.only(why["现员工"], "party.pool.employed")
		b.only(why["无关"], "party.pool.self")
		v, err := b.m.Get(reader, org.ID)
		b.ok(err)
		if len(v.Members) != 3 || len(v.Names) < 3 {
			b.Errorf("members: %+v", v.Members)
		}
	})
}
