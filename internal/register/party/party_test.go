package party_test

import (
	"context"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/register/party"
)

func TestCreditCodesCheckThemselves(t *testing.T) {
	for code, want := range map[string]bool{"91350100M000100Y43": true, "91350100M000100Y44": false, "91110000600037341L": true, "": false, "9135 100M000100Y43": false, "91350100M000100YI3": false} {
		if got := party.CreditCode(code); got != want {
			t.Errorf("%s: %v", code, got)
		}
	}
}

func TestFactsAreChecked(t *testing.T) {
	each(t, func(b *bench) {
		for code, n := range map[string]party.NewParty{
			"party.code":                  {Kind: party.Organisation, Facts: party.Facts{NameZH: "甲", RegionCode: "110105000000", Roles: []party.Role{party.Hotel}, Code: "91350100M000100Y44"}},
			"party.roles.kind":            {Kind: party.Organisation, Facts: party.Facts{NameZH: "甲", RegionCode: "110105000000", Roles: []party.Role{party.Expert}}},
			"party.roles.none":            {Kind: party.Organisation, Facts: party.Facts{NameZH: "甲", RegionCode: "110105000000"}},
			"region.unknown":              {Kind: party.Organisation, Facts: party.Facts{NameZH: "甲", RegionCode: "990105000000", Roles: []party.Role{party.Hotel}}},
			"party.person.plain":          {Kind: party.Person, Facts: party.Facts{NameZH: "甲", RegionCode: "110105000000", Roles: []party.Role{party.Expert}, Phone: "13912345678"}},
			"party.organisation.personal": {Kind: party.Organisation, Facts: party.Facts{NameZH: "甲", RegionCode: "110105000000", Roles: []party.Role{party.Hotel}}, Personal: &party.Personal{Phone: "13912345678"}},
			"party.identity":              {Kind: party.Person, Facts: party.Facts{NameZH: "甲", RegionCode: "110105000000", Roles: []party.Role{party.Expert}}, Personal: &party.Personal{IDNumber: "110105198001010011"}},
			"party.term.unknown":          {Kind: party.Person, Facts: party.Facts{NameZH: "甲", RegionCode: "110105000000", Roles: []party.Role{party.Expert}, Fields: []string{"none"}}},
		} {
			_, err := b.m.Add(clerk, n)
			b.refused(err, code)
		}
		p := b.organisation("上级集团", nil)
		below := b.organisation("下级公司", func(n *party.NewParty) { n.Parent = p.ID })
		_, err := b.m.Change(clerk, p.ID, p.Revision, party.Facts{NameZH: "上级集团", RegionCode: "110105000000", Roles: p.Roles, Parent: below.ID})
		b.refused(err, "party.parent.loop")
		_, err = b.m.Change(clerk, p.ID, 7, p.Facts)
		b.refused(err, "stale")
		_, err = b.m.Change(clerk, p.ID, p.Revision, party.Facts{NameZH: "上级集团", RegionCode: "110108000000", Roles: p.Roles})
		b.ok(err)
		h, err := b.m.History(clerk, p.ID, store.Page{})
		b.ok(err)
		if len(h.Items) != 2 || !strings.Contains(string(h.Items[0].Detail), "110108000000") || h.Items[0].By != "clerk" {
			b.Errorf("history: %+v", h.Items)
		}
	})
}

// What is personal is sealed at rest, masked when read, and unmasked only with a record.
func TestPersonalDataIsSealedAndMasked(t *testing.T) {
	each(t, func(b *bench) {
		p := b.person("张三")
		for _, secret := range []string{"5678", identity("19800101"), "某路"} {
			if b.holds(secret) {
				b.Errorf("%s is kept in the open", secret)
			}
		}
		v, err := b.m.Get(reader, p.ID)
		b.ok(err)
		if v.Personal.Phone != "139******5678" || v.Personal.Birth != "1980" || v.Personal.Address != "某路一**" || strings.Contains(v.Personal.IDNumber, "1980") {
			b.Errorf("masked: %+v", v.Personal)
		}
		_, err = b.m.Reveal(reader, p.ID, "核对")
		b.refused(err, "auth.no_grant")
		r, err := b.m.Reveal(clerk, p.ID, "联系评审")
		b.ok(err)
		if r.Personal.Phone != "139 1234 5678" || r.Personal.Birth != "1980-01-01" {
			b.Errorf("revealed: %+v", r.Personal)
		}
		if b.count(`SELECT count(*) FROM platform_audit WHERE action = 'party.reveal' AND detail LIKE '%联系评审%'`) != 1 {
			b.Error("a look left no record")
		}
		for who, want := range map[context.Context]int{clerk: 1, reader: 0} { // only who may see a number finds by it
			l, err := b.m.List(who, party.ListFilter{Text: "13912345678"})
			b.ok(err)
			if len(l.Items) != want {
				b.Errorf("found by telephone: %d, want %d", len(l.Items), want)
			}
		}
		l, err := b.m.List(reader, party.ListFilter{Text: "张"})
		b.ok(err)
		if len(l.Items) != 1 || l.Items[0].Personal.Phone != "139******5678" {
			b.Errorf("list: %+v", l.Items)
		}
	})
}

func TestWhatLiesElsewhereIsOutOfSight(t *testing.T) {
	each(t, func(b *bench) {
		p := b.person("张三")
		_, err := b.m.Get(other, p.ID)
		b.refused(err, "party.not_found")
		_, err = b.m.Change(other, p.ID, p.Revision, p.Facts)
		b.refused(err, "party.not_found")
		_, err = b.m.Reveal(other, p.ID, "看看")
		b.refused(err, "party.not_found")
		l, err := b.m.List(other, party.ListFilter{})
		b.ok(err)
		if len(l.Items) != 0 {
			b.Error("a list shows what lies elsewhere")
		}
		_, err = b.m.Add(other, party.NewParty{Kind: party.Organisation, Facts: party.Facts{NameZH: "甲", RegionCode: "110105000000", Roles: []party.Role{party.Hotel}}})
		b.refused(err, "auth.no_grant")
	})
}

// Of a child under 14 nothing personal is taken without a guardian's consent, and it goes when that is
// withdrawn.
func TestChildrenNeedAGuardian(t *testing.T) {
	each(t, func(b *bench) {
		n := party.NewParty{Kind: party.Person, Facts: party.Facts{NameZH: "小明", RegionCode: "110105000000", Roles: []party.Role{party.Applicant}}, Personal: &party.Personal{Phone: "13900000001", IDNumber: identity("20150301")}}
		_, err := b.m.Add(clerk, n)
		b.refused(err, "party.child.consent")
		n.Consent = &party.Statement{Class: party.Consent, Term: "activity", From: b.today(0), By: "self", Private: party.Private{Evidence: "签名表 1"}}
		_, err = b.m.Add(clerk, n)
		b.refused(err, "party.child.consent")
		n.Consent = &party.Statement{Class: party.Consent, Term: "activity", From: b.today(0), By: "guardian", Private: party.Private{Evidence: "签名表 1", Guardian: "大明", Relation: "父亲"}}
		p, err := b.m.Add(clerk, n)
		b.ok(err)
		v := b.view(p)
		if v.Personal.Phone == "" || len(v.Entries) != 1 || v.Entries[0].Guardian != "大**" || b.holds("大明") {
			b.Fatalf("%+v", v)
		}
		e := v.Entries[0]
		_, err = b.m.EndEntry(clerk, p.ID, e.ID, e.Revision, b.today(0))
		b.ok(err)
		r, err := b.m.Reveal(clerk, p.ID, "核对")
		b.ok(err)
		if r.Personal.Phone != "" || r.Personal.IDNumber != "" {
			b.Errorf("what is a child's was kept: %+v", r.Personal)
		}
		_, err = b.m.PutPersonal(clerk, p.ID, b.view(p).Revision, party.Personal{Phone: "13900000001"})
		b.refused(err, "party.child.consent")
		b.refused(b.m.RemoveEntry(clerk, p.ID, e.ID, e.Revision+1), "party.consent.remove")
	})
}

func TestAccountsBelongToPeople(t *testing.T) {
	each(t, func(b *bench) {
		ctx := context.Background()
		org, p := b.organisation("维护公司", nil), b.person("张三", party.Technician)
		_, err := b.m.LinkAccount(clerk, org.ID, "acc-1")
		b.refused(err, "party.account.person")
		_, err = b.m.LinkAccount(as("acc-1", "cn.11.", party.PermRead, party.PermWrite), p.ID, "acc-1")
		b.refused(err, "party.account.own")
		_, err = b.m.LinkAccount(clerk, p.ID, "nobody")
		b.refused(err, "party.account.unknown")
		_, err = b.m.LinkAccount(clerk, p.ID, "acc-1")
		b.ok(err)
		_, err = b.m.LinkAccount(clerk, b.person("李四").ID, "acc-1")
		b.refused(err, "party.account.taken")
		e := b.state(p, party.Statement{Class: party.Membership, Other: org.ID, From: b.today(-100), Position: "领班"})
		ids, err := b.m.OrganisationsOf(ctx, b.db, "acc-1")
		b.ok(err)
		if len(ids) != 2 || ids[0] != org.ID || ids[1] != p.ID {
			b.Errorf("acts for %v", ids)
		}
		accounts, err := b.m.AccountsOf(ctx, b.db, org.ID)
		b.ok(err)
		if len(accounts) != 1 || accounts[0] != "acc-1" {
			b.Errorf("accounts %v", accounts)
		}
		_, err = b.m.EndEntry(clerk, p.ID, e.ID, e.Revision, b.today(-1))
		b.ok(err)
		if ids, _ = b.m.OrganisationsOf(ctx, b.db, "acc-1"); len(ids) != 1 {
			b.Errorf("acts for a former employer: %v", ids)
		}
		if accounts, _ = b.m.AccountsOf(ctx, b.db, org.ID); len(accounts) != 0 {
			b.Errorf("a former member acts: %v", accounts)
		}
		if ids, err = b.m.OrganisationsOf(ctx, b.db, "acc-9"); err != nil || len(ids) != 0 {
			b.Errorf("nobody's account: %v %v", ids, err)
		}
	})
}

func TestDocumentsAreSealed(t *testing.T) {
	each(t, func(b *bench) {
		p := b.person("张三")
		content := []byte("%PDF-1.4 licence of 张三 5678")
		d, err := b.m.KeepDocument(clerk, p.ID, "证.pdf", content)
		b.ok(err)
		again, err := b.m.KeepDocument(clerk, p.ID, "证二.pdf", content)
		b.ok(err)
		if again.SM3 != d.SM3 || len(b.view(p).Documents) != 1 {
			b.Error("the same document was kept twice")
		}
		_, err = b.m.KeepDocument(clerk, p.ID, "x.exe", []byte("MZ"))
		b.refused(err, "party.document.type")
		_, got, err := b.m.OpenDocument(clerk, p.ID, d.SM3)
		b.ok(err)
		if string(got) != string(content) {
			b.Error("a document came back otherwise")
		}
		_, _, err = b.m.OpenDocument(reader, p.ID, d.SM3)
		b.refused(err, "auth.no_grant")
		if b.count(`SELECT count(*) FROM platform_audit WHERE action = 'party.document.read'`) != 1 {
			b.Error("a look left no record")
		}
		l, err := b.m.AddLicence(clerk, p.ID, party.LicenceFacts{Kind: "other", Number: "1", ValidFrom: b.today(0), Document: d.SM3})
		b.ok(err)
		if l.Document != d.SM3 {
			b.Error("a licence lost its document")
		}
		_, err = b.m.AddLicence(clerk, b.organisation("别家", nil).ID, party.LicenceFacts{Kind: "other", Number: "2", ValidFrom: b.today(0), Document: d.SM3})
		b.refused(err, "party.document.not_found")
	})
}

func TestListsAreData(t *testing.T) {
	each(t, func(b *bench) {
		_, err := b.m.PutTerm(other, party.Term{Code: "licence.new", NameZH: "新", NameEN: "New"}, 0)
		b.refused(err, "auth.no_grant")
		_, err = b.m.PutTerm(clerk, party.Term{Code: "nolist.new", NameZH: "新", NameEN: "New"}, 0)
		b.refused(err, "party.term.code")
		term, err := b.m.PutTerm(clerk, party.Term{Code: "licence.new", NameZH: "新", NameEN: "New", Warn: []int{10}}, 0)
		b.ok(err)
		_, err = b.m.PutTerm(clerk, term, 0)
		b.refused(err, "stale")
		term.Retired = true
		_, err = b.m.PutTerm(clerk, term, term.Revision)
		b.ok(err)
		if fault.Is(err, "stale") {
			b.Error(err)
		}
	})
}
