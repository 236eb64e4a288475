package indicator

import (
	"context"
	"net/http"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

func op(id, method, path, summary string, perm auth.Permission) httpapi.Op {
	return httpapi.Op{ID: "measure-" + id, Method: method, Path: "/api/measure" + path, Summary: summary, Tag: "measure", Access: httpapi.Needs(perm)}
}

// ByCode names an indicator.
type ByCode struct {
	Code string `path:"code" maxLength:"80"`
}

// Asked chooses values. Units are named, or are the regions of a level within a region.
type Asked struct {
	Indicators []string      `query:"indicator" maxItems:"60" doc:"Codes of indicators"`
	Units      []string      `query:"unit" maxItems:"1000" doc:"Region codes, or kind:id of what stands in a region"`
	Within     string        `query:"within" maxLength:"12" doc:"Region code; with level"`
	Level      string        `query:"level" enum:",nation,city,prefecture,district,township,village" doc:"The regions of this level within Within"`
	From       period.Period `query:"from" required:"true"`
	To         period.Period `query:"to" required:"true" doc:"Of the same kind"`
	AsOf       string        `query:"asOf" maxLength:"40" doc:"As facts stood and definitions were worded at that time, RFC 3339"`
}

// Register adds the operations.
func (b *Book) Register(api *httpapi.API) {
	b.registerDefinitions(api)
	b.registerOpen(api)
	b.registerPaper(api)
	values := op("values", http.MethodGet, "/values", "Indicators of regions over time, as of now or of any date", b.Read)
	values.PerMinute, values.AtOnce = 600, 8 // a page asks for each kind of period apart
	httpapi.Register(api, values, func(ctx context.Context, in *Asked) (*httpapi.Body[Table], error) {
		t, err := b.Table(ctx, in)
		return httpapi.Of(t), err
	})
	trace := op("trace", http.MethodGet, "/trace", "What a value is made of: elements, regions below and facts", b.Read)
	trace.PerMinute, trace.AtOnce = 240, 8
	httpapi.Register(api, trace, func(ctx context.Context, in *struct {
		Indicator string        `query:"indicator" maxLength:"80" required:"true"`
		Unit      string        `query:"unit" maxLength:"80" required:"true"`
		Period    period.Period `query:"period" required:"true"`
		AsOf      string        `query:"asOf" maxLength:"40" doc:"As facts stood and definitions were worded at that time, RFC 3339"`
	}) (*httpapi.Body[Trace], error) {
		t, err := b.Trace(ctx, in.Indicator, in.Unit, in.Period, in.AsOf)
		return httpapi.Of(t), err
	})
}

func (b *Book) registerDefinitions(api *httpapi.API) {
	httpapi.Register(api, op("indicators", http.MethodGet, "/indicators", "Indicators, as they are defined", b.Read), func(ctx context.Context, _ *struct{}) (*httpapi.List[Definition], error) {
		return httpapi.All(b.List(), nil)
	})
	httpapi.Register(api, op("indicator", http.MethodGet, "/indicators/{code}", "An indicator", b.Read), func(ctx context.Context, in *ByCode) (*httpapi.Item[Definition], error) {
		d, err := b.Definition(in.Code)
		return httpapi.One(d, d.Revision), err
	})
	httpapi.Register(api, op("indicator-wordings", http.MethodGet, "/indicators/{code}/wordings", "How an indicator was defined over time, the latest first", b.Read), func(ctx context.Context, in *ByCode) (*httpapi.List[Wording], error) {
		found, err := b.Wordings(ctx, in.Code)
		return httpapi.All(found, err)
	})
	httpapi.Register(api, op("indicator-users", http.MethodGet, "/indicators/{code}/users", "What refers to an indicator: others, indices and standards", b.Read), func(ctx context.Context, in *ByCode) (*httpapi.List[fact.User], error) {
		_, err := b.Definition(in.Code)
		return httpapi.All(b.AllUsers(in.Code), err)
	})
	httpapi.Register(api, op("indicator-check", http.MethodPost, "/indicators/check", "Say whether a definition makes sense, and what it would give now", b.Define), func(ctx context.Context, in *struct{ Body Definition }) (*httpapi.Body[Preview], error) {
		p, err := b.Try(ctx, in.Body)
		return httpapi.Of(p), err
	})
	create := op("indicator-create", http.MethodPost, "/indicators", "Define an indicator", b.Define)
	create.Status = http.StatusCreated
	httpapi.Register(api, create, func(ctx context.Context, in *struct{ Body Definition }) (*httpapi.Item[Definition], error) {
		d, err := b.Put(ctx, in.Body, 0)
		return httpapi.One(d, d.Revision), err
	})
	httpapi.Register(api, op("indicator-put", http.MethodPut, "/indicators/{code}", "Change an indicator", b.Define), func(ctx context.Context, in *struct {
		ByCode
		httpapi.IfMatch
		Body Definition
	}) (*httpapi.Item[Definition], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		in.Body.Code = in.Code
		d, err := b.Put(ctx, in.Body, revision)
		return httpapi.One(d, d.Revision), err
	})
	httpapi.Register(api, op("indicator-retire", http.MethodDelete, "/indicators/{code}", "Retire an indicator that nothing refers to", b.Define), func(ctx context.Context, in *struct {
		ByCode
		httpapi.IfMatch
	}) (*httpapi.Empty, error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return nil, b.Retire(ctx, in.Code, revision)
	})
}
