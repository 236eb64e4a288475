package keyring_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/keyring"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

func sealer(t *testing.T) *keyring.Sealer {
	t.Helper()
	s, err := keyring.KeyFile(filepath.Join(t.TempDir(), "secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRingSurvivesRestartAndRotation(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		ctx, s := context.Background(), sealer(t)
		first, err := keyring.Open(ctx, db, s)
		if err != nil {
			t.Fatal(err)
		}
		key, cert := first.Signing()
		if !cert.VerifiedBy(first.Authority().Key) || cert.Key != key.Public() {
			t.Fatal("the signing key is not certified by the authority")
		}
		again, err := keyring.Open(ctx, db, s)
		if err != nil {
			t.Fatal(err)
		}
		if again.SigningCertificate().Number != cert.Number || again.Receipt().Public() != first.Receipt().Public() {
			t.Error("a restart changed the keys")
		}
		if again.Due(clk.Now()) {
			t.Error("a new key is due for rotation")
		}
		clk.Advance(keyring.RotateAfter + time.Hour)
		if !again.Due(clk.Now()) {
			t.Error("an old key is not due for rotation")
		}
		if err := again.Rotate(ctx); err != nil {
			t.Fatal(err)
		}
		rotated := again.SigningCertificate()
		if rotated.Number == cert.Number || !rotated.VerifiedBy(first.Authority().Key) {
			t.Error("rotation gave no new certified key")
		}
		if err := first.Rotate(ctx); !fault.IsKind(err, fault.Stale) {
			t.Errorf("a key that was rotated already was rotated again: %v", err)
		}
		third, err := keyring.Open(ctx, db, s)
		if err != nil || third.SigningCertificate().Number != rotated.Number {
			t.Errorf("after a restart the rotated key is not in use: %v", err)
		}
	})
}

func TestPrivateKeysDoNotOpenWithoutTheSealer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		ctx := context.Background()
		if _, err := keyring.Open(ctx, db, sealer(t)); err != nil {
			t.Fatal(err)
		}
		if _, err := keyring.Open(ctx, db, sealer(t)); err == nil || !strings.Contains(err.Error(), "does not open") {
			t.Errorf("another key opened the ring: %v", err)
		}
	})
}

func TestSealedForOnePurposeOnly(t *testing.T) {
	s := sealer(t)
	sealed, err := s.Seal([]byte("secret"), "totp")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(sealed, "other"); err == nil {
		t.Error("opened for another purpose")
	}
	if plain, err := s.Open(sealed, "totp"); err != nil || string(plain) != "secret" {
		t.Errorf("%q %v", plain, err)
	}
	if _, err := s.Open(sealed[:5], "totp"); err == nil {
		t.Error("opened a stump")
	}
}

func TestKeyFileOpenToOthersIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret.key")
	if err := os.WriteFile(path, make([]byte, 16), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.KeyFile(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("got %v", err)
	}
}

func TestTerminalsTrustTheNodesTLS(t *testing.T) {
	ctx := context.Background()
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "a.db"), clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	s := sealer(t)
	ring, err := keyring.Open(ctx, db, s)
	if err != nil {
		t.Fatal(err)
	}
	first, err := ring.OpenTLS(ctx, []string{"localhost", "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	second, err := ring.OpenTLS(ctx, []string{"localhost", "127.0.0.1"})
	if err != nil || first.Fingerprint != second.Fingerprint {
		t.Fatalf("the authority changed: %v", err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", second.Config)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err == nil {
			_ = c.(*tls.Conn).Handshake()
			c.Close()
		}
	}()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(first.Authority)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	c, err := tls.Dial("tcp", "localhost:"+port, &tls.Config{RootCAs: pool})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

// A node that runs for years shows terminals a certificate that is good.
func TestTheServersCertificateIsIssuedAnewInTime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		ring, err := keyring.Open(t.Context(), db, sealer(t))
		if err != nil {
			t.Fatal(err)
		}
		own, err := ring.OpenTLS(t.Context(), []string{"localhost"})
		if err != nil {
			t.Fatal(err)
		}
		shown := func() *x509.Certificate {
			c, err := own.Config.GetCertificate(nil)
			if err != nil {
				t.Fatal(err)
			}
			leaf, err := x509.ParseCertificate(c.Certificate[0])
			if err != nil {
				t.Fatal(err)
			}
			return leaf
		}
		first := shown()
		if again := shown(); !again.Equal(first) {
			t.Error("another at each connection")
		}
		clk.Advance(first.NotAfter.Sub(clk.Now()) - 24*time.Hour)
		if leaf := shown(); leaf.Equal(first) || leaf.NotAfter.Sub(clk.Now()) < 360*24*time.Hour {
			t.Errorf("%s is good until %s", leaf.SerialNumber, leaf.NotAfter)
		}
	})
}

func TestOrdersAreNumberedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		ctx := context.Background()
		ring, err := keyring.Open(ctx, db, sealer(t))
		if err != nil {
			t.Fatal(err)
		}
		var got []uint64
		count := func(tx *store.Tx) error {
			n, err := ring.NextOrder(ctx, tx)
			got = append(got, n)
			return err
		}
		for _, step := range []func(*store.Tx) error{count,
			func(tx *store.Tx) error { return ring.OrdersGiven(ctx, tx, 40) }, count,
			func(tx *store.Tx) error { return ring.OrdersGiven(ctx, tx, 7) }, count} {
			if err := db.Housekeep(ctx, step); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(got, []uint64{1, 41, 42}) {
			t.Errorf("%v", got)
		}
	})
}

func TestTheKeyOfPublishedAlertsStays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		ctx := context.Background()
		s := sealer(t)
		ring, err := keyring.Open(ctx, db, s)
		if err != nil {
			t.Fatal(err)
		}
		first, err := ring.OpenCAP(ctx, "31100000000000101010101")
		if err != nil {
			t.Fatal(err)
		}
		if ring, err = keyring.Open(ctx, db, s); err != nil {
			t.Fatal(err)
		}
		again, err := ring.OpenCAP(ctx, "31100000000000101010101")
		if err != nil || !again.Key.Equal(first.Key) || !again.Chain[0].Equal(first.Chain[0]) {
			t.Errorf("%v", err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(again.Authority) {
			t.Fatal("no authority")
		}
		if _, err := again.Chain[0].Verify(x509.VerifyOptions{Roots: roots, CurrentTime: clk.Now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
			t.Error(err)
		}
	})
}
