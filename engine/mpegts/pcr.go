package mpegts

import "math/bits"

// The programme clock: 27 MHz, written as a base of 90 kHz in 33 bits and an extension.
const (
	ClockRate = 27_000_000
	clockWrap = 300 << 33 // PCR values begin again from 0
)

// PCR is the programme clock reference in units of 1/27,000,000 s; ok is false where
// the packet carries none.
func (p *Packet) PCR() (pcr uint64, ok bool) {
	a := p.adaptation()
	if len(a) < 7 || a[0]&0x10 == 0 {
		return 0, false
	}
	base := uint64(a[1])<<25 | uint64(a[2])<<17 | uint64(a[3])<<9 | uint64(a[4])<<1 | uint64(a[5])>>7
	return base*300 + (uint64(a[5]&1)<<8 | uint64(a[6])), true
}

// PutPCR writes a packet that carries a clock reference and no payload. Its counter
// repeats that of the last packet with payload on the PID.
func (p *Packet) PutPCR(pid uint16, continuity uint8, pcr uint64) {
	p.Put(pid, false, continuity, nil)
	base, ext := pcr%clockWrap/300, pcr%300
	p[5] = 0x10
	p[6], p[7], p[8], p[9] = byte(base>>25), byte(base>>17), byte(base>>9), byte(base>>1)
	p[10] = byte(base<<7) | 0x7E | byte(ext>>8)
	p[11] = byte(ext)
}

// clockAt is the clock when byte 10 of packet n passes, by which a PCR is defined
// (ISO/IEC 13818-1 2.4.2.2), in a stream of rate bits per second.
func clockAt(n, rate int64) uint64 {
	hi, lo := bits.Mul64(uint64(n)*PacketSize+10, 8*ClockRate)
	q, _ := bits.Div64(hi%uint64(rate), lo, uint64(rate))
	return q % clockWrap
}

// RateMeter finds the rate of a stream from the clock of the first programme in it. A
// longer stretch gives a better figure.
type RateMeter struct {
	pid          uint16
	begun        bool
	packets      int64 // seen
	at           int64 // the packet of the last reference
	last         uint64
	spanned      int64 // packets between references of an unbroken clock
	clockSpanned uint64
}

// Packet takes the next packet of the stream, whatever its PID.
func (m *RateMeter) Packet(p *Packet) {
	m.packets++
	pcr, ok := p.PCR()
	if !ok || m.begun && p.PID() != m.pid {
		return
	}
	step := (pcr + clockWrap - m.last) % clockWrap
	if m.begun && !p.Discontinuity() && step > 0 && step < ClockRate { // references are at most 0.1 s apart
		m.spanned += m.packets - m.at
		m.clockSpanned += step
	}
	m.begun, m.pid, m.at, m.last = true, p.PID(), m.packets, pcr
}

// Rate is the rate in bits per second, 0 while nothing is known.
func (m *RateMeter) Rate() int64 {
	if m.clockSpanned == 0 {
		return 0
	}
	return int64(float64(m.spanned)*PacketSize*8*ClockRate/float64(m.clockSpanned) + 0.5)
}
