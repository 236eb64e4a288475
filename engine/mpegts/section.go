package mpegts

import (
	"encoding/binary"
	"fmt"
)

// Sizes of sections, ISO/IEC 13818-1 2.4.4: what a table may put into one section after
// the long header and before the CRC.
const (
	MaxSection        = 4096 // bytes of a whole private section
	MaxPayload        = MaxSection - sectionOverhead
	maxPSIPayload     = 1024 - sectionOverhead
	sectionHeader     = 8
	sectionOverhead   = sectionHeader + 4
	maxVersion        = 31
	shortHeader       = 3
	sectionsInOneBody = 256
)

// Section is a section with the long header (section_syntax_indicator 1).
type Section struct {
	TableID   uint8
	Private   bool   // the bit after the syntax indicator: 1 in private tables, 0 in PAT and PMT
	Extension uint16 // table_id_extension
	Version   uint8  // 0–31
	Next      bool   // not applicable yet: current_next_indicator 0
	Number    uint8  // section_number
	Last      uint8  // last_section_number
	Payload   []byte
}

// Append writes the section with its CRC after dst.
func (s *Section) Append(dst []byte) ([]byte, error) {
	switch {
	case len(s.Payload) > MaxPayload:
		return dst, fmt.Errorf("mpegts: section 0x%02X: %d bytes of payload, at most %d fit", s.TableID, len(s.Payload), MaxPayload)
	case s.Version > maxVersion:
		return dst, fmt.Errorf("mpegts: section 0x%02X: version %d, at most %d", s.TableID, s.Version, maxVersion)
	case s.Number > s.Last:
		return dst, fmt.Errorf("mpegts: section 0x%02X: number %d after the last, %d", s.TableID, s.Number, s.Last)
	}
	from := len(dst)
	n := len(s.Payload) + sectionOverhead - shortHeader
	flags := byte(0xB0)
	if s.Private {
		flags |= 0x40
	}
	current := byte(1)
	if s.Next {
		current = 0
	}
	dst = append(dst, s.TableID, flags|byte(n>>8), byte(n), byte(s.Extension>>8), byte(s.Extension),
		0xC0|s.Version<<1|current, s.Number, s.Last)
	dst = append(dst, s.Payload...)
	return binary.BigEndian.AppendUint32(dst, CRC32(dst[from:])), nil
}

// ParseSection reads one whole section with the long header and checks its length, its
// numbering and its CRC. The payload stays in b.
func ParseSection(b []byte) (s Section, err error) {
	if len(b) < sectionOverhead {
		return s, fmt.Errorf("mpegts: a section of %d bytes", len(b))
	}
	switch n := sectionSize(b); {
	case b[1]&0x80 == 0:
		return s, fmt.Errorf("mpegts: section 0x%02X has the short header", b[0])
	case n != len(b):
		return s, fmt.Errorf("mpegts: section 0x%02X says %d bytes and has %d", b[0], n, len(b))
	case CRC32(b) != 0:
		return s, fmt.Errorf("mpegts: section 0x%02X: the CRC is wrong", b[0])
	case b[6] > b[7]:
		return s, fmt.Errorf("mpegts: section 0x%02X: number %d after the last, %d", b[0], b[6], b[7])
	}
	return Section{
		TableID: b[0], Private: b[1]&0x40 != 0, Extension: binary.BigEndian.Uint16(b[3:]),
		Version: b[5] >> 1 & maxVersion, Next: b[5]&1 == 0, Number: b[6], Last: b[7],
		Payload: b[sectionHeader : len(b)-4],
	}, nil
}

// sectionSize is what the header says the whole section measures; b holds the 3 bytes.
func sectionSize(b []byte) int { return shortHeader + int(b[1]&0x0F)<<8 + int(b[2]) }

// Table is a table as its sections carry it: what they have in common, and the payload
// of each in order.
type Table struct {
	PID       uint16
	TableID   uint8
	Private   bool
	Extension uint16
	Version   uint8
	Next      bool
	Parts     [][]byte
}

// Split cuts a body into parts that fit sections of size bytes of payload at most; an
// empty body is one empty part.
func Split(body []byte, size int) (parts [][]byte) {
	for len(body) > size {
		parts = append(parts, body[:size:size])
		body = body[size:]
	}
	return append(parts, body)
}

// Sections writes every section of the table.
func (t *Table) Sections() ([][]byte, error) {
	if n := len(t.Parts); n == 0 || n > sectionsInOneBody {
		return nil, fmt.Errorf("mpegts: table 0x%02X in %d sections, 1 to %d can be", t.TableID, n, sectionsInOneBody)
	}
	sections := make([][]byte, len(t.Parts))
	for i, part := range t.Parts {
		s := Section{TableID: t.TableID, Private: t.Private, Extension: t.Extension, Version: t.Version,
			Next: t.Next, Number: uint8(i), Last: uint8(len(t.Parts) - 1), Payload: part}
		var err error
		if sections[i], err = s.Append(make([]byte, 0, len(part)+sectionOverhead)); err != nil {
			return nil, err
		}
	}
	return sections, nil
}
