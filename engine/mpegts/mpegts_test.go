package mpegts

import (
	"bytes"
	"encoding/hex"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestCRC32(t *testing.T) {
	// The check value of CRC-32/MPEG-2 in the catalogue of parametrised CRC algorithms.
	if got := CRC32([]byte("123456789")); got != 0x0376E6E7 {
		t.Errorf("%08X", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOf(rapid.Byte()).Draw(t, "b")
		slow := ^uint32(0)
		for _, c := range b {
			slow ^= uint32(c) << 24
			for range 8 {
				carry := slow>>31 == 1
				if slow <<= 1; carry {
					slow ^= 0x04C11DB7
				}
			}
		}
		if got := CRC32(b); got != slow {
			t.Fatalf("%08X, bit by bit %08X", got, slow)
		}
	})
}

// The PAT and PMT here were put together by hand from 13818-1 tables 2-30 and 2-33; the
// PAT with its CRC is the well-known one of ffmpeg's multiplexer.
func TestPSI(t *testing.T) {
	pat, err := PAT{TransportStream: 1, Programs: []Program{{1, 0x1000}}}.Table(0)
	if err != nil {
		t.Fatal(err)
	}
	sections, err := pat.Sections()
	if err != nil || hex.EncodeToString(sections[0]) != "00b00d0001c100000001f0002ab104b2" {
		t.Fatalf("%x %v", sections[0], err)
	}
	pmt, err := PMT{Program: 1, PCRPID: NullPID, Streams: []Stream{{StreamSections, 0x21, []Descriptor{{0x52, Hex{7}}}}}}.Table(0x100, 3)
	if err != nil {
		t.Fatal(err)
	}
	if sections, err = pmt.Sections(); err != nil {
		t.Fatal(err)
	}
	if got, want := hex.EncodeToString(sections[0][:len(sections[0])-4]), "02b0150001c70000fffff00005e021f003520107"; got != want {
		t.Errorf("\n%s\n%s", got, want)
	}
	for _, bad := range []func() (*Table, error){
		func() (*Table, error) { return PAT{Programs: []Program{{1, NullPID}}}.Table(0) },
		func() (*Table, error) { return PMT{Streams: []Stream{{PID: NullPID}}}.Table(1, 0) },
		func() (*Table, error) {
			return PMT{Descriptors: slices.Repeat([]Descriptor{{1, make(Hex, 255)}}, 4)}.Table(1, 0)
		},
		func() (*Table, error) { return PMT{Descriptors: []Descriptor{{1, make(Hex, 256)}}}.Table(1, 0) },
		func() (*Table, error) { return PMT{Streams: make([]Stream, 300)}.Table(1, 0) },
	} {
		if _, err := bad(); err == nil {
			t.Error("written all the same")
		}
	}
}

func TestPSIRoundTrips(t *testing.T) {
	pid := rapid.Uint16Range(0, NullPID-1)
	descriptor := rapid.Custom(func(t *rapid.T) Descriptor {
		return Descriptor{rapid.Byte().Draw(t, "tag"), rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "data")}
	})
	rapid.Check(t, func(t *rapid.T) {
		pat := PAT{TransportStream: rapid.Uint16().Draw(t, "ts")}
		for range rapid.IntRange(1, 600).Draw(t, "programmes") {
			pat.Programs = append(pat.Programs, Program{rapid.Uint16().Draw(t, "number"), pid.Draw(t, "pid")})
		}
		table, err := pat.Table(rapid.Uint8Range(0, 31).Draw(t, "version"))
		if err != nil {
			t.Fatal(err)
		}
		if back, err := ParsePAT(table); err != nil || !slices.Equal(back.Programs, pat.Programs) || back.TransportStream != pat.TransportStream {
			t.Fatal(back, err)
		}
		pmt := PMT{Program: 7, PCRPID: pid.Draw(t, "pcr"), Descriptors: rapid.SliceOfN(descriptor, 0, 5).Draw(t, "descriptors")}
		for range rapid.IntRange(0, 5).Draw(t, "streams") {
			pmt.Streams = append(pmt.Streams, Stream{rapid.Byte().Draw(t, "type"), pid.Draw(t, "pid"), rapid.SliceOfN(descriptor, 0, 5).Draw(t, "descriptors")})
		}
		if table, err = pmt.Table(0x30, 1); err != nil {
			t.Fatal(err)
		}
		back, err := ParsePMT(table)
		if err != nil {
			t.Fatal(err)
		}
		again, err := back.Table(0x30, 1)
		if err != nil || !bytes.Equal(again.Parts[0], table.Parts[0]) || back.PCRPID != pmt.PCRPID || len(back.Streams) != len(pmt.Streams) {
			t.Fatalf("%+v became %+v, %v", pmt, back, err)
		}
	})
}

func TestPackets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payload := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "payload")
		pid, start, counter := rapid.Uint16Range(0, NullPID).Draw(t, "pid"), rapid.Bool().Draw(t, "start"), rapid.Uint8Range(0, 15).Draw(t, "counter")
		var p Packet
		rand := rapid.SliceOfN(rapid.Byte(), PacketSize, PacketSize).Draw(t, "before")
		copy(p[:], rand)
		n := p.Put(pid, start, counter, payload)
		got, err := p.Payload()
		if err != nil || n != min(len(payload), PayloadSize) || !bytes.Equal(got, payload[:n]) {
			t.Fatalf("%d, %x, %v", n, got, err)
		}
		if p[0] != Sync || p.PID() != pid || p.UnitStart() != start || p.Continuity() != counter || p.TransportError() || p.Scrambled() || p.HasPayload() != (n > 0) {
			t.Fatalf("% x", p[:5])
		}
		pcr := rapid.Uint64Range(0, clockWrap-1).Draw(t, "pcr")
		p.PutPCR(pid, counter, pcr)
		if back, ok := p.PCR(); !ok || back != pcr || p.HasPayload() || p.PID() != pid {
			t.Fatalf("%d became %d", pcr, back)
		}
	})
}

// drawSection is any section whose CRC is right, or one with the short header.
var drawSection = rapid.Custom(func(t *rapid.T) []byte {
	size := rapid.OneOf(rapid.IntRange(0, 40), rapid.IntRange(160, 200), rapid.IntRange(0, MaxPayload)).Draw(t, "size")
	payload := bytes.Repeat([]byte{rapid.Byte().Draw(t, "fill")}, size)
	copy(payload, rapid.SliceOfN(rapid.Byte(), 0, 16).Draw(t, "payload"))
	if rapid.IntRange(0, 9).Draw(t, "short") == 0 {
		return append([]byte{0x70, byte(size >> 8), byte(size)}, payload...)
	}
	last := rapid.Uint8().Draw(t, "last")
	s := Section{TableID: rapid.Uint8Range(0, 0xFE).Draw(t, "id"), Private: true, Extension: rapid.Uint16().Draw(t, "extension"),
		Version: rapid.Uint8Range(0, 31).Draw(t, "version"), Number: rapid.Uint8Range(0, last).Draw(t, "number"), Last: last, Payload: payload}
	b, err := s.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
})

// joined is packets as a stream of bytes.
func joined(packets []Packet) (b []byte) {
	for i := range packets {
		b = append(b, packets[i][:]...)
	}
	return b
}

// feed writes b in random pieces.
func feed(t *rapid.T, d *Demux, b []byte) {
	for len(b) > 0 {
		n := min(len(b), rapid.OneOf(rapid.IntRange(1, 400), rapid.IntRange(1, 20000)).Draw(t, "piece"))
		_, _ = d.Write(b[:n])
		b = b[n:]
	}
	d.Close()
}

func TestSectionsComeBackWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pid := rapid.Uint16Range(0, NullPID-1).Draw(t, "pid")
		sections := rapid.SliceOfN(drawSection, 1, 12).Draw(t, "sections")
		counter := rapid.Uint8Range(0, 15).Draw(t, "counter")
		packets, _ := Packets(pid, counter, sections)
		var stream []byte
		for i := range packets {
			for range rapid.IntRange(0, 2).Draw(t, "nulls") {
				stream = append(stream, null[:]...)
			}
			stream = append(stream, packets[i][:]...)
			if rapid.IntRange(0, 5).Draw(t, "twice") == 0 { // 2.4.3.3 allows a packet to come twice
				stream = append(stream, packets[i][:]...)
			}
		}
		var got [][]byte
		d := NewDemux(func(p uint16, s []byte) {
			if p != pid {
				t.Fatalf("PID %d", p)
			}
			got = append(got, bytes.Clone(s))
		}, func(f Fault) { t.Fatal(f) })
		d.Watch(pid)
		feed(t, d, stream)
		if len(got) != len(sections) {
			t.Fatalf("%d sections of %d", len(got), len(sections))
		}
		for i := range got {
			if !bytes.Equal(got[i], sections[i]) {
				t.Fatalf("section %d: %x", i, got[i])
			}
		}
	})
}

// Whatever is cut out, put in or turned over, no section comes out that did not go in,
// and what was damaged is told.
func TestDamageIsToldAndNeverBelieved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var sections [][]byte
		for i := range 8 {
			s := Section{TableID: 0xFD, Private: true, Extension: uint16(i), Payload: bytes.Repeat([]byte{byte(i)}, rapid.IntRange(0, 900).Draw(t, "size"))}
			b, err := s.Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			sections = append(sections, b)
		}
		packets, _ := Packets(0x21, 0, sections)
		stream := joined(packets)
		at := rapid.IntRange(0, len(stream)-1).Draw(t, "at")
		switch rapid.IntRange(0, 2).Draw(t, "damage") {
		case 0:
			stream[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		case 1:
			stream = slices.Insert(stream, at, rapid.SliceOfN(rapid.Byte(), 1, 400).Draw(t, "junk")...)
		case 2:
			stream = slices.Delete(stream, at, min(len(stream), at+rapid.IntRange(1, 600).Draw(t, "lost")))
		}
		found := 0
		d := NewDemux(func(_ uint16, s []byte) {
			if s[1]&0x80 == 0 {
				return // the short header has no CRC to judge by
			}
			found++
			if !slices.ContainsFunc(sections, func(sent []byte) bool { return bytes.Equal(s, sent) }) {
				t.Fatalf("%x was never sent", s)
			}
		}, nil)
		d.Watch(0x21)
		feed(t, d, stream)
		// What is well away from the damage arrives: a section that ends two packets before.
		sure := 0
		for end, i := 0, 0; i < len(sections); i++ {
			if end += len(sections[i]); end+end/180+3*PacketSize < at {
				sure++
			}
		}
		if found < sure {
			t.Fatalf("%d sections, %d were sure", found, sure)
		}
	})
}

func TestFaults(t *testing.T) {
	long := Section{TableID: 0xFE, Private: true, Payload: make([]byte, 1000)}
	section, err := long.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	for want, damage := range map[FaultKind]func(p []Packet) []byte{
		FaultContinuity: func(p []Packet) []byte { return joined(slices.Delete(p, 2, 3)) },
		FaultCRC:        func(p []Packet) []byte { p[1][100] ^= 1; return joined(p) },
		FaultTransport:  func(p []Packet) []byte { p[1][1] |= 0x80; return joined(p) },
		FaultScrambled:  func(p []Packet) []byte { p[1][3] |= 0x80; return joined(p) },
		FaultAdaptation: func(p []Packet) []byte { p[1][3] |= 0x20; p[1][4] = 200; return joined(p) },
		FaultPointer:    func(p []Packet) []byte { p[1][1] |= 0x40; p[1][4] = 250; return joined(p) },
		FaultLength:     func(p []Packet) []byte { p[0][6] |= 0x0F; p[0][7] = 0xFF; return joined(p) },
		FaultSync:       func(p []Packet) []byte { return slices.Concat([]byte("junk"), joined(p)) },
		FaultTruncated:  func(p []Packet) []byte { return joined(p[:3]) },
	} {
		packets, _ := Packets(0x21, 0, [][]byte{section})
		var faults []Fault
		sections := 0
		d := NewDemux(func(uint16, []byte) { sections++ }, func(f Fault) { faults = append(faults, f) })
		d.Watch(0x21)
		_, _ = d.Write(damage(packets))
		d.Close()
		if len(faults) == 0 || faults[0].Kind != want || faults[0].Error() == "" {
			t.Errorf("%s: %v", want, faults)
		}
		if (sections == 1) != (want == FaultSync) {
			t.Errorf("%s: %d sections", want, sections)
		}
	}
}

func TestAssembler(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var sections [][]byte
		bodies := map[uint16][]byte{}
		for ext := range uint16(rapid.IntRange(1, 4).Draw(t, "tables")) {
			bodies[ext] = rapid.SliceOfN(rapid.Byte(), 0, 500).Draw(t, "body")
			table := Table{TableID: 0xFE, Private: true, Extension: ext, Version: 3, Parts: Split(bodies[ext], rapid.IntRange(3, 300).Draw(t, "size"))}
			s, err := table.Sections()
			if err != nil {
				t.Fatal(err)
			}
			sections = append(sections, s...)
		}
		sections = rapid.Permutation(append(sections, sections...)).Draw(t, "order")
		var a Assembler
		seen := 0
		for _, s := range sections {
			table, err := a.Add(5, s)
			if err != nil {
				t.Fatal(err)
			}
			if table == nil {
				continue
			}
			seen++
			if !bytes.Equal(slices.Concat(table.Parts...), bodies[table.Extension]) || table.PID != 5 || table.Version != 3 || !table.Private {
				t.Fatalf("%+v", table)
			}
		}
		if seen != len(bodies) {
			t.Fatalf("%d tables of %d", seen, len(bodies))
		}
	})
}

func TestAssemblerSeesChangesAndIsBounded(t *testing.T) {
	var a Assembler
	add := func(ext uint16, version, number, last uint8, payload []byte) *Table {
		s := Section{TableID: 1, Extension: ext, Version: version, Number: number, Last: last, Payload: payload}
		b, err := s.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := a.Add(1, b)
		if err != nil {
			t.Fatal(err)
		}
		return whole
	}
	if add(0, 1, 0, 0, []byte("a")) == nil || add(0, 1, 0, 0, []byte("a")) != nil {
		t.Error("once each")
	}
	if add(0, 1, 0, 0, []byte("b")) == nil {
		t.Error("a change without a new version was missed")
	}
	if add(0, 2, 0, 1, []byte("b")) != nil || add(0, 2, 1, 1, []byte("c")) == nil {
		t.Error("the next version was missed")
	}
	big := make([]byte, MaxPayload)
	for i := range 20000 {
		add(uint16(i), 1, 0, 255, big)
	}
	if len(a.tables) > assemblerTables || a.bytes > assemblerBytes {
		t.Errorf("%d tables, %d bytes kept", len(a.tables), a.bytes)
	}
	held := 0
	for _, x := range a.tables {
		held += x.bytes
	}
	if held != a.bytes {
		t.Errorf("%d bytes counted, %d held", a.bytes, held)
	}
}

func FuzzDemux(f *testing.F) {
	s := Section{TableID: 0xFD, Private: true, Payload: make([]byte, 300)}
	section, err := s.Append(nil)
	if err != nil {
		f.Fatal(err)
	}
	packets, _ := Packets(0x21, 0, [][]byte{section, section[:20], section})
	f.Add(joined(packets), uint16(7))
	f.Add([]byte("GGGG"), uint16(1))
	pat, _ := PAT{Programs: []Program{{1, 0x21}}}.Table(0)
	sections, _ := pat.Sections()
	packets, _ = Packets(0, 3, sections)
	f.Add(joined(packets), uint16(188))
	f.Fuzz(func(t *testing.T, b []byte, cut uint16) {
		var a Assembler
		var d *Demux
		d = NewDemux(func(pid uint16, s []byte) {
			if len(s) < shortHeader || len(s) > MaxSection || len(s) != sectionSize(s) {
				t.Fatalf("a section of %d bytes", len(s))
			}
			table, err := a.Add(pid, s)
			if err != nil || table == nil {
				return
			}
			if again, err := table.Sections(); err != nil || len(again) != len(table.Parts) {
				t.Fatal(err)
			}
			if p, err := ParsePAT(table); err == nil {
				for _, g := range p.Programs {
					d.Watch(g.PID)
				}
			}
			_, _ = ParsePMT(table)
		}, func(f Fault) { _ = f.Error() })
		d.Watch(0)
		d.Watch(0x21)
		whole := b
		for len(b) > 0 {
			n := min(len(b), int(cut)+1)
			_, _ = d.Write(b[:n])
			b = b[n:]
		}
		d.Close()
		var m RateMeter
		for ; len(whole) >= PacketSize; whole = whole[PacketSize:] {
			m.Packet((*Packet)(whole))
		}
		_ = m.Rate()
	})
}
