package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// ErrServed says that another process serves the database.
var ErrServed = errors.New("another process serves this database")

// Lease is the right to serve a database: one process has it at a time, since what it
// keeps in memory (who is connected, how messages stand) is nobody else's.
type Lease struct {
	lost chan error
	stop func()
}

// Lost tells, at most once, why the lease is no longer held. Its holder must end.
func (l *Lease) Lost() <-chan error { return l.lost }

// Release gives the lease back.
func (l *Lease) Release() { l.stop() }

// TakeLease takes the database's lease; ErrServed when another process has it. It ends
// with the process, however that ends.
func (db *DB) TakeLease(ctx context.Context) (*Lease, error) {
	if db.dialect == Postgres {
		return db.leasePostgres(ctx)
	}
	f, err := LockFile(strings.TrimPrefix(db.dsn, "sqlite:") + ".lock")
	if err != nil {
		return nil, err
	}
	return &Lease{lost: make(chan error), stop: func() { f.Close() }}, nil
}

// LockFile makes a file where it is absent and locks it until it is closed or the process
// ends; ErrServed when it is locked already.
func LockFile(path string) (*os.File, error) { return lockFile(path, false) }

func lockFile(path string, together bool) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if err := lock(f, together); err != nil {
		f.Close()
		return nil, fmt.Errorf("store: %s: %w", path, err)
	}
	return f, nil
}

// leaseKey is the advisory lock's number, "TONGSHEN" in ASCII.
const leaseKey = 0x544F4E475348454E

const (
	leaseCheck   = 5 * time.Second
	leaseTimeout = 5 * time.Second
)

// leasePostgres holds an advisory lock in a session of its own and asks every few seconds
// whether the session still stands.
func (db *DB) leasePostgres(ctx context.Context) (*Lease, error) {
	conn, end, err := db.advisory(ctx, `SELECT pg_try_advisory_lock($1)`, leaseKey)
	if err != nil {
		return nil, err
	}
	watch, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	l := &Lease{lost: make(chan error, 1), stop: func() { cancel(); <-ended }}
	go func() {
		defer close(ended)
		defer end()
		db.clock.Every(watch, leaseCheck, func(ctx context.Context) {
			ask, cancel := context.WithTimeout(ctx, leaseTimeout)
			defer cancel()
			if _, err := conn.ExecContext(ask, `SELECT 1`); err != nil && watch.Err() == nil {
				select {
				case l.lost <- fmt.Errorf("store: the session that serves the database was lost: %w", err):
				default:
				}
			}
		})
	}()
	return l, nil
}

// advisory takes a lock in a session of its own, ErrServed when it may not. Ending it gives
// the lock back and ends the session, which the server itself does a little later only.
func (db *DB) advisory(ctx context.Context, query string, key int64) (conn *sql.Conn, end func(), err error) {
	if conn, err = db.write.Conn(ctx); err != nil {
		return nil, nil, fmt.Errorf("store: %w", err)
	}
	end = func() {
		done, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseTimeout)
		defer cancel()
		_, _ = conn.ExecContext(done, `SELECT pg_advisory_unlock_all()`) // a session that is lost has none
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	var taken bool
	if err := conn.QueryRowContext(ctx, query, key).Scan(&taken); err != nil || !taken {
		end()
		if err == nil {
			err = ErrServed
		}
		return nil, nil, fmt.Errorf("store: %w", err)
	}
	return conn, end, nil
}
