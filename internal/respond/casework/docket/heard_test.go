package docket_test

import (
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

const speaker = "41101010010000310101010"

func (r *rig) hear(event string) {
	r.Helper()
	r.ok(r.db.Housekeep(r.ctx, func(tx *store.Tx) error {
		return r.desk.Hear(r.ctx, tx, []docket.Heard{{Event: event, Subject: speaker, Words: "功放故障"}})
	}))
	r.clk.Advance(2 * time.Second)
}

// about waits until the cases about the loudspeaker are as they should be.
func (r *rig) about(want func([]docket.Row) bool) []docket.Row {
	r.Helper()
	for range 200 {
		found, err := r.desk.List(r.as("boss"), docket.Filter{Subject: speaker})
		r.ok(err)
		if want(found.Items) {
			return found.Items
		}
		r.clk.Advance(time.Second)
		time.Sleep(10 * time.Millisecond)
	}
	r.Fatal("it did not come to that")
	return nil
}

// A device that names a fault opens one case, however often it does, and its own return closes what
// waits to be confirmed.
func TestADeviceOpensAndConfirmsItsRepair(t *testing.T) {
	each(t, func(r *rig) {
		r.hear("device.faulty")
		r.hear("device.faulty")
		rows := r.about(func(rows []docket.Row) bool { return len(rows) == 1 })
		id := rows[0].ID
		r.do("disp", id, "triage", map[string]any{"urgency": "urgent", "technician": account("tech")})
		r.do("tech", id, "arrive", nil)
		r.do("tech", id, "repair", map[string]any{"cause": "device", "done": "换功放"})
		r.hear("device.online")
		rows = r.about(func(rows []docket.Row) bool { return len(rows) == 1 && rows[0].State == "closed" })
		if rows[0].Outcome != "done" {
			r.Errorf("%+v", rows[0])
		}
	})
}
