package party_test

import (
	"context"
	"slices"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/register/party"
)

func (b *bench) pairs() []party.Pair {
	b.Helper()
	l, err := b.m.Duplicates(clerk, "", store.Page{})
	b.ok(err)
	return l.Items
}

func TestDuplicatesAreFoundWithWhy(t *testing.T) {
	each(t, func(b *bench) {
		code := "91350100M000100Y43"
		a := b.organisation("北京某某影视文化有限公司", func(n *party.NewParty) { n.Code = code })
		b.organisation("完全不同的名字", func(n *party.NewParty) { n.Code, n.RegionCode = code, "110108000000" })
		like := b.organisation("北京某某影视文化有限责任公司", nil)
		b.organisation("北京某某影视文化有限公司", func(n *party.NewParty) { n.RegionCode = "110108000000" }) // another district
		b.organisation("大山广播站", nil)
		one, two := b.person("张三"), b.person("张叁")
		found := map[string][]string{}
		for _, p := range b.pairs() {
			found[p.First.NameZH+"|"+p.Second.NameZH] = p.Why
		}
		if len(found) != 3 || !slices.Equal(found["北京某某影视文化有限公司|完全不同的名字"], []string{"code"}) || !slices.Equal(found["北京某某影视文化有限公司|北京某某影视文化有限责任公司"], []string{"name"}) ||
			!slices.Equal(found["张三|张叁"], []string{"identity", "phone"}) {
			b.Errorf("%v", found)
		}
		if twins := b.view(like).Twins; len(twins) != 1 || twins[0].ID != a.ID {
			b.Errorf("twins: %v", twins)
		}
		b.ok(b.m.Distinguish(clerk, two.ID, one.ID, "父子"))
		if n := len(b.pairs()); n != 2 {
			b.Errorf("a pair that is two was found again: %d", n)
		}
		b.refused(b.m.Distinguish(other, a.ID, like.ID, ""), "party.not_found")
	})
}

func TestAMergeMovesEverythingAndCanBeTakenBack(t *testing.T) {
	each(t, func(b *bench) {
		ctx := context.Background()
		keep := b.organisation("甲公司", nil)
		gone := b.organisation("甲公司（重复）", func(n *party.NewParty) {
			n.Code, n.Roles, n.Personal = "91350100M000100Y43", []party.Role{party.Maintenance}, &party.Personal{Contacts: []party.Contact{{Name: "王五", Phone: "13900000009"}}}
		})
		below := b.organisation("甲分公司", func(n *party.NewParty) { n.Parent = gone.ID })
		b.licence(gone, "京字第1号", -10, 100)
		p := b.person("张三", party.Technician)
		b.state(p, party.Statement{Class: party.Membership, Other: gone.ID, From: b.today(-10)})
		_, err := b.m.LinkAccount(clerk, p.ID, "acc-1")
		b.ok(err)
		d, err := b.m.KeepDocument(clerk, gone.ID, "a.pdf", []byte("%PDF-1.4 x"))
		b.ok(err)
		_, err = b.m.MergeInto(clerk, keep.ID, gone.ID, [2]int64{keep.Revision, 1}, []string{"code"})
		b.refused(err, "stale")
		g := b.view(gone)
		_, err = b.m.MergeInto(clerk, keep.ID, p.ID, [2]int64{keep.Revision, b.view(p).Revision}, nil)
		b.refused(err, "party.merge.kinds")
		m, err := b.m.MergeInto(clerk, keep.ID, gone.ID, [2]int64{keep.Revision, g.Revision}, []string{"code", "personal.contacts"})
		b.ok(err)
		v := b.view(keep)
		if v.Code != "91350100M000100Y43" || len(v.Roles) != 2 || len(v.Licences) != 1 || len(v.Members) != 1 || len(v.Children) != 1 || len(v.Aliases) != 1 || len(v.Documents) != 1 || len(v.Personal.Contacts) != 1 || v.Documents[0].SM3 != d.SM3 {
			b.Errorf("merged: %+v", v)
		}
		if _, content, err := b.m.OpenDocument(clerk, keep.ID, d.SM3); err != nil || string(content) != "%PDF-1.4 x" {
			b.Errorf("a document that moved: %v", err)
		}
		brief, err := b.m.Party(ctx, b.db, gone.ID)
		b.ok(err)
		if brief.ID != keep.ID {
			b.Error("an alias does not lead to its survivor")
		}
		named, err := b.m.Parties(ctx, []string{gone.ID, keep.ID, "none"})
		b.ok(err)
		if len(named) != 2 || named[gone.ID].ID != keep.ID {
			b.Errorf("%v", named)
		}
		if ids, _ := b.m.OrganisationsOf(ctx, b.db, "acc-1"); !slices.Contains(ids, keep.ID) {
			b.Errorf("a member acts for %v", ids)
		}
		_, err = b.m.Change(clerk, gone.ID, b.view(gone).Revision, gone.Facts)
		b.refused(err, "party.merged")
		if b.view(below).Parent != keep.ID {
			b.Error("what stood below stands nowhere")
		}
		_, err = b.m.Undo(other, m.ID)
		b.refused(err, "party.not_found")
		// What is changed since stays with the survivor.
		b.licence(keep, "京字第2号", -10, 100)
		_, err = b.m.Undo(clerk, m.ID)
		b.ok(err)
		v, g = b.view(keep), b.view(gone)
		if v.Code != "" || len(v.Roles) != 1 || len(v.Licences) != 1 || v.Licences[0].Number != "京字第2号" || len(v.Members) != 0 || len(v.Personal.Contacts) != 0 || len(v.Aliases) != 0 {
			b.Errorf("after undoing: %+v", v)
		}
		if g.State != party.Active || len(g.Licences) != 1 || len(g.Members) != 1 || len(g.Children) != 1 || len(g.Documents) != 1 || g.Personal.Contacts[0].Name != "王**" {
			b.Errorf("the alias is not itself again: %+v", g)
		}
		_, err = b.m.Undo(clerk, m.ID)
		b.refused(err, "party.merge.undone")
	})
}

func TestMergedPeopleKeepOneIdentity(t *testing.T) {
	each(t, func(b *bench) {
		a, c := b.person("张三"), b.person("张叁", party.Inspector)
		_, err := b.m.LinkAccount(clerk, c.ID, "acc-2")
		b.ok(err)
		_, err = b.m.MergeInto(clerk, a.ID, c.ID, [2]int64{a.Revision, b.view(c).Revision}, []string{"personal.phone"})
		b.ok(err)
		v := b.view(a)
		if len(v.Accounts) != 1 || len(v.Roles) != 2 || len(b.pairs()) != 0 {
			b.Errorf("%+v", v)
		}
		if l, _ := b.m.List(clerk, party.ListFilter{Text: "13912345678"}); len(l.Items) != 1 {
			b.Errorf("an alias is found beside its survivor: %d", len(l.Items))
		}
	})
}
