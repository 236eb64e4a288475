package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tongsheng/tongsheng/internal/app"
	"github.com/tongsheng/tongsheng/internal/platform/backup"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

type backupCmd struct {
	settings
	File string `arg:"" type:"path" help:"File to write; it must not exist."`
}

func (c backupCmd) Run(ctx context.Context) (err error) {
	cfg, err := c.node()
	if err != nil {
		return err
	}
	if err := folder(filepath.Dir(c.File)); err != nil {
		return err
	}
	db, objects, err := app.OpenStores(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	// Written beside its place and moved there when whole, so that half a backup never
	// bears the name of one.
	if _, err := os.Stat(c.File); !errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.Conflict, "cli.exists", fault.Args{"path": c.File})
	}
	part, err := os.CreateTemp(filepath.Dir(c.File), filepath.Base(c.File)+".part-*")
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	defer part.Close()
	buffered := bufio.NewWriterSize(part, 1<<20)
	report := progress("copied")
	if err := backup.Write(ctx, buffered, cfg.Site, db, objects, report); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr)
	if err := errors.Join(buffered.Flush(), part.Sync(), part.Close()); err != nil {
		return err
	}
	if err := os.Rename(part.Name(), c.File); err != nil {
		return err
	}
	say("cli.backed_up", fault.Args{"file": c.File, "secret": app.SecretPath(cfg)})
	return nil
}

type restoreCmd struct {
	settings
	File string `arg:"" type:"existingfile" help:"Backup to restore from."`
}

func (c restoreCmd) Run(ctx context.Context) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	in, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer in.Close()
	db, objects, err := app.OpenStores(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	m, err := backup.Restore(ctx, bufio.NewReaderSize(in, 1<<20), db, objects, app.Migrations(), progress("restored"))
	fmt.Fprintln(os.Stderr)
	if err != nil {
		return err
	}
	say("cli.restored", fault.Args{"site": m.Site, "made": m.Made.Local().Format("2006-01-02 15:04:05"), "data": cfg.Data, "secret": app.SecretPath(cfg)})
	return nil
}

// progress prints a running count over itself.
func progress(done string) backup.Progress {
	return func(rows, objects int64) {
		fmt.Fprintf(os.Stderr, "\r%s %d rows, %d objects", done, rows, objects)
	}
}
