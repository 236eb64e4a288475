package ebd

import (
	"fmt"
	"time"
)

// China is the zone the standards' dates and month ends are meant in (UTC+8).
var China = time.FixedZone("CST", 8*3600)

// EBMID names one emergency message: platform (23) + YYYYMMDD (8) + sequence (4),
// GD/J 082 table 2. Sequence 0000 marks a message that receivers need not act on.
type EBMID string

// NewEBMID builds the id of a platform's message on the day of t in China; seq 0–9999.
func NewEBMID(platform ResourceCode, t time.Time, seq int) (EBMID, error) {
	return ParseEBMID(fmt.Sprintf("%s%s%04d", platform, t.In(China).Format("20060102"), seq))
}

// ParseEBMID checks length, digits, platform code and date.
func ParseEBMID(s string) (EBMID, error) {
	if err := EBMID(s).Validate(GDJ2018); err != nil {
		return "", err
	}
	return EBMID(s), nil
}

// Validate is ParseEBMID against an edition's tables.
func (id EBMID) Validate(ed *Edition) error { return validID(ed, "EBMID", string(id), 35, 23) }

// Platform is the platform that issued the message.
func (id EBMID) Platform() ResourceCode { return ResourceCode(slice(string(id), 35, 0, 23)) }

// Date is the first instant, in China, of the day in the id; zero if malformed.
func (id EBMID) Date() time.Time { return day(slice(string(id), 35, 23, 31)) }

// Seq is the number of the message on its day, 0 also if malformed.
func (id EBMID) Seq() int { return number(slice(string(id), 35, 31, 35)) }

// InfoID names one piece of source information: platform (23) + event type (5) +
// YYYYMMDD (8) + sequence (4), GD/J 082 §7.
type InfoID string

// ParseInfoID checks length, digits, platform code and date; the event type is only
// checked for its form, since every authority extends the list.
func ParseInfoID(s string) (InfoID, error) {
	if err := InfoID(s).Validate(GDJ2018); err != nil {
		return "", err
	}
	return InfoID(s), nil
}

// Validate is ParseInfoID against an edition's tables.
func (id InfoID) Validate(ed *Edition) error { return validID(ed, "InfoID", string(id), 40, 28) }

// Platform is the platform that received the information first.
func (id InfoID) Platform() ResourceCode { return ResourceCode(slice(string(id), 40, 0, 23)) }

// Event is the event type.
func (id InfoID) Event() EventType { return EventType(slice(string(id), 40, 23, 28)) }

// Date is the first instant, in China, of the day in the id; zero if malformed.
func (id InfoID) Date() time.Time { return day(slice(string(id), 40, 28, 36)) }

// Seq is the number on its day.
func (id InfoID) Seq() int { return number(slice(string(id), 40, 36, 40)) }

// EBDID names one data package: type (2) + source (23) + sequence (16), GD/J 082
// table 1. Type 01 is the heartbeat, whose sequence is always 0; all else is 10.
type EBDID string

// The two kinds of package an EBDID tells apart.
const (
	EBDHeartbeat = "01"
	EBDOther     = "10"
)

// ParseEBDID checks length, digits, type, source code and a heartbeat's sequence.
func ParseEBDID(s string) (EBDID, error) {
	if err := EBDID(s).Validate(GDJ2018); err != nil {
		return "", err
	}
	return EBDID(s), nil
}

// NewEBDID builds the id of a package that source sends; seq 0–9999999999999999, and 0
// for a heartbeat.
func NewEBDID(kind string, source ResourceCode, seq uint64) (EBDID, error) {
	return ParseEBDID(fmt.Sprintf("%s%s%016d", kind, source, seq))
}

// Validate is ParseEBDID against an edition's tables.
func (id EBDID) Validate(ed *Edition) error {
	s := string(id)
	if err := digits("EBDID", s, 41); err != nil {
		return err
	}
	if s[:2] != EBDHeartbeat && s[:2] != EBDOther {
		return bad("EBDID", "type", CodeUnknown, 1, s[:2])
	}
	if err := ResourceCode(s[2:25]).Validate(ed); err != nil {
		return shift("EBDID", err, 2)
	}
	if s[:2] == EBDHeartbeat && s[25:] != "0000000000000000" {
		return bad("EBDID", "sequence", CodeRange, 26, s[25:])
	}
	return nil
}

// Source is the object that sent the package.
func (id EBDID) Source() ResourceCode { return ResourceCode(slice(string(id), 41, 2, 25)) }

// validID checks an id of n digits that begins with a resource code and has a date at date.
func validID(ed *Edition, thing, s string, n, date int) error {
	if err := digits(thing, s, n); err != nil {
		return err
	}
	if err := ResourceCode(s[:23]).Validate(ed); err != nil {
		return shift(thing, err, 0)
	}
	if day(s[date : date+8]).IsZero() {
		return bad(thing, "date", CodeDate, date+1, s[date:date+8])
	}
	return nil
}

// shift re-tells an error of a part as one of the whole.
func shift(thing string, err error, by int) error {
	e := *err.(*Error)
	e.Thing = thing
	if e.Pos > 0 {
		e.Pos += by
	}
	return &e
}

func slice(s string, n, from, to int) string {
	if len(s) != n {
		return ""
	}
	return s[from:to]
}

func day(s string) time.Time {
	t, err := time.ParseInLocation("20060102", s, China)
	if err != nil {
		return time.Time{}
	}
	return t
}

func number(s string) (n int) {
	for _, c := range s {
		n = n*10 + int(c-'0')
	}
	return n
}
