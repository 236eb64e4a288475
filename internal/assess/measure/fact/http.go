package fact

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

func op(id, method, path, summary string, perm auth.Permission) httpapi.Op {
	return httpapi.Op{ID: "measure-" + id, Method: method, Path: "/api/measure" + path, Summary: summary, Tag: "measure", Access: httpapi.Needs(perm)}
}

// Stated is a fact as somebody states it.
type Stated struct {
	Element string        `json:"element" maxLength:"80"`
	Unit    string        `json:"unit" maxLength:"80" doc:"Region code, or kind:id of what stands in a region"`
	Region  string        `json:"region,omitempty" maxLength:"12" doc:"Region code; left out where unit is one, or a thing that was registered"`
	Period  period.Period `json:"period" doc:"2026-07-28, 2026-07, 2026Q3, 2026H2, 2026 or 2026-2030, as the element asks"`
	Ref     string        `json:"ref,omitempty" maxLength:"80" doc:"Tells facts of one unit and period apart: a message's or a contract's number"`
	Value   *float64      `json:"value" doc:"Null withdraws"`
	At      time.Time     `json:"at,omitzero" doc:"When it was so; now where left out"`
	Reason  string        `json:"reason,omitempty" maxLength:"500"`
	Correct bool          `json:"correct,omitempty" doc:"May change what is locked; it needs a reason and stands as a correction"`
}

// FactVersions is a fact with its versions.
type FactVersions struct {
	Fact
	Versions []Fact `json:"versions" doc:"All of them, the first first"`
}

// Register adds the operations.
func (l *Ledger) Register(api *httpapi.API) {
	l.registerElements(api)
	l.registerFeeders(api)
	l.registerThings(api)
	list := op("facts", http.MethodGet, "/facts", "Facts within your regions, the latest first", l.Deps.Read)
	list.PerMinute, list.AtOnce = 600, 8 // a page asks for each element apart
	httpapi.Register(api, list, func(ctx context.Context, in *struct {
		httpapi.PageInput
		Element  string        `query:"element" maxLength:"80"`
		Unit     string        `query:"unit" maxLength:"80"`
		Region   string        `query:"region" maxLength:"200" doc:"Region path; its subtree"`
		From     period.Period `query:"from" doc:"First period"`
		To       period.Period `query:"to" doc:"Last period"`
		Source   string        `query:"source" enum:",module,register,return,hand,import,api,survey,fund,sample"`
		Origin   string        `query:"origin" maxLength:"120" doc:"alert:…, import:…"`
		Corrects bool          `query:"corrects" doc:"Corrections of what was locked only"`
		Old      bool          `query:"old" doc:"Also versions that no longer count"`
		AsOf     string        `query:"asOf" maxLength:"40" doc:"As facts stood at that time, RFC 3339"`
	}) (*httpapi.List[Fact], error) {
		asOf, err := l.AsOf(in.AsOf)
		if err != nil {
			return nil, err
		}
		found, err := l.List(ctx, Filter{Scope: auth.ScopeOf(ctx, l.Deps.Read), Element: in.Element, Unit: in.Unit, Path: in.Region, From: in.From, To: in.To,
			Source: in.Source, Origin: in.Origin, Corrects: in.Corrects, Old: in.Old, AsOf: asOf, Page: in.Page()})
		return httpapi.Of(found), err
	})
	httpapi.Register(api, op("fact", http.MethodGet, "/facts/{id}", "A fact with all its versions", l.Deps.Read), func(ctx context.Context, in *struct {
		ID string `path:"id" maxLength:"26"`
	}) (*httpapi.Body[FactVersions], error) {
		f, err := l.Fact(ctx, in.ID)
		return httpapi.Of(f), err
	})
	state := op("facts-state", http.MethodPost, "/facts", "State facts, or withdraw or correct them; nothing is taken unless all are; at most 400 periods at once", l.Deps.State)
	state.MaxBody, state.PerMinute, state.AtOnce = 4<<20, 120, 2
	httpapi.Register(api, state, func(ctx context.Context, in *struct {
		Body struct {
			Facts []Stated `json:"facts" minItems:"1" maxItems:"5000"`
		}
	}) (*httpapi.Body[Answer], error) {
		out, err := l.State(ctx, in.Body.Facts)
		return httpapi.Of(out), err
	})
}

// OpFeed is the operation by which other systems state facts; they prove themselves.
const OpFeed = "measure-feed"

func (l *Ledger) registerFeeders(api *httpapi.API) {
	feed := httpapi.Op{ID: OpFeed, Method: http.MethodPost, Path: "/api/measure/feed", Summary: "State facts as another system, which proves itself by Authorization: Bearer …; at most 400 periods at once, one call at a time", Tag: "measure", Access: httpapi.Public,
		MaxBody: 1 << 20, Room: 32 << 20, PerMinute: 300, AtOnce: 1}
	httpapi.Register(api, feed, func(ctx context.Context, in *struct {
		Authorization string `header:"Authorization"`
		Body          struct {
			Facts []Stated `json:"facts" minItems:"1" maxItems:"5000"`
		}
	}) (*httpapi.Body[Answer], error) {
		out, err := l.Feed(ctx, strings.TrimPrefix(in.Authorization, "Bearer "), in.Body.Facts)
		return httpapi.Of(out), err
	})
	httpapi.Register(api, op("feeders", http.MethodGet, "/feeders", "Other systems that may state facts", l.Deps.Define), func(ctx context.Context, _ *struct{}) (*httpapi.List[Feeder], error) {
		found, err := l.Feeders(ctx)
		return httpapi.All(found, err)
	})
	create := op("feeder-make", http.MethodPost, "/feeders", "Let another system state facts; its secret is shown this once", l.Deps.Define)
	create.Status = http.StatusCreated
	httpapi.Register(api, create, func(ctx context.Context, in *struct{ Body NewFeeder }) (*httpapi.Body[*Made], error) {
		m, err := l.MakeFeeder(ctx, in.Body)
		return httpapi.Of(m), err
	})
	httpapi.Register(api, op("feeder-renew", http.MethodPost, "/feeders/{id}/secret", "Give a system another secret, which is shown this once; the one that it had ends", l.Deps.Define), func(ctx context.Context, in *struct {
		ID string `path:"id" maxLength:"26"`
	}) (*httpapi.Body[*Made], error) {
		m, err := l.RenewFeeder(ctx, in.ID)
		return httpapi.Of(m), err
	})
	httpapi.Register(api, op("feeder-revoke", http.MethodDelete, "/feeders/{id}", "Let a system state nothing any more", l.Deps.Define), func(ctx context.Context, in *struct {
		ID string `path:"id" maxLength:"26"`
	}) (*httpapi.Empty, error) {
		return nil, l.RevokeFeeder(ctx, in.ID)
	})
}

func (l *Ledger) registerElements(api *httpapi.API) {
	httpapi.Register(api, op("elements", http.MethodGet, "/elements", "What facts are about", l.Deps.Read), func(ctx context.Context, _ *struct{}) (*httpapi.List[*Element], error) {
		all := l.Elements()
		return httpapi.All(all, nil)
	})
	create := op("element-create", http.MethodPost, "/elements", "Say what facts may be about", l.Deps.Define)
	create.Status = http.StatusCreated
	httpapi.Register(api, create, func(ctx context.Context, in *struct{ Body Element }) (*httpapi.Item[*Element], error) {
		e, err := l.Put(ctx, in.Body, 0)
		return item(e, err)
	})
	httpapi.Register(api, op("element-put", http.MethodPut, "/elements/{code}", "Change what facts are about", l.Deps.Define), func(ctx context.Context, in *struct {
		Code string `path:"code" maxLength:"80"`
		httpapi.IfMatch
		Body Element
	}) (*httpapi.Item[*Element], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		in.Body.Code = in.Code
		e, err := l.Put(ctx, in.Body, revision)
		return item(e, err)
	})
	httpapi.Register(api, op("element-retire", http.MethodDelete, "/elements/{code}", "Retire an element; what was stated stays", l.Deps.Define), func(ctx context.Context, in *struct {
		Code string `path:"code" maxLength:"80"`
		httpapi.IfMatch
	}) (*httpapi.Empty, error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return nil, l.Retire(ctx, in.Code, revision)
	})
	prove := op("element-prove", http.MethodPost, "/elements/{code}/proof", "Add up the facts of an element anew, and put right sums that say something else", l.Deps.Define)
	prove.PerMinute, prove.AtOnce = 12, 1
	httpapi.Register(api, prove, func(ctx context.Context, in *struct {
		Code string `path:"code" maxLength:"80"`
	}) (*httpapi.Body[Proof], error) {
		p, err := l.Prove(ctx, in.Code)
		return httpapi.Of(p), err
	})
}

func item(e *Element, err error) (*httpapi.Item[*Element], error) {
	if err != nil {
		return nil, err
	}
	return httpapi.One(e, e.Revision), nil
}
