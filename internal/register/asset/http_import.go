package asset

import (
	"bytes"
	"context"
	"net/http"
	"path"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/register/asset/sheet"
)

// ImportRow is what came of a row that is worth telling.
type ImportRow struct {
	Line    int    `json:"line" doc:"Line in the file, counted from 1"`
	Column  string `json:"column,omitempty" doc:"Spreadsheet letters; absent for the whole row"`
	Outcome string `json:"outcome" enum:"added,bad"`
	Code    string `json:"code" doc:"Code the device was given, or what is wrong with the row"`
	Message string `json:"message,omitempty" doc:"What is wrong, in the reader's language"`
}

type streamOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        func(huma.Context)
}

var contentTypes = map[string]string{
	"csv": "text/csv; charset=utf-8", "geojson": "application/geo+json",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

func (m *Module) registerImports(api *httpapi.API) {
	httpapi.Register(api, httpapi.Op{ID: "asset-import", Method: http.MethodPost, Path: "/api/asset-imports", Tag: tag, Access: httpapi.Needs(PermImport),
		Summary: "Bring an XLSX or CSV file into the register, or only look at it; good rows are kept, bad ones reported by line and column",
		Status:  http.StatusAccepted, MaxBody: maxImportBytes, AtOnce: 1},
		func(ctx context.Context, in *struct {
			File    string `query:"file" required:"true" maxLength:"200" doc:"Name of the file"`
			DryRun  bool   `query:"dryRun" doc:"Only look: write nothing"`
			Replace bool   `query:"replace" doc:"Let rows change devices that exist"`
			RawBody []byte `contentType:"application/octet-stream"`
		}) (*httpapi.Body[*Import], error) {
			file := path.Base("/" + in.File)
			if i18n.Deceives(file, "") { // one line, wherever it is shown
				return nil, fault.Bad("query.file", "validate.hidden")
			}
			t, err := m.imports.read(ctx, file, in.RawBody)
			if err != nil {
				return nil, err
			}
			imp, err := m.StartImport(ctx, t, in.DryRun, in.Replace)
			return httpapi.Of(imp), err
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-import-list", Method: http.MethodGet, Path: "/api/asset-imports", Tag: tag, Access: httpapi.Needs(PermImport),
		Summary: "One's own imports, newest first"},
		func(ctx context.Context, in *httpapi.PageInput) (*httpapi.Body[store.Listing[Import]], error) {
			list, err := listImports(ctx, m.db, auth.Who(ctx).ID, in.Page())
			return httpapi.Of(list), err
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-import-get", Method: http.MethodGet, Path: "/api/asset-imports/{id}", Tag: tag, Access: httpapi.Needs(PermImport),
		Summary: "How far an import is"},
		func(ctx context.Context, in *IDInput) (*httpapi.Body[*Import], error) {
			imp, err := m.Import(ctx, in.ID)
			return httpapi.Of(imp), err
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-import-rows", Method: http.MethodGet, Path: "/api/asset-imports/{id}/rows", Tag: tag, Access: httpapi.Needs(PermImport),
		Summary: "Bad rows by line and column, and codes that were given"},
		func(ctx context.Context, in *struct {
			IDInput
			httpapi.PageInput
			Outcome string `query:"outcome" enum:"added,bad"`
		}) (*httpapi.Body[store.Listing[ImportRow]], error) {
			list, err := m.importRows(ctx, in.ID, in.Outcome, in.Page())
			return httpapi.Of(list), err
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-import-cancel", Method: http.MethodPost, Path: "/api/asset-imports/{id}/cancel", Tag: tag, Access: httpapi.Needs(PermImport),
		Summary: "Stop an import; what is done stays done"},
		func(ctx context.Context, in *IDInput) (*httpapi.Empty, error) { return nil, m.CancelImport(ctx, in.ID) })
	httpapi.Register(api, httpapi.Op{ID: "asset-import-template", Method: http.MethodGet, Path: "/api/asset-imports/template", Tag: tag, Access: httpapi.Needs(PermImport),
		Summary: "A table to fill in, its headings in the reader's language"},
		func(ctx context.Context, in *struct {
			Format string `query:"format" enum:"xlsx,csv" default:"xlsx"`
		}) (*fileOutput, error) {
			var out bytes.Buffer
			lang := httpapi.LangOf(ctx)
			err := Template(&out, in.Format, lang)
			return &fileOutput{contentTypes[in.Format], attachment("devices-template." + in.Format), out.Bytes()}, err
		})
	httpapi.Register(api, httpapi.Op{ID: "asset-export", Method: http.MethodGet, Path: "/api/assets/export", Tag: tag, Access: httpapi.Needs(PermExport),
		Summary: "The devices of a filter as a file"},
		func(ctx context.Context, in *struct {
			FilterInput
			Format string `query:"format" enum:"xlsx,csv,geojson" default:"xlsx"`
		}) (*streamOutput, error) {
			lang, filter := httpapi.LangOf(ctx), in.filter()
			if _, err := m.choose(ctx, filter, PermExport); err != nil {
				return nil, err
			}
			return &streamOutput{contentTypes[in.Format], attachment("devices-" + m.clock.Now().In(m.zone).Format("20060102-1504") + "." + in.Format), func(h huma.Context) {
				if err := m.Export(ctx, h.BodyWriter(), in.Format, filter, lang); err != nil {
					// The status is sent; cutting the connection is the only honest end.
					m.log.Warn("an export broke off", "error", err)
					panic(http.ErrAbortHandler)
				}
			}}, nil
		})
}

func attachment(name string) string { return `attachment; filename="` + name + `"` }

// importRows tells what came of an import's rows in the reader's language.
func (m *Module) importRows(ctx context.Context, id, outcome string, page store.Page) (store.Listing[ImportRow], error) {
	if _, err := m.Import(ctx, id); err != nil {
		return store.Listing[ImportRow]{}, err
	}
	list, err := listResults(ctx, m.db, id, outcome, page)
	out := store.Listing[ImportRow]{Items: make([]ImportRow, len(list.Items)), Next: list.Next, Total: list.Total}
	lang := httpapi.LangOf(ctx)
	for i, r := range list.Items {
		out.Items[i] = ImportRow{Line: r.line, Column: r.column, Outcome: r.outcome, Code: r.code}
		if r.outcome == "bad" {
			if r.code == "asset.import.kind" { // what may stand there, in the language of whoever reads
				r.args["kinds"] = sheet.KindNames(lang, kindKeys())
			}
			out.Items[i].Message = i18n.T(lang, r.code, r.args)
			if key, _ := r.args[inColumn].(string); slices.Contains(sheet.Writable, sheet.Column(key)) {
				out.Items[i].Message = i18n.T(lang, "asset.import.in_column", fault.Args{"column": sheet.Column(key).Heading(lang), "message": out.Items[i].Message})
			}
		}
	}
	return out, err
}
