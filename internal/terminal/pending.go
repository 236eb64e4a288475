package terminal

import (
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
)

// pending is a final receipt or a result that the platform has not confirmed.
type pending struct {
	Receipt *wire.Receipt `json:"receipt,omitempty"`
	Result  *wire.Result  `json:"result,omitempty"`

	counter uint64    // of the last frame that carried it, in the present session
	due     time.Time // when to send it again
	tries   int
}

const (
	maxPending  = 1000 // the oldest goes first; the platform still learns by its own re-sending
	firstRepeat = 15 * time.Second
	lastRepeat  = 10 * time.Minute
)

func (p *pending) order() string {
	if p.Receipt != nil {
		return p.Receipt.Order
	}
	return p.Result.Order
}

// payload is what goes into the frame.
func (p *pending) payload() any {
	if p.Receipt != nil {
		return p.Receipt
	}
	return p.Result
}

// keep reports p and holds it until it is confirmed.
func (d *desk) keep(p *pending) {
	if len(d.Pending) >= maxPending {
		d.Pending = slices.Delete(d.Pending, 0, 1)
	}
	d.Pending = append(d.Pending, p)
	d.out = append(d.out, p)
	d.dirty = true
}

// sent notes that p left in the frame with this counter.
func (p *pending) sent(counter uint64, now time.Time) {
	p.counter = counter
	p.due = now.Add(min(firstRepeat<<min(p.tries, 10), lastRepeat))
	p.tries++
}

// repeat sends again what is due.
func (d *desk) repeat(now time.Time) {
	for _, p := range d.Pending {
		if p.counter != 0 && !now.Before(p.due) {
			d.out = append(d.out, p)
		}
	}
}

// reconnected queues what the platform may have missed: the state of every message
// held, and everything unconfirmed. Counters of the old session mean nothing now.
func (d *desk) reconnected() {
	for _, e := range d.Entries {
		last := e.Last
		d.out = append(d.out, &last)
	}
	for _, p := range d.Pending {
		p.counter, p.tries = 0, 0
		d.out = append(d.out, p)
	}
}

// confirmed drops what the platform has stored.
func (d *desk) confirmed(counters []uint64) {
	n := len(d.Pending)
	d.Pending = slices.DeleteFunc(d.Pending, func(p *pending) bool {
		return p.counter != 0 && slices.Contains(counters, p.counter)
	})
	if len(d.Pending) != n {
		d.dirty = true
	}
}
