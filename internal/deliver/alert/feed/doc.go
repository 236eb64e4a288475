// Package feed is CAP at the house's doors: alerts of named sources come in, fetched or sent,
// each source with its own trust; messages go out to everybody as an Atom feed and as CAP 1.2.
//
// What comes in is judged here (is it valid, signed, of a sender, event, severity and place
// that the source may speak for, new and not over) and handed to the house as an arrival; the
// rules there decide whether a person must agree.
package feed

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// House is what a feed asks of the module around it.
type House interface {
	// Take takes in what came from outside, each thing once.
	Take(ctx context.Context, a message.Arrival) (message.Outcome, error)
	// Keep keeps a document as it came, until its arrival is written down.
	Keep(ctx context.Context, content []byte) (digest string, err error)
	// Fit asks everything of an arrival that is asked of a message, and tells the paths of the
	// regions that it is for.
	Fit(ctx context.Context, a message.Arrival) (paths []string, err error)
	// Object is what Keep kept.
	Object(ctx context.Context, digest string) ([]byte, error)
	// ArrivalPath is the region of the record of an arrival.
	ArrivalPath(ctx context.Context, q store.Queryer, id string) (string, error)
	// RegionPath finds a region by code; a fault that names "regionCode" if there is none.
	RegionPath(ctx context.Context, code string) (string, error)
	// Published lists what is on the air, and what ended since a time.
	Published(ctx context.Context, since time.Time) ([]Public, error)
	// PublishedOne is one message with the versions of it that were issued, the oldest first.
	PublishedOne(ctx context.Context, id string) (*Public, error)
}

// Live tells open browsers.
type Live interface {
	Tell(name string, perm auth.Permission, regionPath string, data any)
}

// Sealer keeps secrets.
type Sealer interface {
	Seal(plain []byte, purpose string) ([]byte, error)
	Open(sealed []byte, purpose string) ([]byte, error)
}

// Deps are what feeds need.
type Deps struct {
	DB       *store.DB
	Clock    clock.Clock
	Log      *slog.Logger
	Live     Live
	Sealer   Sealer
	House    House
	Read     auth.Permission // who may see what sources said
	Edit     auth.Permission // who may set them up and say what they are trusted with
	Home     string          // region path of the platform
	Identity Identity
	Seal     Seal
}

// Seal signs what is published; the zero Seal leaves it as it is.
type Seal struct {
	Sign      func(alert []byte) ([]byte, error)
	Authority []byte // PEM: whoever is to believe signatures trusts this
}

// Desk looks after the sources, and publishes.
type Desk struct {
	Deps
	client   *http.Client
	patience time.Duration
	outside  *http.Client // for what alerts name
	inside   *http.Client

	mu      sync.Mutex
	busy    map[string]bool
	marks   map[string]*marks    // what was fetched of a source, by id
	later   map[string]time.Time // when an offer that could not be noted is fetched again, by id
	group   sync.WaitGroup
	shown   published
	started time.Time
}

// NewDesk makes a desk. Run starts it.
func NewDesk(d Deps) (*Desk, error) {
	kept, err := lru.New[string, keptFile](maxKeptFiles)
	outside, inside := resourceClients()
	return &Desk{Deps: d, client: newClient(), outside: outside, inside: inside, patience: patience, busy: map[string]bool{}, marks: map[string]*marks{}, later: map[string]time.Time{}, shown: published{files: kept}, started: d.Clock.Now()}, err
}

// Run fetches until ctx ends.
func (d *Desk) Run(ctx context.Context) error {
	d.group.Go(func() { d.Clock.Every(ctx, time.Second, d.Gather) })
	d.Clock.Every(ctx, time.Second, d.look)
	d.group.Wait()
	return nil
}
