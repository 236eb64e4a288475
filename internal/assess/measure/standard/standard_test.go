package standard_test

import (
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/assess/measure/standard"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// From a draft to what binds, by way of comments, another's approval and a date.
func TestTheLifeOfAStandard(t *testing.T) {
	each(t, func(b *bench) {
		officer, chief := b.as("officer"), b.as("chief")
		s := b.draft(standard.Content{Items: []standard.Item{item("radio", "worst_programmes", limit("all", 15))}})
		_, err := b.desk.Submit(officer, s.ID, 1, s.Revision, "")
		b.refused(err, "measure.standard.from")
		s, err = b.desk.Submit(officer, s.ID, 1, s.Revision, "2026-07-01")
		b.do(err)
		v := s.Versions[0]
		if v.State != standard.Submitted || v.Evidence == nil || v.Evidence.SM3 == "" {
			b.Fatalf("submitted: %+v", v)
		}
		if kept, err := b.desk.ImpactOf(chief, s.ID, 1, true); err != nil || kept.Facts != v.Evidence.Facts || len(kept.Items) != 1 {
			b.Fatalf("the impact that was kept: %+v %v", kept, err)
		}
		_, err = b.desk.Approve(officer, s.ID, 1, s.Revision, v.Digest)
		b.refused(err, "measure.standard.own")
		_, err = b.desk.Approve(chief, s.ID, 1, s.Revision, strings.Repeat("0", 64))
		b.refused(err, "measure.standard.changed")
		_, err = b.desk.Approve(chief, s.ID, 1, s.Revision-1, v.Digest)
		b.refused(err, "stale")
		b.same["chief"], b.same["officer"] = "one", "one"
		_, err = b.desk.Approve(chief, s.ID, 1, s.Revision, v.Digest)
		b.refused(err, "measure.standard.not_independent")
		delete(b.same, "chief")
		_, err = b.desk.Publish(officer, s.ID, 1, s.Revision)
		b.refused(err, "measure.standard.state")

		s, err = b.desk.Reject(chief, s.ID, 1, s.Revision, "门槛太低")
		b.do(err)
		c := s.Versions[0].Content
		c.Items[0].Thresholds[0].Value = 17
		s, err = b.desk.Edit(officer, s.ID, 1, s.Revision, c)
		b.do(err)
		if v := s.Versions[0]; v.Digest != "" || v.Evidence != nil || v.State != standard.Draft {
			b.Fatalf("an edit left what was said of the text before: %+v", v)
		}
		was := s
		s = b.approved(s)
		if _, err := b.desk.Edit(officer, s.ID, 1, was.Revision, c); !fault.Is(err, "stale") {
			b.Fatalf("an old draft was written over an approved one: %v", err)
		}
		s, err = b.desk.Publish(officer, s.ID, 1, s.Revision)
		b.do(err)
		if got := b.inForce(); got != 0 {
			b.Errorf("in force before its day: %d", got)
		}
		b.day("2026-07-01")
		if got := b.inForce(); got != 1 {
			b.Errorf("in force on its day: %d", got)
		}

		s, err = b.desk.Begin(officer, s.ID, s.Revision, 1)
		b.do(err)
		if got := s.Versions[0]; got.Number != 2 || got.Content.From != "" || len(got.Content.Items) != 1 || got.Base != 1 {
			b.Fatalf("the second draft: %+v", got)
		}
		_, err = b.desk.Begin(officer, s.ID, s.Revision, 1)
		b.refused(err, "measure.standard.open")
		c = s.Versions[0].Content
		c.From = "2026-07-01"
		s, err = b.desk.Edit(officer, s.ID, 2, s.Revision, c)
		b.do(err)
		s = b.approved(s)
		_, err = b.desk.Publish(officer, s.ID, 2, s.Revision)
		b.refused(err, "measure.standard.from_before")
		c.From = "2027-01-01"
		s, err = b.desk.Edit(officer, s.ID, 2, s.Revision, c)
		b.do(err)
		s = b.published(s)
		if v := s.Versions[0]; v.PublishedBy == nil || *v.PublishedBy != auth.Who(officer).Person() || v.PublishedAt == nil {
			b.Errorf("nobody knows who published it: %+v", v)
		}
		b.day("2026-12-31")
		if got := b.inForce(); got != 1 {
			b.Errorf("before the second begins: %d", got)
		}
		b.day("2027-01-01")
		if got := b.inForce(); got != 2 {
			b.Errorf("once the second began: %d", got)
		}
		list, err := b.desk.List(officer, standard.Filter{})
		b.do(err)
		if first := list[0].Versions[1]; first.Until != "2027-01-01" {
			b.Errorf("the first ends when the second begins: %+v", first)
		}
		s, err = b.desk.Repeal(chief, s.ID, 2, s.Revision, "2027-03-01", "被新办法代替")
		b.do(err)
		b.day("2027-03-01")
		if got := b.inForce(); got != 0 {
			b.Errorf("after it was repealed: %d; what it replaced must not come back", got)
		}
		b.refused(second(b.desk.Withdraw(officer, s.ID, 2, s.Revision, "不要了")), "measure.standard.state")
	})
}

// Nobody is asked about, or for approval of, what could not begin any more.
func TestADayThatIsOverIsRefusedAtEachStep(t *testing.T) {
	each(t, func(b *bench) {
		officer := b.as("officer")
		over := func(err error, code, place string) {
			b.Helper()
			if !fault.Is(err, code) || fault.Of(err).Place != place {
				b.Errorf("got %v at %s, want %s at %s", err, fault.Of(err).Place, code, place)
			}
		}
		hearing := standard.Hearing{Closes: "2026-06-20"}
		past := standard.Content{From: "2026-05-31", Items: []standard.Item{item("radio", "")}}
		s := b.draft(past)
		over(second(b.desk.Hear(officer, s.ID, 1, s.Revision, hearing)), "measure.standard.from_past", "content.from")
		over(second(b.desk.Submit(officer, s.ID, 1, s.Revision, "")), "measure.standard.from_past", "content.from")
		past.From, past.Pilot = "2026-07-01", &standard.PilotPlan{Zone: "inner", From: "2026-05-31", Until: "2026-06-10"}
		s, err := b.desk.Edit(officer, s.ID, 1, s.Revision, past)
		b.do(err)
		over(second(b.desk.Hear(officer, s.ID, 1, s.Revision, hearing)), "measure.standard.pilot_past", "content.pilot.from")
		over(second(b.desk.Submit(officer, s.ID, 1, s.Revision, "")), "measure.standard.pilot_past", "content.pilot.from")
		past.Pilot.From = "2026-06-01" // begins today
		s, err = b.desk.Edit(officer, s.ID, 1, s.Revision, past)
		b.do(err)
		s = b.published(s)
		b.day("2026-06-15") // the pilot is over, and binding all is still ahead
		over(second(b.desk.Submit(officer, s.ID, 1, s.Revision, "2026-06-14")), "measure.standard.from_past", "content.from")
		s, err = b.desk.Submit(officer, s.ID, 1, s.Revision, "2026-06-15")
		b.do(err)
		s, err = b.desk.Approve(b.as("chief"), s.ID, 1, s.Revision, s.Versions[0].Digest)
		b.do(err)
		b.day("2026-06-16") // nobody published it in time: it goes back to its pilot, and is submitted with another day
		over(second(b.desk.Publish(officer, s.ID, 1, s.Revision)), "measure.standard.from_past", "content.from")
		s, err = b.desk.Reject(b.as("chief"), s.ID, 1, s.Revision, "施行日已过")
		b.do(err)
		if s.Versions[0].State != standard.Pilot {
			b.Fatalf("sent back it is %s", s.Versions[0].State)
		}
		s, err = b.desk.Submit(officer, s.ID, 1, s.Revision, "2026-06-16")
		b.do(err)

		open := b.draft(standard.Content{Items: []standard.Item{item("radio", "")}})
		open, err = b.desk.Hear(officer, open.ID, 1, open.Revision, hearing) // a day may be settled after it
		b.do(err)
		open, err = b.desk.Close(officer, open.ID, 1, open.Revision)
		b.do(err)
		over(second(b.desk.Submit(officer, open.ID, 1, open.Revision, "")), "measure.standard.from", "content.from")
	})
}

// Comments close before a version binds: after that they could change nothing.
func TestCommentsCloseBeforeAVersionIsInForce(t *testing.T) {
	each(t, func(b *bench) {
		officer := b.as("officer")
		s := b.draft(standard.Content{From: "2026-06-20", Items: []standard.Item{item("radio", "")}})
		_, err := b.desk.Hear(officer, s.ID, 1, s.Revision, standard.Hearing{Closes: "2026-06-20"})
		if !fault.Is(err, "measure.standard.closes_late") || fault.Of(err).Place != "closes" {
			b.Errorf("got %v", err)
		}
		_, err = b.desk.Hear(officer, s.ID, 1, s.Revision, standard.Hearing{Closes: "2026-06-19"})
		b.do(err)
	})
}

func second[T any](_ T, err error) error { return err }

func TestPartiesComment(t *testing.T) {
	each(t, func(b *bench) {
		officer, party := b.as("officer"), b.as("district", "c.d1.")
		s := b.draft(standard.Content{From: "2026-09-01", Items: []standard.Item{item("radio", "")}})
		remark := standard.NewRemark{Item: "radio", Party: "第一区", Stance: "change", Reason: "山区做不到", Source: standard.FromAccount}
		_, err := b.desk.Remark(party, s.ID, 1, remark)
		b.refused(err, "measure.standard.state")
		_, err = b.desk.Hear(officer, s.ID, 1, s.Revision, standard.Hearing{Closes: "2026-05-31"})
		b.refused(err, "measure.standard.closes")
		_, err = b.desk.Hear(officer, s.ID, 1, s.Revision, standard.Hearing{Closes: "2026-06-20", Parties: []string{"残联", ""}})
		if !fault.Is(err, "measure.standard.party") || fault.Of(err).Place != "parties[1]" {
			b.Fatalf("a party without a name: %v", err)
		}
		s, err = b.desk.Hear(officer, s.ID, 1, s.Revision, standard.Hearing{Closes: "2026-06-20", Parties: []string{"第一区", "残联"}})
		b.do(err)
		_, err = b.desk.Edit(officer, s.ID, 1, s.Revision, s.Versions[0].Content)
		b.refused(err, "measure.standard.state")

		b.day("2026-06-10")
		first, err := b.desk.Remark(party, s.ID, 1, remark)
		b.do(err)
		if !first.Invited || first.Received != "2026-06-10" || first.By.ID != "district" {
			b.Errorf("%+v", first)
		}
		letter := standard.NewRemark{Party: "某公司", Stance: "oppose", Reason: "成本太高", Source: "letter", Received: "2026-06-05"}
		_, err = b.desk.Remark(party, s.ID, 1, letter)
		b.refused(err, "auth.no_grant")
		_, err = b.desk.Remark(officer, s.ID, 1, letter)
		b.refused(err, "measure.standard.source_note")
		letter.SourceNote = "函〔2026〕3号"
		later, err := b.desk.Remark(officer, s.ID, 1, letter)
		b.do(err)
		if later.Invited {
			b.Error("who was not invited is said to have been")
		}
		for code, bad := range map[string]standard.NewRemark{
			"measure.standard.no_item":  {Item: "nothing", Party: "x", Stance: "support", Reason: "好的", Source: standard.FromAccount},
			"measure.standard.received": {Party: "x", Stance: "support", Reason: "好的", Source: standard.FromAccount, Received: "2026-06-11"},
		} {
			_, err = b.desk.Remark(party, s.ID, 1, bad)
			b.refused(err, code)
		}
		b.day("2026-06-25")
		_, err = b.desk.Remark(party, s.ID, 1, standard.NewRemark{Party: "x", Stance: "support", Reason: "好的", Source: standard.FromAccount})
		b.refused(err, "measure.standard.late")

		s, err = b.desk.Close(officer, s.ID, 1, s.Revision)
		b.do(err)
		_, err = b.desk.Submit(officer, s.ID, 1, s.Revision, "")
		b.refused(err, "measure.standard.unanswered")
		_, err = b.desk.Answer(party, s.ID, 1, first.ID, 1, "accepted", "自己答复自己")
		b.refused(err, "auth.no_grant")
		for _, c := range []standard.Remark{first, later} {
			answered, err := b.desk.Answer(officer, s.ID, 1, c.ID, c.Revision, "partly", "山区另定门槛")
			b.do(err)
			if answered.Verdict != "partly" || answered.AnsweredAt == nil {
				b.Errorf("%+v", answered)
			}
			_, err = b.desk.Answer(officer, s.ID, 1, c.ID, c.Revision, "declined", "再答一次")
			b.refused(err, "stale")
		}
		s = b.approved(s)
		_, err = b.desk.Answer(officer, s.ID, 1, first.ID, 2, "declined", "批准之后改口")
		b.refused(err, "measure.standard.state")
		list, err := b.desk.Remarks(b.as("reader"), s.ID, 1)
		if b.do(err); len(list) != 2 || list[1].SourceNote != "函〔2026〕3号" || list[1].Answer != "山区另定门槛" {
			b.Errorf("%+v", list)
		}
	})
}

func TestBadDraftsAreRefusedWithTheirPlace(t *testing.T) {
	each(t, func(b *bench) {
		s := b.draft(standard.Content{})
		twice := []standard.Item{item("a", ""), item("a", "")}
		noLimit, noIndicator := item("a", "fibre_share"), item("a", "")
		noIndicator.Thresholds = []standard.Threshold{limit("all", 1)}
		noSide := item("a", "fibre_share", limit("all", 1))
		noSide.Comparison = ""
		for place, bad := range map[string]standard.Content{
			"content.from":                       {From: "2026-02-30"},
			"content.until":                      {From: "2026-07-01", Until: "2026-07-01"},
			"content.items[1].key":               {Items: twice},
			"content.items[0].indicator":         {Items: []standard.Item{item("a", "no_such", limit("all", 1))}},
			"content.items[0].thresholds":        {Items: []standard.Item{noLimit}},
			"content.items[0].comparison":        {Items: []standard.Item{noSide}},
			"content.items[0].thresholds[0].for": {Items: []standard.Item{item("a", "fibre_share", limit("zone:moon", 1))}},
			"content.items[0].thresholds[1].for": {Items: []standard.Item{item("a", "fibre_share", limit("all", 1), limit("all", 2))}},
			"content.pilot.zone":                 {Pilot: &standard.PilotPlan{From: "2026-07-01", Until: "2026-08-01"}},
			"content.pilot.until":                {Pilot: &standard.PilotPlan{Zone: "inner", From: "2026-08-01", Until: "2026-08-01"}},
			"content.pilot.regions[0]":           {Pilot: &standard.PilotPlan{Regions: []string{"x"}, From: "2026-07-01", Until: "2026-08-01"}},
		} {
			if _, err := b.desk.Edit(b.as("officer"), s.ID, 1, s.Revision, bad); err == nil || fault.Of(err).Place != place {
				b.Errorf("%s: got %v", place, err)
			}
		}
		if _, err := b.desk.Edit(b.as("officer"), s.ID, 1, s.Revision, standard.Content{Items: []standard.Item{noIndicator}}); !fault.Is(err, "measure.standard.no_indicator") {
			b.Errorf("a threshold of nothing: %v", err)
		}
		unfinished := item("a", "")
		unfinished.OwedToEn = " "
		s, err := b.desk.Edit(b.as("officer"), s.ID, 1, s.Revision, standard.Content{From: "2026-07-01", Items: []standard.Item{unfinished}})
		b.do(err)
		if _, err := b.desk.Submit(b.as("officer"), s.ID, 1, s.Revision, ""); !fault.Is(err, "measure.standard.missing") || fault.Of(err).Place != "content.items[0].owedToEn" {
			b.Errorf("unfinished: %v", err)
		}
	})
}

// A district reads what binds it, writes only its own, and does not see that of another.
func TestStandardsAreSeenWhereTheyBind(t *testing.T) {
	each(t, func(b *bench) {
		city := b.draft(standard.Content{})
		one, other := b.as("one", "c.d1."), b.as("other", "c.d2.")
		own, err := b.desk.Create(one, standard.NewStandard{Facts: standard.Facts{Code: "D1", Kind: standard.Outlet, NameZh: "区", NameEn: "D"}, RegionCode: "d1", CopyOf: city.ID + ":1"})
		b.do(err)
		_, err = b.desk.Create(one, standard.NewStandard{Facts: standard.Facts{Code: "D1", Kind: standard.Outlet, NameZh: "区", NameEn: "D"}, RegionCode: "d1"})
		b.refused(err, "measure.standard.taken")
		_, err = b.desk.Create(one, standard.NewStandard{Facts: standard.Facts{Code: "D2", Kind: standard.Outlet, NameZh: "区", NameEn: "D"}, RegionCode: "d2"})
		b.refused(err, "auth.no_grant")
		if list, err := b.desk.List(one, standard.Filter{}); err != nil || len(list) != 2 || list[0].Writes || !list[1].Writes {
			b.Errorf("%+v %v", list, err)
		}
		if list, err := b.desk.List(other, standard.Filter{}); err != nil || len(list) != 1 {
			b.Errorf("%+v %v", list, err)
		}
		b.refused(second(b.desk.Edit(one, city.ID, 1, city.Revision, standard.Content{})), "auth.no_grant")
		b.refused(second(b.desk.Whole(other, own.ID, 1)), "measure.standard.not_found")
		renamed, err := b.desk.Rename(one, own.ID, own.Revision, standard.Facts{Code: "D1", Kind: standard.Station, NameZh: "新名", NameEn: "New"})
		if b.do(err); renamed.NameZh != "新名" || renamed.Kind != standard.Station {
			b.Errorf("%+v", renamed)
		}
		b.refused(second(b.desk.Rename(one, own.ID, renamed.Revision, standard.Facts{Code: "D9", Kind: standard.Station, NameZh: "新名", NameEn: "New"})), "measure.standard.code")
		if named := b.published(b.draft(standard.Content{From: "2026-06-01", Items: []standard.Item{item("a", "")}})); true {
			_, err := b.desk.Rename(b.as("officer"), named.ID, named.Revision, standard.Facts{Code: named.Code, Kind: standard.Hotel, NameZh: "批准后改名", NameEn: "Renamed"})
			b.refused(err, "measure.standard.named")
		}
		if users := b.desk.UsersOf("fibre_share"); len(users) != 0 {
			b.Error(users)
		}
		b.draft(standard.Content{Items: []standard.Item{item("fibre", "fibre_share", limit("all", 90))}})
		if users := b.desk.UsersOf("fibre_share"); len(users) != 1 {
			b.Errorf("an indicator that a draft refers to is free to go: %v", users)
		}
	})
}
