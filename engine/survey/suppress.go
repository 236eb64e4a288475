package survey

import (
	"math"
	"slices"
)

// The least number of people in a published cell.
const (
	StandardLeast = 10
	MinLeast      = 5
)

// Small marks the categories of one row of counts that are not told, when the total
// is: those of fewer than least people but not none, and the next smallest with them
// until two or more are hidden that hold least people together. Each of them can then
// be anything from none to all of these.
func Small(counts []int, least int) []bool {
	hidden := make([]bool, len(counts))
	var rest []int
	sum, n := 0, 0
	for i, c := range counts {
		if c > 0 && c < least {
			hidden[i] = true
			sum, n = sum+c, n+1
		} else if c > 0 {
			rest = append(rest, i)
		}
	}
	slices.SortStableFunc(rest, func(i, j int) int { return counts[i] - counts[j] })
	for _, i := range rest {
		if n == 0 || (n > 1 && sum >= least) {
			break
		}
		hidden[i] = true
		sum, n = sum+counts[i], n+1
	}
	return hidden
}

// Mask is what is not told of a table of people: rows are groups, columns answers.
type Mask struct {
	Rows    []bool   // groups of which nothing is told, their size included
	Columns []bool   // answers of which nothing is told, their total included
	Cells   [][]bool // single cells; true in hidden rows and columns too
}

// Suppress decides what of a table can be published beside the totals of its rows and
// columns and the grand total. Nothing of fewer than least people is shown, except
// none at all, and no hidden cell can be worked out from what is shown:
//
//  1. groups, then answers, that are small as a whole are hidden by Small; those hidden
//     together count as one rest below, which a reader can compute as the difference;
//  2. in the table of what is left and the rests, every cell of 1 to least−1 people is
//     hidden, and with it as many others as it takes that tables exist with the same
//     totals in which the cell differs, over a span of least people or more.
//
// A table of fewer than least people in all is hidden whole, and its grand total is not
// to be told either.
//
// Totals that are shown are never hidden later for the sake of a cell. So several
// tables that share row totals, or column totals, hide nothing from one another: given
// the totals, what one table leaves open is independent of the other. columns, when not
// nil, are answers hidden already because a table that shares their totals does.
func Suppress(counts [][]int, least int, columns []bool) Mask {
	width := 0
	if len(counts) > 0 {
		width = len(counts[0])
	}
	rowTotals, columnTotals := make([]int, len(counts)), make([]int, width)
	for i, row := range counts {
		for j, c := range row {
			rowTotals[i] += c
			columnTotals[j] += c
		}
	}
	m := Mask{Rows: Small(rowTotals, least), Columns: columns}
	if m.Columns == nil {
		m.Columns = Small(columnTotals, least)
	}
	if sumOf(rowTotals) < least {
		return hideEverything(len(counts), width)
	}
	rowOf, rows := merge(m.Rows)
	columnOf, cols := merge(m.Columns)
	merged := make([][]int, rows)
	for i := range merged {
		merged[i] = make([]int, cols)
	}
	for i, row := range counts {
		for j, c := range row {
			merged[rowOf[i]][columnOf[j]] += c
		}
	}
	hidden := protect(merged, least)
	for i := range counts {
		cells := make([]bool, width)
		for j := range cells {
			cells[j] = m.Rows[i] || m.Columns[j] || hidden[rowOf[i]][columnOf[j]]
		}
		m.Cells = append(m.Cells, cells)
	}
	return m
}

func sumOf(xs []int) (total int) {
	for _, x := range xs {
		total += x
	}
	return total
}

func hideEverything(rows, columns int) Mask {
	m := Mask{Rows: slices.Repeat([]bool{true}, rows), Columns: slices.Repeat([]bool{true}, columns)}
	for range rows {
		m.Cells = append(m.Cells, m.Columns)
	}
	return m
}

// merge numbers what is shown from 0 and gives what is hidden one number together.
func merge(hidden []bool) (number []int, n int) {
	rest := -1
	for _, h := range hidden {
		switch {
		case !h:
			number = append(number, n)
			n++
		case rest < 0:
			rest = n
			number = append(number, n)
			n++
		default:
			number = append(number, rest)
		}
	}
	return number, n
}

// protect hides cells of a table whose margins are all known and none of them small.
func protect(counts [][]int, least int) [][]bool {
	t := newNetwork(counts)
	for i, row := range counts {
		for j, c := range row {
			t.hidden[i][j] = c > 0 && c < least
		}
	}
	for i, row := range counts {
		for j, c := range row {
			if c > 0 && c < least && !t.widen(i, j, least) {
				t.hideAll() // the margins pin the cell; there is no more to hide
			}
		}
	}
	return t.hidden
}

// network is a table seen as flows from rows to columns. With the margins fixed, one cell
// can be raised only by lowering another in its column, raising one in that row, and so
// on round a circle: a path from its column back to its row. How far a hidden cell may
// differ is a maximum flow along hidden cells, and the cheapest way to let it differ
// is a flow of least cost, where only what is still shown costs.
type network struct {
	counts [][]int
	hidden [][]bool
	m, n   int
}

func newNetwork(counts [][]int) *network {
	t := &network{counts: counts, m: len(counts)}
	for _, row := range counts {
		t.n = len(row)
		t.hidden = append(t.hidden, make([]bool, len(row)))
	}
	return t
}

func (t *network) hideAll() {
	for _, row := range t.hidden {
		for j := range row {
			row[j] = true
		}
	}
}

// widen hides what it takes for cell (i, j) to have a range of width need, and reports
// whether that could be done. Upwards first, for most small cells have room only there.
func (t *network) widen(i, j, need int) bool {
	up := t.flow(t.m+j, i, need, i, j)
	down := 0
	if up < need {
		down = t.flow(i, t.m+j, min(need-up, t.counts[i][j]), i, j)
	}
	return up+down >= need
}

// cost is what hiding one more cell is worth: a cell of many people is a loss, and so is
// a nought, behind which nobody has to be hidden.
func (t *network) cost(i, j int) float64 {
	switch c := t.counts[i][j]; {
	case t.hidden[i][j]:
		return 0
	case c == 0:
		return 20
	default:
		return 1 + math.Log1p(float64(c))
	}
}

// flow pushes up to need units from one node to another (rows are nodes 0…m−1, columns
// m…m+n−1) along cheapest paths that avoid cell (xi, xj), hides the cells that changed,
// and returns how many units there was room for.
func (t *network) flow(from, to, need, xi, xj int) int {
	change := make([][]int, t.m)
	for i := range change {
		change[i] = make([]int, t.n)
	}
	pushed := 0
	for pushed < need {
		before, room := t.cheapest(from, to, need-pushed, change, xi, xj)
		if room == 0 {
			break
		}
		for node := to; node != from; node = before[node] {
			if i, j := before[node], node-t.m; i < t.m {
				change[i][j] += room
			} else {
				change[node][i-t.m] -= room
			}
		}
		pushed += room
	}
	for i := range change {
		for j, d := range change[i] {
			t.hidden[i][j] = t.hidden[i][j] || d != 0
		}
	}
	return pushed
}

// cheapest is the shortest path in the residual network (Bellman–Ford by a queue, for
// what is taken back costs less than nothing) and its room.
func (t *network) cheapest(from, to, limit int, change [][]int, xi, xj int) (before []int, room int) {
	nodes := t.m + t.n
	distance, rooms := make([]float64, nodes), make([]int, nodes)
	before = make([]int, nodes)
	for k := range distance {
		distance[k] = math.Inf(1)
	}
	distance[from], rooms[from] = 0, limit
	queue, waiting := []int{from}, make([]bool, nodes)
	for len(queue) > 0 {
		u := queue[0]
		queue, waiting[u] = queue[1:], false
		relax := func(v, capacity int, cost float64) {
			if capacity > 0 && v != from && distance[u]+cost < distance[v]-1e-9 {
				distance[v], before[v], rooms[v] = distance[u]+cost, u, min(rooms[u], capacity)
				if !waiting[v] {
					queue, waiting[v] = append(queue, v), true
				}
			}
		}
		if u < t.m {
			for j := range t.n { // raise (u, j)
				if u == xi && j == xj {
					continue
				}
				if d := change[u][j]; d < 0 {
					relax(t.m+j, -d, -t.cost(u, j))
				} else {
					relax(t.m+j, limit, t.cost(u, j))
				}
			}
			continue
		}
		j := u - t.m
		for i := range t.m { // lower (i, j)
			if i == xi && j == xj {
				continue
			}
			if d := change[i][j]; d > 0 {
				relax(i, d, -t.cost(i, j))
			} else {
				relax(i, t.counts[i][j]+d, t.cost(i, j))
			}
		}
	}
	return before, rooms[to]
}
