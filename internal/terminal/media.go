package terminal

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/emmansun/gmsm/sm3"
	"github.com/tongsheng/tongsheng/engine/wire"
)

// errCorrupt is audio that is not what was signed.
var errCorrupt = errors.New("terminal: size or digest of the audio is not as signed")

// media fetches audio once and keeps it by digest, oldest out first. The digest in
// the signed order is what makes a file genuine, wherever it came from.
type media struct {
	platform *platform
	base     string // URL in front of paths
	dir      string
	limit    int64 // bytes kept

	mu      sync.Mutex
	flights map[string]*flight
}

type flight struct {
	done chan struct{}
	err  error
}

// file is the path of the audio on disk; it fetches what is not there, and callers
// that want the same file share one fetch.
func (m *media) file(ctx context.Context, a *wire.Audio) (string, error) {
	path := filepath.Join(m.dir, a.SM3)
	m.mu.Lock()
	if s, err := os.Stat(path); err == nil && s.Size() == a.Bytes {
		m.mu.Unlock()
		return path, nil
	}
	f, shared := m.flights[a.SM3]
	if !shared {
		f = &flight{done: make(chan struct{})}
		if m.flights == nil {
			m.flights = map[string]*flight{}
		}
		m.flights[a.SM3] = f
	}
	m.mu.Unlock()
	if shared {
		select {
		case <-f.done:
			return path, f.err
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	f.err = m.fetch(ctx, a, path)
	m.mu.Lock()
	delete(m.flights, a.SM3)
	m.mu.Unlock()
	close(f.done)
	return path, f.err
}

func (m *media) fetch(ctx context.Context, a *wire.Audio, path string) error {
	if err := os.MkdirAll(m.dir, 0o700); err != nil {
		return err
	}
	m.evict(a.Bytes)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.base+a.Path, nil)
	if err != nil {
		return err
	}
	res, err := m.platform.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return &refusal{res.StatusCode, a.Path}
	}
	tmp, err := os.CreateTemp(m.dir, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	sum := sm3.New()
	n, err := io.Copy(io.MultiWriter(tmp, sum), io.LimitReader(res.Body, a.Bytes+1))
	if err == nil {
		err = tmp.Sync() // else the name may outlast the sound when the power goes
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	if n != a.Bytes || hex.EncodeToString(sum.Sum(nil)) != a.SM3 {
		return errCorrupt
	}
	return os.Rename(tmp.Name(), path)
}

// evict makes room for n more bytes. A file that is playing stays readable: its
// player has it open.
func (m *media) evict(n int64) {
	entries, err := os.ReadDir(m.dir)
	if err != nil {
		return
	}
	var files []os.FileInfo
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			files = append(files, info)
			n += info.Size()
		}
	}
	slices.SortFunc(files, func(a, b os.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, f := range files {
		if n <= m.limit {
			return
		}
		if os.Remove(filepath.Join(m.dir, f.Name())) == nil {
			n -= f.Size()
		}
	}
}
