package duty

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Person is somebody who acted or is on duty.
type Person = message.Person

// Staff knows people and their secrets.
type Staff interface {
	// Independent reports whether two people's accounts are surely in two people's hands.
	Independent(ctx context.Context, q store.Queryer, a, b string) (bool, error)
	// Holders are the people who may do something in a region.
	Holders(ctx context.Context, perm auth.Permission, path string) ([]Person, error)
	// Principal is a person with what they may do; nil if they may not act any more.
	Principal(ctx context.Context, id string) (*auth.Principal, error)
	// HashSecret and SecretIs keep a secret the way passwords are kept.
	HashSecret(ctx context.Context, secret string) (string, error)
	SecretIs(ctx context.Context, secret, hash string) (bool, error)
}

// Alerts tells of messages what the desk must know.
type Alerts interface {
	// Waiting is what waits for a person within a scope, the oldest first.
	Waiting(ctx context.Context, scope auth.Scope) ([]Item, error)
	// OnAir is what is on the air within a scope, by district.
	OnAir(ctx context.Context, scope auth.Scope) ([]Airing, error)
	// Happened is what happened in a region between two times.
	Happened(ctx context.Context, path string, from, to time.Time) (Happened, error)
	// Took says that the asker looks after what came from outside; from is whom they take it over from.
	Took(ctx context.Context, arrival, from string) error
	// Call takes in what an authenticated caller said.
	Call(ctx context.Context, c Call) (message.Outcome, error)
	// RegionPath finds a region by code; a fault that names "regionCode" if there is none.
	RegionPath(ctx context.Context, code string) (string, error)
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

// Signer holds the node's signing key.
type Signer interface {
	Signing() (*ebd.PrivateKey, *ebd.Certificate)
}

// Deps are what a desk stands on.
type Deps struct {
	DB        *store.DB
	Clock     clock.Clock
	Log       *slog.Logger
	Live      Live
	Zone      *time.Location
	PublicURL string // of the console, in notices
	Staff     Staff
	Alerts    Alerts
	Sealer    Sealer
	Signer    Signer
	Authority ebd.PublicKey // which certified the signing key
	Notifier  Notifier
	Read      auth.Permission // messages
	Keep      auth.Permission // keep the desk
	Plan      auth.Permission // plan the roster
	Sign      auth.Permission // countersign
	Edit      auth.Permission // set up gateways
}

// Desk is the duty desk.
type Desk struct {
	Deps
	wake chan struct{} // there is a notice to send

	mu      sync.Mutex
	sending map[string]bool // gateways that are being sent by
}

// New makes a desk. Run starts it.
func New(d Deps) *Desk {
	return &Desk{Deps: d, wake: make(chan struct{}, 1), sending: map[string]bool{}}
}

// freshFor is how old the second factor of who signs may be.
const freshFor = 5 * time.Minute

// Run sends notices and watches over the newsrooms' duty until ctx ends.
func (d *Desk) Run(ctx context.Context) error {
	ctx = auth.As(ctx, auth.Actor{ID: "system:duty", Name: "duty"})
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-d.wake:
				work.Go(func() { d.warn("notices to staff wait", d.SendDue(ctx)) })
			}
		}
	})
	d.Clock.Every(ctx, time.Second, func(ctx context.Context) {
		d.warn("overdue reports wait", d.FindOverdue(ctx))
		d.Nudge()
	})
	return nil
}

// Nudge has notices sent now. Call it after the commit that wrote some.
func (d *Desk) Nudge() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

func (d *Desk) warn(what string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		d.Log.Warn("duty: "+what, "error", err)
	}
}

func (d *Desk) told(path string, what string, id string) {
	d.Live.Tell("duty.changed", d.Keep, path, map[string]any{"what": what, "id": id})
}

func person(ctx context.Context) Person {
	who := auth.Who(ctx)
	return Person{ID: who.ID, Name: who.Name}
}

// onDuty is who keeps a post now: who signed on, else whom the roster names; empty for nobody.
func onDuty(ctx context.Context, q store.Queryer, post string, now time.Time) (Person, error) {
	s, err := openShift(ctx, q, post)
	if err != nil || s != nil {
		if s != nil {
			return s.By, err
		}
		return Person{}, err
	}
	turns, err := turnsBetween(ctx, q, post, now, now.Add(time.Microsecond))
	if err != nil || len(turns) == 0 {
		return Person{}, err
	}
	return Person{ID: turns[0].Person, Name: turns[0].Name}, nil
}

// OnDuty lists who is on duty for a region at the posts of a purpose that lie nearest above it:
// of its own posts, or else of those of the region around it where somebody is.
func (d *Desk) OnDuty(ctx context.Context, q store.Queryer, purpose Purpose, path string) (people []Keeper, err error) {
	posts, err := listPosts(ctx, q)
	if err != nil {
		return nil, err
	}
	posts = slices.DeleteFunc(posts, func(p *Post) bool { return p.Purpose != purpose || !strings.HasPrefix(path, p.RegionPath) })
	slices.SortStableFunc(posts, func(a, b *Post) int { return len(b.RegionPath) - len(a.RegionPath) })
	for _, p := range posts {
		if len(people) > 0 && len(people[0].Post.RegionPath) > len(p.RegionPath) {
			break // farther away than who was found
		}
		who, err := onDuty(ctx, q, p.ID, d.Clock.Now())
		if err != nil {
			return nil, err
		}
		if who.ID != "" {
			people = append(people, Keeper{p, who})
		}
	}
	return people, nil
}

// Keeper is who keeps a post.
type Keeper struct {
	Post *Post
	Person
}

// Item is a thing that waits for a person.
type Item struct {
	Kind       string     `json:"kind" enum:"arrival,drill,countersign,review,output,silent,report" doc:"arrival: came from outside; drill: a drill began, and its message is to be submitted; countersign: a message to be countersigned; review: went out by itself; output: an output failed; silent: the heartbeats of an output stopped; report: a newsroom has not reported"`
	ID         string     `json:"id" doc:"Id of the thing, to take it"`
	Message    string     `json:"message,omitempty"`
	Title      string     `json:"title"`
	Note       string     `json:"note,omitempty" doc:"Where it came from, why it failed"`
	Severity   string     `json:"severity"`
	Drill      bool       `json:"drill"`
	RegionPath string     `json:"regionPath"`
	At         time.Time  `json:"at"`
	Until      *time.Time `json:"until,omitempty" doc:"When it goes out by itself, or was due"`
	TakenBy    string     `json:"takenBy,omitempty"`
	TakenAt    *time.Time `json:"takenAt,omitempty"`
	Sounds     bool       `json:"sounds" doc:"It sounds at desks until somebody takes it"`
}

// Airing is what is on the air in one district.
type Airing struct {
	Code     string   `json:"code"`
	NameZh   string   `json:"nameZh"`
	NameEn   string   `json:"nameEn"`
	Messages []string `json:"messages" doc:"Ids, the gravest first, of one severity what is real before drills"`
}

// queue is what waits within a scope, with who looks after it: what sounds first, then the gravest,
// of one severity what is real before drills, then the oldest.
func (d *Desk) queue(ctx context.Context, scope auth.Scope) ([]Item, error) {
	items, err := d.Alerts.Waiting(ctx, scope)
	if err != nil {
		return nil, err
	}
	overdue, err := listReports(ctx, d.DB, reportFilter{Overdue: true, Scope: scope, Page: store.Page{Limit: store.MaxLimit}})
	if err != nil {
		return nil, err
	}
	for _, r := range overdue.Items {
		items = append(items, Item{Kind: "report", ID: r.ID, Message: r.MessageID, Title: r.Title, Note: r.PostName, Severity: r.Severity, Drill: r.Drill,
			RegionPath: r.RegionPath, At: r.OverdueAt, Until: moment(r.DueAt)})
	}
	claims, err := listClaims(ctx, d.DB)
	if err != nil {
		return nil, err
	}
	for i := range items {
		it := &items[i]
		if c, ok := claims[[2]string{it.Kind, it.ID}]; ok && it.TakenBy == "" && (it.Kind != "silent" || c.At.After(it.At)) { // it may have been heard since
			it.TakenBy, it.TakenAt = c.Name, moment(c.At)
		}
		it.Sounds = it.TakenBy == ""
	}
	order := func(i Item) int { return message.Gravity(message.Severity(i.Severity), i.Drill) }
	slices.SortStableFunc(items, func(a, b Item) int {
		switch {
		case a.Sounds != b.Sounds && a.Sounds:
			return -1
		case a.Sounds != b.Sounds:
			return 1
		case order(a) != order(b):
			return order(a) - order(b)
		}
		return a.At.Compare(b.At)
	})
	return items, nil
}

// claim says that the asker looks after a thing that waits: it sounds no longer. What another
// looks after is taken over from them by name.
func (d *Desk) claim(ctx context.Context, kind, id, from string) (*Item, error) {
	items, err := d.queue(ctx, auth.ScopeOf(ctx, d.Keep))
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(items, func(i Item) bool { return i.Kind == kind && i.ID == id })
	if at < 0 {
		return nil, fault.New(fault.NotFound, "alert.duty.item_not_found")
	}
	it := &items[at]
	if kind == "arrival" {
		err = d.Alerts.Took(ctx, id, from)
	} else {
		err = d.DB.Update(ctx, func(tx *store.Tx) error {
			stale := time.Time{}
			if kind == "silent" { // it may have been heard since
				stale = it.At
			}
			if err := d.putClaim(ctx, tx, kind, id, person(ctx), from, stale); err != nil {
				return err
			}
			entry := Entry{RegionPath: it.RegionPath, Kind: "taken", Object: object(it.Message), Args: map[string]any{"title": it.Title, "what": it.Kind}}
			over := ""
			if it.TakenBy == from && from != person(ctx).Name {
				over = from
			}
			if over != "" {
				entry.Kind, entry.Args["from"] = "taken_over", over
			}
			if err := d.Record(ctx, tx, entry); err != nil {
				return err
			}
			return auditClaim(ctx, tx, it, over)
		})
	}
	if err != nil {
		return nil, err
	}
	it.TakenBy, it.TakenAt, it.Sounds = person(ctx).Name, moment(d.Clock.Now()), false
	d.told(it.RegionPath, "queue", id)
	return it, nil
}

// object names the message that an entry is about; empty for none.
func object(message string) string {
	if message == "" {
		return ""
	}
	return "alert:" + message
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
