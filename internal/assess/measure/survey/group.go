package survey

import (
	"math"
	"slices"
	"strings"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// A stratum is "district.area" and, where a sample tells groups of people apart,
// "district.area.group". Groups are the choices of a question that everybody answers. The platform
// knows how many people live in a place, not who they are: how they divide is entered with its
// source, and never assumed.

// Grouping makes groups of people strata of their own.
type Grouping struct {
	Question string       `json:"question" minLength:"1" maxLength:"64" doc:"Of single choice, that everybody answers; its choices are the groups"`
	Source   string       `json:"source" minLength:"1" maxLength:"300" text:"name" doc:"Where the shares come from"`
	Shares   []GroupShare `json:"shares" nullable:"false" minItems:"1" maxItems:"500" doc:"How people divide: of a stratum the nearest that is known"`
}

// GroupShare is how the people of a part of the region divide by group.
type GroupShare struct {
	Of     string             `json:"of" maxLength:"40" doc:"Code of a district, urban or rural, or both as 110105000000.urban; empty for everywhere"`
	Shares map[string]float64 `json:"shares" doc:"By choice; they add up to 1"`
}

// maxGroups is how many groups a sample tells apart: each is planned in every district and area.
const maxGroups = 12

// Where names a stratum.
type Where struct {
	NameZh  string `json:"nameZh" doc:"Of the district"`
	NameEn  string `json:"nameEn"`
	Area    string `json:"area" doc:"urban or rural; empty where it is not known"`
	Group   string `json:"group,omitempty" doc:"Choice of the question by which the sample tells groups apart"`
	GroupZh string `json:"groupZh,omitempty"`
	GroupEn string `json:"groupEn,omitempty"`
}

// split is a stratum's district, area and group.
func split(stratum string) (district, area, group string) {
	district, area, _ = strings.Cut(stratum, ".")
	area, group, _ = strings.Cut(area, ".")
	return district, area, group
}

// base is a stratum without its group: where places are drawn and which quotas name.
func base(stratum string) string {
	_, _, group := split(stratum)
	return strings.TrimSuffix(stratum, "."+group)
}

// question is what tells the groups apart, as a questionnaire asks it.
func (g *Grouping) question(form *engine.Form) (*engine.Question, error) {
	q, page := form.Question(g.Question)
	bad := func(code string) error {
		return fault.Bad("group.question", code, fault.Args{"question": g.Question, "limit": maxGroups})
	}
	switch {
	case q == nil || q.Kind != engine.Single:
		return nil, bad("measure.survey.single")
	case !q.Required || len(q.Nonresponse) > 0 || q.Show != nil || form.Pages[page].Show != nil || slices.ContainsFunc(q.Choices, func(c engine.Choice) bool { return c.Show != nil }):
		return nil, bad("measure.survey.group.everybody")
	case len(q.Choices) < 2 || len(q.Choices) > maxGroups:
		return nil, bad("measure.survey.group.many")
	}
	return q, nil
}

// check refuses shares that do not divide the people of these strata by the choices.
func (g *Grouping) check(q *engine.Question, strata []string) error {
	var list fault.List
	seen := map[string]bool{}
	for i, s := range g.Shares {
		at, sum := "group."+place("shares", i), 0.0
		if seen[s.Of] {
			list.Add(fault.Bad(at+".of", "measure.survey.group.twice"))
		}
		if seen[s.Of] = true; s.Of != "" && !slices.ContainsFunc(strata, func(id string) bool { return slices.Contains(nearest(id), s.Of) }) {
			list.Add(fault.Bad(at+".of", "measure.survey.group.of", fault.Args{"of": s.Of}))
		}
		for id, share := range s.Shares {
			if sum += share; !slices.ContainsFunc(q.Choices, func(c engine.Choice) bool { return c.ID == id }) {
				list.Add(fault.Bad(at+".shares."+id, "measure.survey.share"))
			}
		}
		for _, c := range q.Choices {
			if !(s.Shares[c.ID] > 0) {
				list.Add(fault.Bad(at+".shares."+c.ID, "measure.survey.share"))
			}
		}
		if sum < 0.999 || sum > 1.001 {
			list.Add(fault.Bad(at+".shares", "measure.survey.shares"))
		}
	}
	return list.OrNil()
}

// nearest is what shares of a stratum may be known by, the nearest first.
func nearest(stratum string) []string {
	district, area, _ := split(stratum)
	return []string{stratum, district, area, ""}
}

// of is how the people of a stratum divide; nil where nobody said.
func (g *Grouping) of(stratum string) map[string]float64 {
	for _, at := range nearest(stratum) {
		if i := slices.IndexFunc(g.Shares, func(s GroupShare) bool { return s.Of == at }); i >= 0 {
			return g.Shares[i].Shares
		}
	}
	return nil
}

// parts are the strata of a sample with their people: districts by area, and by group where the
// goal tells groups apart.
func (goal *Goal) parts(form *engine.Form, where []string, people map[string]int) ([]Stratum, error) {
	g := goal.Group
	var q *engine.Question
	if g != nil {
		var err error
		if q, err = g.question(form); err != nil {
			return nil, err
		}
		if err := g.check(q, where); err != nil {
			return nil, err
		}
	}
	var parts []Stratum
	for _, id := range where {
		s := Stratum{ID: id, Population: people[id]}
		s.District, s.Area, _ = split(id)
		if g == nil {
			parts = append(parts, s)
			continue
		}
		known := g.of(id)
		if known == nil {
			return nil, fault.Bad("group.shares", "measure.survey.group.unknown", fault.Args{"stratum": id})
		}
		shares, sum := make([]float64, len(q.Choices)), 0.0
		for i, c := range q.Choices {
			shares[i] = known[c.ID]
			sum += shares[i]
		}
		for i, n := range engine.Divide(people[id], shares) {
			c := q.Choices[i]
			if n < 2 {
				return nil, fault.Bad("group.shares", "measure.survey.group.few", fault.Args{"stratum": id, "group": c.Title.In("zh", form.Languages...), "people": n})
			}
			part := s
			part.ID, part.Population, part.Share = id+"."+c.ID, n, shares[i]/sum
			part.Group, part.GroupZh, part.GroupEn = c.ID, c.Title.In("zh", form.Languages...), c.Title.In("en", form.Languages...)
			parts = append(parts, part)
		}
	}
	return parts, nil
}

// question is that by which a sample tells groups apart; empty where it does not.
func (p *Plan) question() string {
	if p == nil || p.Goal.Group == nil {
		return ""
	}
	return p.Goal.Group.Question
}

// stratum is that of somebody who lives in a stratum of places and answered.
func (p *Plan) stratum(where string, a engine.Answers) string {
	group, _ := a[p.question()].(string)
	_, area, _ := split(where)
	if only := p.only(where); area == "" && only != "" {
		where, area = only, only
	}
	if group == "" || area == "" {
		return where
	}
	return where + "." + group
}

// only is the one place of the sample in a district, of who says no nearer than the district; empty
// where it is sampled in several, or in none.
func (p *Plan) only(district string) (found string) {
	if p == nil || district == "" {
		return ""
	}
	for _, s := range p.Strata {
		switch in, _, _ := split(s.ID); {
		case in != district || base(s.ID) == found:
		case found != "":
			return ""
		default:
			found = base(s.ID)
		}
	}
	return found
}

// known is what is known of somebody of a stratum before they are asked.
func (p *Plan) known(stratum string) engine.Answers {
	_, _, group := split(stratum)
	if p.question() == "" || group == "" {
		return nil
	}
	return engine.Answers{p.question(): group}
}

// order is which of a plan's strata one is; those that it does not have come last.
func (p *Plan) order(stratum string) int {
	if p != nil {
		if i := slices.IndexFunc(p.Strata, func(s Stratum) bool { return s.ID == stratum }); i >= 0 {
			return i
		}
	}
	return math.MaxInt
}

// groups are the shares of all people by group.
func (p *Plan) groups() map[string]float64 {
	shares, all := map[string]float64{}, 0.0
	for _, s := range p.Strata {
		shares[s.Group] += float64(s.Population)
		all += float64(s.Population)
	}
	for group := range shares {
		shares[group] /= all
	}
	return shares
}

// where names a stratum; what a plan does not know has its codes for names.
func (d *Desk) where(p *Plan, stratum string) Where {
	code, area, group := split(stratum)
	w := Where{Area: area, Group: group, GroupZh: group, GroupEn: group}
	if r, err := d.Ledger.Tree().Region(code); err == nil {
		w.NameZh, w.NameEn = r.NameZh, r.NameEn
	}
	if p != nil {
		if i := slices.IndexFunc(p.Strata, func(s Stratum) bool { return s.Group == group }); i >= 0 {
			w.GroupZh, w.GroupEn = p.Strata[i].GroupZh, p.Strata[i].GroupEn
		}
	}
	return w
}

// in is a stratum's name in one line.
func (w Where) in(lang i18n.Lang) string {
	name, group := w.NameZh, w.GroupZh
	if lang == i18n.English {
		name, group = w.NameEn, w.GroupEn
	}
	if w.Area != "" {
		name += " · " + i18n.T(lang, "measure.survey.paper."+w.Area, nil)
	}
	if group != "" {
		name += " · " + group
	}
	return name
}
