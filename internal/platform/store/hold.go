package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// While a backup is written, by whatever process, no object that its rows may name is
// deleted: whoever copies holds the objects, and who deletes stands back.

// objectsKey is the advisory lock's number, "TONGSHOB" in ASCII.
const objectsKey = 0x544F4E4753484F42

// holdLook is how often a backup looks whether a batch of deletions is over.
const holdLook = 50 * time.Millisecond

// HoldObjects waits until nobody deletes objects, and keeps all from it until what it
// returns is called.
func (db *DB) HoldObjects(ctx context.Context) (release func(), err error) {
	for {
		release, err := db.hold(ctx, true)
		if !errors.Is(err, ErrServed) {
			return release, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(holdLook):
		}
	}
}

// DropObjects lets fn delete objects unless somebody holds them; it reports whether fn ran.
func (db *DB) DropObjects(ctx context.Context, fn func() error) (ran bool, err error) {
	release, err := db.hold(ctx, false)
	if errors.Is(err, ErrServed) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer release()
	return true, fn()
}

// hold takes the objects, together with others or alone; ErrServed when it may not.
func (db *DB) hold(ctx context.Context, together bool) (release func(), err error) {
	if db.dialect == Postgres {
		return db.holdPostgres(ctx, together)
	}
	f, err := os.OpenFile(strings.TrimPrefix(db.dsn, "sqlite:")+".objects", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if err := lock(f, together); err != nil {
		f.Close()
		return nil, fmt.Errorf("store: %w", err)
	}
	return func() { f.Close() }, nil
}

func (db *DB) holdPostgres(ctx context.Context, together bool) (release func(), err error) {
	query := `SELECT pg_try_advisory_lock($1)`
	if together {
		query = `SELECT pg_try_advisory_lock_shared($1)`
	}
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	release = func() { _ = conn.Raw(func(any) error { return driver.ErrBadConn }) } // the session ends with its lock
	var taken bool
	if err := conn.QueryRowContext(ctx, query, int64(objectsKey)).Scan(&taken); err != nil || !taken {
		release()
		if err == nil {
			err = ErrServed
		}
		return nil, fmt.Errorf("store: %w", err)
	}
	return release, nil
}
