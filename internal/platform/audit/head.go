package audit

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// SignEvery is how often the head of the chain is signed at most.
const SignEvery = time.Minute

// Key is the node's signing key with its certificate, which may change from one call to
// the next.
type Key interface {
	Signing() (*ebd.PrivateKey, *ebd.Certificate)
}

// signedHead is a head that the node signed.
type signedHead struct {
	seq     int64
	hash    string
	at      time.Time
	genuine bool // signed with a key that the node's authority certified

	certificate, signature string
}

// text is what is signed: nothing else that the node signs begins like it.
func (h signedHead) text() []byte {
	return fmt.Appendf(nil, "tongsheng audit head 1\n%d\n%s", h.seq, h.hash)
}

// by reports whether the signature is good and its key certified by the authority.
func (h signedHead) by(authority ebd.PublicKey) bool {
	cert, err := base64.StdEncoding.DecodeString(h.certificate)
	if err != nil {
		return false
	}
	c, err := ebd.ParseCertificate(cert)
	if err != nil || !c.VerifiedBy(authority) {
		return false
	}
	sig, err := base64.StdEncoding.DecodeString(h.signature)
	return err == nil && len(sig) == 64 && c.Key.Verify(h.text(), [64]byte(sig))
}

// readHeads reads the signed heads by sequence; without an authority there are none.
func readHeads(ctx context.Context, q store.Queryer, authority *ebd.PublicKey) (map[int64]signedHead, error) {
	heads := map[int64]signedHead{}
	if authority == nil {
		return heads, nil
	}
	all, err := store.Collect(ctx, q, func(r *sql.Rows) (h signedHead, err error) {
		return h, r.Scan(&h.seq, &h.hash, &h.certificate, &h.signature, store.ScanTime(&h.at))
	}, `SELECT seq, hash, certificate, signature, signed_at FROM platform_audit_head ORDER BY seq`)
	for _, h := range all {
		h.genuine = h.by(*authority)
		heads[h.seq] = h
	}
	return heads, err
}

// signer signs heads. It remembers the last one, so that a chain that was written anew
// under a running node is not signed either, whatever became of the table.
type signer struct {
	db    *store.DB
	key   Key
	log   *slog.Logger
	tried time.Time
	last  signedHead
}

// errRewritten is a chain that no longer holds what was signed. It is not signed again.
var errRewritten = errors.New("the audit chain no longer holds the head that was signed last; run: tongsheng audit verify")

func (s *signer) sign(ctx context.Context) {
	s.tried = s.db.Clock().Now()
	if err := s.attempt(ctx); err != nil && ctx.Err() == nil {
		s.log.Error("the head of the audit chain could not be signed", "error", err)
	}
}

func (s *signer) attempt(ctx context.Context) error {
	next := signedHead{}
	err := s.db.Housekeep(ctx, func(tx *store.Tx) (err error) {
		if next.seq, next.hash, err = head(ctx, tx); err != nil {
			return err
		}
		last := s.last
		if last.seq == 0 {
			err = tx.QueryRow(ctx, `SELECT seq, hash FROM platform_audit_head ORDER BY seq DESC LIMIT 1`).Scan(&last.seq, &last.hash)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
		}
		if last.seq > 0 {
			var kept string
			err = tx.QueryRow(ctx, `SELECT hash FROM platform_audit_seal WHERE seq = $1`, last.seq).Scan(&kept)
			if errors.Is(err, sql.ErrNoRows) || err == nil && kept != last.hash {
				return errRewritten
			}
			if err != nil {
				return err
			}
		}
		if next.seq == last.seq {
			return nil
		}
		key, cert := s.key.Signing()
		sig, err := key.Sign(next.text())
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO platform_audit_head (seq, hash, certificate, signature, signed_at) VALUES ($1, $2, $3, $4, $5)`,
			next.seq, next.hash, base64.StdEncoding.EncodeToString(cert.Encode()), base64.StdEncoding.EncodeToString(sig[:]), tx.Now.UnixMicro()); err != nil {
			return err
		}
		// Each head covers all before it: of past days the last is enough.
		_, err = tx.Exec(ctx, `DELETE FROM platform_audit_head WHERE signed_at < $1
			AND seq NOT IN (SELECT max(seq) FROM platform_audit_head GROUP BY signed_at / 86400000000)`, tx.Now.Add(-24*time.Hour).UnixMicro())
		return err
	})
	if err == nil {
		s.last = next
	}
	return err
}
