package party

import (
	"context"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Holds are the reasons why a person cannot be erased now; none where it can be.
func (m *Module) Holds(ctx context.Context, id string) ([]Reason, error) {
	p, err := readParty(ctx, m.db, id)
	if err != nil {
		return nil, err
	}
	if err := guard(ctx, PermRead, p); err != nil {
		return nil, err
	}
	return m.holds(ctx, m.db, p)
}

// holds finds what must be kept, or ended first: a licence that runs or is suspended (its register is
// public by law), an account that still signs in, a membership that still lets the person act for an
// organisation, and what other modules know.
func (m *Module) holds(ctx context.Context, q store.Queryer, p *Party) ([]Reason, error) {
	why := []Reason{}
	if p.Kind != Person {
		return append(why, Reason{Code: "party.hold.organisation"}), nil
	}
	licences, err := licencesOf(ctx, q, p.ID)
	if err != nil {
		return nil, err
	}
	for i := range licences {
		l := &licences[i]
		if l.settle(m.today()); slices.Contains([]string{string(Valid), string(Suspended), standsFuture}, l.Stands) {
			why = append(why, Reason{Code: "party.hold.licence", Args: map[string]any{"number": l.Number}})
		}
	}
	accounts, err := accountsOf(ctx, q, p.ID)
	if err != nil {
		return nil, err
	}
	if len(accounts) > 0 {
		why = append(why, Reason{Code: "party.hold.account", Args: map[string]any{"count": len(accounts)}})
	}
	entries, err := entriesOf(ctx, q, p.ID, Membership)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !runs(e.From, e.Until, m.today()) {
			continue
		}
		org, err := resolve(ctx, q, e.Other)
		if err != nil {
			return nil, err
		}
		why = append(why, Reason{Code: "party.hold.member", Args: map[string]any{"name": i18n.Both{Zh: org.NameZH, En: org.NameEN}}})
	}
	for _, h := range m.holders {
		more, err := h.Holds(ctx, q, p.ID)
		if err != nil {
			return nil, err
		}
		why = append(why, more...)
	}
	return why, nil
}

// Erase takes everything personal of a person away, for good, and leaves a stub by which what others
// refer to holds (个人信息保护法 art. 47). It is refused, with every reason, where something must be
// kept. Aliases, and what merges remember, go with it.
func (m *Module) Erase(ctx context.Context, id string, revision int64, reason string) (*Party, error) {
	reason = strings.TrimSpace(reason)
	if i18n.Blank(reason) || i18n.Deceives(reason, "\n") {
		return nil, fault.Bad("reason", "party.reason")
	}
	var objects []string
	p, err := m.amend(ctx, PermErase, id, revision, "party.erase", func(tx *store.Tx, p *Party) (any, error) {
		why, err := m.holds(ctx, tx, p)
		if err != nil {
			return nil, err
		}
		var bad fault.List
		for _, r := range why {
			bad.Add(fault.New(fault.Conflict, r.Code, fault.Args(r.Args)))
		}
		if err := bad.OrNil(); err != nil {
			return nil, err
		}
		objects, err = m.blank(ctx, tx, p)
		return map[string]any{"reason": reason}, err
	})
	if err != nil {
		return nil, err
	}
	for _, o := range objects { // after the rows: a row must never name what is not there
		if err := m.blob.Delete(ctx, o); err != nil {
			m.log.ErrorContext(ctx, "a document of an erased person was not deleted", "object", o, "error", err)
		}
	}
	return p, nil
}

// blank empties a person's rows, and gives the objects that are to be deleted.
func (m *Module) blank(ctx context.Context, tx *store.Tx, p *Party) (objects []string, err error) {
	aliases, err := aliasesOf(ctx, tx, p.ID)
	if err != nil {
		return nil, err
	}
	for i := range aliases {
		more, err := m.blank(ctx, tx, &aliases[i])
		if err != nil {
			return nil, err
		}
		aliases[i].State = Merged // still leads to the stub
		if err := updateParty(ctx, tx, &aliases[i]); err != nil {
			return nil, err
		}
		objects = append(objects, more...)
	}
	documents, err := documentsOf(ctx, tx, p.ID)
	if err != nil {
		return nil, err
	}
	for _, d := range documents {
		objects = append(objects, d.object)
	}
	if err := deleteDocuments(ctx, tx, p.ID); err != nil {
		return nil, err
	}
	licences, err := licencesOf(ctx, tx, p.ID)
	if err != nil {
		return nil, err
	}
	for i := range licences { // those that are over stay, as figures: what and until when
		l := &licences[i]
		l.Number, l.Document, l.ScopeZH, l.ScopeEN, l.Reason = "-"+l.ID, "", "", "", ""
		if err := updateLicence(ctx, tx, l); err != nil {
			return nil, err
		}
	}
	entries, err := entriesOf(ctx, tx, p.ID, "")
	if err != nil {
		return nil, err
	}
	for i := range entries {
		e := &entries[i]
		e.Private, e.sealed, e.Number, e.Position, e.Level = Private{}, "", "", "", ""
		if err := updateEntry(ctx, tx, e); err != nil {
			return nil, err
		}
	}
	merges, err := mergesOf(ctx, tx, p.ID)
	if err != nil {
		return nil, err
	}
	for i := range merges {
		g := &merges[i]
		g.moved = moved{By: g.moved.By, Took: g.moved.Took}
		if err := saveMoved(ctx, tx, g); err != nil {
			return nil, err
		}
	}
	p.Facts = Facts{NameZH: i18n.T(i18n.Chinese, "party.stub", map[string]any{"id": p.ID[len(p.ID)-6:]}), NameEN: i18n.T(i18n.English, "party.stub", map[string]any{"id": p.ID[len(p.ID)-6:]}),
		RegionCode: p.RegionCode, Roles: p.Roles}
	p.State, p.servesPaths, p.guardedUntil = Erased, nil, ""
	return objects, m.vault.lock(p, Personal{})
}
