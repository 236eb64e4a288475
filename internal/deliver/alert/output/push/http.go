package push

import (
	"context"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// maxSubscribers bounds the table: each is some 500 bytes.
const maxSubscribers = 2_000_000

// Register adds the public operations by which browsers ask to be told.
func (s *Service) Register(api *httpapi.API) {
	op := func(id, method, path, summary string) httpapi.Op {
		return httpapi.Op{ID: id, Method: method, Path: path, Summary: summary, Tag: "alert", Access: httpapi.Public, PerMinute: 10}
	}
	httpapi.Register(api, op("alert-push-key", http.MethodGet, "/api/public/push", "The key by which push services know this platform"),
		func(context.Context, *struct{}) (*httpapi.Body[key], error) { return httpapi.Of(key{s.public}), nil })
	httpapi.Register(api, op("alert-push-subscribe", http.MethodPost, "/api/public/push", "Ask to be told of what is sent to a place"), func(ctx context.Context, in *struct{ Body wish }) (*httpapi.Empty, error) {
		return nil, s.subscribe(ctx, in.Body)
	})
	httpapi.Register(api, op("alert-push-unsubscribe", http.MethodDelete, "/api/public/push", "Ask to be told no longer"), func(ctx context.Context, in *struct {
		Body struct {
			Endpoint string `json:"endpoint" maxLength:"1000"`
		}
	}) (*httpapi.Empty, error) {
		return nil, dropSubscriber(ctx, s.DB, in.Body.Endpoint)
	})
}

type key struct {
	Key string `json:"key" doc:"Application server key, base64url"`
}

// wish is what a browser asks.
type wish struct {
	Endpoint string `json:"endpoint" minLength:"1" maxLength:"1000" doc:"As the browser's push subscription has it"`
	P256dh   string `json:"p256dh" minLength:"80" maxLength:"100" doc:"The subscription's key, base64url"`
	Auth     string `json:"auth" minLength:"20" maxLength:"40" doc:"The subscription's secret, base64url"`
	Region   string `json:"region" pattern:"^[0-9]{12}$" doc:"Code of the place"`
	Lang     string `json:"lang" enum:"zh,en"`
	Minor    bool   `json:"minor" required:"false" doc:"Everyday messages too"`
}

func (s *Service) subscribe(ctx context.Context, w wish) error {
	if err := s.endpoint(w.Endpoint); err != nil {
		return err
	}
	for place, form := range map[string]struct {
		text string
		size int
	}{"p256dh": {w.P256dh, 65}, "auth": {w.Auth, 16}} {
		raw, err := base64.RawURLEncoding.DecodeString(form.text)
		if err != nil || len(raw) != form.size {
			return fault.Bad(place, "alert.push.key")
		}
	}
	path, err := s.Region(ctx, w.Region)
	if err != nil {
		return err
	}
	if err := s.room(ctx, w.Endpoint); err != nil {
		return err
	}
	return putSubscriber(ctx, s.DB, subscriber{Endpoint: w.Endpoint, P256dh: w.P256dh, Auth: w.Auth, Lang: w.Lang, Minor: w.Minor}, path)
}

// countEvery is how often browsers are counted, which reads all of them.
const countEvery = time.Minute

// room refuses a browser that is new where there are as many as may be. Each that asks between two
// counts is taken for a new one.
func (s *Service) room(ctx context.Context, endpoint string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.Clock.Now(); now.Sub(s.counted) >= countEvery {
		n, err := countSubscribers(ctx, s.DB)
		if err != nil {
			return err
		}
		s.count, s.counted = n, now
	}
	if s.count < s.most {
		s.count++
		return nil
	}
	is, err := known(ctx, s.DB, endpoint)
	if err == nil && !is {
		err = fault.New(fault.Limited, "alert.push.many")
	}
	return err
}
