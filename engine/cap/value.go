package cap

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/geo"
)

// maxRadius is half the Earth's circumference in kilometres: a larger circle is none.
const maxRadius = 20_038

// values reads the texts of one alert into their Go types and reports those that the
// standard's words, not the schema's types, refuse.
type values struct {
	report *finder
	at     func() string // the path of the element whose text is read
	bytes  *int          // that the parts of the alert take so far; see maxParts
	refs   int           // references in the document so far
	old    bool          // CAP 1.0, which said less about times and references
	new    bool          // CAP 1.2
}

func (v *values) found(rule, message string) {
	path := ""
	if v.report.heeds(ruleOf(rule).Severity) {
		path = v.at()
	}
	v.report.found(rule, path, message)
}

// fault reports a rule that CAP 1.0 did not have yet.
func (v *values) fault(rule, message string) {
	if v.old {
		path := ""
		if v.report.heeds(SeverityWarning) {
			path = v.at()
		}
		v.report.warn(rule, path, message)
		return
	}
	v.found(rule, message)
}

// What the parts of a text take, in bytes.
const (
	pointSize = 16
	wordSize  = 16
)

// maxReferences is how many references a document may have.
const maxReferences = 50_000

// room counts what parts of a text take and tells where that is more than it may be.
func (v *values) room(bytes int) bool {
	before := *v.bytes
	*v.bytes += bytes
	if before <= maxParts && *v.bytes > maxParts {
		v.found(RuleSize, "the alert has more parts than it may")
	}
	return *v.bytes <= maxParts
}

// time reads a date and time (§3.3.2).
func (v *values) time(text string) time.Time {
	s := trim(text)
	if !isDateTime(s) {
		v.found(RuleTime, quote(s)+" is not a date and time")
		return time.Time{}
	}
	zoned := isOffset(s[max(0, len(s)-6):])
	switch {
	case strings.HasSuffix(s, "Z"):
		v.fault(RuleZone, "the zone is written Z; UTC is -00:00")
	case !zoned:
		v.fault(RuleZone, quote(s)+" has no zone")
		s += "Z"
	case v.new && strings.HasSuffix(s, "+00:00"):
		v.found(RuleUTC, "UTC is written -00:00")
	}
	return parseTime(s)
}

// parseTime reads what isDateTime accepts; zero beyond what Go's time can hold.
func parseTime(s string) time.Time {
	if day, rest, ok := strings.Cut(s, "T24:00:00"); ok {
		t := parseTime(day + "T00:00:00" + rest)
		if t.IsZero() {
			return t
		}
		return t.AddDate(0, 0, 1)
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return zoned(t)
}

// zoned gives a time a zone that depends on its offset only, so that equal times of
// equal offsets are equal values.
func zoned(t time.Time) time.Time {
	if _, offset := t.Zone(); offset != 0 {
		return t.In(time.FixedZone("", offset))
	}
	return t.UTC()
}

// token checks identifier and sender.
func (v *values) token(text string) {
	switch {
	case trim(text) == "":
		v.found(RuleToken, "is empty")
	case strings.ContainsAny(text, " \t\r\n\u00a0\u3000,<&"):
		v.found(RuleToken, quote(text)+" holds a space, a comma, < or &")
	}
}

// references reads sender,identifier,sent … (§3.2.1).
func (v *values) references(text string) (refs []Reference) {
	for part := range strings.FieldsSeq(text) {
		if v.refs++; v.refs > maxReferences {
			v.found(RuleSize, fmt.Sprintf("the document has more than %d references", maxReferences))
			return refs
		}
		pieces := strings.SplitN(part, ",", 4)
		if len(pieces) != 3 || pieces[0] == "" || pieces[1] == "" || !isDateTime(pieces[2]) {
			v.fault(RuleReference, quote(part)+" is not of the form sender,identifier,sent")
			continue
		}
		refs = append(refs, Reference{pieces[0], pieces[1], v.time(pieces[2])})
	}
	return refs
}

// quoted reads words parted by blanks, of which those with blanks stand in quotes.
func (v *values) quoted(text string) (words []string) {
	for rest := trim(text); rest != ""; rest = strings.TrimLeft(rest, " \t\r\n") {
		if !v.room(wordSize) {
			return words
		}
		if rest[0] == '"' {
			word, after, ok := strings.Cut(rest[1:], `"`)
			if !ok {
				v.found(RuleQuotes, "a double quote is not closed")
				return append(words, word)
			}
			words, rest = append(words, word), after
			continue
		}
		end := strings.IndexAny(rest, " \t\r\n")
		if end < 0 {
			end = len(rest)
		}
		words, rest = append(words, rest[:end]), rest[end:]
	}
	return words
}

// point reads latitude,longitude (§3.3.1).
func (v *values) point(text, rule string) (p geo.Point, ok bool) {
	comma := strings.IndexByte(text, ',')
	if comma < 0 {
		v.found(rule, quote(text)+" is not a pair latitude,longitude")
		return p, false
	}
	lat, okLat := parseNumber(text[:comma])
	lon, okLon := parseNumber(text[comma+1:])
	if !okLat || !okLon {
		v.found(rule, quote(text)+" is not a pair latitude,longitude")
		return p, false
	}
	p = geo.Point{Lon: lon, Lat: lat}
	if !p.Valid() {
		v.found(RulePoint, quote(text)+" is no place on the Earth")
		return p, false
	}
	return p, true
}

// parseNumber reads a signed decimal number without blanks or exponent.
func parseNumber(s string) (float64, bool) {
	digits := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '.', i == 0 && (c == '-' || c == '+'):
		default:
			return 0, false
		}
	}
	if digits == 0 || len(s) > 400 {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// polygon reads a closed line (§3.2.4); nil where it is none.
func (v *values) polygon(pool *pool[geo.Point], text string) (ring geo.Ring) {
	if trim(text) == "" {
		v.found(RuleEmpty, "is empty") // as the National Weather Service writes it
		return nil
	}
	if !v.room(strings.Count(text, ",") * pointSize) {
		return nil
	}
	for from := 0; from < len(text); {
		to := from
		for to < len(text) && text[to] != ' ' && text[to] != '\n' && text[to] != '\t' && text[to] != '\r' {
			to++
		}
		if to > from {
			p, ok := v.point(text[from:to], RulePolygon)
			if !ok {
				return nil // one bad point is told, not each
			}
			pool.add((*[]geo.Point)(&ring), p)
		}
		from = to + 1
	}
	switch {
	case len(ring) < 4:
		v.found(RulePolygon, "has "+strconv.Itoa(len(ring))+" points; four are the least")
	case ring[0] != ring[len(ring)-1]:
		v.found(RulePolygon, "is not closed: its first and last points differ")
	default:
		return ring
	}
	return nil
}

// circle reads latitude,longitude radius (§3.2.4).
func (v *values) circle(text string) (c Circle, ok bool) {
	const longest = 1000
	parts := strings.Fields(text[:min(len(text), longest)])
	if len(parts) == 0 && len(text) <= longest {
		v.found(RuleEmpty, "is empty")
		return c, false
	}
	if len(parts) != 2 || len(text) > longest {
		v.found(RuleCircle, quote(text)+" is not a pair latitude,longitude and a radius")
		return c, false
	}
	if c.Centre, ok = v.point(parts[0], RuleCircle); !ok {
		return c, false
	}
	if c.Radius, ok = parseNumber(parts[1]); !ok || c.Radius < 0 || c.Radius > maxRadius {
		v.found(RuleCircle, quote(parts[1])+" is no radius")
		return c, false
	}
	return c, true
}

// height reads altitude or ceiling, a number also where the schema takes any text.
func (v *values) height(text string) *float64 {
	f, ok := parseNumber(trim(text))
	if !ok {
		v.found(RuleHeight, quote(text)+" is not a number of feet")
		return nil
	}
	return &f
}

// size reads a number of bytes.
func (v *values) size(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimPrefix(trim(text), "+"), 10, 64)
	if n < 0 {
		v.found(RuleResourceSz, "is negative")
	}
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// quote shows a text from outside, shortened.
func quote(s string) string {
	const most = 60
	n := 0
	for i := range s {
		if n++; n > most {
			return strconv.Quote(s[:i] + "…")
		}
	}
	return strconv.Quote(s)
}
