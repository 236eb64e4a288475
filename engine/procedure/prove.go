package procedure

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"

	"github.com/tongsheng/tongsheng/engine/worktime"
)

// proof collects what is wrong with a type.
type proof struct {
	t      *Type
	faults Faults
}

func (p *proof) fault(place, code string, args ...any) {
	f := &Fault{Code: "procedure." + code, Place: place, Line: p.line(place), Args: map[string]any{}}
	for i := 0; i+1 < len(args); i += 2 {
		f.Args[args[i].(string)] = args[i+1]
	}
	p.faults = append(p.faults, f)
}

// line is where a place stands in the file, or what it lies in.
func (p *proof) line(place string) int {
	for place != "" {
		if n, ok := p.t.lines[place]; ok {
			return n
		}
		place = place[:max(strings.LastIndexAny(place, ".["), 0)]
	}
	return p.t.lines[""]
}

var (
	codeForm   = idForm
	prefixMost = 4
)

// prove finds what is wrong with a type by itself: what it names is there, its expressions compile,
// every state can be reached, an end can be reached from each without leave of a guard, every wait
// has a deadline, every role that is needed somewhere is filled before.
func (t *Type) prove() Faults {
	p := &proof{t: t}
	p.head()
	p.fields()
	for i := range t.Roles {
		p.role(&t.Roles[i])
	}
	for i := range t.States {
		if at := "states." + t.States[i].ID; t.States[i].Name == (Words{}) {
			p.fault(at, "words.missing")
		}
	}
	for i := range t.Start {
		p.start(&t.Start[i])
	}
	for i := range t.Takes {
		p.intake(&t.Takes[i])
	}
	for i := range t.Steps {
		p.step(&t.Steps[i])
	}
	for i := range t.Deadlines {
		p.deadline(&t.Deadlines[i])
	}
	if len(p.faults) > 0 {
		return p.faults // paths among names that are not there tell nothing
	}
	p.paths()
	p.waits()
	p.hands()
	p.rest()
	return p.faults
}

func (p *proof) head() {
	t := p.t
	if !codeForm.MatchString(t.Code) {
		p.fault("type", "file.id", "id", t.Code)
	}
	if t.Version < 1 {
		p.fault("version", "version")
	}
	if t.Name == (Words{}) {
		p.fault("name", "words.missing")
	}
	if t.Prefix == "" || len(t.Prefix) > prefixMost || strings.Trim(t.Prefix, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		p.fault("prefix", "prefix", "max", prefixMost)
	}
	switch t.Subject {
	case "":
		t.Subject = AboutRegion
	case AboutRegion, AboutDevice, AboutSite, AboutParty:
	default:
		p.fault("subject", "choice", "value", string(t.Subject), "known", "region, device, site, party")
	}
	for place, n := range map[string]int{"roles": len(t.Roles), "start": len(t.Start), "states": len(t.States), "steps": len(t.Steps)} {
		if n == 0 {
			p.fault(place, "none")
		}
	}
	for _, r := range t.Blind {
		p.name("blind", "role", r)
	}
	if t.Public != nil && t.Opening(t.Public.Start) == nil {
		p.fault("public.start", "missing.start", "name", t.Public.Start)
	}
}

// fields gathers the fields of all forms. One that stands in several says the same in each.
func (p *proof) fields() {
	t := p.t
	t.known, t.zeros = map[string]*Field{}, map[string]any{}
	for i := range t.Forms {
		form := &t.Forms[i]
		if len(form.Fields) == 0 {
			p.fault("forms."+form.ID, "none")
		}
		for k := range form.Fields {
			f := &form.Fields[k]
			at := "forms." + form.ID + ".properties." + f.ID
			was := t.known[f.ID]
			if was == nil {
				t.known[f.ID], t.zeros[f.ID] = f, f.zero()
			} else if was.Type != f.Type || was.Format != f.Format || was.Sealed != f.Sealed || !slices.Equal(was.See, f.See) || !reflect.DeepEqual(was.Options, f.Options) {
				p.fault(at, "form.differs", "field", f.ID)
			}
			for _, r := range f.See {
				p.name(at+".see", "role", r)
			}
			if f.Sealed && len(f.See) == 0 {
				p.fault(at+".sealed", "form.sealed")
			}
			for other := range f.When {
				before := form.Fields[:k]
				if !slices.ContainsFunc(before, func(b Field) bool { return b.ID == other }) && !p.elsewhere(form, other) {
					p.fault(at+".when", "form.when", "field", other)
				}
			}
		}
	}
	for _, place := range p.allEffects() { // fields that are worked out
		for field := range place.effect.Set {
			if t.known[field] == nil {
				p.fault(place.at+".set."+field, "missing.field", "name", field)
			}
		}
	}
}

// elsewhere reports whether another form has a field, and this one has not.
func (p *proof) elsewhere(form *Form, field string) bool {
	if slices.ContainsFunc(form.Fields, func(f Field) bool { return f.ID == field }) {
		return false
	}
	return slices.ContainsFunc(p.t.Forms, func(f Form) bool {
		return slices.ContainsFunc(f.Fields, func(f Field) bool { return f.ID == field })
	})
}

type placed struct {
	at     string
	effect *Effect
	form   string
}

func (p *proof) allEffects() (all []placed) {
	for i := range p.t.Start {
		s := &p.t.Start[i]
		for k := range s.Effects {
			all = append(all, placed{fmt.Sprintf("start.%s.effects[%d]", s.ID, k), &s.Effects[k], s.Form})
		}
	}
	for i := range p.t.Steps {
		s := &p.t.Steps[i]
		for k := range s.Effects {
			all = append(all, placed{fmt.Sprintf("steps.%s.effects[%d]", s.ID, k), &s.Effects[k], s.Form})
		}
	}
	return all
}

// name refuses the name of something that the type has not.
func (p *proof) name(at, kind, name string) bool {
	t := p.t
	has := map[string]bool{"role": t.Role(name) != nil, "state": t.State(name) != nil, "form": t.Form(name) != nil, "deadline": t.Deadline(name) != nil, "field": t.known[name] != nil}[kind]
	if !has {
		p.fault(at, "missing."+kind, "name", name)
	}
	return has
}

func (p *proof) role(r *Role) {
	at := "roles." + r.ID
	f := r.Filled
	switch {
	case r.Name == (Words{}):
		p.fault(at, "words.missing")
	case slices.Contains([]string{ByPublic, BySystem, ByParent}, r.ID):
		p.fault(at, "role.reserved", "role", r.ID)
	case f.Opener && (f.Grant != "" || f.Assigned != ""), !f.Opener && f.Grant == "" && f.Assigned == "":
		p.fault(at+".filled", "role.filled")
	case f.Assigned != "" && f.Assigned != ToPerson && f.Assigned != ToParty:
		p.fault(at+".filled.assigned", "choice", "value", f.Assigned, "known", "person, party")
	}
}

// expr compiles an expression and keeps it by its place.
func (p *proof) expr(at, text, form string, want *cel.Type, each bool) {
	if text == "" {
		return
	}
	e, wrong := compileExpression(text, want, func(scope, field string) bool {
		switch scope {
		case "data":
			return p.t.known[field] != nil
		case "form":
			f := p.t.Form(form)
			return f != nil && slices.ContainsFunc(f.Fields, func(k Field) bool { return k.ID == field })
		case "hands":
			return p.t.Role(field) != nil
		case "it":
			return slices.Contains([]string{"id", "number", "state", "region", "district", "opener", "subject", "parent", "via", "opened", "days", "late"}, field)
		case "event":
			return slices.Contains([]string{"kind", "subject", "name", "words"}, field)
		case "actor":
			return slices.Contains([]string{"id", "name", "roles", "parties"}, field)
		}
		return true
	}, each)
	if wrong != nil {
		p.fault(at, "expression", "why", wrong["why"], "text", text)
		return
	}
	p.t.exprs[at] = e
	p.try(at, e, form, each)
}

// try evaluates an expression on a case in which nothing was filled in, so that one that cannot be
// worked out is found before a case needs it.
func (p *proof) try(at string, e *expression, form string, each bool) {
	if each {
		if _, err := e.eval(p.t.nothing(form, map[string]any{})); err == nil {
			return
		}
	}
	if _, err := e.eval(p.t.nothing(form, "")); err != nil && !strings.Contains(err.Error(), "index out of bounds") && !strings.Contains(err.Error(), "no such key") && !strings.Contains(err.Error(), "divi") {
		p.fault(at, "expression", "why", err.Error(), "text", e.text)
	}
}

func (p *proof) start(s *Start) {
	at := "start." + s.ID
	if s.Name == (Words{}) {
		p.fault(at, "words.missing")
	}
	if p.name(at+".to", "state", s.To) && p.t.State(s.To).End {
		p.fault(at+".to", "start.end", "state", s.To)
	}
	if s.Form != "" {
		p.name(at+".form", "form", s.Form)
	}
	if len(s.By) == 0 {
		p.fault(at+".by", "none")
	}
	for i, by := range s.By {
		if by == ByPublic || by == BySystem || by == ByParent {
			continue
		}
		if p.name(fmt.Sprintf("%s.by[%d]", at, i), "role", by) && p.t.Role(by).Filled.Assigned != "" {
			p.fault(fmt.Sprintf("%s.by[%d]", at, i), "start.role", "role", by)
		}
	}
	p.expr(at+".if", s.If, s.Form, cel.BoolType, false)
	for field, text := range s.With {
		if f := p.t.Form(s.Form); f == nil || !slices.ContainsFunc(f.Fields, func(k Field) bool { return k.ID == field }) {
			p.fault(at+".with."+field, "missing.field", "name", field)
		}
		p.expr(at+".with."+field, text, "", nil, false)
	}
	if f := p.t.Form(s.Form); s.On != "" && f != nil {
		for i := range f.Fields {
			if f.Fields[i].Required && len(f.Fields[i].When) == 0 && s.With[f.Fields[i].ID] == "" {
				p.fault(at+".with", "effect.with", "field", f.Fields[i].ID)
			}
		}
	}
	p.effects(at, s.Effects, s.Form)
	if p.t.Title != "" && p.t.exprs["title"] == nil {
		p.expr("title", p.t.Title, "", cel.StringType, false)
	}
}

func (p *proof) intake(k *Intake) {
	at := "takes." + k.ID
	if k.Name == (Words{}) {
		p.fault(at, "words.missing")
	}
	if k.Type == "" || k.Start == "" || len(k.In) == 0 {
		p.fault(at, "takes")
	}
	for i, state := range k.In {
		if p.name(fmt.Sprintf("%s.in[%d]", at, i), "state", state) && p.t.State(state).End {
			p.fault(fmt.Sprintf("%s.in[%d]", at, i), "step.end", "state", state)
		}
	}
}

// hasChildren reports whether cases of the type can have others under them.
func (p *proof) hasChildren() bool {
	return len(p.t.Takes) > 0 || slices.ContainsFunc(p.allEffects(), func(e placed) bool { return e.effect.Spawn != nil })
}

// hasLink reports whether cases of the type can have others under this link.
func (p *proof) hasLink(link string) bool {
	return p.t.Intake(link) != nil || slices.ContainsFunc(p.allEffects(), func(e placed) bool { return e.effect.Spawn != nil && e.effect.Spawn.Link == link })
}

func (p *proof) step(s *Step) {
	at := "steps." + s.ID
	if s.Name == (Words{}) {
		p.fault(at, "words.missing")
	}
	if len(s.From) == 0 {
		p.fault(at+".from", "none")
	}
	for i, from := range s.From {
		if p.name(fmt.Sprintf("%s.from[%d]", at, i), "state", from) && p.t.State(from).End {
			p.fault(fmt.Sprintf("%s.from[%d]", at, i), "step.end", "state", from)
		}
	}
	if s.To != "" {
		p.name(at+".to", "state", s.To)
	}
	for i, by := range s.By {
		p.name(fmt.Sprintf("%s.by[%d]", at, i), "role", by)
	}
	if s.Form != "" {
		p.name(at+".form", "form", s.Form)
	}
	if (len(s.By) == 0) == (s.On == nil) {
		p.fault(at, "step.who")
	}
	if s.On != nil {
		p.trigger(at, s)
	}
	p.expr(at+".if", s.If, s.Form, cel.BoolType, false)
	p.effects(at, s.Effects, s.Form)
}

func (p *proof) trigger(at string, s *Step) {
	on, kinds := s.On, 0
	for _, is := range []bool{on.Entry, on.Deadline != "", on.Event != "", on.Children != nil, on.Parent != ""} {
		if is {
			kinds++
		}
	}
	if kinds != 1 {
		p.fault(at+".on", "step.on")
	}
	if s.Form != "" {
		p.fault(at+".form", "step.form")
	}
	if on.Deadline != "" && p.name(at+".on.deadline", "deadline", on.Deadline) {
		d := p.t.Deadline(on.Deadline)
		if !slices.ContainsFunc(s.From, func(f string) bool { return slices.Contains(d.In, f) }) {
			p.fault(at+".on.deadline", "step.deadline", "deadline", on.Deadline)
		}
	}
	if j := on.Children; j != nil {
		var n int
		if _, err := fmt.Sscanf(j.Need, "%d", &n); j.Need != "all" && j.Need != "any" && (err != nil || n < 1 || n > maxChildren) {
			p.fault(at+".on.children.need", "choice", "value", j.Need, "known", "all, any, 1…500")
		}
		if !p.hasLink(j.Link) {
			p.fault(at+".on.children.link", "missing.link", "name", j.Link)
		}
		if s.To == "" || slices.Contains(s.From, s.To) {
			p.fault(at+".to", "step.joined")
		}
	}
	if on.Entry && (s.To == "" || slices.Contains(s.From, s.To)) {
		p.fault(at+".to", "step.joined")
	}
}

func (p *proof) effects(at string, all []Effect, form string) {
	for i := range all {
		e, at := &all[i], fmt.Sprintf("%s.effects[%d]", at, i)
		kinds := 0
		v := reflect.ValueOf(*e)
		for k := range v.NumField() {
			if v.Type().Field(k).Name != "If" && !v.Field(k).IsZero() {
				kinds++
			}
		}
		if kinds != 1 {
			p.fault(at, "effect.kinds")
		}
		p.expr(at+".if", e.If, form, cel.BoolType, false)
		for field, text := range e.Set {
			p.expr(at+".set."+field, text, form, nil, false)
		}
		if e.Release != "" {
			p.name(at+".release", "role", e.Release)
		}
		for _, field := range e.Unseal {
			switch f := p.t.known[field]; {
			case f == nil && p.hasChildren(): // a field of theirs; see Fits
			case p.name(at+".unseal", "field", field) && !f.Sealed:
				p.fault(at+".unseal", "effect.unseal", "field", field)
			}
		}
		p.expr(at+".move", e.Move, form, cel.StringType, false)
		p.effect(at, e, form)
	}
}

func (p *proof) effect(at string, e *Effect, form string) {
	need := func(place, text string, want *cel.Type) {
		if text == "" {
			p.fault(at+place, "none")
		}
		p.expr(at+place, text, form, want, false)
	}
	if a := e.Assign; a != nil {
		if p.name(at+".assign.role", "role", a.Role) && p.t.Role(a.Role).Filled.Assigned == "" {
			p.fault(at+".assign.role", "effect.assign", "role", a.Role)
		}
		need(".assign.to", a.To, nil)
	}
	if n := e.Notify; n != nil {
		for _, r := range n.To {
			p.name(at+".notify.to", "role", r)
		}
		if len(n.To) == 0 || n.Say == (Words{}) {
			p.fault(at+".notify", "effect.notify")
		}
	}
	if s := e.Spawn; s != nil {
		if s.Type == "" || s.Start == "" || s.Link == "" {
			p.fault(at+".spawn", "effect.spawn")
		}
		p.expr(at+".spawn.each", s.Each, form, nil, false)
		p.expr(at+".spawn.about", s.About, form, nil, s.Each != "")
		for _, m := range []struct {
			name string
			of   map[string]string
		}{{"with", s.With}, {"give", s.Give}} {
			for field, text := range m.of {
				p.expr(at+".spawn."+m.name+"."+field, text, form, nil, s.Each != "")
			}
		}
	}
	if s := e.Signal; s != nil {
		if s.Link == "" || s.Name == "" {
			p.fault(at+".signal", "effect.signal")
		} else if !p.hasLink(s.Link) {
			p.fault(at+".signal.link", "missing.link", "name", s.Link)
		}
		p.expr(at+".signal.which", s.Which, form, nil, false)
	}
	if d := e.Draw; d != nil {
		p.draw(at+".draw", d, form)
	}
	if r := e.Record; r != nil {
		if r.Element == "" {
			p.fault(at+".record.element", "none")
		}
		if !slices.Contains([]string{"", "region", "party", "device"}, r.Unit) {
			p.fault(at+".record.unit", "choice", "value", r.Unit, "known", "region, party, device")
		}
		need(".record.value", r.Value, nil)
		p.expr(at+".record.of", r.Of, form, nil, false)
	}
	if y := e.Pay; y != nil {
		need(".pay.amount", y.Amount, nil)
		need(".pay.to", y.To, nil)
		p.expr(at+".pay.contract", y.Contract, form, nil, false)
		if y.Purpose == "" {
			p.fault(at+".pay.purpose", "none")
		}
	}
	if i := e.Issue; i != nil {
		if i.Title == (Words{}) || i.Document == "" {
			p.fault(at+".issue", "words.missing")
		}
		for n := range i.Lines {
			need(fmt.Sprintf(".issue.lines[%d].value", n), i.Lines[n].Value, nil)
		}
		p.expr(at+".issue.holder", i.Holder, form, nil, false)
		p.expr(at+".issue.scope", i.Scope, form, nil, false)
		p.expr(at+".issue.months", i.Months, form, nil, false)
		if i.Licence != "" && i.Holder == "" {
			p.fault(at+".issue.holder", "none")
		}
	}
	if b := e.Publish; b != nil && !b.Down {
		need(".publish.title", b.Title, nil)
		for _, field := range b.Fields {
			if p.name(at+".publish.fields", "field", field) && (p.t.known[field].Personal || p.t.known[field].Sealed) {
				p.fault(at+".publish.fields", "effect.personal", "field", field)
			}
		}
	}
	if s := e.Stock; s != nil {
		need(".stock.parts", s.Parts, nil)
	}
}

func (p *proof) draw(at string, d *Draw, form string) {
	if d.Name == "" {
		p.fault(at+".name", "none")
	}
	if d.Commit {
		return
	}
	if (d.From == "") == (d.Among == "") {
		p.fault(at, "effect.urn")
	}
	if (d.Role == "") == (d.Into == "") {
		p.fault(at, "effect.drawn")
	}
	if d.Role != "" && p.name(at+".role", "role", d.Role) && p.t.Role(d.Role).Filled.Assigned == "" {
		p.fault(at+".role", "effect.assign", "role", d.Role)
	}
	if d.Into != "" {
		p.name(at+".into", "field", d.Into)
	}
	for place, text := range map[string]string{".count": d.Count, ".salt": d.Salt} {
		if text == "" {
			p.fault(at+place, "none")
		}
	}
	for place, text := range map[string]string{".among": d.Among, ".count": d.Count, ".avoid": d.Avoid, ".salt": d.Salt} {
		p.expr(at+place, text, form, nil, false)
	}
	committed := slices.ContainsFunc(p.allEffects(), func(e placed) bool {
		return e.effect.Draw != nil && e.effect.Draw.Commit && e.effect.Draw.Name == d.Name && !strings.HasPrefix(at, e.at)
	})
	if !committed {
		p.fault(at, "effect.commit", "draw", d.Name)
	}
}

func (p *proof) deadline(d *Deadline) {
	at := "deadlines." + d.ID
	if d.Name == (Words{}) {
		p.fault(at, "words.missing")
	}
	if len(d.In) == 0 {
		p.fault(at+".in", "none")
	}
	for _, s := range d.In {
		if p.name(at+".in", "state", s) && p.t.State(s).End {
			p.fault(at+".in", "step.end", "state", s)
		}
	}
	for _, s := range d.Pause {
		if p.name(at+".pause", "state", s) && slices.Contains(d.In, s) {
			p.fault(at+".pause", "deadline.pause", "state", s)
		}
	}
	if (d.Until == "") == (len(d.Take) == 0) {
		p.fault(at, "deadline.take")
	}
	p.expr(at+".until", d.Until, "", nil, false)
	term := func(at, text string) (t worktime.Term) {
		t, err := worktime.ParseTerm(text)
		if err != nil {
			p.fault(at, "deadline.term", "term", text)
		}
		return t
	}
	for i := range d.Take {
		at := fmt.Sprintf("%s.take[%d]", at, i)
		d.Take[i].term = term(at+".term", d.Take[i].Term)
		p.expr(at+".if", d.Take[i].If, "", cel.BoolType, false)
		if last := i == len(d.Take)-1; last != (d.Take[i].If == "") {
			p.fault(at, "deadline.else")
		}
	}
	for i := range d.Remind {
		at := fmt.Sprintf("%s.remind[%d]", at, i)
		d.Remind[i].term = term(at+".before", d.Remind[i].Before)
		if !slices.Contains([]worktime.Unit{worktime.Minutes, worktime.Hours, worktime.Days}, d.Remind[i].term.Unit) {
			p.fault(at+".before", "deadline.remind")
		} else if i > 0 && ahead(d.Remind[i].term) >= ahead(d.Remind[i-1].term) {
			p.fault(at+".before", "deadline.order")
		}
		p.roles(at+".tell", d.Remind[i].Tell)
	}
	for i := range d.Escalate {
		at := fmt.Sprintf("%s.escalate[%d]", at, i)
		d.Escalate[i].term = term(at+".after", d.Escalate[i].After)
		p.roles(at+".tell", d.Escalate[i].Tell)
	}
	for _, r := range d.Tell {
		p.name(at+".tell", "role", r)
	}
}

func (p *proof) roles(at string, roles []string) {
	if len(roles) == 0 {
		p.fault(at, "none")
	}
	for _, r := range roles {
		p.name(at, "role", r)
	}
}
