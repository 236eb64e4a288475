package account

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const sessionColumns = `s.id, s.token, s.user_id, s.state, s.created_at, s.seen_at, s.fresh_at, s.address, s.agent, s.challenge, s.failures, s.browser`

func scanSession(scan func(...any) error) (s session, err error) {
	err = scan(&s.ID, &s.token, &s.userID, &s.state, store.ScanTime(&s.CreatedAt), store.ScanTime(&s.SeenAt), store.ScanTime(&s.FreshAt),
		&s.Address, &s.Agent, &s.challenge, &s.failures, &s.browser)
	return s, err
}

func sessionByToken(ctx context.Context, q store.Queryer, digest string) (s session, found bool, err error) {
	s, err = scanSession(q.QueryRow(ctx, `SELECT `+sessionColumns+` FROM account_session s WHERE s.token = $1`, digest).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return session{}, false, nil
	}
	return s, err == nil, err
}

func sessionsOf(ctx context.Context, q store.Queryer, userID string) ([]session, error) {
	return store.Collect(ctx, q, func(r *sql.Rows) (session, error) { return scanSession(r.Scan) },
		`SELECT `+sessionColumns+` FROM account_session s WHERE s.user_id = $1 AND s.state = $2 ORDER BY s.id DESC`, userID, signedIn)
}

func insertSession(ctx context.Context, tx *store.Tx, s session) error {
	_, err := tx.Exec(ctx, `INSERT INTO account_session (id, token, user_id, state, created_at, seen_at, address, agent, challenge, failures, browser)
		VALUES ($1, $2, $3, $4, $5, $5, $6, $7, '', 0, $8)`, s.ID, s.token, s.userID, s.state, tx.Now.UnixMicro(), s.Address, s.Agent, s.browser)
	return err
}

// advance gives a session its next state and a new token; it fails when the session is
// no longer in the state it was read in, as when one step is taken twice at once.
func advance(ctx context.Context, tx *store.Tx, s session, next state, digest string, fresh time.Time) error {
	n, err := tx.Exec(ctx, `UPDATE account_session SET token = $1, state = $2, seen_at = $3, fresh_at = coalesce($4, fresh_at), challenge = '', failures = 0
		WHERE id = $5 AND token = $6 AND state = $7`, digest, next, tx.Now.UnixMicro(), store.Micros(fresh), s.ID, s.token, s.state)
	if err == nil && n == 0 {
		return errOver()
	}
	return err
}

// holdSession makes steps of one session take turns until the change is over: of many
// guesses at once, none is judged before those ahead of it are counted.
func holdSession(ctx context.Context, tx *store.Tx, digest string) error {
	_, err := tx.Exec(ctx, `UPDATE account_session SET failures = failures WHERE token = $1`, digest)
	return err
}

func refresh(ctx context.Context, tx *store.Tx, sessionID string) error {
	_, err := tx.Exec(ctx, `UPDATE account_session SET fresh_at = $1, challenge = '', failures = 0 WHERE id = $2`, tx.Now.UnixMicro(), sessionID)
	return err
}

func setChallenge(ctx context.Context, tx *store.Tx, sessionID, challenge string) error {
	_, err := tx.Exec(ctx, `UPDATE account_session SET challenge = $1 WHERE id = $2`, challenge, sessionID)
	return err
}

// takeChallenge reads a ceremony's challenge and removes it: it works once.
func takeChallenge(ctx context.Context, tx *store.Tx, s session) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE account_session SET challenge = '' WHERE id = $1 AND challenge = $2`, s.ID, s.challenge)
	return n == 1, err
}

// countFailure counts a wrong second factor and returns how many there were.
func countFailure(ctx context.Context, tx *store.Tx, sessionID string) (n int64, err error) {
	if _, err = tx.Exec(ctx, `UPDATE account_session SET failures = failures + 1, challenge = '' WHERE id = $1`, sessionID); err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, `SELECT failures FROM account_session WHERE id = $1`, sessionID).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

func deleteSession(ctx context.Context, tx *store.Tx, userID, id string) (bool, error) {
	n, err := tx.Exec(ctx, `DELETE FROM account_session WHERE user_id = $1 AND id = $2`, userID, id)
	return n == 1, err
}

func deleteSessionsOf(ctx context.Context, tx *store.Tx, userID, except string) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM account_session WHERE user_id = $1 AND id <> $2`, userID, except)
}

// keepNewest ends a person's oldest sessions beyond a number.
func keepNewest(ctx context.Context, tx *store.Tx, userID string, n int) error {
	_, err := tx.Exec(ctx, `DELETE FROM account_session WHERE user_id = $1 AND id NOT IN (
		SELECT id FROM account_session WHERE user_id = $1 ORDER BY id DESC LIMIT $2)`, userID, n)
	return err
}

func writeSeen(ctx context.Context, tx *store.Tx, seen map[string]time.Time) error {
	stmt, err := tx.Prepare(ctx, `UPDATE account_session SET seen_at = $1 WHERE id = $2 AND seen_at < $1`)
	if err != nil {
		return err
	}
	for id, at := range seen {
		if _, err := stmt.ExecContext(ctx, at.UnixMicro(), id); err != nil {
			return fmt.Errorf("account: note a session's use: %w", err)
		}
	}
	return nil
}

// deleteOver forgets sessions, attempts, browsers and handlings that no longer count.
func deleteOver(ctx context.Context, tx *store.Tx, idle, absolute time.Duration) error {
	now := tx.Now
	for _, del := range []struct {
		query string
		args  []any
	}{
		{`DELETE FROM account_session WHERE seen_at < $1 OR created_at < $2`, []any{now.Add(-idle).UnixMicro(), now.Add(-absolute).UnixMicro()}},
		{`DELETE FROM account_session WHERE state <> $1 AND seen_at < $2`, []any{signedIn, now.Add(-pendingLife).UnixMicro()}},
		{`DELETE FROM account_attempt WHERE last_at < $1 AND until < $2`, []any{now.Add(-forgetFailures).UnixMicro(), now.UnixMicro()}},
		{`DELETE FROM account_browser WHERE seen_at < $1`, []any{now.Add(-browserLife).UnixMicro()}},
		{`DELETE FROM account_handling WHERE at < $1`, []any{now.Add(-handlingCounts).UnixMicro()}},
	} {
		if _, err := tx.Exec(ctx, del.query, del.args...); err != nil {
			return err
		}
	}
	return nil
}
