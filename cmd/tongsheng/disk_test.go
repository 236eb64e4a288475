package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
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
	send := func(body string) alertView { return n.send(officer, leader, body) }
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
	n.until("it is told", func() bool { return strings.Contains(n.told(), "room") })
	empty()
	n.until("all is well again", func() bool { return n.told() == "ready\n" })
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

// On a full disk somebody writes drafts until none is taken any more. What was written
// before is submitted with its speech, countersigned and cancelled, others sign in, and
// everything is stopped; drafts get none of the room that is made for it.
func TestDraftsLeaveRoomToSend(t *testing.T) {
	dir := storetest.Disk(t, 70<<20)
	n := nodeIn(t, dir, 1)
	officer, leader := n.signIn("officer"), n.signIn("leader")
	long := strings.Repeat("请留在室内，远离河道和低洼处。", 40)
	write := func(body string) (m alertView, err error) {
		draft := rain("110000000000", time.Now().Add(time.Hour))
		draft["texts"] = []map[string]string{{"lang": "zh", "title": "暴雨红色预警", "body": body, "advice": "请不要外出。"}}
		return m, officer.call("POST", "/api/alerts", draft, &m)
	}
	var real []alertView
	for i := range 2 {
		m, err := write(fmt.Sprintf("第%d次提示：请留在室内。", i+1))
		n.must(err)
		real = append(real, m)
	}
	ballast, err := os.Create(filepath.Join(dir, "ballast"))
	n.must(err)
	defer ballast.Close()
	fill(ballast)
	n.must(os.Truncate(filepath.Join(dir, "tongsheng.db.reserve"), 4<<20+256<<10)) // as after hours of drafts
	fill(ballast)
	drafts := 0
	for ; drafts < 20_000; drafts++ {
		if _, err := write(long); err != nil {
			if !strings.Contains(err.Error(), "507") {
				t.Fatal(err)
			}
			break
		}
	}
	t.Logf("%d drafts were taken", drafts)
	if drafts < 1 {
		t.Errorf("no draft was taken")
	}
	for _, m := range real {
		n.must(officer.call("POST", "/api/alerts/"+m.ID+"/check", map[string]any{}, &m))
		if _, err := write(long); err == nil {
			t.Error("a draft took of what was left to sending")
		}
		n.must(leader.call("POST", "/api/alerts/"+m.ID+"/countersign", map[string]string{"digest": m.Open.Digest}, nil))
		n.must(leader.call("POST", "/api/alerts/"+m.ID+"/cancel", map[string]any{"reason": "磁盘已满"}, nil))
	}
	n.signIn("auditor")
	n.must(leader.call("POST", "/api/alerts/stop", map[string]any{"regions": []string{"110000000000"}, "reason": "磁盘已满"}, nil))
}

// A node that is started on a disk that is full starts, however it ended before, and sends.
func TestANodeStartsOnAFullDisk(t *testing.T) {
	dir := storetest.Disk(t, 70<<20)
	n := nodeIn(t, dir, 1)
	officer, leader := n.signIn("officer"), n.signIn("leader")
	n.send(officer, leader, "第一次提示：请留在室内。")
	for _, end := range []os.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		n.kill(end)
		empty := hog(t, filepath.Join(dir, "ballast"))
		n.start()
		during := n.send(officer, leader, fmt.Sprintf("%v之后的提示：请留在室内。", end))
		n.must(leader.call("POST", "/api/alerts/"+during.ID+"/cancel", map[string]any{"reason": "磁盘已满"}, nil))
		empty()
		n.until("all is well again", func() bool { return n.told() == "ready\n" })
	}
}

// Only the disk of the event store is full: whoever asks is told, nobody takes the node out
// of service, orders go out, and the events are published once there is room.
func TestAFullEventStoreStopsNoOrder(t *testing.T) {
	dir, disk := t.TempDir(), storetest.Disk(t, 8<<20)
	if err := os.Symlink(disk, filepath.Join(dir, "bus")); err != nil {
		t.Fatal(err)
	}
	n := nodeIn(t, dir, 1)
	officer, leader := n.signIn("officer"), n.signIn("leader")
	empty := hog(t, filepath.Join(disk, "ballast"))
	for i := 0; !strings.HasSuffix(n.told(), "events\n"); i++ {
		n.send(officer, leader, fmt.Sprintf("第%d次提示：请留在室内。", i+1))
	}
	for range 2 { // each attempt looks for room by a file beside the ballast
		seen := touched(t, disk)
		n.until("it was tried again", func() bool { return touched(t, disk) != seen })
	}
	if told := n.told(); told != "ready, without: events\n" {
		t.Errorf("on the full disk: %q", told)
	}
	empty()
	db := n.database()
	defer db.Close()
	n.until("all is well again", func() bool {
		waiting, _, err := bus.Outbox(context.Background(), db)
		n.must(err)
		return waiting == 0 && n.told() == "ready\n"
	})
}

// send issues a message to the whole city.
func (n *node) send(officer, leader *browser, body string) (m alertView) {
	n.Helper()
	draft := rain("110000000000", time.Now().Add(time.Hour))
	draft["texts"] = []map[string]string{{"lang": "zh", "title": "暴雨红色预警", "body": body}}
	n.must(officer.call("POST", "/api/alerts", draft, &m))
	n.must(officer.call("POST", "/api/alerts/"+m.ID+"/check", map[string]any{}, &m))
	n.must(leader.call("POST", "/api/alerts/"+m.ID+"/countersign", map[string]string{"digest": m.Open.Digest}, nil))
	return m
}

// touched is when a file was last made in a folder or removed from it.
func touched(t *testing.T, dir string) time.Time {
	t.Helper()
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	return info.ModTime()
}

// told is what a node says that is ready.
func (n *node) told() string {
	n.Helper()
	status, body := n.ready()
	if status != http.StatusOK {
		n.Fatalf("%d %s", status, body)
	}
	return body
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
	fill(f)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		clock.System{}.Every(ctx, 100*time.Millisecond, func(context.Context) { fill(f) })
	}()
	return func() {
		stop()
		<-ended
		if err := errors.Join(f.Close(), os.Remove(path)); err != nil {
			t.Fatal(err)
		}
	}
}

// fill takes the room that a disk has now.
func fill(f *os.File) {
	for _, size := range []int{1 << 20, 1 << 12, 1} {
		for {
			if _, err := f.Write(make([]byte, size)); err != nil {
				break
			}
		}
	}
}
