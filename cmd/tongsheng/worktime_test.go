package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWorktimeDue(t *testing.T) {
	out, said, status := run(t, "en_US.UTF-8", "worktime", "due", "2025-01-26T10:00", "2wd")
	var due struct {
		Start, At, Last string
		Provisional     bool
		Counted         []string
		Passed          []struct {
			Day     string
			Holiday map[string]string
		}
	}
	if err := json.Unmarshal([]byte(out), &due); err != nil || status != 0 {
		t.Fatalf("exit %d, %v: %s%s", status, err, out, said)
	}
	if due.Start != "2025-01-26T10:00:00+08:00" || due.At != "2025-02-06T00:00:00+08:00" || due.Last != "2025-02-05" || due.Provisional ||
		strings.Join(due.Counted, " ") != "2025-01-27 2025-02-05" || len(due.Passed) != 8 || due.Passed[7].Day != "2025-02-04" || due.Passed[7].Holiday["zh"] != "春节" {
		t.Errorf("%+v", due)
	}
	if out, _, _ := run(t, "en_US.UTF-8", "worktime", "due", "2031-01-01T00:00:00Z", "24h"); !strings.Contains(out, `"at":"2031-01-02T08:00:00+08:00"`) || !strings.Contains(out, `"counted":[]`) {
		t.Errorf("by the clock: %s", out)
	}
}

func TestWorktimeDueRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "calendar.json")
	if err := os.WriteFile(file, []byte(`{"zone": "UTC", "hours": {"mon": [["9", "17:00"]]}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   []string
		says   string
		status int
	}{
		{[]string{"2025-01-26", "2x"}, "“2x” must be written 30m", 2},
		{[]string{"tomorrow", "2wd"}, "“tomorrow” must be written 2025-01-31", 2},
		{[]string{"2025-01-26"}, "expected", 2},
		{[]string{"--calendar", file + ".gone", "2025-01-26", "2wd"}, "no such file", 2},
		{[]string{"--calendar", file, "2025-01-26", "2wd"}, file + ": hours.mon[0]: The hours 9 to 17:00 must be times", 1},
	} {
		out, said, status := run(t, "en_US.UTF-8", append([]string{"worktime", "due"}, c.args...)...)
		if status != c.status || !strings.Contains(said, c.says) || out != "" && status == 1 {
			t.Errorf("%v: exit %d\n%s%s", c.args, status, out, said)
		}
	}
}
