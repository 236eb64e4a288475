package tables

import (
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/mpegts"
)

// Index is the index table 应急广播索引表: all messages that are on the air now. An empty
// one ends what terminals play. 086 and 087 table 1.
type Index struct {
	Messages []Message `json:"messages"` // at most 255
}

// Message is one entry of the index.
type Message struct {
	ID      ebd.EBMID `json:"id"`
	Network uint16    `json:"network"` // network_id of the system that issued it first
	Start   time.Time `json:"start"`   // to the second, as End
	// End; the zero time stands for a live transmission whose end is not known.
	End       time.Time          `json:"end,omitzero"`
	Event     ebd.EventType      `json:"event"`
	Class     Class              `json:"class"`
	Severity  ebd.Severity       `json:"severity"`  // 1–4
	Resources []ebd.ResourceCode `json:"resources"` // who must respond, 1–255
	Channel   *Channel           `json:"channel,omitempty"`
}

// Channel is the programme 指定频道 that terminals switch to.
type Channel struct {
	Network         uint16 `json:"network"`
	TransportStream uint16 `json:"transport_stream"`
	Program         uint16 `json:"program"`
	PCRPID          uint16 `json:"pcr_pid"` // 0x1FFF without clock
	// Descriptors hold the delivery system descriptor by which a terminal tunes (Delivery
	// in Edition) and those of the programme.
	Descriptors []mpegts.Descriptor `json:"descriptors,omitempty"`
	Streams     []mpegts.Stream     `json:"streams,omitempty"`
}

// TableID implements Body.
func (*Index) TableID() uint8 { return IDIndex }

// Name implements Body.
func (*Index) Name() string { return "index" }

// Extension implements Body; it is not used (086 §6.2).
func (*Index) Extension() uint16 { return 0 }

func (x *Index) write(w *writer) {
	w.count("messages", len(x.Messages), 0, 255)
	seen := map[ebd.EBMID]bool{}
	for i := range x.Messages {
		m := &x.Messages[i]
		w.in(nth("messages", i), func() {
			if seen[m.ID] {
				w.fail("id", "%s is there twice", m.ID)
			}
			seen[m.ID] = true
			w.counted("", 2, func() { m.write(w) })
		})
	}
}

func (m *Message) write(w *writer) {
	w.message(m.ID)
	w.u16(m.Network)
	w.time("start", m.Start)
	switch {
	case m.End.IsZero():
		w.raw([]byte{0xFF, 0xFF, 0xFF, 0xFF, 0xFF})
	case !m.End.Truncate(time.Second).After(m.Start.Truncate(time.Second)):
		w.fail("end", "it is not after the start")
	default:
		w.time("end", m.End)
	}
	_, err := ebd.ParseEventType(string(m.Event))
	w.check("event", err)
	w.raw([]byte(m.Event))
	if !m.Class.Valid() {
		w.fail("class", "%d is not in table 2", m.Class)
	}
	if !m.Severity.Valid() || m.Severity == ebd.SeverityUnknown {
		w.fail("severity", "%d is not in table 3", m.Severity)
	}
	w.u8(uint8(m.Class)<<4 | uint8(m.Severity)&0x0F)
	w.codes("resources", m.Resources)
	if m.Channel == nil {
		w.u8(0xFE)
		return
	}
	w.u8(0xFF)
	w.in("channel", func() { m.Channel.write(w) })
}

func (c *Channel) write(w *writer) {
	w.u16(c.Network)
	w.u16(c.TransportStream)
	w.u16(c.Program)
	if c.PCRPID > mpegts.NullPID {
		w.fail("pcr_pid", "0x%04X is no PID", c.PCRPID)
	}
	w.u16(0xE000 | c.PCRPID)
	switch {
	case has(c.Descriptors, w.ed.Foreign):
		w.fail("descriptors", "0x%02X is the delivery system descriptor of the other medium", w.ed.Foreign)
	case w.ed.NeedsDelivery && !has(c.Descriptors, w.ed.Delivery):
		w.fail("descriptors", "the delivery system descriptor 0x%02X is missing, by which terminals tune", w.ed.Delivery)
	}
	info, err := mpegts.AppendDescriptors(nil, c.Descriptors)
	w.check("descriptors", err)
	if len(info) > 1023 {
		w.fail("descriptors", "%d bytes, at most 1023 fit", len(info))
	}
	w.u16(0xF000 | uint16(len(info)))
	w.raw(info)
	w.counted("streams", 2, func() {
		w.b, err = mpegts.AppendStreams(w.b, c.Streams)
		w.check("streams", err)
	})
}

func has(ds []mpegts.Descriptor, tag uint8) bool {
	for _, d := range ds {
		if d.Tag == tag {
			return true
		}
	}
	return false
}

// layout is how wide the fields are that heads write in more than one way.
type layout struct {
	lead    int // bytes before the number of messages
	id      int // digits of EBM_id
	code    int // digits of a resource code
	network bool
	name    string
}

// layouts are the standard's and that of heads built before it, with resource codes of
// 18 digits and without a network in the channel.
var layouts = []layout{
	{0, 35, 23, true, ""},
	{0, 30, 18, false, "codes of 18 digits, as before 2018"},
	{1, 30, 18, false, "codes of 18 digits and a reserved byte before, as before 2018"},
}

// read takes the layout that explains the most: EBM_length tells whether one fits, and
// what follows must be a signature.
func (x *Index) read(r *reader) {
	start, least := *r, 0
	for i, l := range layouts {
		try, y := start, Index{}
		lost := y.readAs(&try, l)
		if try.err == nil && len(y.Messages) == 0 && lost > 0 {
			try.fail("messages", "none of %d can be read", lost)
		}
		fits := try.err == nil && sealed(try.b)
		if i == 0 || fits && lost < least {
			*r, *x, least = try, y, lost
			if l.name != "" {
				r.warn("messages", "%s", l.name)
			}
			if !fits {
				least = 1 << 8
			}
		}
		if least == 0 {
			return
		}
	}
}

// sealed reports whether b can be what follows a body: nothing, or a signature.
func sealed(b []byte) bool {
	return len(b) == 0 || len(b) >= 2 && len(b)-2 == int(b[0])<<8|int(b[1])
}

// readAs reads by one layout and returns how many messages do not fit it.
func (x *Index) readAs(r *reader, l layout) (lost int) {
	r.take("reserved", l.lead)
	n := int(r.u8("messages"))
	for i := 0; i < n && r.err == nil; i++ {
		field := nth("messages", i)
		r.in(field, func() {
			length := int(r.u16("length"))
			if r.err != nil {
				return
			}
			own := *r
			own.b = r.take("", length)
			if r.err != nil {
				return
			}
			m := Message{}
			m.read(&own, l)
			switch {
			case own.err != nil:
				lost++
				r.warn("", "it cannot be read: %v", own.err.(*Error).Text)
				return
			case len(own.b) > 0:
				lost++
				own.warn("", "%d"+tooMany, len(own.b))
			}
			r.warnings = own.warnings
			x.Messages = append(x.Messages, m)
		})
	}
	return lost
}

func (m *Message) read(r *reader, l layout) {
	m.ID = r.message(l.id)
	m.Network = r.u16("network")
	if m.Start = r.time("start"); r.err == nil && m.Start.IsZero() {
		r.warn("start", "there is none")
	}
	m.End = r.time("end")
	m.Event = ebd.EventType(r.take("event", 5))
	_, err := ebd.ParseEventType(string(m.Event))
	r.suspect("event", err)
	v := r.u8("class")
	m.Class, m.Severity = Class(v>>4), ebd.Severity(v&0x0F)
	if !m.Class.Valid() {
		r.warn("class", "%d is not in table 2", m.Class)
	}
	if !m.Severity.Valid() || m.Severity == ebd.SeverityUnknown {
		r.warn("severity", "%d is not in table 3", m.Severity)
	}
	m.Resources = r.codes("resources", l.code)
	flag := int(r.u8("channel"))
	r.reserved("channel", flag, 0xFE)
	if flag&1 == 1 && r.err == nil {
		m.Channel = &Channel{}
		r.in("channel", func() { m.Channel.read(r, l) })
	}
}

func (c *Channel) read(r *reader, l layout) {
	if l.network {
		c.Network = r.u16("network")
	}
	c.TransportStream, c.Program = r.u16("transport_stream"), r.u16("program")
	v := r.number("pcr_pid", 2)
	r.reserved("pcr_pid", v, 0xE000)
	c.PCRPID = uint16(v & mpegts.NullPID)
	v = r.number("descriptors", 2)
	r.reserved("descriptors", v, 0xF000)
	var err error
	if c.Descriptors, err = mpegts.ParseDescriptors(r.take("descriptors", v&0x0FFF)); err != nil {
		r.fail("descriptors", "%v", err)
	}
	if c.Streams, err = mpegts.ParseStreams(r.take("streams", r.number("streams", 2))); err != nil {
		r.fail("streams", "%v", err)
	}
	if has(c.Descriptors, r.ed.Foreign) {
		r.warn("descriptors", "0x%02X is the delivery system descriptor of the other medium", r.ed.Foreign)
	} else if r.ed.NeedsDelivery && !has(c.Descriptors, r.ed.Delivery) {
		r.warn("descriptors", "the delivery system descriptor 0x%02X is missing", r.ed.Delivery)
	}
}
