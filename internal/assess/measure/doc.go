// Package measure says what was promised, what arrived, and how each district stands.
package measure

import (
	"embed"
	"io/fs"

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
	return store.Migrations{Module: "measure", FS: sub}
}
