package asset

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"sync"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// micro is degrees as the store keeps them: whole microdegrees, about a decimetre.
func micro(degrees float64) int64 { return int64(math.Round(degrees * 1e6)) }

func degrees(micro int64) float64 { return float64(micro) / 1e6 }

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// notFound turns "no rows" into the fault it means.
func notFound(err error, code string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, code)
	}
	return err
}

// chunks are the sizes in which many rows go into one statement: few sizes, so that
// every statement is prepared once, and none over either database's parameter limit.
var chunks = []int{64, 8, 1}

// piece is the largest chunk that n rows fill.
func piece(n int) int {
	for _, size := range chunks {
		if n >= size {
			return size
		}
	}
	return 0
}

// insertMany runs "INSERT INTO … VALUES (…), (…) suffix" for any number of rows and
// tells how many it touched.
func insertMany(ctx context.Context, tx *store.Tx, into string, rows [][]any, suffix string) (touched int64, err error) {
	for len(rows) > 0 {
		n := piece(len(rows))
		some, err := insertPiece(ctx, tx, into, rows[:n], suffix)
		if err != nil {
			return touched, err
		}
		touched += some
		rows = rows[n:]
	}
	return touched, nil
}

func insertPiece(ctx context.Context, tx *store.Tx, into string, rows [][]any, suffix string) (touched int64, err error) {
	stmt, err := tx.Prepare(ctx, insertion(into, len(rows), len(rows[0]), suffix))
	if err != nil {
		return 0, err
	}
	defer stmt.Close()
	args := make([]any, 0, len(rows)*len(rows[0]))
	for _, row := range rows {
		args = append(args, row...)
	}
	res, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// insertions are the statements that were written, by what they are made of: few.
var insertions sync.Map

type insertionOf struct {
	into          string
	rows, columns int
	suffix        string
}

func insertion(into string, rows, columns int, suffix string) string {
	of := insertionOf{into, rows, columns, suffix}
	if known, ok := insertions.Load(of); ok {
		return known.(string)
	}
	text := "INSERT INTO " + into + " VALUES " + store.Values(rows, columns) + " " + suffix
	insertions.Store(of, text)
	return text
}

func addHappenings(ctx context.Context, tx *store.Tx, list []happening) error {
	rows := make([][]any, len(list))
	for i, h := range list {
		if h.detail == nil {
			h.detail = map[string]any{}
		}
		rows[i] = []any{store.NewID(h.at), h.deviceID, h.at.UnixMicro(), h.kind, nullable(h.source), store.JSON(h.detail)}
	}
	_, err := insertMany(ctx, tx, "asset_event (id, device_id, at, kind, source, detail)", rows, "ON CONFLICT DO NOTHING")
	return err
}
