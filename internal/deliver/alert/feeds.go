package alert

import (
	"bytes"
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/feed"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
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

func (f feeds) Object(ctx context.Context, digest string) ([]byte, error) {
	return f.m.shelf.Whole(ctx, digest)
}

// ArrivalPath is the region of the record of an arrival.
func (f feeds) ArrivalPath(ctx context.Context, q store.Queryer, id string) (string, error) {
	got, err := readArrival(ctx, q, id)
	if err != nil {
		return "", err
	}
	return got.RegionPath, nil
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

// registerOffers adds the operations on what came with a message from outside.
func (m *Module) registerOffers(api *httpapi.API) {
	httpapi.Register(api, op("alert-offers", http.MethodGet, "/api/alerts/{id}/offers", "Sounds and pictures that came with a message from outside, the oldest first; they are fetched beside it", httpapi.Needs(PermRead)),
		func(ctx context.Context, in *ByID) (*httpapi.List[*feed.Offer], error) {
			msg, err := m.see(ctx, m.DB, in.ID)
			if err != nil {
				return nil, err
			}
			found, err := feed.Offers(ctx, m.DB, msg.ID)
			return httpapi.All(found, err)
		})
	take := op("alert-offer-take", http.MethodPost, "/api/alerts/{id}/offers/{offer}", "Put what came with a message beside its open version, or in place of its speech, as if it were uploaded", httpapi.Needs(PermDraft))
	take.PerMinute, take.AtOnce = 20, 2
	httpapi.Register(api, take, func(ctx context.Context, in *struct {
		ByID
		Offer string `path:"offer" maxLength:"26" doc:"Id of the offer"`
		Body  struct {
			As string `json:"as" enum:"attachment,speech" doc:"Speech stands in place of what is read aloud, in the offer's language"`
		}
	}) (*item, error) {
		msg, err := m.takeOffer(ctx, in.ID, in.Offer, in.Body.As == "speech")
		return m.answer(ctx, msg, err)
	})
}

func (m *Module) takeOffer(ctx context.Context, id, offer string, speech bool) (*message.Message, error) {
	msg, _, err := m.openDraft(ctx, id)
	if err != nil {
		return nil, err
	}
	o, err := feed.OfferOf(ctx, m.DB, msg.ID, offer)
	if err != nil {
		return nil, err
	}
	if o.State != feed.OfferHeld {
		return nil, fault.New(fault.Conflict, "alert.offer.not_held")
	}
	content, err := m.shelf.Whole(ctx, o.SM3)
	if err != nil {
		return nil, err
	}
	if !speech {
		return m.attach(ctx, id, cmp.Or(o.Title, "CAP"), content)
	}
	if !strings.HasPrefix(o.MIME, "audio/") || o.Lang == "" {
		return nil, fault.Bad("as", "alert.offer.no_speech")
	}
	return m.record(ctx, id, o.Lang, bytes.NewReader(content))
}
