package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Queryer reads rows: the reader pool or a transaction.
type Queryer interface {
	Query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) *sql.Row
}

// Query reads with the reader pool.
func (db *DB) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return db.read.QueryContext(ctx, db.bind(query), args...)
}

// QueryRow reads one row with the reader pool.
func (db *DB) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	return db.read.QueryRowContext(ctx, db.bind(query), args...)
}

// Tx is a write transaction. Its Now is fixed, so everything it writes agrees on the time.
type Tx struct {
	Now     time.Time
	tx      *sql.Tx
	db      *DB
	wrote   bool
	audited bool
	emitted bool

	repeated []string // prepared and not kept yet
}

// Update runs fn in a transaction that changes what people see. It must leave an audit
// record (audit.Write); a transaction that wrote without one is refused, so that no
// change of state can go unrecorded. fn may run again when PostgreSQL reports a
// serialization conflict or the disk was full, so it must have no effect outside the
// transaction.
//
// On a full disk it may use the whole reserve where ctx is Vital, three quarters where it is
// ForPeople, else half of it.
func (db *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	if err := db.Afford(ctx); err != nil {
		return err
	}
	return db.transact(ctx, true, spared(ctx), fn)
}

// Housekeep runs fn in a transaction for the platform's own work, which leaves its trace
// by other means than a record per change.
func (db *DB) Housekeep(ctx context.Context, fn func(*Tx) error) error {
	if err := db.Afford(ctx); err != nil {
		return err
	}
	return db.transact(ctx, false, spared(ctx), fn)
}

// Telemetry is Housekeep for batches of what comes again by itself; see Spare.
func (db *DB) Telemetry(ctx context.Context, fn func(*Tx) error) error {
	if err := db.Spare(); err != nil {
		return err
	}
	return db.transact(ctx, false, reserveSize, fn)
}

// Stopped reports whether err came of a context that ended: SQLite says so in its own way.
func Stopped(err error) bool {
	var lite *sqlite.Error
	return errors.Is(err, context.Canceled) || errors.As(err, &lite) && lite.Code() == sqlite3.SQLITE_INTERRUPT
}

// transact leaves keep bytes of the reserve alone.
func (db *DB) transact(ctx context.Context, audited bool, keep int64, fn func(*Tx) error) error {
	const tries = 5
	for try := 1; ; try++ {
		err := db.once(ctx, audited, fn)
		var pg *pgconn.PgError
		switch {
		case err == nil:
			return nil
		case noRoom(err):
			// What one gives up another may take first: on, while there is something to give.
			if ctx.Err() == nil && db.yield(keep) {
				continue
			}
			return errFull(err)
		case try >= tries || !errors.As(err, &pg) || (pg.Code != "40001" && pg.Code != "40P01"):
			return err
		}
	}
}

func (db *DB) once(ctx context.Context, audited bool, fn func(*Tx) error) error {
	sqlTx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("store: begin: %w", err)
	}
	defer sqlTx.Rollback() // after a commit this does nothing
	tx := &Tx{Now: db.clock.Now(), tx: sqlTx, db: db}
	if err := fn(tx); err != nil {
		return err
	}
	if audited && tx.wrote && !tx.audited {
		return fault.New(fault.Internal, "internal").Because(errors.New("store: a change was made without an audit record"))
	}
	if err := sqlTx.Commit(); err != nil {
		return fmt.Errorf("store: commit: %w", err)
	}
	db.keep(ctx, tx.repeated)
	if tx.audited {
		db.commits.raise()
	}
	if tx.emitted {
		db.outbox.raise()
	}
	return nil
}

// Query reads within the transaction.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return tx.tx.QueryContext(ctx, tx.db.bind(query), args...)
}

// QueryRow reads one row within the transaction.
func (tx *Tx) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	return tx.tx.QueryRowContext(ctx, tx.db.bind(query), args...)
}

// Exec writes and returns how many rows it touched.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	tx.wrote = true
	res, err := tx.tx.ExecContext(ctx, tx.db.bind(query), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Prepare readies a statement for many Execs in this transaction. SQLite's writer keeps it
// for those that follow, so it is for what is written again and again: a statement over a
// hundred rows takes longer to read than some rows to write.
func (tx *Tx) Prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	tx.wrote = true
	query = tx.db.bind(query)
	if tx.db.dialect == Postgres { // its driver keeps them
		return tx.tx.PrepareContext(ctx, query)
	}
	if kept, ok := tx.db.kept.Load(query); ok {
		return tx.tx.StmtContext(ctx, kept.(*sql.Stmt)), nil
	}
	tx.repeated = append(tx.repeated, query)
	return tx.tx.PrepareContext(ctx, query)
}

// maxKept is how many statements the writer keeps.
const maxKept = 64

// keep readies statements for the transactions to come; it needs the writer, which is free
// again once the transaction has ended.
func (db *DB) keep(ctx context.Context, queries []string) {
	for _, query := range queries {
		if db.keptCount.Load() >= maxKept {
			return
		}
		stmt, err := db.write.PrepareContext(ctx, query)
		if err != nil {
			return // the next transaction reads it by itself, and tries again
		}
		if _, known := db.kept.LoadOrStore(query, stmt); known {
			_ = stmt.Close()
		} else {
			db.keptCount.Add(1)
		}
	}
}

// Emit writes an event to the outbox; it is published if and only if the transaction
// commits. One that the bus could never carry is refused here, where it is made.
func (tx *Tx) Emit(ctx context.Context, e event.Event) error {
	payload, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("store: encode event %s: %w", e.EventName(), err)
	}
	if len(payload) > event.MaxPayload {
		return fault.New(fault.Internal, "internal").Because(fmt.Errorf("store: event %s takes %d bytes, over %d", e.EventName(), len(payload), event.MaxPayload))
	}
	id, version := e.Aggregate()
	tx.emitted = true
	_, err = tx.Exec(ctx, `INSERT INTO platform_outbox (id, name, aggregate, version, payload, created_at)
		VALUES ($1, $2, $3, $4, $5, $6)`, NewID(tx.Now), e.EventName(), id, version, string(payload), tx.Now.UnixMicro())
	return err
}

// Handle notes that a consumer handles an event in this transaction; false says that it
// did so before. The note is no change of state, which a reaction has to record by itself.
func (tx *Tx) Handle(ctx context.Context, consumer, eventID string) (first bool, err error) {
	before := tx.wrote
	n, err := tx.Exec(ctx, `INSERT INTO platform_inbox (consumer, event_id, handled_at) VALUES ($1, $2, $3)
		ON CONFLICT (consumer, event_id) DO NOTHING`, consumer, eventID, tx.Now.UnixMicro())
	tx.wrote = before
	return n == 1, err
}

// Audited marks the transaction as recorded. Only audit.Write calls it.
func (tx *Tx) Audited() { tx.audited = true }

// bind turns $n into SQLite's ?n, because SQLite would take $1 for a name and number it
// by first appearance. Parameters that stand once each and in order become plain ?: the
// driver looks a numbered one up by walking all of them, which for a thousand rows in
// one statement costs more than inserting them.
func (db *DB) bind(query string) string {
	if db.dialect == Postgres {
		return query
	}
	if bound, ok := bindings.Load(query); ok {
		return bound.(string)
	}
	bound, inOrder := rebind(query, true)
	if !inOrder {
		bound, _ = rebind(query, false)
	}
	// Queries built with a varying number of parameters are rare; a bound keeps the
	// cache from growing without end.
	if bindingCount.add() < 4096 {
		bindings.Store(query, bound)
	}
	return bound
}

// rebind rewrites parameters, plain or numbered, and reports whether the k-th was $k.
func rebind(query string, plain bool) (string, bool) {
	var b strings.Builder
	b.Grow(len(query))
	quoted, inOrder, count := false, true, 0
	for i := 0; i < len(query); i++ {
		c := query[i]
		if c == '\'' {
			quoted = !quoted
		}
		if c != '$' || quoted {
			b.WriteByte(c)
			continue
		}
		number := 0
		end := i + 1
		for ; end < len(query) && query[end] >= '0' && query[end] <= '9'; end++ {
			number = number*10 + int(query[end]-'0')
		}
		if number == 0 {
			b.WriteByte(c)
			continue
		}
		count++
		inOrder = inOrder && number == count
		b.WriteByte('?')
		if !plain {
			b.WriteString(query[i+1 : end])
		}
		i = end - 1
	}
	return b.String(), inOrder
}

var (
	bindings     sync.Map
	bindingCount counter
)

type counter struct {
	sync.Mutex
	n int
}

func (c *counter) add() int {
	c.Lock()
	defer c.Unlock()
	c.n++
	return c.n
}
