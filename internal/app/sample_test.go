package app

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// A city to look at has outputs that carry, once: a node that was changed is left as it is.
func TestSampleOutputsAreMadeOnce(t *testing.T) {
	a := openTest(t)
	outputs := func() (l struct {
		Items []struct {
			NameZh, ID string
			Kind       string
			Enabled    bool
			Settings   struct{ Program int }
			Revision   int
		}
	}) {
		got := a.ask(operation{method: http.MethodGet, path: "/api/alert-outputs"}, request{}, engineer, cityPath)
		if err := json.Unmarshal([]byte(got.body), &l); err != nil {
			t.Fatal(err, got.body)
		}
		return l
	}
	for range 2 {
		if err := a.alerts.LoadSample(t.Context()); err != nil {
			t.Fatal(err)
		}
		l := outputs()
		if len(l.Items) != 3 {
			t.Fatalf("%+v", l)
		}
		for _, o := range l.Items {
			if !o.Enabled || !strings.Contains(o.NameZh, "样例") {
				t.Errorf("%+v", o)
			}
			if o.Kind == "tables" && o.Settings.Program == 0 {
				t.Errorf("a sample head announces no programme: whoever looks at it with another reader sees no stream: %+v", o)
			}
		}
	}
	for _, o := range outputs().Items {
		if got := a.ask(operation{method: http.MethodDelete, path: "/api/alert-outputs/" + o.ID}, request{}, engineer, cityPath); got.status >= 300 {
			t.Fatal(got.body)
		}
	}
	if err := a.alerts.LoadSample(t.Context()); err != nil {
		t.Fatal(err)
	}
	if l := outputs(); len(l.Items) != 0 {
		t.Errorf("what somebody removed came back: %+v", l)
	}
}
