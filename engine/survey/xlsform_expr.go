package survey

import (
	"strconv"
	"strings"
)

// The part of XPath that XLSForms use in relevant and constraint and that a Condition
// can say: comparisons of ${question} or . with a literal, selected(), not(), and, or.

// expr is a node: "ref" (text is the name), "dot", "str", "num", "name" (a column of the
// choices sheet), "call" (text is the function), or an operator.
type expr struct {
	kind string
	text string
	num  float64
	args []*expr
}

const (
	maxExpression = 4096
	maxNesting    = 24
)

type exprParser struct {
	rest  string
	token expr // what is next: kind "end" at the end, "punct" for ( ) ,
	fault string
	depth int
}

// parseExpr reads an expression. A problem, here and below, is a code and what it is
// about, "syntax …"; see xlsReader.problem.
func parseExpr(s string) (e *expr, problem string) {
	if len(s) > maxExpression {
		return nil, "long"
	}
	p := &exprParser{rest: s}
	p.next()
	e = p.or()
	if p.fault == "" && p.token.kind != "end" {
		p.fail()
	}
	return e, p.fault
}

func (p *exprParser) fail() {
	if p.fault == "" {
		p.fault = "syntax " + clip(p.token.text+p.rest)
	}
	p.token, p.rest = expr{kind: "end"}, ""
}

func (p *exprParser) next() {
	s := strings.TrimLeft(p.rest, " \t\r\n")
	take := func(kind string, n int, text string) { p.token, p.rest = expr{kind: kind, text: text}, s[n:] }
	switch {
	case s == "":
		take("end", 0, "")
	case strings.HasPrefix(s, "${"):
		if n := strings.IndexByte(s, '}'); n > 0 {
			take("ref", n+1, strings.TrimSpace(s[2:n]))
			return
		}
		p.fail()
	case s[0] == '\'' || s[0] == '"':
		if n := strings.IndexByte(s[1:], s[0]); n >= 0 {
			take("str", n+2, s[1:n+1])
			return
		}
		p.fail()
	case strings.HasPrefix(s, "!=") || strings.HasPrefix(s, "<=") || strings.HasPrefix(s, ">="):
		take("op", 2, s[:2])
	case strings.IndexByte("=<>", s[0]) >= 0:
		take("op", 1, s[:1])
	case strings.IndexByte("(),", s[0]) >= 0:
		take("punct", 1, s[:1])
	case s[0] >= '0' && s[0] <= '9' || s[0] == '-' && len(s) > 1 && s[1] >= '0' && s[1] <= '9':
		n := 1
		for n < len(s) && (s[n] >= '0' && s[n] <= '9' || s[n] == '.') {
			n++
		}
		x, err := strconv.ParseFloat(s[:n], 64)
		take("num", n, s[:n])
		if p.token.num = x; err != nil {
			p.fail()
		}
	case s[0] == '.' && (len(s) == 1 || s[1] != '.' && s[1] != '/'):
		take("dot", 1, ".")
	default:
		n := 0
		for n < len(s) && (s[n] >= 'a' && s[n] <= 'z' || s[n] >= 'A' && s[n] <= 'Z' || n > 0 && (s[n] == '-' || s[n] == '_' || s[n] >= '0' && s[n] <= '9')) {
			n++
		}
		if n == 0 {
			p.token.text = ""
			p.rest = s
			p.fail()
			return
		}
		take("word", n, s[:n])
	}
}

func (p *exprParser) list(word string, item func() *expr) *expr {
	e := item()
	for p.token.kind == "word" && p.token.text == word {
		p.next()
		if e.kind != word || e.text == "(" {
			e = &expr{kind: word, args: []*expr{e}}
		}
		e.args = append(e.args, item())
	}
	return e
}

func (p *exprParser) or() *expr  { return p.list("or", p.and) }
func (p *exprParser) and() *expr { return p.list("and", p.compare) }

func (p *exprParser) compare() *expr {
	left := p.value()
	if p.token.kind != "op" {
		return left
	}
	op := p.token.text
	p.next()
	return &expr{kind: op, args: []*expr{left, p.value()}}
}

func (p *exprParser) value() *expr {
	if p.depth++; p.depth > maxNesting {
		p.fail()
	}
	defer func() { p.depth-- }()
	t := p.token
	switch t.kind {
	case "ref", "dot", "str", "num":
		p.next()
		return &t
	case "punct":
		if t.text != "(" {
			break
		}
		p.next()
		e := p.or()
		p.close()
		if e.kind == "and" || e.kind == "or" {
			e.text = "(" // so that a list outside does not swallow it
		}
		return e
	case "word":
		p.next()
		e := &expr{kind: "call", text: t.text}
		if p.token.kind != "punct" || p.token.text != "(" {
			if t.text == "and" || t.text == "or" {
				break
			}
			t.kind = "name"
			return &t
		}
		p.next()
		for p.fault == "" && !(p.token.kind == "punct" && p.token.text == ")") {
			e.args = append(e.args, p.or())
			if p.token.text != "," || p.token.kind != "punct" {
				break
			}
			p.next()
		}
		p.close()
		return e
	}
	p.fail()
	return &t
}

func (p *exprParser) close() {
	if p.token.kind != "punct" || p.token.text != ")" {
		p.fail()
		return
	}
	p.next()
}

// String is the expression in one way of writing, to compare with what Write writes.
func (e *expr) String() string {
	join := func(sep string) string {
		var parts []string
		for _, a := range e.args {
			parts = append(parts, a.String())
		}
		return strings.Join(parts, sep)
	}
	switch e.kind {
	case "ref":
		return "${" + e.text + "}"
	case "str":
		return quoteX(e.text)
	case "call":
		return e.text + "(" + join(", ") + ")"
	case "and", "or":
		return "(" + join(" "+e.kind+" ") + ")"
	case "dot", "num", "name":
		return e.text
	}
	return join(" " + e.kind + " ")
}

// quoteX quotes a string for XPath 1.0, which has no escapes; one with both kinds of
// quotes cannot be written, see writable.
func quoteX(s string) string {
	if strings.Contains(s, "'") {
		return `"` + s + `"`
	}
	return "'" + s + "'"
}

// scope knows what names in expressions stand for.
type scope struct {
	names map[string]reference
	own   *Question // what a dot stands for; nil outside a constraint
}

type reference struct {
	question *Question
	row      string
}

var flipped = map[string]string{"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
var compared = map[string]Op{"=": Eq, "!=": Ne, "<": Lt, "<=": Le, ">": Gt, ">=": Ge}

// condition turns an expression into a condition, or says why it cannot.
func (s *scope) condition(e *expr) (c Condition, problem string) {
	switch e.kind {
	case "and", "or":
		var list []Condition
		for _, a := range e.args {
			item, problem := s.condition(a)
			if problem != "" {
				return c, problem
			}
			list = append(list, item)
		}
		if e.kind == "and" {
			return Condition{All: list}, ""
		}
		return Condition{Any: list}, ""
	case "call":
		return s.call(e)
	case "=", "!=", "<", "<=", ">", ">=":
		left, right, op := e.args[0], e.args[1], e.kind
		if left.kind != "ref" && left.kind != "dot" {
			left, right, op = right, left, flipped[op]
		}
		ref, problem := s.resolve(left)
		if problem != "" {
			return c, problem
		}
		return ref.compare(compared[op], right)
	}
	return c, "alone " + e.String()
}

func (s *scope) call(e *expr) (c Condition, problem string) {
	switch {
	case e.text == "not" && len(e.args) == 1:
		inner, problem := s.condition(e.args[0])
		return Condition{Not: &inner}, problem
	case e.text == "selected" && len(e.args) == 2:
		ref, problem := s.resolve(e.args[0])
		if problem != "" {
			return c, problem
		}
		value := e.args[1]
		if value.kind != "str" && value.kind != "num" {
			return c, "literal " + value.String()
		}
		if ref.question.Kind == Several {
			return Condition{Question: ref.question.ID, Op: Includes, Value: value.text}, ""
		}
		return ref.compare(Eq, value)
	}
	return c, "function " + e.text + "()"
}

func (s *scope) resolve(e *expr) (reference, string) {
	switch e.kind {
	case "dot":
		if s.own == nil {
			return reference{}, "dot"
		}
		return reference{question: s.own}, ""
	case "ref":
		if ref, ok := s.names[e.text]; ok {
			return ref, ""
		}
		return reference{}, "reference ${" + clip(e.text) + "}"
	}
	return reference{}, "operand " + e.String()
}

// compare makes the comparison of a question with a literal.
func (r reference) compare(op Op, literal *expr) (c Condition, problem string) {
	q := r.question
	c = Condition{Question: q.ID, Row: r.row, Op: op}
	text := literal.text
	isDay := literal.kind == "call" && literal.text == "date" && len(literal.args) == 1 && literal.args[0].kind == "str"
	if isDay {
		text = literal.args[0].text
	} else if literal.kind != "str" && literal.kind != "num" {
		return c, "literal " + literal.String()
	}
	if literal.kind == "str" && text == "" && (op == Eq || op == Ne) {
		return r.empty(op == Eq), ""
	}
	if find(q.Nonresponse, text) != nil && (op == Eq || op == Ne) && q.Kind != Several {
		c.Value = text
		return c, ""
	}
	switch q.Kind {
	case Rating, Grid, Number:
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return c, "number " + literal.String()
		}
		c.Value = x
	case Several:
		return c, "multiple"
	case Date:
		if !isDay && literal.kind == "num" {
			return c, "date " + literal.String()
		}
		c.Value = text
	default:
		c.Value = text
	}
	return c, ""
}

// empty is whether there is no answer, nonresponses being answers to XLSForm.
func (r reference) empty(is bool) Condition {
	q := r.question
	some := []Condition{{Question: q.ID, Row: r.row, Op: Answered}}
	for _, n := range q.Nonresponse {
		op := Eq
		if q.Kind == Several {
			op = Includes
		}
		some = append(some, Condition{Question: q.ID, Row: r.row, Op: op, Value: n.ID})
	}
	c := Condition{Any: some}
	if len(some) == 1 {
		c = some[0]
	}
	if is {
		return Condition{Not: &c}
	}
	return c
}
