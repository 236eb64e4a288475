package account

import (
	"context"
	"net/http"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func accountOp(verb, method, path, summary string, perm auth.Permission) httpapi.Op {
	return httpapi.Op{ID: "account-" + verb, Method: method, Path: "/api/accounts" + path, Summary: summary, Tag: "account",
		Access: httpapi.Needs(perm), MaxBody: smallBody}
}

// OneTime is a password shown once, which must be changed when it is used.
type OneTime struct {
	User     *User  `json:"user,omitempty"`
	Password string `json:"password"`
}

func (m *Module) registerAdmin(api *httpapi.API) {
	httpapi.Register(api, accountOp("list", http.MethodGet, "", "Accounts within your regions", PermRead), func(ctx context.Context, in *struct {
		httpapi.PageInput
		Text  string `query:"q" maxLength:"64" doc:"Part of the name or user name"`
		State string `query:"state" enum:"active,disabled" doc:"Only these"`
		Role  string `query:"role" maxLength:"64" doc:"Only holders of this role"`
	}) (*httpapi.Body[store.Listing[User]], error) {
		f := UserFilter{Text: in.Text, Role: in.Role, Page: in.Page()}
		if in.State != "" {
			disabled := in.State == "disabled"
			f.Disabled = &disabled
		}
		out, err := m.Users(ctx, f)
		return httpapi.Of(out), err
	})
	httpapi.Register(api, accountOp("get", http.MethodGet, "/{id}", "One account", PermRead), func(ctx context.Context, in *ByID) (*httpapi.Item[User], error) {
		u, err := m.User(ctx, in.ID)
		return httpapi.One(u, u.Version), err
	})
	create := accountOp("create", http.MethodPost, "", "Make an account; its one-time password is shown once", PermManage)
	create.Status = http.StatusCreated
	httpapi.Register(api, create, func(ctx context.Context, in *struct {
		Body struct {
			Username   string `json:"username" minLength:"2" maxLength:"64"`
			Name       string `json:"name" minLength:"1" maxLength:"60"`
			RegionPath string `json:"regionPath" maxLength:"120"`
			Lang       string `json:"lang,omitempty" enum:"zh,en"`
		}
	}) (*httpapi.Body[OneTime], error) {
		u, password, err := m.Create(ctx, NewUser(in.Body))
		return httpapi.Of(OneTime{&u, password}), err
	})
	httpapi.Register(api, accountOp("update", http.MethodPatch, "/{id}", "Change, disable or enable an account", PermManage), func(ctx context.Context, in *struct {
		ByID
		httpapi.IfMatch
		Body struct {
			Name       *string `json:"name,omitempty" minLength:"1" maxLength:"60"`
			RegionPath *string `json:"regionPath,omitempty" maxLength:"120"`
			Disabled   *bool   `json:"disabled,omitempty"`
		}
	}) (*httpapi.Item[User], error) {
		version, err := in.Version()
		if err != nil {
			return nil, err
		}
		u, err := m.Update(ctx, in.ID, version, Change(in.Body))
		return httpapi.One(u, u.Version), err
	})
	httpapi.Register(api, accountOp("reset", http.MethodPost, "/{id}/reset", "Take password and second factors away; a one-time password is shown once", PermSecure),
		func(ctx context.Context, in *ByID) (*httpapi.Body[OneTime], error) {
			password, err := m.Reset(ctx, in.ID)
			return httpapi.Of(OneTime{Password: password}), err
		})
	httpapi.Register(api, accountOp("unlock", http.MethodPost, "/{id}/unlock", "Lift a lock-out", PermSecure),
		func(ctx context.Context, in *ByID) (*httpapi.Empty, error) { return nil, m.Unlock(ctx, in.ID) })
	httpapi.Register(api, accountOp("sign-out", http.MethodPost, "/{id}/sign-out", "End all of somebody's sessions", PermSecure),
		func(ctx context.Context, in *ByID) (*httpapi.Empty, error) { return nil, m.SignOut(ctx, in.ID) })
	httpapi.Register(api, accountOp("vouch", http.MethodPost, "/{id}/vouch", "Say that an account is in its owner's hands, whatever another administrator did to it", PermVouch),
		func(ctx context.Context, in *ByID) (*httpapi.Empty, error) { return nil, m.Vouch(ctx, in.ID) })
	m.registerGrants(api)
}

func (m *Module) registerGrants(api *httpapi.API) {
	httpapi.Register(api, accountOp("grants", http.MethodGet, "/{id}/grants", "What somebody was granted", PermRead),
		func(ctx context.Context, in *ByID) (*httpapi.Body[[]Grant], error) {
			out, err := m.Grants(ctx, in.ID)
			return httpapi.Of(out), err
		})
	add := accountOp("grant", http.MethodPost, "/{id}/grants", "Grant a role in a region", PermGrant)
	add.Status = http.StatusCreated
	httpapi.Register(api, add, func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Role       string `json:"role" minLength:"1" maxLength:"64"`
			RegionPath string `json:"regionPath" maxLength:"120" doc:"The grant covers this region's subtree; empty is everywhere"`
		}
	}) (*httpapi.Body[Grant], error) {
		g, err := m.AddGrant(ctx, in.ID, in.Body.Role, in.Body.RegionPath)
		return httpapi.Of(g), err
	})
	httpapi.Register(api, accountOp("withdraw", http.MethodDelete, "/{id}/grants/{grant}", "Withdraw a grant", PermGrant), func(ctx context.Context, in *struct {
		ByID
		Grant string `path:"grant" maxLength:"26"`
	}) (*httpapi.Empty, error) {
		return nil, m.RemoveGrant(ctx, in.ID, in.Grant)
	})
	roles := httpapi.Op{ID: "role-list", Method: http.MethodGet, Path: "/api/roles", Summary: "Every role and what it permits", Tag: "account", Access: httpapi.Needs(PermRead)}
	httpapi.Register(api, roles, func(ctx context.Context, _ *none) (*httpapi.Body[[]Role], error) {
		out, err := m.Roles(ctx)
		return httpapi.Of(out), err
	})
}
