// Package keyring keeps the node's keys: its authority (SM2), which terminals trust; the
// signing key (SM2) that the authority certifies and that rotates; the receipt key, with
// which terminals agree on session keys; and an X.509 authority for TLS. Private keys
// lie in the database sealed under a key that does not.
package keyring

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Purposes of keys.
const (
	purposeAuthority = "authority"
	purposeSigning   = "signing"
	purposeReceipt   = "receipt"
)

// How long certificates last. A signing key is retired long before its certificate ends,
// because a terminal that was off for months must still accept the next one.
const (
	authorityYears = 20
	signingMonths  = 24
	// RotateAfter is when the signing key is replaced without being asked.
	RotateAfter = 365 * 24 * time.Hour
)

// authorityNumber is in the range that GD/J 081 keeps for issuers.
var authorityNumber = ebd.SerialNumber{0, 0, 0, 0, 0, 1}

// Ring is the node's keys, opened.
type Ring struct {
	db        *store.DB
	sealer    *Sealer
	authority *ebd.PrivateKey
	root      *ebd.Certificate
	receipt   *ebd.PrivateKey

	mu      sync.RWMutex
	signing signingKey
}

type signingKey struct {
	key  *ebd.PrivateKey
	cert *ebd.Certificate
	born time.Time
}

// Open opens the ring and makes the keys that do not exist yet.
func Open(ctx context.Context, db *store.DB, sealer *Sealer) (*Ring, error) {
	r := &Ring{db: db, sealer: sealer}
	found, err := r.load(ctx)
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	if found {
		return r, nil
	}
	if err := r.create(ctx); err != nil {
		return nil, fmt.Errorf("keyring: make keys: %w", err)
	}
	return r, nil
}

// Made reports whether a database holds keys already, which only their own sealer opens.
func Made(ctx context.Context, q store.Queryer) (made bool, err error) {
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM platform_key)`).Scan(&made)
	return made, err
}

// AuthorityKey is the public key of a node's authority. It is taken from the sealed private
// key: whoever wrote to the database without the sealer's secret could not have put another
// in its place.
func AuthorityKey(ctx context.Context, q store.Queryer, sealer *Sealer) (ebd.PublicKey, error) {
	var sealed string
	err := q.QueryRow(ctx, `SELECT sealed FROM platform_key WHERE retired_at IS NULL AND purpose = $1`, purposeAuthority).Scan(&sealed)
	if err != nil {
		return ebd.PublicKey{}, fmt.Errorf("keyring: the node's authority: %w", err)
	}
	key, err := (&Ring{sealer: sealer}).unseal(purposeAuthority, sealed)
	if err != nil {
		return ebd.PublicKey{}, fmt.Errorf("keyring: %w", err)
	}
	return key.Public(), nil
}

type row struct {
	purpose, certificate, sealed string
	born                         time.Time
}

func (r *Ring) load(ctx context.Context) (bool, error) {
	rows, err := store.Collect(ctx, r.db, func(s *sql.Rows) (k row, err error) {
		return k, s.Scan(&k.purpose, &k.certificate, &k.sealed, store.ScanTime(&k.born))
	}, `SELECT purpose, certificate, sealed, created_at FROM platform_key
		WHERE retired_at IS NULL AND purpose IN ($1, $2, $3) ORDER BY id`, purposeAuthority, purposeSigning, purposeReceipt)
	if err != nil || len(rows) == 0 {
		return false, err
	}
	for _, k := range rows {
		key, err := r.unseal(k.purpose, k.sealed)
		if err != nil {
			return false, err
		}
		switch k.purpose {
		case purposeReceipt:
			r.receipt = key
		case purposeAuthority:
			r.authority = key
			if r.root, err = decodeCertificate(k.certificate); err != nil {
				return false, err
			}
		case purposeSigning:
			cert, err := decodeCertificate(k.certificate)
			if err != nil {
				return false, err
			}
			r.signing = signingKey{key, cert, k.born}
		}
	}
	if r.authority == nil || r.signing.key == nil || r.receipt == nil {
		return false, errors.New("the database holds only some of the node's keys")
	}
	return true, nil
}

func (r *Ring) create(ctx context.Context) error {
	var err error
	if r.authority, err = ebd.GenerateKey(); err != nil {
		return err
	}
	if r.receipt, err = ebd.GenerateKey(); err != nil {
		return err
	}
	now := r.db.Clock().Now()
	if r.root, err = ebd.IssueCertificate(r.authority, authorityNumber, authorityNumber, r.authority.Public(), now.AddDate(authorityYears, 0, 0)); err != nil {
		return err
	}
	return r.db.Update(ctx, func(tx *store.Tx) error {
		if err := r.insert(ctx, tx, purposeAuthority, r.authority, r.root); err != nil {
			return err
		}
		if err := r.insert(ctx, tx, purposeReceipt, r.receipt, nil); err != nil {
			return err
		}
		fresh, err := r.addSigning(ctx, tx, firstSigningNumber)
		if err != nil {
			return err
		}
		r.signing = fresh
		return audit.Write(ctx, tx, audit.Entry{Action: "keyring.create", Object: "key:" + fresh.cert.Number.String()})
	})
}

// firstSigningNumber is the first outside the range kept for issuers.
const firstSigningNumber = 256

func (r *Ring) addSigning(ctx context.Context, tx *store.Tx, number uint64) (signingKey, error) {
	key, err := ebd.GenerateKey()
	if err != nil {
		return signingKey{}, err
	}
	var wide [8]byte
	binary.BigEndian.PutUint64(wide[:], number)
	cert, err := ebd.IssueCertificate(r.authority, authorityNumber, ebd.SerialNumber(wide[2:]), key.Public(), tx.Now.AddDate(0, signingMonths, 0))
	if err != nil {
		return signingKey{}, err
	}
	return signingKey{key, cert, tx.Now}, r.insert(ctx, tx, purposeSigning, key, cert)
}

// Rotate replaces the signing key. Orders signed before stay good: they carry their
// certificate. Of two at once the second is refused as stale.
func (r *Ring) Rotate(ctx context.Context) error {
	var fresh signingKey
	err := r.db.Update(ctx, func(tx *store.Tx) error {
		old := r.SigningCertificate()
		var wide [8]byte
		copy(wide[2:], old.Number[:])
		n, err := tx.Exec(ctx, `UPDATE platform_key SET retired_at = $1 WHERE purpose = $2 AND serial = $3 AND retired_at IS NULL`,
			tx.Now.UnixMicro(), purposeSigning, old.Number.String())
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Stale, "stale") // somebody else rotated it meanwhile
		}
		if fresh, err = r.addSigning(ctx, tx, binary.BigEndian.Uint64(wide[:])+1); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "keyring.rotate", Object: "key:" + fresh.cert.Number.String(),
			Detail: map[string]string{"replaces": old.Number.String()}})
	})
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.signing = fresh
	r.mu.Unlock()
	return nil
}

// Due reports whether the signing key is old enough to be replaced.
func (r *Ring) Due(now time.Time) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return now.Sub(r.signing.born) > RotateAfter
}

// Signing is the key and certificate to sign with now.
func (r *Ring) Signing() (*ebd.PrivateKey, *ebd.Certificate) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.signing.key, r.signing.cert
}

// SigningCertificate is the certificate of the present signing key.
func (r *Ring) SigningCertificate() *ebd.Certificate {
	_, cert := r.Signing()
	return cert
}

// Authority is the certificate that terminals are given to trust.
func (r *Ring) Authority() *ebd.Certificate { return r.root }

// Receipt is the static key with which terminals agree on session keys.
func (r *Ring) Receipt() *ebd.PrivateKey { return r.receipt }

func (r *Ring) insert(ctx context.Context, tx *store.Tx, purpose string, key *ebd.PrivateKey, cert *ebd.Certificate) error {
	der, err := key.DER()
	if err != nil {
		return err
	}
	serial, encoded := "", ""
	if cert != nil {
		serial, encoded = cert.Number.String(), base64.StdEncoding.EncodeToString(cert.Encode())
	}
	public := key.Public()
	return insertKey(ctx, tx, r.sealer, purpose, serial, encoded, base64.StdEncoding.EncodeToString(public[:]), der)
}

func insertKey(ctx context.Context, tx *store.Tx, sealer *Sealer, purpose, serial, certificate, public string, private []byte) error {
	sealed, err := sealer.Seal(private, "key:"+purpose)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO platform_key (id, purpose, serial, certificate, public, sealed, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		store.NewID(tx.Now), purpose, serial, certificate, public, base64.StdEncoding.EncodeToString(sealed), tx.Now.UnixMicro())
	return err
}

func (r *Ring) unseal(purpose, sealed string) (*ebd.PrivateKey, error) {
	der, err := open(r.sealer, purpose, sealed)
	if err != nil {
		return nil, err
	}
	return ebd.ParsePrivateKey(der)
}

func open(sealer *Sealer, purpose, sealed string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return nil, err
	}
	return sealer.Open(raw, "key:"+purpose)
}

func decodeCertificate(text string) (*ebd.Certificate, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	return ebd.ParseCertificate(raw)
}
