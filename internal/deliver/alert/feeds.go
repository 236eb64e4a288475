package alert

import (
	"context"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/feed"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
)

// Issuer is who sends this platform's messages, as people are told.
type Issuer struct{ Zh, En string }

// newFeeds makes the desk of sources and of what is published as CAP.
func (m *Module) newFeeds() (*feed.Desk, error) {
	return feed.NewDesk(feed.Deps{DB: m.DB, Clock: m.Clock, Log: m.Log, Live: m.Live, Sealer: m.Sealer, House: feeds{m}, Seal: m.Seal, Read: PermRead, Edit: PermSources, Home: m.Home,
		Identity: feed.Identity{Sender: string(m.Platform), Zh: m.Issuer.Zh, En: m.Issuer.En, Base: m.PublicURL, Zone: m.Zone}})
}

// feeds answers what feeds ask of messages.
type feeds struct{ m *Module }

func (f feeds) Take(ctx context.Context, a message.Arrival) (message.Outcome, error) {
	return f.m.Take(ctx, a)
}

func (f feeds) Keep(ctx context.Context, content []byte) (string, error) {
	return f.m.shelf.Keep(ctx, content)
}

// Fit asks of an arrival what is asked of a message, and changes nothing.
func (f feeds) Fit(ctx context.Context, a message.Arrival) ([]string, error) {
	a.Content.Area.Regions = slices.Clone(a.Content.Area.Regions)
	_, r, err := f.m.fit(ctx, &arrival{Arrival: a})
	return r.paths, err
}

func (f feeds) RegionPath(ctx context.Context, code string) (string, error) {
	return carried(f).RegionPath(ctx, code)
}

func (f feeds) Published(ctx context.Context, since time.Time) ([]feed.Public, error) {
	found, err := f.m.Published(ctx, since)
	out := make([]feed.Public, 0, len(found))
	for i := range found {
		p, err := f.public(ctx, &found[i])
		if err != nil {
			return nil, err
		}
		out = append(out, *p)
	}
	return out, err
}

func (f feeds) PublishedOne(ctx context.Context, id string) (*feed.Public, error) {
	p, err := f.m.PublishedOne(ctx, id)
	if err != nil {
		return nil, err
	}
	return f.public(ctx, p)
}

func (f feeds) public(ctx context.Context, p *Published) (*feed.Public, error) {
	where := spell(p.Places)
	versions := []*message.Version{p.Current}
	if p.Current.Number > 1 {
		var err error
		if versions, err = f.m.Changes(ctx, p.ID); err != nil {
			return nil, err
		}
	}
	return &feed.Public{Message: p.Message, Zh: where.Zh, En: where.En, Versions: versions}, nil
}
