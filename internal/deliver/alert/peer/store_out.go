package peer

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/ebm"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const dispatchColumns = `id, peer, region_path, ebdid, type, ebmid, topic, output, task, message_id, number, document, resources, rank, state, attempts, next_at, until_at,
	code, words, failure, created_at, sent_at`

func scanDispatch(rows interface{ Scan(...any) error }) (*dispatch, error) {
	s := new(dispatch)
	var state string
	err := rows.Scan(&s.id, &s.peer, &s.regionPath, &s.ebdid, &s.kind, &s.ebmid, &s.topic, &s.output, &s.task, &s.messageID, &s.number, &s.document, store.ScanJSON(&s.resources),
		&s.rank, &state, &s.attempts, store.ScanTime(&s.nextAt), store.ScanTime(&s.untilAt), &s.code, &s.words, &s.failure, store.ScanTime(&s.createdAt), store.ScanTime(&s.sentAt))
	s.state = SendState(state)
	return s, err
}

func insertDispatch(ctx context.Context, tx *store.Tx, s *dispatch) error {
	resources := s.resources
	if resources == nil {
		resources = []ebm.Resource{}
	}
	_, err := tx.Exec(ctx, `INSERT INTO alert_peer_out (`+dispatchColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0, $16, $17, NULL, '', $18, $19, NULL)`,
		s.id, s.peer, s.regionPath, s.ebdid, s.kind, s.ebmid, s.topic, s.output, s.task, s.messageID, s.number, s.document, store.JSON(resources), s.rank, string(s.state),
		store.Micros(s.nextAt), s.untilAt.UnixMicro(), s.failure, s.createdAt.UnixMicro())
	return err
}

// updateDispatch keeps what became of a package; one that was superseded or given up meanwhile stays
// so unless it was taken.
func updateDispatch(ctx context.Context, tx *store.Tx, s *dispatch) error {
	var code any
	if s.code != nil {
		code = *s.code
	}
	_, err := tx.Exec(ctx, `UPDATE alert_peer_out SET state = $1, attempts = $2, next_at = $3, code = $4, words = $5, failure = $6, sent_at = $7, document = $8
		WHERE id = $9 AND (state NOT IN ('superseded', 'given_up') OR $10)`, string(s.state), s.attempts, store.Micros(s.nextAt), code, s.words, s.failure, store.Micros(s.sentAt), s.document, s.id, s.state == sent)
	return err
}

func oneDispatch(row *sql.Row) (*dispatch, error) {
	s, err := scanDispatch(row)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return s, err
}

// dueDispatch is the next package for a peer's worker after some others, due or not; nil for none.
func dueDispatch(ctx context.Context, q store.Queryer, peer string, after int) (*dispatch, error) {
	return oneDispatch(q.QueryRow(ctx, `SELECT `+dispatchColumns+` FROM alert_peer_out WHERE peer = $1 AND next_at IS NOT NULL ORDER BY rank DESC, id LIMIT 1 OFFSET $2`, peer, after))
}

// taskDispatch is the package that an output made for a task and a message; nil for none.
func taskDispatch(ctx context.Context, q store.Queryer, task, messageID string) (*dispatch, error) {
	return oneDispatch(q.QueryRow(ctx, `SELECT `+dispatchColumns+` FROM alert_peer_out WHERE task = $1 AND message_id = $2`, task, messageID))
}

// lastCarried is the newest package of a message that an output made for a peer; nil for none.
func lastCarried(ctx context.Context, q store.Queryer, output, messageID string) (*dispatch, error) {
	return oneDispatch(q.QueryRow(ctx, `SELECT `+dispatchColumns+` FROM alert_peer_out WHERE message_id = $1 AND output = $2 ORDER BY id DESC LIMIT 1`, messageID, output))
}

// carriedAs is the package by which a message with this id went to a peer; nil for none.
func carriedAs(ctx context.Context, q store.Queryer, peer, ebmid string) (*dispatch, error) {
	return oneDispatch(q.QueryRow(ctx, `SELECT `+dispatchColumns+` FROM alert_peer_out WHERE ebmid = $1 AND peer = $2 AND output <> '' ORDER BY id DESC LIMIT 1`, ebmid, peer))
}

// sentAs is the package with this number that went to a peer; nil for none.
func sentAs(ctx context.Context, q store.Queryer, peer, ebdid string) (*dispatch, error) {
	return oneDispatch(q.QueryRow(ctx, `SELECT `+dispatchColumns+` FROM alert_peer_out WHERE ebdid = $1 AND peer = $2`, ebdid, peer))
}

func readDispatch(ctx context.Context, q store.Queryer, id string, scope auth.Scope) (*dispatch, error) {
	s, err := oneDispatch(q.QueryRow(ctx, `SELECT `+dispatchColumns+` FROM alert_peer_out WHERE id = $1`, id))
	if err == nil && (s == nil || !scope.Allows(s.regionPath)) {
		return nil, fault.New(fault.NotFound, "alert.peer.package_not_found")
	}
	return s, err
}

// noteWords keeps a later word on a package that went.
func noteWords(ctx context.Context, tx *store.Tx, id string, code ebd.ResultCode, words string) error {
	_, err := tx.Exec(ctx, `UPDATE alert_peer_out SET code = $1, words = $2 WHERE id = $3`, int(code), words, id)
	return err
}

// supersede ends the waiting of what a newer package of the same topic makes idle.
func supersede(ctx context.Context, tx *store.Tx, peer, topic string) error {
	_, err := tx.Exec(ctx, `UPDATE alert_peer_out SET state = 'superseded', next_at = NULL WHERE peer = $1 AND next_at IS NOT NULL AND topic = $2`, peer, topic)
	return err
}

// reportsUnsent reports whether something of the register, for which nobody asked, waits to go to
// a peer.
func reportsUnsent(ctx context.Context, q store.Queryer, peer string) (waits bool, err error) {
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM alert_peer_out WHERE peer = $1 AND next_at IS NOT NULL AND rank = $2 AND topic = '')`, peer, rankReport).Scan(&waits)
	return waits, err
}

func listDispatches(ctx context.Context, q store.Queryer, f packageFilter) (store.Listing[*dispatch], error) {
	return store.List(ctx, q, store.ListQuery[*dispatch]{Columns: dispatchColumns, From: "alert_peer_out", Where: f.where(), Key: "id", Descending: true, Page: f.Page, CountTo: 10000,
		Scan: func(rows *sql.Rows) (*dispatch, error) { return scanDispatch(rows) }, KeyOf: func(s *dispatch) string { return s.id }})
}

// standing are the messages that an output gave to its peer and that are not over there: those
// whose newest package is no cancel, unless it is one of the task that asks and may not have
// got there, and whose time is not long over.
func standing(ctx context.Context, q store.Queryer, output, task string, now time.Time) ([]string, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) },
		`SELECT message_id FROM alert_peer_out o WHERE output = $1 AND created_at > $2 AND (rank <> $3 OR task = $4)
		AND NOT EXISTS (SELECT 1 FROM alert_peer_out n WHERE n.message_id = o.message_id AND n.output = o.output AND n.id > o.id) ORDER BY id`,
		output, now.Add(-message.MaxDuration).UnixMicro(), rankCancel, task)
}
