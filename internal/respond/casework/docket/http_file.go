package docket

import (
	"context"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

func (d *Desk) registerFiles(api *httpapi.API) {
	upload := op("file-upload", http.MethodPost, "/files", "Keep a file until a case names it", httpapi.Needs(PermWork))
	upload.MaxBody, upload.AtOnce, upload.PerMinute, upload.Status = MaxFile, 2, 120, http.StatusCreated
	httpapi.Register(api, upload, func(ctx context.Context, in *struct {
		Name    string `query:"name" required:"true" maxLength:"200"`
		RawBody []byte `contentType:"application/octet-stream"`
	}) (*httpapi.Body[*File], error) {
		f, err := d.Upload(ctx, in.Name, in.RawBody)
		return httpapi.Of(f), err
	})
	httpapi.Register(api, op("files", http.MethodGet, "/cases/{id}/files", "Files of a case", httpapi.Needs(PermWork)), func(ctx context.Context, in *ByID) (*httpapi.List[File], error) {
		return httpapi.All(d.Files(ctx, in.ID))
	})
	api.Guard(op("file", http.MethodGet, "/files/{id}", "The content of a file", httpapi.Needs(PermWork)), "application/octet-stream", func(w http.ResponseWriter, r *http.Request) error {
		f, content, err := d.Content(r.Context(), chi.URLParam(r, "id"))
		if err != nil {
			return err
		}
		defer content.Close()
		h := w.Header()
		h.Set("Content-Type", f.Media)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "private, max-age=3600")
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
		if !strings.HasPrefix(f.Media, "image/") {
			end := path.Ext(f.Name)
			h.Set("Content-Disposition", httpapi.Attachment(strings.TrimPrefix(end, "."), "file", strings.TrimSuffix(f.Name, end)))
		}
		http.ServeContent(w, r, "", f.At.Truncate(time.Second), content)
		return nil
	})
}
