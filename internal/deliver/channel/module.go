package channel

import (
	"context"
	"embed"
	"io/fs"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the module's tables.
func Migrations() store.Migrations {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return store.Migrations{Module: "channel", FS: sub}
}

// Permissions lists every permission the module declares.
func Permissions() []auth.Permission { return []auth.Permission{PermRead, PermEdit, PermApprove} }

// New makes the module.
func New(d Deps) *Module {
	if d.Zone == nil {
		d.Zone = time.UTC
	}
	return &Module{Deps: d, tend: make(chan struct{}, 1)}
}

// Run keeps occurrences up with the clock until ctx ends.
func (m *Module) Run(ctx context.Context) error {
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { m.Clock.Every(ctx, often, m.keepUp); return nil })
	work.Go(func() error {
		m.Clock.Every(ctx, time.Hour, func(ctx context.Context) { m.warn("what was kept long enough was not deleted", m.forget(ctx)) })
		return nil
	})
	work.Go(func() error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-m.tend:
				m.keepUp(ctx)
			}
		}
	})
	return work.Wait()
}
