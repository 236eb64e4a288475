package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/cap"
)

const capSamples = "../shared/data/alert/cap/"

// capCheck compares `tongsheng cap check` with xmllint and the schema of CAP 1.2 on the
// same alerts, each in one process: the shared alerts many times over, and one large
// alert; starting is included. xmllint judges form and schema, ours the rules and the
// signatures besides, and several files at a time; what that costs of processors is told
// beside it.
func capCheck(ctx context.Context) ([]measure, error) {
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		return nil, fmt.Errorf("SKIPPED: xmllint is not installed (Debian: libxml2-utils): %w", err)
	}
	signed, plain, err := capAlerts()
	if err != nil {
		return nil, err
	}
	large, err := largeAlert(plain)
	if err != nil {
		return nil, err
	}
	defer os.Remove(large)
	var rows []measure
	for _, c := range []struct {
		what  string
		files []string
	}{
		{"CAP 1.2 alerts, not signed", repeat(plain, 64<<20)},
		{"CAP 1.2 alerts, one in four signed", repeat(append(signed, plain...), 64<<20)},
		{"one CAP 1.2 alert of 4 MB", repeat([]string{large}, 64<<20)},
	} {
		size := int64(0)
		for _, f := range c.files {
			info, err := os.Stat(f)
			if err != nil {
				return nil, err
			}
			size += info.Size()
		}
		ours, err := timed(ctx, "bin/tongsheng", append([]string{"cap", "check"}, c.files...))
		if err != nil {
			return nil, err
		}
		theirs, err := timed(ctx, xmllint, append([]string{"--noout", "--nonet", "--schema", capSamples + "xsd/CAP-v1.2.xsd"}, c.files...))
		if err != nil {
			return nil, err
		}
		rate := func(t took) string {
			mb := float64(size) / 1e6
			return fmt.Sprintf("%.0f (%.0f)", mb/t.wall.Seconds(), mb/t.processor.Seconds())
		}
		rows = append(rows, measure{c.what + ", MB per second (and per second of processor time)", rate(ours),
			"xmllint with the schema: " + rate(theirs), fmt.Sprintf("%.1f (%.1f)", theirs.wall.Seconds()/ours.wall.Seconds(), theirs.processor.Seconds()/ours.processor.Seconds()), "≥ 3"})
	}
	return rows, nil
}

// took is how long a program ran, and what it used of processors.
type took struct{ wall, processor time.Duration }

// timed runs a program three times and gives the least of each. That it finds fault with a
// file is not an error here.
func timed(ctx context.Context, name string, args []string) (least took, err error) {
	for range 3 {
		cmd := exec.CommandContext(ctx, name, args...)
		began := time.Now()
		if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() < 0 {
			return took{}, fmt.Errorf("%s: %w", name, err)
		}
		t := took{time.Since(began), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
		if least.wall == 0 || t.wall < least.wall {
			least.wall = t.wall
		}
		if least.processor == 0 || t.processor < least.processor {
			least.processor = t.processor
		}
	}
	return least, nil
}

// capAlerts are the shared alerts of CAP 1.2 that stand alone and are valid.
func capAlerts() (signed, plain []string, err error) {
	files, err := filepath.Glob(capSamples + "alerts/*.xml")
	if err != nil {
		return nil, nil, err
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			return nil, nil, err
		}
		switch report := cap.Check(raw); {
		case report.Version != "1.2" || !report.Valid:
		case bytes.Contains(raw, []byte("<SignatureValue")):
			signed = append(signed, f)
		default:
			plain = append(plain, f)
		}
	}
	if len(plain) == 0 || len(signed) == 0 {
		return nil, nil, fmt.Errorf("SKIPPED: the shared alerts are not at %s", capSamples)
	}
	return signed, plain, nil
}

// repeat lists files over and over until they have so many bytes.
func repeat(files []string, bytes int64) (list []string) {
	for total := int64(0); total < bytes; {
		for _, f := range files {
			if info, err := os.Stat(f); err == nil {
				total += info.Size()
			}
		}
		list = append(list, files...)
	}
	return list
}

// largeAlert writes one alert with the infos of all the others, again and again.
func largeAlert(files []string) (string, error) {
	var infos [][]byte
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			return "", err
		}
		from, to := bytes.Index(raw, []byte("<info>")), bytes.LastIndex(raw, []byte("</info>"))
		if from > 0 && to > from && bytes.Contains(raw[:200], []byte("8")) && !bytes.Contains(raw[:200], []byte("8859")) {
			infos = append(infos, raw[from:to+len("</info>\n")-1])
		}
	}
	slices.SortFunc(infos, func(a, b []byte) int { return len(a) - len(b) })
	var b bytes.Buffer
	b.WriteString(`<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>1</identifier><sender>bench</sender><sent>2026-01-01T00:00:00-00:00</sent><status>Test</status><msgType>Alert</msgType><scope>Public</scope>`)
	for i := 0; b.Len() < 4_000_000; i++ {
		b.Write(infos[i%len(infos)])
	}
	b.WriteString("</alert>")
	f, err := os.CreateTemp("", "bench-cap-*.xml")
	if err != nil {
		return "", err
	}
	defer f.Close()
	_, err = f.Write(b.Bytes())
	return f.Name(), err
}
