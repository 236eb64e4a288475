package scratch_test

import (
	"io"
	"os"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/scratch"
)

func TestNothingIsLeftOfAFile(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	f, err := scratch.File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("others find %v %v", left, err)
	}
	if _, err := f.WriteString("词"); err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(io.NewSectionReader(f, 0, 10)); err != nil || string(text) != "词" {
		t.Errorf("read back: %q %v", text, err)
	}
	if text, err := os.ReadFile(scratch.Path(f)); err != nil || string(text) != "词" {
		t.Errorf("opened anew: %q %v", text, err)
	}
}
