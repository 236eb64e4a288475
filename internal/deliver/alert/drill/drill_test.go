package drill

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

func TestWhatAYearOwes(t *testing.T) {
	zone := time.FixedZone("UTC+8", 8*3600)
	day := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 10, 0, 0, 0, zone) }
	regions := []Region{{Code: "110000000000", Path: "cn.11.", Level: rule.City}, {Code: "110105000000", Path: "cn.11.110105.", Level: rule.District}}
	rules := []rule.DrillsDue{{Level: rule.City, PerYear: 2}, {Level: rule.District, PerYear: 4}}
	begun := day(2, 1)
	drills := []Brief{
		{ID: "a", RegionPath: "cn.11.", State: Evaluated, At: begun, StartedAt: &begun},
		{ID: "b", RegionPath: "cn.11.110105.110105001.", State: Done, At: begun, StartedAt: &begun}, // of a township: its district's
		{ID: "c", RegionPath: "cn.11.110105.", State: Planned, At: day(3, 1)},
		{ID: "d", RegionPath: "cn.11.110105.", State: Approved, At: day(11, 1)},
		{ID: "e", RegionPath: "cn.11.110105.", State: CalledOff, At: day(4, 1)},
		{ID: "f", RegionPath: "cn.11.110105.", State: Planned, At: time.Date(2025, 12, 31, 23, 59, 0, 0, zone)}, // last year's
	}
	got := owe(2026, zone, day(7, 15), time.Time{}, rules, regions, drills)
	if len(got) != 2 {
		t.Fatalf("%+v", got)
	}
	if c := got[0]; c.Held != 1 || c.Overdue != 0 || c.NextDue == nil || !c.NextDue.Equal(time.Date(2027, 1, 1, 0, 0, 0, 0, zone)) {
		t.Errorf("the city: %+v", c)
	}
	if d := got[1]; d.Held != 1 || d.Missed != 1 || d.Planned != 1 || d.Overdue != 1 || len(d.Drills) != 4 || d.NextDue == nil || d.NextDue.In(zone).Month() != time.October {
		t.Errorf("the district: %+v", d)
	}
	late := owe(2026, zone, day(7, 15), day(5, 1), rules, regions, drills[2:3]) // asked for since May: a quarter's is over, the city's first is due in July
	if c, d := late[0], late[1]; c.Overdue != 1 || d.Overdue != 1 || d.NextDue == nil || d.NextDue.In(zone).Month() != time.October {
		t.Errorf("asked for since May: %+v %+v", c, d)
	}
	if c := owe(2026, zone, day(11, 20), day(11, 1), rules, regions, nil)[0]; c.Overdue != 0 || c.NextDue == nil || c.NextDue.In(zone).Year() != 2027 {
		t.Errorf("asked for since November: %+v", c)
	}
	if none := owe(2026, zone, day(7, 15), time.Time{}, nil, regions, drills); len(none) != 0 {
		t.Errorf("no rule: %+v", none)
	}
}

func TestWhatIsUnknownIsNeitherMetNorMissed(t *testing.T) {
	start := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
	half := int64(4000)
	targets := Targets{Reach: 90, Half: 5, Most: 10, Take: 60, Sign: 60}
	met := func(v []Verdict, key string) string {
		at := slices.IndexFunc(v, func(v Verdict) bool { return v.Key == key })
		switch {
		case at < 0:
			return "absent"
		case v[at].Met == nil:
			return "unknown"
		case *v[at].Met:
			return "met"
		}
		return "missed"
	}
	for _, c := range []struct {
		what  string
		total Part
		final bool
		want  map[string]string
	}{
		{"under way", Part{Targets: 10, Claimed: 6, Half: &half}, false, map[string]string{"reach": "unknown", "half": "met", "most": "unknown", "nearly": "absent", "take": "unknown"}},
		{"over", Part{Targets: 10, Claimed: 6, Half: &half}, true, map[string]string{"reach": "missed", "half": "met", "most": "missed", "take": "missed", "sign": "missed"}},
		{"nobody meant", Part{}, true, map[string]string{"reach": "unknown", "half": "unknown", "most": "unknown", "take": "missed"}},
		{"enough already", Part{Targets: 10, Claimed: 9, Half: &half}, false, map[string]string{"reach": "met"}},
	} {
		v := judge(targets, &c.total, &Course{StartedAt: start}, c.final)
		for key, want := range c.want {
			if got := met(v, key); got != want {
				t.Errorf("%s: %s is %s, want %s", c.what, key, got, want)
			}
		}
	}
	taken := start.Add(61 * time.Second)
	if v := judge(targets, &Part{}, &Course{StartedAt: start, TakenAt: &taken}, true); met(v, "take") != "missed" || *v[len(v)-2].Got != 61 {
		t.Errorf("%+v", v)
	}
}

// A gateway never says that it plays: it is judged by when it took the message, and says so.
func TestAGatewayIsJudgedByWhatItTook(t *testing.T) {
	at, late := int64(400), int64(900)
	ways := []Way{{Kind: "platform", State: "done", TookMillis: &at, OnAirMillis: &late}, {Kind: "push", State: "accepted", TookMillis: &at}, {Kind: "push", State: "failed", TookMillis: &at},
		{Kind: "webhook", State: "accepted", TookMillis: &at}, {Kind: "webhook", State: "accepted", TookMillis: &late}}
	parts := waysOf(ways)
	if p := parts[2]; p.Claimed != 2 || p.Half == nil || *p.Half != 400 || p.Most == nil || *p.Most != 900 || !p.Unclaimed || p.claims(p.Claimed) != nil {
		t.Errorf("gateways: %+v", p)
	}
	if p := parts[1]; p.Claimed != 1 || p.Half == nil || p.Most != nil {
		t.Errorf("push: %+v", p)
	}
	if p := parts[0]; p.Unclaimed || *p.Half != 900 || p.claims(p.Claimed) != 1 {
		t.Errorf("platforms: %+v", p)
	}
	if sum := sumWays(parts, ways); sum.Claimed != 4 || *sum.share() != 80 {
		t.Errorf("all: %+v", sum)
	}
}

func TestADifferenceIsOfTheFiguresShown(t *testing.T) {
	now, was := int64(340), int64(450) // 0.3 and 0.5
	parts := func(half *int64) *Result { return &Result{Total: Part{Targets: 10, Claimed: 5, Half: half}} }
	said := strings.Join(words{i18n.Chinese, time.UTC}.difference(&Drill{}, parts(&now), &Drill{Result: parts(&was)}, &Comparison{}), "")
	if !strings.Contains(said, "用时 0.3 秒，比上次的 0.5 秒快 0.2 秒") {
		t.Error(said)
	}
}

// However outputs answered, a curve never falls, ends at what was counted, and has a bounded length.
func TestCurvesOfWaysOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var ways []Way
		for range rapid.IntRange(0, 20).Draw(t, "ways") {
			w := Way{Kind: rapid.SampledFrom([]string{"webhook", "platform"}).Draw(t, "kind"), State: rapid.SampledFrom([]string{"waiting", "retrying", "accepted", "playing", "done", "failed", "given_up", "superseded"}).Draw(t, "state")}
			if w.State == "playing" || w.State == "done" {
				at := rapid.Int64Range(0, 1<<40).Draw(t, "at")
				w.TookMillis, w.OnAirMillis = &at, &at
			}
			ways = append(ways, w)
		}
		parts := waysOf(ways)
		sum := sumWays(parts, ways)
		for _, p := range append(parts, sum) {
			if c := p.Curve.Claimed; len(c) > 121 || !slices.IsSorted(c) || len(c) > 0 && c[len(c)-1] != p.Claimed || p.Claimed > p.Targets || p.Delivered > p.Targets {
				t.Fatalf("%+v", p)
			}
			if p.Half != nil && p.Most != nil && *p.Most < *p.Half {
				t.Fatalf("most before half: %+v", p)
			}
		}
	})
}
