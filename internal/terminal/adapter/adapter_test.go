package adapter

import (
	"context"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/ebd/speaker"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

const (
	front   = ebd.ResourceCode("41101010000000314010201")
	village = ebd.ResourceCode("61101010010010314010401")
	all     = ebd.ResourceCode("61101010010000314010400")
	message = ebd.EBMID("31101000000000101010101202607210007")
)

var quiet = slog.New(slog.DiscardHandler)

// listen opens a port on the loopback.
func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// platform is the near end: it takes reports and acknowledges them.
type platform struct {
	l       net.Listener
	reports chan *speaker.Packet
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	p := &platform{listen(t), make(chan *speaker.Packet, 100)}
	t.Cleanup(func() { p.l.Close() })
	go func() {
		for {
			conn, err := p.l.Accept()
			if err != nil {
				return
			}
			_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
			if got, err := speaker.NewPacketReader(conn, 0).Next(); err == nil {
				ack := &speaker.Packet{Direction: speaker.Down, Type: speaker.TypeAck, Body: &speaker.Reply{}}
				if got.Type == speaker.TypeTaskStart {
					ack.Type, ack.Body = speaker.TypeTaskStartAck, &speaker.TaskStartAck{}
				}
				if b, err := ack.Encode(); err == nil {
					_, _ = conn.Write(b)
				}
				p.reports <- got
			}
			conn.Close()
		}
	}()
	return p
}

// await waits for a report of one type.
func (p *platform) await(t *testing.T, typ speaker.Type) *speaker.Packet {
	t.Helper()
	for limit := time.After(20 * time.Second); ; {
		select {
		case got := <-p.reports:
			if got.Type == typ {
				return got
			}
		case <-limit:
			t.Fatalf("no %v came", typ)
		}
	}
}

// serve runs an adapter for the length of the test and gives its address.
func serve(t *testing.T, o Options) string {
	t.Helper()
	o.Code, o.Clock, o.Log = front, clock.System{}, quiet
	l := listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- New(o).Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// command makes one exchange with the adapter.
func command(t *testing.T, addr string, p *speaker.Packet) *speaker.Packet {
	t.Helper()
	p.Direction = speaker.Down
	b, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return exchange(t, addr, b)
}

func exchange(t *testing.T, addr string, b []byte) *speaker.Packet {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := conn.Write(b); err != nil {
		t.Fatal(err)
	}
	answer, err := speaker.NewPacketReader(conn, 0).Next()
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func broadcast(power speaker.Power, d time.Duration) *speaker.Packet {
	now := time.Now()
	return &speaker.Packet{Type: speaker.TypeBroadcast, Body: &speaker.Broadcast{EBMID: message, Power: power, Class: speaker.ClassEmergency, Event: "10203", Level: ebd.SeverityRed,
		Start: speaker.StampOf(now), End: speaker.StampOf(now.Add(d)), Volume: 80, Targets: speaker.Targets{Kind: speaker.Logical, Codes: []string{string(all)}}}}
}

// A broadcast is started, reported, seen in the state, stopped, reported, and remembered.
func TestABroadcastFromBeginningToEnd(t *testing.T) {
	p := newPlatform(t)
	addr := serve(t, Options{Platform: p.l.Addr().String(), Heartbeat: 50 * time.Millisecond})
	if b := p.await(t, speaker.TypeHeartbeat).Body.(*speaker.Heartbeat); b.Front != front || b.State != speaker.StateIdle {
		t.Errorf("%+v", b)
	}
	if b := command(t, addr, broadcast(speaker.Start, time.Hour)).Body.(*speaker.BroadcastReply); b.Result != 0 || b.EBMID != message {
		t.Errorf("%+v", b)
	}
	if b := p.await(t, speaker.TypeTaskStart).Body.(*speaker.TaskStart); b.EBMID != message || b.Volume != 80 || len(b.Codes) != 1 {
		t.Errorf("%+v", b)
	}
	query := &speaker.Packet{Type: speaker.TypeInputQuery, Body: &speaker.ChannelQuery{Front: front}}
	if b := command(t, addr, query).Body.(*speaker.Inputs); b.Channels[0].State != speaker.ChannelBusy {
		t.Errorf("%+v", b)
	}
	if b := command(t, addr, broadcast(speaker.Stop, time.Hour)).Body.(*speaker.BroadcastReply); b.Result != 0 {
		t.Errorf("%+v", b)
	}
	if b := p.await(t, speaker.TypeTaskEnd).Body.(*speaker.TaskEnd); b.EBMID != message {
		t.Errorf("%+v", b)
	}
	past := &speaker.Packet{Type: speaker.TypeRecordQuery, Body: &speaker.RecordQuery{Front: front, EBMID: speaker.AnyMessage, End: 1<<32 - 1}}
	if b := command(t, addr, past).Body.(*speaker.Records); len(b.Records) != 1 || b.Records[0].EBMID != message {
		t.Errorf("%+v", b)
	}
	if b := command(t, addr, broadcast(speaker.Start, -time.Hour)).Body.(*speaker.BroadcastReply); b.Result != 1 {
		t.Errorf("a broadcast that is over was taken: %+v", b)
	}
}

func TestBadCommandsAreAnswered(t *testing.T) {
	addr := serve(t, Options{})
	good, err := (&speaker.Packet{Direction: speaker.Down, Type: speaker.TypeClock, Body: &speaker.Clock{Time: 1}}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[int]speaker.Code{2: speaker.CodeVersion, len(good) - 1: speaker.CodeUnknown, -1: speaker.CodeDone} {
		b := append([]byte(nil), good...)
		if at >= 0 {
			b[at] ^= 3
		}
		if r := exchange(t, addr, b).Body.(*speaker.Reply); r.Code != want {
			t.Errorf("byte %d: %+v", at, r)
		}
	}
}

// An adapter that was given keys obeys nobody else.
func TestOnlySignedCommandsAreObeyed(t *testing.T) {
	key, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	addr := serve(t, Options{Keys: []ebd.PublicKey{key.Public()}})
	for _, c := range []struct {
		key  *ebd.PrivateKey
		want uint8
	}{{nil, 1}, {stranger, 1}, {key, 0}} {
		p := broadcast(speaker.Start, time.Hour)
		p.Direction = speaker.Down
		if c.key != nil {
			if err := p.Sign(c.key, ebd.SerialNumber{5: 1}, time.Now(), speaker.Standard); err != nil {
				t.Fatal(err)
			}
		}
		if b := command(t, addr, p).Body.(*speaker.BroadcastReply); b.Result != c.want {
			t.Errorf("%+v", b)
		}
	}
}

// What nobody acknowledged is sent again when the platform is back.
func TestReportsWaitForThePlatform(t *testing.T) {
	l := listen(t)
	addr := l.Addr().String()
	l.Close()
	adapter := serve(t, Options{Platform: addr})
	command(t, adapter, broadcast(speaker.Start, time.Hour))
	command(t, adapter, broadcast(speaker.Stop, time.Hour))
	back, err := net.Listen("tcp", addr)
	if err != nil {
		t.Skipf("the port was taken meanwhile: %v", err)
	}
	defer back.Close()
	var got []speaker.Type
	for len(got) < 2 {
		conn, err := back.Accept()
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		p, err := speaker.NewPacketReader(conn, 0).Next()
		if err != nil {
			t.Fatal(err)
		}
		b, err := (&speaker.Packet{Direction: speaker.Down, Type: speaker.TypeAck, Body: &speaker.Reply{}}).Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(b); err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, conn)
		conn.Close()
		got = append(got, p.Type)
	}
	if got[0] != speaker.TypeTaskStart || got[1] != speaker.TypeTaskEnd {
		t.Errorf("%v", got)
	}
}

func TestProgramme(t *testing.T) {
	at := time.Unix(1000, 0)
	var p programme
	p.add(task{id: "a", start: at.Add(10 * time.Second), end: at.Add(20 * time.Second)})
	p.add(task{id: "missed", start: at.Add(-10 * time.Second), end: at})
	if b, e := p.step(at); len(b) != 0 || len(e) != 0 || p.playing() || p.records[0].state != speaker.TaskFailed {
		t.Errorf("too early: %v %v %v", b, e, p.records)
	}
	if b, _ := p.step(at.Add(10 * time.Second)); len(b) != 1 || !p.playing() {
		t.Error("did not begin")
	}
	p.add(task{id: "a", start: at.Add(10 * time.Second), end: at.Add(30 * time.Second)}) // made longer
	if b, e := p.step(at.Add(20 * time.Second)); len(b) != 0 || len(e) != 0 {
		t.Error("began again or ended early")
	}
	if _, e := p.step(at.Add(30 * time.Second)); len(e) != 1 || p.playing() {
		t.Error("did not end")
	}
	for i := range maxTasks + 1 {
		if ok := p.add(task{id: ebd.EBMID(rune('A' + i)), start: at.Add(time.Hour), end: at.Add(2 * time.Hour)}); ok != (i < maxTasks) {
			t.Errorf("task %d: %v", i, ok)
		}
	}
	for range maxRecords {
		p.records = append(p.records, record{})
	}
	if e := p.stop(speaker.EveryMessage, at); len(e) != 0 || len(p.tasks) != 0 || len(p.records) != maxRecords || p.records[maxRecords-1].state != speaker.TaskCancelled {
		t.Error("stopped all")
	}
}
