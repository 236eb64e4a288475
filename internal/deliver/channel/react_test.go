package channel

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// A timetable that did not change is not read again; one that did is.
func TestOnlyWhatChangedIsReadAgain(t *testing.T) {
	each(t, func(b *bench) {
		ctx := context.Background()
		tt := b.publish("li", "wang", b.timetable("li", "110115008000", relay("a", "07:00", 30), relay("b", "09:00", 30)))
		b.at(5, "06:50")
		body := func(change string) {
			b.Helper()
			b.do(b.deps.DB.Housekeep(ctx, func(tx *store.Tx) error {
				_, err := tx.Exec(ctx, `UPDATE channel_version SET body = `+change+` WHERE timetable_id = $1 AND state = 'published'`, tt.ID)
				return err
			}))
		}
		body(`'x' || body`) // nobody can read it
		b.at(5, "08:50")
		if got := b.stages(tt); got != "05T07:00 a handed, 05T09:00 b handed" && got != "05T07:00 a over, 05T09:00 b handed" {
			b.Errorf("unchanged: %s", got)
		}
		body(`substr(body, 2)`)
		b.publish("li", "wang", b.edit("li", tt, Content{Slots: []Slot{relay("c", "10:00", 30)}}))
		b.at(5, "09:50")
		found := false
		for _, i := range b.handed {
			found = found || i.Title == "新闻c"
		}
		if !found {
			b.Errorf("changed: %s", b.stages(tt))
		}
	})
}

// Items of one time are handed over side by side, so many at a time and no more.
func TestItemsOfOneTimeAreHandedOverSideBySide(t *testing.T) {
	each(t, func(b *bench) {
		slots := make([]Slot, 3*sideBySide)
		for i := range slots {
			slots[i] = notice(fmt.Sprint("n", i), fmt.Sprintf("07:%02d", i), 1)
		}
		b.publish("li", "wang", b.timetable("li", "110115008000", slots...))
		var mu sync.Mutex
		now, most := 0, 0
		b.meet = func(Item) {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(20 * time.Millisecond)
			mu.Lock()
			now--
			mu.Unlock()
		}
		b.at(5, "07:00") // the next ten minutes are due
		if most != sideBySide {
			b.Errorf("%d at a time, want %d, of %d", most, sideBySide, len(b.handed))
		}
	})
}

// BenchmarkLook looks at a thousand timetables of twenty slots, of which nothing is due.
func BenchmarkLook(t *testing.B) {
	ctx := context.Background()
	db, clk := storetest.SQLite(t, Migrations())
	m := New(Deps{DB: db, Clock: clk, Log: slog.New(slog.DiscardHandler), Zone: zone})
	slots := make([]Slot, 20)
	for i := range slots {
		slots[i] = relay(fmt.Sprint("s", i), fmt.Sprintf("%02d:00", i), 30)
	}
	if err := db.Housekeep(ctx, func(tx *store.Tx) error {
		for range 1000 {
			v := &Version{Number: 1, State: Published, Content: Content{Slots: slots}.whole(), Editors: []Person{}, Approvals: []Approval{}}
			tt := &Timetable{ID: store.NewID(tx.Now), RegionPath: village, Published: v, LookedAt: tx.Now.Add(lead)}
			if err := insertTimetable(ctx, tx, tt); err != nil {
				return err
			}
			if err := writeTimetable(ctx, tx, tt); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := m.plan(ctx, clk.Now()); err != nil { // reads them once
		t.Fatal(err)
	}
	for t.Loop() {
		if err := m.plan(ctx, clk.Now()); err != nil {
			t.Fatal(err)
		}
	}
}
