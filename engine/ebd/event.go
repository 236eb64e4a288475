package ebd

import (
	_ "embed"
	"strings"
)

// EventType is the five digits of GB/T 35561-2017: one for the category (1 natural
// disaster, 2 accident, 3 public health, 4 social security, and by 082 Annex C
// 5 war and emergency, 6 announcement, 9 other), two for the class, two for the type.
// 00 stands for "the class as a whole", 99 for "other in it".
type EventType string

// Event is one row of the table of event types.
type Event struct {
	Code    EventType
	Name    Name
	Derived bool // the code follows from the 2006 classification by rule and was not seen in print
}

// eventRows is the table, one event a line: code, Chinese name, English name, and how
// the code is known, in order of code. The rows named in 082 Annex C and in the standards' examples are
// as printed there. The others follow the 2006 classification of the national
// emergency platform, from which GB/T 35561 took its classes: its class letters
// (A, B, … without I and O) became ordinals, which agrees with every code that the
// 082 text itself cites (11A01→10101, 11B03→10203, 11C00→10300, 12Q02→21502,
// 12T01→21801). Rows marked "derived" apply this rule, with the type's two digits as they
// were, to the types of that classification as published in 2016; left out are its
// additions 51–54, which were numbered anew (11A51→10106), and the letter Y, "other",
// which no text cites. Where both are known the printed row stands. An authority may send
// codes that are not here; they are valid.
//
//go:embed events.csv
var eventRows string

var (
	events    []Event
	eventName = map[EventType]Name{}
)

func init() {
	for _, line := range strings.Split(strings.TrimSpace(eventRows), "\n")[1:] {
		f := strings.Split(line, ",")
		e := Event{EventType(f[0]), Name{f[1], f[2]}, f[3] == "derived"}
		events = append(events, e)
		eventName[e.Code] = e.Name
	}
}

// Events lists the known event types in order of code. The caller may keep it.
func Events() []Event { return append([]Event(nil), events...) }

// ParseEventType checks the form: five digits that begin with a category.
func ParseEventType(s string) (EventType, error) {
	if err := digits("event type", s, 5); err != nil {
		return "", err
	}
	if !strings.Contains("1234569", s[:1]) {
		return "", bad("event type", "category", CodeRange, 1, s[:1])
	}
	return EventType(s), nil
}

// Name is the event's name; for a code that is not in the table it is the name of
// its class, else of its category, and exact is false.
func (e EventType) Name() (name Name, exact bool) {
	if n, ok := eventName[e]; ok {
		return n, true
	}
	for _, up := range []EventType{e.Class(), e.Category()} {
		if n, ok := eventName[up]; ok {
			return n, false
		}
	}
	return Name{}, false
}

// Category is the event's category, such as 10000.
func (e EventType) Category() EventType { return EventType(slice(string(e), 5, 0, 1) + "0000") }

// Class is the event's class, such as 10200.
func (e EventType) Class() EventType { return EventType(slice(string(e), 5, 0, 3) + "00") }
