package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/tongsheng/tongsheng/engine/cap"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

type capShowCmd struct {
	Files inputs `arg:"" name:"file" help:"Files to show; - is standard input."`
	Lang  string `help:"Language of the labels: zh or en; that of the environment where it is not given." enum:",zh,en" default:""`
}

func (c capShowCmd) Run() error {
	show := shower{os.Stdout, language()}
	switch c.Lang {
	case "zh":
		show.lang = i18n.Chinese
	case "en":
		show.lang = i18n.English
	}
	bad := false
	var file []byte
	for _, name := range c.Files {
		raw, err := readDocument(&file, name, func(int64) {})
		if err != nil {
			fmt.Fprintln(os.Stderr, "tongsheng:", err)
			bad = true
			continue
		}
		doc := cap.Read(raw)
		bad = bad || !doc.Valid
		show.document(name, doc)
	}
	if bad {
		return errInput
	}
	return nil
}

// shower writes alerts as a duty officer reads them. The codes of the standard have
// sentences in the catalogue under cap.<code>; what the sender wrote stays as it is.
type shower struct {
	out  io.Writer
	lang i18n.Lang
}

func (s shower) say(key string) string { return i18n.T(s.lang, "cap."+key, nil) }

// line writes a label and a text; an empty text writes nothing.
func (s shower) line(indent, label, text string) {
	if text = strings.TrimSpace(text); text == "" {
		return
	}
	text = strings.ReplaceAll(text, "\n", "\n"+indent+"    ")
	fmt.Fprintf(s.out, "%s%s: %s\n", indent, s.say("label."+label), clean(text))
}

// clean drops what would move the cursor, colour the terminal or turn the order of what is read.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\n' && r != '\t' || r >= 0x7f && r <= 0x9f || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, text)
}

func (s shower) codes(kind string, codes ...string) string {
	var said []string
	for _, c := range codes {
		key := "cap." + kind + "." + strings.ToLower(strings.ReplaceAll(c, " ", ""))
		if text := i18n.T(s.lang, key, nil); text != key {
			c = text
		}
		said = append(said, clean(c))
	}
	return strings.Join(said, s.say("list"))
}

func (s shower) time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2006-01-02 15:04:05 -07:00")
}

func (s shower) document(name string, doc *cap.Document) {
	state := "valid"
	if !doc.Valid {
		state = "invalid"
	}
	fmt.Fprintf(s.out, "== %s: %s\n", clean(name), s.say(state))
	for _, f := range doc.Findings {
		if f.Severity == cap.SeverityError {
			fmt.Fprintf(s.out, "  ! %s %s: %s\n", f.Path, f.Rule, f.Message)
		}
	}
	for _, e := range doc.Entries {
		if e.Alert == nil {
			fmt.Fprintf(s.out, "- %s  %s  %s\n", s.time(e.Updated), clean(e.Title), clean(e.Link))
		}
	}
	for _, a := range doc.Alerts {
		s.alert(a)
	}
}

func (s shower) alert(a *cap.Alert) {
	fmt.Fprintf(s.out, "\n%s · %s\n", s.codes("status", a.Status), s.codes("msgtype", a.MsgType))
	s.line("  ", "sender", a.Sender)
	s.line("  ", "identifier", a.Identifier)
	s.line("  ", "sent", s.time(a.Sent))
	s.line("  ", "scope", s.codes("scope", a.Scope))
	s.line("  ", "restriction", a.Restriction)
	s.line("  ", "addresses", strings.Join(a.Addresses, s.say("list")))
	s.line("  ", "note", a.Note)
	for _, r := range a.References {
		s.line("  ", "reference", r.String())
	}
	for i := range a.Infos {
		s.info(&a.Infos[i])
	}
}

func (s shower) info(n *cap.Info) {
	language := n.Language
	if language == "" {
		language = "en-US"
	}
	fmt.Fprintf(s.out, "  [%s] %s\n", clean(language), clean(n.Event))
	s.line("    ", "headline", n.Headline)
	s.line("    ", "category", s.codes("category", n.Categories...))
	s.line("    ", "grade", strings.Join([]string{s.codes("severity", n.Severity), s.codes("urgency", n.Urgency), s.codes("certainty", n.Certainty)}, s.say("list")))
	s.line("    ", "effective", s.time(n.Effective))
	s.line("    ", "onset", s.time(n.Onset))
	s.line("    ", "expires", s.time(n.Expires))
	s.line("    ", "response", s.codes("response", n.ResponseTypes...))
	s.line("    ", "description", n.Description)
	s.line("    ", "instruction", n.Instruction)
	s.line("    ", "sendername", n.SenderName)
	s.line("    ", "contact", n.Contact)
	s.line("    ", "web", n.Web)
	for _, r := range n.Resources {
		s.line("    ", "resource", strings.TrimSpace(r.Description+" "+r.MIMEType+" "+r.URI))
	}
	for i := range n.Areas {
		s.area(&n.Areas[i])
	}
}

func (s shower) area(a *cap.Area) {
	var parts []string
	for _, ring := range a.Polygons {
		parts = append(parts, i18n.T(s.lang, "cap.polygon", map[string]any{"points": len(ring) - 1}))
	}
	for _, c := range a.Circles {
		parts = append(parts, i18n.T(s.lang, "cap.circle", map[string]any{"lat": c.Centre.Lat, "lon": c.Centre.Lon, "radius": c.Radius}))
	}
	for _, g := range a.Geocodes {
		parts = append(parts, g.Name+" "+g.Value)
	}
	text := a.Description
	if len(parts) > 0 {
		text += " (" + strings.Join(parts, s.say("list")) + ")"
	}
	s.line("    ", "area", text)
}
