package survey

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/language"
)

var (
	questionID = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,63}$`)
	choiceID   = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$`)
)

// validation gathers faults while a form is walked from top to bottom, so that a
// condition can only see the questions before it and a cycle cannot be written.
type validation struct {
	form  *Form
	seen  map[string]*Question
	total int
	errs  []error
}

func (v *validation) fault(code, place string, args ...any) {
	e := &Error{Code: "survey." + code, Place: place}
	for i := 0; i+1 < len(args); i += 2 {
		if e.Args == nil {
			e.Args = map[string]any{}
		}
		e.Args[args[i].(string)] = args[i+1]
	}
	v.errs = append(v.errs, e)
}

// Validate lists everything that keeps the form from being asked, each an *Error.
func (f *Form) Validate() []error {
	v := &validation{form: f, seen: map[string]*Question{}}
	if !choiceID.MatchString(f.ID) {
		v.fault("id.invalid", "id", "id", clip(f.ID))
	}
	if len(f.Version) > 64 {
		v.fault("text.long", "version", "limit", 64)
	}
	v.languages()
	v.required(f.Title, "title")
	v.text(f.Intro, "intro")
	v.text(f.Thanks, "thanks")
	if len(f.Pages) == 0 {
		v.fault("pages.none", "pages")
	}
	for i, p := range f.Pages {
		place := fmt.Sprintf("pages[%d]", i)
		v.text(p.Title, place+".title")
		v.condition(p.Show, place+".show", nil)
		if len(p.Questions) == 0 {
			v.fault("questions.none", place+".questions")
		}
		for j := range p.Questions {
			at := fmt.Sprintf("%s.questions[%d]", place, j)
			if v.total++; v.total > MaxQuestions {
				v.fault("questions.many", at, "limit", MaxQuestions)
				return v.errs
			}
			v.question(&p.Questions[j], at)
		}
	}
	v.quotas()
	return v.errs
}

func (v *validation) languages() {
	if n := len(v.form.Languages); n == 0 {
		v.fault("languages.none", "languages")
	} else if n > MaxLanguages {
		v.fault("languages.many", "languages", "limit", MaxLanguages)
	}
	seen := map[string]bool{}
	for i, l := range v.form.Languages {
		place := fmt.Sprintf("languages[%d]", i)
		if _, err := language.Parse(l); err != nil || l == "" {
			v.fault("language.invalid", place, "language", clip(l))
		}
		if seen[l] {
			v.fault("language.twice", place, "language", clip(l))
		}
		seen[l] = true
	}
}

// text checks the languages and lengths of a text that may be absent.
func (v *validation) text(t Text, place string) {
	for l, s := range t {
		known := false
		for _, k := range v.form.Languages {
			known = known || k == l
		}
		if !known {
			v.fault("text.language", place, "language", clip(l))
		}
		if !utf8.ValidString(s) || utf8.RuneCountInString(s) > MaxTitle {
			v.fault("text.long", place+"."+clip(l), "limit", MaxTitle)
		}
	}
}

// required checks a text that must be there in the first language.
func (v *validation) required(t Text, place string) {
	v.text(t, place)
	if len(v.form.Languages) > 0 && trim(t[v.form.Languages[0]]) == "" {
		v.fault("text.missing", place, "language", v.form.Languages[0])
	}
}

func (v *validation) question(q *Question, at string) {
	if !questionID.MatchString(q.ID) || strings.HasPrefix(q.ID, "__") { // browsers and ODK keep the latter for themselves
		v.fault("id.invalid", at+".id", "id", clip(q.ID))
	} else if v.seen[q.ID] != nil {
		v.fault("id.twice", at+".id", "id", q.ID)
	}
	v.required(q.Title, at+".title")
	v.text(q.Help, at+".help")
	v.text(q.Message, at+".message")
	v.text(q.Unit, at+".unit")
	v.condition(q.Show, at+".show", nil)
	v.list(q.Nonresponse, at+".nonresponse", 10)
	for field, list := range map[string][]Choice{"nonresponse": q.Nonresponse, "rows": q.Rows} {
		for i, c := range list {
			if c.Show != nil || c.Exclusive {
				v.fault("field.useless", fmt.Sprintf("%s.%s[%d]", at, field, i), "kind", clip(string(q.Kind)))
			}
		}
	}
	v.fits(q, at)
	switch q.Kind {
	case Single, Several:
		v.choices(q, at)
	case Rating, Grid:
		v.scale(q, at)
	case Number:
		v.bounds(q, at)
	case Written:
		if q.Length < 0 || q.Length > MaxAnswer {
			v.fault("length.invalid", at+".length", "limit", MaxAnswer)
		}
	case Date:
		for field, d := range map[string]string{"earliest": q.Earliest, "latest": q.Latest} {
			if d != "" && !isDate(d) {
				v.fault("date.invalid", at+"."+field, "date", clip(d))
			}
		}
		if q.Earliest != "" && q.Latest != "" && q.Earliest > q.Latest {
			v.fault("bounds.reversed", at+".latest")
		}
	case Note:
	default:
		v.fault("kind.unknown", at+".kind", "kind", clip(string(q.Kind)))
		return
	}
	v.condition(q.Constraint, at+".constraint", q)
	if v.seen[q.ID] == nil {
		v.seen[q.ID] = q
	}
}

// fits refuses fields that the kind has no use for: whoever wrote them expects
// something that would not happen.
func (v *validation) fits(q *Question, at string) {
	for _, x := range []struct {
		field string
		used  bool
		kinds []Kind
	}{
		{"choices", len(q.Choices) > 0, []Kind{Single, Several}},
		{"shuffle", q.Shuffle, []Kind{Single, Several, Grid}},
		{"scale", q.Scale != nil, []Kind{Rating, Grid}},
		{"rows", len(q.Rows) > 0, []Kind{Grid}},
		{"min", q.Min != nil, []Kind{Number, Several}},
		{"max", q.Max != nil, []Kind{Number, Several}},
		{"integer", q.Integer, []Kind{Number}},
		{"unit", len(q.Unit) > 0, []Kind{Number}},
		{"lines", q.Lines, []Kind{Written}},
		{"length", q.Length != 0, []Kind{Written}},
		{"earliest", q.Earliest != "", []Kind{Date}},
		{"latest", q.Latest != "", []Kind{Date}},
		{"required", q.Required, []Kind{Single, Several, Rating, Number, Written, Date, Grid}},
		{"constraint", q.Constraint != nil, []Kind{Single, Several, Rating, Number, Written, Date, Grid}},
		{"nonresponse", len(q.Nonresponse) > 0, []Kind{Single, Several, Rating, Number, Written, Date, Grid}},
	} {
		allowed := !x.used
		for _, k := range x.kinds {
			allowed = allowed || k == q.Kind
		}
		if !allowed {
			v.fault("field.useless", at+"."+x.field, "kind", clip(string(q.Kind)))
		}
	}
}

func (v *validation) list(list []Choice, place string, limit int) {
	if len(list) > limit {
		v.fault("choices.many", place, "limit", limit)
	}
	seen := map[string]bool{}
	for i, c := range list {
		at := fmt.Sprintf("%s[%d]", place, i)
		if !choiceID.MatchString(c.ID) {
			v.fault("id.invalid", at+".id", "id", clip(c.ID))
		}
		if seen[c.ID] {
			v.fault("id.twice", at+".id", "id", clip(c.ID))
		}
		seen[c.ID] = true
		v.required(c.Title, at+".title")
	}
}

func (v *validation) choices(q *Question, at string) {
	v.list(q.Choices, at+".choices", MaxChoices)
	if len(q.Choices) < 2 {
		v.fault("choices.few", at+".choices")
	}
	for i, n := range q.Nonresponse {
		if find(q.Choices, n.ID) != nil {
			v.fault("id.twice", fmt.Sprintf("%s.nonresponse[%d].id", at, i), "id", n.ID)
		}
	}
	for i, c := range q.Choices {
		v.condition(c.Show, fmt.Sprintf("%s.choices[%d].show", at, i), nil)
		if c.Exclusive && q.Kind == Single {
			v.fault("field.useless", fmt.Sprintf("%s.choices[%d].exclusive", at, i), "kind", string(q.Kind))
		}
	}
	if q.Kind == Single {
		if q.Min != nil || q.Max != nil {
			v.fault("field.useless", at+".max", "kind", string(q.Kind))
		}
		return
	}
	v.bounds(q, at)
	for field, b := range map[string]*float64{"min": q.Min, "max": q.Max} {
		if b != nil && (*b != math.Trunc(*b) || *b < 1 || *b > float64(len(q.Choices))) {
			v.fault("picks.invalid", at+"."+field, "choices", len(q.Choices))
		}
	}
}

func (v *validation) bounds(q *Question, at string) {
	if q.Min != nil && q.Max != nil && *q.Min > *q.Max {
		v.fault("bounds.reversed", at+".max")
	}
}

func (v *validation) scale(q *Question, at string) {
	s := q.Scale
	if s == nil {
		v.fault("scale.none", at+".scale")
		return
	}
	if s.High <= s.Low || s.High-s.Low >= MaxPoints || s.Low < -1000 || s.High > 1000 {
		v.fault("scale.invalid", at+".scale", "limit", MaxPoints)
	}
	if s.NPS && (s.Low != 0 || s.High != 10 || q.Kind != Rating) {
		v.fault("scale.nps", at+".scale.nps")
	}
	v.text(s.LowTitle, at+".scale.lowTitle")
	v.text(s.HighTitle, at+".scale.highTitle")
	if q.Kind == Grid {
		v.list(q.Rows, at+".rows", MaxRows)
		if len(q.Rows) == 0 {
			v.fault("rows.none", at+".rows")
		}
	}
}

func (v *validation) quotas() {
	if len(v.form.Quotas) > MaxQuotas {
		v.fault("quotas.many", "quotas", "limit", MaxQuotas)
		return
	}
	seen := map[string]bool{}
	for i, q := range v.form.Quotas {
		at := fmt.Sprintf("quotas[%d]", i)
		if !choiceID.MatchString(q.ID) {
			v.fault("id.invalid", at+".id", "id", clip(q.ID))
		}
		if seen[q.ID] {
			v.fault("id.twice", at+".id", "id", clip(q.ID))
		}
		seen[q.ID] = true
		if q.Wanted < 1 {
			v.fault("quota.wanted", at+".wanted")
		}
		v.text(q.Title, at+".title")
		v.condition(q.When, at+".when", nil)
	}
}

// Untranslated lists texts that a language of the form lacks though the first has
// them: warnings, for the first language is shown in their place.
func (f *Form) Untranslated() []error {
	var out []error
	f.texts(func(place string, t Text) {
		if len(t) == 0 {
			return
		}
		for _, l := range f.Languages {
			if trim(t[l]) == "" {
				out = append(out, &Error{"survey.text.missing", place, map[string]any{"language": l}})
			}
		}
	})
	return out
}

// texts walks every text of the form in order.
func (f *Form) texts(visit func(place string, t Text)) {
	list := func(place string, cs []Choice) {
		for i, c := range cs {
			visit(fmt.Sprintf("%s[%d].title", place, i), c.Title)
		}
	}
	visit("title", f.Title)
	visit("intro", f.Intro)
	visit("thanks", f.Thanks)
	for i, p := range f.Pages {
		place := fmt.Sprintf("pages[%d]", i)
		visit(place+".title", p.Title)
		for j, q := range p.Questions {
			at := fmt.Sprintf("%s.questions[%d]", place, j)
			visit(at+".title", q.Title)
			visit(at+".help", q.Help)
			visit(at+".message", q.Message)
			visit(at+".unit", q.Unit)
			list(at+".nonresponse", q.Nonresponse)
			list(at+".choices", q.Choices)
			list(at+".rows", q.Rows)
			if q.Scale != nil {
				visit(at+".scale.lowTitle", q.Scale.LowTitle)
				visit(at+".scale.highTitle", q.Scale.HighTitle)
			}
		}
	}
	for i, q := range f.Quotas {
		visit(fmt.Sprintf("quotas[%d].title", i), q.Title)
	}
}
