package rulebook

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// kind of rule; each row of the table is one rule of a kind under a key.
type kind string

const (
	templates      kind = "template"
	sending        kind = "sending"
	precedence     kind = "precedence"
	pronunciations kind = "pronunciation"
	escalation     kind = "escalation"
	conduct        kind = "conduct"
)

// whole is the key of kinds that are one table and change as one.
const whole = "table"

// Kept is a rule with its version and who changed it last.
type Kept[T any] struct {
	Rule      T         `json:"rule"`
	Version   int64     `json:"version"`
	ChangedBy string    `json:"changedBy"`
	ChangedAt time.Time `json:"changedAt"`
	Retired   bool      `json:"retired,omitempty"`
}

func scanKept[T any](rows *sql.Rows) (k Kept[T], err error) {
	return k, rows.Scan(store.ScanJSON(&k.Rule), &k.Version, &k.Retired, &k.ChangedBy, store.ScanTime(&k.ChangedAt))
}

func list[T any](ctx context.Context, q store.Queryer, k kind) ([]Kept[T], error) {
	return store.Collect(ctx, q, scanKept[T], `SELECT body, version, retired, changed_name, changed_at FROM alert_rule
		WHERE kind = $1 AND NOT retired ORDER BY key`, string(k))
}

func one[T any](ctx context.Context, q store.Queryer, k kind, key string) (kept Kept[T], err error) {
	err = q.QueryRow(ctx, `SELECT body, version, retired, changed_name, changed_at FROM alert_rule WHERE kind = $1 AND key = $2 AND NOT retired`, string(k), key).
		Scan(store.ScanJSON(&kept.Rule), &kept.Version, &kept.Retired, &kept.ChangedBy, store.ScanTime(&kept.ChangedAt))
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.New(fault.NotFound, "alert.rule.not_found")
	}
	return kept, err
}

func history[T any](ctx context.Context, q store.Queryer, k kind, key string) ([]Kept[T], error) {
	return store.Collect(ctx, q, scanKept[T], `SELECT body, version, retired, changed_name, changed_at FROM alert_rule_version
		WHERE kind = $1 AND key = $2 ORDER BY version DESC LIMIT 200`, string(k), key)
}

// asOf is a rule as it stood at a time; the zero value if there was none.
func asOf[T any](ctx context.Context, q store.Queryer, k kind, key string, at time.Time) (body T, err error) {
	err = q.QueryRow(ctx, `SELECT body FROM alert_rule_version WHERE kind = $1 AND key = $2 AND changed_at <= $3 ORDER BY version DESC LIMIT 1`, string(k), key, at.UnixMicro()).
		Scan(store.ScanJSON(&body))
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return body, err
}

// put writes a rule as the next version after expect; 0 means that there must be none
// that is not retired.
func put(ctx context.Context, tx *store.Tx, k kind, key string, body any, expect int64, retired bool) (version int64, err error) {
	who := auth.Who(ctx)
	var was int64
	var gone bool
	err = tx.QueryRow(ctx, `SELECT version, retired FROM alert_rule WHERE kind = $1 AND key = $2`, string(k), key).Scan(&was, &gone)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		was, gone = 0, true
	case err != nil:
		return 0, err
	}
	switch {
	case expect == 0 && !gone:
		return 0, fault.New(fault.Conflict, "alert.rule.exists", fault.Args{"key": key})
	case expect != 0 && (gone || was != expect):
		return 0, fault.New(fault.Stale, "stale")
	}
	version = was + 1
	n, err := tx.Exec(ctx, `INSERT INTO alert_rule (kind, key, version, body, retired, changed_by, changed_name, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (kind, key) DO UPDATE SET version = excluded.version, body = excluded.body, retired = excluded.retired, changed_by = excluded.changed_by,
		changed_name = excluded.changed_name, changed_at = excluded.changed_at WHERE alert_rule.version = $9`,
		string(k), key, version, store.JSON(body), retired, who.ID, who.Name, tx.Now.UnixMicro(), was)
	if err := store.Touched(n, err); err != nil {
		return 0, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO alert_rule_version (kind, key, version, body, retired, changed_by, changed_name, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, string(k), key, version, store.JSON(body), retired, who.ID, who.Name, tx.Now.UnixMicro())
	return version, err
}

func count(ctx context.Context, q store.Queryer, k kind) (n int, err error) {
	return n, q.QueryRow(ctx, `SELECT count(*) FROM alert_rule WHERE kind = $1`, string(k)).Scan(&n)
}
