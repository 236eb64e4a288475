package main

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A sample city that is killed takes its simulated loudspeakers with it: those of the next start
// have the same keys, and the two would push each other out without end.
func TestAKilledDemoLeavesNoSimulator(t *testing.T) {
	if _, err := os.Stat("/proc/self/cmdline"); err != nil {
		t.Skip("SKIPPED, NOTHING WAS PROVED: no /proc to look for processes in")
	}
	dir, web, mqtt := t.TempDir(), freeAddress(t), freeAddress(t)
	demo := command(t, "demo", "--data", dir, "--count", "1", "--set", "http.listen="+web, "--set", "http.public_url=http://"+web, "--set", "mqtt.listen="+mqtt, "--set", "mqtt.public_url=tls://"+mqtt)
	if err := demo.Start(); err != nil {
		t.Fatal(err)
	}
	simulators := func() (n int) {
		lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
		for _, l := range lines {
			b, _ := os.ReadFile(l)
			if bytes.Contains(b, []byte("simulate\x00")) && bytes.Contains(b, []byte(dir)) {
				n++
			}
		}
		return n
	}
	soon := func(want int) bool {
		for range 600 {
			if simulators() == want {
				return true
			}
			time.Sleep(100 * time.Millisecond)
		}
		return false
	}
	begun := soon(1)
	_ = demo.Process.Signal(syscall.SIGKILL)
	_ = demo.Wait()
	if !begun {
		t.Fatal("no simulator was started")
	}
	if !soon(0) {
		t.Error("the simulator outlived the demo")
	}
}
