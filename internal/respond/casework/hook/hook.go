// Package hook tells other programs what becomes of cases: that they were opened, went on, were
// closed, or are overdue. What is told holds no personal data. It is written down in the
// transaction that takes the event, so that nothing is lost, and sent until it arrives, for a day.
package hook

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/openweb"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// Deps is what the desk stands on.
type Deps struct {
	DB     *store.DB
	Clock  clock.Clock
	Log    *slog.Logger
	Docket *docket.Desk
	Sealer docket.Sealer
	Public string // address of the node's pages
	Inside bool   // addresses of closed networks may be told, too
}

// Desk keeps subscriptions.
type Desk struct {
	Deps
	client  *http.Client
	mu      sync.Mutex
	sending map[string]bool // subscriptions whose notices are being sent
}

// patience is how long an answer is waited for.
const patience = 10 * time.Second

// New makes the desk.
func New(d Deps) *Desk {
	return &Desk{Deps: d, client: openweb.Client(patience, 2, d.Inside), sending: map[string]bool{}}
}

// Hook is a subscription.
type Hook struct {
	ID       string       `json:"id"`
	Name     string       `json:"name"`
	URL      string       `json:"url"`
	Types    []string     `json:"types" doc:"Codes of case types; all if empty"`
	News     []event.News `json:"news"`
	Region   string       `json:"region" doc:"Path; its subtree"`
	At       time.Time    `json:"at"`
	By       auth.Person  `json:"by"`
	Failures int          `json:"failures" doc:"In a row"`
	Failure  string       `json:"failure,omitempty" doc:"Why the last attempt failed"`
	PausedAt time.Time    `json:"pausedAt,omitzero" doc:"Since when nothing is sent, after too many failures"`
	Secret   string       `json:"secret,omitempty" doc:"By which notices are signed; told once"`

	sealed string
}

// NewHook is what somebody subscribes to.
type NewHook struct {
	Name   string       `json:"name" minLength:"1" maxLength:"80"`
	URL    string       `json:"url" maxLength:"500"`
	Types  []string     `json:"types,omitempty" maxItems:"100"`
	News   []event.News `json:"news" minItems:"1" maxItems:"4"`
	Region string       `json:"region,omitempty" maxLength:"200" doc:"Path; the whole city if empty"`
}

// maxHooks is how many subscriptions there may be.
const maxHooks = 50

var known = []event.News{event.CaseOpened, event.CaseStep, event.CaseClosed, event.CaseOverdue}

func (d *Desk) may(ctx context.Context) error {
	return auth.Check(ctx, docket.PermDesign, d.Docket.Home)
}

// check judges what somebody wants to subscribe to.
func (d *Desk) check(n *NewHook) error {
	var list fault.List
	n.Name = strings.TrimSpace(n.Name)
	if n.Name == "" || utf8.RuneCountInString(n.Name) > 80 || i18n.Deceives(n.Name, "") {
		list.Add(fault.Bad("name", "casework.hook.name"))
	}
	if u, err := url.Parse(n.URL); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.Fragment != "" {
		list.Add(fault.Bad("url", "casework.hook.url"))
	}
	for _, code := range n.Types {
		if _, err := d.Docket.TypeOf(code, 0); err != nil {
			list.Add(fault.Bad("types", "casework.type.unknown", fault.Args{"type": code}))
		}
	}
	for _, what := range n.News {
		if !slices.Contains(known, what) {
			list.Add(fault.Bad("news", "casework.hook.news"))
		}
	}
	if n.Region == "" {
		n.Region = d.Docket.Home
	}
	if d.Docket.RegionAt(n.Region).Code == "" {
		list.Add(fault.Bad("region", "casework.region.unknown", fault.Args{"region": n.Region}))
	}
	return list.OrNil()
}

// Make subscribes.
func (d *Desk) Make(ctx context.Context, n NewHook) (*Hook, error) {
	if err := d.may(ctx); err != nil {
		return nil, err
	}
	if err := d.check(&n); err != nil {
		return nil, err
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	h := &Hook{Name: n.Name, URL: n.URL, Types: append([]string{}, n.Types...), News: n.News, Region: n.Region, By: auth.Who(ctx).Person(), Secret: hex.EncodeToString(raw)}
	err := d.DB.Update(ctx, func(tx *store.Tx) (err error) {
		count, err := countHooks(ctx, tx)
		if err != nil {
			return err
		}
		if count >= maxHooks {
			return fault.New(fault.Conflict, "casework.hook.many", fault.Args{"max": maxHooks})
		}
		h.ID, h.At = store.NewID(tx.Now), tx.Now
		if h.sealed, err = d.seal(h.ID, h.Secret); err != nil {
			return err
		}
		if err := insertHook(ctx, tx, h); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "casework.hook.make", Object: "casework-hook:" + h.ID, RegionPath: d.Docket.Home, Detail: n})
	})
	return h, err
}

// List lists the subscriptions, the latest first.
func (d *Desk) List(ctx context.Context) ([]Hook, error) {
	if err := d.may(ctx); err != nil {
		return nil, err
	}
	return hooks(ctx, d.DB, "")
}

func (d *Desk) one(ctx context.Context, q store.Queryer, id string) (*Hook, error) {
	if err := d.may(ctx); err != nil {
		return nil, err
	}
	found, err := hooks(ctx, q, id)
	if err == nil && (id == "" || len(found) == 0) {
		err = fault.New(fault.NotFound, "casework.hook.unknown")
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

// change does something to a subscription and leaves an audit record.
func (d *Desk) change(ctx context.Context, id, action string, fn func(tx *store.Tx) error) error {
	return d.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := d.one(ctx, tx, id); err != nil {
			return err
		}
		if err := fn(tx); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: action, Object: "casework-hook:" + id, RegionPath: d.Docket.Home})
	})
}

// End ends a subscription; what was not sent yet is not.
func (d *Desk) End(ctx context.Context, id string) error {
	return d.change(ctx, id, "casework.hook.end", func(tx *store.Tx) error { return deleteHook(ctx, tx, id) })
}

// Resume sends again what was held back while a subscription was paused.
func (d *Desk) Resume(ctx context.Context, id string) error {
	return d.change(ctx, id, "casework.hook.resume", func(tx *store.Tx) error { return resumeHook(ctx, tx, id) })
}

// Again sends a notice that was given up, or sent, once more.
func (d *Desk) Again(ctx context.Context, id, notice string) error {
	return d.change(ctx, id, "casework.hook.again", func(tx *store.Tx) error {
		n, err := sendAgain(ctx, tx, id, notice)
		if err == nil && n == 0 {
			err = fault.New(fault.NotFound, "casework.hook.notice")
		}
		return err
	})
}

// Notices lists what a subscription is told, the latest first: all, or those that were given up.
func (d *Desk) Notices(ctx context.Context, id, state string, page store.Page) (store.Listing[Notice], error) {
	if _, err := d.one(ctx, d.DB, id); err != nil {
		return store.Listing[Notice]{}, err
	}
	return notices(ctx, d.DB, id, state, page)
}

// Tried is what came of a try.
type Tried struct {
	Taken   bool   `json:"taken"`
	Failure string `json:"failure,omitempty"`
}

// Try sends a notice of no case at once.
func (d *Desk) Try(ctx context.Context, id string) (*Tried, error) {
	h, err := d.one(ctx, d.DB, id)
	if err != nil {
		return nil, err
	}
	now := d.Clock.Now()
	n := Notice{ID: store.NewID(now), News: "test", Body: encode(Body{Event: "test", At: now})}
	if err := d.change(ctx, id, "casework.hook.test", func(*store.Tx) error { return nil }); err != nil {
		return nil, err
	}
	if err := d.send(ctx, h, &n); err != nil {
		return &Tried{Failure: openweb.Why(err)}, nil
	}
	return &Tried{Taken: true}, nil
}
