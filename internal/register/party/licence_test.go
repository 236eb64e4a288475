package party_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/register/party"
)

func TestLicencesStandAsDecidedAndByDate(t *testing.T) {
	each(t, func(b *bench) {
		p := b.organisation("制作公司", nil)
		l := b.licence(p, "京字第1号", -100, 20)
		if l.Stands != "valid" || *l.DaysLeft != 20 {
			b.Errorf("%+v", l)
		}
		if future := b.licence(p, "京字第2号", 5, 50); future.Stands != "future" {
			b.Errorf("%+v", future)
		}
		if past := b.licence(p, "京字第3号", -50, -1); past.Stands != "expired" {
			b.Errorf("%+v", past)
		}
		_, err := b.m.AddLicence(clerk, b.organisation("另一家", nil).ID, party.LicenceFacts{Kind: "programme_production", Number: "京字第1号", ValidFrom: b.today(0)})
		b.refused(err, "party.licence.taken")
		l, err = b.m.DecideLicence(clerk, p.ID, l.ID, l.Revision, party.Suspended, "整改")
		b.ok(err)
		l, err = b.m.DecideLicence(clerk, p.ID, l.ID, l.Revision, party.Valid, "整改完成")
		b.ok(err)
		l, err = b.m.DecideLicence(clerk, p.ID, l.ID, l.Revision, party.Revoked, "违法")
		b.ok(err)
		_, err = b.m.DecideLicence(clerk, p.ID, l.ID, l.Revision, party.Valid, "后悔")
		b.refused(err, "party.licence.gone")
		for _, c := range []struct {
			filter party.ListFilter
			want   int
		}{{party.ListFilter{LicenceState: "revoked"}, 1}, {party.ListFilter{LicenceState: "valid"}, 0}, {party.ListFilter{LicenceState: "expired", Licence: "programme_production"}, 0}, {party.ListFilter{Licence: "frequency"}, 0}, {party.ListFilter{Role: party.Producer}, 2}, {party.ListFilter{Role: party.Hotel}, 0}, {party.ListFilter{Path: "cn.11.110108."}, 0}} {
			found, err := b.m.List(clerk, c.filter)
			b.ok(err)
			if len(found.Items) != c.want {
				b.Errorf("%+v: %d", c.filter, len(found.Items))
			}
		}
	})
}

// expiring are the steps at which ends of licences were told of, in their order.
func (b *bench) expiring() (steps []int) {
	b.Helper()
	rows, err := b.db.Query(context.Background(), `SELECT payload FROM platform_outbox WHERE name = 'party.licence_expiring' ORDER BY id`)
	b.ok(err)
	defer rows.Close()
	for rows.Next() {
		var raw string
		b.ok(rows.Scan(&raw))
		var e event.PartyLicenceExpiring
		b.ok(json.Unmarshal([]byte(raw), &e))
		steps = append(steps, e.Step)
	}
	return steps
}

func TestEndsAreToldOfOncePerStep(t *testing.T) {
	each(t, func(b *bench) {
		p := b.organisation("制作公司", nil)
		l := b.licence(p, "京字第1号", -100, 40)
		b.licence(b.organisation("另一家", nil), "京字第2号", -100, 400)
		tell := func() { party.TellExpiring(b.m) }
		tell()
		tell()
		b.want([]int{90}, b.expiring())
		b.clock.Advance(15 * 24 * time.Hour)
		tell()
		tell()
		b.want([]int{90, 30}, b.expiring())
		b.clock.Advance(24 * 24 * time.Hour)
		tell()
		b.want([]int{90, 30, 7}, b.expiring())
		b.clock.Advance(3 * 24 * time.Hour)
		tell()
		tell()
		b.want([]int{90, 30, 7, 0}, b.expiring())
		facts := b.view(p).Licences
		for _, x := range facts {
			if x.ID == l.ID {
				l = &x
			}
		}
		f := l.LicenceFacts
		f.ValidTo = b.today(25)
		_, err := b.m.ChangeLicence(clerk, p.ID, l.ID, l.Revision, f)
		b.ok(err)
		tell()
		b.want([]int{90, 30, 7, 0, 30}, b.expiring())
	})
}

func (b *bench) want(want, got []int) {
	b.Helper()
	if len(want) != len(got) {
		b.Fatalf("got %v, want %v", got, want)
	}
	for i := range want {
		if want[i] != got[i] {
			b.Fatalf("got %v, want %v", got, want)
		}
	}
}

// A procedure that issues a certificate fills the register within its own transaction.
func TestAProcedurePutsLicences(t *testing.T) {
	each(t, func(b *bench) {
		ctx := context.Background()
		p := b.organisation("制作公司", nil)
		put := func(to int) (id string) {
			b.ok(b.db.Update(ctx, func(tx *store.Tx) (err error) {
				id, err = b.m.PutLicence(ctx, tx, party.Licence{Party: p.ID, LicenceFacts: party.LicenceFacts{Kind: "programme_production", Number: "京字第9号", ValidFrom: b.today(0), ValidTo: b.today(to)}})
				return err
			}))
			return id
		}
		id := put(300)
		if again := put(700); again != id {
			b.Errorf("a renewal made a second licence: %s and %s", id, again)
		}
		v := b.view(p)
		if len(v.Licences) != 1 || v.Licences[0].ValidTo != b.today(700) || v.Revision != 3 {
			b.Errorf("%+v", v.Licences)
		}
		b.ok(b.db.Update(ctx, func(tx *store.Tx) error { return b.m.SetLicenceState(ctx, tx, id, party.Suspended, "检查") }))
		if v = b.view(p); v.Licences[0].Stands != "suspended" || v.Licences[0].Reason != "检查" {
			b.Errorf("%+v", v.Licences[0])
		}
		err := b.db.Update(ctx, func(tx *store.Tx) error {
			if _, err := b.m.PutLicence(ctx, tx, party.Licence{Party: "01ZZZZZZZZZZZZZZZZZZZZZZZZ"}); err != nil {
				return err
			}
			return audit.Write(ctx, tx, audit.Entry{})
		})
		b.refused(err, "party.not_found")
	})
}

func TestThePublicRegisterTellsOfOrganisationsOnly(t *testing.T) {
	each(t, func(b *bench) {
		p := b.organisation("公开公司", nil)
		b.licence(p, "京字第1号", -10, 100)
		b.licence(b.organisation("过期公司", nil), "京字第2号", -100, -1)
		b.licence(b.person("个人"), "京字第3号", -10, 100)
		_, err := b.m.AddLicence(clerk, p.ID, party.LicenceFacts{Kind: "frequency", Number: "F1", ValidFrom: b.today(0)})
		b.ok(err)
		found, err := b.m.Public(context.Background(), "", "")
		b.ok(err)
		if len(found) != 1 || found[0].NameZH != "公开公司" || found[0].Number != "京字第1号" || found[0].Region == "" {
			b.Errorf("%+v", found)
		}
		if found, _ = b.m.Public(context.Background(), "frequency", ""); len(found) != 0 {
			b.Errorf("a kind that is not public: %+v", found)
		}
		if found, _ = b.m.Public(context.Background(), "", "公开"); len(found) != 1 {
			b.Error("a search found nothing")
		}
	})
}

// What was renewed under another number is nothing to care about, where a holder has one at a time; where
// it may have several each is looked at by itself.
func TestWhatWasRenewedIsNotToldOf(t *testing.T) {
	each(t, func(b *bench) {
		p := b.organisation("制作公司", nil)
		b.licence(p, "京字第1号", -700, 20)
		b.licence(p, "京字第2号", -1, 700)
		for _, number := range []string{"F1", "F2"} {
			to := map[string]int{"F1": 20, "F2": 900}[number]
			_, err := b.m.AddLicence(clerk, p.ID, party.LicenceFacts{Kind: "frequency", Number: number, ValidFrom: b.today(-1), ValidTo: b.today(to)})
			b.ok(err)
		}
		party.TellExpiring(b.m)
		b.want([]int{30}, b.expiring())
		l, err := b.m.Licences(clerk, party.LicenceFilter{Expiring: 90})
		b.ok(err)
		if len(l.Items) != 1 || l.Items[0].Number != "F1" {
			b.Errorf("%+v", l.Items)
		}
		list, err := b.m.List(clerk, party.ListFilter{Expiring: 90})
		b.ok(err)
		if len(list.Items) != 1 || list.Items[0].Worst != "expiring" || list.Items[0].Ends != b.today(20) {
			b.Errorf("%+v", list.Items)
		}
	})
}
