package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file is read whole whatever it says of its size, and the buffer of the one before does
// not show through.
func TestReadDocument(t *testing.T) {
	dir := t.TempDir()
	long, short, empty := filepath.Join(dir, "long"), filepath.Join(dir, "short"), filepath.Join(dir, "empty")
	text := strings.Repeat("0123456789", 10_000)
	for path, content := range map[string]string{long: text, short: "ab", empty: ""} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var b []byte
	for _, c := range []struct{ path, want string }{{long, text}, {short, "ab"}, {empty, ""}, {long, text}} {
		got, err := readDocument(&b, c.path, func(int64) {})
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %d bytes, %v", c.path, len(got), err)
		}
	}
	// A file of the system, which says that it has no bytes.
	if want, err := os.ReadFile("/proc/self/cmdline"); err == nil {
		if got, err := readDocument(&b, "/proc/self/cmdline", func(int64) {}); err != nil || string(got) != string(want) {
			t.Errorf("/proc/self/cmdline: %q, %v", got, err)
		}
	}
	if _, err := readDocument(&b, filepath.Join(dir, "none"), func(int64) {}); !os.IsNotExist(err) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := readDocument(&b, dir, func(int64) {}); err == nil {
		t.Error("a folder was read")
	}
}
