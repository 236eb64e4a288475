package duty

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func orNotFound(err error, code string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, code)
	}
	return err
}

// contact is how a person is reached, and how they prove themselves by telephone.
type contact struct {
	Person      string
	Number      string
	PIN         string // hashed
	Failures    int64
	LockedUntil time.Time
}

func scanContact(rows scanner) (*contact, error) {
	c := new(contact)
	return c, rows.Scan(&c.Person, &c.Number, &c.PIN, &c.Failures, store.ScanTime(&c.LockedUntil))
}

const contactColumns = `person, number, pin, failures, locked_until`

// contactOf is a person's contact; one with nothing in it for none.
func contactOf(ctx context.Context, q store.Queryer, person string) (*contact, error) {
	c, err := scanContact(q.QueryRow(ctx, `SELECT `+contactColumns+` FROM alert_duty_contact WHERE person = $1`, person))
	if errors.Is(err, sql.ErrNoRows) {
		return &contact{Person: person}, nil
	}
	return c, err
}

// contactByNumber is whose number it is; nil for nobody's.
func contactByNumber(ctx context.Context, q store.Queryer, number string) (*contact, error) {
	c, err := scanContact(q.QueryRow(ctx, `SELECT `+contactColumns+` FROM alert_duty_contact WHERE number = $1 AND number <> ''`, number))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return c, err
}

func setNumber(ctx context.Context, tx *store.Tx, person, number string) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_duty_contact (person, number, pin, failures) VALUES ($1, $2, '', 0) ON CONFLICT (person) DO UPDATE SET number = excluded.number`, person, number)
	return err
}

func setPIN(ctx context.Context, tx *store.Tx, person, hash string) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_duty_contact (person, number, pin, failures) VALUES ($1, '', $2, 0)
		ON CONFLICT (person) DO UPDATE SET pin = excluded.pin, failures = 0, locked_until = NULL`, person, hash)
	return err
}

func setFailures(ctx context.Context, tx *store.Tx, person string, failures int64, until time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE alert_duty_contact SET failures = $1, locked_until = $2 WHERE person = $3`, failures, store.Micros(until), person)
	return err
}

const gatewayColumns = `id, kind, name, region_path, url, secret, used_at, failed_at, failure`

func scanGateway(rows scanner) (*gateway, error) {
	g := new(gateway)
	var secret string
	err := rows.Scan(&g.ID, &g.Kind, &g.Name, &g.RegionPath, &g.URL, &secret, store.ScanTime(&g.UsedAt), store.ScanTime(&g.FailedAt), &g.Failure)
	if err == nil {
		g.Secret, err = base64.StdEncoding.DecodeString(secret)
	}
	return g, err
}

func listGateways(ctx context.Context, q store.Queryer) ([]*gateway, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*gateway, error) { return scanGateway(rows) },
		`SELECT `+gatewayColumns+` FROM alert_duty_gateway WHERE NOT retired ORDER BY kind, id`)
}

// readGateway is one gateway; nil if there is none, or none any more.
func readGateway(ctx context.Context, q store.Queryer, id string) (*gateway, error) {
	g, err := scanGateway(q.QueryRow(ctx, `SELECT `+gatewayColumns+` FROM alert_duty_gateway WHERE id = $1 AND NOT retired`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return g, err
}

func insertGateway(ctx context.Context, tx *store.Tx, g *gateway) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_duty_gateway (id, kind, name, region_path, url, secret, retired, failure, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8)`,
		g.ID, g.Kind, g.Name, g.RegionPath, g.URL, base64.StdEncoding.EncodeToString(g.Secret), false, tx.Now.UnixMicro())
	return err
}

func retireGateway(ctx context.Context, tx *store.Tx, id string) error {
	_, err := tx.Exec(ctx, `UPDATE alert_duty_gateway SET retired = $1, secret = '' WHERE id = $2`, true, id)
	return err
}

func noteGateway(ctx context.Context, tx *store.Tx, id, failure string) error {
	if failure == "" {
		_, err := tx.Exec(ctx, `UPDATE alert_duty_gateway SET used_at = $1 WHERE id = $2`, tx.Now.UnixMicro(), id)
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE alert_duty_gateway SET failed_at = $1, failure = $2 WHERE id = $3`, tx.Now.UnixMicro(), failure, id)
	return err
}

// notice is a notice to one person on duty.
type notice struct {
	ID         string
	RegionPath string
	Person     string
	Reason     string
	MessageID  string
	Body       string
	CreatedAt  time.Time
	SentAt     time.Time
	NextAt     time.Time
	Attempts   int
	Failure    string
}

func insertNotice(ctx context.Context, tx *store.Tx, n *notice) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_duty_notice (id, region_path, person, reason, message_id, body, created_at, next_at, attempts, failure)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, '')`, n.ID, n.RegionPath, n.Person, n.Reason, n.MessageID, n.Body, n.CreatedAt.UnixMicro(), tx.Now.UnixMicro())
	return err
}

// dueNotices are those for people at and below a region, but for those at and below some others.
func dueNotices(ctx context.Context, q store.Queryer, path string, but []string, now time.Time) ([]*notice, error) {
	var w store.Where
	w.And("next_at <= ?", now.UnixMicro())
	low, high := auth.Subtree(path)
	w.And("region_path >= ? AND region_path < ?", low, high)
	if len(but) > 0 {
		others := auth.NewScope(but...)
		w.And("NOT " + others.Cond(&w, "region_path"))
	}
	return store.Collect(ctx, q, func(rows *sql.Rows) (*notice, error) {
		n := new(notice)
		return n, rows.Scan(&n.ID, &n.RegionPath, &n.Person, &n.Reason, &n.MessageID, &n.Body, store.ScanTime(&n.CreatedAt), store.ScanTime(&n.SentAt), store.ScanTime(&n.NextAt),
			&n.Attempts, &n.Failure)
	}, `SELECT id, region_path, person, reason, message_id, body, created_at, sent_at, next_at, attempts, failure FROM alert_duty_notice`+w.SQL()+` ORDER BY next_at LIMIT 100`, w.Args()...)
}

func updateNotice(ctx context.Context, tx *store.Tx, n *notice) error {
	_, err := tx.Exec(ctx, `UPDATE alert_duty_notice SET sent_at = $1, next_at = $2, attempts = $3, failure = $4 WHERE id = $5`,
		store.Micros(n.SentAt), store.Micros(n.NextAt), n.Attempts, n.Failure, n.ID)
	return err
}

// DropNotices deletes up to limit notices from before a time that are not sent again, and says how
// many.
func DropNotices(ctx context.Context, tx *store.Tx, before time.Time, limit int) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM alert_duty_notice WHERE id IN (SELECT id FROM alert_duty_notice WHERE id < $1 AND next_at IS NULL ORDER BY id LIMIT $2)`, store.FirstID(before), limit)
}
