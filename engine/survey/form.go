package survey

import (
	"bytes"
	"encoding/json"
	"io"
)

// What a questionnaire may hold at most.
const (
	MaxBytes     = 4 << 20 // of JSON
	MaxLanguages = 12
	MaxQuestions = 300
	MaxChoices   = 500 // of one question
	MaxRows      = 50  // of one grid
	MaxPoints    = 21  // of one scale
	MaxQuotas    = 200
	MaxTitle     = 2000 // characters of one text in one language
	MaxAnswer    = 4000 // characters of a text answer
)

// Text is one text by language tag (BCP 47).
type Text map[string]string

// In is the text in a language, or else in the first of the fallbacks that has it.
func (t Text) In(lang string, fallback ...string) string {
	if s := t[lang]; s != "" {
		return s
	}
	for _, l := range fallback {
		if s := t[l]; s != "" {
			return s
		}
	}
	return ""
}

// Kind is what sort of answer a question takes.
type Kind string

// The kinds of questions, and what their answers are in JSON.
const (
	Single  Kind = "single"  // the id of a choice
	Several Kind = "several" // ids of choices, each once
	Rating  Kind = "scale"   // a whole number of the scale
	Number  Kind = "number"  // a number
	Written Kind = "text"    // a string
	Date    Kind = "date"    // a string, YYYY-MM-DD
	Grid    Kind = "grid"    // an object: row → whole number of the scale, or nonresponse id
	Note    Kind = "note"    // none: something to read
)

// Form is a questionnaire.
type Form struct {
	ID        string   `json:"id"`
	Version   string   `json:"version"`
	Languages []string `json:"languages"` // the first is asked where a translation is missing
	Title     Text     `json:"title"`
	Intro     Text     `json:"intro,omitempty"`
	Thanks    Text     `json:"thanks,omitempty"`
	Pages     []Page   `json:"pages"`
	Quotas    []Quota  `json:"quotas,omitempty"`
}

// Page is what is asked together.
type Page struct {
	Title     Text       `json:"title,omitempty"`
	Show      *Condition `json:"show,omitempty"` // absent: always
	Questions []Question `json:"questions"`
}

// Question is one question, or something to read.
type Question struct {
	ID       string `json:"id"`
	Kind     Kind   `json:"kind"`
	Title    Text   `json:"title"`
	Help     Text   `json:"help,omitempty"`
	Required bool   `json:"required,omitempty"`

	Show       *Condition `json:"show,omitempty"`       // over earlier questions; absent: always
	Constraint *Condition `json:"constraint,omitempty"` // over this and earlier questions, asked once there is an answer
	Message    Text       `json:"message,omitempty"`    // said when the constraint does not hold

	// Nonresponse are ways not to answer, such as "do not know" and "refused"; of a grid,
	// for each row. They satisfy Required and count apart from answers.
	Nonresponse []Choice `json:"nonresponse,omitempty"`

	Choices []Choice `json:"choices,omitempty"` // single, several
	Shuffle bool     `json:"shuffle,omitempty"` // of choices or rows, by the respondent's seed
	Scale   *Scale   `json:"scale,omitempty"`   // scale, grid
	Rows    []Choice `json:"rows,omitempty"`    // grid

	Min     *float64 `json:"min,omitempty"` // of a number; of several, how many are picked
	Max     *float64 `json:"max,omitempty"`
	Integer bool     `json:"integer,omitempty"`
	Unit    Text     `json:"unit,omitempty"`

	Lines  bool `json:"lines,omitempty"`  // a text of several lines
	Length int  `json:"length,omitempty"` // characters of a text at most; 0 is MaxAnswer

	Earliest string `json:"earliest,omitempty"` // of a date
	Latest   string `json:"latest,omitempty"`
}

// Choice is one thing to pick, a row of a grid or a kind of nonresponse.
type Choice struct {
	ID        string     `json:"id"`
	Title     Text       `json:"title"`
	Show      *Condition `json:"show,omitempty"`      // of a choice: offered only then, e.g. the townships of the district
	Exclusive bool       `json:"exclusive,omitempty"` // picked alone: "none of these"
	Fixed     bool       `json:"fixed,omitempty"`     // keeps its place when choices are shuffled; exclusive ones do too
}

// Scale is a row of whole numbers with words at its ends.
type Scale struct {
	Low       int  `json:"low"`
	High      int  `json:"high"`
	LowTitle  Text `json:"lowTitle,omitempty"`
	HighTitle Text `json:"highTitle,omitempty"`
	NPS       bool `json:"nps,omitempty"` // 0–10, "how likely to recommend": a net promoter score is reported
}

// DecodeForm reads a questionnaire and validates it. Fields that are not known are
// refused: a typing error would otherwise silently drop a branch. Every fault found is
// returned, each an *Error.
func DecodeForm(r io.Reader) (*Form, []error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, []error{err}
	}
	if len(raw) > MaxBytes {
		return nil, []error{&Error{"survey.form.large", "", map[string]any{"limit": MaxBytes}}}
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	f := new(Form)
	if err := dec.Decode(f); err != nil {
		return nil, []error{&Error{"survey.form.unreadable", "", map[string]any{"at": dec.InputOffset(), "reason": clip(err.Error())}}}
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, []error{&Error{"survey.form.unreadable", "", map[string]any{"at": dec.InputOffset(), "reason": "more than one value"}}}
	}
	if errs := f.Validate(); len(errs) > 0 {
		return nil, errs
	}
	return f, nil
}

// Question is the question of an id and its page, or nil.
func (f *Form) Question(id string) (q *Question, page int) {
	for i := range f.Pages {
		for j := range f.Pages[i].Questions {
			if q := &f.Pages[i].Questions[j]; q.ID == id {
				return q, i
			}
		}
	}
	return nil, -1
}

func find(list []Choice, id string) *Choice {
	for i := range list {
		if list[i].ID == id {
			return &list[i]
		}
	}
	return nil
}

// clip keeps a hostile value from filling a message.
func clip(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}
