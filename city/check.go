package city

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"strings"

	"github.com/tongsheng/tongsheng/engine/geo"
)

// Check names every inconsistency of a city's files; none is a city that can be loaded
// and trusted to agree with itself.
func Check(fsys fs.FS) []Finding {
	c, findings := read(fsys)
	k := &checker{reader: &reader{city: c, fsys: fsys, findings: findings}, children: map[string][]int{}}
	for i, g := range c.Regions {
		k.children[g.Parent] = append(k.children[g.Parent], i)
	}
	k.tree()
	k.population()
	k.zones()
	k.files()
	k.calendar()
	k.outlines()
	return k.findings
}

type checker struct {
	*reader
	children map[string][]int
}

func (k *checker) at(g *Region, column, code string, args map[string]any) {
	k.bad(g.Level.file(), g.Line, column, code, args)
}

// tree checks codes and levels against the parent's.
func (k *checker) tree() {
	c := k.city
	if root, ok := c.Region(c.Root); !ok && c.Root != "" {
		k.bad(manifestFile, 0, "root", "city.root.unknown", map[string]any{"root": c.Root})
	} else if ok && root.Level == Nation {
		k.bad(manifestFile, 0, "root", "city.root.nation", nil)
	}
	if !c.Centre.Valid() || c.Centre == (geo.Point{}) {
		k.bad(manifestFile, 0, "centre", "city.point.bad", map[string]any{"lon": c.Centre.Lon, "lat": c.Centre.Lat})
	}
	for i := range c.Regions {
		g := &c.Regions[i]
		n := digits[g.Level]
		if strings.Trim(g.Code[n:], "0") != "" || n >= 2 && strings.HasSuffix(g.Code[:n], strings.Repeat("0", tail(g.Level))) {
			k.at(g, "code", "city.code.level", map[string]any{"code": g.Code, "level": string(g.Level)})
		}
		up, ok := c.Region(g.Parent)
		if !ok {
			continue // reported by read
		}
		if up.Level.Rank() >= g.Level.Rank() {
			k.at(g, "level", "city.level.order", map[string]any{"level": string(g.Level), "parent_level": string(up.Level)})
		} else if !strings.HasPrefix(g.Code, Significant(up.Code, up.Level)) {
			k.at(g, "code", "city.code.prefix", map[string]any{"code": g.Code, "parent": g.Parent})
		}
		if g.Level == Village && len(k.children[g.Code]) > 0 {
			k.at(g, "level", "city.level.order", map[string]any{"level": string(Village), "parent_level": string(Village)})
		}
	}
}

// tail is how many digits the last step of a level's code has.
func tail(l Level) int {
	if l == Township || l == Village {
		return 3
	}
	return 2
}

// population checks that children add up to their parent wherever all are known.
func (k *checker) population() {
	for i := range k.city.Regions {
		g := &k.city.Regions[i]
		below := k.children[g.Code]
		if g.Basis == NoCount || len(below) == 0 {
			continue
		}
		sum, known := int64(0), true
		for _, j := range below {
			sum += k.city.Regions[j].Population
			known = known && k.city.Regions[j].Basis != NoCount
		}
		if known && sum != g.Population {
			k.at(g, "population", "city.population.sum", map[string]any{"code": g.Code, "population": g.Population, "sum": sum})
		}
		if !known {
			k.at(g, "population", "city.population.part", map[string]any{"code": g.Code})
		}
	}
}

func (k *checker) zones() {
	for _, z := range k.city.Zones {
		if len(z.Members) == 0 {
			k.bad("zones.csv", z.Line, "code", "city.zone.empty", map[string]any{"zone": z.Code})
		}
	}
}

// files checks that every file says where it came from and every source has its file.
func (k *checker) files() {
	told := map[string]bool{}
	for _, s := range k.city.Sources {
		told[s.File] = true
		if _, err := fs.Stat(k.fsys, s.File); err != nil && s.File != "" {
			k.bad("sources.csv", 0, "file", "city.source.file_missing", map[string]any{"file": s.File})
		}
	}
	_ = fs.WalkDir(k.fsys, ".", func(file string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !told[file] && !told[path.Dir(file)] { // a folder may have one source
			k.bad(file, 0, "", "city.source.missing", nil)
		}
		return nil
	})
}

// outlines checks every outline, that it lies in its parent's, that outlined children
// leave nothing of an outlined township parent uncovered, and that points lie inside.
func (k *checker) outlines() {
	list, err := k.city.Outlines()
	var bad *geo.Error
	switch {
	case errors.As(err, &bad):
		k.bad(outlinesFile, 0, bad.Place, bad.Code, bad.Args)
		return
	case err != nil:
		k.bad(outlinesFile, 0, "", "city.file.missing", nil)
		return
	}
	shape := map[string]geo.MultiPolygon{}
	for i, o := range list {
		place := fmt.Sprintf("objects.regions.geometries[%d]", i)
		g, ok := k.city.Region(o.Code)
		switch {
		case !ok:
			k.bad(outlinesFile, 0, place, "city.outline.region_unknown", map[string]any{"region": o.Code})
			continue
		case shape[o.Code] != nil:
			k.bad(outlinesFile, 0, place, "city.outline.twice", map[string]any{"region": o.Code})
			continue
		case o.Modelled != g.Modelled:
			k.bad(outlinesFile, 0, place, "city.outline.modelled", map[string]any{"region": o.Code})
		}
		if err := o.Shape.Check(o.Code); errors.As(err, &bad) {
			k.bad(outlinesFile, 0, bad.Place, bad.Code, bad.Args)
			continue
		}
		if len(o.Shape) == 0 {
			k.bad(outlinesFile, 0, place, "geo.polygon.empty", nil)
			continue
		}
		shape[o.Code] = o.Shape
	}
	for i := range k.city.Regions {
		g := &k.city.Regions[i]
		k.within(g, shape)
		k.covered(g, shape)
	}
}

// slack is the part of an area that rounding may misplace.
const slack = 1e-4

func (k *checker) within(g *Region, shape map[string]geo.MultiPolygon) {
	own := shape[g.Code]
	if up := shape[g.Parent]; own != nil && up != nil && geo.Overlap(own, up) < 1-slack {
		k.bad(outlinesFile, 0, g.Code, "city.outline.outside", map[string]any{"region": g.Code, "parent": g.Parent})
	}
	if !g.HasPoint {
		return
	}
	around := g
	for ok := true; ok && shape[around.Code] == nil; around, ok = k.city.Region(around.Parent) {
		if around.Parent == "" {
			return
		}
	}
	if around != nil && shape[around.Code] != nil && !shape[around.Code].Contains(g.Point) {
		k.at(g, "lon", "city.point.outside", map[string]any{"code": g.Code, "around": around.Code})
	}
}

// covered checks a region all of whose children are outlined: together they are as large
// as it is, and none lies over another.
func (k *checker) covered(g *Region, shape map[string]geo.MultiPolygon) {
	own, below := shape[g.Code], k.children[g.Code]
	if own == nil || len(below) == 0 {
		return
	}
	sum := 0.0
	for i, j := range below {
		a := k.city.Regions[j].Code
		if shape[a] == nil {
			return
		}
		sum += shape[a].Area()
		for _, l := range below[i+1:] {
			b := k.city.Regions[l].Code
			if shape[b] != nil && geo.Overlap(shape[a], shape[b]) > slack {
				k.bad(outlinesFile, 0, a, "city.outline.overlap", map[string]any{"region": a, "other": b})
			}
		}
	}
	if area := own.Area(); math.Abs(sum-area) > slack*area {
		k.bad(outlinesFile, 0, g.Code, "city.outline.gap", map[string]any{
			"region": g.Code, "area": fmt.Sprintf("%.3f", area/1e6), "sum": fmt.Sprintf("%.3f", sum/1e6)})
	}
}
