package app

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/city"
	"github.com/tongsheng/tongsheng/engine/cap"
	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/app/portal"
	"github.com/tongsheng/tongsheng/internal/deliver/alert"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/door"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/duty"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/feed"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output/adapter"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output/head"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output/ipterminal"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output/push"
	"github.com/tongsheng/tongsheng/internal/platform/account"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/config"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/live"
	"github.com/tongsheng/tongsheng/internal/platform/speech"
	"github.com/tongsheng/tongsheng/internal/register/asset"
	"github.com/tongsheng/tongsheng/internal/register/region"
)

// wire makes the modules, each with the answers it asks of others.
func (a *App) wire(ctx context.Context) (err error) {
	a.hub = live.NewHub()
	a.studio = speech.New(a.cfg.Speech.Command)
	a.regions = region.New(region.Deps{DB: a.db, Home: a.cfg.Region})
	if err = a.regions.Load(ctx, a.cityFiles()); err != nil {
		return err
	}
	home, err := a.home(ctx)
	if err != nil {
		return err
	}
	if err = a.wireAccounts(ctx); err != nil {
		return err
	}
	if a.zone, err = a.timeZone(ctx); err != nil {
		return err
	}
	a.wireAssets(platformCode(home.Code))
	if err = a.wireParties(ctx, home); err != nil {
		return err
	}
	if a.pushes, err = push.Open(ctx, push.Deps{DB: a.db, Clock: a.clock, Log: a.log, Sealer: a.sealer, Public: a.cfg.HTTP.PublicURL, Region: a.regionPath}); err != nil {
		return err
	}
	if err = a.openLinks(ctx, home); err != nil {
		return err
	}
	published, err := a.ring.OpenCAP(ctx, string(platformCode(home.Code)))
	if err != nil {
		return err
	}
	seal := feed.Seal{Authority: published.Authority, Sign: func(doc []byte) ([]byte, error) { return cap.Sign(doc, published.Key, published.Chain...) }}
	a.alerts, err = alert.New(ctx, alert.Deps{DB: a.db, Clock: a.clock, Log: a.log, Live: a.hub, Platform: platformCode(home.Code), Home: home.Path,
		Level: alertRegion(home).Level, Zone: a.zone, Regions: alertRegions{a.regions}, Staff: alertStaff{a.accounts}, Terminals: alertTerminals{a.assets}, Signer: a.ring, Sender: a.gateway,
		Speech: a.studio, Blobs: a.objects, Sealer: a.sealer, Drivers: a.drivers(home), Issuers: a.issuers, TV: door.Settings{FullScreen: a.cfg.TV.FullScreen, Hold: a.cfg.TV.Hold},
		Notifier: duty.Webhook{Clock: a.clock}, Authority: a.ring.Authority().Key, PublicURL: a.cfg.HTTP.PublicURL, Issuer: alert.Issuer{Zh: issuer(home).ZH, En: issuer(home).EN}, Site: a.cfg.Site, Links: a.links, Seal: seal,
		Root: a.ring.Authority, Self: a.platformSelf(home), Resources: platformThings{a.assets}})
	if err != nil {
		return err
	}
	for what, answer := range a.alerts.Questions() {
		a.links.Handle(what, answer)
	}
	a.links.Beside(a.alerts.Beside)
	a.wireEveryday()
	if err = a.wireMeasure(ctx, home); err != nil {
		return err
	}
	if err = a.wireCases(ctx, home); err != nil {
		return err
	}
	a.portal = portal.New(portal.Deps{Clock: a.clock, Log: a.log, Messages: portalMessages{a.alerts, issuer(home)}, Devices: portalDevices{a.assets, a.regions},
		Regions: portalRegions{a.regions}, Standards: portalStandards{a.measures.Standards, a.regions}, Surveys: a.measures.Survey, Licences: portalLicences{a.parties}, Figures: portalFigures{a.measures.Book, a.measures.Score}, Cases: a.cases.Docket, Sites: portalSites{a.assets, a.regions, home.Path}, Located: portalRegions{a.regions}.located, Paper: a.cases.Papers.IssuedTo,
		City: home.Code, Zone: a.zone, PublicURL: a.cfg.HTTP.PublicURL,
		Secure: a.cfg.HTTP.Secure()})
	return nil
}

// regionPath finds a region's path by its code.
func (a *App) regionPath(ctx context.Context, code string) (string, error) {
	r, err := a.regions.Get(ctx, code)
	return r.Path, err
}

// drivers are the kinds of outputs that this node has.
func (a *App) drivers(home region.Region) map[string]output.Driver {
	sign := func(content []byte, at time.Time) (*ebd.Signature, error) {
		key, cert := a.ring.Signing()
		return ebd.Sign(key, cert.Number, content, at, ebd.CoverContentTime)
	}
	object := func(ctx context.Context, digest string) ([]byte, error) {
		r, err := a.objects.Open(ctx, blob.DigestKey(digest))
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return io.ReadAll(r)
	}
	a.speakers = &adapter.Door{Clock: a.clock, Log: a.log}
	self := platformCode(home.Code)
	a.ipDoor = &ipterminal.Door{Clock: a.clock, Log: a.log, Source: func() ebd.ResourceCode { return self }}
	return map[string]output.Driver{
		output.KindWebhook: output.Webhooks(a.clock),
		adapter.Kind:       adapter.Driver(adapter.Deps{Clock: a.clock, Log: a.log, Door: a.speakers, Signing: a.ring.Signing, Media: adapter.MediaAddress(a.cfg.HTTP.PublicURL), Agency: issuer(home).ZH}),
		ipterminal.Kind:    ipterminal.Driver(ipterminal.Deps{DB: a.db, Clock: a.clock, Log: a.log, Door: a.ipDoor, Signing: a.ring.Signing, Object: object, Media: adapter.MediaAddress(a.cfg.HTTP.PublicURL)}),
		push.Kind:          a.pushes.Driver(),
		head.Kind:          head.Driver(head.Deps{Clock: a.clock, Log: a.log, Dir: a.cfg.Data, Sign: sign, Object: object, Agency: issuer(home).ZH}),
	}
}

// issuer is who sends this node's messages, as citizens are told.
func issuer(home region.Region) portal.Name {
	say := func(lang i18n.Lang, name string) string {
		return i18n.T(lang, "app.issuer", map[string]any{"city": name})
	}
	return portal.Name{ZH: say(i18n.Chinese, home.Name), EN: say(i18n.English, home.NameEn)}
}

// cityFiles are the city's data: a folder, or the city that is built in.
func (a *App) cityFiles() fs.FS {
	if a.cfg.City != "" {
		return os.DirFS(a.cfg.City)
	}
	return city.Default()
}

// home is the region that this node serves: the one that is set, else the city that is loaded.
func (a *App) home(ctx context.Context) (region.Region, error) {
	code := a.cfg.Region
	if code == "" {
		edition, err := a.regions.City(ctx)
		if err != nil {
			return region.Region{}, err
		}
		code = edition.Root
	}
	home, err := a.regions.Get(ctx, code)
	if err != nil {
		return home, err
	}
	level, ok := nodeLevels[home.Level]
	if !ok || a.cfg.Level != "" && a.cfg.Level != level {
		return home, fault.New(fault.Invalid, "app.level", fault.Args{"region": home.Name, "code": home.Code, "level": string(home.Level), "wanted": a.cfg.Level})
	}
	return home, nil
}

// nodeLevels are the levels at which a node may stand that serves a region of a level.
var nodeLevels = map[city.Level]string{city.Nation: "nation", city.CityLevel: "city", city.Prefecture: "city", city.District: "district"}

func (a *App) timeZone(ctx context.Context) (*time.Location, error) {
	edition, err := a.regions.City(ctx)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(edition.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("app: time zone of the city: %w", err)
	}
	return zone, nil
}

// platformCode is the resource code of a platform (GD/J 080, type 0101): its level follows
// from how many digits of the region's code are used.
func platformCode(code string) ebd.ResourceCode {
	level := "4"
	switch {
	case strings.Trim(code, "0") == "":
		level, code = "1", string(ebd.Nation)
	case strings.HasSuffix(code, "0000000000"):
		level = "2"
	case strings.HasSuffix(code, "00000000"):
		level = "3"
	}
	return ebd.ResourceCode(level + code + "0101" + "01" + "01" + "01")
}

func (a *App) wireAccounts(ctx context.Context) (err error) {
	secret, err := config.Secret(a.cfg.OIDC.SecretFile)
	if err != nil {
		return err
	}
	a.accounts, err = account.New(account.Deps{DB: a.db, Clock: a.clock, Log: a.log, Sealer: a.sealer, Regions: a.regions, Changed: a.hub.Doubt,
		Settings: account.Settings{PublicURL: a.cfg.HTTP.PublicURL, Idle: a.cfg.Session.Idle, Absolute: a.cfg.Session.Absolute,
			OIDC: account.OIDC{Issuer: a.cfg.OIDC.Issuer, ClientID: a.cfg.OIDC.ClientID, Secret: secret, Name: a.cfg.OIDC.Name, Claim: a.cfg.OIDC.Claim}}})
	if err != nil {
		return err
	}
	return a.accounts.Seed(ctx, builtinRoles())
}

// issuers are whom terminals believe.
func (a *App) issuers() []wire.Issuer {
	root := a.ring.Authority()
	return []wire.Issuer{{Number: root.Number, Key: wire.KeyText(root.Key)}}
}

// defaultVolume is what a terminal plays at until it is told otherwise, 0–100.
const defaultVolume = 70

func (a *App) wireAssets(platform ebd.ResourceCode) {
	a.assets = asset.New(asset.Deps{DB: a.db, Clock: a.clock, Zone: a.zone, Log: a.log, Live: a.hub, Gateway: a.gateway, Blob: a.objects, Metrics: a.metrics,
		Regions: assetRegions{a.regions}, Outlines: assetRegions{a.regions}, Orders: assetOrders{a.ring, platform}, PublicURL: a.cfg.HTTP.PublicURL,
		Terminals: asset.Terminals{ReceiptKey: a.ring.Receipt(), MQTT: a.cfg.MQTT.PublicURL, TLSPin: a.tlsPin, MediaBase: a.cfg.HTTP.PublicURL,
			Period: int(a.cfg.Terminal.ReportEvery / time.Second), Volume: defaultVolume,
			Issuers: a.issuers},
		OnReceipts: func(ctx context.Context, batch []asset.Receipt) error {
			receipts := make([]delivery.Receipt, len(batch))
			for i, r := range batch {
				receipts[i] = delivery.Receipt{Code: r.Code, RegionPath: r.RegionPath, Receipt: r.Receipt}
			}
			return a.alerts.TakeReceipts(ctx, receipts)
		},
		SentOrders: func(ctx context.Context, orders []string) (map[string]bool, error) {
			return a.alerts.SentOrders(ctx, orders)
		},
		OnHellos: func(ctx context.Context, batch []asset.Hello) error {
			hellos := make([]delivery.Hello, len(batch))
			for i, h := range batch {
				hellos[i] = delivery.Hello{Code: h.Code, Held: h.Held}
			}
			return a.alerts.Welcome(ctx, hellos)
		},
	})
}
