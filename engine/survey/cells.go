package survey

import "math"

// subject is one question or row being tabulated.
type subject struct {
	*tabulation
	q       *Question
	answers []any
	choices []string
	has     func(answer any, column int) bool
	cells   bool // breakdowns show cells; otherwise means

	small   [][]bool // by column, what of it is hidden in the whole (several: chosen and not)
	members [][]int  // of the groups of the breakdown at hand
	veiled  []bool   // by column: some breakdown hides a cell of it
}

// masked are cells of which only is known yet whether they are hidden.
func (s *subject) masked(hidden []bool) []Cell {
	var cells []Cell
	for j, choice := range s.choices {
		cells = append(cells, Cell{Choice: choice, Hidden: hidden[j]})
	}
	return cells
}

// tell fills in what is told of cells, once it is known which ones any breakdown hides.
func (s *subject) tell(table *Table, all []int) {
	s.veiled = make([]bool, len(s.choices))
	for _, b := range table.By {
		for _, g := range b.Groups {
			for j, c := range g.Cells {
				s.veiled[j] = s.veiled[j] || c.Hidden
			}
		}
	}
	s.shares(table.Whole.Cells, all, true)
	for _, b := range table.By {
		for _, g := range b.Groups {
			var members []int
			for _, i := range s.tabulation.members[b.Variable][g.Value] {
				if s.answers[i] != nil {
					members = append(members, i)
				}
			}
			s.shares(g.Cells, members, false)
		}
	}
}

func (s *subject) counts(members []int) []int {
	out := make([]int, len(s.choices))
	for _, i := range members {
		for j := range s.choices {
			if s.has(s.answers[i], j) {
				out[j]++
			}
		}
	}
	return out
}

// whole is the result among everybody, and settles which answers are hidden everywhere.
func (s *subject) whole(all []int) Group {
	g := Group{N: len(all)}
	if g.N < s.options.Least {
		return Group{Hidden: true}
	}
	counts := s.counts(all)
	hidden := make([]bool, len(counts))
	some := false
	if s.q.Kind == Several {
		// People pick any number: each choice is a table of its own, chosen or not.
		for j, c := range counts {
			pair := Small([]int{c, g.N - c}, s.options.Least)
			s.small = append(s.small, pair)
			hidden[j] = pair[0] || pair[1]
		}
	} else {
		hidden = Small(counts, s.options.Least)
		s.small = [][]bool{hidden}
	}
	for _, h := range hidden {
		some = some || h
	}
	if some && !s.cells {
		for j := range hidden {
			hidden[j] = true // the mean is told instead
		}
	}
	g.Cells = s.masked(hidden)
	if !some || !s.cells {
		s.average(&g, all)
	}
	return g
}

// fill gives the groups of a breakdown what can be told of them.
func (s *subject) fill(groups []Group) {
	totals := make([]int, len(groups))
	table := make([][]int, len(groups))
	for i := range groups {
		totals[i] = groups[i].N
		table[i] = s.counts(s.members[i])
	}
	hiddenGroups := Small(totals, s.options.Least)
	hiddenCells := make([][]bool, len(groups))
	for i := range hiddenCells {
		hiddenCells[i] = make([]bool, len(s.choices))
	}
	switch {
	case !s.cells || s.small == nil:
	case s.q.Kind == Several:
		for j := range s.choices {
			pairs := make([][]int, len(groups))
			for i := range groups {
				pairs[i] = []int{table[i][j], totals[i] - table[i][j]}
			}
			for i, row := range Suppress(pairs, s.options.Least, s.small[j]).Cells {
				hiddenCells[i][j] = row[0] || row[1]
			}
		}
	default:
		hiddenCells = Suppress(table, s.options.Least, s.small[0]).Cells
	}
	for i := range groups {
		g := &groups[i]
		if hiddenGroups[i] || s.small == nil {
			*g = Group{Value: g.Value, Hidden: true}
			continue
		}
		some := false
		for _, h := range hiddenCells[i] {
			some = some || h
		}
		if s.cells {
			g.Cells = s.masked(hiddenCells[i])
		}
		if !some || !s.cells {
			s.average(g, s.members[i])
		}
	}
}

// shares fills in cells of some people, or of everybody.
func (s *subject) shares(cells []Cell, members []int, everybody bool) {
	if len(cells) == 0 || len(members) == 0 {
		return
	}
	estimates, counts := make([]Estimate, len(cells)), s.counts(members)
	for j := range cells {
		estimates[j] = s.design.Mean(members, func(i int) float64 {
			if s.has(s.answers[i], j) {
				return 1
			}
			return 0
		})
	}
	deff := roughDeff(estimates)
	for j := range cells {
		if c := &cells[j]; !c.Hidden {
			c.N, c.DF, c.Deff = counts[j], estimates[j].DF, deff
			c.Share, c.Interval = s.roughShare(estimates[j], members, deff, s.veiled[j], everybody)
		}
	}
}

// average adds mean and net promoter score where the question has them. Of few people there is
// none, whatever else may be told of them. A mean near the very end of a scale, or of numbers that
// are all the same, would tell what each single person said, and is kept back.
func (s *subject) average(g *Group, members []int) {
	if len(members) < StandardLeast || (s.q.Kind != Number && !s.q.scaled()) {
		return
	}
	number := func(i int) float64 { x, _ := s.answers[i].(float64); return x }
	e, grain := s.design.Mean(members, number), 1.0
	if s.q.Kind == Number {
		if grain = 0; e.SE <= 1e-9*math.Abs(e.Value) {
			return
		}
	}
	m, _ := s.roughMean(e, members, grain)
	if s.q.scaled() {
		low, high := float64(s.q.Scale.Low), float64(s.q.Scale.High)
		if m.Value = min(max(m.Value, low), high); !s.cells && (m.Value == low || m.Value == high) {
			return
		}
	}
	g.Mean = m
	if s.q.Kind == Rating && s.q.Scale.NPS {
		g.NPS = s.netPromoters(members, number)
	}
}

// netCoarsest is the step of the grid from which on a net promoter score is not told: with five places or
// fewer from −100 to 100, what stands there answers nothing.
const netCoarsest = 50

// netPromoters is the net promoter score of some people; nil where it would be told too roughly to say
// anything, and at its ends, as a mean there.
func (s *subject) netPromoters(members []int, number func(i int) float64) *Mean {
	side := func(i int) float64 {
		switch x := number(i); {
		case x >= 9:
			return 1
		case x <= 6:
			return -1
		}
		return 0
	}
	net, shares, total := s.design.Mean(members, side), map[float64]float64{}, 0.0
	for _, i := range members {
		shares[side(i)] += s.design.weight[i]
		total += s.design.weight[i]
	}
	score, exact := NPS(shares[1]/total, shares[-1]/total, net.Effective, s.options.Confidence)
	net.Value, net.SE = score, 100*net.SE
	m, step := s.roughMean(net, members, 100)
	if step >= netCoarsest || !s.cells && math.Abs(m.Value) >= 100 {
		return nil
	}
	m.Value = min(max(m.Value, -100), 100)
	m.Interval = clamp(clean(math.Floor(exact.Low/step*4)*step/4), clean(math.Ceil(exact.High/step*4)*step/4), -100, 100)
	return m
}
