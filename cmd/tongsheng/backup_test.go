package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// What others name after the backup, such as the parts that split makes of it, is theirs.
func TestPartsOfKilledBackupsAreRemoved(t *testing.T) {
	dir, now := t.TempDir(), storetest.Start
	file := filepath.Join(dir, "city.tar.zst")
	part, err := createPart(file)
	if err != nil {
		t.Fatal(err)
	}
	part.Close()
	const unfinished = ".city.tar.zst.tongsheng-unfinished-"
	keep := []string{unfinished, unfinished + "2", unfinished + "3.old", unfinished + "aa", ".other.tongsheng-unfinished-1", "city.tar.zst", "city.tar.zst.part-1", "city.tar.zst.part-aa"}
	for _, name := range append([]string{unfinished + "1", filepath.Base(part.Name())}, keep...) {
		path, age := filepath.Join(dir, name), time.Hour
		if name == unfinished+"2" {
			age = time.Minute // may still be written to
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now, now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if err := dropParts(file, now); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if slices.Sort(keep); !slices.Equal(left, keep) {
		t.Errorf("left are %v", left)
	}
}

// A log is not filled with a count that changes, and the count is in the reader's language.
func TestProgressIsOneLineInALog(t *testing.T) {
	for lang, want := range map[string]string{"zh_CN.UTF-8": "已复制 300 行、2 个文件\n", "en_GB.UTF-8": "copied 300 rows, 2 objects\n"} {
		t.Setenv("LC_ALL", lang)
		log, err := os.Create(filepath.Join(t.TempDir(), "log"))
		if err != nil {
			t.Fatal(err)
		}
		report, end := progress(log, "cli.backup_progress")
		for i := range int64(4) {
			report(i*100, i-1)
		}
		end()
		got, err := os.ReadFile(log.Name())
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", lang, got, err)
		}
	}
}
