package survey

import (
	"cmp"
	"slices"
)

// Order is the order in which choices (of a grid: rows) are shown to the respondent of
// a seed, as indices. Without Shuffle it is that of the form. Exclusive and fixed choices
// keep their places; the others are sorted by a hash of seed, question and choice, so
// that every page, language and device shows one respondent the same order.
func (q *Question) Order(seed string) []int {
	list := q.Choices
	if q.Kind == Grid {
		list = q.Rows
	}
	var free []int
	for i, c := range list {
		if q.Shuffle && !c.Exclusive && !c.Fixed {
			free = append(free, i)
		}
	}
	shuffled := slices.Clone(free)
	slices.SortStableFunc(shuffled, func(i, j int) int {
		return cmp.Compare(hash(seed+"\x00"+q.ID+"\x00"+list[i].ID), hash(seed+"\x00"+q.ID+"\x00"+list[j].ID))
	})
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	for k, place := range free {
		order[place] = shuffled[k]
	}
	return order
}

// Offered are the choices (of a grid: rows) that these answers show to the respondent of a
// seed, in their order.
func (f *Form) Offered(q *Question, a Answers, seed string) []Choice {
	effective := f.Effective(a)
	list := q.Choices
	if q.Kind == Grid {
		list = q.Rows
	}
	out := []Choice{}
	for _, i := range q.Order(seed) {
		if list[i].Show.Holds(effective) {
			out = append(out, list[i])
		}
	}
	return out
}

// hash is FNV-1a of 32 bits over UTF-8 followed by the finaliser of MurmurHash3, which
// spreads short texts that differ in their last letter only.
func hash(s string) uint32 {
	h := uint32(2166136261)
	for _, b := range []byte(s) {
		h = (h ^ uint32(b)) * 16777619
	}
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return h ^ h>>16
}
