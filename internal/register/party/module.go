package party

import (
	"cmp"
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Permissions of this module.
const (
	PermRead     auth.Permission = "party.read"
	PermWrite    auth.Permission = "party.write"
	PermPersonal auth.Permission = "party.personal" // see what is masked; every look leaves a record
	PermMerge    auth.Permission = "party.merge"
	PermErase    auth.Permission = "party.erase"
)

// Permissions are all that this module asks for.
func Permissions() []auth.Permission {
	return []auth.Permission{PermRead, PermWrite, PermPersonal, PermMerge, PermErase}
}

// Regions tells where a region lies in the tree and what it is called. An unknown code is a fault of
// kind NotFound.
type Regions interface {
	Region(ctx context.Context, code string) (path, fullName string, err error)
}

// Accounts tells of an account by its id or user name; a fault of kind NotFound where there is none.
type Accounts interface {
	Account(ctx context.Context, idOrName string) (Account, error)
}

// Account is who signs in.
type Account struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Name     string `json:"name"`
}

// Holder tells why a person must be kept: what of another module would be broken, or what a law
// demands to keep, each as the code of a sentence and its arguments.
type Holder interface {
	Holds(ctx context.Context, q store.Queryer, party string) ([]Reason, error)
}

// Deps is what the module stands on.
type Deps struct {
	DB       *store.DB
	Clock    clock.Clock
	Zone     *time.Location // the city's; nil for UTC
	Log      *slog.Logger
	Blob     blob.Store
	Sealer   Sealer
	Regions  Regions
	Accounts Accounts
	Holders  []Holder // of other modules; may be empty
	Home     string   // path of the region that this node serves
}

// Module is the register of organisations and people.
type Module struct {
	db       *store.DB
	clock    clock.Clock
	zone     *time.Location
	log      *slog.Logger
	blob     blob.Store
	vault    *vault
	regions  Regions
	accounts Accounts
	holders  []Holder
	home     string
}

// New makes the module.
func New(ctx context.Context, d Deps) (*Module, error) {
	v, err := openVault(ctx, d.DB, d.Sealer)
	if err != nil {
		return nil, err
	}
	m := &Module{db: d.DB, clock: d.Clock, zone: cmp.Or(d.Zone, time.UTC), log: cmp.Or(d.Log, slog.Default()), blob: d.Blob, vault: v, regions: d.Regions, accounts: d.Accounts,
		holders: d.Holders, home: d.Home}
	return m, m.seedTerms(ctx)
}

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the module's tables.
func Migrations() store.Migrations {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the binary was built without them
	}
	return store.Migrations{Module: "party", FS: sub}
}

// Run does the module's recurring work until ctx ends.
func (m *Module) Run(ctx context.Context) error {
	m.tellExpiring(ctx)
	m.clock.Every(ctx, expireEvery, m.tellExpiring)
	return nil
}

// today is the day on the city's clock.
func (m *Module) today() string { return m.clock.Now().In(m.zone).Format(time.DateOnly) }
