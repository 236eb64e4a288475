package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Folder keeps objects as files under a folder.
type Folder struct {
	root string

	// MakeRoom, where set, gives up other things on a full disk and reports whether trying
	// again is worth it.
	MakeRoom func(context.Context) bool
}

// OpenFolder opens a folder and makes it when absent.
func OpenFolder(root string) (*Folder, error) {
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	return &Folder{root: root}, nil
}

// partial marks files that are being written; no key begins with a dot.
const partial = ".part-"

func (f *Folder) path(key string) (string, error) {
	if err := checkKey(key); err != nil {
		return "", err
	}
	return filepath.Join(f.root, filepath.FromSlash(key)), nil
}

// Put implements Store. A body that cannot be read again is tried once.
func (f *Folder) Put(ctx context.Context, key string, body io.Reader, size int64) error {
	for {
		err := f.put(key, body, size)
		if !errors.Is(err, syscall.ENOSPC) || f.MakeRoom == nil {
			return err
		}
		again, ok := body.(io.Seeker)
		if !ok || !f.MakeRoom(ctx) {
			return err
		}
		if _, failed := again.Seek(0, io.SeekStart); failed != nil {
			return err
		}
	}
}

// put writes a temporary file, syncs it and renames it into place.
func (f *Folder) put(key string, body io.Reader, size int64) (err error) {
	path, err := f.path(key)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	part, err := os.CreateTemp(dir, partial+"*")
	if err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	defer os.Remove(part.Name()) // gone already when all went well
	n, err := io.Copy(part, io.LimitReader(body, size+1))
	if err == nil && n != size {
		err = fmt.Errorf("blob: %s has not the %d bytes it was said to have", key, size)
	}
	if err == nil {
		err = part.Sync()
	}
	if err = errors.Join(err, part.Close()); err != nil {
		return err
	}
	if err := os.Rename(part.Name(), path); err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	return syncDir(dir)
}

// syncDir makes a rename survive a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open implements Store.
func (f *Folder) Open(_ context.Context, key string) (io.ReadSeekCloser, error) {
	path, err := f.path(key)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	return file, nil
}

// Stat implements Store.
func (f *Folder) Stat(_ context.Context, key string) (Info, error) {
	path, err := f.path(key)
	if err != nil {
		return Info{}, err
	}
	s, err := os.Stat(path)
	if err != nil {
		return Info{}, fmt.Errorf("blob: %w", err)
	}
	return Info{key, s.Size(), s.ModTime().UTC()}, nil
}

// Delete implements Store.
func (f *Folder) Delete(_ context.Context, key string) error {
	path, err := f.path(key)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("blob: %w", err)
	}
	return nil
}

// List implements Store.
func (f *Folder) List(ctx context.Context, prefix string, visit func(Info) error) error {
	return filepath.WalkDir(f.root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		rel, err := filepath.Rel(f.root, path)
		if err != nil {
			return err
		}
		key := filepath.ToSlash(rel)
		if d.IsDir() {
			if within := key + "/"; key != "." && !strings.HasPrefix(within, prefix) && !strings.HasPrefix(prefix, within) {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasPrefix(d.Name(), partial) {
			return nil
		}
		if !strings.HasPrefix(key, prefix) {
			return nil
		}
		s, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // deleted meanwhile
		}
		if err != nil {
			return err
		}
		return visit(Info{key, s.Size(), s.ModTime().UTC()})
	})
}
