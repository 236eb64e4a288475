package mpegts

import "errors"

// Sizes and fixed values of the packet layer.
const (
	PacketSize  = 188
	PayloadSize = PacketSize - 4
	Sync        = 0x47
	NullPID     = 0x1FFF // packets that only fill; also "no PID" where one is optional
	pids        = 1 << 13
)

// Packet is one transport packet. A slice of 188 bytes converts to *Packet in place.
type Packet [PacketSize]byte

// errAdaptation tells of an adaptation field that does not fit its packet, or of the
// reserved combination without adaptation field and payload.
var errAdaptation = errors.New("mpegts: bad adaptation field")

// PID is the stream the packet belongs to.
func (p *Packet) PID() uint16 { return uint16(p[1]&0x1F)<<8 | uint16(p[2]) }

// UnitStart reports payload_unit_start_indicator: for sections, that one begins here.
func (p *Packet) UnitStart() bool { return p[1]&0x40 != 0 }

// TransportError reports that a demodulator could not repair the packet.
func (p *Packet) TransportError() bool { return p[1]&0x80 != 0 }

// Scrambled reports whether the payload is scrambled.
func (p *Packet) Scrambled() bool { return p[3]&0xC0 != 0 }

// Continuity is the continuity counter, 0–15.
func (p *Packet) Continuity() uint8 { return p[3] & 0x0F }

// HasPayload reports whether the packet carries payload; only then its counter counts.
func (p *Packet) HasPayload() bool { return p[3]&0x10 != 0 }

// adaptation is the adaptation field after its length byte; nil without one.
func (p *Packet) adaptation() []byte {
	if p[3]&0x20 == 0 || int(p[4]) > PayloadSize-1 {
		return nil
	}
	return p[5 : 5+int(p[4])]
}

// Discontinuity reports that the counter and clock may jump here on purpose.
func (p *Packet) Discontinuity() bool {
	a := p.adaptation()
	return len(a) > 0 && a[0]&0x80 != 0
}

// Payload is the payload in place, nil where there is none.
func (p *Packet) Payload() ([]byte, error) {
	switch p[3] >> 4 & 3 {
	case 1:
		return p[4:], nil
	case 2:
		if p[4] != PayloadSize-1 {
			return nil, errAdaptation
		}
		return nil, nil
	case 3:
		if p[4] > PayloadSize-2 {
			return nil, errAdaptation
		}
		return p[5+int(p[4]):], nil
	}
	return nil, errAdaptation
}

// Put writes a packet with as much of payload as fits and returns how much that is.
// What is short of a full packet is stuffed in the adaptation field, so that the
// payload ends with the packet; an empty payload makes a packet without one.
func (p *Packet) Put(pid uint16, start bool, continuity uint8, payload []byte) int {
	p[0], p[1], p[2] = Sync, byte(pid>>8)&0x1F, byte(pid)
	if start {
		p[1] |= 0x40
	}
	n := min(len(payload), PayloadSize)
	control := byte(0x10)
	if stuff := PayloadSize - n; stuff > 0 {
		control = 0x30
		if n == 0 {
			control = 0x20
		}
		p[4] = byte(stuff - 1)
		if stuff > 1 {
			p[5] = 0
			fill(p[6:4+stuff], 0xFF)
		}
	}
	p[3] = control | continuity&0x0F
	copy(p[PacketSize-n:], payload[:n])
	return n
}

var null = func() (p Packet) {
	p[0], p[1], p[2], p[3] = Sync, NullPID>>8, NullPID&0xFF, 0x10
	fill(p[4:], 0xFF)
	return p
}()

// PutNull writes a packet that only fills.
func (p *Packet) PutNull() { *p = null }

func fill(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}
