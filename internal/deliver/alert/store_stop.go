package alert

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// stop is one stop of everything.
type stop struct {
	ID         string    `json:"id"`
	No         int64     `json:"-"`
	RegionPath string    `json:"regionPath"`
	Regions    []string  `json:"regions"`
	Reason     string    `json:"reason"`
	By         string    `json:"by"`
	At         time.Time `json:"at"`
	Until      time.Time `json:"until" doc:"Until then terminals keep what was stopped from starting again"`
	Messages   []string  `json:"messages" doc:"Messages that it ended"`
	Thinned    []string  `json:"thinned" doc:"Messages that it silenced in these regions and that went on elsewhere"`

	Figures *delivery.Figures `json:"figures,omitempty" doc:"How terminals obeyed"`
	Site    string            `json:"site,omitempty" doc:"The node that stopped, where it was not this one"`

	via string // the joined node that it came from
}

const stopColumns = "id, no, region_path, regions, reason, name, at, until_at, messages, thinned, figures, site, via"

func scanStop(rows interface{ Scan(...any) error }) (s stop, err error) {
	return s, rows.Scan(&s.ID, &s.No, &s.RegionPath, store.ScanJSON(&s.Regions), &s.Reason, &s.By, store.ScanTime(&s.At), store.ScanTime(&s.Until), store.ScanJSON(&s.Messages),
		store.ScanJSON(&s.Thinned), store.ScanJSON(&s.Figures), &s.Site, &s.via)
}

func listStops(ctx context.Context, q store.Queryer, scope auth.Scope, page store.Page) (store.Listing[stop], error) {
	var w store.Where
	scope.Where(&w, "region_path")
	return store.List(ctx, q, store.ListQuery[stop]{Columns: stopColumns, From: "alert_stop", Where: &w, Key: "id", Descending: true, Page: page,
		Scan:  func(rows *sql.Rows) (stop, error) { return scanStop(rows) },
		KeyOf: func(s stop) string { return s.ID }})
}

// readStop is one stop; a fault NotFound if there is none.
func readStop(ctx context.Context, q store.Queryer, id string) (stop, error) {
	s, err := scanStop(q.QueryRow(ctx, `SELECT `+stopColumns+` FROM alert_stop WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return s, notFound()
	}
	return s, err
}

// unfrozenStops are the threads of stops that were over before a time and whose figures are
// not kept yet.
func unfrozenStops(ctx context.Context, q store.Queryer, before int64) ([]int64, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (no int64, err error) { return no, rows.Scan(&no) },
		`SELECT no FROM alert_stop WHERE figures IS NULL AND until_at < $1 ORDER BY until_at LIMIT 20`, before)
}

func putStopFigures(ctx context.Context, tx *store.Tx, no int64, f *delivery.Figures) error {
	_, err := tx.Exec(ctx, `UPDATE alert_stop SET figures = $1 WHERE no = $2`, store.JSON(f), no)
	return err
}

func insertStop(ctx context.Context, tx *store.Tx, s stop, by message.Person) error {
	change, err := nextChange(ctx, tx)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO alert_stop (id, no, region_path, regions, reason, person, name, at, until_at, messages, thinned, site, via, change_no)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`, s.ID, s.No, s.RegionPath, store.JSON(s.Regions), s.Reason, by.ID, by.Name, s.At.UnixMicro(), s.Until.UnixMicro(),
		store.JSON(s.Messages), store.JSON(s.Thinned), s.Site, s.via, change)
	return err
}

// stopsOf lists the stops that silenced a message in a part of its area, as far as they lie
// in the scope, the oldest first. Stops are few.
func stopsOf(ctx context.Context, q store.Queryer, msg *message.Message, scope auth.Scope) ([]stop, error) {
	var w store.Where
	w.And(`at >= ? AND thinned LIKE ?`, store.Micros(msg.IssuedAt), `%"`+msg.ID+`"%`)
	scope.Where(&w, "region_path")
	return store.Collect(ctx, q, func(rows *sql.Rows) (stop, error) { return scanStop(rows) }, `SELECT `+stopColumns+` FROM alert_stop`+w.SQL()+` ORDER BY id`, w.Args()...)
}

// onAirIn lists what is on the air and belongs to the scope or was ever issued to a place
// within it.
func onAirIn(ctx context.Context, q store.Queryer, scope auth.Scope) ([]string, error) {
	var w store.Where
	w.And("state IN ('issued', 'in_progress')")
	readable(&w, scope)
	return store.Collect(ctx, q, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) }, `SELECT id FROM alert_message`+w.SQL()+` ORDER BY id`, w.Args()...)
}
