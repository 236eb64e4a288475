package mpegts

// Bounds of what an Assembler keeps of tables that are not whole yet.
const (
	assemblerTables = 1024
	assemblerBytes  = 16 << 20
)

// Assembler makes whole tables of sections. It hands a table on once, and again when
// its version or any of its sections changes; repetitions are recognised by their CRC.
// What is not whole is bounded: where there is too much, the table that waited longest
// is given up. The zero value is ready.
type Assembler struct {
	tables map[tableKey]*assembly
	bytes  int
	clock  uint64 // counts sections, to tell what waited longest
}

type tableKey struct {
	pid       uint16
	id        uint8
	extension uint16
	next      bool
}

type assembly struct {
	version, last uint8
	private       bool
	have          int
	got           [sectionsInOneBody]bool
	crc           [sectionsInOneBody]uint32
	parts         [][]byte // nil once the table was handed on
	bytes         int
	touched       uint64
}

// Add takes a section as a Demux hands it on. It returns the table that the section
// completes, or nil; sections with the short header belong to none. An error tells of a
// section that cannot be read. What is returned is the caller's to keep.
func (a *Assembler) Add(pid uint16, section []byte) (*Table, error) {
	if len(section) > 1 && section[1]&0x80 == 0 {
		return nil, nil
	}
	s, err := ParseSection(section)
	if err != nil {
		return nil, err
	}
	crc := CRC32(section[:len(section)-4])
	key := tableKey{pid, s.TableID, s.Extension, s.Next}
	t := a.tables[key]
	if t != nil && (t.version != s.Version || t.last != s.Last || t.got[s.Number] && t.crc[s.Number] != crc) {
		a.forget(key)
		t = nil
	}
	a.clock++
	if t == nil {
		if a.tables == nil {
			a.tables = map[tableKey]*assembly{}
		}
		t = &assembly{version: s.Version, last: s.Last, private: s.Private, parts: make([][]byte, int(s.Last)+1)}
		a.tables[key] = t
	}
	t.touched = a.clock
	if t.got[s.Number] {
		return nil, nil
	}
	t.got[s.Number], t.crc[s.Number] = true, crc
	t.parts[s.Number] = append([]byte(nil), s.Payload...)
	t.have++
	t.bytes += len(s.Payload)
	a.bytes += len(s.Payload)
	if t.have <= int(s.Last) {
		a.bound()
		return nil, nil
	}
	whole := &Table{PID: pid, TableID: s.TableID, Private: t.private, Extension: s.Extension, Version: s.Version, Next: s.Next, Parts: t.parts}
	a.bytes -= t.bytes
	t.parts, t.bytes = nil, 0
	a.bound()
	return whole, nil
}

func (a *Assembler) forget(key tableKey) {
	a.bytes -= a.tables[key].bytes
	delete(a.tables, key)
}

// bound gives up what waited longest.
func (a *Assembler) bound() {
	for len(a.tables) > assemblerTables || a.bytes > assemblerBytes {
		var oldest tableKey
		at := a.clock + 1
		for key, t := range a.tables {
			if t.touched < at {
				oldest, at = key, t.touched
			}
		}
		a.forget(oldest)
	}
}
