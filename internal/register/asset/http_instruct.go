package asset

import (
	"context"
	"net/http"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// manyBody chooses devices one by one or by what they have in common.
type manyBody struct {
	Instruction
	Devices  []string   `json:"devices,omitempty" maxItems:"5000" doc:"Ids; all that the filter chooses when empty"`
	Kinds    []Kind     `json:"kinds,omitempty" maxItems:"10"`
	Presence []Presence `json:"presence,omitempty" maxItems:"3"`
	Region   string     `json:"region,omitempty" maxLength:"12" doc:"Region and everything below it"`
	Owner    string     `json:"owner,omitempty" maxLength:"100"`
	Model    string     `json:"model,omitempty" maxLength:"64"`
	Site     string     `json:"site,omitempty" maxLength:"26"`
	Text     string     `json:"q,omitempty" maxLength:"100"`
	Fault    string     `json:"fault,omitempty" maxLength:"32"`
	Preview  bool       `json:"preview,omitempty" doc:"Only count whom it would reach"`
}

func (b *manyBody) filter() Filter {
	return Filter{Kinds: b.Kinds, Presences: b.Presence, Region: b.Region, Owner: b.Owner, Model: b.Model, SiteID: b.Site, Text: b.Text, Fault: b.Fault}
}

func (m *Module) registerInstructions(api *httpapi.API) {
	httpapi.Register(api, httpapi.Op{ID: "asset-instruct", Method: http.MethodPost, Path: "/api/assets/{id}/instructions", Tag: tag, Status: http.StatusOK,
		Access: httpapi.Needs(PermOperate), Summary: "Set a device's volume or report period, or let it make a test tone"},
		func(ctx context.Context, in *struct {
			IDInput
			Body Instruction
		}) (*httpapi.Body[Instructed], error) {
			out, err := m.Instruct(ctx, in.ID, in.Body)
			return httpapi.Of(out), err
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-instruct-many", Method: http.MethodPost, Path: "/api/assets/instructions", Tag: tag, Status: http.StatusOK,
		Access: httpapi.Needs(PermOperate), Summary: "The same for many devices at once, at most 5,000"},
		func(ctx context.Context, in *struct{ Body manyBody }) (*httpapi.Body[Instructed], error) {
			out, err := m.InstructMany(ctx, in.Body.Devices, in.Body.filter(), in.Body.Instruction, in.Body.Preview)
			return httpapi.Of(out), err
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-instructions", Method: http.MethodGet, Path: "/api/assets/{id}/instructions", Tag: tag,
		Access: httpapi.Needs(PermRead), Summary: "What a device was told and has not confirmed"},
		func(ctx context.Context, in *IDInput) (*httpapi.Body[store.Listing[Waiting]], error) {
			e, err := m.Get(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			list, err := waitingFor(ctx, m.db, e.ID, m.clock.Now())
			return httpapi.All(list, err)
		})
}
