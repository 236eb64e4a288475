package city

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"

	"github.com/tongsheng/tongsheng/engine/geo"
)

// Site is a made-up place for a device, to try the product with.
type Site struct {
	Region string // code of the village, or of the lowest region there is
	Path   string
	Name   string // of that region
	Number int    // from 1 within the region
	Point  geo.Point
}

// SampleSites makes n sites within the city, spread over its districts, townships and
// villages by population with largest remainders, each near its village's point and
// inside its township's outline. The same city, n and seed give the same sites. They are
// samples: no device stands there.
func SampleSites(c *City, n int, seed uint64) ([]Site, error) {
	outlines, err := c.Outlines()
	if err != nil {
		return nil, err
	}
	shape := make(map[string]geo.MultiPolygon, len(outlines))
	for _, o := range outlines {
		shape[o.Code] = o.Shape
	}
	children := map[string][]*Region{}
	for i := range c.Regions {
		g := &c.Regions[i]
		children[g.Parent] = append(children[g.Parent], g)
	}
	root, ok := c.Region(c.Root)
	if !ok {
		return nil, fmt.Errorf("city: there is no region %s", c.Root)
	}
	random := rand.New(rand.NewPCG(seed, uint64(n)))
	var sites []Site
	var spread func(g *Region, n int, around geo.MultiPolygon)
	spread = func(g *Region, n int, around geo.MultiPolygon) {
		if own := shape[g.Code]; own != nil {
			around = own
		}
		below := children[g.Code]
		if len(below) > 0 {
			for i, share := range sharesOf(below, n) {
				if share > 0 {
					spread(below[i], share, around)
				}
			}
			return
		}
		for i := range n {
			sites = append(sites, Site{Region: g.Code, Path: g.Path, Name: g.Name, Number: i + 1, Point: near(g.Point, around, random)})
		}
	}
	spread(root, n, nil)
	return sites, nil
}

// near is a point some hundred metres from p that is still inside m.
func near(p geo.Point, m geo.MultiPolygon, random *rand.Rand) geo.Point {
	for reach := 350.0; reach > 1; reach *= 0.8 {
		angle, r := random.Float64()*2*math.Pi, reach*math.Sqrt(random.Float64())
		q := geo.Point{
			Lon: p.Lon + r*math.Cos(angle)/(111195*math.Cos(p.Lat*math.Pi/180)),
			Lat: p.Lat + r*math.Sin(angle)/111195,
		}
		if m == nil || m.Contains(q) {
			return q
		}
	}
	return p
}

// sharesOf splits n among regions by population: whole parts first, then one each for
// the largest remainders. Where nobody lives, the first gets all.
func sharesOf(regions []*Region, n int) []int {
	total := int64(0)
	for _, g := range regions {
		total += g.Population
	}
	out := make([]int, len(regions))
	if total == 0 {
		out[0] = n
		return out
	}
	rest := make([]int64, len(regions))
	order := make([]int, len(regions))
	left := n
	for i, g := range regions {
		whole := int64(n) * g.Population
		out[i], rest[i], order[i] = int(whole/total), whole%total, i
		left -= out[i]
	}
	sort.SliceStable(order, func(a, b int) bool { return rest[order[a]] > rest[order[b]] })
	for _, i := range order[:left] {
		out[i]++
	}
	return out
}
