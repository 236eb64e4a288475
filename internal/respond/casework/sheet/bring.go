package sheet

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// Limits of a table that somebody brings.
const (
	maxBytes  = 10 << 20
	maxRows   = 5_000
	maxFaults = 500
	together  = 64 // rows that are opened at the same time, and so in few transactions
)

// Brought is what came of a table.
type Brought struct {
	DryRun  bool     `json:"dryRun" doc:"Only looked at: no case was opened"`
	Rows    int      `json:"rows"`
	Good    int      `json:"good" doc:"Rows with which nothing is wrong"`
	Opened  int      `json:"opened" doc:"Cases that are open by these rows, those of an earlier attempt among them"`
	Unknown []string `json:"unknown" doc:"Titles of columns that are not used"`
	Faults  []Fault  `json:"faults" doc:"The first of them"`
}

// Fault is something that is wrong with a row.
type Fault struct {
	Line   int    `json:"line" doc:"As the spreadsheet program numbers it"`
	Column string `json:"column,omitempty"`
	Code   string `json:"code"`
	Say    string `json:"say"`
}

// opening is a way to open cases, as a table has columns for it.
type opening struct {
	typ    *procedure.Type
	start  *procedure.Start
	form   *procedure.Form
	fields []*procedure.Field
}

// opening finds a way to open cases that the reader has.
func (d *Desk) opening(ctx context.Context, code, start string) (*opening, error) {
	t, err := d.Docket.TypeOf(code, 0)
	if err != nil {
		return nil, err
	}
	may, err := d.Docket.MayOpen(ctx, code, start)
	if err != nil {
		return nil, err
	}
	o := &opening{typ: t, start: t.Opening(start)}
	if o.start == nil || !may {
		return nil, fault.New(fault.Forbidden, "casework.sheet.start").At("start")
	}
	if o.form = t.Form(o.start.Form); o.form == nil {
		return o, nil
	}
	for i := range o.form.Fields {
		f := &o.form.Fields[i]
		switch {
		case written(f):
			o.fields = append(o.fields, f)
		case f.Required && len(f.When) == 0:
			return nil, fault.New(fault.Conflict, "casework.sheet.form", fault.Args{"field": i18n.Both{Zh: f.Title.Zh, En: f.Title.En}})
		}
	}
	return o, nil
}

// written reports whether a cell can say what a field asks.
func written(f *procedure.Field) bool {
	switch f.Format {
	case "file", "signature":
		return false
	case "place":
		return true
	}
	if f.Type == "array" {
		return len(f.Items) == 1 && f.Items[0].Type != "object" && f.Items[0].Format != "file"
	}
	return f.Type != "object"
}

const (
	colRegion  = "@region"
	colSubject = "@subject"
	colKey     = "@key"
)

// wants are the columns of a table.
func (o *opening) wants() []document.Want {
	both := func(key string) []string {
		return []string{i18n.T(i18n.Chinese, "casework.sheet."+key, nil), i18n.T(i18n.English, "casework.sheet."+key, nil)}
	}
	wants := []document.Want{{Key: colRegion, Names: append(both("code"), both("region")...)}, {Key: colSubject, Names: both("subject")}, {Key: colKey, Names: both("key")}}
	for _, f := range o.fields {
		wants = append(wants, document.Want{Key: f.ID, Names: []string{f.Title.Zh, f.Title.En, f.ID}, Required: f.Required && len(f.When) == 0})
	}
	return wants
}

// template is an empty table, with what may be written in each column beside it.
func (o *opening) template(w io.Writer, lang i18n.Lang) error {
	say := func(key string) string { return i18n.T(lang, "casework.sheet."+key, nil) }
	head := []string{say("code"), say("subject"), say("key")}
	help := [][]string{{say("column"), say("required"), say("may")}, {say("code"), "", say("code_help")}, {say("subject"), "", say("subject_help")}, {say("key"), "", say("key_help")}}
	for _, f := range o.fields {
		title := pick(lang, f.Title)
		head = append(head, title)
		need := ""
		if f.Required && len(f.When) == 0 {
			need = say("yes")
		}
		help = append(help, []string{title, need, o.help(f, lang)})
	}
	return document.WriteSheets(w, document.Sheet{Name: say("name"), Rows: [][]string{head}}, document.Sheet{Name: say("columns"), Rows: help})
}

func (o *opening) help(f *procedure.Field, lang i18n.Lang) string {
	parts := []string{}
	if h := pick(lang, f.Help); h != "" {
		parts = append(parts, h)
	}
	of := f
	if len(f.Items) == 1 && f.Type == "array" {
		of = &f.Items[0]
		parts = append(parts, i18n.T(lang, "casework.sheet.many", nil))
	}
	var options []string
	for _, o := range of.Options {
		options = append(options, pick(lang, o.Title))
	}
	kind := of.Type
	if of.Format != "" {
		kind = of.Format
	}
	switch key := "casework.sheet.kind." + kind; {
	case len(options) > 0:
		parts = append(parts, strings.Join(options, " / "))
	case i18n.T(lang, key, nil) != key:
		parts = append(parts, i18n.T(lang, key, nil))
	}
	return strings.Join(parts, " ")
}

// line is a row that is to open a case.
type line struct {
	n    int
	open docket.NewCase
}

// Bring opens a case for each row of a table, or only looks at it. The same table brought again
// opens nothing twice: each row has a key, chosen by who wrote it or made of what it says.
func (d *Desk) Bring(ctx context.Context, code, start string, raw []byte, dry bool, lang i18n.Lang) (*Brought, error) {
	o, err := d.opening(ctx, code, start)
	if err != nil {
		return nil, err
	}
	b := &Brought{DryRun: dry, Unknown: []string{}, Faults: []Fault{}}
	var lines []line
	same := map[string]int{}
	read, err := document.ReadLongTable(ctx, bytes.NewReader(raw), document.Limits{Bytes: maxBytes, Rows: maxRows}, o.wants(), func(r document.Row) error {
		b.Rows++
		l, err := d.line(ctx, o, r, same)
		if err != nil {
			b.wrong(o, r.Line, err, lang)
			return nil
		}
		lines = append(lines, l)
		return nil
	})
	if err != nil {
		return nil, err
	}
	b.Unknown, b.Good = append(b.Unknown, read.Unknown...), len(lines)
	if dry || len(lines) == 0 {
		return b, nil
	}
	return b, d.openAll(ctx, o, b, lines, lang)
}

func (d *Desk) openAll(ctx context.Context, o *opening, b *Brought, lines []line, lang i18n.Lang) error {
	var work errgroup.Group
	work.SetLimit(together)
	var opened atomic.Int64
	failed := make([]error, len(lines))
	for i := range lines {
		work.Go(func() error {
			if _, failed[i] = d.Docket.Open(ctx, lines[i].open); failed[i] == nil {
				opened.Add(1)
			}
			return nil
		})
	}
	_ = work.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	b.Opened = int(opened.Load())
	for i, err := range failed {
		if err != nil {
			b.wrong(o, lines[i].n, err, lang)
		}
	}
	return d.DB.Update(ctx, func(tx *store.Tx) error {
		return audit.Write(ctx, tx, audit.Entry{Action: "casework.import", Object: "casework-list:" + store.NewID(tx.Now), Detail: map[string]any{"type": o.typ.Code, "start": o.start.ID, "rows": b.Rows, "opened": b.Opened}})
	})
}

// wrong notes what is wrong with a row.
func (b *Brought) wrong(o *opening, n int, err error, lang i18n.Lang) {
	var list fault.List
	if !errors.As(err, &list) {
		list = fault.List{fault.Of(err)}
	}
	for _, f := range list {
		if len(b.Faults) == maxFaults {
			return
		}
		b.Faults = append(b.Faults, Fault{n, o.column(f.Place, lang), f.Code, i18n.T(lang, f.Code, f.Args)})
	}
	slices.SortStableFunc(b.Faults, func(x, y Fault) int { return x.Line - y.Line })
}

// column is the title of the column that a place is in.
func (o *opening) column(place string, lang i18n.Lang) string {
	place, _, _ = strings.Cut(place, ".")
	for key, title := range map[string]string{"region": "code", "subject": "subject", "key": "key"} {
		if place == key {
			return i18n.T(lang, "casework.sheet."+title, nil)
		}
	}
	for _, f := range o.fields {
		if f.ID == place {
			return pick(lang, f.Title)
		}
	}
	return place
}

// line reads a row.
func (d *Desk) line(ctx context.Context, o *opening, r document.Row, same map[string]int) (line, error) {
	n := docket.NewCase{Type: o.typ.Code, Start: o.start.ID, Subject: strings.TrimSpace(r.Text(colSubject)), Data: map[string]any{}, Via: "import"}
	var list fault.List
	if where := strings.TrimSpace(r.Text(colRegion)); where != "" || n.Subject == "" {
		if region, known := d.Docket.Find(ctx, where); known {
			n.Region = region.Code
		} else {
			list.Add(fault.Bad("region", "casework.region.unknown", fault.Args{"region": where}))
		}
	}
	for _, f := range o.fields {
		text := strings.TrimSpace(r.Text(f.ID))
		if text == "" {
			continue
		}
		v, ok := d.cell(f, r, text)
		if !ok {
			list.Add(fault.Bad(f.ID, "casework.sheet.cell", fault.Args{"text": text}))
			continue
		}
		n.Data[f.ID] = v
	}
	if o.form != nil {
		if _, err := o.form.Take(n.Data, nil); err != nil {
			var many procedure.Faults
			if errors.As(err, &many) {
				for _, f := range many {
					list.Add(fault.Bad(f.Place, f.Code, fault.Args(f.Args)))
				}
			}
		}
	}
	n.Key = keyOf(n, strings.TrimSpace(r.Text(colKey)), same)
	return line{r.Line, n}, list.OrNil()
}

// keyOf is by what a row is known again: the key that stands in it, or else what it says, and the how
// manieth it is of those that say so.
func keyOf(n docket.NewCase, own string, same map[string]int) string {
	said := own
	if own == "" {
		raw, _ := json.Marshal(n) // of texts and numbers
		said = string(raw)
		same[said]++
		said += fmt.Sprint(" ", same[said])
	}
	sum := sha256.Sum256([]byte("import " + n.Type + " " + n.Start + " " + said))
	return hex.EncodeToString(sum[:])
}

// cell is a cell as a form takes it; spreadsheet programs keep days and numbers in their own way.
func (d *Desk) cell(f *procedure.Field, r document.Row, text string) (any, bool) {
	layout, day := layouts[f.Format]
	switch {
	case len(f.Options) > 0:
	case day:
		at, ok := r.Time(f.ID, d.Zone)
		return at.Format(layout), ok
	case f.Type == "number" || f.Type == "integer":
		return r.Number(f.ID)
	}
	return d.value(f, text)
}

// value is a text as a form takes it.
func (d *Desk) value(f *procedure.Field, text string) (any, bool) {
	for _, o := range f.Options {
		if text == o.Title.Zh || strings.EqualFold(text, o.Title.En) || text == fmt.Sprint(o.Value) {
			return o.Value, true
		}
	}
	if len(f.Options) > 0 {
		return nil, false
	}
	switch f.Type {
	case "boolean":
		switch strings.ToLower(text) {
		case "是", "yes", "true", "1", "√", "✓":
			return true, true
		case "否", "no", "false", "0":
			return false, true
		}
		return nil, false
	case "number", "integer":
		n, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", ""), 64)
		return n, err == nil
	case "array":
		var all []any
		for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("、;；\n", r) }) {
			v, ok := d.value(&f.Items[0], strings.TrimSpace(part))
			if !ok {
				return nil, false
			}
			all = append(all, v)
		}
		return all, true
	case "object":
		return map[string]any{"address": text}, true
	}
	return text, true
}

var layouts = map[string]string{"date": time.DateOnly, "minute": "2006-01-02T15:04", "date-time": time.RFC3339}
