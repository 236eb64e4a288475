package alert

import (
	"context"
	"embed"
	"io/fs"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/errgroup"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/door"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/drill"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/duty"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/media"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/peer"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rulebook"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
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
	return store.Migrations{Module: "alert", FS: sub}
}

// Permissions lists every permission the module declares.
func Permissions() []auth.Permission {
	return []auth.Permission{PermRead, PermDraft, PermCountersign, PermCancel, PermStopAll, PermRules, PermHandle, PermReport, PermOutputs, PermDuty, PermRoster, PermSources, PermPeers, PermDrills, PermDrillsApprove}
}

// New makes the module and writes the default rules where there are none.
func New(ctx context.Context, d Deps) (*Module, error) {
	if d.Zone == nil {
		d.Zone = time.UTC
	}
	answers, err := newAnswers()
	if err != nil {
		return nil, err
	}
	places, err := lru.New[[32]byte, []Place](maxSpelt)
	if err != nil {
		return nil, err
	}
	m := &Module{Deps: d, tend: make(chan struct{}, 1), places: places, answers: answers, boot: store.NewID(d.Clock.Now())}
	m.Duty = duty.New(duty.Deps{DB: d.DB, Clock: d.Clock, Log: d.Log, Live: d.Live, Zone: d.Zone, PublicURL: d.PublicURL, Staff: d.Staff, Alerts: standby{m}, Sealer: d.Sealer,
		Signer: d.Signer, Authority: d.Authority, Notifier: d.Notifier, Read: PermRead, Keep: PermDuty, Plan: PermRoster, Sign: PermCountersign, Edit: PermOutputs})
	if m.away, err = newAway(ctx, d.DB); err != nil {
		return nil, err
	}
	m.Terminals = everybody{d.Terminals, m.away}
	m.book = &rulebook.Book{DB: d.DB, Home: d.Home, Read: PermRead, Edit: PermRules}
	m.shelf = &media.Shelf{DB: d.DB, Blobs: d.Blobs, Read: PermRead}
	m.desk = delivery.NewDesk(delivery.Deps{DB: d.DB, Clock: d.Clock, Log: d.Log, Terminals: ownTerminals{d.Terminals, d.Home}, Sender: d.Sender, Live: d.Live, Read: PermRead,
		Stored: m.tellAbove, Away: m.away.isOnline,
		Dispatched: func() {
			select {
			case m.tend <- struct{}{}:
			default:
			}
		}})
	if m.peers, err = peer.New(ctx, peer.Deps{DB: d.DB, Clock: d.Clock, Log: d.Log, Live: d.Live, Shelf: m.shelf, Signer: d.Signer, Issuer: d.Root, Self: d.Self, Home: d.Home, URL: d.Self.URL,
		Messages: shared{carried{m}}, Resources: d.Resources, Read: PermRead, Edit: PermPeers}); err != nil {
		return nil, err
	}
	if m.board, err = output.NewBoard(ctx, output.Deps{DB: d.DB, Clock: d.Clock, Log: d.Log, Live: d.Live, Sealer: d.Sealer, Messages: carried{m}, Drivers: m.drivers(),
		Read: PermRead, Edit: PermOutputs, Home: d.Home}); err != nil {
		return nil, err
	}
	m.tv = door.New(door.Deps{DB: d.DB, Clock: d.Clock, Log: d.Log, Regions: tvRegions{d.Regions}, Issuers: d.Issuers, Settings: d.TV})
	m.drill = drill.New(drill.Deps{DB: d.DB, Clock: d.Clock, Log: d.Log, Zone: d.Zone, Live: d.Live, Staff: d.Staff, Duty: m.Duty, Alerts: &drilled{m: m},
		Read: PermRead, Keep: PermDuty, Plans: PermDrills, Agrees: PermDrillsApprove, Draft: PermDraft, Cancel: PermCancel})
	if m.feeds, err = m.newFeeds(); err != nil {
		return nil, err
	}
	if err := handOverOrders(ctx, d.DB, d.Signer); err != nil {
		return nil, err
	}
	return m, m.book.Seed(ctx)
}

// Run sends, reminds and keeps states up with the clock until ctx ends.
func (m *Module) Run(ctx context.Context) error {
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return m.desk.Run(ctx) })
	work.Go(func() error { return m.board.Run(ctx) })
	work.Go(func() error { return m.tv.Run(ctx) })
	work.Go(func() error { return m.Duty.Run(ctx) })
	work.Go(func() error { return m.feeds.Run(ctx) })
	work.Go(func() error { return m.peers.Run(ctx) })
	work.Go(func() error { m.Clock.Every(ctx, time.Second, m.keepUp); return nil })
	work.Go(func() error {
		m.Clock.Every(ctx, time.Hour, func(ctx context.Context) {
			m.warn("what was kept long enough was not deleted", m.forget(ctx))
			m.warn("unused objects were not deleted", m.shelf.Sweep(ctx))
		})
		return nil
	})
	work.Go(func() error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-m.tend:
				m.keepUp(ctx)
			}
		}
	})
	return work.Wait()
}

// TakeReceipts stores authentic receipts; when it returns nil they are on disk, and the
// terminals may be told so.
func (m *Module) TakeReceipts(ctx context.Context, receipts []delivery.Receipt) error {
	err := m.desk.TakeReceipts(ctx, receipts)
	m.answers.forget(receipts)
	return err
}

// SentOrders tells which of these ids are messages, or stops, that went out from here.
func (m *Module) SentOrders(ctx context.Context, ids []string) (map[string]bool, error) {
	return m.desk.Sent(ctx, ids)
}

// Welcome answers terminals that have come back with the orders that they lack.
func (m *Module) Welcome(ctx context.Context, hellos []delivery.Hello) error {
	return m.desk.Welcome(ctx, hellos)
}

// Register adds the module's operations.
func (m *Module) Register(api *httpapi.API) {
	m.registerMessages(api)
	m.registerSounds(api)
	m.registerDelivery(api)
	m.registerPublic(api)
	m.registerArrivals(api)
	m.registerOutputs(api)
	m.registerOffers(api)
	m.registerEscalations(api)
	m.registerStandby(api)
	m.board.Register(api)
	m.registerTV(api)
	m.drill.Register(api)
	m.feeds.Register(api)
	m.peers.Register(api)
	m.book.Register(api)
	api.Guard(media.Op, "application/octet-stream", m.shelf.Serve)
	api.SchemaOf("AlertProgress", delivery.Progress{})
}
