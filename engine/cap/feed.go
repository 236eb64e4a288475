package cap

import (
	"bytes"
	"fmt"
	"time"
)

// Feed is a list of alerts that others may fetch, as WriteFeed writes it.
type Feed struct {
	ID      string // an IRI that stays the same
	Title   string
	Author  string
	Updated time.Time
	Self    string // where the feed is
	Entries []Entry
}

// Entry is one alert of a feed: where it is, the alert itself, or both.
type Entry struct {
	ID      string
	Title   string
	Updated time.Time
	Link    string // the CAP document
	Summary string
	Alert   *Alert // nil where the entry does not hold it
}

// MediaType is that of a CAP document.
const MediaType = "application/cap+xml"

// WriteFeed writes an Atom feed (RFC 4287) whose entries link to CAP documents and hold
// those alerts that they have. What it writes is valid by Check; a feed that could not
// be is refused with a *WriteError.
func WriteFeed(f *Feed) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(xmlHead + `<feed xmlns="` + SpaceAtom + `">`)
	w := &writer{&b, 1}
	w.must("id", f.ID)
	w.must("title", f.Title)
	w.must("updated", atomTime(f.Updated))
	if f.Author != "" {
		w.begin("author")
		w.must("name", f.Author)
		w.end("author")
	}
	w.link("self", "application/atom+xml", f.Self)
	for i, e := range f.Entries {
		if e.Alert != nil {
			if bad := e.Alert.unquotable(fmt.Sprintf("/feed/entry[%d]", i+1)); bad != nil {
				return nil, &WriteError{[]Finding{*bad}}
			}
		}
		w.entry(e)
	}
	b.WriteString("\n</feed>\n")
	if report := Check(b.Bytes()); !report.Valid {
		return nil, &WriteError{errorsOf(report.Findings)}
	}
	return b.Bytes(), nil
}

func (w *writer) entry(e Entry) {
	w.begin("entry")
	w.must("id", e.ID)
	w.must("title", e.Title)
	w.must("updated", atomTime(e.Updated))
	w.link("alternate", MediaType, e.Link)
	w.may("summary", e.Summary)
	if e.Alert != nil {
		w.indent()
		w.WriteString(`<content type="` + MediaType + `">`)
		e.Alert.write(w.Buffer)
		w.WriteString("</content>")
	}
	w.end("entry")
}

// atomTime is RFC 3339, to the second.
func atomTime(t time.Time) string {
	if _, offset := t.Zone(); offset%60 != 0 {
		t = t.UTC()
	}
	return t.Format(time.RFC3339)
}

func (w *writer) link(rel, kind, href string) {
	if href == "" {
		return
	}
	w.indent()
	w.WriteString(`<link rel="` + rel + `" type="` + kind + `" href="`)
	escapeAttr(w.Buffer, href)
	w.WriteString(`"/>`)
}
