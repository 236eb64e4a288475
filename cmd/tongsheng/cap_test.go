package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const capAlert = `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>1</identifier><sender>d</sender><sent>2026-07-20T08:00:00+08:00</sent><status>Exercise</status><msgType>Alert</msgType><scope>Public</scope><note>drill 1</note></alert>`

func TestCAPCheckJudgesEachFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, bad, huge := write("good.xml", capAlert), write("bad.xml", strings.Replace(capAlert, ">1<", ">1 2<", 1)), filepath.Join(dir, "huge.xml")
	if f, err := os.Create(huge); err != nil || f.Truncate(100<<20) != nil || f.Close() != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		files []string
		exit  int
		valid []bool
	}{
		{[]string{good}, 0, []bool{true}},
		{[]string{good, bad, huge, filepath.Join(dir, "none.xml")}, 1, []bool{true, false, false, false}},
	} {
		out, said, status := run(t, "en_US.UTF-8", append([]string{"cap", "check"}, c.files...)...)
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if status != c.exit || len(lines) != len(c.files) {
			t.Fatalf("exit %d: %s%s", status, out, said)
		}
		for i, line := range lines {
			var v struct {
				File     string
				Version  string
				Valid    *bool
				Findings []struct{ Rule, Severity, Path, Message string }
			}
			if err := json.Unmarshal([]byte(line), &v); err != nil || v.File != c.files[i] || v.Valid == nil || *v.Valid != c.valid[i] || *v.Valid != (len(v.Findings) == 0 || v.Version == "1.2" && c.valid[i]) {
				t.Errorf("%v %s", err, line)
			}
		}
	}
	for _, command := range [][]string{{"cap", "check"}, {"cap", "show"}, {"ebd", "decode"}} {
		if out, said, status := run(t, "en_US.UTF-8", append(command, "-", good, "-")...); status != 2 || out != "" || !strings.Contains(said, "argument 3 is standard input (-)") {
			t.Errorf("%v: standard input twice: exit %d: %s%s", command, status, out, said)
		}
	}
	if _, said, status := run(t, "en_US.UTF-8", "cap", "check"); status != 2 || said == "" {
		t.Errorf("without a file: exit %d", status)
	}
}

func TestCAPShowSpeaksTheUsersLanguage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alert.xml")
	if err := os.WriteFile(path, []byte(strings.Replace(capAlert, "drill 1", "drill \u009b31m\u202e", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	odd := filepath.Join(t.TempDir(), "odd.xml")
	if err := os.WriteFile(odd, []byte(strings.Replace(capAlert, "Exercise", "Exercise\u009b31m", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _, status := run(t, "C", "cap", "show", odd); status != 1 || strings.Contains(out, "\u009b") {
		t.Errorf("a code of no list: exit %d: %s", status, out)
	}
	for lang, want := range map[string]string{"zh": "演练 · 发布", "en": "Exercise · Alert"} {
		out, said, status := run(t, "C", "cap", "show", "--lang", lang, path)
		if status != 0 || !strings.Contains(out, want) || strings.ContainsAny(out, "\u009b\u202e") {
			t.Errorf("%s: exit %d: %s%s", lang, status, out, said)
		}
	}
}
