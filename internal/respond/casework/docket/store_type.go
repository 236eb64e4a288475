package docket

import (
	"context"
	"database/sql"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func latestType(ctx context.Context, q store.Queryer, code string) (int, error) {
	var latest sql.NullInt64
	err := q.QueryRow(ctx, `SELECT max(version) FROM casework_type WHERE code = $1`, code).Scan(&latest)
	return int(latest.Int64), err
}

// insertType keeps a version of a type, by which new cases are opened from now on.
func insertType(ctx context.Context, tx *store.Tx, t *procedure.Type, src []byte, shipped bool, by auth.Person) error {
	if _, err := tx.Exec(ctx, `UPDATE casework_type SET live = $2 WHERE code = $1`, t.Code, false); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO casework_type (code, version, name_zh, name_en, source, live, shipped, at, by_id, by_name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		t.Code, t.Version, t.Name.Zh, t.Name.En, string(src), true, shipped, tx.Now.UnixMicro(), by.ID, by.Name)
	return err
}

func retireType(ctx context.Context, tx *store.Tx, code string) (int64, error) {
	return tx.Exec(ctx, `UPDATE casework_type SET live = $2 WHERE code = $1 AND live = $3`, code, false, true)
}

func typeRows(ctx context.Context, q store.Queryer, code string, sources bool) ([]TypeRow, error) {
	w := new(store.Where)
	if code != "" {
		w.And("code = ?", code)
	}
	source := "''"
	if sources {
		source = "source"
	}
	return store.Collect(ctx, q, func(rows *sql.Rows) (r TypeRow, err error) {
		err = rows.Scan(&r.Code, &r.Version, &r.Name.Zh, &r.Name.En, &r.source, &r.Live, &r.Shipped, store.ScanTime(&r.At), &r.By.ID, &r.By.Name)
		return r, err
	}, `SELECT code, version, name_zh, name_en, `+source+`, live, shipped, at, by_id, by_name FROM casework_type`+w.SQL()+` ORDER BY code, version DESC`, w.Args()...)
}
