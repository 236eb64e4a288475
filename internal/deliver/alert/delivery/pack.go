package delivery

import (
	"encoding/binary"
	"encoding/json"
	"errors"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
)

// Batch is a part of one node's log of receipts, or of its deliveries, on its way to the
// node above. A receipt takes some twenty bytes in it before compression.
type Batch struct {
	Epoch    string // of the sender's log; another one means that the log went back in time
	Boot     string // of the sender's process
	Start    int64  // where the log stood when its epoch began
	Last     int64  // how far the batch goes
	Behind   int64  // what the log holds beyond
	Threads  []Heading
	Receipts []Shipped
	Tracks   []ShippedTrack
}

// Heading is a thread and the orders that were signed in it.
type Heading struct {
	ID         string
	RegionPath string
	Orders     []Head
}

// Head is an order without what terminals are sent. Times are UTC microseconds.
type Head struct {
	Version    int       `json:"v"`
	Kind       wire.Kind `json:"k"`
	IssuedAt   int64     `json:"i"`
	StartsAt   int64     `json:"s"`
	Lasts      int64     `json:"l"`
	ValidUntil int64     `json:"u"`
	ClosedAt   int64     `json:"c,omitempty"`
}

// Shipped is a receipt of the log of the node that took it.
type Shipped struct {
	Thread int // of Batch.Threads
	ID     int64
	Taken  int64 // the receipt's time within sensible bounds
	Receipt
}

// ShippedTrack is how a terminal stands at the node that sends to it.
type ShippedTrack struct {
	Thread int
	Track
}

// Limits of a batch.
const (
	maxShipped   = 4000 // receipts or tracks
	maxThreads   = maxShipped
	maxHeads     = 2000 // of one thread
	maxText      = 2000 // bytes
	batchEdition = 1
)

var errBatch = errors.New("alert: a batch of receipts cannot be read")

// packer writes numbers of any size and each text once.
type packer struct {
	b     []byte
	known map[string]uint64
}

func (p *packer) number(n int64) { p.b = binary.AppendVarint(p.b, n) }

func (p *packer) text(s string) {
	if at, ok := p.known[s]; ok {
		p.b = binary.AppendUvarint(p.b, at)
		return
	}
	p.known[s] = uint64(len(p.known)) + 1
	p.b = binary.AppendUvarint(p.b, 0)
	p.b = append(binary.AppendUvarint(p.b, uint64(len(s))), s...)
}

// Pack writes the batch.
func (b *Batch) Pack() ([]byte, error) {
	p := &packer{known: map[string]uint64{}, b: make([]byte, 0, 64+32*(len(b.Receipts)+len(b.Tracks)))}
	p.b = append(p.b, batchEdition)
	p.text(b.Epoch)
	p.text(b.Boot)
	for _, n := range []int64{b.Start, b.Last, b.Behind, int64(len(b.Threads)), int64(len(b.Receipts)), int64(len(b.Tracks))} {
		p.number(n)
	}
	for _, t := range b.Threads {
		p.text(t.ID)
		p.text(t.RegionPath)
		p.number(int64(len(t.Orders)))
		for _, o := range t.Orders {
			p.text(string(o.Kind))
			for _, n := range []int64{int64(o.Version), o.IssuedAt, o.StartsAt, o.Lasts, o.ValidUntil, o.ClosedAt} {
				p.number(n)
			}
		}
	}
	var id, at int64
	for i := range b.Receipts {
		r := &b.Receipts[i]
		for _, n := range []int64{int64(r.Thread), r.ID - id, int64(r.Version), r.At - at, r.Taken - r.At} {
			p.number(n)
		}
		id, at = r.ID, r.At
		for _, s := range []string{string(r.Code), r.RegionPath, string(r.Phase), string(r.Reason), string(r.Source)} {
			p.text(s)
		}
		if err := p.json(r.Heard); err != nil {
			return nil, err
		}
	}
	for i := range b.Tracks {
		t := &b.Tracks[i]
		p.number(int64(t.Thread))
		for _, s := range []string{t.Device, t.RegionPath, t.Township, string(t.State), string(t.Reason), string(t.Source)} {
			p.text(s)
		}
		for _, n := range t.numbers() {
			p.number(*n)
		}
		p.number(int64(t.Version))
		p.number(int64(t.CancelVersion))
		p.number(int64(t.HeardVersion))
		p.number(int64(t.Attempts))
		p.number(map[bool]int64{true: 1}[t.HeardEver])
		if t.HeardAt == 0 {
			p.text("")
		} else if err := p.json(&t.Heard); err != nil {
			return nil, err
		}
	}
	return p.b, nil
}

func (t *Track) numbers() []*int64 {
	return []*int64{&t.StateAt, &t.SentAt, &t.ReceivedAt, &t.PlayingAt, &t.PlayedAt, &t.ReachedAt, &t.CancelledAt, &t.HeardAt}
}

func (p *packer) json(h *wire.Heard) error {
	if h == nil {
		p.text("")
		return nil
	}
	raw, err := json.Marshal(h)
	p.text(string(raw))
	return err
}

// unpacker reads what a packer wrote; the first mistake ends it.
type unpacker struct {
	b     []byte
	known []string
	bad   bool
}

func (u *unpacker) number() int64 {
	n, size := binary.Varint(u.b)
	if size <= 0 || u.bad {
		u.bad = true
		return 0
	}
	u.b = u.b[size:]
	return n
}

func (u *unpacker) within(limit int) int {
	n := u.number()
	if n < 0 || n > int64(limit) {
		u.bad = true
		return 0
	}
	return int(n)
}

func (u *unpacker) length() uint64 {
	n, size := binary.Uvarint(u.b)
	if size <= 0 || u.bad {
		u.bad = true
		return 0
	}
	u.b = u.b[size:]
	return n
}

func (u *unpacker) text() string {
	at := u.length()
	if u.bad {
		return ""
	}
	if at > 0 {
		if at > uint64(len(u.known)) {
			u.bad = true
			return ""
		}
		return u.known[at-1]
	}
	n := u.length()
	if n > maxText || n > uint64(len(u.b)) {
		u.bad = true
		return ""
	}
	s := string(u.b[:n])
	u.b, u.known = u.b[n:], append(u.known, s)
	return s
}

func (u *unpacker) heard(into *wire.Heard) bool {
	text := u.text()
	if text == "" || u.bad {
		return false
	}
	if json.Unmarshal([]byte(text), into) != nil {
		u.bad = true
	}
	return true
}

// maxVersion bounds what a terminal's version may be.
const maxVersion = 1 << 30

// Unpack reads a batch.
func Unpack(raw []byte) (*Batch, error) {
	if len(raw) == 0 || raw[0] != batchEdition {
		return nil, errBatch
	}
	u := &unpacker{b: raw[1:]}
	b := &Batch{Epoch: u.text(), Boot: u.text(), Start: u.number(), Last: u.number(), Behind: u.number()}
	threads, receipts, tracks := u.within(maxThreads), u.within(maxShipped), u.within(maxShipped)
	for range threads {
		h := Heading{ID: u.text(), RegionPath: u.text()}
		for range u.within(maxHeads) {
			h.Orders = append(h.Orders, Head{Kind: wire.Kind(u.text()), Version: u.within(maxVersion), IssuedAt: u.number(), StartsAt: u.number(),
				Lasts: u.number(), ValidUntil: u.number(), ClosedAt: u.number()})
			if u.bad {
				return nil, errBatch
			}
		}
		b.Threads = append(b.Threads, h)
	}
	var id, at int64
	for range receipts {
		var r Shipped
		r.Thread = u.within(threads - 1)
		id += u.number()
		r.ID, r.Version = id, u.within(maxVersion)
		at += u.number()
		r.At = at
		r.Taken = at + u.number()
		r.Code, r.RegionPath = ebd.ResourceCode(u.text()), u.text()
		r.Phase, r.Reason, r.Source = wire.Phase(u.text()), wire.Reason(u.text()), wire.Source(u.text())
		var h wire.Heard
		if u.heard(&h) {
			r.Heard = &h
		}
		if u.bad || stateOf[r.Phase] == "" {
			return nil, errBatch
		}
		b.Receipts = append(b.Receipts, r)
	}
	for range tracks {
		var t ShippedTrack
		t.Thread = u.within(threads - 1)
		t.Device, t.RegionPath, t.Township = u.text(), u.text(), u.text()
		t.State, t.Reason, t.Source = State(u.text()), wire.Reason(u.text()), wire.Source(u.text())
		for _, n := range t.numbers() {
			*n = u.number()
		}
		t.Version, t.CancelVersion, t.HeardVersion = u.within(maxVersion), u.within(maxVersion), u.within(maxVersion)
		t.Attempts = u.within(maxVersion)
		t.HeardEver = u.number() == 1
		u.heard(&t.Heard)
		if u.bad || t.State != "" && ranks[t.State] == 0 {
			return nil, errBatch
		}
		b.Tracks = append(b.Tracks, t)
	}
	if u.bad || len(u.b) > 0 {
		return nil, errBatch
	}
	return b, nil
}
