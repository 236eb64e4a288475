package party

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Pair is two parties that may be one.
type Pair struct {
	First  Item     `json:"first"`
	Second Item     `json:"second"`
	Why    []string `json:"why" nullable:"false" doc:"code, name, phone, identity"`
	Like   float64  `json:"like" doc:"How alike the names are, 0 to 1"`
}

// twinnable is what pairs are found by.
type twinnable struct {
	id, kind, name, code, phone, identity, path string
	folded                                      string
	grams                                       map[string]int
}

// legalForms are what companies end in, the longest first: they tell nothing of who it is.
var legalForms = []string{"有限责任公司", "股份有限公司", "有限公司", "集团公司", "集团", "公司", "co.,ltd.", "co.,ltd", "ltd", "inc"}

// fold makes names comparable: width, case, spaces, marks and the legal form do not matter.
func fold(name string) string {
	name = strings.ToLower(norm.NFKC.String(name))
	for _, label := range []string{"(样例)", "(sample)"} {
		name = strings.ReplaceAll(name, label, "")
	}
	name = strings.Join(strings.Fields(name), "")
	for _, form := range legalForms {
		if rest, ok := strings.CutSuffix(name, form); ok && rest != "" {
			name = rest
			break
		}
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return -1
	}, name)
}

// bigrams counts the pairs of characters of a name.
func bigrams(name string) map[string]int {
	r := []rune(name)
	out := map[string]int{}
	if len(r) == 1 {
		out[name]++
	}
	for i := 1; i < len(r); i++ {
		out[string(r[i-1:i+1])]++
	}
	return out
}

// dice is how alike two names are by the pairs of characters they share, 0 to 1.
func dice(a, b map[string]int) float64 {
	shared, all := 0, 0
	for g, n := range a {
		shared += min(n, b[g])
		all += n
	}
	for _, n := range b {
		all += n
	}
	if all == 0 {
		return 0
	}
	return 2 * float64(shared) / float64(all)
}

// alike is from which likeness on two organisations of a district may be one.
const alike = 0.75

// district is the part of a path that both must share for a name to count: nation, city, district.
func district(path string) string {
	parts := strings.SplitAfter(path, ".")
	return strings.Join(parts[:min(3, len(parts))], "")
}

// maxPairs is how many pairs are shown: more wait until these are dealt with.
const maxPairs = 500

// Duplicates finds pairs within the asker's regions that may be one, the surest first. Pairs that
// somebody found to be two are left out.
func (m *Module) Duplicates(ctx context.Context, path string, page store.Page) (store.Listing[Pair], error) {
	none := store.Listing[Pair]{Items: []Pair{}}
	all, err := twinnables(ctx, m.db, auth.ScopeOf(ctx, PermMerge), path)
	if err != nil {
		return none, err
	}
	known, err := distincts(ctx, m.db)
	if err != nil {
		return none, err
	}
	found := pairs(all, known)
	cut, err := store.Cut(found, page, func(l likely) string { return l.key })
	if err != nil {
		return none, err
	}
	out, err := m.pairItems(ctx, cut.Items)
	return store.Listing[Pair]{Items: out, Next: cut.Next, Total: cut.Total}, err
}

// likely is a pair before its parties are read.
type likely struct {
	first, second string
	why           []string
	like          float64
	key           string // sorts the surest first
}

// pairs finds what may be one, by what they share.
func pairs(all []twinnable, known map[[2]string]bool) []likely {
	found := map[[2]string]*likely{}
	note := func(a, b *twinnable, why string) {
		if a.id > b.id {
			a, b = b, a
		}
		key := [2]string{a.id, b.id}
		if a.id == b.id || a.kind != b.kind || known[key] {
			return
		}
		if found[key] == nil {
			if len(found) >= maxPairs {
				return
			}
			found[key] = &likely{first: a.id, second: b.id, like: dice(a.grams, b.grams)}
		}
		if !slices.Contains(found[key].why, why) {
			found[key].why = append(found[key].why, why)
		}
	}
	for why, of := range map[string]func(*twinnable) string{
		"code": func(t *twinnable) string { return t.code }, "identity": func(t *twinnable) string { return t.identity }, "phone": func(t *twinnable) string { return t.phone },
	} {
		together(all, of, func(a, b *twinnable) { note(a, b, why) })
	}
	together(all, func(t *twinnable) string { return t.kind + district(t.path) + t.folded }, func(a, b *twinnable) {
		if a.folded != "" {
			note(a, b, "name")
		}
	})
	similar(all, func(a, b *twinnable) { note(a, b, "name") })
	out := make([]likely, 0, len(found))
	for _, l := range found {
		slices.Sort(l.why)
		sure := 0
		for _, w := range l.why {
			sure += map[string]int{"identity": 4, "code": 4, "phone": 2, "name": 1}[w]
		}
		l.key = string(rune('a'+9-min(sure, 9))) + l.first + l.second
		out = append(out, *l)
	}
	slices.SortFunc(out, func(a, b likely) int { return cmp.Compare(a.key, b.key) })
	return out
}

// together visits the pairs of those that share a key.
func together(all []twinnable, key func(*twinnable) string, visit func(a, b *twinnable)) {
	const most = 20 // of one key: a switchboard's number is no proof
	by := map[string][]*twinnable{}
	for i := range all {
		if k := key(&all[i]); k != "" {
			by[k] = append(by[k], &all[i])
		}
	}
	for _, list := range by {
		list = list[:min(len(list), most)]
		for i := range list {
			for _, b := range list[i+1:] {
				visit(list[i], b)
			}
		}
	}
}

// similar visits the pairs of organisations of one district whose names are alike. Only those that
// share one of their rarer pairs of characters are compared, so that a long register takes little more
// than a short one.
func similar(all []twinnable, visit func(a, b *twinnable)) {
	const common = 60 // a pair of characters that more names of a district have tells little
	by := map[string][]*twinnable{}
	for i := range all {
		if t := &all[i]; t.kind == string(Organisation) {
			for g := range t.grams {
				by[district(t.path)+g] = append(by[district(t.path)+g], t)
			}
		}
	}
	seen := map[[2]string]bool{}
	for _, list := range by {
		if len(list) > common {
			continue
		}
		for i, a := range list {
			for _, b := range list[i+1:] {
				key := [2]string{a.id, b.id}
				if !seen[key] && dice(a.grams, b.grams) >= alike {
					visit(a, b)
				}
				seen[key] = true
			}
		}
	}
}

func (m *Module) pairItems(ctx context.Context, list []likely) ([]Pair, error) {
	var ids []string
	for _, l := range list {
		ids = append(ids, l.first, l.second)
	}
	slices.Sort(ids)
	found, err := partiesByID(ctx, m.db, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	items, err := m.items(ctx, found)
	if err != nil {
		return nil, err
	}
	by := map[string]Item{}
	for _, it := range items {
		by[it.ID] = it
	}
	out := make([]Pair, len(list))
	for i, l := range list {
		out[i] = Pair{by[l.first], by[l.second], l.why, l.like}
	}
	return out, nil
}

// twinsOf are those that may be the same as one party, with why.
func (m *Module) twinsOf(ctx context.Context, p *Party) ([]Twin, error) {
	all, err := near(ctx, m.db, auth.ScopeOf(ctx, PermRead), p, telling(fold(p.NameZH)))
	if err != nil {
		return nil, err
	}
	known, err := distincts(ctx, m.db)
	if err != nil {
		return nil, err
	}
	out := []Twin{}
	for _, l := range pairs(all, known) {
		switch p.ID {
		case l.first:
			out = append(out, Twin{ID: l.second, Why: l.why})
		case l.second:
			out = append(out, Twin{ID: l.first, Why: l.why})
		}
	}
	return out, nil
}

// telling are parts of a name of which a name that is like it has one at least.
func telling(folded string) (parts []string) {
	const most = 6
	r := []rune(folded)
	step := max(1, (len(r)-1)/most)
	for i := 0; i+2 <= len(r); i += step {
		parts = append(parts, string(r[i:i+2]))
	}
	return append(parts, folded)
}

// Twin is another party that may be the same.
type Twin struct {
	ID  string   `json:"id"`
	Why []string `json:"why" nullable:"false"`
}

// Distinguish remembers that two parties are two.
func (m *Module) Distinguish(ctx context.Context, a, b, reason string) error {
	if i18n.Deceives(reason, "\n") {
		return fault.Bad("reason", "validate.hidden")
	}
	if a > b {
		a, b = b, a
	}
	return m.db.Update(ctx, func(tx *store.Tx) error {
		first, second, err := m.two(ctx, tx, a, b)
		if err != nil {
			return err
		}
		if err := writeDistinct(ctx, tx, first.ID, second.ID, map[string]any{"by": auth.Who(ctx).Person(), "reason": reason}); err != nil {
			return err
		}
		return m.record(ctx, tx, "party.distinct", first, map[string]any{"other": second.ID, "reason": reason})
	})
}

// two reads two parties that the asker may merge.
func (m *Module) two(ctx context.Context, q store.Queryer, a, b string) (first, second *Party, err error) {
	if first, err = readParty(ctx, q, a); err != nil {
		return nil, nil, err
	}
	if second, err = readParty(ctx, q, b); err != nil {
		return nil, nil, err
	}
	for _, p := range []*Party{first, second} {
		if err := guard(ctx, PermMerge, p); err != nil {
			return nil, nil, err
		}
		if p.State != Active {
			return nil, nil, fault.New(fault.Conflict, "party."+string(p.State))
		}
	}
	if first.ID == second.ID {
		return nil, nil, fault.Bad("merged", "party.merge.self")
	}
	if first.Kind != second.Kind {
		return nil, nil, fault.New(fault.Conflict, "party.merge.kinds")
	}
	return first, second, nil
}
