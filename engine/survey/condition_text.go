package survey

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Conditions as text that people read and write:
//
//	age >= 18 and (sex = "f" or not media includes "radio") and reception answered
//	service.loudspeaker <= 2
//
// "and" binds closer than "or", "not" closer than both. A grid's row follows a point.

var symbols = map[Op]string{Eq: "=", Ne: "!=", Lt: "<", Le: "<=", Gt: ">", Ge: ">=", Includes: "includes", Answered: "answered"}

// String is the condition as text, which ParseCondition reads back. A nil condition is
// the empty text.
func (c *Condition) String() string {
	var b strings.Builder
	if c != nil {
		c.write(&b, 0)
	}
	return b.String()
}

// write puts brackets where the surroundings bind closer: 1 in "and", 2 in "not".
func (c *Condition) write(b *strings.Builder, around int) {
	list := func(items []Condition, word string, binds int) {
		if around > binds || len(items) == 1 {
			b.WriteByte('(')
			defer b.WriteByte(')')
		}
		for i := range items {
			if i > 0 {
				b.WriteString(" " + word + " ")
			}
			items[i].write(b, binds+1)
		}
	}
	switch {
	case c.All != nil:
		list(c.All, "and", 1)
	case c.Any != nil:
		list(c.Any, "or", 0)
	case c.Not != nil:
		b.WriteString("not ")
		c.Not.write(b, 2)
	default:
		b.WriteString(c.Question)
		if c.Row != "" {
			b.WriteString("." + c.Row)
		}
		b.WriteString(" " + symbols[c.Op])
		if c.Op != Answered {
			v, _ := json.Marshal(c.Value) // a string or a number
			b.WriteString(" " + string(v))
		}
	}
}

// ParseCondition reads a condition from text; the empty text is nil, which always
// holds. Faults are *Error with the character's offset. Whether the questions exist is
// for Validate.
func ParseCondition(text string) (*Condition, error) {
	if len(text) > 16<<10 {
		return nil, &Error{"survey.condition.large", "", map[string]any{"limit": maxNodes}}
	}
	p := &conditionParser{text: text}
	p.next()
	if p.token == "" && p.err == nil {
		return nil, nil
	}
	c := p.any(1)
	if p.err == nil && p.token != "" {
		p.fail()
	}
	if p.err != nil {
		return nil, p.err
	}
	return &c, nil
}

type conditionParser struct {
	text  string
	at    int    // where the token begins
	end   int    // and ends
	token string // empty at the end
	err   error
}

func (p *conditionParser) fail() {
	if p.err == nil {
		p.err = &Error{"survey.condition.syntax", strconv.Itoa(p.at), map[string]any{"near": clip(p.text[min(p.at, len(p.text)):])}}
	}
	p.token = ""
}

// next moves to the next token: a bracket, an operator, a quoted string or a word.
func (p *conditionParser) next() {
	if p.err != nil {
		return
	}
	rest := strings.TrimLeft(p.text[p.end:], " \t\r\n")
	p.at = len(p.text) - len(rest)
	n := 0
	switch {
	case rest == "":
	case strings.ContainsRune("()", rune(rest[0])):
		n = 1
	case rest[0] == '"':
		for n = 1; n < len(rest) && rest[n] != '"'; n++ {
			if rest[n] == '\\' {
				n++
			}
		}
		if n++; n > len(rest) {
			p.fail()
			return
		}
	case strings.ContainsRune("=!<>", rune(rest[0])):
		for n = 1; n < len(rest) && rest[n] == '='; n++ {
		}
	default:
		n = strings.IndexAny(rest, " \t\r\n()=!<>\"")
		if n < 0 {
			n = len(rest)
		}
	}
	p.token, p.end = rest[:n], p.at+n
}

func (p *conditionParser) list(word string, depth int, item func(int) Condition) []Condition {
	items := []Condition{item(depth)}
	for p.token == word {
		p.next()
		items = append(items, item(depth))
	}
	return items
}

func (p *conditionParser) any(depth int) Condition {
	if items := p.list("or", depth, p.all); len(items) > 1 {
		return Condition{Any: items}
	} else {
		return items[0]
	}
}

func (p *conditionParser) all(depth int) Condition {
	if items := p.list("and", depth, p.one); len(items) > 1 {
		return Condition{All: items}
	} else {
		return items[0]
	}
}

func (p *conditionParser) one(depth int) Condition {
	if depth > 2*maxDepth {
		p.fail()
		return Condition{}
	}
	switch p.token {
	case "not":
		p.next()
		inner := p.one(depth + 1)
		return Condition{Not: &inner}
	case "(":
		p.next()
		c := p.any(depth + 1)
		if p.token != ")" {
			p.fail()
		}
		p.next()
		return c
	}
	return p.comparison()
}

func (p *conditionParser) comparison() Condition {
	var c Condition
	c.Question, c.Row, _ = strings.Cut(p.token, ".")
	if !questionID.MatchString(c.Question) || (strings.Contains(p.token, ".") && !choiceID.MatchString(c.Row)) {
		p.fail()
		return c
	}
	p.next()
	for op, symbol := range symbols {
		if p.token == symbol {
			c.Op = op
		}
	}
	if c.Op == "" {
		p.fail()
		return c
	}
	p.next()
	if c.Op == Answered {
		return c
	}
	if json.Unmarshal([]byte(p.token), &c.Value) != nil {
		p.fail()
		return c
	}
	switch c.Value.(type) {
	case string, float64:
		p.next()
	default:
		p.fail()
	}
	return c
}
