package intake

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func httpLang(ctx context.Context) i18n.Lang { return httpapi.LangOf(ctx) }

func (d *Desk) op(id, method, path, summary string) httpapi.Op {
	return httpapi.Op{ID: "measure-import" + id, Method: method, Path: "/api/measure/imports" + path, Summary: summary, Tag: "measure", Access: httpapi.Needs(d.State)}
}

// ByID names an import.
type ByID struct {
	ID string `path:"id" maxLength:"26"`
}

// Register adds the operations.
func (d *Desk) Register(api *httpapi.API) {
	start := d.op("-start", http.MethodPost, "", "Bring facts from an XLSX or CSV file, at most 100 MB and 2,000,000 lines, or only look at it (query: file, dryRun, skipBad, period, reason)")
	start.MaxBody, start.AtOnce, start.PerMinute, start.Streams = maxBytes, 1, 20, true
	api.Guard(start, "application/json", func(w http.ResponseWriter, r *http.Request) error {
		q := r.URL.Query()
		j, err := d.Start(r.Context(), q.Get("file"), r.Body, Options{DryRun: q.Get("dryRun") == "true", SkipBad: q.Get("skipBad") == "true", Period: q.Get("period"), Reason: q.Get("reason")})
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusAccepted)
		return json.NewEncoder(w).Encode(j)
	})
	httpapi.Register(api, d.op("s", http.MethodGet, "", "One's own imports of facts, the latest first"), func(ctx context.Context, in *httpapi.PageInput) (*httpapi.Body[store.Listing[*Job]], error) {
		before := d.underWay()
		found, err := listJobs(ctx, d.DB, auth.Who(ctx).ID, in.Page())
		for _, j := range found.Items {
			d.told(j, before, httpLang(ctx))
		}
		return httpapi.Of(found), err
	})
	httpapi.Register(api, d.op("", http.MethodGet, "/{id}", "How far an import of facts is"), func(ctx context.Context, in *ByID) (*httpapi.Body[*Job], error) {
		j, err := d.Get(ctx, in.ID)
		return httpapi.Of(j), err
	})
	httpapi.Register(api, d.op("-lines", http.MethodGet, "/{id}/lines", "What is to be told of single lines"), func(ctx context.Context, in *struct {
		ByID
		httpapi.PageInput
		Kind string `query:"kind" enum:",bad,odd,change"`
	}) (*httpapi.Body[store.Listing[Line]], error) {
		if _, err := d.Get(ctx, in.ID); err != nil {
			return nil, err
		}
		found, err := listLines(ctx, d.DB, in.ID, in.Kind, httpLang(ctx), in.Page())
		return httpapi.Of(found), err
	})
	httpapi.Register(api, d.op("-cancel", http.MethodPost, "/{id}/cancel", "Stop an import of facts; what was taken can be taken back"), func(ctx context.Context, in *ByID) (*httpapi.Empty, error) {
		return nil, d.Cancel(ctx, in.ID)
	})
	httpapi.Register(api, d.op("-undo", http.MethodPost, "/{id}/undo", "Take back what an import brought"), func(ctx context.Context, in *ByID) (*httpapi.Body[*Job], error) {
		j, err := d.Undo(ctx, in.ID)
		return httpapi.Of(j), err
	})
	httpapi.Register(api, d.op("-template", http.MethodGet, "/template", "A table to fill in"), func(ctx context.Context, in *struct {
		Format string `query:"format" enum:"xlsx,csv" default:"xlsx"`
	}) (*httpapi.File, error) {
		return httpapi.Save(in.Format, "facts", "", func(w io.Writer) error { return template(w, in.Format, httpLang(ctx)) })
	})
}

// template writes an empty table with the titles of a file with a line for each value.
func template(out io.Writer, format string, lang i18n.Lang) error {
	var titles []string
	var columns []document.Column
	for _, key := range []string{colElement, fact.ColRegion, fact.ColPeriod, colValue, colRef} {
		title := i18n.T(lang, "measure.import.column."+key, nil)
		titles, columns = append(titles, title), append(columns, document.Column{Title: title})
	}
	if format == "csv" {
		return document.WriteCSV(out, slices.Values([][]string{titles}))
	}
	name := i18n.T(lang, "measure.import.sheet", nil)
	return document.NewReport(name, lang, false).Table(document.Table{Title: name, Columns: columns}).WriteXLSX(out)
}
