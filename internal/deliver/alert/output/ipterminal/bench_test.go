package ipterminal

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/ebd/speaker"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// BenchmarkGive gives a message to as many terminals as GD/J 089 Table B.18 asks for, each on a
// TCP connection of its own, until the task start of every one of them is stored.
func BenchmarkGive(b *testing.B) {
	for _, n := range []int{300, mostTerminals} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				give(b, n)
			}
		})
	}
}

func give(b *testing.B, n int) {
	db, _ := storetest.SQLite(b, migrations)
	key, err := ebd.GenerateKey()
	if err != nil {
		b.Fatal(err)
	}
	door := &Door{Clock: clock.System{}, Log: quiet, Source: func() ebd.ResourceCode { return self }}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	all.Go(func() { _ = door.Serve(ctx, l) })
	s := Settings{Sound: "file"}
	for i := range n {
		s.Terminals = append(s.Terminals, Known{Code: fmt.Sprintf("61101050010%02d0314%02d04%02d", 1+i/2500, 1+i/50%50, 1+i%50)})
	}
	raw, _ := json.Marshal(s)
	done := make(chan struct{}, n)
	out, err := Driver(Deps{DB: db, Clock: clock.System{}, Log: quiet, Door: door, Media: "http://node.example/media/", Signing: func() (*ebd.PrivateKey, *ebd.Certificate) { return key, &ebd.Certificate{} }}).
		Open(output.Config{ID: "01A", Settings: raw, Report: func(context.Context, ebd.EBMID, output.State, any) error { return nil }, Alive: func(context.Context) error { return nil }})
	if err != nil {
		b.Fatal(err)
	}
	defer out.Close()
	ready := make(chan struct{}, n)
	room := make(chan struct{}, maxGreeting/2)
	for _, k := range s.Terminals {
		room <- struct{}{}
		all.Go(func() {
			player(ctx, b, l.Addr().String(), ebd.ResourceCode(k.Code), func() { ready <- struct{}{}; <-room }, func() { done <- struct{}{} })
		})
	}
	for range n {
		<-ready
	}
	b.StartTimer()
	if _, err := out.Carry(ctx, rain()); err != nil {
		b.Fatal(err)
	}
	for range n {
		select {
		case <-done:
		case <-time.After(time.Minute):
			b.Fatal("some never played")
		}
	}
	b.StopTimer()
}

// player answers the first order and says that it plays.
func player(ctx context.Context, b *testing.B, addr string, code ebd.ResourceCode, ready, done func()) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		b.Error(err)
		return
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	put := func(f *speaker.Frame) {
		if raw, err := f.Encode(); err == nil {
			_, _ = conn.Write(raw)
		}
	}
	put(beat(code, ""))
	for in := speaker.NewFrameReader(conn, 0); ; {
		f, err := in.Next()
		switch {
		case err != nil:
			return
		case f.Answer && f.Type == speaker.OrderHeartbeat:
			ready()
		case f.Answer && f.Type == speaker.OrderSwitch:
			done()
		case f.Type == speaker.OrderStart:
			put(&speaker.Frame{Annex: speaker.AnnexD, Session: f.Session, Answer: true, Source: code, Targets: []ebd.ResourceCode{f.Source}, Type: f.Type, Body: &speaker.Answer{}})
			put(&speaker.Frame{Annex: speaker.AnnexE, Session: 9, Source: code, Type: speaker.OrderSwitch, Body: &speaker.TaskSwitch{Switch: 1, Source: speaker.TaskEmergency, EBMID: ebmid, Time: 1}})
		}
	}
}
