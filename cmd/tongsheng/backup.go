package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/app"
	"github.com/tongsheng/tongsheng/internal/platform/backup"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// partial ends the name of a backup that is being written, before the digits that
// os.CreateTemp chooses: nobody else names a file so, and what bears it may be removed.
const partial = ".tongsheng-unfinished-"

func createPart(file string) (*os.File, error) {
	return os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+partial+"*")
}

// partOf reports whether name is that of a backup of file that was not completed.
func partOf(file, name string) bool {
	digits, ok := strings.CutPrefix(name, "."+filepath.Base(file)+partial)
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}

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
	if err := dropParts(c.File, clock.System{}.Now()); err != nil {
		return err
	}
	part, err := createPart(c.File)
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	defer part.Close()
	buffered := bufio.NewWriterSize(part, 1<<20)
	report, end := progress(os.Stderr, "cli.backup_progress")
	err = backup.Write(ctx, buffered, cfg.Site, db, objects, report)
	end()
	if err != nil {
		return err
	}
	if err := errors.Join(buffered.Flush(), part.Sync(), part.Close()); err != nil {
		return err
	}
	if err := os.Rename(part.Name(), c.File); err != nil {
		return err
	}
	say("cli.backed_up", fault.Args{"file": c.File, "secret": app.SecretPath(cfg)})
	return nil
}

// deserted is how long nobody has written to a part that a killed backup left.
const deserted = 10 * time.Minute

// dropParts removes what killed backups of the same file left beside it.
func dropParts(file string, now time.Time) error {
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !partOf(file, e.Name()) {
			continue
		}
		if s, err := e.Info(); err != nil || !s.Mode().IsRegular() || now.Sub(s.ModTime()) < deserted {
			continue
		}
		if err := os.Remove(filepath.Join(filepath.Dir(file), e.Name())); err != nil {
			return err
		}
	}
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
	report, end := progress(os.Stderr, "cli.restore_progress")
	m, err := app.Restore(ctx, cfg, bufio.NewReaderSize(in, 1<<20), report)
	end()
	if err != nil {
		return err
	}
	say("cli.restored", fault.Args{"site": m.Site, "made": m.Made.Local().Format("2006-01-02 15:04:05"), "data": cfg.Data, "secret": app.SecretPath(cfg)})
	return nil
}

// progress prints a running count over itself on a terminal, and elsewhere, such as in a log,
// the last one alone when it ends.
func progress(out *os.File, key string) (report backup.Progress, end func()) {
	line := ""
	at, err := out.Stat()
	live := err == nil && at.Mode()&os.ModeCharDevice != 0
	report = func(rows, objects int64) {
		line = i18n.T(language(), key, fault.Args{"rows": rows, "objects": objects})
		if live {
			fmt.Fprint(out, "\r"+line)
		}
	}
	return report, func() {
		switch {
		case live && line != "":
			fmt.Fprintln(out)
		case line != "":
			fmt.Fprintln(out, line)
		}
	}
}
