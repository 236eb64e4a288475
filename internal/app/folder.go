package app

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/tongsheng/tongsheng/internal/platform/config"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// folderLock is the file by which one process at a time, a node or a restore, has a data
// folder. It is never removed: whoever locks a file that another removes and makes anew
// has it as well.
const folderLock = "folder.lock"

// takeFolder makes the data folder where it is absent and has it until what it returns is
// closed. The database's lease comes too late for that: a restore looks before which files
// are there, and removes those that were not.
func takeFolder(cfg config.Config) (*os.File, error) {
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, err
	}
	f, err := store.LockFile(filepath.Join(cfg.Data, folderLock))
	if errors.Is(err, store.ErrServed) {
		return nil, fault.New(fault.Conflict, "app.folder_taken", fault.Args{"path": cfg.Data})
	}
	return f, err
}
