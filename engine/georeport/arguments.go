package georeport

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// What a request may hold.
const (
	MaxDescription = 4000 // characters, by the specification
	maxArguments   = 400  // names in all
	maxID          = 128  // characters of a code, token or other identifier
	maxLine        = 500  // characters of an address, or of an answer in one line
	maxName        = 100  // characters of a name
	maxPhone       = 40
	maxEmail       = 254
	maxURL         = 2048
	maxAttributes  = 100 // answered
	maxChosen      = 100 // of one list
	maxListed      = 200 // identifiers, codes or states of a search
)

// arguments reads a form and gathers what is wrong with it.
type arguments struct {
	form url.Values
	errs []*Error
}

func read(form url.Values) *arguments {
	a := &arguments{form: form}
	if len(form) > maxArguments {
		a.bad("", "georeport.arguments.many", map[string]any{"limit": maxArguments})
		a.form = nil // and no more is said of it
	}
	return a
}

func (a *arguments) bad(place, code string, args map[string]any) {
	a.errs = append(a.errs, bad(place, code, args))
}

func (a *arguments) add(err *Error) {
	if err != nil {
		a.errs = append(a.errs, err)
	}
}

// one is an argument that may be given once. Giving it empty besides is not giving it.
func (a *arguments) one(name string) string {
	value := ""
	for _, v := range a.form[name] {
		if v == "" {
			continue
		}
		if value != "" {
			a.bad(name, "georeport.argument.twice", nil)
			return ""
		}
		value = v
	}
	return value
}

// line is a text of one line and at most limit characters.
func (a *arguments) line(name string, limit int) string {
	return a.checked(name, strings.TrimSpace(a.one(name)), limit, false)
}

// lines is a text that may have several.
func (a *arguments) lines(name string, limit int) string {
	return a.checked(name, newlines(a.one(name)), limit, true)
}

// newlines writes the ends of lines as XML would hand them on.
func newlines(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

func (a *arguments) checked(place, s string, limit int, lines bool) string {
	control := func(r rune) bool { return unicode.IsControl(r) && !(lines && (r == '\n' || r == '\t')) }
	switch {
	case !utf8.ValidString(s):
		a.bad(place, "georeport.text.encoding", nil)
	case strings.ContainsFunc(s, control):
		a.bad(place, "georeport.text.control", nil)
	case utf8.RuneCountInString(s) > limit:
		a.bad(place, "georeport.text.long", map[string]any{"limit": limit})
	default:
		return s
	}
	return ""
}

// listed are values that may be given several times, and several at once with commas.
func (a *arguments) listed(name string) (list []string) {
	for _, given := range a.form[name] {
		for v := range strings.SplitSeq(given, ",") {
			if v = strings.TrimSpace(v); v == "" || slices.Contains(list, v) {
				continue
			}
			if len(list) == maxListed {
				a.bad(name, "georeport.list.many", map[string]any{"limit": maxListed})
				return nil
			}
			if v = a.checked(name, v, maxID, false); v == "" {
				return nil
			}
			list = append(list, v)
		}
	}
	return list
}

// point is the place that lat and long name; both or neither are to be there.
func (a *arguments) point() *Point {
	lat, long := strings.TrimSpace(a.one("lat")), strings.TrimSpace(a.one("long"))
	switch {
	case lat == "" && long == "":
		return nil
	case lat == "":
		a.bad("lat", "georeport.location.half", nil)
		return nil
	case long == "":
		a.bad("long", "georeport.location.half", nil)
		return nil
	}
	y, ok1 := a.degrees("lat", lat, 90)
	x, ok2 := a.degrees("long", long, 180)
	if !ok1 || !ok2 {
		return nil
	}
	return &Point{Lat: y, Long: x}
}

func (a *arguments) degrees(name, s string, limit float64) (float64, bool) {
	v, ok := decimal(s)
	if !ok || math.Abs(v) > limit {
		a.bad(name, "georeport.coordinate.bad", map[string]any{"value": clip(s), "limit": limit})
		return 0, false
	}
	return v, true
}

// decimal reads a number as people write one: no hexadecimal, no infinity.
func decimal(s string) (float64, bool) {
	if len(s) > 40 || strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}

// whole is a whole number from 1 to limit, or none where the argument is not there.
func (a *arguments) whole(name string, limit, none int) int {
	s := strings.TrimSpace(a.one(name))
	if s == "" {
		return none
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > limit {
		a.bad(name, "georeport.number.bad", map[string]any{"value": clip(s), "limit": limit})
		return none
	}
	return n
}

// time is a moment with its zone; zero where the argument is not there.
func (a *arguments) time(name string) time.Time {
	s := strings.TrimSpace(a.one(name))
	if s == "" {
		return time.Time{}
	}
	t, ok := Moment(s)
	if !ok {
		// A + that a client did not escape arrives as a space.
		if t, ok = Moment(strings.Replace(s, " ", "+", 1)); !ok {
			a.bad(name, "georeport.date.bad", map[string]any{"value": clip(s)})
		}
	}
	return t
}

// Moment reads a time of the W3C note on dates, to the minute or finer, with its zone.
func Moment(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// web is an address of the web.
func (a *arguments) web(name string) string {
	s := a.line(name, maxURL)
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		a.bad(name, "georeport.url.bad", nil)
		return ""
	}
	return s
}
