package party_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
	"github.com/tongsheng/tongsheng/internal/register/party"
)

// bench is a register with somebody who works with it.
type bench struct {
	*testing.T
	db    *store.DB
	clock *clock.Manual
	m     *party.Module
	blobs blob.Store
}

// box seals as the platform's sealer does: for a purpose.
type box struct{ cipher.AEAD }

func newBox() box {
	block, _ := aes.NewCipher(bytes.Repeat([]byte{7}, 16))
	aead, _ := cipher.NewGCM(block)
	return box{aead}
}

func (b box) Seal(plain []byte, purpose string) ([]byte, error) {
	nonce := make([]byte, b.NonceSize())
	return b.AEAD.Seal(nonce, nonce, plain, []byte(purpose)), nil
}

func (b box) Open(sealed []byte, purpose string) ([]byte, error) {
	return b.AEAD.Open(nil, sealed[:b.NonceSize()], sealed[b.NonceSize():], []byte(purpose))
}

type regions struct{}

var paths = map[string]string{"110000000000": "cn.11.", "110105000000": "cn.11.110105.", "110108000000": "cn.11.110108.", "110105001000": "cn.11.110105.001."}

func (regions) Region(_ context.Context, code string) (string, string, error) {
	if paths[code] == "" {
		return "", "", fault.New(fault.NotFound, "region.unknown", fault.Args{"code": code})
	}
	return paths[code], "区" + code[:6], nil
}

type accounts struct{}

func (accounts) Account(_ context.Context, name string) (party.Account, error) {
	if !strings.HasPrefix(name, "acc-") {
		return party.Account{}, fault.New(fault.NotFound, "account.unknown")
	}
	return party.Account{ID: name, Username: name, Name: "账号" + name}, nil
}

func as(name, path string, perms ...auth.Permission) context.Context {
	granted := map[auth.Permission][]string{}
	for _, p := range perms {
		granted[p] = []string{path}
	}
	return auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: name, Name: name}, granted))
}

var (
	clerk  = as("clerk", "cn.11.", party.PermRead, party.PermWrite, party.PermMerge, party.PermPersonal)
	reader = as("reader", "cn.11.", party.PermRead)
	eraser = as("eraser", "cn.11.", party.PermRead, party.PermPersonal, party.PermErase)
	other  = as("other", "cn.11.110108.", party.PermRead, party.PermWrite, party.PermMerge, party.PermPersonal, party.PermErase)
)

func each(t *testing.T, fn func(b *bench)) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		folder, err := blob.OpenFolder(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		m, err := party.New(context.Background(), party.Deps{DB: db, Clock: clk, Zone: time.UTC, Blob: folder, Sealer: newBox(), Regions: regions{}, Accounts: accounts{}, Home: "cn.11."})
		if err != nil {
			t.Fatal(err)
		}
		fn(&bench{t, db, clk, m, folder})
	}, party.Migrations())
}

func (b *bench) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) refused(err error, code string) {
	b.Helper()
	if !fault.Is(err, code) {
		b.Fatalf("got %v, want %s", err, code)
	}
}

func (b *bench) today(days int) string {
	return b.clock.Now().AddDate(0, 0, days).Format(time.DateOnly)
}

func (b *bench) organisation(name string, more func(*party.NewParty)) *party.Party {
	b.Helper()
	n := party.NewParty{Kind: party.Organisation, Facts: party.Facts{NameZH: name, RegionCode: "110105000000", Roles: []party.Role{party.Producer}}}
	if more != nil {
		more(&n)
	}
	p, err := b.m.Add(clerk, n)
	b.ok(err)
	return p
}

func (b *bench) person(name string, roles ...party.Role) *party.Party {
	b.Helper()
	if len(roles) == 0 {
		roles = []party.Role{party.Expert}
	}
	p, err := b.m.Add(clerk, party.NewParty{Kind: party.Person, Facts: party.Facts{NameZH: name, RegionCode: "110105000000", Roles: roles},
		Personal: &party.Personal{Phone: "139 1234 5678", IDNumber: identity("19800101"), Address: "某路一号院二号楼"}})
	b.ok(err)
	return p
}

// identity is a citizen's number with a day of birth, made up.
func identity(born string) string {
	head := "110105" + born + "001"
	sum := 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(head[i]-'0') * w
	}
	return head + string("10X98765432"[sum%11])
}

func (b *bench) licence(p *party.Party, number string, from, to int) *party.Licence {
	b.Helper()
	l, err := b.m.AddLicence(clerk, p.ID, party.LicenceFacts{Kind: "programme_production", Number: number, ScopeZH: "制作、发行", ValidFrom: b.today(from), ValidTo: b.today(to)})
	b.ok(err)
	return l
}

func (b *bench) state(p *party.Party, s party.Statement) *party.Entry {
	b.Helper()
	e, err := b.m.AddEntry(clerk, p.ID, s)
	b.ok(err)
	return e
}

// count asks the database.
func (b *bench) count(query string, args ...any) (n int) {
	b.Helper()
	b.ok(b.db.QueryRow(context.Background(), query, args...).Scan(&n))
	return n
}

// holds reports whether any text of the register's tables, or of the record and events, has a text.
func (b *bench) holds(text string) bool {
	b.Helper()
	for _, q := range []string{`SELECT count(*) FROM party_party WHERE body LIKE $1 OR search LIKE $1 OR name LIKE $1`, `SELECT count(*) FROM party_entry WHERE body LIKE $1`, `SELECT count(*) FROM platform_audit WHERE detail LIKE $1`,
		`SELECT count(*) FROM platform_outbox WHERE payload LIKE $1`, `SELECT count(*) FROM party_merge WHERE body LIKE $1`} {
		if b.count(q, "%"+text+"%") > 0 {
			return true
		}
	}
	return false
}

func (b *bench) view(p *party.Party) *party.View {
	b.Helper()
	v, err := b.m.Get(clerk, p.ID)
	b.ok(err)
	return v
}
