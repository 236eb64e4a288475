package hook

import (
	"context"
	"net/http"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// ByID names a subscription.
type ByID struct {
	ID string `path:"id" maxLength:"26"`
}

// Register adds the operations.
func (d *Desk) Register(api *httpapi.API) {
	op := func(id, method, path, summary string) httpapi.Op {
		return httpapi.Op{ID: "casework-" + id, Method: method, Path: "/api/casework/hooks" + path, Summary: summary, Tag: "casework", Access: httpapi.Needs(docket.PermDesign)}
	}
	httpapi.Register(api, op("hooks", http.MethodGet, "", "Programs that are told what becomes of cases"), func(ctx context.Context, _ *struct{}) (*httpapi.List[Hook], error) {
		return httpapi.All(d.List(ctx))
	})
	create := op("hook-make", http.MethodPost, "", "Tell a program what becomes of cases; the secret is told once")
	create.Status = http.StatusCreated
	httpapi.Register(api, create, func(ctx context.Context, in *struct{ Body NewHook }) (*httpapi.Body[*Hook], error) {
		h, err := d.Make(ctx, in.Body)
		return httpapi.Of(h), err
	})
	httpapi.Register(api, op("hook-end", http.MethodDelete, "/{id}", "Tell a program no more"), func(ctx context.Context, in *ByID) (*httpapi.Empty, error) {
		return nil, d.End(ctx, in.ID)
	})
	httpapi.Register(api, op("hook-resume", http.MethodPost, "/{id}/resume", "Send what was held back after failures"), func(ctx context.Context, in *ByID) (*httpapi.Empty, error) {
		return nil, d.Resume(ctx, in.ID)
	})
	try := op("hook-test", http.MethodPost, "/{id}/test", "Send a notice of no case at once")
	try.PerMinute, try.AtOnce = 20, 2
	httpapi.Register(api, try, func(ctx context.Context, in *ByID) (*httpapi.Body[*Tried], error) {
		tried, err := d.Try(ctx, in.ID)
		return httpapi.Of(tried), err
	})
	httpapi.Register(api, op("hook-notices", http.MethodGet, "/{id}/notices", "What a program was and is to be told"), func(ctx context.Context, in *struct {
		ByID
		httpapi.PageInput
		State string `query:"state" enum:",waiting,sent,dead" doc:"dead: given up after a day"`
	}) (*httpapi.Body[store.Listing[Notice]], error) {
		found, err := d.Notices(ctx, in.ID, in.State, in.Page())
		return httpapi.Of(found), err
	})
	httpapi.Register(api, op("hook-again", http.MethodPost, "/{id}/notices/{notice}/again", "Send a notice once more"), func(ctx context.Context, in *struct {
		ByID
		Notice string `path:"notice" maxLength:"26"`
	}) (*httpapi.Empty, error) {
		return nil, d.Again(ctx, in.ID, in.Notice)
	})
}
