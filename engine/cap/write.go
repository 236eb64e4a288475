package cap

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// WriteError is why an alert cannot be written: what Check would refuse, and where.
type WriteError struct{ Findings []Finding }

func (e *WriteError) Error() string {
	f := e.Findings[0]
	return "cap: " + f.Path + ": " + f.Message
}

// Write writes the alert as a CAP 1.2 document in UTF-8. What it writes is valid by
// Check; an alert that could not be is refused with a *WriteError that names the place.
// Certainty and scope of CAP 1.0 are brought to their successors (§3.2.2); UTC is
// written -00:00.
func (a *Alert) Write() ([]byte, error) {
	if f := a.unquotable("/alert"); f != nil {
		return nil, &WriteError{[]Finding{*f}}
	}
	var b bytes.Buffer
	b.WriteString(xmlHead)
	a.write(&b)
	if report := Check(b.Bytes()); !report.Valid {
		return nil, &WriteError{errorsOf(report.Findings)}
	}
	return b.Bytes(), nil
}

const xmlHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

func errorsOf(findings []Finding) (bad []Finding) {
	for _, f := range findings {
		if f.Severity == SeverityError {
			bad = append(bad, f)
		}
	}
	return bad
}

// writer writes elements; an empty text writes nothing.
type writer struct {
	*bytes.Buffer
	depth int
}

func (w *writer) indent() {
	w.WriteByte('\n')
	for range w.depth {
		w.WriteString("  ")
	}
}

func (w *writer) must(name, text string) {
	w.indent()
	w.WriteString("<" + name + ">")
	escape(w.Buffer, text)
	w.WriteString("</" + name + ">")
}

func (w *writer) may(name, text string) {
	if text != "" {
		w.must(name, text)
	}
}

func (w *writer) time(name string, t time.Time) {
	if !t.IsZero() {
		w.must(name, formatTime(t))
	}
}

func (w *writer) begin(name string) {
	w.indent()
	w.WriteString("<" + name + ">")
	w.depth++
}

func (w *writer) end(name string) {
	w.depth--
	w.indent()
	w.WriteString("</" + name + ">")
}

func (w *writer) values(name string, values []Value) {
	for _, v := range values {
		w.begin(name)
		w.must("valueName", v.Name)
		w.must("value", v.Value)
		w.end(name)
	}
}

// escape writes a text so that it is read back as it was. A character that XML cannot
// hold becomes U+FFFD.
func escape(b *bytes.Buffer, s string) {
	for _, r := range s {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '\r':
			b.WriteString("&#13;")
		case r < 0x20 && r != '\n' && r != '\t', r == 0xFFFE, r == 0xFFFF:
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r)
		}
	}
}

// escapeAttr is escape for an attribute's value.
func escapeAttr(b *bytes.Buffer, s string) {
	var inner bytes.Buffer
	escape(&inner, s)
	b.WriteString(strings.NewReplacer(`"`, "&#34;", "\n", "&#10;", "\t", "&#9;").Replace(inner.String()))
}

func (a *Alert) write(b *bytes.Buffer) {
	w := &writer{b, 0}
	b.WriteString(`<alert xmlns="` + Space12 + `">`)
	w.depth = 1
	w.must("identifier", a.Identifier)
	w.must("sender", a.Sender)
	w.time("sent", a.Sent)
	w.must("status", a.Status)
	w.must("msgType", a.MsgType)
	w.may("source", a.Source)
	scope := a.Scope
	if scope == "" && a.Version == versionOld {
		scope = "Public" // its default there (CAP 1.0 §3.3)
	}
	w.must("scope", scope)
	w.may("restriction", a.Restriction)
	w.may("addresses", joinQuoted(a.Addresses))
	for _, c := range a.Codes {
		w.must("code", c)
	}
	w.may("note", a.Note)
	refs := make([]string, 0, len(a.References))
	for _, r := range a.References {
		refs = append(refs, r.String())
	}
	w.may("references", strings.Join(refs, " "))
	w.may("incidents", joinQuoted(a.Incidents))
	for i := range a.Infos {
		a.Infos[i].write(w)
	}
	b.WriteString("\n</alert>\n")
}

// String is the form in which messages refer to each other: sender,identifier,sent.
func (r Reference) String() string {
	s := r.Sender + "," + r.Identifier + ","
	if !r.Sent.IsZero() {
		s += formatTime(r.Sent)
	}
	return s
}

// unquotable is a word with a quote in it, for which the standard has no form.
func (a *Alert) unquotable(at string) *Finding {
	for name, words := range map[string][]string{"addresses": a.Addresses, "incidents": a.Incidents} {
		for _, word := range words {
			if strings.Contains(word, `"`) {
				return &Finding{RuleQuotes, SeverityError, at + "/" + name, quote(word) + " holds a double quote"}
			}
		}
	}
	return nil
}

// joinQuoted parts words by spaces and quotes those that hold some.
func joinQuoted(words []string) string {
	var out []string
	for _, word := range words {
		if word == "" || strings.ContainsAny(word, " \t\r\n") {
			word = `"` + word + `"`
		}
		out = append(out, word)
	}
	return strings.Join(out, " ")
}

func (n *Info) write(w *writer) {
	w.begin("info")
	w.may("language", n.Language)
	for _, c := range n.Categories {
		w.must("category", c)
	}
	w.must("event", n.Event)
	for _, r := range n.ResponseTypes {
		w.must("responseType", r)
	}
	w.must("urgency", n.Urgency)
	w.must("severity", n.Severity)
	certainty := n.Certainty
	if certainty == "Very Likely" {
		certainty = "Likely"
	}
	w.must("certainty", certainty)
	w.may("audience", n.Audience)
	w.values("eventCode", n.EventCodes)
	w.time("effective", n.Effective)
	w.time("onset", n.Onset)
	w.time("expires", n.Expires)
	w.may("senderName", n.SenderName)
	w.may("headline", n.Headline)
	w.may("description", n.Description)
	w.may("instruction", n.Instruction)
	w.may("web", n.Web)
	w.may("contact", n.Contact)
	w.values("parameter", n.Parameters)
	for _, r := range n.Resources {
		w.begin("resource")
		w.must("resourceDesc", r.Description)
		w.must("mimeType", r.MIMEType)
		if r.Size != 0 {
			w.must("size", strconv.FormatInt(r.Size, 10))
		}
		w.may("uri", r.URI)
		w.may("derefUri", r.DerefURI)
		w.may("digest", r.Digest)
		w.end("resource")
	}
	for i := range n.Areas {
		n.Areas[i].write(w)
	}
	w.end("info")
}

func (a *Area) write(w *writer) {
	w.begin("area")
	w.must("areaDesc", a.Description)
	for _, ring := range a.Polygons {
		pairs := make([]string, len(ring))
		for i, p := range ring {
			pairs[i] = decimalOf(p.Lat) + "," + decimalOf(p.Lon)
		}
		w.must("polygon", strings.Join(pairs, " "))
	}
	for _, c := range a.Circles {
		w.must("circle", fmt.Sprintf("%s,%s %s", decimalOf(c.Centre.Lat), decimalOf(c.Centre.Lon), decimalOf(c.Radius)))
	}
	w.values("geocode", a.Geocodes)
	if a.Altitude != nil {
		w.must("altitude", decimalOf(*a.Altitude))
	}
	if a.Ceiling != nil {
		w.must("ceiling", decimalOf(*a.Ceiling))
	}
	w.end("area")
}

func decimalOf(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
