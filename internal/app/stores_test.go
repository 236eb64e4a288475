package app

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/config"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

func TestANodeWithoutItsSecretSaysSoAndMakesNoOther(t *testing.T) {
	cfg := config.Default()
	cfg.Data, cfg.MQTT.Listen = t.TempDir(), ""
	open := func() error {
		a, err := Open(context.Background(), cfg, slog.New(slog.DiscardHandler), "test")
		a.Close()
		return err
	}
	if err := open(); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(cfg.Data, "secret.key")
	kept, err := os.ReadFile(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(secret); err != nil {
		t.Fatal(err)
	}
	if err := open(); !fault.Is(err, "app.secret_missing") || fault.Of(err).Args["file"] != secret {
		t.Errorf("without the secret: %v", err)
	}
	if _, err := os.Stat(secret); err == nil {
		t.Error("another secret was made")
	}
	if err := os.WriteFile(secret, kept, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open(); err != nil {
		t.Errorf("with the secret put back: %v", err)
	}
}

func TestAMistypedFolderIsNoNode(t *testing.T) {
	cfg := config.Default()
	cfg.Data = filepath.Join(t.TempDir(), "mistyped")
	if err := Existing(cfg); err == nil {
		t.Error("it passed for one")
	}
	if _, err := os.Stat(cfg.Data); err == nil {
		t.Error("the folder was made")
	}
	cfg.Database = "postgres://elsewhere/city"
	if err := Existing(cfg); err != nil {
		t.Error(err)
	}
}
