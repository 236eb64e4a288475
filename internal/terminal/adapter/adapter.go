package adapter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/ebd/speaker"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

// Options say what a simulated adapter is.
type Options struct {
	Code      ebd.ResourceCode // the front-end's
	Platform  string           // host:port that takes reports; empty: none are sent
	Heartbeat time.Duration    // between heartbeats; 0: none
	Keys      []ebd.PublicKey  // commands must be signed by one of them; none: unsigned is taken too
	Stream    string           // address offered for a stream (Table A.32), "rtp://ip:port"
	Clock     clock.Clock
	Log       *slog.Logger
}

// Adapter is a simulated loudspeaker adapter, Annex A.
type Adapter struct {
	o Options

	mu      sync.Mutex
	show    programme
	volume  speaker.Volume
	pending []*speaker.Packet // beginnings and ends that nobody acknowledged yet
	wake    chan struct{}     // something is pending
}

// New makes an adapter that Serve runs.
func New(o Options) *Adapter {
	return &Adapter{o: o, volume: 50, wake: make(chan struct{}, 1)}
}

const (
	idle     = time.Minute           // a connection that says nothing so long is closed
	patience = 10 * time.Second      // to connect, and to get an answer
	tick     = 50 * time.Millisecond // how exactly tasks begin and end
	retry    = 2 * time.Second       // before a report is sent again
)

// Serve takes commands from l, which it closes, until ctx ends.
func (a *Adapter) Serve(ctx context.Context, l net.Listener) error {
	var all sync.WaitGroup
	defer all.Wait()
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	all.Go(func() { a.o.Clock.Every(ctx, tick, func(context.Context) { a.step() }) })
	if a.o.Platform != "" {
		all.Go(func() { a.report(ctx) })
		if a.o.Heartbeat > 0 {
			all.Go(func() { a.o.Clock.Every(ctx, a.o.Heartbeat, a.beat) })
		}
	}
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		all.Go(func() { a.serve(ctx, conn) })
	}
}

// serve answers the commands of one connection.
func (a *Adapter) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	for r := speaker.NewPacketReader(conn, 0); ; {
		_ = conn.SetDeadline(a.o.Clock.Now().Add(idle))
		p, err := r.Next()
		if p == nil {
			return
		}
		answer := a.Answer(p, err)
		a.o.Log.Info("command", "type", p.Type, "error", err, "warnings", len(p.Warnings), "answer", answer.Type)
		b, bad := answer.Encode()
		if bad != nil {
			a.o.Log.Error("answer", "error", bad)
			return
		}
		if _, werr := conn.Write(b); werr != nil || err != nil {
			return
		}
	}
}

// Answer is what the adapter answers to a packet that was read with err.
func (a *Adapter) Answer(p *speaker.Packet, err error) *speaker.Packet {
	a.mu.Lock()
	defer a.mu.Unlock()
	reply := func(t speaker.Type, b speaker.Body) *speaker.Packet {
		return &speaker.Packet{Direction: speaker.Up, Type: t, Body: b}
	}
	general := func(code speaker.Code, why string) *speaker.Packet {
		return reply(speaker.TypeReply, &speaker.Reply{Code: code, Data: speaker.Raw(why)})
	}
	if e := (*ebd.Error)(nil); errors.As(err, &e) {
		switch e.Code {
		case ebd.CodeVersion:
			return general(speaker.CodeVersion, e.Error())
		case ebd.CodeLength:
			return general(speaker.CodeLength, e.Error())
		}
		return general(speaker.CodeUnknown, e.Error())
	}
	known := trusted(a.o.Keys, p.FindCoverage)
	if b, ok := p.Body.(*speaker.Broadcast); ok {
		return reply(speaker.TypeBroadcastReply, a.broadcast(b, known))
	}
	if !known { // Table A.27 has no code for it; Table A.37 has 4
		return general(speaker.CodeUnknown, "验签失败")
	}
	switch b := p.Body.(type) {
	case *speaker.VolumeSetting:
		if b.Volume != speaker.KeepVolume {
			a.volume = b.Volume
		}
	case *speaker.ChannelQuery:
		if p.Type == speaker.TypeInputQuery {
			return reply(speaker.TypeInputs, &speaker.Inputs{Front: a.o.Code, Channels: []speaker.Input{{ID: 1, Name: "IP", Group: 1, State: a.channel()}}})
		}
		return reply(speaker.TypeOutputs, &speaker.Outputs{Front: a.o.Code, Channels: []speaker.Output{{ID: 1, Medium: speaker.MediumIP}}})
	case *speaker.RecordQuery:
		return reply(speaker.TypeRecords, a.records(b))
	case *speaker.FaultQuery:
		return reply(speaker.TypeFault, &speaker.Fault{Front: a.o.Code})
	case *speaker.Opaque:
		return general(speaker.CodeUnknown, "unknown type")
	}
	return general(speaker.CodeDone, "")
}

func (a *Adapter) channel() speaker.ChannelState {
	if a.show.playing() {
		return speaker.ChannelBusy
	}
	return speaker.ChannelIdle
}

// broadcast starts or stops one.
func (a *Adapter) broadcast(b *speaker.Broadcast, known bool) *speaker.BroadcastReply {
	out := &speaker.BroadcastReply{Front: a.o.Code, EBMID: b.EBMID}
	refuse := func(why string) *speaker.BroadcastReply {
		out.Result, out.Description = 1, why
		return out
	}
	now := a.o.Clock.Now()
	switch {
	case !known:
		return refuse("验签失败")
	case b.Power == speaker.Stop:
		a.ended(a.show.stop(b.EBMID, now))
		return out
	case !now.Before(b.End.Time()):
		return refuse("已过结束时间")
	}
	t := task{id: b.EBMID, class: b.Class, level: b.Level, event: b.Event, volume: b.Volume, start: b.Start.Time(), end: b.End.Time(), input: b.Input, codes: b.Targets.Codes}
	if t.volume == speaker.KeepVolume {
		t.volume = a.volume
	}
	if b.Targets.Kind == speaker.Physical {
		t.codes = nil // a task's report names resource codes only
	}
	if !a.show.add(t) {
		return refuse("任务过多")
	}
	for _, x := range b.Auxiliaries {
		if x.Type == speaker.AuxAskAddress {
			out.Address = a.o.Stream
		}
	}
	a.advance(now)
	return out
}

// step begins and ends what is due.
func (a *Adapter) step() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.advance(a.o.Clock.Now())
}

func (a *Adapter) advance(now time.Time) {
	begun, ended := a.show.step(now)
	for _, t := range begun {
		a.o.Log.Info("task starts", "ebm", t.id)
		a.queue(speaker.TypeTaskStart, &speaker.TaskStart{Front: a.o.Code, EBMID: t.id, Source: speaker.SourcePlatform, Class: t.class, Level: t.level, Event: t.event,
			Outputs: []speaker.OutputRef{{Medium: speaker.MediumIP, ID: 1}}, Volume: t.volume, Codes: t.codes})
	}
	a.ended(ended)
}

func (a *Adapter) ended(list []task) {
	for _, t := range list {
		a.o.Log.Info("task ends", "ebm", t.id)
		a.queue(speaker.TypeTaskEnd, &speaker.TaskEnd{Front: a.o.Code, EBMID: t.id})
	}
}

// records are those that a query asks for.
func (a *Adapter) records(q *speaker.RecordQuery) *speaker.Records {
	out := &speaker.Records{Front: a.o.Code}
	for _, r := range a.show.records {
		everyday := r.class == speaker.ClassEveryday
		if q.EBMID != speaker.AnyMessage && q.EBMID != r.id || q.Task == 1 && !everyday || q.Task == 2 && everyday ||
			r.ended.Before(q.Start.Time()) || r.start.After(q.End.Time()) {
			continue
		}
		out.Records = append(out.Records, speaker.Record{EBMID: r.id, State: r.state, Source: speaker.SourcePlatform, Class: r.class, Level: r.level, Event: r.event,
			Start: speaker.StampOf(r.start), End: speaker.StampOf(r.ended), Volume: r.volume, Outputs: []speaker.OutputRef{{Medium: speaker.MediumIP, ID: 1}}, Codes: r.codes})
	}
	return out
}

// queue keeps a report until it is acknowledged.
func (a *Adapter) queue(t speaker.Type, b speaker.Body) {
	if a.o.Platform == "" {
		return
	}
	p := &speaker.Packet{Direction: speaker.Up, Type: t, Body: b}
	if _, err := p.Encode(); err != nil { // an order by strange codes cannot be reported by them
		a.o.Log.Error("report", "type", t, "error", err)
		return
	}
	a.pending = append(a.pending, p)
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// report sends what is pending, in order, each until it is acknowledged.
func (a *Adapter) report(ctx context.Context) {
	for {
		a.mu.Lock()
		var next *speaker.Packet
		if len(a.pending) > 0 {
			next = a.pending[0]
		}
		a.mu.Unlock()
		wait := a.wake
		var again <-chan time.Time
		if next != nil {
			err := a.send(ctx, next)
			if err == nil {
				a.mu.Lock()
				a.pending = a.pending[1:]
				a.mu.Unlock()
				continue
			}
			a.o.Log.Warn("report", "type", next.Type, "error", err)
			wait, again = nil, time.After(retry)
		}
		select {
		case <-ctx.Done():
			return
		case <-wait:
		case <-again:
		}
	}
}

// beat sends a heartbeat; one that is lost is followed by the next.
func (a *Adapter) beat(ctx context.Context) {
	a.mu.Lock()
	state := a.show.state()
	a.mu.Unlock()
	p := &speaker.Packet{Direction: speaker.Up, Type: speaker.TypeHeartbeat, Body: &speaker.Heartbeat{Front: a.o.Code, State: state, Time: speaker.StampOf(a.o.Clock.Now())}}
	if err := a.send(ctx, p); err != nil && ctx.Err() == nil {
		a.o.Log.Warn("heartbeat", "error", err)
	}
}

// send makes one exchange with the platform on a connection of its own.
func (a *Adapter) send(ctx context.Context, p *speaker.Packet) error {
	b, err := p.Encode()
	if err != nil {
		return err
	}
	dialer := net.Dialer{Timeout: patience}
	conn, err := dialer.DialContext(ctx, "tcp", a.o.Platform)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	_ = conn.SetDeadline(a.o.Clock.Now().Add(patience))
	if _, err := conn.Write(b); err != nil {
		return err
	}
	answer, err := speaker.NewPacketReader(conn, 0).Next()
	if err != nil {
		return err
	}
	switch b := answer.Body.(type) {
	case *speaker.Reply:
		if b.Code != speaker.CodeDone {
			return fmt.Errorf("adapter: the platform answered %d", b.Code)
		}
	case *speaker.TaskStartAck:
		if b.Result != 0 {
			return errors.New("adapter: the platform refused the task")
		}
	default:
		return fmt.Errorf("adapter: the platform answered with %v", answer.Type)
	}
	return nil
}
