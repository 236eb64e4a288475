package asset_test

import (
	"context"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/register/asset"
)

// kinds counts what a device's history holds.
func (r *rig) kinds(id string) map[string]int {
	r.t.Helper()
	rows, err := r.db.Query(context.Background(), `SELECT kind FROM asset_event WHERE device_id = $1`, id)
	if err != nil {
		r.t.Fatal(err)
	}
	defer rows.Close()
	n := map[string]int{}
	for rows.Next() {
		var kind string
		if err := rows.Scan(&kind); err != nil {
			r.t.Fatal(err)
		}
		n[kind]++
	}
	return n
}

func (r *rig) presence(x *terminal) asset.Presence {
	return r.entry(string(x.code)).Condition.Presence
}

// While receipts are stored heartbeats wait; who sent one is not offline meanwhile.
func TestWhoWasHeardIsNotDeclaredOffline(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		r.run()
		x, gone := r.enrol(r.add("110105001000", 116.45, 39.91)).connect(), r.enrol(r.add("110105001000", 116.46, 39.92)).connect()
		x.send(x.heartbeat())
		gone.send(gone.heartbeat())
		r.until("both online", func() bool { return r.presence(x) == asset.Online && r.presence(gone) == asset.Online })
		r.mu.Lock() // the receipt is long in being stored
		x.send(x.seal(final(r)))
		for range 4 {
			clk.Advance(55 * time.Second)
			x.send(x.heartbeat())
		}
		r.until("the silent one offline", func() bool { return r.presence(gone) == asset.Offline })
		if r.presence(x) != asset.Online {
			t.Error("offline although it was heard")
		}
		r.mu.Unlock()
		r.until("the heartbeat is stored", func() bool { return r.entry(string(x.code)).Condition.LastSeen.Equal(clk.Now()) })
	})
}

// How devices stood after the last batch is remembered. One of them went offline since by
// another's word: it wakes again, and what is new of the others is not lost.
func TestARememberedStandingThatIsOldIsReadAgain(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		r.run()
		x, y := r.enrol(r.add("110105001000", 116.45, 39.91)).connect(), r.enrol(r.add("110105001000", 116.46, 39.92)).connect()
		for range 2 {
			clk.Advance(time.Second)
			x.send(x.heartbeat())
			y.send(y.heartbeat())
			r.until("both are heard", func() bool {
				for _, who := range []*terminal{x, y} {
					if c := r.entry(string(who.code)).Condition; c.LastSeen == nil || !c.LastSeen.Equal(clk.Now()) {
						return false
					}
				}
				return true
			})
		}
		id := r.entry(string(x.code)).ID
		since := *r.entry(string(y.code)).Condition.Since
		err := db.Telemetry(context.Background(), func(tx *store.Tx) error {
			_, err := tx.Exec(context.Background(), `UPDATE asset_condition SET condition = 'offline' WHERE device_id = $1`, id)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		clk.Advance(time.Second)
		x.send(x.heartbeat())
		y.send(y.heartbeat(func(h *wire.Heartbeat) { h.Faults = []string{"player"} }))
		r.until("x is back", func() bool { return r.presence(x) == asset.Online })
		r.until("y is faulty", func() bool { return len(r.entry(string(y.code)).Condition.Faults) == 1 })
		if n := r.kinds(id); n["online"] != 2 {
			t.Errorf("history of the one that was offline: %v", n)
		}
		other := r.entry(string(y.code))
		if n := r.kinds(other.ID); n["online"] != 1 || n["fault"] != 1 || !other.Condition.Since.Equal(since) {
			t.Errorf("history of the other: %v, online since %s and %s", n, since, other.Condition.Since)
		}
	})
}
