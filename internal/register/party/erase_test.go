package party_test

import (
	"context"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/register/party"
)

func TestErasingLeavesAStub(t *testing.T) {
	each(t, func(b *bench) {
		org, p := b.organisation("制作公司", nil), b.person("张三丰")
		alias := b.person("张三疯")
		_, err := b.m.MergeInto(clerk, p.ID, alias.ID, [2]int64{p.Revision, alias.Revision}, []string{"nameZh", "personal.phone"})
		b.ok(err)
		member := b.state(p, party.Statement{Class: party.Membership, Other: org.ID, From: b.today(-10), Position: "总编"})
		b.state(p, party.Statement{Class: party.Qualification, Term: "reviewer", From: b.today(-10), Number: "Z998877"})
		b.state(p, party.Statement{Class: party.Consent, Term: "review", From: b.today(-10), By: "self", Private: party.Private{Evidence: "纸质签名"}})
		l := b.licence(p, "京字第1号", -10, 100)
		d, err := b.m.KeepDocument(clerk, p.ID, "a.pdf", []byte("%PDF-1.4 x"))
		b.ok(err)
		_, err = b.m.LinkAccount(clerk, p.ID, "acc-1")
		b.ok(err)
		_, err = b.m.Erase(eraser, p.ID, b.view(p).Revision, "本人要求")
		list, ok := err.(fault.List)
		if !ok || len(list) != 3 {
			b.Fatalf("refused with %v", err)
		}
		held, err := b.m.Holds(reader, p.ID)
		b.ok(err)
		if len(held) != 3 {
			b.Errorf("holds: %v", held)
		}
		_, err = b.m.DecideLicence(clerk, p.ID, l.ID, l.Revision, party.Cancelled, "交回")
		b.ok(err)
		b.ok(b.m.UnlinkAccount(clerk, p.ID, "acc-1"))
		_, err = b.m.EndEntry(clerk, p.ID, member.ID, member.Revision, b.today(-1))
		b.ok(err)
		_, err = b.m.Erase(clerk, p.ID, b.view(p).Revision, "本人要求")
		b.refused(err, "auth.no_grant")
		_, err = b.m.Erase(eraser, p.ID, b.view(p).Revision, "  ")
		b.refused(err, "party.reason")
		_, err = b.m.Erase(eraser, p.ID, b.view(p).Revision, "本人要求")
		b.ok(err)
		for _, text := range []string{"张三", "总编", "Z998877", "京字第1号", "某路"} {
			if b.holds(text) {
				b.Errorf("%s was left behind", text)
			}
		}
		if b.count(`SELECT count(*) FROM party_party WHERE sealed <> '' OR phone_finger <> '' OR id_finger <> ''`)+b.count(`SELECT count(*) FROM party_entry WHERE sealed <> ''`) != 0 {
			b.Error("something sealed was left behind")
		}
		if _, _, err := b.m.OpenDocument(eraser, p.ID, d.SM3); !fault.Is(err, "party.document.not_found") {
			b.Errorf("a document was left behind: %v", err)
		}
		brief, err := b.m.Party(context.Background(), b.db, alias.ID)
		b.ok(err)
		if brief.ID != p.ID || !strings.HasPrefix(brief.NameZH, "已删除") {
			b.Errorf("the stub: %+v", brief)
		}
		v := b.view(p)
		if v.State != party.Erased || len(v.Entries) != 3 || len(v.May) != 0 {
			b.Errorf("%+v", v)
		}
		_, err = b.m.Change(clerk, p.ID, v.Revision, p.Facts)
		b.refused(err, "party.erased")
		if found, _ := b.m.List(clerk, party.ListFilter{Kind: party.Person}); len(found.Items) != 0 {
			b.Error("a stub is listed among people")
		}
		_, err = b.m.Erase(eraser, org.ID, org.Revision, "要求")
		b.refused(err, "party.hold.organisation")
	})
}

func TestEverythingHeldIsHandedOver(t *testing.T) {
	each(t, func(b *bench) {
		org, p := b.organisation("制作公司", nil), b.person("张三")
		b.state(p, party.Statement{Class: party.Membership, Other: org.ID, From: b.today(-10), Position: "总编"})
		b.state(p, party.Statement{Class: party.Conflict, Term: "kinship", Other: org.ID, From: b.today(-10), Private: party.Private{Note: "配偶任职"}})
		f, err := b.m.HandFile(clerk, p.ID, "json")
		b.ok(err)
		for _, want := range []string{"139 1234 5678", "配偶任职", "总编", "制作公司", "party.entry.add"} {
			if !strings.Contains(string(f.Body), want) {
				b.Errorf("%s is missing", want)
			}
		}
		pdf, err := b.m.HandFile(clerk, p.ID, "pdf")
		b.ok(err)
		if !strings.HasPrefix(string(pdf.Body), "%PDF") {
			b.Error("no PDF")
		}
		_, err = b.m.HandFile(reader, p.ID, "json")
		b.refused(err, "auth.no_grant")
		if b.count(`SELECT count(*) FROM platform_audit WHERE action = 'party.portable'`) != 2 {
			b.Error("handing over left no record")
		}
	})
}
