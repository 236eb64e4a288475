package rule

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

func TestDefaultsAreSound(t *testing.T) {
	d := Default()
	if err := CheckSending(d.Sending); err != nil {
		t.Error(err)
	}
	if err := d.Precedence.Check(); err != nil {
		t.Error(err)
	}
	if len(d.Templates) < 20 {
		t.Errorf("only %d templates", len(d.Templates))
	}
	values := map[string]string{"place": "朝阳区", "place.en": "Chaoyang", "time": "15时30分", "time.en": "15:30", "amount": "100"}
	keys := map[string]bool{}
	for _, tpl := range d.Templates {
		if err := tpl.Check(); err != nil {
			t.Errorf("%s: %v", tpl.Key, err)
		}
		if keys[tpl.Key] {
			t.Errorf("%s is there twice", tpl.Key)
		}
		keys[tpl.Key] = true
		if len(tpl.Texts) != 2 {
			t.Errorf("%s: %d languages", tpl.Key, len(tpl.Texts))
		}
		texts, missing := tpl.Fill(values)
		if len(missing) > 0 {
			t.Errorf("%s: nobody knows what %v are", tpl.Key, missing)
		}
		now := time.Date(2026, 7, 21, 0, 0, 0, 0, time.UTC)
		c := message.Content{Event: "10203", Severity: tpl.Severity, Texts: texts, Area: message.Area{Regions: []string{"110105000000"}},
			EndsAt: now.Add(time.Duration(tpl.Hours) * time.Hour), Repeat: message.Repeat{Count: tpl.Plays}}
		if list := c.Validate(tpl.Class, now); len(list) > 0 {
			t.Errorf("%s does not make a valid message: %v", tpl.Key, list)
		}
	}
}

func TestFillLeavesAndListsWhatIsMissing(t *testing.T) {
	tpl := Template{Texts: []message.Text{{Lang: "zh", Title: "{place}停水", Body: "{place}{time}起停水"}, {Lang: "en", Title: "No water in {place}", Body: "From {time}"}}}
	texts, missing := tpl.Fill(map[string]string{"place": "望京", "place.en": "Wangjing"})
	if texts[0].Title != "望京停水" || texts[1].Title != "No water in Wangjing" || !strings.Contains(texts[0].Body, "{time}") || !slices.Equal(missing, []string{"time"}) {
		t.Errorf("%+v %v", texts, missing)
	}
}

func TestEvaluateTheDefaultTable(t *testing.T) {
	table := Default().Sending
	for _, c := range []struct {
		name      string
		r         Request
		rule      string
		allow     bool
		approvals int
	}{
		{"district red", Request{Desk, wire.Emergency, false, "10203", message.Red, District, District, ""}, "red-district", true, 1},
		{"city red", Request{Desk, wire.Emergency, false, "10203", message.Red, City, District, ""}, "red-district", true, 1},
		{"township red rain", Request{Desk, wire.Emergency, false, "10203", message.Red, Township, Township, ""}, "red-refused", false, 0},
		{"township flash flood", Request{Desk, wire.Emergency, false, "10106", message.Red, Township, Village, ""}, "red-local-danger", true, 1},
		{"township flash flood for a district", Request{Desk, wire.Emergency, false, "10106", message.Red, Township, District, ""}, "red-refused", false, 0},
		{"trusted upper red", Request{Upper, wire.Emergency, false, "10203", message.Red, City, District, ""}, "upper-level", true, 0},
		{"orange", Request{Desk, wire.Emergency, false, "10203", message.Orange, District, District, ""}, "orange-district", true, 1},
		{"orange of a township", Request{Desk, wire.Emergency, false, "10203", message.Orange, Township, Township, ""}, "orange-township", true, 1},
		{"blue", Request{Desk, wire.Emergency, false, "10203", message.Blue, Township, Township, ""}, "low-levels", true, 1},
		{"blue by a village", Request{Desk, wire.Emergency, false, "10203", message.Blue, Village, Village, ""}, "", false, 0},
		{"drill red", Request{Desk, wire.Emergency, true, "10203", message.Red, District, District, ""}, "drills", true, 1},
		{"air raid by a district", Request{Desk, wire.Emergency, false, "50100", message.Red, District, District, ""}, "war-refused", false, 0},
		{"air raid by the city", Request{Desk, wire.Emergency, false, "50100", message.Red, City, City, ""}, "war-needs-city", true, 2},
		{"air-raid drill by a district", Request{Desk, wire.Emergency, true, "50100", message.Red, District, District, ""}, "drills", true, 1},
		{"everyday in a village", Request{Desk, wire.Everyday, false, "60200", message.Unknown, Village, Village, ""}, "everyday-local", true, 1},
		{"everyday by a township over a district", Request{Desk, wire.Everyday, false, "60200", message.Unknown, Township, District, ""}, "", false, 0},
	} {
		v := Evaluate(table, c.r)
		if v.Rule != c.rule || v.Allow != c.allow || v.Approvals != c.approvals {
			t.Errorf("%s: got %+v", c.name, v)
		}
	}
}

func TestSendingTableRefusesWhatOnePersonCouldSendAlone(t *testing.T) {
	if err := CheckSending([]Sending{{ID: "alone", Allow: true}}); err == nil {
		t.Error("accepted")
	}
	if err := CheckSending([]Sending{{ID: "a", Allow: true, Approvals: 1}, {ID: "a"}}); err == nil {
		t.Error("a doubled id was accepted")
	}
}

func TestATableThatSilencesThePlatformIsRefused(t *testing.T) {
	for name, table := range map[string][]Sending{"empty": nil, "nothing allowed": {{ID: "a"}}, "only the upper platform": {{ID: "a", Allow: true, Origin: Upper}}} {
		if err := CheckSending(table); !fault.Is(err, "alert.rule.nobody") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (Precedence{{By: "class"}}).Check(); !fault.Is(err, "alert.precedence.order") {
		t.Errorf("a criterion without values: %v", err)
	}
}

// Rank orders every two standings as the table does, criterion by criterion: a total
// order, equal only where the table sees no difference.
func TestPrecedenceIsATotalOrder(t *testing.T) {
	known := map[string][]string{"class": {"emergency", "everyday"}, "kind": {"real", "drill"}, "severity": {"red", "orange", "yellow", "blue"}}
	for _, l := range Levels {
		known["level"] = append(known["level"], string(l))
	}
	rapid.Check(t, func(t *rapid.T) {
		p := Default().Precedence
		if rapid.Bool().Draw(t, "another table") {
			p = nil
			for _, by := range rapid.Permutation([]string{"class", "kind", "level", "severity"}).Draw(t, "criteria") {
				order := rapid.Permutation(known[by]).Draw(t, by)
				c := Criterion{By: by, Order: order[:rapid.IntRange(1, len(order)).Draw(t, "n")]}
				if by != "class" && rapid.Bool().Draw(t, "another order among everyday messages") {
					c.Everyday = rapid.Permutation(known[by]).Draw(t, by)
				}
				p = append(p, c)
			}
		}
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		one := rapid.Custom(func(t *rapid.T) Standing {
			return Standing{rapid.SampledFrom(known["class"]).Draw(t, "class"), rapid.SampledFrom(known["kind"]).Draw(t, "kind"),
				rapid.SampledFrom(Levels).Draw(t, "level"), rapid.SampledFrom(message.Severities).Draw(t, "severity")}
		})
		a, b := one.Draw(t, "a"), one.Draw(t, "b")
		if got, want := compare(p.Rank(a), p.Rank(b)), byTable(p, a, b); got != want {
			t.Fatalf("%+v and %+v: rank says %d, the table %d", a, b, got, want)
		}
	})
}

func compare(a, b uint32) int {
	switch {
	case a > b:
		return 1
	case a < b:
		return -1
	}
	return 0
}

func byTable(p Precedence, a, b Standing) int {
	for _, c := range p {
		place := func(s Standing) int {
			order := c.Order
			if s.Class == "everyday" && c.Everyday != nil {
				order = c.Everyday
			}
			if i := slices.Index(order, s.value(c.By)); i >= 0 {
				return len(order) - i // above what is not listed, whose place is 0
			}
			return 0
		}
		if x, y := place(a), place(b); x != y {
			return map[bool]int{true: 1, false: -1}[x > y]
		}
	}
	return 0
}

func TestEmergencyGoesBeforeEverythingElse(t *testing.T) {
	p := Default().Precedence
	order := []Standing{{"emergency", "real", City, message.Red}, {"emergency", "real", City, message.Orange}, {"emergency", "real", District, message.Red},
		{"emergency", "drill", Nation, message.Red}, {"everyday", "real", Nation, message.Unknown}}
	for i := 1; i < len(order); i++ {
		if p.Rank(order[i-1]) <= p.Rank(order[i]) {
			t.Errorf("%+v does not go before %+v", order[i-1], order[i])
		}
	}
}
