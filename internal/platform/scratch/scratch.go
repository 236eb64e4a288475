// Package scratch gives files for what is too large for memory and is gone with whoever wrote it.
package scratch

import (
	"fmt"
	"os"
)

// File is an open file without a name: nobody else finds it, and when it is closed, or the process
// is killed, the room that it took is free.
func File() (*os.File, error) {
	f, err := os.CreateTemp("", "tongsheng-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("a file cannot be kept from others: %w", err)
	}
	return f, nil
}

// Path is by what this process, and only it, can open a file anew, as libraries ask that want a name.
func Path(f *os.File) string { return fmt.Sprintf("/dev/fd/%d", f.Fd()) }
