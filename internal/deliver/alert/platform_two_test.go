package alert

import (
	"testing"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/peer"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// knows registers another node of this make by what that node tells of itself.
func (j *joined) knows(other *joined, direction peer.Direction) string {
	j.Helper()
	var own peer.Own
	other.call("wang", "GET", "/api/alert-peer-own", nil, 200, &own)
	var v peer.View
	j.call("wang", "POST", "/api/alert-peers", map[string]any{"direction": direction, "name": own.Name, "code": own.Code, "url": other.url, "regionCode": chaoyang, "trust": []any{},
		"add": []peer.Given{{Certificate: own.Certificate, IssuerKey: own.IssuerKey}}, "enabled": true}, 201, &v)
	return v.ID
}

func TestTwoNodesHandAMessageDownAndItsStatesUp(t *testing.T) {
	each(t, func(b *bench) {
		t := b.T
		db, clk := storetest.SQLite(t, Migrations())
		low := newBench(t, db, clk)
		low.deps.Platform, low.deps.Self.Code, low.deps.Self.Name, low.deps.Home, low.deps.Level = district, district, "朝阳区应急广播", home+"110105.", rule.District
		low.restart()
		one := low.town.stand(township1, 1)
		upper, lower := b.join(), low.join()
		id := upper.knows(lower, peer.Lower)
		lower.knows(upper, peer.Upper)
		upper.call("wang", "POST", "/api/alert-outputs", map[string]any{"kind": "platform", "nameZh": "朝阳区", "nameEn": "Chaoyang", "regionCode": chaoyang, "tier": 1, "fits": map[string]any{},
			"settings": map[string]any{"peer": id}, "enabled": true}, 201, nil)
		msg := upper.issued(upper.rain(chaoyang))
		upper.m.wake()
		both := func(what string, ok func() bool) {
			t.Helper()
			upper.until(what, func() bool { low.clk.Advance(200 * 1e6); return ok() })
		}
		below := func() int {
			return lower.count(`SELECT count(*) FROM alert_message WHERE ebmid = $1 AND state = 'issued'`, string(upper.read(msg.ID).EBMID))
		}
		both("it is on the air below", func() bool { return below() == 1 })
		low.look()
		if one.plays != 1 {
			t.Errorf("played %d times", one.plays)
		}
		carried := func() output.State {
			var found store.Listing[output.Carried]
			upper.call("wang", "GET", "/api/alerts/"+msg.ID+"/outputs", nil, 200, &found)
			return found.Items[len(found.Items)-1].State
		}
		both("above knows that it plays below", func() bool { return carried() == output.Playing })
		if _, err := upper.m.cancel(upper.as("wang"), msg.ID, "雨停了"); err != nil {
			t.Fatal(err)
		}
		both("it is over below", func() bool {
			return lower.count(`SELECT count(*) FROM alert_message WHERE state = $1 AND end_reason = 'cancelled'`, string(message.Ended)) == 1
		})
		both("above has the log", func() bool {
			return upper.count(`SELECT count(*) FROM alert_peer_in WHERE type = 'EBMBrdLog' AND state = 'done'`) == 1
		})
		if n := upper.count(`SELECT count(*) FROM alert_peer_in WHERE state IN ('failed', 'refused')`) + lower.count(`SELECT count(*) FROM alert_peer_in WHERE state IN ('failed', 'refused')`); n != 0 {
			t.Errorf("%d packages failed between them", n)
		}
	})
}
