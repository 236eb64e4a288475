package sheet

import (
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"

	"github.com/danielgtaylor/huma/v2"
)

// Register adds the operations.
func (d *Desk) Register(api *httpapi.API) {
	op := func(id, method, path, summary string, access httpapi.Access) httpapi.Op {
		return httpapi.Op{ID: "casework-" + id, Method: method, Path: "/api/casework/" + path, Summary: summary, Tag: "casework", Access: access}
	}
	export := op("export", http.MethodGet, "export", "Cases that you may see as a table; of one type with what was written in them", httpapi.Needs(docket.PermExport))
	export.AtOnce, export.PerMinute = 1, 20
	httpapi.Register(api, export, func(ctx context.Context, in *struct {
		docket.Chosen
		Format string `query:"format" enum:"csv,xlsx" default:"csv"`
	}) (*huma.StreamResponse, error) {
		t, err := d.export(ctx, in.Filter(store.Page{}), httpapi.LangOf(ctx), in.Format)
		if err != nil {
			return nil, err
		}
		write := t.writeCSV
		if in.Format == "xlsx" {
			write = t.writeXLSX
		}
		return stream(in.Format, i18n.T(t.lang, "casework.sheet.name", nil), write), nil
	})
	tallies := op("tallies", http.MethodGet, "tallies", "What facts of cases add up to, by day, as a table", httpapi.Needs(docket.PermExport))
	tallies.AtOnce, tallies.PerMinute = 1, 20
	httpapi.Register(api, tallies, func(ctx context.Context, in *struct {
		From string `query:"from" required:"true" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"`
		To   string `query:"to" required:"true" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"`
	}) (*huma.StreamResponse, error) {
		lang := httpapi.LangOf(ctx)
		lines, err := d.tallies(ctx, in.From, in.To, lang)
		return stream("csv", i18n.T(lang, "casework.sheet.tallies", nil), func(w io.Writer) error { return document.WriteCSV(w, lines) }), err
	})
	httpapi.Register(api, op("import-template", http.MethodGet, "types/{code}/openings/{start}/template", "An empty table to bring cases with", httpapi.Needs(docket.PermWork)), func(ctx context.Context, in *struct {
		Code  string `path:"code" maxLength:"40"`
		Start string `path:"start" maxLength:"40"`
	}) (*httpapi.File, error) {
		o, err := d.opening(ctx, in.Code, in.Start)
		if err != nil {
			return nil, err
		}
		lang := httpapi.LangOf(ctx)
		return httpapi.Save("xlsx", strings.ToLower(o.typ.Code), pick(lang, o.typ.Name), func(w io.Writer) error { return o.template(w, lang) })
	})
	bring := op("import", http.MethodPost, "types/{code}/openings/{start}/import", "Open a case for each row of a table, or see what is wrong with it", httpapi.Needs(docket.PermWork))
	bring.MaxBody, bring.AtOnce, bring.PerMinute = maxBytes, 1, 20
	httpapi.Register(api, bring, func(ctx context.Context, in *struct {
		Code    string `path:"code" maxLength:"40"`
		Start   string `path:"start" maxLength:"40"`
		Apply   bool   `query:"apply" doc:"Open the cases; else the table is only looked at"`
		RawBody []byte `contentType:"application/octet-stream"`
	}) (*httpapi.Body[*Brought], error) {
		b, err := d.Bring(ctx, in.Code, in.Start, in.RawBody, !in.Apply, httpapi.LangOf(ctx))
		return httpapi.Of(b), err
	})
}

// stream hands on a file as it is written. What fails on the way breaks it off, so that nobody takes
// a part for the whole.
func stream(format, name string, write func(io.Writer) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		hctx.SetHeader("Content-Type", httpapi.MediaType(format))
		hctx.SetHeader("Content-Disposition", httpapi.Attachment(format, "cases", name))
		hctx.SetHeader("Cache-Control", "no-store")
		if err := write(hctx.BodyWriter()); err != nil {
			panic(http.ErrAbortHandler)
		}
	}}
}
