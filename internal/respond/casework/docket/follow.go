package docket

import (
	"crypto/rand"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

type toldRow struct {
	id, holder, caseID string
	n                  int64
	say                procedure.Words
	note               string
}

type tallyKey struct{ element, unit, of, day string }

type paperRow struct {
	id, code, caseID string
	body             []byte
}

type noticeRow struct {
	k     *kept
	event procedure.Event
	down  bool
}

type fileOf struct{ id, caseID string }

type paidOut struct {
	k       *kept
	payment procedure.Payment
}

// follow lets happen what an entry causes outside its case.
func (b *batch) follow(before, k *kept, e *procedure.Entry) error {
	for i := range e.Events {
		if err := b.followOne(k, e, &e.Events[i]); err != nil {
			return err
		}
	}
	if k.Parent != "" && e.Reports() && b.joining != k.ID {
		return b.tellParent(k)
	}
	return nil
}

func (b *batch) followOne(k *kept, e *procedure.Entry, ev *procedure.Event) error {
	switch ev.Kind {
	case procedure.Opened, procedure.Moved:
		return b.attach(k, filesIn(k.typ.Form(ev.Form), ev.Data))
	case procedure.Commented:
		return b.attach(k, ev.Files)
	case procedure.Told:
		for _, role := range ev.Roles {
			b.tellRole(k, role, *ev.Say, e.Actor.ID)
		}
	case procedure.Assigned:
		return b.mayHave(k, ev.Role, ev.IDs)
	case procedure.Spawned:
		return b.spawn(k, ev.Child)
	case procedure.Signalled:
		return b.tellChildren(ev.IDs, func(w *procedure.World, child *kept) (*procedure.Case, *procedure.Entry, error) {
			return child.typ.Hear(w, child.Case, ev.Text)
		})
	case procedure.Unsealed:
		ids := make([]string, len(k.Children))
		for i := range k.Children {
			ids[i] = k.Children[i].ID
		}
		return b.tellChildren(ids, func(w *procedure.World, child *kept) (*procedure.Case, *procedure.Entry, error) {
			return child.typ.Unseal(w, child.Case, ev.Fields)
		})
	case procedure.Recorded:
		f := ev.Fact
		if f.Unit == "region" {
			if _, known := b.d.regions.byCode(f.Of); !known {
				return fault.New(fault.Invalid, "casework.region.unknown", fault.Args{"region": f.Of})
			}
		}
		b.count(tallyKey{f.Element, f.Unit, f.Of, e.When(ev).In(b.d.Zone).Format(time.DateOnly)}, f.Value)
	case procedure.Issued:
		return b.issue(k, ev.Paper)
	case procedure.Published, procedure.Unshown:
		b.notices = append(b.notices, noticeRow{k, *ev, ev.Kind == procedure.Unshown})
	case procedure.Paid:
		b.paid = append(b.paid, paidOut{k, *ev.Payment})
	}
	return nil
}

// mayHave refuses to give a role to somebody who could not fill it: forms name people and
// organisations by ids, and an id can be anything.
func (b *batch) mayHave(k *kept, role string, ids []string) error {
	r := k.typ.Role(role)
	if r.Filled.Assigned == procedure.ToParty {
		names, err := b.d.Parties.Named(b.ctx, b.tx, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if names[id].Zh == "" {
				return fault.New(fault.Invalid, "casework.party.unknown").At(role)
			}
		}
		return nil
	}
	for _, id := range ids {
		if err := b.d.eligible(b.ctx, k, role, id); err != nil {
			return err
		}
	}
	return nil
}

// count adds to a tally.
func (b *batch) count(key tallyKey, value float64) {
	n := int64(math.Round(value * 1e6))
	b.tallies[key] += n
	b.undo = append(b.undo, func() { b.tallies[key] -= n })
}

// tellRole tells those who have a role; who did it knows.
func (b *batch) tellRole(k *kept, role string, say procedure.Words, actor string) {
	r := k.typ.Role(role)
	if r == nil {
		return
	}
	var holders []string
	switch f := r.Filled; {
	case f.Opener:
		holders = []string{k.Opener}
	case f.Assigned != "":
		holders = k.Hands[role]
	default:
		holders = []string{"post:" + f.Grant + "@" + k.path}
	}
	for _, h := range holders {
		if h != "" && h != actor {
			b.told = append(b.told, toldRow{store.NewID(b.now), h, k.ID, k.n, say, k.title})
		}
	}
}

// spawn opens a child case.
func (b *batch) spawn(parent *kept, child *procedure.Child) error {
	t, err := b.d.types.current(child.Type)
	if err != nil {
		return err
	}
	number, err := b.number(t.Prefix, b.now)
	if err != nil {
		return err
	}
	region, subject := parent.Region, parent.Subject
	if child.About != "" {
		subject = child.About
		if at, _, err := b.d.Subjects.Place(b.ctx, t.Subject, child.About); err == nil { // else it lies where its parent does
			region = at
		}
	}
	c, e, err := t.Begin(b.world(), procedure.Opening{ID: child.ID, Start: child.Start, Who: procedure.Who{ID: "system:casework", System: true}, Region: region, Data: child.With, Give: child.Give,
		Birth: procedure.Birth{Number: number, Opener: parent.Opener, Subject: subject, Via: "parent", Parent: parent.ID, Link: child.Link}})
	if err != nil {
		return err
	}
	_, err = b.take(nil, c, e)
	return err
}

// tellParent tells the case that this one is under how far it came.
func (b *batch) tellParent(k *kept) error {
	parent, err := b.get(k.Parent)
	if err != nil {
		return err
	}
	c, e, err := parent.typ.ChildCame(b.world(), parent.Case, k.typ.Report(k.Case))
	if err != nil || e == nil {
		return err
	}
	_, err = b.take(parent, c, e)
	return err
}

// join brings a case that somebody opened under another to that one, which may refuse it.
func (b *batch) join(k *kept) error {
	parent, err := b.get(k.Parent)
	if err != nil {
		return err
	}
	c, e, err := parent.typ.Adopt(b.world(), parent.Case, k.typ.Report(k.Case))
	if err != nil {
		return err
	}
	_, err = b.take(parent, c, e)
	return err
}

// tellChildren tells child cases something.
func (b *batch) tellChildren(ids []string, what func(*procedure.World, *kept) (*procedure.Case, *procedure.Entry, error)) error {
	if err := b.read(b.ctx, ids); err != nil {
		return err
	}
	for _, id := range ids {
		child, err := b.get(id)
		if err != nil {
			return err
		}
		c, e, err := what(b.world(), child)
		if err != nil {
			return err
		}
		if e != nil {
			if _, err := b.take(child, c, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// issue keeps a document with the code by which anybody can ask whether it is true, and lets the
// register take the licence that it is.
func (b *batch) issue(k *kept, p *procedure.Paper) error {
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	b.papers = append(b.papers, paperRow{p.ID, paperCode(), k.ID, body})
	if p.Licence != "" {
		return b.d.Parties.Licensed(b.ctx, b.tx, k.Number, *p)
	}
	return nil
}

// paperCode is what nobody guesses: 59 bits.
func paperCode() string {
	raw := make([]byte, 12)
	_, _ = rand.Read(raw) // never fails
	return letters(raw)
}

// letters are bytes as letters and digits that are not mistaken for one another.
func letters(raw []byte) string {
	const of = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
	out := make([]byte, len(raw))
	for i := range raw {
		out[i] = of[int(raw[i])%len(of)]
	}
	return string(out)
}

// filesIn are the files that a filled-in form names.
func filesIn(f *procedure.Form, data map[string]any) (ids []string) {
	if f == nil {
		return nil
	}
	for i := range f.Fields {
		field := &f.Fields[i]
		switch v := data[field.ID].(type) {
		case string:
			if field.Format == "file" || field.Format == "signature" {
				ids = append(ids, v)
			}
		case []any:
			if len(field.Items) == 1 && field.Items[0].Format == "file" {
				for _, item := range v {
					if id, ok := item.(string); ok {
						ids = append(ids, id)
					}
				}
			}
		}
	}
	return ids
}

// attach makes files belong to a case. A file belongs to one.
func (b *batch) attach(k *kept, ids []string) error {
	ids = slices.DeleteFunc(ids, func(id string) bool { return strings.TrimSpace(id) == "" })
	if len(ids) == 0 {
		return nil
	}
	owners, err := fileOwners(b.ctx, b.tx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		owner, known := owners[id]
		if !known || owner != "" && owner != k.ID {
			return fault.New(fault.Invalid, "casework.file.unknown").At("files")
		}
		b.files = append(b.files, fileOf{id, k.ID})
	}
	return nil
}
