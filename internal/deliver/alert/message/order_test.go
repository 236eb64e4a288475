package message

import "testing"

// What is spoken is sentences: each ended once, English ones apart from each other.
func TestWhatIsSpoken(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		text Text
		want string
	}{
		{Real, Text{Lang: "zh", Title: "暴雨红色预警", Body: "雨很大。", Advice: "请停止户外活动"}, "暴雨红色预警。雨很大。请停止户外活动。"},
		{Real, Text{Lang: "zh", Title: "注意", Body: "他说：“快走！”"}, "注意。他说：“快走！”"},
		{Real, Text{Lang: "en", Title: "Red warning", Body: "Heavy rain is very likely.", Advice: "Stop all outdoor activity"}, "Red warning. Heavy rain is very likely. Stop all outdoor activity."},
		{Real, Text{Lang: "en", Title: "Is it over?", Body: " Not yet! "}, "Is it over? Not yet!"},
		{TerminalDrill, Text{Lang: "en", Title: "Red warning", Body: "Rain."}, "This is a drill. This is a drill. Red warning. Rain. This was a drill."},
	} {
		if got := Word(c.kind, c.text).Spoken; got != c.want {
			t.Errorf("%q, not %q", got, c.want)
		}
	}
}
