package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/bus"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// The disk fills up under a running node, and whatever becomes free is taken. People
// sign in, send, cancel and stop all the same, and whoever asks is told; once there is
// room, what waited is published by itself and nothing is missing.
func TestAFullDiskStopsNobody(t *testing.T) {
	const terminals = 10
	dir := storetest.Disk(t, 70<<20)
	n := nodeIn(t, dir, terminals)
	officer, leader := n.signIn("officer"), n.signIn("leader")
	n.until("every terminal is on line", func() bool {
		var p struct{ Terminals, Offline int }
		err := officer.call("POST", "/api/alerts/preview", map[string]any{"kind": "real", "area": map[string]any{"regions": []string{"110000000000"}}}, &p)
		return err == nil && p.Terminals == terminals && p.Offline == 0
	})
	send := func(body string) alertView {
		t.Helper()
		draft := rain("110000000000", time.Now().Add(time.Hour))
		draft["texts"] = []map[string]string{{"lang": "zh", "title": "暴雨红色预警", "body": body}}
		var m alertView
		n.must(officer.call("POST", "/api/alerts", draft, &m))
		n.must(officer.call("POST", "/api/alerts/"+m.ID+"/check", map[string]any{}, &m))
		n.must(leader.call("POST", "/api/alerts/"+m.ID+"/countersign", map[string]string{"digest": m.Open.Digest}, nil))
		return m
	}
	played := func(m alertView) {
		t.Helper()
		n.until("every terminal has played", func() bool {
			var p progressView
			err := officer.call("GET", "/api/alerts/"+m.ID+"/progress", nil, &p)
			return err == nil && p.Figures != nil && p.Figures.Played == terminals
		})
	}
	before := send("第一次提示：请留在室内。")
	played(before)

	empty := hog(t, filepath.Join(dir, "ballast"))
	during := send("第二次提示：请留在室内。")
	n.must(leader.call("POST", "/api/alerts/"+during.ID+"/cancel", map[string]any{"reason": "磁盘已满"}, nil))
	n.signIn("auditor")
	n.must(leader.call("POST", "/api/alerts/stop", map[string]any{"regions": []string{"110000000000"}, "reason": "磁盘已满"}, nil))
	n.until("it is told", func() bool {
		status, body := n.ready()
		return status == http.StatusOK && strings.HasPrefix(body, "ready, without: ") && strings.Contains(body, "room")
	})
	empty()
	n.until("all is well again", func() bool { status, body := n.ready(); return status == http.StatusOK && body == "ready\n" })
	after := send("第三次提示：请留在室内。")
	played(after)
	db := n.database()
	defer db.Close()
	n.until("nothing waits any more", func() bool {
		waiting, _, err := bus.Outbox(context.Background(), db)
		n.must(err)
		return waiting == 0
	})
	n.until("the audit chain holds", func() bool {
		v, err := audit.Verify(context.Background(), db, audit.Against{})
		n.must(err)
		if len(v.Broken) > 0 {
			t.Fatalf("%+v", v.Broken)
		}
		return v.Unsealed == 0
	})
}

func (n *node) ready() (int, string) {
	n.Helper()
	r, err := http.Get(n.cfg.HTTP.PublicURL + "/readyz")
	n.must(err)
	defer r.Body.Close()
	raw, err := io.ReadAll(r.Body)
	n.must(err)
	return r.StatusCode, string(raw)
}

// hog takes whatever room a disk has or gets, until it is emptied.
func hog(t *testing.T, path string) (empty func()) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	fill := func() {
		for _, size := range []int{1 << 20, 1 << 12, 1} {
			for {
				if _, err := f.Write(make([]byte, size)); err != nil {
					break
				}
			}
		}
	}
	fill()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		clock.System{}.Every(ctx, 100*time.Millisecond, func(context.Context) { fill() })
	}()
	return func() {
		stop()
		<-ended
		if err := errors.Join(f.Close(), os.Remove(path)); err != nil {
			t.Fatal(err)
		}
	}
}
