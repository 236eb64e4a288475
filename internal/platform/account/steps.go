package account

import (
	"context"
	"encoding/json"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// OfferCode gives somebody who has no second factor yet a one-time-code secret to enrol.
func (m *Module) OfferCode(ctx context.Context, token string) (out Enrolment, err error) {
	err = m.DB.Update(ctx, func(tx *store.Tx) error {
		_, u, err := m.pending(ctx, tx, token, wantsEnrolment)
		if err != nil {
			return err
		}
		ctx := u.actor(ctx)
		if out, err = m.offer(ctx, tx, u); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "account.totp_offer", Object: u.object(), RegionPath: u.RegionPath})
	})
	return out, err
}

// ProveCode takes the second step with a one-time code: the enrolled secret's, or the
// first of a secret on offer, which enrols it.
func (m *Module) ProveCode(ctx context.Context, token, code string) (step Step, err error) {
	check := func(ctx context.Context, tx *store.Tx, s session, u User) error {
		return m.codeProof(code, s.state == wantsEnrolment)(ctx, tx, s, u)
	}
	err = m.prove(ctx, token, "totp", []state{wantsFactor, wantsEnrolment}, check, func(ctx context.Context, tx *store.Tx, s session, u User) error {
		var codes []string
		if s.state == wantsEnrolment {
			if err := adoptTOTP(ctx, tx, u.ID); err != nil {
				return err
			}
			if codes, err = m.enrolled(ctx, tx, u, "totp"); err != nil {
				return err
			}
		}
		step, err = m.passed(ctx, tx, s, u, "totp")
		step.RecoveryCodes = codes
		return err
	})
	return step, err
}

// enrolled records somebody's first second factor and gives them recovery codes.
func (m *Module) enrolled(ctx context.Context, tx *store.Tx, u User, method string) ([]string, error) {
	if err := audit.Write(ctx, tx, audit.Entry{Action: "account.factor_enrol", Object: u.object(), RegionPath: u.RegionPath,
		Detail: map[string]any{"method": method}}); err != nil {
		return nil, err
	}
	return renewRecovery(ctx, tx, u.ID)
}

// ProveRecovery takes the second step with a recovery code.
func (m *Module) ProveRecovery(ctx context.Context, token, code string) (step Step, err error) {
	err = m.prove(ctx, token, "recovery", []state{wantsFactor}, recoveryProof(code), func(ctx context.Context, tx *store.Tx, s session, u User) error {
		step, err = m.passed(ctx, tx, s, u, "recovery")
		return err
	})
	return step, err
}

// PasskeyOptions begins a passkey ceremony: a registration for somebody without a second
// factor, else a proof, to sign in or to confirm.
func (m *Module) PasskeyOptions(ctx context.Context, token string) (options any, err error) {
	err = m.DB.Housekeep(ctx, func(tx *store.Tx) error {
		s, u, err := m.pending(ctx, tx, token, wantsFactor, wantsEnrolment, signedIn)
		if err == nil {
			options, err = m.beginPasskey(ctx, tx, s, u, s.state == wantsEnrolment)
		}
		return err
	})
	return options, err
}

// ProvePasskey takes the second step with a passkey; without a second factor so far it
// registers the passkey.
func (m *Module) ProvePasskey(ctx context.Context, token, name string, response json.RawMessage) (step Step, err error) {
	check := func(ctx context.Context, tx *store.Tx, s session, u User) error {
		if s.state == wantsEnrolment {
			return m.registerPasskey(ctx, tx, s, u, name, response)
		}
		return m.passkeyProof(response)(ctx, tx, s, u)
	}
	err = m.prove(ctx, token, "passkey", []state{wantsFactor, wantsEnrolment}, check, func(ctx context.Context, tx *store.Tx, s session, u User) error {
		var codes []string
		if s.state == wantsEnrolment {
			if codes, err = m.enrolled(ctx, tx, u, "passkey"); err != nil {
				return err
			}
		}
		step, err = m.passed(ctx, tx, s, u, "passkey")
		step.RecoveryCodes = codes
		return err
	})
	return step, err
}

// ReplacePassword takes the step that an expired or one-time password asks for.
func (m *Module) ReplacePassword(ctx context.Context, token, password string) (step Step, err error) {
	_, u, err := m.pending(ctx, m.DB, token, wantsPassword)
	if err != nil {
		return step, err
	}
	hash, err := m.newHash(ctx, u, "password", password)
	if err != nil {
		return step, err
	}
	err = m.DB.Update(ctx, func(tx *store.Tx) error {
		s, u, err := m.pending(ctx, tx, token, wantsPassword)
		if err != nil {
			return err
		}
		ctx := u.actor(ctx)
		if err := setPassword(ctx, tx, u.ID, hash, false); err != nil {
			return err
		}
		if err := audit.Write(ctx, tx, audit.Entry{Action: "account.password_change", Object: u.object(), RegionPath: u.RegionPath}); err != nil {
			return err
		}
		if _, err := deleteSessionsOf(ctx, tx, u.ID, s.ID); err != nil {
			return err
		}
		step, err = m.enter(ctx, tx, s, u, "password_change", s.FreshAt)
		return err
	})
	if err == nil {
		m.forget(step.UserID)
	}
	return step, err
}

// Confirm proves the second factor anew within a session, which dangerous acts ask for
// (auth.RequireFresh). Either a code or a passkey's response is given. Wrong ones count
// in this session only, which ends with the last of maxCodes.
func (m *Module) Confirm(ctx context.Context, token, code string, response json.RawMessage) error {
	check, method := m.codeProof(code, false), "totp"
	switch {
	case len(response) > 0:
		check, method = m.passkeyProof(response), "passkey"
	case code == "":
		return fault.Bad("code", "account.code_required")
	}
	return m.prove(ctx, token, method, []state{signedIn}, check, func(ctx context.Context, tx *store.Tx, s session, u User) error {
		if err := refresh(ctx, tx, s.ID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "account.confirm", Object: u.object(), RegionPath: u.RegionPath,
			Detail: map[string]any{"method": method, "session": s.ID}})
	})
}

// rememberedPasswords is how many earlier passwords may not come back.
const rememberedPasswords = 5

// newHash checks a new password against the policy and the person's earlier ones. It is
// done before the change begins: hashing takes longer than a transaction should.
func (m *Module) newHash(ctx context.Context, u User, place, password string) (string, error) {
	if err := acceptable(place, password, u.Username, u.Name); err != nil {
		return "", err
	}
	earlier, err := earlierPasswords(ctx, m.DB, u.ID)
	if err != nil {
		return "", err
	}
	for _, old := range earlier {
		same, _, err := m.hasher.verify(ctx, password, old)
		if err != nil {
			return "", err
		}
		if same {
			return "", fault.Bad(place, "account.password.used_before", fault.Args{"count": rememberedPasswords})
		}
	}
	return m.hasher.hash(ctx, password)
}

// me is the session and account of the person who asks.
func (m *Module) me(ctx context.Context, q store.Queryer) (session, User, error) {
	p := auth.From(ctx)
	if p == nil {
		return session{}, User{}, fault.New(fault.Unauthenticated, "auth.sign_in_required")
	}
	all, err := sessionsOf(ctx, q, p.ID)
	if err != nil {
		return session{}, User{}, err
	}
	for _, s := range all {
		if s.ID == p.SessionID {
			u, err := userByID(ctx, q, p.ID)
			return s, u, err
		}
	}
	return session{}, User{}, errOver()
}
