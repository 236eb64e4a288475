package asset

import (
	"context"
	"net/http"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// ChangeInput is what every change of one device has in common.
type ChangeInput struct {
	IDInput
	httpapi.IfMatch
}

type reasonBody struct {
	Reason string `json:"reason" minLength:"1" maxLength:"200" doc:"Why, for the history"`
}

func one(d *Device, err error) (*httpapi.Item[*Device], error) {
	if err != nil {
		return nil, err
	}
	return httpapi.One(d, d.Version), nil
}

func (m *Module) registerChanges(api *httpapi.API) {
	httpapi.Register(api, httpapi.Op{ID: "asset-register", Method: http.MethodPost, Path: "/api/assets", Tag: tag, Access: httpapi.Needs(PermWrite),
		Summary: "Register a device; without a code it is given the next free one", Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body NewDevice }) (*httpapi.Item[*Device], error) {
			return one(m.RegisterDevice(ctx, in.Body))
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-change", Method: http.MethodPut, Path: "/api/assets/{id}", Tag: tag, Access: httpapi.Needs(PermWrite),
		Summary: "Write a device's facts anew"},
		func(ctx context.Context, in *struct {
			ChangeInput
			Body Facts
		}) (*httpapi.Item[*Device], error) {
			v, err := in.Version()
			if err != nil {
				return nil, err
			}
			return one(m.Change(ctx, in.ID, v, in.Body))
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-move", Method: http.MethodPost, Path: "/api/assets/{id}/move", Tag: tag, Access: httpapi.Needs(PermWrite),
		Summary: "Put a device elsewhere; its code stays"},
		func(ctx context.Context, in *struct {
			ChangeInput
			Body struct {
				Whereabouts
				SiteID string `json:"siteId,omitempty" maxLength:"26"`
			}
		}) (*httpapi.Item[*Device], error) {
			v, err := in.Version()
			if err != nil {
				return nil, err
			}
			return one(m.Move(ctx, in.ID, v, in.Body.Whereabouts, in.Body.SiteID))
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-suspend", Method: http.MethodPost, Path: "/api/assets/{id}/suspend", Tag: tag, Access: httpapi.Needs(PermWrite),
		Summary: "Keep a device from connecting and from being addressed"},
		func(ctx context.Context, in *struct {
			ChangeInput
			Body reasonBody
		}) (*httpapi.Item[*Device], error) {
			v, err := in.Version()
			if err != nil {
				return nil, err
			}
			return one(m.Suspend(ctx, in.ID, v, in.Body.Reason))
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-resume", Method: http.MethodPost, Path: "/api/assets/{id}/resume", Tag: tag, Access: httpapi.Needs(PermWrite),
		Summary: "End a suspension"},
		func(ctx context.Context, in *ChangeInput) (*httpapi.Item[*Device], error) {
			v, err := in.Version()
			if err != nil {
				return nil, err
			}
			return one(m.Resume(ctx, in.ID, v))
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-retire", Method: http.MethodPost, Path: "/api/assets/{id}/retire", Tag: tag, Access: httpapi.Needs(PermWrite),
		Summary: "End a device's service for good; its code is never used again"},
		func(ctx context.Context, in *struct {
			ChangeInput
			Body reasonBody
		}) (*httpapi.Item[*Device], error) {
			v, err := in.Version()
			if err != nil {
				return nil, err
			}
			return one(m.Retire(ctx, in.ID, v, in.Body.Reason))
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-replace", Method: http.MethodPost, Path: "/api/assets/{id}/replace", Tag: tag, Access: httpapi.Needs(PermEnrol),
		Summary: "Put new hardware behind the same code: the old key is revoked at once and a token is given for the new one"},
		func(ctx context.Context, in *struct {
			ChangeInput
			Body struct {
				Hardware
				Reason string `json:"reason" minLength:"1" maxLength:"200" doc:"Why, for the history"`
			}
		}) (*httpapi.Item[Replacement], error) {
			v, err := in.Version()
			if err != nil {
				return nil, err
			}
			d, grant, err := m.Replace(ctx, in.ID, v, in.Body.Hardware, in.Body.Reason)
			if err != nil {
				return nil, err
			}
			return httpapi.One(Replacement{d, grant}, d.Version), nil
		})
}

// Replacement is a device that waits for its new hardware, and the token for it.
type Replacement struct {
	Device *Device `json:"device"`
	Token  *Grant  `json:"token"`
}

func (m *Module) registerSites(api *httpapi.API) {
	httpapi.Register(api, httpapi.Op{ID: "asset-site-list", Method: http.MethodGet, Path: "/api/sites", Tag: tag, Access: httpapi.Needs(PermRead),
		Summary: "Sites by region"},
		func(ctx context.Context, in *struct {
			httpapi.PageInput
			Region string `query:"region" maxLength:"12"`
			Text   string `query:"q" maxLength:"100" doc:"In name or address"`
		}) (*httpapi.Body[store.Listing[Site]], error) {
			list, err := m.Sites(ctx, in.Region, in.Text, in.Page())
			return httpapi.Of(list), err
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-site-get", Method: http.MethodGet, Path: "/api/sites/{id}", Tag: tag, Access: httpapi.Needs(PermRead),
		Summary: "One site"},
		func(ctx context.Context, in *IDInput) (*httpapi.Item[*Site], error) {
			return oneSite(m.Site(ctx, in.ID))
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-site-add", Method: http.MethodPost, Path: "/api/sites", Tag: tag, Access: httpapi.Needs(PermWrite),
		Summary: "Register a site", Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body SiteFacts }) (*httpapi.Item[*Site], error) {
			return oneSite(m.AddSite(ctx, in.Body))
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-site-change", Method: http.MethodPut, Path: "/api/sites/{id}", Tag: tag, Access: httpapi.Needs(PermWrite),
		Summary: "Write a site's facts anew"},
		func(ctx context.Context, in *struct {
			ChangeInput
			Body SiteFacts
		}) (*httpapi.Item[*Site], error) {
			v, err := in.Version()
			if err != nil {
				return nil, err
			}
			return oneSite(m.ChangeSite(ctx, in.ID, v, in.Body))
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-site-remove", Method: http.MethodDelete, Path: "/api/sites/{id}", Tag: tag, Access: httpapi.Needs(PermWrite),
		Summary: "Delete a site where no device stands"},
		func(ctx context.Context, in *ChangeInput) (*httpapi.Empty, error) {
			v, err := in.Version()
			if err != nil {
				return nil, err
			}
			return nil, m.RemoveSite(ctx, in.ID, v)
		})
}

func oneSite(s *Site, err error) (*httpapi.Item[*Site], error) {
	if err != nil {
		return nil, err
	}
	return httpapi.One(s, s.Version), nil
}

func (m *Module) registerTokens(api *httpapi.API) {
	httpapi.Register(api, httpapi.Op{ID: "asset-token-issue", Method: http.MethodPost, Path: "/api/assets/{id}/token", Tag: tag, Access: httpapi.Needs(PermEnrol),
		Summary: "Make a one-time token with which a planned device enrols", Status: http.StatusCreated},
		func(ctx context.Context, in *IDInput) (*httpapi.Body[*Grant], error) {
			g, err := m.IssueToken(ctx, in.ID)
			return httpapi.Of(g), err
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-token-batch", Method: http.MethodPost, Path: "/api/enrolment-tokens", Tag: tag, Access: httpapi.Needs(PermEnrol),
		Summary: "Make a token with which many planned devices of a region enrol", Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body Batch }) (*httpapi.Body[*Grant], error) {
			g, err := m.IssueBatch(ctx, in.Body)
			return httpapi.Of(g), err
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-token-list", Method: http.MethodGet, Path: "/api/enrolment-tokens", Tag: tag, Access: httpapi.Needs(PermEnrol),
		Summary: "Enrolment tokens, newest first, without their text"},
		func(ctx context.Context, in *httpapi.PageInput) (*httpapi.Body[store.Listing[Grant]], error) {
			list, err := m.Tokens(ctx, in.Page())
			return httpapi.Of(list), err
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-token-revoke", Method: http.MethodDelete, Path: "/api/enrolment-tokens/{id}", Tag: tag, Access: httpapi.Needs(PermEnrol),
		Summary: "End a token before its time"},
		func(ctx context.Context, in *IDInput) (*httpapi.Empty, error) { return nil, m.RevokeToken(ctx, in.ID) })
}
