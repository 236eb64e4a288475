// Package store keeps rows: hand-written SQL that runs unchanged on SQLite (one
// writer, a pool of readers, WAL) and on PostgreSQL. Parameters are written $1…$n,
// keys are ULID text, times are UTC microseconds, JSON is text.
package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/oklog/ulid/v2"
	_ "modernc.org/sqlite" // the "sqlite" driver

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Dialect tells which database stands behind a DB. Only this package and backup ask.
type Dialect string

// The two databases.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// DB is an open database.
type DB struct {
	dialect Dialect
	write   *sql.DB
	read    *sql.DB
	clock   clock.Clock
	commits *signal
	outbox  *signal
	dsn     string
	short   atomic.Bool // the disk is full, or was and the reserve is not whole again

	kept      sync.Map // *sql.Stmt of the writer on SQLite, by query
	keptCount atomic.Int64
}

// Open opens a database by address: "sqlite:PATH" (the file and its folder are made
// when absent) or "postgres://…".
func Open(ctx context.Context, dsn string, clk clock.Clock) (*DB, error) {
	db := &DB{clock: clk, commits: newSignal(), outbox: newSignal(), dsn: dsn}
	var err error
	switch {
	case strings.HasPrefix(dsn, "sqlite:"):
		db.dialect = SQLite
		err = db.openSQLite(strings.TrimPrefix(dsn, "sqlite:"))
		for noRoom(err) && db.yield(reserveForPeople) { // a node starts on a full disk too
			err = db.openSQLite(strings.TrimPrefix(dsn, "sqlite:"))
		}
		if noRoom(err) {
			err = errFull(err)
		}
	case strings.HasPrefix(dsn, "postgres://"), strings.HasPrefix(dsn, "postgresql://"):
		db.dialect = Postgres
		err = db.openPostgres(dsn)
	default:
		return nil, fmt.Errorf("store: address must begin with sqlite: or postgres://")
	}
	if err != nil {
		return nil, err
	}
	if err := db.write.PingContext(ctx); err != nil {
		db.Close()
		return nil, fmt.Errorf("store: open %s database: %w", db.dialect, err)
	}
	if err := db.sortsByBytes(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// sortsByBytes refuses a database that sorts text as a language does: who may see what is
// asked by ranges of region paths, which would then hold other regions, or not all.
func (db *DB) sortsByBytes(ctx context.Context) error {
	var sorts bool
	err := db.read.QueryRowContext(ctx, `SELECT column1 < '11.b' AND '11.b' < '11/' AND '11/' < '110' AND 'B' < 'a' FROM (VALUES ('11.B')) texts`).Scan(&sorts)
	if err != nil {
		return fmt.Errorf("store: open %s database: %w", db.dialect, err)
	}
	if !sorts {
		return fault.New(fault.Conflict, "store.locale")
	}
	return nil
}

// Readers on SQLite: enough for two cores' worth of lists; each costs a page cache.
const sqliteReaders = 4

func (db *DB) openSQLite(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	// Nobody else on the machine reads it; its companions take its mode.
	if f, err := os.OpenFile(path, os.O_CREATE|os.O_RDONLY, 0o600); err != nil {
		return fmt.Errorf("store: %w", err)
	} else if err := f.Close(); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	// FULL: a committed alert or audit record survives a power cut.
	pragmas := url.Values{"_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "mmap_size(1073741824)",
	}}
	// A city's receipts go into several trees at once: with the default cache of 2 MB the
	// writer would read the same pages again and again.
	writer := url.Values{"_txlock": {"immediate"}, "_pragma": append([]string{"cache_size(-16000)"}, pragmas["_pragma"]...)}
	reader := url.Values{"_pragma": append([]string{"query_only(1)", "cache_size(-2000)"}, pragmas["_pragma"]...)}
	file := "file:" + (&url.URL{Path: path}).EscapedPath()
	var err error
	if db.write, err = sql.Open("sqlite", file+"?"+writer.Encode()); err != nil {
		return err
	}
	db.write.SetMaxOpenConns(1)
	// The file and its WAL must exist before a query-only reader opens it.
	if err = db.write.Ping(); err != nil {
		db.write.Close()
		return fmt.Errorf("store: open %s: %w", path, err)
	}
	if db.read, err = sql.Open("sqlite", file+"?"+reader.Encode()); err != nil {
		return err
	}
	db.read.SetMaxOpenConns(sqliteReaders)
	db.read.SetConnMaxIdleTime(time.Minute)
	return nil
}

func (db *DB) openPostgres(dsn string) error {
	conf, err := pgx.ParseConfig(dsn)
	if err != nil {
		return err
	}
	// What is asked for decides how to look for it: a district's devices are few, a city's
	// all. A plan made for any of them would be a bad one for most.
	conf.RuntimeParams["plan_cache_mode"] = "force_custom_plan"
	// No single question may take more than one core from the rest: a count of the whole
	// register would take them all for as long as it lasts.
	conf.RuntimeParams["max_parallel_workers_per_gather"] = "0"
	pool := stdlib.OpenDB(*conf)
	// A connection is dear to make and carries its prepared statements: all are kept while
	// there is work, and let go when there is none.
	pool.SetMaxOpenConns(16)
	pool.SetMaxIdleConns(16)
	pool.SetConnMaxIdleTime(time.Minute)
	db.write, db.read = pool, pool
	return nil
}

// Close releases the database.
func (db *DB) Close() error {
	var first error
	if db.read != nil && db.read != db.write {
		first = db.read.Close()
	}
	if db.write != nil {
		if err := db.write.Close(); first == nil {
			first = err
		}
	}
	return first
}

// Dialect says which database this is.
func (db *DB) Dialect() Dialect { return db.dialect }

// Clock is the clock that transactions read.
func (db *DB) Clock() clock.Clock { return db.clock }

// Commits wakes its reader after each commit of Update; several commits may wake it once.
func (db *DB) Commits() <-chan struct{} { return db.commits.c }

// OutboxReady wakes its reader after a commit that emitted events.
func (db *DB) OutboxReady() <-chan struct{} { return db.outbox.c }

// Size is how many bytes the database takes on disk.
func (db *DB) Size(ctx context.Context) (int64, error) {
	query := "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
	if db.dialect == Postgres {
		query = "SELECT pg_database_size(current_database())"
	}
	var n int64
	err := db.read.QueryRowContext(ctx, query).Scan(&n)
	return n, err
}

// signal is a level: raised any number of times, taken once.
type signal struct{ c chan struct{} }

func newSignal() *signal { return &signal{make(chan struct{}, 1)} }

func (s *signal) raise() {
	select {
	case s.c <- struct{}{}:
	default:
	}
}

// order is the random part of IDs. It only grows while the process lives, so that IDs of
// one millisecond are in the order in which they were made, whatever other times came between.
type order struct {
	sync.Mutex
	*ulid.MonotonicEntropy
}

// MonotonicRead gives ulid one endless moment to grow in.
func (o *order) MonotonicRead(_ uint64, entropy []byte) error {
	return o.MonotonicEntropy.MonotonicRead(1, entropy)
}

var made = &order{MonotonicEntropy: ulid.Monotonic(rand.Reader, 0)}

// NewID makes a ULID: 26 characters that sort by the time they were made.
func NewID(now time.Time) string {
	made.Lock()
	defer made.Unlock()
	return ulid.MustNew(ulid.Timestamp(now), made).String()
}

// FirstID is the least that NewID could make within the millisecond of t: what was made
// from then on is a range of the key.
func FirstID(t time.Time) string {
	ms := uint64(max(t.UnixMilli(), 0))
	var id ulid.ULID
	_ = id.SetTime(min(ms, ulid.MaxTime())) // fails beyond MaxTime only
	return id.String()
}
