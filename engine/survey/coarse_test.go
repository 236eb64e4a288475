package survey

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"
)

// heard are answers to one question: counts[i][j] people of district i gave answer j, each of weight w[i].
func heard(counts [][]int, w []float64) (all []Response) {
	for i, row := range counts {
		for j, n := range row {
			for range n {
				d := fmt.Sprint("d", i)
				all = append(all, Response{Weight: w[i], Stratum: d, Groups: map[string]string{"district": d}, Answers: Answers{"q": fmt.Sprint("c", j)}})
			}
		}
	}
	return all
}

// toldOf is everything that would be told of cells of a table, were it this one, where those that are
// hidden in a mask tell nothing.
func toldOf(t *testing.T, f *Form, counts [][]int, w []float64, least int, mask func(group, column int) bool) string {
	all := heard(counts, w)
	opt := ResultOptions{Confidence: 0.95, Least: least, By: []string{"district"}}
	k := &tabulation{form: f, options: opt, responses: all}
	var weights []float64
	var strata []string
	for _, r := range all {
		weights, strata = append(weights, r.Weight), append(strata, r.Stratum)
	}
	var err error
	if k.design, err = NewDesign(weights, strata, make([]string, len(all)), nil); err != nil {
		t.Fatal(err)
	}
	q, _ := f.Question("q")
	s := &subject{tabulation: k, q: q, cells: true}
	s.choices, s.has = q.columns(nil)
	for _, r := range all {
		s.answers = append(s.answers, r.Answers["q"])
	}
	s.veiled = make([]bool, len(s.choices))
	for j := range s.veiled {
		for d := range counts {
			s.veiled[j] = s.veiled[j] || mask(d, j)
		}
	}
	var told [][]Cell
	for g := -1; g < len(counts); g++ {
		var members []int
		for i, r := range all {
			if g < 0 || r.Groups["district"] == fmt.Sprint("d", g) {
				members = append(members, i)
			}
		}
		hidden := make([]bool, len(s.choices))
		for j := range hidden {
			hidden[j] = mask(g, j)
		}
		cells := s.masked(hidden)
		s.shares(cells, members, g < 0)
		told = append(told, cells)
	}
	raw, err := json.Marshal(told)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// Whoever knows every weight, and solves for all whole tables that give what is told of shares,
// intervals and design effects, is left with several values of each hidden cell. Weights are what makes
// shares tell more than counts do: the share of everybody adds up districts in other proportions.
func TestSharesDoNotSolveHiddenCells(t *testing.T) {
	f := &Form{ID: "s", Version: "1", Languages: []string{"zh"}, Title: Text{"zh": "x"}, Pages: []Page{{Questions: []Question{{ID: "q", Kind: Single, Title: Text{"zh": "x"}}}}}}
	for j := range 4 {
		f.Pages[0].Questions[0].Choices = append(f.Pages[0].Questions[0].Choices, Choice{ID: fmt.Sprint("c", j), Title: Text{"zh": "x"}})
	}
	const least, districts, people = 5, 3, 45
	weights := []float64{1.8, 0.9, 0.3}
	stream, hiddenCells, fewest := NewStream("attack", "tables"), 0, 3
	for trial := range 20 {
		counts := make([][]int, districts)
		for i := range counts {
			counts[i] = make([]int, 4)
			rest := people
			for j := 1; j < 4; j++ {
				counts[i][j] = stream.Below([]int{0, 30, 12, 9}[j])
				rest -= counts[i][j]
			}
			counts[i][0] = max(rest, 0)
		}
		r, err := f.Tabulate(heard(counts, weights), ResultOptions{Least: least, By: []string{"district"}})
		if err != nil {
			t.Fatal(err)
		}
		table := r.Tables[0]
		mask := func(g, j int) bool {
			if g < 0 {
				return table.Whole.Cells[j].Hidden
			}
			return table.By[0].Groups[g].Cells[j].Hidden
		}
		var open [][2]int
		for i := range counts {
			for j := range counts[i] {
				if mask(i, j) {
					open = append(open, [2]int{i, j})
				}
			}
		}
		if len(open) == 0 {
			continue
		}
		want := toldOf(t, f, counts, weights, least, mask)
		values := make([]map[int]bool, len(open))
		for k := range values {
			values[k] = map[int]bool{}
		}
		// Tables with the same sizes of districts, and the same totals of answers where these are told.
		enough := func() bool { return !slices.ContainsFunc(values, func(v map[int]bool) bool { return len(v) < 3 }) }
		guess, tried := make([][]int, districts), 0
		for i := range guess {
			guess[i] = slices.Clone(counts[i])
		}
		var solve func(k int)
		solve = func(k int) {
			if tried > 4_000 || enough() {
				return
			}
			if k == len(open) {
				for j := range 4 {
					now, was := 0, 0
					for i := range counts {
						now, was = now+guess[i][j], was+counts[i][j]
					}
					if now != was && !mask(-1, j) {
						return
					}
				}
				if tried++; toldOf(t, f, guess, weights, least, mask) == want {
					for k, at := range open {
						values[k][guess[at[0]][at[1]]] = true
					}
				}
				return
			}
			i, j := open[k][0], open[k][1]
			left, last := 0, k+1 == len(open) || open[k+1][0] != i
			for n := range open[k:] {
				if open[k+n][0] == i {
					left += counts[i][open[k+n][1]]
				}
			}
			for n := range k {
				if open[n][0] == i {
					left += counts[i][open[n][1]] - guess[i][open[n][1]]
				}
			}
			was := guess[i][j]
			if last {
				if left < 0 {
					return
				}
				guess[i][j] = left
				solve(k + 1)
			}
			for d := 0; d < 19 && !last; d++ { // the nearest first
				if n := was + (d+1)/2*(1-d%2*2); n >= 0 && n <= left {
					guess[i][j] = n
					solve(k + 1)
				}
			}
			guess[i][j] = was
		}
		solve(0)
		for k, at := range open {
			hiddenCells++
			fewest = min(fewest, len(values[k]))
			if len(values[k]) < 3 {
				t.Errorf("%d: cell %v of %v is solved: %v", trial, at, counts, values[k])
			}
		}
	}
	t.Logf("%d cells, left open over at least %d values", hiddenCells, fewest)
	if hiddenCells < 100 {
		t.Errorf("only %d cells were hidden", hiddenCells)
	}
}

// A mean and its error leave open how many gave each answer, however few people there are.
func TestMeansDoNotSolveSmallGroups(t *testing.T) {
	for _, n := range []int{10, 11, 12, 14} {
		ways := map[string][5]map[int]bool{}
		var counts [5]int
		var each func(point, left int)
		each = func(point, left int) {
			if point == 4 {
				counts[4] = left
				s := &subject{tabulation: &tabulation{options: ResultOptions{Confidence: 0.95, Least: 5}}, q: &Question{Kind: Rating, Scale: &Scale{Low: 1, High: 5}}}
				weights, members := []float64{}, []int{}
				for p, c := range counts {
					for range c {
						members, weights, s.answers = append(members, len(weights)), append(weights, 1), append(s.answers, float64(p+1))
					}
				}
				s.design, _ = NewDesign(weights, make([]string, n), make([]string, n), nil)
				g := Group{N: n}
				if s.average(&g, members); g.Mean == nil {
					return
				}
				raw, _ := json.Marshal(g)
				w, ok := ways[string(raw)]
				for p := range w {
					if !ok {
						w[p] = map[int]bool{}
					}
					w[p][counts[p]] = true
				}
				ways[string(raw)] = w
				return
			}
			for c := range left + 1 {
				counts[point] = c
				each(point+1, left-c)
			}
		}
		each(0, n)
		for told, w := range ways {
			for p, c := range w {
				if len(c) < 2 && !c[0] {
					t.Errorf("%d answers, %s: %v gave %d", n, told, c, p+1)
				}
			}
		}
		if len(ways) < 5 {
			t.Errorf("of %d answers nothing is told", n)
		}
	}
}

// Of a few numbers the mean tells no outlier, and of fewer than ten there is none.
func TestMeansOfNumbersAreAsRoughAsTheirSample(t *testing.T) {
	f := service(t)
	var all []Response
	add := func(district string, hours ...float64) {
		for _, x := range hours {
			all = append(all, Response{Weight: 1, Groups: map[string]string{"district": district}, Answers: Answers{"hours": x}})
		}
	}
	add("alike", slices.Repeat([]float64{3}, 12)...)
	add("few", 1, 2, 3, 4, 1, 2, 3, 4)
	add("one", 1, 2, 0, 3, 2, 1, 2, 3, 0, 1, 2, 873)
	for i := range 400 {
		add("many", float64(i%7))
	}
	r, err := f.Tabulate(all, ResultOptions{Least: 5, By: []string{"district"}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]*Mean{}
	for _, g := range tableOf(t, r, "hours").By[0].Groups {
		got[g.Value] = g.Mean
	}
	if got["alike"] != nil || got["few"] != nil {
		t.Errorf("everybody's answer, or too few: %+v %+v", got["alike"], got["few"])
	}
	if m := got["one"]; m == nil || math.Mod(m.Value, 100) != 0 { // 74.2 ± 72.6
		t.Errorf("an outlier is told: %+v", m)
	}
	if m := got["many"]; m == nil || math.Abs(m.Value-3) > 0.11 || m.SE < 0.1 || m.SE > 0.15 {
		t.Errorf("%+v", m)
	}
}

// A net promoter score that could only be told in a few places of its scale is not told, nor is nothing
// ever less than nothing.
func TestNetPromotersAreToldOnlyWhereTheySaySomething(t *testing.T) {
	f := service(t)
	for n, told := range map[int]bool{40: false, 60: false, 900: true} {
		r, err := f.Tabulate(people(n, "net"), ResultOptions{By: []string{"district"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range tableOf(t, r, "recommend").By[0].Groups {
			if !g.Hidden && (g.NPS != nil) != told {
				t.Errorf("%d of %d: %+v", g.N, n, g.NPS)
			}
		}
	}
	if x := onGrid(-0.2, 0.5); math.Signbit(x) {
		t.Errorf("%g", x)
	}
}
