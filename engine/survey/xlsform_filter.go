package survey

// A choice_filter compares columns of the choices sheet with answers, "district =
// ${where}". For each choice the columns are its own values, which leaves a condition on
// answers: when this choice is offered.

// filter puts the filter's condition on each choice; choices that it never lets through
// are dropped.
func (r *xlsReader) filter(row int, q *Question, list string) {
	text := r.survey.get(row, "choice_filter")
	if text == "" {
		return
	}
	e, problem := parseExpr(text)
	if problem != "" {
		r.problem(row, "choice_filter", problem)
		return
	}
	s := &scope{names: r.names}
	var kept []Choice
	for _, c := range q.Choices {
		own, problem := r.substitute(e, r.attributes[list][c.ID])
		if problem != "" {
			r.problem(row, "choice_filter", problem)
			return
		}
		folded, always, never := s.fold(own)
		if never {
			continue
		}
		if !always {
			show, problem := s.condition(folded)
			if problem != "" {
				r.problem(row, "choice_filter", problem)
				return
			}
			c.Show = &show
		}
		kept = append(kept, c)
	}
	q.Choices = kept
}

// substitute replaces names of columns by the values of one choice.
func (r *xlsReader) substitute(e *expr, values map[string]string) (*expr, string) {
	if e.kind == "name" {
		if _, ok := r.extra[e.text]; !ok {
			return nil, "reference " + e.text
		}
		r.filtered[e.text] = true
		return &expr{kind: "str", text: values[e.text]}, ""
	}
	out := *e
	out.args = nil
	for _, a := range e.args {
		arg, problem := r.substitute(a, values)
		if problem != "" {
			return nil, problem
		}
		out.args = append(out.args, arg)
	}
	return &out, ""
}

// fold works out what is known of an expression before anybody answers: comparisons of
// two literals, and of a question with a choice that it does not have.
func (s *scope) fold(e *expr) (out *expr, always, never bool) {
	literal := func(e *expr) bool { return e.kind == "str" || e.kind == "num" }
	switch {
	case (e.kind == "=" || e.kind == "!=") && literal(e.args[0]) && literal(e.args[1]):
		holds := (e.args[0].text == e.args[1].text) == (e.kind == "=")
		return e, holds, !holds
	case e.kind == "=":
		ref, value := e.args[0], e.args[1]
		if literal(ref) {
			ref, value = value, ref
		}
		if r, problem := s.resolve(ref); problem == "" && literal(value) && value.text != "" && r.question.Kind == Single &&
			find(r.question.Choices, value.text) == nil && find(r.question.Nonresponse, value.text) == nil {
			return e, false, true
		}
	case e.kind == "call" && e.text == "not" && len(e.args) == 1:
		arg, always, never := s.fold(e.args[0])
		return &expr{kind: "call", text: "not", args: []*expr{arg}}, never, always
	case e.kind == "and" || e.kind == "or":
		folded := &expr{kind: e.kind}
		for _, a := range e.args {
			arg, always, never := s.fold(a)
			switch {
			case always && e.kind == "or" || never && e.kind == "and":
				return arg, always, never
			case !always && !never:
				folded.args = append(folded.args, arg)
			}
		}
		switch len(folded.args) {
		case 0:
			return e, e.kind == "and", e.kind == "or"
		case 1:
			return folded.args[0], false, false
		}
		return folded, false, false
	}
	return e, false, false
}

// filterOf writes the conditions of choices as a choice_filter, if each is that an earlier
// question has one answer: the column "filter" then holds that answer.
func (w *xlsWriter) filterOf(q *Question, place string) string {
	on, open := "", len(q.Nonresponse) > 0
	for _, c := range q.Choices {
		switch s := c.Show; {
		case s == nil:
			open = true
		case s.Op != Eq || s.Row != "" || on != "" && on != s.Question:
			w.lost(place + ".choices.show")
			return ""
		default:
			on = s.Question
		}
	}
	switch {
	case on == "":
		return ""
	case open:
		return "filter = '' or filter = ${" + on + "}"
	}
	return "filter = ${" + on + "}"
}
