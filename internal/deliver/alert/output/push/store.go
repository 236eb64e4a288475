package push

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"

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

// dropSubscribers forgets browsers, by endpoint.
func dropSubscribers(ctx context.Context, db *store.DB, endpoints []string) error {
	if len(endpoints) == 0 {
		return nil
	}
	return db.Housekeep(ctx, func(tx *store.Tx) error {
		for _, e := range endpoints {
			if _, err := tx.Exec(ctx, `DELETE FROM alert_push WHERE endpoint = $1`, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func countSubscribers(ctx context.Context, q store.Queryer) (n int, err error) {
	return n, q.QueryRow(ctx, `SELECT count(*) FROM alert_push`).Scan(&n)
}

// pageSize is how many browsers are read at a time.
const pageSize = 1000

// subscribersIn are browsers in any of these regions or in one around them, after an id.
func subscribersIn(ctx context.Context, q store.Queryer, paths []string, minor bool, after string) ([]subscriber, error) {
	var w store.Where
	w.And("id > ?", after)
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
		return s, rows.Scan(&s.ID, &s.Endpoint, &s.P256dh, &s.Auth, &s.Lang, &s.Minor)
	}, `SELECT id, endpoint, p256dh, auth, lang, minor FROM alert_push`+w.SQL()+` ORDER BY id LIMIT 1000`, w.Args()...)
}
