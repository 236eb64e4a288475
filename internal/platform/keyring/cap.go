package keyring

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"database/sql"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const purposeCAP = "cap"

// CAP is what published alerts are signed with: XML signatures of the open world know no SM2,
// so that it is a key on P-256 whose certificate the node's X.509 authority gave.
type CAP struct {
	Key       *ecdsa.PrivateKey
	Chain     []*x509.Certificate // its own first, then the authority's
	Authority []byte              // PEM
}

// OpenCAP opens the key, making it when absent. It stays the same for as long as the authority
// does, so that a document that is signed anew is the same document.
func (r *Ring) OpenCAP(ctx context.Context, name string) (*CAP, error) {
	ca, caKey, err := r.tlsAuthority(ctx)
	if err != nil {
		return nil, fmt.Errorf("keyring: X.509 authority: %w", err)
	}
	out := &CAP{Authority: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Raw})}
	var certificate, sealed string
	err = r.db.QueryRow(ctx, `SELECT certificate, sealed FROM platform_key WHERE purpose = $1 AND retired_at IS NULL ORDER BY id DESC LIMIT 1`, purposeCAP).Scan(&certificate, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		certificate, sealed, err = r.createCAP(ctx, name, ca, caKey)
	}
	if err != nil {
		return nil, fmt.Errorf("keyring: key of published alerts: %w", err)
	}
	der, err := base64.StdEncoding.DecodeString(certificate)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	raw, err := open(r.sealer, purposeCAP, sealed)
	if err != nil {
		return nil, err
	}
	out.Chain = []*x509.Certificate{cert, ca}
	out.Key, err = x509.ParseECPrivateKey(raw)
	return out, err
}

func (r *Ring) createCAP(ctx context.Context, name string, ca *x509.Certificate, caKey *ecdsa.PrivateKey) (certificate, sealed string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "Tongsheng published alerts", SerialNumber: name},
		NotBefore: r.db.Clock().Now().Add(-time.Hour), NotAfter: ca.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca, &key.PublicKey, caKey)
	if err != nil {
		return "", "", err
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return "", "", err
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return "", "", err
	}
	certificate = base64.StdEncoding.EncodeToString(der)
	err = r.db.Update(ctx, func(tx *store.Tx) error {
		number := template.SerialNumber.Text(16)
		if err := insertKey(ctx, tx, r.sealer, purposeCAP, number, certificate, base64.StdEncoding.EncodeToString(public), private); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "keyring.create_cap", Object: "key:" + number})
	})
	if err != nil {
		return "", "", err
	}
	return certificate, sealed, r.db.QueryRow(ctx, `SELECT sealed FROM platform_key WHERE purpose = $1 AND retired_at IS NULL ORDER BY id DESC LIMIT 1`, purposeCAP).Scan(&sealed)
}
