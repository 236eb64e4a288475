package survey

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// table reads "a | b" lines into cells.
func table(text string) (rows [][]string) {
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		var row []string
		for cell := range strings.SplitSeq(line, "|") {
			row = append(row, strings.TrimSpace(cell))
		}
		rows = append(rows, row)
	}
	return rows
}

// A form as a field team would write it, with the spellings that XLSForm allows.
var field = Sheets{
	Survey: table(`
type | name | label::English (en) | label::中文 (zh) | hint::English (en) | required | relevant | constraint | constraint_message::English (en) | appearance | parameters
start | start | | | | | | | | |
begin group | who | About you | 关于您 | | | | | | |
integer | age | Your age | 年龄 | in years | yes | | . >= 16 and . <= 120 | 16 to 120 | |
select_one yes_no | tv | Do you have a television? | 有电视吗? | | true() | ${age} >= 18 | | | |
select one brand or_other | brand | Which? | 哪种? | | | selected(${tv}, 'yes') | | | minimal | randomize=true
begin group | more | More | 更多 | | | ${age} > 60 or ${tv} = 'no' | | | |
select_multiple media | media | What do you use? | 用什么? | | | | count-selected(.) <= 2 and not(selected(., 'none') and count-selected(.) > 1) | | |
end group | | | | | | | | | |
end group | | | | | | | | | |
begin_group | rate | Please rate | 请评价 | | | ${tv} != 'no' and not(selected(${media}, 'none')) | | | table-list |
select_one five | rate_sound | Sound | 声音 | | yes | | | | |
select_one five | rate_time | Time | 时间 | | yes | | | | |
end_group | | | | | | | | | |
note | bad | Sorry to hear | 抱歉 | | | ${rate_sound} < 3 | | | |
range | nps | Recommend? | 推荐吗? | | | | | | | start=0 end=10 step=1
text | why | Why? | 为什么? | | | ${rate_time} != '' | string-length(.) <= 200 | | multiline |
date | since | Since when? | 何时起? | | | | . <= date('2026-11-29') | | |
`),
	Choices: table(`
list_name | name | label::English (en) | label::中文 (zh)
yes_no | yes | Yes | 有
yes_no | no | No | 没有
brand | a | A | 甲
media | web | Web | 网络
media | radio | Radio | 广播
media | none | None | 都没有
five | 1 | Bad | 差
five | 2 | 2 | 2
five | 3 | 3 | 3
five | 4 | 4 | 4
five | 5 | Good | 好
`),
	Settings: table(`
form_title | form_id | version | default_language
Household | household | 2026112901 | English (en)
`),
}

func TestReadXLSForm(t *testing.T) {
	f, warnings, errs := ReadXLSForm(field, "zh")
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if len(warnings) != 1 || warnings[0].Error() != "survey!A2: survey.xlsform.metadata map[type:start]" {
		t.Error(warnings)
	}
	if !slices.Equal(f.Languages, []string{"en", "zh"}) || f.ID != "household" || f.Title["en"] != "Household" || f.Version != "2026112901" {
		t.Errorf("%+v", f)
	}
	got := ""
	for _, p := range f.Pages {
		got += "[" + p.Title["en"] + "|" + p.Show.String() + "]\n"
		for _, q := range p.Questions {
			got += string(q.Kind) + " " + q.ID + " " + q.Show.String() + " / " + q.Constraint.String() + "\n"
		}
	}
	want := `[About you|]
number age  / 
single tv age >= 18 / 
single brand tv = "yes" / 
text brand_other brand = "other" / 
note more age > 60 or tv = "no" / 
several media age > 60 or tv = "no" / 
[|tv != "no" and not media includes "none"]
grid rate  / 
[|]
note bad rate.sound < 3 / 
[|]
scale nps  / 
[|]
text why rate.time answered / 
[|]
date since  / 
`
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	age, _ := f.Question("age")
	brand, _ := f.Question("brand")
	media, _ := f.Question("media")
	rate, _ := f.Question("rate")
	why, _ := f.Question("why")
	since, _ := f.Question("since")
	switch {
	case *age.Min != 16 || *age.Max != 120 || !age.Integer || !age.Required || age.Help["en"] != "in years" || age.Message["en"] != "16 to 120":
		t.Errorf("%+v", age)
	case !brand.Shuffle || len(brand.Choices) != 2 || brand.Choices[1].Title["zh"] != "其他":
		t.Errorf("%+v", brand)
	case *media.Max != 2 || !media.Choices[2].Exclusive:
		t.Errorf("%+v", media)
	case rate.Scale.HighTitle["zh"] != "好" || len(rate.Rows) != 2 || rate.Rows[1].ID != "time" || !rate.Required:
		t.Errorf("%+v", rate)
	case why.Length != 200 || !why.Lines || since.Latest != "2026-11-29":
		t.Errorf("%+v %+v", why, since)
	}
}

// What cannot be said is refused at its cell.
func TestXLSFormRefuses(t *testing.T) {
	columns := "type | name | label | required | relevant | constraint | calculation | choice_filter | appearance | parameters | default"
	for row, want := range map[string]string{
		"begin_repeat | r | R":                              "survey!A3: survey.xlsform.kind",
		"geopoint | g | G":                                  "survey!A3: survey.xlsform.kind",
		"calculate | c | C | | | | 1 + 1":                   "survey!G3: survey.xlsform.refused",
		"select_one l | s | S | | | | | x=1":                "survey!H3: survey.xlsform.expression.reference",
		"integer | i | I | | | | | x=1":                     "survey!H3: survey.xlsform.refused",
		"select_one nolist | s | S":                         "survey!A3: survey.xlsform.list",
		"select_one_from_file x.csv | s | S":                "survey!A3: survey.xlsform.kind",
		"text | t | T | ${age} > 3":                         "survey!D3: survey.xlsform.refused",
		"text | t | T | | ${later} = 1":                     "survey!E3: survey.xlsform.expression",
		"text | t | T | | ${age} + 1 > 3":                   "survey!E3: survey.xlsform.expression",
		"text | t | T | | ${age} > ${age}":                  "survey!E3: survey.xlsform.expression",
		"text | t | T | | regex(${age}, 'x')":               "survey!E3: survey.xlsform.expression",
		"text | t | T | | . > 3":                            "survey!E3: survey.xlsform.expression",
		"text | t | T | | (${age} > 3":                      "survey!E3: survey.xlsform.expression",
		"text | t | T | | ${age} > 3 or":                    "survey!E3: survey.xlsform.expression",
		"text | t | T | | | today() > .":                    "survey!F3: survey.xlsform.expression",
		"text | 1t | T":                                     "survey!B3: survey.xlsform.name",
		"text | age | T":                                    "survey!B3: survey.xlsform.twice",
		"text | t |":                                        "survey!3: survey.text.missing",
		"select_one l | s | S | | ${age} = 'x'":             "survey!E3: survey.xlsform.expression",
		"text | t | T | | | . > 5":                          "survey!3: survey.condition.type",
		"range | r | R | | | | | | | start=0 end=10 step=2": "survey!J3: survey.xlsform.refused",
		"range | r | R | | | | | | | start=0 end=1000":      "survey!3: survey.scale.invalid",
		"text | t | T | | | | | | | | x":                    "survey!K3: survey.xlsform.refused",
		"begin_group | g | G":                               "survey!3: survey.xlsform.open",
		"end_group":                                         "survey!A3: survey.xlsform.end",
		"| t | T":                                           "survey!A3: survey.xlsform.type",
	} {
		s := Sheets{Survey: table(columns + "\ninteger | age | Age\n" + row), Choices: table("list_name | name | label\nl | a | A\nl | b | B")}
		f, _, errs := ReadXLSForm(s, "en")
		if f != nil || len(errs) == 0 || !strings.HasPrefix(errs[0].Error(), want) {
			t.Errorf("%s: %v, want %s", row, errs, want)
		}
	}
	for name, try := range map[string]struct {
		sheets Sheets
		want   string
	}{
		"no type":       {Sheets{Survey: table("name | label")}, "survey!1: survey.xlsform.type"},
		"language name": {Sheets{Survey: table("type | name | label::Klingonese\nnote | n | 你好")}, "survey!C1: survey.xlsform.language"},
		"column twice":  {Sheets{Survey: table("type | name | label | name\nnote | n | 你好 | m")}, "survey!D1: survey.xlsform.column"},
		"choice twice":  {Sheets{Survey: table("type | name | label\nselect_one l | n | x"), Choices: table("list_name | name | label\nl | a | A\nl | a | B")}, "choices!B3: survey.xlsform.twice"},
		"choice name":   {Sheets{Survey: table("type | name | label\nselect_one l | n | x"), Choices: table("list_name | name | label\nl | a b | A")}, "choices!B2: survey.xlsform.name"},
	} {
		if _, _, errs := ReadXLSForm(try.sheets, "zh"); len(errs) == 0 || !strings.HasPrefix(errs[0].Error(), try.want) {
			t.Errorf("%s: %v", name, errs)
		}
	}
	old := Sheets{Survey: table(`
type | name | label:english | label::Chinese
select all that apply from l or specify other | a | A | 甲
select one from l | b | B | 乙
int | c | C | 丙
string | d | D | 丁`), Choices: table("list name | name | label::english | label::Chinese\nl | x | X | 某\nl | y | Y | 另一")}
	if f, warnings, errs := ReadXLSForm(old, "zh"); len(errs) > 0 || len(warnings) > 0 || f.count() != 5 || f.Languages[1] != "zh" || f.Pages[0].Questions[0].Kind != Several {
		t.Error(f, warnings, errs)
	}
	towns := Sheets{Survey: table(`
type | name | label | choice_filter
select_one district | d | District |
select_one town | t | Township | of = ${d} or of = 'any'`), Choices: table(`
list_name | name | label | of | people
district | my | Miyun | |
district | yq | Yanqing | |
town | gbk | Gubeikou | my | 9000
town | bdl | Badaling | yq | 8000
town | x | Elsewhere | any |
town | gone | Gone | zz | 1`)}
	if f, warnings, errs := ReadXLSForm(towns, "en"); len(errs) > 0 || len(warnings) != 1 || warnings[0].(*Error).Place != "choices!E4" {
		t.Error(warnings, errs)
	} else if q, _ := f.Question("t"); len(q.Choices) != 3 || q.Choices[0].Show.String() != `d = "my"` || q.Choices[2].Show != nil {
		t.Errorf("%+v", q)
	}
	picture := Sheets{Survey: table("type | name | label::en | media::image\nnote | n | x | cat.png")}
	if f, warnings, errs := ReadXLSForm(picture, "zh"); len(errs) > 0 || len(warnings) != 1 || warnings[0].(*Error).Place != "survey!D2" || f.Languages[0] != "en" {
		t.Error(warnings, errs)
	}
}

// What was written and read back shows the same questions and refuses the same answers.
func TestXLSFormRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := someForm.Draw(t, "form")
		sheets, warnings := f.WriteXLSForm()
		for _, w := range warnings {
			if p := w.(*Error).Place; p != "quotas" && p != "title" {
				t.Fatal(w)
			}
		}
		back, notes, errs := ReadXLSForm(sheets, "zh")
		if len(errs) > 0 || len(notes) > 0 {
			t.Fatalf("%v %v\n%v", errs, notes, sheets.Survey)
		}
		again, _ := back.WriteXLSForm()
		if len(again.Survey) != len(sheets.Survey) || len(again.Choices) != len(sheets.Choices) {
			t.Fatalf("%d rows became %d", len(sheets.Survey), len(again.Survey))
		}
		for range 5 {
			a := drawAnswers(t, f, true)
			clean, faults := f.Check(a)
			cleanBack, faultsBack := back.Check(a)
			x, _ := json.Marshal([]any{f.Visible(a), clean, where(faults)})
			y, _ := json.Marshal([]any{back.Visible(a), cleanBack, where(faultsBack)})
			if !bytes.Equal(x, y) {
				t.Fatalf("%s\n%s\n%v", x, y, sheets.Survey)
			}
		}
	})
}

// where are the places of faults: a constraint that is a bound is called one thing here
// and another there.
func where(faults []Fault) (out []string) {
	for _, f := range faults {
		out = append(out, f.Question+"."+f.Row)
	}
	return out
}

func TestWriteXLSFormSaysWhatIsLost(t *testing.T) {
	f := service(t)
	f.Thanks = Text{"zh": "谢谢"}
	hours, _ := f.Question("hours")
	hours.Unit = Text{"zh": "小时"}
	hours.Nonresponse = []Choice{{ID: "dk", Title: Text{"zh": "不知道"}}}
	parts, _ := f.Question("parts")
	parts.Shuffle = true
	sheets, warnings := f.WriteXLSForm()
	got := []string{}
	for _, w := range warnings {
		got = append(got, w.(*Error).Place)
	}
	if want := []string{"pages[0].questions[4].nonresponse", "pages[0].questions[4].unit", "pages[0].questions[5].shuffle", "thanks"}; !slices.Equal(got, want) {
		t.Error(got)
	}
	back, _, errs := ReadXLSForm(sheets, "zh")
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if q, _ := back.Question("recommend"); !q.Scale.NPS {
		t.Error("the net promoter score was forgotten")
	}
}

func FuzzReadXLSForm(f *testing.F) {
	join := func(rows [][]string) string {
		var lines []string
		for _, r := range rows {
			lines = append(lines, strings.Join(r, "|"))
		}
		return strings.Join(lines, "\n")
	}
	f.Add(join(field.Survey), join(field.Choices), join(field.Settings))
	f.Fuzz(func(t *testing.T, survey, choices, settings string) {
		form, _, errs := ReadXLSForm(Sheets{table(survey), table(choices), table(settings)}, "zh")
		if (form == nil) == (len(errs) == 0) {
			t.Fatal("neither a form nor an error, or both")
		}
		if form != nil {
			if more := form.Validate(); len(more) > 0 {
				t.Fatal(more)
			}
			form.WriteXLSForm()
		}
	})
}

func FuzzExpression(f *testing.F) {
	f.Add("${a} >= 3 and (not(selected(., 'x')) or date('2020-01-01') < .)")
	f.Fuzz(func(t *testing.T, text string) {
		e, problem := parseExpr(text)
		if problem != "" {
			return
		}
		again, problem := parseExpr(e.String())
		if problem != "" || again.String() != e.String() {
			t.Fatalf("%q became %q: %s", text, e, problem)
		}
	})
}

// Older spellings stand for whole words of a type: a message names what stands in the cell.
func TestXLSFormNamesTheTypeThatItRefuses(t *testing.T) {
	_, _, errs := ReadXLSForm(Sheets{Survey: [][]string{{"type", "name", "label"}, {"int", "n", "N"}, {"geopoint", "g", "G"}, {"string", "t", "T"}}}, "en")
	if len(errs) != 1 || errs[0].(*Error).Args["type"] != "geopoint" {
		t.Errorf("%v", errs)
	}
}
