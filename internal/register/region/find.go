package region

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// find lists the regions that a text finds, each with those above it since names repeat: what
// is called just so first, then what begins so, then the rest; larger regions before smaller.
func (m *Module) find(ctx context.Context, parent, text string, page store.Page) (store.Listing[Region], error) {
	all, err := matching(ctx, m.db, parent, text)
	if err != nil {
		return store.Listing[Region]{}, err
	}
	text = strings.ToLower(text)
	key := func(r Region) string { return strconv.Itoa(nearness(r, text)) + strconv.Itoa(r.Level.Rank()) + r.Path }
	slices.SortFunc(all, func(a, b Region) int { return strings.Compare(key(a), key(b)) })
	found, err := store.Cut(all, page, key)
	if err != nil {
		return found, err
	}
	return found, m.addAncestors(ctx, found.Items)
}

// nearness is how well a region answers a lower-case text, the best being 0.
func nearness(r Region, text string) int {
	name, english := strings.ToLower(r.Name), strings.ToLower(r.NameEn)
	switch {
	case name == text || english == text || r.Code == text:
		return 0
	case strings.HasPrefix(name, text) || strings.HasPrefix(english, text) || strings.HasPrefix(r.Code, text):
		return 1
	}
	return 2
}

// addAncestors fills in those above each region, asking for all of them at once.
func (m *Module) addAncestors(ctx context.Context, list []Region) error {
	var paths []string
	for i := range list {
		paths = append(paths, above(list[i].Path)...)
	}
	slices.Sort(paths)
	found, err := readByPaths(ctx, m.db, slices.Compact(paths))
	known := make(map[string]Ancestor, len(found))
	for _, a := range found {
		known[a.Path] = Ancestor{a.Code, a.Path, a.Level, a.Name, a.NameEn}
	}
	for i := range list {
		for _, p := range above(list[i].Path) {
			if a, ok := known[p]; ok {
				list[i].Ancestors = append(list[i].Ancestors, a)
			}
		}
	}
	return err
}

// above are the paths of the regions that a path lies in, from the top down.
func above(path string) (paths []string) {
	for i := range len(path) - 1 {
		if path[i] == '.' {
			paths = append(paths, path[:i+1])
		}
	}
	return paths
}
