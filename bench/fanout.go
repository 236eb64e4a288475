package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"runtime/pprof"
	"slices"
	"time"
)

const fanRounds = 5

// fanout compares the time from the countersignature's request to the last of 10,000
// terminals' receipts in the database with mosquitto delivering the same frame at QoS 1
// to as many clients, without receipts. Both sides' clients are one process of their own.
func fanout(ctx context.Context, c *city) ([]measure, error) {
	if err := c.reopen(ctx); err != nil {
		return nil, err
	}
	terminals, err := c.simulate(ctx, terminalCount)
	if err != nil {
		return nil, err
	}
	officer, leader, err := c.people()
	if err != nil {
		return nil, err
	}
	var ours []time.Duration
	var frame []byte
	if path := os.Getenv("BENCH_PROFILE"); path != "" {
		f, err := os.Create(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return nil, err
		}
		defer pprof.StopCPUProfile()
	}
	for round := range fanRounds {
		took, id, err := c.send(ctx, officer, leader, round)
		if err != nil {
			return nil, err
		}
		ours = append(ours, took)
		var text string
		if err := c.node.DB().QueryRow(ctx, `SELECT frame FROM alert_order WHERE thread_id = $1`, id).Scan(&text); err != nil {
			return nil, err
		}
		if frame, err = base64.StdEncoding.DecodeString(text); err != nil {
			return nil, err
		}
		if err := leader.call("POST", "/api/alerts/"+id+"/cancel", map[string]string{"reason": "bench"}, nil); err != nil {
			return nil, err
		}
		time.Sleep(6 * time.Second) // until the cancels, their receipts and what follows from them are stored
	}
	terminals.stop()
	theirs, err := mosquitto(ctx, 1, terminalCount, fanRounds, frame)
	if err != nil {
		return nil, err
	}
	a, b := median(ours), median(theirs)
	return []measure{{
		what: fmt.Sprintf("Countersignature → last of %d receipts on disk (SQLite); peer: mosquitto, QoS 1, same %d-byte frame, no receipts; median of %d", terminalCount, len(frame), fanRounds),
		ours: a.Round(time.Millisecond).String(), peer: b.Round(time.Millisecond).String(), ratio: ratio(float64(a), float64(b)), aim: "≤ 1.0",
	}}, nil
}

// issue sends one message to the whole city, and returns its id and when the countersignature
// was asked for.
func (c *city) issue(ctx context.Context, officer, leader *person, round int) (id string, began time.Time, err error) {
	var m struct {
		ID   string
		Open struct{ Digest string }
	}
	draft := map[string]any{"kind": "real", "class": "emergency", "event": "10203", "severity": "red",
		"texts":  []map[string]string{{"lang": "zh", "title": "暴雨红色预警", "body": fmt.Sprintf("第%d轮测量：预计未来三小时降雨一百毫米以上，请立即到安全的地方避险，不要涉水，远离低洼地带和山洪沟口。", round+1)}},
		"area":   map[string]any{"regions": []string{"110000000000"}},
		"endsAt": time.Now().Add(time.Hour).UTC().Format(time.RFC3339), "repeat": map[string]int{"count": 1, "intervalSeconds": 0}}
	if err = officer.call("POST", "/api/alerts", draft, &m); err != nil {
		return "", began, err
	}
	if err = officer.call("POST", "/api/alerts/"+m.ID+"/check", map[string]any{}, &m); err != nil {
		return "", began, err
	}
	began = time.Now()
	err = leader.call("POST", "/api/alerts/"+m.ID+"/countersign", map[string]string{"digest": m.Open.Digest}, nil)
	return m.ID, began, err
}

// number is a message's number, by which its receipts are kept.
func (c *city) number(ctx context.Context, id string) (no int64, err error) {
	err = c.node.DB().QueryRow(ctx, `SELECT no FROM alert_message WHERE id = $1`, id).Scan(&no)
	return no, err
}

// send issues one message to the whole city and returns how long it took until every
// terminal's first receipt was stored.
func (c *city) send(ctx context.Context, officer, leader *person, round int) (time.Duration, string, error) {
	message, began, err := c.issue(ctx, officer, leader, round)
	if err != nil {
		return 0, "", err
	}
	thread, err := c.number(ctx, message)
	if err != nil {
		return 0, "", err
	}
	for deadline := began.Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		// Before all have answered there are not as many rows, which is quick to see; then
		// it is the first receipts that count, one of each terminal.
		var rows, answered int
		err := c.node.DB().QueryRow(ctx, `SELECT count(*) FROM (SELECT 1 FROM alert_receipt WHERE thread = $1 LIMIT $2) few`, thread, terminalCount).Scan(&rows)
		if err == nil && rows == terminalCount {
			err = c.node.DB().QueryRow(ctx, `SELECT count(*) FROM alert_receipt WHERE thread = $1 AND phase = 'received'`, thread).Scan(&answered)
		}
		if took := time.Since(began); err != nil || answered >= terminalCount {
			return took, message, err
		}
		if time.Now().After(deadline) {
			return 0, "", fmt.Errorf("not all of %d receipts came within a minute", terminalCount)
		}
	}
}

func median(list []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}
