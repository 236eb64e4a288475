package asset

import (
	"context"
	"net/http"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// OpPair is open to devices, which prove that they hold their key.
const OpPair = "asset-pair-ask"

func (m *Module) registerPairing(api *httpapi.API) {
	httpapi.Register(api, httpapi.Op{ID: OpPair, Method: http.MethodPost, Path: "/api/terminal/pair", Tag: "terminal", Access: httpapi.Device,
		Summary: "Ask to be enrolled by a person who stands before the device (docs/wire.md, 1.1)", MaxBody: 4 << 10, PerMinute: 1200},
		func(ctx context.Context, in *struct {
			RawBody     []byte `contentType:"application/json"`
			ContentType string `header:"Content-Type"`
		}) (*httpapi.Body[*wire.PairResponse], error) {
			req, err := wire.ReadPairRequest(in.RawBody)
			if err != nil {
				return nil, wireFault(err)
			}
			out, err := m.Pair(ctx, req)
			return httpapi.Of(out), err
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-pairing-get", Method: http.MethodGet, Path: "/api/pairings/{pairing}", Tag: tag, Access: httpapi.Needs(PermEnrol),
		Summary: "The device that shows a word and waits to be told who it is", PerMinute: 60},
		func(_ context.Context, in *struct {
			Word string `path:"pairing" maxLength:"20"`
		}) (*httpapi.Body[*Pairing], error) {
			p, err := m.Pairing(in.Word)
			return httpapi.Of(p), err
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-pair", Method: http.MethodPost, Path: "/api/assets/{id}/pair", Tag: tag, Access: httpapi.Needs(PermEnrol),
		Summary: "Say that a planned device is the one that shows a word, and enrol it", PerMinute: 60},
		func(ctx context.Context, in *struct {
			IDInput
			Body struct {
				Word string `json:"word" minLength:"1" maxLength:"20" doc:"What the device shows"`
			}
		}) (*httpapi.Item[*Device], error) {
			d, err := m.ConfirmPairing(ctx, in.ID, in.Body.Word)
			if err != nil {
				return nil, err
			}
			return httpapi.One(d, d.Version), nil
		})
}
