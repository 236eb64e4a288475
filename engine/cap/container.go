package cap

import (
	"fmt"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/geo"
	"github.com/tongsheng/tongsheng/engine/xmlscan"
)

// node is what an element is to its container.
type node uint8

const (
	nodeNone node = iota
	nodeFeed
	nodeEntry
	nodeRSS
	nodeChannel
	nodeItem
	nodeTime   // its text is a time by RFC 3339
	nodeRFC822 // its text is a time by RFC 822
	nodeIRI    // its text is there and an IRI
	nodeTitle
	nodeSummary
	nodeLink // its text is a link
	nodeGUID
)

// container is what is known of the feed, channel or distribution around the alerts.
type container struct {
	alerts    int // that began so far
	items     int // entries so far
	links     int // that may lead to alerts elsewhere
	feed      map[string]int
	entry     map[string]int
	purpose   string // distributionType of EDXL
	refers    bool   // distributionReference of EDXL
	sent      map[Reference][]time.Time
	pending   []pendingReference
	duplicate []whose
	entries   []Entry // where they are wanted
	open      bool    // the last of them is still being read
}

// whose is an alert of the container of which something may still be told at the end.
type whose struct {
	path  string
	first *Finding // where its first error is put; see finder
}

// pendingReference is a reference that may be to an alert that is still to come.
type pendingReference struct {
	Reference
	whose
}

// maxAlerts is how many alerts, and how many entries, a container may have.
const maxAlerts = 10_000

// The elements that RFC 4287 allows in a feed and in an entry.
var (
	inFeed  = strings.Fields("author category contributor generator icon id link logo rights subtitle title updated entry")
	inEntry = strings.Fields("author category content contributor id link published rights source summary title updated")
)

// refuse tells that the container does not have the form it should.
func (r *reader) refuse(path, message string) {
	r.report.SchemaValid = false
	r.report.found(RuleFeed, path, message)
}

func (r *reader) boxRoot(name xmlscan.Name, f *frame) {
	if !r.bare {
		r.box.sent = map[Reference][]time.Time{}
	}
	switch {
	case r.report.Version == "atom" && name.Local == "feed":
		f.node, r.box.feed = nodeFeed, map[string]int{}
	case r.report.Version == "atom":
		r.entry(f, nodeEntry)
	case r.report.Version == "rss":
		f.node = nodeRSS
	}
}

// boxChild notes an element of the container's own.
func (r *reader) boxChild(parent *frame, name xmlscan.Name, f *frame) {
	switch parent.node {
	case nodeFeed, nodeEntry:
		if name.Space == SpaceAtom {
			r.atomChild(parent, name.Local, f)
		}
	case nodeRSS:
		if name.Space == "" && name.Local == "channel" {
			f.node, r.box.feed = nodeChannel, map[string]int{}
		}
	case nodeChannel, nodeItem:
		if name.Space == "" {
			r.rssChild(parent, name.Local, f)
		}
	}
}

func (r *reader) atomChild(parent *frame, name string, f *frame) {
	seen, known := r.box.feed, inFeed
	if parent.node == nodeEntry {
		seen, known = r.box.entry, inEntry
	}
	if !contains(known, name) {
		r.refuse(r.path()+"/"+name, "Atom has no such element here")
		return
	}
	seen[name]++
	switch name {
	case "entry":
		r.entry(f, nodeEntry)
	case "id":
		f.node = nodeIRI
	case "updated", "published":
		f.node = nodeTime
	case "title":
		f.node = nodeTitle
	case "summary":
		f.node = nodeSummary
	case "link":
		r.atomLink(parent)
	case "content":
		for _, a := range r.scan.Attrs() {
			if a.Local == "src" && a.Space == "" && a.Value != "" {
				seen["src"]++
				r.box.links++
			}
		}
	}
}

func (r *reader) atomLink(parent *frame) {
	href, rel, kind := "", "", ""
	for _, a := range r.scan.Attrs() {
		switch {
		case a.Space == "" && a.Local == "href":
			href = a.Value
		case a.Space == "" && a.Local == "rel":
			rel = a.Value
		case a.Space == "" && a.Local == "type":
			kind = a.Value
		}
	}
	if trim(href) == "" {
		r.refuse(r.path()+"/link", "a link has no href")
		return
	}
	if parent.node == nodeEntry && rel != "self" && rel != "edit" {
		r.box.links++
		if e := r.box.current(); e != nil && (e.Link == "" || kind == MediaType) {
			e.Link = trim(href)
		}
	}
}

// entry begins an entry of a feed or an item of a channel.
func (r *reader) entry(f *frame, n node) {
	f.node, r.box.entry = n, map[string]int{}
	if r.box.items++; r.box.items == maxAlerts+1 {
		r.report.whole(RuleSize, "", fmt.Sprintf("the document has more than %d entries", maxAlerts))
	}
	if r.each != nil && r.box.items <= maxAlerts {
		r.box.entries, r.box.open = append(r.box.entries, Entry{}), true
	}
}

// current is the entry that is open, where entries are wanted.
func (b *container) current() *Entry {
	if !b.open {
		return nil
	}
	return &b.entries[len(b.entries)-1]
}

// holds notes the alert that the open entry holds.
func (b *container) holds(a *Alert) {
	if e := b.current(); e != nil && e.Alert == nil {
		e.Alert = a
	}
}

// keep notes a text of the open entry.
func (b *container) keep(n node, text string) {
	e := b.current()
	if e == nil {
		return
	}
	switch n {
	case nodeIRI, nodeGUID:
		e.ID = text
	case nodeTitle:
		e.Title = text
	case nodeSummary:
		e.Summary = text
	case nodeLink:
		e.Link = text
	case nodeTime:
		e.Updated = parseTime(text)
	case nodeRFC822:
		e.Updated, _ = rfc822(text)
	}
}

func (r *reader) rssChild(parent *frame, name string, f *frame) {
	if parent.node == nodeChannel {
		r.box.feed[name]++
		if name == "item" {
			r.entry(f, nodeItem)
		}
	} else {
		r.box.entry[name]++
		if name == "link" || name == "enclosure" || name == "guid" {
			r.box.links++
		}
	}
	switch name {
	case "pubDate", "lastBuildDate":
		f.node = nodeRFC822
	case "title":
		f.node = nodeTitle
	case "description":
		f.node = nodeSummary
	case "link":
		f.node = nodeLink
	case "guid":
		f.node = nodeGUID
	}
}

// boxEnd judges an element of the container's own that is whole.
func (r *reader) boxEnd(f *frame) {
	if f.node == nodeNone {
		return
	}
	text := trim(string(r.text))
	if n := len(r.frames); n > 1 && (r.frames[n-2].node == nodeEntry || r.frames[n-2].node == nodeItem) && f.name != "published" {
		r.box.keep(f.node, text)
	}
	switch f.node {
	case nodeFeed:
		r.once(r.box.feed, "id", "title", "updated")
		r.atMostOnce(r.box.feed, "generator", "icon", "logo", "rights", "subtitle")
		if r.box.feed["author"] == 0 && r.box.entry != nil && r.box.entry["author"] == 0 {
			r.report.found(RuleFeedShould, r.path(), "neither the feed nor its entries have an author")
		}
	case nodeEntry:
		r.box.open = false
		r.once(r.box.entry, "id", "title", "updated")
		r.atMostOnce(r.box.entry, "content", "published", "rights", "source", "summary")
		if r.box.entry["content"] == 0 && r.box.entry["link"] == 0 {
			r.refuse(r.path(), "an entry has neither content nor a link")
		}
	case nodeRSS:
		if r.box.feed == nil {
			r.refuse(r.path(), "channel is missing")
		}
	case nodeChannel:
		r.once(r.box.feed, "title", "link", "description")
	case nodeItem:
		r.box.open = false
		if r.box.entry["title"] == 0 && r.box.entry["description"] == 0 {
			r.refuse(r.path(), "an item has neither a title nor a description")
		}
	case nodeIRI:
		if text == "" {
			r.refuse(r.path(), "is empty")
		}
	case nodeTime:
		if !isDateTime(text) || !strings.HasSuffix(text, "Z") && !isOffset(text[max(0, len(text)-6):]) {
			r.refuse(r.path(), quote(text)+" is not a date and time with a zone")
		}
	case nodeRFC822:
		if _, ok := rfc822(text); !ok {
			r.report.found(RuleFeedShould, r.path(), quote(text)+" is not a date by RFC 822")
		}
	}
}

func (r *reader) once(seen map[string]int, names ...string) {
	for _, name := range names {
		if seen[name] == 0 {
			r.refuse(r.path(), name+" is missing")
		}
	}
	r.atMostOnce(seen, names...)
}

func (r *reader) atMostOnce(seen map[string]int, names ...string) {
	for _, name := range names {
		if seen[name] > 1 {
			r.refuse(r.path(), name+" stands more than once")
		}
	}
}

// rfc822 reads the dates of RSS. Zones by name other than GMT and UT are not looked up:
// their times are told as if they were UTC.
func rfc822(text string) (time.Time, bool) {
	if len(text) > maxLabel {
		return time.Time{}, false
	}
	if _, after, ok := strings.Cut(text, ","); ok {
		text = trim(after)
	}
	i := strings.LastIndexByte(text, ' ')
	if i < 0 {
		return time.Time{}, false
	}
	clock, zone := trim(text[:i]), text[i+1:]
	for _, layout := range []string{"2 Jan 2006 15:04:05", "2 Jan 2006 15:04", "2 Jan 06 15:04:05", "2 Jan 06 15:04"} {
		t, err := time.Parse(layout, clock)
		if err != nil {
			continue
		}
		if z, err := time.Parse("-0700", zone); err == nil {
			_, offset := z.Zone()
			t = zoned(t.Add(-time.Duration(offset) * time.Second).In(time.FixedZone("", offset)))
		}
		return t, true
	}
	return time.Time{}, false
}

// distribution judges a text of EDXL-DE (§3.2 there).
func (r *reader) distribution(name, text string) {
	switch name {
	case "distributionType":
		r.box.purpose = trim(text)
	case "distributionReference":
		r.box.refers = true
		if strings.Count(text, ",") < 2 {
			r.report.found(RuleDistributed, r.path(), quote(text)+" is not of the form distributionID,senderID,dateTimeSent")
		}
	case "polygon":
		r.builder.bytes = 0 // each by itself: nothing of them is kept
		r.values.polygon(new(pool[geo.Point]), text)
	case "circle":
		r.values.circle(text)
	}
}

// met notes an alert of the container and what it refers to.
func (b *container) met(a *Alert, path string, first *Finding) {
	key := Reference{Sender: a.Sender, Identifier: a.Identifier}
	if len(b.sent[key]) > 0 {
		b.duplicate = append(b.duplicate, whose{path, first})
	}
	b.sent[key] = append(b.sent[key], a.Sent)
	at := whose{path + "/references", first}
	for _, ref := range a.References {
		b.pending = append(b.pending, pendingReference{ref, at})
	}
}

// boxFinish applies the rules that need the whole container.
func (r *reader) boxFinish() {
	if r.bare {
		return
	}
	b := &r.box
	if b.alerts > maxAlerts {
		r.report.whole(RuleSize, "", fmt.Sprintf("the document has more than %d alerts", maxAlerts))
		return
	}
	for _, twin := range b.duplicate {
		r.report.first = twin.first
		r.report.found(RuleDuplicate, twin.path, "another alert of the document has the same sender and identifier")
	}
	for _, ref := range b.pending {
		r.report.first = ref.first
		sent, here := b.sent[Reference{Sender: ref.Sender, Identifier: ref.Identifier}]
		found := false
		for _, t := range sent {
			found = found || t.Equal(ref.Sent)
		}
		switch {
		case !here:
			r.report.found(RuleUnresolved, ref.path, quote(ref.Identifier)+" is not in the document")
		case !found:
			r.report.found(RuleDangling, ref.path, fmt.Sprintf("%s is in the document, but was not sent at %s", quote(ref.Identifier), formatTime(ref.Sent)))
		}
	}
	r.report.first = nil
	switch b.purpose {
	case "Update", "Cancel", "Error":
		if !b.refers {
			r.report.found(RuleDistributed, "/EDXLDistribution", "a distribution of the type "+b.purpose+" refers to no other")
		}
	}
	if b.alerts == 0 && b.links == 0 && r.report.Version != "" {
		r.report.found(RuleNothing, "", "there is no alert here, and no link that leads to one")
	}
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}
