package alert

import (
	"context"
	"database/sql"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// itemsAtOnce is how many items of timetables are taken apart together.
const itemsAtOnce = 20

// dropEveryday deletes items of timetables whose last word was over before a time, here and of other
// nodes, with all that belongs to them, about limit rows, and says how many. Sounds that no
// message names any more follow by themselves (media.Shelf.Sweep).
func dropEveryday(ctx context.Context, tx *store.Tx, before time.Time, limit int) (int64, error) {
	ids, threads, err := oldItems(ctx, tx, before)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	if n, err := delivery.DropThreads(ctx, tx, threads, limit); err != nil || n > 0 {
		return n, err // and the messages once nothing of that is left
	}
	var w store.Where
	w.In("message_id", ids)
	of := w.SQL()
	for _, q := range []string{
		`DELETE FROM alert_version` + of, `DELETE FROM alert_approval` + of, `DELETE FROM alert_media` + of, `DELETE FROM alert_summary` + of, `DELETE FROM alert_reach` + of,
		`DELETE FROM alert_handoff` + of, `DELETE FROM alert_tv_count` + of,
	} {
		if _, err := tx.Exec(ctx, q, w.Args()...); err != nil {
			return 0, err
		}
	}
	var m store.Where
	m.In("id", ids)
	return tx.Exec(ctx, `DELETE FROM alert_message`+m.SQL(), m.Args()...)
}

// oldItems are items of timetables that were over before a time, the oldest first, with their threads.
// The rules of the node that issued an item were asked about a timetable.
func oldItems(ctx context.Context, q store.Queryer, before time.Time) (ids []string, threads []int64, err error) {
	_, err = store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var id string
		var thread int64
		err := rows.Scan(&id, &thread)
		ids, threads = append(ids, id), append(threads, thread)
		return struct{}{}, err
	}, `SELECT id, no FROM alert_message m WHERE class = 'everyday' AND ends_at < $1 AND coalesce(last_end, 0) < $1 AND state NOT IN ('issued', 'in_progress')
		AND (origin = 'timetable' OR site <> '' AND EXISTS (SELECT 1 FROM alert_version v WHERE v.message_id = m.id AND v.standing LIKE '{"origin":"timetable"%'))
		ORDER BY ends_at LIMIT $2`, before.UnixMicro(), itemsAtOnce)
	return ids, threads, err
}
