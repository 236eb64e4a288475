package delivery

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func put(t *testing.T, db *store.DB, o Order) {
	t.Helper()
	err := db.Housekeep(context.Background(), func(tx *store.Tx) error {
		o.Kind, o.RegionPath, o.IssuedAt, o.DueAt, o.ValidUntil = wire.Play, "cn.11.110105.", tx.Now, tx.Now, tx.Now.Add(time.Hour)
		return PutOrder(context.Background(), tx, o)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func do(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// A terminal sounded a version, and says so only after an update was sent.
func TestALateReceiptOfAnEarlierVersionCounts(t *testing.T) {
	eachDB(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		ctx := context.Background()
		c := newCrowd(1)
		order(t, db)
		d := newDesk(db, clk, c, new(sink))
		do(t, d.Look(ctx))
		clk.Advance(time.Minute)
		put(t, db, Order{Thread: 1, ThreadID: threadID, Version: 4, Seq: 2, Area: wire.Area{Regions: []ebd.AreaCode{"110105000000"}}})
		do(t, d.Look(ctx))
		said := append(c.answer(wire.Playing, clk.Now().UnixMicro()-1000), c.answer(wire.Played, clk.Now().UnixMicro())...)
		do(t, d.TakeReceipts(ctx, said[:1]), d.TakeReceipts(ctx, said[1:]), d.TakeReceipts(ctx, said[1:])) // repeated until confirmed
		f, err := d.Figures(ctx, 1, auth.Everywhere)
		log, failed := DeviceLog(ctx, db, 1, string(c[0].Code), func(v int) int { return v })
		if do(t, err, failed); f.Ever.Reached != 1 || f.Reached != 0 || f.Sent != 1 || len(log) != 2 {
			t.Errorf("%+v, %d in the log", f, len(log))
		}
	})
}

// picky is a register that cannot answer for one region.
type picky struct{ crowd }

func (p picky) Within(_ context.Context, a wire.Area) ([]Terminal, error) {
	if a.Regions[0] == "110105000000" {
		return nil, errors.New("broken")
	}
	return p.crowd, nil
}

func TestAnOrderThatFailsHoldsUpNoOther(t *testing.T) {
	eachDB(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		c, s := newCrowd(2), new(sink)
		order(t, db)
		put(t, db, Order{Thread: 2, ThreadID: "01J3Z8Q4W5X6Y7Z8A9B0C1D2E4", Version: 2, Seq: 2, Area: wire.Area{Regions: []ebd.AreaCode{"110105001000"}}})
		d := newDesk(db, clk, c, s)
		d.Terminals = picky{c}
		if err := d.Look(context.Background()); err == nil || s.n.Load() != 2 {
			t.Errorf("%d frames, %v", s.n.Load(), err)
		}
	})
}

// A receipt is on its way into the log while its thread, over for long, is let go.
func TestAThreadLetGoMeanwhileLosesNothing(t *testing.T) {
	eachDB(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		ctx := context.Background()
		c := newCrowd(1)
		order(t, db)
		d := newDesk(db, clk, c, new(sink))
		do(t, d.Look(ctx), d.Flush(ctx))
		clk.Advance(2 * time.Hour)
		batch, err := d.sift(ctx, c.answer(wire.Played, clk.Now().UnixMicro()))
		do(t, err, d.Look(ctx))
		if len(d.threads) != 0 {
			t.Fatal("it was not let go")
		}
		do(t, db.Update(ctx, func(tx *store.Tx) error { return d.log(ctx, tx, batch) }))
		d.took(batch)
		do(t, d.Flush(ctx))
		stands, err := newDesk(db, clk, c, new(sink)).Standing(ctx, 1, auth.Everywhere)
		if do(t, err); len(stands[Played]) != 1 {
			t.Errorf("%v", stands)
		}
	})
}

// One terminal may name every message there ever was: not all are kept for it.
func TestReceiptsOfOldThreadsFillNoMemory(t *testing.T) {
	eachDB(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		ctx := context.Background()
		c := newCrowd(1)
		for n := range 2 * maxOver {
			put(t, db, Order{Thread: int64(n + 1), ThreadID: fmt.Sprintf("01J3Z8Q4W5X6Y7Z8A9B0C1D%03d", n), Version: 2, Seq: uint64(n + 1), Area: wire.Area{Regions: []ebd.AreaCode{"110105000000"}}})
		}
		clk.Advance(2 * time.Hour)
		d := newDesk(db, clk, c, new(sink))
		for n := range 2 * maxOver {
			said := c.answer(wire.Played, clk.Now().UnixMicro())
			said[0].Order = fmt.Sprintf("01J3Z8Q4W5X6Y7Z8A9B0C1D%03d", n)
			do(t, d.TakeReceipts(ctx, said), d.Flush(ctx))
		}
		if n := len(d.threads); n > maxOver+1 {
			t.Errorf("%d threads are kept", n)
		}
		var played int
		do(t, db.QueryRow(ctx, `SELECT count(*) FROM alert_delivery WHERE state = 'played'`).Scan(&played))
		if played != 2*maxOver {
			t.Errorf("%d of %d are stored", played, 2*maxOver)
		}
	})
}

// What a terminal says of a message that was not for it, or of a version that never was,
// counts for nothing. Whom an order was for counts even where a crash forgot that.
func TestReceiptsOfWhatWasNeverSentCountForNothing(t *testing.T) {
	eachDB(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		ctx := context.Background()
		c := newCrowd(3)
		c[2].Place.Region, c[2].RegionPath = "110108001001", "cn.11.110108.110108001."
		order(t, db)
		d := newDesk(db, clk, c, new(sink))
		said := c.answer(wire.Played, clk.Now().UnixMicro())
		future := c[:1].answer(wire.Played, clk.Now().UnixMicro())
		future[0].Version = 999
		do(t, d.TakeReceipts(ctx, append(said, future...)), d.Flush(ctx))
		f, err := d.Figures(ctx, 1, auth.Everywhere)
		rows, failed := List(ctx, db, ListQuery{Thread: 1, Scope: auth.Everywhere, Page: store.Page{Limit: 10}, NumberOf: func(v int) int { return v }})
		if do(t, err, failed); f.Targets != 2 || f.Played != 2 || len(rows.Items) != 2 || rows.Items[0].Number != 2 {
			t.Errorf("%+v, %+v", f, rows.Items)
		}
	})
}
