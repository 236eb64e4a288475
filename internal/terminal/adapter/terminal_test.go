package adapter

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/ebd/speaker"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

// adapterEnd is the other end of a terminal's connection.
type adapterEnd struct {
	t    *testing.T
	conn net.Conn
	in   *speaker.FrameReader
	n    uint32
	kept []*speaker.Frame // came while something else was waited for
}

// connected runs a terminal for the length of the test and gives its connection.
func connected(t *testing.T, o TerminalOptions) *adapterEnd {
	t.Helper()
	l := listen(t)
	defer l.Close()
	o.Code, o.Physical, o.Adapter, o.Clock, o.Log = village, "0123456789ab", l.Addr().String(), clock.System{}, quiet
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { NewTerminal(o).Run(ctx); close(done) }()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	t.Cleanup(func() { cancel(); conn.Close(); <-done })
	return &adapterEnd{t: t, conn: conn, in: speaker.NewFrameReader(conn, 0)}
}

// await gives the first frame that fits; others are kept for later.
func (a *adapterEnd) await(fits func(*speaker.Frame) bool) *speaker.Frame {
	a.t.Helper()
	for i, f := range a.kept {
		if fits(f) {
			a.kept = append(a.kept[:i:i], a.kept[i+1:]...)
			return f
		}
	}
	for {
		f, err := a.in.Next()
		if err != nil || len(f.Warnings) > 0 {
			a.t.Fatalf("%v %v", err, f)
		}
		if fits(f) {
			return f
		}
		a.kept = append(a.kept, f)
	}
}

// order sends a request and waits for its answer.
func (a *adapterEnd) order(to ebd.ResourceCode, o speaker.Order, b speaker.Body, key *ebd.PrivateKey) *speaker.Frame {
	a.t.Helper()
	a.n++
	f := &speaker.Frame{Annex: speaker.AnnexD, Session: 1000 + a.n, Source: front, Targets: []ebd.ResourceCode{to}, Type: o, Body: b}
	if key != nil {
		if err := f.Sign(key, ebd.SerialNumber{5: 1}, time.Now(), speaker.Standard); err != nil {
			a.t.Fatal(err)
		}
	}
	raw, err := f.Encode()
	if err != nil {
		a.t.Fatal(err)
	}
	if _, err := a.conn.Write(raw); err != nil {
		a.t.Fatal(err)
	}
	got := a.await(func(g *speaker.Frame) bool { return g.Answer && g.Session == f.Session })
	if got.Type != o || got.Source != village {
		a.t.Errorf("answered %+v", got)
	}
	return got
}

func (a *adapterEnd) report(o speaker.Order) speaker.Body {
	a.t.Helper()
	return a.await(func(f *speaker.Frame) bool { return !f.Answer && f.Type == o }).Body
}

func result(f *speaker.Frame) speaker.Result { return f.Body.(*speaker.Answer).Result }

func startOrder(d time.Duration) *speaker.StartOrder {
	now := time.Now()
	return &speaker.StartOrder{EBMID: message, Class: speaker.ClassEmergency, Level: ebd.SeverityRed, Event: "10203", Volume: speaker.KeepVolume,
		Start: speaker.StampOf(now), End: speaker.StampOf(now.Add(d)), Auxiliaries: []speaker.Auxiliary{{Type: speaker.AuxStream, Data: speaker.Raw("udp://@9000")}}}
}

func TestATerminalObeysItsAdapter(t *testing.T) {
	a := connected(t, TerminalOptions{Heartbeat: 50 * time.Millisecond})
	if b := a.report(speaker.OrderHeartbeat).(*speaker.TerminalHeartbeat); b.First != 1 || b.Physical != "0123456789ab" || b.State != speaker.StateIdle {
		t.Errorf("%+v", b)
	}
	if b := a.report(speaker.OrderHeartbeat).(*speaker.TerminalHeartbeat); b.First != 2 {
		t.Errorf("%+v", b)
	}
	if r := result(a.order(all, speaker.OrderSet, &speaker.Settings{Parameters: []speaker.Param{{ID: speaker.SetVolume, Value: &speaker.VolumeValue{Volume: 70}}}}, nil)); r != speaker.ResultDone {
		t.Errorf("set: %d", r)
	}
	state := a.order(village, speaker.OrderQuery, &speaker.StateQuery{Parameters: []speaker.ParamID{speaker.ParamVolume, speaker.ParamState, speaker.ParamTuner}}, nil)
	if b := state.Body.(*speaker.StateAnswer); state.Annex != speaker.AnnexE || b.Result != speaker.ResultMissing || len(b.Parameters) != 2 || b.Parameters[0].Value.(*speaker.VolumeValue).Volume != 70 {
		t.Errorf("%+v", b)
	}
	if r := result(a.order(front, speaker.OrderStart, startOrder(time.Hour), nil)); r != speaker.ResultNoResource {
		t.Errorf("an order to somebody else: %d", r)
	}
	if r := result(a.order(village, speaker.OrderStart, startOrder(-time.Hour), nil)); r != speaker.ResultParameter {
		t.Errorf("an order that is over: %d", r)
	}
	if r := result(a.order(all, speaker.OrderStart, startOrder(time.Hour), nil)); r != speaker.ResultDone {
		t.Errorf("start: %d", r)
	}
	if b := a.report(speaker.OrderSwitch).(*speaker.TaskSwitch); b.Switch != 1 || b.EBMID != message {
		t.Errorf("%+v", b)
	}
	if r := result(a.order(all, speaker.OrderStop, &speaker.StopOrder{EBMID: message}, nil)); r != speaker.ResultDone {
		t.Errorf("stop: %d", r)
	}
	if b := a.report(speaker.OrderSwitch).(*speaker.TaskSwitch); b.Switch != 2 {
		t.Errorf("%+v", b)
	}
	if b := a.report(speaker.OrderResult).(*speaker.PlaybackResult); b.Played != 1 || b.EBMID != message {
		t.Errorf("%+v", b)
	}
}

func TestATerminalBelievesOnlyItsKeys(t *testing.T) {
	key, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	a := connected(t, TerminalOptions{Keys: []ebd.PublicKey{key.Public()}})
	if r := result(a.order(all, speaker.OrderStart, startOrder(time.Hour), nil)); r != speaker.ResultCertificate {
		t.Errorf("unsigned: %d", r)
	}
	if r := result(a.order(all, speaker.OrderStart, startOrder(time.Hour), key)); r != speaker.ResultDone {
		t.Errorf("signed: %d", r)
	}
}
