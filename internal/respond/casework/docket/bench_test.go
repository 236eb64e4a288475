package docket_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
	"github.com/tongsheng/tongsheng/internal/respond/casework"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// BenchmarkSteps does steps of many cases by many people at once.
func BenchmarkSteps(b *testing.B) {
	for name, open := range map[string]func(testing.TB, ...store.Migrations) (*store.DB, *clock.Manual){"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			db, clk := open(b, casework.Migrations())
			r := newRig(b, db, clk)
			const people = 64
			ids := make([]string, people)
			for i := range ids {
				ids[i] = r.open("citizen", "不响了").ID
				r.do("disp", ids[i], "triage", map[string]any{"urgency": "normal", "technician": account("tech")})
			}
			var next atomic.Int64
			var mu sync.Mutex
			var took []time.Duration
			b.ResetTimer()
			var all sync.WaitGroup
			for p := range people {
				all.Go(func() {
					ctx := r.as("tech")
					var mine []time.Duration
					for i := 0; next.Add(1) <= int64(b.N); i++ {
						start := time.Now()
						deed := docket.Deed{Step: "arrive"}
						if i%2 == 1 {
							deed = docket.Deed{Step: "wait", Data: map[string]any{"missing": "功放"}}
						}
						if _, err := r.desk.Do(ctx, ids[p], deed); err != nil {
							b.Error(err)
							return
						}
						mine = append(mine, time.Since(start))
					}
					mu.Lock()
					took = append(took, mine...)
					mu.Unlock()
				})
			}
			all.Wait()
			slices.Sort(took)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "steps/s")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// BenchmarkBring brings cases of another system, each with five acts.
func BenchmarkBring(b *testing.B) {
	for name, open := range map[string]func(testing.TB, ...store.Migrations) (*store.DB, *clock.Manual){"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			db, clk := open(b, casework.Migrations())
			r := newRig(b, db, clk)
			b.ResetTimer()
			for at := 0; at < b.N; at += docket.MaxBringing {
				all := make([]docket.Bringing, min(docket.MaxBringing, b.N-at))
				for i := range all {
					opened := clk.Now().Add(-time.Duration(b.N-at-i)*time.Second - 30*24*time.Hour)
					all[i] = docket.Bringing{Type: "repair", Start: "report", Number: fmt.Sprint("T", at+i), Region: east, OpenedAt: opened, Data: map[string]any{"kind": "speaker", "what": "村口的喇叭不响了"}, Acts: []docket.BringingAct{
						{At: opened.Add(10 * time.Minute), Step: "triage", Data: map[string]any{"urgency": "urgent", "technician": account("tech")}},
						{At: opened.Add(2 * time.Hour), Step: "arrive"},
						{At: opened.Add(3 * time.Hour), Step: "repair", Data: map[string]any{"cause": "line", "done": "接好了线"}},
						{At: opened.Add(20 * time.Hour), Step: "confirm", Data: map[string]any{"works": "yes", "satisfied": 5.0}}}}
				}
				out, err := r.desk.Bring(r.as("boss"), all)
				if err != nil {
					b.Fatal(err)
				}
				if out[0].Fault != nil {
					b.Fatal(out[0].Fault)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "cases/s")
		})
	}
}
