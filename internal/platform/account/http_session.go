package account

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// Session is where a browser's sign-in stands.
type Session struct {
	State         string   `json:"state" enum:"second_factor,enrol_second_factor,change_password,signed_in" doc:"What is wanted next"`
	Methods       []string `json:"methods" doc:"How the second factor may be proved or enrolled: totp, passkey, recovery"`
	RecoveryCodes []string `json:"recoveryCodes,omitempty" doc:"Shown once, when the first second factor was enrolled"`
	User          *Person  `json:"user,omitempty" doc:"Who is signed in"`
}

// Person is the signed-in person and what they may do.
type Person struct {
	ID           string       `json:"id"`
	Username     string       `json:"username"`
	Name         string       `json:"name"`
	Lang         string       `json:"lang"`
	Theme        string       `json:"theme"`
	RegionPath   string       `json:"regionPath"`
	Permissions  []Permission `json:"permissions" doc:"What may be done, and in which regions' subtrees"`
	FreshUntil   time.Time    `json:"freshUntil" doc:"Until when dangerous acts ask for no confirmation"`
	IdleMinutes  int          `json:"idleMinutes" doc:"Without use the session ends after so long"`
	EndsAt       time.Time    `json:"endsAt" doc:"When the session ends however much it is used"`
	SignedInAt   time.Time    `json:"signedInAt" doc:"When the person last signed in"`
	SignedInFrom string       `json:"signedInFrom" doc:"…and from which address"`
	Resets       []Handling   `json:"resets,omitempty" doc:"Resets of this account in the last three days, of which the person should know"`
}

// Permission is an act and a region in whose subtree it may be done.
type Permission struct {
	Permission string `json:"permission"`
	RegionPath string `json:"regionPath" doc:"Empty is everywhere"`
}

// Browser is what every step of a sign-in reads of the request.
type Browser struct {
	Cookie string `header:"Cookie" hidden:"true"`
	Agent  string `header:"User-Agent" hidden:"true"`
}

// Stepped is the output of a step: where it stands and the session's new cookie; after
// the first also the browser's.
type Stepped struct {
	SetCookie    []string `header:"Set-Cookie"`
	CacheControl string   `header:"Cache-Control"`
	Body         Session
}

const (
	smallBody   = 16 << 10
	passkeyBody = 64 << 10
	signInRate  = 20 // attempts of one address in a minute
	stepRate    = 60
)

// Register adds every operation of the package.
func (m *Module) Register(api *httpapi.API) {
	m.registerSession(api)
	m.registerOIDC(api)
	m.registerProfile(api)
	m.registerAdmin(api)
}

func sessionOp(verb, method, path, summary string, access httpapi.Access) httpapi.Op {
	op := httpapi.Op{ID: "session-" + verb, Method: method, Path: "/api/session" + path, Summary: summary, Tag: "session", Access: access, MaxBody: smallBody, Vital: true}
	if access == httpapi.Public {
		op.PerMinute = stepRate
	}
	return op
}

type codeInput struct {
	Browser
	Body struct {
		Code string `json:"code" minLength:"6" maxLength:"40"`
	}
}

type passkeyInput struct {
	Browser
	Body struct {
		Name       string          `json:"name,omitempty" maxLength:"60" doc:"What to call a passkey that is registered now"`
		Credential json.RawMessage `json:"credential" doc:"PublicKeyCredential as JSON"`
	}
}

func (m *Module) registerSession(api *httpapi.API) {
	create := sessionOp("create", http.MethodPost, "", "Begin to sign in with a name and a password", httpapi.Public)
	create.PerMinute = signInRate
	httpapi.Register(api, create, func(ctx context.Context, in *struct {
		Browser
		Body struct {
			Username string `json:"username" minLength:"1" maxLength:"64"`
			Password string `json:"password" minLength:"1" maxLength:"256"`
		}
	}) (*Stepped, error) {
		return m.stepped(ctx)(m.SignIn(ctx, in.Body.Username, in.Body.Password, m.visit(in.Agent, in.Cookie)))
	})
	httpapi.Register(api, sessionOp("totp", http.MethodPost, "/totp", "Prove a one-time code, or enrol the secret on offer with its first code", httpapi.Public),
		func(ctx context.Context, in *codeInput) (*Stepped, error) {
			return m.stepped(ctx)(m.ProveCode(ctx, m.tokenIn(in.Cookie), in.Body.Code))
		})
	httpapi.Register(api, sessionOp("totp-enrol", http.MethodPost, "/totp/enrol", "Get a one-time-code secret to enrol, when there is no second factor yet", httpapi.Public),
		func(ctx context.Context, in *Browser) (*httpapi.Body[Enrolment], error) {
			out, err := m.OfferCode(ctx, m.tokenIn(in.Cookie))
			return httpapi.Of(out), err
		})
	httpapi.Register(api, sessionOp("recovery", http.MethodPost, "/recovery", "Prove a recovery code in place of a second factor", httpapi.Public),
		func(ctx context.Context, in *codeInput) (*Stepped, error) {
			return m.stepped(ctx)(m.ProveRecovery(ctx, m.tokenIn(in.Cookie), in.Body.Code))
		})
	httpapi.Register(api, sessionOp("passkey-options", http.MethodPost, "/passkey/options", "Begin a passkey ceremony: a proof, or a registration when there is no second factor yet", httpapi.Public),
		func(ctx context.Context, in *Browser) (*httpapi.Body[any], error) {
			out, err := m.PasskeyOptions(ctx, m.tokenIn(in.Cookie))
			return httpapi.Of(out), err
		})
	passkey := sessionOp("passkey", http.MethodPost, "/passkey", "Prove a passkey, or register the first", httpapi.Public)
	passkey.MaxBody = passkeyBody
	httpapi.Register(api, passkey, func(ctx context.Context, in *passkeyInput) (*Stepped, error) {
		return m.stepped(ctx)(m.ProvePasskey(ctx, m.tokenIn(in.Cookie), in.Body.Name, in.Body.Credential))
	})
	httpapi.Register(api, sessionOp("password", http.MethodPost, "/password", "Replace an expired or one-time password", httpapi.Public),
		func(ctx context.Context, in *struct {
			Browser
			Body struct {
				Password string `json:"password" minLength:"1" maxLength:"256"`
			}
		}) (*Stepped, error) {
			return m.stepped(ctx)(m.ReplacePassword(ctx, m.tokenIn(in.Cookie), in.Body.Password))
		})
	httpapi.Register(api, sessionOp("methods", http.MethodGet, "/methods", "How one can sign in here", httpapi.Public),
		func(context.Context, *struct{}) (*httpapi.Body[SignInMethods], error) {
			out := SignInMethods{Password: true}
			if m.oidc != nil {
				out.OIDC = m.oidc.Name
			}
			return httpapi.Of(out), nil
		})
	httpapi.Register(api, sessionOp("get", http.MethodGet, "", "Who is signed in and what they may do", httpapi.SignedIn),
		func(ctx context.Context, _ *struct{}) (*httpapi.Body[Session], error) {
			out, err := m.session(ctx)
			return httpapi.Of(out), err
		})
	httpapi.Register(api, sessionOp("end", http.MethodDelete, "", "Sign out", httpapi.SignedIn),
		func(ctx context.Context, _ *struct{}) (*struct {
			SetCookie string `header:"Set-Cookie"`
		}, error) {
			err := m.EndSession(ctx, auth.From(ctx).SessionID)
			return &struct {
				SetCookie string `header:"Set-Cookie"`
			}{m.cookie("").String()}, err
		})
	confirm := sessionOp("confirm", http.MethodPost, "/confirm", "Prove the second factor anew before a dangerous act", httpapi.SignedIn)
	confirm.PerMinute, confirm.MaxBody = signInRate, passkeyBody
	httpapi.Register(api, confirm, func(ctx context.Context, in *struct {
		Browser
		Body struct {
			Code       string          `json:"code,omitempty" maxLength:"6" doc:"A one-time code"`
			Credential json.RawMessage `json:"credential,omitempty" doc:"…or a passkey's response"`
		}
	}) (*httpapi.Body[Confirmed], error) {
		err := m.Confirm(ctx, m.tokenIn(in.Cookie), in.Body.Code, in.Body.Credential)
		return httpapi.Of(Confirmed{m.Clock.Now().Add(FreshFor)}), err
	})
}

// SignInMethods is how one can sign in here.
type SignInMethods struct {
	Password bool   `json:"password"`
	OIDC     string `json:"oidc,omitempty" doc:"Name of the outside sign-in service, when there is one; it begins at /api/session/oidc"`
}

// Confirmed is until when dangerous acts need no further confirmation.
type Confirmed struct {
	FreshUntil time.Time `json:"freshUntil"`
}

// stepped makes the output of a step, with the person when it was the last.
func (m *Module) stepped(ctx context.Context) func(Step, error) (*Stepped, error) {
	return func(step Step, err error) (*Stepped, error) {
		if err != nil {
			return nil, err
		}
		out := &Stepped{SetCookie: []string{m.cookie(step.Token).String()}, CacheControl: "no-store",
			Body: Session{State: string(step.State), Methods: step.Methods, RecoveryCodes: step.RecoveryCodes}}
		if step.Browser != "" {
			out.SetCookie = append(out.SetCookie, m.browserCookie(step.Browser).String())
		}
		if out.Body.Methods == nil {
			out.Body.Methods = []string{}
		}
		if step.State == signedIn {
			e, err := m.load(ctx, digest(step.Token))
			if err != nil {
				return nil, err
			}
			if e == nil {
				return nil, errOver()
			}
			out.Body.User, err = m.person(ctx, e.who, e.session)
			if err != nil {
				return nil, err
			}
		}
		return out, nil
	}
}

func (m *Module) session(ctx context.Context) (Session, error) {
	s, _, err := m.me(ctx, m.DB)
	if err != nil {
		return Session{}, err
	}
	p, err := m.person(ctx, auth.From(ctx), s)
	return Session{State: string(signedIn), Methods: []string{}, User: p}, err
}

func (m *Module) person(ctx context.Context, p *auth.Principal, s session) (*Person, error) {
	u, err := userByID(ctx, m.DB, p.ID)
	if err != nil {
		return nil, err
	}
	resets, err := resetsOf(ctx, m.DB, p.ID, m.Clock.Now().Add(-handlingCounts))
	if err != nil {
		return nil, err
	}
	return &Person{ID: u.ID, Username: u.Username, Name: u.Name, Lang: u.Lang, Theme: u.Theme, RegionPath: u.RegionPath,
		Permissions: permissions(p), FreshUntil: s.FreshAt.Add(FreshFor), IdleMinutes: int(m.Idle.Minutes()), EndsAt: s.CreatedAt.Add(m.Absolute),
		SignedInAt: u.SignedInAt, SignedInFrom: u.SignedInFrom, Resets: resets}, nil
}

const (
	signInPage   = "/console/sign-in"
	flightCookie = "-oidc" // after the session cookie's name
)

func (m *Module) registerOIDC(api *httpapi.API) {
	begin := sessionOp("oidc", http.MethodGet, "/oidc", "Go to the outside sign-in service", httpapi.Public)
	begin.PerMinute = signInRate
	api.Guard(begin, "text/html", func(w http.ResponseWriter, r *http.Request) error {
		to, sealed, err := m.BeginOIDC(r.Context())
		if err != nil {
			back(w, r, "problem", fault.Of(err).Code)
			return nil
		}
		c := m.cookie(sealed)
		c.Name, c.MaxAge = c.Name+flightCookie, int(flightLife.Seconds())
		http.SetCookie(w, c)
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, to, http.StatusFound)
		return nil
	})
	finish := sessionOp("oidc-callback", http.MethodGet, "/oidc/callback", "Come back from the outside sign-in service", httpapi.Public)
	finish.PerMinute = signInRate
	api.Guard(finish, "text/html", func(w http.ResponseWriter, r *http.Request) error {
		sealed := ""
		if c, err := r.Cookie(m.cookieName() + flightCookie); err == nil {
			sealed = c.Value
		}
		gone := m.cookie("")
		gone.Name += flightCookie
		http.SetCookie(w, gone)
		w.Header().Set("Cache-Control", "no-store")
		q := r.URL.Query()
		step, err := m.FinishOIDC(r.Context(), sealed, q.Get("state"), q.Get("code"), m.visit(r.UserAgent(), r.Header.Get("Cookie")))
		if err != nil {
			m.Log.WarnContext(r.Context(), "an outside sign-in was refused", "error", err)
			back(w, r, "problem", fault.Of(err).Code)
			return nil
		}
		http.SetCookie(w, m.cookie(step.Token))
		http.SetCookie(w, m.browserCookie(step.Browser))
		back(w, r, "step", string(step.State))
		return nil
	})
}

// back sends the browser to the sign-in page with where it stands.
func back(w http.ResponseWriter, r *http.Request, key, value string) {
	http.Redirect(w, r, signInPage+"?"+url.Values{key: {value}}.Encode(), http.StatusFound)
}
