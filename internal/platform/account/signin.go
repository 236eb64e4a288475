package account

import (
	"context"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
)

// Step is where a sign-in stands and the token that the next step needs.
type Step struct {
	State         state
	Methods       []string // how the second factor may be proved or enrolled
	RecoveryCodes []string // shown once, when the first second factor was enrolled
	Token         string
	Browser       string // for its cookie, after a first step
	UserID        string

	replaced string // whose earlier session this one took the place of
}

// Visit is what a browser brings to its first step.
type Visit struct {
	Agent   string
	Token   string // of an earlier session, which the new one replaces
	Browser string // what an earlier sign-in told the browser from others by
}

// SignIn takes the first step: a name and a password. An unknown name costs the same
// work as a known one and is answered alike.
func (m *Module) SignIn(ctx context.Context, username, password string, v Visit) (Step, error) {
	names, err := attempts(ctx, m.DB, username, digest(v.Browser))
	if err != nil {
		return Step{}, err
	}
	if err := admitted(ctx, m.DB, m.Clock.Now(), names); err != nil {
		return Step{}, err
	}
	u, found, err := userByName(ctx, m.DB, username)
	if err != nil {
		return Step{}, err
	}
	kept := u.password
	if kept == "" {
		kept = m.decoy
	}
	right, dated, err := m.hasher.verify(ctx, password, kept)
	if err != nil {
		return Step{}, err
	}
	right = right && u.password != "" // nobody signs in by guessing the decoy
	fresh := ""
	if right && dated {
		if fresh, err = m.hasher.hash(ctx, password); err != nil {
			return Step{}, err
		}
	}
	var (
		step    Step
		refused error
	)
	err = m.DB.Update(ctx, func(tx *store.Tx) error {
		refused = nil
		if err := holdAttempts(ctx, tx, names); err != nil {
			return err
		}
		if err := admitted(ctx, tx, tx.Now, names); err != nil {
			return err
		}
		if !right || u.Disabled {
			refused = fault.New(fault.Unauthenticated, "account.credentials_wrong")
			if err := failed(ctx, tx, names); err != nil {
				return err
			}
			return audit.Write(ctx, tx, failure(u, found, right))
		}
		if fresh != "" {
			if err := rehash(ctx, tx, u.ID, kept, fresh); err != nil {
				return err
			}
		}
		step, err = m.open(u.actor(ctx), tx, u, v, "password")
		return err
	})
	if err == nil {
		err = refused
	}
	if err == nil && step.replaced != "" {
		m.forget(step.replaced)
	}
	return step, err
}

// failure is the record of a failed sign-in. What was typed is never in it.
func failure(u User, found, right bool) audit.Entry {
	e := audit.Entry{Action: "account.sign_in_failed", Object: "account:unknown", RegionPath: u.RegionPath}
	reason := "unknown"
	if found {
		e.Object, reason = u.object(), "password"
	}
	if right {
		reason = "disabled"
	}
	e.Detail = map[string]any{"reason": reason}
	return e
}

// open begins a session for somebody whose first factor held.
func (m *Module) open(ctx context.Context, tx *store.Tx, u User, v Visit, by string) (Step, error) {
	old, found, err := sessionByToken(ctx, tx, digest(v.Token))
	if err == nil && found {
		_, err = deleteSession(ctx, tx, old.userID, old.ID)
	}
	if err != nil {
		return Step{}, err
	}
	f, err := factorsOf(ctx, tx, u.ID)
	if err != nil {
		return Step{}, err
	}
	browser := v.Browser
	if known, err := browserKnown(ctx, tx, digest(browser)); err != nil {
		return Step{}, err
	} else if !known { // what nobody has signed in with, somebody may have planted
		browser, _ = newToken()
	}
	token, kept := newToken()
	step := Step{State: wantsFactor, Methods: f.methods(), Token: token, Browser: browser, UserID: u.ID, replaced: old.userID}
	if f.none() {
		step.State, step.Methods = wantsEnrolment, []string{"totp"}
		if m.passkeys != nil {
			step.Methods = append(step.Methods, "passkey")
		}
	}
	agent := []rune(v.Agent)
	s := session{ID: store.NewID(tx.Now), token: kept, browser: digest(browser), userID: u.ID, state: step.State, Address: auth.Who(ctx).Address,
		Agent: string(agent[:min(len(agent), maxAgentChars)])}
	if err := insertSession(ctx, tx, s); err != nil {
		return Step{}, err
	}
	return step, audit.Write(ctx, tx, audit.Entry{Action: "account.first_factor", Object: u.object(), RegionPath: u.RegionPath,
		Detail: map[string]any{"by": by, "session": s.ID}})
}

// pending is the session of a sign-in under way, which must be in one of the states.
func (m *Module) pending(ctx context.Context, q store.Queryer, token string, wanted ...state) (session, User, error) {
	if token == "" {
		return session{}, User{}, errOver()
	}
	s, found, err := sessionByToken(ctx, q, digest(token))
	if err != nil {
		return s, User{}, err
	}
	if s = m.sessions.withUse(s); !found || m.over(s, m.Clock.Now()) {
		return s, User{}, errOver()
	}
	for _, w := range wanted {
		if s.state == w {
			u, err := userByID(ctx, q, s.userID)
			if err == nil && u.Disabled {
				err = errOver()
			}
			return s, u, err
		}
	}
	return s, User{}, fault.New(fault.Conflict, "account.session.step", fault.Args{"state": string(s.state)})
}

// proof checks a second factor within a change. It answers with a fault for a wrong one.
type proof func(ctx context.Context, tx *store.Tx, s session, u User) error

// guesses are what a wrong second factor counts under besides its session. Within a
// session that is signed in there is nothing besides: whoever guesses from outside must
// not keep an officer from confirming what is urgent.
func guesses(ctx context.Context, q store.Queryer, s session, u User) ([]attempt, error) {
	if s.state == signedIn {
		return nil, nil
	}
	return attempts(ctx, q, u.Username, s.browser)
}

// prove takes the second step with any kind of proof, counting the wrong ones; then goes
// on after a right one.
func (m *Module) prove(ctx context.Context, token, method string, wanted []state, check, then proof) error {
	var (
		refused *fault.Error
		userID  string
	)
	err := m.DB.Update(ctx, func(tx *store.Tx) error {
		refused = nil
		if err := holdSession(ctx, tx, digest(token)); err != nil {
			return err
		}
		s, u, err := m.pending(ctx, tx, token, wanted...)
		if err != nil {
			return err
		}
		userID = u.ID
		ctx := u.actor(ctx)
		names, err := guesses(ctx, tx, s, u)
		if err != nil {
			return err
		}
		if err := holdAttempts(ctx, tx, names); err != nil {
			return err
		}
		if err := admitted(ctx, tx, tx.Now, names); err != nil {
			return err
		}
		err = check(ctx, tx, s, u)
		if err == nil {
			// Only what the person counted up: it does not excuse guesses from elsewhere at
			// this name, nor from here at others.
			if len(names) > 0 {
				if err := forgetAttempts(ctx, tx, names[0].name); err != nil {
					return err
				}
			}
			return then(ctx, tx, s, u)
		}
		if !fault.IsKind(err, fault.Unauthenticated) {
			return err
		}
		refused = fault.Of(err)
		entry := audit.Entry{Action: "account.second_factor_failed", Object: u.object(), RegionPath: u.RegionPath,
			Detail: map[string]any{"method": method, "reason": refused.Code, "session": s.ID}}
		if err := failed(ctx, tx, names); err != nil {
			return err
		}
		n, err := countFailure(ctx, tx, s.ID)
		if err == nil && n >= maxCodes {
			// Why the session is over, and when the next try is let in.
			refused = fault.New(fault.Unauthenticated, "account.codes_used_up", fault.Args{"count": maxCodes})
			if locked := admitted(ctx, tx, tx.Now, names); fault.IsKind(locked, fault.Limited) {
				refused = fault.Of(locked)
			}
			_, err = deleteSession(ctx, tx, u.ID, s.ID)
		}
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, entry)
	})
	if err != nil {
		return err
	}
	m.forget(userID)
	if refused != nil {
		return refused
	}
	return nil
}

// passed moves a session on after its second factor: to a new password when the old one
// is due, else in.
func (m *Module) passed(ctx context.Context, tx *store.Tx, s session, u User, method string) (Step, error) {
	if u.password != "" && (u.ChangePassword || m.PasswordAge > 0 && tx.Now.Sub(u.PasswordAt) >= m.PasswordAge) {
		token, kept := newToken()
		if err := advance(ctx, tx, s, wantsPassword, kept, tx.Now); err != nil {
			return Step{}, err
		}
		return Step{State: wantsPassword, Token: token, UserID: u.ID}, audit.Write(ctx, tx, audit.Entry{Action: "account.second_factor",
			Object: u.object(), RegionPath: u.RegionPath, Detail: map[string]any{"method": method, "session": s.ID}})
	}
	return m.enter(ctx, tx, s, u, method, tx.Now)
}

// enter makes a session a signed-in one.
func (m *Module) enter(ctx context.Context, tx *store.Tx, s session, u User, method string, fresh time.Time) (Step, error) {
	token, kept := newToken()
	if err := advance(ctx, tx, s, signedIn, kept, fresh); err != nil {
		return Step{}, err
	}
	who := auth.Who(ctx)
	if err := noteSignIn(ctx, tx, u.ID, who.Address); err != nil {
		return Step{}, err
	}
	if s.browser != "" {
		if err := noteBrowser(ctx, tx, u.ID, s.browser); err != nil {
			return Step{}, err
		}
	}
	if err := keepNewest(ctx, tx, u.ID, maxSessions); err != nil {
		return Step{}, err
	}
	return Step{State: signedIn, Token: token, UserID: u.ID}, audit.Write(ctx, tx, audit.Entry{Action: "account.sign_in", Object: u.object(),
		RegionPath: u.RegionPath, Detail: map[string]any{"method": method, "session": s.ID}})
}
