package speaker

import (
	"bytes"
	"io"
	"testing"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

func start(t testing.TB) (*Packet, []byte) {
	t.Helper()
	p := &Packet{Direction: Down, Type: TypeBroadcast, Body: &Broadcast{
		EBMID: message, Power: Start, Class: ClassEmergency, Event: "10203", Level: ebd.SeverityRed, Start: 1, End: 2, Volume: 80,
		Targets:     Targets{Logical, []string{string(town), string(town), string(town)}},
		Texts:       []Text{{"zho", CharsetGB18030, "预计未来三小时有特大暴雨，请注意防范。", "气象台"}},
		Auxiliaries: []Auxiliary{{AuxStream, Raw("rtp://239.1.1.1:9000")}},
	}}
	b, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return p, b
}

func decodes(b *testing.B, raw []byte) {
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeHeartbeat(b *testing.B) { decodes(b, samples(b)[0].raw) }

func BenchmarkDecodeTaskStart(b *testing.B) {
	for _, s := range samples(b) {
		if s.Type == int(TypeTaskStart) {
			decodes(b, s.raw)
			return
		}
	}
	b.Fatal("no task start among the samples")
}

func BenchmarkDecodeStart(b *testing.B) {
	_, raw := start(b)
	decodes(b, raw)
}

func BenchmarkEncodeStart(b *testing.B) {
	p, raw := start(b)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Encode(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeHeartbeat(b *testing.B) {
	p := &Packet{Direction: Up, Type: TypeHeartbeat, Body: &Heartbeat{front, StateIdle, 1}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Encode(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeFrame(b *testing.B) {
	raw := golden(b)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeFrame(raw, 0); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStream reads the real packets as one connection's stream.
func BenchmarkStream(b *testing.B) {
	var all []byte
	list := samples(b)
	for _, s := range list {
		all = append(all, s.raw...)
	}
	b.SetBytes(int64(len(all)))
	b.ReportAllocs()
	for b.Loop() {
		for r := NewPacketReader(bytes.NewReader(all), 0); ; {
			if _, err := r.Next(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(len(list))*float64(b.N)/b.Elapsed().Seconds(), "frames/s")
}
