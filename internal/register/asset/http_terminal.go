package asset

import (
	"context"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// The terminals' side of the API is described in docs/wire.md for those who build them.
func (m *Module) registerTerminal(api *httpapi.API) {
	httpapi.Register(api, httpapi.Op{ID: OpEnrol, Method: http.MethodPost, Path: "/api/terminal/enrol", Tag: "terminal", Access: httpapi.Device,
		Summary: "Bind a device's key to its resource code (docs/wire.md, 1)", MaxBody: 4 << 10, PerMinute: 6000},
		func(ctx context.Context, in *struct {
			RawBody     []byte `contentType:"application/json"`
			ContentType string `header:"Content-Type"`
		}) (*httpapi.Body[*wire.EnrolResponse], error) {
			req, err := wire.ReadEnrolRequest(in.RawBody)
			if err != nil {
				return nil, wireFault(err)
			}
			out, err := m.Enrol(ctx, req)
			return httpapi.Of(out), err
		})
	httpapi.Register(api, httpapi.Op{ID: OpTime, Method: http.MethodGet, Path: "/api/terminal/time", Tag: "terminal", Access: httpapi.Public,
		Summary: "The platform's time, for devices whose clock does not outlive a power cut"},
		func(context.Context, *struct{}) (*httpapi.Body[Time], error) {
			return httpapi.Of(Time{m.clock.Now().UnixMicro()}), nil
		})
	api.Guard(httpapi.Op{ID: OpSample, Method: http.MethodPut, Path: "/api/terminal/samples/{sm3}", Tag: "terminal", Access: httpapi.Device,
		Summary: "Upload what a terminal's microphone heard (docs/wire.md, 6)", MaxBody: maxRecording, Room: recordingRoom}, "application/json",
		func(w http.ResponseWriter, r *http.Request) error {
			scheme, proof, _ := strings.Cut(r.Header.Get("Authorization"), " ")
			code, token, ok := strings.Cut(proof, " ")
			if scheme != "Terminal" || !ok {
				return fault.New(fault.Unauthenticated, "asset.device.unproven")
			}
			added, err := m.KeepRecording(r.Context(), code, token, chi.URLParam(r, "sm3"), r.Body)
			if err == nil && added {
				w.WriteHeader(http.StatusCreated)
			}
			return err
		})
	api.Guard(httpapi.Op{ID: "asset-recording", Method: http.MethodGet, Path: "/api/assets/{id}/recordings/{sm3}", Tag: tag, Access: httpapi.Needs(PermRead),
		Summary: "What a device's microphone heard"}, "audio/wav",
		func(w http.ResponseWriter, r *http.Request) error {
			f, at, err := m.OpenRecording(r.Context(), chi.URLParam(r, "id"), chi.URLParam(r, "sm3"))
			if err != nil {
				return err
			}
			defer f.Close()
			w.Header().Set("Content-Type", "audio/wav")
			w.Header().Set("Cache-Control", "private, max-age=86400, immutable")
			http.ServeContent(w, r, "", at, f)
			return nil
		})
	httpapi.Register(api, httpapi.Op{ID: OpPublic, Method: http.MethodGet, Path: "/api/public/devices/{code}", Tag: "public", Access: httpapi.Public,
		Summary: "What the label on a device tells whoever reads it", PerMinute: 120},
		func(ctx context.Context, in *struct {
			Code string `path:"code" maxLength:"23"`
		}) (*httpapi.Body[*PublicDevice], error) {
			d, err := m.Public(ctx, in.Code)
			return httpapi.Of(d), err
		})
}

// Time is the platform's clock.
type Time struct {
	At int64 `json:"at" doc:"UTC microseconds since 1970"`
}

// wireFault says in our words what engine/wire found wrong with a request.
func wireFault(err error) error {
	if e, ok := err.(*wire.FormError); ok {
		code := "asset.enrol.field"
		if e.What == "proof" {
			code = "asset.enrol.proof"
		}
		return fault.Bad(e.Place, code, fault.Args{"field": e.Place, "what": e.What})
	}
	return fault.Bad("request", "asset.enrol.field", fault.Args{"field": "request", "what": "form"}).Because(err)
}
