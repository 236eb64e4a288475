package channel

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const timetableColumns = `t.id, t.name, t.name_en, t.region_code, t.region_path, t.level, t.sample, t.last_number, t.looked_at, t.retired_at, t.created_by, t.created_name, t.created_at,
	t.revision, p.body, d.body`

const timetables = `channel_timetable t LEFT JOIN channel_version p ON p.timetable_id = t.id AND p.number = t.published_number
	LEFT JOIN channel_version d ON d.timetable_id = t.id AND d.number = t.draft_number`

type scanner interface{ Scan(...any) error }

func scanTimetable(r scanner) (*Timetable, error) {
	t := new(Timetable)
	return t, r.Scan(&t.ID, &t.Name, &t.NameEn, &t.RegionCode, &t.RegionPath, &t.Level, &t.Sample, &t.LastNumber, store.ScanTime(&t.LookedAt), store.ScanTime(&t.RetiredAt),
		&t.CreatedBy.ID, &t.CreatedBy.Name, store.ScanTime(&t.CreatedAt), &t.Revision, store.ScanJSON(&t.Published), store.ScanJSON(&t.Draft))
}

// readTimetable is one timetable, retired ones too; a fault NotFound if there is none.
func readTimetable(ctx context.Context, q store.Queryer, id string) (*Timetable, error) {
	t, err := scanTimetable(q.QueryRow(ctx, `SELECT `+timetableColumns+` FROM `+timetables+` WHERE t.id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound()
	}
	return t, err
}

func notFound() error { return fault.New(fault.NotFound, "channel.not_found") }

// standing lists the timetables that are not retired: those within a scope, or at, above and
// under a path, by their region.
func standing(ctx context.Context, q store.Queryer, scope auth.Scope, around string) ([]*Timetable, error) {
	var w store.Where
	w.And("t.retired_at IS NULL")
	scope.Where(&w, "t.region_path")
	if around != "" {
		low, high := auth.Subtree(around)
		w.And("(t.region_path >= ? AND t.region_path < ? OR ? LIKE t.region_path || '%')", low, high, around)
	}
	return store.Collect(ctx, q, func(r *sql.Rows) (*Timetable, error) { return scanTimetable(r) },
		`SELECT `+timetableColumns+` FROM `+timetables+w.SQL()+` ORDER BY t.region_path, t.id`, w.Args()...)
}

// publishedMark tells whether a timetable that plays something changed.
type publishedMark struct {
	id       string
	revision int64
	lookedAt time.Time
}

// publishedMarks are those of all timetables that play something.
func publishedMarks(ctx context.Context, q store.Queryer) ([]publishedMark, error) {
	return store.Collect(ctx, q, func(r *sql.Rows) (m publishedMark, err error) {
		return m, r.Scan(&m.id, &m.revision, store.ScanTime(&m.lookedAt))
	},
		`SELECT id, revision, looked_at FROM channel_timetable WHERE retired_at IS NULL AND published_number > 0 ORDER BY region_path, id`)
}

// standsAt reports whether a timetable is not retired and did not change since a revision.
func standsAt(ctx context.Context, q store.Queryer, id string, revision int64) (same bool, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) > 0 FROM channel_timetable WHERE id = $1 AND revision = $2 AND retired_at IS NULL`, id, revision).Scan(&same)
	return same, err
}

func insertTimetable(ctx context.Context, tx *store.Tx, t *Timetable) error {
	_, err := tx.Exec(ctx, `INSERT INTO channel_timetable (id, name, name_en, region_code, region_path, level, sample, published_number, draft_number, last_number, created_by, created_name, created_at, revision)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, $8, $9, $10, 0)`, t.ID, t.Name, t.NameEn, t.RegionCode, t.RegionPath, t.Level, t.Sample, t.CreatedBy.ID, t.CreatedBy.Name, t.CreatedAt.UnixMicro())
	return err
}

// writeTimetable stores a timetable as it is now, with its open and its published version.
func writeTimetable(ctx context.Context, tx *store.Tx, t *Timetable) error {
	published, draft := 0, 0
	for _, v := range []*Version{t.Published, t.Draft} {
		if v == nil {
			continue
		}
		if v == t.Published {
			published = v.Number
		} else {
			draft = v.Number
		}
		if err := putVersion(ctx, tx, t.ID, v); err != nil {
			return err
		}
	}
	n, err := tx.Exec(ctx, `UPDATE channel_timetable SET name = $1, name_en = $2, published_number = $3, draft_number = $4, last_number = $5, looked_at = $6, retired_at = $7, revision = revision + 1
		WHERE id = $8 AND revision = $9`, t.Name, t.NameEn, published, draft, t.LastNumber, store.Micros(t.LookedAt), store.Micros(t.RetiredAt), t.ID, t.Revision)
	t.Revision++
	return store.Touched(n, err)
}

func putVersion(ctx context.Context, tx *store.Tx, id string, v *Version) error {
	_, err := tx.Exec(ctx, `INSERT INTO channel_version (timetable_id, number, state, body, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (timetable_id, number) DO UPDATE SET state = excluded.state, body = excluded.body`, id, v.Number, string(v.State), store.JSON(v), v.CreatedAt.UnixMicro())
	return err
}

// versions are all of a timetable, the newest first, at most 200.
func versions(ctx context.Context, q store.Queryer, id string) ([]*Version, error) {
	return store.Collect(ctx, q, func(r *sql.Rows) (*Version, error) {
		v := new(Version)
		return v, r.Scan(store.ScanJSON(v))
	}, `SELECT body FROM channel_version WHERE timetable_id = $1 ORDER BY number DESC LIMIT 200`, id)
}

func readVersion(ctx context.Context, q store.Queryer, id string, number int) (*Version, error) {
	v := new(Version)
	err := q.QueryRow(ctx, `SELECT body FROM channel_version WHERE timetable_id = $1 AND number = $2`, id, number).Scan(store.ScanJSON(v))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound()
	}
	return v, err
}

// looked notes until when a timetable's occurrences were made.
func looked(ctx context.Context, tx *store.Tx, id string, until time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE channel_timetable SET looked_at = $1 WHERE id = $2`, until.UnixMicro(), id)
	return err
}

// recording is a sound that somebody uploaded.
type recording struct {
	SM3, RegionPath, Name, MIME string
	Bytes                       int64
	Millis                      int
}

func insertRecording(ctx context.Context, tx *store.Tx, r *recording, by string) error {
	_, err := tx.Exec(ctx, `INSERT INTO channel_recording (sm3, region_path, name, mime, bytes, millis, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (sm3, region_path) DO UPDATE SET name = excluded.name`, r.SM3, r.RegionPath, r.Name, r.MIME, r.Bytes, r.Millis, by, tx.Now.UnixMicro())
	return err
}

// inUse says of a version v of a timetable t that it plays or is to play, or that something of it is
// still told of.
const inUse = `(t.retired_at IS NULL AND v.number IN (t.published_number, t.draft_number)
	OR EXISTS (SELECT 1 FROM channel_occurrence o WHERE o.timetable_id = v.timetable_id AND o.number = v.number AND o.kind = 'recording'))`

// unusedRecordings are uploads from before a time that no version in use names.
func unusedRecordings(ctx context.Context, q store.Queryer, before time.Time) ([]recording, error) {
	old, err := store.Collect(ctx, q, func(rows *sql.Rows) (r recording, err error) { return r, rows.Scan(&r.SM3, &r.RegionPath) },
		`SELECT sm3, region_path FROM channel_recording WHERE created_at < $1 ORDER BY sm3, region_path`, before.UnixMicro())
	if err != nil || len(old) == 0 {
		return nil, err
	}
	used := map[string]bool{}
	_, err = store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var v Version
		err := rows.Scan(store.ScanJSON(&v))
		for _, s := range v.Content.every() {
			if s.Sound != nil {
				used[s.Sound.SM3] = true
			}
		}
		return struct{}{}, err
	}, `SELECT v.body FROM channel_version v JOIN channel_timetable t ON t.id = v.timetable_id WHERE `+inUse)
	return slices.DeleteFunc(old, func(r recording) bool { return used[r.SM3] }), err
}

// dropRecording deletes an upload unless a version in use has come to name it.
func dropRecording(ctx context.Context, tx *store.Tx, r recording) error {
	_, err := tx.Exec(ctx, `DELETE FROM channel_recording WHERE sm3 = $1 AND region_path = $2
		AND NOT EXISTS (SELECT 1 FROM channel_version v JOIN channel_timetable t ON t.id = v.timetable_id WHERE v.body LIKE '%"sm3":"' || $1 || '"%' AND `+inUse+`)`, r.SM3, r.RegionPath)
	return err
}

// recordings are the uploads with a digest.
func recordings(ctx context.Context, q store.Queryer, sm3 string) ([]recording, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (r recording, err error) {
		return r, rows.Scan(&r.SM3, &r.RegionPath, &r.Name, &r.MIME, &r.Bytes, &r.Millis)
	}, `SELECT sm3, region_path, name, mime, bytes, millis FROM channel_recording WHERE sm3 = $1 ORDER BY region_path LIMIT 200`, sm3)
}
