package party

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Portable is everything that is held of one person, unmasked, as they may ask for it
// (个人信息保护法 art. 45).
type Portable struct {
	Party
	Personal  Personal         `json:"personal"`
	Licences  []Licence        `json:"licences"`
	Entries   []Entry          `json:"entries"`
	Accounts  []Linked         `json:"accounts"`
	Documents []Document       `json:"documents"`
	Aliases   []Portable       `json:"aliases,omitempty"`
	History   []Happening      `json:"history"`
	Names     map[string]Brief `json:"names"`
}

// Hand gives everything that is held of a person, and records that.
func (m *Module) Hand(ctx context.Context, id, format string) (out *Portable, err error) {
	var p *Party
	err = m.db.Update(ctx, func(tx *store.Tx) error {
		if p, err = readParty(ctx, tx, id); err != nil {
			return err
		}
		if err := guard(ctx, PermPersonal, p); err != nil {
			return err
		}
		if out, err = m.portable(ctx, tx, p); err != nil {
			return err
		}
		return m.record(ctx, tx, "party.portable", p, map[string]any{"format": format})
	})
	if err != nil {
		return nil, err
	}
	if err := m.nameAccounts(ctx, out.Accounts); err != nil {
		return nil, err
	}
	return out, m.nameRegions(ctx, &out.Party)
}

func (m *Module) portable(ctx context.Context, q store.Queryer, p *Party) (*Portable, error) {
	unsealed, err := m.unsealed(ctx, q, p)
	if err != nil {
		return nil, err
	}
	out := &Portable{Party: *p, Personal: unsealed.Personal}
	if out.Licences, err = licencesOf(ctx, q, p.ID); err != nil {
		return nil, err
	}
	for i := range out.Licences {
		out.Licences[i].settle(m.today())
	}
	if out.Entries, err = entriesOf(ctx, q, p.ID, ""); err != nil {
		return nil, err
	}
	ids := []string{p.ID}
	for i := range out.Entries {
		e := &out.Entries[i]
		e.Private = unsealed.Entries[e.ID]
		if e.Other != "" {
			ids = append(ids, e.Other)
		}
	}
	if out.Accounts, err = accountsOf(ctx, q, p.ID); err != nil {
		return nil, err
	}
	if out.Documents, err = documentsOf(ctx, q, p.ID); err != nil {
		return nil, err
	}
	aliases, err := aliasesOf(ctx, q, p.ID)
	if err != nil {
		return nil, err
	}
	for i := range aliases {
		a, err := m.portable(ctx, q, &aliases[i])
		if err != nil {
			return nil, err
		}
		out.Aliases = append(out.Aliases, *a)
	}
	history, err := m.History(ctx, p.ID, store.Page{Limit: store.MaxLimit})
	if err != nil {
		return nil, err
	}
	out.History = history.Items
	out.Names, err = briefs(ctx, q, ids)
	return out, err
}

// HandFile is everything that is held of a person as a file: for programs, or to read.
func (m *Module) HandFile(ctx context.Context, id, format string) (*httpapi.File, error) {
	held, err := m.Hand(ctx, id, format)
	if err != nil {
		return nil, err
	}
	name := "person-" + id
	if format == "json" {
		var out bytes.Buffer
		enc := json.NewEncoder(&out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		err := enc.Encode(held)
		return &httpapi.File{ContentType: "application/json; charset=utf-8", Disposition: httpapi.Attachment("json", name, ""), Control: "no-store", Body: out.Bytes()}, err
	}
	paper, err := m.paper(ctx, held)
	if err != nil {
		return nil, err
	}
	return httpapi.Save("pdf", name, "", paper.As("pdf"))
}

// paper puts what is held of a person into words.
func (m *Module) paper(ctx context.Context, held *Portable) (*document.Paper, error) {
	p := document.NewPaper(httpapi.LangOf(ctx), "party.paper", m.clock.Now(), m.zone)
	p.Title = p.Say("title", map[string]any{"name": p.Pick(held.NameZH, held.NameEN)})
	terms, err := readTerms(ctx, m.db)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, t := range terms {
		names[t.Code] = p.Pick(t.NameZH, t.NameEN)
	}
	say := func(key string) string { return i18n.T(p.Lang, key, nil) }
	who := held.Personal
	roles := ""
	for _, r := range held.Roles {
		roles = join(roles, say("party.role."+string(r)))
	}
	p.Text(p.Say("about", nil))
	p.Facts(p.Fact("name", held.NameZH), p.Fact("region", held.Region), p.Fact("roles", roles), p.Fact("phone", who.Phone), p.Fact("email", who.Email), p.Fact("address", who.Address),
		p.Fact("identity", who.IDNumber), p.Fact("birth", who.Birth))
	t := document.Table{Title: p.Say("entries", nil), Columns: []document.Column{p.Column("class", document.Plain, 0), p.Column("what", document.Plain, 0), p.Column("from", document.Plain, 0), p.Column("until", document.Plain, 0),
		p.Column("more", document.Plain, 0), p.Column("entered", document.Plain, 0)}}
	for _, e := range held.Entries {
		what := names[termLists[e.Class]+"."+e.Term]
		if e.Class == Conflict {
			what = say("party.conflict.is." + e.Term)
		}
		if o, ok := held.Names[e.Other]; ok {
			what = join(what, p.Pick(o.NameZH, o.NameEN))
		}
		more := ""
		for _, text := range []string{e.Position, e.Level, e.Number, e.Issuer, e.Note, e.Guardian, e.Relation, e.Evidence} {
			more = join(more, text)
		}
		if e.Hours > 0 {
			more = join(more, p.Say("hours", map[string]any{"hours": e.Hours}))
		}
		if e.Result != "" {
			more = join(more, say("party.result."+e.Result))
		}
		t.Rows = append(t.Rows, []any{say("party.class." + string(e.Class)), what, e.From, e.Until, more, e.EnteredBy.Name})
	}
	p.Table(t)
	if len(held.Licences) > 0 {
		t := document.Table{Title: p.Say("licences", nil), Columns: []document.Column{p.Column("what", document.Plain, 0), p.Column("number", document.Plain, 0), p.Column("from", document.Plain, 0), p.Column("until", document.Plain, 0), p.Column("stands", document.Plain, 0)}}
		for _, l := range held.Licences {
			t.Rows = append(t.Rows, []any{names[listLicence+"."+l.Kind], l.Number, l.ValidFrom, l.ValidTo, say("party.stands." + l.Stands)})
		}
		p.Table(t)
	}
	for _, a := range held.Accounts {
		p.Text(p.Say("account", map[string]any{"name": a.Name, "username": a.Username}))
	}
	for _, a := range held.Aliases {
		p.Text(p.Say("alias", map[string]any{"name": a.NameZH, "phone": a.Personal.Phone, "address": a.Personal.Address}))
	}
	h := document.Table{Title: p.Say("history", nil), Columns: []document.Column{p.Column("at", document.Instant, 0), p.Column("by", document.Plain, 0), p.Column("act", document.Plain, 0)}}
	for _, r := range held.History {
		h.Rows = append(h.Rows, []any{r.At, r.By, say("audit.act." + r.Action)})
	}
	p.Table(h)
	p.Text(p.Say("rights", map[string]any{"count": fmt.Sprint(len(held.Documents))}))
	return p, nil
}

// join puts texts beside each other, without empty ones.
func join(a, b string) string {
	switch {
	case b == "":
		return a
	case a == "":
		return b
	}
	return a + " · " + b
}
