package terminal

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

// simulate runs a simulation until the returned function is called.
func (w *town) simulate(o Simulation) (stop func()) {
	w.t.Helper()
	o.Server, o.Pin, o.Tokens, o.Clock, o.Log = w.http.URL, w.pin, []Token{{Token: "let-me-in"}}, clock.System{}, quiet
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Simulate(ctx, o) }()
	return func() {
		w.t.Helper()
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
	}
}

// count waits until n terminals said something that matches.
func (w *town) count(what string, n int, match func(report) bool) {
	w.t.Helper()
	seen := map[string]bool{}
	w.await(fmt.Sprintf("%d × %s", n, what), func(r report) bool {
		if match(r) {
			seen[string(r.code)] = true
		}
		return len(seen) == n
	})
}

func TestTwelveHundredSubscribersAllReceive(t *testing.T) {
	const n = 1200
	w := newTown(t)
	stop := w.simulate(Simulation{Count: n, Dir: t.TempDir(), Speed: 100})
	defer stop()
	w.count("hello", n, func(r report) bool { return r.up.Kind == wire.UpHello })
	o := w.message()
	o.Audio = []wire.Audio{w.sound("/media/a.wav", tune(t, 0.5), 1000)}
	f := w.frame(w.signer, o)
	for i := range n {
		w.send(loudspeaker1(i), f)
	}
	for _, p := range []wire.Phase{wire.Received, wire.Played} {
		w.count(string(p), n, func(r report) bool {
			return r.up.Receipt != nil && r.up.Receipt.Order == o.ID && r.up.Receipt.Phase == p
		})
	}
	if w.fetches != 1 {
		t.Errorf("the audio was fetched %d times", w.fetches)
	}
}

func TestSimulatedFaultsShowAsWhatTheyAre(t *testing.T) {
	w := newTown(t)
	dir := t.TempDir()
	o := Simulation{Count: 60, Dir: dir, Speed: 50, Seed: 7, Mix: Mix{Offline: 0.2, Failing: 0.2, Silent: 0.2, Deaf: 0.2}}
	want := map[Fault]int{}
	for i := range o.Count {
		want[o.Mix.of(o.Seed, loudspeaker1(i))]++
	}
	stop := w.simulate(o)
	online := o.Count - want[Offline]
	w.count("hello", online, func(r report) bool { return r.up.Kind == wire.UpHello })
	m := w.message()
	f := w.frame(w.signer, m)
	for i := range o.Count {
		w.send(loudspeaker1(i), f)
	}
	end := func(r report) *wire.Receipt {
		if x := r.up.Receipt; x != nil && x.Order == m.ID && x.Phase.Final() {
			return x
		}
		return nil
	}
	w.count("end", online, func(r report) bool { return end(r) != nil })
	got := map[Fault]int{Offline: want[Offline]}
	for _, r := range w.heard {
		switch x := end(r); {
		case x == nil:
		case x.Phase == wire.Failed:
			got[Failing]++
		case x.Heard == nil:
			got[Deaf]++
		case x.Heard.DBFS < -60:
			got[Silent]++
		default:
			got[Healthy]++
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	stop()

	// A restart keeps who they are and what they have played; what failed is not held.
	failing := func(r report) bool { return o.Mix.of(o.Seed, r.code) == Failing }
	w.forget()
	stop = w.simulate(o)
	defer stop()
	w.count("hello", online, func(r report) bool {
		return r.up.Hello != nil && r.up.Hello.Boots == 2 && (len(r.up.Hello.Held) == 0) == failing(r)
	})
	if len(w.devices) != o.Count {
		t.Errorf("%d devices are enrolled", len(w.devices))
	}
	for i := range o.Count {
		w.send(loudspeaker1(i), f)
	}
	w.count("refusal, or the next failure", online, func(r report) bool {
		x := r.up.Receipt
		if x != nil && x.Phase == wire.Playing {
			t.Error("played again")
		}
		return x != nil && (x.Reason == wire.Replayed || x.Phase == wire.Failed && failing(r))
	})
}

func TestSimulatorResumesAfterARestart(t *testing.T) {
	w := newTown(t)
	o := Simulation{Count: 3, Dir: t.TempDir()}
	stop := w.simulate(o)
	w.count("hello", 3, func(r report) bool { return r.up.Kind == wire.UpHello })
	m := w.message()
	m.Texts[0].Body = string(bytes.Repeat([]byte("雨"), 400)) // a hundred seconds
	f := w.frame(w.signer, m)
	for i := range 3 {
		w.send(loudspeaker1(i), f)
	}
	w.count("playing", 3, func(r report) bool { return r.up.Receipt != nil && r.up.Receipt.Phase == wire.Playing })
	stop()
	w.forget()
	stop = w.simulate(o)
	defer stop()
	w.count("resumed", 3, func(r report) bool { return r.up.Receipt != nil && r.up.Receipt.Phase == wire.Resumed })
}

func TestTokenFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens")
	write := func(s string) {
		if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("# batch 7\n\nabc " + string(loudspeaker1(0)) + "\ndef\n")
	got, err := ReadTokens(path)
	if d := cmp.Diff([]Token{{"abc", loudspeaker1(0)}, {"def", ""}}, got); d != "" || err != nil {
		t.Error(d, err)
	}
	for _, s := range []string{"", "# none\n", "abc 123\n"} {
		write(s)
		if _, err := ReadTokens(path); err == nil {
			t.Errorf("%q was read", s)
		}
	}
}

// BenchmarkTerminalMemory prints the heap of one connected simulated terminal; the
// broker runs in the same process and is measured with it.
func BenchmarkTerminalMemory(b *testing.B) {
	const n = 2000
	w := newTown(b)
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	before := heap()
	stop := w.simulate(Simulation{Count: n, Dir: b.TempDir(), Speed: 1000})
	w.count("hello", n, func(r report) bool { return r.up.Kind == wire.UpHello })
	time.Sleep(time.Second)
	b.ReportMetric(float64(heap()-before)/n, "B/terminal+broker")
	stop()
}
