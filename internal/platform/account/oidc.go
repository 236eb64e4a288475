package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// OIDC is an outside sign-in service (OpenID Connect Core 1.0, code flow with PKCE). It
// replaces the password; the second factor is still ours. Without an issuer there is none.
type OIDC struct {
	Issuer    string
	ClientID  string
	Secret    string // empty for a public client
	Name      string // shown on the sign-in button
	Claim     string // claim that equals our user name, until the subject is known; default preferred_username
	Provision bool   // make an account, without grants, for whom the service knows and we do not
}

const (
	callbackPath = "/api/session/oidc/callback"
	flightLife   = 10 * time.Minute
	flightAim    = "account.oidc"
	askTimeout   = 10 * time.Second
	maxAnswer    = 1 << 20 // bytes of any answer of the service
)

// provider is the outside service. It is looked up when first needed, and again after a
// failure, so that we start while it is away.
type provider struct {
	OIDC
	callback string
	client   *http.Client
	mu       sync.Mutex
	found    *oidc.Provider
}

func newProvider(o OIDC, origin *url.URL) (*provider, error) {
	if o.Issuer == "" {
		return nil, nil
	}
	if u, err := url.Parse(o.Issuer); err != nil || u.Host == "" || o.ClientID == "" {
		return nil, fmt.Errorf("account: outside sign-in needs an issuer URL and a client id")
	}
	if o.Claim == "" {
		o.Claim = "preferred_username"
	}
	callback := *origin
	callback.Path = callbackPath
	client := &http.Client{Timeout: askTimeout, Transport: bounded{http.DefaultTransport}}
	return &provider{OIDC: o, callback: callback.String(), client: client}, nil
}

// bounded cuts answers off at maxAnswer.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = http.MaxBytesReader(nil, resp.Body, maxAnswer)
	}
	return resp, err
}

// service is the provider's description of itself and our registration with it.
func (p *provider) service(ctx context.Context) (*oidc.Provider, *oauth2.Config, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found == nil {
		// The key set keeps this context for later fetches, so it must outlive the request.
		found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.Issuer)
		if err != nil {
			return nil, nil, fault.New(fault.Unavailable, "account.oidc.unreachable").Because(err)
		}
		p.found = found
	}
	return p.found, &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.Secret, RedirectURL: p.callback,
		Endpoint: p.found.Endpoint(), Scopes: []string{oidc.ScopeOpenID, "profile"}}, nil
}

// flight is a visit to the outside service under way. The browser carries it, sealed.
type flight struct {
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"`
	Begun    time.Time `json:"begun"`
}

// BeginOIDC is where to send the browser, and the sealed flight it must bring back.
func (m *Module) BeginOIDC(ctx context.Context) (location, sealed string, err error) {
	if m.oidc == nil {
		return "", "", fault.New(fault.NotFound, "account.oidc.none")
	}
	_, config, err := m.oidc.service(ctx)
	if err != nil {
		return "", "", err
	}
	f := flight{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Begun: m.Clock.Now()}
	raw, err := json.Marshal(f)
	if err != nil {
		return "", "", err
	}
	box, err := m.Sealer.Seal(raw, flightAim)
	if err != nil {
		return "", "", err
	}
	return config.AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), base64.RawURLEncoding.EncodeToString(box), nil
}

// FinishOIDC takes the first step of a sign-in with what the outside service sent the
// browser back with.
func (m *Module) FinishOIDC(ctx context.Context, sealed, stateBack, code string, v Visit) (step Step, err error) {
	if m.oidc == nil {
		return step, fault.New(fault.NotFound, "account.oidc.none")
	}
	refused := fault.New(fault.Unauthenticated, "account.oidc.refused")
	f, err := m.openFlight(sealed)
	if err != nil || subtle.ConstantTimeCompare([]byte(f.State), []byte(stateBack)) != 1 {
		return step, refused.Because(err)
	}
	subject, claims, err := m.oidc.redeem(ctx, m.Clock.Now, f, code)
	if err != nil {
		return step, err
	}
	username, _ := claims[m.oidc.Claim].(string)
	name, _ := claims["name"].(string)
	var failure error
	err = m.DB.Update(ctx, func(tx *store.Tx) error {
		failure = nil
		u, err := m.whoIs(ctx, tx, subject, username, name)
		if fault.IsKind(err, fault.Unauthenticated) {
			failure = err
			return audit.Write(ctx, tx, audit.Entry{Action: "account.sign_in_failed", Object: "account:unknown",
				Detail: map[string]any{"reason": fault.Of(err).Code, "by": "oidc", "subject": subject}})
		}
		if err == nil {
			step, err = m.open(u.actor(ctx), tx, u, v, "oidc")
		}
		return err
	})
	if err == nil {
		err = failure
	}
	if err == nil && step.replaced != "" {
		m.forget(step.replaced)
	}
	return step, err
}

func (m *Module) openFlight(sealed string) (f flight, err error) {
	box, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return f, err
	}
	raw, err := m.Sealer.Open(box, flightAim)
	if err != nil {
		return f, err
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return f, err
	}
	if m.Clock.Now().Sub(f.Begun) > flightLife {
		return f, errors.New("account: the visit to the outside sign-in service took too long")
	}
	return f, nil
}

// redeem turns the code into the verified claims of an ID token that was made for us and
// for this flight.
func (p *provider) redeem(ctx context.Context, now func() time.Time, f flight, code string) (subject string, claims map[string]any, err error) {
	found, config, err := p.service(ctx)
	if err != nil {
		return "", nil, err
	}
	refused := fault.New(fault.Unauthenticated, "account.oidc.refused")
	token, err := config.Exchange(oidc.ClientContext(ctx, p.client), code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return "", nil, refused.Because(err)
	}
	raw, _ := token.Extra("id_token").(string)
	verified, err := found.Verifier(&oidc.Config{ClientID: p.ClientID, Now: now}).Verify(ctx, raw)
	if err != nil {
		return "", nil, refused.Because(err)
	}
	if subtle.ConstantTimeCompare([]byte(verified.Nonce), []byte(f.Nonce)) != 1 {
		return "", nil, refused.Because(errors.New("account: the ID token is for another flight"))
	}
	if err := verified.Claims(&claims); err != nil {
		return "", nil, refused.Because(err)
	}
	return verified.Subject, claims, nil
}

// whoIs finds the person a subject stands for. The first time, the claim must name an
// account that no other subject is tied to; from then on only the subject counts, since
// names change hands and subjects do not.
func (m *Module) whoIs(ctx context.Context, tx *store.Tx, subject, username, name string) (User, error) {
	refused := fault.New(fault.Unauthenticated, "account.oidc.unknown")
	id, err := userOfSubject(ctx, tx, m.oidc.Issuer, subject)
	if err != nil {
		return User{}, err
	}
	if id != "" {
		u, err := userByID(ctx, tx, id)
		if err == nil && u.Disabled {
			err = refused
		}
		return u, err
	}
	if username == "" {
		return User{}, refused
	}
	u, found, err := userByName(ctx, tx, username)
	if err != nil {
		return u, err
	}
	if !found {
		if !m.oidc.Provision {
			return u, refused
		}
		if u, err = m.provision(ctx, tx, username, name); err != nil {
			return u, err
		}
	}
	if u.Disabled {
		return u, refused
	}
	if tied, err := linkSubject(ctx, tx, m.oidc.Issuer, subject, u.ID); err != nil || !tied {
		if err == nil {
			err = refused
		}
		return u, err
	}
	return u, audit.Write(ctx, tx, audit.Entry{Action: "account.identity_link", Object: u.object(), RegionPath: u.RegionPath,
		Detail: map[string]any{"issuer": m.oidc.Issuer, "subject": subject}})
}

// provision makes an account for somebody the service knows; they may do nothing until
// they are granted something.
func (m *Module) provision(ctx context.Context, tx *store.Tx, username, name string) (User, error) {
	if strings.TrimSpace(name) == "" {
		name = username
	}
	u, err := m.draft(ctx, NewUser{Username: username, Name: name})
	if err != nil {
		return u, fault.New(fault.Unauthenticated, "account.oidc.unknown").Because(err)
	}
	return create(ctx, tx, u)
}
