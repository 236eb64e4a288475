package account

import (
	"context"
	"crypto/rand"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
	"golang.org/x/text/unicode/norm"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// What may be done to other people's accounts. Creating accounts and granting roles are
// separate permissions for separate administrators, so that no one person can make
// themselves a second self with other powers.
const (
	PermRead   auth.Permission = "account.read"   // see accounts, grants and roles
	PermManage auth.Permission = "account.manage" // create, change, disable
	PermSecure auth.Permission = "account.secure" // unlock, reset, sign out
	PermGrant  auth.Permission = "account.grant"  // grant and withdraw roles
	PermVouch  auth.Permission = "account.vouch"  // say that an account is in its owner's hands
)

// Permissions are the permissions this package declares.
func Permissions() []auth.Permission {
	return []auth.Permission{PermRead, PermManage, PermSecure, PermGrant, PermVouch}
}

// Sealer encrypts secrets at rest; what was sealed for one purpose opens for no other.
type Sealer interface {
	Seal(plain []byte, purpose string) ([]byte, error)
	Open(sealed []byte, purpose string) ([]byte, error)
}

// Regions answers whether a region path exists.
type Regions interface {
	HasPath(ctx context.Context, path string) (bool, error)
}

// Settings are what an operator may decide. Zero durations take the default.
type Settings struct {
	PublicURL   string        // how browsers reach us; passkeys are bound to its host, cookies to its scheme
	Idle        time.Duration // a session unused this long ends; default 30 min
	Absolute    time.Duration // a session this old ends; default 12 h
	PasswordAge time.Duration // a password this old must be changed; default 90 days, negative for never
	OIDC        OIDC
}

// Deps is what the package needs. Regions may be nil: then only the
// form of a path is checked.
type Deps struct {
	DB      *store.DB
	Clock   clock.Clock
	Log     *slog.Logger
	Sealer  Sealer
	Regions Regions
	Changed func(userID string) // told when a person's sessions or grants changed; "" is everybody; may be nil
	Settings
}

// Module is the package at work.
type Module struct {
	Deps
	origin   *url.URL
	passkeys *webauthn.WebAuthn // nil where browsers reach us by a bare address
	hasher   *hasher
	decoy    string // hash that an unknown user's password is compared with
	sessions *cache
	oidc     *provider // nil when no outside service is configured
}

// New checks the settings and makes the module.
func New(d Deps) (*Module, error) {
	defaults := func(v *time.Duration, d time.Duration) {
		if *v == 0 {
			*v = d
		}
	}
	defaults(&d.Idle, 30*time.Minute)
	defaults(&d.Absolute, 12*time.Hour)
	defaults(&d.PasswordAge, 90*24*time.Hour)
	origin, err := url.Parse(d.PublicURL)
	if err != nil || origin.Host == "" || origin.Scheme != "http" && origin.Scheme != "https" {
		return nil, fmt.Errorf("account: public address %q is not an http(s) URL", d.PublicURL)
	}
	m := &Module{Deps: d, origin: origin, hasher: newHasher(defaultCost)}
	// A passkey is bound to a name; a node that is reached by a bare address does without.
	if net.ParseIP(origin.Hostname()) == nil {
		m.passkeys, err = webauthn.New(&webauthn.Config{
			RPID: origin.Hostname(), RPDisplayName: "同声 Tongsheng", RPOrigins: []string{origin.Scheme + "://" + origin.Host},
		})
		if err != nil {
			return nil, fmt.Errorf("account: passkeys: %w", err)
		}
	}
	if m.oidc, err = newProvider(d.OIDC, origin); err != nil {
		return nil, err
	}
	if m.decoy, err = m.hasher.hash(context.Background(), rand.Text()); err != nil {
		return nil, err
	}
	m.sessions = newCache(d.Changed)
	return m, nil
}

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables account_*.
func Migrations() store.Migrations {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err)
	}
	return store.Migrations{Module: "account", FS: sub}
}

// secure tells whether browsers reach us over TLS.
func (m *Module) secure() bool { return m.origin.Scheme == "https" }

// Run writes down which sessions were used and forgets what is over, until ctx ends.
func (m *Module) Run(ctx context.Context) error {
	ctx = auth.As(ctx, auth.Actor{ID: "system:account", Name: "account"})
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.Clock.Every(ctx, time.Hour, m.sweep)
	}()
	m.Clock.Every(ctx, flushEvery, m.flush)
	<-done
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	m.flush(last)
	return nil
}

// composed is text in one form of Unicode, so that the same name or password typed on
// two keyboards is the same (RFC 8265 uses NFC for both).
func composed(s string) string { return norm.NFC.String(s) }
