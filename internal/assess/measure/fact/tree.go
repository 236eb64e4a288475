package fact

import (
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Region is a node of the tree that facts roll up in.
type Region struct {
	Code   string
	Parent string
	Path   string
	Level  string
	Kind   string // street, town, …
	NameZh string
	NameEn string
	Gone   bool // no longer in the register; its facts stay where it stood
}

// Tree is the tree of regions in memory. It does not change; a new edition is a new tree.
type Tree struct {
	byCode map[string]*Region
	byPath []*Region // sorted by path, so that a subtree is a range
}

// NewTree makes a tree.
func NewTree(regions []Region) *Tree {
	t := &Tree{byCode: make(map[string]*Region, len(regions)), byPath: make([]*Region, len(regions))}
	for i := range regions {
		t.byCode[regions[i].Code], t.byPath[i] = &regions[i], &regions[i]
	}
	slices.SortFunc(t.byPath, func(a, b *Region) int { return strings.Compare(a.Path, b.Path) })
	return t
}

// Region finds a region by code.
func (t *Tree) Region(code string) (*Region, error) {
	if r := t.byCode[code]; r != nil {
		return r, nil
	}
	return nil, fault.New(fault.NotFound, "measure.region", fault.Args{"region": code})
}

// Above lists the codes of a region and of those above it, from the lowest.
func (t *Tree) Above(code string) (codes []string) {
	for r := t.byCode[code]; r != nil; r = t.byCode[r.Parent] {
		codes = append(codes, r.Code)
	}
	return codes
}

// Within lists the regions at and below a path that stand at a level, or at any where level is
// empty, in order of their paths; those that are gone are left out.
func (t *Tree) Within(path, level string) (found []*Region) {
	from, _ := slices.BinarySearchFunc(t.byPath, path, func(r *Region, p string) int { return strings.Compare(r.Path, p) })
	for _, r := range t.byPath[from:] {
		if !strings.HasPrefix(r.Path, path) {
			break
		}
		if !r.Gone && (level == "" || r.Level == level) {
			found = append(found, r)
		}
	}
	return found
}

// Children lists the regions directly below one.
func (t *Tree) Children(code string) (found []*Region) {
	parent := t.byCode[code]
	if parent == nil {
		return nil
	}
	for _, r := range t.Within(parent.Path, "") {
		if r.Parent == code {
			found = append(found, r)
		}
	}
	return found
}

// At is the region at a path; nil if there is none.
func (t *Tree) At(path string) *Region {
	i, ok := slices.BinarySearchFunc(t.byPath, path, func(r *Region, p string) int { return strings.Compare(r.Path, p) })
	if !ok {
		return nil
	}
	return t.byPath[i]
}
