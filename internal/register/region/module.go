package region

import (
	"embed"
	"io/fs"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Deps is what the module stands on.
type Deps struct {
	DB   *store.DB
	Home string // code of the region that this node serves; empty for the city
}

// Module is the register of regions.
type Module struct {
	db   *store.DB
	home string
}

// New makes the module.
func New(d Deps) *Module { return &Module{db: d.DB, home: d.Home} }

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the module's tables.
func Migrations() store.Migrations {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the binary was built without them
	}
	return store.Migrations{Module: "region", FS: sub}
}
