//go:build !linux

package storetest

import "testing"

// Disk needs Linux.
func Disk(t testing.TB, _ int64) string {
	t.Helper()
	t.Skip("a small disk is mounted on Linux only")
	return ""
}
