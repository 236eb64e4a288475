package account

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const (
	ceremonyLife = 5 * time.Minute
	maxPasskeys  = 10
)

// ceremony is a passkey registration or proof under way, kept with the session.
type ceremony struct {
	Register bool                 `json:"register"`
	Begun    time.Time            `json:"begun"`
	Data     webauthn.SessionData `json:"data"`
}

// keyOwner is a person as the passkey library wants to see them.
type keyOwner struct {
	User
	keys []Passkey
}

func (o keyOwner) WebAuthnID() []byte          { return []byte(o.ID) }
func (o keyOwner) WebAuthnName() string        { return o.Username }
func (o keyOwner) WebAuthnDisplayName() string { return o.Name }
func (o keyOwner) WebAuthnCredentials() []webauthn.Credential {
	out := make([]webauthn.Credential, len(o.keys))
	for i, k := range o.keys {
		out[i] = k.record
	}
	return out
}

// beginPasskey makes the options that a browser asks the authenticator with, and keeps
// the challenge with the session.
func (m *Module) beginPasskey(ctx context.Context, tx *store.Tx, s session, u User, register bool) (any, error) {
	if m.passkeys == nil {
		return nil, fault.New(fault.Unavailable, "account.passkey.needs_name")
	}
	keys, err := passkeysOf(ctx, tx, u.ID)
	if err != nil {
		return nil, err
	}
	owner := keyOwner{u, keys}
	var (
		options any
		data    *webauthn.SessionData
	)
	switch {
	case register && len(keys) >= maxPasskeys:
		return nil, fault.New(fault.Conflict, "account.passkey.too_many", fault.Args{"limit": maxPasskeys})
	case register:
		options, data, err = m.passkeys.BeginRegistration(owner,
			webauthn.WithExclusions(webauthn.Credentials(owner.WebAuthnCredentials()).CredentialDescriptors()),
			webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
				ResidentKey: protocol.ResidentKeyRequirementDiscouraged, UserVerification: protocol.VerificationPreferred,
			}))
	case len(keys) == 0:
		return nil, fault.New(fault.Conflict, "account.passkey.none")
	default:
		options, data, err = m.passkeys.BeginLogin(owner, webauthn.WithUserVerification(protocol.VerificationPreferred))
	}
	if err != nil {
		return nil, fmt.Errorf("account: begin a passkey ceremony: %w", err)
	}
	data.Expires = time.Time{} // our clock decides, see finish
	raw, err := json.Marshal(ceremony{register, tx.Now, *data})
	if err != nil {
		return nil, err
	}
	return options, setChallenge(ctx, tx, s.ID, string(raw))
}

// take reads the ceremony of a session; it can be taken once.
func take(ctx context.Context, tx *store.Tx, s session, register bool) (c ceremony, err error) {
	stale := fault.New(fault.Conflict, "account.passkey.begin_again")
	if s.challenge == "" {
		return c, stale
	}
	if first, err := takeChallenge(ctx, tx, s); err != nil {
		return c, err
	} else if !first {
		return c, stale
	}
	if err := json.Unmarshal([]byte(s.challenge), &c); err != nil {
		return c, fmt.Errorf("account: a kept passkey challenge cannot be read: %w", err)
	}
	if c.Register != register || tx.Now.Sub(c.Begun) > ceremonyLife {
		return c, stale
	}
	return c, nil
}

// passkeyProof is the proof by a passkey's signature over the session's challenge.
func (m *Module) passkeyProof(response json.RawMessage) proof {
	return func(ctx context.Context, tx *store.Tx, s session, u User) error {
		c, err := take(ctx, tx, s, false)
		if err != nil {
			return err
		}
		keys, err := passkeysOf(ctx, tx, u.ID)
		if err != nil {
			return err
		}
		wrong := fault.New(fault.Unauthenticated, "account.passkey.refused").At("credential")
		parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
		if err != nil {
			return wrong.Because(err)
		}
		used, err := m.passkeys.ValidateLogin(keyOwner{u, keys}, c.Data, parsed)
		if err != nil {
			return wrong.Because(err)
		}
		if used.Authenticator.CloneWarning { // its counter went back: a copy of the key exists
			return fault.New(fault.Unauthenticated, "account.passkey.cloned").At("credential")
		}
		return notePasskeyUse(ctx, tx, u.ID, used)
	}
}

// registerPasskey keeps the passkey that a registration made.
func (m *Module) registerPasskey(ctx context.Context, tx *store.Tx, s session, u User, name string, response json.RawMessage) error {
	c, err := take(ctx, tx, s, true)
	if err != nil {
		return err
	}
	keys, err := passkeysOf(ctx, tx, u.ID)
	if err != nil {
		return err
	}
	refused := fault.New(fault.Invalid, "account.passkey.refused").At("credential")
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return refused.Because(err)
	}
	made, err := m.passkeys.CreateCredential(keyOwner{u, keys}, c.Data, parsed)
	if err != nil {
		return refused.Because(err)
	}
	if name = strings.TrimSpace(name); name == "" {
		name = "Passkey"
	}
	key := Passkey{ID: store.NewID(tx.Now), Name: name, record: *made}
	if added, err := insertPasskey(ctx, tx, u.ID, key); err != nil || !added {
		if err == nil {
			err = fault.New(fault.Conflict, "account.passkey.known")
		}
		return err
	}
	return audit.Write(ctx, tx, audit.Entry{Action: "account.passkey_add", Object: u.object(), RegionPath: u.RegionPath,
		Detail: map[string]any{"passkey": key.ID, "name": name}})
}
