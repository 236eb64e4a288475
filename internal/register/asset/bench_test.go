package asset_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/obs"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
	"github.com/tongsheng/tongsheng/internal/register/asset"
)

// grid is a city of any number of townships: the tree is in the codes.
type grid struct{}

func (grid) Region(_ context.Context, code string) (path, name string, err error) {
	path = "cn.11."
	if code[4:6] != "00" {
		path += code[:6] + "."
	}
	if code[6:9] != "000" {
		path += code[:9] + "."
	}
	return path, "区域" + code, nil
}

// township is one of 352, 22 in each of 16 districts.
func township(i int) string { return fmt.Sprintf("1101%02d%03d000", 1+i%16, 1+i/16%22) }

// city registers n sample loudspeakers over the grid and returns their codes and a token.
func (r *rig) city(n int) ([]ebd.ResourceCode, string) {
	r.t.Helper()
	r.deps.Regions = grid{}
	r.again()
	points := make([]asset.SamplePoint, n)
	for i := range points {
		points[i] = asset.SamplePoint{Name: fmt.Sprintf("喇叭 %d", i), RegionCode: township(i),
			Position: asset.Position{Lon: 115.5 + float64(i*7919%100_000)/1e5*2, Lat: 39.5 + float64(i*104729%100_000)/1e5*1.5}}
	}
	codes, grant, err := r.LoadSample(context.Background(), points)
	if err != nil {
		r.t.Fatal(err)
	}
	return codes, grant.Token
}

// again is the module after a restart.
func (r *rig) again() {
	r.metrics = obs.NewMetrics()
	r.deps.Metrics = r.metrics
	r.Module = asset.New(r.deps)
}

func databases(b *testing.B, fn func(b *testing.B, db *store.DB, clk *clock.Manual)) {
	for name, open := range map[string]func(testing.TB, ...store.Migrations) (*store.DB, *clock.Manual){"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			db, clk := open(b, asset.Migrations())
			fn(b, db, clk)
		})
	}
}

// report gives the median and the 99th percentile of what was measured.
func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	at := func(q float64) float64 { return float64(took[int(q*float64(len(took)-1))].Microseconds()) / 1000 }
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(0, "ns/op")
}

// heap is the bytes in use after a collection.
func heap() uint64 {
	var s runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// A city's terminals all connect at once to a platform that has just started.
func BenchmarkAdmitStorm(b *testing.B) {
	const terminals = 2000
	databases(b, func(b *testing.B, db *store.DB, clk *clock.Manual) {
		r := newRig(b, db, clk)
		_, token := r.city(terminals)
		all := make([]*terminal, terminals)
		for i := range all {
			key, err := ebd.GenerateKey()
			if err != nil {
				b.Fatal(err)
			}
			req, err := wire.NewEnrolRequest(key, token, "", "TS-1", fmt.Sprint(i), "1.0", clk.Now())
			if err != nil {
				b.Fatal(err)
			}
			res, err := r.Enrol(context.Background(), req)
			if err != nil {
				b.Fatal(err)
			}
			all[i] = &terminal{rig: r, code: res.Code, key: key}
		}
		var took []time.Duration
		var memory uint64
		for b.Loop() {
			b.StopTimer()
			r.again()
			for _, x := range all {
				x.session()
			}
			before := heap()
			var wait sync.WaitGroup
			waited := make([]time.Duration, len(all))
			b.StartTimer()
			start := time.Now()
			for i, x := range all {
				wait.Go(func() {
					if !r.Admit(string(x.code), x.s.Token, x.at) {
						b.Error("not admitted")
					}
					waited[i] = time.Since(start)
				})
			}
			wait.Wait()
			b.StopTimer()
			memory = heap() - before
			took = append(took, waited...)
			b.StartTimer()
		}
		report(b, took)
		b.ReportMetric(float64(memory)/terminals, "B/terminal")
	})
}

// What people ask of a register of 100,000 devices, at 200 questions a second: totals
// grow old and are counted again meanwhile, as they are in life.
func BenchmarkRegister(b *testing.B) {
	const devices = 100_000
	databases(b, func(b *testing.B, db *store.DB, clk *clock.Manual) {
		r := newRig(b, db, clk)
		codes, _ := r.city(devices)
		dress(b, db, clk.Now())
		seed := uint64(1)
		any := func(n int) int { // both databases are asked the same
			seed = seed*6364136223846793005 + 1442695040888963407
			return int(seed>>33) % n
		}
		measure := func(name string, ask func() error) {
			b.Run(name, func(b *testing.B) {
				var took []time.Duration
				for b.Loop() {
					clk.Advance(time.Second / 200)
					start := time.Now()
					if err := ask(); err != nil {
						b.Fatal(err)
					}
					took = append(took, time.Since(start))
				}
				report(b, took)
			})
		}
		measure("get", func() error { _, err := r.Get(everywhere, string(codes[any(devices)])); return err })
		for _, c := range []struct {
			name   string
			filter func() asset.Filter
		}{
			{"all", func() asset.Filter { return asset.Filter{} }},
			{"township", func() asset.Filter { return asset.Filter{Region: township(any(352))} }},
			{"offline", func() asset.Filter { return asset.Filter{Presences: []asset.Presence{asset.Offline}} }},
			{"faulty", func() asset.Filter { return asset.Filter{Fault: asset.AnyFault} }},
			{"active", func() asset.Filter { return asset.Filter{States: []asset.State{asset.Active}} }},
			{"screens", func() asset.Filter { return asset.Filter{Kinds: []asset.Kind{"screen"}} }},
			{"offline screens", func() asset.Filter {
				return asset.Filter{Kinds: []asset.Kind{"screen"}, Presences: []asset.Presence{asset.Offline}}
			}},
			{"owner", func() asset.Filter { return asset.Filter{Owner: fmt.Sprintf("单位%d", any(40))} }},
			{"code", func() asset.Filter { return asset.Filter{Text: string(codes[any(devices)][:21])} }},
			{"name", func() asset.Filter { return asset.Filter{Text: fmt.Sprintf("喇叭 %d", any(devices))} }},
			{"nothing", func() asset.Filter { return asset.Filter{Text: fmt.Sprintf("没有 %d", any(devices))} }},
		} {
			for _, who := range []struct {
				name string
				ctx  context.Context
			}{{"city", everywhere}, {"district", officer("cn.11.110105.")}} {
				for _, by := range []asset.Sort{asset.ByCode, asset.BySeen} {
					measure(fmt.Sprintf("list/%s/%s/%s", c.name, who.name, by), func() error {
						_, err := r.List(who.ctx, c.filter(), by, store.Page{})
						return err
					})
				}
			}
		}
		next := ""
		measure("list/all/page after page", func() error {
			list, err := r.List(everywhere, asset.Filter{}, asset.ByCode, store.Page{After: next})
			if err == nil {
				next = list.Next
			}
			return err
		})
		d := newDesk(r).as(everywhere)
		measure("points/city", func() error {
			if rec := d.call("GET", "/api/assets/points", nil); rec.Code != http.StatusOK {
				return fmt.Errorf("status %d", rec.Code)
			}
			return nil
		})
		measure("within/district", func() error {
			_, err := r.Within(context.Background(), wire.Area{Regions: []ebd.AreaCode{"110105000000"}})
			return err
		})
	})
}

// dress makes devices of one kind into a city's: five kinds, forty owners, ninety of a
// hundred online, one of a hundred faulty.
func dress(b *testing.B, db *store.DB, now time.Time) {
	b.Helper()
	for _, sql := range []string{
		`UPDATE asset_device SET state = 'active', owner = '单位' || (CAST(substr(serial, 14) AS bigint) % 40),
			kind = CASE CAST(substr(serial, 14) AS bigint) % 10 WHEN 0 THEN 'screen' WHEN 1 THEN 'tv' WHEN 2 THEN 'adapter' ELSE kind END`,
		fmt.Sprintf(`UPDATE asset_condition SET condition = CASE substr(device_id, 25) < '3' WHEN true THEN 'offline' ELSE 'online' END,
			faults = CASE substr(device_id, 24) < '0C' WHEN true THEN '["player"]' ELSE faults END,
			last_seen = %[1]d, since = %[1]d, seen_key = '%016[1]d' || device_id, deadline = %[1]d + 180000000`, now.UnixMicro()),
	} {
		if err := db.Housekeep(context.Background(), func(tx *store.Tx) error { _, err := tx.Exec(context.Background(), sql); return err }); err != nil {
			b.Fatal(err)
		}
	}
	if db.Dialect() == store.Postgres { // which does so by itself before long
		if err := db.Housekeep(context.Background(), func(tx *store.Tx) error { _, err := tx.Exec(context.Background(), `ANALYZE`); return err }); err != nil {
			b.Fatal(err)
		}
	}
}
