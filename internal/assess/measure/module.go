package measure

import (
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tongsheng/tongsheng/internal/assess/measure/board"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fund"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/intake"
	"github.com/tongsheng/tongsheng/internal/assess/measure/returns"
	"github.com/tongsheng/tongsheng/internal/assess/measure/score"
	"github.com/tongsheng/tongsheng/internal/assess/measure/standard"
	"github.com/tongsheng/tongsheng/internal/assess/measure/survey"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/live"
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

// Permissions of the module.
const (
	PermRead      auth.Permission = "measure.read"      // see facts, indicators, scores
	PermState     auth.Permission = "measure.state"     // enter, import, correct and withdraw facts
	PermDefine    auth.Permission = "measure.define"    // say what facts and indicators are
	PermAgree     auth.Permission = "measure.agree"     // approve what another wrote or sent in: returns, standards, methods
	PermStandards auth.Permission = "measure.standards" // draft standards, gather comments on them and publish them
	PermFunds     auth.Permission = "measure.funds"     // enter money

	PermSurvey    auth.Permission = "measure.survey"           // write surveys and prepare their results
	PermRun       auth.Permission = "measure.survey.run"       // run them in the field, without learning who answered
	PermSend      auth.Permission = "measure.survey.send"      // keep their contacts and write to them, without learning what they answer
	PermInterview auth.Permission = "measure.survey.interview" // ask people
)

// Permissions lists every permission the module declares.
func Permissions() []auth.Permission {
	return []auth.Permission{PermRead, PermState, PermDefine, PermAgree, PermStandards, PermFunds, PermSurvey, PermRun, PermSend, PermInterview}
}

// Deps is what the module stands on, and whom it asks.
type Deps struct {
	DB    *store.DB
	Clock clock.Clock
	Log   *slog.Logger
	Live  *live.Hub
	Zone  *time.Location
	Home  string // path of the region that this node serves

	Regions  Regions
	Messages Messages
	Devices  Devices
	Staff    Staff
	Zones    Zones
	Sealer   survey.Sealer
	Public   string // address of the citizens' pages

	CaseElements []byte // what cases leave facts of, as builtin/elements.json has it; may be empty
}

// Staff answers for accounts.
type Staff interface {
	survey.Staff
	board.Staff
}

// Zones answers for named sets of regions.
type Zones interface {
	indicator.Zones
	standard.Zones
}

// Regions answers for the register of regions.
type Regions interface {
	// Tree lists every region, with people where they are known for it and not for all below.
	Tree(ctx context.Context) ([]Region, error)
}

// Region is a region of the register.
type Region struct {
	fact.Region
	People    int64 // 0 where it is not known
	Estimated bool
}

// Module is the module.
type Module struct {
	Deps
	Ledger    *fact.Ledger
	Standards *standard.Desk
	Book      *indicator.Book
	Returns   *returns.Desk
	Intake    *intake.Desk
	Score     *score.Desk
	Funds     *fund.Desk
	Survey    *survey.Desk
	Boards    *board.Service

	stirred   atomic.Bool // devices came or went since it was last looked how they stand
	standings standings
	tallied   tallied
}

// New makes the module: it brings the tree of regions and what the product states itself up to date.
func New(ctx context.Context, d Deps) (*Module, error) {
	m := &Module{Deps: d, tallied: tallied{said: map[string]bool{}}}
	regions, err := d.Regions.Tree(ctx)
	if err != nil {
		return nil, err
	}
	tree := make([]fact.Region, len(regions))
	for i := range regions {
		tree[i] = regions[i].Region
	}
	m.Ledger, err = fact.Open(ctx, fact.Deps{DB: d.DB, Clock: d.Clock, Log: d.Log, Live: d.Live, Zone: d.Zone, Home: d.Home, Read: PermRead, State: PermState, Define: PermDefine, Devices: d.Devices,
		Kept: map[string]fact.Keeper{"fund": {Things: func(ctx context.Context, q store.Queryer, codes []string) ([]fact.Thing, error) {
			return m.Funds.Things(ctx, q, codes)
		}, List: func(ctx context.Context, f fact.ThingFilter, scope auth.Scope, day string) (store.Listing[fact.Thing], error) {
			return m.Funds.ListThings(ctx, f, scope, day)
		}}},
		Users: func(code string) []fact.User { return append(m.Book.UsersOf(code), m.Returns.UsersOf(code)...) },
		Contradictions: func(ctx context.Context, q store.Queryer, entries []fact.Entry) ([]fact.Finding, error) {
			return m.Returns.Contradictions(ctx, q, entries)
		}}, tree)
	if err != nil {
		return nil, err
	}
	m.Book, err = indicator.Open(ctx, indicator.Deps{DB: d.DB, Log: d.Log, Ledger: m.Ledger, Zones: d.Zones, Home: d.Home, Read: PermRead, Define: PermDefine,
		Users: func(code string) []fact.User { return append(m.Score.UsersOf(code), m.Standards.UsersOf(code)...) }})
	if err != nil {
		return nil, err
	}
	if err := m.seed(ctx); err != nil {
		return nil, err
	}
	m.Standards, err = standard.Open(ctx, standard.Deps{DB: d.DB, Clock: d.Clock, Log: d.Log, Live: d.Live, Zone: d.Zone, Home: d.Home, Ledger: m.Ledger, Book: m.Book, Zones: d.Zones, Staff: d.Staff,
		Read: PermRead, Write: PermStandards, Agree: PermAgree})
	if err != nil {
		return nil, err
	}
	m.Returns, err = returns.New(ctx, returns.Deps{DB: d.DB, Clock: d.Clock, Log: d.Log, Ledger: m.Ledger, Staff: d.Staff, Zone: d.Zone, Home: d.Home, Read: PermRead, State: PermState, Agree: PermAgree, Define: PermDefine})
	if err != nil {
		return nil, err
	}
	m.Intake = intake.New(intake.Deps{DB: d.DB, Clock: d.Clock, Log: d.Log, Ledger: m.Ledger, Home: d.Home, State: PermState, Rules: m.Returns})
	if m.Funds, err = fund.New(ctx, fund.Deps{DB: d.DB, Clock: d.Clock, Ledger: m.Ledger, Book: m.Book, Staff: d.Staff, Zone: d.Zone, Home: d.Home, Read: PermRead, Write: PermFunds, Agree: PermAgree}); err != nil {
		return nil, err
	}
	m.Score, err = score.New(ctx, score.Deps{DB: d.DB, Clock: d.Clock, Ledger: m.Ledger, Book: m.Book, Zones: d.Zones, Staff: d.Staff, Zone: d.Zone, Home: d.Home, Read: PermRead, Define: PermDefine, Agree: PermAgree, Object: PermState})
	if err != nil {
		return nil, err
	}
	people := map[string]int64{}
	for _, r := range regions {
		people[r.Code] = r.People
	}
	m.Survey, err = survey.New(survey.Deps{DB: d.DB, Clock: d.Clock, Log: d.Log, Ledger: m.Ledger, Staff: d.Staff, Sealer: d.Sealer, Zone: d.Zone, People: people, Public: d.Public,
		Read: PermRead, Build: PermSurvey, Run: PermRun, Send: PermSend, Interview: PermInterview, Agree: PermAgree})
	if err != nil {
		return nil, err
	}
	m.Boards = board.New(board.Deps{DB: d.DB, Home: d.Home, Staff: d.Staff, Read: PermRead,
		Indicator: func(code string) error { _, err := m.Book.Definition(code); return err }, Index: func(code string) error { _, err := m.Score.Index(code); return err }})
	return m, m.countPeople(ctx, regions)
}

// Register adds the module's operations.
func (m *Module) Register(api *httpapi.API) {
	m.Ledger.Register(api)
	m.Book.Register(api)
	m.Returns.Register(api)
	m.Intake.Register(api)
	m.Score.Register(api)
	m.Funds.Register(api)
	m.Standards.Register(api)
	m.Survey.Register(api)
	m.Boards.Register(api)
}

// Run states what the product itself knows until ctx ends.
func (m *Module) Run(ctx context.Context) error {
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return m.Intake.Run(ctx) })
	work.Go(func() error { return m.Survey.Work(ctx) })
	work.Go(func() error {
		m.warn("indices were not reckoned beforehand", m.Score.Warm(ctx))
		return nil
	})
	work.Go(func() error {
		m.Clock.Every(ctx, time.Second, func(ctx context.Context) {
			m.warn("what came of messages was not stated as facts", m.stateMessages(ctx))
			m.warn("how devices stand was not stated as facts", m.stateDevices(ctx))
			m.tellTallied()
		})
		return nil
	})
	return work.Wait()
}

func (m *Module) warn(what string, err error) {
	if err != nil && !store.Stopped(err) {
		m.Log.Warn(what, "error", err)
	}
}
