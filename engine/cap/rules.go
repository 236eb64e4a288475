package cap

import (
	"crypto/sha1" //nolint:gosec // the standard fixes it (§3.2.3)
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/geo"
)

// judge applies the rules that span several elements of one alert, or that its Go
// types leave open.
type judge struct {
	report *finder
	prefix string // of every path: empty, or "alert[3]" in a container
	budget *int   // comparisons of edges that may still be spent on the document
}

// maxComparisons bounds the search for polygons that cross themselves.
const maxComparisons = 20_000_000

func (j judge) alert(a *Alert) {
	at := j.prefix
	switch {
	case a.Scope == "Restricted" && trim(a.Restriction) == "":
		j.report.found(RuleRestriction, at+"/restriction", "the scope is Restricted and no restriction says to whom")
	case a.Scope != "Restricted" && a.Scope != "" && trim(a.Restriction) != "":
		j.report.found(RuleUnscoped, at+"/restriction", "the scope is "+a.Scope)
	}
	if a.Scope == "Private" && len(a.Addresses) == 0 {
		j.report.found(RuleAddresses, at+"/addresses", "the scope is Private and no addresses are there")
	}
	switch a.MsgType {
	case "Update", "Cancel", "Ack", "Error":
		if len(a.References) == 0 && a.Version != versionOld {
			j.report.found(RuleRefers, at+"/references", "a message of the type "+a.MsgType+" refers to no other")
		} else if len(a.References) == 0 {
			j.report.warn(RuleRefers, at+"/references", "a message of the type "+a.MsgType+" refers to no other")
		}
	}
	for _, ref := range a.References {
		switch {
		case ref.Sender == a.Sender && ref.Identifier == a.Identifier:
			j.report.found(RuleEarlier, at+"/references", "the message refers to itself")
		case !a.Sent.IsZero() && ref.Sent.After(a.Sent):
			j.report.found(RuleEarlier, at+"/references", quote(ref.Identifier)+" was sent later than the message")
		}
	}
	if trim(a.Note) == "" && (a.Status == "Exercise" || a.MsgType == "Error") {
		j.report.found(RuleNote, at+"/note", "there is no note")
	}
	warns := a.MsgType == "Alert" || a.MsgType == "Update"
	if len(a.Infos) == 0 && warns {
		j.report.found(RuleNoInfo, at, "the message tells nothing")
	}
	for i := range a.Infos {
		path := &path{&path{name: at}, "info", i}
		j.info(a, &a.Infos[i], path)
		if warns && len(a.Infos[i].Areas) == 0 {
			j.report.found(RuleNoArea, path.String(), "no area is told")
		}
	}
}

// maxLabel is how long a language or a media type may be, in bytes, to be looked at.
const maxLabel = 1000

var languageTag = regexp.MustCompile(`^(?:[A-Za-z]{2,3}|[iIxX]-[A-Za-z0-9]{1,8})(?:-[A-Za-z0-9]{1,8})*$`)

func (j judge) info(a *Alert, n *Info, at *path) {
	if n.Language != "" && (len(n.Language) > maxLabel || !languageTag.MatchString(n.Language)) {
		j.report.found(RuleLanguage, at.String()+"/language", quote(n.Language)+" is not a language by RFC 3066")
	}
	if trim(n.Event) == "" {
		j.report.found(RuleEmpty, at.String()+"/event", "is empty")
	}
	from := n.Effective
	if from.IsZero() {
		from = a.Sent
	}
	switch {
	case n.Expires.IsZero():
	case n.Expires.Before(from):
		j.report.found(RuleOrder, at.String()+"/expires", "is before the message takes effect")
	case n.Expires.Before(a.Sent):
		j.report.found(RuleOrder, at.String()+"/expires", "is before the message was sent")
	}
	if !n.Expires.IsZero() && n.Onset.After(n.Expires) {
		j.report.found(RuleOnset, at.String()+"/onset", "is after the message expires")
	}
	if n.Web != "" && !isAbsolute(collapse(n.Web)) {
		j.report.found(RuleWeb, at.String()+"/web", quote(n.Web)+" is not an absolute URI")
	}
	j.pairs(n.EventCodes, at, "eventCode")
	j.pairs(n.Parameters, at, "parameter")
	for i := range n.Resources {
		j.resource(&n.Resources[i], &path{at, "resource", i})
	}
	for i := range n.Areas {
		j.area(&n.Areas[i], &path{at, "area", i})
	}
}

// path is the place of the element called name with the 0-based number nth within parent;
// without a parent it is name itself. It is put together only where something is found.
type path struct {
	parent *path
	name   string
	nth    int
}

func (p *path) String() string {
	if p.parent == nil {
		return p.name
	}
	return p.parent.String() + "/" + p.name + "[" + strconv.Itoa(p.nth+1) + "]"
}

func (j judge) pairs(values []Value, at *path, name string) {
	for i, v := range values {
		if trim(v.Name) == "" {
			j.report.found(RuleEmpty, (&path{at, name, i}).String()+"/valueName", "is empty")
		}
	}
}

var mimeType = regexp.MustCompile(`^[!#$%&'*+.^_|~0-9A-Za-z-]+/[!#$%&'*+.^_|~0-9A-Za-z-]+\s*(;.*)?$`)

func (j judge) resource(r *Resource, at *path) {
	if trim(r.Description) == "" {
		j.report.found(RuleEmpty, at.String()+"/resourceDesc", "is empty")
	}
	mime := trim(r.MIMEType)
	switch {
	case mime == "" && r.DerefURI != "":
		j.report.found(RuleDeref, at.String()+"/mimeType", "there is content and no mimeType")
	case mime != "" && (len(mime) > maxLabel || !mimeType.MatchString(mime)):
		j.report.found(RuleMIME, at.String()+"/mimeType", quote(mime)+" is not a type and a subtype")
	}
	if uri := collapse(r.URI); uri != "" && !isAbsolute(uri) && r.DerefURI == "" {
		j.report.found(RuleURI, at.String()+"/uri", quote(uri)+" is relative, and there is no content that it could name")
	}
	if r.DerefURI != "" && base64Binary(r.DerefURI) != "" {
		j.report.found(RuleDeref, at.String()+"/derefUri", "is not base 64")
		return
	}
	j.digest(r, at)
}

// digest compares a digest with the content. Senders were seen to write SHA-256, and to
// write either in base 64; of another form nothing can be said.
func (j judge) digest(r *Resource, at *path) {
	written := trim(r.Digest)
	if written == "" {
		return
	}
	if len(written) > maxLabel {
		j.report.found(RuleDigestForm, at.String()+"/digest", quote(written)+" is not a SHA-1 value in hexadecimal digits")
		return
	}
	raw, err := hex.DecodeString(written)
	if err != nil {
		raw, _ = base64.StdEncoding.DecodeString(written)
	}
	if len(raw) != sha1.Size || err != nil {
		j.report.found(RuleDigestForm, at.String()+"/digest", quote(written)+" is not a SHA-1 value in hexadecimal digits")
	}
	if r.DerefURI == "" || len(raw) != sha1.Size && len(raw) != sha256.Size {
		return
	}
	sum := sha1.New() //nolint:gosec // as above
	if len(raw) == sha256.Size {
		sum = sha256.New()
	}
	if _, err := io.Copy(sum, base64.NewDecoder(base64.StdEncoding, &unspaced{r.DerefURI})); err != nil {
		return // told already
	}
	if string(raw) != string(sum.Sum(nil)) {
		j.report.found(RuleDigest, at.String()+"/digest", "is not that of the content")
	}
}

// unspaced reads a text without its blanks.
type unspaced struct{ rest string }

func (u *unspaced) Read(b []byte) (n int, err error) {
	for ; n < len(b) && u.rest != ""; u.rest = u.rest[1:] {
		if c := u.rest[0]; c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			b[n] = c
			n++
		}
	}
	if n == 0 && u.rest == "" {
		return 0, io.EOF
	}
	return n, nil
}

func (j judge) area(a *Area, at *path) {
	if trim(a.Description) == "" {
		j.report.found(RuleEmpty, at.String()+"/areaDesc", "is empty")
	}
	for i, ring := range a.Polygons {
		j.ring(ring, &path{at, "polygon", i})
	}
	if a.Ceiling != nil {
		switch {
		case a.Altitude == nil:
			j.report.found(RuleCeiling, at.String()+"/ceiling", "stands without an altitude")
		case *a.Ceiling < *a.Altitude:
			j.report.found(RuleCeiling, at.String()+"/ceiling", "is below the altitude")
		}
	}
	switch {
	case len(a.Polygons)+len(a.Circles)+len(a.Geocodes) == 0:
		j.report.found(RuleUnplaced, at.String(), "has no shape and no code")
	case len(a.Polygons)+len(a.Circles) == 0:
		j.report.found(RuleUnplaced, at.String(), "has codes only, which not everybody knows")
	}
	j.pairs(a.Geocodes, at, "geocode")
}

// ring warns of a polygon that is not one shape. A ring of many points costs much to
// search: what the document's budget does not cover is not looked at.
func (j judge) ring(r geo.Ring, at *path) {
	if len(r) < 4 {
		return
	}
	if cost := len(r) * len(r); cost <= *j.budget {
		*j.budget -= cost
		if err := r.Check(""); err != nil {
			if g, ok := err.(*geo.Error); ok && g.Code == "geo.ring.flat" {
				j.report.found(RuleShape, at.String(), "has no area")
			} else {
				j.report.found(RuleShape, at.String(), "crosses itself")
			}
		}
	}
}

// formatTime writes a time as CAP 1.2 wants it: to the second, with an offset of whole
// minutes.
func formatTime(t time.Time) string {
	if _, offset := t.Zone(); offset%60 != 0 {
		t = t.UTC()
	}
	s := t.Format("2006-01-02T15:04:05-07:00")
	if strings.HasSuffix(s, "+00:00") {
		s = s[:len(s)-6] + "-00:00"
	}
	return s
}
