package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"math"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/city"
	"github.com/tongsheng/tongsheng/internal/assess/measure"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/bus"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
	"github.com/tongsheng/tongsheng/internal/register/region"
	"github.com/tongsheng/tongsheng/internal/respond/casework"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket/dockettest"
	"github.com/tongsheng/tongsheng/internal/respond/casework/tally"
)

const shareRepaired = `{"code":"repaired","nameZh":"修复率","nameEn":"Repaired","unitZh":"%","unitEn":"%","plainZh":"每100件报修里修好的","plainEn":"Of 100","sayZh":"{value}","sayEn":"{value}","theme":"repair",
	"numerator":"case.repair.done","denominator":"case.repair.reported","formula":"numerator / denominator * 100","direction":"up","period":"day","aggregate":"formula","places":1,"impute":{"rule":"none"},"parts":[],"targets":[]}`

// A case that is closed changes the indicator that counts such cases.
func TestCasesCountInIndicators(t *testing.T) {
	repair, err := os.ReadFile("../../city/beijing/procedures/repair.yaml")
	if err != nil {
		t.Fatal(err)
	}
	elements, err := os.ReadFile("../../city/beijing/procedures/elements.json")
	if err != nil {
		t.Fatal(err)
	}
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		c := dockettest.New(t, db, clk, repair)
		regions := region.New(region.Deps{DB: db, Home: "110000000000"})
		c.OK(regions.Load(c.Ctx, city.Default()))
		m, err := measure.New(c.Ctx, measure.Deps{DB: db, Clock: clk, Log: slog.New(slog.DiscardHandler), Zone: c.Zone, Home: cityPath, Regions: measureRegions{regions}, Zones: measureZones{regions}, CaseElements: elements})
		c.OK(err)
		var d indicator.Definition
		c.OK(json.Unmarshal([]byte(shareRepaired), &d))
		define := auth.With(c.Ctx, auth.NewPrincipal(auth.Actor{ID: "analyst"}, map[auth.Permission][]string{measure.PermDefine: {cityPath}}))
		_, err = m.Book.Put(define, d, 0)
		c.OK(err)
		events, err := bus.Open(c.Ctx, bus.Options{Name: "test", Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
		c.OK(err)
		ctx, cancel := context.WithCancel(c.Ctx)
		var work sync.WaitGroup
		t.Cleanup(func() { cancel(); work.Wait(); events.Close() })
		work.Go(func() { events.Relay(ctx, db) })
		work.Go(func() { _ = events.Consume(ctx, db, "measure", m.Reactions()...) })
		teller := &tally.Teller{DB: db, Clock: clk, Log: slog.New(slog.DiscardHandler)}
		share := func() float64 {
			today := period.Of(period.Day, clk.Now(), c.Zone)
			got, err := m.Book.Values(c.Ctx, db, indicator.Ask{Indicators: []string{"repaired"}, Units: []string{dockettest.East}, From: today, To: today})
			c.OK(err)
			return got["repaired"][dockettest.East][0].V
		}
		comes := func(want float64) {
			t.Helper()
			c.OK(teller.Tell(c.Ctx))
			for range 200 {
				if math.Abs(share()-want) < 0.1 {
					return
				}
				time.Sleep(50 * time.Millisecond)
			}
			t.Fatalf("%v, want %v", share(), want)
		}
		// What the ledger does not take keeps nothing back.
		c.OK(db.Housekeep(c.Ctx, func(tx *store.Tx) error {
			return tx.Emit(c.Ctx, event.CasesTallied{Batch: store.NewID(tx.Now), At: tx.Now.UnixMicro(), Tallies: []event.CaseTally{{Element: "case.moon", Unit: "region", Of: dockettest.East, Day: "2026-07-21", Value: 1e6},
				{Element: "case.repair.again", Unit: "region", Of: "999", Day: "2026-07-21", Value: 1e6}, {Element: "case.repair.again", Unit: "region", Of: dockettest.East, Day: "soon", Value: 1e6}}})
		}))
		v := c.Open("citizen", dockettest.East, map[string]any{"kind": "speaker", "what": "不响"})
		c.Open("citizen", dockettest.East, map[string]any{"kind": "cable", "what": "没有信号"})
		c.OK(teller.Tell(c.Ctx))
		c.Do("disp", v.ID, "triage", map[string]any{"urgency": "urgent", "technician": dockettest.Account("tech")})
		c.Do("tech", v.ID, "arrive", nil)
		c.Do("tech", v.ID, "repair", map[string]any{"cause": "line", "done": "接好了线"})
		c.Do("citizen", v.ID, "confirm", map[string]any{"works": "yes"})
		comes(50)
		c.Open("citizen", dockettest.East, map[string]any{"kind": "cable", "what": "又没有信号"})
		comes(50) // what changes once more waits
		clk.Advance(5 * time.Minute)
		comes(100.0 / 3)
	}, casework.Migrations(), region.Migrations(), measure.Migrations())
}
