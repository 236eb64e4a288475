package speaker

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// A platform and an adapter speak over a real connection: the adapter reports, the
// platform acknowledges each report, and both end cleanly.
func TestOverTCP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	sent := []Packet{
		{Direction: Up, Type: TypeHeartbeat, Body: &Heartbeat{front, StateWorking, 1}},
		{Direction: Up, Type: TypeTaskStart, Body: &TaskStart{front, message, SourcePlatform, ClassEmergency, 1, "10203", 0, nil, "", 80, []string{string(town)}}},
		{Direction: Up, Type: TypeTaskEnd, Body: &TaskEnd{front, message}},
	}
	platform := make(chan error, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			platform <- err
			return
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		for r := NewPacketReader(conn, 0); ; {
			p, err := r.Next()
			if err != nil {
				platform <- err
				return
			}
			ack := &Packet{Direction: Down, Type: TypeAck, Body: &Reply{Code: CodeDone, Data: Raw{byte(p.Type)}}}
			b, err := ack.Encode()
			if err == nil {
				_, err = conn.Write(b)
			}
			if err != nil {
				platform <- err
				return
			}
		}
	}()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	acks := NewPacketReader(conn, 0)
	for _, p := range sent {
		b, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		for len(b) > 0 { // in crumbs, as a bad network delivers
			n := min(len(b), 7)
			if _, err := conn.Write(b[:n]); err != nil {
				t.Fatal(err)
			}
			b = b[n:]
		}
		ack, err := acks.Next()
		if err != nil {
			t.Fatal(err)
		}
		if r := ack.Body.(*Reply); r.Code != CodeDone || r.Data[0] != byte(p.Type) {
			t.Errorf("%v was answered %+v", p.Type, r)
		}
	}
	_ = conn.(*net.TCPConn).CloseWrite()
	if err := <-platform; err != io.EOF {
		t.Errorf("the platform ended with %v", err)
	}
	if _, err := acks.Next(); err != io.EOF {
		t.Errorf("the adapter ended with %v", err)
	}
}

func TestPacketStream(t *testing.T) {
	var all bytes.Buffer
	packets := samples(t)
	for _, s := range packets {
		all.Write(s.raw)
	}
	r := NewPacketReader(iotest.OneByteReader(bytes.NewReader(all.Bytes())), 0)
	for i, s := range packets {
		if p, err := r.Next(); err != nil || int(p.Type) != s.Type {
			t.Fatalf("packet %d: %v", i, err)
		}
	}
	if p, err := r.Next(); err != io.EOF || p != nil {
		t.Errorf("at the end: %v, %v", p, err)
	}

	one := packets[0].raw
	cut := func(b []byte, max int) error {
		_, err := NewPacketReader(bytes.NewReader(b), max).Next()
		return err
	}
	for n := 1; n < len(one); n++ {
		if err := cut(one[:n], 0); err != io.ErrUnexpectedEOF {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
	for _, c := range []struct{ from, to, field string }{
		{"50", "51", "head"}, {"500001", "500002", "version"}, {"00000012", "ffffffff", "data_length"}, {"ca70b028", "ca70b029", "CRC32"},
	} {
		b, err := hex.DecodeString(strings.Replace(packets[0].Hex, c.from, c.to, 1))
		if err != nil {
			t.Fatal(err)
		}
		r := NewPacketReader(bytes.NewReader(append(b, one...)), 0)
		p, err := r.Next()
		if e := new(ebd.Error); !errors.As(err, &e) || e.Field != c.field || p == nil {
			t.Errorf("%s: %v", c.field, err)
		}
		if _, again := r.Next(); again != err {
			t.Errorf("%s: went on with %v", c.field, again)
		}
	}
	if err := cut(one, 17); err == nil || err.(*ebd.Error).Field != "data_length" {
		t.Errorf("a body over the limit: %v", err)
	}
	if err := cut(one, 18); err != nil {
		t.Errorf("a body at the limit: %v", err)
	}
}

// A length that announces much and delivers little costs little.
func TestAnnouncedLengthTakesNoMemory(t *testing.T) {
	head := []byte{byte(Up), 0, Version, byte(TypeReply), OriginDevice, 0x3F, 0xFF, 0xFF, 0xFF}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := NewPacketReader(bytes.NewReader(head), 1<<30).Next(); err != io.ErrUnexpectedEOF {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	got := after.TotalAlloc - before.TotalAlloc
	if got > 64<<10 {
		t.Errorf("%d bytes", got)
	}
}

// A terminal's connection carries orders' answers by Annex D and reports by Annex E.
func TestFrameStreamOfBothAnnexes(t *testing.T) {
	var all bytes.Buffer
	var want []Annex
	put := func(f *Frame) {
		b, err := f.Encode()
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
		want = append(want, f.Annex)
	}
	for n := range 300 { // of all lengths, past 257, where the two headers may look alike
		d := strings.Repeat("x", n)
		put(&Frame{Annex: AnnexD, Session: uint32(n), Answer: true, Source: front, Type: OrderStart, Body: &Answer{ResultDone, d}})
		put(&Frame{Annex: AnnexE, Session: uint32(n), Source: front, Type: OrderResult, Body: &PlaybackResult{EBMID: message, Played: 1, Description: d}})
	}
	put(&Frame{Annex: AnnexE, Source: front, Type: OrderFault, Body: &FaultReport{Cleared: 1, Fault: FaultPower, Description: "电源"}})
	r := NewFrameReader(iotest.HalfReader(bytes.NewReader(all.Bytes())), 0)
	for i, a := range want {
		f, err := r.Next()
		if err != nil || f.Annex != a || len(f.Warnings) > 0 {
			t.Fatalf("frame %d: %+v, %v", i, f, err)
		}
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}

func TestFrameStreamRefuses(t *testing.T) {
	good := golden(t)
	for _, c := range []struct {
		at    int
		to    byte
		field string
	}{{0, 0xFD, "mark"}, {2, 2, "version"}, {10, 0, ""}, {len(good) - 1, good[len(good)-1] ^ 1, "CRC32"}} {
		for _, a := range []Annex{0, AnnexD} {
			b := bytes.Clone(good)
			b[c.at] = c.to
			if c.at == 10 {
				b[11] = 3 // a length that no frame has
			}
			r := NewFrameReader(bytes.NewReader(append(b, good...)), a)
			f, err := r.Next()
			if e := new(ebd.Error); !errors.As(err, &e) || c.field != "" && e.Field != c.field || f == nil {
				t.Errorf("byte %d: %v", c.at, err)
			}
		}
	}
	for n := 1; n < len(good); n++ {
		if _, err := NewFrameReader(bytes.NewReader(good[:n]), 0).Next(); err != io.ErrUnexpectedEOF {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
}
