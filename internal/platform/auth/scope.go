package auth

import (
	"sort"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Root is the path of the whole tree of regions.
const Root = ""

// Scope is the set of region subtrees within which somebody may do something. One
// Scope makes both the SQL filter and the guard, so that the two cannot differ. The
// zero Scope allows nothing.
type Scope struct {
	paths []string // no path lies within another
}

// Everywhere allows all regions, and things that lie in none.
var Everywhere = Scope{paths: []string{Root}}

// NewScope makes the scope of these region paths' subtrees.
func NewScope(paths ...string) Scope {
	sorted := append([]string(nil), paths...)
	sort.Strings(sorted) // a parent sorts before its children
	var s Scope
	for _, p := range sorted {
		if !s.Allows(p) {
			s.paths = append(s.paths, p)
		}
	}
	return s
}

// Allows reports whether path lies within the scope.
func (s Scope) Allows(path string) bool {
	for _, p := range s.paths {
		if strings.HasPrefix(path, p) {
			return true
		}
	}
	return false
}

// Empty reports whether the scope allows nothing at all.
func (s Scope) Empty() bool { return len(s.paths) == 0 }

// Paths are the roots of the allowed subtrees.
func (s Scope) Paths() []string { return s.paths }

// Where adds the scope to a query as a condition on the column with the region path.
func (s Scope) Where(w *store.Where, column string) { w.And(s.Cond(w, column)) }

// Cond is the scope as a condition on the column with the region path, its arguments added
// to w.
func (s Scope) Cond(w *store.Where, column string) string {
	conds := make([]string, 0, len(s.paths))
	for _, p := range s.paths {
		if p == Root {
			return "1 = 1"
		}
		low, high := Subtree(p)
		conds = append(conds, "("+column+" >= "+w.Arg(low)+" AND "+column+" < "+w.Arg(high)+")")
	}
	if len(conds) == 0 {
		conds = append(conds, "1 = 0")
	}
	return "(" + strings.Join(conds, " OR ") + ")"
}

// Above lists the paths of the regions that these lie in, themselves included, without the
// root of the tree.
func Above(paths ...string) (above []string) {
	seen := map[string]bool{}
	for _, p := range paths {
		for i := range len(p) {
			if up := p[:i+1]; p[i] == '.' && !seen[up] {
				seen[up] = true
				above = append(above, up)
			}
		}
	}
	return above
}

// Subtree is the half-open range of paths at and below a region's path. Every segment
// of a path ends in a dot, and '/' is the character after it.
func Subtree(path string) (low, high string) {
	if path == Root {
		return "", "~" // after every character that a path may hold
	}
	return path, strings.TrimSuffix(path, ".") + "/"
}
