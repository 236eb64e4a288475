package account

import (
	"context"
	"encoding/json"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// FreshFor is how long a proved second factor counts for dangerous acts.
const FreshFor = 5 * time.Minute

// Profile is one's own account.
type Profile struct {
	User
	Factors  factors   `json:"factors"`
	Passkeys []Passkey `json:"passkeys"`
	Grants   []Grant   `json:"grants"`
	Due      time.Time `json:"passwordDue,omitzero" doc:"When the password must be changed"`
}

// Profile is the signed-in person's own account.
func (m *Module) Profile(ctx context.Context) (p Profile, err error) {
	if _, p.User, err = m.me(ctx, m.DB); err != nil {
		return p, err
	}
	if p.Factors, err = factorsOf(ctx, m.DB, p.ID); err != nil {
		return p, err
	}
	if p.Passkeys, err = passkeysOf(ctx, m.DB, p.ID); err != nil {
		return p, err
	}
	if m.PasswordAge > 0 && p.password != "" {
		p.Due = p.PasswordAt.Add(m.PasswordAge)
	}
	p.Grants, err = grantsOf(ctx, m.DB, p.ID)
	return p, err
}

// own runs a change of the signed-in person's own account and records it. A change of
// how they prove who they are needs a fresh second factor: a borrowed console must not
// be enough to take an account over.
func (m *Module) own(ctx context.Context, action string, fresh bool, detail any, change func(*store.Tx, session, User) error) error {
	if fresh {
		if err := auth.RequireFresh(ctx, m.Clock.Now(), FreshFor); err != nil {
			return err
		}
	}
	err := m.DB.Update(ctx, func(tx *store.Tx) error {
		p := auth.From(ctx)
		if p == nil {
			return fault.New(fault.Unauthenticated, "auth.sign_in_required")
		}
		if _, err := lockUser(ctx, tx, p.ID); err != nil {
			return err
		}
		s, u, err := m.me(ctx, tx)
		if err != nil {
			return err
		}
		if err := change(tx, s, u); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: action, Object: u.object(), RegionPath: u.RegionPath, Detail: detail})
	})
	if err == nil {
		m.forget(auth.From(ctx).ID)
	}
	return err
}

// SetPreferences changes one's own language and look; empty leaves them.
func (m *Module) SetPreferences(ctx context.Context, lang, theme string) error {
	return m.own(ctx, "account.preferences", false, map[string]any{"lang": lang, "theme": theme}, func(tx *store.Tx, _ session, u User) error {
		if lang != "" {
			u.Lang = lang
		}
		if theme != "" {
			u.Theme = theme
		}
		return setUser(ctx, tx, u, 0)
	})
}

// ChangePassword changes one's own password, ends one's other sessions and gives this
// one a new token.
func (m *Module) ChangePassword(ctx context.Context, current, password string) (token string, err error) {
	s, u, err := m.me(ctx, m.DB)
	if err != nil {
		return "", err
	}
	if err := m.checkCurrent(ctx, s, u, current); err != nil {
		return "", err
	}
	hash, err := m.newHash(ctx, u, "password", password)
	if err != nil {
		return "", err
	}
	err = m.own(ctx, "account.password_change", false, nil, func(tx *store.Tx, s session, u User) error {
		if err := setPassword(ctx, tx, u.ID, hash, false); err != nil {
			return err
		}
		if _, err := deleteSessionsOf(ctx, tx, u.ID, s.ID); err != nil {
			return err
		}
		var kept string
		token, kept = newToken()
		return advance(ctx, tx, s, signedIn, kept, time.Time{})
	})
	return token, err
}

// checkCurrent checks the present password, counting failures as a sign-in does.
func (m *Module) checkCurrent(ctx context.Context, s session, u User, current string) error {
	names, err := attempts(ctx, m.DB, u.Username, s.browser)
	if err != nil {
		return err
	}
	if err := admitted(ctx, m.DB, m.Clock.Now(), names); err != nil {
		return err
	}
	kept := u.password
	if kept == "" {
		return fault.New(fault.Conflict, "account.password.none")
	}
	right, _, err := m.hasher.verify(ctx, current, kept)
	if err != nil || right {
		return err
	}
	err = m.DB.Update(ctx, func(tx *store.Tx) error {
		if err := holdAttempts(ctx, tx, names); err != nil {
			return err
		}
		if err := failed(ctx, tx, names); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "account.password_change_failed", Object: u.object(), RegionPath: u.RegionPath})
	})
	if err == nil {
		err = fault.Bad("current", "account.password.current_wrong")
	}
	return err
}

// OfferNewCode puts a new one-time-code secret on offer; the old one works until the new
// one is proved.
func (m *Module) OfferNewCode(ctx context.Context) (out Enrolment, err error) {
	err = m.own(ctx, "account.totp_offer", true, nil, func(tx *store.Tx, _ session, u User) error {
		out, err = m.offer(ctx, tx, u)
		return err
	})
	return out, err
}

// AdoptCode proves the secret on offer and puts it in the place of the old one.
func (m *Module) AdoptCode(ctx context.Context, code string) error {
	return m.own(ctx, "account.totp_set", true, nil, func(tx *store.Tx, s session, u User) error {
		if err := m.codeProof(code, true)(ctx, tx, s, u); err != nil {
			if fault.IsKind(err, fault.Unauthenticated) { // signed in all the same: the input is wrong
				err = fault.Bad("code", fault.Of(err).Code)
			}
			return err
		}
		return adoptTOTP(ctx, tx, u.ID)
	})
}

// RemoveCode gives up one-time codes, when a passkey remains.
func (m *Module) RemoveCode(ctx context.Context) error {
	return m.own(ctx, "account.totp_remove", true, nil, func(tx *store.Tx, _ session, u User) error {
		if err := deleteTOTP(ctx, tx, u.ID); err != nil {
			return err
		}
		return keepsFactor(ctx, tx, u)
	})
}

// NewPasskeyOptions begins the registration of a further passkey.
func (m *Module) NewPasskeyOptions(ctx context.Context) (options any, err error) {
	err = m.own(ctx, "account.passkey_offer", true, nil, func(tx *store.Tx, s session, u User) error {
		options, err = m.beginPasskey(ctx, tx, s, u, true)
		return err
	})
	return options, err
}

// AddPasskey registers a further passkey.
func (m *Module) AddPasskey(ctx context.Context, name string, response json.RawMessage) error {
	return m.own(ctx, "account.factor_enrol", true, map[string]any{"method": "passkey"}, func(tx *store.Tx, s session, u User) error {
		return m.registerPasskey(ctx, tx, s, u, name, response)
	})
}

// RemovePasskey gives up a passkey, when another second factor remains.
func (m *Module) RemovePasskey(ctx context.Context, id string) error {
	return m.own(ctx, "account.passkey_remove", true, map[string]any{"passkey": id}, func(tx *store.Tx, _ session, u User) error {
		found, err := deletePasskey(ctx, tx, u.ID, id)
		if err != nil {
			return err
		}
		if !found {
			return fault.New(fault.NotFound, "account.passkey.unknown")
		}
		return keepsFactor(ctx, tx, u)
	})
}

// RenewRecovery makes new recovery codes in the place of all old ones.
func (m *Module) RenewRecovery(ctx context.Context) (codes []string, err error) {
	err = m.own(ctx, "account.recovery_renew", true, nil, func(tx *store.Tx, _ session, u User) error {
		codes, err = renewRecovery(ctx, tx, u.ID)
		return err
	})
	return codes, err
}

func keepsFactor(ctx context.Context, tx *store.Tx, u User) error {
	f, err := factorsOf(ctx, tx, u.ID)
	if err == nil && f.none() {
		err = fault.New(fault.Conflict, "account.factor.last")
	}
	return err
}
