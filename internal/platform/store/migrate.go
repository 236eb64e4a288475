package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

// Migrations are one module's steps, forward only. Each module keeps its own count in
// the table migration_<module>, so that modules never wait for each other's numbers.
type Migrations struct {
	Module string
	FS     fs.FS // files 00001_name.sql at its root
}

//go:embed migrations/*.sql
var platformFiles embed.FS

// PlatformMigrations are the platform's own tables; Migrate always runs them first.
func PlatformMigrations() Migrations {
	sub, err := fs.Sub(platformFiles, "migrations")
	if err != nil {
		panic(err)
	}
	return Migrations{Module: "platform", FS: sub}
}

// Migrate brings every module's tables up to date.
func (db *DB) Migrate(ctx context.Context, sets ...Migrations) error {
	dialect := database.DialectSQLite3
	if db.dialect == Postgres {
		dialect = database.DialectPostgres
	}
	for _, set := range append([]Migrations{PlatformMigrations()}, sets...) {
		table, err := database.NewStore(dialect, "migration_"+set.Module)
		if err != nil {
			return fmt.Errorf("store: migrate %s: %w", set.Module, err)
		}
		p, err := goose.NewProvider("", db.write, set.FS, goose.WithStore(table), goose.WithDisableGlobalRegistry(true))
		if err != nil {
			return fmt.Errorf("store: migrate %s: %w", set.Module, err)
		}
		if _, err := p.Up(ctx); err != nil {
			return fmt.Errorf("store: migrate %s: %w", set.Module, err)
		}
	}
	return nil
}
