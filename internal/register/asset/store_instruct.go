package asset

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// addressable lists the devices of a choice that are in service and take orders, at most
// one more than may be told something at once.
func addressable(ctx context.Context, q store.Queryer, c choice) ([]Target, error) {
	w, placeKey := c.where()
	inService(w)
	return store.Collect(ctx, q, scanTarget, `SELECT `+targetColumns+` FROM `+entries+w.SQL()+` ORDER BY `+placeKey+` LIMIT `+w.Arg(maxInstructed+1), w.Args()...)
}

func putInstructions(ctx context.Context, tx *store.Tx, list []told) error {
	rows := make([][]any, len(list))
	for i, t := range list {
		rows[i] = []any{t.deviceID, t.what, t.orderID, store.JSON(t.value), t.by, t.at.UnixMicro(), t.until.UnixMicro(), nil}
	}
	_, err := insertMany(ctx, tx, "asset_instruction (device_id, what, order_id, value, by_name, at, until, sent_at)", rows,
		`ON CONFLICT (device_id, what) DO UPDATE SET order_id = excluded.order_id, value = excluded.value, by_name = excluded.by_name,
		at = excluded.at, until = excluded.until, sent_at = NULL`)
	return err
}

// instructions lists what devices were told and have not confirmed.
func instructions(ctx context.Context, q store.Queryer, ids []string, now time.Time) ([]told, error) {
	var w store.Where
	w.In("i.device_id", ids)
	w.And("i.until > ?", now.UnixMicro())
	return store.Collect(ctx, q, func(r *sql.Rows) (t told, err error) {
		var value string
		if err = r.Scan(&t.deviceID, &t.code, &t.what, &t.orderID, &value, &t.by, store.ScanTime(&t.at), store.ScanTime(&t.until)); err == nil {
			err = json.Unmarshal([]byte(value), &t.value)
		}
		return t, err
	}, `SELECT i.device_id, d.code, i.what, i.order_id, i.value, i.by_name, i.at, i.until FROM asset_instruction i
		JOIN asset_device d ON d.id = i.device_id`+w.SQL(), w.Args()...)
}

func markInstructed(ctx context.Context, tx *store.Tx, ids []string) error {
	var w store.Where
	at := w.Arg(tx.Now.UnixMicro())
	w.In("device_id", ids)
	_, err := tx.Exec(ctx, `UPDATE asset_instruction SET sent_at = `+at+w.SQL(), w.Args()...)
	return err
}

// settle takes away an instruction that a device has answered and says what it was; "" if
// it was none, or was settled before.
func settle(ctx context.Context, tx *store.Tx, deviceID, orderID string) (what, by string, err error) {
	rows, err := store.Collect(ctx, tx, func(r *sql.Rows) (t told, err error) {
		return t, r.Scan(&t.what, &t.by)
	}, `DELETE FROM asset_instruction WHERE device_id = $1 AND order_id = $2 RETURNING what, by_name`, deviceID, orderID)
	if err != nil || len(rows) == 0 {
		return "", "", err
	}
	return rows[0].what, rows[0].by, nil
}

// dropInstructions forgets what new hardware, or none, need not be told any more.
func dropInstructions(ctx context.Context, tx *store.Tx, deviceID string) error {
	_, err := tx.Exec(ctx, `DELETE FROM asset_instruction WHERE device_id = $1`, deviceID)
	return err
}

// Waiting is something a device was told and has not confirmed.
type Waiting struct {
	What  string          `json:"what" doc:"volume, period, test or place"`
	Value json.RawMessage `json:"value"`
	By    string          `json:"by"`
	At    time.Time       `json:"at"`
	Sent  *time.Time      `json:"sent,omitempty" doc:"When it was sent last; absent if the device has not been connected since"`
	Until time.Time       `json:"until" doc:"Until when it is tried"`
}

func waitingFor(ctx context.Context, q store.Queryer, deviceID string, now time.Time) ([]Waiting, error) {
	return store.Collect(ctx, q, func(r *sql.Rows) (w Waiting, err error) {
		var value string
		var sent time.Time
		err = r.Scan(&w.What, &value, &w.By, store.ScanTime(&w.At), store.ScanTime(&sent), store.ScanTime(&w.Until))
		if w.Value = json.RawMessage(value); !sent.IsZero() {
			w.Sent = &sent
		}
		return w, err
	}, `SELECT what, value, by_name, at, sent_at, until FROM asset_instruction WHERE device_id = $1 AND until > $2 ORDER BY at, what`, deviceID, now.UnixMicro())
}

// instructed reports whether an order was an instruction to a device, settled or not.
func instructed(ctx context.Context, q store.Queryer, deviceID, orderID string) (bool, error) {
	var n int
	err := q.QueryRow(ctx, `SELECT (SELECT count(*) FROM asset_instruction WHERE device_id = $1 AND order_id = $2) +
		(SELECT count(*) FROM asset_event WHERE device_id = $1 AND source = $3)`, deviceID, orderID, resultSource(orderID, 1)).Scan(&n)
	return n > 0, err
}
