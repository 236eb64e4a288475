package storetest

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

// Disk is a folder on a disk of its own, of this many bytes, so that a test can fill it.
// It takes the right to mount; without it the test is skipped.
func Disk(t testing.TB, size int64) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Skipf("a small disk could not be mounted: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}
