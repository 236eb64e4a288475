package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tongsheng/tongsheng/internal/deliver/alert"
	"github.com/tongsheng/tongsheng/internal/platform/backup"
	"github.com/tongsheng/tongsheng/internal/platform/config"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// unfinished is the file that lies in a data folder while a restore is under way. It
// names, a line each, what the restore makes there: what it leaves when it is killed is
// no node, and would start as a new and empty one.
const unfinished = "restore.unfinished"

// whole refuses a folder in which a restore was not completed.
func whole(cfg config.Config) error {
	if _, err := os.Stat(filepath.Join(cfg.Data, unfinished)); err == nil {
		return fault.New(fault.Conflict, "app.restore_unfinished", fault.Args{"path": cfg.Data})
	}
	return nil
}

// Restore makes a node from a backup. What a restore that fails has made is removed; what
// one that was killed has left is removed by the next. A database server keeps its tables:
// where some were made the folder stays marked until a restore into an empty database succeeds.
func Restore(ctx context.Context, cfg config.Config, r io.Reader, progress backup.Progress) (m backup.Manifest, err error) {
	folder, err := takeFolder(cfg)
	if err != nil {
		return m, err
	}
	defer folder.Close()
	before := whole(cfg) != nil
	if before {
		if err := clearAway(cfg); err != nil {
			return m, err
		}
	}
	made, err := absent(cfg)
	if err != nil {
		return m, err
	}
	mark := filepath.Join(cfg.Data, unfinished)
	_, file := sqliteFile(cfg)
	if err := writeMark(mark, made); err != nil {
		if file || !before {
			err = errors.Join(err, os.RemoveAll(mark)) // which may not be there
		}
		return m, err
	}
	m, begun, err := restore(ctx, cfg, r, progress)
	if err != nil {
		// Refused, it has made nothing; what has come beside it meanwhile is somebody else's.
		if !errors.Is(err, backup.ErrNotEmpty) && !errors.Is(err, store.ErrServed) {
			err = errors.Join(err, remove(cfg, made))
		}
		if file || !begun && !before {
			err = errors.Join(err, os.Remove(mark))
		}
		return m, err
	}
	return m, errors.Join(os.Remove(mark), syncFolder(cfg.Data))
}

func restore(ctx context.Context, cfg config.Config, r io.Reader, progress backup.Progress) (m backup.Manifest, begun bool, err error) {
	db, objects, err := OpenStores(ctx, cfg)
	if err != nil {
		return m, false, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	lease, err := db.TakeLease(ctx)
	if err != nil {
		return m, false, err
	}
	defer lease.Release()
	if m, begun, err = backup.Restore(ctx, r, db, objects, Migrations(), progress); err != nil {
		return m, begun, err
	}
	return m, begun, alert.BeginEpoch(ctx, db)
}

// absent lists what a restore would make, by path within the data folder where it is there.
func absent(cfg config.Config) (made []string, err error) {
	var all []string
	if path, file := sqliteFile(cfg); file {
		for _, end := range []string{"", "-wal", "-shm", ".lock"} {
			all = append(all, path+end)
		}
	}
	if cfg.Blob.S3Endpoint == "" {
		all = append(all, filepath.Join(cfg.Data, "objects"))
	}
	for _, path := range all {
		if _, err := os.Lstat(path); err == nil {
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if within, err := filepath.Rel(cfg.Data, path); err == nil && filepath.IsLocal(within) {
			path = within
		}
		made = append(made, path)
	}
	return made, nil
}

// sqliteFile is the database's file, where it is one.
func sqliteFile(cfg config.Config) (path string, is bool) {
	path, is = strings.CutPrefix(cfg.DatabaseAddress(), "sqlite:")
	path, _, _ = strings.Cut(path, "?")
	return path, is
}

func remove(cfg config.Config, made []string) (err error) {
	for _, path := range made {
		if !filepath.IsAbs(path) {
			path = filepath.Join(cfg.Data, path)
		}
		err = errors.Join(err, os.RemoveAll(path))
	}
	return err
}

// clearAway removes what a killed restore left; that none is at work, the folder's lock says.
func clearAway(cfg config.Config) error {
	raw, err := os.ReadFile(filepath.Join(cfg.Data, unfinished))
	if err != nil {
		return err
	}
	return remove(cfg, strings.FieldsFunc(string(raw), func(r rune) bool { return r == '\n' }))
}

func writeMark(path string, made []string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	for _, line := range made {
		fmt.Fprintln(w, line)
	}
	return errors.Join(w.Flush(), f.Sync(), f.Close(), syncFolder(filepath.Dir(path)))
}

// syncFolder makes what was made or removed in a folder survive a power cut.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
