package tables

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/mpegts"
)

func asTable(id uint8, parts ...[]byte) *mpegts.Table {
	return &mpegts.Table{PID: PID, TableID: id, Private: true, Parts: parts}
}

// What heads send that is not quite the standard is read, and the deviation told.
func TestDeviationsAreReadWithAWarning(t *testing.T) {
	content := "f43415230000000103010101202607210001 f1"
	entry := "0032 f43415230000000103010101202607210001 0001 ef3a080000 ef3a093000 3130323033 41 01 f63415231002000314010401 fe"
	// The layout of heads before 2018: ids of 30 digits, codes of 18, no network in the channel.
	old := "003b 341523000000010301202607210001 0001 ef3a080000 ef3a093000 3130323033 41 01 341523100200031401 ff 0002 0003 e101 f000 0005 02 e102 f000"
	for name, c := range map[string]struct {
		ed    *Edition
		table *mpegts.Table
		warns []string // a part of each
		check func(b Body) bool
	}{
		"unsigned": {Cable, asTable(IDIndex, unhex("00 0000")), []string{"not signed"}, nil},
		"no signature length": {Cable, asTable(IDIndex, unhex("01"+entry)), []string{"missing"},
			func(b Body) bool { return b.(*Index).Messages[0].ID == id }},
		"a signature of another length": {Cable, asTable(IDIndex, unhex("00 0002 abcd")), []string{"2 bytes"}, nil},
		"bytes after the signature":     {Cable, asTable(IDIndex, unhex("00 0000 ff")), []string{"not signed", "1 bytes more"}, nil},
		"reserved bits 0": {Cable, asTable(IDIndex, unhex("01"+strings.Replace(entry, "f4", "04", 1)+"0000")), []string{"reserved", "not signed"},
			func(b Body) bool { return b.(*Index).Messages[0].ID == id }},
		"a message too long": {Cable, asTable(IDIndex, unhex("01"+strings.Replace(entry, "0032", "0034", 1)+"abcd 0000")), []string{"2 bytes more", "not signed"},
			func(b Body) bool { return b.(*Index).Messages[0].Class == Emergency }},
		"one message of two cut off": {Cable, asTable(IDIndex, unhex("02 0004 f4341523"+entry+"0000")), []string{"cannot be read", "not signed"},
			func(b Body) bool { return len(b.(*Index).Messages) == 1 }},
		"an unknown class and level": {Cable, asTable(IDIndex, unhex("01"+strings.Replace(entry, " 41 01", " f0 01", 1)+"0000")), []string{"class", "severity", "not signed"}, nil},
		"a clock that is no time": {Cable, asTable(IDIndex, unhex("01"+strings.Replace(entry, "080000", "08a000", 1)+"0000")), []string{"decimal", "start", "not signed"},
			func(b Body) bool { return b.(*Index).Messages[0].Start.IsZero() }},
		"the layout before 2018": {Cable, asTable(IDIndex, unhex("01"+old+"0000")), []string{"id", "resources", "delivery", "18 digits", "not signed"},
			func(b Body) bool {
				m := b.(*Index).Messages[0]
				return m.ID == "341523000000010301202607210001" && m.Resources[0] == "341523100200031401" && m.Channel.Program == 3 && m.Channel.Streams[0].PID == 0x102
			}},
		"and with a reserved byte": {Cable, asTable(IDIndex, unhex("ff 01"+old+"0000")), []string{"id", "resources", "delivery", "reserved byte", "not signed"},
			func(b Body) bool { return b.(*Index).Messages[0].Channel.TransportStream == 2 }},
		"lengths of files in 32 bits": {Terrestrial, asTable(IDContent, unhex(content+"00000012 7a686f f8 0000 00 f1 2a 00000005 0102030405 0000")), []string{"32 bits", "not signed"},
			func(b Body) bool { return len(b.(*Content).Languages[0].Auxiliary[0].Data) == 5 }},
		"an unknown character set": {Terrestrial, asTable(IDContent, unhex(content+"0000000a 7a686f ff 0002 b1a9 00 f0 0000")), []string{"character set 7", "not signed"}, nil},
		"bytes that are no text":   {Terrestrial, asTable(IDContent, unhex(content+"0000000a 7a686f f8 0002 ffff 00 f0 0000")), []string{"no text", "not signed"}, nil},
		"GBK where GB 2312 is said": {Terrestrial, asTable(IDContent, unhex(content+"0000000a 7a686f f8 0002 8140 00 f0 0000")), []string{"has no", "not signed"},
			func(b Body) bool { return b.(*Content).Languages[0].Text == "丂" }},
		"another table_id_extension": {Cable, asTable(IDContent, unhex(content+"00000008 7a686f f8 0000 00 f0 0000")), []string{"not signed", "table_id_extension"}, nil},
		"an unknown command":         {Cable, asTable(IDConfiguration, unhex("01 2a 0001 07 0000")), []string{"42 is not", "not signed"}, nil},
		"a command cut off": {Cable, asTable(IDConfiguration, unhex("02 06 0001 07 01 0007 07ea 07 15 10 00 00 0000")), []string{"cannot be read", "not signed"},
			func(b Body) bool {
				return b.(*Configuration).Commands[0].Unknown.Tag == 6 && b.(*Configuration).Commands[1].Clock.Time.Equal(begin)
			}},
		"a clock beyond the calendar": {Cable, asTable(IDConfiguration, unhex("01 01 0007 ffff 07 15 10 00 00 0000")), []string{"cannot be read", "not signed"},
			func(b Body) bool { _, err := json.Marshal(b); return err == nil }},
		"a certificate that is none": {Cable, asTable(IDCertificates, unhex("00 01 02 abcd 0000")), []string{"certificates[0]", "not signed"},
			func(b Body) bool { return len(b.(*Certificates).Certificates) == 1 }},
		"every section by itself": {Cable, asTable(IDIndex, unhex("01"+entry+"0000"), unhex("01"+strings.Replace(entry, "210001", "210002", 1)+"0000")),
			[]string{"not signed", "not signed", "complete in itself"}, func(b Body) bool { return len(b.(*Index).Messages) == 2 }},
	} {
		got, err := Decode(c.ed, c.table)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.check != nil && !c.check(got.Body) {
			t.Errorf("%s: %+v", name, got.Body)
		}
		for _, want := range c.warns {
			if !slices.ContainsFunc(got.Warnings, func(w Warning) bool { return strings.Contains(w.Error(), want) }) {
				t.Errorf("%s: no warning of %q in %v", name, want, got.Warnings)
			}
		}
		if len(got.Warnings) != len(c.warns) {
			t.Errorf("%s: %v", name, got.Warnings)
		}
	}
}

func TestWhatCannotBeReadIsRefused(t *testing.T) {
	for place, table := range map[string]*mpegts.Table{
		"messages[0]":        asTable(IDIndex, unhex("01 ffff 00")),
		"messages":           asTable(IDIndex, nil),
		"none of 1":          asTable(IDIndex, unhex("01 0004 f4341523 0000")),
		"signature":          asTable(IDIndex, unhex("00 004a 0102")),
		"languages[0]":       asTable(IDContent, unhex("f43415230000000103010101202607210001 f1 ffffffff")),
		"languages[0].text":  asTable(IDContent, unhex("f43415230000000103010101202607210001 f1 00000006 7a686f f8 ffff 0000")),
		"lists[0].signature": asTable(IDCertificates, unhex("01 0014 010203040506 09 00 000000000001 000000000000")),
		"commands[0].data":   asTable(IDConfiguration, unhex("01 06 00ff 07")),
		"table_id":           asTable(0xF0, unhex("00")),
	} {
		if got, err := Decode(Cable, table); err == nil || !strings.Contains(err.Error(), place) {
			t.Errorf("%s: %+v, %v", place, got, err)
		}
	}
}

// Whatever the standard does not allow is refused, and the place named.
func TestWritingIsStrict(t *testing.T) {
	index := func(change func(m *Message)) Body {
		m := message()
		change(&m)
		return &Index{Messages: []Message{m}}
	}
	channel := func(ds ...mpegts.Descriptor) Body {
		return index(func(m *Message) { m.Channel = &Channel{Descriptors: ds} })
	}
	content := func(change func(l *Language)) Body {
		l := Language{Code: "zho", Text: "暴雨"}
		change(&l)
		return &Content{ID: id, Languages: []Language{l}}
	}
	command := func(c Command) Body { return &Configuration{Commands: []Command{c}} }
	code := []ebd.ResourceCode{speaker}
	for place, b := range map[string]Body{
		"messages[1].id":        &Index{Messages: []Message{message(), message()}},
		"messages[0].id":        index(func(m *Message) { m.ID = "1" }),
		"messages[0].start":     index(func(m *Message) { m.Start, m.End = time.Date(2039, 1, 1, 0, 0, 0, 0, time.UTC), time.Time{} }),
		"messages[0].end":       index(func(m *Message) { m.End = m.Start }),
		"messages[0].event":     index(func(m *Message) { m.Event = "11B03" }),
		"messages[0].class":     index(func(m *Message) { m.Class = 5 }),
		"messages[0].severity":  index(func(m *Message) { m.Severity = 0 }),
		"messages[0].resources": index(func(m *Message) { m.Resources = nil }),
		"resources[0]":          index(func(m *Message) { m.Resources[0] = "63415231002000314010" }),
		"messages: 256":         &Index{Messages: make([]Message, 256)},
		"channel.descriptors":   channel(),
		"of the other medium":   channel(mpegts.Descriptor{Tag: 0x5A}),
		"at most 1023":          channel(slices.Repeat([]mpegts.Descriptor{{Tag: 0x44, Data: make([]byte, 255)}}, 4)...),
		"pcr_pid":               index(func(m *Message) { m.Channel = &Channel{PCRPID: 0x2000, Descriptors: []mpegts.Descriptor{delivery}} }),
		"channel.streams": index(func(m *Message) {
			m.Channel = &Channel{Streams: []mpegts.Stream{{PID: 0x1FFF}}, Descriptors: []mpegts.Descriptor{delivery}}
		}),
		"languages: 0":            &Content{ID: id},
		"languages: 6":            &Content{ID: id, Languages: make([]Language, 6)},
		"languages[0].language":   content(func(l *Language) { l.Code = "ZH" }),
		"character 2":             content(func(l *Language) { l.Text = "暴䶮" }),
		"has no '€'":              content(func(l *Language) { l.Text = "€" }),
		"has no 'ⅰ'":              content(func(l *Language) { l.Text = "ⅰ" }), // in GBK's part of row 2
		"has no '𠀀'":              content(func(l *Language) { l.Charset, l.Text = GB13000, "𠀀" }),
		"charset":                 content(func(l *Language) { l.Charset = 5 }),
		"UTF-8":                   content(func(l *Language) { l.Text = "\xff" }),
		"languages[0].text":       content(func(l *Language) { l.Text = strings.Repeat("雨", 32768) }),
		"languages[0].agency":     content(func(l *Language) { l.Agency = strings.Repeat("雨", 128) }),
		"languages[0].auxiliary:": content(func(l *Language) { l.Auxiliary = make([]Auxiliary, 3) }),
		"auxiliary[0].type: 5":    content(func(l *Language) { l.Auxiliary = []Auxiliary{{5, unhex("00")}} }),
		"as a channel":            content(func(l *Language) { l.Auxiliary = []Auxiliary{{MediaStream, unhex("00")}} }),
		"auxiliary[0].data":       content(func(l *Language) { l.Auxiliary = []Auxiliary{{PNG, nil}} }),
		"256 sections":            content(func(l *Language) { l.Auxiliary = []Auxiliary{{PNG, make([]byte, 1100000)}} }),
		"certificates[0]":         &Certificates{Certificates: []mpegts.Hex{{1}}},
		"lists[0].certificates":   &Certificates{Lists: []Authorization{{Certificates: make([]ebd.SerialNumber, 256)}}},
		"commands: 0":             &Configuration{},
		"not 0":                   command(Command{}),
		"not 2":                   command(Command{Clock: &Clock{begin}, Volume: &Volume{1, code}}),
		"clock.time":              command(Command{Clock: &Clock{}}),
		"assign_code.address":     command(Command{AssignCode: &AssignCode{nil, speaker}}),
		"constellation":           command(Command{LockFrequency: &LockFrequency{Constellation: 6, Terminals: code}}),
		"method":                  command(Command{ReturnAddress: &ReturnAddress{4, "", code}}),
		"11 digits":               command(Command{ReturnAddress: &ReturnAddress{ReturnBySMS, "1380013800", code}}),
		"IPv4":                    command(Command{ReturnAddress: &ReturnAddress{ReturnByIP, "[::1]:80", code}}),
		"domain":                  command(Command{ReturnAddress: &ReturnAddress{ReturnByDomain, "eb.cn：80", code}}),
		"seconds":                 command(Command{ReturnPeriod: &ReturnPeriod{0, code}}),
		"percent":                 command(Command{Volume: &Volume{101, code}}),
		"volume.terminals":        command(Command{Volume: &Volume{1, nil}}),
		"parameters[0]":           command(Command{Query: &Query{unhex("0b"), code}}),
	} {
		if _, err := Encode(Cable, b, 0, nil); err == nil || !strings.Contains(err.Error(), place) {
			t.Errorf("%s: %v", place, err)
		}
	}
	if _, err := Encode(Terrestrial, channel(), 0, nil); err != nil { // 087: can contain
		t.Error(err)
	}
	if _, err := Encode(Terrestrial, content(func(l *Language) { l.Auxiliary = []Auxiliary{{MediaStream, unhex("00")}} }), 0, nil); err != nil {
		t.Error(err)
	}
}

func TestCableDelivery(t *testing.T) {
	got, err := CableDelivery{394000, 6875, 64}.Descriptor()
	if diff := cmp.Diff(delivery, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, bad := range []CableDelivery{{0, 6875, 64}, {10_000_000, 6875, 64}, {394000, 0, 64}, {394000, 1_000_000, 64}, {394000, 6875, 8}} {
		if _, err := bad.Descriptor(); err == nil {
			t.Errorf("%+v", bad)
		}
	}
}

func TestCharsetFor(t *testing.T) {
	for text, want := range map[string]Charset{"": GB2312, "暴雨 A": GB2312, "䶮": GB18030, "བོད": GB18030} {
		if got := CharsetFor(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestAuthorizationsAreSigned(t *testing.T) {
	key, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	a := Authorization{Receiver: ebd.SerialNumber{1}, Number: 3, Certificates: []ebd.SerialNumber{{2}, {3}}, Signer: ebd.SerialNumber{5: 1}}
	if err := a.Sign(key); err != nil {
		t.Fatal(err)
	}
	back := decode(t, Cable, encode(t, Cable, &Certificates{Lists: []Authorization{a}}, nil)).Body.(*Certificates).Lists[0]
	if diff := cmp.Diff(a, back); diff != "" || !back.VerifiedBy(key.Public()) {
		t.Error(diff)
	}
	if back.Certificates[1][0]++; back.VerifiedBy(key.Public()) {
		t.Error("another list has the signature")
	}
}

// Every section of a table of the other reading has its own signature, and all must be good.
func TestSectionsBySelfAreVerifiedOneByOne(t *testing.T) {
	key, sign := signer(t, ebd.CoverContentTime)
	first, second := message(), message()
	second.ID = platform + "202607210002"
	var parts [][]byte
	for _, m := range []Message{first, second} {
		parts = append(parts, encode(t, Cable, &Index{Messages: []Message{m}}, sign).Parts...)
	}
	got := decode(t, Cable, asTable(IDIndex, parts...))
	if len(got.Sealed) != 2 || !got.VerifiedBy(key, ebd.CoverContentTime) {
		t.Errorf("%+v", got)
	}
	parts[1] = bytes.Clone(parts[1])
	parts[1][40] ^= 1
	if got, err := Decode(Cable, asTable(IDIndex, parts...)); err == nil && got.VerifiedBy(key, ebd.CoverContentTime) {
		t.Error("a changed section is believed")
	}
}

// What is read without a warning is what would be written.
func FuzzDecode(f *testing.F) {
	for _, b := range []Body{&Index{Messages: []Message{message()}}, &Content{ID: id, Languages: []Language{{Code: "zho", Text: "暴雨", Auxiliary: []Auxiliary{{PNG, unhex("00")}}}}},
		&Certificates{Lists: make([]Authorization, 1), Certificates: []mpegts.Hex{sampleCertificate}},
		&Configuration{Commands: []Command{{Clock: &Clock{begin}}, {Volume: &Volume{1, []ebd.ResourceCode{speaker}}},
			{ReturnAddress: &ReturnAddress{ReturnByIP, "192.0.2.1:8080", []ebd.ResourceCode{speaker}}}}}} {
		table, err := Encode(Cable, b, 1, nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(table.TableID, uint16(0), table.Parts[0])
	}
	f.Fuzz(func(t *testing.T, id uint8, cut uint16, b []byte) {
		table := asTable(id, mpegts.Split(b, int(cut)+1)...)
		for _, ed := range []*Edition{Cable, Terrestrial} {
			got, err := Decode(ed, table)
			if err != nil {
				if _, ok := err.(*Error); !ok {
					t.Fatalf("%T", err)
				}
				continue
			}
			got.VerifiedBy(ebd.PublicKey{}, ebd.CoverContent)
			if len(got.Warnings) > 0 && got.Warnings[0].Text != "the table is not signed" || len(got.Warnings) > 1 || len(got.Sealed) != 1 {
				continue
			}
			again, err := Signed(ed, got.Body)
			if err == nil && !bytes.Equal(again, got.Sealed[0].Content) {
				t.Fatalf("%+v\n%x\n%x", got.Body, got.Sealed[0].Content, again)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	x := &Index{}
	for i := range 100 {
		m := message()
		m.ID, _ = ebd.NewEBMID(platform, begin, i)
		x.Messages = append(x.Messages, m)
	}
	table, err := Encode(Cable, x, 1, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(table.Parts[0])))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(Cable, table); err != nil {
			b.Fatal(err)
		}
	}
}
