package asset

import (
	"context"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/register/asset/sheet"
)

// ImportState is where an import stands.
type ImportState string

// States of an import. What was done before a stop stays done: every row is whole.
const (
	ImportRunning     ImportState = "running"
	ImportDone        ImportState = "done"
	ImportCancelled   ImportState = "cancelled"
	ImportInterrupted ImportState = "interrupted" // the process stopped under it
	ImportFailed      ImportState = "failed"
)

// Import is a file on its way into the register.
type Import struct {
	ID        string      `json:"id"`
	File      string      `json:"file"`
	Ignored   []string    `json:"ignored,omitempty" doc:"Headings that are no column of the register"`
	DryRun    bool        `json:"dryRun" doc:"Only looked at: nothing was written"`
	Replace   bool        `json:"replace" doc:"Whether rows may change devices that exist"`
	State     ImportState `json:"state" enum:"running,done,cancelled,interrupted,failed"`
	Total     int         `json:"total" doc:"Rows in the file"`
	Done      int         `json:"done" doc:"Rows dealt with so far"`
	Added     int         `json:"added"`
	Changed   int         `json:"changed"`
	Unchanged int         `json:"unchanged"`
	Bad       int         `json:"bad"`
	StartedBy string      `json:"startedBy"`
	StartedAt time.Time   `json:"startedAt"`
	EndedAt   *time.Time  `json:"endedAt,omitempty"`
}

// Limits of an import.
const (
	maxImportBytes = 32 << 20
	maxImportRows  = 100_000
	importChunk    = 200 // rows to a transaction
	importAge      = 90 * 24 * time.Hour
	importSilence  = time.Minute // a running import that reports nothing for so long has lost its process
)

// imports are the jobs of this process.
type imports struct {
	reading sync.Mutex // one file is taken apart at a time
	mu      sync.Mutex
	cancels map[string]context.CancelFunc
	group   sync.WaitGroup
}

func newImports() *imports { return &imports{cancels: map[string]context.CancelFunc{}} }

// read takes a file apart. While another is read or worked through it refuses, since
// that takes many times the file's bytes of memory. It stops when whoever asked is gone.
func (i *imports) read(ctx context.Context, file string, raw []byte) (*sheet.Table, error) {
	if i.busy() || !i.reading.TryLock() {
		return nil, fault.New(fault.Limited, "asset.import.busy")
	}
	defer i.reading.Unlock()
	return sheet.Read(ctx, file, raw, maxImportRows)
}

func (i *imports) busy() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.cancels) > 0
}

// start runs a job, one at a time: a large file takes memory and the writer. When its end is noted
// the next may begin.
func (i *imports) start(ctx context.Context, id string, job, end func(context.Context)) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.cancels) > 0 {
		return fault.New(fault.Limited, "asset.import.busy")
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // it outlives the request
	i.cancels[id] = cancel
	i.group.Go(func() {
		job(ctx)
		cancel()
		i.mu.Lock()
		delete(i.cancels, id)
		i.mu.Unlock()
		end(ctx)
	})
	return nil
}

func (i *imports) cancel(id string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	cancel, running := i.cancels[id]
	if running {
		cancel()
	}
	return running
}

// stop ends all jobs and waits for them.
func (i *imports) stop() {
	i.mu.Lock()
	for _, cancel := range i.cancels {
		cancel()
	}
	i.mu.Unlock()
	i.group.Wait()
}

// StartImport begins to bring a table into the register, or only to look at it.
func (m *Module) StartImport(ctx context.Context, t *sheet.Table, dryRun, replace bool) (*Import, error) {
	now := m.clock.Now()
	imp := &Import{ID: store.NewID(now), File: clip(t.File), Ignored: t.Ignored, DryRun: dryRun, Replace: replace, State: ImportRunning,
		Total:     len(t.Rows),
		StartedBy: auth.Who(ctx).ID, StartedAt: now}
	if err := m.db.Housekeep(ctx, func(tx *store.Tx) error { return insertImport(ctx, tx, imp) }); err != nil {
		return nil, err
	}
	job := *imp
	err := m.imports.start(ctx, imp.ID, func(ctx context.Context) { m.runImport(ctx, &job, t.Rows) }, func(ctx context.Context) {
		m.endImport(ctx, &job)
		m.changed() // once: totals that are put away for every chunk would make every list wait
	})
	if err != nil {
		job.State = ImportFailed
		m.endImport(ctx, &job)
		return nil, err
	}
	return imp, nil
}

// runImport works through a table chunk by chunk. Each chunk commits with its results
// and its progress, so what the job says of itself is always what was done.
func (m *Module) runImport(ctx context.Context, imp *Import, rows []document.Row) {
	r := &importer{m: m, imp: imp, seen: map[string]int{}, hardware: map[Hardware]int{}, named: map[ebd.ResourceCode]bool{}}
	for _, cells := range rows {
		r.named[ebd.ResourceCode(sheet.Row{Row: cells}.Text(sheet.Code))] = true
	}
	imp.State = ImportDone
	for at := 0; at < len(rows); at += importChunk {
		if ctx.Err() != nil {
			imp.State = ImportCancelled
			break
		}
		end := min(at+importChunk, len(rows))
		if err := r.chunk(ctx, rows[at:end]); err != nil {
			imp.State = ImportFailed
			if ctx.Err() != nil {
				imp.State = ImportCancelled
			} else {
				m.log.Error("an import failed", "import", imp.ID, "done", imp.Done, "error", err)
			}
			break
		}
	}
}

func (m *Module) endImport(ctx context.Context, imp *Import) {
	ctx = context.WithoutCancel(ctx)
	err := m.db.Housekeep(ctx, func(tx *store.Tx) error {
		ended := tx.Now
		imp.EndedAt = &ended
		return saveImport(ctx, tx, imp)
	})
	if err != nil {
		m.log.Error("the end of an import was not noted", "import", imp.ID, "error", err)
	}
}

// CancelImport stops an import after the rows it is at. What is done stays done.
func (m *Module) CancelImport(ctx context.Context, id string) error {
	imp, err := m.Import(ctx, id)
	if err != nil {
		return err
	}
	if imp.State != ImportRunning || !m.imports.cancel(id) {
		return fault.New(fault.Conflict, "asset.import.not_running")
	}
	return nil
}

// Import reads one of the asker's own imports.
func (m *Module) Import(ctx context.Context, id string) (*Import, error) {
	imp, err := readImport(ctx, m.db, id)
	if err == nil && imp.StartedBy != auth.Who(ctx).ID {
		err = fault.New(fault.NotFound, "asset.import.not_found")
	}
	return imp, err
}

// closeImports marks as interrupted the imports whose process is gone.
func (m *Module) closeImports(ctx context.Context) {
	err := m.db.Housekeep(ctx, func(tx *store.Tx) error { return interruptImports(ctx, tx, tx.Now.Add(-importSilence)) })
	if err != nil && ctx.Err() == nil {
		m.log.Error("interrupted imports were not noted", "error", err)
	}
}
