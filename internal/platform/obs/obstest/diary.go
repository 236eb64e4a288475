// Package obstest reads in tests what the platform's own watching wrote.
package obstest

import (
	"bytes"
	"sync"
)

// Diary is a log that can be read while it is written.
type Diary struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (d *Diary) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.Write(p)
}

// String is what was written so far.
func (d *Diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.String()
}
