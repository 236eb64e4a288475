package returns

import (
	"context"
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
	Unit   string `json:"unit"`
	Path   string `json:"path"`
	NameZh string `json:"nameZh"`
	NameEn string `json:"nameEn"`
	Above  string `json:"above" doc:"Name of the region above"`
	Cells  []Cell `json:"cells" doc:"By period"`
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
	None, Open, Submitted, Accepted, Late int
}

// maxCells bounds a board.
const maxCells = 20_000

// Board is how far the returns of a form have come, within the asker's regions, for the last
// periods that began.
func (d *Desk) Board(ctx context.Context, code, path string, last int) (*Board, error) {
	f, err := d.Form(code)
	if err != nil {
		return nil, err
	}
	b := &Board{Form: f, Periods: []Column{}, Rows: []Row{}}
	var periods []string
	now := d.Clock.Now()
	for p := period.Of(f.Period, now, d.Zone); len(periods) < last && f.asks(p); p = p.Next(-1) {
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
			row.Above = up.NameZh
		}
		writes := auth.ScopeOf(ctx, d.State).Allows(g.Path)
		for i, c := range b.Periods {
			cell := Cell{ID: idOf(code, g.Code, c.Period), State: None, Round: 1}
			if r := found[cell.ID]; r != nil {
				cell.State, cell.Step, cell.Round = r.State, r.Step, r.Round
				cell.Mine = r.State == Submitted && !contains(r.Writers, who) && auth.ScopeOf(ctx, d.Agree).Allows(d.approver(f, r))
			}
			cell.Late = (cell.State == None || cell.State == Open && cell.Round == 1) && now.After(c.Due)
			cell.Mine = cell.Mine || writes && (cell.State == None || cell.State == Open) && now.After(c.Period.End(d.Zone))
			row.Cells[i] = cell
			b.Counts[i].count(cell)
		}
		b.Rows = append(b.Rows, row)
	}
	return b, nil
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
}
