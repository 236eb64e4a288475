package board

import (
	"context"
	"net/http"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// Boards are what somebody may open, and whom they may share with.
type Boards struct {
	Items   []*Board `json:"items" nullable:"false"`
	Readers []Reader `json:"readers" nullable:"false" doc:"Roles that a board can be shared with"`
}

// ByID names a board.
type ByID struct {
	ID string `path:"id" maxLength:"26"`
}

// Changed names a board as it was read.
type Changed struct {
	ByID
	httpapi.IfMatch
}

func shown(b *Board, err error) (*httpapi.Item[*Board], error) {
	if err != nil {
		return nil, err
	}
	return httpapi.One(b, b.Revision), nil
}

// Register adds the operations.
func (s *Service) Register(api *httpapi.API) {
	op := func(id, method, path, summary string) httpapi.Op {
		return httpapi.Op{ID: "measure-board" + id, Method: method, Path: "/api/measure/boards" + path, Summary: summary, Tag: "measure", Access: httpapi.Needs(s.Read)}
	}
	httpapi.Register(api, op("s", http.MethodGet, "", "One's own dashboards and those that are shared with one"), func(ctx context.Context, _ *struct{}) (*httpapi.Body[Boards], error) {
		found, err := s.List(ctx)
		if err != nil {
			return nil, err
		}
		readers, err := s.Readers(ctx)
		return httpapi.Of(Boards{found, readers}), err
	})
	begin := op("-make", http.MethodPost, "", "Begin a dashboard")
	begin.Status = http.StatusCreated
	httpapi.Register(api, begin, func(ctx context.Context, in *struct{ Body Draft }) (*httpapi.Item[*Board], error) {
		return shown(s.Make(ctx, in.Body))
	})
	httpapi.Register(api, op("", http.MethodGet, "/{id}", "A dashboard"), func(ctx context.Context, in *ByID) (*httpapi.Item[*Board], error) {
		return shown(s.Get(ctx, in.ID))
	})
	httpapi.Register(api, op("-change", http.MethodPut, "/{id}", "Change a dashboard of one's own"), func(ctx context.Context, in *struct {
		Changed
		Body Draft
	}) (*httpapi.Item[*Board], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return shown(s.Change(ctx, in.ID, revision, in.Body))
	})
	httpapi.Register(api, op("-remove", http.MethodDelete, "/{id}", "Remove a dashboard of one's own"), func(ctx context.Context, in *Changed) (*httpapi.Empty, error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return nil, s.Remove(ctx, in.ID, revision)
	})
	copied := op("-copy", http.MethodPost, "/{id}/copy", "Make a dashboard of one's own like another")
	copied.Status = http.StatusCreated
	httpapi.Register(api, copied, func(ctx context.Context, in *ByID) (*httpapi.Item[*Board], error) {
		return shown(s.Copy(ctx, in.ID, httpapi.LangOf(ctx)))
	})
}
