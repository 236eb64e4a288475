package delivery

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"strings"
	"sync"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const trackColumns = `thread, device, region_path, township, version, state, ord, state_at, reason, source, sent_at, received_at, playing_at,
	played_at, reached_at, attempts, next_at, cancel_version, cancelled_at, heard_at, heard_dbfs, heard_dbspl, heard_match, heard_sm3, heard_version, heard_ever, updated_at, site, flushed`

var trackWidth = strings.Count(trackColumns, ",") + 1

// trackUpsert merges rows as Track.Take merges receipts, so that rows written by the
// process before this one, and receipts read again, agree with it in the end.
var trackUpsert = sync.OnceValue(func() [2]string {
	var set []string
	newer := `(excluded.ord > alert_delivery.ord OR excluded.ord = alert_delivery.ord AND (excluded.state_at > alert_delivery.state_at
		OR excluded.state_at = alert_delivery.state_at AND excluded.state >= alert_delivery.state))`
	for _, c := range []string{"version", "state", "ord", "state_at", "reason", "source"} {
		set = append(set, c+" = CASE WHEN "+newer+" THEN excluded."+c+" ELSE alert_delivery."+c+" END")
	}
	for _, c := range []string{"sent_at", "received_at", "playing_at", "played_at"} { // of the newest version, the earliest known
		set = append(set, c+` = CASE WHEN excluded.version > alert_delivery.version THEN excluded.`+c+`
			WHEN excluded.version < alert_delivery.version THEN alert_delivery.`+c+`
			WHEN alert_delivery.`+c+` IS NULL OR excluded.`+c+` < alert_delivery.`+c+` THEN excluded.`+c+` ELSE alert_delivery.`+c+` END`)
	}
	earliest := func(c string) string {
		return `WHEN alert_delivery.` + c + ` IS NULL OR excluded.` + c + ` < alert_delivery.` + c + ` THEN excluded.` + c + ` ELSE alert_delivery.` + c + ` END`
	}
	set = append(set, `reached_at = CASE `+earliest("reached_at"),
		`cancelled_at = CASE WHEN excluded.cancel_version > alert_delivery.cancel_version THEN excluded.cancelled_at
			WHEN excluded.cancel_version < alert_delivery.cancel_version THEN alert_delivery.cancelled_at `+earliest("cancelled_at"))
	heard := `(excluded.heard_at IS NOT NULL AND (alert_delivery.heard_at IS NULL OR excluded.heard_version > alert_delivery.heard_version
		OR excluded.heard_version = alert_delivery.heard_version AND excluded.heard_at >= alert_delivery.heard_at))`
	for _, c := range []string{"heard_at", "heard_dbfs", "heard_dbspl", "heard_match", "heard_sm3", "heard_version"} {
		set = append(set, c+" = CASE WHEN "+heard+" THEN excluded."+c+" ELSE alert_delivery."+c+" END")
	}
	set = append(set, `heard_ever = (alert_delivery.heard_ever OR excluded.heard_ever)`, `cancel_version = CASE WHEN excluded.cancel_version > alert_delivery.cancel_version THEN excluded.cancel_version ELSE alert_delivery.cancel_version END`)
	for _, c := range []string{"attempts", "next_at", "updated_at", "site", "flushed"} {
		set = append(set, c+" = excluded."+c)
	}
	head := `INSERT INTO alert_delivery (` + trackColumns + `) VALUES `
	tail := ` ON CONFLICT (thread, device) DO UPDATE SET ` + strings.Join(set, ", ")
	return [2]string{head + store.Values(rowsAtOnce, trackWidth) + tail, head + store.Values(1, trackWidth) + tail}
})

// upsertTracks writes tracks and gives each the next number after flushed.
func upsertTracks(ctx context.Context, tx *store.Tx, thread int64, tracks []Track, flushed int64) error {
	sql := trackUpsert()
	return inserting(ctx, tx, sql[0], sql[1], trackWidth, len(tracks), func(i int, args []any) []any {
		t := &tracks[i]
		args = append(args, thread, t.Device, t.RegionPath, t.Township, t.Version, string(t.State), ordinal(t.Version, t.State), t.StateAt,
			string(t.Reason), string(t.Source), some(t.SentAt), some(t.ReceivedAt), some(t.PlayingAt), some(t.PlayedAt), some(t.ReachedAt),
			t.Attempts, some(t.NextAt), t.CancelVersion, some(t.CancelledAt), some(t.HeardAt))
		var dbfs, dbspl, match any
		if t.HeardAt > 0 {
			dbfs = int64(math.Round(t.Heard.DBFS * 100))
			dbspl, match = scaled(t.Heard.DBSPL, 100), scaled(t.Heard.Match, 1000)
		}
		return append(args, dbfs, dbspl, match, t.Heard.SM3, t.HeardVersion, t.HeardEver, tx.Now.UnixMicro(), t.Site, flushed+1+int64(i))
	})
}

func some(v int64) any {
	if v == 0 {
		return nil
	}
	return v
}

func scaled(v *float64, by float64) any {
	if v == nil {
		return nil
	}
	return int64(math.Round(*v * by))
}

func scanTrack(rows *sql.Rows) (*Track, error) {
	var thread, flushed int64
	return scanTrackOf(rows, &thread, &flushed)
}

// scanTrackOf also tells the thread, and the number that the flush gave.
func scanTrackOf(rows *sql.Rows, thread, flushed *int64) (*Track, error) {
	t := new(Track)
	var ord, updated int64
	var state, reason, source string
	var times [8]sql.NullInt64
	var dbfs, dbspl, match sql.NullInt64
	err := rows.Scan(thread, &t.Device, &t.RegionPath, &t.Township, &t.Version, &state, &ord, &t.StateAt, &reason, &source,
		&times[0], &times[1], &times[2], &times[3], &times[4], &t.Attempts, &times[5], &t.CancelVersion, &times[6], &times[7],
		&dbfs, &dbspl, &match, &t.Heard.SM3, &t.HeardVersion, &t.HeardEver, &updated, &t.Site, flushed)
	t.round = t.Attempts
	t.State, t.Reason, t.Source = State(state), wire.Reason(reason), wire.Source(source)
	for i, to := range []*int64{&t.SentAt, &t.ReceivedAt, &t.PlayingAt, &t.PlayedAt, &t.ReachedAt, &t.NextAt, &t.CancelledAt, &t.HeardAt} {
		*to = times[i].Int64
	}
	t.Heard.DBFS = float64(dbfs.Int64) / 100
	t.Heard.DBSPL, t.Heard.Match = unscaled(dbspl, 100), unscaled(match, 1000)
	return t, err
}

func unscaled(v sql.NullInt64, by float64) *float64 {
	if !v.Valid {
		return nil
	}
	f := float64(v.Int64) / by
	return &f
}

func loadTracks(ctx context.Context, q store.Queryer, th *thread) error {
	_, err := store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		t, err := scanTrack(rows)
		if err == nil {
			th.restore(t)
		}
		return struct{}{}, err
	}, `SELECT `+trackColumns+` FROM alert_delivery WHERE thread = $1`, th.no)
	if err != nil {
		return err
	}
	err = q.QueryRow(ctx, `SELECT id FROM alert_receipt_mark WHERE thread = $1`, th.no).Scan(&th.markedID)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	th.lastID = th.markedID
	return err
}

func putMark(ctx context.Context, tx *store.Tx, thread, id int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_receipt_mark (thread, id) VALUES ($1, $2)
		ON CONFLICT (thread) DO UPDATE SET id = excluded.id WHERE excluded.id > alert_receipt_mark.id`, thread, id)
	return err
}
