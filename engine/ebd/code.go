package ebd

import "fmt"

// ResourceCode names one resource of the emergency-broadcasting system for life:
// 23 decimal digits of GD/J 080 §5.
//
//	6  341523100200  0314  01    04       01
//	│  │             │     │     │        └ subtype sequence 01–99; 00 = all of them
//	│  │             │     │     └ subtype (table 5)
//	│  │             │     └ type sequence 01–99
//	│  │             └ type (table 4)
//	│  └ area (table 1)
//	└ level (table 3)
//
// The zero value is no code. A ResourceCode made by ParseResourceCode or
// Resource.Code is well formed; converting a string does not check it.
type ResourceCode string

// Level is the resource level of 080 table 3.
type Level int

// The levels of 080 table 3.
const (
	Central  Level = 1
	Province Level = 2
	City     Level = 3
	County   Level = 4
	Town     Level = 5
	Village  Level = 6
)

// Subtypes of 080 table 5.
const (
	SubtypePlatform    = "01" // the platform, system or body itself
	SubtypeAdapter     = "02" // emergency-broadcasting adapter
	SubtypeTransmitter = "03" // transmission equipment
	SubtypeTerminal    = "04" // terminal
)

// TypeLoudspeaker is the type of 080 table 4 that programs name: an emergency loudspeaker
// system.
const TypeLoudspeaker = "0314"

// Resource is a resource code taken apart.
type Resource struct {
	Level   Level
	Area    AreaCode
	Type    string // four digits
	Seq     int    // 1–99
	Subtype string // two digits
	SubSeq  int    // 0 (all) – 99
}

// Code builds the 23 digits. The errors are those of ParseResourceCode.
func (r Resource) Code() (ResourceCode, error) {
	return ParseResourceCode(fmt.Sprintf("%d%s%s%02d%s%02d", r.Level, r.Area, r.Type, r.Seq, r.Subtype, r.SubSeq))
}

// ParseResourceCode checks the form of a code against edition GDJ2018: length,
// digits, level, area, known type and subtype, sequence numbers in range.
func ParseResourceCode(s string) (ResourceCode, error) {
	c := ResourceCode(s)
	if err := c.Validate(GDJ2018); err != nil {
		return "", err
	}
	return c, nil
}

// Validate checks c against an edition's tables; the *Error names the digit.
func (c ResourceCode) Validate(ed *Edition) error {
	const thing = "resource code"
	s := string(c)
	if err := digits(thing, s, 23); err != nil {
		return err
	}
	if s[0] < '1' || s[0] > '6' {
		return bad(thing, "level", CodeRange, 1, s[:1])
	}
	if _, err := ParseAreaCode(s[1:13]); err != nil {
		e := err.(*Error)
		return bad(thing, "area", e.Code, e.Pos+1, s[1:13])
	}
	if _, ok := ed.Type(s[13:17]); !ok {
		return bad(thing, "type", CodeUnknown, 14, s[13:17])
	}
	if s[17:19] == "00" {
		return bad(thing, "type sequence", CodeRange, 18, s[17:19])
	}
	if _, ok := ed.Subtypes[s[19:21]]; !ok {
		return bad(thing, "subtype", CodeUnknown, 20, s[19:21])
	}
	return nil
}

// Resource takes a well-formed code apart; a malformed one gives the zero Resource.
func (c ResourceCode) Resource() Resource {
	if digits("", string(c), 23) != nil {
		return Resource{}
	}
	two := func(i int) int { return int(c[i]-'0')*10 + int(c[i+1]-'0') }
	return Resource{c.Level(), c.Area(), c.Type(), two(17), c.Subtype(), two(21)}
}

// part is s[from:to], empty when the code is not 23 long.
func (c ResourceCode) part(from, to int) string {
	if len(c) != 23 {
		return ""
	}
	return string(c[from:to])
}

// Level is the resource level, 0 if malformed.
func (c ResourceCode) Level() Level {
	if p := c.part(0, 1); p != "" {
		return Level(p[0] - '0')
	}
	return 0
}

// Area is the area the resource belongs to.
func (c ResourceCode) Area() AreaCode { return AreaCode(c.part(1, 13)) }

// Type is the four-digit type (table 4).
func (c ResourceCode) Type() string { return c.part(13, 17) }

// Subtype is the two-digit subtype (table 5).
func (c ResourceCode) Subtype() string { return c.part(19, 21) }

// IsGroup reports whether the code means all resources of its area, type and
// subtype (subtype sequence 00, 080 table B.1 last row).
func (c ResourceCode) IsGroup() bool { return c.part(21, 23) == "00" }

// Includes reports whether d is c, or c is a group that d belongs to: same level,
// type, type sequence and subtype, within the group's area.
func (c ResourceCode) Includes(d ResourceCode) bool {
	if len(c) != 23 || len(d) != 23 {
		return false
	}
	return c == d || c.IsGroup() && c[0] == d[0] && c[13:21] == d[13:21] && c.Area().Covers(d.Area())
}

// UnmarshalText implements encoding.TextUnmarshaler by ParseResourceCode.
func (c *ResourceCode) UnmarshalText(b []byte) (err error) {
	*c, err = ParseResourceCode(string(b))
	return err
}
