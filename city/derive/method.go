package main

import (
	"fmt"
	"hash/fnv"
	"log"
	"math"
	"math/rand/v2"
	"sort"

	"github.com/tongsheng/tongsheng/engine/geo"
)

// How townships are drawn. No open outline of a township exists, so each district is
// divided by a model into one cell per township: people are assumed to live densely
// around the district's government and the city's centre and thinly elsewhere, and every
// cell is to hold as many of the assumed people as its township is estimated to have.
// Streets begin near the middle, towns and townships further out. The result is a power
// diagram (weighted Voronoi) cut by the district's outline. Cells are not legal
// boundaries and neighbours in the model need not be neighbours in the world.

// centres are the middles of the two cities (WGS84).
var centres = map[string]geo.Point{"11": {Lon: 116.3912, Lat: 39.9067}, "12": {Lon: 117.1950, Lat: 39.1330}}

// countySeats are the seats of the three northern counties with their areas in square
// kilometres, from general knowledge, about a kilometre good: the npm package has only
// the outline of their prefecture, whose northern part they fill.
var countySeats = map[string]struct {
	seat geo.Point
	km2  float64
}{
	"131082000000": {geo.Point{Lon: 117.07, Lat: 39.98}, 643},
	"131028000000": {geo.Point{Lon: 116.99, Lat: 39.885}, 176},
	"131024000000": {geo.Point{Lon: 117.00, Lat: 39.76}, 458},
}

// exclaves name the township that a district's detached part is known for.
var exclaves = map[string]string{
	"110105000000": "首都机场街道", // the airport, surrounded by Shunyi
	"110113000000": "天竺地区",   // beside the airport, cut off by it
}

// spread is how thickly people are assumed to live, per square kilometre of grid, in
// arbitrary units.
func spread(p, seat geo.Point, centre *geo.Point) float64 {
	d := 0.02 + math.Exp(-p.Distance(seat)/5000)
	if centre != nil {
		d += 1.5 * math.Exp(-p.Distance(*centre)/12000)
	}
	return d
}

// divide cuts the three northern counties out of their prefecture, then every district
// that has townships into cells.
func divide(g *graph, t *tree, shapes []shape) error {
	seats := map[string]geo.Point{}
	for _, s := range shapes {
		seats[s.code] = s.seat
	}
	langfang := g.polygons(func(code string) bool { return code == "131000000000" })
	north := geo.MultiPolygon{langfang[0]}
	if (geo.MultiPolygon{langfang[1]}).Bound().Centre().Lat > north.Bound().Centre().Lat {
		north = geo.MultiPolygon{langfang[1]}
	}
	var counties []site
	for _, d := range t.at("district", "1310") {
		if c, ok := countySeats[d.code]; ok {
			counties = append(counties, site{code: d.code, at: plane(c.seat), mass: c.km2})
			seats[d.code] = c.seat
			d.modelled = true
		}
	}
	even := func(geo.Point) float64 { return 1 }
	g.carve("131000000000", north, balance(north, counties, even))

	for _, d := range t.at("district", "") {
		if len(d.children) == 0 {
			continue
		}
		whole := g.polygons(func(code string) bool { return code == d.code })
		if len(whole) == 0 {
			return fmt.Errorf("%s %s has townships but no outline", d.code, d.name)
		}
		seat := seats[d.code]
		var centre *geo.Point
		if c, ok := centres[d.code[:2]]; ok {
			centre = &c
		}
		density := func(p geo.Point) float64 { return spread(p, seat, centre) }
		apart := ""
		for _, town := range d.children {
			town.modelled = true
			if len(whole) > 1 && town.name == exclaves[d.code] {
				apart = town.code
			}
		}
		main := whole
		if apart != "" {
			main = whole[:1]
			for _, part := range whole[1:] {
				g.relabel(d.code, geo.MultiPolygon{part}, apart)
			}
		}
		sites := startingSites(d, apart, main, density)
		g.carve(d.code, main, balance(main, sites, density))
		log.Printf("cells: %s %s, %d townships", d.code, d.name, len(sites))
	}
	return nil
}

func seedOf(code string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(code))
	return h.Sum64()
}

// startingSites places the townships of a district before they are balanced: walking
// outward from where people are thickest, each takes a place in the ring that holds its
// share, as far as may be from those placed before.
func startingSites(d *region, apart string, m geo.MultiPolygon, density func(geo.Point) float64) []site {
	rank := map[string]int{"street": 0, "area": 1, "town": 1, "zone": 2, "township": 3}
	var towns []*region
	total := 0.0
	for _, town := range d.children {
		if town.code != apart {
			towns = append(towns, town)
			total += float64(town.population)
		}
	}
	sort.SliceStable(towns, func(i, j int) bool { return rank[towns[i].kind] < rank[towns[j].kind] })
	least := total / float64(len(towns)) / 6 // even an empty zone is drawn
	grid := sample(m, 4000)
	sort.SliceStable(grid, func(i, j int) bool { return density(grid[i]) > density(grid[j]) })
	var mass, sum float64
	for _, p := range grid {
		mass += density(p)
	}
	for _, town := range towns {
		sum += math.Max(least, float64(town.population))
	}
	random := rand.New(rand.NewPCG(seedOf(d.code), 1))
	var sites []site
	from, reached, wanted := 0, 0.0, 0.0
	for _, town := range towns {
		share := math.Max(least, float64(town.population)) / sum
		wanted += share * mass
		to := from
		for to < len(grid) && (reached < wanted || to == from) {
			reached += density(grid[to])
			to++
		}
		ring := grid[max(0, min(from, len(grid)-1)):max(to, min(from+1, len(grid)))]
		best, room := xy{}, -1.0
		for range 30 {
			p := plane(ring[random.IntN(len(ring))])
			near := math.Inf(1)
			for _, s := range sites {
				near = math.Min(near, p.to2(s.at))
			}
			if near > room {
				best, room = p, near
			}
		}
		sites = append(sites, site{code: town.code, at: best, mass: share})
		from = min(to, len(grid)-1)
	}
	return sites
}

// sample is about n points on an even, slightly turned grid inside m.
func sample(m geo.MultiPolygon, n int) []geo.Point {
	b := m.Bound()
	lo, hi := plane(b.Min), plane(b.Max)
	fill := m.Area() / ((hi.x - lo.x) * (hi.y - lo.y))
	pitch := math.Sqrt((hi.x - lo.x) * (hi.y - lo.y) * fill / float64(n))
	var out []geo.Point
	const lean = 0.3
	for j := -1; ; j++ {
		y := lo.y + pitch*float64(j)
		if y > hi.y+(hi.x-lo.x)*lean {
			break
		}
		for i := -1; ; i++ {
			x := lo.x + pitch*float64(i)
			if x > hi.x {
				break
			}
			if p := (xy{x, y - (x-lo.x)*lean}).point(); b.Contains(p) && m.Contains(p) {
				out = append(out, p)
			}
		}
	}
	return out
}
