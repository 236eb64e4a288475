package terminal

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

// certify makes a certificate for host signed by parent, or an authority's own.
func certify(t *testing.T, host string, parent *tls.Certificate) *tls.Certificate {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, NotBefore: dawn, NotAfter: dawn.AddDate(1, 0, 0)}
	by, key := c, any(k)
	if parent == nil {
		c.IsCA, c.BasicConstraintsValid = true, true
	} else {
		c.DNSNames = []string{host}
		by, key = parent.Leaf, parent.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, c, by, &k.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	out := &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k, Leaf: leaf}
	if parent != nil {
		out.Certificate = append(out.Certificate, parent.Certificate...)
	}
	return out
}

func TestOnlyThePinnedCertificateIsBelieved(t *testing.T) {
	ca, other := certify(t, "authority", nil), certify(t, "authority", nil)
	good, stranger := certify(t, "city.example", ca), certify(t, "city.example", other)
	impostor := *stranger // shows the pinned authority, which did not sign it
	impostor.Certificate = append(impostor.Certificate[:1:1], ca.Certificate...)
	pin := func(c *tls.Certificate) string {
		sum := sha256.Sum256(c.Certificate[0])
		return hex.EncodeToString(sum[:])
	}
	for name, x := range map[string]struct {
		server *tls.Certificate
		pin    string
		host   string
		at     time.Time
		ok     bool
	}{
		"the authority's":       {good, pin(ca), "city.example", dawn.AddDate(0, 1, 0), true},
		"the server's own":      {good, pin(good), "10.0.0.1", dawn.AddDate(0, 1, 0), true},
		"a clock in 1970":       {good, pin(ca), "city.example", time.Unix(60, 0), true},
		"expired":               {good, pin(ca), "city.example", dawn.AddDate(2, 0, 0), false},
		"expired, the server's": {good, pin(good), "city.example", dawn.AddDate(2, 0, 0), false},
		"another host":          {good, pin(ca), "town.example", dawn.AddDate(0, 1, 0), false},
		"a stranger":            {stranger, pin(ca), "city.example", dawn.AddDate(0, 1, 0), false},
		"an impostor":           {&impostor, pin(ca), "city.example", dawn.AddDate(0, 1, 0), false},
	} {
		ours, theirs := net.Pipe()
		go func() {
			s := tls.Server(theirs, &tls.Config{Certificates: []tls.Certificate{*x.server}})
			_ = s.Handshake()
			theirs.Close()
		}()
		conf := pinned(x.pin, clock.NewManual(x.at))
		conf.ServerName = x.host
		if err := tls.Client(ours, conf).Handshake(); (err == nil) != x.ok {
			t.Errorf("%s: %v", name, err)
		}
		ours.Close()
	}
}
