package asset

import (
	"fmt"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// Whoever tries a terminal's code from elsewhere keeps it out neither from where it was
// last admitted nor, after a restart of the platform, from where it never was.
func TestStrangersKeepNoTerminalOut(t *testing.T) {
	now := storetest.Start
	l := &line{home: "10.0.0.1"}
	try := func(address string, times int) (judged int) {
		for range times {
			if l.knock(now, address) {
				judged++
			}
		}
		return judged
	}
	if n := try("192.0.2.1", 500); n != knockBurst {
		t.Errorf("%d of one stranger's were judged", n)
	}
	if n := try("10.0.0.1", 3); n != 3 {
		t.Errorf("%d of 3 from home were judged", n)
	}
	l.home = "" // as after a restart
	if n := try("10.0.0.1", 3); n != 3 {
		t.Errorf("%d of 3 from nowhere known were judged", n)
	}
	for range 100 { // strangers go on, some of them from ever new addresses
		now = now.Add(time.Second)
		try("192.0.2.1", 10)
		try(fmt.Sprintf("198.51.100.%d", now.Unix()%250), 2)
		if now.Unix()%10 == 0 && try("10.0.0.1", 1) != 1 {
			t.Fatal("the terminal was kept out")
		}
	}
	if len(l.knockers) > maxKnockers {
		t.Errorf("%d addresses are told apart", len(l.knockers))
	}
	all := 0
	for i := range 1000 {
		all += try(fmt.Sprintf("203.0.113.%d", i%250), 1)
	}
	if all > strangeBurst {
		t.Errorf("%d from all addresses were judged at once", all)
	}
}
