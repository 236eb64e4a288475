package hook

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const hookColumns = `id, name, url, types, news, region_path, secret, at, by_id, by_name, failures, failure, paused_at`

func scanHook(rows *sql.Rows) (h Hook, err error) {
	err = rows.Scan(&h.ID, &h.Name, &h.URL, store.ScanJSON(&h.Types), store.ScanJSON(&h.News), &h.Region, &h.sealed, store.ScanTime(&h.At), &h.By.ID, &h.By.Name, &h.Failures, &h.Failure, store.ScanTime(&h.PausedAt))
	return h, err
}

// hooks lists one subscription or all, the latest first.
func hooks(ctx context.Context, q store.Queryer, id string) ([]Hook, error) {
	w := new(store.Where)
	if id != "" {
		w.And("id = ?", id)
	}
	return store.Collect(ctx, q, scanHook, `SELECT `+hookColumns+` FROM casework_hook`+w.SQL()+` ORDER BY id DESC`, w.Args()...)
}

// dueHooks are the subscriptions that something is to be sent to now.
func dueHooks(ctx context.Context, q store.Queryer, now time.Time) ([]Hook, error) {
	return store.Collect(ctx, q, scanHook, `SELECT `+hookColumns+` FROM casework_hook WHERE paused_at IS NULL AND id IN (SELECT hook_id FROM casework_hook_notice WHERE next_at IS NOT NULL AND next_at <= $1)`, now.UnixMicro())
}

func countHooks(ctx context.Context, q store.Queryer) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM casework_hook`).Scan(&n)
	return n, err
}

func insertHook(ctx context.Context, tx *store.Tx, h *Hook) error {
	_, err := tx.Exec(ctx, `INSERT INTO casework_hook (id, name, url, types, news, region_path, secret, at, by_id, by_name, failures, failure) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, '')`,
		h.ID, h.Name, h.URL, store.JSON(h.Types), store.JSON(h.News), h.Region, h.sealed, tx.Now.UnixMicro(), h.By.ID, h.By.Name)
	return err
}

func deleteHook(ctx context.Context, tx *store.Tx, id string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM casework_hook_notice WHERE hook_id = $1`, id); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM casework_hook WHERE id = $1`, id)
	return err
}

func resumeHook(ctx context.Context, tx *store.Tx, id string) error {
	if _, err := tx.Exec(ctx, `UPDATE casework_hook SET paused_at = NULL, failures = 0, failure = '' WHERE id = $1`, id); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE casework_hook_notice SET since = $2, next_at = $2, attempts = 0 WHERE hook_id = $1 AND sent_at IS NULL`, id, tx.Now.UnixMicro())
	return err
}

func noteHook(ctx context.Context, tx *store.Tx, h *Hook) error {
	_, err := tx.Exec(ctx, `UPDATE casework_hook SET failures = $2, failure = $3, paused_at = $4 WHERE id = $1`, h.ID, h.Failures, h.Failure, store.Micros(h.PausedAt))
	return err
}

// timesOf are the times of cases, by id.
func timesOf(ctx context.Context, q store.Queryer, ids []string) (map[string]moments, error) {
	times := map[string]moments{}
	if len(ids) == 0 {
		return times, nil
	}
	w := new(store.Where)
	w.In("id", ids)
	_, err := store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var id string
		var m moments
		err := rows.Scan(&id, &m.version, store.ScanTime(&m.opened), store.ScanTime(&m.changed), store.ScanTime(&m.closed), store.ScanTime(&m.due))
		times[id] = m
		return struct{}{}, err
	}, `SELECT id, version, opened_at, changed_at, closed_at, due_at FROM casework_case`+w.SQL(), w.Args()...)
	return times, err
}

const noticeColumns = `id, hook_id, case_id, news, body, since, next_at, attempts, sent_at, failure`

func scanNotice(rows *sql.Rows) (n Notice, err error) {
	err = rows.Scan(&n.ID, &n.hook, &n.CaseID, &n.News, &n.Body, store.ScanTime(&n.Since), store.ScanTime(&n.NextAt), &n.Attempts, store.ScanTime(&n.SentAt), &n.Failure)
	return n, err
}

func insertNotices(ctx context.Context, tx *store.Tx, list []Notice) error {
	for part := range slices.Chunk(list, 100) {
		var args []any
		for _, n := range part {
			args = append(args, n.ID, n.hook, n.CaseID, string(n.News), n.Body, n.Since.UnixMicro(), n.NextAt.UnixMicro(), 0, nil, "")
		}
		if _, err := tx.Exec(ctx, `INSERT INTO casework_hook_notice (`+noticeColumns+`) VALUES `+store.Values(len(part), 10), args...); err != nil {
			return err
		}
	}
	return nil
}

// dueNotices are what is to be sent to a subscription now, the oldest first.
func dueNotices(ctx context.Context, q store.Queryer, hook string, now time.Time, most int) ([]Notice, error) {
	return store.Collect(ctx, q, scanNotice, `SELECT `+noticeColumns+` FROM casework_hook_notice WHERE hook_id = $1 AND next_at IS NOT NULL AND next_at <= $2 ORDER BY id LIMIT $3`, hook, now.UnixMicro(), most)
}

func notices(ctx context.Context, q store.Queryer, hook, state string, page store.Page) (store.Listing[Notice], error) {
	w := new(store.Where)
	w.And("hook_id = ?", hook)
	switch state {
	case "waiting":
		w.And("next_at IS NOT NULL")
	case "sent":
		w.And("sent_at IS NOT NULL")
	case "dead":
		w.And("next_at IS NULL AND sent_at IS NULL")
	}
	return store.List(ctx, q, store.ListQuery[Notice]{Columns: noticeColumns, From: "casework_hook_notice", Where: w, Key: "id", Descending: true, Page: page, CountTo: 1000, Scan: scanNotice, KeyOf: func(n Notice) string { return n.ID }})
}

func noteNotice(ctx context.Context, tx *store.Tx, n *Notice) error {
	_, err := tx.Exec(ctx, `UPDATE casework_hook_notice SET next_at = $2, attempts = $3, sent_at = $4, failure = $5 WHERE id = $1`, n.ID, store.Micros(n.NextAt), n.Attempts, store.Micros(n.SentAt), n.Failure)
	return err
}

func sendAgain(ctx context.Context, tx *store.Tx, hook, id string) (int64, error) {
	return tx.Exec(ctx, `UPDATE casework_hook_notice SET since = $3, next_at = $3, attempts = 0, sent_at = NULL WHERE hook_id = $1 AND id = $2`, hook, id, tx.Now.UnixMicro())
}

// How long notices are kept that were sent, and those that were not.
const (
	keepSent   = 7 * 24 * time.Hour
	keepUnsent = 30 * 24 * time.Hour
)

func forget(ctx context.Context, tx *store.Tx, now time.Time) error {
	_, err := tx.Exec(ctx, `DELETE FROM casework_hook_notice WHERE sent_at < $1 OR id < $2`, now.Add(-keepSent).UnixMicro(), store.FirstID(now.Add(-keepUnsent)))
	return err
}
