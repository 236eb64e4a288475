package returns

import (
	"context"
	"math"
	"strings"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Finding is something that speaks against a value.
type Finding struct {
	Element   string   `json:"element"`
	About     []string `json:"about" doc:"Elements that a rule compares"`
	Rule      string   `json:"rule" doc:"Code of the rule; required, bounds, history or peers for what is always looked at"`
	Stops     bool     `json:"stops" doc:"Must be put right; else it needs an explanation"`
	MessageZh string   `json:"messageZh"`
	MessageEn string   `json:"messageEn"`
}

// leastPeers is how many regions beside it a value is compared with, for each person.
const leastPeers = 8

// find looks for what speaks against the answers of a return.
func (d *Desk) find(ctx context.Context, q store.Queryer, f *Form, r *Return) ([]Finding, error) {
	known, err := d.around(ctx, q, f, r.Period, []string{r.Unit}, d.rules())
	if err != nil {
		return nil, err
	}
	return d.against(known, f, r), nil
}

// against is what speaks against the answers of a return, as its surroundings are.
func (d *Desk) against(known *surroundings, f *Form, r *Return) []Finding {
	out := []Finding{}
	for _, item := range f.Items {
		e, err := d.Ledger.Element(item.Element)
		if err != nil { // retired since its form was
			continue
		}
		a := r.Answers[item.Element]
		if a.Value == nil {
			if item.Required {
				out = append(out, always(item.Element, "required", true, nil))
			}
			continue
		}
		if err := e.Admit(*a.Value); err != nil {
			at := fault.Of(err)
			out = append(out, Finding{Element: item.Element, About: []string{}, Rule: "bounds", Stops: true, MessageZh: i18n.T(i18n.Chinese, at.Code, at.Args), MessageEn: i18n.T(i18n.English, at.Code, at.Args)})
		}
	}
	for _, rule := range d.rules() {
		if finding, broken := known.judge(rule, r); broken {
			out = append(out, finding)
		}
	}
	for _, item := range f.Items {
		if a := r.Answers[item.Element]; a.Value != nil {
			out = append(out, known.odd(r.Unit, item.Element, *a.Value)...)
		}
	}
	return out
}

// always is a finding of what is always looked at.
func always(element, rule string, stops bool, args map[string]any) Finding {
	key := "measure.return.found." + rule
	return Finding{Element: element, About: []string{}, Rule: rule, Stops: stops, MessageZh: i18n.T(i18n.Chinese, key, args), MessageEn: i18n.T(i18n.English, key, args)}
}

// surroundings are facts beside returns of a period: of their units in earlier periods, and of the
// regions beside them.
type surroundings struct {
	own    *fact.Grid // of the units: the last periods, this one last
	last   int
	beside []string
	peers  *fact.Grid // of the regions beside it: the period itself
	around map[string]*fact.Element
}

func (d *Desk) around(ctx context.Context, q store.Queryer, f *Form, at period.Period, units []string, rules []*compiledRule) (*surroundings, error) {
	s := &surroundings{last: fact.History, around: map[string]*fact.Element{}}
	var codes []string
	add := func(code string) {
		if e, err := d.Ledger.Element(code); err == nil && s.around[code] == nil {
			s.around[code] = e
			codes = append(codes, code)
		}
	}
	for _, item := range f.Items {
		add(item.Element)
	}
	for _, rule := range rules {
		for _, name := range rule.expr.Names {
			add(strings.TrimPrefix(name, before))
		}
	}
	add(indicator.Population)
	var err error
	if s.own, err = d.Ledger.Read(ctx, q, fact.Ask{Elements: codes, Units: units, From: at.Next(-fact.History), To: at}); err != nil {
		return nil, err
	}
	tree := d.Ledger.Tree()
	home := tree.At(d.Home)
	if home == nil {
		return s, nil
	}
	for _, g := range tree.Within(home.Path, f.Level) {
		s.beside = append(s.beside, g.Code)
	}
	s.peers, err = d.Ledger.Read(ctx, q, fact.Ask{Elements: codes, Units: s.beside, From: at, To: at})
	return s, err
}

// judge asks one rule, if everything that it compares is known or answered.
func (s *surroundings) judge(rule *compiledRule, r *Return) (Finding, bool) {
	asks := false
	for _, name := range rule.expr.Names {
		_, answered := r.Answers[name]
		asks = asks || answered
	}
	if !asks {
		return Finding{}, false
	}
	holds, known := rule.expr.True(func(name string) float64 { return s.value(name, r) })
	if !known || holds {
		return Finding{}, false
	}
	f := Finding{About: []string{}, Rule: rule.Code, Stops: !rule.Warns, MessageZh: rule.MessageZh, MessageEn: rule.MessageEn}
	for _, name := range rule.expr.Names {
		if _, answered := r.Answers[name]; answered {
			f.About = append(f.About, name)
		}
	}
	f.Element = f.About[0]
	return f, true
}

// value is what a name in a rule stands for: of the period before, as it was answered, or as it
// counts; NaN where that is not known.
func (s *surroundings) value(name string, r *Return) float64 {
	if code, ok := strings.CutPrefix(name, before); ok {
		return s.own.At(code, r.Unit, s.last-1).V
	}
	if a, ok := r.Answers[name]; ok {
		if a.Value == nil {
			return math.NaN()
		}
		return *a.Value
	}
	return s.own.At(name, r.Unit, s.last).V
}

// Trial is what a rule says of one return.
type Trial struct {
	Known  bool         `json:"known" doc:"Everything that it compares is known"`
	Holds  bool         `json:"holds"`
	Values []TrialValue `json:"values" nullable:"false"`
}

// TrialValue is what a name in a rule stands for in that return.
type TrialValue struct {
	Name  string   `json:"name"`
	Value *float64 `json:"value"`
}

// TryRule asks a rule that need not have been made of a return.
func (d *Desk) TryRule(ctx context.Context, says, id string) (*Trial, error) {
	r, f, err := d.see(ctx, d.DB, id)
	if err != nil {
		return nil, err
	}
	rule := &compiledRule{Rule: Rule{Code: "tried", Says: says}}
	if rule.expr, err = rule.compile(d.isElement); err != nil {
		return nil, err
	}
	known, err := d.around(ctx, d.DB, f, r.Period, []string{r.Unit}, []*compiledRule{rule})
	if err != nil {
		return nil, err
	}
	t := &Trial{Values: []TrialValue{}}
	for _, name := range rule.expr.Names {
		at := TrialValue{Name: name}
		if v := known.value(name, r); v == v {
			at.Value = &v
		}
		t.Values = append(t.Values, at)
	}
	t.Holds, t.Known = rule.expr.True(func(name string) float64 { return known.value(name, r) })
	return t, nil
}

// odd says what is unlikely about a value.
func (s *surroundings) odd(unit, element string, v float64) (out []Finding) {
	if u, ok := s.own.Usual(element, unit, s.last); ok && u.Odd(v) {
		out = append(out, always(element, "history", false, map[string]any{"value": fact.Plain(v), "middle": fact.Plain(u.Middle)}))
	}
	people := s.own.At(indicator.Population, unit, s.last).V
	if e := s.around[element]; e == nil || e.Combine == fact.Mean || e.Combine == fact.Max || e.Combine == fact.Min || !(people > 0) || s.peers == nil {
		return out
	}
	var peers []float64
	for _, code := range s.beside {
		x, n := s.peers.At(element, code, 0), s.peers.At(indicator.Population, code, 0)
		if code != unit && x.Known() && n.V > 0 {
			peers = append(peers, x.V/n.V)
		}
	}
	if u, ok := fact.UsualOf(peers, leastPeers); ok && u.Odd(v/people) {
		out = append(out, always(element, "peers", false, map[string]any{"value": fact.Plain(v), "middle": fact.Plain(u.Middle * people)}))
	}
	return out
}
