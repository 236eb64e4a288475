package alert

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/peer"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func TestAMessageGoesToAPlatformBelowAndItsStatesComeBack(t *testing.T) {
	each(t, func(b *bench) {
		t := b.T
		far := newFar(b, district, b.clk.Now)
		j := b.join()
		id := j.meets(far, peer.Lower, far.server.URL)
		var out output.View
		j.carriesTo(id, &out)
		d := j.rain(chaoyang, haidian)
		d.Texts = append(d.Texts, message.Text{Lang: "en", Title: "Rainstorm warning", Body: "Heavy rain."})
		msg := j.issued(d)
		j.m.wake()
		ebms := func() []*ebd.Document { docs, _ := far.types("EBM"); return docs }
		j.until("it is below", func() bool { return len(ebms()) == 1 })
		m := ebms()[0].Body.(*ebd.EBM)
		if m.EBMID != j.read(msg.ID).EBMID || len(m.MsgContent) != 2 || m.MsgContent[0].AreaCode != chaoyang || m.MsgContent[1].LanguageCode != "eng" || m.MsgBasicInfo.Severity != ebd.SeverityOrange {
			t.Errorf("%+v", m)
		}
		carried := func() output.Carried {
			var found store.Listing[output.Carried]
			j.call("wang", "GET", "/api/alerts/"+msg.ID+"/outputs", nil, 200, &found)
			return found.Items[0]
		}
		j.until("it was taken", func() bool { return carried().State == output.Accepted })
		tell := func(state ebd.BrdState, rate string) {
			r := &ebd.EBMStateResponse{RptTime: ebd.At(far.at()), EBM: &ebd.EBMRef{EBMID: m.EBMID}, BrdStateCode: state, BrdStateDesc: "播发",
				Coverage: &ebd.BrdCoverage{CoverageRate: rate, AreaCode: chaoyang, ResBrdStat: "1,2,3,40"}, ResBrdInfo: &ebd.ResBrdInfo{}}
			if code, _ := far.sends(j.url, far.pack(far.document(r), far.key)); code != ebd.ResultGood {
				t.Fatal(code)
			}
		}
		tell(ebd.BrdPlaying, "0.5")
		j.until("it plays below", func() bool { return carried().State == output.Playing })
		tell(ebd.BrdDone, "0.97")
		j.until("it was played below", func() bool { return carried().State == output.Done })
		var proof peer.Proof
		if err := json.Unmarshal(carried().Proof, &proof); err != nil || proof.Rate != "0.97" || proof.Counts != "1,2,3,40" || proof.Platform != string(district) {
			t.Errorf("%+v, %v", proof, err)
		}
		if _, err := j.m.cancel(j.as("wang"), msg.ID, "雨停了"); err != nil {
			t.Fatal(err)
		}
		j.until("its end is below", func() bool { return len(ebms()) == 2 })
		if end := ebms()[1].Body.(*ebd.EBM); end.MsgBasicInfo.MsgType != ebd.MsgCancel || end.RelatedInfo.EBMID != m.EBMID || end.EBMID == m.EBMID {
			t.Errorf("%+v", end)
		}
		// One that will not take it has failed, and is not asked again.
		far.set(func() { far.say = ebd.ResultIncomplete })
		again := j.rain(chaoyang)
		again.Texts[0].Title = "又一次暴雨"
		msg = j.issued(again)
		j.m.wake()
		j.until("it is refused below", func() bool { return carried().State == output.Failed })
		_, all := far.types("EBM")
		j.clk.Advance(time.Minute)
		time.Sleep(50 * time.Millisecond)
		if _, now := far.types("EBM"); now != all {
			t.Error("what was refused was sent again")
		}
	})
}

// carriesTo sets up an output to a platform below that the bench has met; into may be nil.
func (j *joined) carriesTo(id string, into any) {
	j.Helper()
	j.call("wang", "POST", "/api/alert-outputs", map[string]any{"kind": "platform", "nameZh": "朝阳区平台", "nameEn": "Chaoyang", "regionCode": chaoyang, "tier": 1, "fits": map[string]any{},
		"settings": map[string]any{"peer": id}, "enabled": true}, 201, into)
}

// below is a platform below that an output carries to, and the messages that it was sent.
func (b *bench) below() (far *farPlatform, j *joined, ebms func() []*ebd.Document) {
	far = newFar(b, district, b.clk.Now)
	j = b.join()
	j.carriesTo(j.meets(far, peer.Lower, far.server.URL), nil)
	return far, j, func() []*ebd.Document { docs, _ := far.types("EBM"); return docs }
}

// What is stopped in whole regions is taken off the air at the platforms below.
func TestAStopReachesThePlatformBelow(t *testing.T) {
	each(t, func(b *bench) {
		t := b.T
		_, j, ebms := b.below()
		first := j.issued(j.rain(chaoyang))
		d := j.rain(chaoyang)
		d.Texts[0].Title = "又一次暴雨"
		second := j.issued(d)
		j.m.wake()
		j.until("both are below", func() bool { return len(ebms()) == 2 })
		var s struct{ ID string }
		j.call("wang", "POST", "/api/alerts/stop", map[string]any{"regions": []string{chaoyang}, "reason": "误播，全部停止"}, 200, &s)
		j.m.wake()
		j.until("both are ended below", func() bool { return len(ebms()) == 4 })
		ended := map[ebd.EBMID]bool{}
		for _, doc := range ebms()[2:] {
			if m := doc.Body.(*ebd.EBM); m.MsgBasicInfo.MsgType == ebd.MsgCancel && m.RelatedInfo != nil {
				ended[m.RelatedInfo.EBMID] = true
			}
		}
		if !ended[j.read(first.ID).EBMID] || !ended[j.read(second.ID).EBMID] {
			t.Errorf("ended below: %v", ended)
		}
	})
}

// A platform below that is down when a stop comes, or will not hear of one message, is told of
// all the others as soon as it answers.
func TestAStopOutlastsAPlatformBelowThatIsDown(t *testing.T) {
	each(t, func(b *bench) {
		t := b.T
		far, j, ebms := b.below()
		for _, title := range []string{"一次暴雨", "又一次暴雨"} {
			d := j.rain(chaoyang)
			d.Texts[0].Title = title
			j.issued(d)
		}
		j.m.wake()
		j.until("both are below", func() bool { return len(ebms()) == 2 })
		stopped := func(state output.State) bool {
			return j.count(`SELECT count(*) FROM alert_output_task WHERE act = 'stop' AND state = $1`, string(state)) > 0
		}
		far.set(func() { far.down = true })
		j.call("wang", "POST", "/api/alerts/stop", map[string]any{"regions": []string{chaoyang}, "reason": "误播，全部停止"}, 200, nil)
		j.m.wake()
		j.until("the stop waits for the platform below", func() bool { return stopped(output.Retrying) })
		first := ebms()[0].Body.(*ebd.EBM).EBMID
		far.set(func() { far.down, far.wont = false, first })
		j.until("the stop was answered", func() bool { return stopped(output.Failed) })
		if n := j.count(`SELECT count(*) FROM alert_peer_out WHERE task <> '' AND state = 'sent'`); len(ebms()) != 4 || n != 3 {
			t.Errorf("%d messages and ends came, %d were taken", len(ebms()), n)
		}
	})
}

func TestWhoIsMissingIsToldOnce(t *testing.T) {
	each(t, func(b *bench) {
		t := b.T
		far := newFar(b, provincial, b.clk.Now)
		j := b.join()
		j.meets(far, peer.Upper, "")
		beat := func() {
			if code, _ := far.sends(j.url, far.pack(far.document(&ebd.ConnectionCheck{RptTime: ebd.At(far.at())}), nil)); code != ebd.ResultGood {
				t.Fatal(code)
			}
		}
		acts := func(action string) int {
			return j.count(`SELECT count(*) FROM platform_audit WHERE action = $1`, action)
		}
		beat()
		j.clk.Advance(4 * time.Minute)
		j.until("it is missing", func() bool { return acts("alert.peer.lost") == 1 })
		j.clk.Advance(10 * time.Minute)
		beat()
		j.until("it is there again", func() bool { return acts("alert.peer.found") == 1 })
		if n := acts("alert.peer.lost"); n != 1 {
			t.Errorf("told %d times", n)
		}
	})
}
