package app

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/backup"
	"github.com/tongsheng/tongsheng/internal/platform/config"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Whoever finds the folder taken changes nothing in it, not even what the other has not
// made yet.
func TestATakenFolderIsLeftAlone(t *testing.T) {
	cfg, ctx := config.Default(), context.Background()
	cfg.Data, cfg.MQTT.Listen = filepath.Join(t.TempDir(), "new"), ""
	folder, err := takeFolder(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for name, refused := range map[string]func() error{
		"a restore": func() error { _, err := Restore(ctx, cfg, bytes.NewReader(nil), nil); return err },
		"a node":    func() error { _, err := Open(ctx, cfg, slog.New(slog.DiscardHandler), "test"); return err },
	} {
		if err := refused(); !fault.Is(err, "app.folder_taken") {
			t.Errorf("%s: %v", name, err)
		}
		if left, err := os.ReadDir(cfg.Data); err != nil || len(left) != 1 {
			t.Errorf("%s left %v, %v", name, left, err)
		}
	}
	folder.Close()
	node, err := Open(ctx, cfg, slog.New(slog.DiscardHandler), "test")
	if err != nil {
		t.Errorf("the folder was not given back: %v", err)
	}
	node.Close()
}

// Restores and nodes that start at once in a new folder: one has it, and what it makes is
// whole.
func TestRestoresAndNodesAtOnce(t *testing.T) {
	a, ctx := openTest(t), context.Background()
	if _, err := a.FirstStart(ctx, 0); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := backup.Write(ctx, &file, "test", a.db, a.objects, nil); err != nil {
		t.Fatal(err)
	}
	secret, err := os.ReadFile(SecretPath(a.cfg))
	if err != nil {
		t.Fatal(err)
	}
	for round := range 6 {
		cfg := config.Default()
		cfg.Data, cfg.MQTT.Listen = t.TempDir(), ""
		if err := os.WriteFile(SecretPath(cfg), secret, 0o600); err != nil {
			t.Fatal(err)
		}
		var failed [3]error
		var at sync.WaitGroup
		for i := range failed {
			at.Go(func() {
				if i == 2 && round%2 == 1 { // every other round has a node among the restores
					var node *App
					node, failed[i] = Open(ctx, cfg, slog.New(slog.DiscardHandler), "test")
					node.Close()
					return
				}
				_, failed[i] = Restore(ctx, cfg, bytes.NewReader(file.Bytes()), nil)
			})
		}
		at.Wait()
		node, err := Open(ctx, cfg, slog.New(slog.DiscardHandler), "test")
		if err != nil {
			t.Fatalf("round %d: no node starts: %v; at once: %v", round, err, failed)
		}
		var people int
		if err := node.db.QueryRow(ctx, "SELECT count(*) FROM account_user").Scan(&people); err != nil {
			t.Error(err)
		}
		node.Close()
		if restored := failed[0] == nil || failed[1] == nil || failed[2] == nil && round%2 == 0; restored != (people > 0) {
			t.Fatalf("round %d: %d people; at once: %v", round, people, failed)
		}
		if round%2 == 0 && people == 0 {
			t.Fatalf("round %d: no restore had the folder: %v", round, failed)
		}
	}
}
