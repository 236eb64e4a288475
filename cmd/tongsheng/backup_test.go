package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

func TestPartsOfKilledBackupsAreRemoved(t *testing.T) {
	dir, now := t.TempDir(), storetest.Start
	for name, age := range map[string]time.Duration{
		"city.tar.zst.part-1": time.Hour, "city.tar.zst.part-2": time.Minute, "city.tar.zst": time.Hour, "other.part-1": time.Hour,
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now, now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if err := dropParts(filepath.Join(dir, "city.tar.zst"), now); err != nil {
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
	// The younger part may still be written to.
	if want := []string{"city.tar.zst", "city.tar.zst.part-2", "other.part-1"}; !slices.Equal(left, want) {
		t.Errorf("left are %v", left)
	}
}
