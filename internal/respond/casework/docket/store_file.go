package docket

import (
	"context"
	"database/sql"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const fileColumns = `id, case_id, name, media, size, digest, at, by_id`

func scanFile(rows *sql.Rows) (f File, err error) {
	err = rows.Scan(&f.ID, &f.caseID, &f.Name, &f.Media, &f.Size, &f.Digest, store.ScanTime(&f.At), &f.by)
	return f, err
}

func insertFile(ctx context.Context, tx *store.Tx, f *File) error {
	_, err := tx.Exec(ctx, `INSERT INTO casework_file (id, case_id, name, media, size, digest, at, by_id) VALUES ($1, '', $2, $3, $4, $5, $6, $7)`,
		f.ID, f.Name, f.Media, f.Size, f.Digest, f.At.UnixMicro(), f.by)
	return err
}

func readFile(ctx context.Context, q store.Queryer, id string) ([]File, error) {
	return store.Collect(ctx, q, scanFile, `SELECT `+fileColumns+` FROM casework_file WHERE id = $1`, id)
}

func filesOf(ctx context.Context, q store.Queryer, caseID string) ([]File, error) {
	return store.Collect(ctx, q, scanFile, `SELECT `+fileColumns+` FROM casework_file WHERE case_id = $1 ORDER BY id`, caseID)
}

// looseFiles are files older than a time that no case named.
func looseFiles(ctx context.Context, q store.Queryer, before int64) ([]File, error) {
	return store.Collect(ctx, q, scanFile, `SELECT `+fileColumns+` FROM casework_file WHERE case_id = '' AND at < $1 ORDER BY at LIMIT 200`, before)
}

// deleteLoose forgets a file that no case named meanwhile; last says that no other has its content.
func deleteLoose(ctx context.Context, tx *store.Tx, f *File) (last bool, err error) {
	n, err := tx.Exec(ctx, `DELETE FROM casework_file WHERE id = $1 AND case_id = ''`, f.ID)
	if err != nil || n == 0 {
		return false, err
	}
	var others int
	err = tx.QueryRow(ctx, `SELECT count(*) FROM casework_file WHERE digest = $1`, f.Digest).Scan(&others)
	return others == 0, err
}

func fileNames(ctx context.Context, q store.Queryer, ids []string) (map[string]string, error) {
	w, names := new(store.Where), map[string]string{}
	w.In("id", ids)
	_, err := store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var id, name string
		err := rows.Scan(&id, &name)
		names[id] = name
		return struct{}{}, err
	}, `SELECT id, name FROM casework_file`+w.SQL(), w.Args()...)
	return names, err
}

// fileOwners are the cases that files belong to, empty for those that belong to none yet.
func fileOwners(ctx context.Context, q store.Queryer, ids []string) (map[string]string, error) {
	w, owners := new(store.Where), map[string]string{}
	w.In("id", ids)
	_, err := store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var id, owner string
		err := rows.Scan(&id, &owner)
		owners[id] = owner
		return struct{}{}, err
	}, `SELECT id, case_id FROM casework_file`+w.SQL(), w.Args()...)
	return owners, err
}
