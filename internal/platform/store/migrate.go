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
	return db.migrate(ctx, nil, sets)
}

// MigrateTo brings the named modules' tables to these versions and no further, which is
// how a backup from an older release finds the tables it was made from.
func (db *DB) MigrateTo(ctx context.Context, versions map[string]int64, sets ...Migrations) error {
	return db.migrate(ctx, versions, sets)
}

func (db *DB) migrate(ctx context.Context, versions map[string]int64, sets []Migrations) error {
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
		if versions == nil {
			_, err = p.Up(ctx)
		} else if to, ok := versions[set.Module]; ok {
			_, err = p.UpTo(ctx, to)
		}
		if err != nil {
			return fmt.Errorf("store: migrate %s: %w", set.Module, err)
		}
	}
	return nil
}
