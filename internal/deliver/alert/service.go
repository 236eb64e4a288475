package alert

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/geo"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/door"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/drill"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/duty"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/feed"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/media"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/peer"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rulebook"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/speech"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Permissions of this module.
const (
	PermRead          auth.Permission = "alert.read"
	PermDraft         auth.Permission = "alert.draft"
	PermCountersign   auth.Permission = "alert.countersign"
	PermCancel        auth.Permission = "alert.cancel"
	PermStopAll       auth.Permission = "alert.stop_all"
	PermRules         auth.Permission = "alert.rules"
	PermHandle        auth.Permission = "alert.handle"
	PermReport        auth.Permission = "alert.report"
	PermOutputs       auth.Permission = "alert.outputs"
	PermDuty          auth.Permission = "alert.duty"   // keep a duty post
	PermRoster        auth.Permission = "alert.roster" // plan who keeps them
	PermSources       auth.Permission = "alert.sources"
	PermPeers         auth.Permission = "alert.peers"
	PermDrills        auth.Permission = "alert.drills" // plan, run and evaluate them
	PermDrillsApprove auth.Permission = "alert.drills_approve"
)

// Region is a region as the register of regions describes it.
type Region struct {
	Code       string // 12 digits
	Path       string
	NameZh     string
	NameEn     string
	Level      rule.Level
	Population int64
	Estimated  bool // the population is not a census figure
}

// Covered is a region and the share of it, 0–1, that lies in an area.
type Covered struct {
	Region
	Share float64
}

// Regions is the register of regions, as far as alert asks it.
type Regions interface {
	// Regions finds regions by code; unknown codes are left out.
	Regions(ctx context.Context, codes []string) ([]Region, error)
	// RegionAt finds a region by path.
	RegionAt(ctx context.Context, path string) (Region, error)
	// ZoneMembers are the codes of a zone's regions; a fault NotFound if there is no such zone.
	ZoneMembers(ctx context.Context, zone string) ([]string, error)
	// Under lists the regions directly within one.
	Under(ctx context.Context, code string) ([]Region, error)
	// Covered lists the lowest regions with a known population, townships or villages, that
	// lie under the regions with these codes or touch a shape, each once.
	Covered(ctx context.Context, codes []string, shapes []geo.MultiPolygon) ([]Covered, error)
}

// Signer holds the key that signs orders, which may change from one call to the next, and
// numbers them for all of the node that sign.
type Signer interface {
	Signing() (*ebd.PrivateKey, *ebd.Certificate)
	NextOrder(ctx context.Context, tx *store.Tx) (uint64, error)
	// OrdersGiven says that numbers up to last are in use.
	OrdersGiven(ctx context.Context, tx *store.Tx, last uint64) error
}

// Speech makes sound; *speech.Studio does.
type Speech interface {
	Say(ctx context.Context, o speech.Order) (speech.Clip, error)
	Record(ctx context.Context, o speech.Recording) (speech.Clip, error)
	// Plays reports whether a file of a type holds sound that can be played.
	Plays(ctx context.Context, mime string, file []byte) error
}

// Deps are what the module stands on.
type Deps struct {
	DB        *store.DB
	Clock     clock.Clock
	Log       *slog.Logger
	Live      delivery.Live
	Platform  ebd.ResourceCode // this platform, in orders and message ids
	Home      string           // region path of this platform
	Level     rule.Level       // of this platform, for precedence
	Zone      *time.Location   // of the city, for reports
	Regions   Regions
	Staff     duty.Staff
	Terminals delivery.Terminals
	Signer    Signer
	Sender    delivery.Sender
	Speech    Speech
	Blobs     blob.Store
	Sealer    output.Sealer
	Drivers   map[string]output.Driver // of outputs, by kind
	Issuers   func() []wire.Issuer     // whom television sets are to believe
	TV        door.Settings
	Notifier  duty.Notifier // of staff
	Authority ebd.PublicKey // which certifies the signer's keys
	PublicURL string        // where people and programs reach the platform
	Issuer    Issuer
	Seal      feed.Seal               // of what is published as CAP
	Site      string                  // name of this node among those it is joined to
	Links     Links                   // to other nodes; may be nil
	Root      func() *ebd.Certificate // which certifies the key that signs
	Self      peer.Thing              // this platform, as others are told of it
	Resources peer.Resources
}

// Module is emergency broadcasting.
type Module struct {
	Deps
	Duty    *duty.Desk // the people behind it all; escalation tells them through it
	desk    *delivery.Desk
	board   *output.Board
	feeds   *feed.Desk
	drill   *drill.Desk
	hearing hearing
	peers   *peer.Desk
	book    *rulebook.Book
	shelf   *media.Shelf
	tv      *door.Door
	tend    chan struct{} // wakes the keeper of states

	keeping sync.Mutex // states follow the clock one look at a time

	// With other nodes:
	boot    string     // of this process
	away    *away      // terminals of nodes below
	pullers sync.Map   // site → *puller
	owed    sync.Map   // toldKey → toldOf: how far other nodes had come when they asked last
	epochs  sync.Mutex // one epoch is begun at a time
	rolling sync.Mutex
	rolled  *roll // this node's terminals, as the node above is told of them

	places  *lru.Cache[[32]byte, []Place] // by the digest of an area
	spelt   singleflight.Group            // places of published messages, being worked out
	answers *answers                      // about messages that are over
}

func person(ctx context.Context) message.Person {
	who := auth.Who(ctx)
	return message.Person{ID: who.ID, Name: who.Name}
}

// see reads a message that the asker may read: one that lies in their regions, or one that
// was issued to a place there. Others do not exist for them.
func (m *Module) see(ctx context.Context, q store.Queryer, id string) (*message.Message, error) {
	msg, err := readMessage(ctx, q, id)
	if err != nil {
		return nil, err
	}
	scope := auth.ScopeOf(ctx, PermRead)
	if scope.Allows(msg.RegionPath) {
		return msg, nil
	}
	reached, err := reaches(ctx, q, id, scope)
	if err != nil {
		return nil, err
	}
	if !reached {
		return nil, notFound()
	}
	return msg, nil
}

// sight is where the asker has perm over a message and its terminals: everywhere for those
// who have it for all of the message, else within their own regions only.
func sight(ctx context.Context, perm auth.Permission, msg *message.Message) auth.Scope {
	scope := auth.ScopeOf(ctx, perm)
	if scope.Allows(msg.RegionPath) {
		return auth.Everywhere
	}
	return scope
}

// whole reports whether a sight of a message is of all of it.
func whole(scope auth.Scope) bool { return scope.Allows(auth.Root) }

// act is one change to a message: what to do, and what the audit record says of it.
type act func(tx *store.Tx, msg *message.Message) (detail any, err error)

// change is the shape of every change to one message: read, guard, act, write, record,
// all in one transaction. expect is the revision that the caller read; 0 accepts any,
// and then a change that crosses another one is made again on top of it.
func (m *Module) change(ctx context.Context, perm auth.Permission, id string, expect int64, action string, do act) (*message.Message, error) {
	const tries = 3
	for try := 1; ; try++ {
		msg, err := m.changeOnce(ctx, perm, id, expect, action, do)
		if expect == 0 && try < tries && fault.IsKind(err, fault.Stale) {
			continue
		}
		if errors.Is(err, errNothingToDo) {
			return msg, nil
		}
		return msg, err
	}
}

// errNothingToDo ends a change that turned out to change nothing.
var errNothingToDo = errors.New("alert: nothing to do")

func (m *Module) changeOnce(ctx context.Context, perm auth.Permission, id string, expect int64, action string, do act) (msg *message.Message, err error) {
	err = m.DB.Update(ctx, func(tx *store.Tx) error {
		if perm == "" { // the module itself, by the clock
			msg, err = readMessage(ctx, tx, id)
		} else if msg, err = m.see(ctx, tx, id); err == nil {
			err = auth.Check(ctx, perm, msg.RegionPath)
		}
		if err == nil && !msg.Ours() {
			err = fault.New(fault.Conflict, "alert.elsewhere", fault.Args{"site": msg.Copy.Site})
		}
		if err != nil {
			return err
		}
		if expect != 0 && msg.Revision != expect {
			return fault.New(fault.Stale, "stale")
		}
		detail, err := do(tx, msg)
		if err != nil {
			return err
		}
		if err := writeMessage(ctx, tx, msg); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert." + action, Object: "alert:" + msg.ID, RegionPath: msg.RegionPath, Detail: detail})
	})
	if err == nil {
		m.told(msg)
	}
	return msg, err
}

// wake has what was just committed sent and carried, and lets other nodes ask for it.
func (m *Module) wake() {
	m.desk.Wake()
	m.board.Wake()
	m.tv.Changed()
	m.Duty.Nudge()
	m.tellOthers()
}

// tellOthers lets other nodes know that there is something for them to ask for.
func (m *Module) tellOthers() {
	if m.Links != nil {
		m.Links.Wake()
	}
}

// tellAbove lets the node above know, which alone is told of receipts and terminals.
func (m *Module) tellAbove() {
	if m.Links != nil {
		m.Links.WakeAbove()
	}
}

// told lets open browsers and other nodes know that a message changed.
func (m *Module) told(msg *message.Message) {
	m.tellOthers()
	m.Live.Tell("alert.changed", PermRead, msg.RegionPath, map[string]any{"id": msg.ID, "state": msg.State, "revision": msg.Revision})
}
