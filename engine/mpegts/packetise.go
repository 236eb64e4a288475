package mpegts

// packetiser writes the sections of one PID into packets. A section begins right after
// the one before, in the same packet where there is room. The counter goes on for as
// long as the PID is used, whatever it carries.
type packetiser struct {
	pid     uint16
	counter uint8  // of the next packet
	rest    []byte // of the section under way
}

// idle reports whether no section is under way.
func (k *packetiser) idle() bool { return len(k.rest) == 0 }

// put writes the next packet. Where a section can begin, it asks next for one, which
// returns nil when there is none; what is left of the packet is then stuffed with 0xFF,
// as 2.4.4 has it. It must not be called when it is idle and next has nothing.
func (k *packetiser) put(p *Packet, next func() []byte) {
	p[0], p[1], p[2], p[3] = Sync, byte(k.pid>>8)&0x1F, byte(k.pid), 0x10|k.counter
	k.counter = (k.counter + 1) & 0x0F
	at := 4
	if len(k.rest) < PayloadSize-1 { // there is room for a pointer and the first byte of a section
		if begun := next(); begun != nil {
			p[1] |= 0x40
			p[4] = byte(len(k.rest))
			at = 5
			at += copy(p[at:], k.rest)
			k.rest = begun
			for {
				n := copy(p[at:], k.rest)
				at, k.rest = at+n, k.rest[n:]
				if at == PacketSize {
					return
				}
				if k.rest = next(); k.rest == nil {
					break
				}
			}
			fill(p[at:], 0xFF)
			return
		}
	}
	n := copy(p[at:], k.rest)
	k.rest = k.rest[n:]
	fill(p[at+n:], 0xFF)
}

// Packets writes sections into packets of one PID, beginning with a counter, and
// returns them with the counter that goes on.
func Packets(pid uint16, counter uint8, sections [][]byte) ([]Packet, uint8) {
	k := packetiser{pid: pid, counter: counter & 0x0F}
	next := func() []byte {
		for len(sections) > 0 {
			s := sections[0]
			sections = sections[1:]
			if len(s) > 0 {
				return s
			}
		}
		return nil
	}
	var out []Packet
	k.rest = nil
	for len(sections) > 0 || !k.idle() {
		var p Packet
		k.put(&p, next)
		out = append(out, p)
	}
	return out, k.counter
}
