package region

import (
	"context"
	"slices"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// find lists the regions that a text finds, each with those above it since names repeat.
func (m *Module) find(ctx context.Context, parent, text string, page store.Page) (store.Listing[Region], error) {
	found, err := findRegions(ctx, m.db, parent, text, page)
	if err != nil {
		return found, err
	}
	return found, m.addAncestors(ctx, found.Items)
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
