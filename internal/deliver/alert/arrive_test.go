package alert

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// above is what a platform above hands down: red, for a district.
func (b *bench) above(ref string) message.Arrival {
	return message.Arrival{Origin: message.Origin{Kind: string(rule.Upper), Source: "province", Name: "省平台"}, Act: message.Begins, Ref: ref,
		Authority: string(rule.Province), Kind: message.Real, Class: wire.Emergency,
		Content: message.Content{Event: "10203", Severity: message.Red, Texts: []message.Text{{Lang: "zh", Title: "暴雨红色预警", Body: "三小时内降雨将超过100毫米。"}},
			Area: message.Area{Regions: []string{chaoyang}}, EndsAt: b.clk.Now().Add(3 * time.Hour), Repeat: message.Repeat{Count: 1},
			Sounds: []message.Sound{{Lang: "zh", SM3: strings.Repeat("ab", 32), MIME: "audio/mpeg", Bytes: 1, Millis: 2000, Origin: message.FromRecording}}}}
}

func (b *bench) take(a message.Arrival) message.Outcome {
	b.Helper()
	b.clk.Advance(time.Millisecond)
	o, err := b.m.Take(context.Background(), a)
	b.do(err)
	return o
}

func (b *bench) arrivals(query string) []arrivalView {
	b.Helper()
	var found store.Listing[arrivalView]
	b.call("li", "GET", "/api/alert-arrivals?"+query, nil, 200, &found)
	return found.Items
}

// However much came since, one arrival can be read, by whoever reads its region.
func TestAnArrivalIsReadByItsID(t *testing.T) {
	each(t, func(b *bench) {
		b.take(b.above("a"))
		first := b.arrivals("")[0].ID
		b.take(b.above("b"))
		if found := b.arrivals("limit=1&id=" + first); len(found) != 1 || found[0].ID != first {
			b.Errorf("%+v", found)
		}
		var none store.Listing[arrivalView]
		b.call("haidian", "GET", "/api/alert-arrivals?id="+first, nil, 200, &none)
		if len(none.Items) != 0 {
			b.Errorf("read elsewhere: %+v", none.Items)
		}
	})
}

func TestWhatATrustedPlatformSaysIsOnTheAirAtOnce(t *testing.T) {
	each(t, func(b *bench) {
		one, elsewhere := b.town.stand(township1, 1), b.town.stand("110108001000", 1)
		a := b.above("a")
		a.Content.Area.Regions = []string{chaoyang, "999999000000"} // a place that nobody knows holds nothing up
		o := b.take(a)
		if o.State != message.Sent || o.Known {
			b.Fatalf("%+v", o)
		}
		b.look()
		if one.plays != 1 || elsewhere.plays != 0 {
			b.Errorf("played %d, elsewhere %d", one.plays, elsewhere.plays)
		}
		if again := b.take(a); !again.Known || again.Message != o.Message || again.State != message.Sent {
			b.Errorf("sent again: %+v", again)
		}
		msg := b.read(o.Message)
		if msg.Origin != a.Origin || msg.Current.Rule != "upper-level" || len(msg.Current.Approvals) != 0 {
			b.Errorf("%+v", msg)
		}
		waits := b.arrivals("review=true")
		if len(waits) != 1 || !waits[0].Alone {
			b.Fatalf("to be reviewed: %+v", waits)
		}
		b.call("li", "POST", "/api/alert-arrivals/"+waits[0].ID+"/review", map[string]string{"note": "无误"}, 403, nil)
		b.call("wang", "POST", "/api/alert-arrivals/"+waits[0].ID+"/review", map[string]string{"note": "无误"}, 200, nil)
		if left := b.arrivals("review=true"); len(left) != 0 {
			b.Errorf("still to be reviewed: %+v", left)
		}

		update := b.above("b")
		update.Act, update.Earlier = message.Updates, []string{"a"}
		update.Content.Texts[0].Body = "降雨已超过100毫米，还将持续。"
		if o := b.take(update); o.State != message.Sent || o.Message != msg.ID {
			b.Fatalf("update: %+v", o)
		}
		b.look()
		if msg = b.read(msg.ID); msg.Current.Number != 2 || one.plays != 2 {
			b.Errorf("version %d, played %d", msg.Current.Number, one.plays)
		}

		end := b.above("c")
		end.Act, end.Earlier, end.Reason = message.Cancels, []string{"a"}, "雨停了"
		if o := b.take(end); o.State != message.Over {
			b.Fatalf("cancel: %+v", o)
		}
		b.look()
		if msg = b.read(msg.ID); msg.State != message.Ended || msg.EndReason != message.Cancelled || !one.ended[msg.ID] {
			b.Errorf("%s, %s", msg.State, msg.EndReason)
		}
		update.Ref = "d"
		if o := b.take(update); o.State != message.Sent || o.Message == msg.ID {
			b.Errorf("an update of what is over stands for itself: %+v", o)
		}
	})
}

func TestACancelThatComesFirstHoldsBackWhatItCancels(t *testing.T) {
	each(t, func(b *bench) {
		end := b.above("z")
		end.Act, end.Earlier = message.Cancels, []string{"a"}
		if o := b.take(end); o.State != message.Nothing {
			b.Fatalf("%+v", o)
		}
		if o := b.take(b.above("a")); o.State != message.Dismissed || o.Message != "" {
			b.Errorf("%+v", o)
		}
	})
}

func TestArrivalsWaitForPeople(t *testing.T) {
	each(t, func(b *bench) {
		one := b.town.stand(township1, 1)
		a := b.above("a")
		a.Origin = message.Origin{Kind: string(rule.CAP), Source: "weather", Name: "气象台"}
		o := b.take(a)
		if o.State != message.Waiting {
			b.Fatalf("%+v", o)
		}
		b.look()
		if one.plays != 0 {
			b.Fatal("played though nobody countersigned")
		}
		waits := b.arrivals("state=waiting")
		if len(waits) != 1 || waits[0].Message != o.Message {
			b.Fatalf("%+v", waits)
		}
		var taken arrivalView
		b.call("li", "POST", "/api/alert-arrivals/"+waits[0].ID+"/take", map[string]string{}, 200, &taken)
		b.call("viewer", "POST", "/api/alert-arrivals/"+waits[0].ID+"/take", map[string]string{}, 403, nil)
		b.call("haidian", "POST", "/api/alert-arrivals/"+waits[0].ID+"/take", map[string]string{}, 404, nil)
		if taken.TakenBy != "li" {
			b.Errorf("%+v", taken)
		}
		msg := b.read(o.Message)
		if msg.State != message.Checked {
			b.Fatalf("the message is %s", msg.State)
		}
		b.approve(msg)
		b.look()
		if one.plays != 1 {
			b.Errorf("played %d", one.plays)
		}
		if left := b.arrivals("state=waiting"); len(left) != 0 {
			b.Errorf("still waiting: %+v", left)
		}

		a.Ref = "b"
		a.Content.Texts[0].Title = "另一条"
		o = b.take(a)
		waits = b.arrivals("state=waiting")
		b.call("li", "POST", "/api/alert-arrivals/"+waits[0].ID+"/dismiss", map[string]string{}, 422, nil)
		b.call("li", "POST", "/api/alert-arrivals/"+waits[0].ID+"/dismiss", map[string]string{"note": "与本地无关"}, 200, nil)
		if msg := b.read(o.Message); msg.State != message.Discarded {
			b.Errorf("the message is %s", msg.State)
		}
	})
}

func TestWhatCannotBeTakenInIsOnRecord(t *testing.T) {
	each(t, func(b *bench) {
		a := b.above("a")
		a.Content.Area.Regions = []string{neighbour}
		if o := b.take(a); o.State != message.Refused || !fault.Is(o.Reason, "alert.area.neighbour") {
			b.Errorf("%+v", o)
		}
		a = b.above("b")
		a.Content.EndsAt = b.clk.Now().Add(-time.Hour)
		if o := b.take(a); o.State != message.Refused || o.Message != "" {
			b.Errorf("%+v", o)
		}
		if found := b.arrivals("state=refused"); len(found) != 2 || found[0].Reason == "" {
			b.Errorf("%+v", found)
		}
	})
}

func TestNobodyAnswersForTooLong(t *testing.T) {
	each(t, func(b *bench) {
		one := b.town.stand(township1, 1)
		var table []rule.Sending
		for _, s := range rule.Default().Sending {
			if s.ID == "upper-level" {
				s.Approvals, s.Alone = 1, 300
			}
			table = append(table, s)
		}
		b.call("wang", "PUT", "/api/alert-rules", table, 200, nil, "If-Match", `"1"`)
		o := b.take(b.above("a"))
		if o.State != message.Waiting {
			b.Fatalf("%+v", o)
		}
		b.clk.Advance(299 * time.Second)
		b.look()
		if one.plays != 0 {
			b.Fatal("went out too early")
		}
		b.clk.Advance(2 * time.Second)
		b.look()
		b.look()
		if one.plays != 1 {
			b.Fatal("did not go out")
		}
		if waits := b.arrivals("review=true"); len(waits) != 1 || waits[0].State != message.Sent || !waits[0].Alone {
			b.Errorf("%+v", waits)
		}
	})
}

func TestDoubtsNeedAPerson(t *testing.T) {
	each(t, func(b *bench) {
		a := b.above("a")
		a.Doubts = []string{"signature"}
		if o := b.take(a); o.State != message.Waiting {
			b.Errorf("%+v", o)
		}
	})
}

// What would go out by itself and cannot any more stays with people, who are told why; it holds
// up nothing else.
func TestWhatCannotGoOutAloneWaitsForAPerson(t *testing.T) {
	each(t, func(b *bench) {
		one := b.town.stand(township1, 1)
		table := rule.Default().Sending
		for i := range table {
			if table[i].ID == "upper-level" {
				table[i].Approvals, table[i].Alone = 1, 300
			}
		}
		b.call("wang", "PUT", "/api/alert-rules", table, 200, nil, "If-Match", `"1"`)
		brief := b.above("brief")
		brief.Content.EndsAt = b.clk.Now().Add(200 * time.Second)
		over := b.take(brief)
		long := b.above("long")
		long.Content.Texts[0].Body = "降雨还将持续。"
		b.take(long)
		b.clk.Advance(301 * time.Second)
		b.look()
		b.look()
		if one.plays != 1 {
			b.Errorf("played %d times", one.plays)
		}
		waits := b.arrivals("state=waiting")
		if len(waits) != 1 || waits[0].Message != over.Message || waits[0].AloneAt != nil || waits[0].Reason == "" {
			b.Errorf("%+v", waits)
		}
	})
}

// What a source says anew stands in the queue in place of what it said before, and is given up as
// one.
func TestANewWordTakesTheEarlierOnesPlace(t *testing.T) {
	each(t, func(b *bench) {
		a := b.above("a")
		a.Origin = message.Origin{Kind: string(rule.CAP), Source: "weather", Name: "气象台"}
		first := b.take(a)
		a.Ref, a.Act, a.Earlier = "b", message.Updates, []string{"a"}
		a.Content.Texts[0].Body = "降雨已超过100毫米，还将持续。"
		next := b.take(a)
		waits := b.arrivals("state=waiting")
		if next.Message != first.Message || len(waits) != 1 || waits[0].Ref != "b" {
			b.Fatalf("%+v; %+v", next, waits)
		}
		b.call("li", "POST", "/api/alert-arrivals/"+waits[0].ID+"/dismiss", map[string]string{"note": "与本地无关"}, 200, nil)
		if left := b.arrivals("state=waiting"); len(left) != 0 || b.read(first.Message).State != message.Discarded {
			b.Errorf("%+v", left)
		}
	})
}

// A drill is no update of what is real, nor the other way round.
func TestADrillUpdatesNothingReal(t *testing.T) {
	each(t, func(b *bench) {
		real := b.take(b.above("a"))
		drill := b.above("b")
		drill.Act, drill.Earlier, drill.Kind = message.Updates, []string{"a"}, message.TerminalDrill
		drill.Content.Texts[0].Body = "演练内容。"
		o := b.take(drill)
		if o.Message == real.Message || b.read(o.Message).Kind != message.TerminalDrill || b.read(real.Message).Current.Number != 1 {
			b.Errorf("%+v", o)
		}
	})
}

// What went out alone says by which rule, as the rule was called then, and what is asked of
// people afterwards: in the list, as a message, and as a version.
func TestWhatWentOutAloneSaysWhichRuleLetItAndWhoIsToLookAtIt(t *testing.T) {
	each(t, func(b *bench) {
		b.town.stand(township1, 1)
		table := rule.Default().Sending
		b.call("wang", "PUT", "/api/alert-rules", append([]rule.Sending{{ID: "weather", NameZh: "气象台等五分钟", NameEn: "The weather service, after five minutes", Origin: rule.CAP,
			Class: wire.Emergency, Allow: true, Approvals: 2, Alone: 300}}, table...), 200, nil, "If-Match", `"1"`)
		at := b.take(b.above("a"))
		weather := b.above("w")
		weather.Origin, weather.Content.Area = message.Origin{Kind: string(rule.CAP), Source: "weather", Name: "气象台"}, message.Area{Regions: []string{haidian}}
		late := b.take(weather)
		b.call("wang", "POST", "/api/alerts/"+late.Message+"/countersign", map[string]any{"digest": b.read(late.Message).Open.Digest}, 200, nil)
		b.clk.Advance(301 * time.Second)
		b.look()
		signed := b.issued(b.rain(township1))
		b.clk.Advance(time.Second)
		table[0].NameZh = "改了名的规则"
		b.call("wang", "PUT", "/api/alert-rules", table, 200, nil, "If-Match", `"2"`)
		shown := func(id string) (one *aloneView) {
			b.Helper()
			var v messageView
			var versions, messages struct {
				Items []struct {
					ID    string
					Alone *aloneView
				}
			}
			b.call("wang", "GET", "/api/alerts/"+id, nil, 200, &v)
			b.call("wang", "GET", "/api/alerts/"+id+"/versions", nil, 200, &versions)
			b.call("wang", "GET", "/api/alerts", nil, 200, &messages)
			one = v.Current.Alone
			for _, m := range messages.Items {
				if m.ID == id && !reflect.DeepEqual(m.Alone, one) || !reflect.DeepEqual(versions.Items[0].Alone, one) {
					b.Errorf("as a message %+v, as a version %+v, in the list %+v", one, versions.Items[0].Alone, m.Alone)
				}
			}
			return one
		}
		if got, want := shown(at.Message), (aloneView{NameZh: "可信上级平台的消息自动播发", NameEn: "Messages from a trusted upper platform go out unattended", Review: "wanted"}); got == nil || *got != want {
			b.Errorf("%+v", got)
		}
		if got, want := shown(late.Message), (aloneView{NameZh: "气象台等五分钟", NameEn: "The weather service, after five minutes", Need: 2, Have: 1, Waits: 300, Review: "wanted"}); got == nil || *got != want {
			b.Errorf("%+v", got)
		}
		if got := shown(signed.ID); got != nil {
			b.Errorf("one that was countersigned: %+v", got)
		}
		b.call("zhao", "POST", "/api/alert-arrivals/"+at.Arrival+"/review", map[string]any{"note": "处置得当"}, 200, nil)
		if got := shown(at.Message); got == nil || got.Review != "done" || got.Note != "处置得当" || got.ReviewedAt == nil {
			b.Errorf("once somebody looked at it: %+v", got)
		}
	})
}
