package casework

import (
	"context"
	"embed"
	"io/fs"

	"golang.org/x/sync/errgroup"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/respond/casework/calendar"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
	"github.com/tongsheng/tongsheng/internal/respond/casework/hook"
	"github.com/tongsheng/tongsheng/internal/respond/casework/open311"
	"github.com/tongsheng/tongsheng/internal/respond/casework/paper"
	"github.com/tongsheng/tongsheng/internal/respond/casework/sheet"
	"github.com/tongsheng/tongsheng/internal/respond/casework/tally"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the module's tables.
func Migrations() store.Migrations {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return store.Migrations{Module: "casework", FS: sub}
}

// Permissions lists every permission the module declares.
func Permissions() []auth.Permission { return docket.Permissions() }

// Deps is what the module stands on, and whom it asks.
type Deps struct {
	docket.Deps
	Devices    Devices
	Procedures [][]byte // the case types that the city comes with

	Places   open311.Places
	People   calendar.People
	HomeCode string // code of the region that this node serves
	Public   string // address of the citizens' pages
	Host     string // by which programs name the city
	Issuer   i18n.Both
}

// Module is the module.
type Module struct {
	Docket  *docket.Desk
	Open311 *open311.Desk
	Hooks   *hook.Desk
	Agenda  *calendar.Desk
	Sheets  *sheet.Desk
	Papers  *paper.Desk
	teller  *tally.Teller
	devices Devices
}

// New makes the module and makes the city's case types known.
func New(ctx context.Context, d Deps) (*Module, error) {
	desk, err := docket.Open(ctx, d.Deps)
	if err != nil {
		return nil, err
	}
	m := &Module{Docket: desk, teller: &tally.Teller{DB: d.DB, Clock: d.Clock, Log: d.Log}, devices: d.Devices}
	m.Open311 = open311.New(open311.Deps{DB: d.DB, Clock: d.Clock, Zone: d.Zone, Docket: desk, Places: d.Places, Home: d.HomeCode, Public: d.Public, Host: d.Host})
	m.Hooks = hook.New(hook.Deps{DB: d.DB, Clock: d.Clock, Log: d.Log, Docket: desk, Sealer: d.Sealer, Public: d.Public})
	m.Agenda = calendar.New(calendar.Deps{DB: d.DB, Clock: d.Clock, Docket: desk, People: d.People, Public: d.Public, Host: d.Host})
	m.Sheets = sheet.New(sheet.Deps{DB: d.DB, Zone: d.Zone, Docket: desk})
	m.Papers = paper.New(paper.Deps{Clock: d.Clock, Zone: d.Zone, Docket: desk, Public: d.Public, Issuer: d.Issuer})
	return m, desk.Ship(ctx, d.Procedures)
}

// Register adds the module's operations.
func (m *Module) Register(api *httpapi.API) {
	m.Docket.Register(api)
	m.Open311.Register(api)
	m.Hooks.Register(api)
	m.Agenda.Register(api)
	m.Sheets.Register(api)
	m.Papers.Register(api)
}

// Run works until ctx ends.
func (m *Module) Run(ctx context.Context) error {
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return m.Docket.Run(ctx) })
	work.Go(func() error { return m.Hooks.Run(ctx) })
	work.Go(func() error { return m.teller.Run(ctx) })
	return work.Wait()
}
