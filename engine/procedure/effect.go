package procedure

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/tongsheng/tongsheng/engine/worktime"
)

func digits(i int) string { return strconv.Itoa(i) }

// effects makes what a step causes happen, in order; each sees what those before it did.
func (u *turn) effects(place string, all []Effect) error {
	for i := range all {
		at := fmt.Sprintf("%s.effects[%d]", place, i)
		ok, err := u.t.holds(at+".if", all[i].If, u.scope(nil))
		if err != nil {
			return u.refused(err)
		}
		if !ok {
			continue
		}
		if err := u.effect(at, &all[i]); err != nil {
			return err
		}
	}
	return nil
}

func (u *turn) effect(at string, e *Effect) error {
	value := func(place string) (any, error) { return u.t.value(at+place, u.scope(nil)) }
	switch {
	case e.Set != nil:
		data := map[string]any{}
		for _, field := range slices.Sorted(maps.Keys(e.Set)) {
			v, err := value(".set." + field)
			if err != nil {
				return u.refused(err)
			}
			data[field] = v
		}
		u.add(Event{Kind: Computed, Data: data})
	case e.Assign != nil:
		v, err := value(".assign.to")
		if err != nil {
			return u.refused(err)
		}
		ids := list(v)
		if len(ids) == 0 {
			return &Fault{Code: "procedure.act.nobody", Args: map[string]any{"role": u.t.Role(e.Assign.Role).Name}}
		}
		u.add(Event{Kind: Assigned, Role: e.Assign.Role, IDs: ids})
	case e.Release != "":
		u.add(Event{Kind: Released, Role: e.Release})
	case e.Notify != nil:
		say := e.Notify.Say
		u.add(Event{Kind: Told, Roles: e.Notify.To, Say: &say})
	case e.Spawn != nil:
		return u.spawn(at, e.Spawn)
	case e.Signal != nil:
		return u.signal(at, e.Signal)
	case e.Draw != nil:
		return u.draw(at, e.Draw)
	case e.Unseal != nil:
		u.add(Event{Kind: Unsealed, Fields: e.Unseal})
	case e.Record != nil:
		return u.record(at, e.Record)
	case e.Pay != nil:
		return u.pay(at, e.Pay)
	case e.Issue != nil:
		return u.issue(at, e.Issue)
	case e.Publish != nil && e.Publish.Down:
		u.add(Event{Kind: Unshown})
	case e.Publish != nil:
		title, err := value(".publish.title")
		if err != nil {
			return u.refused(err)
		}
		u.add(Event{Kind: Published, Title: fmt.Sprint(title), Fields: e.Publish.Fields, Ask: e.Publish.Ask})
	case e.Stock != nil:
		v, err := value(".stock.parts")
		if err != nil {
			return u.refused(err)
		}
		if parts := partsOf(v); len(parts) > 0 {
			u.add(Event{Kind: Took, Parts: parts})
		}
	case e.Move != "":
		v, err := value(".move")
		if err != nil {
			return u.refused(err)
		}
		if region, ok := v.(string); ok && region != "" && region != u.c.Region {
			u.add(Event{Kind: Relocated, Region: region})
		}
	}
	return nil
}

func partsOf(v any) (parts []Part) {
	rows, _ := v.([]any)
	for _, row := range rows {
		m, _ := row.(map[string]any)
		part, _ := m["part"].(string)
		count, _ := m["count"].(float64)
		if part != "" && count > 0 {
			parts = append(parts, Part{part, count})
		}
	}
	return parts
}

// maxChildren is how many cases one case may open.
const maxChildren = 500

func (u *turn) spawn(at string, s *Spawn) error {
	each := []any{nil}
	if s.Each != "" {
		v, err := u.t.value(at+".spawn.each", u.scope(nil))
		if err != nil {
			return u.refused(err)
		}
		each, _ = v.([]any)
	}
	if len(u.c.Children)+len(each) > maxChildren {
		return &Fault{Code: "procedure.act.children", Args: map[string]any{"max": maxChildren}}
	}
	for _, item := range each {
		child := Child{ID: u.w.NewID(), Type: s.Type, Start: s.Start, Link: s.Link, With: map[string]any{}, Give: map[string][]string{}}
		for _, field := range slices.Sorted(maps.Keys(s.With)) {
			v, err := u.t.value(at+".spawn.with."+field, u.scope(item))
			if err != nil {
				return u.refused(err)
			}
			if !empty(v) {
				child.With[field] = v
			}
		}
		for _, role := range slices.Sorted(maps.Keys(s.Give)) {
			v, err := u.t.value(at+".spawn.give."+role, u.scope(item))
			if err != nil {
				return u.refused(err)
			}
			child.Give[role] = list(v)
		}
		if s.About != "" {
			v, err := u.t.value(at+".spawn.about", u.scope(item))
			if err != nil {
				return u.refused(err)
			}
			child.About, _ = v.(string)
		}
		u.add(Event{Kind: Spawned, Child: &child})
	}
	return nil
}

func (u *turn) signal(at string, s *Signal) error {
	which := map[string]bool{}
	if s.Which != "" {
		v, err := u.t.value(at+".signal.which", u.scope(nil))
		if err != nil {
			return u.refused(err)
		}
		for _, id := range list(v) {
			which[id] = true
		}
	}
	var ids []string
	for _, k := range u.c.Children {
		if k.Link == s.Link && !k.End && (s.Which == "" || which[k.ID]) {
			ids = append(ids, k.ID)
		}
	}
	if len(ids) > 0 {
		u.add(Event{Kind: Signalled, IDs: ids, Text: s.Name})
	}
	return nil
}

func (u *turn) draw(at string, d *Draw) error {
	secret, err := u.w.Secret(u.c, d.Name)
	if err != nil {
		return err
	}
	if d.Commit {
		u.add(Event{Kind: Committed, Lot: &Lot{Name: d.Name, Digest: Digest(secret)}})
		return nil
	}
	committed := u.c.Lots[d.Name]
	if committed == nil || committed.Digest != Digest(secret) {
		return &Fault{Code: "procedure.act.lot", Args: map[string]any{"draw": d.Name}}
	}
	if len(committed.Drawn) > 0 { // who was drawn once knows the secret: another draw needs another
		return &Fault{Code: "procedure.act.drawn", Args: map[string]any{"draw": d.Name}}
	}
	lot := Lot{Name: d.Name, Digest: committed.Digest, Secret: secret}
	var asked struct{ among, count, avoid, salt any }
	for place, into := range map[string]*any{".among": &asked.among, ".count": &asked.count, ".avoid": &asked.avoid, ".salt": &asked.salt} {
		if u.t.exprs[at+".draw"+place] == nil {
			continue
		}
		if *into, err = u.t.value(at+".draw"+place, u.scope(nil)); err != nil {
			return u.refused(err)
		}
	}
	if d.From != "" {
		if lot.Urn, lot.Out, err = u.w.Urn(u.c, Urn{From: d.From, Avoid: list(asked.avoid)}); err != nil {
			return err
		}
	} else {
		for _, item := range asList(asked.among) {
			lot.Urn = append(lot.Urn, say(item))
		}
	}
	count, _ := asked.count.(float64)
	lot.Count, lot.Salt = int(count), fmt.Sprint(asked.salt)
	if len(lot.Urn) < lot.Count || lot.Count < 1 {
		return &Fault{Code: "procedure.act.urn", Args: map[string]any{"count": lot.Count, "urn": len(lot.Urn)}}
	}
	lot.Drawn = DrawLots(secret, lot.Salt, lot.Urn, lot.Count)
	e := Event{Kind: Drawn, Lot: &lot}
	if d.Role != "" {
		e.Role, e.IDs = d.Role, lot.Drawn
	}
	if d.Into != "" {
		e.Data = map[string]any{d.Into: normal(lot.Drawn)}
	}
	u.add(e)
	return nil
}

func asList(v any) []any { l, _ := v.([]any); return l }

func (u *turn) record(at string, r *Record) error {
	v, err := u.t.value(at+".record.value", u.scope(nil))
	if err != nil {
		return u.refused(err)
	}
	f := Fact{Element: r.Element, Unit: r.Unit, Of: u.c.Region}
	switch f.Unit {
	case "":
		f.Unit = "region"
	case "party", "device":
		f.Of = u.c.Subject
	}
	if r.Of != "" {
		of, err := u.t.value(at+".record.of", u.scope(nil))
		if err != nil {
			return u.refused(err)
		}
		f.Of, _ = of.(string)
	}
	n, ok := v.(float64)
	if !ok || f.Of == "" {
		return nil // nothing that could be counted
	}
	f.Value = n
	u.add(Event{Kind: Recorded, Fact: &f})
	return nil
}

func (u *turn) pay(at string, p *Pay) error {
	payment := Payment{ID: u.w.NewID(), Purpose: p.Purpose}
	for place, set := range map[string]func(any){
		".amount":   func(v any) { payment.Amount, _ = v.(float64) },
		".to":       func(v any) { payment.To, _ = v.(string) },
		".contract": func(v any) { payment.Contract, _ = v.(string) },
	} {
		if u.t.exprs[at+".pay"+place] == nil {
			continue
		}
		v, err := u.t.value(at+".pay"+place, u.scope(nil))
		if err != nil {
			return u.refused(err)
		}
		set(v)
	}
	if payment.Amount > 0 {
		u.add(Event{Kind: Paid, Payment: &payment})
	}
	return nil
}

func (u *turn) issue(at string, i *Issue) error {
	say := func(place string) (string, error) {
		v, err := u.t.value(at+".issue"+place, u.scope(nil))
		if err != nil {
			return "", u.refused(err)
		}
		return say(v), nil
	}
	paper := Paper{ID: u.w.NewID(), Document: i.Document, Title: i.Title, Licence: i.Licence, From: u.e.At}
	for n := range i.Lines {
		v, err := say(fmt.Sprintf(".lines[%d].value", n))
		if err != nil {
			return err
		}
		paper.Lines = append(paper.Lines, PaperLine{i.Lines[n].Name, u.named(i.Lines[n].Value, v)})
	}
	var err error
	if i.Holder != "" {
		if paper.Holder, err = say(".holder"); err != nil {
			return err
		}
	}
	if i.Scope != "" {
		if paper.Scope, err = say(".scope"); err != nil {
			return err
		}
	}
	if i.Months != "" {
		v, err := u.t.value(at+".issue.months", u.scope(nil))
		if err != nil {
			return u.refused(err)
		}
		if months, ok := v.(float64); ok && months >= 1 && months <= 1200 {
			paper.Until = u.w.Calendar.Due(u.e.At, worktime.Term{N: int(months), Unit: worktime.Months}).At.UTC()
		}
	}
	u.add(Event{Kind: Issued, Paper: &paper})
	return nil
}

// say is a value as a document has it.
func say(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		s := ""
		for i, item := range v {
			if i > 0 {
				s += "、"
			}
			s += say(item)
		}
		return s
	}
	return fmt.Sprint(v)
}

// named is the title of the option that a field holds, where a line is a field and nothing else.
func (u *turn) named(expr, value string) string {
	for _, head := range []string{"data.", "form."} {
		if len(expr) > len(head) && expr[:len(head)] == head {
			if f := u.t.known[expr[len(head):]]; f != nil {
				for _, o := range f.Options {
					if say(o.Value) == value {
						return o.Title.Zh
					}
				}
			}
		}
	}
	return value
}
