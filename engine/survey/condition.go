package survey

import (
	"fmt"
	"math"
)

// Condition is a tree over answers. Exactly one of All, Any, Not and Op is set. It is
// true or false, never unknown: a comparison with a question that has no answer, is not
// shown or was declined is false. Ne is the negation of Eq, so it holds where there is no
// answer; ask for Answered as well where that is not meant.
type Condition struct {
	All []Condition `json:"all,omitempty"`
	Any []Condition `json:"any,omitempty"`
	Not *Condition  `json:"not,omitempty"`

	Question string `json:"question,omitempty"`
	Row      string `json:"row,omitempty"` // of a grid
	Op       Op     `json:"op,omitempty"`
	Value    any    `json:"value,omitempty"` // string or float64; none for Answered
}

// Op is how an answer is compared.
type Op string

// The comparisons. Eq and Ne take the id of a choice or of a nonresponse, a number, a
// text or a date; the orders take a number or a date; Includes takes the id of a choice
// or nonresponse of a several; Answered holds for every kind once there is an answer
// that is not a nonresponse.
const (
	Eq       Op = "eq"
	Ne       Op = "ne"
	Lt       Op = "lt"
	Le       Op = "le"
	Gt       Op = "gt"
	Ge       Op = "ge"
	Includes Op = "includes"
	Answered Op = "answered"
)

const (
	maxDepth = 20
	maxNodes = 500
)

// Holds evaluates a condition over effective answers (see Form.Effective). A nil condition
// holds.
func (c *Condition) Holds(a Answers) bool {
	if c == nil {
		return true
	}
	switch {
	case c.All != nil:
		for i := range c.All {
			if !c.All[i].Holds(a) {
				return false
			}
		}
		return true
	case c.Any != nil:
		for i := range c.Any {
			if c.Any[i].Holds(a) {
				return true
			}
		}
		return false
	case c.Not != nil:
		return !c.Not.Holds(a)
	}
	return c.compare(a[c.Question])
}

func (c *Condition) compare(answer any) bool {
	declined, isDeclined := nonresponse(answer)
	if grid, ok := answer.(map[string]any); ok && c.Row != "" {
		answer = grid[c.Row]
		declined, isDeclined = answer.(string)
	}
	if isDeclined {
		switch c.Op {
		case Eq, Includes:
			return same(declined, c.Value)
		case Ne:
			return !same(declined, c.Value)
		}
		return false
	}
	switch c.Op {
	case Answered:
		if grid, ok := answer.(map[string]any); ok { // by any row that is no nonresponse
			for _, x := range grid {
				if _, declined := x.(string); !declined {
					return true
				}
			}
			return false
		}
		return answer != nil
	case Eq:
		return same(answer, c.Value)
	case Ne:
		return !same(answer, c.Value)
	case Includes:
		list, _ := answer.([]any)
		for _, x := range list {
			if same(x, c.Value) {
				return true
			}
		}
		return false
	}
	return ordered(answer, c.Op, c.Value)
}

// same is equality of two strings or two numbers.
func same(x, y any) bool {
	switch x := x.(type) {
	case string:
		y, ok := y.(string)
		return ok && x == y
	case float64:
		y, ok := y.(float64)
		return ok && x == y
	}
	return false
}

// ordered compares two numbers, or two dates by their letters.
func ordered(x any, op Op, y any) bool {
	order := 0
	switch x := x.(type) {
	case float64:
		y, ok := y.(float64)
		if !ok {
			return false
		}
		order = sign(x, y)
	case string:
		y, ok := y.(string)
		if !ok {
			return false
		}
		order = sign(x, y)
	default:
		return false
	}
	switch op {
	case Lt:
		return order < 0
	case Le:
		return order <= 0
	case Gt:
		return order > 0
	case Ge:
		return order >= 0
	}
	return false
}

func sign[T float64 | string](x, y T) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// walk visits every comparison.
func (c *Condition) walk(visit func(*Condition)) {
	if c == nil {
		return
	}
	for i := range c.All {
		c.All[i].walk(visit)
	}
	for i := range c.Any {
		c.Any[i].walk(visit)
	}
	c.Not.walk(visit)
	if c.Op != "" {
		visit(c)
	}
}

// condition checks a tree whose questions must stand before it; own is the question
// that a constraint belongs to and may ask about.
func (v *validation) condition(c *Condition, place string, own *Question) {
	nodes := 0
	v.node(c, place, own, 1, &nodes)
	if nodes > maxNodes {
		v.fault("condition.large", place, "limit", maxNodes)
	}
}

func (v *validation) node(c *Condition, place string, own *Question, depth int, nodes *int) {
	if c == nil {
		return
	}
	if *nodes++; *nodes > maxNodes {
		return
	}
	if depth > maxDepth {
		v.fault("condition.deep", place, "limit", maxDepth)
		return
	}
	forms := 0
	for _, set := range []bool{c.All != nil, c.Any != nil, c.Not != nil, c.Op != ""} {
		if set {
			forms++
		}
	}
	if forms != 1 || (c.Op == "" && (c.Question != "" || c.Row != "" || c.Value != nil)) {
		v.fault("condition.shape", place)
		return
	}
	for name, list := range map[string][]Condition{"all": c.All, "any": c.Any} {
		if list != nil && len(list) == 0 {
			v.fault("condition.shape", place+"."+name)
		}
		for i := range list {
			v.node(&list[i], fmt.Sprintf("%s.%s[%d]", place, name, i), own, depth+1, nodes)
		}
	}
	v.node(c.Not, place+".not", own, depth+1, nodes)
	if c.Op != "" {
		v.comparison(c, place, own)
	}
}

func (v *validation) comparison(c *Condition, place string, own *Question) {
	q := v.seen[c.Question]
	if own != nil && own.ID == c.Question {
		q = own
	}
	if q == nil {
		if later, _ := v.form.Question(c.Question); later != nil {
			v.fault("condition.later", place, "question", c.Question)
		} else {
			v.fault("condition.unknown", place, "question", clip(c.Question))
		}
		return
	}
	if q.Kind == Note {
		v.fault("condition.type", place, "question", q.ID, "kind", string(q.Kind), "op", string(c.Op))
		return
	}
	if (c.Row != "") != (q.Kind == Grid) && !(q.Kind == Grid && c.Op == Answered) {
		v.fault("condition.row", place, "question", q.ID)
		return
	}
	if c.Row != "" && find(q.Rows, c.Row) == nil {
		v.fault("condition.row", place, "question", q.ID, "row", clip(c.Row))
		return
	}
	if problem := q.comparable(c.Op, c.Value); problem != "" {
		v.fault(problem, place, "question", q.ID, "kind", string(q.Kind), "op", clip(string(c.Op)), "value", clip(fmt.Sprint(c.Value)))
	}
}

// comparable says why answers of q cannot be compared so, or nothing.
func (q *Question) comparable(op Op, value any) string {
	text, isText := value.(string)
	num, isNumber := value.(float64)
	if isNumber && (math.IsNaN(num) || math.IsInf(num, 0)) {
		return "condition.value"
	}
	declines := isText && find(q.Nonresponse, text) != nil
	equality := op == Eq || op == Ne
	order := op == Lt || op == Le || op == Gt || op == Ge
	switch {
	case op == Answered:
		if value != nil {
			return "condition.value"
		}
		return ""
	case !equality && !order && op != Includes:
		return "condition.op"
	case (op == Includes) != (q.Kind == Several):
		return "condition.type"
	case declines && !order:
		return ""
	}
	switch q.Kind {
	case Single, Several:
		if order {
			return "condition.type"
		}
		if !isText || find(q.Choices, text) == nil {
			return "condition.choice"
		}
	case Rating, Number, Grid:
		if !isNumber {
			return "condition.value"
		}
	case Written:
		if order {
			return "condition.type"
		}
		if !isText {
			return "condition.value"
		}
	case Date:
		if !isText || !isDate(text) {
			return "condition.value"
		}
	}
	return ""
}
