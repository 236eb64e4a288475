package keyring

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const purposeTLS = "tls-authority"

// TLS is the node's own X.509 authority and a server certificate under it, for the
// terminals' gateway. Terminals learn the authority when they enrol.
type TLS struct {
	Authority   []byte // PEM
	Fingerprint string // SHA-256 of the authority's DER, hex
	Config      *tls.Config
}

// How long a server certificate lasts, and after which time another is issued: a node may run for
// years.
const (
	leafMonths  = 13
	renewMonths = 12
)

// OpenTLS opens the authority, making it when absent, and issues a fresh server
// certificate for hosts. The server's key lives in memory only.
func (r *Ring) OpenTLS(ctx context.Context, hosts []string) (*TLS, error) {
	ca, caKey, err := r.tlsAuthority(ctx)
	if err != nil {
		return nil, fmt.Errorf("keyring: TLS authority: %w", err)
	}
	own := &leaf{ca: ca, caKey: caKey, hosts: hosts, clock: r.db.Clock()}
	if _, err := own.get(nil); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(ca.Raw)
	return &TLS{
		Authority:   pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Raw}),
		Fingerprint: hex.EncodeToString(sum[:]),
		Config:      &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: own.get},
	}, nil
}

// leaf is a server certificate that is issued anew in time.
type leaf struct {
	ca    *x509.Certificate
	caKey *ecdsa.PrivateKey
	hosts []string
	clock clock.Clock

	mu     sync.Mutex
	issued *tls.Certificate
	renew  time.Time
}

func (l *leaf) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	if now.Before(l.renew) {
		return l.issued, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: l.hosts[0]},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, leafMonths, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, h := range l.hosts {
		if ip := net.ParseIP(h); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, h)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, l.ca, &key.PublicKey, l.caKey)
	if err != nil {
		return nil, err
	}
	l.issued, l.renew = &tls.Certificate{Certificate: [][]byte{der, l.ca.Raw}, PrivateKey: key}, now.AddDate(0, renewMonths, 0)
	return l.issued, nil
}

func (r *Ring) tlsAuthority(ctx context.Context) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	var certificate, sealed string
	err := r.db.QueryRow(ctx, `SELECT certificate, sealed FROM platform_key WHERE purpose = $1 AND retired_at IS NULL ORDER BY id DESC LIMIT 1`,
		purposeTLS).Scan(&certificate, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return r.createTLSAuthority(ctx)
	}
	if err != nil {
		return nil, nil, err
	}
	der, err := base64.StdEncoding.DecodeString(certificate)
	if err != nil {
		return nil, nil, err
	}
	ca, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, err
	}
	raw, err := open(r.sealer, purposeTLS, sealed)
	if err != nil {
		return nil, nil, err
	}
	key, err := x509.ParseECPrivateKey(raw)
	return ca, key, err
}

func (r *Ring) createTLSAuthority(ctx context.Context) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	now := r.db.Clock().Now()
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "Tongsheng node authority"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(authorityYears, 0, 0),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, err
	}
	ca, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, err
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return nil, nil, err
	}
	err = r.db.Update(ctx, func(tx *store.Tx) error {
		number := ca.SerialNumber.Text(16)
		if err := insertKey(ctx, tx, r.sealer, purposeTLS, number, base64.StdEncoding.EncodeToString(der),
			base64.StdEncoding.EncodeToString(public), private); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "keyring.create_tls", Object: "key:" + number})
	})
	return ca, key, err
}

func serial() *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		panic(err) // the system's random source never fails
	}
	return n
}
