package survey

import (
	"cmp"
	"maps"
	"slices"
)

// Quota is how many answers are wanted of a kind of respondent. Once it is full, whoever
// falls in it is thanked and asked no more.
type Quota struct {
	ID     string     `json:"id"`
	Title  Text       `json:"title,omitempty"`
	Strata []string   `json:"strata,omitempty"` // of these strata of the sample; absent: of all
	When   *Condition `json:"when,omitempty"`   // absent: everyone
	Wanted int        `json:"wanted"`
}

func (q *Quota) matches(effective Answers, stratum string) bool {
	return (len(q.Strata) == 0 || slices.Contains(q.Strata, stratum)) && q.When.Holds(effective)
}

// InQuotas lists the quotas that a complete set of answers counts in.
func (f *Form) InQuotas(a Answers, stratum string) []string {
	effective := f.Effective(a)
	ids := []string{}
	for i := range f.Quotas {
		if f.Quotas[i].matches(effective, stratum) {
			ids = append(ids, f.Quotas[i].ID)
		}
	}
	return ids
}

// FullQuotas lists the quotas that are full, by counts of complete answers so far, and
// in which the respondent falls by the answers given up to and including page (-1:
// before the first, len(Pages)-1: after the last). A quota is asked about only when every
// question of its condition stands on these pages, so that an answer still to come
// cannot change the verdict.
func (f *Form) FullQuotas(a Answers, stratum string, page int, counts map[string]int) []string {
	effective := f.Effective(a)
	ids := []string{}
	for i := range f.Quotas {
		q := &f.Quotas[i]
		decided := true
		q.When.walk(func(c *Condition) {
			_, at := f.Question(c.Question)
			decided = decided && at <= page
		})
		if decided && counts[q.ID] >= q.Wanted && q.matches(effective, stratum) {
			ids = append(ids, q.ID)
		}
	}
	return ids
}

// Full says whether enough have answered of everybody in a stratum, or of those there of whom
// something is known before they are asked, so that none of them needs to be asked anything.
func (f *Form) Full(stratum string, known Answers, counts map[string]int) bool {
	return slices.ContainsFunc(f.Quotas, func(q Quota) bool {
		decided := true
		q.When.walk(func(c *Condition) { decided = decided && known[c.Question] != nil })
		return decided && counts[q.ID] >= q.Wanted && q.matches(known, stratum)
	})
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
