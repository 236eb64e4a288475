package worktime

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"
)

// What a calendar may hold.
const (
	MaxBytes    = 1 << 20
	maxYears    = 200
	maxHolidays = 60 // of a year
	maxWorkdays = 60 // of a year
	maxSpans    = 8  // of a day
	maxRun      = 31 // days of a holiday
	maxText     = 300
	leastWork   = hour // of a week, so that no term takes millennia
)

type document struct {
	About string                 `json:"about"` // where it came from, for people
	Zone  string                 `json:"zone"`
	Hours map[string][][2]string `json:"hours"`
	Ends  End                    `json:"ends"`
	Moves *bool                  `json:"moves"`
	Years map[string]table       `json:"years"`
}

var weekdays = [7]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// Decode reads a calendar and names all that is wrong with it.
func Decode(r io.Reader) (*Calendar, []error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, []error{err}
	}
	if len(raw) > MaxBytes {
		return nil, []error{&Error{"worktime.large", "", map[string]any{"limit": MaxBytes}}}
	}
	if place := twice(raw); place != "" {
		return nil, []error{&Error{"worktime.twice", place, nil}}
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	var doc document
	err = dec.Decode(&doc)
	if err == nil {
		if _, more := dec.Token(); more != io.EOF {
			err = errors.New("more than one value")
		}
	}
	if err != nil {
		place := ""
		if kind := (*json.UnmarshalTypeError)(nil); errors.As(err, &kind) {
			place = kind.Field
		}
		return nil, []error{&Error{"worktime.unreadable", place, map[string]any{"at": dec.InputOffset(), "reason": clip(err.Error())}}}
	}
	d := &decoder{c: &Calendar{ends: cmp.Or(doc.Ends, Midnight), moves: doc.Moves == nil || *doc.Moves, makeup: off}}
	d.zone(doc.Zone)
	if d.c.ends != Midnight && d.c.ends != Close {
		d.bad("ends", "worktime.ends.unknown", map[string]any{"value": clip(string(doc.Ends))})
	}
	d.week(doc.Hours)
	d.years(doc.Years)
	if len(d.errs) > 0 {
		return nil, d.errs
	}
	return d.c, nil
}

type decoder struct {
	c    *Calendar
	errs []error
}

func (d *decoder) bad(place, code string, args map[string]any) {
	d.errs = append(d.errs, &Error{code, place, args})
}

func (d *decoder) zone(name string) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" { // those would be the machine's
		d.bad("zone", "worktime.zone.unknown", map[string]any{"value": clip(name)})
		return
	}
	d.c.zone = zone
}

// week reads the hours of each weekday, which are all to be there, if only as [].
func (d *decoder) week(hours map[string][][2]string) {
	for _, name := range slices.Sorted(maps.Keys(hours)) {
		if !slices.Contains(weekdays[:], name) {
			d.bad("hours."+clip(name), "worktime.weekday.unknown", nil)
		}
	}
	c := d.c
	for i, name := range weekdays {
		spans, ok := hours[name]
		if !ok {
			d.bad("hours."+name, "worktime.missing", nil)
		}
		c.week[i] = d.shift("hours."+name, spans)
		c.daysTo[i+1] = c.daysTo[i] + worked(c.week[i])
		c.workTo[i+1] = c.workTo[i] + c.week[i].total
		if c.makeup.total == 0 {
			c.makeup = c.week[i] // a make-up day is as the first weekday that is worked
		}
	}
	if c.workTo[7] < leastWork && len(d.errs) == 0 {
		d.bad("hours", "worktime.hours.few", nil)
	}
}

func (d *decoder) shift(place string, spans [][2]string) *shift {
	if len(spans) > maxSpans {
		d.bad(place, "worktime.many", map[string]any{"limit": maxSpans})
		return off
	}
	s := &shift{}
	last := int64(0)
	for i, p := range spans {
		at := fmt.Sprintf("%s[%d]", place, i)
		from, ok1 := timeOfDay(p[0])
		to, ok2 := timeOfDay(p[1])
		if !ok1 || !ok2 {
			d.bad(at, "worktime.time.bad", map[string]any{"from": clip(p[0]), "to": clip(p[1])})
			return off
		}
		if from >= to || from < last {
			d.bad(at, "worktime.hours.order", map[string]any{"from": p[0], "to": p[1]})
			return off
		}
		s.spans = append(s.spans, span{from, to, s.total})
		s.total += to - from
		last = to
	}
	return s
}

// timeOfDay reads "09:00", to "24:00".
func timeOfDay(s string) (int64, bool) {
	if len(s) != 5 || s[2] != ':' {
		return 0, false
	}
	h, err1 := strconv.ParseUint(s[:2], 10, 8)
	m, err2 := strconv.ParseUint(s[3:], 10, 8)
	at := int64(h)*hour + int64(m)*minute
	return at, err1 == nil && err2 == nil && m < 60 && at <= fullDay
}
