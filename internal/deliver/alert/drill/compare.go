package drill

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Held is a drill that was held, with what came of it.
type Held struct {
	Brief
	Targets Targets `json:"targets"`
	Result  *Result `json:"result" doc:"Without the list of failing terminals"`
}

// Comparison is a drill beside earlier ones.
type Comparison struct {
	Drills   []Held   `json:"drills" doc:"The drill itself first, then those that it is compared with, the newest first"`
	Repeated []Repeat `json:"repeated" doc:"Terminals that failed in it and in one before: candidates for repair, those that failed most often first, 5,000 at most"`
	Worse    int      `json:"worse" doc:"Terminals that failed in it and not in the one before"`
	Better   int      `json:"better" doc:"Terminals that failed in the one before and not in it"`
	Words    []string `json:"words" doc:"The difference in words, in the reader's language"`
}

// Repeat is a terminal that failed in several drills.
type Repeat struct {
	Failing
	Times  int                `json:"times" doc:"In how many of the drills compared it failed"`
	Before []delivery.Problem `json:"before" doc:"What was the matter in those before, in their order; empty text for nothing"`
}

// compare puts a drill beside earlier ones.
func compare(d *Drill, now *Result, earlier []*Drill, zone *time.Location, lang i18n.Lang) *Comparison {
	c := &Comparison{Drills: []Held{heldOf(d, now)}, Repeated: []Repeat{}, Words: []string{}}
	var before []map[string]delivery.Problem
	for _, e := range earlier {
		c.Drills = append(c.Drills, heldOf(e, e.Result))
		failed := map[string]delivery.Problem{}
		for _, f := range e.Result.Failing {
			failed[f.Device] = f.Problem
		}
		before = append(before, failed)
	}
	if len(before) == 0 {
		return c
	}
	failing := map[string]bool{}
	for _, f := range now.Failing {
		failing[f.Device] = true
		r := Repeat{Failing: f, Times: 1}
		for _, b := range before {
			r.Before = append(r.Before, b[f.Device])
			if b[f.Device] != "" {
				r.Times++
			}
		}
		if r.Times > 1 {
			c.Repeated = append(c.Repeated, r)
		}
		if before[0][f.Device] == "" {
			c.Worse++
		}
	}
	for device := range before[0] {
		if !failing[device] {
			c.Better++
		}
	}
	slices.SortStableFunc(c.Repeated, func(a, b Repeat) int { return b.Times - a.Times })
	c.Words = words{lang, zone}.difference(d, now, earlier[0], c)
	return c
}

func heldOf(d *Drill, r *Result) Held {
	brief := *r
	brief.Failing = []Failing{}
	return Held{Brief: d.brief(), Targets: d.Plan.Targets, Result: &brief}
}

// words puts figures into sentences.
type words struct {
	lang i18n.Lang
	zone *time.Location
}

func (w words) say(key string, args map[string]any) string {
	return i18n.T(w.lang, "alert.drill.words."+key, args)
}

// difference says how a drill differs from the one before it.
func (w words) difference(d *Drill, now *Result, before *Drill, c *Comparison) (out []string) {
	add := func(key string, args map[string]any) { out = append(out, w.say(key, args)) }
	was := before.Result
	add("against", map[string]any{"name": before.Plan.Name, "day": before.StartedAt.In(w.zone).Format(time.DateOnly)})
	if a, b := now.Total.share(), was.Total.share(); a != nil && b != nil {
		diff := apart(*b, *a)
		add(direction("reach", diff), map[string]any{"now": tenth(*a), "was": tenth(*b), "diff": tenth(math.Abs(diff))})
	}
	if now.Total.Targets != was.Total.Targets {
		add("targets", map[string]any{"now": now.Total.Targets, "was": was.Total.Targets})
	}
	switch {
	case now.Total.Heard == nil || was.Total.Heard == nil:
		add("heard_unknown", nil)
	default:
		add("heard", map[string]any{"now": *now.Total.Heard, "was": *was.Total.Heard})
	}
	for _, t := range []struct {
		key      string
		now, was *int64
	}{{"half", now.Total.Half, was.Total.Half}, {"most", now.Total.Most, was.Total.Most}, {"nearly", now.Total.Nearly, was.Total.Nearly}} {
		part := w.say("part."+t.key, nil)
		switch {
		case t.now != nil && t.was != nil:
			now, was := float64(*t.now)/1000, float64(*t.was)/1000
			diff := apart(was, now)
			add(direction("time", diff), map[string]any{"part": part, "now": tenth(now), "was": tenth(was), "diff": tenth(math.Abs(diff))})
		case t.now != nil:
			add("time_first", map[string]any{"part": part, "now": tenth(float64(*t.now) / 1000)})
		case t.was != nil:
			add("time_lost", map[string]any{"part": part, "was": tenth(float64(*t.was) / 1000)})
		}
	}
	w.places(add, now, was)
	add("devices", map[string]any{"repeated": len(c.Repeated), "worse": c.Worse, "better": c.Better})
	return out
}

// places names the place that fell back most, and the one that gained most.
func (w words) places(add func(string, map[string]any), now, was *Result) {
	var low, high *Part
	lost, gained := -least, least
	for i := range now.Districts {
		p := &now.Districts[i]
		at := slices.IndexFunc(was.Districts, func(o Part) bool { return o.Key == p.Key })
		if at < 0 || p.share() == nil || was.Districts[at].share() == nil {
			continue
		}
		switch diff := apart(*was.Districts[at].share(), *p.share()); {
		case diff < lost:
			low, lost = p, diff
		case diff > gained:
			high, gained = p, diff
		}
	}
	if low != nil {
		add("place_down", map[string]any{"place": low.name(w.lang), "diff": tenth(-lost)})
	}
	if high != nil {
		add("place_up", map[string]any{"place": high.name(w.lang), "diff": tenth(gained)})
	}
}

// least is the smallest difference that is told of figures with one decimal.
const least = 0.05

// apart is how far it is from one figure to another as they are shown: whoever subtracts them
// finds what is said.
func apart(was, now float64) float64 { return rounded(now) - rounded(was) }

func rounded(f float64) float64 {
	f, _ = strconv.ParseFloat(tenth(f), 64)
	return f
}

func direction(key string, diff float64) string {
	switch {
	case diff > least:
		return key + "_up"
	case diff < -least:
		return key + "_down"
	}
	return key + "_same"
}

func tenth(f float64) string { return fmt.Sprintf("%.1f", f) }

// share is what percent of the targets claim to have sounded it; nil where there is no target.
func (p *Part) share() *float64 {
	if p.Targets == 0 {
		return nil
	}
	s := float64(p.Claimed) / float64(p.Targets) * 100
	return &s
}

// name is what a part is called.
func (p *Part) name(lang i18n.Lang) string {
	switch {
	case lang == i18n.English && p.NameEn != "":
		return p.NameEn
	case p.NameZh != "":
		return p.NameZh
	case p.Key == "":
		return i18n.T(lang, "alert.drill.all", nil)
	}
	return mediumName(p.Key, lang)
}

// mediumName is what a medium is called.
func mediumName(key string, lang i18n.Lang) string {
	if slices.Contains(Media, key) {
		return i18n.T(lang, "alert.drill.medium_name."+key, nil)
	}
	return key
}
