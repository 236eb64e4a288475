// Package paper prints cases: a case as its reader sees it, the documents that it issued, and forms
// to fill in by hand.
package paper

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/skip2/go-qrcode"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
	"github.com/tongsheng/tongsheng/internal/respond/casework/sheet"
)

// Deps is what printing stands on.
type Deps struct {
	Clock  clock.Clock
	Zone   *time.Location
	Docket *docket.Desk
	Public string // address of the citizens' pages
	Issuer i18n.Both
}

// Desk prints.
type Desk struct{ Deps }

// New makes the desk.
func New(d Deps) *Desk { return &Desk{d} }

func pick(lang i18n.Lang, w procedure.Words) string {
	if lang == i18n.English && w.En != "" {
		return w.En
	}
	return w.Zh
}

func (d *Desk) issuer(lang i18n.Lang) string {
	return pick(lang, procedure.Words{Zh: d.Issuer.Zh, En: d.Issuer.En})
}

// code is a QR code without a border; none where the address is too long for one.
func code(link string) [][]bool {
	q, err := qrcode.New(link, qrcode.Medium)
	if err != nil {
		return nil
	}
	q.DisableBorder = true
	return q.Bitmap()
}

func (d *Desk) page(path string) string { return strings.TrimSuffix(d.Public, "/") + path }

// caseOn is a case on its way to paper.
type caseOn struct {
	*document.Paper
	v *docket.View
	t *procedure.Type
}

// Case prints a case as the reader sees it.
func (d *Desk) Case(ctx context.Context, id string, lang i18n.Lang) (*document.Paper, error) {
	v, err := d.Docket.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	past, err := d.Docket.History(ctx, id)
	if err != nil {
		return nil, err
	}
	t, err := d.Docket.TypeOf(v.Type, v.Version)
	if err != nil {
		return nil, err
	}
	c := &caseOn{document.NewPaper(lang, "casework.paper", d.Clock.Now(), d.Zone), v, t}
	c.Title, c.Issuer, c.Number = pick(lang, v.TypeName), d.issuer(lang), v.Number
	c.head(ctx)
	c.answers()
	c.people()
	c.deadlines()
	c.issued()
	c.timeline(past)
	c.Heading(c.Say("proof", nil)).Text(c.Say("proof_text", map[string]any{"entries": v.Entries, "head": v.Head}))
	return c.Paper, nil
}

func (c *caseOn) head(ctx context.Context) {
	v := c.v
	list := []document.KV{c.Fact("title", v.Title), c.Fact("state", pick(c.Lang, v.StateName)), c.Fact("region", pick(c.Lang, v.Region.Name)), c.Fact("opened", c.at(v.OpenedAt))}
	if !v.ClosedAt.IsZero() {
		list = append(list, c.Fact("closed", c.at(v.ClosedAt)))
	}
	if v.Subject != nil {
		list = append(list, c.Fact("subject", pick(c.Lang, v.Subject.Name)))
	}
	if v.Opener != nil && v.Opener.People[0].Name != "" {
		list = append(list, c.Fact("opener", v.Opener.People[0].Name))
	}
	list = append(list, c.Fact("via", c.Say("via_"+v.Via, nil)), c.Fact("printed_by", auth.Who(ctx).Name))
	c.Facts(list...)
}

func (c *caseOn) at(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.In(c.Zone).Format("2006-01-02 15:04")
}

// until is the last moment that something is valid.
func (c *caseOn) until(t time.Time) string {
	if t.IsZero() {
		return c.at(t)
	}
	return t.Add(-time.Second).In(c.Zone).Format(time.DateOnly)
}

// say is a value of a field with names in the place of ids.
func (c *caseOn) say(f *procedure.Field, v any) string {
	switch v := v.(type) {
	case string:
		if n := c.v.Names[v]; n != "" {
			return n
		}
	case []any:
		said := make([]string, len(v))
		for i, item := range v {
			if id, ok := item.(string); ok && c.v.Names[id] != "" {
				said[i] = c.v.Names[id]
			} else {
				said[i] = sheet.Say(f, []any{item}, c.Lang)
			}
		}
		return strings.Join(said, "、")
	}
	return sheet.Say(f, v, c.Lang)
}

// answers prints what was filled in, form by form, each field once.
func (c *caseOn) answers() {
	done := map[string]bool{}
	for i := range c.t.Forms {
		form := &c.t.Forms[i]
		var list []document.KV
		for j := range form.Fields {
			f := &form.Fields[j]
			switch v, filled := c.v.Data[f.ID]; {
			case done[f.ID]:
			case filled:
				list = append(list, document.KV{Name: pick(c.Lang, f.Title), Value: c.say(f, v)})
			case slices.Contains(c.v.Hidden, f.ID):
				list = append(list, document.KV{Name: pick(c.Lang, f.Title), Value: c.Say("hidden", nil)})
			default:
				continue
			}
			done[f.ID] = true
		}
		if len(list) > 0 {
			c.Heading(pick(c.Lang, form.Title)).Facts(list...)
		}
	}
}

func (c *caseOn) people() {
	t := document.Table{Columns: []document.Column{c.Column("role", document.Plain, 0), c.Column("who", document.Plain, 0)}}
	for _, h := range c.v.Hands {
		var names []string
		for _, p := range h.People {
			names = append(names, p.Name)
		}
		t.Rows = append(t.Rows, []any{pick(c.Lang, h.Name), strings.Join(names, "、")})
	}
	if len(t.Rows) > 0 {
		c.Heading(c.Say("people", nil)).Table(t)
	}
}

func (c *caseOn) deadlines() {
	t := document.Table{Columns: []document.Column{c.Column("deadline", document.Plain, 0), c.Column("due", document.Plain, 0), c.Column("stands", document.Plain, 0)}}
	for _, dl := range c.v.Deadlines {
		stands := "running"
		switch {
		case dl.Done && dl.Past:
			stands = "late"
		case dl.Done:
			stands = "met"
		case dl.Past:
			stands = "past"
		case dl.Paused:
			stands = "paused"
		}
		t.Rows = append(t.Rows, []any{pick(c.Lang, dl.Name), c.at(dl.Due), c.Say(stands, nil)})
	}
	if len(t.Rows) > 0 {
		c.Heading(c.Say("deadlines", nil)).Table(t)
	}
}

func (c *caseOn) issued() {
	t := document.Table{Columns: []document.Column{c.Column("paper", document.Plain, 0), c.Column("from", document.Plain, 0), c.Column("until", document.Plain, 0)}}
	for _, p := range c.v.Papers {
		t.Rows = append(t.Rows, []any{pick(c.Lang, p.Title), c.at(p.At), c.until(p.Until)})
	}
	if len(t.Rows) > 0 {
		c.Heading(c.Say("papers", nil)).Table(t)
	}
}

func (c *caseOn) timeline(past []docket.Happening) {
	t := document.Table{Columns: []document.Column{c.Column("at", document.Plain, 0), c.Column("actor", document.Plain, 0), c.Column("what", document.Plain, 0)}}
	for _, h := range past {
		var said []string
		for i := range h.Events {
			if text := c.event(&h.Events[i]); text != "" {
				said = append(said, text)
			}
		}
		if len(said) == 0 {
			continue
		}
		if h.Undone {
			said = append(said, c.Say("undone", nil))
		}
		who := ""
		if h.Actor != nil {
			if who = h.Actor.Name; strings.HasPrefix(h.Actor.ID, "system:") {
				who = c.Say("system", nil)
			} else if who == "" {
				who = c.Say("visitor", nil)
			}
		}
		t.Rows = append(t.Rows, []any{c.at(h.At), who, strings.Join(said, "\n")})
	}
	c.Heading(c.Say("timeline", nil)).Table(t)
}

// event is what happened, in words; empty for what only the machinery cares about.
func (c *caseOn) event(e *procedure.Event) string {
	switch e.Kind {
	case procedure.Opened:
		if s := c.t.Opening(e.Step); s != nil {
			return pick(c.Lang, s.Name)
		}
	case procedure.Moved:
		s, to := c.t.Step(e.Step), c.t.State(e.To)
		if s == nil {
			return ""
		}
		if to != nil && e.From != e.To {
			return c.Say("moved", map[string]any{"step": pick(c.Lang, s.Name), "state": pick(c.Lang, to.Name)})
		}
		return pick(c.Lang, s.Name)
	case procedure.Told:
		return c.Say("told", map[string]any{"say": pick(c.Lang, *e.Say)})
	case procedure.Commented:
		return c.Say("comment", map[string]any{"text": e.Text})
	case procedure.Ticked:
		if dl := c.t.Deadline(e.Clock.Deadline); dl != nil && e.Clock.What == procedure.FellDue {
			return c.Say("fell_due", map[string]any{"deadline": pick(c.Lang, dl.Name)})
		}
	case procedure.Issued:
		return c.Say("issue", map[string]any{"paper": pick(c.Lang, e.Paper.Title)})
	case procedure.Drawn:
		return c.Say("drawn", map[string]any{"count": len(e.Lot.Drawn)})
	case procedure.Undone:
		return c.Say("undo", map[string]any{"seq": e.Seq})
	case procedure.Published:
		return c.Say("published", nil)
	}
	return ""
}

// Document prints a document that a case issued.
func (d *Desk) Document(ctx context.Context, p *docket.Issued, lang i18n.Lang) (func(io.Writer) error, error) {
	say := func(key string, args map[string]any) string { return i18n.T(lang, "casework.paper."+key, args) }
	names, err := d.Docket.Names(ctx, []string{p.Holder})
	if err != nil {
		return nil, err
	}
	c := document.Certificate{Issuer: d.issuer(lang), Title: pick(lang, p.Title), Number: say("number_of", map[string]any{"number": p.Number}), Framed: p.Document == "certificate", Given: d.day(p.From, lang), Subject: p.Number}
	if n := names[p.Holder]; n != "" {
		c.Lines = append(c.Lines, document.NamedLine{Name: say("holder", nil), Value: n})
	}
	for _, l := range p.Lines {
		c.Lines = append(c.Lines, document.NamedLine{Name: pick(lang, l.Name), Value: l.Value})
	}
	if p.Scope != "" {
		c.Lines = append(c.Lines, document.NamedLine{Name: say("scope", nil), Value: p.Scope})
	}
	if !p.Until.IsZero() {
		c.Valid = d.day(p.From, lang) + " — " + d.day(p.Until.Add(-time.Second), lang) // the last day that is valid
	}
	if !p.Valid {
		c.Void = say("void", nil)
	}
	link := d.page("/verify/" + p.Code)
	c.Code, c.Proof = code(link), []string{say("scan", nil), grouped(p.Code), link}
	c.Small = say("signed", map[string]any{"issuer": c.Issuer, "digest": p.Digest, "signature": p.Signed})
	return func(w io.Writer) error { return document.WriteCertificate(w, lang, c) }, nil
}

// grouped is a code as people read it aloud.
func grouped(code string) string {
	var parts []string
	for part := range slices.Chunk([]rune(code), 4) {
		parts = append(parts, string(part))
	}
	return strings.Join(parts, "-")
}

func (d *Desk) day(t time.Time, lang i18n.Lang) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(d.Zone)
	if lang == i18n.English {
		return t.Format("2 January 2006")
	}
	return fmt.Sprintf("%d年%d月%d日", t.Year(), int(t.Month()), t.Day())
}
