package mpegts

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// Tables and PIDs that ISO/IEC 13818-1 fixes, and stream types that are named here.
const (
	PATPID         = 0x0000
	TableIDPAT     = 0x00
	TableIDPMT     = 0x02
	StreamSections = 0x05 // a stream of private sections
)

// Hex is binary data that texts such as JSON show in hexadecimal digits.
type Hex []byte

// MarshalText implements encoding.TextMarshaler.
func (h Hex) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *Hex) UnmarshalText(b []byte) (err error) {
	*h, err = hex.AppendDecode(nil, b)
	return err
}

// Descriptor is a tagged piece of a table, taken as it is.
type Descriptor struct {
	Tag  uint8 `json:"tag"`
	Data Hex   `json:"data"` // at most 255 bytes
}

// AppendDescriptors writes a loop of descriptors without its length.
func AppendDescriptors(dst []byte, ds []Descriptor) ([]byte, error) {
	for i, d := range ds {
		if len(d.Data) > 255 {
			return dst, fmt.Errorf("mpegts: descriptor %d: %d bytes, at most 255 fit", i, len(d.Data))
		}
		dst = append(append(dst, d.Tag, byte(len(d.Data))), d.Data...)
	}
	return dst, nil
}

// ParseDescriptors reads a loop of descriptors. Their data stays in b.
func ParseDescriptors(b []byte) (ds []Descriptor, err error) {
	for len(b) > 0 {
		if len(b) < 2 || len(b) < 2+int(b[1]) {
			return nil, fmt.Errorf("mpegts: descriptor %d is cut off", len(ds))
		}
		n := 2 + int(b[1])
		ds = append(ds, Descriptor{b[0], b[2:n:n]})
		b = b[n:]
	}
	return ds, nil
}

// Stream is one stream of a programme.
type Stream struct {
	Type        uint8        `json:"type"`
	PID         uint16       `json:"pid"`
	Descriptors []Descriptor `json:"descriptors,omitempty"`
}

// AppendStreams writes the streams of a programme without the length of the whole.
func AppendStreams(dst []byte, streams []Stream) (_ []byte, err error) {
	for i, s := range streams {
		if s.PID >= NullPID {
			return dst, fmt.Errorf("mpegts: stream %d: PID 0x%04X", i, s.PID)
		}
		dst = append(dst, s.Type, 0xE0|byte(s.PID>>8), byte(s.PID), 0, 0)
		if dst, err = appendInfo(dst, s.Descriptors); err != nil {
			return dst, fmt.Errorf("mpegts: stream %d: %w", i, err)
		}
	}
	return dst, nil
}

// appendInfo writes descriptors after dst, whose last two bytes are kept for the length:
// ten bits after four reserved and two zeros.
func appendInfo(dst []byte, ds []Descriptor) (_ []byte, err error) {
	from := len(dst)
	if dst, err = AppendDescriptors(dst, ds); err != nil {
		return dst, err
	}
	n := len(dst) - from
	if n > 1023 {
		return dst, fmt.Errorf("mpegts: %d bytes of descriptors, at most 1023 fit", n)
	}
	binary.BigEndian.PutUint16(dst[from-2:], 0xF000|uint16(n))
	return dst, nil
}

// ParseStreams reads the streams of a programme.
func ParseStreams(b []byte) (streams []Stream, err error) {
	for len(b) > 0 {
		if len(b) < 5 {
			return nil, fmt.Errorf("mpegts: stream %d is cut off", len(streams))
		}
		n := 5 + int(binary.BigEndian.Uint16(b[3:])&0x0FFF)
		if len(b) < n {
			return nil, fmt.Errorf("mpegts: stream %d is cut off", len(streams))
		}
		s := Stream{Type: b[0], PID: binary.BigEndian.Uint16(b[1:]) & NullPID}
		if s.Descriptors, err = ParseDescriptors(b[5:n]); err != nil {
			return nil, fmt.Errorf("stream %d: %w", len(streams), err)
		}
		streams = append(streams, s)
		b = b[n:]
	}
	return streams, nil
}

// Program is one entry of a PAT.
type Program struct {
	Number uint16 // 0 stands for the network information
	PID    uint16 // of its PMT
}

// PAT is a programme association table.
type PAT struct {
	TransportStream uint16
	Programs        []Program
}

// Table is the PAT in its one section or more.
func (p PAT) Table(version uint8) (*Table, error) {
	body := make([]byte, 0, 4*len(p.Programs))
	for _, g := range p.Programs {
		if g.PID >= NullPID {
			return nil, fmt.Errorf("mpegts: programme %d: PID 0x%04X", g.Number, g.PID)
		}
		body = append(body, byte(g.Number>>8), byte(g.Number), 0xE0|byte(g.PID>>8), byte(g.PID))
	}
	return &Table{PID: PATPID, TableID: TableIDPAT, Extension: p.TransportStream, Version: version,
		Parts: Split(body, maxPSIPayload&^3)}, nil
}

// ParsePAT reads a PAT.
func ParsePAT(t *Table) (p PAT, err error) {
	if t.TableID != TableIDPAT {
		return p, fmt.Errorf("mpegts: table 0x%02X is no PAT", t.TableID)
	}
	p.TransportStream = t.Extension
	for _, b := range t.Parts {
		if len(b)%4 != 0 {
			return p, fmt.Errorf("mpegts: PAT: %d bytes of programmes", len(b))
		}
		for ; len(b) > 0; b = b[4:] {
			p.Programs = append(p.Programs, Program{binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]) & NullPID})
		}
	}
	return p, nil
}

// PMT is a programme map table.
type PMT struct {
	Program     uint16
	PCRPID      uint16 // NullPID for a programme without a clock
	Descriptors []Descriptor
	Streams     []Stream
}

// Table is the PMT on its PID; it has one section.
func (p PMT) Table(pid uint16, version uint8) (*Table, error) {
	body, err := appendInfo([]byte{0xE0 | byte(p.PCRPID>>8)&0x1F, byte(p.PCRPID), 0, 0}, p.Descriptors)
	if err != nil {
		return nil, err
	}
	if body, err = AppendStreams(body, p.Streams); err != nil {
		return nil, err
	}
	if len(body) > maxPSIPayload {
		return nil, fmt.Errorf("mpegts: PMT of programme %d: %d bytes, at most %d fit", p.Program, len(body), maxPSIPayload)
	}
	return &Table{PID: pid, TableID: TableIDPMT, Extension: p.Program, Version: version, Parts: [][]byte{body}}, nil
}

// ParsePMT reads a PMT.
func ParsePMT(t *Table) (p PMT, err error) {
	if t.TableID != TableIDPMT || len(t.Parts) != 1 {
		return p, fmt.Errorf("mpegts: table 0x%02X in %d sections is no PMT", t.TableID, len(t.Parts))
	}
	b := t.Parts[0]
	if len(b) < 4 {
		return p, fmt.Errorf("mpegts: PMT: cut off")
	}
	n := 4 + int(binary.BigEndian.Uint16(b[2:])&0x0FFF)
	if len(b) < n {
		return p, fmt.Errorf("mpegts: PMT: cut off")
	}
	p.Program, p.PCRPID = t.Extension, binary.BigEndian.Uint16(b)&NullPID
	if p.Descriptors, err = ParseDescriptors(b[4:n]); err != nil {
		return p, err
	}
	p.Streams, err = ParseStreams(b[n:])
	return p, err
}
