package door

import (
	"context"
	"net/http"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// Operations that need no session: sets are anonymous.
const (
	OpTrust  = "tv-trust"
	OpStream = "tv-stream"
	OpOrders = "tv-orders"
	OpReport = "tv-report"
)

// Trust is what a set is told when it is set up.
type Trust struct {
	Issuers    []wire.Issuer `json:"issuers" doc:"Whom to believe; a set keeps them"`
	FullScreen string        `json:"fullScreen" doc:"Least severity that takes the whole screen"`
	Hold       int64         `json:"hold" doc:"Milliseconds that a full screen stands before a person may put it away"`
	At         int64         `json:"at" doc:"The platform's clock, UTC microseconds"`
}

// Orders are what a set should hold now.
type Orders struct {
	Frames [][]byte `json:"frames" doc:"Signed orders (docs/wire.md, 3), base64, as they were signed"`
	At     int64    `json:"at" doc:"The platform's clock, UTC microseconds"`
}

// Said is a report of a set.
type Said struct {
	Set     string   `json:"set" minLength:"32" maxLength:"32" pattern:"^[0-9a-f]{32}$" doc:"A number that the set made itself"`
	Region  string   `json:"region" pattern:"^[0-9]{12}$"`
	Reports []Report `json:"reports" maxItems:"50"`
}

type trustOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         Trust
}

type ordersOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         Orders
}

// Register adds the door's operations.
func (d *Door) Register(api *httpapi.API) {
	op := func(id, method, path, summary string) httpapi.Op {
		return httpapi.Op{ID: id, Method: method, Path: path, Summary: summary, Tag: "public", Access: httpapi.Public}
	}
	httpapi.Register(api, op(OpTrust, http.MethodGet, "/api/public/tv/trust", "Whom a television set is to believe, and how it shows messages"),
		func(context.Context, *struct{}) (*trustOutput, error) {
			return &trustOutput{"public, max-age=60", Trust{d.Issuers(), d.Settings.FullScreen, d.Settings.Hold.Milliseconds(), d.Clock.Now().UnixMicro()}}, nil
		})
	stream := op(OpStream, http.MethodGet, "/api/public/tv/stream", "Signed orders for ?region= as server-sent events: what is in force, then what is new")
	stream.PerMinute = 240
	api.Guard(stream, "text/event-stream", d.serve)
	httpapi.Register(api, op(OpOrders, http.MethodGet, "/api/public/tv/orders", "Signed orders in force for a region, for sets that cannot hold a stream"),
		func(ctx context.Context, in *struct {
			Region string `query:"region" required:"true" pattern:"^[0-9]{12}$"`
		}) (*ordersOutput, error) {
			region, err := d.region(ctx, in.Region)
			if err != nil {
				return nil, err
			}
			now := d.Clock.Now()
			out := Orders{Frames: [][]byte{}, At: now.UnixMicro()}
			for _, o := range d.current(region.Code, now) {
				out.Frames = append(out.Frames, o.Frame)
			}
			return &ordersOutput{"public, max-age=2", out}, nil
		})
	report := op(OpReport, http.MethodPost, "/api/public/tv/reports", "What a television set showed, and what is over; only counts are kept")
	report.MaxBody, report.PerMinute, report.Status = 16<<10, 240, http.StatusNoContent
	httpapi.Register(api, report, func(ctx context.Context, in *struct{ Body Said }) (*httpapi.Empty, error) {
		return nil, d.Take(ctx, in.Body.Set, in.Body.Region, in.Body.Reports)
	})
}
