package survey_test

import (
	"testing"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/assess/measure/survey"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// What is wrong with an answer is told with the limit that it went over, and by the question's words.
func TestAFaultNamesTheLimit(t *testing.T) {
	least, most := 0.0, 120.5
	f := &engine.Form{Languages: []string{"zh"}, Pages: []engine.Page{{Questions: []engine.Question{
		{ID: "age", Kind: engine.Number, Title: engine.Text{"zh": "年龄"}, Min: &least, Max: &most},
		{ID: "born", Kind: engine.Date, Title: engine.Text{"zh": "生日"}, Earliest: "1900-01-01", Latest: "2026-11-30"},
		{ID: "like", Kind: engine.Rating, Title: engine.Text{"zh": "满意"}, Scale: &engine.Scale{Low: 1, High: 5}},
		{ID: "seen", Kind: engine.Several, Title: engine.Text{"zh": "见过"}, Max: &most, Choices: []engine.Choice{{ID: "a"}, {ID: "b"}}},
		{ID: "wish", Kind: engine.Written, Title: engine.Text{"zh": "愿望"}, Length: 20},
	}}}}
	for _, c := range []struct{ question, code, says string }{
		{"age", engine.FaultType, "请填数字。"}, {"age", engine.FaultLow, "不能小于 0。"}, {"age", engine.FaultHigh, "不能大于 120.5。"},
		{"born", engine.FaultType, "请填日期。"}, {"born", engine.FaultLow, "不能早于 1900-01-01。"}, {"born", engine.FaultHigh, "不能晚于 2026-11-30。"},
		{"like", engine.FaultHigh, "不能大于 5。"}, {"like", engine.FaultLow, "不能小于 1。"}, {"seen", engine.FaultFew, "至少选 1 项。"},
		{"wish", engine.FaultLong, "文字太长，最多 20 字。"}, {"seen", engine.FaultChoice, "“见过”没有这个选项。"}, {"gone", engine.FaultUnknown, "没有题“gone”。"},
	} {
		code, args := survey.AnswerFault(f, engine.Fault{Question: c.question, Code: c.code}, "zh")
		if got := i18n.T(i18n.Chinese, code, args); got != c.says {
			t.Errorf("%s %s: %q, want %q", c.question, c.code, got, c.says)
		}
	}
}
