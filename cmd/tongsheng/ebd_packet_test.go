package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/ebd/speaker"
	"github.com/tongsheng/tongsheng/engine/mpegts"
)

// realPackets are the hexadecimal digits of the shared packets.
func realPackets(t *testing.T) (lines []string) {
	t.Helper()
	const path = "../../../shared/data/alert/gdj089_annexA_packets_dev.jsonl"
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("NOT TESTED: the real packets are not here (%s)", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		var s struct{ Hex string }
		if err := json.Unmarshal(in.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, s.Hex)
	}
	return lines
}

// packets runs `tongsheng ebd packet` on text and gives its verdicts.
func packets(t *testing.T, text string, args ...string) (list []map[string]any, status error) {
	t.Helper()
	cmd := command(t, append([]string{"ebd", "packet"}, args...)...)
	cmd.Stdin = strings.NewReader(text)
	out, status := cmd.Output()
	if len(out) > 0 && !bytes.HasSuffix(out, []byte("\n")) {
		t.Error("the last line has no end")
	}
	for line := range bytes.Lines(out) {
		var v map[string]any
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		list = append(list, v)
	}
	return list, status
}

func TestRealPacketsAreJudgedSound(t *testing.T) {
	lines := realPackets(t)
	list, status := packets(t, strings.Join(lines, "\n"))
	if status != nil || len(list) != len(lines) {
		t.Fatalf("%d lines for %d, %v", len(list), len(lines), status)
	}
	for i, v := range list {
		if v["ok"] != true || v["crc_ok"] != true || v["error"] != "" || v["signature_length"] != 74.0 || v["direction"] != map[string]string{"49": "down", "50": "up"}[lines[i][:2]] {
			t.Errorf("%s\n%v", lines[i], v)
		}
	}
}

// Whatever stands in a line, one line of JSON answers it with every field it must have.
func TestEveryLineIsAnswered(t *testing.T) {
	good := realPackets(t)[0]
	wrongCRC := good[:len(good)-1] + "0"
	type want struct {
		ok, crc bool
		typ     float64
	}
	sound, nothing := want{true, true, 32}, want{}
	cases := []struct {
		line string
		want want
	}{
		{good, sound}, {strings.ToUpper(good), sound}, {"0x" + good, sound}, {"  " + good + "\t\r", sound}, {good[:4] + " " + good[4:], sound},
		{"", nothing}, {"0x", nothing}, {"hello, world", nothing}, {good + "0", nothing}, {good[:3] + " " + good[3:], nothing},
		{strings.Repeat("zz", 1<<21), nothing}, {strings.Repeat("00", 1<<22), nothing}, {"\x00\xff", nothing},
		{wrongCRC, want{false, false, 32}}, {good[:len(good)-2], want{false, false, 32}}, {good + "ab", want{false, false, 32}},
		{good + "00", want{false, true, 32}}, // zeros after a CRC keep it right: the lengths must tell
		{good[:8], want{false, false, 32}}, {"50", nothing}, {"fe", nothing}, {"fefd0100", nothing}, {"00" + good, nothing},
		{good + good, want{false, false, 32}},
	}
	var text strings.Builder
	for _, c := range cases {
		text.WriteString(c.line + "\n")
	}
	list, status := packets(t, text.String())
	if len(list) != len(cases) {
		t.Fatalf("%d lines for %d", len(list), len(cases))
	}
	if status == nil {
		t.Error("bad lines, and exit 0")
	}
	for i, v := range list {
		for _, field := range []string{"ok", "direction", "type", "name", "length", "signature_length", "crc_ok", "error"} {
			if _, there := v[field]; !there {
				t.Errorf("line %d has no %s", i, field)
			}
		}
		if got := (want{v["ok"] == true, v["crc_ok"] == true, v["type"].(float64)}); got != cases[i].want || got.ok != (v["error"] == "") {
			t.Errorf("line %d (%.60s…): %v", i, cases[i].line, v)
		}
	}
	if list, status := packets(t, ""); len(list) != 0 || status != nil {
		t.Errorf("nothing was answered %v, %v", list, status)
	}
	if list, _ := packets(t, "\uFEFF"+good+"\r\n"); len(list) != 1 || list[0]["ok"] != true {
		t.Errorf("a file of another system: %v", list)
	}
}

// A time that no calendar has is no reason to leave a line, and those behind it, unanswered.
func TestAYearBeyondTheCalendarIsAnswered(t *testing.T) {
	frame, err := (&speaker.Packet{Direction: speaker.Down, Type: speaker.TypeTSCommand, Body: &speaker.TSCommand{Tag: 2, Command: &speaker.ProgrammeStart{
		EBMID: "31101000000000101010101202607210007", End: time.Date(2026, 7, 21, 8, 0, 0, 0, ebd.China)}}}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(frame, []byte{0x07, 0xEA, 7, 21})
	frame[at], frame[at+1] = 0xFF, 0xFF
	frame = binary.BigEndian.AppendUint32(frame[:len(frame)-4], mpegts.CRC32(frame[:len(frame)-4]))
	list, status := packets(t, hex.EncodeToString(frame)+"\n"+hex.EncodeToString(frame)+"\n", "--body")
	if status != nil || len(list) != 2 || list[1]["ok"] != true || len(list[1]["warnings"].([]any)) != 1 {
		t.Errorf("%v %v", list, status)
	}
}

func TestTerminalFramesAreToldApart(t *testing.T) {
	const d = "fefd0100000000070100005ef411010100000003140102010001f51101010010000314010400010031f3110100000000010101010120260721000704013130323033ff0000000100000002013d000b7564703a2f2f40393030300aeb0d9e"
	list, status := packets(t, d, "--body")
	if status != nil || list[0]["protocol"] != "annex-d" || list[0]["name"] != "start" || list[0]["direction"] != "down" || list[0]["body"].(map[string]any)["ebm_type"] != "10203" {
		t.Errorf("%v %v", list, status)
	}
	if list, status := packets(t, d, "--protocol", "annex-e"); status == nil || list[0]["ok"] != false || list[0]["protocol"] != "annex-e" {
		t.Errorf("as Annex E: %v", list)
	}
}
