package index

import (
	"cmp"
	"slices"
	"strings"
)

// Node is a column of the aggregated table: an indicator or an aggregate.
type Node struct {
	Code, Name string
	Parent     int // place of its parent in the tree; -1 for a top
	Children   []int
	Level      int // 1 for an indicator; one more than the highest of its children for an aggregate
	Weight     float64
}

// Tree is all nodes: the indicators as the data has them, then the aggregates from the
// second level up and by code within a level, so that children stand before their parents.
type Tree []Node

// Weights are weights by code, instead of those of the data.
type Weights map[string]float64

// Tree is the tree of the data, with other weights for the codes that weights name. It is
// an error where a code is not unique, a parent is not known or an indicator, aggregates run
// in a circle or have no children, or the weights of a parent's children add up to nothing.
func (d *Data) Tree(weights Weights) (Tree, error) {
	all := make(Tree, 0, len(d.Indicators)+len(d.Aggregates))
	parents := make([]string, 0, cap(all))
	for _, in := range d.Indicators {
		all = append(all, Node{Code: in.Code, Name: in.Name, Weight: in.Weight, Level: 1})
		parents = append(parents, in.Parent)
	}
	for _, a := range d.Aggregates {
		all = append(all, Node{Code: a.Code, Name: a.Name, Weight: a.Weight})
		parents = append(parents, a.Parent)
	}
	at := map[string]int{}
	for i, n := range all {
		if _, twice := at[n.Code]; twice || n.Code == "" {
			return nil, bad(n.Code, "an indicator or aggregate needs a code of its own")
		}
		at[n.Code] = i
	}
	for i := range all {
		all[i].Parent = -1
		if parents[i] == "" {
			continue
		}
		p, known := at[parents[i]]
		if !known || p < len(d.Indicators) {
			return nil, bad(all[i].Code, "its parent %s is no aggregate", parents[i])
		}
		all[i].Parent = p
	}
	if err := all.level(len(d.Indicators)); err != nil {
		return nil, err
	}
	for code, w := range weights {
		i, known := at[code]
		if !known {
			return nil, bad(code, "a weight is given for it, but it is neither an indicator nor an aggregate")
		}
		all[i].Weight = w
	}
	tree := all.ordered(len(d.Indicators))
	return tree, tree.weighed()
}

// level sets the levels of aggregates from those of their children. What stands in a
// circle, or above one, never gets a level.
func (t Tree) level(indicators int) error {
	waiting := make([]int, len(t))
	for _, n := range t {
		if n.Parent >= 0 {
			waiting[n.Parent]++
		}
	}
	ready := make([]int, 0, len(t))
	for i := range t {
		if waiting[i] == 0 {
			if i >= indicators {
				return bad(t[i].Code, "nothing has this aggregate as its parent")
			}
			ready = append(ready, i)
		}
	}
	for done := 0; done < len(ready); done++ {
		n := t[ready[done]]
		if n.Level > MaxLevels {
			return bad(n.Code, "more than %d levels", MaxLevels)
		}
		if n.Parent < 0 {
			continue
		}
		above := &t[n.Parent]
		above.Level = max(above.Level, n.Level+1)
		if waiting[n.Parent]--; waiting[n.Parent] == 0 {
			ready = append(ready, n.Parent)
		}
	}
	for i := range t {
		if waiting[i] > 0 {
			return bad(t[i].Code, "its parents run in a circle")
		}
	}
	return nil
}

// ordered sorts the aggregates and links children.
func (t Tree) ordered(indicators int) Tree {
	order := make([]int, len(t))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order[indicators:], func(a, b int) int {
		return cmp.Or(cmp.Compare(t[a].Level, t[b].Level), strings.Compare(t[a].Code, t[b].Code))
	})
	place := make([]int, len(t))
	sorted := make(Tree, len(t))
	for to, from := range order {
		place[from] = to
		sorted[to] = t[from]
	}
	for i := range sorted {
		if p := sorted[i].Parent; p >= 0 {
			sorted[i].Parent = place[p]
			sorted[place[p]].Children = append(sorted[place[p]].Children, i)
		}
	}
	return sorted
}

// weighed refuses weights that no mean can be made with.
func (t Tree) weighed() error {
	for _, n := range t {
		if !moderate(n.Weight) {
			return bad(n.Code, "its weight is not a number up to 1e150")
		}
	}
	for _, n := range t {
		sum := 0.0
		for _, c := range n.Children {
			sum += t[c].Weight
		}
		if len(n.Children) > 0 && sum == 0 {
			return bad(n.Code, "the weights of what belongs to it add up to 0")
		}
	}
	return nil
}

// Levels is the number of levels, indicators included.
func (t Tree) Levels() int {
	if len(t) == 0 {
		return 0
	}
	return t[len(t)-1].Level
}

// Find is the place of a code, or that of the only top for an empty code.
func (t Tree) Find(code string) (int, error) {
	if code == "" {
		last := len(t) - 1
		if t[last].Level == 1 {
			return 0, bad("", "there is no aggregate")
		}
		for i, n := range t[:last] {
			if n.Parent < 0 && n.Level > 1 {
				return 0, bad("", "there are several tops, %s and %s: say which", t[i].Code, t[last].Code)
			}
		}
		return last, nil
	}
	i := slices.IndexFunc(t, func(n Node) bool { return n.Code == code })
	if i < 0 {
		return 0, bad(code, "there is no such indicator or aggregate")
	}
	return i, nil
}

// weights are those of all nodes.
func (t Tree) weights() []float64 {
	w := make([]float64, len(t))
	for i, n := range t {
		w[i] = n.Weight
	}
	return w
}
