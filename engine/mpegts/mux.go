package mpegts

import (
	"bytes"
	"errors"
	"fmt"
	"math/bits"
	"time"
)

// Bounds of a Mux.
const (
	MaxRate    = 1_000_000_000 // bits per second
	maxItems   = 4096
	packetBits = PacketSize * 8
)

// Item is a table on a carousel.
type Item struct {
	Key      string // tells it from the others, and the same again from a new one
	PID      uint16
	Sections [][]byte      // whole sections; not to be changed afterwards
	Period   time.Duration // from one repetition to the next, as long as there is room
	// Limit, where it is not 0, is a promise: from the beginning of one repetition to that
	// of the next, and from end to end, there is never more stream time than this. An
	// item without goes out when there is nothing promised to send.
	Limit time.Duration
}

// Mux carries tables on a carousel in a stream of constant rate: Next writes a stream of
// its own, Insert puts the tables in place of the null packets of one that passes. One
// Mux does one of the two. It is not safe for concurrent use; whoever paces it calls
// Set between two calls of Next.
type Mux struct {
	rate       int64
	n          int64 // packets that passed: the stream time
	streams    []*stream
	byPID      [pids]*stream
	turn       int64 // sections sent, by which turns are taken
	clockPID   uint16
	clockEvery int64 // packets; 0 without clock
}

// stream is the tables on one PID, those with a promise first.
type stream struct {
	packetiser
	items []*item
	wake  int64 // no item is due before
}

type item struct {
	Item
	period  int64 // packets
	at      int   // section that comes next
	due     int64 // packet before which the next repetition does not begin
	served  int64 // turn at which it was last
	begun   int64 // packet at which the last repetition began, -1 before
	longest int64 // packets between two beginnings so far
}

// NewMux returns a multiplexer for a stream of rate bits per second.
func NewMux(rate int64) (*Mux, error) {
	if rate < packetBits || rate > MaxRate {
		return nil, fmt.Errorf("mpegts: a rate of %d bit/s; %d to %d can be", rate, packetBits, MaxRate)
	}
	return &Mux{rate: rate}, nil
}

// Rate is the rate of the stream in bits per second.
func (m *Mux) Rate() int64 { return m.rate }

// Packets is how many packets passed.
func (m *Mux) Packets() int64 { return m.n }

// Time is the stream time, which counts from the first packet.
func (m *Mux) Time() time.Duration { return m.duration(m.n) }

// Clock puts a programme clock on a PID of its own, every 40 ms at most (ISO/IEC 13818-1
// asks for 100, DVB for 40). It is for a stream that Next writes.
func (m *Mux) Clock(pid uint16) error {
	if pid >= NullPID || m.byPID[pid] != nil {
		return fmt.Errorf("mpegts: no clock can go on PID 0x%04X", pid)
	}
	m.clockPID, m.clockEvery = pid, max(1, m.slots(40*time.Millisecond))
	return nil
}

// slots is how many packets pass in d, rounded down.
func (m *Mux) slots(d time.Duration) int64 {
	hi, lo := bits.Mul64(uint64(d), uint64(m.rate))
	q, _ := bits.Div64(hi, lo, packetBits*uint64(time.Second))
	return int64(q)
}

// duration is how long n packets take.
func (m *Mux) duration(n int64) time.Duration {
	hi, lo := bits.Mul64(uint64(n), packetBits*uint64(time.Second))
	if hi >= uint64(m.rate) {
		return 1<<63 - 1
	}
	q, _ := bits.Div64(hi, lo, uint64(m.rate))
	return time.Duration(q)
}

// Set makes items what is carried, from the next section on; a section under way is
// finished. An item that was there before with the same sections goes on where it is,
// a new or changed one begins at once. Where a promise cannot be kept at this rate, Set
// says which and changes nothing.
func (m *Mux) Set(items []Item) error {
	if err := m.check(items); err != nil {
		return err
	}
	before := map[string]*item{}
	for _, s := range m.streams {
		for _, it := range s.items {
			before[it.Key] = it
		}
		s.items, s.wake = nil, m.n
	}
	for _, promised := range []bool{true, false} {
		for _, i := range items {
			if (i.Limit > 0) != promised {
				continue
			}
			it := &item{Item: i, period: max(1, m.slots(i.Period)), due: m.n, begun: -1}
			if old := before[i.Key]; old != nil && old.PID == i.PID {
				it.begun, it.longest = old.begun, old.longest
				if equal(old.Sections, i.Sections) {
					it.at, it.due, it.served = old.at, min(old.due, m.n+it.period), old.served
				}
			}
			s := m.byPID[i.PID]
			if s == nil {
				s = &stream{packetiser: packetiser{pid: i.PID}}
				m.byPID[i.PID] = s
				m.streams = append(m.streams, s)
			}
			s.items = append(s.items, it)
		}
	}
	return nil
}

func equal(a, b [][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// check refuses items that are not well formed, and promises that could be broken. It
// bounds the packets R that pass from when an item is due until it is sent: its own, on
// every PID one section without promise that is under way, and all other promised items
// as often as they come round in R. Period + R must be under the limit.
func (m *Mux) check(items []Item) error {
	if len(items) > maxItems {
		return fmt.Errorf("mpegts: %d tables, at most %d can be carried", len(items), maxItems)
	}
	keys := map[string]bool{}
	blocking := map[uint16]int64{}
	for _, i := range items {
		switch {
		case keys[i.Key]:
			return fmt.Errorf("mpegts: table %s is there twice", i.Key)
		case i.PID >= NullPID || m.clockEvery > 0 && i.PID == m.clockPID:
			return fmt.Errorf("mpegts: table %s cannot go on PID 0x%04X", i.Key, i.PID)
		case len(i.Sections) == 0:
			return fmt.Errorf("mpegts: table %s has no section", i.Key)
		case i.Period <= 0 || i.Period > time.Hour:
			return fmt.Errorf("mpegts: table %s: a period of %v; up to an hour can be", i.Key, i.Period)
		}
		keys[i.Key] = true
		for n, s := range i.Sections {
			if len(s) < shortHeader || len(s) > MaxSection || sectionSize(s) != len(s) {
				return fmt.Errorf("mpegts: table %s, section %d is no whole section", i.Key, n)
			}
			if i.Limit == 0 {
				blocking[i.PID] = max(blocking[i.PID], taken(len(s)))
			}
		}
	}
	var blocked int64
	for _, b := range blocking {
		blocked += b
	}
	for at, i := range items {
		if i.Limit == 0 {
			continue
		}
		period, limit := max(1, m.slots(i.Period)), m.slots(i.Limit)
		if r := m.response(items, at, blocked, limit); period+r >= limit {
			return fmt.Errorf("mpegts: table %s could be %v apart, over its limit of %v: the rate of %d bit/s is too low, or the period of %v too long",
				i.Key, m.duration(period+r), i.Limit, m.rate, i.Period)
		}
	}
	return nil
}

// response is the bound R of check, or something over limit.
func (m *Mux) response(items []Item, at int, blocked, limit int64) int64 {
	own := blocked + packetsOf(items[at].Sections)
	r := own
	for {
		next := own
		for j, i := range items {
			if j != at && i.Limit > 0 {
				next += (r/max(1, m.slots(i.Period)) + 2) * packetsOf(i.Sections)
			}
		}
		if m.clockEvery > 0 {
			next += r/m.clockEvery + 1
		}
		if next == r || next > limit {
			return next
		}
		r = next
	}
}

// taken is in how many packets a section of n bytes has a part at most.
func taken(n int) int64 { return int64(n+PayloadSize-2)/(PayloadSize-1) + 1 }

func packetsOf(sections [][]byte) (n int64) {
	for _, s := range sections {
		n += taken(len(s))
	}
	return n
}

// Next writes whole packets into dst, as many as fit, and returns the bytes written.
func (m *Mux) Next(dst []byte) int {
	n := 0
	for ; len(dst)-n >= PacketSize; n += PacketSize {
		p := (*Packet)(dst[n:])
		switch {
		case m.clockEvery > 0 && m.n%m.clockEvery == 0:
			p.PutPCR(m.clockPID, 0, clockAt(m.n, m.rate))
		case !m.put(p):
			p.PutNull()
		}
		m.n++
	}
	return n
}

// Insert takes the next packet of a stream that passes at the Mux's rate. A null packet
// is replaced where there is something to send; a packet on one of the Mux's own PIDs is
// taken out, since the PID has one sender. All others stay as they are. How often tables
// go out then depends on the null packets there are; Longest tells.
func (m *Mux) Insert(p *Packet) {
	own := m.byPID[p.PID()] != nil
	if (own || p.PID() == NullPID) && !m.put(p) && own {
		p.PutNull()
	}
	m.n++
}

var errInsertClock = errors.New("mpegts: a stream that passes has its own clock")

// InsertAll calls Insert for the packets of b, which holds whole ones in step.
func (m *Mux) InsertAll(b []byte) error {
	if m.clockEvery > 0 {
		return errInsertClock
	}
	if len(b)%PacketSize != 0 {
		return fmt.Errorf("mpegts: %d bytes are no whole packets", len(b))
	}
	for i := 0; i < len(b); i += PacketSize {
		if b[i] != Sync {
			return Fault{FaultSync, m.n, NullPID, PacketSize}
		}
		m.Insert((*Packet)(b[i:]))
	}
	return nil
}

// put writes the next packet of a table, if any is to be sent now.
func (m *Mux) put(p *Packet) bool {
	var ready *stream
	for _, s := range m.streams {
		if s.idle() && s.wake > m.n {
			continue
		}
		due := m.due(s)
		if due != nil && due.Limit > 0 {
			ready = s
			break
		}
		if ready == nil && (due != nil || !s.idle()) {
			ready = s
		}
	}
	if ready == nil {
		return false
	}
	ready.put(p, func() []byte { return m.section(ready) })
	return true
}

// due is the item of a stream whose section comes next, nil where none is due: what is
// promised in its order, then what waited longest for its turn.
func (m *Mux) due(s *stream) (best *item) {
	if s.wake > m.n {
		return nil
	}
	wake := int64(1<<63 - 1)
	for _, it := range s.items {
		if it.due > m.n {
			wake = min(wake, it.due)
			continue
		}
		wake = m.n
		if it.Limit > 0 {
			best = it
			break
		}
		if best == nil || it.served < best.served {
			best = it
		}
	}
	s.wake = wake
	return best
}

// section takes the next section to send on a stream, nil where none is due.
func (m *Mux) section(s *stream) []byte {
	it := m.due(s)
	if it == nil {
		return nil
	}
	if it.at == 0 {
		if it.begun >= 0 {
			it.longest = max(it.longest, m.n-it.begun)
		}
		it.begun = m.n
	}
	b := it.Sections[it.at]
	m.turn++
	it.served = m.turn
	if it.at++; it.at == len(it.Sections) {
		it.at = 0
		it.due = max(it.due+it.period, m.n+1)
	}
	return b
}

// Longest is the most stream time that passed between two beginnings of an item so far,
// the time since the last included; 0 for one that has not begun.
func (m *Mux) Longest(key string) time.Duration {
	for _, s := range m.streams {
		for _, it := range s.items {
			if it.Key == key && it.begun >= 0 {
				return m.duration(max(it.longest, m.n-it.begun))
			}
		}
	}
	return 0
}

// Load is the share of the stream that items take at their periods; over 1 they come
// round more slowly than asked.
func (m *Mux) Load() float64 {
	var share float64
	for _, s := range m.streams {
		for _, it := range s.items {
			n := 0
			for _, b := range it.Sections {
				n += len(b)
			}
			share += float64(n) / (PayloadSize - 1) / float64(it.period)
		}
	}
	return share
}
