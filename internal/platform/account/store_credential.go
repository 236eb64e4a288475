package account

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func lockedUntil(ctx context.Context, q store.Queryer, name string) (until time.Time, err error) {
	err = q.QueryRow(ctx, `SELECT until FROM account_attempt WHERE name = $1`, name).Scan(store.ScanTime(&until))
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return until, err
}

// holdAttempts makes sign-ins under the same names take turns until the change is over:
// of many guesses at once, none is judged before those ahead of it are counted.
func holdAttempts(ctx context.Context, tx *store.Tx, names []attempt) error {
	for _, a := range names {
		if _, err := tx.Exec(ctx, `INSERT INTO account_attempt (name, failures, last_at, until) VALUES ($1, 0, $2, 0)
			ON CONFLICT (name) DO UPDATE SET name = excluded.name`, a.name, tx.Now.UnixMicro()); err != nil {
			return err
		}
	}
	return nil
}

func countAttempt(ctx context.Context, tx *store.Tx, name string) (failures int64, err error) {
	if _, err = tx.Exec(ctx, `UPDATE account_attempt SET failures = CASE WHEN last_at < $1 THEN 1 ELSE failures + 1 END, last_at = $2 WHERE name = $3`,
		tx.Now.Add(-forgetFailures).UnixMicro(), tx.Now.UnixMicro(), name); err != nil {
		return 0, err
	}
	return failures, tx.QueryRow(ctx, `SELECT failures FROM account_attempt WHERE name = $1`, name).Scan(&failures)
}

func lockUntil(ctx context.Context, tx *store.Tx, name string, until time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE account_attempt SET until = $1 WHERE name = $2`, until.UnixMicro(), name)
	return err
}

func forgetAttempts(ctx context.Context, tx *store.Tx, name string) error {
	_, err := tx.Exec(ctx, `DELETE FROM account_attempt WHERE name = $1`, name)
	return err
}

// forgetAllAttempts forgets what is counted under a user name, from wherever it came.
func forgetAllAttempts(ctx context.Context, tx *store.Tx, username string) error {
	_, err := tx.Exec(ctx, `DELETE FROM account_attempt WHERE name >= $1 AND name < $2`, countsOf(username), countsOf(username)+"~")
	return err
}

// longestLock is until when the longest wait under a user name lasts.
func longestLock(ctx context.Context, q store.Queryer, username string) (until time.Time, err error) {
	err = q.QueryRow(ctx, `SELECT max(until) FROM account_attempt WHERE name >= $1 AND name < $2`, countsOf(username), countsOf(username)+"~").Scan(store.ScanTime(&until))
	return until, err
}

// factors says which second factors a person has.
type factors struct {
	TOTP     bool `json:"totp"`
	Passkeys int  `json:"passkeys"`
	Recovery int  `json:"recoveryCodes" doc:"Recovery codes left"`
}

func factorsOf(ctx context.Context, q store.Queryer, userID string) (f factors, err error) {
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM account_totp WHERE user_id = $1 AND NOT pending),
		(SELECT count(*) FROM account_passkey WHERE user_id = $1),
		(SELECT count(*) FROM account_recovery WHERE user_id = $1 AND used_at IS NULL)`, userID).Scan(&f.TOTP, &f.Passkeys, &f.Recovery)
	return f, err
}

// methods lists how the second factor may be proved. Recovery codes alone are none.
func (f factors) methods() []string {
	out := []string{}
	if f.TOTP {
		out = append(out, "totp")
	}
	if f.Passkeys > 0 {
		out = append(out, "passkey")
	}
	if len(out) > 0 && f.Recovery > 0 {
		out = append(out, "recovery")
	}
	return out
}

func (f factors) none() bool { return !f.TOTP && f.Passkeys == 0 }

func sealedTOTP(ctx context.Context, q store.Queryer, userID string, pending bool) (sealed []byte, lastStep int64, err error) {
	var text string
	if err = q.QueryRow(ctx, `SELECT sealed, last_step FROM account_totp WHERE user_id = $1 AND pending = $2`, userID, pending).Scan(&text, &lastStep); err != nil {
		return nil, 0, err
	}
	sealed, err = base64.StdEncoding.DecodeString(text)
	return sealed, lastStep, err
}

func offerTOTP(ctx context.Context, tx *store.Tx, userID string, sealed []byte) error {
	_, err := tx.Exec(ctx, `INSERT INTO account_totp (user_id, pending, sealed, last_step) VALUES ($1, true, $2, 0)
		ON CONFLICT (user_id, pending) DO UPDATE SET sealed = excluded.sealed, last_step = 0`, userID, base64.StdEncoding.EncodeToString(sealed))
	return err
}

// useTOTPStep marks a time step as used; false means that it, or a later one, was before.
func useTOTPStep(ctx context.Context, tx *store.Tx, userID string, pending bool, step int64) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE account_totp SET last_step = $1 WHERE user_id = $2 AND pending = $3 AND last_step < $1`, step, userID, pending)
	return n == 1, err
}

// adoptTOTP puts the secret on offer in the place of the one in use.
func adoptTOTP(ctx context.Context, tx *store.Tx, userID string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM account_totp WHERE user_id = $1 AND NOT pending`, userID); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE account_totp SET pending = false WHERE user_id = $1`, userID)
	return err
}

func deleteTOTP(ctx context.Context, tx *store.Tx, userID string) error {
	_, err := tx.Exec(ctx, `DELETE FROM account_totp WHERE user_id = $1`, userID)
	return err
}

func setRecovery(ctx context.Context, tx *store.Tx, userID string, hashes []string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM account_recovery WHERE user_id = $1`, userID); err != nil {
		return err
	}
	for _, h := range hashes {
		if _, err := tx.Exec(ctx, `INSERT INTO account_recovery (user_id, hash) VALUES ($1, $2)`, userID, h); err != nil {
			return err
		}
	}
	return nil
}

func useRecovery(ctx context.Context, tx *store.Tx, userID, hash string) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE account_recovery SET used_at = $1 WHERE user_id = $2 AND hash = $3 AND used_at IS NULL`, tx.Now.UnixMicro(), userID, hash)
	return n == 1, err
}

// Passkey is a registered passkey as its owner sees it.
type Passkey struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"createdAt"`
	UsedAt    time.Time `json:"usedAt,omitzero"`

	record webauthn.Credential
}

func passkeysOf(ctx context.Context, q store.Queryer, userID string) ([]Passkey, error) {
	return store.Collect(ctx, q, func(r *sql.Rows) (k Passkey, err error) {
		err = r.Scan(&k.ID, &k.Name, store.ScanTime(&k.CreatedAt), store.ScanTime(&k.UsedAt), store.ScanJSON(&k.record))
		return k, err
	}, `SELECT id, name, created_at, used_at, record FROM account_passkey WHERE user_id = $1 ORDER BY id`, userID)
}

func insertPasskey(ctx context.Context, tx *store.Tx, userID string, k Passkey) (bool, error) {
	n, err := tx.Exec(ctx, `INSERT INTO account_passkey (id, user_id, name, credential, record, created_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (credential) DO NOTHING`, k.ID, userID, k.Name, base64.RawURLEncoding.EncodeToString(k.record.ID), store.JSON(k.record), tx.Now.UnixMicro())
	return n == 1, err
}

func notePasskeyUse(ctx context.Context, tx *store.Tx, userID string, c *webauthn.Credential) error {
	_, err := tx.Exec(ctx, `UPDATE account_passkey SET record = $1, used_at = $2 WHERE user_id = $3 AND credential = $4`,
		store.JSON(c), tx.Now.UnixMicro(), userID, base64.RawURLEncoding.EncodeToString(c.ID))
	return err
}

func deletePasskey(ctx context.Context, tx *store.Tx, userID, id string) (bool, error) {
	n, err := tx.Exec(ctx, `DELETE FROM account_passkey WHERE user_id = $1 AND id = $2`, userID, id)
	return n == 1, err
}

func deleteFactors(ctx context.Context, tx *store.Tx, userID string) error {
	if err := deleteTOTP(ctx, tx, userID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM account_passkey WHERE user_id = $1`, userID); err != nil {
		return err
	}
	return setRecovery(ctx, tx, userID, nil)
}

// identity is who an outside sign-in service's subject is here, or who is linked to it.
func userOfSubject(ctx context.Context, q store.Queryer, issuer, subject string) (userID string, err error) {
	err = q.QueryRow(ctx, `SELECT user_id FROM account_identity WHERE issuer = $1 AND subject = $2`, issuer, subject).Scan(&userID)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return userID, err
}

// linkSubject ties a person to a subject; false means that one of the two is tied already.
func linkSubject(ctx context.Context, tx *store.Tx, issuer, subject, userID string) (bool, error) {
	n, err := tx.Exec(ctx, `INSERT INTO account_identity (issuer, subject, user_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, issuer, subject, userID)
	return n == 1, err
}
