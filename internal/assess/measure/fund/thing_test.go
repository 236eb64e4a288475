package fund_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fund"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// of is what an element adds up to for one fund in 2026.
func (b *bench) of(element, id string) float64 {
	b.Helper()
	year, _ := period.Parse("2026")
	g, err := b.ledger.Read(context.Background(), b.db, fact.Ask{Elements: []string{element}, Units: []string{"fund:" + id}, From: year, To: year})
	b.ok(err)
	return g.At(element, "fund:"+id, 0).V
}

// A line or gift that was confirmed is a thing of its region in its year, with all that was agreed and
// paid under it.
func TestALineIsAThingWithWhatStandsUnderIt(t *testing.T) {
	each(t, func(b *bench) {
		l := b.confirmed(line(1000))
		draft, err := b.desk.Enter(clerk, line(5))
		b.ok(err)
		c := b.confirmed(fund.Fund{Kind: fund.Contract, Parent: l.ID, RegionCode: "110101000000", Day: "2026-03-01", Amount: 600, Name: "合同"})
		p := b.confirmed(fund.Fund{Kind: fund.Payment, Parent: c.ID, RegionCode: "110101000000", Day: "2026-04-01", Amount: 250, Name: "首付"})
		if b.of("fund.total.budget", l.ID) != 1000 || b.of("fund.total.contracted", l.ID) != 600 || b.of("fund.total.paid", l.ID) != 250 || b.counts("fund.total.paid") != 250 {
			b.Errorf("%g %g %g", b.of("fund.total.budget", l.ID), b.of("fund.total.contracted", l.ID), b.of("fund.total.paid", l.ID))
		}
		things, err := b.desk.Things(context.Background(), b.db, nil)
		if b.ok(err); len(things) != 1 || things[0].ID != "fund:"+l.ID || things[0].RegionCode != "110101000000" || things[0].NameZh != "大喇叭预算" {
			b.Fatalf("%+v", things)
		}
		for text, want := range map[string]bool{"2025": false, "2026Q2": true, "2027": false} {
			at, _ := period.Parse(text)
			if things[0].In(at, time.UTC) != want {
				b.Errorf("judged in %s: %t", text, !want)
			}
		}
		if none, err := b.desk.Things(context.Background(), b.db, []string{draft.ID}); err != nil || len(none) != 0 {
			b.Errorf("a draft: %+v %v", none, err)
		}
		_, err = b.desk.MakeVoid(leader, p.ID, p.Revision, "paid twice")
		b.ok(err)
		if got := b.of("fund.total.paid", l.ID); got == got {
			b.Errorf("a void payment counts: %g", got)
		}
	})
}

// A platform of before, which knew purposes only, states what its funds count for once.
func TestFundsOfBeforeAreStated(t *testing.T) {
	each(t, func(b *bench) {
		l := b.confirmed(line(1000))
		b.confirmed(fund.Fund{Kind: fund.Payment, Parent: l.ID, RegionCode: "110101000000", Day: "2026-04-01", Amount: 250, Name: "首付"})
		b.ok(b.db.Housekeep(context.Background(), func(tx *store.Tx) error {
			for _, table := range []string{"measure_fact", "measure_block"} {
				if _, err := tx.Exec(context.Background(), `DELETE FROM `+table+` WHERE element LIKE 'fund.total.%'`); err != nil {
					return err
				}
			}
			return nil
		}))
		count := func() (n int) {
			b.Helper()
			b.ok(b.db.QueryRow(context.Background(), `SELECT count(*) FROM measure_fact`).Scan(&n))
			return n
		}
		for range 2 {
			var err error
			b.desk, err = fund.New(context.Background(), b.desk.Deps)
			b.ok(err)
			if b.of("fund.total.budget", l.ID) != 1000 || b.of("fund.total.paid", l.ID) != 250 || count() != 4 {
				b.Errorf("%g %g, %d facts", b.of("fund.total.budget", l.ID), b.of("fund.total.paid", l.ID), count())
			}
		}
	})
}

// Lines and gifts are listed as things by pages, those that the asker may see.
func TestLinesAreListedAsThings(t *testing.T) {
	each(t, func(b *bench) {
		var ids []string
		for _, c := range []struct {
			name, region string
			year         int
		}{{"大喇叭 A_1", "110101000000", 2026}, {`"Quoted" & <b>`, "110101000000", 2025}, {"大喇叭 B", "110102000000", 2026}, {"name", "110102000000", 2027}} {
			f := line(10)
			f.Name, f.RegionCode, f.Year = c.name, c.region, c.year
			ids = append(ids, b.confirmed(f).ID)
		}
		_, err := b.desk.Enter(clerk, line(5)) // a draft
		b.ok(err)
		list := func(f fact.ThingFilter, paths ...string) (string, store.Listing[fact.Thing]) {
			b.Helper()
			found, err := b.desk.ListThings(context.Background(), f, auth.NewScope(paths...), "2026-07-15")
			b.ok(err)
			out := fmt.Sprint(found.Total, ":")
			for _, x := range found.Items {
				out += fmt.Sprint(slices.Index(ids, strings.TrimPrefix(x.ID, "fund:")))
			}
			return out, found
		}
		for _, c := range []struct {
			f     fact.ThingFilter
			paths []string
			want  string
		}{
			{fact.ThingFilter{}, []string{"c."}, "4:0123"},
			{fact.ThingFilter{}, []string{"c.d1."}, "2:01"},
			{fact.ThingFilter{}, nil, "0:"},
			{fact.ThingFilter{Path: "c.d2."}, []string{"c."}, "2:23"},
			{fact.ThingFilter{Path: "c.d2."}, []string{"c.d1."}, "0:"},
			{fact.ThingFilter{State: "judged"}, []string{"c."}, "3:023"},
			{fact.ThingFilter{State: "retired"}, []string{"c."}, "1:1"},
			{fact.ThingFilter{Text: "大喇叭"}, []string{"c."}, "2:02"},
			{fact.ThingFilter{Text: "大喇叭"}, []string{"c.d1."}, "1:0"},
			{fact.ThingFilter{Text: "a_1"}, []string{"c."}, "1:0"},
			{fact.ThingFilter{Text: `"quoted" & <b`}, []string{"c."}, "1:1"},
			{fact.ThingFilter{Text: `"`}, []string{"c."}, "1:1"},
			{fact.ThingFilter{Text: "name"}, []string{"c."}, "1:3"},
			{fact.ThingFilter{Text: "%"}, []string{"c."}, "0:"},
			{fact.ThingFilter{Text: "fund:" + strings.ToLower(ids[2])}, []string{"c."}, "1:2"},
		} {
			if got, _ := list(c.f, c.paths...); got != c.want {
				b.Errorf("%+v in %v: %s, want %s", c.f, c.paths, got, c.want)
			}
		}
		for text, want := range map[string]string{"": "4:0 4:123", "大喇叭": "2:0 2:2"} {
			one, page := list(fact.ThingFilter{Text: text, Page: store.Page{Limit: 1}}, "c.")
			rest, _ := list(fact.ThingFilter{Text: text, Page: store.Page{After: page.Next}}, "c.")
			if one+" "+rest != want {
				b.Errorf("pages of %q: %s %s", text, one, rest)
			}
		}
	})
}
