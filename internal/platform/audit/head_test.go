package audit_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// node is a signing key with its certificate and the authority that certified it.
type node struct {
	key       *ebd.PrivateKey
	cert      *ebd.Certificate
	authority ebd.PublicKey
}

func (n *node) Signing() (*ebd.PrivateKey, *ebd.Certificate) { return n.key, n.cert }

func newNode(t *testing.T) *node {
	t.Helper()
	root, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	n := &node{authority: root.Public()}
	if n.key, err = ebd.GenerateKey(); err != nil {
		t.Fatal(err)
	}
	n.cert, err = ebd.IssueCertificate(root, ebd.SerialNumber{5: 1}, ebd.SerialNumber{4: 1}, n.key.Public(), time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (n *node) verify(t *testing.T, db *store.DB) (v audit.Verdict, reasons []string) {
	t.Helper()
	v, err := audit.Verify(context.Background(), db, audit.Against{Authority: &n.authority})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range v.Broken {
		reasons = append(reasons, b.Reason)
	}
	return v, reasons
}

// writtenAnew changes a record and links all of the chain again, as whoever holds the
// database without the node's keys can.
func writtenAnew(t *testing.T, db *store.DB) {
	t.Helper()
	do(t, db, `UPDATE platform_audit SET detail = '{"n":9}', sealed = false WHERE object = 'thing:1'`)
	do(t, db, `UPDATE platform_audit SET sealed = false`)
	do(t, db, `DELETE FROM platform_audit_seal`)
	if _, err := audit.Seal(context.Background(), db); err != nil {
		t.Fatal(err)
	}
}

func TestASignedHeadFindsAChainWrittenAnew(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(*testing.T, *store.DB)
		want   []string
		signed int64
	}{
		"nothing":      {func(*testing.T, *store.DB) {}, nil, 3},
		"written anew": {writtenAnew, []string{"rewritten"}, 0},
		"cut off":      {func(t *testing.T, db *store.DB) { do(t, db, `DELETE FROM platform_audit_seal WHERE seq = 3`) }, []string{"rewritten", "unsealed"}, 0},
		"emptied": {func(t *testing.T, db *store.DB) {
			do(t, db, `DELETE FROM platform_audit`)
			do(t, db, `DELETE FROM platform_audit_seal`)
		}, []string{"rewritten", "empty"}, 0},
		"a forged signature":  {func(t *testing.T, db *store.DB) { do(t, db, `UPDATE platform_audit_head SET hash = 'x'`) }, []string{"forged"}, 0},
		"signatures put away": {func(t *testing.T, db *store.DB) { do(t, db, `DELETE FROM platform_audit_head`) }, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
				n := newNode(t)
				write(t, db, 3)
				stop := start(db, n)
				ticking(t, clk, "the head is signed", func() bool { v, _ := n.verify(t, db); return v.Signed == 3 })
				stop()
				c.damage(t, db)
				v, reasons := n.verify(t, db)
				if diff := cmp.Diff(c.want, reasons); diff != "" || v.Signed != c.signed || !v.Checked {
					t.Errorf("signed up to %d, checked %v: %s", v.Signed, v.Checked, diff)
				}
				if other := newNode(t); name == "nothing" {
					if _, reasons := other.verify(t, db); len(reasons) == 0 || reasons[0] != "forged" {
						t.Errorf("signatures of another node pass: %v", reasons)
					}
				}
			})
		})
	}
}

// A chain that was written anew under a running node is not signed, even when the
// signatures were taken away with it, and its unsigned part shows.
func TestARunningNodeDoesNotSignAChainWrittenAnew(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		n := newNode(t)
		write(t, db, 2)
		log := seal(t, db, n)
		ticking(t, clk, "the head is signed", func() bool { v, _ := n.verify(t, db); return v.Signed == 2 })
		writtenAnew(t, db)
		do(t, db, `DELETE FROM platform_audit_head`)
		clk.Advance(11 * audit.SignEvery)
		write(t, db, 1)
		ticking(t, clk, "it is told", func() bool { return strings.Contains(log.String(), "no longer holds") })
		ticking(t, clk, "the record is sealed", func() bool { v, _ := n.verify(t, db); return v.Records == 3 })
		if v, reasons := n.verify(t, db); v.Signed != 0 || len(reasons) != 1 || reasons[0] != "unsigned" {
			t.Errorf("signed up to %d, %v", v.Signed, reasons)
		}
	})
}

func TestHeadsAreSignedOnceAMinuteAndThinnedOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		n := newNode(t)
		seal(t, db, n)
		signed := func() (count int) {
			if err := db.QueryRow(context.Background(), `SELECT count(*) FROM platform_audit_head`).Scan(&count); err != nil {
				t.Fatal(err)
			}
			return count
		}
		began := clk.Now()
		for i := range int64(6) {
			write(t, db, 1)
			ticking(t, clk, "sealed", func() bool { return unsealed(t, db) == 0 })
			if i%2 == 1 { // every other one waits for its minute
				ticking(t, clk, "signed", func() bool { v, _ := n.verify(t, db); return v.Signed == i+1 })
			}
		}
		if most := int(clk.Now().Sub(began)/audit.SignEvery) + 1; signed() > most {
			t.Errorf("signed %d times in %v", signed(), clk.Now().Sub(began))
		}
		clk.Advance(50 * time.Hour)
		write(t, db, 1)
		ticking(t, clk, "signed", func() bool { v, _ := n.verify(t, db); return v.Signed == 7 })
		if _, reasons := n.verify(t, db); signed() != 2 || len(reasons) != 0 {
			t.Errorf("%d signatures are kept, %v", signed(), reasons)
		}
	})
}
