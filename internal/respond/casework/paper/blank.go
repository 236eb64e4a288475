package paper

import (
	"io"
	"strings"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Blank prints a form of a type to be filled in by hand.
func (d *Desk) Blank(typ, form string, lang i18n.Lang) (func(io.Writer) error, error) {
	t, err := d.Docket.TypeOf(typ, 0)
	if err != nil {
		return nil, err
	}
	f := t.Form(form)
	if f == nil {
		return nil, fault.New(fault.NotFound, "casework.form.unknown", fault.Args{"form": form})
	}
	say := func(key string) string { return i18n.T(lang, "casework.paper."+key, nil) }
	b := document.Blank{Issuer: d.issuer(lang), Title: pick(lang, t.Name) + " · " + pick(lang, f.Title), About: say("fill_in"), Sign: []string{say("sign")}, Office: []string{say("office"), say("office_number"), say("office_by"), say("office_at")}, Foot: say("privacy")}
	if t.Public != nil && t.Opening(t.Public.Start).Form == f.ID {
		link := d.page("/report/" + t.Code)
		b.Code, b.Link = code(link), i18n.T(lang, "casework.paper.web", map[string]any{"link": link})
	}
	for i := range f.Fields {
		if k := &f.Fields[i]; k.Format != "signature" {
			b.Fields = append(b.Fields, d.question(k, f, lang))
		}
	}
	return func(w io.Writer) error { return document.WriteBlank(w, lang, b) }, nil
}

// question is a field with room for its answer.
func (d *Desk) question(k *procedure.Field, f *procedure.Form, lang i18n.Lang) document.BlankField {
	say := func(key string) string { return i18n.T(lang, "casework.paper."+key, nil) }
	q := document.BlankField{Title: pick(lang, k.Title), Help: pick(lang, k.Help), Required: k.Required && len(k.When) == 0, Lines: 1}
	if len(k.When) > 0 {
		q.Help = strings.TrimSpace(d.when(k, f, lang) + " " + q.Help)
	}
	of := k
	if k.Type == "array" && len(k.Items) == 1 {
		of, q.Many = &k.Items[0], true
	}
	for _, o := range of.Options {
		q.Options = append(q.Options, pick(lang, o.Title))
	}
	switch {
	case len(q.Options) > 0:
		if q.Many {
			q.Help = strings.TrimSpace(say("tick_many") + " " + q.Help)
		}
	case k.Type == "boolean":
		q.Options = []string{say("yes"), say("no")}
	case of.Format == "file":
		q.Help = strings.TrimSpace(say("attach") + " " + q.Help)
	case k.Format == "date", k.Format == "minute":
		q.Words = strings.Split(say(k.Format+"_words"), " ")
	case k.Format == "phone":
		q.Cells = 11
	case k.Format == "device":
		q.Cells = 23
	case k.Type == "number", k.Type == "integer":
		q.Unit = " "
		if k.Format == "money" {
			q.Unit = say("yuan")
		}
	case k.Long:
		q.Lines = 5
	case k.Format == "place":
		q.Lines = 2
	case of.Type == "object":
		q.Lines = 6
		var parts []string
		for i := range of.Items {
			parts = append(parts, pick(lang, of.Items[i].Title))
		}
		q.Help = strings.TrimSpace(strings.Join(parts, "、") + " " + q.Help)
	case q.Many:
		q.Lines = 3
	}
	return q
}

// when says on which answers a question is asked.
func (d *Desk) when(k *procedure.Field, f *procedure.Form, lang i18n.Lang) string {
	var parts []string
	for i := range f.Fields {
		other := &f.Fields[i]
		values, asked := k.When[other.ID]
		if !asked {
			continue
		}
		var said []string
		for _, v := range values {
			said = append(said, other.Say(v))
		}
		parts = append(parts, i18n.T(lang, "casework.paper.when", map[string]any{"field": pick(lang, other.Title), "answer": strings.Join(said, "、")}))
	}
	return strings.Join(parts, " ")
}
