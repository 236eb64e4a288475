package worktime

import (
	"encoding/json"
	"errors"
	"testing"
	"time"
)

// run makes a clock of a term and pauses, each "from" and "to" in turn.
func clockOf(t *testing.T, start, term string, pauses ...string) Clock {
	t.Helper()
	unit, err := ParseTerm(term)
	if err != nil {
		t.Fatal(err)
	}
	k := Clock{Term: unit, Start: at(t, start)}
	for i, p := range pauses {
		if i%2 == 0 {
			k, err = k.Pause(at(t, p))
		} else {
			k, err = k.Resume(at(t, p))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return k
}

func TestClock(t *testing.T) {
	plain, close, still := beijing(t), beijing(t, closing...), beijing(t, fixed...)
	for _, c := range []struct {
		calendar    *Calendar
		start, term string
		pauses      []string
		want        string
	}{
		{plain, "2025-03-03 10:00", "4wh", []string{"2025-03-03 11:00", "2025-03-04 09:30"}, "2025-03-04 13:30"}, // three hours left
		{plain, "2025-03-03 10:00", "4wh", []string{"2025-03-03 20:00", "2025-03-04 09:30"}, "2025-03-03 15:00"}, // had run out
		{plain, "2025-03-03 10:00", "24h", []string{"2025-03-03 11:00", "2025-03-04 11:00"}, "2025-03-05 10:00"},

		{close, "2025-03-03 10:00", "3wd", nil, "2025-03-06 18:00"},
		{close, "2025-03-03 10:00", "3wd", []string{"2025-03-04 09:00", "2025-03-04 17:00"}, "2025-03-06 18:00"}, // within a day
		{close, "2025-03-03 10:00", "3wd", []string{"2025-03-04 09:00", "2025-03-05 08:00"}, "2025-03-07 18:00"},
		{close, "2025-03-03 10:00", "3wd", []string{"2025-03-04 09:00", "2025-03-04 19:00"}, "2025-03-07 18:00"}, // the day had closed
		{close, "2025-03-03 10:00", "3wd", []string{"2025-03-04 19:00", "2025-03-05 08:00"}, "2025-03-06 18:00"}, // only the night
		{close, "2025-03-03 10:00", "3wd", []string{"2025-03-06 09:00", "2025-03-08 10:00"}, "2025-03-10 18:00"}, // resumed on Saturday: Monday
		{close, "2025-03-03 10:00", "5wd", []string{"2025-03-08 10:00", "2025-03-09 10:00"}, "2025-03-10 18:00"}, // the weekend puts nothing off
		{close, "2025-01-26 10:00", "2wd", []string{"2025-01-27 09:00", "2025-02-06 09:00"}, "2025-02-07 18:00"}, // over the festival, two days ended
		{close, "2025-03-03 10:00", "1wd", []string{"2025-03-04 18:00", "2025-03-05 10:00"}, "2025-03-04 18:00"}, // had run out
		{close, "2025-03-03 10:00", "3wd", []string{"2025-03-04 09:00", "2025-03-05 08:00", "2025-03-07 17:59", "2025-03-10 09:00"}, "2025-03-10 18:00"},

		{plain, "2025-03-03 10:00", "6d", []string{"2025-03-10 10:00", "2025-03-11 10:00"}, "2025-03-12 00:00"}, // had moved from Sunday the 9th to the 10th
		{plain, "2025-03-03 10:00", "6d", []string{"2025-03-05 10:00", "2025-03-07 10:00"}, "2025-03-12 00:00"},
		{plain, "2025-03-03 10:00", "4d", []string{"2025-03-05 10:00", "2025-03-07 10:00"}, "2025-03-11 00:00"}, // Sunday the 9th moves
		{still, "2025-03-03 10:00", "4d", []string{"2025-03-05 10:00", "2025-03-07 10:00"}, "2025-03-10 00:00"},
		{still, "2025-03-03 10:00", "1M", []string{"2025-03-05 10:00", "2025-03-07 10:00"}, "2025-04-06 00:00"},
	} {
		due, ok := c.calendar.ClockDue(clockOf(t, c.start, c.term, c.pauses...))
		if got := show(due); got != c.want || !ok {
			t.Errorf("%s + %s with %v: %s, %t, not %s", c.start, c.term, c.pauses, got, ok, c.want)
		}
	}
}

func TestRemaining(t *testing.T) {
	close := beijing(t, closing...)
	for _, c := range []struct {
		start, term, at string
		want            Amount
	}{
		{"2025-03-03 10:00", "4wh", "2025-03-03 12:30", Amount{0, 2 * time.Hour}},
		{"2025-03-03 10:00", "24h", "2025-03-03 12:30", Amount{0, 21*time.Hour + 30*time.Minute}},
		{"2025-03-03 10:00", "3wd", "2025-03-03 12:00", Amount{3, 6 * time.Hour}},
		{"2025-03-03 10:00", "3wd", "2025-03-03 20:00", Amount{3, 0}},
		{"2025-03-03 10:00", "3wd", "2025-03-06 08:00", Amount{0, 10 * time.Hour}},
		{"2025-03-03 10:00", "3wd", "2025-03-06 18:00", Amount{}},
		{"2025-03-07 10:00", "1wd", "2025-03-08 10:00", Amount{1, 0}},
		{"2025-03-07 10:00", "2wd", "2025-03-09 10:00", Amount{2, 0}},
		{"2025-03-03 10:00", "6d", "2025-03-08 10:00", Amount{2, 14 * time.Hour}}, // moved to Monday
		{"2025-03-03 10:00", "6d", "2025-03-10 17:00", Amount{0, time.Hour}},
	} {
		if got := close.Remaining(clockOf(t, c.start, c.term), at(t, c.at)); got != c.want {
			t.Errorf("%s + %s at %s: %+v, not %+v", c.start, c.term, c.at, got, c.want)
		}
	}
	for _, c := range []struct {
		term   string
		pauses []string
		at     string
		want   Amount
	}{
		{"4wh", nil, "2025-03-03 12:30", Amount{0, 2 * time.Hour}},
		{"4wh", nil, "2025-03-04 12:30", Amount{0, 10 * time.Hour}}, // beyond the term
		{"9wh", []string{"2025-03-03 11:00", "2025-03-03 17:00"}, "2025-03-03 18:00", Amount{0, 2 * time.Hour}},
		{"9wh", []string{"2025-03-03 11:00"}, "2025-03-09 18:00", Amount{0, time.Hour}}, // stands
		{"5wd", nil, "2025-03-05 17:59", Amount{1, 0}},
		{"5wd", nil, "2025-03-05 18:00", Amount{2, 0}},
		{"5wd", []string{"2025-03-05 10:00", "2025-03-06 10:00"}, "2025-03-07 18:00", Amount{3, 0}},
		{"5d", nil, "2025-03-09 10:00", Amount{5, 0}},
	} {
		if got := close.Spent(clockOf(t, "2025-03-03 10:00", c.term, c.pauses...), at(t, c.at)); got != c.want {
			t.Errorf("%s with %v at %s: spent %+v, not %+v", c.term, c.pauses, c.at, got, c.want)
		}
	}
	stands := clockOf(t, "2025-03-03 10:00", "3wd", "2025-03-04 12:00")
	if got, want := close.Remaining(stands, at(t, "2025-03-30 12:00")), (Amount{2, 6 * time.Hour}); got != want {
		t.Errorf("a clock that stands has %+v left, not %+v", got, want)
	}
	if due, ok := close.ClockDue(stands); ok {
		t.Errorf("a clock that stands is due at %v", due)
	}
}

func TestClockRefuses(t *testing.T) {
	runs := clockOf(t, "2025-03-03 10:00", "3wd")
	stands := clockOf(t, "2025-03-03 10:00", "3wd", "2025-03-04 10:00")
	early := at(t, "2025-03-03 09:00")
	for code, try := range map[string]func() (Clock, error){
		"worktime.clock.paused":  func() (Clock, error) { return stands.Pause(at(t, "2025-03-05 10:00")) },
		"worktime.clock.running": func() (Clock, error) { return runs.Resume(at(t, "2025-03-05 10:00")) },
		"worktime.clock.order":   func() (Clock, error) { return runs.Pause(early) },
	} {
		_, err := try()
		var e *Error
		if !errors.As(err, &e) || e.Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
	if _, err := stands.Resume(early); err == nil {
		t.Error("a clock is resumed before it was stopped")
	}
}

// A value handed on does not change with what is made of it.
func TestClockIsAValue(t *testing.T) {
	first := clockOf(t, "2025-03-03 10:00", "3wd", "2025-03-04 10:00")
	a, _ := first.Resume(at(t, "2025-03-05 10:00"))
	b, _ := first.Resume(at(t, "2025-03-06 10:00"))
	if !first.Paused() || a.Pauses[0].To.Equal(b.Pauses[0].To) {
		t.Errorf("%+v %+v %+v", first, a, b)
	}
	raw, err := json.Marshal(first)
	if err != nil || string(raw) != `{"term":"3wd","start":"2025-03-03T10:00:00+08:00","pauses":[{"from":"2025-03-04T10:00:00+08:00"}]}` {
		t.Errorf("%s, %v", raw, err)
	}
	var back Clock
	if err := json.Unmarshal(raw, &back); err != nil || !back.Paused() {
		t.Errorf("%+v, %v", back, err)
	}
}
