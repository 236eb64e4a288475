package party

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Merge is that two parties were found to be one. The merged one stays as an alias.
type Merge struct {
	ID       string      `json:"id"`
	Survivor string      `json:"survivor"`
	Merged   string      `json:"merged"`
	At       time.Time   `json:"at"`
	By       auth.Person `json:"by"`
	Took     []string    `json:"took" nullable:"false" doc:"Fields that the survivor took from the merged one"`
	UndoneAt *time.Time  `json:"undoneAt,omitempty"`

	moved moved
}

// moved is what a merge changed, so that it can be taken back.
type moved struct {
	By        auth.Person         `json:"by"`
	Took      []string            `json:"took"`
	Was       body                `json:"was"` // the survivor's facts before
	WasPath   string              `json:"wasPath"`
	WasSealed string              `json:"sealed"`   // and what was personal, bound to the survivor's id
	Is        body                `json:"is"`       // and its facts after
	IsSealed  string              `json:"isSealed"` // so that what was changed since is kept
	Links     map[string][]string `json:"links"`    // keys of rows that moved, by table and column
	Children  []string            `json:"children"`
	Documents []string            `json:"documents"`
}

// Takeable are the fields that a survivor may take from the one that is merged into it; roles and
// regions that are served are always taken together.
var Takeable = []string{"nameZh", "nameEn", "regionCode", "code", "parent", "phone", "address", "website", "note", "closedOn", "weekdays", "personal.phone", "personal.email", "personal.idNumber", "personal.address", "personal.birth", "personal.contacts"}

// MergeInto makes one party an alias of another. Every licence, entry, account, document and
// organisation below moves; the survivor keeps its own fields but for those that are named.
func (m *Module) MergeInto(ctx context.Context, survivor, merged string, revisions [2]int64, take []string) (g *Merge, err error) {
	for _, f := range take {
		if !slices.Contains(Takeable, f) {
			return nil, fault.Bad("take", "party.merge.field", fault.Args{"field": f})
		}
	}
	err = m.db.Update(ctx, func(tx *store.Tx) error {
		keep, gone, err := m.two(ctx, tx, survivor, merged)
		if err != nil {
			return err
		}
		if keep.Revision != revisions[0] || gone.Revision != revisions[1] {
			return fault.New(fault.Stale, "stale")
		}
		g = &Merge{ID: store.NewID(tx.Now), Survivor: keep.ID, Merged: gone.ID, At: tx.Now, By: auth.Who(ctx).Person(), Took: append([]string{}, take...)}
		g.moved = moved{By: g.By, Took: g.Took, Was: body{keep.Facts, keep.servesPaths, keep.guardedUntil}, WasPath: keep.RegionPath, WasSealed: keep.sealed, Links: map[string][]string{}}
		if err := m.take(keep, gone, take); err != nil {
			return err
		}
		g.moved.Is, g.moved.IsSealed = body{keep.Facts, keep.servesPaths, keep.guardedUntil}, keep.sealed
		if err := m.moveAll(ctx, tx, g, keep.ID, gone.ID); err != nil {
			return err
		}
		gone.State, gone.Survivor = Merged, keep.ID
		for _, p := range []*Party{gone, keep} {
			if err := updateParty(ctx, tx, p); err != nil {
				return err
			}
		}
		if err := insertMerge(ctx, tx, g); err != nil {
			return err
		}
		detail := map[string]any{"merge": g.ID, "survivor": keep.ID, "merged": gone.ID, "took": take}
		for _, p := range []*Party{gone, keep} {
			if err := m.record(ctx, tx, "party.merge", p, detail); err != nil {
				return err
			}
		}
		e := changed(keep, "merge")
		e.From = gone.ID
		return tx.Emit(ctx, e)
	})
	return g, err
}

// moveAll moves what names one party to another, and notes it in the merge.
func (m *Module) moveAll(ctx context.Context, tx *store.Tx, g *Merge, to, from string) (err error) {
	for _, l := range links {
		if g.moved.Links[l.table+"."+l.column], err = moveLinks(ctx, tx, l, from, to); err != nil {
			return err
		}
	}
	if g.moved.Documents, err = moveDocuments(ctx, tx, from, to); err != nil {
		return err
	}
	children, err := allChildren(ctx, tx, from)
	if err != nil {
		return err
	}
	for i := range children {
		if c := &children[i]; c.ID != to {
			g.moved.Children = append(g.moved.Children, c.ID)
			if err := moveUnder(ctx, tx, c, to); err != nil {
				return err
			}
		}
	}
	return nil
}

// moveUnder puts an organisation below another. The record of the merge says it for all that moved.
func moveUnder(ctx context.Context, tx *store.Tx, p *Party, parent string) error {
	p.Parent = parent
	if err := updateParty(ctx, tx, p); err != nil {
		return err
	}
	return tx.Emit(ctx, changed(p, "change"))
}

// take gives a survivor the fields that it is to have from another.
func (m *Module) take(keep, gone *Party, fields []string) error {
	mine, err := m.vault.unlock(keep)
	if err != nil {
		return err
	}
	theirs, err := m.vault.unlock(gone)
	if err != nil {
		return err
	}
	for _, f := range fields {
		switch f {
		case "nameZh":
			keep.NameZH = gone.NameZH
		case "nameEn":
			keep.NameEN = gone.NameEN
		case "regionCode":
			keep.RegionCode, keep.RegionPath = gone.RegionCode, gone.RegionPath
		case "code":
			keep.Code = gone.Code
		case "parent":
			keep.Parent = gone.Parent
		case "phone":
			keep.Phone = gone.Phone
		case "address":
			keep.Address = gone.Address
		case "website":
			keep.Website = gone.Website
		case "note":
			keep.Note = gone.Note
		case "closedOn":
			keep.ClosedOn = gone.ClosedOn
		case "weekdays":
			keep.Weekdays = gone.Weekdays
		case "personal.phone":
			mine.Phone = theirs.Phone
		case "personal.email":
			mine.Email = theirs.Email
		case "personal.idNumber":
			mine.IDNumber = theirs.IDNumber
		case "personal.address":
			mine.Address = theirs.Address
		case "personal.birth":
			mine.Birth = theirs.Birth
		case "personal.contacts":
			mine.Contacts = theirs.Contacts
		}
	}
	keep.guardedUntil = max(keep.guardedUntil, gone.guardedUntil)
	keep.Roles, keep.Serves, keep.servesPaths = union(keep.Roles, gone.Roles), union(keep.Serves, gone.Serves), union(keep.servesPaths, gone.servesPaths)
	keep.Fields = union(keep.Fields, gone.Fields)
	if keep.Parent == keep.ID || keep.Parent == gone.ID { // it would stand below itself
		keep.Parent = ""
	}
	if bad := keep.check(keep.Kind); len(bad) > 0 {
		return bad
	}
	if bad := mine.check(keep.Kind, m.today()); len(bad) > 0 {
		return bad
	}
	return m.vault.lock(keep, mine)
}

func union[T ~string](a, b []T) []T {
	all := append(slices.Clone(a), b...)
	slices.Sort(all)
	return slices.Compact(all)
}

// Undo takes a merge back: the alias is itself again, what moved goes back where it still is, and the
// survivor's fields are as they were, but for those that were changed since.
func (m *Module) Undo(ctx context.Context, id string) (g *Merge, err error) {
	err = m.db.Update(ctx, func(tx *store.Tx) error {
		if g, err = mergeOf(ctx, tx, id); err != nil {
			return err
		}
		keep, err := readParty(ctx, tx, g.Survivor)
		if err != nil {
			return err
		}
		gone, err := readParty(ctx, tx, g.Merged)
		if err != nil {
			return err
		}
		for _, p := range []*Party{keep, gone} {
			if err := guard(ctx, PermMerge, p); err != nil {
				return err
			}
		}
		if g.UndoneAt != nil || gone.State != Merged || gone.Survivor != keep.ID {
			return fault.New(fault.Conflict, "party.merge.undone")
		}
		if keep.State != Active {
			return fault.New(fault.Conflict, "party."+string(keep.State))
		}
		if err := m.restore(keep, g); err != nil {
			return err
		}
		gone.State, gone.Survivor = Active, ""
		for _, p := range []*Party{keep, gone} {
			if err := updateParty(ctx, tx, p); err != nil {
				return err
			}
		}
		if err := m.moveAllBack(ctx, tx, g); err != nil {
			return err
		}
		if err := markUndone(ctx, tx, g); err != nil {
			return err
		}
		at := tx.Now
		g.UndoneAt = &at
		for _, p := range []*Party{gone, keep} {
			if err := m.record(ctx, tx, "party.merge.undo", p, map[string]any{"merge": g.ID, "survivor": keep.ID, "merged": gone.ID}); err != nil {
				return err
			}
		}
		e := changed(keep, "merge.undo")
		e.From = gone.ID
		return tx.Emit(ctx, e)
	})
	return g, err
}

func mergeOf(ctx context.Context, q store.Queryer, id string) (*Merge, error) {
	g, err := readMerge(ctx, q, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "party.merge.not_found")
	}
	return g, err
}

func (m *Module) moveAllBack(ctx context.Context, tx *store.Tx, g *Merge) error {
	for _, l := range links {
		if err := moveBack(ctx, tx, l, g.moved.Links[l.table+"."+l.column], g.Survivor, g.Merged); err != nil {
			return err
		}
	}
	if err := moveBack(ctx, tx, link{"party_document", "party", "sm3"}, g.moved.Documents, g.Survivor, g.Merged); err != nil {
		return err
	}
	for _, id := range g.moved.Children {
		c, err := readParty(ctx, tx, id)
		if err != nil {
			return err
		}
		if c.Parent != g.Survivor {
			continue
		}
		if err := moveUnder(ctx, tx, c, g.Merged); err != nil {
			return err
		}
	}
	return nil
}

// restore gives a survivor back what it was before a merge. What was changed since stays.
func (m *Module) restore(keep *Party, g *Merge) error {
	if store.JSON(keep.Facts) == store.JSON(g.moved.Is.Facts) {
		keep.Facts, keep.servesPaths, keep.RegionPath = g.moved.Was.Facts, g.moved.Was.ServesPaths, g.moved.WasPath
	}
	if keep.sealed == g.moved.IsSealed {
		var was Personal
		if err := m.vault.open(g.moved.WasSealed, ofParty(keep.ID), &was); err != nil {
			return err
		}
		return m.vault.lock(keep, was)
	}
	return nil
}

// Merges are those into and out of a party.
func (m *Module) Merges(ctx context.Context, id string) ([]Merge, error) {
	p, err := readParty(ctx, m.db, id)
	if err != nil {
		return nil, err
	}
	if err := guard(ctx, PermRead, p); err != nil {
		return nil, err
	}
	return mergesOf(ctx, m.db, p.ID)
}
