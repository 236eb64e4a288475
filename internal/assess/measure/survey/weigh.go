package survey

import (
	"maps"
	"slices"
	"strings"

	engine "github.com/tongsheng/tongsheng/engine/survey"
)

// A weight stands within these bounds of the mean weight, so that no single answer carries a
// district.
const lowest, highest = 0.2, 5

// weigh gives responses their weights: by the draw, for those who did not answer, and to what is
// known of the population. Where that cannot be done, it says why and leaves them as they are.
func (d *Desk) weigh(s *Survey, plan *Plan, form *engine.Form, responses []engine.Response, r *Results) {
	w := &r.Weighing
	w.Missing, w.Deviation = []string{}, map[string]float64{}
	weights := make([]float64, len(responses))
	areas := true
	for i := range responses {
		weights[i] = responses[i].Weight
		if responses[i].Cluster != "" {
			w.Drawn++
			if strings.HasPrefix(responses[i].Cluster, listed) {
				w.Listed++
			}
		} else {
			w.Came++
		}
		areas = areas && responses[i].Groups[ByArea] != ""
	}
	if len(responses) == 0 {
		return
	}
	weights = forSilence(plan, responses, weights)
	margins := []engine.Margin{d.placesMargin(s, plan, form, responses, areas, w)}
	total := 0.0
	for _, people := range margins[0].Totals {
		total += people
	}
	for _, t := range targets(s, plan, areas) {
		margins = append(margins, targetMargin(t, form, responses, weights, total, w))
	}
	raked, report, err := engine.Rake(weights, margins, engine.RakeOptions{Low: lowest, High: highest})
	if err != nil {
		w.Fault = told(err).Code
	} else {
		weights = raked
		w.Converged, w.Deviation, w.Trimmed = report.Converged, report.Deviation, report.Trimmed
	}
	for i := range responses {
		responses[i].Weight = weights[i]
	}
}

// targets are what is known of the population beside where it lives. How groups of the sample
// divide is told by its strata, or where those are not known of all by the plan's shares.
func targets(s *Survey, plan *Plan, areas bool) []Target {
	question := plan.question()
	if question == "" {
		return s.Targets
	}
	list := slices.DeleteFunc(slices.Clone(s.Targets), func(t Target) bool { return t.Question == question })
	if !areas {
		list = append(list, Target{Question: question, Shares: plan.groups()})
	}
	return list
}

// forSilence lets those who answered carry the weight of those in their stratum who were drawn
// and did not.
func forSilence(plan *Plan, responses []engine.Response, weights []float64) []float64 {
	if plan == nil || plan.Seed == "" {
		return weights
	}
	silent := map[string]float64{}
	for _, at := range plan.Drawn {
		silent[at.Stratum] += at.Weight * float64(len(at.People))
	}
	all, answered, class := slices.Clone(weights), make([]bool, len(weights)), make([]string, len(weights))
	for i, r := range responses {
		answered[i], class[i] = true, r.Stratum
		if silent[r.Stratum] -= weights[i]; r.Cluster == "" {
			return weights // who came by themselves were not drawn: nobody is silent beside them
		}
	}
	heard := map[string]bool{}
	for _, c := range class {
		heard[c] = true
	}
	for _, stratum := range slices.Sorted(maps.Keys(silent)) {
		if heard[stratum] && silent[stratum] > 0 {
			all, answered, class = append(all, silent[stratum]), append(answered, false), append(class, stratum)
		}
	}
	out, err := engine.ForNonresponse(all, answered, class)
	if err != nil {
		return weights
	}
	return out[:len(weights)]
}

// placesMargin is how many people live in each stratum, or in each district where some answers do
// not tell the area. To which group somebody belongs is what they say themselves.
func (d *Desk) placesMargin(s *Survey, plan *Plan, form *engine.Form, responses []engine.Response, areas bool, w *Weighing) engine.Margin {
	m := engine.Margin{Name: "stratum", Totals: map[string]float64{}, Of: make([]string, len(responses))}
	has, unknown := map[string]bool{}, 0
	for i, r := range responses {
		m.Of[i] = r.Stratum
		if plan.question() != "" {
			m.Of[i] = plan.stratum(base(r.Stratum), form.Effective(r.Answers))
		}
		if !areas {
			m.Of[i] = r.Groups[ByDistrict]
		}
		if has[m.Of[i]] = true; m.Of[i] == "" {
			unknown++
		}
	}
	people := 0.0
	live := d.people(s, plan)
	for _, stratum := range slices.Sorted(maps.Keys(live)) {
		key := stratum
		if !areas {
			key, _, _ = split(stratum)
		}
		if has[key] {
			m.Totals[key] += live[stratum]
			people += live[stratum]
		} else if !slices.Contains(w.Missing, key) {
			w.Missing = append(w.Missing, key)
		}
	}
	if unknown > 0 { // where they live is not known: they keep their share
		m.Totals[""] = max(people, 1) * float64(unknown) / float64(max(len(responses)-unknown, 1))
	}
	for key := range has {
		if m.Totals[key] == 0 {
			m.Totals[key] = 1
		}
	}
	return m
}

// people are how many live in each stratum: by the frame, or of groups as they were planned.
func (d *Desk) people(s *Survey, plan *Plan) map[string]float64 {
	live := map[string]float64{}
	if plan.question() != "" {
		for _, at := range plan.Strata {
			live[at.ID] = float64(at.Population)
		}
		return live
	}
	for _, p := range d.frame(s.RegionPath) {
		live[p.Stratum] += float64(p.Size)
	}
	return live
}

// targetMargin is how the population divides by a question. Those who did not say keep their share.
func targetMargin(t Target, form *engine.Form, responses []engine.Response, weights []float64, total float64, w *Weighing) engine.Margin {
	m := engine.Margin{Name: t.Question, Totals: map[string]float64{}, Of: make([]string, len(responses))}
	said := map[string]float64{}
	sum := 0.0
	for i, r := range responses {
		choice, _ := form.Effective(r.Answers)[t.Question].(string)
		if t.Shares[choice] == 0 {
			choice = ""
		}
		m.Of[i] = choice
		said[choice] += weights[i]
		sum += weights[i]
	}
	rest, known := 0.0, 0.0
	if sum > 0 {
		rest = said[""] / sum
	}
	for choice, share := range t.Shares {
		if said[choice] > 0 {
			known += share
		} else {
			w.Missing = append(w.Missing, t.Question+"."+choice)
		}
	}
	slices.Sort(w.Missing)
	for choice, share := range t.Shares {
		if said[choice] > 0 {
			m.Totals[choice] = total * (1 - rest) * share / known
		}
	}
	if rest > 0 {
		m.Totals[""] = total * rest
	}
	return m
}
