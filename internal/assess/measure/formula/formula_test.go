package formula

import (
	"math"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

var stated = map[string]float64{"alert.reached": 90, "alert.targets": 120, "zero": 0, "in_time": 3, "gone": math.NaN(), "big": 1e308}

func known(name string) bool { _, ok := stated[name]; return ok }

func of(name string) float64 { return stated[name] }

func TestFormulasReckon(t *testing.T) {
	for text, want := range map[string]struct {
		v   float64
		why Missing
	}{
		"alert.reached":                           {90, Known},
		"gone":                                    {0, Unstated},
		"alert.reached / alert.targets * 100":     {75, Known},
		"100 * alert.reached / alert.targets":     {75, Known},
		"7 / 2":                                   {3.5, Known},
		"alert.reached + gone":                    {0, Unstated},
		"coalesce(gone, 5)":                       {5, Known},
		"coalesce(gone * 2, alert.reached)":       {90, Known},
		"known(gone) ? gone : 1":                  {1, Known},
		"gone > 3 ? 1 : 2":                        {0, Unstated},
		"alert.reached / zero":                    {0, Undefined},
		"zero / zero":                             {0, Undefined},
		"big * big":                               {0, Undefined},
		"sqrt(0 - alert.reached)":                 {0, Undefined},
		"max(alert.reached, alert.targets, 1)":    {120, Known},
		"min(1, alert.reached / alert.targets)":   {.75, Known},
		"in_time >= 3 && zero == 0 ? 1 : 0":       {1, Known},
		"round(alert.reached / 7)":                {13, Known},
		"-in_time":                                {-3, Known},
		"（alert.reached − 10）÷ alert.targets × 3": {2, Known},
		"max(in_time，7)":                          {7, Known},
	} {
		e, err := Compile("formula", text, Number, known)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if v, why := e.Number(of); why != want.why || why == Known && v != want.v {
			t.Errorf("%s: %g %q, want %g %q", text, v, why, want.v, want.why)
		}
	}
	rule, err := Compile("rule", "alert.reached <= alert.targets", Truth, known)
	if err != nil {
		t.Fatal(err)
	}
	if truth, ok := rule.True(of); !truth || !ok {
		t.Error("a rule that holds does not")
	}
	if rule, err = Compile("rule", "gone <= 3", Truth, known); err != nil {
		t.Fatal(err)
	}
	if _, ok := rule.True(of); ok {
		t.Error("a rule about what was not stated was decided")
	}
}

func TestBadFormulasAreRefusedWithTheirPlace(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "formula: measure.formula.empty",
		"alert.reached +":                 "formula:1:16: measure.formula.unfinished",
		"(alert.reached":                  "formula:1:15: measure.formula.unfinished",
		"alert.reached alert.targets":     "formula:1:15: measure.formula.unexpected what=alert",
		"alert.reached + 维修单数":            "formula:1:17: measure.formula.unknown name=维修单数",
		"维修":                              "formula:1:1: measure.formula.unknown name=维修",
		"alert.reached / alert.targts":    "formula:1:17: measure.formula.unknown name=alert.targts",
		"1 +\n  nothing":                  "formula:2:3: measure.formula.unknown",
		"alert.reached + 'a'":             "formula:1:15: measure.formula.mixed",
		"alert.reached > 3":               "formula:1:1: measure.formula.number type=“是”或“否”",
		"alert":                           "formula:1:1: measure.formula.unknown",
		"[alert.reached].map(x, x)":       "measure.formula",
		"nofunction(1)":                   "formula:1:11: measure.formula.no_function what=nofunction",
		strings.Repeat("1+", 2000) + "1":  "measure.formula.long",
		strings.Repeat("(", 400) + "1":    "formula:",
		"alert.reached == gone ? 1 : 'x'": "formula:1:",
	} {
		_, err := Compile("formula", text, Number, known)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v, want %s", text, err, want)
		}
		if err != nil && fault.Of(err).Kind != fault.Invalid {
			t.Errorf("%.60s: %v is not the writer's fault", text, err)
		}
	}
}

func BenchmarkNumber(b *testing.B) {
	e, err := Compile("formula", "alert.reached / alert.targets * 100", Number, known)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		e.Number(of)
	}
}
