package delivery

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// rowsAtOnce is how many rows one statement inserts. The cost of a call is shared by
// them; PostgreSQL allows 65,535 parameters, SQLite 32,766.
const rowsAtOnce = 100

// inserting runs head VALUES … tail over n rows, many rows to a statement.
func inserting(ctx context.Context, tx *store.Tx, full, one string, columns, n int, row func(i int, args []any) []any) error {
	stmt, err := tx.Prepare(ctx, full)
	if err != nil {
		return err
	}
	defer stmt.Close()
	args := make([]any, 0, columns*rowsAtOnce)
	i := 0
	for ; i+rowsAtOnce <= n; i += rowsAtOnce {
		args = args[:0]
		for k := range rowsAtOnce {
			args = row(i+k, args)
		}
		if _, err := stmt.ExecContext(ctx, args...); err != nil {
			return err
		}
	}
	if i == n {
		return nil
	}
	single, err := tx.Prepare(ctx, one)
	if err != nil {
		return err
	}
	defer single.Close()
	for ; i < n; i++ {
		if _, err := single.ExecContext(ctx, row(i, args[:0])...); err != nil {
			return err
		}
	}
	return nil
}

const receiptColumns = 10

var receiptInsert = sync.OnceValue(func() [2]string {
	head := `INSERT INTO alert_receipt (thread, id, device, version, phase, reason, at, source, heard, taken) VALUES `
	return [2]string{head + store.Values(rowsAtOnce, receiptColumns), head + store.Values(1, receiptColumns)}
})

func insertReceipts(ctx context.Context, tx *store.Tx, batch []entry) error {
	sql := receiptInsert()
	return inserting(ctx, tx, sql[0], sql[1], receiptColumns, len(batch), func(i int, args []any) []any {
		e := &batch[i]
		var heard any
		if e.Heard != nil {
			heard = store.JSON(e.Heard)
		}
		return append(args, e.th.no, e.id, string(e.Code), e.Version, string(e.Phase), string(e.Reason), e.At, string(e.Source), heard, some(e.taken))
	})
}

// replayBack is how far before the mark the log is read again: a process whose lease was
// lost may have stored receipts with older ids until it ended.
const replayBack = int64(overlap/1000) << 10

// replay takes the receipts whose effect may not be in alert_delivery yet.
func replay(ctx context.Context, q store.Queryer, th *thread) error {
	from := max(th.markedID-replayBack, 0)
	_, err := store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var r wire.Receipt
		var id int64
		var device, phase, reason, source string
		var heard *string
		var taken sql.NullInt64
		if err := rows.Scan(&id, &device, &r.Version, &phase, &reason, &r.At, &source, &heard, &taken); err != nil {
			return struct{}{}, err
		}
		r.Phase, r.Reason, r.Source = wire.Phase(phase), wire.Reason(reason), wire.Source(source)
		if heard != nil {
			r.Heard = new(wire.Heard)
			if err := store.ScanJSON(r.Heard).Scan(*heard); err != nil {
				return struct{}{}, err
			}
		}
		t := th.track(ebd.ResourceCode(device), th.regionPath) // the path is mended when its row is sent again
		if at := takenAt(r.At, th, id, taken.Int64); !t.Knows(&r, at) {
			th.take(t, &r, at)
		}
		th.lastID = id
		return struct{}{}, nil
	}, `SELECT id, device, version, phase, reason, at, source, heard, taken FROM alert_receipt WHERE thread = $1 AND id > $2 ORDER BY id`, th.no, from)
	return err
}

// Drop deletes receipts that were stored before a time, of threads whose orders were all over
// by then, at most limit rows, and says how many. What became of each terminal stays, and so
// does the newest receipt, which tells how far the log goes.
func Drop(ctx context.Context, tx *store.Tx, before time.Time, limit int) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM alert_receipt WHERE (thread, id) IN (SELECT r.thread, r.id FROM alert_receipt r
		WHERE r.id < $1 AND r.id < (SELECT max(id) FROM alert_receipt)
		AND NOT EXISTS (SELECT 1 FROM alert_order o WHERE o.thread = r.thread AND (o.valid_until >= $2 OR o.changed_at >= $2)) ORDER BY r.id LIMIT $3)`,
		before.UnixMicro()<<10, before.UnixMicro(), limit)
}

// DropThreads deletes what came of threads that are over, at most limit receipts and as many
// terminals, and says how many; once none is left, their orders. The newest row of either stays,
// which tells how far its log goes.
func DropThreads(ctx context.Context, tx *store.Tx, threads []int64, limit int) (n int64, err error) {
	var w store.Where
	marks := make([]string, len(threads))
	for i, t := range threads {
		marks[i] = w.Arg(t)
	}
	w.And("thread IN (" + strings.Join(marks, ", ") + ")")
	for _, q := range []string{
		`DELETE FROM alert_receipt WHERE (thread, id) IN (SELECT thread, id FROM alert_receipt` + w.SQL() + ` AND id < (SELECT max(id) FROM alert_receipt) LIMIT ` + strconv.Itoa(limit) + `)`,
		`DELETE FROM alert_delivery WHERE (thread, device) IN (SELECT thread, device FROM alert_delivery` + w.SQL() + ` AND flushed < (SELECT max(flushed) FROM alert_delivery) LIMIT ` + strconv.Itoa(limit) + `)`,
	} {
		gone, err := tx.Exec(ctx, q, w.Args()...)
		if n += gone; err != nil {
			return n, err
		}
	}
	if n > 0 {
		return n, nil
	}
	if _, err := tx.Exec(ctx, `DELETE FROM alert_receipt_mark`+w.SQL(), w.Args()...); err != nil {
		return 0, err
	}
	_, err = tx.Exec(ctx, `DELETE FROM alert_order`+w.SQL(), w.Args()...)
	return 0, err
}
