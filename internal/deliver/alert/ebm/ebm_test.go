package ebm

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
)

var now = time.Date(2026, 7, 21, 2, 0, 0, 0, time.UTC)

func rain() *ebd.EBM {
	return &ebd.EBM{EBMID: "21300000000000101010101202607210001", MsgBasicInfo: &ebd.MsgBasicInfo{MsgType: ebd.MsgReal, EventType: "10203", Severity: ebd.SeverityRed,
		StartTime: ebd.At(now), EndTime: ebd.At(now.Add(time.Hour))},
		MsgContent: []ebd.MsgContent{{LanguageCode: "zho", MsgTitle: "暴雨", MsgDesc: "雨大。", AreaCode: "110105, 110108001，110105000000"}}}
}

func TestReadFitsWordsWithoutLosingAny(t *testing.T) {
	m := rain()
	title := strings.Repeat("长", message.MaxTitle+1)
	m.MsgContent[0].MsgTitle = title
	a := Read(m, now)
	if text := a.Content.Texts[0]; utf8.RuneCountInString(text.Title) != message.MaxTitle || !strings.HasPrefix(text.Body, title+"\n") || len(a.Doubts) != 0 {
		t.Errorf("%+v, %v", text, a.Doubts)
	}
	if want := []string{"110105000000", "110108001000"}; !slices.Equal(a.Content.Area.Regions, want) {
		t.Errorf("%v", a.Content.Area.Regions)
	}
	m.MsgContent[0].MsgDesc = strings.Repeat("雨", message.MaxText+1)
	if a := Read(m, now); utf8.RuneCountInString(a.Content.Texts[0].Body) != message.MaxText || !slices.Equal(a.Doubts, []string{DoubtShortened}) {
		t.Errorf("%v", a.Doubts)
	}
	if err := a.Content.Validate(a.Class, now).OrNil(); err != nil {
		t.Error(err)
	}
}

func TestActsAndKinds(t *testing.T) {
	update := rain()
	update.RelatedInfo = &ebd.RelatedInfo{EBMID: "21300000000000101010101202607200001"}
	if a := Read(update, now); a.Act != message.Updates || len(a.Earlier) != 1 || a.Authority != "" {
		t.Errorf("%+v", a)
	}
	cancel := rain()
	cancel.MsgBasicInfo.MsgType = ebd.MsgCancel // with the id of what it cancels, as some write it
	if a := Read(cancel, now); a.Act != message.Cancels || !slices.Equal(a.Earlier, []string{string(cancel.EBMID)}) || a.Ref == string(cancel.EBMID) {
		t.Errorf("%+v", a)
	}
	drill := rain()
	drill.MsgBasicInfo.MsgType, drill.MsgContent[0].MsgTitle = ebd.MsgTerminalDrill, "【演练】暴雨"
	if a := Read(drill, now); a.Kind != message.TerminalDrill || a.Content.Texts[0].Title != "暴雨" {
		t.Errorf("%+v", a)
	}
	plain := rain()
	plain.MsgBasicInfo.Severity = ebd.SeverityUnknown
	if a := Read(plain, now); a.Class != wire.Everyday {
		t.Errorf("%+v", a)
	}
	if got := Missing(&ebd.EBM{EBMID: "1"}); got != "MsgBasicInfo" {
		t.Error(got)
	}
}
