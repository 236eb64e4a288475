//go:build unix

package store

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lock locks a file, together with others or alone, until it is closed or the process ends.
func lock(f *os.File, together bool) error {
	how := unix.LOCK_EX
	if together {
		how = unix.LOCK_SH
	}
	err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return ErrServed
	}
	return err
}
