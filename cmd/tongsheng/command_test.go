package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/app"
	"github.com/tongsheng/tongsheng/internal/platform/config"
)

// run runs the command in a language and gives what it wrote and its exit status.
func run(t *testing.T, lang string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	cmd := command(t, args...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	cmd.Env = append(cmd.Env, "LC_ALL="+lang)
	if err := cmd.Run(); err != nil {
		exit, ok := err.(*exec.ExitError)
		if !ok {
			t.Fatal(err)
		}
		status = exit.ExitCode()
	}
	return out.String(), said.String(), status
}

func TestCityCheckSpeaksTheUsersLanguage(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "city.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string]string{"zh_CN.UTF-8": "缺少此文件。", "en_GB.UTF-8": "The file is missing.", "C": "缺少此文件。"} {
		out, _, status := run(t, lang, "city", "check", dir)
		if status != 1 || !strings.Contains(out, want) {
			t.Errorf("%s: exit %d\n%s", lang, status, out)
		}
		for line := range strings.Lines(out) {
			var f struct{ File, Code, Message string }
			if err := json.Unmarshal([]byte(line), &f); err != nil || f.File == "" || f.Code == "" || f.Message == "" || f.Message == f.Code {
				t.Errorf("%s: %v %s", lang, err, line)
			}
		}
	}
}

func TestWrongUseIsTold(t *testing.T) {
	for want, calls := range map[int][][]string{
		2: {{"nonsense"}, {"config", "print", "--nonsense"}, {"config", "print", "--set", "foo.bar=1"}, {"config", "print", "--set", "site"}, {"city", "check"},
			{"terminal", "simulate", "--dir", "x", "--server", "http://127.0.0.1:1", "--count", "0"},
			{"terminal", "simulate", "--dir", "x", "--server", "http://127.0.0.1:1", "--count", "1", "--late", "2"}},
		1: {{"config", "print", "--set", "site=a.b"}, {"audit", "verify", "--data", t.TempDir()}},
	} {
		for _, args := range calls {
			if out, said, status := run(t, "en_US.UTF-8", args...); status != want || said == "" || out != "" {
				t.Errorf("%q: exit %d, want %d: %s%s", args, status, want, out, said)
			}
		}
	}
}

func TestAccountResetLetsSomebodyInAgain(t *testing.T) {
	cfg := config.Default()
	cfg.Data, cfg.MQTT.Listen = t.TempDir(), ""
	a, err := app.Open(context.Background(), cfg, slog.New(slog.DiscardHandler), "test")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	first, err := a.FirstStart(context.Background(), 0)
	if err != nil {
		t.Fatal(err)
	}
	// Beside the node that is open.
	out, said, status := run(t, "en_US.UTF-8", "account", "reset", "security", "--data", cfg.Data)
	if status != 0 || strings.Count(out, "\n") != 3 || !strings.Contains(out, "security") {
		t.Fatalf("exit %d: %s%s", status, out, said)
	}
	for _, o := range first.Officers() {
		if o.Username == "security" && (strings.Contains(out, o.Password) || strings.Contains(out, o.TOTP.Secret)) {
			t.Error("the old secrets were printed")
		}
	}
	var records int
	if err := a.DB().QueryRow(context.Background(), `SELECT count(*) FROM platform_audit WHERE action = 'account.reset' AND actor = 'system:operator'`).Scan(&records); err != nil || records != 1 {
		t.Errorf("%d records, %v", records, err)
	}
	if out, said, status := run(t, "en_US.UTF-8", "account", "reset", "nobody", "--data", cfg.Data); status != 1 || out != "" || !strings.Contains(said, "account") {
		t.Errorf("an unknown name: exit %d %s%s", status, out, said)
	}
	empty := t.TempDir()
	if _, said, status := run(t, "en_US.UTF-8", "account", "reset", "security", "--data", empty); status != 1 || !strings.Contains(said, "no node") {
		t.Errorf("an empty folder: exit %d %s", status, said)
	}
	if left, _ := os.ReadDir(empty); len(left) != 0 {
		t.Errorf("an empty folder now holds %v", left)
	}
}
