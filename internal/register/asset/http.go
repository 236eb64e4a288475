package asset

import (
	"context"
	"net/http"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Operations that need no session: terminals prove themselves in the request, and the
// label on a pole may be read by anybody who passes.
const (
	OpEnrol  = "asset-enrol"
	OpSample = "asset-sample-upload"
	OpTime   = "asset-time"
	OpPublic = "asset-public"
)

// Register adds the module's operations to the API.
func (m *Module) Register(api *httpapi.API) {
	m.registerReads(api)
	m.registerChanges(api)
	m.registerSites(api)
	m.registerTokens(api)
	m.registerTerminal(api)
	m.registerPairing(api)
	m.registerLabels(api)
	m.registerInstructions(api)
	m.registerImports(api)
	api.SchemaOf("AssetPoints", Points{})
	api.SchemaOf("AssetCondition", ConditionNews{})
}

// ConditionNews is the data of the live event asset.condition.
type ConditionNews struct {
	Rows [][]any `json:"rows" doc:"code, presence, number of faults"`
}

// FilterInput is a Filter as query parameters.
type FilterInput struct {
	Kind     []Kind     `query:"kind" enum:"loudspeaker,adapter,transmitter,fm,tv,screen,set_top_box,probe,sensor,station"`
	State    []State    `query:"state" enum:"planned,enrolled,active,suspended,retired"`
	Presence []Presence `query:"presence" enum:"online,offline,never"`
	Region   string     `query:"region" maxLength:"12" doc:"Region and everything below it"`
	Owner    string     `query:"owner" maxLength:"100"`
	Model    string     `query:"model" maxLength:"64"`
	Site     string     `query:"site" maxLength:"26"`
	Text     string     `query:"q" maxLength:"100" doc:"In name, code, model, maker, serial number or owner"`
	Fault    string     `query:"fault" maxLength:"32" doc:"A fault by name, or any"`
	Sample   string     `query:"sample" enum:"true,false"`
}

func (f *FilterInput) filter() Filter {
	out := Filter{Kinds: f.Kind, States: f.State, Presences: f.Presence, Region: f.Region, Owner: f.Owner, Model: f.Model,
		SiteID: f.Site, Text: f.Text, Fault: f.Fault}
	if f.Sample != "" {
		sample := f.Sample == "true"
		out.Sample = &sample
	}
	return out
}

type IDInput struct {
	ID string `path:"id" maxLength:"26" doc:"Id or resource code"`
}

const tag = "asset"

func (m *Module) registerReads(api *httpapi.API) {
	httpapi.Register(api, httpapi.Op{ID: "asset-list", Method: http.MethodGet, Path: "/api/assets", Tag: tag, Access: httpapi.Needs(PermRead),
		Summary: "Devices with their condition, and the totals at the foot of the list"},
		func(ctx context.Context, in *struct {
			httpapi.PageInput
			FilterInput
			Sort Sort `query:"sort" enum:"code,seen" default:"code" doc:"code: by region, then code; seen: last heard first"`
		}) (*httpapi.Body[*Inventory], error) {
			list, err := m.List(ctx, in.filter(), in.Sort, in.Page())
			return httpapi.Of(list), err
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-points", Method: http.MethodGet, Path: "/api/assets/points", Tag: tag, Access: httpapi.Needs(PermRead),
		Summary: "Devices for a map as compact rows (schema AssetPoints)"},
		func(ctx context.Context, in *struct {
			FilterInput
			NoneMatch string `header:"If-None-Match"`
		}) (*pointsOutput, error) {
			body, etag, err := m.pointsOf(ctx, in.filter())
			if err != nil {
				return nil, err
			}
			if in.NoneMatch == etag {
				return &pointsOutput{Status: http.StatusNotModified, ETag: etag}, nil
			}
			return &pointsOutput{Status: http.StatusOK, ETag: etag, ContentType: "application/json", CacheControl: "private, no-cache", Body: body}, nil
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-facets", Method: http.MethodGet, Path: "/api/assets/facets", Tag: tag, Access: httpapi.Needs(PermRead),
		Summary: "Owners and models in use, for the filters of a list"},
		func(ctx context.Context, _ *struct{}) (*httpapi.Body[Facets], error) {
			f, err := m.Facets(ctx)
			return httpapi.Of(f), err
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-get", Method: http.MethodGet, Path: "/api/assets/{id}", Tag: tag, Access: httpapi.Needs(PermRead),
		Summary: "One device with its condition"},
		func(ctx context.Context, in *IDInput) (*httpapi.Item[*Entry], error) {
			e, err := m.Get(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return httpapi.One(e, e.Version), nil
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-events", Method: http.MethodGet, Path: "/api/assets/{id}/events", Tag: tag, Access: httpapi.Needs(PermRead),
		Summary: "What happened to a device, newest first"},
		func(ctx context.Context, in *struct {
			IDInput
			httpapi.PageInput
			Kind []string `query:"kind" maxItems:"20"`
		}) (*httpapi.Body[store.Listing[Happening]], error) {
			e, err := m.Get(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			list, err := happenings(ctx, m.db, e.ID, in.Kind, in.Page())
			return httpapi.Of(list), err
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-heartbeats", Method: http.MethodGet, Path: "/api/assets/{id}/heartbeats", Tag: tag, Access: httpapi.Needs(PermRead),
		Summary: "A device's heartbeats by stretches of time, oldest first; the last day when no time is given"},
		func(ctx context.Context, in *struct {
			IDInput
			From time.Time `query:"from"`
			To   time.Time `query:"to"`
		}) (*httpapi.Body[store.Listing[Slot]], error) {
			e, err := m.Get(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			if in.To.IsZero() {
				in.To = m.clock.Now()
			}
			if in.From.IsZero() {
				in.From = in.To.AddDate(0, 0, -1)
			}
			list, err := slots(ctx, m.db, e.ID, in.From, in.To)
			return httpapi.All(list, err)
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-enrolments", Method: http.MethodGet, Path: "/api/assets/{id}/enrolments", Tag: tag, Access: httpapi.Needs(PermRead),
		Summary: "The hardware that has stood behind a device's code, newest first"},
		func(ctx context.Context, in *IDInput) (*httpapi.Body[store.Listing[Enrolment]], error) {
			e, err := m.Get(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			list, err := enrolments(ctx, m.db, e.ID)
			return httpapi.All(list, err)
		})
}

type pointsOutput struct {
	Status       int
	ETag         string `header:"ETag"`
	ContentType  string `header:"Content-Type"`
	CacheControl string `header:"Cache-Control"`
	Body         []byte
}
