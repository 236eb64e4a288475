// Package sheet is the register as a table that people fill in: its columns, their
// headings in either language, and the reading of one row.
package sheet

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Column is a column of the table.
type Column string

// Columns that can be filled in, in the order of the template.
const (
	Code         Column = "code"
	Kind         Column = "kind"
	Name         Column = "name"
	Region       Column = "region"
	Lon          Column = "lon"
	Lat          Column = "lat"
	Site         Column = "site"
	Model        Column = "model"
	Maker        Column = "maker"
	Serial       Column = "serial"
	Owner        Column = "owner"
	Contact      Column = "contact"
	Microphone   Column = "microphone"
	Installed    Column = "installed"
	Commissioned Column = "commissioned"
)

// Writable lists them.
var Writable = []Column{Code, Kind, Name, Region, Lon, Lat, Site, Model, Maker, Serial, Owner, Contact, Microphone, Installed, Commissioned}

// ReadOnly columns stand in an export after the writable ones; an import passes over them.
var ReadOnly = []Column{"region_name", "state", "presence", "last_seen", "faults", "sample"}

// required columns must stand in every file.
var required = map[Column]bool{Kind: true, Name: true, Region: true}

// Heading is a column's heading in a language.
func (c Column) Heading(lang i18n.Lang) string { return i18n.T(lang, "asset.column."+string(c), nil) }

// Asked is a column's heading in a table to fill in: with a star where it must be.
func (c Column) Asked(lang i18n.Lang) string {
	if required[c] {
		return c.Heading(lang) + "*"
	}
	return c.Heading(lang)
}

// Table is a file that was read.
type Table struct {
	File    string
	Rows    []document.Row
	Ignored []string // headings that no column has
}

// Notes are the rows of the template that say how to fill it in, and one row as an example.
// An import passes over all of them.
func Notes(lang i18n.Lang, kinds []string) [][]string {
	say := func(key string, args map[string]any) string { return i18n.T(lang, "asset.note."+key, args) }
	out := [][]string{}
	for _, note := range []string{say("skipped", nil), say("kinds", map[string]any{"kinds": KindNames(lang, kinds)}), say("region", nil), say("rest", nil)} {
		out = append(out, []string{noted + " " + note})
	}
	example := make([]string, len(Writable))
	for i, c := range Writable {
		example[i] = map[Column]string{Code: noted + " " + say("example", nil), Kind: KindNames(lang, kinds[:1]), Name: exampleName(lang), Region: "110105001000", Lon: "116.481488", Lat: "39.921489",
			Model: "TS-20", Serial: "SN000123", Owner: say("owner", nil), Contact: "010-5550100", Microphone: i18n.T(lang, "asset.flag.true", nil), Installed: "2026-05-01"}[c]
	}
	return append(out, example)
}

// KindNames lists kinds by their names, as they may be written.
func KindNames(lang i18n.Lang, kinds []string) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = i18n.T(lang, "asset.kind."+k, nil)
	}
	return strings.Join(names, i18n.T(lang, "asset.note.comma", nil))
}

// noted begins the code cell of a row that is no device.
const noted = "#"

func exampleName(lang i18n.Lang) string { return i18n.T(lang, "asset.note.name", nil) }

// note reports whether a row is one of the template's own, also where its first column was
// deleted.
func note(r Row) bool {
	name := r.Text(Name)
	return strings.HasPrefix(r.Text(Code), noted) || slices.ContainsFunc(i18n.Langs, func(l i18n.Lang) bool { return name == exampleName(l) })
}

// Read reads an XLSX or CSV file. Columns are found by their headings in either
// language or by their keys; those of an export that cannot be written are passed over in
// silence, and so are the template's own rows.
func Read(ctx context.Context, file string, raw []byte, limit int) (*Table, error) {
	var wants []document.Want
	for _, c := range append(append([]Column(nil), Writable...), ReadOnly...) {
		want := document.Want{Key: string(c), Names: []string{string(c)}, Required: required[c]}
		for i, lang := range i18n.Langs {
			want.Names = slices.Insert(want.Names, i, c.Heading(lang)) // a fault names the first
		}
		wants = append(wants, want)
	}
	t := &Table{File: file}
	read, err := document.ReadTable(ctx, bytes.NewReader(raw), wants, func(r document.Row) error {
		if note(Row{r}) {
			return nil
		}
		if len(t.Rows) >= limit {
			return fault.New(fault.TooLarge, "document.table_too_long", fault.Args{"limit": limit})
		}
		t.Rows = append(t.Rows, r)
		return nil
	})
	t.Ignored = read.Unknown
	return t, err
}

// Row is one row as written.
type Row struct{ document.Row }

// Text is a cell. An apostrophe in front, which keeps a spreadsheet from running the
// cell as a formula or rounding it, is not part of it.
func (r Row) Text(c Column) string {
	return strings.TrimSpace(strings.TrimPrefix(r.Row.Text(string(c)), "'"))
}

// Column is the letters of a column in the file, empty when it has none.
func (r Row) Column(c Column) string {
	if !r.Has(string(c)) {
		return ""
	}
	return strings.TrimRight(r.Place(string(c)), "0123456789")
}

// Number reads a decimal number; an empty cell is none.
func (r Row) Number(c Column) (v float64, written bool, err *fault.Error) {
	if r.Text(c) == "" {
		return 0, false, nil
	}
	v, ok := r.Row.Number(string(c))
	if !ok {
		err = fault.Bad(string(c), "asset.import.number", fault.Args{"value": clip(r.Text(c))})
	}
	return v, true, err
}

// Day reads a day as YYYY-MM-DD; an empty cell is none.
func (r Row) Day(c Column) (string, *fault.Error) {
	if r.Text(c) == "" {
		return "", nil
	}
	t, ok := r.Time(string(c), time.UTC)
	if !ok {
		return "", fault.Bad(string(c), "asset.date.invalid", fault.Args{"value": clip(r.Text(c))})
	}
	return t.Format(time.DateOnly), nil
}

// Flag reads yes or no; an empty cell is no.
func (r Row) Flag(c Column) (bool, *fault.Error) {
	switch strings.ToLower(r.Text(c)) {
	case "是", "有", "yes", "y", "true", "1", "✓", "√":
		return true, nil
	case "", "否", "无", "no", "n", "false", "0":
		return false, nil
	}
	return false, fault.Bad(string(c), "asset.import.flag", fault.Args{"value": clip(r.Text(c))})
}

// Word finds which of the keys a cell means: by the key, or by its name in either
// language under prefix.
func (r Row) Word(c Column, prefix string, keys []string) (string, *fault.Error) {
	text := r.Text(c)
	for _, key := range keys {
		if strings.EqualFold(text, key) {
			return key, nil
		}
		for _, lang := range i18n.Langs {
			if strings.EqualFold(text, i18n.T(lang, prefix+key, nil)) {
				return key, nil
			}
		}
	}
	return "", fault.Bad(string(c), "asset.import.kind", fault.Args{"kind": clip(text)})
}

func clip(s string) string {
	if r := []rune(strings.ToValidUTF8(s, "?")); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
