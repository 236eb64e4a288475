package returns

import (
	"context"
	"io"
	"maps"
	"path"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Sheet is a table of one period's answers that somebody brought: a line for each region, a column
// for each item. Its values become answers of returns that are open or not begun; nothing of it
// counts until those are submitted and accepted.
type Sheet struct {
	ID       string        `json:"id" doc:"Empty where nothing was written"`
	Form     string        `json:"form"`
	Period   period.Period `json:"period"`
	File     string        `json:"file"`
	DryRun   bool          `json:"dryRun" doc:"Only looked at: nothing was written"`
	Unknown  []string      `json:"unknown" nullable:"false" doc:"Titles of columns that were not used"`
	Lines    []SheetLine   `json:"lines" nullable:"false"`
	Returns  int           `json:"returns" doc:"Returns whose answers changed"`
	Values   int           `json:"values" doc:"Answers that changed"`
	Bad      int           `json:"bad" doc:"Cells and lines that could not be taken"`
	Odd      int           `json:"odd" doc:"Of a dry run: what speaks against answers that would change, as it would be told on submission"`
	At       time.Time     `json:"at"`
	UndoneAt *time.Time    `json:"undoneAt,omitempty"`
	Kept     int           `json:"kept" doc:"Taken back: returns that somebody changed since, and that were left alone"`
}

// SheetLine is what became of one line.
type SheetLine struct {
	Line   int         `json:"line" doc:"In the file, from 1"`
	Unit   string      `json:"unit" doc:"Region code; empty where it is not known"`
	NameZh string      `json:"nameZh"`
	NameEn string      `json:"nameEn"`
	What   string      `json:"what" enum:"written,same,left,bad" doc:"left: its return is no longer open"`
	Cells  []SheetCell `json:"cells" nullable:"false" doc:"Those that change something, and those that are wrong"`
}

// SheetCell is what became of one cell.
type SheetCell struct {
	Place     string   `json:"place" doc:"C12, or the line"`
	Element   string   `json:"element"`
	Was       *float64 `json:"was"`
	Value     *float64 `json:"value"`
	Odd       bool     `json:"odd,omitempty" doc:"It is taken, and something speaks against it"`
	MessageZh string   `json:"messageZh,omitempty" doc:"What is wrong with it, or speaks against it"`
	MessageEn string   `json:"messageEn,omitempty"`
}

// Limits of a sheet.
const (
	maxSheetBytes = 10 << 20
	maxSheetLines = 2_000
	maxSheetTold  = 20_000 // cells
)

// Columns of a sheet beside those that any table may have; they are for people to read.
const (
	colName  = "name"
	colAbove = "above"
)

// wrong is a cell that could not be taken.
func wrong(place, element string, f *fault.Error) SheetCell {
	return SheetCell{Place: place, Element: element, MessageZh: i18n.T(i18n.Chinese, f.Code, f.Args), MessageEn: i18n.T(i18n.English, f.Code, f.Args)}
}

// sheetRow is a line with what its cells say.
type sheetRow struct {
	SheetLine
	region *fact.Region
	says   []said
	bad    []SheetCell
}

type said struct {
	place, element string
	value          float64
}

// asksAt is a form and a period of it that is asked for.
func (d *Desk) asksAt(code, at string) (*Form, period.Period, error) {
	f, err := d.Form(code)
	if err != nil {
		return nil, period.Period{}, err
	}
	p, err := period.Parse(at)
	if err == nil && !f.asks(p) {
		err = fault.New(fault.Invalid, "measure.sheet.period", fault.Args{"period": at})
	}
	if err != nil {
		return nil, p, fault.Of(err).At("query.period")
	}
	return f, p, nil
}

// elements are those that a form asks for.
func (d *Desk) elements(f *Form) (list []*fact.Element) {
	for _, item := range f.Items {
		if e, err := d.Ledger.Element(item.Element); err == nil {
			list = append(list, e)
		}
	}
	return list
}

// BringSheet reads a table and writes its values into the returns of a period, or only says what it
// would write. Cells that are wrong are told of and left out, as are lines whose return is no longer
// open; empty cells leave an answer as it is.
func (d *Desk) BringSheet(ctx context.Context, code, at, file string, dryRun bool, body io.Reader) (*Sheet, error) {
	f, p, err := d.asksAt(code, at)
	if err != nil {
		return nil, err
	}
	if bad := d.Ledger.Begun(p); bad != nil {
		return nil, bad.At("query.period")
	}
	file = path.Base("/" + file)
	if i18n.Deceives(file, "") {
		return nil, fault.Bad("query.file", "validate.hidden")
	}
	if auth.ScopeOf(ctx, d.State).Empty() {
		return nil, fault.New(fault.Forbidden, "auth.no_grant", fault.Args{"permission": d.State})
	}
	s := &Sheet{Form: code, Period: p, File: file, DryRun: dryRun, Unknown: []string{}, Lines: []SheetLine{}, At: d.Clock.Now()}
	rows, err := d.readSheet(ctx, f, p, s, body)
	if err != nil {
		return nil, err
	}
	if dryRun {
		return s, d.preview(ctx, f, p, s, rows)
	}
	var before []Return
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		who := auth.Who(ctx)
		id := store.NewID(tx.Now)
		s.ID, before = "", nil
		err := d.fillIn(ctx, tx, f, p, s, rows, func(r *Return, answers map[string]Answer) error {
			was := *r
			was.History = nil
			before = append(before, was)
			if err := r.write(f, answers, who.Person(), tx.Now); err != nil {
				return err
			}
			return d.keep(ctx, tx, r, "write", map[string]any{"answers": len(answers), "round": r.Round, "sheet": id})
		})
		if err != nil || len(before) == 0 {
			return err
		}
		s.ID = id
		return writeSheet(ctx, tx, s, who.ID, before)
	})
	if err != nil {
		return nil, err
	}
	d.Ledger.Told(pathsOf(before)...)
	return s, nil
}

// readSheet reads the lines of a table for a form.
func (d *Desk) readSheet(ctx context.Context, f *Form, p period.Period, s *Sheet, body io.Reader) (rows []*sheetRow, err error) {
	names, elements, scope := d.Ledger.Names(), d.elements(f), auth.ScopeOf(ctx, d.State)
	wants := fact.Columns(elements, document.Want{Key: colName, Names: []string{"名称", "name"}}, document.Want{Key: colAbove, Names: []string{"上级", "above"}})
	seen, any := map[string]int{}, false
	found, err := document.ReadLongTable(ctx, body, document.Limits{Bytes: maxSheetBytes, Rows: maxSheetLines}, wants, func(r document.Row) error {
		if fact.IsSum(r.Text(fact.ColRegion)) {
			return nil
		}
		row := &sheetRow{SheetLine: SheetLine{Line: r.Line, Cells: []SheetCell{}}}
		rows = append(rows, row)
		g, bad := names.Region(r.Text(fact.ColRegion), f.Level)
		switch {
		case bad != nil:
		case g.Level != f.Level:
			bad = fault.New(fault.Invalid, "measure.sheet.level", fault.Args{"region": i18n.Both{Zh: g.NameZh, En: g.NameEn}})
		case !scope.Allows(g.Path):
			bad = fault.New(fault.Forbidden, "measure.import.away")
		case seen[g.Code] > 0:
			bad = fault.New(fault.Invalid, "measure.import.twice", fault.Args{"line": seen[g.Code]})
		}
		if bad != nil {
			row.bad = append(row.bad, wrong(r.Place(fact.ColRegion), "", bad))
			return nil
		}
		row.region, row.Unit, row.NameZh, row.NameEn = g, g.Code, g.NameZh, g.NameEn
		seen[g.Code] = r.Line
		any = any || slices.ContainsFunc(elements, func(e *fact.Element) bool { return r.Has(fact.ColumnOf(e)) })
		if len(elements) > 0 && r.Text(fact.ColPeriod) != "" {
			own, bad := d.Ledger.PeriodOf(r, elements[0], p.String())
			if bad == nil {
				bad = d.Ledger.Begun(own)
			}
			if bad == nil && own != p {
				bad = fault.New(fault.Invalid, "measure.sheet.other_period", fault.Args{"text": own.String(), "period": p.String()})
			}
			if bad != nil {
				row.bad = append(row.bad, wrong(r.Place(fact.ColPeriod), "", bad))
				return nil
			}
		}
		for _, e := range elements {
			column := fact.ColumnOf(e)
			if fact.Nothing(r.Text(column)) {
				continue
			}
			v, bad := fact.NumberOf(r, column, e)
			if bad == nil {
				if err := e.Admit(v.Float()); err != nil {
					bad = fault.Of(err)
				}
			}
			if bad != nil {
				row.bad = append(row.bad, wrong(r.Place(column), e.Code, bad))
				continue
			}
			row.says = append(row.says, said{r.Place(column), e.Code, v.Float()})
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case !any && len(seen) > 0:
		return nil, fault.New(fault.Invalid, "measure.sheet.no_items", fault.Args{"form": i18n.Both{Zh: f.NameZh, En: f.NameEn}})
	case found.Unknown != nil:
		s.Unknown = found.Unknown
	}
	return rows, nil
}

// fillIn says line by line what a sheet changes and has it written, if it is to be. It may be asked
// again, and then says all anew.
func (d *Desk) fillIn(ctx context.Context, q store.Queryer, f *Form, p period.Period, s *Sheet, rows []*sheetRow, write func(*Return, map[string]Answer) error) error {
	told := 0
	s.Lines, s.Returns, s.Values, s.Bad = []SheetLine{}, 0, 0, 0
	for _, row := range rows {
		cells := slices.Clone(row.bad)
		row.What = "bad"
		s.Bad += len(row.bad)
		if row.region != nil && (len(row.says) > 0 || len(row.bad) == 0) {
			r, _, err := d.see(ctx, q, idOf(f.Code, row.Unit, p))
			if err != nil {
				return err
			}
			changed := []SheetCell{}
			row.What = "same"
			if r.State != None && r.State != Open {
				f := fault.Of(errState(r.State))
				row.What, changed = "left", append(changed, wrong("", "", f))
			} else {
				answers := maps.Clone(r.Answers)
				maps.DeleteFunc(answers, func(code string, _ Answer) bool {
					return !slices.ContainsFunc(f.Items, func(i Item) bool { return i.Element == code })
				})
				for _, say := range row.says {
					a := answers[say.element]
					if a.Value != nil && *a.Value == say.value {
						continue
					}
					changed = append(changed, SheetCell{Place: say.place, Element: say.element, Was: a.Value, Value: &say.value})
					a.Value = &say.value
					answers[say.element] = a
				}
				if len(changed) > 0 {
					row.What = "written"
					s.Returns, s.Values = s.Returns+1, s.Values+len(changed)
					if write != nil {
						if err := write(r, answers); err != nil {
							return err
						}
					}
				}
			}
			cells = append(cells, changed...)
		}
		cells = cells[:min(len(cells), maxSheetTold-told)]
		told += len(cells)
		row.Cells = append([]SheetCell{}, cells...)
		s.Lines = append(s.Lines, row.SheetLine)
	}
	return nil
}

// Sheet is a sheet of one's own.
func (d *Desk) Sheet(ctx context.Context, id string) (*Sheet, error) {
	s, _, err := readSheet(ctx, d.DB, id, auth.Who(ctx).ID)
	return s, err
}

// UndoSheet gives the returns that a sheet of one's own changed the answers that they had. What
// somebody changed since is left alone.
func (d *Desk) UndoSheet(ctx context.Context, id string) (*Sheet, error) {
	var s *Sheet
	var before []Return
	err := d.DB.Update(ctx, func(tx *store.Tx) (err error) {
		who := auth.Who(ctx)
		if s, before, err = readSheet(ctx, tx, id, who.ID); err != nil {
			return err
		}
		if s.UndoneAt != nil {
			return fault.New(fault.Conflict, "measure.sheet.undone")
		}
		for i := range before {
			was := &before[i]
			r, err := readReturn(ctx, tx, was.ID)
			if err != nil {
				return err
			}
			if r == nil || r.Revision != was.Revision+1 || !auth.ScopeOf(ctx, d.State).Allows(r.RegionPath) {
				s.Kept++
				continue
			}
			r.State, r.Answers = was.State, was.Answers
			r.did("undo", "", who.Person(), tx.Now)
			if err := d.keep(ctx, tx, r, "undo", map[string]any{"sheet": id}); err != nil {
				return err
			}
		}
		s.UndoneAt = &tx.Now
		return writeSheet(ctx, tx, s, who.ID, nil)
	})
	if err != nil {
		return nil, err
	}
	d.Ledger.Told(pathsOf(before)...)
	return s, nil
}

// WriteSheet writes the table that BringSheet reads: a line for each region that the asker sees at
// and below a path, with the answers that there are.
func (d *Desk) WriteSheet(ctx context.Context, w io.Writer, code, at, path string, lang i18n.Lang) error {
	f, p, err := d.asksAt(code, at)
	if err != nil {
		return err
	}
	scope := auth.ScopeOf(ctx, d.Read)
	rows, err := begun(ctx, d.DB, code, []string{p.String()}, scope)
	if err != nil {
		return err
	}
	answers := map[string]map[string]Answer{}
	for _, r := range rows {
		answers[r.Unit] = r.Answers
	}
	say := func(key string) string { return i18n.T(lang, key, nil) }
	named := func(zh, en string) string {
		if lang == i18n.English {
			return en
		}
		return zh
	}
	columns := []document.Column{{Title: say("measure.sheet.column.code")}, {Title: say("measure.sheet.column.name")}, {Title: say("measure.sheet.column.above")}, {Title: say("measure.import.column.period")}}
	elements, taken := d.elements(f), map[string]bool{}
	for _, want := range fact.Columns(elements)[2:] {
		e := elements[len(columns)-4]
		title := named(e.NameZh, e.NameEn)
		if !slices.Contains(want.Names, title) || taken[title] { // it is called as another column is
			title = e.Code
		}
		taken[title] = true
		columns = append(columns, document.Column{Title: title, Unit: named(e.UnitZh, e.UnitEn), Kind: document.Decimal, Decimals: e.Places})
	}
	tree := d.Ledger.Tree()
	if path == "" {
		path = d.Home
	}
	table := document.Table{Title: named(f.NameZh, f.NameEn), Columns: columns}
	for _, g := range tree.Within(path, f.Level) {
		if !scope.Allows(g.Path) {
			continue
		}
		above := ""
		if up, err := tree.Region(g.Parent); err == nil {
			above = named(up.NameZh, up.NameEn)
		}
		line := []any{g.Code, named(g.NameZh, g.NameEn), above, p.String()}
		for _, e := range elements {
			line = append(line, answers[g.Code][e.Code].Value)
		}
		table.Rows = append(table.Rows, line)
	}
	if len(table.Rows) > maxSheetLines {
		return fault.New(fault.TooLarge, "measure.sheet.long", fault.Args{"limit": maxSheetLines})
	}
	report := document.NewReport(named(f.NameZh, f.NameEn)+" "+p.String(), lang, false)
	return report.Text(say("measure.sheet.how")).Table(table).WriteXLSX(w)
}

// keep writes a changed return with its audit record.
func (d *Desk) keep(ctx context.Context, tx *store.Tx, r *Return, verb string, detail any) error {
	r.ChangedAt = tx.Now
	if err := writeReturn(ctx, tx, r); err != nil {
		return err
	}
	return audit.Write(ctx, tx, audit.Entry{Action: "measure.return." + verb, Object: "measure-return:" + r.ID, RegionPath: r.RegionPath, Detail: detail})
}

func pathsOf(returns []Return) []string {
	paths := make([]string, len(returns))
	for i := range returns {
		paths[i] = returns[i].RegionPath
	}
	return paths
}
