package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/ebd/tables"
	"github.com/tongsheng/tongsheng/engine/mpegts"
)

const tablesJSON = `{
  "index": {"messages": [{"id": "43415230000000103010101202607210001", "network": 1, "start": "2026-07-21T16:00:00+08:00", "end": "2026-07-21T17:30:00+08:00",
    "event": "10203", "class": 4, "severity": 1, "resources": ["63415231002000314010400"],
    "channel": {"network": 1, "transport_stream": 2, "program": 3, "pcr_pid": 257, "cable": {"frequency": 394000, "symbol_rate": 6875, "qam": 64}}}]},
  "contents": [{"id": "43415230000000103010101202607210001", "languages": [
    {"language": "zho", "text": "各村请注意，特大暴雨。", "agency": "气象台", "auxiliary": [{"type": 41, "file": "map.png"}]},
    {"language": "bod", "text": "བོད", "agency": "西藏"}]}],
  "configuration": {"commands": [{"volume": {"percent": 80, "terminals": ["63415231002000314010400"]}}]}
}`

// tablesFolder holds what a head would have: the tables, a picture, a key, a certificate.
func tablesFolder(t *testing.T) string {
	t.Helper()
	key, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	pem, err := key.PEM()
	if err != nil {
		t.Fatal(err)
	}
	cert, err := ebd.IssueCertificate(key, ebd.SerialNumber{5: 1}, ebd.SerialNumber{4: 1, 5: 1}, key.Public(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, b := range map[string][]byte{"tables.json": []byte(tablesJSON), "map.png": make([]byte, 9000), "key.pem": pem, "cert": []byte(hex.EncodeToString(cert.Encode())),
		"cert.pem": []byte("-----BEGIN EBD CERTIFICATE-----\n" + base64.StdEncoding.EncodeToString(cert.Encode()) + "\n-----END EBD CERTIFICATE-----\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// tablesIn is a line of decode, as a script would read it.
type tableSeen struct {
	Table, Error, Verified string
	Version                int
	Says                   json.RawMessage
	Warnings               []any
	Signatures             []struct{ Certificate string }
}

func tableLines(t *testing.T, out string) (lines []tableSeen) {
	t.Helper()
	for line := range strings.Lines(out) {
		var d tableSeen
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatal(err, line)
		}
		lines = append(lines, d)
	}
	return lines
}

func TestTablesFromFileToFileAndBack(t *testing.T) {
	dir := tablesFolder(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	signed := []string{"--key", at("key.pem"), "--certificate", "000000000101", "--versions", at("versions.json")}
	for round := range 2 {
		out, said, status := run(t, "en_US.UTF-8", append([]string{"ebd", "tables", "encode", at("tables.json"), "-o", at("out.ts"), "--duration", "3s", "--rate", "2000000", "--clock"}, signed...)...)
		var sent sentTables
		if err := json.Unmarshal([]byte(out), &sent); err != nil || status != 0 || said != "" {
			t.Fatalf("exit %d, %v: %s%s", status, err, out, said)
		}
		info, err := os.Stat(at("out.ts"))
		if err != nil || info.Size() != sent.Packets*188 || sent.Seconds < 3 || sent.Seconds > 3.001 || sent.IndexMS >= 500 || sent.IndexMS < 100 {
			t.Errorf("%+v, %v", sent, err)
		}
		out, said, status = run(t, "en_US.UTF-8", "ebd", "tables", "decode", at("out.ts"), "--certificate", at([]string{"cert", "cert.pem"}[round])) // as ebd certify writes it, too
		lines := tableLines(t, out)
		if status != 0 || said != "" || len(lines) != 3 {
			t.Fatalf("exit %d: %s%s", status, out, said)
		}
		for _, l := range lines {
			if l.Verified != "time" || len(l.Warnings) > 0 || len(l.Signatures) != 1 || l.Signatures[0].Certificate != "000000000101" || l.Error != "" {
				t.Errorf("%+v", l)
			}
			if l.Table == "index" && !strings.Contains(string(l.Says), `{"tag":68,"data":"03940000fff2030068750f"}`) {
				t.Errorf("%s", l.Says)
			}
			if l.Table == "content" && (!strings.Contains(string(l.Says), "特大暴雨") || !strings.Contains(string(l.Says), "བོད") || !strings.Contains(string(l.Says), `"bytes":9000`) || l.Version != round+1) {
				t.Errorf("round %d: %d %s", round, l.Version, l.Says)
			}
		}
	}
	// Another's stream: tables take the place of its null packets and nothing else moves.
	passing := make([]byte, 0, 20000*188)
	for i := range 20000 {
		var p mpegts.Packet
		switch {
		case i%100 == 0:
			p.PutPCR(0x40, 0, uint64(i)*188*8*27/10) // 10 Mbit/s
		case i%3 == 0:
			p.PutNull()
		default:
			p.Put(0x41, false, uint8(i), []byte("another's"))
		}
		passing = append(passing, p[:]...)
	}
	if err := os.WriteFile(at("passing.ts"), passing, 0o600); err != nil {
		t.Fatal(err)
	}
	out, said, status := run(t, "en_US.UTF-8", append([]string{"ebd", "tables", "encode", at("tables.json"), "-o", at("both.ts"), "--into", at("passing.ts")}, signed...)...)
	if status != 0 || !strings.Contains(out, `"rate":10000000`) {
		t.Fatalf("exit %d: %s%s", status, out, said)
	}
	both, err := os.ReadFile(at("both.ts"))
	if err != nil || len(both) != len(passing) {
		t.Fatal(len(both), err)
	}
	for i := 0; i < len(both); i += 188 {
		if was, is := (*mpegts.Packet)(passing[i:]), (*mpegts.Packet)(both[i:]); was.PID() != mpegts.NullPID && *was != *is {
			t.Fatalf("packet %d of another was changed", i/188)
		}
	}
	if out, said, status = run(t, "C", "ebd", "tables", "decode", at("both.ts")); status != 0 || len(tableLines(t, out)) != 3 {
		t.Errorf("exit %d: %s%s", status, out, said)
	}
}

// datagrams are seven packets a read, as from the network, and among them one out of step.
type datagrams struct{ n int }

func (d *datagrams) Read(b []byte) (int, error) {
	if d.n++; d.n > 3000 {
		return 0, io.EOF
	}
	if d.n == 100 {
		return copy(b, "no packets"), nil
	}
	for i := range 7 {
		p := (*mpegts.Packet)(b[i*188:])
		if p.PutNull(); i < 3 {
			p.Put(0x41, false, 0, []byte("another's"))
		}
	}
	return 7 * 188, nil
}

func TestTablesRelayedAsTheStreamComes(t *testing.T) {
	c, err := tables.NewCarousel(tables.Config{Rate: 10_000_000})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := new(ebdTablesEncodeCmd).relay(t.Context(), c.Mux(), new(datagrams), &out); err != io.EOF {
		t.Fatal(err)
	}
	if out.Len() != 2999*7*188+len("no packets") || c.Mux().Longest("index") >= tables.IndexLimit {
		t.Errorf("%d bytes, index %v apart", out.Len(), c.Mux().Longest("index"))
	}
	found := 0
	d := mpegts.NewDemux(func(_ uint16, s []byte) { found++ }, nil)
	d.Watch(tables.PID)
	_, _ = d.Write(out.Bytes())
	if found < 14 || found > 17 { // 3.16 s of stream, five a second
		t.Errorf("%d indices", found)
	}
}

func TestTablesCommandsTellWhatIsWrong(t *testing.T) {
	dir := tablesFolder(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, text string) string {
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return at(name)
	}
	encode := func(args ...string) []string {
		return append([]string{"ebd", "tables", "encode", "-o", at("x.ts")}, args...)
	}
	for _, c := range []struct {
		status int
		want   string
		args   []string
	}{
		{1, "messages[0].severity", encode(write("a.json", strings.Replace(tablesJSON, `"severity": 1`, `"severity": 9`, 1)))},
		{1, "60 QAM", encode(write("q.json", strings.Replace(tablesJSON, `"qam": 64`, `"qam": 60`, 1)))},
		{1, "unknown field", encode(write("b.json", strings.Replace(tablesJSON, `"severity"`, `"gravity"`, 1)))},
		{1, "no such file", encode(write("c.json", strings.Replace(tablesJSON, "map.png", "none.png", 1)))},
		{1, "too low", encode(at("tables.json"), "--rate", "20000")},
		{1, "has no", encode(write("d.json", strings.Replace(tablesJSON, `"language": "bod"`, `"language": "bod", "charset": 0`, 1)))},
		{1, "--rate", encode(at("tables.json"), "--into", at("map.png"))},
		{2, "belong together", encode(at("tables.json"), "--key", at("key.pem"))},
		{2, "clock", encode(at("tables.json"), "--into", at("map.png"), "--clock")},
		{2, "--rate", encode(at("tables.json"), "--into", "udp://127.0.0.1:9")},
		{1, "no such file", encode(at("tables.json"), "--into", "/nonexistent")},
		{1, "is a directory", encode(at("tables.json"), "--into", dir)},
		{2, "", encode("/nonexistent")},
		{1, "no table", []string{"ebd", "tables", "decode", at("map.png")}},
		{1, "no such file", []string{"ebd", "tables", "decode", "/nonexistent"}},
		{2, "PID", []string{"ebd", "tables", "decode", "--pid", "8191", at("map.png")}},
		{1, "certificate: length", []string{"ebd", "tables", "decode", "--certificate", at("map.png"), at("map.png")}},
	} {
		out, said, status := run(t, "en_US.UTF-8", c.args...)
		if status != c.status || !strings.Contains(said, c.want) || out != "" {
			t.Errorf("%q: exit %d, want %d: %s%s", c.args, status, c.status, out, said)
		}
	}
}
