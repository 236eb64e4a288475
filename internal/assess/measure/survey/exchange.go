package survey

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
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
		if l, ok := e.Args["language"].(string); ok && (l == "zh" || l == "en") {
			e.Args["language"] = i18n.T(httpapi.LangOf(ctx), "survey.language."+l, nil)
		}
		one := Finding{Place: e.Place, Code: e.Code, Text: i18n.T(httpapi.LangOf(ctx), e.Code, e.Args), Warning: i >= len(errs)}
		if !slices.ContainsFunc(f.Items, func(was Finding) bool { return was.Place == one.Place && was.Text == one.Text }) { // what is missing is no warning besides
			f.Items = append(f.Items, one)
		}
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

func (d *Desk) formFile(ctx context.Context, id string) (*httpapi.File, error) {
	v, err := d.Version(ctx, id, 0)
	if err != nil {
		return nil, err
	}
	if err := toldAll(v.Form.Validate()); err != nil {
		return nil, err
	}
	sheets, _ := v.Form.WriteXLSForm()
	return httpapi.Save("xlsx", fmt.Sprintf("survey-%s-%d", id, v.Number), "", func(w io.Writer) error {
		return document.WriteSheets(w, document.Sheet{Name: "survey", Rows: sheets.Survey}, document.Sheet{Name: "choices", Rows: sheets.Choices}, document.Sheet{Name: "settings", Rows: sheets.Settings})
	})
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
//
// Rows are taken part by part, each with its record. Where the program ends between two, the file is
// brought again: an answer that was taken is known by its id, or by the file and its row.
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
	var lines []answerLine
	source := hash(string(raw))
	read, err := document.ReadTable(ctx, bytes.NewReader(raw), wants, func(row document.Row) error {
		if len(lines) >= maxRows {
			return fault.New(fault.TooLarge, "document.table_too_long", fault.Args{"limit": maxRows})
		}
		l := answerLine{row: row, given: Given{Mode: Imported, Version: v.Number, Lang: v.Form.Languages[0], Place: row.Text(" place"), Started: d.Clock.Now(), Answers: engine.Answers{}}}
		if l.given.Place != "" {
			if _, err := d.Ledger.Tree().Region(l.given.Place); err != nil {
				l.bad = fault.Of(err).At(row.Place(" place"))
			} else if !d.within(s.RegionPath, l.given.Place) {
				l.bad = fault.Bad(row.Place(" place"), "measure.survey.outside")
			}
		}
		// A file that was taken in part can be brought again: what was taken is known.
		l.given.ID = hash(id + "\n" + cmp.Or(row.Text(" id"), source+"\n"+strconv.Itoa(row.Line)))[:32]
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
				code, args := unreadable(v.Form, q)
				l.bad = fault.Bad(row.Place(key), code, args)
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
	out = FileResult{Rows: []ImportedRow{}, Counts: map[string]int{}, Unknown: read.Unknown, DryRun: dry}
	if out.Unknown == nil {
		out.Unknown = []string{}
	}
	for part := range slices.Chunk(lines, maxTaken) {
		became, err := d.takeLines(ctx, id, v, part, dry)
		if err != nil {
			return out, err
		}
		for i, row := range became {
			if out.Counts[row.Became]++; row.Became == Taken || len(out.Rows) == 500 {
				continue
			}
			switch e := part[i].bad; {
			case e != nil:
				row.Place, row.Text = part[i].cell(e.Place), i18n.T(lang, e.Code, e.Args)
			case row.Became == Kept:
				row.Text = i18n.T(lang, "measure.survey.import.kept", nil)
			}
			out.Rows = append(out.Rows, row)
		}
	}
	return out, nil
}

// answerLine is a row of a file of answers.
type answerLine struct {
	row   document.Row
	given Given
	bad   *fault.Error
}

// cell is where in the file an answer stands that a fault is about, as take names it; the line where
// the file has no column for it.
func (l *answerLine) cell(at string) string {
	key, ok := strings.CutPrefix(at, "answers.")
	if !ok {
		return at
	}
	return l.row.Place(key)
}

// maxTaken is how many answers of a file one transaction takes: everybody else waits for it.
const maxTaken = 200

// takeLines takes a part of a file of answers and says what became of each; what is wrong with one
// is noted with it. Only looked at, nothing is kept, and an id that stands in two parts of the file
// is taken in both.
func (d *Desk) takeLines(ctx context.Context, id string, v *Version, part []answerLine, dry bool) (became []ImportedRow, err error) {
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		became = make([]ImportedRow, len(part))
		s, err := d.inviting(ctx, tx, id)
		if err != nil {
			return err
		}
		plan, err := readPlan(ctx, tx, id)
		if err != nil {
			return err
		}
		counts := map[string]int{}
		for i := range part {
			l := &part[i]
			became[i] = ImportedRow{Line: l.row.Line, Became: "refused"}
			if l.bad == nil {
				what, err := d.take(ctx, tx, s, v, plan, l.given)
				switch {
				case err == nil:
					became[i].Became = what
				case fault.IsKind(err, fault.Internal):
					return err
				default:
					l.bad = fault.Of(err)
				}
			}
			counts[became[i].Became]++
		}
		if dry {
			return errDry
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.survey.import", Object: "measure-survey:" + id, RegionPath: s.RegionPath, Detail: counts})
	})
	if err == errDry {
		err = nil
	}
	return became, err
}

// errDry takes a trial back.
var errDry = fmt.Errorf("survey: only looked at")

// unreadable is what to say of a cell that is no answer to a question.
func unreadable(form *engine.Form, q *engine.Question) (code string, args fault.Args) {
	if q.Kind == engine.Single || q.Kind == engine.Several {
		return AnswerFault(form, engine.Fault{Question: q.ID, Code: engine.FaultChoice}, form.Languages[0])
	}
	return AnswerFault(form, engine.Fault{Question: q.ID, Code: engine.FaultType}, form.Languages[0])
}

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
