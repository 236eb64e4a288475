package push

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"strconv"
	"time"

	"github.com/SherClockHolmes/webpush-go"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// subscriber is a browser that asked to be told.
type subscriber struct {
	ID       string
	Endpoint string
	P256dh   string
	Auth     string
	Lang     string
	Minor    bool
	Silent   bool // its service did not answer the last time
}

// purpose is what the key is sealed for.
const purpose = "push:vapid"

// openKeys reads the platform's key, and makes it the first time.
func openKeys(ctx context.Context, db *store.DB, sealer output.Sealer) (public, private string, err error) {
	read := func() error {
		var sealed string
		err := db.QueryRow(ctx, `SELECT public, private FROM alert_push_key WHERE id = 1`).Scan(&public, &sealed)
		if err != nil {
			return err
		}
		raw, err := base64.StdEncoding.DecodeString(sealed)
		if err != nil {
			return err
		}
		raw, err = sealer.Open(raw, purpose)
		private = string(raw)
		return err
	}
	if err = read(); !errors.Is(err, sql.ErrNoRows) {
		return public, private, err
	}
	private, public, err = webpush.GenerateVAPIDKeys()
	if err != nil {
		return "", "", err
	}
	sealed, err := sealer.Seal([]byte(private), purpose)
	if err != nil {
		return "", "", err
	}
	err = db.Housekeep(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO alert_push_key (id, public, private) VALUES (1, $1, $2) ON CONFLICT (id) DO NOTHING`, public, base64.StdEncoding.EncodeToString(sealed))
		return err
	})
	if err != nil {
		return "", "", err
	}
	return public, private, read()
}

// putSubscriber keeps a browser's wish, in place of its earlier one.
func putSubscriber(ctx context.Context, db *store.DB, s subscriber, regionPath string) error {
	return db.Housekeep(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO alert_push (id, endpoint, p256dh, auth, region_path, lang, minor, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (endpoint) DO UPDATE SET p256dh = excluded.p256dh, auth = excluded.auth, region_path = excluded.region_path, lang = excluded.lang, minor = excluded.minor`,
			store.NewID(tx.Now), s.Endpoint, s.P256dh, s.Auth, regionPath, s.Lang, s.Minor, tx.Now.UnixMicro())
		return err
	})
}

// dropSubscriber forgets a browser, by its endpoint.
func dropSubscriber(ctx context.Context, db *store.DB, endpoint string) error {
	return db.Housekeep(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM alert_push WHERE endpoint = $1`, endpoint)
		return err
	})
}

// forgetAfter is how long a push service may be silent until its browser is forgotten.
const forgetAfter = 30 * 24 * time.Hour

// learn keeps what pushing told of browsers, by id: who is gone, whose service did not answer,
// and whose does again.
func learn(ctx context.Context, db *store.DB, gone, silent, well []string) error {
	if len(gone)+len(silent)+len(well) == 0 {
		return nil
	}
	return db.Housekeep(ctx, func(tx *store.Tx) error {
		now := tx.Now.UnixMicro()
		for _, change := range []struct {
			ids   []string
			query string
			args  []any
		}{
			{gone, `DELETE FROM alert_push WHERE id = $1`, nil},
			{silent, `UPDATE alert_push SET silent_since = coalesce(silent_since, $2) WHERE id = $1`, []any{now}},
			{silent, `DELETE FROM alert_push WHERE id = $1 AND silent_since < $2`, []any{tx.Now.Add(-forgetAfter).UnixMicro()}},
			{well, `UPDATE alert_push SET silent_since = NULL WHERE id = $1`, nil},
		} {
			for _, id := range change.ids {
				if _, err := tx.Exec(ctx, change.query, append([]any{id}, change.args...)...); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// known reports whether a browser is kept, by its endpoint.
func known(ctx context.Context, q store.Queryer, endpoint string) (is bool, err error) {
	return is, q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM alert_push WHERE endpoint = $1)`, endpoint).Scan(&is)
}

func countSubscribers(ctx context.Context, q store.Queryer) (n int, err error) {
	return n, q.QueryRow(ctx, `SELECT count(*) FROM alert_push`).Scan(&n)
}

// pageSize is how many browsers are read at a time.
const pageSize = 1000

// subscribersIn are browsers in any of these regions or in one around them, after an id: those
// whose services answer, or those whose did not before a time.
func subscribersIn(ctx context.Context, q store.Queryer, paths []string, minor bool, silentBefore time.Time, after string) ([]subscriber, error) {
	var w store.Where
	w.And("id > ?", after)
	if silentBefore.IsZero() {
		w.And("silent_since IS NULL")
	} else {
		w.And("silent_since < ?", silentBefore.UnixMicro())
	}
	if minor {
		w.And("minor")
	}
	cond := ""
	for _, p := range paths {
		low, high := auth.Subtree(p)
		cond += " OR region_path >= " + w.Arg(low) + " AND region_path < " + w.Arg(high)
	}
	for _, up := range auth.Above(paths...) {
		cond += " OR region_path = " + w.Arg(up)
	}
	w.And("(" + cond[len(" OR "):] + ")")
	return store.Collect(ctx, q, func(rows *sql.Rows) (s subscriber, err error) {
		return s, rows.Scan(&s.ID, &s.Endpoint, &s.P256dh, &s.Auth, &s.Lang, &s.Minor, &s.Silent)
	}, `SELECT id, endpoint, p256dh, auth, lang, minor, silent_since IS NOT NULL FROM alert_push`+w.SQL()+` ORDER BY id LIMIT `+strconv.Itoa(pageSize), w.Args()...)
}
