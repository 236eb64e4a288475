package survey

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "draw the parity cases anew")

const cases = "../../web/shared/survey/testdata/"

// A case is one set of answers to a form and all that follows from it. The browser's
// evaluator reads the same files (web/shared/survey/form.test.ts).
type answerCase struct {
	What    string              `json:"what,omitempty"`
	Answers Answers             `json:"answers"`
	Visible []string            `json:"visible"`
	Clean   Answers             `json:"clean"`
	Faults  []Fault             `json:"faults"`
	Pages   []int               `json:"pages"`             // NextPage from −1 on
	Quotas  []string            `json:"quotas"`            // in stratum "a"
	Full    []string            `json:"full"`              // at page 0, every other quota holding 5
	Orders  map[string][]int    `json:"orders,omitempty"`  // of seed "respondent"
	Offered map[string][]string `json:"offered,omitempty"` // of questions whose choices depend on others
}

type caseFile []struct {
	Form  *Form        `json:"form"`
	Cases []answerCase `json:"cases"`
}

func follow(f *Form, a Answers) answerCase {
	c := answerCase{Answers: a, Visible: f.Visible(a), Pages: []int{}, Quotas: f.InQuotas(a, "a"), Orders: map[string][]int{}}
	c.Clean, c.Faults = f.Check(a)
	if c.Faults == nil {
		c.Faults = []Fault{}
	}
	for page := f.NextPage(a, -1); page < len(f.Pages); page = f.NextPage(a, page) {
		c.Pages = append(c.Pages, page)
	}
	counts := map[string]int{}
	for i, q := range f.Quotas {
		counts[q.ID] = 5 * (1 - i%2)
	}
	c.Full = f.FullQuotas(a, "a", 0, counts)
	for _, p := range f.Pages {
		for _, q := range p.Questions {
			if q.Shuffle {
				c.Orders[q.ID] = q.Order("respondent")
			}
			if slices.ContainsFunc(q.Choices, func(c Choice) bool { return c.Show != nil }) {
				if c.Offered == nil {
					c.Offered = map[string][]string{}
				}
				ids := []string{}
				for _, x := range f.Offered(&q, a, "respondent") {
					ids = append(ids, x.ID)
				}
				c.Offered[q.ID] = ids
			}
		}
	}
	if len(c.Orders) == 0 {
		c.Orders = nil
	}
	return c
}

func readCases(t *testing.T, name string) caseFile {
	t.Helper()
	raw, err := os.ReadFile(cases + name)
	if err != nil {
		t.Fatal(err)
	}
	var file caseFile
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestCases(t *testing.T) {
	n := 0
	for _, name := range []string{"cases.json", "parity.json"} {
		for _, group := range readCases(t, name) {
			if errs := group.Form.Validate(); len(errs) > 0 {
				t.Fatal(name, errs)
			}
			for _, want := range group.Cases {
				got := follow(group.Form, want.Answers)
				got.What = want.What
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: %s (-want +got):\n%s", name, want.What, diff)
				}
				n++
			}
		}
	}
	if n < 300 {
		t.Errorf("only %d cases", n)
	}
}

// With -update, draws forms and answers by chance; TestCases then holds both languages to
// what this program said of them at that time.
func TestParityCases(t *testing.T) {
	if !*update {
		t.Skip("only with -update")
	}
	var file []any
	for seed := range 40 {
		f := someForm.Example(seed)
		group := struct {
			Form  *Form        `json:"form"`
			Cases []answerCase `json:"cases"`
		}{Form: f}
		answers := rapid.Custom(func(t *rapid.T) Answers { return drawAnswers(t, f, true) })
		for k := range 8 {
			group.Cases = append(group.Cases, follow(f, answers.Example(1000*seed+k)))
		}
		file = append(file, group)
	}
	raw, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	raw = bytes.ReplaceAll(raw, []byte(`{"form"`), []byte("\n"+`{"form"`))
	if err := os.WriteFile(cases+"parity.json", append(raw, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

const sample = `{"id":"s","version":"1","languages":["zh","en"],"title":{"zh":"满意度"},"pages":[{"questions":[
 {"id":"age","kind":"number","title":{"zh":"年龄"},"integer":true,"min":16},
 {"id":"media","kind":"several","title":{"zh":"媒体"},"choices":[{"id":"tv","title":{"zh":"电视"}},{"id":"none","title":{"zh":"都没有"},"exclusive":true}]},
 {"id":"grid","kind":"grid","title":{"zh":"评价"},"scale":{"low":1,"high":5},"rows":[{"id":"a","title":{"zh":"甲"}}]}]},
 {"questions":[{"id":"why","kind":"text","title":{"zh":"为什么"}}]}]}`

func sampleForm(t *testing.T) *Form {
	t.Helper()
	f, errs := DecodeForm(strings.NewReader(sample))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return f
}

func TestValidationNamesThePlace(t *testing.T) {
	cond := func(s string) *Condition {
		c, err := ParseCondition(s)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	two := 2.0
	for want, spoil := range map[string]func(f *Form){
		"id: survey.id.invalid":                                         func(f *Form) { f.ID = "a b" },
		"languages: survey.languages.none":                              func(f *Form) { f.Languages = nil },
		"languages[1]: survey.language.invalid":                         func(f *Form) { f.Languages[1] = "e_n!" },
		"title: survey.text.language":                                   func(f *Form) { f.Title["fr"] = "x" },
		"title: survey.text.missing":                                    func(f *Form) { f.Title = nil },
		"title.zh: survey.text.long":                                    func(f *Form) { f.Title["zh"] = strings.Repeat("长", MaxTitle+1) },
		"pages: survey.pages.none":                                      func(f *Form) { f.Pages = nil },
		"pages[1].questions: survey.questions.none":                     func(f *Form) { f.Pages[1].Questions = nil },
		"pages[0].questions[1].id: survey.id.twice":                     func(f *Form) { f.Pages[0].Questions[1].ID = "age" },
		"pages[1].questions[0].id: survey.id.invalid":                   func(f *Form) { f.Pages[1].Questions[0].ID = "__proto__" },
		"pages[1].questions[0].kind: survey.kind.unknown":               func(f *Form) { f.Pages[1].Questions[0].Kind = "slider" },
		"pages[1].questions[0].unit: survey.field.useless":              func(f *Form) { f.Pages[1].Questions[0].Unit = Text{"zh": "岁"} },
		"pages[0].questions[0].max: survey.bounds.reversed":             func(f *Form) { f.Pages[0].Questions[0].Max = &two },
		"pages[0].questions[1].choices: survey.choices.few":             func(f *Form) { f.Pages[0].Questions[1].Choices = f.Pages[0].Questions[1].Choices[:1] },
		"pages[0].questions[1].choices: survey.choices.many":            func(f *Form) { q := &f.Pages[0].Questions[1]; q.Choices = slices.Repeat(q.Choices, MaxChoices) },
		"pages[0].questions[1].choices[1].id: survey.id.twice":          func(f *Form) { f.Pages[0].Questions[1].Choices[1].ID = "tv" },
		"pages[0].questions[1].choices[0].title: survey.text.missing":   func(f *Form) { f.Pages[0].Questions[1].Choices[0].Title = Text{"en": "TV"} },
		"pages[0].questions[1].nonresponse[0].id: survey.id.twice":      func(f *Form) { f.Pages[0].Questions[1].Nonresponse = []Choice{{ID: "tv", Title: words("x")}} },
		"pages[0].questions[1].choices[0].show: survey.condition.later": func(f *Form) { f.Pages[0].Questions[1].Choices[0].Show = cond(`why answered`) },
		"pages[0].questions[2].rows[0]: survey.field.useless":           func(f *Form) { f.Pages[0].Questions[2].Rows[0].Show = cond(`age > 3`) },
		"pages[0].questions[2].scale: survey.scale.invalid":             func(f *Form) { f.Pages[0].Questions[2].Scale.High = 1 },
		"pages[0].questions[2].scale.nps: survey.scale.nps":             func(f *Form) { f.Pages[0].Questions[2].Scale.NPS = true },
		"pages[0].questions[2].rows: survey.rows.none":                  func(f *Form) { f.Pages[0].Questions[2].Rows = nil },
		"pages[1].show: survey.condition.unknown":                       func(f *Form) { f.Pages[1].Show = cond(`sex = "f"`) },
		"pages[0].questions[0].show: survey.condition.later":            func(f *Form) { f.Pages[0].Questions[0].Show = cond(`why answered`) },
		"pages[1].questions[0].show: survey.condition.later":            func(f *Form) { f.Pages[1].Questions[0].Show = cond(`why answered`) },
		"pages[1].show.all[1]: survey.condition.type":                   func(f *Form) { f.Pages[1].Show = cond(`age > 3 and media = "tv"`) },
		"pages[1].show.not: survey.condition.value":                     func(f *Form) { f.Pages[1].Show = cond(`not age > "3"`) },
		"pages[1].show: survey.condition.choice":                        func(f *Form) { f.Pages[1].Show = cond(`media includes "radio"`) },
		"pages[1].show: survey.condition.row":                           func(f *Form) { f.Pages[1].Show = cond(`grid.b > 3`) },
		"pages[1].show: survey.condition.shape":                         func(f *Form) { f.Pages[1].Show = &Condition{} },
		"pages[1].show: survey.condition.op":                            func(f *Form) { f.Pages[1].Show = &Condition{Question: "age", Op: "like", Value: "x"} },
		"pages[1].show.any: survey.condition.shape":                     func(f *Form) { f.Pages[1].Show = &Condition{Any: []Condition{}} },
		"pages[1].show" + strings.Repeat(".not", 20) + ": survey.condition.deep": func(f *Form) {
			c := cond(`age > 3`)
			for range 25 {
				c = &Condition{Not: c}
			}
			f.Pages[1].Show = c
		},
		"pages[1].questions[297]: survey.questions.many": func(f *Form) {
			f.Pages[1].Questions = slices.Repeat(f.Pages[1].Questions, MaxQuestions)
		},
		"quotas[0].wanted: survey.quota.wanted": func(f *Form) { f.Quotas = []Quota{{ID: "q"}} },
		"quotas[0].when: survey.condition.unknown": func(f *Form) {
			f.Quotas = []Quota{{ID: "q", Wanted: 1, When: cond(`sex = "f"`)}}
		},
	} {
		f := sampleForm(t)
		spoil(f)
		found := false
		for _, err := range f.Validate() {
			found = found || strings.HasPrefix(err.Error(), want)
		}
		if !found {
			t.Errorf("want %q, got %v", want, f.Validate())
		}
	}
}

func TestDecodeForm(t *testing.T) {
	for bad, code := range map[string]string{
		"": "survey.form.unreadable", "[]": "survey.form.unreadable", sample + "1": "survey.form.unreadable",
		`{"id":"x","branches":[]}`: "survey.form.unreadable", strings.Repeat(" ", MaxBytes+1): "survey.form.large",
	} {
		f, errs := DecodeForm(strings.NewReader(bad))
		if f != nil || len(errs) != 1 || errs[0].(*Error).Code != code {
			t.Errorf("%.20q: %v", bad, errs)
		}
	}
}

func TestUntranslated(t *testing.T) {
	f := sampleForm(t)
	f.Title["en"] = "Satisfaction"
	warnings := f.Untranslated()
	if len(warnings) != 7 || warnings[0].Error() != "pages[0].questions[0].title: survey.text.missing map[language:en]" {
		t.Error(warnings)
	}
	if got := f.Title.In("en-GB", "en"); got != "Satisfaction" {
		t.Error(got)
	}
}

func TestConditionText(t *testing.T) {
	for text, want := range map[string]string{
		`age >= 18 and (sex = "f" or not media includes "a b")`: `age >= 18 and (sex = "f" or not media includes "a b")`,
		` ( age<-2.5 )`:                   `age < -2.5`,
		`a answered or b.r!=1 or c="\"中"`: `a answered or b.r != 1 or c = "\"中"`,
		`not (a answered and b answered)`: `not (a answered and b answered)`,
		``:                                ``,
	} {
		c, err := ParseCondition(text)
		if err != nil || c.String() != want {
			t.Errorf("%s: %v %v", text, c, err)
		}
	}
	for _, bad := range []string{"age", "age >", "age > x", "and", "(a answered", "a answered b", `a = "x`, "1a = 2", "a = null", "a.b.c/ = 1", strings.Repeat("(", 100), strings.Repeat("not ", 99) + "a answered"} {
		if c, err := ParseCondition(bad); err == nil {
			t.Errorf("%s: read as %v", bad, c)
		}
	}
}

func TestConditionTextHoldsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := someForm.Draw(t, "form")
		for _, p := range f.Pages {
			if p.Show == nil {
				continue
			}
			back, err := ParseCondition(p.Show.String())
			if err != nil || back.String() != p.Show.String() {
				t.Fatalf("%s: %v %v", p.Show, back, err)
			}
			a := f.Effective(drawAnswers(t, f, true))
			if back.Holds(a) != p.Show.Holds(a) {
				t.Fatalf("%s over %v", p.Show, a)
			}
		}
	})
}

// What Check calls clean is clean: a second look finds the same and keeps everything.
func TestCleanAnswersStayClean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := someForm.Draw(t, "form")
		if errs := f.Validate(); len(errs) > 0 {
			t.Fatal(errs)
		}
		a := drawAnswers(t, f, true)
		clean, faults := f.Check(a)
		delete(a, "stray")
		again, same := f.Check(clean)
		if !cmp.Equal(clean, again) {
			t.Fatal(cmp.Diff(clean, again))
		}
		faults = slices.DeleteFunc(faults, func(x Fault) bool { return x.Code == FaultUnknown })
		if !cmp.Equal(faults, same) && len(faults)+len(same) > 0 {
			t.Fatal(cmp.Diff(faults, same))
		}
	})
}

func TestOrder(t *testing.T) {
	q := Question{ID: "q", Kind: Single, Shuffle: true}
	for _, id := range strings.Split("abcdefghij", "") {
		q.Choices = append(q.Choices, Choice{ID: id, Fixed: id == "j", Exclusive: id == "c"})
	}
	first := map[int]int{}
	for seed := range 2000 {
		order := q.Order(strings.Repeat("x", seed%7) + string(rune('a'+seed%26)) + strings.Repeat("y", seed/26))
		if order[2] != 2 || order[9] != 9 {
			t.Fatal("a choice that is fixed or exclusive moved: ", order)
		}
		sorted := slices.Sorted(slices.Values(order))
		if !slices.Equal(sorted, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) {
			t.Fatal(order)
		}
		first[order[0]]++
	}
	for i, n := range first { // 250 expected of each of the 8 that move; 5 standard deviations
		if n < 176 || n > 324 {
			t.Errorf("choice %d came first %d times of 2000", i, n)
		}
	}
}

func FuzzDecodeForm(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(`{"pages":[{"show":{"all":[{}]}}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		form, errs := DecodeForm(bytes.NewReader(raw))
		if (form == nil) == (len(errs) == 0) {
			t.Fatal("neither a form nor an error, or both")
		}
		if form != nil {
			form.Check(Answers{"age": 3.0})
			form.WriteXLSForm()
		}
	})
}

func FuzzParseCondition(f *testing.F) {
	f.Add(`age >= 18 and (sex = "f" or not media includes "tv")`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCondition(text)
		if err != nil || c == nil {
			return
		}
		back, err := ParseCondition(c.String())
		if err != nil || back.String() != c.String() {
			t.Fatalf("%q became %q: %v", text, c.String(), err)
		}
	})
}

// Who is known before they are asked is told at the door; of others only what holds for everybody.
func TestAStratumIsFullByWhatIsKnown(t *testing.T) {
	f := &Form{Quotas: []Quota{{ID: "old", Strata: []string{"a"}, When: &Condition{Question: "age", Op: Eq, Value: "old"}, Wanted: 2}, {ID: "all", Strata: []string{"b"}, Wanted: 1}}}
	for _, c := range []struct {
		stratum string
		known   Answers
		counts  map[string]int
		want    bool
	}{
		{"a", Answers{"age": "old"}, map[string]int{"old": 2}, true},
		{"a", Answers{"age": "old"}, map[string]int{"old": 1}, false},
		{"a", Answers{"age": "young"}, map[string]int{"old": 2}, false},
		{"a", nil, map[string]int{"old": 2}, false},
		{"b", nil, map[string]int{"all": 1}, true},
		{"b", Answers{"age": "old"}, map[string]int{"all": 1, "old": 9}, true},
	} {
		if got := f.Full(c.stratum, c.known, c.counts); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
