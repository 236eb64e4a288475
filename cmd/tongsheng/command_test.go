package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tongsheng/tongsheng/internal/app"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/config"
	"github.com/tongsheng/tongsheng/internal/platform/store"
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

// A secret on the command line is refused without being repeated, and whoever wrote it there learns where
// it goes.
func TestASecretIsReadFromStandardInputOnly(t *testing.T) {
	const secret = "JBSWY3DPEHPK3PXP"
	for lang, want := range map[string]string{"zh_CN.UTF-8": "标准输入", "en_GB.UTF-8": "standard input"} {
		out, said, status := run(t, lang, "totp", secret)
		if status != 2 || out != "" || !strings.Contains(said, want) || strings.Contains(said, secret) {
			t.Errorf("%s: exit %d\n%s%s", lang, status, out, said)
		}
	}
}

func TestWrongUseIsTold(t *testing.T) {
	for want, calls := range map[int][][]string{
		2: {{"nonsense"}, {"config", "print", "--nonsense"}, {"config", "print", "--set", "foo.bar=1"}, {"config", "print", "--set", "site"}, {"city", "check"},
			{"terminal", "simulate", "--dir", "x", "--server", "http://127.0.0.1:1", "--count", "0"},
			{"terminal", "simulate", "--dir", "x", "--server", "http://127.0.0.1:1", "--count", "1", "--late", "2"},
			{"serve", "-c", "/nonexistent"}, {"audit", "verify", "--data", "/nonexistent"}, {"audit", "verify", "--set", "data=/nonexistent"},
			{"account", "reset", "security", "--data", "/nonexistent"}, {"backup", "--data", "/nonexistent", "x"}, {"demo", "--count=-1"},
			{"terminal", "run", "--dir", "/nonexistent"}, {"ebd", "packet", "--protocol", "mqtt"}, {"terminal", "adapter", "--code", "1"},
			{"terminal", "ip", "--code", "61101010010010314010401", "--adapter", "x", "--physical", "z"}, {"city", "check", "/nonexistent"}},
		1: {{"config", "print", "--set", "site=a.b"}, {"audit", "verify", "--data", t.TempDir()}, {"terminal", "run", "--dir", t.TempDir()}},
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
	for lang, want := range map[string]string{"en_US.UTF-8": "There is no such account.", "zh_CN.UTF-8": "没有这个账号。", "C": "没有这个账号。"} {
		if out, said, status := run(t, lang, "account", "reset", "nobody", "--data", cfg.Data); status != 1 || out != "" || !strings.Contains(said, want) {
			t.Errorf("an unknown name, %s: exit %d %s%s", lang, status, out, said)
		}
	}
	empty := t.TempDir()
	if _, said, status := run(t, "en_US.UTF-8", "account", "reset", "security", "--data", empty); status != 1 || !strings.Contains(said, "There is no node here") {
		t.Errorf("an empty folder: exit %d %s", status, said)
	}
	if left, _ := os.ReadDir(empty); len(left) != 0 {
		t.Errorf("an empty folder now holds %v", left)
	}
}

// What goes wrong is told in the language of whoever runs the command, every time.
func TestErrorsSpeakTheUsersLanguage(t *testing.T) {
	empty := t.TempDir()
	for _, c := range []struct {
		args   []string
		zh, en string
	}{
		{[]string{"audit", "verify", "--data", empty}, "这里没有节点", "There is no node here"},
		{[]string{"account", "reset", "x", "--data", empty}, "这里没有节点", "There is no node here"},
		{[]string{"audit", "verify", "--data", "/nonexistent"}, "没有 /nonexistent 这个文件夹", "There is no folder /nonexistent"},
		{[]string{"terminal", "run", "--dir", empty}, "还没有入网", "is not enrolled"},
		{[]string{"demo", "--count=-1"}, "--count 要在 0 和 18000 之间", "--count must be between 0 and 18000"},
	} {
		for lang, want := range map[string]string{"zh_CN.UTF-8": c.zh, "en_GB.UTF-8": c.en, "": c.zh} {
			if _, said, _ := run(t, lang, c.args...); !strings.Contains(said, want) {
				t.Errorf("%q in %q: %s", c.args, lang, said)
			}
		}
	}
}

// A first start that cannot answer has not used up the secrets that are shown only once.
func TestATakenAddressUsesUpNoSecrets(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	data := t.TempDir()
	for place, address := range map[string]string{"http.listen": taken.Addr().String(), "http.metrics": taken.Addr().String(), "mqtt.listen": taken.Addr().String()} {
		sets := []string{"serve", "--data", data, "--set", "http.listen=" + freeAddress(t), "--set", "mqtt.listen=" + freeAddress(t), "--set", place + "=" + address}
		if _, said, status := run(t, "en_US.UTF-8", sets...); status != 1 || strings.Contains(said, "sysadmin") || !strings.Contains(said, address) || !strings.Contains(said, "--set "+place+"=") {
			t.Errorf("%s: exit %d: %s", place, status, said)
		}
	}
	db, err := store.Open(context.Background(), "sqlite:"+filepath.Join(data, "tongsheng.db"), clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var accounts int
	if err := db.QueryRow(context.Background(), `SELECT count(*) FROM account_user`).Scan(&accounts); err != nil || accounts != 0 {
		t.Errorf("%d accounts were made, %v", accounts, err)
	}
}

// The proof takes the node's signatures into account where its secret is at hand.
func TestAuditVerifyChecksSignatures(t *testing.T) {
	t.Parallel()
	n := newNode(t, 0)
	n.kill(syscall.SIGTERM)
	verify := func(want int) (v audit.Verdict, said string) {
		t.Helper()
		out, said, status := run(t, "en_US.UTF-8", "audit", "verify", "--data", n.cfg.Data)
		if err := json.Unmarshal([]byte(out), &v); err != nil || status != want {
			t.Fatalf("exit %d, want %d: %v %s%s", status, want, err, out, said)
		}
		return v, said
	}
	if v, _ := verify(0); !v.Checked || v.Signed != v.Records || v.Signed == 0 {
		t.Errorf("after the node stopped: %+v", v)
	}
	db, err := store.Open(context.Background(), n.cfg.DatabaseAddress(), clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"platform_audit", "platform_audit_seal"} {
		if err := db.Housekeep(context.Background(), func(tx *store.Tx) error { _, err := tx.Exec(context.Background(), "DELETE FROM "+table); return err }); err != nil {
			t.Fatal(err)
		}
	}
	db.Close()
	if v, _ := verify(1); len(v.Broken) < 2 {
		t.Errorf("emptied: %+v", v)
	}
	if err := os.Rename(filepath.Join(n.cfg.Data, "secret.key"), filepath.Join(n.cfg.Data, "away")); err != nil {
		t.Fatal(err)
	}
	if v, said := verify(1); v.Checked || len(v.Broken) != 1 || v.Broken[0].Reason != "empty" || !strings.Contains(said, "were not checked") {
		t.Errorf("emptied, without the secret: %+v %s", v, said)
	}
}
