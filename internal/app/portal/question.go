package portal

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/assess/measure/survey"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// question is one question of a survey as a form of its own.
type question struct {
	Step         int
	Last         bool
	Count, Title string
	Help, Fault  string
	Low, High    string // what the ends of a scale mean
	Rows         []questionRow
	Field        *questionField
}

// questionRow is a row of choices; a grid has several.
type questionRow struct {
	Name, Title string
	Scale       bool
	Choices     []questionChoice
	Away        []questionChoice // of a scale: ways not to answer
}

type questionChoice struct {
	Type, Value, Title string
	On                 bool
}

// questionField is somewhere to write.
type questionField struct {
	Type, Value, Mode, Unit string
	Lines                   bool
	Length                  int
	Nonresponse             []questionChoice
}

// declined marks the value of a way not to answer.
const declined = "$"

// waits are refusals of an answer that will be taken a little later, by what the address says.
var waits = map[string]string{"soon": "measure.survey.soon", "busy": "request.too_many"}

var faultCode = regexp.MustCompile(`^[a-z]{1,20}$`)

// ask lays out the question that somebody has come to.
func (r *request) ask(a *survey.Asked, b *survey.Begun) *question {
	visible := a.Form.Visible(b.Answers)
	step := min(b.Step, max(len(visible)-1, 0))
	q, _ := a.Form.Question(visible[step])
	say := func(t engine.Text) string { return t.In(string(r.lang), a.Form.Languages...) }
	out := &question{Step: step, Last: step == len(visible)-1, Count: r.t("survey.of", "n", step+1), Title: say(q.Title), Help: say(q.Help)}
	switch code := r.URL.Query().Get("fault"); {
	case code == engine.FaultConstraint && say(q.Message) != "":
		out.Fault = say(q.Message)
	case waits[code] != "":
		out.Fault = i18n.T(r.lang, waits[code], nil)
	case faultCode.MatchString(code):
		code, args := survey.AnswerFault(a.Form, engine.Fault{Question: q.ID, Code: code}, string(r.lang))
		out.Fault = i18n.T(r.lang, code, args)
	}
	if out.Help == "" && q.Kind != engine.Note && !q.Required {
		out.Help = r.t("survey.optional")
	}
	answer := b.Answers[q.ID]
	on := func(answer any, value any) bool {
		switch x := answer.(type) {
		case []any:
			return slices.Contains(x, value)
		case map[string]any:
			return x[declined] != nil && value == declined+x[declined].(string)
		}
		return answer == value
	}
	var away []questionChoice
	decline := func(kind string, answer any) {
		away = nil
		for _, n := range q.Nonresponse {
			away = append(away, questionChoice{kind, declined + n.ID, say(n.Title), on(answer, declined+n.ID) || answer == n.ID})
		}
	}
	scale := func(name, title string, answer any) {
		row := questionRow{Name: name, Title: title, Scale: true}
		for n := q.Scale.Low; n <= q.Scale.High; n++ {
			row.Choices = append(row.Choices, questionChoice{"radio", strconv.Itoa(n), strconv.Itoa(n), answer == float64(n)})
		}
		decline("radio", answer)
		row.Away = away
		out.Rows = append(out.Rows, row)
	}
	if q.Scale != nil {
		end := func(n int, title engine.Text) string {
			if say(title) == "" {
				return ""
			}
			return strconv.Itoa(n) + " " + say(title)
		}
		out.Low, out.High = end(q.Scale.Low, q.Scale.LowTitle), end(q.Scale.High, q.Scale.HighTitle)
	}
	switch q.Kind {
	case engine.Single, engine.Several:
		row, kind := questionRow{Name: "a"}, "radio"
		if q.Kind == engine.Several {
			kind, out.Help = "checkbox", cmp.Or(say(q.Help), r.t("survey.several"))
		}
		for _, c := range a.Form.Offered(q, b.Answers, b.Started.String()) {
			row.Choices = append(row.Choices, questionChoice{kind, c.ID, say(c.Title), on(answer, c.ID)})
		}
		decline(kind, answer)
		row.Choices = append(row.Choices, away...)
		out.Rows = append(out.Rows, row)
	case engine.Rating:
		scale("a", "", answer)
	case engine.Grid:
		said, _ := answer.(map[string]any)
		for _, row := range a.Form.Offered(q, b.Answers, b.Started.String()) {
			scale("a."+row.ID, say(row.Title), said[row.ID])
		}
	case engine.Number, engine.Date, engine.Written:
		decline("checkbox", answer)
		out.Field = &questionField{Type: "text", Unit: say(q.Unit), Lines: q.Lines, Length: cmp.Or(q.Length, engine.MaxAnswer), Nonresponse: away}
		switch x := answer.(type) {
		case string:
			out.Field.Value = x
		case float64:
			out.Field.Value = strconv.FormatFloat(x, 'f', -1, 64)
		}
		if q.Kind == engine.Number {
			out.Field.Mode = "decimal"
		}
		if q.Kind == engine.Date {
			out.Field.Type = "date"
		}
	}
	return out
}

// answerIn is the answer that a form holds; nil for none.
func answerIn(q *engine.Question, form url.Values) any {
	one := func(text string) any {
		if id, ok := strings.CutPrefix(text, declined); ok {
			return map[string]any{declined: id}
		}
		return text
	}
	number := func(text string) any {
		n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil {
			return one(text)
		}
		return n
	}
	text := form.Get("a")
	if n := form.Get("n"); strings.HasPrefix(n, declined) {
		return one(n)
	}
	switch q.Kind {
	case engine.Several:
		picks := []any{}
		for _, v := range form["a"] {
			if strings.HasPrefix(v, declined) {
				return one(v)
			}
			picks = append(picks, v)
		}
		if len(picks) == 0 {
			return nil
		}
		return picks
	case engine.Grid:
		rows := map[string]any{}
		for _, r := range q.Rows {
			if v := form.Get("a." + r.ID); strings.HasPrefix(v, declined) {
				rows[r.ID] = strings.TrimPrefix(v, declined)
			} else if v != "" {
				rows[r.ID] = number(v)
			}
		}
		return rows
	}
	switch {
	case strings.TrimSpace(text) == "":
		return nil
	case q.Kind == engine.Number, q.Kind == engine.Rating:
		return number(text)
	case q.Kind == engine.Single:
		return one(text)
	}
	return text
}

// faultOf is what is wrong with the answer to one question; empty for nothing.
func faultOf(form *engine.Form, q *engine.Question, page int, answers engine.Answers) string {
	for _, f := range form.CheckPage(answers, page) {
		if f.Question == q.ID {
			return f.Code
		}
	}
	return ""
}
