package peer

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// entry is the record of a package that came.
type entry struct {
	id         string
	peer       string
	regionPath string
	ebdid      string
	kind       string // EBDType
	ebmid      string
	digest     string
	rank       int
	signature  string
	cert       string
	warnings   []string
	code       ebd.ResultCode
	words      string
	seq        uint64
	state      State
	note       string
	segment    string
	startAt    int64
	bytes      int64
	receivedAt time.Time
	actedAt    time.Time

	first *entry // of the same number in the same batch
}

const entryColumns = `id, peer, region_path, ebdid, type, ebmid, digest, rank, signature, cert, warnings, code, words, seq, state, note, segment, start_at, bytes, received_at, acted_at`

func scanEntry(rows interface{ Scan(...any) error }) (*entry, error) {
	e := new(entry)
	var state string
	err := rows.Scan(&e.id, &e.peer, &e.regionPath, &e.ebdid, &e.kind, &e.ebmid, &e.digest, &e.rank, &e.signature, &e.cert, store.ScanJSON(&e.warnings), &e.code, &e.words, &e.seq,
		&state, &e.note, &e.segment, &e.startAt, &e.bytes, store.ScanTime(&e.receivedAt), store.ScanTime(&e.actedAt))
	e.state = State(state)
	return e, err
}

func (e *entry) values() []any {
	warnings := e.warnings
	if warnings == nil {
		warnings = []string{}
	}
	return []any{e.id, e.peer, e.regionPath, e.ebdid, e.kind, e.ebmid, e.digest, e.rank, e.signature, e.cert, store.JSON(warnings), int(e.code), e.words, int64(e.seq),
		string(e.state), e.note, e.segment, e.startAt, e.bytes, e.receivedAt.UnixMicro(), store.Micros(e.actedAt)}
}

const entryWidth = 21

// insertEntries adds records, many to a statement.
func insertEntries(ctx context.Context, tx *store.Tx, list []*parcel) error {
	for len(list) > 0 {
		n := 50
		if len(list) < n {
			n = 1
		}
		args := make([]any, 0, n*entryWidth)
		for _, p := range list[:n] {
			args = append(args, p.values()...)
		}
		if _, err := tx.Exec(ctx, insertSQL(n), args...); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

func insertSQL(rows int) string {
	return `INSERT INTO alert_peer_in (` + entryColumns + `) VALUES ` + store.Values(rows, entryWidth)
}

// noteRefused keeps a package that was refused, without what it held.
func (d *Desk) noteRefused(ctx context.Context, e *entry) error {
	return d.DB.Telemetry(ctx, func(tx *store.Tx) error {
		e.id = store.NewID(tx.Now)
		_, err := tx.Exec(ctx, insertSQL(1), e.values()...)
		return err
	})
}

// entriesByID are the packages that came from a peer under some numbers.
func entriesByID(ctx context.Context, q store.Queryer, peer string, ebdids []string) (all []*entry, err error) {
	for len(ebdids) > 0 {
		n := min(len(ebdids), 200)
		var w store.Where
		w.And("peer = ?", peer)
		w.And("state <> 'refused'")
		w.In("ebdid", padded(ebdids[:n]))
		found, err := store.Collect(ctx, q, func(rows *sql.Rows) (*entry, error) { return scanEntry(rows) }, `SELECT `+entryColumns+` FROM alert_peer_in`+w.SQL(), w.Args()...)
		if err != nil {
			return nil, err
		}
		all, ebdids = append(all, found...), ebdids[n:]
	}
	return all, nil
}

// padded repeats the last of a list until it has one of few lengths, so that few statements
// have to be prepared.
func padded(list []string) []string {
	out := append([]string(nil), list...)
	for _, n := range []int{1, 10, 50, 200} {
		if len(list) <= n {
			for len(out) < n {
				out = append(out, list[len(list)-1])
			}
			break
		}
	}
	return out
}

// waitingEntries are the packages of a peer to be acted on, the most urgent first; askedEntries
// are its questions.
func waitingEntries(ctx context.Context, q store.Queryer, peer string, limit int) ([]*entry, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*entry, error) { return scanEntry(rows) },
		`SELECT `+entryColumns+` FROM alert_peer_in WHERE peer = $1 AND state = 'waiting' AND rank <> $2 ORDER BY rank DESC, id LIMIT $3`, peer, rankAsk, limit)
}

func askedEntries(ctx context.Context, q store.Queryer, peer string, limit int) ([]*entry, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*entry, error) { return scanEntry(rows) },
		`SELECT `+entryColumns+` FROM alert_peer_in WHERE peer = $1 AND state = 'waiting' AND rank = $2 ORDER BY id LIMIT $3`, peer, rankAsk, limit)
}

// waitingEBM are the messages with an id that wait to be acted on.
func waitingEBM(ctx context.Context, q store.Queryer, peer, ebmid string) ([]*entry, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*entry, error) { return scanEntry(rows) },
		`SELECT `+entryColumns+` FROM alert_peer_in WHERE peer = $1 AND ebmid = $2 AND type = 'EBM' AND state = 'waiting' ORDER BY id`, peer, ebmid)
}

// firstEBM is the first message with an id that was acted on; nil for none.
func firstEBM(ctx context.Context, q store.Queryer, peer, ebmid string) (*entry, error) {
	e, err := scanEntry(q.QueryRow(ctx, `SELECT `+entryColumns+` FROM alert_peer_in WHERE peer = $1 AND ebmid = $2 AND type = 'EBM' AND state = 'done' ORDER BY id LIMIT 1`, peer, ebmid))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return e, err
}

func readEntry(ctx context.Context, q store.Queryer, id string, scope auth.Scope) (*entry, error) {
	e, err := scanEntry(q.QueryRow(ctx, `SELECT `+entryColumns+` FROM alert_peer_in WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) || err == nil && !scope.Allows(e.regionPath) {
		return nil, fault.New(fault.NotFound, "alert.peer.package_not_found")
	}
	return e, err
}

// settle keeps what became of a package; one that is settled stays so.
func settle(ctx context.Context, tx *store.Tx, e *entry) error {
	_, err := tx.Exec(ctx, `UPDATE alert_peer_in SET state = $1, note = $2, acted_at = $3 WHERE id = $4 AND state = 'waiting'`,
		string(e.state), e.note, tx.Now.UnixMicro(), e.id)
	return err
}

func listEntries(ctx context.Context, q store.Queryer, f packageFilter) (store.Listing[*entry], error) {
	return store.List(ctx, q, store.ListQuery[*entry]{Columns: entryColumns, From: "alert_peer_in", Where: f.where(), Key: "id", Descending: true, Page: f.Page, CountTo: 10000,
		Scan: func(rows *sql.Rows) (*entry, error) { return scanEntry(rows) }, KeyOf: func(e *entry) string { return e.id }})
}

// packageFilter chooses packages that came or went; empty fields choose all.
type packageFilter struct {
	Peer  string
	Types []string
	State []string
	EBMID string
	Scope auth.Scope
	Page  store.Page
}

func (f *packageFilter) where() *store.Where {
	w := new(store.Where)
	f.Scope.Where(w, "region_path")
	if f.Peer != "" {
		w.And("peer = ?", f.Peer)
	}
	if len(f.Types) > 0 {
		w.In("type", f.Types)
	}
	if len(f.State) > 0 {
		w.In("state", f.State)
	}
	if f.EBMID != "" {
		w.And("ebmid = ?", f.EBMID)
	}
	return w
}

// countWaiting counts what waits to be acted on and what waits to go, by peer.
func countWaiting(ctx context.Context, q store.Queryer) (in, out map[string]int, err error) {
	count := func(query string) map[string]int {
		found := map[string]int{}
		type one struct {
			id string
			n  int
		}
		list, failed := store.Collect(ctx, q, func(rows *sql.Rows) (o one, err error) { return o, rows.Scan(&o.id, &o.n) }, query)
		for _, o := range list {
			found[o.id] = o.n
		}
		err = errors.Join(err, failed)
		return found
	}
	in = count(`SELECT peer, count(*) FROM alert_peer_in WHERE state = 'waiting' GROUP BY peer`)
	out = count(`SELECT peer, count(*) FROM alert_peer_out WHERE next_at IS NOT NULL GROUP BY peer`)
	return in, out, err
}

// Drop deletes the records of packages that came or went before a time.
func Drop(ctx context.Context, tx *store.Tx, before time.Time, limit int) (n int64, err error) {
	for _, query := range []string{
		`DELETE FROM alert_peer_in WHERE id IN (SELECT id FROM alert_peer_in WHERE received_at < $1 AND state <> 'waiting' AND id < $2 ORDER BY id LIMIT $3)`,
		`DELETE FROM alert_peer_out WHERE id IN (SELECT id FROM alert_peer_out WHERE created_at < $1 AND next_at IS NULL AND id < $2 ORDER BY id LIMIT $3)`,
	} {
		dropped, err := tx.Exec(ctx, query, before.UnixMicro(), store.FirstID(before.Add(time.Second)), limit)
		if err != nil {
			return n, err
		}
		n += dropped
	}
	return n, nil
}
