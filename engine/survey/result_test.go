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
	if r.N != 2100 || len(r.Tables) != 7 || r.Deff < 1.10 || r.Deff > 1.12 { // weights 1 and 2, half each: 1.111
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
	near(t, "share", use.Cells[0].Share, yes/of, 1e-12)
	if c := use.Cells[0]; c.N != users || !(c.Interval.Low < c.Share && c.Share < c.Interval.High) || c.Deff < 0.8 || c.Deff > 1.6 {
		t.Errorf("%+v", c)
	}
	s := tableOf(t, r, "score")
	near(t, "mean of those who were asked", s.Whole.Mean.Value, score/scored, 1e-12)
	if s.Shown != users || s.Whole.N != users-declined {
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

func BenchmarkTabulateCity(b *testing.B) {
	f, all := service(b), people(10_000, "bench")
	for b.Loop() {
		if _, err := f.Tabulate(all, ResultOptions{By: []string{"district", "age"}}); err != nil {
			b.Fatal(err)
		}
	}
}
