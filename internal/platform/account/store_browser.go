package account

import (
	"context"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// signedInWith reports whether a user has signed in with a browser.
func signedInWith(ctx context.Context, q store.Queryer, browser, username string) (known bool, err error) {
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM account_browser b JOIN account_user u ON u.id = b.user_id
		WHERE b.browser = $1 AND u.username = $2)`, browser, username).Scan(&known)
	return known, err
}

// browserKnown reports whether anybody has signed in with a browser.
func browserKnown(ctx context.Context, q store.Queryer, browser string) (known bool, err error) {
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM account_browser WHERE browser = $1)`, browser).Scan(&known)
	return known, err
}

func noteBrowser(ctx context.Context, tx *store.Tx, userID, browser string) error {
	_, err := tx.Exec(ctx, `INSERT INTO account_browser (browser, user_id, seen_at) VALUES ($1, $2, $3)
		ON CONFLICT (browser, user_id) DO UPDATE SET seen_at = excluded.seen_at`, browser, userID, tx.Now.UnixMicro())
	return err
}

func deleteBrowsersOf(ctx context.Context, tx *store.Tx, userID string) error {
	_, err := tx.Exec(ctx, `DELETE FROM account_browser WHERE user_id = $1`, userID)
	return err
}
