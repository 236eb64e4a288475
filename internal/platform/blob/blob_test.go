package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

func folder(t *testing.T) (*blob.Folder, string) {
	t.Helper()
	dir := t.TempDir()
	f, err := blob.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return f, dir
}

func TestFolderKeepsObjects(t *testing.T) {
	ctx := context.Background()
	f, dir := folder(t)
	for key, body := range map[string]string{"a/1": "one", "a/2": "two", "b": "three"} {
		if err := f.Put(ctx, key, strings.NewReader(body), int64(len(body))); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "a", ".part-left-over"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := f.Open(ctx, "a/2")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Seek(1, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if raw, err := io.ReadAll(r); err != nil || string(raw) != "wo" {
		t.Errorf("%q %v", raw, err)
	}
	var keys []string
	if err := f.List(ctx, "a/", func(i blob.Info) error { keys = append(keys, i.Key); return nil }); err != nil {
		t.Fatal(err)
	}
	sort.Strings(keys)
	if diff := cmp.Diff([]string{"a/1", "a/2"}, keys); diff != "" {
		t.Error(diff)
	}
	if err := errors.Join(f.Delete(ctx, "a/1"), f.Delete(ctx, "a/1")); err != nil {
		t.Error(err)
	}
	if _, err := f.Stat(ctx, "a/1"); !blob.Missing(err) {
		t.Errorf("got %v", err)
	}
}

func TestFolderWritesWholeOrNothing(t *testing.T) {
	ctx := context.Background()
	f, _ := folder(t)
	for _, size := range []int64{2, 4} {
		if err := f.Put(ctx, "x", strings.NewReader("abc"), size); err == nil {
			t.Errorf("took 3 bytes for %d", size)
		}
	}
	if _, err := f.Stat(ctx, "x"); !blob.Missing(err) {
		t.Errorf("half an object is there: %v", err)
	}
}

func TestKeysCannotLeaveTheFolder(t *testing.T) {
	ctx := context.Background()
	f, _ := folder(t)
	for _, key := range []string{"", "/etc/passwd", "../x", "a/../../x", "a//b", ".part-1", "A", "a\x00b", "a/.hidden", strings.Repeat("a", 300)} {
		if err := f.Put(ctx, key, strings.NewReader("x"), 1); err == nil {
			t.Errorf("key %q was taken", key)
		}
		if _, err := f.Open(ctx, key); err == nil || blob.Missing(err) {
			t.Errorf("key %q was looked up: %v", key, err)
		}
	}
}

// On a full disk room is made as long as there is something to give up.
func TestAFolderAsksForRoom(t *testing.T) {
	dir, ctx, body := storetest.Disk(t, 4<<20), context.Background(), make([]byte, 2<<20)
	f, err := blob.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 3<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Put(ctx, "a", bytes.NewReader(body), int64(len(body))); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("without anything to give up: %v", err)
	}
	left := int64(3 << 20)
	f.MakeRoom = func(context.Context) bool {
		left -= 512 << 10
		return os.Truncate(ballast, left) == nil
	}
	if err := f.Put(ctx, "a", io.LimitReader(bytes.NewReader(body), 9<<20), int64(len(body))); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a body that cannot be read again: %v", err)
	}
	if err := f.Put(ctx, "a", bytes.NewReader(body), int64(len(body))); err != nil || left < 1<<20 {
		t.Errorf("%v, with %d bytes still to give up", err, left)
	}
	if s, err := f.Stat(ctx, "a"); err != nil || s.Size != int64(len(body)) {
		t.Errorf("%+v, %v", s, err)
	}
}
