package survey

import (
	"math"
	"strings"
	"unicode/utf8"
)

// Answers are what one respondent said, by question id, as encoding/json decodes it.
type Answers map[string]any

// Fault is what is wrong with one answer. form.ts finds the same.
type Fault struct {
	Question string `json:"question"`
	Row      string `json:"row,omitempty"`
	Code     string `json:"code"` // one of the Fault constants
}

// Why an answer is refused.
const (
	FaultUnknown    = "unknown"    // no such question, or nothing to answer there
	FaultRequired   = "required"   // an answer is missing
	FaultType       = "type"       // not what such a question takes
	FaultChoice     = "choice"     // no such choice, or one twice
	FaultExclusive  = "exclusive"  // an exclusive choice beside others
	FaultFew        = "few"        // fewer picks than asked for
	FaultMany       = "many"       // more picks than allowed
	FaultLow        = "low"        // below the least, or before the earliest
	FaultHigh       = "high"       // above the most, or after the latest
	FaultInteger    = "integer"    // not a whole number
	FaultLong       = "long"       // a text of too many characters
	FaultRow        = "row"        // no such row of the grid
	FaultConstraint = "constraint" // the question's own condition does not hold
)

// Check judges a whole set of answers. Only questions that are shown count: clean holds
// their answers and nothing else, without empty ones; answers to hidden questions are
// dropped in silence. Faults come in the order of the form, unknown questions last and
// by name.
func (f *Form) Check(a Answers) (clean Answers, faults []Fault) {
	clean = f.Effective(a)
	for _, q := range f.visible(clean) {
		faults = append(faults, q.check(clean)...)
	}
	for _, id := range sortedKeys(a) {
		if q, _ := f.Question(id); q == nil || q.Kind == Note {
			faults = append(faults, Fault{Question: id, Code: FaultUnknown})
		}
	}
	return clean, faults
}

// Effective are the answers that count: of questions shown by the answers before them,
// empty ones left out. Their values are not judged.
func (f *Form) Effective(a Answers) Answers {
	effective := Answers{}
	for i := range f.Pages {
		p := &f.Pages[i]
		if !p.Show.Holds(effective) {
			continue
		}
		for j := range p.Questions {
			q := &p.Questions[j]
			if x := tidy(a[q.ID]); x != nil && q.Kind != Note && q.Show.Holds(effective) {
				effective[q.ID] = x
			}
		}
	}
	return effective
}

// Visible lists the ids of the questions and notes that these answers show, in order.
func (f *Form) Visible(a Answers) []string {
	ids := []string{}
	for _, q := range f.visible(f.Effective(a)) {
		ids = append(ids, q.ID)
	}
	return ids
}

// visible walks the form; since conditions look back only, effective answers decide.
func (f *Form) visible(effective Answers) []*Question {
	var out []*Question
	for i := range f.Pages {
		out = append(out, f.Pages[i].visible(effective)...)
	}
	return out
}

func (p *Page) visible(effective Answers) []*Question {
	if !p.Show.Holds(effective) {
		return nil
	}
	var out []*Question
	for j := range p.Questions {
		if q := &p.Questions[j]; q.Show.Holds(effective) {
			out = append(out, q)
		}
	}
	return out
}

// NextPage is the first page after page that has something to show, or len(Pages).
// Begin with -1.
func (f *Form) NextPage(a Answers, page int) int {
	effective := f.Effective(a)
	for page++; page < len(f.Pages); page++ {
		if len(f.Pages[page].visible(effective)) > 0 {
			break
		}
	}
	return page
}

// PreviousPage is the last page before page that has something to show, or -1.
func (f *Form) PreviousPage(a Answers, page int) int {
	effective := f.Effective(a)
	for page--; page >= 0; page-- {
		if len(f.Pages[page].visible(effective)) > 0 {
			break
		}
	}
	return page
}

// CheckPage judges the answers of one page only, as Check does: for going on to the next.
func (f *Form) CheckPage(a Answers, page int) []Fault {
	effective := f.Effective(a)
	var faults []Fault
	for _, q := range f.Pages[page].visible(effective) {
		faults = append(faults, q.check(effective)...)
	}
	return faults
}

func (q *Question) check(effective Answers) []Fault {
	answer := effective[q.ID]
	fault := func(code string) []Fault { return []Fault{{Question: q.ID, Code: code}} }
	if answer == nil {
		switch {
		case !q.Required:
			return nil
		case q.Kind == Grid:
			return q.checkGrid(nil)
		}
		return fault(FaultRequired)
	}
	if id, ok := nonresponse(answer); ok {
		if find(q.Nonresponse, id) == nil || q.Kind == Grid {
			return fault(FaultChoice)
		}
		return nil
	}
	if q.Kind == Grid {
		rows, ok := answer.(map[string]any)
		if !ok {
			return fault(FaultType)
		}
		if faults := q.checkGrid(rows); len(faults) > 0 {
			return faults
		}
	} else if code := q.judge(answer); code != "" {
		return fault(code)
	} else if !q.offers(answer, effective) {
		return fault(FaultChoice)
	}
	if !q.Constraint.Holds(effective) {
		return fault(FaultConstraint)
	}
	return nil
}

// judge is the fault of one answer that is there and no nonresponse, or nothing.
func (q *Question) judge(answer any) string {
	text, isText := answer.(string)
	switch q.Kind {
	case Single:
		if !isText {
			return FaultType
		}
		if find(q.Choices, text) == nil {
			return FaultChoice
		}
	case Several:
		picks, ok := answer.([]any)
		if !ok {
			return FaultType
		}
		return q.judgePicks(picks)
	case Rating:
		return q.Scale.judge(answer)
	case Number:
		x, ok := answer.(float64)
		switch {
		case !ok || math.IsNaN(x) || math.IsInf(x, 0):
			return FaultType
		case q.Integer && x != math.Trunc(x):
			return FaultInteger
		case q.Min != nil && x < *q.Min:
			return FaultLow
		case q.Max != nil && x > *q.Max:
			return FaultHigh
		}
	case Written:
		limit := q.Length
		if limit == 0 {
			limit = MaxAnswer
		}
		if !isText {
			return FaultType
		}
		if utf8.RuneCountInString(text) > limit {
			return FaultLong
		}
	case Date:
		switch {
		case !isText || !isDate(text):
			return FaultType
		case q.Earliest != "" && text < q.Earliest:
			return FaultLow
		case q.Latest != "" && text > q.Latest:
			return FaultHigh
		}
	}
	return ""
}

// offers reports whether all choices in a well-formed answer are shown.
func (q *Question) offers(answer any, effective Answers) bool {
	picks, several := answer.([]any)
	if !several {
		picks = []any{answer}
	}
	for _, x := range picks {
		if id, ok := x.(string); ok {
			if c := find(q.Choices, id); c != nil && !c.Show.Holds(effective) {
				return false
			}
		}
	}
	return true
}

func (q *Question) judgePicks(picks []any) string {
	seen := map[string]bool{}
	exclusive := false
	for _, x := range picks {
		id, ok := x.(string)
		if !ok {
			return FaultType
		}
		c := find(q.Choices, id)
		if c == nil || seen[id] {
			return FaultChoice
		}
		seen[id] = true
		exclusive = exclusive || c.Exclusive
	}
	n := float64(len(picks))
	switch {
	case exclusive && len(picks) > 1:
		return FaultExclusive
	case exclusive:
	case q.Min != nil && n < *q.Min:
		return FaultFew
	case q.Max != nil && n > *q.Max:
		return FaultMany
	}
	return ""
}

func (s *Scale) judge(answer any) string {
	x, ok := answer.(float64)
	switch {
	case !ok:
		return FaultType
	case x != math.Trunc(x):
		return FaultInteger
	case x < float64(s.Low):
		return FaultLow
	case x > float64(s.High):
		return FaultHigh
	}
	return ""
}

func (q *Question) checkGrid(rows map[string]any) []Fault {
	var faults []Fault
	for _, r := range q.Rows {
		code := ""
		switch x := rows[r.ID].(type) {
		case nil:
			if q.Required {
				code = FaultRequired
			}
		case string:
			if find(q.Nonresponse, x) == nil {
				code = FaultChoice
			}
		default:
			code = q.Scale.judge(x)
		}
		if code != "" {
			faults = append(faults, Fault{q.ID, r.ID, code})
		}
	}
	for _, id := range sortedKeys(rows) {
		if find(q.Rows, id) == nil {
			faults = append(faults, Fault{q.ID, id, FaultRow})
		}
	}
	return faults
}

// nonresponse is the id in {"$": id}.
func nonresponse(answer any) (string, bool) {
	m, ok := answer.(map[string]any)
	if !ok || len(m) != 1 {
		return "", false
	}
	id, ok := m["$"].(string)
	return id, ok
}

// tidy is an answer without spaces around text, or nil for an empty one.
func tidy(answer any) any {
	switch x := answer.(type) {
	case string:
		if x = trim(x); x == "" {
			return nil
		}
		return x
	case []any:
		if len(x) == 0 {
			return nil
		}
	case map[string]any:
		rows := map[string]any{}
		for id, v := range x {
			if v = tidy(v); v != nil {
				rows[id] = v
			}
		}
		if len(rows) == 0 {
			return nil
		}
		return rows
	}
	return answer
}

// trim takes the spaces that people type from both ends: the same set as form.ts.
func trim(s string) string { return strings.Trim(s, " \t\r\n\u3000") }

// isDate reports whether s is a day of the Gregorian calendar as YYYY-MM-DD.
func isDate(s string) bool {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return false
	}
	n := [3]int{}
	for i, part := range [3]string{s[:4], s[5:7], s[8:]} {
		for _, c := range []byte(part) {
			if c < '0' || c > '9' {
				return false
			}
			n[i] = 10*n[i] + int(c-'0')
		}
	}
	year, month, day := n[0], n[1], n[2]
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	days := [12]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		days = 29
	}
	return day <= days
}
