// Package storetest gives a test a fresh, migrated database of each kind.
package storetest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Start is the time at which the clock of every test database stands.
var Start = time.Date(2026, 7, 21, 15, 30, 0, 0, time.UTC)

// Each runs fn once on SQLite and once on PostgreSQL, in parallel, each time with the
// sets migrated and a manual clock.
func Each(t *testing.T, fn func(t *testing.T, db *store.DB, clk *clock.Manual), sets ...store.Migrations) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		db, clk := SQLite(t, sets...)
		fn(t, db, clk)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		db, clk := Postgres(t, sets...)
		fn(t, db, clk)
	})
}

// SQLite opens a migrated database in the test's folder.
func SQLite(t testing.TB, sets ...store.Migrations) (*store.DB, *clock.Manual) {
	t.Helper()
	clk := clock.NewManual(Start)
	path := filepath.Join(t.TempDir(), "test.db")
	template := sqliteTemplate(t, sets)
	if err := os.WriteFile(path, template, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, "sqlite:"+path, clk), clk
}

// Postgres opens a clone of a migrated template in the run's throwaway cluster.
func Postgres(t testing.TB, sets ...store.Migrations) (*store.DB, *clock.Manual) {
	t.Helper()
	clk := clock.NewManual(Start)
	name := clonePostgres(t, sets)
	return open(t, address(name), clk), clk
}

// EmptySQLite opens a database without any tables.
func EmptySQLite(t testing.TB) *store.DB {
	t.Helper()
	return open(t, "sqlite:"+filepath.Join(t.TempDir(), "empty.db"), clock.NewManual(Start))
}

// PostgresAddress is the address of an empty PostgreSQL database, for processes that open it
// themselves.
func PostgresAddress(t testing.TB) string { return address(makeDatabase(t, "template0")) }

// EmptyPostgres opens a database without any tables.
func EmptyPostgres(t testing.TB) *store.DB {
	t.Helper()
	return open(t, PostgresAddress(t), clock.NewManual(Start))
}

func open(t testing.TB, dsn string, clk clock.Clock) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), dsn, clk)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

var sqliteTemplates = struct {
	sync.Mutex
	byKey map[string][]byte
}{byKey: map[string][]byte{}}

// sqliteTemplate migrates once per process and set of migrations; a test starts from a copy.
func sqliteTemplate(t testing.TB, sets []store.Migrations) []byte {
	t.Helper()
	key := fingerprint(t, sets)
	sqliteTemplates.Lock()
	defer sqliteTemplates.Unlock()
	if raw, ok := sqliteTemplates.byKey[key]; ok {
		return raw
	}
	path := filepath.Join(t.TempDir(), "template.db")
	db, err := store.Open(context.Background(), "sqlite:"+path, clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(context.Background(), sets...); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil { // the last close folds the WAL into the file
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sqliteTemplates.byKey[key] = raw
	return raw
}

var clones atomic.Int64

func clonePostgres(t testing.TB, sets []store.Migrations) string {
	t.Helper()
	admin, err := sql.Open("pgx", address("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	template := "template_" + fingerprint(t, sets)
	if err := ensureTemplate(context.Background(), admin, template, sets); err != nil {
		t.Fatalf("storetest: PostgreSQL: %v", err)
	}
	return makeDatabase(t, template)
}

// makeDatabase clones a template for one test and drops the clone afterwards.
func makeDatabase(t testing.TB, template string) string {
	t.Helper()
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), clones.Add(1))
	run := func(stmt string) error {
		admin, err := sql.Open("pgx", address("postgres"))
		if err != nil {
			return err
		}
		defer admin.Close()
		_, err = admin.Exec(stmt)
		return err
	}
	if err := run("CREATE DATABASE " + name + " TEMPLATE " + template); err != nil {
		t.Fatalf("storetest: clone: %v", err)
	}
	t.Cleanup(func() { _ = run("DROP DATABASE " + name + " WITH (FORCE)") })
	return name
}

// ensureTemplate makes and migrates the template unless another test or process has.
func ensureTemplate(ctx context.Context, admin *sql.DB, template string, sets []store.Migrations) error {
	conn, err := admin.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock(20260721)"); err != nil {
		return err
	}
	defer conn.ExecContext(ctx, "SELECT pg_advisory_unlock(20260721)")
	var exists bool
	if err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", template).Scan(&exists); err != nil || exists {
		return err
	}
	building := template + "_building"
	for _, stmt := range []string{"DROP DATABASE IF EXISTS " + building, "CREATE DATABASE " + building} {
		if _, err := conn.ExecContext(ctx, stmt); err != nil {
			return err
		}
	}
	db, err := store.Open(ctx, address(building), clock.System{})
	if err != nil {
		return err
	}
	err = db.Migrate(ctx, sets...)
	db.Close()
	if err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "ALTER DATABASE "+building+" RENAME TO "+template)
	return err
}

// fingerprint names a set of migrations by its content.
func fingerprint(t testing.TB, sets []store.Migrations) string {
	t.Helper()
	h := sha256.New()
	for _, set := range append([]store.Migrations{store.PlatformMigrations()}, sets...) {
		fmt.Fprintln(h, set.Module)
		err := fs.WalkDir(set.FS, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".sql") {
				return err
			}
			raw, err := fs.ReadFile(set.FS, path)
			fmt.Fprintln(h, path, len(raw))
			h.Write(raw)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// ConflictOnce makes the next transaction of a PostgreSQL database that inserts into a table run again,
// as when it met another. SQLite has one writer, who meets none.
func ConflictOnce(t testing.TB, db *store.DB, table string) {
	t.Helper()
	if db.Dialect() != store.Postgres {
		return
	}
	err := db.Housekeep(t.Context(), func(tx *store.Tx) error {
		for _, statement := range []string{
			`CREATE SEQUENCE conflict_once`, // counts on though its transaction is undone
			`CREATE FUNCTION conflict_once() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF nextval(''conflict_once'') = 1 THEN RAISE EXCEPTION ''again'' USING ERRCODE = ''40001''; END IF; RETURN NEW; END'`,
			`CREATE TRIGGER conflict_once BEFORE INSERT ON ` + table + ` FOR EACH ROW EXECUTE FUNCTION conflict_once()`,
		} {
			if _, err := tx.Exec(t.Context(), statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
