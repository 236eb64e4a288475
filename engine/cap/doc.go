// Package cap reads, judges and writes messages of the Common Alerting Protocol: CAP
// 1.0, 1.1 and 1.2 (OASIS; ITU-T X.1303) are read, 1.2 is written, alone or within Atom
// and RSS feeds and EDXL-DE 1.0 distributions.
//
// A document is judged in one pass: whether it is well-formed, whether it is valid by
// the schema of its own version, and whether it keeps the rules that a schema cannot
// express. Each thing found has its rule, its place and its severity; Rules lists them
// all. A document with an error is still read as far as it makes sense, so that people
// see what it meant.
//
// The schema of a container is its own form (for EDXL its schema, for Atom RFC 4287,
// for RSS what RSS 2.0 requires) and, for each alert in it, that of the alert's version.
//
// It is a pure library: no network, no storage, no clock. Nothing in a document makes
// it fetch or expand anything, and what a document may cost is bounded.
package cap

import "sync"

// Check judges a document.
func Check(b []byte) Report {
	r := readers.Get().(*reader)
	report := r.read(b)
	if cap(r.document.tokens)+cap(r.document.attrs) > maxReusedPieces {
		r.document = document{}
	}
	if len(b) <= maxReused {
		*r = reader{scan: r.scan, frames: r.frames[:0], builder: builder{parts: r.builder.parts}, document: r.document}
		readers.Put(r)
	}
	return report
}

// readers lend their memory to one document after another, but for that which a large one took.
var readers = sync.Pool{New: func() any { return new(reader) }}

const (
	maxReused       = 5 << 20 // bytes of a document
	maxReusedPieces = 10_000  // of a signed alert
)

// Document is what was read, with the verdict on it.
type Document struct {
	Report
	Alerts  []*Alert   // in the order of the document; also those that are not valid
	Wrong   []*Finding // for each of Alerts its first error, nil where it has none; also one that Findings leave out
	Entries []Entry    // of an Atom feed or an RSS channel
}

// Read reads a document and judges it. Whoever acts on an alert looks at Valid first.
func Read(b []byte) *Document {
	d := &Document{}
	r := &reader{}
	r.each = func(a *Alert) { d.Alerts, d.Wrong = append(d.Alerts, a), append(d.Wrong, r.report.first) }
	d.Report = r.read(b)
	for i, f := range d.Wrong {
		if f.Rule == "" {
			d.Wrong[i] = nil
		}
	}
	d.Entries = r.box.entries
	return d
}

// Unreadable is the verdict on a file that could not be read at all.
func Unreadable(err error) Report {
	r := finder{Report: Report{Findings: []Finding{}}}
	r.found(RuleRead, "", err.Error())
	return r.Report
}
