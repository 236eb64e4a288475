package delivery

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/google/go-cmp/cmp"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/gateway"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// crowd is many terminals in one township, all connected.
type crowd []Terminal

const crowdPath = "cn.11.110105.110105001."

func newCrowd(n int) crowd {
	c := make(crowd, n)
	for i := range c {
		// Five digits in the area and the sequence number make 99,999 codes.
		code := ebd.ResourceCode(fmt.Sprintf("6110105001%03d0314%02d04%02d", 1+i/9801%999, 1+i/99%99, 1+i%99))
		c[i] = Terminal{Code: code, Kind: "loudspeaker", RegionPath: crowdPath, Place: wire.Place{Code: code, Region: "110105001001"}, Online: true}
	}
	return c
}

func (c crowd) Within(context.Context, wire.Area) ([]Terminal, error)   { return c, nil }
func (c crowd) Named(context.Context, string) ([]string, error)         { return nil, nil }
func (c crowd) Microphones(context.Context) ([]ebd.ResourceCode, error) { return nil, nil }
func (c crowd) Online(ebd.ResourceCode) bool                            { return true }
func (c crowd) Find(_ context.Context, codes []ebd.ResourceCode) (out []Terminal, _ error) {
	for _, t := range c {
		if slices.Contains(codes, t.Code) {
			out = append(out, t)
		}
	}
	return out, nil
}

type quiet struct{ told atomic.Int64 }

func (q *quiet) Tell(string, auth.Permission, string, any) { q.told.Add(1) }

type sink struct{ n atomic.Int64 }

func (s *sink) Send(string, []byte) { s.n.Add(1) }

const threadID = "01J3Z8Q4W5X6Y7Z8A9B0C1D2E3"

// order stores an order of about 2 KB, as the module does when a message is issued.
func order(t testing.TB, db *store.DB) {
	t.Helper()
	err := db.Housekeep(context.Background(), func(tx *store.Tx) error {
		return PutOrder(context.Background(), tx, Order{Thread: 1, ThreadID: threadID, Version: 2, Kind: wire.Play, Seq: 1, RegionPath: "cn.11.110105.",
			Area: wire.Area{Regions: []ebd.AreaCode{"110105000000"}}, Frame: make([]byte, 2000), IssuedAt: tx.Now, DueAt: tx.Now, ValidUntil: tx.Now.Add(time.Hour)})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func newDesk(db *store.DB, clk clock.Clock, c crowd, s Sender) *Desk {
	return NewDesk(Deps{DB: db, Clock: clk, Log: slog.New(slog.DiscardHandler), Terminals: c, Sender: s, Live: new(quiet), Read: "alert.read"})
}

func (c crowd) answer(phase wire.Phase, at int64) []Receipt {
	out := make([]Receipt, len(c))
	for i, t := range c {
		out[i] = Receipt{t.Code, t.RegionPath, wire.Receipt{Order: threadID, Version: 2, Phase: phase, At: at + int64(i)}}
	}
	return out
}

// Receipts come before, between and after the rows are written, from many goroutines, and
// every one is in the log and in the figures.
func TestThousandsOfReceiptsWhileRowsAreWritten(t *testing.T) {
	eachDB(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		ctx := context.Background()
		const many = 3000
		c, s := newCrowd(many), new(sink)
		order(t, db)
		d := newDesk(db, clk, c, s)
		if err := d.Look(ctx); err != nil {
			t.Fatal(err)
		}
		if s.n.Load() != many {
			t.Fatalf("%d frames were sent", s.n.Load())
		}
		at := clk.Now().UnixMicro()
		var group sync.WaitGroup
		for _, phase := range []wire.Phase{wire.Played, wire.Received, wire.Playing} {
			for part := range slices.Chunk(c.answer(phase, at), 700) {
				group.Go(func() {
					if err := d.TakeReceipts(ctx, part); err != nil {
						t.Error(err)
					}
				})
			}
		}
		for range 5 {
			group.Go(func() {
				if err := d.Flush(ctx); err != nil {
					t.Error(err)
				}
				d.Tell()
			})
		}
		group.Wait()
		for range 2 {
			if err := d.Flush(ctx); err != nil {
				t.Fatal(err)
			}
		}
		want := Figures{Targets: many, Answered: many, Reached: many, Played: many, Unmeasured: many, Ever: Ever{Targets: many, Reached: many}}
		f, err := d.Figures(ctx, 1, auth.Everywhere)
		if err != nil || *f != want {
			t.Fatalf("%+v, %v", f, err)
		}
		again, err := newDesk(db, clk, c, s).Figures(ctx, 1, auth.Everywhere)
		if err != nil || *again != want {
			t.Fatalf("read again: %+v, %v", again, err)
		}
		var rows, batches int
		if err := db.QueryRow(ctx, `SELECT count(*) FROM alert_delivery WHERE state = 'played'`).Scan(&rows); err != nil || rows != many {
			t.Errorf("%d rows, %v", rows, err)
		}
		if err := db.QueryRow(ctx, `SELECT count(*) FROM platform_audit WHERE action = 'alert.receipts'`).Scan(&batches); err != nil || batches < 3 || batches > 15 {
			t.Errorf("%d audit records, %v", batches, err)
		}
		var dispatched *int64
		if err := db.QueryRow(ctx, `SELECT dispatched_at FROM alert_order`).Scan(&dispatched); err != nil || dispatched == nil {
			t.Errorf("the order is not marked as dispatched: %v", err)
		}
	})
}

// A frame crosses the real gateway to real clients, and their answers
// come back into the log.
func TestOverRealMQTT(t *testing.T) {
	const many = 40
	db, clk := storetest.SQLite(t, alertTables)
	b, err := gateway.Open(gateway.Options{Listen: "127.0.0.1:0", Clock: clock.System{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	c := newCrowd(many)
	d := newDesk(db, clk, c, b)
	stop, _ := b.Serve(func(_, _, _ string) bool { return true }, func(code string, frame []byte) bool {
		r := Receipt{ebd.ResourceCode(code), crowdPath, wire.Receipt{Order: threadID, Version: 2, Phase: wire.Phase(frame), At: clk.Now().UnixMicro()}}
		if err := d.TakeReceipts(context.Background(), []Receipt{r}); err != nil {
			t.Error(err)
		}
		return true
	})
	defer stop()
	var got atomic.Int64
	for _, term := range c {
		code := string(term.Code)
		client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + b.Addr()).SetClientID(code).SetUsername(code).SetPassword("x").SetProtocolVersion(4))
		if token := client.Connect(); token.Wait() && token.Error() != nil {
			t.Fatal(token.Error())
		}
		defer client.Disconnect(0)
		token := client.Subscribe(wire.DownTopic(term.Code), 0, func(cl mqtt.Client, m mqtt.Message) {
			if len(m.Payload()) == 2000 {
				got.Add(1)
				cl.Publish(wire.UpTopic(term.Code), 0, false, string(wire.Playing))
			}
		})
		if token.Wait() && token.Error() != nil {
			t.Fatal(token.Error())
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	order(t, db)
	d.Wake()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if f, err := d.Figures(ctx, 1, auth.Everywhere); err == nil && f != nil && f.Playing == many {
			break
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	var rows int
	if err := db.QueryRow(context.Background(), `SELECT count(*) FROM alert_delivery WHERE state = 'playing'`).Scan(&rows); err != nil || rows != many || got.Load() != many {
		t.Errorf("%d frames, %d rows, %v", got.Load(), rows, err)
	}
}

// From the order in the database to the last of 10,000 receipts on disk, less the network.
func BenchmarkTenThousand(b *testing.B) {
	c := newCrowd(10_000)
	for b.Loop() {
		b.StopTimer()
		db, _ := storetest.SQLite(b, alertTables)
		order(b, db)
		d := newDesk(db, db.Clock(), c, new(sink))
		at := db.Clock().Now().UnixMicro()
		receipts := c.answer(wire.Received, at)
		b.StartTimer()
		if err := d.Look(context.Background()); err != nil {
			b.Fatal(err)
		}
		if err := d.TakeReceipts(context.Background(), receipts); err != nil {
			b.Fatal(err)
		}
	}
}

// A terminal repeats what was not confirmed, to a process that has just started and has
// not read the message yet, and twice at once. It is logged once.
func TestRepeatedReceiptIsLoggedOnce(t *testing.T) {
	eachDB(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		ctx := context.Background()
		c, s := newCrowd(1), new(sink)
		order(t, db)
		said := c.answer(wire.Played, clk.Now().UnixMicro())
		for range 2 {
			if err := newDesk(db, clk, c, s).TakeReceipts(ctx, append(said, said...)); err != nil {
				t.Fatal(err)
			}
		}
		var rows int
		if err := db.QueryRow(ctx, `SELECT count(*) FROM alert_receipt`).Scan(&rows); err != nil || rows != 1 {
			t.Errorf("%d rows, %v", rows, err)
		}
	})
}

// What is over is summed up from its rows as it was from memory, and does not stay there:
// a city's history is larger.
func TestHistoryIsReadAndNotKept(t *testing.T) {
	eachDB(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		ctx := context.Background()
		c, s := newCrowd(150), new(sink)
		order(t, db)
		d := newDesk(db, clk, c, s)
		if err := d.Look(ctx); err != nil {
			t.Fatal(err)
		}
		clk.Advance(2 * time.Second)
		if err := d.TakeReceipts(ctx, c[:100].answer(wire.Played, clk.Now().UnixMicro())); err != nil {
			t.Fatal(err)
		}
		if err := d.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		clk.Advance(2 * time.Hour)
		want, err := d.Summary(ctx, 1, auth.Everywhere)
		if err != nil || want.Figures.Played != 100 || want.Curve.Played[len(want.Curve.Played)-1] != 100 || len(want.Townships) != 1 {
			t.Fatalf("%+v, %v", want, err)
		}
		standing, err := d.Standing(ctx, 1, auth.Everywhere)
		if err != nil {
			t.Fatal(err)
		}
		later := newDesk(db, clk, c, s)
		for range 2 {
			got, err := later.Summary(ctx, 1, auth.Everywhere)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
			stands, err := later.Standing(ctx, 1, auth.Everywhere)
			if diff := cmp.Diff(standing, stands); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
		}
		if len(later.threads) != 0 {
			t.Errorf("%d threads were kept", len(later.threads))
		}
	})
}
