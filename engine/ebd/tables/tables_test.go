package tables

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/mpegts"
)

const (
	platform = "43415230000000103010101"
	speaker  = "63415231002000314010401"
	id       = platform + "202607210001"
)

var (
	begin = time.Date(2026, 7, 21, 8, 0, 0, 0, time.UTC)
	// 394 MHz, RS (204,188), 64 QAM, 6.875 Mbaud: EN 300 468 6.2.13.1.
	delivery = mpegts.Descriptor{Tag: 0x44, Data: unhex("03940000 fff2 03 0068750f")}
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.NewReplacer(" ", "", "\n", "", "\t", "").Replace(s))
	if err != nil {
		panic(err)
	}
	return b
}

func message() Message {
	return Message{ID: id, Network: 1, Start: begin, End: begin.Add(90 * time.Minute), Event: "10203", Class: Emergency,
		Severity: ebd.SeverityRed, Resources: []ebd.ResourceCode{speaker}}
}

func certificate(t testing.TB) []byte {
	key, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	c, err := ebd.IssueCertificate(key, ebd.SerialNumber{5: 1}, ebd.SerialNumber{1}, key.Public(), begin)
	if err != nil {
		t.Fatal(err)
	}
	return c.Encode()
}

// The bytes are put together by hand from tables 1, 4, 6 and 7–15 of 086; 2026-07-21 is
// day 61242 by formula A.6.
func TestBodiesByHand(t *testing.T) {
	withChannel := message()
	withChannel.Channel = &Channel{Network: 1, TransportStream: 2, Program: 3, PCRPID: 0x101, Descriptors: []mpegts.Descriptor{delivery},
		Streams: []mpegts.Stream{{Type: 2, PID: 0x102}, {Type: 3, PID: 0x103}}}
	live := message()
	live.ID, live.End = platform+"202607210002", time.Time{}
	cert := certificate(t)
	code := []ebd.ResourceCode{speaker}
	for _, c := range []struct {
		body Body
		want []byte
	}{
		{&Index{}, []byte{0}},
		{&Index{Messages: []Message{message(), live}}, unhex(`02
			0032 f43415230000000103010101202607210001 0001 ef3a080000 ef3a093000 3130323033 41 01 f63415231002000314010401 fe
			0032 f43415230000000103010101202607210002 0001 ef3a080000 ffffffffff 3130323033 41 01 f63415231002000314010401 fe`)},
		{&Index{Messages: []Message{withChannel}}, unhex(`01
			0055 f43415230000000103010101202607210001 0001 ef3a080000 ef3a093000 3130323033 41 01 f63415231002000314010401 ff
			0001 0002 0003 e101 f00d 440b 03940000 fff2 03 0068750f
			000a 02 e102 f000 03 e103 f000`)},
		{&Content{ID: id, Languages: []Language{{Code: "zho", Text: "暴雨", Agency: "气象", Auxiliary: []Auxiliary{{JPEG, unhex("ffd8ff")}}}}}, unhex(`
			f43415230000000103010101202607210001 f1
			00000017 7a686f f8 0004 b1a9d3ea 04 c6f8cff3 f1 2a 000003 ffd8ff`)},
		{&Content{ID: id, Languages: []Language{{Code: "zho", Charset: GB18030, Text: "㐀"}, {Code: "bod", Charset: GB16959, Text: "བོད"}}}, unhex(`
			f43415230000000103010101202607210001 f2
			0000000c 7a686f f9 0004 8139ee39 00 f0
			0000000e 626f64 fc 0006 0f56 0f7c 0f51 00 f0`)},
		{&Certificates{Lists: []Authorization{{Receiver: ebd.SerialNumber{1, 2, 3, 4, 5, 6}, Number: 9, Certificates: []ebd.SerialNumber{{5: 7}},
			Signer: ebd.SerialNumber{5: 1}, Signature: Digits{63: 0xAA}}}, Certificates: []mpegts.Hex{cert}},
			slices.Concat(unhex("01 0054 010203040506 09 01 000000000007 000000000001"), make([]byte, 63), unhex("aa 01 8f"), cert)},
		{&Configuration{Commands: []Command{
			{Clock: &Clock{begin}},
			{AssignCode: &AssignCode{unhex("0a0b"), speaker}},
			{LockFrequency: &LockFrequency{394000, 6875, 3, code}},
			{ReturnAddress: &ReturnAddress{ReturnByIP, "192.0.2.1:8080", code}},
			{ReturnAddress: &ReturnAddress{ReturnBySMS, "13800138000", code}},
			{ReturnAddress: &ReturnAddress{ReturnByDomain, "eb.cn:80", code}},
			{ReturnPeriod: &ReturnPeriod{86400, code}},
			{Volume: &Volume{100, code}},
			{Query: &Query{unhex("010a"), code}},
		}}, unhex(`09
			01 0007 07ea 07 15 10 00 00
			02 000f 02 0a0b f63415231002000314010401
			03 0016 00060310 00001adb 03 01 f63415231002000314010401
			04 0015 02 06 c0000201 1f90 01 f63415231002000314010401
			04 001a 01 0b 3133383030313338303030 01 f63415231002000314010401
			04 0017 03 08 65622e636e3a3830 01 f63415231002000314010401
			05 0011 00015180 01 f63415231002000314010401
			06 000e 64 01 f63415231002000314010401
			07 0010 02 01 0a 01 f63415231002000314010401`)},
	} {
		got, err := Signed(Cable, c.body)
		if err != nil || !bytes.Equal(got, c.want) {
			t.Errorf("%s: %v\n%x\n%x", c.body.Name(), err, got, c.want)
		}
		back := decode(t, Cable, encode(t, Cable, c.body, nil))
		if diff := cmp.Diff(c.body, back.Body, same); diff != "" {
			t.Error(diff)
		}
	}
}

// A whole section by hand; its CRC was computed bit by bit, apart from this program.
func TestSectionByHand(t *testing.T) {
	sections, err := encode(t, Cable, &Index{}, nil).Sections()
	if err != nil || len(sections) != 1 || hex.EncodeToString(sections[0]) != "fdf00c0000c30000000000"+"c8ccb208" {
		t.Errorf("%x", sections)
	}
	if got := crc16([]byte("123456789")); got != 0x29B1 { // the catalogue's check value
		t.Errorf("%04X", got)
	}
	if got := (&Content{ID: id}).Extension(); got != 0xC73E {
		t.Errorf("%04X", got)
	}
}

// same takes empty lists for none, and does not go through files byte by byte.
var same = cmp.Options{cmpopts.EquateEmpty(), cmp.FilterValues(func(a, b mpegts.Hex) bool { return len(a) > 0 || len(b) > 0 },
	cmp.Comparer(func(a, b mpegts.Hex) bool { return bytes.Equal(a, b) }))}

type fataler interface {
	Helper()
	Fatal(...any)
}

func encode(t fataler, ed *Edition, b Body, sign Signer) *mpegts.Table {
	t.Helper()
	table, err := Encode(ed, b, 1, sign)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func decode(t fataler, ed *Edition, table *mpegts.Table) *Table {
	t.Helper()
	back, err := Decode(ed, table)
	if err != nil {
		t.Fatal(err)
	}
	return back
}

func signer(t testing.TB, cov ebd.Coverage) (ebd.PublicKey, Signer) {
	key, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return key.Public(), func(content []byte) (*ebd.Signature, error) {
		return ebd.Sign(key, ebd.SerialNumber{5: 9}, content, begin, cov)
	}
}

// Any table comes back the same from packets, wherever these are cut, without a warning
// and with a good signature.
func TestTablesRoundTrip(t *testing.T) {
	key, sign := signer(t, ebd.CoverContentTime)
	rapid.Check(t, func(t *rapid.T) {
		ed := rapid.SampledFrom([]*Edition{Cable, Terrestrial}).Draw(t, "edition")
		if rapid.Bool().Draw(t, "local time") {
			local := *ed
			local.Zone = ebd.China
			ed = &local
		}
		body := drawBody(t, ed)
		sections, err := encode(t, ed, body, sign).Sections()
		if err != nil {
			t.Fatal(err)
		}
		packets, _ := mpegts.Packets(PID, 0, sections)
		var a mpegts.Assembler
		var table *mpegts.Table
		d := mpegts.NewDemux(func(pid uint16, s []byte) {
			if table, err = a.Add(pid, s); err != nil {
				t.Fatal(err)
			}
		}, func(f mpegts.Fault) { t.Fatal(f) })
		d.Watch(PID)
		for i := range packets {
			cut := rapid.IntRange(0, mpegts.PacketSize).Draw(t, "cut")
			_, _ = d.Write(packets[i][:cut])
			_, _ = d.Write(packets[i][cut:])
		}
		back := decode(t, ed, table)
		if diff := cmp.Diff(body, back.Body, same); diff != "" || len(back.Warnings) > 0 || back.Version != 1 || back.Extension != body.Extension() {
			t.Fatal(diff, back.Warnings)
		}
		if !back.VerifiedBy(key, ebd.CoverContentTime) || back.VerifiedBy(key, ebd.CoverContent) {
			t.Fatal("signature misjudged")
		}
		whole := slices.Concat(table.Parts...)
		whole[rapid.IntRange(0, len(back.Sealed[0].Content)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		table.Parts = mpegts.Split(whole, mpegts.MaxPayload)
		if changed, err := Decode(ed, table); err == nil && changed.VerifiedBy(key, ebd.CoverContentTime) {
			t.Fatal("a changed table is still signed")
		}
	})
}

func drawCodes(t *rapid.T) []ebd.ResourceCode {
	return rapid.SliceOfN(rapid.SampledFrom([]ebd.ResourceCode{platform, speaker, "11000000000000302010200"}), 1, 255).Draw(t, "codes")
}

func drawHex(t *rapid.T, least, most int) mpegts.Hex {
	return rapid.SliceOfN(rapid.Byte(), least, most).Draw(t, "bytes")
}

func drawSerial(t *rapid.T) ebd.SerialNumber { return ebd.SerialNumber(drawHex(t, 6, 6)) }

func drawTime(t *rapid.T) time.Time {
	return time.Unix(rapid.Int64Range(0, 2155000000).Draw(t, "time"), 0).UTC()
}

func drawBody(t *rapid.T, ed *Edition) Body {
	switch rapid.IntRange(0, 3).Draw(t, "table") {
	case 0:
		return drawIndex(t, ed)
	case 1:
		return drawContent(t)
	case 2:
		c := &Certificates{}
		for range rapid.IntRange(0, 4).Draw(t, "lists") {
			a := Authorization{Receiver: drawSerial(t), Number: rapid.Byte().Draw(t, "number"), Signer: drawSerial(t), Signature: Digits(drawHex(t, 64, 64))}
			for range rapid.IntRange(0, 255).Draw(t, "certificates") {
				a.Certificates = append(a.Certificates, ebd.SerialNumber{5: 1})
			}
			c.Lists = append(c.Lists, a)
		}
		for range rapid.IntRange(0, 40).Draw(t, "certificates") {
			c.Certificates = append(c.Certificates, sampleCertificate)
		}
		return c
	}
	return drawConfiguration(t)
}

var sampleCertificate = func() []byte {
	key, _ := ebd.GenerateKey()
	c, _ := ebd.IssueCertificate(key, ebd.SerialNumber{5: 1}, ebd.SerialNumber{1}, key.Public(), begin)
	return c.Encode()
}()

func drawIndex(t *rapid.T, ed *Edition) *Index {
	x := &Index{}
	for i := range rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(0, 100)).Draw(t, "messages") {
		m := message()
		m.ID, _ = ebd.NewEBMID(platform, begin, i)
		m.Network, m.Start = rapid.Uint16().Draw(t, "network"), drawTime(t)
		m.End = time.Time{}
		if rapid.Bool().Draw(t, "ends") {
			m.End = m.Start.Add(time.Duration(rapid.IntRange(1, 86400).Draw(t, "duration")) * time.Second)
		}
		m.Class = Class(rapid.IntRange(1, 4).Draw(t, "class"))
		m.Severity = ebd.Severity(rapid.IntRange(1, 4).Draw(t, "severity"))
		if i < 4 {
			m.Resources = drawCodes(t)
		}
		if rapid.Bool().Draw(t, "channel") {
			pid := rapid.Uint16Range(0, 0x1FFE)
			m.Channel = &Channel{rapid.Uint16().Draw(t, "network"), rapid.Uint16().Draw(t, "ts"), rapid.Uint16().Draw(t, "program"), pid.Draw(t, "pcr"), nil, nil}
			m.Channel.Descriptors = []mpegts.Descriptor{{Tag: ed.Delivery, Data: delivery.Data}, {Tag: 9, Data: drawHex(t, 0, 255)}}
			for range rapid.IntRange(0, 4).Draw(t, "streams") {
				m.Channel.Streams = append(m.Channel.Streams, mpegts.Stream{Type: rapid.Byte().Draw(t, "type"), PID: pid.Draw(t, "pid"),
					Descriptors: []mpegts.Descriptor{{Tag: 0x0A, Data: drawHex(t, 0, 8)}}})
			}
		}
		x.Messages = append(x.Messages, m)
	}
	return x
}

func drawContent(t *rapid.T) *Content {
	alphabet := map[Charset][]rune{GB2312: []rune("各村请注意，暴雨！A1 ·—“”"), GB18030: []rune("各村䶮㐂𠀀é€A"), GB13000: []rune("各村䶮A\n"),
		GB21669: []rune("ئۇيغۇر"), GB16959: []rune("བོད་ཡིག")}
	c := &Content{ID: id}
	for range rapid.IntRange(1, 5).Draw(t, "languages") {
		set := Charset(rapid.IntRange(0, 4).Draw(t, "charset"))
		text := rapid.StringOf(rapid.SampledFrom(alphabet[set]))
		l := Language{Code: rapid.StringMatching("[a-z]{3}").Draw(t, "language"), Charset: set, Text: text.Draw(t, "text")}
		l.Agency = string([]rune(text.Draw(t, "agency") + "          ")[:10])
		for range rapid.IntRange(0, 2).Draw(t, "files") {
			file := drawHex(t, 1, 50)
			if rapid.Bool().Draw(t, "long") {
				file = bytes.Repeat(file, 1000)
			}
			l.Auxiliary = append(l.Auxiliary, Auxiliary{rapid.SampledFrom([]AuxiliaryType{MPEGAudio, MP3, DRA, DRAPlus, PNG, JPEG, GIF}).Draw(t, "type"), file})
		}
		c.Languages = append(c.Languages, l)
	}
	return c
}

func drawConfiguration(t *rapid.T) *Configuration {
	c := &Configuration{}
	for range rapid.IntRange(1, 8).Draw(t, "commands") {
		var cmd Command
		switch rapid.IntRange(0, 6).Draw(t, "command") {
		case 0:
			cmd.Clock = &Clock{drawTime(t)}
		case 1:
			cmd.AssignCode = &AssignCode{drawHex(t, 1, 255), speaker}
		case 2:
			cmd.LockFrequency = &LockFrequency{rapid.Uint32().Draw(t, "f"), rapid.Uint32().Draw(t, "s"), rapid.Uint8Range(0, 5).Draw(t, "c"), drawCodes(t)}
		case 3:
			cmd.ReturnAddress = rapid.SampledFrom([]*ReturnAddress{{ReturnBySMS, "13800138000", drawCodes(t)}, {ReturnByIP, "10.0.0.255:65535", drawCodes(t)},
				{ReturnByDomain, "eb.example.org:8080", drawCodes(t)}}).Draw(t, "address")
		case 4:
			cmd.ReturnPeriod = &ReturnPeriod{rapid.Uint32Min(1).Draw(t, "seconds"), drawCodes(t)}
		case 5:
			cmd.Volume = &Volume{rapid.Uint8Range(0, 100).Draw(t, "percent"), drawCodes(t)}
		case 6:
			cmd.Query = &Query{rapid.SliceOfN(rapid.ByteRange(1, 10), 1, 255).Draw(t, "parameters"), drawCodes(t)}
		}
		c.Commands = append(c.Commands, cmd)
	}
	return c
}
