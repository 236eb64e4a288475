package document

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"pgregory.net/rapid"
)

func TestShow(t *testing.T) {
	at := time.Date(2026, 7, 28, 16, 5, 9, 0, time.UTC)
	half := 0.5
	cases := []struct {
		column Column
		value  any
		want   string
	}{
		{Column{Kind: Count}, 1234567, "1,234,567"}, {Column{Kind: Count}, -1234, "−1,234"}, {Column{Kind: Count}, 999, "999"},
		{Column{Kind: Decimal, Decimals: 2}, 1234.5, "1,234.50"}, {Column{Kind: Decimal, Decimals: 1}, &half, "0.5"},
		{Column{Kind: Share, Decimals: 1}, 0.9876, "98.8%"}, {Column{Kind: Share, Decimals: 1}, 0.99999, "99.9%"}, {Column{Kind: Share, Decimals: 1}, 0.00001, "0.1%"},
		{Column{Kind: Share, Decimals: 1}, 1.0, "100%"}, {Column{Kind: Share, Decimals: 1}, 0.0, "0%"}, {Column{Kind: Share, Decimals: 1}, 1.25, "125.0%"},
		{Column{Kind: Share, Decimals: 1}, 1885.0 / 2000, "94.3%"}, {Column{Kind: Share, Decimals: 1}, 7.0 / 2000, "0.4%"}, {Column{}, 3.25, "3.25"}, {Column{}, 7.0, "7"},
		{Column{Kind: Instant}, at, "2026-07-29 00:05:09"}, {Column{Kind: Day}, at, "2026-07-29"}, {Column{Kind: clock}, at, "00:05:09"},
		{Column{Kind: Span}, 3725 * time.Second, "1:02:05"}, {Column{Kind: Count}, nil, dash}, {Column{Kind: Decimal}, math.NaN(), dash},
		{Column{Kind: Decimal}, (*float64)(nil), dash}, {Column{Kind: Instant}, time.Time{}, dash}, {Column{}, true, "✓"},
	}
	for _, c := range cases {
		if got := c.column.show(c.value, beijing); got != c.want {
			t.Errorf("%v as %v: %s, want %s", c.value, c.column.Kind, got, c.want)
		}
	}
	if withUnit("人口", "人", i18n.Chinese) != "人口（人）" || withUnit("People", "k", i18n.English) != "People (k)" || withUnit("x", "", i18n.English) != "x" {
		t.Error("units are joined wrongly")
	}
}

func TestSettledTakesTheDayIntoTheHead(t *testing.T) {
	at := func(h int) time.Time { return time.Date(2026, 7, 28, h, 0, 0, 0, beijing) }
	table := Table{Columns: []Column{{Kind: Instant}, {Kind: Instant}}, Rows: [][]any{{at(1), at(1)}, {at(2), at(26)}, {nil, nil}}}
	got := table.settled(beijing).Columns
	if got[0].Kind != clock || got[0].Unit != "07-28" || got[1].Kind != Instant {
		t.Errorf("%+v", got)
	}
	if table.Columns[0].Kind != Instant {
		t.Error("the caller's table was changed")
	}
}

// flat measures a Han character as 2 and others as 1.
func flat(s string) float64 { return float64(displayWidth(s)) }

func TestWrap(t *testing.T) {
	cases := []struct {
		text  string
		width float64
		want  []string
	}{
		{"今天下雨，请注意。", 8, []string{"今天下", "雨，请注", "意。"}},
		{"他说“快走”。", 6, []string{"他说", "“快", "走”。"}},
		{"call 12345 now", 10, []string{"call 12345", "now"}},
		{"abcdefghij", 4, []string{"abcd", "efgh", "ij"}},
		{"一\n\n二", 10, []string{"一", "", "二"}},
		{"", 10, []string{""}},
	}
	for _, c := range cases {
		if diff := cmp.Diff(c.want, wrap(c.text, c.width, flat)); diff != "" {
			t.Errorf("%q: %s", c.text, diff)
		}
	}
}

func TestWrapLosesNothingAndFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("一二三，。（）“”ab1 -/\n"))).Draw(t, "text")
		width := rapid.Float64Range(2, 30).Draw(t, "width")
		lines := wrap(text, width, flat)
		squeeze := func(s string) string { return strings.NewReplacer(" ", "", "\n", "").Replace(s) }
		if squeeze(strings.Join(lines, "")) != squeeze(text) {
			t.Fatalf("%q became %q", text, lines)
		}
		for _, l := range lines {
			if flat(l) > width && utf8.RuneCountInString(l) > 1 {
				t.Fatalf("%q is wider than %g", l, width)
			}
		}
	})
}

func TestTicks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.Float64Range(-1e6, 1e6).Draw(t, "low")
		span := rapid.Float64Range(1e-2, 1e7).Draw(t, "span")
		got := ticks(low, low+span, 5, false)
		if got[0] > low+1e-6*span || got[len(got)-1] < low+span-1e-6*span || len(got) < 3 || len(got) > 13 {
			t.Fatalf("%g and %g more: %v", low, span, got)
		}
	})
	if diff := cmp.Diff([]float64{0, 1, 2, 3}, ticks(0, 3, 5, true)); diff != "" {
		t.Error(diff)
	}
}

func TestTimeTicks(t *testing.T) {
	from := time.Date(2026, 7, 28, 10, 31, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		span := time.Duration(rapid.Int64Range(1e9, 1e18).Draw(t, "span"))
		at, layout := timeTicks(from, from.Add(span), 7, beijing)
		if len(at) > 9 && span < 7*365*24*time.Hour || len(at) > 1001 || layout == "" {
			t.Fatalf("%v: %d ticks", span, len(at))
		}
	})
	at, layout := timeTicks(from, from.Add(20*time.Hour), 7, beijing)
	if layout != "15:04" || at[0].Format(layout) != "21:00" {
		t.Errorf("%v %s", at, layout)
	}
}

// beijing is where the tests tell their times.
var beijing = time.FixedZone("UTC+8", 8*3600)

// inBeijing is a report whose times are told there.
func inBeijing(title string, lang i18n.Lang, drill bool) *Report {
	r := NewReport(title, lang, drill)
	r.Zone = beijing
	return r
}

func TestReportsTellTheTimeOfTheirCity(t *testing.T) {
	r := NewReport("乌鲁木齐", i18n.Chinese, false)
	if r.zone() != time.UTC {
		t.Error("a report without a city does not tell UTC")
	}
	r.Zone = time.FixedZone("UTC+6", 6*3600)
	file, _ := pdf(t, r.Table(Table{Title: "表", Columns: []Column{{Title: "时间", Kind: Instant}}, Rows: [][]any{{time.Date(2026, 7, 28, 20, 30, 0, 0, time.UTC)}}}))
	if text := strings.Join(pages(t, file), "\n"); !strings.Contains(text, "02:30:00") {
		t.Error(text)
	}
}
