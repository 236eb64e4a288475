// Package dockettest is a small city around a docket, for tests of what stands on it: two
// districts, people with posts, one case type.
package dockettest

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/city"
	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/live"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// Regions of the city, by code.
const (
	Whole = "110000000000"
	East  = "110101000000"
	West  = "110102000000"
	Town  = "110101001000" // of East
)

// City is a docket with what it asks answered.
type City struct {
	testing.TB
	Ctx    context.Context
	DB     *store.DB
	Clock  *clock.Manual
	Docket *docket.Desk
	Zone   *time.Location
}

// posts are who holds which post where.
var posts = map[string]map[string]string{
	"op": {"operator": "c."}, "disp": {"dispatcher": "c.e."}, "dispw": {"dispatcher": "c.w."}, "tech": {"technician": "c.e."}, "tech2": {"technician": "c.e."}, "boss": {"case-supervisor": "c."}, "citizen": {},
}

// New makes a city whose docket works until the test ends, with these case types.
func New(t testing.TB, db *store.DB, clk *clock.Manual, types ...[]byte) *City {
	t.Helper()
	calendar, errs := city.Calendar(city.Default())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	objects, err := blob.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	desk, err := docket.Open(ctx, docket.Deps{DB: db, Clock: clk, Log: slog.New(slog.DiscardHandler), Live: live.NewHub(), Blob: objects, Zone: calendar.Zone(), Home: "c.", Calendar: calendar,
		Regions: register{}, Staff: register{}, Parties: parties{}, Urns: rest{}, Sealer: Plain{}, Signer: rest{}, Subjects: register{}})
	if err == nil {
		err = desk.Ship(ctx, types)
	}
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() { _ = desk.Run(ctx) })
	t.Cleanup(func() { cancel(); done.Wait() })
	return &City{t, ctx, db, clk, desk, calendar.Zone()}
}

// As is the context of somebody of the city: "op", "disp", "dispw", "tech", "boss", "citizen".
func (c *City) As(name string) context.Context { return auth.With(c.Ctx, Person(name)) }

// Person is somebody with what they may do.
func Person(name string) *auth.Principal {
	granted := map[auth.Permission][]string{docket.PermWork: {""}}
	for post, path := range posts[name] {
		granted[docket.PermOf(post)] = []string{path}
	}
	if name == "boss" {
		for _, p := range []auth.Permission{docket.PermRead, docket.PermDesign, docket.PermExport} {
			granted[p] = []string{"c."}
		}
	}
	if name == "disp" {
		granted[docket.PermExport] = []string{"c.e."}
	}
	return auth.NewPrincipal(auth.Actor{ID: Account(name), Name: name}, granted)
}

// Account is the id of somebody's account.
func Account(name string) string {
	id := []byte("00000000000000000000000000")
	for i, c := range []byte(name) {
		id[len(id)-len(name)+i] = c - 'a' + 'A'
	}
	return string(id)
}

// Open opens a case of a repair in a region.
func (c *City) Open(who, region string, data map[string]any) *docket.View {
	c.Helper()
	v, err := c.Docket.Open(c.As(who), docket.NewCase{Type: "repair", Start: "report", Region: region, Data: data})
	c.OK(err)
	return v
}

// Do does a step of a case.
func (c *City) Do(who, id, step string, data map[string]any) *docket.View {
	c.Helper()
	v, err := c.Docket.Do(c.As(who), id, docket.Deed{Step: step, Data: data})
	c.OK(err)
	return v
}

// OK ends the test where something failed.
func (c *City) OK(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// Refused wants a refusal.
func (c *City) Refused(err error, code string) {
	c.Helper()
	if !fault.Is(err, code) {
		c.Errorf("want %s, got %v", code, err)
	}
}

type register struct{}

func (register) All(context.Context) ([]docket.Region, error) {
	return []docket.Region{{Code: Whole, Path: "c.", NameZH: "本市", NameEN: "City", District: Whole}, {Code: East, Path: "c.e.", NameZH: "东区", NameEN: "East", District: East},
		{Code: West, Path: "c.w.", NameZH: "西区", NameEN: "West", District: West}, {Code: Town, Path: "c.e.1.", NameZH: "东一街道", NameEN: "East 1", District: East}}, nil
}

func (register) Holders(_ context.Context, perm auth.Permission, path string) (people []auth.Person, err error) {
	for name, held := range posts {
		for post, at := range held {
			if docket.PermOf(post) == perm && auth.NewScope(at).Allows(path) {
				people = append(people, auth.Person{ID: Account(name), Name: name})
			}
		}
	}
	return people, nil
}

func (register) Named(_ context.Context, ids []string) (map[string]string, error) {
	names := map[string]string{}
	for name := range posts {
		for _, id := range ids {
			if Account(name) == id {
				names[id] = name
			}
		}
	}
	return names, nil
}

// Kind is what kind of device one is.
func (register) Kind(context.Context, string) (string, error) { return "loudspeaker", nil }

func (register) Place(_ context.Context, _ procedure.Subject, id string) (string, string, error) {
	if id == "00000000000000000000404" {
		return "", "", fault.New(fault.NotFound, "casework.subject.unknown")
	}
	return Town, "村口喇叭", nil
}

type parties struct{}

func (parties) Of(context.Context, store.Queryer, string) ([]string, error) { return nil, nil }
func (parties) Named(context.Context, store.Queryer, []string) (map[string]procedure.Words, error) {
	return nil, nil
}
func (parties) Licensed(context.Context, *store.Tx, string, procedure.Paper) error { return nil }

// Plain seals nothing.
type Plain struct{}

// Seal gives back what it was given.
func (Plain) Seal(plain []byte, _ string) ([]byte, error) { return plain, nil }

// Open gives back what it was given.
func (Plain) Open(sealed []byte, _ string) ([]byte, error) { return sealed, nil }

type rest struct{}

func (rest) Sign(context.Context, []byte) (string, error) { return "c2lnbmVk", nil }
func (rest) Names() []string {
	return []string{"experts", "inspectors", "hotels", "outlets", "screens", "stations"}
}
func (rest) Urn(context.Context, store.Queryer, string, string, []string, time.Time) ([]string, []procedure.Out, error) {
	return nil, nil, nil
}
