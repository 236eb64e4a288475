package score_test

import (
	"context"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/score"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Things of a kind are ranked among each other; one that is retired is no longer, from the period after
// on, and one that is new is at once.
func TestThingsAreRanked(t *testing.T) {
	each(t, func(b *bench) {
		x := quality()
		x.Code, x.Level, x.Things = "outlets", "", "outlet"
		_, err := b.desk.Put(author, x, 0)
		b.ok(err)
		for code, v := range map[string][3]float64{"a": {1, 90, 10}, "b": {2, 40, 30}, "c": {3, 70, 10}} {
			unit, region := "outlet:"+code, []string{"d1", "d2", "d3"}[int(v[0])-1]
			b.ok(b.db.Housekeep(context.Background(), func(tx *store.Tx) error {
				return b.ledger.SeedThings(context.Background(), tx, []fact.Thing{{ID: unit, RegionPath: "c." + region + ".", NameZh: code, NameEn: code}})
			}))
			for element, value := range map[string]float64{"reach": v[1], "faults": v[2]} {
				amount, err := fact.ValueOf(value)
				b.ok(err)
				b.ok(b.db.Housekeep(context.Background(), func(tx *store.Tx) error {
					_, err := b.ledger.Take(context.Background(), tx, fact.Origin{Source: fact.FromHand}, []fact.Entry{{Element: element, Unit: unit, Region: region, Period: july, Value: &amount}, {Element: element, Unit: unit, Region: region, Period: july.Next(1), Value: &amount}})
					return err
				}))
			}
		}
		ranked := func(month int) (out string) {
			b.Helper()
			s, err := b.desk.Scores(author, "outlets", july.Next(month), "")
			b.ok(err)
			for _, u := range s.Units {
				if u.Score != nil {
					out += u.Code + " "
				}
			}
			return out
		}
		if got := ranked(0); got != "outlet:a outlet:c outlet:b " {
			b.Errorf("%q", got)
		}
		define := as("author", "c.", b.ledger.Define)
		_, err = b.ledger.RetireThing(define, "outlet:a", 1, "2026-07-20")
		b.ok(err)
		if got := ranked(0); got != "outlet:a outlet:c outlet:b " {
			b.Errorf("in the month in which it was retired: %q", got)
		}
		if got := ranked(1); got != "outlet:c outlet:b " {
			b.Errorf("in the month after: %q", got)
		}
		x.Zone = "pilot" // the second district
		_, err = b.desk.Put(author, x, 1)
		b.ok(err)
		if s, err := b.desk.Scores(author, "outlets", july, ""); err != nil || len(s.Units) != 1 || s.Units[0].Code != "outlet:b" {
			b.Errorf("within a zone: %+v %v", s, err)
		}
	})
}

// Who speaks for a thing speaks against its own facts, not those of another beside it.
func TestAnObjectionForAThingIsAgainstItsOwnFact(t *testing.T) {
	each(t, func(b *bench) {
		for _, code := range []string{"a", "b"} {
			unit := "outlet:" + code
			b.ok(b.db.Housekeep(context.Background(), func(tx *store.Tx) error {
				return b.ledger.SeedThings(context.Background(), tx, []fact.Thing{{ID: unit, RegionPath: "c.d2.", NameZh: code, NameEn: code}})
			}))
			for _, element := range []string{"reach", "faults"} {
				amount, err := fact.ValueOf(10)
				b.ok(err)
				b.ok(b.db.Housekeep(context.Background(), func(tx *store.Tx) error {
					_, err := b.ledger.Take(context.Background(), tx, fact.Origin{Source: fact.FromHand}, []fact.Entry{{Element: element, Unit: unit, Region: "d2", Period: july, Value: &amount}})
					return err
				}))
			}
		}
		x := quality()
		x.Code, x.Level, x.Things = "outlets", "", "outlet"
		_, err := b.desk.Put(author, x, 0)
		b.ok(err)
		m, err := b.desk.PutMethod(author, score.Method{Code: "outlets", NameZh: "网点", NameEn: "Outlets", Index: "outlets", Pilot: "pilot", Hearing: 7, Bands: []score.Band{{From: 0, NameZh: "差", NameEn: "D", Kind: "penalty"}}}, 0)
		b.ok(err)
		_, err = b.desk.AgreeMethod(leader, "outlets", m.Revision)
		b.ok(err)
		b.clk.Advance(14 * 24 * time.Hour)
		a, err := b.desk.Draw(author, "outlets", july)
		b.ok(err)
		a, err = b.desk.Hear(author, a.ID, a.Revision)
		b.ok(err)
		for unit, refused := range map[string]bool{"outlet:b": true, "outlet:a": false} {
			facts, err := store.Collect(context.Background(), b.db, scanID, `SELECT id FROM measure_fact WHERE element = 'reach' AND unit = $1`, unit)
			b.ok(err)
			_, err = b.desk.Objects(second, a.ID, score.Against{Unit: "outlet:a", Indicator: "reach_rate", Fact: facts[0], Says: "it was open"})
			if fault.Is(err, "measure.fact.not_found") != refused || !refused && err != nil {
				b.Errorf("outlet:a against a fact of %s: %v", unit, err)
			}
		}
	})
}
