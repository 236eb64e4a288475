package rule

import (
	"encoding/json"
	"testing"

	"github.com/tongsheng/tongsheng/engine/wire"
)

// What passes the checks can be used for any message and written down again.
func FuzzRulebook(f *testing.F) {
	d := Default()
	for _, seed := range []any{d.Sending, d.Precedence, d.Templates[0]} {
		raw, err := json.Marshal(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(`[{"id":"a","allow":true,"approvals":-1}]`))
	f.Add([]byte(`[{"by":"kind","order":null}]`))
	f.Add([]byte(`{"texts":[{"lang":"zh","title":"{","body":"{{x}}"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var table []Sending
		if json.Unmarshal(raw, &table) == nil && CheckSending(table) == nil {
			v := Evaluate(table, Request{Origin: Desk, Class: wire.Emergency, Event: "10203", Severity: "red", Authority: City, Area: District})
			if v.Allow && v.Rule == "" { // how many approve is bounded by the schema
				t.Errorf("%+v", v)
			}
		}
		var p Precedence
		if json.Unmarshal(raw, &p) == nil && p.Check() == nil {
			_ = p.Rank(Standing{Class: string(wire.Emergency), Level: City, Severity: "red"})
		}
		var tpl Template
		if json.Unmarshal(raw, &tpl) == nil && tpl.Check() == nil {
			values := map[string]string{}
			for _, name := range tpl.Blanks() {
				values[name] = "x"
			}
			if _, missing := tpl.Fill(values); len(missing) > 0 {
				t.Errorf("filled, and yet %v are missing", missing)
			}
		}
	})
}
