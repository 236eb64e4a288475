package alert

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/peer"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// What another platform chose to say stands before people as it reads: nothing in it is unseen, or
// turns the rest around.
func TestWordsOfAnotherPlatformAreShownAsTheyRead(t *testing.T) {
	each(t, func(b *bench) {
		t := b.T
		far := newFar(b, district, b.clk.Now)
		far.words = "收\u202e到\n了\u200b"
		j := b.join()
		id := j.meets(far, peer.Lower, far.server.URL)
		j.carriesTo(id, nil)
		const unseen = "一号\u202e叭喇\u2066大\n一号"
		code := ebd.ResourceCode("61101050010000314010401")
		for _, body := range []any{
			&ebd.EBRDTInfo{EBRDT: []ebd.Terminal{{RptTime: ebd.At(far.at()), RptType: ebd.RptSync, EBRID: code, EBRName: unseen, Longitude: "116.4", Latitude: "39.9"}}},
			&ebd.EBRDTState{EBRDT: []ebd.TerminalState{{RptTime: ebd.At(far.at()), EBRID: code, StateCode: ebd.RunNormal, StateDesc: unseen}}},
		} {
			if code, _ := far.sends(j.url, far.pack(far.document(body), far.key)); code != ebd.ResultGood {
				t.Fatal(code)
			}
		}
		const seen = "一号叭喇大 一号"
		var have store.Listing[peer.Resource]
		j.until("its register is known", func() bool {
			j.call("wang", "GET", "/api/alert-peers/"+id+"/resources", nil, 200, &have)
			return len(have.Items) == 1 && have.Items[0].State != 0
		})
		if r := have.Items[0]; r.Name != seen || r.Words != seen {
			t.Errorf("%+q, %+q", r.Name, r.Words)
		}
		msg := j.issued(j.rain(chaoyang))
		j.m.wake()
		proof := func() (p peer.Proof) {
			var found store.Listing[output.Carried]
			j.call("wang", "GET", "/api/alerts/"+msg.ID+"/outputs", nil, 200, &found)
			b.do(json.Unmarshal(found.Items[0].Proof, &p))
			return p
		}
		j.until("its receipt came", func() bool { return proof().Words != "" })
		if p := proof(); p.Words != "收到 了" {
			t.Errorf("its receipt reads %+q", p.Words)
		}
		docs, _ := far.types("EBM")
		r := &ebd.EBMStateResponse{RptTime: ebd.At(far.at()), EBM: &ebd.EBMRef{EBMID: docs[0].Body.(*ebd.EBM).EBMID}, BrdStateCode: ebd.BrdPlaying, BrdStateDesc: unseen, ResBrdInfo: &ebd.ResBrdInfo{}}
		if code, _ := far.sends(j.url, far.pack(far.document(r), far.key)); code != ebd.ResultGood {
			t.Fatal(code)
		}
		j.until("it plays there", func() bool { return proof().State == int(ebd.BrdPlaying) })
		if p := proof(); p.Words != seen {
			t.Errorf("its state reads %+q", p.Words)
		}
		far.set(func() { far.say = ebd.ResultIncomplete })
		var tried peer.Checked
		j.call("wang", "POST", "/api/alert-peers/"+id+"/check", nil, 200, &tried)
		if tried.OK || !strings.HasSuffix(tried.Failure, "收到 了") {
			t.Errorf("its heartbeat's receipt reads %+q", tried.Failure)
		}
	})
}
