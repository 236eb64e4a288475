package asset

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// A terminal that refuses an order because it is not genuine tells of somebody who tries,
// or of a clock or a key that is wrong: whoever looks after it must see that.
var suspicious = []wire.Reason{wire.BadFrame, wire.UnknownIssuer, wire.ForgedCertificate, wire.CertificateExpired,
	wire.CertificateRevoked, wire.BadSignature, wire.NotYetValid}

// everyday are the reasons that mean nothing where the order was ours.
var everyday = []wire.Reason{wire.WrongArea, wire.Expired, wire.Cancelled, wire.Replayed, wire.QueueFull}

const (
	// refusalEvery bounds how often one reason of one device enters its history: a flood
	// of forged orders leaves a line with a count, not a line each.
	refusalEvery = 10 * time.Minute
	maxRefusals  = 20_000 // devices and reasons remembered
)

// refusals counts what terminals refuse and keeps it out of sight no longer than it must.
type refusals struct {
	mu   sync.Mutex
	last map[refusalKey]*refused
}

type refusalKey struct {
	device string
	reason wire.Reason
}

// refused is what is known of one reason of one device.
type refused struct {
	noted time.Time // when it entered the history last
	more  int       // since then
}

func newRefusals() *refusals { return &refusals{last: map[refusalKey]*refused{}} }

// admit reports whether a refusal enters the history now, and how many it stands for.
func (r *refusals) admit(k refusalKey, now time.Time) (count int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.last[k]
	if l == nil {
		if len(r.last) >= maxRefusals {
			clear(r.last)
		}
		r.last[k] = &refused{noted: now}
		return 1, true
	}
	l.more++
	if now.Sub(l.noted) < refusalEvery {
		return 0, false
	}
	count = l.more
	l.noted, l.more = now, 0
	return count, true
}

// ourOrders finds, of the orders that were refused for other reasons than not being
// genuine, those that this platform sent: as messages, or to the device as an instruction.
func (m *Module) ourOrders(ctx context.Context, batch []Receipt) (map[deviceOrder]bool, error) {
	var orders []string
	for _, r := range batch {
		if r.Phase == wire.Refused && !slices.Contains(suspicious, r.Reason) && !slices.Contains(orders, r.Order) {
			orders = append(orders, r.Order)
		}
	}
	ours := map[deviceOrder]bool{}
	if len(orders) == 0 || m.sent == nil {
		return ours, nil
	}
	messages, err := m.sent(ctx, orders)
	if err != nil {
		return nil, err
	}
	for _, r := range batch {
		k := deviceOrder{r.DeviceID, r.Order}
		if !slices.Contains(orders, r.Order) || ours[k] {
			continue
		}
		if ours[k] = messages[r.Order]; !ours[k] {
			if ours[k], err = instructed(ctx, m.db, r.DeviceID, r.Order); err != nil {
				return nil, err
			}
		}
	}
	return ours, nil
}

// deviceOrder is an order as one device had it.
type deviceOrder struct{ device, order string }

// noteRefusals counts refusals by reason and leaves those that somebody should see in the
// devices' histories: what was not genuine, and whatever was said of an order that this
// platform never sent. It is telemetry: what cannot be stored is logged and let go.
func (m *Module) noteRefusals(ctx context.Context, batch []Receipt) {
	ours, err := m.ourOrders(ctx, batch)
	if err != nil {
		m.log.Error("whether refused orders were ours is not known", "error", err)
	}
	var haps []happening
	for _, r := range batch {
		if r.Phase != wire.Refused {
			continue
		}
		reason := r.Reason
		if !slices.Contains(suspicious, reason) && !slices.Contains(everyday, reason) {
			reason = "other" // the word is the terminal's own
		}
		m.refused.WithLabelValues(string(reason)).Inc()
		if !slices.Contains(suspicious, reason) && (m.sent == nil || err != nil || ours[deviceOrder{r.DeviceID, r.Order}]) {
			continue
		}
		if count, ok := m.refusals.admit(refusalKey{r.DeviceID, reason}, r.Frame.At); ok {
			haps = append(haps, happening{deviceID: r.DeviceID, at: r.Frame.At, kind: hapRefused,
				detail: map[string]any{"reason": reason, "order": r.Order, "version": r.Version, "count": count}})
		}
	}
	if len(haps) == 0 {
		return
	}
	if err := m.db.Telemetry(ctx, func(tx *store.Tx) error { return addHappenings(ctx, tx, haps) }); err != nil {
		m.lost("refusals of terminals were not kept", err, "count", len(haps))
	}
}
