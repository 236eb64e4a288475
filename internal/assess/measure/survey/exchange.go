package survey

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// maxSheet is how large a spreadsheet may be, bytes.
const maxSheet = 4 << 20

// Findings are what is to be said of a questionnaire.
type Findings struct {
	Form  *engine.Form `json:"form,omitempty"`
	Items []Finding    `json:"items" nullable:"false"`
	OK    bool         `json:"ok" doc:"It could be asked as it is"`
}

// Finding is one thing to be said, at its place.
type Finding struct {
	Place   string `json:"place"`
	Code    string `json:"code"`
	Text    string `json:"text"`
	Warning bool   `json:"warning"`
}

func findings(ctx context.Context, form *engine.Form, warnings, errs []error) Findings {
	f := Findings{Form: form, Items: []Finding{}, OK: len(errs) == 0}
	for i, err := range append(append([]error{}, errs...), warnings...) {
		e := told(err)
		f.Items = append(f.Items, Finding{Place: e.Place, Code: e.Code, Text: i18n.T(httpapi.LangOf(ctx), e.Code, e.Args), Warning: i >= len(errs)})
	}
	return f
}

func readXLSForm(ctx context.Context, raw []byte) (Findings, error) {
	sheets, err := document.ReadSheets(ctx, bytes.NewReader(raw), "survey", "choices", "settings")
	if err != nil {
		return Findings{}, err
	}
	form, warnings, errs := engine.ReadXLSForm(engine.Sheets{Survey: sheets[0].Rows, Choices: sheets[1].Rows, Settings: sheets[2].Rows}, "zh")
	return findings(ctx, form, warnings, errs), nil
}

const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

func (d *Desk) formFile(ctx context.Context, id string) (*file, error) {
	v, err := d.Version(ctx, id, 0)
	if err != nil {
		return nil, err
	}
	if err := toldAll(v.Form.Validate()); err != nil {
		return nil, err
	}
	sheets, _ := v.Form.WriteXLSForm()
	var out bytes.Buffer
	err = document.WriteSheets(&out, document.Sheet{Name: "survey", Rows: sheets.Survey}, document.Sheet{Name: "choices", Rows: sheets.Choices}, document.Sheet{Name: "settings", Rows: sheets.Settings})
	return &file{ContentType: xlsx, Disposition: fmt.Sprintf(`attachment; filename="survey-%s-%d.xlsx"`, id, v.Number), Body: out.Bytes()}, err
}

// FileResult is what became of the rows of a file.
type FileResult struct {
	Rows    []ImportedRow  `json:"rows" nullable:"false" doc:"Those that were refused or are odd"`
	Counts  map[string]int `json:"counts" doc:"By what became of them"`
	Unknown []string       `json:"unknown" nullable:"false" doc:"Columns that ask nothing"`
	DryRun  bool           `json:"dryRun"`
}

// ImportedRow is what became of one row.
type ImportedRow struct {
	Line   int    `json:"line"`
	Became string `json:"became" enum:"same,kept,refused"`
	Place  string `json:"place"`
	Text   string `json:"text"`
}

// maxRows is how many answers a file may bring.
const maxRows = 20_000

// Import takes answers from a table with a column for each question, by its id, "question.row" for
// a grid, "place" for the region code, "id" where the file has ids of its own, and "started".
// Choices are ids or titles, several of them separated by spaces, commas or semicolons.
func (d *Desk) Import(ctx context.Context, id string, raw []byte, dry bool) (out FileResult, err error) {
	lang := httpapi.LangOf(ctx)
	s, err := d.may(ctx, d.DB, d.Run, id)
	if err != nil {
		return out, err
	}
	if s.State != Open {
		return out, s.wrong()
	}
	v, err := readVersion(ctx, d.DB, id, s.Version)
	if err != nil {
		return out, err
	}
	wants := []document.Want{{Key: " place", Names: []string{"place", "地区代码", "区域代码"}}, {Key: " id", Names: []string{"id", "_id", "_uuid", "编号"}}, {Key: " started", Names: []string{"started", "start", "开始时间"}}}
	eachColumn(v.Form, func(q *engine.Question, row string) {
		wants = append(wants, document.Want{Key: column(q, row), Names: []string{column(q, row)}})
	})
	type line struct {
		n     int
		given Given
		bad   *fault.Error
	}
	var lines []line
	read, err := document.ReadTable(ctx, bytes.NewReader(raw), wants, func(row document.Row) error {
		if len(lines) >= maxRows {
			return fault.New(fault.TooLarge, "document.table_too_long", fault.Args{"limit": maxRows})
		}
		l := line{n: row.Line, given: Given{Mode: Imported, Version: v.Number, Lang: v.Form.Languages[0], Place: row.Text(" place"), Started: d.Clock.Now(), Answers: engine.Answers{}}}
		if l.given.Place != "" {
			if _, err := d.Ledger.Tree().Region(l.given.Place); err != nil {
				l.bad = fault.Of(err).At(row.Place(" place"))
			}
		}
		if own := row.Text(" id"); own != "" {
			l.given.ID = hash(id + "\n" + own)[:32]
		}
		if at, ok := row.Time(" started", d.Zone); ok {
			l.given.Started = at
		}
		eachColumn(v.Form, func(q *engine.Question, sub string) {
			key := column(q, sub)
			text := row.Text(key)
			if text == "" {
				return
			}
			value, ok := reading(q, text)
			if q.Kind == engine.Date {
				if at, isTime := row.Time(key, time.UTC); isTime {
					value, ok = at.Format(time.DateOnly), true
				}
			}
			switch {
			case !ok && l.bad == nil:
				l.bad = fault.Bad(row.Place(key), "measure.survey.answer.choice", fault.Args{"question": key})
			case sub != "":
				grid, _ := l.given.Answers[q.ID].(map[string]any)
				if grid == nil {
					grid = map[string]any{}
				}
				grid[sub] = value
				l.given.Answers[q.ID] = grid
			default:
				l.given.Answers[q.ID] = value
			}
		})
		lines = append(lines, l)
		return nil
	})
	if err != nil {
		return out, err
	}
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		out = FileResult{Rows: []ImportedRow{}, Counts: map[string]int{}, Unknown: read.Unknown, DryRun: dry}
		if out.Unknown == nil {
			out.Unknown = []string{}
		}
		plan, err := readPlan(ctx, tx, id)
		if err != nil {
			return err
		}
		for _, l := range lines {
			became, err := "refused", error(l.bad)
			if l.bad == nil {
				became, err = d.take(ctx, tx, s, v, plan, l.given)
			}
			if err != nil {
				if fault.IsKind(err, fault.Internal) {
					return err
				}
				became = "refused"
			}
			if out.Counts[became]++; became == Taken {
				continue
			}
			row := ImportedRow{Line: l.n, Became: became}
			if e := fault.Of(err); e != nil {
				row.Place, row.Text = e.Place, i18n.T(lang, e.Code, e.Args)
			}
			if len(out.Rows) < 500 {
				out.Rows = append(out.Rows, row)
			}
		}
		if dry {
			return errDry
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.survey.import", Object: "measure-survey:" + id, RegionPath: s.RegionPath, Detail: out.Counts})
	})
	if err == errDry {
		err = nil
	}
	return out, err
}

// errDry takes a trial back.
var errDry = fmt.Errorf("survey: only looked at")

func eachColumn(form *engine.Form, visit func(q *engine.Question, row string)) {
	for i := range form.Pages {
		for j := range form.Pages[i].Questions {
			switch q := &form.Pages[i].Questions[j]; q.Kind {
			case engine.Note:
			case engine.Grid:
				for _, r := range q.Rows {
					visit(q, r.ID)
				}
			default:
				visit(q, "")
			}
		}
	}
}

func column(q *engine.Question, row string) string {
	if row != "" {
		return q.ID + "." + row
	}
	return q.ID
}

// reading is a cell as an answer to a question.
func reading(q *engine.Question, text string) (any, bool) {
	if id := choiceOf(q.Nonresponse, text); id != "" {
		if q.Kind == engine.Grid {
			return id, true
		}
		return map[string]any{"$": id}, true
	}
	switch q.Kind {
	case engine.Single:
		id := choiceOf(q.Choices, text)
		return id, id != ""
	case engine.Several:
		picks := []any{}
		for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;，；、|", r) }) {
			id := choiceOf(q.Choices, part)
			if id == "" {
				return nil, false
			}
			picks = append(picks, id)
		}
		return picks, true
	case engine.Rating, engine.Number, engine.Grid:
		n, err := strconv.ParseFloat(text, 64)
		return n, err == nil
	}
	return text, true
}

// choiceOf is the id of a choice by id or title; empty for none.
func choiceOf(choices []engine.Choice, text string) string {
	for _, c := range choices {
		if c.ID == text {
			return c.ID
		}
	}
	for _, c := range choices {
		for _, title := range c.Title {
			if strings.EqualFold(title, text) {
				return c.ID
			}
		}
	}
	return ""
}
