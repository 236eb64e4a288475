package alert

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// A stop in one district says beforehand and afterwards the same: what it ends, and what it
// silences there only. The message that goes on elsewhere tells of it, on its page and trail.
func TestAStopNamesWhatItSilencedInPart(t *testing.T) {
	each(t, func(b *bench) {
		b.town.stand(township1, 1)
		within, across, both := b.issued(b.rain(township1)), b.issued(b.rain(chaoyang, haidian)), b.issued(b.rain(township1, township2))
		elsewhere := b.issued(b.rain(haidian))
		b.look()
		regions := map[string]any{"regions": []string{chaoyang}}
		var before stopPreview
		b.call("viewer", "POST", "/api/alerts/stop/preview", regions, 403, nil)
		b.call("haidian", "POST", "/api/alerts/stop/preview", regions, 403, nil)
		b.call("chaoyang", "POST", "/api/alerts/stop/preview", regions, 200, &before)
		if diff := cmp.Diff(stopPreview{[]string{within.ID, both.ID}, []string{across.ID}}, before); diff != "" {
			b.Error(diff)
		}
		var s stop
		b.call("chaoyang", "POST", "/api/alerts/stop", map[string]any{"regions": []string{chaoyang}, "reason": "系统被入侵"}, 200, &s)
		if !slices.Equal(s.Messages, before.Messages) || !slices.Equal(s.Thinned, before.Thinned) {
			b.Errorf("%+v", s)
		}
		for _, who := range []string{"viewer", "chaoyang", "haidian"} {
			var v messageView
			b.call(who, "GET", "/api/alerts/"+across.ID, nil, 200, &v)
			told := len(v.Stops) == 1 && v.Stops[0].ID == s.ID && v.Stops[0].Reason == s.Reason
			if !v.State.Open() || told != (who != "haidian") { // what is done in one district is not another's
				b.Errorf("%s sees %s, %+v", who, v.State, v.Stops)
			}
			var trail store.Listing[audit.Record]
			b.call(who, "GET", "/api/alerts/"+across.ID+"/audit", nil, 200, &trail)
			noted := slices.ContainsFunc(trail.Items, func(r audit.Record) bool {
				var d struct{ Reason, Stop string }
				return r.Action == "alert.stop.part" && json.Unmarshal(r.Detail, &d) == nil && d.Reason == s.Reason && d.Stop == s.ID
			})
			if noted != (who != "haidian") {
				b.Errorf("%s reads %+v", who, trail.Items)
			}
		}
		var found store.Listing[stop]
		b.call("viewer", "GET", "/api/alerts/stops", nil, 200, &found)
		if len(found.Items) != 1 || !slices.Equal(found.Items[0].Thinned, []string{across.ID}) {
			b.Errorf("%+v", found.Items)
		}
		if got := b.read(elsewhere.ID); got.State != message.InProgress {
			b.Error(got.State)
		}
		// Stopped in all of its places it is over, though none of them holds it alone.
		b.call("wang", "POST", "/api/alerts/stop", map[string]any{"regions": []string{chaoyang, haidian}, "reason": "系统被入侵"}, 200, &s)
		if got := b.read(across.ID); got.State != message.Ended || !slices.Contains(s.Messages, across.ID) || len(s.Thinned) != 0 {
			b.Errorf("%s, %+v", got.State, s)
		}
	})
}

// Where a message went before its update narrowed it, it is no more: a stop there does not
// name it, and one in all of what is left ends it.
func TestAStopFollowsAnUpdateOfTheArea(t *testing.T) {
	each(t, func(b *bench) {
		b.town.stand(township1, 1)
		msg := b.issued(b.rain(chaoyang, haidian))
		b.updated(msg.ID, b.rain(chaoyang))
		for where, want := range map[string]stopPreview{haidian: {[]string{}, []string{}}, chaoyang: {[]string{msg.ID}, []string{}}, township1: {[]string{}, []string{msg.ID}}} {
			var got stopPreview
			b.call("wang", "POST", "/api/alerts/stop/preview", map[string]any{"regions": []string{where}}, 200, &got)
			if diff := cmp.Diff(want, got); diff != "" {
				b.Errorf("%s: %s", where, diff)
			}
		}
		var s stop
		b.call("wang", "POST", "/api/alerts/stop", map[string]any{"regions": []string{chaoyang}, "reason": "系统被入侵"}, 200, &s)
		if got := b.read(msg.ID); got.State != message.Ended || len(s.Thinned) != 0 {
			b.Errorf("%s, %+v", got.State, s)
		}
	})
}

// The list says whether an update is being written or waits to be countersigned.
func TestTheListTellsHowFarAnUpdateIs(t *testing.T) {
	each(t, func(b *bench) {
		b.town.stand(township1, 1)
		msg := b.issued(b.rain(chaoyang))
		b.look()
		update := func() string {
			var found store.Listing[summary]
			b.call("viewer", "GET", "/api/alerts", nil, 200, &found)
			return strings.Join([]string{found.Items[0].State, found.Items[0].Update}, " ")
		}
		said := []string{update()}
		msg, err := b.m.revise(b.as("li"), msg.ID)
		b.do(err)
		said = append(said, update())
		msg, err = b.m.check(b.as("li"), msg.ID, submission{TextOnly: true, Force: "补发一次"})
		b.do(err)
		said = append(said, update())
		b.approve(msg)
		b.look()
		if diff := cmp.Diff([]string{"in_progress ", "in_progress draft", "in_progress checked", "in_progress "}, append(said, update())); diff != "" {
			b.Error(diff)
		}
	})
}

// What was pasted unseen into the reason keeps nothing on the air.
func TestAReasonIsTakenWithoutWhatIsNotSeen(t *testing.T) {
	each(t, func(b *bench) {
		b.town.stand(township1, 1)
		msg := b.issued(b.rain(chaoyang))
		b.call("wang", "POST", "/api/alerts/"+msg.ID+"/cancel", map[string]any{"reason": "\u200b\ufeff\u202e\x07"}, 422, nil)
		b.call("wang", "POST", "/api/alerts/"+msg.ID+"/cancel", map[string]any{"reason": "\ufeff雨\u200b停\u202e了\x07"}, 200, nil)
		if msg = b.read(msg.ID); msg.EndReason != message.Cancelled || msg.EndNote != "雨停了" {
			b.Errorf("%s %q", msg.EndReason, msg.EndNote)
		}
		var s stop
		b.call("wang", "POST", "/api/alerts/stop", map[string]any{"regions": []string{chaoyang}, "reason": "系统\u2066被入侵\u0000"}, 200, &s)
		if s.Reason != "系统被入侵" {
			b.Errorf("%q", s.Reason)
		}
	})
}
