package ebd

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Table B.1 of GD/J 080.
func TestResourceCodesOfTheStandard(t *testing.T) {
	for code, want := range map[string]Resource{
		"11100000000000101010101": {Central, "110000000000", "0101", 1, "01", 1},
		"23400000000000101010101": {Province, "340000000000", "0101", 1, "01", 1},
		"43415230000000301010101": {County, "341523000000", "0301", 1, "01", 1},
		"43415230000000301010201": {County, "341523000000", "0301", 1, "02", 1},
		"43415230000000301020301": {County, "341523000000", "0301", 2, "03", 1},
		"63415231002000314010401": {Village, "341523100200", "0314", 1, "04", 1},
		"63415230000000314010400": {Village, "341523000000", "0314", 1, "04", 0},
	} {
		c, err := ParseResourceCode(code)
		if err != nil {
			t.Errorf("%s: %v", code, err)
			continue
		}
		if d := cmp.Diff(want, c.Resource()); d != "" {
			t.Errorf("%s: %s", code, d)
		}
		if back, err := want.Code(); err != nil || back != c {
			t.Errorf("build %s: %s, %v", code, back, err)
		}
	}
	if !ResourceCode("63415230000000314010400").Includes("63415231002000314010401") {
		t.Error("the county's group does not include the village's terminal")
	}
}

func TestResourceCodeErrorsNameThePlace(t *testing.T) {
	const good = "63415231002000314010401"
	put := func(at int, s string) string { return good[:at] + s + good[at+len(s):] }
	for _, c := range []struct {
		code, field, reason string
		pos                 int
	}{
		{good[:22], "", CodeLength, 0},
		{good + "0", "", CodeLength, 0},
		{"", "", CodeLength, 0},
		{put(6, "x"), "", CodeDigit, 7},
		{put(0, "0"), "level", CodeRange, 1},
		{put(0, "7"), "level", CodeRange, 1},
		{put(1, "0"), "area", CodeRange, 2},
		{put(13, "0099"), "type", CodeUnknown, 14},
		{put(17, "00"), "type sequence", CodeRange, 18},
		{put(19, "05"), "subtype", CodeUnknown, 20},
	} {
		_, err := ParseResourceCode(c.code)
		var e *Error
		if !errors.As(err, &e) || e.Code != c.reason || e.Pos != c.pos || e.Field != c.field {
			t.Errorf("%q: got %v, want %s %s at %d", c.code, err, c.field, c.reason, c.pos)
		}
	}
}

func resource(t *rapid.T) Resource {
	types := []string{"0001", "0101", "0314", "0320", "0399"}
	return Resource{
		Level(rapid.IntRange(1, 6).Draw(t, "level")),
		AreaCode(rapid.StringMatching(`[1-8][1-9][0-9]{10}`).Draw(t, "area")),
		rapid.SampledFrom(types).Draw(t, "type"), rapid.IntRange(1, 99).Draw(t, "seq"),
		rapid.SampledFrom([]string{"01", "02", "03", "04"}).Draw(t, "sub"), rapid.IntRange(0, 99).Draw(t, "subseq"),
	}
}

func TestCodesAndIDsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := resource(t)
		c, err := r.Code()
		if err != nil || c.Resource() != r {
			t.Fatalf("%+v → %s → %+v (%v)", r, c, c.Resource(), err)
		}
		at := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "t"), 0)
		seq := rapid.IntRange(0, 9999).Draw(t, "n")
		m, err := NewEBMID(c, at, seq)
		if err != nil || m.Platform() != c || m.Seq() != seq || at.Sub(m.Date()) < 0 || at.Sub(m.Date()) >= 24*time.Hour {
			t.Fatalf("%s: %v", m, err)
		}
		i, err := ParseInfoID(fmt.Sprintf("%s10203%s%04d", c, at.In(China).Format("20060102"), seq))
		if err != nil || i.Platform() != c || i.Event() != "10203" || !i.Date().Equal(m.Date()) || i.Seq() != seq {
			t.Fatalf("%s: %v", i, err)
		}
		d, err := ParseEBDID(fmt.Sprintf("%s%s%016d", EBDOther, c, seq))
		if err != nil || d.Source() != c {
			t.Fatalf("%s: %v", d, err)
		}
	})
}

func TestIDErrors(t *testing.T) {
	const code = "23400000000000101010101"
	parse := map[string]func(string) error{
		"EBMID":  func(s string) error { _, err := ParseEBMID(s); return err },
		"InfoID": func(s string) error { _, err := ParseInfoID(s); return err },
		"EBDID":  func(s string) error { _, err := ParseEBDID(s); return err },
	}
	for _, c := range []struct {
		thing, id, reason string
		pos               int
	}{
		{"EBMID", code + "201702290001", CodeDate, 24},
		{"EBMID", code + "20170101001", CodeLength, 0},
		{"EBMID", "9" + code[1:] + "201701010001", CodeRange, 1},
		{"InfoID", code + "10203" + "201713010001", CodeDate, 29},
		{"EBDID", "02" + code + "0000000000000001", CodeUnknown, 1},
		{"EBDID", "01" + code + "0000000000000001", CodeRange, 26},
		{"EBDID", "10" + "0" + code[1:] + "0000000000000001", CodeRange, 3},
	} {
		var e *Error
		if err := parse[c.thing](c.id); !errors.As(err, &e) || e.Code != c.reason || e.Pos != c.pos || e.Thing != c.thing {
			t.Errorf("%s: got %v, want %s at %d", c.id, err, c.reason, c.pos)
		}
	}
	// The samples of 082 Annex F.
	if id, err := ParseEBMID("23400000000000101010101201701010001"); err != nil || id.Seq() == 0 {
		t.Error(err)
	}
	if _, err := ParseEBDID("10234000000000001010101010000000000000001"); err != nil {
		t.Error(err)
	}
}

func TestAreasCover(t *testing.T) {
	for _, c := range []struct {
		a, b AreaCode
		want bool
	}{
		{Nation, "341523100200", true},
		{"340000000000", "341523100200", true},
		{"341500000000", "341523100200", true},
		{"341523000000", "341523100200", true},
		{"341523100000", "341523100200", true},
		{"341523100200", "341523100200", true},
		{"341523100200", "341523100201", false},
		{"341523100200", "341523100000", false},
		{"110100000000", "110000000000", false},
		{"", "110000000000", false},
	} {
		if got := c.a.Covers(c.b); got != c.want {
			t.Errorf("%s covers %s: %v", c.a, c.b, got)
		}
	}
}

// How many types each category has, and how many of their codes are derived; no code and
// no name stands twice, and what was printed was not replaced.
func TestEventTableIsComplete(t *testing.T) {
	all, derived := map[EventType]int{}, map[EventType]int{}
	codes, zh, en := map[EventType]bool{}, map[string]bool{}, map[string]bool{}
	for _, e := range Events() {
		all[e.Code.Category()]++
		if e.Derived {
			derived[e.Code.Category()]++
		}
		if codes[e.Code] || zh[e.Name.Zh] || en[e.Name.En] {
			t.Errorf("%+v stands twice", e)
		}
		codes[e.Code], zh[e.Name.Zh], en[e.Name.En] = true, true, true
	}
	for category, want := range map[EventType][2]int{"10000": {74, 20}, "20000": {141, 115}, "30000": {45, 38}, "40000": {100, 91}, "50000": {6, 0}, "60000": {4, 0}, "90000": {1, 0}} {
		if got := [2]int{all[category], derived[category]}; got != want {
			t.Errorf("%s has %v, want %v", category, got, want)
		}
	}
	for code, want := range map[EventType]string{"20101": "煤矿瓦斯事故", "21702": "校园踩踏事件", "20799": "其他火灾事故", "40601": "袭击公共聚集场所事件", "30504": "猪瘟"} {
		if name, exact := code.Name(); !exact || name.Zh != want {
			t.Errorf("%s is %+v", code, name)
		}
	}
}

func TestEventTableIsSound(t *testing.T) {
	last := EventType("")
	for _, e := range Events() {
		if _, err := ParseEventType(string(e.Code)); err != nil || e.Code <= last || e.Name.Zh == "" || e.Name.En == "" || strings.ContainsAny(e.Name.Zh+e.Name.En, ",\r") {
			t.Errorf("row %+v after %s: %v", e, last, err)
		}
		for _, up := range []EventType{e.Code.Category(), e.Code.Class()} {
			if _, ok := eventName[up]; !ok && e.Code != "59900" && e.Code != "69900" {
				t.Errorf("%s has no %s above it", e.Code, up)
			}
		}
		last = e.Code
	}
	// Names that 082 prints beside codes.
	for code, zh := range map[EventType]string{"10101": "洪水", "10203": "暴雨", "10109": "干旱", "10300": "地震灾害", "21502": "空气污染事件", "21801": "核设施事故", "60100": "紧急公告"} {
		if n, exact := code.Name(); n.Zh != zh || !exact {
			t.Errorf("%s is %q", code, n.Zh)
		}
	}
	if n, exact := EventType("10250").Name(); n.Zh != "气象灾害" || exact {
		t.Errorf("an unlisted weather event is named %q, %v", n.Zh, exact)
	}
}
