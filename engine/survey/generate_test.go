package survey

import (
	"fmt"

	"pgregory.net/rapid"
)

// Random forms and answers: every kind, conditions of every op, answers right and wrong.

func words(s string) Text { return Text{"zh": s, "en": s + " en"} }

func someChoices(t *rapid.T, prefix string, least int) []Choice {
	var out []Choice
	for i := range rapid.IntRange(least, 5).Draw(t, prefix) {
		id := fmt.Sprintf("%s%d", prefix, i)
		out = append(out, Choice{ID: id, Title: words(id)})
	}
	return out
}

func drawQuestion(t *rapid.T, id string) Question {
	q := Question{ID: id, Title: words(id), Kind: rapid.SampledFrom([]Kind{Single, Several, Rating, Number, Written, Date, Grid, Note}).Draw(t, "kind")}
	if q.Kind == Note {
		return q
	}
	q.Required = rapid.Bool().Draw(t, "required")
	choiceKind := q.Kind == Single || q.Kind == Several || q.Kind == Rating || q.Kind == Grid
	if choiceKind && rapid.Bool().Draw(t, "declines") {
		q.Nonresponse = []Choice{{ID: "dk", Title: words("dk")}}
	}
	bound := func(low, high int) *float64 {
		if rapid.Bool().Draw(t, "bounded") {
			x := float64(rapid.IntRange(low, high).Draw(t, "bound"))
			return &x
		}
		return nil
	}
	switch q.Kind {
	case Single:
		q.Choices = someChoices(t, "c", 2)
		q.Shuffle = rapid.Bool().Draw(t, "shuffle")
	case Several:
		q.Choices = someChoices(t, "c", 3)
		q.Min, q.Max = bound(1, 2), bound(2, 3)
		q.Choices[len(q.Choices)-1].Exclusive = rapid.Bool().Draw(t, "exclusive")
	case Rating:
		q.Scale = &Scale{Low: rapid.IntRange(0, 1).Draw(t, "low"), High: rapid.IntRange(4, 5).Draw(t, "high"), LowTitle: words("bad"), HighTitle: words("good")}
	case Grid:
		q.Scale, q.Rows = &Scale{Low: 1, High: 5}, someChoices(t, "r", 1)
	case Number:
		q.Min, q.Max, q.Integer = bound(-3, 2), bound(3, 9), rapid.Bool().Draw(t, "integer")
	case Written:
		q.Length, q.Lines = rapid.IntRange(0, 6).Draw(t, "length"), rapid.Bool().Draw(t, "lines")
	case Date:
		if rapid.Bool().Draw(t, "dated") {
			q.Earliest, q.Latest = "2024-02-28", "2026-03-01"
		}
	}
	return q
}

var days = []string{"2024-02-27", "2024-02-28", "2024-02-29", "2025-11-30", "2026-03-01", "2026-03-02"}

func drawCondition(t *rapid.T, over []Question, depth int) Condition {
	if depth > 0 {
		switch rapid.IntRange(0, 5).Draw(t, "shape") {
		case 0:
			return Condition{All: []Condition{drawCondition(t, over, depth-1), drawCondition(t, over, depth-1)}}
		case 1:
			return Condition{Any: []Condition{drawCondition(t, over, depth-1), drawCondition(t, over, depth-1)}}
		case 2:
			inner := drawCondition(t, over, depth-1)
			return Condition{Not: &inner}
		}
	}
	q := rapid.SampledFrom(over).Draw(t, "of")
	c := Condition{Question: q.ID, Op: Answered}
	if q.Kind == Grid {
		c.Row = rapid.SampledFrom(q.Rows).Draw(t, "row").ID
	}
	equal, order := []Op{Answered, Eq, Ne}, []Op{Answered, Eq, Ne, Lt, Le, Gt, Ge}
	id := func(list []Choice) string {
		return rapid.SampledFrom(append(list[:len(list):len(list)], q.Nonresponse...)).Draw(t, "choice").ID
	}
	pick := func(ops []Op) Op { return rapid.SampledFrom(ops).Draw(t, "op") }
	switch q.Kind {
	case Single:
		c.Op, c.Value = pick(equal), id(q.Choices)
	case Several:
		c.Op, c.Value = pick([]Op{Answered, Includes}), id(q.Choices)
	case Rating, Number, Grid:
		c.Op, c.Value = pick(order), float64(rapid.IntRange(-1, 6).Draw(t, "value"))
	case Written:
		c.Op, c.Value = pick(equal), rapid.SampledFrom([]string{"a", "中文", "it's"}).Draw(t, "value")
	case Date:
		c.Op, c.Value = pick(order), rapid.SampledFrom(days).Draw(t, "value")
	}
	if c.Op == Answered {
		if q.Kind == Grid && rapid.Bool().Draw(t, "whole") {
			c.Row = ""
		}
		c.Value = nil
	}
	return c
}

var someForm = rapid.Custom(func(t *rapid.T) *Form {
	f := &Form{ID: "f", Version: "1", Languages: []string{"zh", "en"}, Title: words("form")}
	var asked []Question
	show := func() *Condition {
		if len(asked) == 0 || !rapid.Bool().Draw(t, "shown") {
			return nil
		}
		c := drawCondition(t, asked, 2)
		return &c
	}
	for range rapid.IntRange(1, 3).Draw(t, "pages") {
		p := Page{Title: words("page"), Show: show()}
		for range rapid.IntRange(1, 4).Draw(t, "questions") {
			q := drawQuestion(t, fmt.Sprintf("q%d", f.count()+len(p.Questions)))
			q.Show = show()
			offer(t, &q, asked)
			if q.Kind != Note {
				asked = append(asked, q)
				if q.Kind != Grid && rapid.IntRange(0, 3).Draw(t, "constrained") == 0 {
					c := drawCondition(t, asked, 1)
					q.Constraint = &c
				}
			}
			p.Questions = append(p.Questions, q)
		}
		f.Pages = append(f.Pages, p)
	}
	if len(asked) > 0 {
		c := drawCondition(t, asked, 1)
		f.Quotas = []Quota{{ID: "half", When: &c, Wanted: 3}, {ID: "town", Strata: []string{"a"}, Wanted: 1}}
	}
	return f
})

// offer makes choices depend on an earlier single choice, as districts and townships do.
func offer(t *rapid.T, q *Question, asked []Question) {
	for _, on := range asked {
		if on.Kind != Single || q.Kind != Single && q.Kind != Several || rapid.IntRange(0, 2).Draw(t, "filtered") > 0 {
			continue
		}
		for i := range q.Choices {
			if k := rapid.IntRange(0, len(on.Choices)).Draw(t, "of"); k < len(on.Choices) {
				q.Choices[i].Show = &Condition{Question: on.ID, Op: Eq, Value: on.Choices[k].ID}
			}
		}
		return
	}
}

func (f *Form) count() (n int) {
	for _, p := range f.Pages {
		n += len(p.Questions)
	}
	return n
}

// drawAnswers gives each question an answer that is mostly right; wrong ones too if wild.
func drawAnswers(t *rapid.T, f *Form, wild bool) Answers {
	a := Answers{}
	for _, p := range f.Pages {
		for _, q := range p.Questions {
			if rapid.IntRange(0, 4).Draw(t, "skip") > 0 && q.Kind != Note {
				a[q.ID] = drawAnswer(t, q, wild)
			}
		}
	}
	if wild && rapid.IntRange(0, 9).Draw(t, "stray") == 0 {
		a["stray"] = "x"
	}
	return a
}

func drawAnswer(t *rapid.T, q Question, wild bool) any {
	if wild && rapid.IntRange(0, 7).Draw(t, "wild") == 0 {
		return rapid.SampledFrom([]any{"", " x ", 2.5, -1e9, true, []any{}, []any{"c0", "c0"}, []any{1.0}, map[string]any{"$": "dk"},
			map[string]any{"$": "no"}, map[string]any{"r0": "dk"}, map[string]any{"zz": 1.0, "r0": 9.0}, map[string]any{}, "2023-02-29"}).Draw(t, "value")
	}
	if len(q.Nonresponse) > 0 && q.Kind != Grid && rapid.IntRange(0, 5).Draw(t, "decline") == 0 {
		return map[string]any{"$": "dk"}
	}
	number := func(low, high int) float64 { return float64(rapid.IntRange(low, high).Draw(t, "number")) }
	switch q.Kind {
	case Single:
		return rapid.SampledFrom(q.Choices).Draw(t, "choice").ID
	case Several:
		picks := []any{}
		for _, c := range q.Choices {
			if rapid.Bool().Draw(t, "pick") {
				picks = append(picks, c.ID)
			}
		}
		return picks
	case Rating:
		return number(q.Scale.Low, q.Scale.High)
	case Number:
		return number(-4, 10)
	case Written:
		return rapid.SampledFrom([]string{"a", "中文", "it's", "seven letters", "😀😀😀", "\u3000a "}).Draw(t, "text")
	case Date:
		return rapid.SampledFrom(days).Draw(t, "day")
	}
	rows := map[string]any{}
	for _, r := range q.Rows {
		if rapid.IntRange(0, 4).Draw(t, "row") > 0 {
			rows[r.ID] = number(1, 5)
			if len(q.Nonresponse) > 0 && rapid.IntRange(0, 3).Draw(t, "decline") == 0 {
				rows[r.ID] = "dk"
			}
		}
	}
	return rows
}
