package app

import (
	"context"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/deliver/channel"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/config"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/terminal"
)

// horn is a player that sounds until it is told that a pass is over.
type horn struct {
	over chan struct{}
	mu   sync.Mutex
	runs []string // titles, each time one sounds, with where in the sound it begins
}

func (h *horn) Play(ctx context.Context, o *wire.Order, cue terminal.Cue, begun func(wire.Source)) terminal.Outcome {
	run := o.Texts[0].Title
	if o.Relay != "" {
		run += " " + o.Relay
	} else if cue.From > 0 {
		run += " from within"
	}
	h.mu.Lock()
	h.runs = append(h.runs, run)
	h.mu.Unlock()
	begun(wire.FromAudio)
	select {
	case <-h.over:
	case <-ctx.Done():
	}
	return terminal.Outcome{}
}

func (h *horn) sounded() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.runs)
}

// freeAddress is a local address that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// A relay of the day is on the air at a real loudspeaker's agent, yields to a red message and
// goes on; what a timetable takes back falls silent; receipts tell it as it was.
func TestATimetableYieldsToRedAndGoesOn(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Data, cfg.MQTT.Plain = t.TempDir(), true
	cfg.HTTP.Listen, cfg.MQTT.Listen = freeAddress(t), freeAddress(t)
	cfg.HTTP.PublicURL, cfg.MQTT.PublicURL = "http://"+cfg.HTTP.Listen, "tcp://"+cfg.MQTT.Listen
	ctx, stop := context.WithCancel(context.Background())
	a, err := Open(ctx, cfg, slog.New(slog.DiscardHandler), "test")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var running sync.WaitGroup
	defer func() { stop(); running.Wait() }()
	running.Go(func() { _ = a.Run(ctx) })
	<-a.Ready()

	s := &scene{home, a, t, new(int), nil}
	grant, err := a.assets.IssueToken(s.as(engineer), s.device())
	s.must(err)
	h := &horn{over: make(chan struct{})}
	at := terminal.Config{Dir: t.TempDir(), Firmware: "test", Clock: clock.System{}, Log: slog.New(slog.DiscardHandler), Player: h}
	_, err = terminal.Enrol(ctx, at, terminal.Enrolment{Server: cfg.HTTP.PublicURL, Token: grant.Token, Model: "TS-1", Serial: "1"})
	s.must(err)
	agent, err := terminal.Open(at)
	s.must(err)
	running.Go(func() { _ = agent.Run(ctx) })

	await := func(what string, is func() bool) {
		t.Helper()
		for limit := time.Now().Add(40 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(limit) {
				t.Fatalf("%s: %v", what, h.sounded())
			}
		}
	}
	sounds := func(n int, title string) {
		t.Helper()
		await(title, func() bool { got := h.sounded(); return len(got) >= n && strings.HasPrefix(got[n-1], title) })
	}
	desk, now := everydayMessages{a.alerts}, a.clock.Now()
	relay := channel.Item{Ref: store.NewID(now), Timetable: "01TT", Name: "节目表", RegionCode: home.code, Level: "district", Title: "早间转播", Text: "转播", Relay: "http://radio.example/live",
		StartsAt: now, EndsAt: now.Add(10 * time.Minute), Repeat: 1}
	answer, err := desk.Hand(ctx, relay)
	s.must(err)
	if answer.Message == "" || answer.Waits || answer.Reason != nil {
		t.Fatalf("%+v", answer)
	}
	var review int
	s.must(a.db.QueryRow(ctx, `SELECT count(*) FROM alert_arrival WHERE alone AND reviewed_at IS NULL`).Scan(&review))
	if review != 0 {
		t.Error("what was approved beforehand waits to be looked at again")
	}
	again, err := desk.Hand(ctx, relay)
	if err != nil || again.Message != answer.Message {
		t.Fatalf("handed over twice: %+v, %v", again, err)
	}
	sounds(1, "早间转播 http://radio.example/live")
	_, err = a.alerts.Take(ctx, message.Arrival{Origin: message.Origin{Kind: string(rule.Upper), Source: "above", Name: "上级"}, Act: message.Begins, Ref: "red", Authority: "city", Kind: message.Real,
		Class: wire.Emergency, Content: message.Content{Event: "10203", Severity: message.Red, Texts: []message.Text{{Lang: "zh", Title: "暴雨红色预警", Body: "请立即转移。"}},
			Area: message.Area{Regions: []string{home.code}}, EndsAt: now.Add(time.Hour), Repeat: message.Repeat{Count: 1}}})
	s.must(err)
	sounds(2, "暴雨红色预警")
	h.over <- struct{}{}
	sounds(3, "早间转播")
	await("receipts", func() bool {
		list, err := everydayReceipts{a.alerts}.Soundings(ctx, answer.Message)
		s.must(err)
		return len(list) == 1 && len(list[0].Yields) == 1 && list[0].Yields[0].Reason == "higher_rank" && !list[0].Yields[0].To.IsZero() && list[0].State == "resumed"
	})
	relay.Withdraw = true
	_, err = desk.Hand(ctx, relay)
	s.must(err)
	await("the end", func() bool {
		list, err := everydayReceipts{a.alerts}.Soundings(ctx, answer.Message)
		s.must(err)
		return len(list) == 1 && list[0].State == "cancelled"
	})
	public, err := a.alerts.Published(ctx, now.Add(-time.Hour))
	s.must(err)
	if len(public) != 1 || public[0].Current.Content.Severity != message.Red {
		t.Errorf("citizens are told of %d messages: a programme is no notice", len(public))
	}
}
