package asset

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const targetColumns = `d.id, d.code, d.name, d.kind, d.region_path, d.region_code, d.lon, d.lat, c.condition, d.microphone`

func scanTarget(r *sql.Rows) (t Target, err error) {
	var lon, lat sql.NullInt64
	var presence Presence
	err = r.Scan(&t.ID, &t.Code, &t.Name, &t.Kind, &t.RegionPath, &t.Place.Region, &lon, &lat, &presence, &t.Microphone)
	t.Place.Code, t.Online = t.Code, presence == Online
	if lon.Valid && lat.Valid {
		t.Place.Position = &wire.Point{int32(lon.Int64), int32(lat.Int64)}
	}
	return t, err
}

// targets finds the devices in service that any of the selectors chooses.
func targets(ctx context.Context, q store.Queryer, list []selector) ([]Target, error) {
	var w store.Where
	any := make([]string, len(list))
	for i, s := range list {
		if s.column != "" {
			any[i] = "(" + s.column + " >= " + w.Arg(s.low) + " AND " + s.column + " < " + w.Arg(s.end) + ")"
		} else {
			any[i] = "(d.lon >= " + w.Arg(s.box[0]) + " AND d.lon <= " + w.Arg(s.box[2]) + " AND d.lat >= " + w.Arg(s.box[1]) + " AND d.lat <= " + w.Arg(s.box[3]) + ")"
		}
	}
	w.And("(" + strings.Join(any, " OR ") + ")")
	inService(&w)
	return store.Collect(ctx, q, scanTarget, `SELECT `+targetColumns+` FROM `+entries+w.SQL(), w.Args()...)
}

// inService adds that a device is in service and takes orders. Nearly all are, so that the
// index to use is another's.
func inService(w *store.Where) {
	var kinds []Kind
	for _, n := range numberings {
		if n.takesMessages {
			kinds = append(kinds, n.kind)
		}
	}
	w.Unindexed(func() {
		w.In("d.kind", texts(kinds))
		w.In("d.state", texts([]State{Enrolled, Active}))
	})
}

func targetsByCode(ctx context.Context, q store.Queryer, codes []ebd.ResourceCode) ([]Target, error) {
	var w store.Where
	w.In("d.code", texts(codes))
	return store.Collect(ctx, q, scanTarget, `SELECT `+targetColumns+` FROM `+entries+w.SQL(), w.Args()...)
}

// eachPoint visits what a map shows of the devices of a choice, in the order of places.
func eachPoint(ctx context.Context, q store.Queryer, c choice, visit func(code string, lon, lat int64, kind Kind, state State, p Presence, faulty bool)) error {
	w, placeKey := c.where()
	w.And("d.lon IS NOT NULL")
	rows, err := q.Query(ctx, `SELECT d.code, d.lon, d.lat, d.kind, d.state, c.condition, c.faults <> '[]' FROM `+entries+w.SQL()+` ORDER BY `+placeKey, w.Args()...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var code string
		var lon, lat int64
		var kind Kind
		var state State
		var p Presence
		var faulty bool
		if err := rows.Scan(&code, &lon, &lat, &kind, &state, &p, &faulty); err != nil {
			return err
		}
		visit(code, lon, lat, kind, state, p, faulty)
	}
	return rows.Err()
}

// codesOf lists the codes of a choice, which holds the asker's grants.
func codesOf(ctx context.Context, q store.Queryer, c choice) ([]string, error) {
	w, _ := c.where()
	return store.Collect(ctx, q, func(r *sql.Rows) (code string, err error) {
		err = r.Scan(&code)
		return code, err
	}, `SELECT d.code FROM `+entries+w.SQL(), w.Args()...)
}

func withMicrophone(ctx context.Context, q store.Queryer) ([]ebd.ResourceCode, error) {
	return store.Collect(ctx, q, func(r *sql.Rows) (c ebd.ResourceCode, err error) { return c, r.Scan(&c) }, `SELECT code FROM asset_device WHERE microphone`)
}

// codesByID adds the codes of devices by their ids.
func codesByID(ctx context.Context, q store.Queryer, ids []string, codes map[string]string) error {
	w := new(store.Where)
	w.In("id", ids)
	_, err := store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var id, code string
		err := rows.Scan(&id, &code)
		codes[id] = code
		return struct{}{}, err
	}, `SELECT id, code FROM asset_device`+w.SQL(), w.Args()...)
	return err
}

func activeOfKind(ctx context.Context, q store.Queryer, kind Kind, regionPath string, most int) ([]string, error) {
	w := new(store.Where)
	w.And("kind = ? AND state = ?", string(kind), string(Active))
	auth.NewScope(regionPath).Where(w, "region_path")
	return store.Collect(ctx, q, func(rows *sql.Rows) (code string, err error) { return code, rows.Scan(&code) },
		fmt.Sprintf(`SELECT code FROM asset_device%s ORDER BY code LIMIT %d`, w.SQL(), most), w.Args()...)
}
