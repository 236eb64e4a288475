package ebd

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

const platform, upper1 = ResourceCode("41101050000000101010101"), ResourceCode("31100000000000101010101")

func envelope(t testing.TB, body any) *Document {
	t.Helper()
	kind, seq := EBDOther, uint64(7)
	if _, ok := body.(*ConnectionCheck); ok {
		kind, seq = EBDHeartbeat, 0
	}
	id, err := NewEBDID(kind, platform, seq)
	if err != nil {
		t.Fatal(err)
	}
	return &Document{EBDID: id, SRC: &Source{EBRID: platform, URL: "http://192.0.2.7/ebd"}, DEST: &Ref{upper1}, EBDTime: At(signedAt), Body: body}
}

func encoded(t testing.TB, doc *Document) []byte {
	t.Helper()
	b, err := doc.Encode(GDJ2018)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func rainstorm() *EBM {
	return &EBM{
		EBMID: "41101050000000101010101202607210001",
		MsgBasicInfo: &MsgBasicInfo{MsgType: MsgReal, SenderName: "区气象台", SenderCode: "11010541600000", SendTime: At(signedAt), EventType: "10203",
			Severity: SeverityRed, StartTime: At(signedAt), EndTime: At(signedAt.Add(time.Hour))},
		MsgContent: []MsgContent{{LanguageCode: "zho", MsgTitle: "暴雨红色预警", MsgDesc: "预计未来三小时有特大暴雨，请立即转移。", AreaCode: "110105000000",
			Auxiliary: []Auxiliary{{AuxiliaryType: AuxMP3, AuxiliaryDesc: "EBDR_rain.mp3"}}}},
	}
}

// terminals is a report of n terminals; 2,000 make some 450 KB.
func terminals(n int) *EBRDTState {
	s := &EBRDTState{}
	for i := range n {
		code := ResourceCode(fmt.Sprintf("6110105001%03d03140104%02d", i/99, i%99+1))
		s.EBRDT = append(s.EBRDT, TerminalState{RptTime: At(signedAt), EBRID: code, StateCode: RunPlaying, StateDesc: "播发中"})
	}
	return s
}

func BenchmarkDecode(b *testing.B) {
	for name, body := range map[string]any{"ConnectionCheck": &ConnectionCheck{At(signedAt)}, "EBM": rainstorm(), "EBRDTState2000": terminals(2000)} {
		b.Run(name, func(b *testing.B) {
			raw := encoded(b, envelope(b, body))
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				if _, w, err := Decode(raw); err != nil || len(w) > 0 {
					b.Fatal(w, err)
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	doc := envelope(b, terminals(2000))
	b.SetBytes(int64(len(encoded(b, doc))))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = doc.Encode(GDJ2018)
	}
}

// What a platform does for each package but storing it: read, verify, answer, sign.
func BenchmarkVerifyAndAnswer(b *testing.B) {
	k := newKey(b)
	signer := Signer{Key: k, Cert: SerialNumber{4: 1}}
	trust := func(SerialNumber) (Trusted, bool) { return Trusted{Key: k.Public()}, true }
	p, err := NewPackage(GDJ2018, envelope(b, rainstorm()), File{"EBDR_rain.mp3", make([]byte, 20_000)})
	if err != nil {
		b.Fatal(err)
	}
	if err := p.Sign(GDJ2018, signer, signedAt); err != nil {
		b.Fatal(err)
	}
	var raw bytes.Buffer
	if err := p.Write(&raw); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		in, warnings, err := ReadPackage(bytes.NewReader(raw.Bytes()), Limits{})
		if err != nil || len(warnings) > 0 {
			b.Fatal(warnings, err)
		}
		if v := in.Verify(trust, signedAt); v.Outcome != Verified {
			b.Fatal(v)
		}
		answer, err := Respond(in.Document, upper1, 1, ResultGood, "ok", signedAt)
		if err != nil {
			b.Fatal(err)
		}
		out, err := NewPackage(GDJ2018, answer)
		if err != nil {
			b.Fatal(err)
		}
		if err := out.Sign(GDJ2018, signer, signedAt); err != nil {
			b.Fatal(err)
		}
		if err := out.Write(&bytes.Buffer{}); err != nil {
			b.Fatal(err)
		}
	}
}
