package feed

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/engine/cap"
	"github.com/tongsheng/tongsheng/engine/cap/capebm"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Doubts that an alert is taken with: a person looks at it whatever the rules say.
const (
	DoubtLanguage = "language" // no Chinese text: the title was put together here
	DoubtEvent    = "event"    // the event type was guessed
	DoubtSeverity = "severity" // it is not told
	DoubtExpires  = "expires"  // it is not told, or further away than a message may last
	DoubtSeveral  = "several"  // it says several things that became one
	DoubtCut      = "cut"      // its text was too long
	DoubtArea     = "area"     // it names places by codes that nobody here reads
)

// refOf is what identifies an alert, each sending of it once.
func refOf(r cap.Reference) string {
	return r.Sender + "," + r.Identifier + "," + r.Sent.UTC().Format(time.RFC3339)
}

// arrivalOf puts a valid alert into the house's words.
func arrivalOf(s *Source, a *cap.Alert, now time.Time) message.Arrival {
	out := message.Arrival{Origin: message.Origin{Kind: "cap", Source: s.ID, Name: s.NameZh}, Act: message.Begins, Ref: refOf(a.Reference()),
		Authority: string(s.Level), Kind: kindOf(a), Class: wire.Emergency, MIME: cap.MediaType}
	switch a.MsgType {
	case "Update":
		out.Act = message.Updates
	case "Cancel":
		out.Act = message.Cancels
	}
	main := capebm.Main(a)
	if main == nil {
		out.Reason = clean(a.Note, "", 500)
		return out
	}
	w := &wording{arrival: &out, alert: a, main: main}
	w.event()
	w.texts()
	w.times(now)
	w.area()
	if out.Act == message.Cancels {
		out.Doubts = nil
		out.Reason = clean(first(a.Note, main.Description, main.Headline), "", 500)
	}
	out.Content.Repeat = message.Repeat{Count: 2, IntervalSeconds: 5}
	return out
}

// kindOf is whether an alert is meant; how far a drill goes may be told.
func kindOf(a *cap.Alert) message.Kind {
	if a.Status != "Exercise" {
		return message.Real
	}
	for i := range a.Infos {
		for _, p := range a.Infos[i].Parameters {
			for _, k := range message.Kinds[1:] {
				if p.Name == capebm.MsgType && p.Value == strconv.Itoa(int(k.MsgType())) {
					return k
				}
			}
		}
	}
	return message.PlatformDrill
}

// severityOf is the public colour of a CAP severity.
func severityOf(s string) message.Severity {
	for _, c := range message.Severities {
		if c.EBD() == capebm.Severity(s) {
			return c
		}
	}
	return message.Unknown
}

type wording struct {
	arrival *message.Arrival
	alert   *cap.Alert
	main    *cap.Info
}

func (w *wording) doubt(d string) {
	if !slices.Contains(w.arrival.Doubts, d) {
		w.arrival.Doubts = append(w.arrival.Doubts, d)
	}
}

func (w *wording) event() {
	c := &w.arrival.Content
	known := capebm.EventGiven
	if c.Event, known = capebm.Event(w.main); known != capebm.EventGiven {
		w.doubt(DoubtEvent)
	}
	if c.Severity = severityOf(w.main.Severity); c.Severity == message.Unknown {
		c.Severity = message.Blue
		w.doubt(DoubtSeverity)
	}
}

// lang is the house's word for a language; empty for one that it does not speak.
func lang(tag string) string {
	primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
	switch primary {
	case "", "en":
		return "en"
	case "zh", "cmn":
		return "zh"
	}
	return ""
}

// same are the infos that say the same thing in the main one's language, the main one first.
func (w *wording) same() []*cap.Info {
	out := []*cap.Info{w.main}
	for i := range w.alert.Infos {
		if n := &w.alert.Infos[i]; n != w.main && strings.EqualFold(n.Language, w.main.Language) {
			out = append(out, n)
		}
	}
	return out
}

func (w *wording) texts() {
	c := &w.arrival.Content
	infos := w.same()
	if len(infos) > 1 {
		w.doubt(DoubtSeveral)
	}
	body := make([]string, 0, len(infos))
	for _, n := range infos {
		body = append(body, first(n.Description, n.Headline, n.Event))
	}
	said := message.Text{Title: first(w.main.Headline, w.main.Event), Body: strings.Join(body, "\n"), Advice: w.main.Instruction}
	switch lang(w.main.Language) {
	case "zh":
		said.Lang = "zh"
		c.Texts = append(c.Texts, w.fit(said))
		for i := range w.alert.Infos {
			if n := &w.alert.Infos[i]; lang(n.Language) == "en" && len(c.Texts) == 1 {
				c.Texts = append(c.Texts, w.fit(message.Text{Lang: "en", Title: first(n.Headline, n.Event), Body: first(n.Description, n.Headline, n.Event), Advice: n.Instruction}))
			}
		}
	default:
		w.doubt(DoubtLanguage)
		name, _ := c.Event.Name()
		place := ""
		if len(w.main.Areas) > 0 {
			place = w.main.Areas[0].Description
		}
		c.Texts = append(c.Texts, w.fit(message.Text{Lang: "zh", Title: strings.TrimSpace(name.Zh + " " + place), Body: said.Title + "\n" + said.Body, Advice: said.Advice}))
		if lang(w.main.Language) == "en" {
			said.Lang = "en"
			c.Texts = append(c.Texts, w.fit(said))
		}
	}
}

// fit brings a text to what a message may say.
func (w *wording) fit(t message.Text) message.Text {
	cut := func(text, breaks string, limit int) string {
		out := clean(text, breaks, limit)
		if utf8.RuneCountInString(out) < utf8.RuneCountInString(clean(text, breaks, 1<<20)) {
			w.doubt(DoubtCut)
		}
		return out
	}
	t.Title = cut(t.Title, "", message.MaxTitle)
	t.Advice = cut(t.Advice, "\n", message.MaxText/2)
	t.Body = cut(t.Body, "\n", message.MaxText-utf8.RuneCountInString(t.Advice))
	if i18n.Blank(t.Body) {
		t.Body = t.Title
	}
	return t
}

// clean takes from a text what may not stand in one: characters that are not seen, braces,
// which stand for what is to be filled in, and what is beyond limit. Blanks become one.
func clean(text, breaks string, limit int) string {
	var lines []string
	for line := range strings.SplitSeq(strings.ToValidUTF8(text, ""), "\n") {
		line = strings.Map(func(r rune) rune {
			switch {
			case r == '{':
				return '｛'
			case r == '}':
				return '｝'
			case r == '\t' || r == '\r':
				return ' '
			case i18n.Deceptive(r):
				return -1
			}
			return r
		}, line)
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	gap := "\n"
	if !strings.Contains(breaks, "\n") {
		gap = " "
	}
	out := []rune(strings.Join(lines, gap))
	if len(out) > limit {
		out = append(out[:limit-1], '…')
	}
	return string(out)
}

func first(texts ...string) string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return t
		}
	}
	return ""
}

func (w *wording) times(now time.Time) {
	c := &w.arrival.Content
	if start := capebm.Starts(w.alert, w.main); start.After(now) {
		c.StartsAt = start.UTC()
	}
	c.EndsAt = w.main.Expires.UTC()
	if w.main.Expires.IsZero() {
		c.EndsAt = w.alert.Sent.Add(capebm.Lasts).UTC()
		w.doubt(DoubtExpires)
	}
	from := now
	if c.StartsAt.After(now) {
		from = c.StartsAt
	}
	if last := from.Add(message.MaxDuration); c.EndsAt.After(last) {
		c.EndsAt = last.UTC()
		w.doubt(DoubtExpires)
	}
}

func (w *wording) area() {
	area := &w.arrival.Content.Area
	for _, n := range w.same() {
		for i := range n.Areas {
			w.place(area, &n.Areas[i])
		}
	}
}

// many reports whether an area has more in it than is taken: it is refused, whatever else it names.
func many(a *message.Area) bool {
	return len(a.Regions)+len(a.Polygons)+len(a.Circles) > message.MaxAreas
}

func (w *wording) place(to *message.Area, from *cap.Area) {
	unknown, known := false, len(from.Polygons)+len(from.Circles) > 0
	for _, g := range from.Geocodes {
		code, ok := capebm.AreaCode(g)
		if !ok {
			unknown = true
			continue
		}
		known = true
		if !many(to) && !slices.Contains(to.Regions, string(code)) {
			to.Regions = append(to.Regions, string(code))
		}
	}
	for _, ring := range from.Polygons {
		if many(to) {
			break
		}
		p := make(message.Polygon, len(ring))
		for i, c := range ring {
			p[i] = [2]float64{c.Lon, c.Lat}
		}
		if !slices.ContainsFunc(to.Polygons, func(q message.Polygon) bool { return slices.Equal(p, q) }) {
			to.Polygons = append(to.Polygons, p)
		}
	}
	for _, c := range from.Circles {
		circle := message.Circle{Center: [2]float64{c.Centre.Lon, c.Centre.Lat}, Radius: max(c.Radius*1000, message.MinRadius)}
		if !many(to) && !slices.Contains(to.Circles, circle) {
			to.Circles = append(to.Circles, circle)
		}
	}
	if unknown && !known {
		w.doubt(DoubtArea)
	}
}
