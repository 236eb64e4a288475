package main

import (
	"context"
	"database/sql"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// The server is killed, as by a power cut, at different moments between the
// countersignature and the last receipt, and started again. Every terminal plays the
// message, none plays it twice, every receipt is there, and the audit chain holds.
func TestKilledServerLosesNothingAndNothingPlaysTwice(t *testing.T) {
	const terminals = 40
	n := newNode(t, terminals)
	officer, leader := n.signIn("officer"), n.signIn("leader")
	n.until("every terminal is on line", func() bool {
		var p struct{ Terminals, Offline int }
		err := officer.call("POST", "/api/alerts/preview", map[string]any{"kind": "real", "area": map[string]any{"regions": []string{"110000000000"}}}, &p)
		return err == nil && p.Terminals == terminals && p.Offline == 0
	})
	for i, moment := range []time.Duration{0, 2 * time.Millisecond, 8 * time.Millisecond, 25 * time.Millisecond, 80 * time.Millisecond, 250 * time.Millisecond, 700 * time.Millisecond} {
		t.Run(fmt.Sprint("killed after ", moment), func(t *testing.T) {
			n.T = t
			draft := rain("110000000000", time.Now().Add(time.Hour))
			draft["texts"] = []map[string]string{{"lang": "zh", "title": "暴雨红色预警", "body": fmt.Sprintf("第%d次提示：请留在室内。", i+1)}}
			var m alertView
			n.must(officer.call("POST", "/api/alerts", draft, &m))
			n.must(officer.call("POST", "/api/alerts/"+m.ID+"/check", map[string]any{}, &m))
			signed := make(chan error, 1)
			sign := func() error {
				return leader.call("POST", "/api/alerts/"+m.ID+"/countersign", map[string]string{"digest": m.Open.Digest}, nil)
			}
			go func() { signed <- sign() }()
			time.Sleep(moment)
			n.kill(syscall.SIGKILL)
			err := <-signed
			n.start()
			if err != nil {
				// Whether it was committed is not known to who asked. Asking again is safe.
				var now alertView
				n.must(officer.call("GET", "/api/alerts/"+m.ID, nil, &now))
				if now.State == "checked" {
					n.must(sign())
				}
			}
			n.until("every terminal has played", func() bool {
				var p progressView
				err := officer.call("GET", "/api/alerts/"+m.ID+"/progress", nil, &p)
				return err == nil && p.Figures != nil && p.Figures.Played == terminals
			})
			// What a terminal says in passing may be lost with the server; what it did is
			// repeated until it is confirmed.
			for phase, least := range map[string]int{"played": 1} {
				said := n.receipts(m.ID, phase)
				if len(said) < least*terminals {
					t.Errorf("%d terminals said %s", len(said), phase)
				}
				for device, count := range said {
					if count != 1 {
						t.Errorf("%s said %s %d times", device, phase, count)
					}
				}
			}
		})
	}
	n.T = t
	n.until("the audit chain holds", func() bool {
		db := n.database()
		defer db.Close()
		v, err := audit.Verify(context.Background(), db, audit.Against{})
		n.must(err)
		if len(v.Broken) > 0 {
			t.Fatalf("%+v", v.Broken)
		}
		return v.Unsealed == 0
	})
}

func (n *node) database() *store.DB {
	n.Helper()
	db, err := store.Open(context.Background(), n.cfg.DatabaseAddress(), clock.System{})
	n.must(err)
	return db
}

// receipts counts the stored receipts of a phase by device.
func (n *node) receipts(message, phase string) map[string]int {
	n.Helper()
	db := n.database()
	defer db.Close()
	rows, err := store.Collect(context.Background(), db, func(r *sql.Rows) (s string, err error) { return s, r.Scan(&s) },
		`SELECT r.device FROM alert_receipt r JOIN alert_message m ON m.no = r.thread WHERE m.id = $1 AND r.phase = $2`, message, phase)
	n.must(err)
	count := map[string]int{}
	for _, device := range rows {
		count[device]++
	}
	return count
}
