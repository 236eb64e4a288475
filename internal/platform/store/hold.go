package store

import (
	"context"
	"errors"
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
		query := `SELECT pg_try_advisory_lock($1)`
		if together {
			query = `SELECT pg_try_advisory_lock_shared($1)`
		}
		_, release, err = db.advisory(ctx, query, objectsKey)
		return release, err
	}
	f, err := lockFile(strings.TrimPrefix(db.dsn, "sqlite:")+".objects", together)
	if err != nil {
		return nil, err
	}
	return func() { f.Close() }, nil
}
