package board

import (
	"context"
	"database/sql"
	"errors"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const columns = `id, shared, body, changed_at, revision`

func scanBoard(rows interface{ Scan(...any) error }) (*Board, error) {
	b := new(Board)
	var id, shared string
	var revision int64
	if err := rows.Scan(&id, &shared, store.ScanJSON(b), store.ScanTime(&b.ChangedAt), &revision); err != nil {
		return nil, err
	}
	b.ID, b.Shared, b.Revision, b.Mine = id, shared, revision, false
	return b, nil
}

func readBoard(ctx context.Context, q store.Queryer, id string) (*Board, error) {
	b, err := scanBoard(q.QueryRow(ctx, `SELECT `+columns+` FROM measure_board WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errNone()
	}
	return b, err
}

// listBoards are somebody's own, and those shared with any of these.
func listBoards(ctx context.Context, q store.Queryer, owner string, shared []string) ([]*Board, error) {
	w := new(store.Where)
	mine := w.Arg(owner)
	w.In("shared", shared)
	return store.Collect(ctx, q, func(rows *sql.Rows) (*Board, error) { return scanBoard(rows) },
		`SELECT `+columns+` FROM measure_board`+w.SQL()+` OR owner_id = `+mine+` ORDER BY changed_at DESC, id DESC`, w.Args()...)
}

func countBoards(ctx context.Context, q store.Queryer, owner string) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM measure_board WHERE owner_id = $1`, owner).Scan(&n)
	return n, err
}

func insertBoard(ctx context.Context, tx *store.Tx, b *Board) error {
	_, err := tx.Exec(ctx, `INSERT INTO measure_board (id, owner_id, shared, body, changed_at, revision) VALUES ($1, $2, $3, $4, $5, $6)`,
		b.ID, b.Owner.ID, b.Shared, store.JSON(b), b.ChangedAt.UnixMicro(), b.Revision)
	return err
}

// updateBoard keeps a change; refused as stale when it changed meanwhile.
func updateBoard(ctx context.Context, tx *store.Tx, b *Board) error {
	n, err := tx.Exec(ctx, `UPDATE measure_board SET shared = $1, body = $2, changed_at = $3, revision = revision + 1 WHERE id = $4 AND revision = $5`,
		b.Shared, store.JSON(b), b.ChangedAt.UnixMicro(), b.ID, b.Revision)
	if err := store.Touched(n, err); err != nil {
		return err
	}
	b.Revision++
	return nil
}

func deleteBoard(ctx context.Context, tx *store.Tx, id string) error {
	_, err := tx.Exec(ctx, `DELETE FROM measure_board WHERE id = $1`, id)
	return err
}
