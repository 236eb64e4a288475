package fact

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// ByThing names a thing.
type ByThing struct {
	ID string `path:"id" maxLength:"80" doc:"kind:code"`
}

func (l *Ledger) registerThings(api *httpapi.API) {
	httpapi.Register(api, op("things", http.MethodGet, "/things", "Things within your regions that facts are about: outlets, hotels, operators, funds", l.Deps.Read), func(ctx context.Context, in *struct {
		httpapi.PageInput
		Kind   string   `query:"kind" enum:",outlet,hotel,screen,station,operator,other,fund" doc:"Empty: all but funds, which the book of money keeps"`
		Region string   `query:"region" maxLength:"200" doc:"Region path; its subtree"`
		Text   string   `query:"q" maxLength:"60" doc:"Part of a name or of the id"`
		State  string   `query:"state" enum:",judged,retired" doc:"As of today"`
		IDs    []string `query:"id" maxItems:"100" doc:"These alone, of whatever kind, retired or not; other choices then do not count"`
	}) (*httpapi.List[Thing], error) {
		if len(in.IDs) > 0 {
			found, err := l.SeeThings(ctx, in.IDs)
			return httpapi.Of(store.All(found)), err
		}
		found, err := l.ListThings(ctx, ThingFilter{Kind: in.Kind, Path: in.Region, Text: in.Text, State: in.State, Page: in.Page()})
		return httpapi.Of(found), err
	})
	httpapi.Register(api, op("thing", http.MethodGet, "/things/{id}", "A thing, retired or not", l.Deps.Read), func(ctx context.Context, in *ByThing) (*httpapi.Item[*Thing], error) {
		t, err := l.SeeThing(ctx, l.DB, in.ID)
		return shownThing(&t, err)
	})
	create := op("thing-create", http.MethodPost, "/things", "Register a thing that facts may be about", l.Define)
	create.Status = http.StatusCreated
	httpapi.Register(api, create, func(ctx context.Context, in *struct{ Body NewThing }) (*httpapi.Item[*Thing], error) {
		return shownThing(l.RegisterThing(ctx, in.Body))
	})
	bring := op("things-bring", http.MethodPost, "/things/table", "Register things from an XLSX or CSV table, at most 4 MB and 5,000 lines, or only look at it (query: dryRun); nothing is written unless all lines are good", l.Define)
	bring.MaxBody, bring.AtOnce, bring.PerMinute, bring.Streams = maxThingBytes, 1, 20, true
	api.Guard(bring, "application/json", func(w http.ResponseWriter, r *http.Request) error {
		out, err := l.BringThings(r.Context(), r.Body, r.URL.Query().Get("dryRun") == "true")
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/json")
		return json.NewEncoder(w).Encode(out)
	})
	httpapi.Register(api, op("thing-put", http.MethodPut, "/things/{id}", "Rename a thing, move it with its facts, or say which device it is", l.Define), func(ctx context.Context, in *struct {
		ByThing
		httpapi.IfMatch
		Body ThingFacts
	}) (*httpapi.Item[*Thing], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return shownThing(l.ChangeThing(ctx, in.ID, revision, in.Body))
	})
	httpapi.Register(api, op("thing-retire", http.MethodPost, "/things/{id}/retire", "Judge a thing no longer from a day on, or, without a day, judge it again; its facts stay", l.Define), func(ctx context.Context, in *struct {
		ByThing
		httpapi.IfMatch
		Body struct {
			On string `json:"on" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$" doc:"First day on which it is no longer judged; empty: it is judged again"`
		}
	}) (*httpapi.Item[*Thing], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return shownThing(l.RetireThing(ctx, in.ID, revision, in.Body.On))
	})
}

func shownThing(t *Thing, err error) (*httpapi.Item[*Thing], error) {
	if err != nil {
		return nil, err
	}
	return httpapi.One(t, t.Revision), nil
}
