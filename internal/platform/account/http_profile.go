package account

import (
	"context"
	"net/http"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

func profileOp(verb, method, path, summary string) httpapi.Op {
	return httpapi.Op{ID: "profile-" + verb, Method: method, Path: "/api/profile" + path, Summary: summary, Tag: "profile",
		Access: httpapi.SignedIn, MaxBody: smallBody}
}

// RecoveryCodes are shown once.
type RecoveryCodes struct {
	Codes []string `json:"codes"`
}

type none = struct{}

// ByID names an account or one of its things.
type ByID struct {
	ID string `path:"id" maxLength:"26"`
}

func (m *Module) registerProfile(api *httpapi.API) {
	httpapi.Register(api, profileOp("get", http.MethodGet, "", "Your own account"), func(ctx context.Context, _ *none) (*httpapi.Body[Profile], error) {
		out, err := m.Profile(ctx)
		return httpapi.Of(out), err
	})
	httpapi.Register(api, profileOp("update", http.MethodPatch, "", "Change your language or look"), func(ctx context.Context, in *struct {
		Body struct {
			Lang  string `json:"lang,omitempty" enum:"zh,en"`
			Theme string `json:"theme,omitempty" enum:"system,light,dark"`
		}
	}) (*httpapi.Empty, error) {
		return nil, m.SetPreferences(ctx, in.Body.Lang, in.Body.Theme)
	})
	password := profileOp("password", http.MethodPost, "/password", "Change your password; your other sessions end")
	password.PerMinute = signInRate
	httpapi.Register(api, password, func(ctx context.Context, in *struct {
		Body struct {
			Current  string `json:"current" minLength:"1" maxLength:"256"`
			Password string `json:"password" minLength:"1" maxLength:"256"`
		}
	}) (*struct {
		SetCookie string `header:"Set-Cookie"`
	}, error) {
		token, err := m.ChangePassword(ctx, in.Body.Current, in.Body.Password)
		if err != nil {
			return nil, err
		}
		return &struct {
			SetCookie string `header:"Set-Cookie"`
		}{m.cookie(token).String()}, nil
	})
	m.registerOwnFactors(api)
	httpapi.Register(api, profileOp("sessions", http.MethodGet, "/sessions", "Where you are signed in"),
		func(ctx context.Context, _ *none) (*httpapi.Body[[]SessionInfo], error) {
			out, err := m.Sessions(ctx)
			return httpapi.Of(out), err
		})
	httpapi.Register(api, profileOp("session-end", http.MethodDelete, "/sessions/{id}", "End one of your sessions"),
		func(ctx context.Context, in *ByID) (*httpapi.Empty, error) { return nil, m.EndSession(ctx, in.ID) })
	httpapi.Register(api, profileOp("sessions-end", http.MethodDelete, "/sessions", "End all your sessions but this one"),
		func(ctx context.Context, _ *none) (*httpapi.Empty, error) { return nil, m.EndOtherSessions(ctx) })
}

func (m *Module) registerOwnFactors(api *httpapi.API) {
	httpapi.Register(api, profileOp("totp-offer", http.MethodPost, "/totp", "Get a new one-time-code secret; the old one works until the new one is proved"),
		func(ctx context.Context, _ *none) (*httpapi.Body[Enrolment], error) {
			out, err := m.OfferNewCode(ctx)
			return httpapi.Of(out), err
		})
	adopt := profileOp("totp-set", http.MethodPut, "/totp", "Prove the secret on offer and use it from now on")
	adopt.PerMinute = signInRate
	httpapi.Register(api, adopt, func(ctx context.Context, in *struct {
		Body struct {
			Code string `json:"code" minLength:"6" maxLength:"6"`
		}
	}) (*httpapi.Empty, error) {
		return nil, m.AdoptCode(ctx, in.Body.Code)
	})
	httpapi.Register(api, profileOp("totp-remove", http.MethodDelete, "/totp", "Give up one-time codes, when a passkey remains"),
		func(ctx context.Context, _ *none) (*httpapi.Empty, error) { return nil, m.RemoveCode(ctx) })
	httpapi.Register(api, profileOp("passkey-options", http.MethodPost, "/passkeys/options", "Begin to register a further passkey"),
		func(ctx context.Context, _ *none) (*httpapi.Body[any], error) {
			out, err := m.NewPasskeyOptions(ctx)
			return httpapi.Of(out), err
		})
	add := profileOp("passkey-add", http.MethodPost, "/passkeys", "Register a further passkey")
	add.MaxBody = passkeyBody
	httpapi.Register(api, add, func(ctx context.Context, in *passkeyInput) (*httpapi.Empty, error) {
		return nil, m.AddPasskey(ctx, in.Body.Name, in.Body.Credential)
	})
	httpapi.Register(api, profileOp("passkey-remove", http.MethodDelete, "/passkeys/{id}", "Give up a passkey, when another second factor remains"),
		func(ctx context.Context, in *ByID) (*httpapi.Empty, error) {
			return nil, m.RemovePasskey(ctx, in.ID)
		})
	httpapi.Register(api, profileOp("recovery", http.MethodPost, "/recovery-codes", "Make new recovery codes in the place of all old ones"),
		func(ctx context.Context, _ *none) (*httpapi.Body[RecoveryCodes], error) {
			codes, err := m.RenewRecovery(ctx)
			return httpapi.Of(RecoveryCodes{codes}), err
		})
}
