// Package docket keeps cases: what happened to each, where it stands, who may do what to it, and
// whom it waits for. What a case type says is judged by engine/procedure; this package makes what
// was decided durable, and what follows from it happen.
//
// Many acts are committed in one transaction, so that a thousand people do not wait for a thousand
// turns of the disk. Each is judged on the case as the ones before it left it; one that is refused
// leaves nothing behind and does not disturb the others.
package docket

import (
	"context"
	"log/slog"
	"time"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/engine/worktime"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/live"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Deps is what the docket stands on, and whom it asks.
type Deps struct {
	DB       *store.DB
	Clock    clock.Clock
	Log      *slog.Logger
	Live     *live.Hub
	Blob     blob.Store
	Zone     *time.Location
	Home     string // path of the region that this node serves
	Calendar *worktime.Calendar

	Regions  Regions
	Staff    Staff
	Parties  Parties
	Urns     Urns
	Sealer   Sealer
	Signer   Signer
	Subjects Subjects
	Elements func() map[string]bool // that facts can be stated of
	Purposes func(ctx context.Context) (map[string]bool, error)
}

// Regions answers for the register of regions.
type Regions interface {
	// All lists every region.
	All(ctx context.Context) ([]Region, error)
}

// Region is a region of the register.
type Region struct {
	Code, Path, NameZH, NameEN string
	District                   string // code of the district that it is or lies in; its own above
}

// Staff answers for accounts.
type Staff interface {
	// Holders lists who has a permission at a region.
	Holders(ctx context.Context, perm auth.Permission, path string) ([]auth.Person, error)
	// Named names accounts.
	Named(ctx context.Context, ids []string) (map[string]string, error)
}

// Parties answers for organisations and people.
type Parties interface {
	// Of lists the organisations that an account belongs to, and the person's own entry.
	Of(ctx context.Context, q store.Queryer, account string) ([]string, error)
	// Named names parties.
	Named(ctx context.Context, q store.Queryer, ids []string) (map[string]procedure.Words, error)
	// Licensed enters a licence that the case with a number issued.
	Licensed(ctx context.Context, tx *store.Tx, number string, p procedure.Paper) error
}

// Urns says who or what may be drawn.
type Urns interface {
	Urn(ctx context.Context, q store.Queryer, from, regionPath string, avoid []string, day time.Time) (in []string, out []procedure.Out, err error)
	Names() []string
}

// Subjects says where what a case is about lies.
type Subjects interface {
	// Place gives the region code and the name of a device, a site or a party.
	Place(ctx context.Context, kind procedure.Subject, id string) (region, name string, err error)
	// Kind is what kind of device one is, by its code.
	Kind(ctx context.Context, code string) (string, error)
}

// Sealer keeps secrets.
type Sealer interface {
	Seal(plain []byte, purpose string) ([]byte, error)
	Open(sealed []byte, purpose string) ([]byte, error)
}

// Signer signs documents.
type Signer interface {
	Sign(ctx context.Context, text []byte) (signature string, err error)
}
