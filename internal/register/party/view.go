package party

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// View is a party with all that stands beside it, masked.
type View struct {
	Party
	Personal  Personal         `json:"personal" doc:"Masked"`
	Licences  []Licence        `json:"licences" nullable:"false" doc:"The latest end first"`
	Entries   []Entry          `json:"entries" nullable:"false" doc:"What is stated of a person, masked"`
	Members   []Entry          `json:"members" nullable:"false" doc:"Of an organisation: who belongs to it, at most 500"`
	Against   []Entry          `json:"against" nullable:"false" doc:"Conflicts of interest that people have with it, at most 500"`
	Children  []Brief          `json:"children" nullable:"false" doc:"Organisations directly below, at most 200"`
	Accounts  []Linked         `json:"accounts" nullable:"false"`
	Documents []Document       `json:"documents" nullable:"false"`
	Aliases   []Brief          `json:"aliases" nullable:"false" doc:"Parties that were merged into it"`
	Merges    []Merge          `json:"merges" nullable:"false" doc:"The latest first"`
	Twins     []Twin           `json:"twins" nullable:"false" doc:"Others that may be the same"`
	Names     map[string]Brief `json:"names" doc:"By id, whom the rest names"`
	May       []string         `json:"may" nullable:"false" doc:"write, personal, merge, erase"`
}

// maxBeside is how many entries of others a view holds.
const maxBeside = 500

// Get is a party that the asker may read; an alias is itself and says where it leads.
func (m *Module) Get(ctx context.Context, id string) (*View, error) {
	p, err := readParty(ctx, m.db, id)
	if err != nil {
		return nil, err
	}
	if err := guard(ctx, PermRead, p); err != nil {
		return nil, err
	}
	return m.view(ctx, p)
}

func (m *Module) view(ctx context.Context, p *Party) (v *View, err error) {
	if err := m.nameRegions(ctx, p); err != nil {
		return nil, err
	}
	who, err := m.vault.unlock(p)
	if err != nil {
		return nil, err
	}
	v = &View{Party: *p, Personal: who.masked(), Children: []Brief{}, Aliases: []Brief{}, Twins: []Twin{}, May: []string{}}
	q := m.db
	if v.Licences, err = licencesOf(ctx, q, p.ID); err != nil {
		return nil, err
	}
	for i := range v.Licences {
		v.Licences[i].settle(m.today())
	}
	if v.Entries, err = m.maskedEntries(entriesOf(ctx, q, p.ID, "")); err != nil {
		return nil, err
	}
	if v.Members, err = m.maskedEntries(entriesAbout(ctx, q, p.ID, Membership, maxBeside)); err != nil {
		return nil, err
	}
	if v.Against, err = m.maskedEntries(entriesAbout(ctx, q, p.ID, Conflict, maxBeside)); err != nil {
		return nil, err
	}
	if v.Accounts, err = accountsOf(ctx, q, p.ID); err != nil {
		return nil, err
	}
	if err := m.nameAccounts(ctx, v.Accounts); err != nil {
		return nil, err
	}
	if v.Documents, err = documentsOf(ctx, q, p.ID); err != nil {
		return nil, err
	}
	if v.Merges, err = mergesOf(ctx, q, p.ID); err != nil {
		return nil, err
	}
	children, err := childrenOf(ctx, q, p.ID)
	if err != nil {
		return nil, err
	}
	for i := range children {
		v.Children = append(v.Children, children[i].brief())
	}
	aliases, err := aliasesOf(ctx, q, p.ID)
	if err != nil {
		return nil, err
	}
	for i := range aliases {
		v.Aliases = append(v.Aliases, aliases[i].brief())
	}
	if p.State == Active {
		if v.Twins, err = m.twinsOf(ctx, p); err != nil {
			return nil, err
		}
	}
	for perm, name := range map[auth.Permission]string{PermWrite: "write", PermPersonal: "personal", PermMerge: "merge", PermErase: "erase"} {
		if auth.ScopeOf(ctx, perm).Allows(p.RegionPath) && p.State == Active {
			v.May = append(v.May, name)
		}
	}
	slices.Sort(v.May)
	v.Names, err = briefs(ctx, q, v.named())
	return v, err
}

// named are the ids of all that a view names.
func (v *View) named() []string {
	ids := []string{v.Parent, v.Survivor}
	for _, list := range [][]Entry{v.Entries, v.Members, v.Against} {
		for _, e := range list {
			ids = append(ids, e.Party, e.Other)
		}
	}
	for _, t := range v.Twins {
		ids = append(ids, t.ID)
	}
	for _, g := range v.Merges {
		ids = append(ids, g.Survivor, g.Merged)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	return slices.DeleteFunc(ids, func(id string) bool { return id == "" })
}

// maskedEntries masks what is sealed of entries, and the numbers of certificates.
func (m *Module) maskedEntries(list []Entry, err error) ([]Entry, error) {
	for i := range list {
		e := &list[i]
		if err := m.vault.open(e.sealed, ofEntry(e.ID), &e.Private); err != nil {
			return nil, err
		}
		e.Private, e.Number = e.Private.masked(), maskNumber(e.Number, 2, 2)
	}
	return list, err
}

// Happening is a line of a party's history.
type Happening struct {
	ID     string          `json:"id"`
	At     time.Time       `json:"at"`
	By     string          `json:"by" doc:"Name of who did it"`
	Action string          `json:"action"`
	Detail json.RawMessage `json:"detail"`
}

// History is what was done to a party, the latest first: who, when and what, without personal values.
func (m *Module) History(ctx context.Context, id string, page store.Page) (store.Listing[Happening], error) {
	none := store.Listing[Happening]{}
	p, err := readParty(ctx, m.db, id)
	if err != nil {
		return none, err
	}
	if err := guard(ctx, PermRead, p); err != nil {
		return none, err
	}
	found, err := audit.Find(ctx, m.db, audit.Filter{Object: "party:" + p.ID, Scope: auth.Everywhere, Page: page})
	out := store.Listing[Happening]{Items: []Happening{}, Next: found.Next, Total: found.Total}
	for _, r := range found.Items { // from where they worked is for auditors
		out.Items = append(out.Items, Happening{r.ID, r.At, r.ActorName, r.Action, r.Detail})
	}
	return out, err
}
