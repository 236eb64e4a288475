package mpegts

import (
	"bytes"
	"fmt"
)

// FaultKind says what is wrong with a stream.
type FaultKind string

// What a Demux finds wrong. After each the section under way on the PID is given up.
const (
	FaultSync       FaultKind = "sync"       // bytes that are no packets were skipped
	FaultTruncated  FaultKind = "truncated"  // the stream ends within a packet or a section
	FaultTransport  FaultKind = "transport"  // transport_error_indicator is set
	FaultScrambled  FaultKind = "scrambled"  // sections may not be
	FaultAdaptation FaultKind = "adaptation" // the adaptation field does not fit the packet
	FaultContinuity FaultKind = "continuity" // the counter jumped
	FaultPointer    FaultKind = "pointer"    // pointer_field points outside, or not to the section's end
	FaultLength     FaultKind = "length"     // a section longer than 4096 bytes, or too short for its CRC
	FaultCRC        FaultKind = "crc"        // the CRC of a section is wrong
)

// Fault is one thing wrong with a stream, with its place.
type Fault struct {
	Kind   FaultKind
	Packet int64  // 0-based index of the packet
	PID    uint16 // NullPID where no PID is meant
	Detail int    // skipped bytes, or the counter that was found
}

func (f Fault) Error() string {
	s := fmt.Sprintf("mpegts: packet %d: %s", f.Packet, f.Kind)
	if f.PID != NullPID {
		s = fmt.Sprintf("mpegts: packet %d, PID 0x%04X: %s", f.Packet, f.PID, f.Kind)
	}
	switch f.Kind {
	case FaultSync, FaultTruncated:
		s += fmt.Sprintf(" (%d bytes)", f.Detail)
	case FaultContinuity:
		s += fmt.Sprintf(" (counter %d)", f.Detail)
	}
	return s
}

// Demux finds the sections of the PIDs it watches in a stream of packets. It takes
// bytes by Write, cut anywhere, and finds the packets again where they are lost, or
// whole packets by Packet. It allocates only when a PID is watched: 4 KiB each.
type Demux struct {
	section func(pid uint16, section []byte)
	fault   func(Fault)
	watched [pids]*reassembly
	packets int64
	lost    bool
	skipped int
	carry   []byte // the beginning of a packet, at most PacketSize+1 bytes
}

// NewDemux returns a demultiplexer that calls section with each whole section, whose
// CRC, where it has one, is right, and fault, which may be nil, with what is wrong. The
// bytes are good until section returns; section may call Watch.
func NewDemux(section func(pid uint16, section []byte), fault func(Fault)) *Demux {
	if fault == nil {
		fault = func(Fault) {}
	}
	return &Demux{section: section, fault: fault, carry: make([]byte, 0, PacketSize+1)}
}

// Watch begins to collect the sections of a PID.
func (d *Demux) Watch(pid uint16) {
	if pid < NullPID && d.watched[pid] == nil {
		d.watched[pid] = &reassembly{pid: pid, last: noCounter}
	}
}

// Packets is how many packets there were.
func (d *Demux) Packets() int64 { return d.packets }

// Write takes the next bytes of the stream. It never fails.
func (d *Demux) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 {
		if len(d.carry) == 0 && !d.lost {
			for len(b) >= PacketSize && b[0] == Sync {
				d.Packet((*Packet)(b))
				b = b[PacketSize:]
			}
		}
		take := min(len(b), cap(d.carry)-len(d.carry))
		d.carry = append(d.carry, b[:take]...)
		b = b[take:]
		d.drain()
	}
	return n, nil
}

// drain takes the packets out of what is carried. Packets are found where two sync
// bytes stand a packet apart.
func (d *Demux) drain() {
	for len(d.carry) > 0 {
		at := bytes.IndexByte(d.carry, Sync)
		if at < 0 {
			at = len(d.carry)
		}
		if at > 0 {
			d.skip(at)
			continue
		}
		if len(d.carry) < PacketSize || d.lost && len(d.carry) == PacketSize {
			return
		}
		if d.lost && d.carry[PacketSize] != Sync {
			d.skip(1)
			continue
		}
		if d.lost {
			d.lost = false
			d.fault(Fault{FaultSync, d.packets, NullPID, d.skipped})
			d.skipped = 0
		}
		d.Packet((*Packet)(d.carry))
		d.drop(PacketSize)
	}
}

func (d *Demux) skip(n int) {
	d.lost, d.skipped = true, d.skipped+n
	d.drop(n)
}

func (d *Demux) drop(n int) { d.carry = d.carry[:copy(d.carry, d.carry[n:])] }

// Close tells of what the stream broke off in. The Demux may be used for another
// stream afterwards.
func (d *Demux) Close() {
	if d.lost && len(d.carry) == PacketSize { // nothing follows that could confirm it
		d.fault(Fault{FaultSync, d.packets, NullPID, d.skipped})
		d.Packet((*Packet)(d.carry))
		d.carry, d.skipped = d.carry[:0], 0
	}
	if n := len(d.carry) + d.skipped; n > 0 {
		d.fault(Fault{FaultTruncated, d.packets, NullPID, n})
	}
	for _, r := range d.watched {
		if r == nil {
			continue
		}
		if r.n > 0 {
			d.fault(Fault{FaultTruncated, d.packets, r.pid, r.n})
		}
		r.last, r.duplicate, r.n = noCounter, false, 0
	}
	d.carry, d.lost, d.skipped = d.carry[:0], false, 0
}

// reassembly is the section under way on a PID.
type reassembly struct {
	pid       uint16
	last      uint8 // continuity counter
	duplicate bool  // the last packet was a repetition, which is allowed once
	n         int   // bytes in buf
	buf       [MaxSection]byte
}

const noCounter = 0xFF

// Packet takes the next packet of the stream.
func (d *Demux) Packet(p *Packet) {
	r := d.watched[p.PID()]
	d.packets++
	if r == nil {
		return
	}
	payload, err := p.Payload()
	switch {
	case p[0] != Sync:
		d.giveUp(r, FaultSync, PacketSize)
		return
	case p.TransportError():
		d.giveUp(r, FaultTransport, 0)
		return
	case err != nil:
		d.giveUp(r, FaultAdaptation, 0)
		return
	case !p.HasPayload():
		return
	}
	counter := p.Continuity()
	switch {
	case r.last == noCounter || counter == (r.last+1)&0x0F || p.Discontinuity():
		r.duplicate = false
	case counter == r.last && !r.duplicate:
		r.duplicate = true
		return
	default:
		r.duplicate = false
		d.giveUp(r, FaultContinuity, int(counter))
	}
	r.last = counter
	if p.Scrambled() {
		d.giveUp(r, FaultScrambled, 0)
		return
	}
	if !p.UnitStart() {
		if r.n > 0 {
			d.add(r, payload)
		}
		return
	}
	if len(payload) == 0 || 1+int(payload[0]) > len(payload) {
		d.giveUp(r, FaultPointer, 0)
		return
	}
	begin := 1 + int(payload[0])
	if r.n > 0 {
		d.add(r, payload[1:begin])
		if r.n > 0 {
			d.giveUp(r, FaultPointer, 0)
		}
	}
	d.begin(r, payload[begin:])
}

// giveUp drops the section under way and tells why.
func (d *Demux) giveUp(r *reassembly, kind FaultKind, detail int) {
	r.n = 0
	d.fault(Fault{kind, d.packets - 1, r.pid, detail})
}

// add continues the section under way; what follows its end is stuffing.
func (d *Demux) add(r *reassembly, b []byte) {
	if r.n < shortHeader {
		n := copy(r.buf[r.n:shortHeader], b)
		r.n += n
		b = b[n:]
		if r.n < shortHeader {
			return
		}
	}
	size := sectionSize(r.buf[:])
	if size > MaxSection {
		d.giveUp(r, FaultLength, size)
		return
	}
	r.n += copy(r.buf[r.n:size], b)
	if r.n == size {
		r.n = 0
		d.deliver(r, r.buf[:size])
	}
}

// begin takes the sections that begin in a packet; whole ones are handed on in place.
func (d *Demux) begin(r *reassembly, b []byte) {
	const stuffing = 0xFF
	for len(b) > 0 && b[0] != stuffing {
		size := MaxSection
		if len(b) >= shortHeader {
			size = sectionSize(b)
		}
		if size > MaxSection {
			d.giveUp(r, FaultLength, size)
			return
		}
		if size > len(b) {
			r.n = copy(r.buf[:], b)
			return
		}
		d.deliver(r, b[:size])
		b = b[size:]
	}
}

func (d *Demux) deliver(r *reassembly, section []byte) {
	if section[1]&0x80 != 0 {
		if len(section) < sectionOverhead {
			d.giveUp(r, FaultLength, len(section))
			return
		}
		if CRC32(section) != 0 {
			d.giveUp(r, FaultCRC, 0)
			return
		}
	}
	d.section(r.pid, section)
}
