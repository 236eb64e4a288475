package document

import (
	"io"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Report is a document under construction; it is not for concurrent use.
type Report struct {
	Title  string
	Lang   i18n.Lang
	Drill  bool
	Issuer string         // who issues it, at the head and foot; may be empty
	Number string         // its number in the register; may be empty
	Made   time.Time      // when it was made; zero prints none
	Zone   *time.Location // of every time in it; nil is UTC

	blocks []any // facts, text, Table, LineChart, BarChart, heading, signatures
}

// NewReport begins a report. The language is that of the furniture (page numbers,
// drill band); the caller's own words are the caller's.
func NewReport(title string, lang i18n.Lang, drill bool) *Report {
	return &Report{Title: title, Lang: lang, Drill: drill}
}

// KV is one fact: a name, a value of the kinds that Column takes, and its unit.
type KV struct {
	Name  string
	Value any
	Unit  string
}

type (
	facts      []KV
	heading    string
	text       string
	signatures []string
)

// Facts adds a list of facts, two to a row.
func (r *Report) Facts(list ...KV) *Report { return r.add(facts(list)) }

// Heading adds a heading.
func (r *Report) Heading(title string) *Report { return r.add(heading(title)) }

// Text adds a paragraph; line breaks in it are kept.
func (r *Report) Text(paragraph string) *Report { return r.add(text(paragraph)) }

// Table adds a table.
func (r *Report) Table(t Table) *Report { return r.add(t) }

// Chart adds a line chart.
func (r *Report) Chart(c LineChart) *Report { return r.add(c) }

// Bars adds a bar chart.
func (r *Report) Bars(c BarChart) *Report { return r.add(c) }

// Signatures adds lines to sign on, one for each role.
func (r *Report) Signatures(roles ...string) *Report { return r.add(signatures(roles)) }

// As writes the report as a file of a format: pdf or xlsx.
func (r *Report) As(format string) func(w io.Writer) error {
	if format == "xlsx" {
		return r.WriteXLSX
	}
	return func(w io.Writer) error { _, err := r.WritePDF(w); return err }
}

func (r *Report) add(block any) *Report {
	r.blocks = append(r.blocks, block)
	return r
}

// Kind says how a column's values are shown and which Go values it takes. A nil value
// is unknown and shown as a dash, which is not zero.
type Kind int

// The kinds of column.
const (
	Plain   Kind = iota // string, or any value by its natural form
	Count               // integers, with thousands separators
	Decimal             // float64, with Column.Decimals places
	Share               // float64 0–1, as a percentage with Column.Decimals places
	Instant             // time.Time, to the second
	Day                 // time.Time, the date only
	Span                // time.Duration, as h:mm:ss
	clock               // time.Time, the time of day only; see settled
)

// Column is one column of a table.
type Column struct {
	Title    string
	Unit     string // stands in the head, not in the cells
	Kind     Kind
	Decimals int
}

// Table is a table with a title; Total, when given, is its last row.
type Table struct {
	Title   string
	Columns []Column
	Rows    [][]any
	Total   []any
	Note    string // below it: source, meaning of dashes
}

// Point is one value of a series; X is a time or a number as the chart says.
type Point struct {
	Time time.Time
	X, Y float64
}

// Series is one line of a chart.
type Series struct {
	Name   string
	Points []Point
	Step   bool // values hold until the next point, as counts do
}

// Mark is a named threshold across a chart.
type Mark struct {
	Name string
	Y    float64
}

// LineChart shows how values went. With Timed, points are placed by Time, otherwise by X; with Names,
// X counts through them from zero, and they stand along the axis.
type LineChart struct {
	Title    string
	XTitle   string
	YTitle   string
	Unit     string
	Timed    bool
	Names    []string
	Decimals int // of Y
	Series   []Series
	Marks    []Mark
}

// Bar is one bar; a nil value is "no data" and drawn as a dash.
type Bar struct {
	Name  string
	Value *float64
}

// BarChart compares values by length, from zero.
type BarChart struct {
	Title    string
	Unit     string
	Decimals int
	Bars     []Bar
	Marks    []Mark
}

func (r *Report) zone() *time.Location {
	if r.Zone != nil {
		return r.Zone
	}
	return time.UTC
}

// words of the furniture; the caller's catalogue has the rest.
func (r *Report) say(key string, args map[string]any) string {
	return i18n.T(r.Lang, "document."+key, args)
}
