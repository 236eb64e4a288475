package speaker

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"testing"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// FuzzDecode throws bytes at everything that reads bytes.
func FuzzDecode(f *testing.F) {
	for _, s := range load(f) {
		f.Add(s.raw)
	}
	_, broadcast := start(f)
	f.Add(broadcast)
	f.Add(golden(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Decode(b)
		told(t, err, p.CRC)
		for _, a := range []Annex{0, AnnexD, AnnexE} {
			fr, err := DecodeFrame(b, a)
			told(t, err, fr.CRC)
		}
		read(t, NewPacketReader(bytes.NewReader(b), 0).Next)
		for _, a := range []Annex{0, AnnexD, AnnexE} {
			read(t, NewFrameReader(bytes.NewReader(b), a).Next)
		}
	})
}

// told checks that a reader gives an *ebd.Error, and none only with a right checksum.
func told(t *testing.T, err error, crc bool) {
	if e := (*ebd.Error)(nil); err != nil && (!errors.As(err, &e) || e.Error() == "") {
		t.Fatalf("%T %v", err, err)
	}
	if err == nil && !crc {
		t.Fatal("read with a wrong checksum")
	}
}

// read takes everything from a stream, which ends with an error that stays.
func read[F any](t *testing.T, next func() (F, error)) {
	for {
		if _, err := next(); err != nil {
			if _, again := next(); again != err {
				t.Fatalf("%v, then %v", err, again)
			}
			if e := (*ebd.Error)(nil); err != io.EOF && err != io.ErrUnexpectedEOF && !errors.As(err, &e) {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
	}
}

// FuzzBody puts bytes as the body of every type into frames that are sound otherwise. A
// body that is read without a warning can be written, and is then read as the same.
func FuzzBody(f *testing.F) {
	for _, s := range load(f) {
		f.Add(byte(s.Type), s.raw[headSize:headSize+s.Body])
	}
	_, broadcast := start(f)
	f.Add(byte(TypeBroadcast), broadcast[headSize:len(broadcast)-tailSize-ebd.SignatureSize])
	order := golden(f)
	f.Add(byte(OrderSet), order[AnnexD.head()+2*12+2+1+2:len(order)-crcSize])
	f.Fuzz(func(t *testing.T, typ byte, body []byte) {
		if len(body) > 1<<15 {
			return
		}
		d := Type(typ).Direction()
		if d == 0 {
			d = Up
		}
		n := len(body)
		b := append([]byte{byte(d), 0, Version, typ, OriginPlatform + byte(d&1^1), 0, 0, byte(n >> 8), byte(n)}, body...)
		p, err := Decode(seal(appendSignature(b, nil)))
		told(t, err, p.CRC)
		if err == nil && len(p.Warnings) == 0 {
			again, err := p.Encode()
			if err != nil {
				t.Fatalf("read without a warning, but %v", err)
			}
			if q, err := Decode(again); err != nil || len(q.Warnings) > 0 || !reflect.DeepEqual(p.Body, q.Body) {
				t.Fatalf("%#v\n%#v %v", p.Body, q.Body, err)
			}
		}
		for _, a := range []Annex{AnnexD, AnnexE} {
			for phase := byte(1); phase <= 2; phase++ {
				b := sealed(a, phase, typ, body)
				f, err := DecodeFrame(b, a)
				told(t, err, f.CRC)
				if err != nil || len(f.Warnings) > 0 {
					continue
				}
				again, err := f.Encode()
				if err != nil {
					t.Fatalf("read without a warning, but %v", err)
				}
				if g, err := DecodeFrame(again, a); err != nil || len(g.Warnings) > 0 || !reflect.DeepEqual(f.Body, g.Body) {
					t.Fatalf("%#v\n%#v %v", f.Body, g.Body, err)
				}
			}
		}
	})
}

// sealed is a frame of annex a around a body.
func sealed(a Annex, phase, typ byte, body []byte) []byte {
	b := []byte{0xFE, 0xFD, 1, 0, 0, 0, 0, 7, phase}
	if a == AnnexD {
		b = append(b, 0)
	}
	n := a.head() + 12 + 2 + 1 + 2 + len(body) + crcSize
	b = append(b, byte(n>>8), byte(n))
	b = append(b, 0xf4, 0x11, 0x01, 0x01, 0, 0, 0, 0x03, 0x14, 0x01, 0x02, 0x01, 0, 0, typ, byte(len(body)>>8), byte(len(body)))
	return seal(append(b, body...))
}

// golden is a frame of Annex D.
func golden(t testing.TB) []byte {
	t.Helper()
	b, err := (&Frame{Annex: AnnexD, Session: 1, Source: front, Targets: []ebd.ResourceCode{town}, Type: OrderSet,
		Body: &Settings{[]Param{{SetVolume, &VolumeValue{50}}, {SetReturn, &ReturnAddress{Host: "10.0.0.1", Port: 9000}}}}}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}
