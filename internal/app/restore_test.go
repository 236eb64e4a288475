package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/backup"
	"github.com/tongsheng/tongsheng/internal/platform/config"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// midway calls back once half of what it reads was read.
type midway struct {
	*bytes.Reader
	then func()
}

func (m *midway) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p[:min(len(p), 4<<10)])
	if m.then != nil && int64(m.Len()) < m.Size()/2 {
		m.then()
		m.then = nil
	}
	return n, err
}

// A database server keeps the tables of a restore that failed: no node starts with them, and
// a restore into another database ends that.
func TestHalfARestoreIntoPostgresIsNoNode(t *testing.T) {
	a, ctx := openTest(t), context.Background()
	var file bytes.Buffer
	if err := backup.Write(ctx, &file, "test", a.db, a.objects, nil); err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	cfg.Data, cfg.MQTT.Listen, cfg.Database = t.TempDir(), "", storetest.PostgresAddress(t)
	if _, err := Restore(ctx, cfg, bytes.NewReader(file.Bytes()[:file.Len()*2/3]), nil); err == nil {
		t.Fatal("a backup that was cut short was restored")
	}
	start := func() error {
		node, err := Open(ctx, cfg, slog.New(slog.DiscardHandler), "test")
		node.Close()
		return err
	}
	if err := start(); !fault.Is(err, "app.restore_unfinished") {
		t.Errorf("a node started with half a restore: %v", err)
	}
	if _, err := Restore(ctx, cfg, bytes.NewReader(file.Bytes()), nil); !errors.Is(err, backup.ErrNotEmpty) {
		t.Errorf("into the same database: %v", err)
	}
	if err := start(); !fault.Is(err, "app.restore_unfinished") {
		t.Errorf("a node started with half a restore, tried again: %v", err)
	}
	cfg.Database = storetest.PostgresAddress(t)
	if _, err := Restore(ctx, cfg, bytes.NewReader(file.Bytes()), nil); err != nil {
		t.Fatal(err)
	}
	secret, err := os.ReadFile(SecretPath(a.cfg))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(SecretPath(cfg), secret, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := start(); err != nil {
		t.Errorf("the whole restore: %v", err)
	}
	if _, err := Restore(ctx, cfg, bytes.NewReader(file.Bytes()), nil); !errors.Is(err, backup.ErrNotEmpty) {
		t.Errorf("over a node: %v", err)
	}
	if err := start(); err != nil {
		t.Errorf("the node over which a restore was tried: %v", err)
	}
}

// A restore that was a mistake leaves a node as it is: it starts again.
func TestAMistakenRestoreBlocksNoNode(t *testing.T) {
	ctx := context.Background()
	ended, end := context.WithCancel(ctx)
	defer end()
	for name, try := range map[string]func(config.Config) error{
		"a file that is no backup": func(cfg config.Config) error {
			_, err := Restore(ctx, cfg, strings.NewReader("a letter"), nil)
			return err
		},
		"given up while the manifest is read": func(cfg config.Config) error {
			_, err := Restore(ended, cfg, &midway{bytes.NewReader(make([]byte, 64<<10)), end}, nil)
			return err
		},
		"a database that does not answer": func(cfg config.Config) error {
			if _, file := sqliteFile(cfg); !file {
				cfg.Database = "postgres://127.0.0.1:1/none"
			}
			_, err := Restore(ctx, cfg, strings.NewReader("a letter"), nil)
			return err
		},
	} {
		for kind, database := range map[string]string{"SQLite": config.Default().Database, "PostgreSQL": storetest.PostgresAddress(t)} {
			t.Run(name+" "+kind, func(t *testing.T) {
				cfg := config.Default()
				cfg.Data, cfg.MQTT.Listen, cfg.Database = t.TempDir(), "", database
				for range 2 { // as a new node, and as one that was started before
					if err := try(cfg); err == nil {
						t.Fatal("it was restored")
					}
					node, err := Open(ctx, cfg, slog.New(slog.DiscardHandler), "test")
					if err != nil {
						t.Fatal(err)
					}
					node.Close()
				}
			})
		}
	}
}

// A disk that has no room for the mark of a restore keeps none.
func TestARestoreOnAFullDiskLeavesNoMark(t *testing.T) {
	cfg := config.Default()
	cfg.Data = storetest.Disk(t, 1<<20)
	full, err := os.Create(filepath.Join(cfg.Data, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	for err == nil {
		_, err = full.Write(make([]byte, 1<<12))
	}
	if _, err := Restore(context.Background(), cfg, strings.NewReader("a letter"), nil); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("on a full disk: %v", err)
	}
	if err := whole(cfg); err != nil {
		t.Error(err)
	}
}

func TestHalfARestoreIsNoNode(t *testing.T) {
	a, ctx := openTest(t), context.Background()
	serial := 0
	s := &scene{home, a, t, &serial, map[string]request{}}
	s.recording(s.device())
	var file bytes.Buffer
	if err := backup.Write(ctx, &file, "test", a.db, a.objects, nil); err != nil {
		t.Fatal(err)
	}
	folder := func() config.Config {
		cfg := config.Default()
		cfg.Data, cfg.MQTT.Listen = t.TempDir(), ""
		secret, err := os.ReadFile(SecretPath(a.cfg))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(SecretPath(cfg), secret, 0o600); err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	start := func(cfg config.Config) error {
		node, err := Open(ctx, cfg, slog.New(slog.DiscardHandler), "test")
		node.Close()
		return err
	}

	cut := folder()
	if _, err := Restore(ctx, cut, bytes.NewReader(file.Bytes()[:file.Len()*2/3]), nil); err == nil {
		t.Error("a backup that was cut short was restored")
	}
	if left, err := os.ReadDir(cut.Data); err != nil || len(left) != 2 || left[0].Name() != folderLock || left[1].Name() != "secret.key" {
		t.Errorf("the failed restore left %v, %v", left, err)
	}

	whole, killed := folder(), config.Default()
	killed.Data, killed.MQTT.Listen = t.TempDir(), ""
	_, err := Restore(ctx, whole, &midway{bytes.NewReader(file.Bytes()), func() {
		if err := errors.Join(os.CopyFS(killed.Data, os.DirFS(whole.Data)), os.Chmod(SecretPath(killed), 0o600)); err != nil {
			t.Fatal(err)
		}
		if _, err := Restore(ctx, whole, bytes.NewReader(file.Bytes()), nil); err == nil {
			t.Error("a second restore took the folder from the first")
		}
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := start(whole); err != nil {
		t.Errorf("the whole restore: %v", err)
	}
	for name, refuse := range map[string]func() error{"serve": func() error { return start(killed) }, "backup": func() error { return Existing(killed) },
		"reset": func() error { _, err := ResetAccount(ctx, killed, "officer"); return err }} {
		if err := refuse(); !fault.Is(err, "app.restore_unfinished") {
			t.Errorf("%s in the folder of a killed restore: %v", name, err)
		}
	}
	if _, err := Restore(ctx, killed, bytes.NewReader(file.Bytes()), nil); err != nil {
		t.Fatalf("again: %v", err)
	}
	if err := start(killed); err != nil {
		t.Errorf("the restore that was run again: %v", err)
	}
}
