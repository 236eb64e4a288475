package survey

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
	g.Cells = s.shares(all, counts, hidden)
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
			g.Cells = s.shares(s.members[i], table[i], hiddenCells[i])
		}
		if !some || !s.cells {
			s.average(g, s.members[i])
		}
	}
}

func (s *subject) shares(members []int, counts []int, hidden []bool) []Cell {
	var cells []Cell
	for j, choice := range s.choices {
		c := Cell{Choice: choice, Hidden: hidden[j]}
		if !c.Hidden && len(members) > 0 {
			e := s.design.Mean(members, func(i int) float64 {
				if s.has(s.answers[i], j) {
					return 1
				}
				return 0
			})
			c.N, c.Share, c.Deff, c.DF, c.Interval = counts[j], e.Value, e.Deff, e.DF, e.Proportion(s.options.Confidence)
		}
		cells = append(cells, c)
	}
	return cells
}

// average adds mean and net promoter score where the question has them. A mean at the
// very end of a scale would tell what each single person said, and is kept back.
func (s *subject) average(g *Group, members []int) {
	if len(members) == 0 || (s.q.Kind != Number && !s.q.scaled()) {
		return
	}
	number := func(i int) float64 { x, _ := s.answers[i].(float64); return x }
	e := s.design.Mean(members, number)
	if s.q.scaled() && !s.cells && (e.Value <= float64(s.q.Scale.Low) || e.Value >= float64(s.q.Scale.High)) {
		return
	}
	g.Mean = &Mean{e.Value, e.SE, e.DF, e.Deff, e.Interval(s.options.Confidence)}
	if s.q.Kind != Rating || !s.q.Scale.NPS {
		return
	}
	promoters, detractors := 0.0, 0.0
	net := s.design.Mean(members, func(i int) float64 {
		switch x := number(i); {
		case x >= 9:
			return 1
		case x <= 6:
			return -1
		}
		return 0
	})
	total := 0.0
	for _, i := range members {
		w := s.design.weight[i]
		total += w
		switch x := number(i); {
		case x >= 9:
			promoters += w
		case x <= 6:
			detractors += w
		}
	}
	score, interval := NPS(promoters/total, detractors/total, net.Effective, s.options.Confidence)
	g.NPS = &Mean{score, 100 * net.SE, net.DF, net.Deff, interval}
}
