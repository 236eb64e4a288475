package speaker

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// frameHex seals a frame that was put together by hand; len is filled in.
func frameHex(t *testing.T, a Annex, parts ...string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(strings.Join(parts, ""), " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	n := len(b) + crcSize
	b[a.head()-2], b[a.head()-1] = byte(n>>8), byte(n)
	return seal(b)
}

// These frames were put together from the tables by hand, field by field.
func TestFramesByHand(t *testing.T) {
	const d, dAnswer = "fefd 0100 00000007 01 00 0000", "fefd 0100 00000007 02 00 0000"
	const e, eAnswer = "fefd 0100 00000007 01 0000", "fefd 0100 00000007 02 0000"
	toTown := []ebd.ResourceCode{town}
	for _, c := range []struct {
		name  string
		f     Frame
		parts []string
	}{
		{"start", Frame{Annex: AnnexD, Type: OrderStart, Source: front, Targets: toTown, Body: &StartOrder{message, ClassEmergency, ebd.SeverityRed, "10203", KeepVolume, 1, 2, []Auxiliary{{AuxStream, Raw("udp://@9000")}}}},
			[]string{d, frontH, "0001", townH, "01 0031", idH, "04 01 3130323033 ff 00000001 00000002 01 3d 000b 7564703a2f2f4039303030"}},
		{"stop", Frame{Annex: AnnexD, Type: OrderStop, Source: front, Targets: toTown, Body: &StopOrder{message}},
			[]string{d, frontH, "0001", townH, "02 0012", idH}},
		{"heartbeat", Frame{Annex: AnnexD, Type: OrderHeartbeat, Source: town, Targets: []ebd.ResourceCode{front}, Body: &TerminalHeartbeat{StateIdle, 1, "0123456789ab"}},
			[]string{d, townH, "0001", frontH, "10 0009 01 01 06 0123456789ab"}},
		{"query", Frame{Annex: AnnexD, Type: OrderQuery, Source: front, Targets: toTown, Body: &StateQuery{[]ParamID{1, 6}}},
			[]string{d, frontH, "0001", townH, "11 0003 02 01 06"}},
		{"set", Frame{Annex: AnnexD, Type: OrderSet, Source: front, Body: &Settings{[]Param{
			{SetReturn, &ReturnAddress{Host: "eb.example.org", Port: 9000}},
			{SetIdentity, &Identity{"0123456789ab", town}}, {SetSwitch, &SwitchValue{SwitchOff}}, {SetPeriod, &PeriodValue{60}}}}},
			[]string{d, frontH, "0000", "12 0033 04", "03 12 02 0e 65622e6578616d706c652e6f7267 2328", "04 13 06 0123456789ab", townH, "05 01 01", "07 04 0000003c"}},
		{"answer", Frame{Annex: AnnexD, Answer: true, Type: OrderStart, Source: town, Body: &Answer{ResultBusy, "忙"}},
			[]string{dAnswer, townH, "0000", "01 0006 49 0003 e5bf99"}},
		{"query answer", Frame{Annex: AnnexE, Answer: true, Type: OrderQuery, Source: town, Body: &StateAnswer{Answer{}, []Param{
			{ParamVolume, &VolumeValue{50}}, {ParamState, &StateValue{StateIdle}}, {ParamTuner, &TunerValue{9850, 10110}}}}},
			[]string{eAnswer, townH, "0000", "11 0012 00 0000 03 01 01 32 06 01 01 11 06 009850 010110"}},
		{"fault", Frame{Annex: AnnexE, Type: OrderFault, Source: town, Body: &FaultReport{1, FaultOutput, "x", 3}},
			[]string{e, townH, "0000", "13 0105 01 03 78", strings.Repeat("00", 254), "00000003"}},
		{"task switch", Frame{Annex: AnnexE, Type: OrderSwitch, Source: town, Body: &TaskSwitch{1, TaskEmergency, message, 3}},
			[]string{e, townH, "0000", "14 0018 01 01", idH, "00000003"}},
		{"result", Frame{Annex: AnnexE, Type: OrderResult, Source: town, Body: &PlaybackResult{message, 1, "", 1, 2, 3, 4}},
			[]string{e, townH, "0000", "15 0022", idH, "01 0000 00000001 00000002 03 00000004"}},
	} {
		c.f.Session = 7
		want := frameHex(t, c.f.Annex, c.parts...)
		got, err := c.f.Encode()
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v\nwant %x\ngot  %x", c.name, err, want, got)
			continue
		}
		f, err := DecodeFrame(want, 0)
		if err != nil || len(f.Warnings) > 0 || f.Annex != c.f.Annex {
			t.Errorf("%s: read with %v, %v", c.name, err, f.Warnings)
		}
		for n := range want {
			if _, err := DecodeFrame(want[:n], 0); err == nil {
				t.Errorf("%s: the first %d bytes are read as a frame", c.name, n)
			}
		}
		for bit := range len(want) * 8 {
			b := bytes.Clone(want)
			b[bit/8] ^= 1 << (bit % 8)
			if f, err := DecodeFrame(b, 0); err == nil || f.CRC {
				t.Errorf("%s: bit %d turned over: %v, CRC %v", c.name, bit, err, f.CRC)
			}
		}
	}
}

func TestFrameDeviations(t *testing.T) {
	const d, e = "fefd 0100 00000007 01 00 0000", "fefd 0100 00000007 01 0000"
	for _, c := range []struct {
		name  string
		annex Annex
		parts []string
		want  string // name; "" for an error
		field string
	}{
		{"unsigned, with a place for a signature", AnnexD, []string{d, frontH, "0000 02 0012", idH, "004a", strings.Repeat("00", 74)}, "stop", ""},
		{"unsigned, with a length of zero", AnnexD, []string{d, frontH, "0000 02 0012", idH, "0000"}, "stop", ""},
		{"signed without a word", AnnexD, []string{d, frontH, "0000 02 0012", idH, "004a", strings.Repeat("11", 74)}, "stop", "sign"},
		{"says it is signed and is not", AnnexD, []string{"fefd 0100 00000007 01 01 0000", frontH, "0000 02 0012", idH, "004a", strings.Repeat("00", 74)}, "stop", "sign"},
		{"a signature of another kind", AnnexD, []string{"fefd 0100 00000007 01 01 0000", frontH, "0000 02 0012", idH, "0002 abcd"}, "stop", "signature"},
		{"a report in Annex D", AnnexD, []string{d, townH, "0000 14 0018 01 01", idH, "00000003"}, "task switch", "type"},
		{"an order in Annex E", AnnexE, []string{e, townH, "0000 02 0003 00 0000"}, "stop answer", ""},
		{"kind", AnnexD, []string{"fefd 0100 00000007 03 00 0000", frontH, "0000 02 0012", idH}, "stop", "kind"},
		{"unknown type", AnnexD, []string{d, frontH, "0000 7f 0001 00"}, "unknown", "type"},
		{"unknown parameter", AnnexD, []string{d, frontH, "0000 12 0004 01 7f 01 00"}, "set", "parameter"},
		{"a parameter that does not fit", AnnexD, []string{d, frontH, "0000 12 0004 01 02 01 00"}, "set", "ip"},
		{"a volume of two bytes", AnnexD, []string{d, frontH, "0000 12 0005 01 01 02 3200"}, "set", "body"},
		{"a query's answer without parameters", AnnexD, []string{"fefd 0100 00000007 02 00 0000", townH, "0000 11 0003 00 0000"}, "query answer", "parameter"},
		{"signature in Annex E", AnnexE, []string{e, townH, "0000 14 0018 01 01", idH, "00000003", "0000"}, "", "body_length"},
		{"announced signature is not there", AnnexD, []string{"fefd 0100 00000007 01 01 0000", frontH, "0000 02 0012", idH}, "", "signature_length"},
		{"more targets than there are", AnnexD, []string{d, frontH, "ffff 02 0012", idH}, "", "target"},
		{"longer body than there is", AnnexD, []string{d, frontH, "0000 02 0013", idH}, "", "body"},
		{"longer parameter than there is", AnnexD, []string{d, frontH, "0000 12 0004 01 01 09 32"}, "", "parameter"},
	} {
		f, err := DecodeFrame(frameHex(t, c.annex, c.parts...), c.annex)
		if c.want == "" {
			if e := new(ebd.Error); !errors.As(err, &e) || e.Field != c.field {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		found := c.field == "" && len(f.Warnings) == 0
		for _, w := range f.Warnings {
			found = found || w.Field == c.field
		}
		if err != nil || f.Name != c.want || !found {
			t.Errorf("%s: %v, %q, %v", c.name, err, f.Name, f.Warnings)
		}
	}
}

func TestFrameStrictOutput(t *testing.T) {
	for _, c := range []struct {
		f     Frame
		field string
	}{
		{Frame{Source: front, Type: OrderStop, Body: &StopOrder{message}}, "annex"},
		{Frame{Annex: AnnexE, Source: front, Type: OrderStop, Body: &StopOrder{message}}, "type"},
		{Frame{Annex: AnnexD, Source: town, Type: OrderSwitch, Body: &TaskSwitch{1, 1, message, 1}}, "type"},
		{Frame{Annex: AnnexD, Source: front, Type: OrderStop, Body: &Answer{}}, "type"},
		{Frame{Annex: AnnexE, Source: town, Type: OrderSwitch, Body: &TaskSwitch{1, 1, message, 1}, Signature: new(ebd.Signature)}, "signature"},
		{Frame{Annex: AnnexD, Type: OrderStop, Body: &StopOrder{message}}, "source"},
		{Frame{Annex: AnnexD, Source: front, Type: OrderSet, Body: &Settings{[]Param{{SetVolume, &SwitchValue{1}}}}}, "parameter"},
		{Frame{Annex: AnnexD, Source: front, Type: OrderSet, Body: &Settings{[]Param{{SetVolume, nil}}}}, "parameter"},
		{Frame{Annex: AnnexD, Source: front, Type: OrderCertificates, Body: &Certificates{[]Raw{make(Raw, 65535)}, nil}}, "body"},
		{Frame{Annex: AnnexD, Source: front, Type: OrderCertificates, Body: &Certificates{[]Raw{make(Raw, 65500)}, nil}}, "length"},
		{Frame{Annex: AnnexE, Source: town, Type: OrderFault, Body: &FaultReport{1, 1, strings.Repeat("x", 256), 1}}, "description"},
	} {
		if _, err := c.f.Encode(); err == nil || err.(*ebd.Error).Field != c.field {
			t.Errorf("%c %v %T: %v, want a complaint of %s", c.f.Annex, c.f.Type, c.f.Body, err, c.field)
		}
	}
}

func signer(t testing.TB) *ebd.PrivateKey {
	t.Helper()
	k, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Every coverage is verified as itself and as no other, found, and broken by any change.
func TestSignatures(t *testing.T) {
	key, stranger := signer(t), signer(t)
	cert, at := ebd.SerialNumber{5: 9}, time.Unix(1784610816, 0)
	for i, cov := range coverages {
		p := &Packet{Direction: Down, Type: TypeBroadcast, Body: &Broadcast{EBMID: message, Power: Stop, Targets: Targets{Logical, []string{string(town)}}}}
		if err := p.Sign(key, cert, at, cov); err != nil {
			t.Fatal(err)
		}
		b, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(b)
		if err != nil || got.Signature == nil || got.Signature.Cert != cert || int64(got.Signature.Time) != at.Unix() {
			t.Fatalf("%v %+v", err, got.Signature)
		}
		f := &Frame{Annex: AnnexD, Session: 1, Source: front, Type: OrderStop, Body: &StopOrder{message}}
		if err := f.Sign(key, cert, at, cov); err != nil {
			t.Fatal(err)
		}
		fb, err := f.Encode()
		if err != nil {
			t.Fatal(err)
		}
		gotF, err := DecodeFrame(fb, 0)
		if err != nil || len(gotF.Warnings) > 0 || gotF.SignatureLength != ebd.SignatureSize {
			t.Fatalf("%v %v", err, gotF.Warnings)
		}
		for j, other := range coverages {
			if got.Verify(key.Public(), other) != (i == j) || gotF.Verify(key.Public(), other) != (i == j) {
				t.Errorf("signed %v, verified as %v: %v, %v", cov, other, got.Verify(key.Public(), other), gotF.Verify(key.Public(), other))
			}
		}
		if c, ok := got.FindCoverage(key.Public()); !ok || c != cov {
			t.Errorf("signed %v, found %v", cov, c)
		}
		if _, ok := gotF.FindCoverage(stranger.Public()); ok {
			t.Error("a stranger's key fits")
		}
		b[headSize] ^= 0x10 // another message
		got, err = Decode(seal(b[:len(b)-crcSize]))
		if err != nil || got.Verify(key.Public(), cov) {
			t.Errorf("a changed packet: %v", err)
		}
	}
	unsigned, err := Decode(samples(t)[0].raw)
	if err != nil || unsigned.Signature != nil || unsigned.Verify(key.Public(), Standard) {
		t.Errorf("zeros are a signature: %v", err)
	}
	if (&Frame{Annex: AnnexE, Source: town, Type: OrderSwitch, Body: &TaskSwitch{1, 1, message, 1}}).Sign(key, cert, at, Standard) == nil {
		t.Error("a frame of Annex E was signed")
	}
}

// Bodies are printed for people by the names of the tables.
func TestBodiesAsJSON(t *testing.T) {
	b, err := json.Marshal(&Query{ReturnAddress{Host: "10.0.0.1", Port: 1}, Targets{Logical, []string{string(town)}}, []ParamID{1, 2}})
	if err != nil || string(b) != `{"reback_address":{"host":"10.0.0.1","port":1},"resource_code_type":1,"resource_code":["51101010010000314010400"],"query_code":[1,2]}` {
		t.Errorf("%s %v", b, err)
	}
	b, err = json.Marshal(&StateAnswer{Parameters: []Param{{ParamVolume, &VolumeValue{3}}}})
	if err != nil || string(b) != `{"result":0,"description":"","parameters":[{"id":1,"value":{"volume":3}}]}` {
		t.Errorf("%s %v", b, err)
	}
}
