package returns_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/assess/measure/returns"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
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

// counted counts the queries that are asked.
type counted struct {
	store.Queryer
	n int
}

func (c *counted) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	c.n++
	return c.Queryer.Query(ctx, query, args...)
}

// However many periods a statement touches, a rule reads what it compares at once.
func TestARuleReadsARunOfPeriodsAtOnce(t *testing.T) {
	each(t, func(b *bench) {
		_, err := b.desk.PutRule(city, returns.Rule{Code: "no_jump", Says: "devices <= prev.devices * 2.0", MessageZh: "比上月翻倍", MessageEn: "Twice the month before", Warns: true}, 0)
		b.ok(err)
		first, err := period.Parse("2020-01")
		b.ok(err)
		var entries []fact.Entry
		say := func(element, unit string, back int, v float64) {
			x, err := fact.ValueOf(v)
			b.ok(err)
			entries = append(entries, fact.Entry{Element: element, Unit: unit, Region: unit, Period: first.Next(back), Value: &x})
		}
		for i := range 70 {
			say("devices", "t11", i, 10)
		}
		say("working", "t11", 40, 11)  // 70: contradicts entry 40
		say("devices", "t12", 50, 100) // 71
		say("devices", "t12", 51, 300) // 72: jumps
		say("working", "t12", 52, 300) // 73: as many as there still are
		q := &counted{Queryer: b.db}
		found, err := b.desk.Contradictions(context.Background(), q, entries)
		b.ok(err)
		got := ""
		for _, f := range found {
			got += fmt.Sprint(f.At, f.Rule, " ")
		}
		if got != "[40 70]no_more [71 72]no_jump " {
			b.Error(got)
		}
		if q.n > 4 {
			b.Errorf("%d queries for 2 rules", q.n)
		}
	})
}
