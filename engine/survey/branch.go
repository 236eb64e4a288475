package survey

import "strconv"

// Who was asked a question can itself be told by an answer to an earlier one: the number
// of people asked "which other?" is the number that answered "other". So what a question
// hides, the questions that depend on it must not give away.

// gives reports whether the number of people for whom a condition holds would give away
// cells of these results, which belong to the same people, of earlier questions.
func (t *tabulation) gives(c *Condition, of func(Table) *Group) (given bool) {
	c.walk(func(leaf *Condition) {
		q, _ := t.form.Question(leaf.Question)
		for _, table := range t.tables {
			if table.Question == leaf.Question && (leaf.Row == table.Row || leaf.Row == "") {
				if g := of(table); g != nil {
					given = given || g.Hidden || leaf.splits(q, table.Row, g.Cells)
				}
			}
		}
	})
	return given
}

// splits reports whether a comparison holds for some hidden cells and not for others: the
// number for which it holds would then tell them apart.
func (c *Condition) splits(q *Question, row string, cells []Cell) bool {
	inside, outside := false, false
	for _, cell := range cells {
		if !cell.Hidden {
			continue
		}
		var answer any = cell.Choice
		switch q.Kind {
		case Several: // chosen and not chosen are hidden together
			if c.Op == Includes && same(c.Value, cell.Choice) {
				return true
			}
			continue
		case Rating, Grid:
			x, _ := strconv.Atoi(cell.Choice)
			answer = float64(x)
			if q.Kind == Grid {
				answer = map[string]any{row: answer}
			}
		}
		if c.compare(answer) {
			inside = true
		} else {
			outside = true
		}
	}
	return inside && outside
}

// unasked says of the whole, and of each group of a breakdown, whether nothing may be told
// of a question that was not asked of all: because a small number was asked, or was not,
// or because the number asked would give away what an earlier question hides.
func (s *subject) unasked(page *Page, asked []bool) (whole bool, groups map[string][]bool) {
	groups = map[string][]bool{}
	if page.Show == nil && s.q.Show == nil {
		return false, groups
	}
	given := func(of func(Table) *Group) bool { return s.gives(page.Show, of) || s.gives(s.q.Show, of) }
	all := make([]int, len(asked))
	for i := range all {
		all[i] = i
	}
	pair := func(members []int) []int {
		n := 0
		for _, i := range members {
			if asked[i] {
				n++
			}
		}
		return []int{n, len(members) - n}
	}
	either := func(hidden []bool) bool { return hidden[0] || hidden[1] }
	columns := Small(pair(all), s.options.Least)
	whole = either(columns) || given(func(t Table) *Group { return &t.Whole })
	for k, variable := range s.options.By {
		var pairs [][]int
		for _, value := range s.groups[variable] {
			pairs = append(pairs, pair(s.tabulation.members[variable][value]))
		}
		mask := Suppress(pairs, s.options.Least, columns)
		for i := range pairs {
			hidden := either(mask.Cells[i]) || given(func(t Table) *Group { return &t.By[k].Groups[i] })
			groups[variable] = append(groups[variable], hidden)
		}
	}
	return whole, groups
}
