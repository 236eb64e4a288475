package returns

import (
	"context"
	"encoding/json"
	"io"
	"net/http"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// BySheet names a sheet.
type BySheet struct {
	ID string `path:"id" maxLength:"26"`
}

// registerSheets adds filling in a whole period from a table.
func (d *Desk) registerSheets(api *httpapi.API) {
	write := op("return-sheet", http.MethodGet, "/returns/{form}/sheet", "The returns of a period as a table to fill in (XLSX)", d.Read)
	write.PerMinute, write.AtOnce = 30, 2
	httpapi.Register(api, write, func(ctx context.Context, in *struct {
		Form   string `path:"form" maxLength:"80"`
		Period string `query:"period" required:"true" maxLength:"10"`
		Region string `query:"region" maxLength:"200" doc:"Region path; its subtree"`
	}) (*httpapi.File, error) {
		return httpapi.Save("xlsx", in.Form+"-"+in.Period, "", func(w io.Writer) error {
			return d.WriteSheet(ctx, w, in.Form, in.Period, in.Region, httpapi.LangOf(ctx))
		})
	})
	bring := op("return-sheet-bring", http.MethodPost, "/returns/{form}/sheet", "Fill in the returns of a period from an XLSX or CSV table, at most 10 MB and 2,000 lines, or only look at it (query: period, file, dryRun)", d.State)
	bring.MaxBody, bring.AtOnce, bring.PerMinute, bring.Streams = maxSheetBytes, 1, 20, true
	api.Guard(bring, "application/json", func(w http.ResponseWriter, r *http.Request) error {
		q := r.URL.Query()
		s, err := d.BringSheet(r.Context(), r.PathValue("form"), q.Get("period"), q.Get("file"), q.Get("dryRun") == "true", r.Body)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/json")
		return json.NewEncoder(w).Encode(s)
	})
	httpapi.Register(api, op("sheet", http.MethodGet, "/sheets/{id}", "What came of a table of one's own", d.State), func(ctx context.Context, in *BySheet) (*httpapi.Body[*Sheet], error) {
		s, err := d.Sheet(ctx, in.ID)
		return httpapi.Of(s), err
	})
	httpapi.Register(api, op("sheet-undo", http.MethodPost, "/sheets/{id}/undo", "Give the returns that a table changed the answers that they had", d.State), func(ctx context.Context, in *BySheet) (*httpapi.Body[*Sheet], error) {
		s, err := d.UndoSheet(ctx, in.ID)
		return httpapi.Of(s), err
	})
}
