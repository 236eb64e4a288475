package alert

import (
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/speech"
)

// ear is speech that notes what was read aloud.
type ear struct {
	Speech
	read []string
}

func (e *ear) Say(ctx context.Context, o speech.Order) (speech.Clip, error) {
	c, err := e.Speech.Say(ctx, o)
	e.read = append(e.read, c.Spoken)
	return c, err
}

// What is shown as read out is what the synthesiser reads out, numbers and times in words, in
// each language and with what marks a drill.
func TestWhatIsShownAsReadOutIsReadOut(t *testing.T) {
	each(t, func(b *bench) {
		d := b.rain(township1)
		d.Kind = message.TerminalDrill
		d.Texts = []message.Text{{Lang: "zh", Title: "暴雨橙色预警", Body: "预计 20:52 前降雨超过50毫米。", Advice: "遇险请拨打110。"},
			{Lang: "en", Title: "Rainstorm", Body: "More than 50 mm by 20:52.", Advice: "Call 110."}}
		msg, err := b.m.create(b.as("li"), d, "")
		b.do(err)
		var v messageView
		b.call("li", "GET", "/api/alerts/"+msg.ID, nil, 200, &v)
		shown := []string{}
		for _, w := range v.Open.Wordings {
			shown = append(shown, w.Spoken)
		}
		if zh := shown[0]; !strings.Contains(zh, "幺幺零") || strings.ContainsAny(zh, "0123456789") || !strings.HasPrefix(zh, "演练") {
			b.Error(zh)
		}
		for _, program := range []string{"espeak-ng", "ffmpeg"} {
			if _, err := exec.LookPath(program); err != nil {
				b.Skip(program + " is not installed")
			}
		}
		heard := &ear{Speech: b.deps.Speech}
		b.deps.Speech = heard
		b.restart()
		b.call("li", "POST", "/api/alerts/"+msg.ID+"/speech", nil, 200, &v)
		if strings.Join(heard.read, "\n") != strings.Join(shown, "\n") {
			b.Errorf("read %q, shown %q", heard.read, shown)
		}
	})
}
