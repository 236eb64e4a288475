package returns

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
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

// How unlikely a value must be to need an explanation: so many robust standard deviations
// (1.4826 × the median of distances from the median) from its own past, or from the regions
// beside it, for each person. Iglewicz and Hoaglin (1993) say 3.5; a tenth of what is compared
// is always let pass, so that steady values are not held to their steadiness.
const (
	unlikely   = 3.5
	likely     = 0.1
	leastPast  = 6
	past       = 24
	leastPeers = 8
	madScale   = 1.4826
)

// find looks for what speaks against the answers of a return.
func (d *Desk) find(ctx context.Context, q store.Queryer, f *Form, r *Return) ([]Finding, error) {
	out := []Finding{}
	for _, item := range f.Items {
		e, err := d.Ledger.Element(item.Element)
		if err != nil {
			return nil, err
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
	known, err := d.around(ctx, q, f, r)
	if err != nil {
		return nil, err
	}
	for _, rule := range d.rules() {
		if finding, broken := known.judge(rule, r); broken {
			out = append(out, finding)
		}
	}
	for _, item := range f.Items {
		if a := r.Answers[item.Element]; a.Value != nil {
			out = append(out, known.odd(item.Element, *a.Value)...)
		}
	}
	return out, nil
}

// always is a finding of what is always looked at.
func always(element, rule string, stops bool, args map[string]any) Finding {
	key := "measure.return.found." + rule
	return Finding{Element: element, About: []string{}, Rule: rule, Stops: stops, MessageZh: i18n.T(i18n.Chinese, key, args), MessageEn: i18n.T(i18n.English, key, args)}
}

// surroundings are facts beside a return: of its unit in earlier periods, and of the regions
// beside it.
type surroundings struct {
	unit   string
	own    *fact.Grid // of the unit: the last periods, this one last
	last   int
	beside []string
	peers  *fact.Grid // of the regions beside it: the period itself
	around map[string]*fact.Element
}

func (d *Desk) around(ctx context.Context, q store.Queryer, f *Form, r *Return) (*surroundings, error) {
	s := &surroundings{unit: r.Unit, last: past, around: map[string]*fact.Element{}}
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
	for _, rule := range d.rules() {
		for _, name := range rule.expr.Names {
			add(strings.TrimPrefix(name, before))
		}
	}
	add(indicator.Population)
	var err error
	if s.own, err = d.Ledger.Read(ctx, q, fact.Ask{Elements: codes, Units: []string{r.Unit}, From: r.Period.Next(-past), To: r.Period}); err != nil {
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
	s.peers, err = d.Ledger.Read(ctx, q, fact.Ask{Elements: codes, Units: s.beside, From: r.Period, To: r.Period})
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
	holds, known := rule.expr.True(func(name string) float64 {
		if code, ok := strings.CutPrefix(name, before); ok {
			return s.own.At(code, s.unit, s.last-1).V
		}
		if a, ok := r.Answers[name]; ok {
			if a.Value == nil {
				return math.NaN()
			}
			return *a.Value
		}
		return s.own.At(name, s.unit, s.last).V
	})
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

// odd says what is unlikely about a value.
func (s *surroundings) odd(element string, v float64) (out []Finding) {
	var own []float64
	for i := range s.last {
		if x := s.own.At(element, s.unit, i); x.Known() {
			own = append(own, x.V)
		}
	}
	if len(own) >= leastPast {
		if mid, far := distance(own, v); far > unlikely {
			out = append(out, always(element, "history", false, map[string]any{"value": plain(v), "middle": plain(mid)}))
		}
	}
	people := s.own.At(indicator.Population, s.unit, s.last).V
	if e := s.around[element]; e == nil || e.Combine == fact.Mean || e.Combine == fact.Max || e.Combine == fact.Min || !(people > 0) || s.peers == nil {
		return out
	}
	var peers []float64
	for _, code := range s.beside {
		x, n := s.peers.At(element, code, 0), s.peers.At(indicator.Population, code, 0)
		if code != s.unit && x.Known() && n.V > 0 {
			peers = append(peers, x.V/n.V)
		}
	}
	if len(peers) >= leastPeers {
		if mid, far := distance(peers, v/people); far > unlikely {
			out = append(out, always(element, "peers", false, map[string]any{"value": plain(v), "middle": plain(mid * people)}))
		}
	}
	return out
}

// distance is the median of values, and how many robust standard deviations v lies from it.
func distance(values []float64, v float64) (mid, far float64) {
	mid = median(slices.Clone(values))
	off := make([]float64, len(values))
	for i, x := range values {
		off[i] = math.Abs(x - mid)
	}
	scale := max(madScale*median(off), likely*math.Abs(mid)/unlikely)
	if scale == 0 {
		return mid, 0 // all were nothing: a first value is no surprise
	}
	return mid, math.Abs(v-mid) / scale
}

func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return (values[n/2-1] + values[n/2]) / 2
}

// plain writes a number for a sentence.
func plain(v float64) string { return fmt.Sprintf("%.6g", v) }
