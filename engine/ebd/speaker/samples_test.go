package speaker

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/mpegts"
)

// sample is one real packet with what is known of it.
type sample struct {
	Head    int    `json:"head"`
	Version int    `json:"version"`
	Type    int    `json:"protocol_type"`
	Origin  int    `json:"platform_type"`
	Body    int    `json:"data_length"`
	Len     int    `json:"len"`
	Sig     int    `json:"sig_info_len"`
	Hex     string `json:"hex"`
	raw     []byte
}

const samplePath = "../../../../shared/data/alert/gdj089_annexA_packets_dev.jsonl"

func samples(t testing.TB) []sample {
	t.Helper()
	all := load(t)
	if all == nil {
		t.Skipf("NOT TESTED: the real packets are not here (%s)", samplePath)
	}
	return all
}

// load is the real packets, nil if they are not here.
func load(t testing.TB) []sample {
	t.Helper()
	f, err := os.Open(samplePath)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []sample
	for in := bufio.NewScanner(f); in.Scan(); {
		var s sample
		if err := json.Unmarshal(in.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		if s.raw, err = hex.DecodeString(s.Hex); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	if len(all) == 0 {
		t.Fatal("no packets in " + samplePath)
	}
	return all
}

// Every real packet is whole, and is read as what its file says it is. Written again it
// has the same bytes but for the origin and the direction, which devices get wrong.
func TestRealPackets(t *testing.T) {
	for i, s := range samples(t) {
		p, err := Decode(s.raw)
		if err != nil {
			t.Errorf("packet %d: %v", i, err)
			continue
		}
		if int(p.Direction) != s.Head || int(p.Type) != s.Type || int(p.Origin) != s.Origin || p.Length != s.Body || p.SignatureLength != s.Sig || !p.CRC {
			t.Errorf("packet %d: read as %+v", i, p)
		}
		for _, w := range p.Warnings {
			switch w.Field {
			case "platform_type", "head", "ebm_id", "resource_code", "ebm_type": // what these devices are known for
			default:
				t.Errorf("packet %d: %v", i, w)
			}
		}
		if p.Type.Direction() != p.Direction || p.Type == TypeTaskStart && p.Body.(*TaskStart).Event[0] == '0' {
			continue // what we would not write
		}
		if back, err := p.Encode(); err != nil || !bytes.Equal(back, s.raw) {
			t.Errorf("packet %d: written again: %v\n%x\n%x", i, err, s.raw, back)
		}
	}
}

// No real packet survives being cut short, lengthened, or having any one bit turned over.
func TestDamagedPackets(t *testing.T) {
	kinds := map[Type]bool{}
	for _, s := range samples(t) {
		if kinds[Type(s.Type)] {
			continue // one of each type
		}
		kinds[Type(s.Type)] = true
		for n := range s.raw {
			if _, err := Decode(s.raw[:n]); err == nil {
				t.Errorf("type %#x: the first %d bytes are read as a packet", s.Type, n)
			}
		}
		if _, err := Decode(append(bytes.Clone(s.raw), 0)); err == nil {
			t.Errorf("type %#x: a byte too many", s.Type)
		}
		for bit := range len(s.raw) * 8 {
			b := bytes.Clone(s.raw)
			b[bit/8] ^= 1 << (bit % 8)
			if p, err := Decode(b); err == nil || p.CRC {
				t.Errorf("type %#x: bit %d turned over: %v, CRC %v", s.Type, bit, err, p.CRC)
			}
		}
	}
}

// A length that lies is found out even where the checksum was made to fit.
func TestLyingLengths(t *testing.T) {
	for _, s := range samples(t)[:2] {
		for _, at := range []int{5, 6, 7, 8, headSize + s.Body, headSize + s.Body + 1} {
			for _, v := range []byte{0, 1, 0x7F, 0xFF} {
				b := bytes.Clone(s.raw)
				if b[at] == v {
					continue
				}
				b[at] = v
				b = seal(b[:len(b)-crcSize])
				p, err := Decode(b)
				if err == nil {
					t.Errorf("byte %d made %#x: read", at, v)
				}
				if !p.CRC {
					t.Errorf("byte %d made %#x: the checksum was right", at, v)
				}
			}
		}
	}
}

// packetHex is a frame of Annex A put together by hand: header fields, body, no signature.
func packetHex(t *testing.T, head string, body ...string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(head, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	d, err := hex.DecodeString(strings.ReplaceAll(strings.Join(body, ""), " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	b = append(b, 0, 0, byte(len(d)>>8), byte(len(d)))
	b = append(append(b, d...), 0, ebd.SignatureSize)
	return seal(append(b, make([]byte, ebd.SignatureSize)...))
}

const (
	front   = ebd.ResourceCode("41101010000000314010201")
	frontH  = "f41101010000000314010201"
	town    = ebd.ResourceCode("51101010010000314010400")
	townH   = "f51101010010000314010400"
	message = ebd.EBMID("31101000000000101010101" + "20260721" + "0007")
	idH     = "f31101000000000101010101" + "20260721" + "0007"
)

// These frames were put together from the tables by hand, field by field.
func TestPacketsByHand(t *testing.T) {
	for _, c := range []struct {
		name string
		p    Packet
		head string
		body []string
	}{
		{"start", Packet{Direction: Down, Type: TypeBroadcast, Body: &Broadcast{
			EBMID: message, Power: Start, Class: ClassEmergency, Event: "10203", Level: ebd.SeverityOrange,
			Start: 0x6A5F0000, End: 0x6A5F0E10, Volume: 80,
			Targets:     Targets{Logical, []string{string(town)}},
			Texts:       []Text{{"zho", CharsetGB2312, "暴雨", "台"}},
			Auxiliaries: []Auxiliary{{AuxStream, Raw("rtp://239.1.1.1:9000")}},
			Input:       1, Outputs: []ChannelID{1, 2}, Private: Raw{0xAB},
		}}, "49 0001 04 01", []string{
			idH, "01 04 3130323033 02", "6a5f0000 6a5f0e10 50",
			"01 01 0c", townH,
			"01 7a686f 00 0004 b1a9d3ea 02 cca8",
			"01 3d 00000014 7274703a2f2f3233392e312e312e313a39303030",
			"01 02 01 02", "0001 ab",
		}},
		{"stop all of an area", Packet{Direction: Down, Type: TypeBroadcast, Body: &Broadcast{
			EBMID: EveryMessage, Power: Stop, Targets: Targets{Logical, []string{string(town)}},
		}}, "49 0001 04 01", []string{
			"f" + string(EveryMessage), "02 00 0000000000 00 00000000 00000000 00", "01 01 0c", townH, "00 00 00 00 0000",
		}},
		{"area code", Packet{Direction: Down, Type: TypeAreaCodes, Body: &AreaCodes{[]Assignment{{"0123456789ab", town}}}},
			"49 0001 05 01", []string{"01 06 0123456789ab 0c", townH}},
		{"volume", Packet{Direction: Down, Type: TypeVolume, Body: &VolumeSetting{KeepVolume, Targets{Physical, []string{"01020304", "01020305"}}}},
			"49 0001 06 01", []string{"ff 02 02 04 01020304 01020305"}},
		{"return to a domain", Packet{Direction: Down, Type: TypeReturnAddress, Body: &ReturnSetting{ReturnAddress{Host: "eb.example.org", Port: 8080}, Targets{Logical, []string{string(town)}}}},
			"49 0001 07 01", []string{"03 13 65622e6578616d706c652e6f72673a38303830 01 01 0c", townH}},
		{"query, answered to an address", Packet{Direction: Down, Type: TypeQuery, Body: &Query{ReturnAddress{Host: "192.168.0.1", Port: 9000}, Targets{Logical, []string{string(town)}}, []ParamID{ParamVolume, ParamState}}},
			"49 0001 08 01", []string{"02 06 c0a80001 2328 01 01 0c", townH, "02 01 06"}},
		{"whitelist", Packet{Direction: Down, Type: TypeWhitelist, Body: &Whitelist{[]WhitelistEntry{{1, "13800000000", "王", 3, []string{"110101001000"}}}}},
			"49 0001 0c 01", []string{"01 01 0b 3133383030303030303030 03 e78e8b 03 01 06 110101001000"}},
		{"adapter reports by short message", Packet{Direction: Down, Type: TypeAdapterReturn, Body: &AdapterReturn{ReturnAddress{Phone: "13800000000"}, 300}},
			"49 0001 0d 01", []string{"01 0000012c 0b 3133383030303030303030"}},
		{"cable channel", Packet{Direction: Down, Type: TypeTSCommand, Body: &TSCommand{Tag: 0, Command: &FrequencyLock{546000, 6875, 2, Targets{Logical, []string{string(town)}}}}},
			"49 0001 01 01", []string{"00 0000001b 04 0018 00085 4d0 00001adb 02 01 01 0c", townH}},
		{"everyday programme", Packet{Direction: Down, Type: TypeTSCommand, Body: &TSCommand{Tag: 2, Command: &ProgrammeStart{
			message, 1, 2, 3, 0x100, 3, 0x101, 5, 80, time.Date(2026, 7, 21, 8, 30, 0, 0, ebd.China), []ebd.ResourceCode{town}}}},
			"49 0001 01 01", []string{"02 00000036 01 0033", idH, "0001 0002 0003 e100 03 e101 05 50 07ea0715081e00 01", townH}},
		{"everyday text", Packet{Direction: Down, Type: TypeTSCommand, Body: &TSCommand{Tag: 2, Command: &ProgrammeText{2, CharsetGB2312, message, nil, "暴雨"}}},
			"49 0001 01 01", []string{"02 0000001d 04 001a 20", idH, "00 0004 b1a9d3ea"}},
		{"output channels", Packet{Direction: Up, Type: TypeOutputs, Body: &Outputs{front, []Output{
			{1, MediumFM, []SubChannel{{Frequency: 9850, State: ChannelBusy, EBMID: message}}},
			{2, MediumCable, []SubChannel{{Network: 1, Stream: 2, Program: 3, PCR: 0x100, Streams: []Elementary{{3, 0x101}}, State: ChannelIdle}}},
			{3, MediumIP, nil},
		}}}, "50 0001 13 02", []string{frontH, "03", "01 01 01 009850 02", idH, "02 02 01 0001 0002 0003 0100 01 03 0101 01", "03 04"}},
		{"start or stop reply", Packet{Direction: Up, Type: TypeBroadcastReply, Body: &BroadcastReply{front, message, 1, "占用", "rtp://10.0.0.2:5004"}},
			"50 0001 17 02", []string{frontH, idH, "01 00000006 e58da0e794a8 0013 7274703a2f2f31302e302e302e323a35303034"}},
		{"task started by telephone", Packet{Direction: Up, Type: TypeTaskStart, Body: &TaskStart{front, message, SourcePhone, ClassEveryday, 0, "10000", 0, []OutputRef{{MediumFM, 1}}, "13800000000", 50, []string{string(town)}}},
			"50 0001 18 02", []string{frontH, idH, "03 05 00 3130303030 00 01 01 01 0b 3133383030303030303030 32 01 0c", townH}},
		{"heartbeat", Packet{Direction: Up, Type: TypeHeartbeat, Body: &Heartbeat{front, StateIdle, 0x6A5F0000}},
			"50 0001 20 02", []string{"0c", frontH, "01 6a5f0000"}},
		{"refusal", Packet{Direction: Down, Type: TypeAck, Body: &Reply{CodeUnknown, nil}},
			"49 0001 21 01", []string{"ffffffff 00000000"}},
		{"amplifier", Packet{Direction: Down, Type: TypeAmplifier, Body: &Amplifier{SwitchOn, Targets{Logical, []string{string(town)}}}},
			"49 0001 3f 01", []string{"02 01 01 0c", townH}},
	} {
		want := packetHex(t, c.head, c.body...)
		got, err := c.p.Encode()
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v\nwant %x\ngot  %x", c.name, err, want, got)
			continue
		}
		p, err := Decode(want)
		if err != nil || len(p.Warnings) > 0 {
			t.Errorf("%s: read with %v, %v", c.name, err, p.Warnings)
		}
		if again, err := p.Encode(); err != nil || !bytes.Equal(again, want) {
			t.Errorf("%s: read and written: %v\n%x", c.name, err, again)
		}
	}
}

// Known deviations of devices and of the standard from itself are read, with a warning.
func TestDeviations(t *testing.T) {
	body := frontH + idH + "01 04 02 3130323033 00 01 01 01"
	for _, c := range []struct {
		name, head, body string
		want             string // name of what it is read as; "" for an error
		field            string // of the warning or error
	}{
		{"telephone length without a telephone", "50 0001 18 02", body + "00 50 01 0c" + townH, "task start", "layout"},
		{"stop without what it needs not", "49 0001 04 01", idH + "02 01 01 0c" + townH, "start or stop", "layout"},
		{"task end numbered by Table A.1", "50 0001 18 02", frontH + idH, "task end", "protocol_type"},
		{"heartbeat numbered by Table A.1", "50 0001 19 02", "0c" + frontH + "01 6a5f0000", "heartbeat", "protocol_type"},
		{"ack numbered by Table A.1", "49 0001 20 01", "00000000 00000000", "ack", "protocol_type"},
		{"task start ack numbered by Table A.1", "49 0001 21 01", "00 c0a80001 2328", "task start ack", "protocol_type"},
		{"the platform's ack from an adapter", "50 0001 21 02", "00000000 00000000", "ack", "head"},
		{"heartbeat without a time", "50 0001 20 02", "0c" + frontH + "01", "heartbeat", "connection_time"},
		{"older code", "50 0001 20 02", "09 110101000000031401 01 6a5f0000", "heartbeat", "resource_code"},
		{"bytes nobody knows", "50 0001 20 02", "0c" + frontH + "01 6a5f0000 ffff", "heartbeat", "body"},
		{"reserved bits", "50 0001 20 02", "0c 0" + frontH[1:] + "01 6a5f0000", "heartbeat", "resource_code"},
		{"volume", "49 0001 06 01", "65 01 00 0c", "volume", "volume"},
		{"reserved type", "49 0001 30 01", "00", "unknown", "protocol_type"},
		{"origin", "49 0001 09 09", "6a5f0000", "clock", "platform_type"},
		{"digits of a telephone as numbers", "49 0001 0d 01", "01 0000012c 0b 0103080000000000000000", "adapter return address", ""},
		{"full-width colon", "49 0001 0d 01", "03 0000012c 06 61 efbc9a 3830", "adapter return address", ""},
		{"everyday command that does not fit", "49 0001 01 01", "02 00000004 03 0002 01", "TS command", "command"},
		{"other version", "49 0002 09 01", "6a5f0000", "", "version"},
		{"other head", "48 0001 09 01", "6a5f0000", "", "head"},
		{"empty heartbeat", "50 0001 20 02", "", "", "front_code_length"},
		{"body ends within a field", "50 0001 20 02", "0c" + frontH + "01 6a5f", "", "connection_time"},
		{"code longer than the body", "50 0001 20 02", "ff" + frontH + "01 6a5f0000", "", "resource_code"},
		{"more codes than there are", "49 0001 06 01", "50 01 03 0c" + townH, "", "resource_code"},
		{"longer text than there is", "50 0001 12 02", "00000000 ffffffff 00", "", "return_data_length"},
	} {
		p, err := Decode(packetHex(t, c.head, c.body))
		if c.want == "" {
			if e := new(ebd.Error); !errors.As(err, &e) || e.Field != c.field {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		found := c.field == ""
		for _, w := range p.Warnings {
			found = found || w.Field == c.field
		}
		if err != nil || p.Name != c.want || !found {
			t.Errorf("%s: %v, %q, %v", c.name, err, p.Name, p.Warnings)
		}
	}
}

// What the tables do not allow is not written.
func TestStrictOutput(t *testing.T) {
	targets := Targets{Logical, []string{string(town)}}
	for _, c := range []struct {
		p     Packet
		field string
	}{
		{Packet{Direction: Down, Type: TypeVolume, Body: &VolumeSetting{101, targets}}, "volume"},
		{Packet{Direction: Down, Type: TypeVolume, Body: &VolumeSetting{1, Targets{3, nil}}}, "resource_code_type"},
		{Packet{Direction: Down, Type: TypeVolume, Body: &VolumeSetting{1, Targets{Logical, []string{"123"}}}}, "resource_code"},
		{Packet{Direction: Down, Type: TypeVolume, Body: &VolumeSetting{1, Targets{Physical, []string{"0102", "01"}}}}, "resource_code"},
		{Packet{Direction: Down, Type: TypeVolume, Body: &VolumeSetting{1, Targets{Physical, make([]string, 256)}}}, "resource_code_number"},
		{Packet{Direction: Up, Type: TypeVolume, Body: &VolumeSetting{1, targets}}, "head"},
		{Packet{Direction: Down, Type: TypeVolume, Body: &Clock{1}}, "protocol_type"},
		{Packet{Direction: Down, Type: TypeVolume}, "protocol_type"},
		{Packet{Direction: Down, Type: TypeVolume, Body: (*VolumeSetting)(nil)}, "protocol_type"},
		{Packet{Direction: Down, Type: 0x77, Body: &Clock{}}, "protocol_type"},
		{Packet{Direction: Down, Type: 0x77, Body: (*Opaque)(nil)}, "protocol_type"},
		{Packet{Direction: Down, Type: TypeClock, Origin: 9, Body: &Clock{}}, "platform_type"},
		{Packet{Type: TypeVolume, Body: &VolumeSetting{1, targets}}, "head"},
		{Packet{Direction: Up, Type: TypeTaskEnd, Body: &TaskEnd{front, "12"}}, "ebm_id"},
		{Packet{Direction: Up, Type: TypeTaskEnd, Body: &TaskEnd{"x1101010000000314010201", message}}, "front_code"},
		{Packet{Direction: Down, Type: TypeAdapterReturn, Body: &AdapterReturn{ReturnAddress{Phone: "110"}, 1}}, "phone"},
		{Packet{Direction: Down, Type: TypeAdapterReturn, Body: &AdapterReturn{ReturnAddress{Host: "a b"}, 1}}, "domain"},
		{Packet{Direction: Down, Type: TypeAdapterReturn, Body: &AdapterReturn{ReturnAddress{Kind: 5}, 1}}, "kind"},
		{Packet{Direction: Up, Type: TypeOutputs, Body: &Outputs{front, []Output{{1, MediumFM, []SubChannel{{Frequency: 1e6, State: 1}}}}}}, "sub_channel_freq"},
		{Packet{Direction: Down, Type: TypeBroadcast, Body: &Broadcast{EBMID: message, Power: Start, Targets: targets, Texts: []Text{{"zho", CharsetGB2312, "𠀀", ""}}}}, "text_char"},
		{Packet{Direction: Down, Type: TypeBroadcast, Body: &Broadcast{EBMID: message, Power: Start, Targets: targets, Texts: []Text{{"ZHO", 0, "", ""}}}}, "language_code"},
		{Packet{Direction: Down, Type: TypeCertificates, Body: &Certificates{nil, []Raw{make(Raw, 256)}}}, "certh_length"},
	} {
		if _, err := c.p.Encode(); err == nil || err.(*ebd.Error).Field != c.field {
			t.Errorf("%v %T: %v, want a complaint of %s", c.p.Type, c.p.Body, err, c.field)
		}
	}
}

func TestChecksum(t *testing.T) {
	if got := mpegts.CRC32([]byte("123456789")); got != 0x0376E6E7 { // the check value of CRC-32/MPEG-2
		t.Errorf("%#x", got)
	}
}

func TestStamp(t *testing.T) {
	s := Stamp(0x6A5F0000)
	if got, _ := s.MarshalText(); string(got) != "2026-07-21T13:13:36+08:00" {
		t.Errorf("%s", got)
	}
	if StampOf(s.Time()) != s || !s.WallClock().Equal(s.Time().Add(-8*3600e9)) {
		t.Error("stamps")
	}
}
