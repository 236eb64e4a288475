package survey

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: %.6f, published %.6f", what, got, want)
	}
}

func TestSampleSizes(t *testing.T) {
	// Cochran, Sampling Techniques, 3rd ed. 1977, 4.2: ±5 points at p = 0.5 and t = 2 take
	// 400 islanders; of a population of 3,200, 356.
	two := 2*normalCDF(2) - 1
	near(t, "Cochran n0", SampleSize(0.05, two, 0.5, 0, 1), 400, 1e-6)
	near(t, "Cochran n", SampleSize(0.05, two, 0.5, 3200, 1), 356, 0.5)
	// Israel, Determining Sample Size, University of Florida PEOD6 1992: 385 at z = 1.96;
	// of a population of 2,000, 323.
	near(t, "Israel n0", math.Ceil(SampleSize(0.05, 0.95, 0.5, 0, 1)), 385, 0)
	near(t, "Israel n", math.Ceil(SampleSize(0.05, 0.95, 0.5, 2000, 1)), 323, 0)
	// Krejcie and Morgan, Educational and Psychological Measurement 30, 1970, table 1.
	for population, n := range map[int]float64{100: 80, 500: 217, 1000: 278, 10_000: 370, 100_000: 384} {
		near(t, fmt.Sprint("Krejcie and Morgan ", population), math.Round(SampleSize(0.05, 0.95, 0.5, population, 1)), n, 1)
	}
}

func normalCDF(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }

// Cochran 1977, table 5.1: 64 cities in two strata, 24 to be drawn. S² are of the
// numbers of inhabitants; the variances published are those of the total.
func TestAllocationOfCities(t *testing.T) {
	cities := []Stratum{{ID: "large", Population: 16, SD: math.Sqrt(53843)}, {ID: "others", Population: 48, SD: math.Sqrt(5581)}}
	for allocation, want := range map[Allocation]struct {
		n        []int
		variance float64
	}{
		Proportional: {[]int{6, 18}, 1_882_293},
		Neyman:       {[]int{12, 12}, 1_090_827},
	} {
		p, err := MakePlan(cities, Goal{Total: 24, Confidence: 0.95, Allocation: allocation})
		if err != nil {
			t.Fatal(err)
		}
		if got := []int{p.Strata[0].N, p.Strata[1].N}; !slices.Equal(got, want.n) {
			t.Errorf("%s: %v", allocation, got)
		}
		se := p.Margin / normalQuantile(0.95) * 64
		near(t, string(allocation), se*se, want.variance, 1_000)
	}
}

var beijing = []Stratum{ // inhabitants of 2020 by town and country, in part
	{ID: "chaoyang/urban", Population: 3_420_000}, {ID: "chaoyang/rural", Population: 32_460}, {ID: "yanqing/urban", Population: 203_000},
	{ID: "yanqing/rural", Population: 142_671}, {ID: "mentougou/urban", Population: 358_000}, {ID: "mentougou/rural", Population: 34_606},
}

func TestPlans(t *testing.T) {
	each, err := MakePlan(beijing, Goal{Margin: 0.05, Confidence: 0.95, PerStratum: true, Deff: 1.5, Response: 0.6})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range each.Strata {
		if s.N < 560 || s.N > 577 || s.Margin > 0.05 || s.Issued != up(float64(s.N)/0.6) || s.Short {
			t.Errorf("%+v", s)
		}
	}
	// Overall ±3 points take 1,067 when drawn like the population (1.96²·0.25/0.03²).
	whole, err := MakePlan(beijing, Goal{Margin: 0.03, Confidence: 0.95})
	if err != nil {
		t.Fatal(err)
	}
	if whole.N < 1067 || whole.N > 1069 || whole.Margin > 0.0301 {
		t.Errorf("%d people, margin %.4f", whole.N, whole.Margin)
	}
	// Unlike shares cost precision, so the same margin takes more people.
	last := whole.N
	for _, a := range []Allocation{Power, Equal} {
		p, err := MakePlan(beijing, Goal{Margin: 0.03, Confidence: 0.95, Allocation: a})
		if err != nil || p.N <= last || p.Margin > 0.0301 {
			t.Errorf("%s: %d people after %d, margin %.4f, %v", a, p.N, last, p.Margin, err)
		}
		last = p.N
	}
	village, err := MakePlan([]Stratum{{ID: "v", Population: 90}}, Goal{Margin: 0.05, Confidence: 0.95, Response: 0.5})
	if err != nil || !village.Strata[0].Short || village.Issued != 90 {
		t.Errorf("%+v %v", village, err)
	}
}

func TestPlansRefuse(t *testing.T) {
	good := Goal{Margin: 0.05, Confidence: 0.95}
	with := func(change func(*Goal)) Goal { g := good; change(&g); return g }
	for place, try := range map[string]struct {
		strata []Stratum
		goal   Goal
	}{
		"strata":               {nil, good},
		"margin":               {beijing, with(func(g *Goal) { g.Margin = math.NaN() })},
		"confidence":           {beijing, with(func(g *Goal) { g.Confidence = 95 })},
		"allocation":           {beijing, with(func(g *Goal) { g.Allocation = "optimal" })},
		"strata[1].id":         {[]Stratum{{ID: "a", Population: 9}, {ID: "a", Population: 9}}, good},
		"strata[0].population": {[]Stratum{{ID: "a"}}, good},
		"strata[0].p":          {[]Stratum{{ID: "a", Population: 9, P: 1}}, good},
		"strata[0].response":   {[]Stratum{{ID: "a", Population: 9, Response: 2}}, good},
	} {
		_, err := MakePlan(try.strata, try.goal)
		if e, ok := err.(*Error); !ok || e.Place != place {
			t.Errorf("%s: %v", place, err)
		}
	}
}

// However the total is divided and whatever least sizes are kept, the margin wanted is met, by as few
// answers as can be.
func TestTheMarginWantedIsMet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var strata []Stratum
		goal := Goal{Confidence: 0.95, Margin: rapid.Float64Range(0.02, 0.15).Draw(t, "margin"), Least: rapid.IntRange(2, 60).Draw(t, "least"), Deff: rapid.Float64Range(1, 2).Draw(t, "deff"),
			Allocation: rapid.SampledFrom([]Allocation{Proportional, Equal, Power, Neyman}).Draw(t, "allocation")}
		all := 0
		for i := range rapid.IntRange(1, 40).Draw(t, "strata") {
			strata = append(strata, Stratum{ID: fmt.Sprint(i), Population: rapid.IntRange(50, 400_000).Draw(t, "population")})
			all += strata[i].Population
		}
		p, err := MakePlan(strata, goal)
		if err != nil {
			t.Fatal(err)
		}
		// Rounding to whole answers moves the margin by a little.
		if p.Margin > goal.Margin*1.02 && p.N < all {
			t.Fatalf("±%g by %d answers, wanted ±%g", p.Margin, p.N, goal.Margin)
		}
		less := goal
		if less.Margin, less.Total = 0, p.N-max(len(strata), p.N/20); less.Total < 1 {
			return
		}
		if q, err := MakePlan(strata, less); err != nil || q.N < p.N && q.Margin < goal.Margin*0.98 {
			t.Fatalf("±%g by %d answers already, wanted ±%g: %v", q.Margin, q.N, goal.Margin, err)
		}
	})
}

// Sizes add up to the total, keep the least and never exceed a population.
func TestAllocationAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var strata []Stratum
		low, high := 0, 0
		goal := Goal{Confidence: 0.95, Total: rapid.IntRange(1, 5000).Draw(t, "total"), Least: rapid.IntRange(0, 30).Draw(t, "least"),
			Allocation: rapid.SampledFrom([]Allocation{Proportional, Equal, Power, Neyman}).Draw(t, "allocation")}
		for i := range rapid.IntRange(1, 20).Draw(t, "strata") {
			s := Stratum{ID: fmt.Sprint(i), Population: rapid.IntRange(2, 100_000).Draw(t, "population"), P: rapid.Float64Range(0.01, 0.99).Draw(t, "p")}
			strata = append(strata, s)
			low += min(max(goal.Least, 2), s.Population)
			high += s.Population
		}
		p, err := MakePlan(strata, goal)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0
		for _, s := range p.Strata {
			sum += s.N
			if s.N > s.Population || s.N < min(max(goal.Least, 2), s.Population) {
				t.Fatalf("%+v", s)
			}
		}
		if want := min(max(goal.Total, low), high); sum != want || p.N != want {
			t.Fatalf("%d, want %d", sum, want)
		}
	})
}

func villages() []Place {
	var frame []Place
	for i := range 40 {
		frame = append(frame, Place{ID: fmt.Sprintf("v%02d", i), Stratum: "rural", Size: 50 + 37*i%400})
	}
	return append(frame, Place{ID: "big", Stratum: "rural", Size: 9000}, Place{ID: "town", Stratum: "urban", Size: 7})
}

func TestDrawIsReplayed(t *testing.T) {
	takes := []Take{{Stratum: "rural", Places: 8, Each: 12}, {Stratum: "urban", Places: 1, Each: 12}}
	a, err := Draw(villages(), takes, "2026-11-29 lottery 07 13 22")
	if err != nil {
		t.Fatal(err)
	}
	shuffled := villages()
	slices.Reverse(shuffled)
	b, _ := Draw(shuffled, takes, "2026-11-29 lottery 07 13 22")
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Error("the order of the frame changed the draw")
	}
	c, _ := Draw(villages(), takes, "another seed")
	if fmt.Sprint(a) == fmt.Sprint(c) {
		t.Error("another seed drew the same")
	}
	if len(a) != 9 || !a[0].Certain || a[0].ID != "big" || a[0].Probability != 1 {
		t.Errorf("%+v", a)
	}
	if town := a[8]; len(town.People) != 7 || town.Weight != 1 {
		t.Errorf("%+v", town)
	}
	// The stream is what its definition says: printf 's\\np\\n0' | sha256sum.
	if x := NewStream("s", "p").Uint64(); x != 0x2eb42c81d0077f98 {
		t.Errorf("%#x", x)
	}
}

// Over many seeds each place comes as often as its probability says, each person
// of a place alike, and the weights of a sample add up to the population.
func TestDrawIsFair(t *testing.T) {
	frame := villages()
	const rounds = 4000
	places, people, weights := map[string]int{}, make([]int, 51), 0.0
	var probability map[string]float64
	for seed := range rounds {
		drawn, err := Draw(frame, []Take{{Stratum: "rural", Places: 8, Each: 10}}, fmt.Sprint(seed))
		if err != nil {
			t.Fatal(err)
		}
		if len(drawn) != 8 {
			t.Fatal(len(drawn))
		}
		if probability == nil {
			probability = map[string]float64{}
		}
		for _, d := range drawn {
			places[d.ID]++
			probability[d.ID] = d.Probability
			weights += d.Weight * float64(len(d.People)) / rounds
			if d.ID == "v00" {
				for _, k := range d.People {
					people[k]++
				}
			}
		}
	}
	total := 0
	for _, p := range frame {
		if p.Stratum != "rural" {
			continue
		}
		total += p.Size
		expected := probability[p.ID]
		sd := math.Sqrt(expected * (1 - expected) * rounds)
		if math.Abs(float64(places[p.ID])-expected*rounds) > 5*sd {
			t.Errorf("%s drawn %d times, expected %.0f ± %.0f", p.ID, places[p.ID], expected*rounds, sd)
		}
	}
	near(t, "weights", weights, float64(total), 0.02*float64(total))
	each := float64(places["v00"]) * 10 / 50
	for k := 1; k <= 50; k++ {
		if math.Abs(float64(people[k])-each) > 5*math.Sqrt(each) {
			t.Errorf("person %d drawn %d times, expected %.0f", k, people[k], each)
		}
	}
}

// Groups are drawn in the same places; over many seeds their weights add up to the people of each,
// and within a group everybody of a place drawn stands for as many.
func TestGroupsAreDrawnApartInTheSamePlaces(t *testing.T) {
	take := Take{Stratum: "rural", Places: 8, Parts: []Part{{"young", 0.62, 6}, {"old", 0.38, 4}}}
	all := 0.0
	for _, p := range villages() {
		if p.Stratum == "rural" {
			all += float64(p.Size)
		}
	}
	sums := map[string]float64{}
	const rounds = 3000
	for seed := range rounds {
		drawn, err := Draw(villages(), []Take{take}, fmt.Sprint(seed))
		if err != nil || len(drawn) != 16 {
			t.Fatal(len(drawn), err)
		}
		for i, d := range drawn {
			part := take.Parts[i%2]
			if d.Group != part.Group || d.ID != drawn[i-i%2].ID || len(d.People) != min(part.Each, d.Size) || d.People[len(d.People)-1] > d.Size {
				t.Fatalf("%+v", d)
			}
			sums[d.Group] += d.Weight * float64(len(d.People)) / rounds
		}
	}
	for _, p := range take.Parts {
		near(t, p.Group, sums[p.Group], all*p.Share, 0.02*all*p.Share)
	}
	whole, _ := Draw(villages(), []Take{{Stratum: "rural", Places: 8, Each: 10}}, "0")
	apart, _ := Draw(villages(), []Take{take}, "0")
	for i, d := range whole {
		if apart[2*i].ID != d.ID || apart[2*i].Probability != d.Probability {
			t.Errorf("%s is drawn with groups, %s without", apart[2*i].ID, d.ID)
		}
	}
}

func TestPeopleAreDividedWhole(t *testing.T) {
	for _, c := range []struct {
		people int
		shares []float64
		want   string
	}{{10, []float64{1, 1, 1}, "[4 3 3]"}, {7, []float64{0.5, 0.3, 0.2}, "[4 2 1]"}, {0, []float64{0.5, 0.5}, "[0 0]"}, {1000, []float64{0.333, 0.667}, "[333 667]"}} {
		if got := fmt.Sprint(Divide(c.people, c.shares)); got != c.want {
			t.Errorf("%d by %v: %s, want %s", c.people, c.shares, got, c.want)
		}
	}
}

func TestDrawRefuses(t *testing.T) {
	for code, try := range map[string]struct {
		frame []Place
		takes []Take
	}{
		"survey.draw.id":      {[]Place{{"a", "s", 1}, {"a", "s", 1}}, nil},
		"survey.draw.size":    {[]Place{{"a", "s", 0}}, nil},
		"survey.draw.few":     {[]Place{{"a", "s", 5}}, []Take{{Stratum: "s", Places: 2, Each: 1}}},
		"survey.draw.nothing": {[]Place{{"a", "s", 5}}, []Take{{Stratum: "s", Places: 1, Each: 0}}},
		"survey.draw.group":   {[]Place{{"a", "s", 5}}, []Take{{Stratum: "s", Places: 1, Parts: []Part{{"old", 0.4, 1}, {"old", 0.6, 1}}}}},
		"survey.draw.twice":   {[]Place{{"a", "s", 5}}, []Take{{Stratum: "s", Places: 1, Each: 1}, {Stratum: "s", Places: 1, Each: 1}}},
	} {
		if _, err := Draw(try.frame, try.takes, ""); err == nil || err.(*Error).Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
}
