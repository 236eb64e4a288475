package survey

import (
	"fmt"
	"math"
	"sort"
)

// Stratum is a part of the population that is sampled by itself.
type Stratum struct {
	ID         string  `json:"id"`
	Population int     `json:"population"`     // persons or households, whatever is drawn
	P          float64 `json:"p,omitempty"`    // the proportion expected; 0 is the worst case, 0.5
	SD         float64 `json:"sd,omitempty"`   // standard deviation in the stratum, in place of that of P
	Deff       float64 `json:"deff,omitempty"` // 0: that of the goal
	Response   float64 `json:"response,omitempty"`
}

// Allocation is how a total is divided among strata.
type Allocation string

// The allocations; n_h is in proportion to the expression.
const (
	Proportional Allocation = "proportional" // N_h
	Equal        Allocation = "equal"        // 1
	Power        Allocation = "power"        // N_h^Power: between the two (Bankier 1988)
	Neyman       Allocation = "neyman"       // N_h·S_h (Neyman 1934): the least variance for a total
)

// Goal is what a sample is wanted for.
type Goal struct {
	Margin     float64    `json:"margin"`               // half the width of the interval wanted, e.g. 0.05
	Confidence float64    `json:"confidence"`           // e.g. 0.95
	PerStratum bool       `json:"perStratum,omitempty"` // the margin holds in every stratum, not only overall
	Allocation Allocation `json:"allocation,omitempty"`
	Power      float64    `json:"power,omitempty"`    // exponent of Power; 0 is 0.5, the square root
	Deff       float64    `json:"deff,omitempty"`     // design effect expected of clusters and weights; 0 is 1
	Response   float64    `json:"response,omitempty"` // share of those asked who answer; 0 is 1
	Infinite   bool       `json:"infinite,omitempty"` // without finite population correction
	Least      int        `json:"least,omitempty"`    // completes in each stratum at least; 2 at least, or no variance can be told
	Total      int        `json:"total,omitempty"`    // completes overall; in place of Margin where it is the money that is fixed
}

// Planned is what a plan asks of a stratum.
type Planned struct {
	Stratum
	N      int     `json:"n"`      // completed answers wanted
	Issued int     `json:"issued"` // people to ask, so that N answer
	Margin float64 `json:"margin"` // expected of N
	Short  bool    `json:"short"`  // there are not enough people
}

// Plan is a stratified sample.
type Plan struct {
	Strata []Planned `json:"strata"`
	N      int       `json:"n"`
	Issued int       `json:"issued"`
	Margin float64   `json:"margin"` // expected overall
}

// SampleSize is how many answers give a margin for a proportion p at a confidence in a
// population (0: infinite) with a design effect: n0 = deff·z²·p(1−p)/margin², and
// n0/(1+(n0−1)/N) in a finite population (Cochran 1977, 4.1 and 4.2). Not rounded.
func SampleSize(margin, confidence, p float64, population int, deff float64) float64 {
	z := normalQuantile(confidence)
	n := deff * z * z * p * (1 - p) / (margin * margin)
	if population > 0 {
		n /= 1 + (n-1)/float64(population)
	}
	return n
}

// variance is deff·S² of a stratum.
func (s *Stratum) variance() float64 {
	v := s.SD * s.SD
	if s.SD == 0 {
		v = s.P * (1 - s.P)
		if s.Population > 1 {
			v *= float64(s.Population) / float64(s.Population-1)
		}
	}
	return s.Deff * v
}

// MakePlan sizes and allocates a stratified sample. Overall, the size is that at which
// the variance of the stratified estimate meets the margin under the allocation
// (Cochran 1977, formula 5.25): n = Σ(W²S²/a) / (V + ΣWS²/N), a being the shares. Sizes
// are rounded so that they add up, and no stratum is asked for more than it has.
func MakePlan(strata []Stratum, goal Goal) (*Plan, error) {
	strata, err := goal.prepare(strata)
	if err != nil {
		return nil, err
	}
	z := normalQuantile(goal.Confidence)
	var sizes []int
	switch {
	case goal.PerStratum:
		for _, s := range strata {
			n := s.variance() * z * z / (goal.Margin * goal.Margin)
			if !goal.Infinite {
				n /= 1 + n/float64(s.Population)
			}
			sizes = append(sizes, min(max(up(n), goal.Least), s.Population))
		}
	case goal.Total > 0:
		sizes = allocate(strata, goal, goal.Total)
	default:
		sizes = allocate(strata, goal, goal.total(strata))
	}
	plan, exact := &Plan{}, make([]float64, len(sizes))
	for i, s := range strata {
		p := Planned{Stratum: s, N: sizes[i], Issued: up(float64(sizes[i]) / s.Response)}
		if p.Issued > s.Population {
			p.Issued, p.Short = s.Population, true
		}
		exact[i] = float64(sizes[i])
		p.Margin = z * math.Sqrt(goal.spread(&s, exact[i]))
		plan.Strata = append(plan.Strata, p)
		plan.N += p.N
		plan.Issued += p.Issued
	}
	plan.Margin = z * math.Sqrt(goal.overall(strata, exact))
	return plan, nil
}

func (g *Goal) prepare(strata []Stratum) ([]Stratum, error) {
	bad := func(place string, value any) error {
		return &Error{"survey.plan.invalid", place, map[string]any{"value": fmt.Sprint(value)}}
	}
	within := func(x, low, high float64) bool { return x > low && x < high } // false for NaN
	switch {
	case len(strata) == 0:
		return nil, bad("strata", 0)
	case g.Total == 0 && !within(g.Margin, 0, math.Inf(1)):
		return nil, bad("margin", g.Margin)
	case !within(g.Confidence, 0, 1):
		return nil, bad("confidence", g.Confidence)
	case g.Total < 0:
		return nil, bad("total", g.Total)
	case g.PerStratum && g.Total > 0:
		return nil, bad("total", g.Total)
	}
	switch g.Allocation {
	case "":
		g.Allocation = Proportional
	case Proportional, Equal, Power, Neyman:
	default:
		return nil, bad("allocation", clip(string(g.Allocation)))
	}
	unless0 := func(x *float64, standard float64) {
		if *x == 0 {
			*x = standard
		}
	}
	unless0(&g.Power, 0.5)
	unless0(&g.Deff, 1)
	unless0(&g.Response, 1)
	g.Least = max(g.Least, 2)
	out := append([]Stratum(nil), strata...)
	seen := map[string]bool{}
	for i := range out {
		s := &out[i]
		place := fmt.Sprintf("strata[%d]", i)
		unless0(&s.P, 0.5)
		unless0(&s.Deff, g.Deff)
		unless0(&s.Response, g.Response)
		switch {
		case seen[s.ID]:
			return nil, bad(place+".id", clip(s.ID))
		case s.Population < 2:
			return nil, bad(place+".population", s.Population)
		case !within(s.P, 0, 1):
			return nil, bad(place+".p", s.P)
		case !(s.SD >= 0) || math.IsInf(s.SD, 0):
			return nil, bad(place+".sd", s.SD)
		case !within(s.Deff, 0, math.Inf(1)):
			return nil, bad(place+".deff", s.Deff)
		case !within(s.Response, 0, 1.0000001):
			return nil, bad(place+".response", s.Response)
		}
		seen[s.ID] = true
	}
	return out, nil
}

// total is the least number of answers whose overall margin is met, by the sizes as they come out:
// where no stratum stands at its least size or has no more people, that is the formula's.
func (g *Goal) total(strata []Stratum) int {
	all := 0
	for i := range strata {
		all += strata[i].Population
	}
	wanted := math.Pow(g.Margin/normalQuantile(g.Confidence), 2)
	return 1 + sort.Search(all-1, func(i int) bool {
		return g.overall(strata, fill(strata, *g, float64(i+1))) <= wanted*(1+1e-9)
	})
}

// spread is the variance expected of the estimate in a stratum.
func (g *Goal) spread(s *Stratum, n float64) float64 {
	v := s.variance() / n
	if !g.Infinite {
		v *= 1 - n/float64(s.Population)
	}
	return v
}

// overall is the variance expected of the stratified estimate.
func (g *Goal) overall(strata []Stratum, sizes []float64) float64 {
	all, v := 0.0, 0.0
	for i := range strata {
		all += float64(strata[i].Population)
		v += math.Pow(float64(strata[i].Population), 2) * g.spread(&strata[i], sizes[i])
	}
	return v / (all * all)
}

// up rounds up, forgiving what arithmetic adds to a whole number.
func up(x float64) int { return int(math.Ceil(x - 1e-9)) }
