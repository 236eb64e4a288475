package index

import "slices"

// LeftOut is what becomes of scores when one element is left out.
type LeftOut struct {
	Code   string    // of what is left out
	Scores []float64 // by unit
	Ranks  []int
	Shift  float64 // mean of the absolute changes in rank
}

// LeaveOut leaves out each element of a level in turn, by setting its weight to 0 as
// remove_elements of COINr does, and gives what becomes of the scores on code (on the only
// top for an empty code). Where it was all that counted in its group, the group is left out.
func LeaveOut(r *Result, level int, code string) ([]LeftOut, error) {
	top, err := r.find(code)
	if err != nil {
		return nil, err
	}
	if level < 1 || level >= r.Tree[top].Level {
		return nil, bad(r.Tree[top].Code, "levels below it are 1 to %d, not %d", r.Tree[top].Level-1, level)
	}
	nominal := Ranks(r.Tables[Aggregated].Columns[top])
	var all []LeftOut
	w, s := r.Tree.weights(), r.model.scores()
	r.model.run(w, s)
	for i, n := range r.Tree {
		if n.Level != level {
			continue
		}
		out := LeftOut{Code: n.Code}
		r.model.leave(i, w, s, func() { out.Scores = slices.Clone(s.columns[top]) })
		out.Ranks = Ranks(out.Scores)
		out.Shift = shift(nominal, out.Ranks)
		all = append(all, out)
	}
	return all, nil
}

// leave computes anew what a node stands under, with a weight of 0 for the node, shows it,
// and puts everything back.
func (m *model) leave(i int, w []float64, s *scores, show func()) {
	path := *m
	path.plan = nil
	for p := m.tree[i].Parent; p >= 0; p = m.tree[p].Parent {
		path.plan = append(path.plan, p)
	}
	weight := w[i]
	w[i] = 0
	path.run(w, s)
	show()
	w[i] = weight
	path.run(w, s)
}

// shift is the mean of the absolute changes in rank of those that have one both times.
func shift(from, to []int) float64 {
	sum, count := 0, 0
	for u := range from {
		if from[u] > 0 && to[u] > 0 {
			sum += abs(from[u] - to[u])
			count++
		}
	}
	if count == 0 {
		return 0
	}
	return float64(sum) / float64(count)
}

func abs(x int) int {
	if x < 0 {
		return -x
	}
	return x
}
