//go:build !linux && !darwin && !freebsd

package store

// available is not known here: then there is no reserve.
func available(string) (int64, bool) { return 0, false }
