// Package sheet takes lists of cases away as tables, and opens cases from tables that people bring.
package sheet

import (
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// Deps is what the desk stands on.
type Deps struct {
	DB     *store.DB
	Zone   *time.Location
	Docket *docket.Desk
}

// Desk writes and reads tables.
type Desk struct{ Deps }

// New makes the desk.
func New(d Deps) *Desk { return &Desk{d} }

// How many cases a table holds: one that is written row by row, and a workbook.
const (
	maxLines = 50_000
	maxBook  = 10_000
	atOnce   = 500
)

func pick(lang i18n.Lang, w procedure.Words) string {
	if lang == i18n.English && w.En != "" {
		return w.En
	}
	return w.Zh
}

// table is a list of cases on its way out.
type table struct {
	*Desk
	ctx   context.Context
	lang  i18n.Lang
	f     docket.Filter
	scope auth.Scope // where the reader may take lists away
	typ   *procedure.Type
	err   error
}

// fields are those of a type that a table has a column for: each once, in the order of its forms.
func fields(t *procedure.Type) (all []*procedure.Field) {
	if t == nil {
		return nil
	}
	seen := map[string]bool{}
	for i := range t.Forms {
		for j := range t.Forms[i].Fields {
			if f := t.Field(t.Forms[i].Fields[j].ID); f != nil && !seen[f.ID] && f.Format != "signature" {
				seen[f.ID] = true
				all = append(all, f)
			}
		}
	}
	return all
}

// columns every list has.
var columns = []string{"number", "type", "title", "state", "region", "code", "subject", "opened", "changed", "closed", "due", "overdue"}

func (t *table) head() (titles []string) {
	for _, c := range columns {
		titles = append(titles, i18n.T(t.lang, "casework.sheet."+c, nil))
	}
	for _, f := range fields(t.typ) {
		titles = append(titles, pick(t.lang, f.Title))
	}
	return titles
}

// pages yields the cases, a page at a time, with what the reader sees of them.
func (t *table) pages(most int) iter.Seq2[[]docket.Row, map[string]map[string]any] {
	return func(yield func([]docket.Row, map[string]map[string]any) bool) {
		for n := 0; n < most && t.err == nil; {
			t.f.Page.Limit = min(atOnce, most-n)
			var found *docket.Listing
			if found, t.err = t.Docket.List(t.ctx, t.f); t.err != nil {
				return
			}
			n += len(found.Items)
			rows := slices.DeleteFunc(found.Items, func(r docket.Row) bool { return !t.scope.Allows(r.Region.Path) })
			var data map[string]map[string]any
			if t.typ != nil {
				ids := make([]string, len(rows))
				for i := range rows {
					ids[i] = rows[i].ID
				}
				if data, t.err = t.Docket.SeenData(t.ctx, ids); t.err != nil {
					return
				}
				if t.err = t.name(data); t.err != nil {
					return
				}
			}
			if !yield(rows, data) || found.Next == "" {
				return
			}
			t.f.Page.After = found.Next
		}
	}
}

// name puts names in the place of ids of people, organisations and files.
func (t *table) name(data map[string]map[string]any) error {
	var ids []string
	for _, d := range data {
		ids = append(ids, docket.IDsIn(t.typ, d)...)
	}
	names, err := t.Docket.Names(t.ctx, ids)
	for _, d := range data {
		for _, id := range slices.Sorted(maps.Keys(d)) {
			d[id] = named(d[id], names)
		}
	}
	return err
}

func named(v any, names map[string]string) any {
	switch v := v.(type) {
	case string:
		if n := names[v]; n != "" {
			return n
		}
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = named(v[i], names)
		}
		return out
	}
	return v
}

// cells is a case as text.
func (t *table) cells(r *docket.Row, data map[string]any) []string {
	at := func(when time.Time) string {
		if when.IsZero() {
			return ""
		}
		return when.In(t.Zone).Format("2006-01-02 15:04")
	}
	yes := ""
	if r.Overdue {
		yes = i18n.T(t.lang, "casework.sheet.yes", nil)
	}
	cells := []string{r.Number, pick(t.lang, r.TypeName), r.Title, pick(t.lang, r.StateName), pick(t.lang, r.Region.Name), r.Region.ID, r.Subject, at(r.OpenedAt), at(r.ChangedAt), at(r.ClosedAt), at(r.DueAt), yes}
	for _, f := range fields(t.typ) {
		text := ""
		if v, ok := data[f.ID]; ok {
			text = Say(f, v, t.lang)
		}
		cells = append(cells, text)
	}
	return cells
}

// Say is a value as people read it in their language.
func Say(f *procedure.Field, v any, lang i18n.Lang) string {
	if lang == i18n.English {
		for _, o := range f.Options {
			if fmt.Sprint(o.Value) == fmt.Sprint(v) {
				return o.Title.En
			}
		}
		if yes, ok := v.(bool); ok {
			return map[bool]string{true: "Yes", false: "No"}[yes]
		}
	}
	return f.Say(v)
}

// lines yields the table row by row, the head first.
func (t *table) lines(most int) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		if !yield(t.head()) {
			return
		}
		for rows, data := range t.pages(most) {
			for i := range rows {
				if !yield(t.cells(&rows[i], data[rows[i].ID])) {
					return
				}
			}
		}
	}
}

// export readies a list for taking away, and leaves a record of it.
func (d *Desk) export(ctx context.Context, f docket.Filter, lang i18n.Lang, format string) (*table, error) {
	t := &table{Desk: d, ctx: ctx, lang: lang, f: f, scope: auth.ScopeOf(ctx, docket.PermExport)}
	if len(f.Types) == 1 {
		var err error
		if t.typ, err = d.Docket.TypeOf(f.Types[0], 0); err != nil {
			return nil, err
		}
	}
	t.f.Page = store.Page{Limit: atOnce}
	return t, d.DB.Update(ctx, func(tx *store.Tx) error {
		return audit.Write(ctx, tx, audit.Entry{Action: "casework.export", Object: "casework-list:" + store.NewID(tx.Now), RegionPath: f.Region, Detail: map[string]any{"format": format, "types": f.Types, "state": f.State, "open": f.Open, "text": f.Text, "from": f.From, "to": f.To}})
	})
}

// WriteCSV writes a list row by row; it says how far it came.
func (t *table) writeCSV(w io.Writer) error {
	if err := document.WriteCSV(w, t.lines(maxLines)); err != nil {
		return err
	}
	return t.err
}

// writeXLSX writes a list as a workbook.
func (t *table) writeXLSX(w io.Writer) error {
	var rows [][]string
	for cells := range t.lines(maxBook) {
		rows = append(rows, cells)
	}
	if t.err != nil {
		return t.err
	}
	return document.WriteSheets(w, document.Sheet{Name: i18n.T(t.lang, "casework.sheet.name", nil), Rows: rows})
}

// tally is what facts of cases add up to on a day.
type tally struct {
	element, unit, of, day string
	value                  int64
}

func (v *tally) cells(region string) []string {
	return []string{v.day, v.element, v.unit, v.of, region, strconv.FormatFloat(float64(v.value)/1e6, 'f', -1, 64)}
}

// Tallies yields what facts of cases add up to between two days, in the regions where the reader may
// take lists away, the head first.
func (d *Desk) tallies(ctx context.Context, from, to string, lang i18n.Lang) (iter.Seq[[]string], error) {
	all, err := talliesOf(ctx, d.DB, from, to, maxLines)
	scope := auth.ScopeOf(ctx, docket.PermExport)
	return func(yield func([]string) bool) {
		titles := []string{}
		for _, c := range []string{"day", "element", "unit", "of", "region", "value"} {
			titles = append(titles, i18n.T(lang, "casework.sheet."+c, nil))
		}
		if !yield(titles) {
			return
		}
		for _, v := range all {
			r, known := d.Docket.RegionOf(v.of)
			if v.unit == "region" && (!known || !scope.Allows(r.Path)) || v.unit != "region" && !scope.Allows(d.Docket.Home) {
				continue
			}
			if !yield(v.cells(strings.TrimSpace(pick(lang, procedure.Words{Zh: r.NameZH, En: r.NameEN})))) {
				return
			}
		}
	}, err
}
