package returns

import (
	"context"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Board is who owes what of a form: regions × periods.
type Board struct {
	Form    *Form     `json:"form"`
	Periods []Column  `json:"periods"`
	Rows    []Row     `json:"rows"`
	Counts  []Counted `json:"counts" doc:"By period"`
}

// Column is a period that was asked for.
type Column struct {
	Period period.Period `json:"period"`
	Due    time.Time     `json:"due"`
}

// Row is a region and how far its returns have come.
type Row struct {
	Unit    string `json:"unit"`
	Path    string `json:"path"`
	NameZh  string `json:"nameZh"`
	NameEn  string `json:"nameEn"`
	AboveZh string `json:"aboveZh" doc:"Of the region above"`
	AboveEn string `json:"aboveEn"`
	Cells   []Cell `json:"cells" doc:"By period"`
}

// Cell is how far a return has come.
type Cell struct {
	ID    string `json:"id"`
	State State  `json:"state" enum:"none,open,submitted,accepted"`
	Step  int    `json:"step"`
	Round int    `json:"round"`
	Late  bool   `json:"late"`
	Mine  bool   `json:"mine" doc:"It waits for the asker"`
}

// Counted is how many returns of a period stand how.
type Counted struct {
	None      int `json:"none"`
	Open      int `json:"open"`
	Submitted int `json:"submitted"`
	Accepted  int `json:"accepted"`
	Late      int `json:"late"`
	Mine      int `json:"mine"`
}

// maxCells bounds a board.
const maxCells = 20_000

// Board is how far the returns of a form have come, within the asker's regions, for the last
// periods of those asked for that began.
func (d *Desk) Board(ctx context.Context, code, path string, last int) (*Board, error) {
	f, err := d.formOf(code)
	if err != nil {
		return nil, err
	}
	b := &Board{Form: f, Periods: []Column{}, Rows: []Row{}}
	var periods []string
	now := d.Clock.Now()
	for p := f.latest(period.Of(f.Period, now, d.Zone)); len(periods) < last && f.asks(p); p = p.Next(-1) {
		b.Periods, periods = append(b.Periods, Column{p, d.due(f, p)}), append(periods, p.String())
	}
	tree, scope := d.Ledger.Tree(), auth.ScopeOf(ctx, d.Read)
	if path == "" {
		path = d.Home
	}
	regions := tree.Within(path, f.Level)
	if len(regions)*len(periods) > maxCells {
		return nil, fault.New(fault.TooLarge, "measure.grid", fault.Args{"limit": maxCells})
	}
	found := map[string]*Return{}
	if len(periods) > 0 {
		rows, err := begun(ctx, d.DB, code, periods, scope)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			found[r.ID] = r
		}
	}
	b.Counts = make([]Counted, len(periods))
	who := auth.Who(ctx).ID
	for _, g := range regions {
		if !scope.Allows(g.Path) {
			continue
		}
		row := Row{Unit: g.Code, Path: g.Path, NameZh: g.NameZh, NameEn: g.NameEn, Cells: make([]Cell, len(periods))}
		if up, err := tree.Region(g.Parent); err == nil {
			row.AboveZh, row.AboveEn = up.NameZh, up.NameEn
		}
		writes := d.answersFor(auth.ScopeOf(ctx, d.State), g.Path)
		for i, c := range b.Periods {
			cell := Cell{ID: idOf(code, g.Code, c.Period), State: None, Round: 1}
			if r := found[cell.ID]; r != nil {
				cell.State, cell.Step, cell.Round = r.State, r.Step, r.Round
				wrote := contains(r.Writers, who)
				cell.Mine = r.State == Submitted && !wrote && d.answersFor(auth.ScopeOf(ctx, d.Agree), d.approver(f, r)) || r.State == Open && wrote
			}
			owed := cell.State == None && !f.retired || cell.State == Open
			cell.Late = owed && cell.Round == 1 && now.After(c.Due)
			cell.Mine = cell.Mine || writes && owed && now.After(c.Period.End(d.Zone))
			row.Cells[i] = cell
			b.Counts[i].count(cell)
		}
		b.Rows = append(b.Rows, row)
	}
	return b, nil
}

// answersFor reports whether a scope is that of somebody who works for this very region. Whoever
// works for one above it may do the same, but it does not wait for them.
func (d *Desk) answersFor(scope auth.Scope, path string) bool {
	for _, p := range scope.Paths() {
		if p == path || path == d.Home && strings.HasPrefix(path, p) {
			return true
		}
	}
	return false
}

func (c *Counted) count(cell Cell) {
	switch cell.State {
	case Open:
		c.Open++
	case Submitted:
		c.Submitted++
	case Accepted:
		c.Accepted++
	default:
		c.None++
	}
	if cell.Late {
		c.Late++
	}
	if cell.Mine {
		c.Mine++
	}
}

// Asked is a form and how far its returns have come, as somebody sees it who comes to work.
type Asked struct {
	Form    *Form         `json:"form"`
	Period  period.Period `json:"period" doc:"The last that is over; the first where none is"`
	Due     time.Time     `json:"due"`
	Counts  Counted       `json:"counts" doc:"Of that period"`
	Late    int           `json:"late" doc:"Of the last twelve periods"`
	Mine    int           `json:"mine" doc:"Of the last twelve periods: returns that wait for the asker"`
	Regions int           `json:"regions"`
}

// Asked lists the forms that regions of the asker's are asked to fill in.
func (d *Desk) Asked(ctx context.Context) ([]Asked, error) {
	out := []Asked{}
	now := d.Clock.Now()
	for _, f := range d.Forms() {
		b, err := d.Board(ctx, f.Code, "", 12)
		if err != nil {
			return nil, err
		}
		if len(b.Rows) == 0 || len(b.Periods) == 0 {
			continue
		}
		a := Asked{Form: f, Regions: len(b.Rows)}
		for i, c := range b.Periods {
			if i == 0 || a.Period.End(d.Zone).After(now) {
				a.Period, a.Due, a.Counts = c.Period, c.Due, b.Counts[i]
			}
			a.Late, a.Mine = a.Late+b.Counts[i].Late, a.Mine+b.Counts[i].Mine
		}
		out = append(out, a)
	}
	return out, nil
}
