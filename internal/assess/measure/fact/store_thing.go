package fact

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const thingColumns = `id, kind, region_path, name_zh, name_en, device, since, until, sample, revision`

func (l *Ledger) scanThing(rows interface{ Scan(...any) error }) (t Thing, err error) {
	err = rows.Scan(&t.ID, &t.Kind, &t.RegionPath, &t.NameZh, &t.NameEn, &t.Device, &t.Since, &t.Until, &t.Sample, &t.Revision)
	if r := l.Tree().At(t.RegionPath); r != nil {
		t.RegionCode = r.Code
	}
	return t, err
}

func (l *Ledger) readThing(ctx context.Context, q store.Queryer, id string) (Thing, error) {
	t, err := l.scanThing(q.QueryRow(ctx, `SELECT `+thingColumns+` FROM measure_thing WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		err = noThing(id)
	}
	return t, err
}

// readThings are those of a kind, or all, retired or not, in order of their ids.
func (l *Ledger) readThings(ctx context.Context, q store.Queryer, kind string) ([]Thing, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (Thing, error) { return l.scanThing(rows) }, `SELECT `+thingColumns+` FROM measure_thing WHERE kind = $1 OR $1 = '' ORDER BY id`, kind)
}

// readThingsOf are those with these ids, of which there may be many.
func (l *Ledger) readThingsOf(ctx context.Context, q store.Queryer, ids []string) (found []Thing, err error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	for part := range slices.Chunk(ids, MaxTake) {
		w := new(store.Where)
		w.In("id", part)
		some, err := store.Collect(ctx, q, func(rows *sql.Rows) (Thing, error) { return l.scanThing(rows) }, `SELECT `+thingColumns+` FROM measure_thing`+w.SQL(), w.Args()...)
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	return found, nil
}

func (l *Ledger) listThings(ctx context.Context, f ThingFilter, scope auth.Scope, today string) (store.Listing[Thing], error) {
	w := new(store.Where)
	scope.Where(w, "region_path")
	if f.Path != "" {
		auth.NewScope(f.Path).Where(w, "region_path")
	}
	if f.Kind != "" {
		w.And("kind = ?", f.Kind)
	}
	if f.Text != "" {
		w.And(`lower(name_zh || ' ' || name_en || ' ' || id) LIKE ? ESCAPE '\'`, "%"+store.Like(strings.ToLower(f.Text))+"%")
	}
	switch f.State {
	case "judged":
		w.And("(until = '' OR until > ?)", today)
	case "retired":
		w.And("until <> '' AND until <= ?", today)
	}
	return store.List(ctx, l.DB, store.ListQuery[Thing]{Columns: thingColumns, From: "measure_thing", Where: w, Key: "id", Page: f.Page,
		Scan: func(rows *sql.Rows) (Thing, error) { return l.scanThing(rows) }, KeyOf: func(t Thing) string { return t.ID }})
}

// writeThing keeps a thing in the place of the revision before, or as a new one; refused as stale when
// it changed meanwhile.
func writeThing(ctx context.Context, tx *store.Tx, t *Thing) error {
	n, err := tx.Exec(ctx, `INSERT INTO measure_thing (`+thingColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (id) DO UPDATE SET region_path = excluded.region_path, name_zh = excluded.name_zh, name_en = excluded.name_en, device = excluded.device, since = excluded.since,
		until = excluded.until, revision = excluded.revision WHERE measure_thing.revision = excluded.revision - 1`,
		t.ID, t.Kind, t.RegionPath, t.NameZh, t.NameEn, t.Device, t.Since, t.Until, t.Sample, t.Revision)
	if err == nil && n == 0 {
		err = fault.New(fault.Stale, "stale")
	}
	return err
}

// statedAway reports whether anything was stated of a unit in another region.
func (l *Ledger) statedAway(ctx context.Context, q store.Queryer, unit, path string) (away bool, err error) {
	w, err := aboutUnit(ctx, q, unit)
	if err != nil {
		return false, err
	}
	w.And("region_path <> ?", path)
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM measure_fact`+w.SQL()+`)`, w.Args()...).Scan(&away)
	return away, err
}

// aboutUnit chooses the facts of a unit, element by element, as they are indexed; those that were
// retired among them.
func aboutUnit(ctx context.Context, q store.Queryer, unit string) (*store.Where, error) {
	codes, err := store.Defined(ctx, q, "measure_element")
	w := new(store.Where)
	w.In("element", slices.Collect(maps.Keys(codes)))
	w.And("unit = ?", unit)
	return w, err
}

// moveFactsOf takes what was stated of a unit to another region.
func (l *Ledger) moveFactsOf(ctx context.Context, tx *store.Tx, unit, path string) error {
	w, err := aboutUnit(ctx, tx, unit)
	if err != nil {
		return err
	}
	to := w.Arg(path)
	_, err = tx.Exec(ctx, `UPDATE measure_fact SET region_path = `+to+w.SQL(), w.Args()...)
	return err
}
