package asset

import (
	"context"
	"fmt"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// span is how finely and how long heartbeats are kept.
type span struct {
	width int64         // seconds of a slot
	keep  time.Duration // how old before it is folded into the next, or dropped
}

// Heartbeats are folded into slots as they come, and into wider ones as they age: ten
// minutes for three days, an hour for thirty, a day for two years. For 10,000 devices
// that is about 19 million rows at most; each heartbeat by itself would be 860 million
// in thirty days.
var (
	fresh = span{600, 3 * 24 * time.Hour}
	hours = span{3600, 30 * 24 * time.Hour}
	days  = span{86400, 730 * 24 * time.Hour}
)

// start is the beginning of the slot that holds t, UTC microseconds.
func (s span) start(t time.Time) int64 {
	width := s.width * int64(time.Second/time.Microsecond)
	return t.UnixMicro() / width * width
}

// What happened to a device is kept this long.
const eventAge = 730 * 24 * time.Hour

// sweepHistory folds and drops what is old, in steps that hold the store only briefly.
func (m *Module) sweepHistory(ctx context.Context) {
	now := m.clock.Now()
	for _, step := range []struct{ from, into span }{{fresh, hours}, {hours, days}, {days, span{}}} {
		before := now.Add(-step.from.keep)
		if step.into.width > 0 {
			before = time.UnixMicro(step.into.start(before)) // whole slots only
		}
		for ctx.Err() == nil {
			var n int64
			err := m.db.Housekeep(ctx, func(tx *store.Tx) (err error) {
				n, err = foldSlots(ctx, tx, step.from, step.into, before)
				return err
			})
			if err != nil {
				m.log.Error("old heartbeats were not folded", "error", err)
				return
			}
			if n == 0 {
				break
			}
		}
	}
	if err := m.db.Housekeep(ctx, func(tx *store.Tx) error { return dropOld(ctx, tx, now) }); err != nil && ctx.Err() == nil {
		m.log.Error("old history was not dropped", "error", err)
	}
}

// resultSource marks the outcome of an order in a device's history.
func resultSource(order string, version int) string { return fmt.Sprintf("%s:%d", order, version) }

// saveResults keeps the outcome of set and test orders in the devices' histories, then
// confirms them: until then terminals repeat them.
func (m *Module) saveResults(ctx context.Context, batch []Result) {
	err := m.db.Telemetry(ctx, func(tx *store.Tx) error {
		haps := make([]happening, 0, len(batch))
		for _, r := range batch {
			detail := map[string]any{"order": r.Order, "ok": r.OK, "volume": r.Volume, "period": r.Period}
			if r.Reason != "" {
				detail["reason"] = r.Reason
			}
			if r.Heard != nil {
				detail["heard"] = r.Heard
			}
			what, by, err := settle(ctx, tx, r.DeviceID, r.Order)
			if err != nil {
				return err
			}
			if what != "" {
				detail["what"], detail["by"] = what, by
			}
			haps = append(haps, happening{r.DeviceID, r.Frame.At, hapResult, detail, resultSource(r.Order, r.Version)})
			if r.OK && r.Period > 0 {
				if err := setPeriod(ctx, tx, r.DeviceID, r.Period); err != nil {
					return err
				}
			}
		}
		return addHappenings(ctx, tx, haps)
	})
	if err != nil {
		m.lost("results were not kept; the terminals will repeat them", err, "count", len(batch))
		return
	}
	frames := make([]Frame, len(batch))
	for i, r := range batch {
		frames[i] = r.Frame
		if who := m.roster.peek(string(r.Code)); who != nil && r.OK && r.Period > 0 {
			who.period.Store(int64(r.Period))
		}
	}
	m.confirm(frames)
}
