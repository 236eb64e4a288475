package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"

	"github.com/tongsheng/tongsheng/internal/platform/account"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/config"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/keyring"
	"github.com/tongsheng/tongsheng/internal/platform/link"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/register/region"
)

// openLinks makes what joins this node to those of other levels. Nothing listens yet.
func (a *App) openLinks(ctx context.Context, home region.Region) error {
	own, err := a.linkTLS(ctx)
	if err != nil {
		return err
	}
	a.joining = joining(a.cfg, a.db, a.ring, a.sealer, home)
	a.links = link.New(link.Options{DB: a.db, Clock: a.clock, Log: a.log, Sealer: a.sealer, Ring: a.ring, Site: a.cfg.Site,
		Listen: a.cfg.Link.Listen, Upper: a.cfg.Link.Upper, TLS: own})
	return nil
}

// joining is what invites nodes and lets them join.
func joining(cfg config.Config, db *store.DB, ring *keyring.Ring, sealer *keyring.Sealer, home region.Region) *link.Desk {
	return &link.Desk{DB: db, Sealer: sealer, Authority: ring.Authority().Key, Site: cfg.Site, Region: home.Code, Path: home.Path,
		Level: nodeLevels[home.Level], Address: cfg.Link.PublicURL, URL: cfg.HTTP.PublicURL,
		CA: func(ctx context.Context) ([]byte, error) {
			own, err := ring.OpenTLS(ctx, []string{cfg.Site})
			if err != nil {
				return nil, err
			}
			return own.Authority, nil
		}}
}

// linkTLS is of the node's own authority, which is what nodes below are given to trust.
func (a *App) linkTLS(ctx context.Context) (*tls.Config, error) {
	if a.cfg.Link.Listen == "" {
		return nil, nil
	}
	name, _, err := net.SplitHostPort(a.cfg.Link.Listen)
	if err != nil {
		return nil, fmt.Errorf("config: link.listen: %w", err)
	}
	own, err := a.ring.OpenTLS(ctx, []string{host(a.cfg.Link.PublicURL), "localhost", name})
	if err != nil {
		return nil, err
	}
	return own.Config, nil
}

func (a *App) registerLinks(api *httpapi.API) {
	surface := &link.Surface{Desk: a.joining, Links: a.links, FreshFor: account.FreshFor, Find: a.nodeRegion, Streams: a.alerts.Streams, Told: a.alerts.Told}
	surface.Register(api)
}

// nodeRegion describes a region that a node may serve.
func (a *App) nodeRegion(ctx context.Context, code string) (path, level string, err error) {
	r, err := a.regions.Get(ctx, code)
	return r.Path, nodeLevels[r.Level], err
}

// Joining opens what invites and joins nodes on behalf of whoever runs this one; it may run
// beside the server, which follows within a second.
func Joining(ctx context.Context, cfg config.Config) (*Operator, error) {
	if err := there(SecretPath(cfg)); err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, cfg.DatabaseAddress(), clock.System{})
	if err != nil {
		return nil, err
	}
	a := &App{cfg: cfg, db: db, regions: region.New(region.Deps{DB: db})}
	o := &Operator{app: a}
	made, err := keyring.Made(ctx, db)
	if err == nil && !made {
		err = fault.New(fault.NotFound, "app.no_node", fault.Args{"path": cfg.Data})
	}
	if err == nil {
		a.sealer, err = openSealer(ctx, cfg, db)
	}
	if err == nil {
		a.ring, err = keyring.Open(ctx, db, a.sealer)
	}
	var home region.Region
	if err == nil {
		home, err = a.home(ctx)
	}
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	o.Desk = joining(cfg, db, a.ring, a.sealer, home)
	return o, nil
}

// Operator is whoever runs a node, joining it to others.
type Operator struct {
	*link.Desk
	app *App
}

// As says in the record that the operator acts.
func (o *Operator) As(ctx context.Context) context.Context {
	return auth.As(store.Vital(ctx), auth.Actor{ID: "system:operator", Name: "operator"})
}

// InviteTo invites a node to serve the region with a code.
func (o *Operator) InviteTo(ctx context.Context, site, code string) (link.Node, string, error) {
	path, level, err := o.app.nodeRegion(ctx, code)
	if err != nil {
		return link.Node{}, "", err
	}
	return o.Invite(ctx, site, code, path, level)
}

// Close closes what Joining opened.
func (o *Operator) Close() error { return o.app.db.Close() }
