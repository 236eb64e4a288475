package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// ebdLines runs a command of the group and gives its JSON lines.
func ebdLines(t *testing.T, want int, args ...string) (lines []map[string]any) {
	t.Helper()
	out, said, status := run(t, "en_US.UTF-8", append([]string{"ebd"}, args...)...)
	if status != want {
		t.Fatalf("%q: exit %d, want %d: %s%s", args, status, want, out, said)
	}
	for line := range strings.Lines(out) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%q: %v: %s", args, err, line)
		}
		lines = append(lines, m)
	}
	return lines
}

func TestEBDDecodeGivesALineForEachDocument(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "data", "alert", "ebd")
	files, err := filepath.Glob(filepath.Join(dir, "*.xml"))
	if err != nil || len(files) == 0 {
		t.Skipf("NO SAMPLES: %s is not here", dir)
	}
	lines := ebdLines(t, 0, append([]string{"decode"}, files...)...)
	if len(lines) != len(files) {
		t.Fatalf("%d lines for %d files", len(lines), len(files))
	}
	for i, l := range lines {
		warnings, ok := l["warnings"].([]any)
		if l["file"] != files[i] || l["type"] == "" || l["id"] == "" || !ok || l["strict"] != (len(warnings) == 0) || l["error"] != nil {
			t.Errorf("%v", l)
		}
	}
	broken := filepath.Join(t.TempDir(), "x.xml")
	zipped := filepath.Join(t.TempDir(), "x.tar.gz")
	for name, text := range map[string]string{broken: "<!DOCTYPE EBD><EBD/>", zipped: "\x1f\x8b\x08\x00<EBD/>"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lines = ebdLines(t, 1, "decode", files[0], broken, "/nonexistent", zipped)
	if len(lines) != 4 || !strings.Contains(lines[3]["error"].(string), "compressed") || lines[0]["error"] != nil || lines[1]["error"] == nil || lines[2]["error"] == nil || lines[1]["strict"] != false {
		t.Errorf("%v", lines)
	}
}

// A package of endless members is given up at its limit, and a document that is too long is
// not read, however large the file is.
func TestEBDReadsNoFurtherThanItsLimits(t *testing.T) {
	dir := t.TempDir()
	var entry bytes.Buffer
	if err := ebd.WriteArchive(&entry, []ebd.File{{Name: "x.xml"}}); err != nil {
		t.Fatal(err)
	}
	members := filepath.Join(dir, "x.tar")
	if err := os.WriteFile(members, bytes.Repeat(entry.Bytes()[:512], 100_000), 0o600); err != nil {
		t.Fatal(err)
	}
	document := filepath.Join(dir, "x.xml")
	if err := os.WriteFile(document, []byte("<EBD>"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(document, 100_000_000); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{members: "more than 256", document: "100000000 bytes"} {
		before, after := new(runtime.MemStats), new(runtime.MemStats)
		runtime.ReadMemStats(before)
		lines := decodeInput(name)
		runtime.ReadMemStats(after)
		if len(lines) != 1 || !strings.Contains(lines[0].Error, want) {
			t.Errorf("%+v", lines)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 8<<20 {
			t.Errorf("%s took %d bytes", filepath.Base(name), took)
		}
	}
}

const heartbeat = `{"EBDID":"01411010500000001010101010000000000000000","SRC":{"EBRID":"41101050000000101010101"},
"EBDTime":"2026-07-21 16:00:00","ConnectionCheck":{"RptTime":"2026-07-21 16:00:00"}}`

func TestEBDEncodeSignVerify(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	key, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	pem, err := key.PEM()
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"key.pem": pem, "doc.json": []byte(heartbeat), "bad.json": []byte(strings.Replace(heartbeat, "16:00:00", "4 pm", 1))} {
		if err := os.WriteFile(at(name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ebdLines(t, 0, "certify", "--key", at("key.pem"), "--number", "000000000102", "--until", "2031-12", "-o", at("cert.pem"))
	ebdLines(t, 0, "certify", "--key", at("key.pem"), "--number", "000000000103", "--until", "2031-12", "-o", at("other.pem"))
	ebdLines(t, 0, "encode", at("doc.json"), "-o", at("doc.xml"))
	ebdLines(t, 0, "encode", at("doc.json"), "--package", "-o", at("plain.tar"))
	ebdLines(t, 0, "sign", at("doc.xml"), "--key", at("key.pem"), "--cert", at("cert.pem"), "-o", at("sig.xml"))
	ebdLines(t, 0, "sign", at("plain.tar"), "--key", at("key.pem"), "--cert", at("cert.pem"), "--coverage", "certificate", "-o", at("signed.tar"))
	ebdLines(t, 1, "encode", at("bad.json"))
	ebdLines(t, 1, "encode", at("doc.json"), "-o", at("doc.xml")) // nothing is written over

	outcome := func(want string, status int, args ...string) {
		t.Helper()
		lines := ebdLines(t, status, append([]string{"verify"}, args...)...)
		if len(lines) != 1 || lines[0]["outcome"] != want || lines[0]["id"] != "01411010500000001010101010000000000000000" {
			t.Errorf("%q: %v, want %s", args, lines, want)
		}
	}
	outcome("ok", 0, at("doc.xml"), "--signature", at("sig.xml"), "--cert", at("cert.pem"))
	outcome("ok", 0, at("signed.tar"), "--cert", at("cert.pem"), "--issuer", at("cert.pem"))
	outcome("bad", 1, at("signed.tar"), "--cert", at("cert.pem"), "--coverage", "content")
	outcome("unknown", 1, at("signed.tar"), "--cert", at("other.pem"))
	outcome("expired", 1, at("signed.tar"), "--cert", at("cert.pem"), "--at", "2032-01-01")
	outcome("unsigned", 1, at("plain.tar"), "--cert", at("cert.pem"))

	lines := ebdLines(t, 0, "decode", at("signed.tar"))
	if len(lines) != 2 || lines[0]["type"] != "ConnectionCheck" || lines[1]["type"] != "Signature" || lines[0]["strict"] != true || lines[1]["strict"] != true ||
		lines[0]["file"] != at("signed.tar")+"!EBDB_01411010500000001010101010000000000000000.xml" {
		t.Errorf("%v", lines)
	}
	// An entry without an ending is known by the beginning of its name.
	raw, err := os.ReadFile(at("signed.tar"))
	if err != nil {
		t.Fatal(err)
	}
	files, _, err := ebd.ReadArchive(bytes.NewReader(raw), ebd.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var bare bytes.Buffer
	for i := range files {
		files[i].Name = strings.TrimSuffix(files[i].Name, ".xml")
	}
	if err := ebd.WriteArchive(&bare, files); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at("bare.tar"), bare.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if lines = ebdLines(t, 0, "decode", at("bare.tar")); len(lines) != 2 || lines[0]["type"] != "ConnectionCheck" || lines[1]["type"] != "Signature" || lines[0]["strict"] != false {
		t.Errorf("%v", lines)
	}
}
