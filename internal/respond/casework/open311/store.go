package open311

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tongsheng/tongsheng/engine/georeport"
	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// row is a case as programs may ask for it.
type row struct {
	id, number, typ, regionPath, opener string
	version                             int
	opened, changed, closed, due        time.Time
	doc                                 procedure.Case
}

const columns = `id, number, type, version, region_path, opener, opened_at, changed_at, closed_at, due_at, doc`

func scan(rows *sql.Rows) (r row, err error) {
	var doc string
	if err = rows.Scan(&r.id, &r.number, &r.typ, &r.version, &r.regionPath, &r.opener, store.ScanTime(&r.opened), store.ScanTime(&r.changed), store.ScanTime(&r.closed), store.ScanTime(&r.due), &doc); err == nil {
		err = json.Unmarshal([]byte(doc), &r.doc)
	}
	return r, err
}

// asked is a search as conditions.
func asked(q *georeport.Query, types []string, updatedAfter time.Time) *store.Where {
	w := new(store.Where)
	w.In("type", types)
	if len(q.IDs) > 0 {
		w.In("number", q.IDs)
		return w
	}
	w.And("opened_at >= ? AND opened_at <= ?", q.From.UnixMicro(), q.To.UnixMicro())
	if len(q.States) == 1 {
		w.And(map[georeport.State]string{georeport.Open: "closed_at IS NULL", georeport.Closed: "closed_at IS NOT NULL"}[q.States[0]])
	}
	if !updatedAfter.IsZero() {
		w.And("changed_at >= ?", updatedAfter.UnixMicro())
	}
	return w
}

// search lists cases, the latest first.
func search(ctx context.Context, q store.Queryer, w *store.Where, limit, offset int) ([]row, error) {
	return store.Collect(ctx, q, scan, fmt.Sprintf(`SELECT %s FROM casework_case%s ORDER BY opened_at DESC, n DESC LIMIT %d OFFSET %d`, columns, w.SQL(), limit, offset), w.Args()...)
}

// numberOf is the number of a case of one of these types; empty where there is none.
func numberOf(ctx context.Context, q store.Queryer, id string, types []string) (number string, err error) {
	w := new(store.Where)
	w.And("id = ?", id)
	w.In("type", types)
	err = q.QueryRow(ctx, `SELECT number FROM casework_case`+w.SQL(), w.Args()...).Scan(&number)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return number, err
}

// lastWords are what the opener of each case was told last.
func lastWords(ctx context.Context, q store.Queryer, rows []row) (map[string]procedure.Words, error) {
	told := map[string]procedure.Words{}
	if len(rows) == 0 {
		return told, nil
	}
	openers, cases := make([]string, len(rows)), make([]string, len(rows))
	for i, r := range rows {
		openers[i], cases[i] = r.opener, r.id
	}
	w := new(store.Where)
	w.In("holder", openers)
	w.In("case_id", cases)
	_, err := store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var id string
		var say procedure.Words
		err := rows.Scan(&id, &say.Zh, &say.En)
		told[id] = say // the latest is read last
		return struct{}{}, err
	}, `SELECT case_id, zh, en FROM casework_told`+w.SQL()+` ORDER BY id`, w.Args()...)
	return told, err
}

// typesChanged is when a type was last taken into use.
func typesChanged(ctx context.Context, q store.Queryer) (at time.Time, err error) {
	err = q.QueryRow(ctx, `SELECT max(at) FROM casework_type`).Scan(store.ScanTime(&at))
	return at, err
}

const keyColumns = `id, name, per_minute, at, by_id, by_name, revoked_at`

func scanKey(scan func(...any) error) (k Key, err error) {
	err = scan(&k.ID, &k.Name, &k.PerMinute, store.ScanTime(&k.At), &k.By.ID, &k.By.Name, store.ScanTime(&k.RevokedAt))
	return k, err
}

func keyOf(ctx context.Context, q store.Queryer, digest string) (*Key, error) {
	k, err := scanKey(q.QueryRow(ctx, `SELECT `+keyColumns+` FROM casework_api_key WHERE digest = $1 AND revoked_at IS NULL`, digest).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &k, err
}

func listKeys(ctx context.Context, q store.Queryer) ([]Key, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (Key, error) { return scanKey(rows.Scan) }, `SELECT `+keyColumns+` FROM casework_api_key ORDER BY id DESC LIMIT 1000`)
}

func countKeys(ctx context.Context, q store.Queryer) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM casework_api_key WHERE revoked_at IS NULL`).Scan(&n)
	return n, err
}

func insertKey(ctx context.Context, tx *store.Tx, k *Key, digest string, by auth.Person) error {
	_, err := tx.Exec(ctx, `INSERT INTO casework_api_key (id, name, digest, per_minute, at, by_id, by_name) VALUES ($1, $2, $3, $4, $5, $6, $7)`, k.ID, k.Name, digest, k.PerMinute, tx.Now.UnixMicro(), by.ID, by.Name)
	return err
}

func revokeKey(ctx context.Context, tx *store.Tx, id string) (int64, error) {
	return tx.Exec(ctx, `UPDATE casework_api_key SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL`, id, tx.Now.UnixMicro())
}
