package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/backup"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

var sound = blob.DigestKey(blob.Digest([]byte("sound")))

func objects(t *testing.T) blob.Store {
	t.Helper()
	f, err := blob.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A node is backed up while it is written to, restored into each kind of database, and
// its audit chain still verifies there.
func TestRestoredNodeProvesItself(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		ctx := context.Background()
		from := objects(t)
		if err := from.Put(ctx, sound, strings.NewReader("sound"), 5); err != nil {
			t.Fatal(err)
		}
		note := func(n int) {
			err := db.Update(ctx, func(tx *store.Tx) error {
				return audit.Write(ctx, tx, audit.Entry{Action: "test.do", Object: fmt.Sprint("thing:", n), Detail: map[string]any{"引号": `"'\`, "n": n}})
			})
			if err != nil {
				t.Error(err)
			}
		}
		for n := range 50 {
			note(n)
		}
		if _, err := audit.Seal(ctx, db); err != nil {
			t.Fatal(err)
		}
		before, err := audit.Verify(ctx, db, audit.Against{})
		if err != nil {
			t.Fatal(err)
		}
		writing, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			for n := 50; ; n++ {
				select {
				case <-writing:
					return
				default:
					note(n)
				}
			}
		}()
		var file bytes.Buffer
		err = backup.Write(ctx, &file, "test", db, from, nil)
		close(writing)
		<-done
		if err != nil {
			t.Fatal(err)
		}
		for _, target := range []string{"sqlite", "postgres"} {
			t.Run("into "+target, func(t *testing.T) {
				into := emptyDatabase(t, target)
				to := objects(t)
				m, _, err := backup.Restore(ctx, bytes.NewReader(file.Bytes()), into, to, nil, nil)
				if err != nil {
					t.Fatal(err)
				}
				if m.Site != "test" || !m.Made.Equal(clk.Now()) {
					t.Errorf("manifest %+v", m)
				}
				after, err := audit.Verify(ctx, into, audit.Against{Head: before.Head})
				if err != nil || len(after.Broken) != 0 || after.Records < before.Records {
					t.Errorf("the chain does not hold after restore: %+v, %v", after, err)
				}
				if _, err := to.Stat(ctx, sound); err != nil {
					t.Error(err)
				}
				if _, _, err := backup.Restore(ctx, bytes.NewReader(file.Bytes()), into, to, nil, nil); !errors.Is(err, backup.ErrNotEmpty) {
					t.Errorf("restored over a node that holds something: %v", err)
				}
			})
		}
	})
}

func emptyDatabase(t *testing.T, kind string) *store.DB {
	t.Helper()
	if kind == "sqlite" {
		return storetest.EmptySQLite(t)
	}
	return storetest.EmptyPostgres(t)
}

func TestWhatIsNotABackupIsRefused(t *testing.T) {
	ctx := context.Background()
	db := storetest.EmptySQLite(t)
	good := func() []byte {
		var file bytes.Buffer
		source, _ := storetest.SQLite(t)
		if err := backup.Write(ctx, &file, "test", source, objects(t), nil); err != nil {
			t.Fatal(err)
		}
		return file.Bytes()
	}()
	for name, raw := range map[string][]byte{
		"nothing": nil, "noise": []byte("not a backup at all"), "cut off": good[:len(good)/2],
	} {
		if _, _, err := backup.Restore(ctx, bytes.NewReader(raw), db, objects(t), nil, nil); err == nil {
			t.Errorf("%s was restored", name)
		}
		if versions, err := db.Versions(ctx, db); err == nil && len(versions) > 0 {
			db = storetest.EmptySQLite(t) // tables were made, nothing was put in them
		}
	}
}
