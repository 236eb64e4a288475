package channel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/speech"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// A timetable is approved by another, hands each occurrence over once and ahead of its time,
// survives a crash, and keeps what receipts say.
func TestADayOfATimetable(t *testing.T) {
	each(t, func(b *bench) {
		tt := b.timetable("li", "110115008000", relay("a", "07:00", 30), notice("b", "12:00", 10))
		tt, err := b.m.Submit(b.as("li"), tt.ID, tt.Revision)
		b.do(err)
		_, err = b.m.Approve(b.as("li"), tt.ID, tt.Draft.Digest)
		b.refused(err, "channel.approve.own")
		b.hand["user:wang"], b.hand["user:li"] = "one", "one"
		_, err = b.m.Approve(b.as("wang"), tt.ID, tt.Draft.Digest)
		b.refused(err, "channel.approve.not_independent")
		b.hand = map[string]string{}
		_, err = b.m.Approve(b.as("wang"), tt.ID, strings.Repeat("0", 64))
		b.refused(err, "channel.approve.changed")
		tt, err = b.m.Approve(b.as("wang"), tt.ID, tt.Draft.Digest)
		b.do(err)
		b.at(5, "06:40")
		if len(b.handed) != 0 {
			b.Fatalf("handed over too early: %+v", b.handed)
		}
		b.at(5, "06:50")
		b.m.keepUp(context.Background())
		b.restart() // and again after a crash
		b.m.keepUp(context.Background())
		if len(b.handed) != 1 {
			b.Fatalf("handed over %d times", len(b.handed))
		}
		i := b.handed[0]
		if want := time.Date(2026, 10, 5, 7, 0, 0, 0, zone); !i.StartsAt.Equal(want) || !i.EndsAt.Equal(want.Add(30*time.Minute)) || i.Relay == "" || i.Level != "township" || i.RegionCode != "110115008000" {
			b.Errorf("%+v", i)
		}
		began := i.StartsAt.Add(time.Second)
		msg := "message-of-" + i.Ref
		b.figures[msg] = Outcome{Targets: 3, Reached: 2, Played: 1, Failed: 1, Silent: 1}
		b.sounds[msg] = []Sounding{
			{Device: "51101150080000314010401", Began: began, Ended: i.EndsAt, State: "played", Yields: []Yield{{began.Add(time.Minute), began.Add(3 * time.Minute), "higher_rank"}}},
			{Device: "51101150080000314010402", Began: began.Add(time.Second), Ended: i.EndsAt, State: "failed", Reason: "player_failed"}}
		b.at(5, "07:32")
		if got := b.stages(tt); got != "05T07:00 a over" {
			b.Error(got)
		}
		var one Played
		found, err := b.m.Played(b.as("reader"), asked{Scope: principal("reader").Scope(PermRead)})
		b.do(err)
		b.call("reader", "GET", "/api/everyday/occurrences/"+found.Items[0].ID, "", 200, &one)
		if o := one.Outcome; o == nil || o.Yielded != 1 || o.Reasons["player_failed"] != 1 || !o.BeganAt.Equal(began) || !o.YieldTo.Equal(began.Add(3*time.Minute)) || o.Targets != 3 {
			b.Errorf("%+v", one.Outcome)
		}
		if len(one.Devices) != 2 || one.Devices[0].Name != "喇叭01" || len(one.Devices[0].Yields) != 1 {
			b.Errorf("%+v", one.Devices)
		}
		var csv string
		b.call("reader", "GET", "/api/everyday/occurrences/export?format=csv", "", 200, &csv)
		if !strings.Contains(csv, "新闻a") || !strings.Contains(csv, "2026-10-05 07:00:01") || !strings.Contains(csv, "播放器出错 1 台") {
			b.Error(csv)
		}
		b.call("reader", "GET", "/api/everyday/occurrences/export", "", 200, nil)
		b.call("huairou", "GET", "/api/everyday/occurrences/"+found.Items[0].ID, "", 404, nil)
	})
}

// What a newer version does not say any more is taken back, and what it says as before is left
// to sound; a former version can be gone back to.
func TestANewVersionTakesBackWhatItDoesNotSay(t *testing.T) {
	each(t, func(b *bench) {
		a, n := relay("a", "06:30", 60), notice("b", "08:00", 10)
		tt := b.publish("li", "wang", b.timetable("li", "110115008000", a, n))
		b.at(5, "06:25")
		changed := notice("b", "08:05", 10)
		other := relay("c", "08:00", 5)
		tt = b.publish("li", "wang", b.edit("li", tt, Content{Slots: []Slot{a, changed, other}}))
		b.at(5, "07:00")
		if got := b.stages(tt); got != "05T06:30 a handed" {
			b.Fatal(got)
		}
		b.at(5, "07:56")
		if got := b.stages(tt); got != "05T06:30 a over, 05T08:00 c handed, 05T08:05 b handed" {
			b.Fatal(got)
		}
		back, err := b.m.Restore(b.as("li"), tt.ID, tt.Revision, 1)
		b.do(err)
		tt = b.publish("li", "wang", back)
		b.m.keepUp(context.Background())
		if got := b.stages(tt); got != "05T06:30 a over, 05T08:00 b handed, 05T08:00 c withdrawn, 05T08:05 b withdrawn" {
			b.Fatal(got)
		}
		var withdrawn []string
		for _, i := range b.handed {
			if i.Withdraw {
				withdrawn = append(withdrawn, i.Title)
			}
		}
		if len(withdrawn) != 2 {
			b.Errorf("taken back: %v", withdrawn)
		}
		history, err := b.m.History(b.as("reader"), tt.ID)
		b.do(err)
		if len(history) != 3 || history[0].Back != 1 || history[0].State != Published || history[2].State != Superseded {
			b.Errorf("%+v", history)
		}
		b.do(b.m.Retire(b.as("li"), tt.ID, tt.Revision))
		b.m.keepUp(context.Background())
		if got := b.stages(tt); strings.Contains(got, "handed") {
			b.Error(got)
		}
		_, err = b.m.Edit(b.as("li"), tt.ID, tt.Revision+1, Edit{Name: "x", Content: Content{}})
		b.refused(err, "channel.state.retired")
	})
}

// What could not be handed over is tried again; what the platform slept through was missed, what
// is still to be had plays late; and quiet hours that came later are kept.
func TestLateMissedAndQuiet(t *testing.T) {
	each(t, func(b *bench) {
		tt := b.publish("li", "wang", b.timetable("li", "110115008000", relay("a", "07:00", 30), notice("b", "12:00", 10), relay("c", "18:00", 60), relay("d", "21:00", 30)))
		b.down = errors.New("no")
		b.at(5, "06:55")
		if got := b.stages(tt); got != "05T07:00 a planned" {
			b.Fatal(got)
		}
		b.down = nil
		b.at(5, "07:10")
		if got := b.stages(tt); got != "05T07:00 a handed" {
			b.Fatal(got)
		}
		b.at(5, "18:30") // having slept
		if got := b.stages(tt); got != "05T07:00 a over, 05T12:00 b missed, 05T18:00 c handed" {
			b.Fatal(got)
		}
		b.norms.From = "21:15"
		b.at(5, "20:55")
		if got := b.stages(tt); !strings.HasSuffix(got, "05T21:00 d skipped:quiet") {
			b.Error(got)
		}
		b.norms.From, b.answer = "22:00", Answer{Reason: fault.New(fault.Invalid, "alert.relay.form")}
		b.at(6, "06:55")
		if got := b.stages(tt); !strings.HasSuffix(got, "06T07:00 a refused:alert.relay.form") {
			b.Error(got)
		}
	})
}

func TestClashesAndQuietHoursAreRefused(t *testing.T) {
	each(t, func(b *bench) {
		submit := func(tt *Timetable) error {
			_, err := b.m.Submit(b.as("li"), tt.ID, tt.Revision)
			return err
		}
		b.refused(submit(b.timetable("li", "110115008000", relay("a", "07:00", 30), notice("b", "07:29", 10))), "channel.clash")
		b.refused(submit(b.timetable("li", "110115008000", relay("a", "21:30", 31))), "channel.quiet")
		b.refused(submit(b.timetable("li", "110115008000", relay("a", "05:29", 30))), "channel.quiet")
		first := b.publish("li", "wang", b.timetable("li", "110115008000", relay("a", "07:00", 30)))
		second := b.timetable("li", "110115008000", notice("b", "07:10", 5))
		b.refused(submit(second), "channel.clash")
		apart := b.edit("li", second, Content{Slots: []Slot{notice("b", "07:30", 5)}})
		b.do(submit(apart))
		// Levels yield to each other by precedence: it is said and not refused.
		of := b.timetable("village", "110115008001", notice("b", "07:10", 5))
		v, err := b.m.view(b.as("village"), of)
		b.do(err)
		if len(v.Clashes) != 1 || v.Clashes[0].Refused || v.Clashes[0].First || v.Clashes[0].Timetable != "" || v.Clashes[0].Name != first.Name {
			b.Errorf("%+v", v.Clashes)
		}
		_, err = b.m.Submit(b.as("village"), of.ID, of.Revision)
		b.do(err)
		days, err := b.m.Days(b.as("village"), "110115008001", "2026-10-06", 1, of.ID)
		b.do(err)
		if len(days) != 2 || days[0].YieldsTo != "" || days[1].YieldsTo != "新闻a" || days[0].Timetable != "" || days[1].State != "ahead" {
			b.Errorf("%+v", days)
		}
	})
}

func TestWhoMayDoWhat(t *testing.T) {
	each(t, func(b *bench) {
		tt := b.timetable("town", "110115008000", relay("a", "07:00", 30))
		if _, err := b.m.Create(b.as("town"), NewTimetable{Name: "x", RegionCode: "110115000000"}); !fault.IsKind(err, fault.Forbidden) {
			b.Errorf("a township made a district's timetable: %v", err)
		}
		if _, err := b.m.Edit(b.as("village"), tt.ID, tt.Revision, Edit{Name: "x"}); !fault.IsKind(err, fault.NotFound) {
			b.Errorf("a village wrote a township's timetable: %v", err)
		}
		if _, err := b.m.Submit(b.as("reader"), tt.ID, tt.Revision); !fault.IsKind(err, fault.Forbidden) {
			b.Errorf("a reader submitted: %v", err)
		}
		if _, err := b.m.Submit(b.as("town"), tt.ID, tt.Revision-1); !fault.IsKind(err, fault.Stale) {
			b.Errorf("what was read before was submitted: %v", err)
		}
		b.norms.Allowed = false
		_, err := b.m.Submit(b.as("town"), tt.ID, tt.Revision)
		b.refused(err, "channel.rule.refused")
		b.norms.Allowed, b.norms.Approvals = true, 0
		if tt, err = b.m.Submit(b.as("town"), tt.ID, tt.Revision); err != nil || tt.Published == nil {
			b.Errorf("where the rules ask for nobody it is published: %v", err)
		}
		_, err = b.m.Edit(b.as("town"), tt.ID, tt.Revision, Edit{Name: "x", Content: Content{Devices: []string{"51101160080000314010401", "x"}}})
		b.refused(err, "channel.device")
		var rows struct{ Items []Row }
		b.call("reader", "GET", base, "", 200, &rows)
		if len(rows.Items) != 1 || rows.Items[0].Next == nil {
			b.Errorf("%+v", rows)
		}
		b.call("reader", "GET", "/api/everyday/days?region=110115008000&from=2026-10-05", "", 200, nil)
		b.call("huairou", "GET", "/api/everyday/days?region=110115008000&from=2026-10-05", "", 403, nil)
		b.call("huairou", "POST", "/api/everyday/recordings?region=110115008000&name=a", "x", 403, nil, "Content-Type", "application/octet-stream")
		b.call("village", "GET", base, "", 200, &rows)
		b.call("village", "GET", base+"/"+tt.ID, "", 404, nil)
	})
}

func TestRecordingsAreHandedOverAsTheySound(t *testing.T) {
	each(t, func(b *bench) {
		r, err := b.m.keepSound(b.as("li"), township, "大喇叭.wav", speech.Clip{Data: tune(), MIME: "audio/wav", Duration: time.Second})
		b.do(err)
		s := Slot{ID: "a", Kind: Recording, Title: "村史", Days: []int{1}, Start: "07:00", Minutes: 5, Sound: &Sound{SM3: r.SM3, Name: r.Name, Millis: 1}}
		tt := b.publish("li", "wang", b.timetable("li", "110115008000", s))
		if tt.Published.Content.Slots[0].Sound.Millis != 1000 {
			b.Error("how long it is was believed")
		}
		b.at(5, "06:55")
		if i := b.handed[0]; len(i.Sound) != int(r.Bytes) || i.MIME != "audio/wav" || i.Millis != 1000 {
			b.Errorf("%+v", i)
		}
		b.call("reader", "GET", "/api/everyday/recordings/"+r.SM3, "", 200, nil)
		b.call("huairou", "GET", "/api/everyday/recordings/"+r.SM3, "", 404, nil)
		_, err = b.m.Edit(b.as("huairou"), b.timetable("huairou", "110116000000").ID, 2, Edit{Name: "x", Content: Content{Slots: []Slot{s}}})
		b.refused(err, "channel.slot.sound")
	})
}

func TestContentIsChecked(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Slot)
		place  string
	}{
		"no title":         {func(s *Slot) { s.Title = " " }, "slots[0].title"},
		"no day":           {func(s *Slot) { s.Days = nil }, "slots[0].days"},
		"an eighth day":    {func(s *Slot) { s.Days = []int{8} }, "slots[0].days"},
		"over midnight":    {func(s *Slot) { s.Start, s.Minutes = "23:30", 31 }, "slots[0].start"},
		"no time":          {func(s *Slot) { s.Start = "7" }, "slots[0].start"},
		"not a day":        {func(s *Slot) { s.From = "2026-02-30" }, "slots[0].from"},
		"ends before":      {func(s *Slot) { s.From, s.Until = "2026-02-02", "2026-02-01" }, "slots[0].until"},
		"another scheme":   {func(s *Slot) { s.Address = "file:///etc/passwd" }, "slots[0].address"},
		"too loud":         {func(s *Slot) { v := 101; s.Volume = &v }, "slots[0].volume"},
		"nothing said":     {func(s *Slot) { s.Kind = Notice }, "slots[0].text"},
		"no sound":         {func(s *Slot) { s.Kind = Recording }, "slots[0].sound"},
		"too long a sound": {func(s *Slot) { s.Kind, s.Sound = Recording, &Sound{Millis: 1_800_001} }, "slots[0].minutes"},
		"another kind":     {func(s *Slot) { s.Kind = "x" }, "slots[0].kind"},
		"an id":            {func(s *Slot) { s.ID = "a b" }, "slots[0].id"},
	} {
		s := relay("a", "07:00", 30)
		c.change(&s)
		list := (&Content{Slots: []Slot{s}}).Check()
		if len(list) != 1 || list[0].Place != c.place {
			t.Errorf("%s: %v", name, list)
		}
	}
}

func TestExceptions(t *testing.T) {
	extra := relay("x", "09:00", 10)
	extra.Days = nil
	until := relay("b", "08:00", 10)
	until.Until = "2026-10-07"
	c := Content{Slots: []Slot{relay("a", "07:00", 10), until}, Exceptions: []Exception{{From: "2026-10-06", Skip: []string{"a"}, Extra: []Slot{extra}}, {From: "2026-10-08", Until: "2026-10-09", Off: true}}}
	if list := c.Check(); len(list) > 0 {
		t.Fatal(list)
	}
	for day, want := range map[int]string{5: "ab", 6: "bx", 7: "ab", 8: "", 9: "", 10: "a"} {
		got := ""
		for _, s := range c.On(time.Date(2026, 10, day, 0, 0, 0, 0, zone)) {
			got += s.ID
		}
		if got != want {
			t.Errorf("day %d: %s, want %s", day, got, want)
		}
	}
}

// What clashes are told is what a year of days shows.
func TestClashesAreThoseOfTheDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := rapid.Custom(func(t *rapid.T) string {
			if n := rapid.IntRange(-5, 25).Draw(t, "day"); n >= 0 {
				return time.Date(2026, 10, 5, 0, 0, 0, 0, zone).AddDate(0, 0, n).Format(time.DateOnly)
			}
			return ""
		})
		slot := func(id string) Slot {
			s := relay(id, fmt.Sprintf("%02d:%02d", rapid.IntRange(6, 8).Draw(t, "h"), rapid.IntRange(0, 5).Draw(t, "m")*10), rapid.IntRange(1, 90).Draw(t, "minutes"))
			s.Days = rapid.SliceOfNDistinct(rapid.IntRange(1, 7), 1, 7, rapid.ID[int]).Draw(t, "days")
			if s.From, s.Until = day.Draw(t, "from"), day.Draw(t, "until"); s.From != "" && s.Until != "" && s.From > s.Until {
				s.From, s.Until = s.Until, s.From
			}
			return s
		}
		c := &Content{Slots: []Slot{slot("a"), slot("b")}}
		if rapid.Bool().Draw(t, "extra?") {
			x := slot("x")
			x.Days = nil
			from := rapid.IntRange(0, 20).Draw(t, "at")
			c.Exceptions = []Exception{{From: time.Date(2026, 10, 5+from, 0, 0, 0, 0, zone).Format(time.DateOnly), Extra: []Slot{x}}}
		}
		want := map[string]bool{}
		for n := range 100 {
			list := c.On(time.Date(2026, 9, 1+n, 0, 0, 0, 0, zone))
			for i := range list {
				for j := range i {
					if a, b := &list[i], &list[j]; a.begins() < b.ends() && b.begins() < a.ends() {
						pair := []string{a.ID, b.ID}
						slices.Sort(pair)
						want[strings.Join(pair, "")] = true
					}
				}
			}
		}
		got := map[string]bool{}
		for _, x := range clashes(c, c) {
			pair := []string{x.Slot, x.With}
			slices.Sort(pair)
			got[strings.Join(pair, "")] = true
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("told %v, and the days show %v", got, want)
		}
	})
}

func TestTheSampleIsPublishedOnceAndLabelled(t *testing.T) {
	each(t, func(b *bench) {
		raw := []byte(`{"name":"样例","nameEn":"Sample","regionCode":"110115000000","content":{"slots":[{"id":"a","kind":"relay","title":"转播","address":"fm:98200","days":[1],"start":"07:00","minutes":30}]}}`)
		for range 2 {
			s, err := ReadSample(raw)
			b.do(err)
			b.do(b.m.LoadSample(context.Background(), s))
		}
		rows, err := b.m.List(b.as("reader"))
		b.do(err)
		if len(rows) != 1 || !rows[0].Sample || rows[0].Number != 1 || rows[0].Draft != "" || rows[0].Name != "样例" {
			b.Errorf("%+v", rows)
		}
		var read struct{ Items []Row }
		b.call("reader", "GET", "/api/everyday/timetables", "", 200, &read, "Accept-Language", "en")
		if read.Items[0].Name != "Sample" {
			b.Errorf("in English: %+v", read.Items)
		}
		tt, err := readTimetable(context.Background(), b.deps.DB, rows[0].ID)
		b.do(err)
		if tt, err = b.m.Edit(b.as("li"), tt.ID, tt.Revision, Edit{Name: "样例", Content: tt.Published.Content}); err != nil || tt.NameEn != "Sample" {
			b.Errorf("edited: %+v, %v", tt, err)
		}
		if tt, err = b.m.Edit(b.as("li"), tt.ID, tt.Revision, Edit{Name: "改名", Content: tt.Draft.Content}); err != nil || tt.NameEn != "" {
			b.Errorf("renamed: %+v, %v", tt, err)
		}
		if _, err := ReadSample([]byte(`{"content":{"slots":[{"id":"a"}]}}`)); err == nil {
			b.Error("a sample that says nothing was read")
		}
	})
}

// However many clashes are only told, one that is refused is found.
func TestAClashIsRefusedHoweverManyAreTold(t *testing.T) {
	each(t, func(b *bench) {
		full := func(first int) (slots []Slot) {
			for n := range 80 {
				at := first + n*10
				slots = append(slots, relay(fmt.Sprintf("s%d", n), fmt.Sprintf("%02d:%02d", at/60, at%60), 10))
			}
			return slots
		}
		b.publish("li", "wang", b.timetable("li", "110115000000", full(6*60)...))
		b.publish("li", "wang", b.timetable("li", "110115008000", relay("z", "20:00", 10)))
		mine := b.timetable("li", "110115008000", append(full(6*60+5), notice("y", "20:05", 10))...)
		_, err := b.m.Submit(b.as("li"), mine.ID, mine.Revision)
		b.refused(err, "channel.clash")
	})
}

// crowd writes down many occurrences of a timetable from a time on, a second each.
func (b *bench) crowd(t *Timetable, n int, stage Stage, path string, from time.Time) {
	b.Helper()
	ctx := context.Background()
	b.do(b.deps.DB.Housekeep(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO channel_occurrence (id, timetable_id, number, slot_id, digest, region_path, kind, title, starts_at, ends_at, state, reason, message_id, outcome, changed_at)
			WITH RECURSIVE n(i) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < $1)
			SELECT '0' || $2 || i, $2, 1, 'x' || i, 'd', $3, 'relay', '', CAST($4 AS bigint) + i * 1000000, CAST($4 AS bigint) + i * 1000000 + 21600000000, $5, '', '', 'null', 0 FROM n`,
			n, t.ID, path, from.UnixMicro(), string(stage))
		return err
	}))
}

// However much was played, all of it is told of.
func TestNoDayIsCutShort(t *testing.T) {
	each(t, func(b *bench) {
		tt := b.publish("li", "wang", b.timetable("li", "110115008000", relay("a", "21:00", 5)))
		b.at(6, "08:00")
		b.crowd(tt, 2*store.MaxLimit, Over, township, time.Date(2026, 10, 5, 7, 0, 0, 0, zone))
		days, err := b.m.Days(b.as("li"), "110115008000", "2026-10-05", 1, "")
		b.do(err)
		if len(days) < 2*store.MaxLimit {
			b.Errorf("%d of %d", len(days), 2*store.MaxLimit)
		}
	})
}

// However much sounds elsewhere, one sees what sounds at home.
func TestWhatSoundsElsewhereHidesNothing(t *testing.T) {
	each(t, func(b *bench) {
		tt := b.publish("li", "wang", b.timetable("li", "110115008000", relay("a", "07:00", 30)))
		b.at(5, "06:55")
		b.crowd(&Timetable{ID: "other"}, 5001, Handed, home+"110116.", time.Date(2026, 10, 5, 5, 0, 0, 0, zone))
		b.at(5, "07:10")
		rows, err := b.m.List(b.as("li"))
		b.do(err)
		if len(rows) != 1 || rows[0].ID != tt.ID || rows[0].Now == nil || rows[0].Now.Slot != "a" {
			b.Errorf("%+v", rows)
		}
	})
}

// What is worked on is for those whose timetable it is.
func TestADraftIsNotShownToThoseBelow(t *testing.T) {
	each(t, func(b *bench) {
		tt := b.timetable("li", "110115000000", relay("a", "07:00", 30))
		for who, want := range map[string]int{"village": 0, "li": 1} {
			days, err := b.m.Days(b.as(who), "110115008001", "2026-10-06", 1, tt.ID)
			b.do(err)
			if len(days) != want {
				b.Errorf("%s sees %+v", who, days)
			}
		}
	})
}

// What sounds for hours, at however many places, keeps nothing from being handed over.
func TestWhatSoundsHoldsUpNothing(t *testing.T) {
	each(t, func(b *bench) {
		long := b.publish("li", "wang", b.timetable("li", "110115000000", relay("a", "06:30", 600)))
		b.at(5, "06:35")
		b.publish("li", "wang", b.timetable("li", "110115008000", relay("b", "07:00", 30)))
		b.clk.Advance(20 * time.Minute)
		b.do(b.m.plan(context.Background(), b.clk.Now()))
		for at, want := range map[time.Time]string{b.clk.Now(): "b", b.clk.Now().Add(12 * time.Hour): "a"} {
			due, err := dueOccurrences(context.Background(), b.deps.DB, at, 1)
			b.do(err)
			if len(due) != 1 || due[0].SlotID != want {
				b.Errorf("at %v %+v is due, beside %s", at, due, b.stages(long))
			}
		}
	})
}
