package measure_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/city"
	"github.com/tongsheng/tongsheng/internal/assess/measure"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// online answers for a register with so many devices online by region.
type online struct {
	beijing
	in map[string]int
}

func (o online) Standing(context.Context) (map[string]measure.Standing, error) {
	out := map[string]measure.Standing{}
	for code, n := range o.in {
		out[code] = measure.Standing{Registered: 10, Online: n}
	}
	return out, nil
}

// How devices stand is stated when it changes, then not again within five minutes, and as it was at
// the end of each day.
func TestHowDevicesStandIsStatedEveryFewMinutesAtMost(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		c, err := city.Load(city.Default())
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		devices := online{beijing{c}, map[string]int{}}
		m, err := measure.New(ctx, measure.Deps{DB: db, Clock: clk, Log: slog.Default(), Zone: time.UTC, Home: "cn.11.", Regions: beijing{c}, Messages: beijing{c}, Devices: devices, Staff: beijing{c}, Zones: beijing{c}})
		if err != nil {
			t.Fatal(err)
		}
		towns := m.Ledger.Tree().Within("cn.11.", "township")
		a, b := towns[0].Code, towns[1].Code
		clk.Advance(time.Date(2026, 11, 29, 23, 40, 0, 0, time.UTC).Sub(clk.Now()))
		devices.in[a], devices.in[b] = 1, 1
		for _, step := range []struct {
			at      string
			a       int
			stirred bool
		}{
			{"23:40:00", 1, true},
			{"23:40:20", 2, true}, // the first change
			{"23:40:40", 3, true}, // one that waits
			{"23:41:00", 4, true}, // as does the next
			{"23:45:59", 4, false},
			{"23:46:00", 4, false}, // five minutes after it was last looked
			{"23:58:00", 5, true},
			{"23:59:00", 6, true}, // how the day ends
			{"24:00:05", 7, true}, // the first of the next
		} {
			var h, min, sec int
			if _, err := fmt.Sscanf(step.at, "%d:%d:%d", &h, &min, &sec); err != nil {
				t.Fatal(err)
			}
			clk.Advance(time.Date(2026, 11, 29, h, min, sec, 0, time.UTC).Sub(clk.Now()))
			devices.in[a] = step.a
			if err := m.StateDevices(ctx, step.stirred); err != nil {
				t.Fatal(err)
			}
		}
		for unit, want := range map[string]string{a: "2026-11-29: 1, 2, 4, 5, 6; 2026-11-30: 7", b: "2026-11-29: 1; 2026-11-30: 1"} {
			list, err := m.Ledger.List(ctx, fact.Filter{Scope: auth.NewScope(""), Element: "device.online", Unit: unit, Old: true})
			if err != nil {
				t.Fatal(err)
			}
			days := map[string][]string{}
			for i := len(list.Items) - 1; i >= 0; i-- {
				f := list.Items[i]
				days[f.Period.String()] = append(days[f.Period.String()], fmt.Sprint(*f.Value))
			}
			got := "2026-11-29: " + strings.Join(days["2026-11-29"], ", ") + "; 2026-11-30: " + strings.Join(days["2026-11-30"], ", ")
			if got != want {
				t.Errorf("%s was stated %s, want %s", unit, got, want)
			}
		}
	}, measure.Migrations())
}
