package main

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

// A terminal over a real connection is set, tested and moved by a running server, says what
// came of each, and then plays what is meant for its new place.
func TestATerminalIsSetTestedAndMoved(t *testing.T) {
	n := newNode(t, 1)
	officer, leader := n.signIn("officer"), n.signIn("leader")
	var list struct {
		Items []struct {
			ID, RegionCode string
			Condition      struct{ Presence string }
		}
	}
	n.until("the terminal is on line", func() bool {
		err := officer.call("GET", "/api/assets?limit=5", nil, &list)
		return err == nil && len(list.Items) > 0 && list.Items[0].Condition.Presence == "online"
	})
	device := list.Items[0]
	at := "/api/assets/" + device.ID
	var results struct {
		Items []struct {
			Detail struct {
				What, By string
				OK       bool
				Volume   int
			}
		}
	}
	outcome := func(count int, what string) {
		t.Helper()
		n.until("the outcome of "+what, func() bool {
			err := officer.call("GET", at+"/events?kind=result", nil, &results)
			return err == nil && len(results.Items) == count
		})
		if d := results.Items[0].Detail; d.What != what || !d.OK || d.By == "" || d.Volume != 33 {
			t.Errorf("%+v", d)
		}
	}
	var told struct{ Now int }
	n.must(officer.call("POST", at+"/instructions", map[string]int{"volume": 33}, &told))
	if told.Now != 1 {
		t.Errorf("%+v", told)
	}
	outcome(1, "volume")
	n.must(officer.call("POST", at+"/instructions", map[string]bool{"tone": true}, nil))
	outcome(2, "test")

	township := "110108001000"
	if device.RegionCode[:9] == township[:9] {
		township = "110101001000"
	}
	n.must(officer.move(at, township))
	outcome(3, "place")

	draft := rain(township, time.Now().Add(time.Hour))
	var m alertView
	n.must(officer.call("POST", "/api/alerts", draft, &m))
	n.must(officer.call("POST", "/api/alerts/"+m.ID+"/check", map[string]any{}, &m))
	n.must(leader.call("POST", "/api/alerts/"+m.ID+"/countersign", map[string]string{"digest": m.Open.Digest}, nil))
	n.until("the moved terminal has played", func() bool {
		var p progressView
		err := officer.call("GET", "/api/alerts/"+m.ID+"/progress", nil, &p)
		return err == nil && p.Figures != nil && p.Figures.Targets == 1 && p.Figures.Played == 1
	})
}

// move puts a device into another region, whatever its version.
func (b *browser) move(at, region string) error {
	head, err := b.client.Get(b.n.cfg.HTTP.PublicURL + at)
	if err != nil {
		return err
	}
	head.Body.Close()
	raw, err := json.Marshal(map[string]string{"regionCode": region})
	if err != nil {
		return err
	}
	return b.send("POST", at+"/move", raw, http.Header{"If-Match": {head.Header.Get("ETag")}}, nil)
}
