package store

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// A file beside a SQLite database holds room that nothing else can take. When the disk is
// full it is given up piece by piece, so that whoever must stop a message still can.
const (
	reserveSize  = 16 << 20
	reservePiece = 1 << 20
	// The platform's own work leaves this much to what people do; telemetry leaves it all.
	reserveForPeople = reserveSize / 2
	// What people do leaves this much to what cannot wait; files that go with that leave
	// half of it to the database.
	reserveForVital = reserveSize / 4
	reserveLook     = 5 * time.Second // how often it is looked for room to make the reserve anew
)

// noRoom reports whether the database found no room for a write.
func noRoom(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "53100"
	}
	var lite *sqlite.Error
	// The index of the WAL is grown by other means than the rest.
	return errors.As(err, &lite) && (lite.Code()&0xff == sqlite3.SQLITE_FULL || lite.Code() == sqlite3.SQLITE_IOERR_SHMSIZE)
}

// errFull is what a write that found no room is to whoever asked for it.
func errFull(err error) error { return fault.New(fault.Full, "store.full").Because(err) }

// Spare refuses telemetry while the disk is full, so that it does not use up the room that
// people need.
func (db *DB) Spare() error {
	if db.Short() {
		return errFull(errors.New("store: telemetry waits until the disk has room"))
	}
	return nil
}

type sparedKey struct{}

// ForPeople marks what is done because somebody asked for it and waits: drafts, edits and
// other office work. It may use the reserve but for its last part.
func ForPeople(ctx context.Context) context.Context {
	return context.WithValue(ctx, sparedKey{}, int64(reserveForVital))
}

// Vital marks what somebody waits for and must not be kept from: sending, cancelling,
// stopping, signing in. It may use the whole reserve.
func Vital(ctx context.Context) context.Context {
	return context.WithValue(ctx, sparedKey{}, int64(0))
}

// spared is how much of the reserve the work of ctx leaves alone.
func spared(ctx context.Context) int64 {
	if keep, ok := ctx.Value(sparedKey{}).(int64); ok {
		return keep
	}
	return reserveForPeople
}

// Afford refuses office work once the last part of the reserve is in use: what is given up
// of that makes more room than was asked for, and the rest is for what comes next.
func (db *DB) Afford(ctx context.Context) error {
	if spared(ctx) != reserveForVital || !db.Short() {
		return nil
	}
	if f, err := os.Stat(db.reservePath()); err != nil || f.Size() >= reserveForVital {
		return nil
	}
	return errFull(errors.New("store: the last of the reserve is for sending and stopping"))
}

// Short reports that the disk is full, or was and the reserve is not whole again.
func (db *DB) Short() bool { return db.short.Load() }

func (db *DB) reservePath() string { return strings.TrimPrefix(db.dsn, "sqlite:") + ".reserve" }

// yield gives up a piece of the reserve unless no more than keep is left of it. A server
// of its own looks after PostgreSQL's disk.
func (db *DB) yield(keep int64) bool {
	if db.dialect != SQLite {
		return false
	}
	if !db.short.Swap(true) {
		slog.Error("the disk is full: what people do is kept while the reserve lasts, telemetry is not", "reserve", db.reservePath())
	}
	f, err := os.Stat(db.reservePath())
	if err != nil || f.Size() <= keep {
		return false
	}
	return os.Truncate(db.reservePath(), max(keep, f.Size()-reservePiece)) == nil
}

// MakeRoom gives up a piece of the reserve for a file on the same disk, such as the speech
// of a message, and reports whether it did. Half is left to the database, or half of its
// last part where ctx is Vital.
func (db *DB) MakeRoom(ctx context.Context) bool {
	if spared(ctx) == 0 {
		return db.yield(reserveForVital / 2)
	}
	return db.yield(reserveForPeople)
}

// KeepReserve makes the reserve, and makes it anew after it was used and there is room
// again, until ctx ends.
func (db *DB) KeepReserve(ctx context.Context) {
	if db.dialect != SQLite {
		return
	}
	failed := false
	look := func(context.Context) {
		roomy, err := db.refill()
		if (err != nil) != failed {
			if failed = err != nil; failed {
				slog.Warn("the reserve for a full disk could not be made", "error", err)
			}
		}
		if roomy && db.short.Swap(false) {
			slog.Info("the disk has room again and the reserve is whole")
		}
	}
	look(ctx)
	db.clock.Every(ctx, reserveLook, look)
}

// refill makes the reserve whole where the disk has room for what is missing and as much
// again, and reports whether there is room.
func (db *DB) refill() (roomy bool, err error) {
	path, had := db.reservePath(), int64(0)
	if s, err := os.Stat(path); err == nil {
		had = s.Size()
	}
	free, known := available(path)
	missing := reserveSize - had
	if !known || missing <= 0 {
		return !known || free >= 2*reservePiece, nil
	}
	if free < 2*max(missing, reservePiece) {
		return false, nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return false, err
	}
	// Bytes that no file system can pack, and flushed, so that the room is truly taken.
	_, err = io.CopyN(f, rand.NewChaCha8([32]byte{}), missing)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return false, errors.Join(err, os.Truncate(path, had))
	}
	return true, nil
}
