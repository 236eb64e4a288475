package survey_test

import (
	"strings"
	"testing"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/assess/measure/survey"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
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

// What a file brings is told cell by cell; what somebody wrote of people is masked.
func TestAFileIsToldByItsCells(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fielded(settings())
		p, err := b.desk.Plan(author, s.ID)
		b.ok(err)
		at := p.Drawn[0].Code
		bring := func(table string) survey.FileResult {
			b.Helper()
			got, err := b.desk.Import(agency, s.ID, []byte(table), false)
			b.ok(err)
			return got
		}
		got := bring("id,place,age,happy,wish\n1," + at + ",old,yes,找张建国主任 13800138000\n2," + at + ",old,,\n3," + at + ",old,maybe,\n")
		if len(got.Rows) != 2 || got.Rows[0].Place != "D3" || got.Rows[0].Text != "请回答这道题。" || got.Rows[1].Place != "D4" || got.Rows[1].Text != "“happy”没有这个选项。" {
			t.Fatalf("%+v", got.Rows)
		}
		if got = bring("id,place,age\n4," + at + ",old\n"); got.Rows[0].Place != "2" { // no column: the row
			t.Fatalf("%+v", got.Rows)
		}
		got = bring("id,place,age,happy\n1," + at + ",old,no\n")
		if got.Rows[0].Became != survey.Kept || got.Rows[0].Text == "" {
			t.Fatalf("%+v", got.Rows)
		}
		list, err := b.desk.Answers(agency, s.ID, survey.Counts, store.Page{Limit: 10})
		b.ok(err)
		if wish := list.Items[0].Answers["wish"].(string); strings.Contains(wish, "13800138000") || strings.Contains(wish, "张建国") {
			t.Errorf("%q is not masked", wish)
		}
	})
}

// Who says no nearer than a district counts in its stratum where it has one, and in none where it has two.
func TestADistrictOfOneStratumLeavesNoDoubt(t *testing.T) {
	p := &survey.Plan{Strata: []survey.Stratum{{ID: "north.urban"}, {ID: "south.urban"}, {ID: "south.rural"}}}
	for where, want := range map[string]string{"north": "north.urban", "south": "south", "north.rural": "north.rural", "": "", "west": "west"} {
		if got := p.StratumOf(where, nil); got != want {
			t.Errorf("%q lies in %q, want %q", where, got, want)
		}
	}
	grouped := &survey.Plan{Goal: survey.Goal{Group: &survey.Grouping{Question: "age"}}, Strata: []survey.Stratum{{ID: "north.urban.old"}, {ID: "north.urban.young"}}}
	if got := grouped.StratumOf("north", engine.Answers{"age": "old"}); got != "north.urban.old" {
		t.Errorf("%q", got)
	}
	if got := (*survey.Plan)(nil).StratumOf("north", nil); got != "north" {
		t.Errorf("%q", got)
	}
}

// A paper groups people as the questionnaire asks, and no question by itself.
func TestAPaperGroupsAsTheQuestionnaireAsks(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fielded(settings())
		p, err := b.desk.Plan(author, s.ID)
		b.ok(err)
		table := "place,age,happy\n"
		for i := range 120 {
			table += p.Drawn[i%len(p.Drawn)].Code + "," + []string{"young", "old"}[i%2] + "," + []string{"yes", "no"}[i%3%2] + "\n"
		}
		_, err = b.desk.Import(agency, s.ID, []byte(table), false)
		b.ok(err)
		s, err = b.desk.Close(author, s.ID, s.Revision)
		b.ok(err)
		r, err := b.desk.Results(author, s.ID)
		b.ok(err)
		csv, err := survey.PaperCSV(r)
		b.ok(err)
		if strings.Contains(csv, "age,age,") || strings.Index(csv, "happy,age,young") > strings.Index(csv, "happy,age,old") || !strings.Contains(csv, "happy,age,old") {
			t.Error(csv)
		}
	})
}
