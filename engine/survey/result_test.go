package survey

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const serviceForm = `{"id":"s","version":"1","languages":["zh"],"title":{"zh":"满意度"},"pages":[{"questions":[
 {"id":"use","kind":"single","title":{"zh":"用过吗"},"choices":[{"id":"yes","title":{"zh":"用过"}},{"id":"no","title":{"zh":"没有"}}]},
 {"id":"score","kind":"scale","title":{"zh":"满意吗"},"scale":{"low":1,"high":5},"nonresponse":[{"id":"dk","title":{"zh":"不知道"}}],"show":{"question":"use","op":"eq","value":"yes"}},
 {"id":"recommend","kind":"scale","title":{"zh":"推荐吗"},"scale":{"low":0,"high":10,"nps":true}},
 {"id":"media","kind":"several","title":{"zh":"媒体"},"choices":[{"id":"tv","title":{"zh":"电视"}},{"id":"radio","title":{"zh":"广播"}},{"id":"web","title":{"zh":"网络"}}]},
 {"id":"hours","kind":"number","title":{"zh":"小时"}},
 {"id":"parts","kind":"grid","title":{"zh":"评价"},"scale":{"low":1,"high":3},"rows":[{"id":"sound","title":{"zh":"声音"}}]},
 {"id":"why","kind":"text","title":{"zh":"为什么"}},{"id":"end","kind":"note","title":{"zh":"谢谢"}}]}]}`

func service(t interface{ Fatal(...any) }) *Form {
	f, errs := DecodeForm(strings.NewReader(serviceForm))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return f
}

// people answer by a stream: three districts, one small; older people weigh double.
func people(n int, seed string) []Response {
	s := NewStream(seed, "people")
	var out []Response
	for i := range n {
		district := []string{"east", "west", "west", "north", "north", "north", "north"}[s.Below(7)]
		r := Response{Weight: 1, Stratum: district, Cluster: fmt.Sprint(district, i/10), Groups: map[string]string{"district": district, "age": []string{"old", "young"}[s.Below(2)]}, Answers: Answers{}}
		if r.Groups["age"] == "old" {
			r.Weight = 2
		}
		r.Answers["use"] = []string{"yes", "yes", "no"}[s.Below(3)]
		r.Answers["score"] = float64(1 + s.Below(5))
		if s.Below(10) == 0 {
			r.Answers["score"] = map[string]any{"$": "dk"}
		}
		r.Answers["recommend"] = float64(s.Below(11))
		picks := []any{}
		for _, m := range []string{"tv", "radio", "web"} {
			if s.Below(2) == 0 {
				picks = append(picks, m)
			}
		}
		r.Answers["media"] = picks
		r.Answers["hours"] = float64(s.Below(6))
		r.Answers["parts"] = map[string]any{"sound": float64(1 + s.Below(3))}
		out = append(out, r)
	}
	return out
}

func tableOf(t *testing.T, r *Result, name string) Table {
	t.Helper()
	i := slices.IndexFunc(r.Tables, func(x Table) bool { return x.String() == name })
	if i < 0 {
		t.Fatal("no table ", name)
	}
	return r.Tables[i]
}

func TestTabulate(t *testing.T) {
	f, all := service(t), people(2100, "a")
	r, err := f.Tabulate(all, ResultOptions{By: []string{"district", "age"}, Cells: []string{"recommend"}})
	if err != nil {
		t.Fatal(err)
	}
	if r.N != 2100 || len(r.Tables) != 7 || r.Deff != 1.2 { // weights 1 and 2, half each: 1.111, rounded up
		t.Errorf("%d %d %f", r.N, len(r.Tables), r.Deff)
	}
	// The share that used it, counted here by hand.
	yes, of, users := 0.0, 0.0, 0
	score, scored, declined := 0.0, 0.0, 0
	for _, p := range all {
		of += p.Weight
		if p.Answers["use"] == "yes" {
			yes, users = yes+p.Weight, users+1
			if x, ok := p.Answers["score"].(float64); ok {
				score, scored = score+x*p.Weight, scored+p.Weight
			} else {
				declined++
			}
		}
	}
	use := tableOf(t, r, "use").Whole
	near(t, "share", use.Cells[0].Share, yes/of, 0.01) // half of a step of two per cent
	if c := use.Cells[0]; c.N != users || !(c.Interval.Low < c.Share && c.Share < c.Interval.High) || c.Deff < 0.8 || c.Deff > 1.6 {
		t.Errorf("%+v", c)
	}
	s := tableOf(t, r, "score")
	near(t, "mean of those who were asked", s.Whole.Mean.Value, score/scored, 0.025) // of 0.05
	if s.Shown != 0 || s.Whole.N != users-declined || tableOf(t, r, "media").Shown != 2100 {
		t.Errorf("shown to %d, answered by %d", s.Shown, s.Whole.N)
	}
	for _, g := range s.By[0].Groups {
		if g.Cells != nil || g.Mean == nil {
			t.Errorf("a breakdown of a scale shows its mean alone: %+v", g)
		}
	}
	rec := tableOf(t, r, "recommend")
	if rec.Whole.NPS == nil || rec.Whole.NPS.Value > -30 || rec.Whole.NPS.Value < -60 { // expected 100·(2−7)/11 = −45
		t.Errorf("%+v", rec.Whole.NPS)
	}
	if len(rec.By[1].Groups[0].Cells) != 11 {
		t.Error("points were asked for")
	}
	if g := tableOf(t, r, "hours").By[1].Groups; len(g) != 2 || g[0].Value != "old" || g[0].Mean == nil || g[0].Cells != nil {
		t.Errorf("%+v", g)
	}
	if g := tableOf(t, r, "why").Whole; !g.Hidden {
		t.Errorf("nobody wrote anything: %+v", g)
	}
	if g := tableOf(t, r, "parts.sound").By[0].Groups[0]; len(g.Cells) != 3 {
		t.Errorf("three points are shown as cells: %+v", g)
	}
}

func TestBreakdownsAreRankedAndCompared(t *testing.T) {
	f := service(t)
	before, after := people(3000, "first"), people(3000, "second")
	for i, r := range after { // in the north everyone became content, in the east nobody changed
		if r.Groups["district"] == "north" {
			after[i].Answers["use"], after[i].Answers["score"] = "yes", float64(3+i%3)
		}
	}
	opt := ResultOptions{By: []string{"district"}}
	a, err := f.Tabulate(before, opt)
	b, err2 := f.Tabulate(after, opt)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	old, now := tableOf(t, a, "score").By[0], tableOf(t, b, "score").By[0]
	for _, r := range old.Rank(Statistic{}, 0.95, false) {
		if r.Group != 1 || r.First != 1 || r.Last != 3 {
			t.Errorf("districts that answer alike were ranked: %+v", r)
		}
	}
	if r := now.Rank(Statistic{}, 0.95, false); r[0].ID != "north" || r[0].First != 1 || r[0].Last != 1 || r[1].Group != 2 || r[2].Group != 2 {
		t.Errorf("%+v", r)
	}
	for _, c := range now.Since(&old, Statistic{}, 0.95) {
		if c.Significant != (c.ID == "north") {
			t.Errorf("%+v", c)
		}
	}
	use, used := tableOf(t, b, "use").By[0], tableOf(t, a, "use").By[0]
	// Everyone in the north said yes and nobody no: no cell is small, so it is told.
	if r := use.Rank(Statistic{Choice: "yes"}, 0.95, false); len(r) != 3 || r[0].ID != "north" || r[0].Last != 1 {
		t.Errorf("%+v", r)
	}
	if c := use.Since(&used, Statistic{Choice: "yes"}, 0.95); len(c) != 3 || !c[1].Significant || c[1].ID != "north" {
		t.Errorf("%+v", c)
	}
	if _, ok := now.Groups[0].Estimate(Statistic{Choice: "5"}); ok {
		t.Error("a breakdown by means has no share of a point")
	}
	// What is published gives back the interval that was published.
	whole := tableOf(t, b, "media").Whole
	e, ok := whole.Estimate(Statistic{Choice: "tv"})
	near(t, "low", e.Proportion(0.95).Low, whole.Cells[0].Interval.Low, 1e-9)
	if !ok {
		t.Error("the share of television is told")
	}
}

func TestTabulateRefuses(t *testing.T) {
	f, all := service(t), people(100, "b")
	nested := people(100, "b")
	for i := range nested {
		nested[i].Groups["side"] = map[string]string{"east": "side", "west": "side", "north": "top"}[nested[i].Groups["district"]]
	}
	for code, try := range map[string]func() error{
		"survey.result.options": func() error { _, err := f.Tabulate(all, ResultOptions{Least: 4}); return err },
		"survey.result.few":     func() error { _, err := f.Tabulate(all[:9], ResultOptions{}); return err },
		"survey.result.twice":   func() error { _, err := f.Tabulate(all, ResultOptions{By: []string{"age", "age"}}); return err },
		"survey.result.nested": func() error {
			_, err := f.Tabulate(nested, ResultOptions{By: []string{"district", "side"}})
			return err
		},
		"survey.weight.invalid": func() error { _, err := f.Tabulate([]Response{{Weight: -1}}, ResultOptions{}); return err },
	} {
		if err := try(); err == nil || err.(*Error).Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// Whatever people answer, what is published names no group and no cell of too few, tells
// a mean only where no point of it is hidden, and is the same each time.
func TestResultsProtect(t *testing.T) {
	f := service(t)
	rapid.Check(t, func(t *rapid.T) {
		all := people(rapid.IntRange(10, 250).Draw(t, "people"), rapid.StringN(1, 8, 8).Draw(t, "seed"))
		least := rapid.IntRange(5, 15).Draw(t, "least")
		opt := ResultOptions{Least: least, By: []string{"age"}, Cells: []string{"score", "recommend"}}
		r, err := f.Tabulate(all, opt)
		if err != nil {
			if len(all) < least {
				return
			}
			t.Fatal(err)
		}
		for _, table := range r.Tables {
			groups := []Group{table.Whole}
			for _, b := range table.By {
				groups = append(groups, b.Groups...)
			}
			for _, g := range groups {
				if g.Hidden && (g.N != 0 || g.Cells != nil || g.Mean != nil) || !g.Hidden && g.N > 0 && g.N < least {
					t.Fatalf("%s: %+v", table, g)
				}
				hidden := 0
				for _, c := range g.Cells {
					if c.Hidden {
						hidden++
						if c.N != 0 || c.Share != 0 || (c.Interval != Interval{}) || c.Deff != 0 {
							t.Fatalf("%s: %+v", table, c)
						}
					} else if c.N > 0 && c.N < least || table.Kind == Several && g.N-c.N > 0 && g.N-c.N < least {
						t.Fatalf("%s: %+v of %d", table, c, g.N)
					}
				}
				if hidden > 0 && (g.Mean != nil || g.NPS != nil) {
					t.Fatalf("%s: %+v", table, g)
				}
				if hidden == 1 && table.Kind != Several {
					t.Fatalf("%s: one hidden cell is what the others leave: %+v", table, g)
				}
			}
		}
		again, _ := f.Tabulate(all, opt)
		x, _ := json.Marshal(r)
		y, _ := json.Marshal(again)
		if string(x) != string(y) {
			t.Fatal("the same answers gave other results")
		}
	})
}

// A question asked of those who gave a hidden answer says how many they are.
func TestTextsAreTabulatedByTheirCodes(t *testing.T) {
	f, all := service(t), people(300, "c")
	codes := make([]string, len(all))
	for i := range all {
		all[i].Answers["why"] = "声音小"
		codes[i] = []string{"sound", "signal", "price"}[i%3]
		if i%30 == 0 {
			codes[i] = []string{"", "rare"}[i/30%2]
		}
	}
	r, err := f.Tabulate(all, ResultOptions{Codes: map[string][]string{"why": codes}, By: []string{"age"}})
	if err != nil {
		t.Fatal(err)
	}
	why := tableOf(t, r, "why")
	got := ""
	for _, c := range why.Whole.Cells {
		got += fmt.Sprintf("%s %d %t; ", c.Choice, c.N, c.Hidden)
	}
	// Five are rare, so they and the smallest other are hidden; five have no code.
	if want := "price 100 false; rare 0 true; signal 100 false; sound 0 true; "; got != want || why.Whole.N != 295 {
		t.Errorf("%s of %d", got, why.Whole.N)
	}
	if _, err := f.Tabulate(all, ResultOptions{Codes: map[string][]string{"use": codes}}); err == nil || err.(*Error).Code != "survey.result.codes" {
		t.Error(err)
	}
}

func TestBranchesGiveNothingAway(t *testing.T) {
	const form = `{"id":"s","version":"1","languages":["zh"],"title":{"zh":"满意度"},"pages":[{"questions":[
	 {"id":"by","kind":"single","title":{"zh":"用什么"},"choices":[{"id":"tv","title":{"zh":"电视"}},{"id":"web","title":{"zh":"网络"}},{"id":"radio","title":{"zh":"广播"}},{"id":"other","title":{"zh":"其他"}}]}]},
	 {"show":{"question":"by","op":"eq","value":"%s"},"questions":[{"id":"then","kind":"single","title":{"zh":"然后"},"choices":[{"id":"a","title":{"zh":"甲"}},{"id":"b","title":{"zh":"乙"}}]}]}]}`
	var all []Response
	add := func(n int, by, district string) {
		for i := range n {
			all = append(all, Response{Weight: 1, Groups: map[string]string{"d": district}, Answers: Answers{"by": by, "then": []string{"a", "b"}[i%2]}})
		}
	}
	// Of all, "other" has 4 people and is hidden with "radio", 24.
	for _, d := range []string{"east", "west"} {
		add(60, "tv", d)
		add(40, "web", d)
		add(12, "radio", d)
		add(2, "other", d)
	}
	add(30, "tv", "north") // in the north fewer than ten said "web", so the cell is hidden there and in one district more
	add(6, "web", "north")
	add(20, "radio", "north")
	for answer, hidden := range map[string]string{"tv": "[false", "web": "[false", "radio": "[true true true true]", "other": "[true true true true]"} {
		f, errs := DecodeForm(strings.NewReader(fmt.Sprintf(form, answer)))
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		r, err := f.Tabulate(all, ResultOptions{By: []string{"d"}})
		if err != nil {
			t.Fatal(err)
		}
		by, then := tableOf(t, r, "by"), tableOf(t, r, "then")
		got := []bool{then.Whole.Hidden}
		for i, g := range then.By[0].Groups {
			got = append(got, g.Hidden)
			column := slices.Index([]string{"tv", "web", "radio", "other"}, answer)
			if by.By[0].Groups[i].Cells[column].Hidden && !g.Hidden {
				t.Errorf("%s in %s is hidden and its followers are told: %+v", answer, g.Value, g)
			}
		}
		if !strings.HasPrefix(fmt.Sprint(got), hidden) {
			t.Errorf("%s: %v, want %s", answer, got, hidden)
		}
	}
}

// The reader of the suppression's tests reads whole results: all breakdowns of a question
// together, with everything that is told of numbers of people.
func TestResultsCannotBeSolved(t *testing.T) {
	f := service(t)
	hidden := 0
	rapid.Check(t, func(t *rapid.T) {
		all := people(rapid.IntRange(30, 400).Draw(t, "people"), rapid.StringN(1, 8, 8).Draw(t, "seed"))
		opt := ResultOptions{Least: rapid.IntRange(5, 15).Draw(t, "least"), By: []string{"district", "age"}, Cells: []string{"score"}}
		shown, err := f.Tabulate(all, opt)
		if err != nil {
			t.Skip(err)
		}
		for k, table := range shown.Tables {
			q, _ := f.Question(table.Question)
			if table.Kind == Several || table.Question == "recommend" || len(table.Whole.Cells) == 0 {
				continue
			}
			r := &reader{names: map[string]int{}}
			truth := func(variable, value, choice string) (n int) {
				for _, p := range all {
					a := f.Effective(p.Answers)[q.ID]
					if m, ok := a.(map[string]any); ok && table.Row != "" {
						a = m[table.Row]
					}
					_, declined := nonresponse(a)
					if a != nil && !declined && (variable == "" || p.Groups[variable] == value) && (choice == "" || fmt.Sprint(a) == choice) {
						n++
					}
				}
				return n
			}
			number := func(variable string, g Group, choice string) term {
				x := term{fmt.Sprint(k, variable, g.Value, choice), truth(variable, g.Value, choice), g.Hidden}
				for _, c := range g.Cells {
					if c.Choice == choice && c.Hidden {
						x.hidden = true
						hidden++
					}
					if c.Choice == choice && !c.Hidden && c.N != x.truth || choice == "" && !g.Hidden && g.N != x.truth {
						t.Fatalf("%s %s: %+v, truly %d", table, g.Value, c, x.truth)
					}
				}
				if choice != "" && len(g.Cells) == 0 {
					x.hidden = true
				}
				return x
			}
			groups := map[string][]Group{"": {table.Whole}}
			for _, b := range table.By {
				groups[b.Variable] = b.Groups
			}
			for variable, list := range groups {
				var totals []term
				for _, g := range list {
					var cells []term
					for _, c := range table.Whole.Cells {
						cells = append(cells, number(variable, g, c.Choice))
					}
					r.learn(cells, number(variable, g, ""))
					totals = append(totals, number(variable, g, ""))
				}
				r.learn(totals, number("", table.Whole, ""))
				for _, c := range table.Whole.Cells {
					var column []term
					for _, g := range list {
						column = append(column, number(variable, g, c.Choice))
					}
					r.learn(column, number("", table.Whole, c.Choice))
				}
			}
			for _, name := range r.solved() {
				if r.truth[r.names[name]] != 0 {
					t.Fatalf("%s: %s can be computed: %+v", table, name, table)
				}
			}
		}
	})
	if hidden < enough(1000) {
		t.Errorf("only %d numbers were hidden", hidden)
	}
}

func BenchmarkTabulateCity(b *testing.B) {
	f, all := service(b), people(10_000, "bench")
	for b.Loop() {
		if _, err := f.Tabulate(all, ResultOptions{By: []string{"district", "age"}}); err != nil {
			b.Fatal(err)
		}
	}
}
