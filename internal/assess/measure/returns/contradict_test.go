package returns_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/assess/measure/returns"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Rules hold however a value comes: by hand they are refused with their place.
func TestWhatIsStatedByHandMustAgreeWithRules(t *testing.T) {
	each(t, func(b *bench) {
		say := func(unit, month, element string, v float64) fact.Stated {
			p, err := period.Parse(month)
			b.ok(err)
			return fact.Stated{Element: element, Unit: unit, Period: p, Value: &v}
		}
		_, err := b.ledger.State(city, []fact.Stated{say("t11", "2026-05", "devices", 10), say("t11", "2026-05", "working", 12), say("t12", "2026-05", "working", 99)})
		list, _ := err.(fault.List)
		if len(list) != 2 || list[0].Code != "measure.fact.contradicts" || list[0].Place != "facts[0].value" || list[1].Place != "facts[1].value" || i18n.T(i18n.English, list[0].Code, list[0].Args) != "No more can work than there are" {
			b.Fatalf("both sides of a broken rule: %v", err)
		}
		if got := b.counts("devices", "2026-05"); got == got {
			b.Errorf("some of what was refused counts: %g", got)
		}
		_, err = b.ledger.State(city, []fact.Stated{say("t11", "2026-05", "devices", 10), say("t11", "2026-05", "working", 8), say("t12", "2026-05", "working", 99)})
		b.ok(err) // nothing is known of t12's devices
		_, err = b.ledger.State(city, []fact.Stated{say("t11", "2026-05", "working", 11)})
		if !fault.Is(err, "measure.fact.contradicts") {
			b.Errorf("it contradicts what counts already: %v", err)
		}
		_, err = b.ledger.State(city, []fact.Stated{say("t11", "2026-05", "working", 11), say("t11", "2026-05", "devices", 11)})
		b.ok(err)
		_, err = b.ledger.State(city, []fact.Stated{say("t11", "2026-05", "nothing", 1)})
		if list, _ := err.(fault.List); len(list) != 1 || list[0].Place != "facts[0].element" {
			b.Errorf("an element that there is not: %v", err)
		}
	})
}

// A rule that only warns, and what is far from usual, are told of; a program is told and not refused.
func TestWhatIsUnlikelyIsTakenAndToldOf(t *testing.T) {
	each(t, func(b *bench) {
		_, err := b.desk.PutRule(city, returns.Rule{Code: "no_jump", Says: "devices <= prev.devices * 2.0", MessageZh: "比上月翻倍", MessageEn: "Twice the month before", Warns: true}, 0)
		b.ok(err)
		say := func(month string, v float64) fact.Stated {
			p, err := period.Parse(month)
			b.ok(err)
			return fact.Stated{Element: "devices", Unit: "t11", Period: p, Value: &v}
		}
		for m := 1; m <= 6; m++ {
			out, err := b.ledger.State(city, []fact.Stated{say(fmt.Sprintf("2026-%02d", m), float64(100+m))})
			if b.ok(err); len(out.Findings) != 0 {
				b.Errorf("month %d: %+v", m, out.Findings)
			}
		}
		out, err := b.ledger.State(city, []fact.Stated{say("2026-07", 500)})
		b.ok(err)
		if len(out.Findings) != 2 || out.New != 1 || out.Findings[0].Rule != "history" || out.Findings[1].Rule != "no_jump" || out.Findings[1].Stops || out.Findings[1].At[0] != 0 {
			b.Errorf("%+v", out)
		}
		out, err = b.ledger.State(city, []fact.Stated{say("2026-06", 20)}) // the jump of July grows
		b.ok(err)
		if len(out.Findings) != 1 || out.Findings[0].Rule != "no_jump" {
			b.Errorf("what comes before is changed: %+v", out)
		}

		f, err := b.ledger.MakeFeeder(auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: "a", Name: "a"}, map[auth.Permission][]string{define: {"c."}})), fact.NewFeeder{Name: "系统", RegionCode: "c", Elements: []string{"working"}})
		b.ok(err)
		p, _ := period.Parse("2026-07")
		much := 501.0
		out, err = b.ledger.Feed(context.Background(), f.Secret, []fact.Stated{{Element: "working", Unit: "t11", Period: p, Value: &much}})
		b.ok(err)
		if out.New != 1 || len(out.Findings) != 1 || !out.Findings[0].Stops || out.Findings[0].Rule != "no_more" {
			b.Errorf("a program states what contradicts: %+v", out)
		}
	})
}
