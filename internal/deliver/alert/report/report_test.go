package report

import (
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// at is a moment of the message that these tests report on, in minutes after its first issue.
func at(minutes int) time.Time {
	return time.Date(2026, 7, 28, 10, 0, 0, 0, time.UTC).Add(time.Duration(minutes) * time.Minute)
}

// updated is a message that was updated and then cancelled, long before its time was over.
func updated() *writer {
	first := &message.Version{Number: 1, IssuedAt: at(0), Content: message.Content{StartsAt: at(5)}}
	second := &message.Version{Number: 2, IssuedAt: at(20)}
	m := &message.Message{Current: second, State: message.Ended, IssuedAt: at(0), StartsAt: at(20), EndsAt: at(360), EndedAt: at(30), EndReason: message.Cancelled, EndNote: "误报"}
	return &writer{lang: i18n.Chinese, Data: Data{Message: m, Versions: []*message.Version{first, second}, Zone: time.UTC,
		Trail: []audit.Record{{Action: "alert.begin", Actor: "system"}, {Action: "alert.cancel", Actor: "01", ActorName: "王强"}}}}
}

// A report says when a message first began, when each update did, how it really ended, and
// when it was to end.
func TestTheTimesAreThoseOfEachVersionAndOfTheRealEnd(t *testing.T) {
	w := updated()
	want := []document.KV{{Name: "首次签发", Value: at(0)}, {Name: "首次开始", Value: at(5)}, {Name: "第 2 版更新", Value: at(20)},
		{Name: "计划结束", Value: at(360)}, {Name: "实际结束", Value: at(30)}, {Name: "结束方式", Value: "解除 · 王强 · 理由：误报"}}
	if diff := cmp.Diff(want, w.times()); diff != "" {
		t.Error(diff)
	}
	m := w.Message
	m.EndReason, m.EndNote, w.Trail = message.Expired, "", []audit.Record{{Action: "alert.end", Actor: "system"}}
	if got := w.ending(); got != "到时 · 系统自动" {
		t.Errorf("it ended %q", got)
	}
	m.State, m.EndedAt, m.EndReason = message.InProgress, time.Time{}, ""
	if list := w.times(); list[len(list)-1] != (document.KV{Name: "实际结束", Value: "尚未结束"}) {
		t.Errorf("%v", list)
	}
}

// What no microphone has listened to yet is unknown, not zero; what was heard of the version
// before is said.
func TestNothingHeardIsNoZeroUntilSomethingListened(t *testing.T) {
	w := updated()
	w.Figures = delivery.Figures{Targets: 200, Reached: 180, Ever: delivery.Ever{Targets: 200, Reached: 190, Heard: 154}}
	heard := func() (any, any, string) {
		rows, note := w.results()
		for _, r := range rows {
			if r[0] == "实听" {
				return r[1], r[2], note
			}
		}
		return "no row", nil, note
	}
	if n, share, note := heard(); n != nil || share != nil || !strings.Contains(note, "第 2 版尚无实听；第 1 版实听 154 台。") {
		t.Errorf("%v, %v, %s", n, share, note)
	}
	w.Figures.Unheard = 3
	if n, share, note := heard(); n != 0 || share != 0.0 || strings.Contains(note, "尚无") {
		t.Errorf("%v, %v, %s", n, share, note)
	}
}

// A workbook cuts the name of a sheet off after 27 characters: titles of tables are shorter.
func TestTitlesFitTheTabsOfAWorkbook(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.Chinese, i18n.English} {
		for _, key := range []string{"approvals", "figures", "curve", "townships", "troubled", "owing", "trail"} {
			title := i18n.T(lang, "alert.report."+key, nil)
			if n := len(utf16.Encode([]rune(title))); n == 0 || n > 27 {
				t.Errorf("%s: %q has %d characters", lang, title, n)
			}
		}
	}
}
