package docket

import (
	"context"
	"net/http"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Operations that need no session.
const (
	OpServices = "casework-public-services"
	OpReport   = "casework-public-open"
	OpTrack    = "casework-public-case"
	OpAnswer   = "casework-public-step"
	OpAttach   = "casework-public-file"
	OpPast     = "casework-public-past"
	OpNotices  = "casework-public-notices"
	OpProve    = "casework-public-paper"
	OpWrite    = "casework-public-message"
	OpObject   = "casework-public-object"
)

func public(id, method, path, summary string, perMinute int) httpapi.Op {
	return httpapi.Op{ID: id, Method: method, Path: "/api/casework/public" + path, Summary: summary, Tag: "casework", Access: httpapi.Public, PerMinute: perMinute}
}

// maxPublicFile is how large a file of somebody without an account may be; all of them together take
// no more than publicRoom at once.
const (
	maxPublicFile = 8 << 20
	publicRoom    = 64 << 20
)

// Known is how somebody without an account names a case of theirs.
type Known struct {
	Number string `path:"number" maxLength:"24"`
	Code   string `header:"X-Case-Code" required:"true" maxLength:"16" doc:"The code that was told when the case was opened"`
}

func (d *Desk) registerPublic(api *httpapi.API) {
	httpapi.Register(api, public(OpServices, http.MethodGet, "/services", "What anybody may open a case of", 0), func(context.Context, *struct{}) (*httpapi.List[Service], error) {
		return httpapi.All(d.Services(), nil)
	})
	report := public(OpReport, http.MethodPost, "/cases", "Open a case without an account", 10)
	report.Status = http.StatusCreated
	httpapi.Register(api, report, func(ctx context.Context, in *struct {
		Body struct {
			Type    string         `json:"type" maxLength:"40"`
			Region  string         `json:"region,omitempty" maxLength:"20"`
			Subject string         `json:"subject,omitempty" maxLength:"40"`
			Data    map[string]any `json:"data,omitempty"`
			Key     string         `json:"key,omitempty" minLength:"16" maxLength:"64" doc:"Chosen at random by the sender; what is sent again with the same key counts once"`
		}
	}) (*httpapi.Body[*Receipt], error) {
		r, err := d.OpenPublic(ctx, NewCase{Type: in.Body.Type, Region: in.Body.Region, Subject: in.Body.Subject, Data: in.Body.Data, Key: in.Body.Key}, "portal")
		return httpapi.Of(r), err
	})
	httpapi.Register(api, public(OpTrack, http.MethodGet, "/cases/{number}", "A case as who opened it sees it", 60), func(ctx context.Context, in *Known) (*httpapi.Body[*PublicCase], error) {
		c, err := d.Track(ctx, in.Number, in.Code)
		return httpapi.Of(c), err
	})
	httpapi.Register(api, public(OpAnswer, http.MethodPost, "/cases/{number}/steps", "Do a step of a case that one opened", 20), func(ctx context.Context, in *struct {
		Known
		Body Deed
	}) (*httpapi.Body[*PublicCase], error) {
		c, err := d.DoPublic(ctx, in.Number, in.Code, in.Body)
		return httpapi.Of(c), err
	})
	attach := public(OpAttach, http.MethodPost, "/files", "Keep a file until a case that one opens names it", 20)
	attach.MaxBody, attach.Room, attach.AtOnce, attach.Status = maxPublicFile, publicRoom, 1, http.StatusCreated
	httpapi.Register(api, attach, func(ctx context.Context, in *struct {
		Name    string `query:"name" required:"true" maxLength:"200"`
		RawBody []byte `contentType:"application/octet-stream"`
	}) (*httpapi.Body[*File], error) {
		f, err := d.Upload(ctx, in.Name, in.RawBody)
		return httpapi.Of(f), err
	})
	httpapi.Register(api, public(OpPast, http.MethodGet, "/subjects/{id}", "What became of cases about a device", 120), func(ctx context.Context, in *struct {
		ID string `path:"id" maxLength:"40"`
	}) (*httpapi.List[Past], error) {
		return httpapi.All(d.PastOf(ctx, in.ID))
	})
	httpapi.Register(api, public(OpNotices, http.MethodGet, "/notices", "What is published of cases", 120), func(ctx context.Context, in *struct{ httpapi.PageInput }) (*httpapi.Body[store.Listing[Notice]], error) {
		found, err := d.Notices(ctx, in.Page())
		return httpapi.Of(found), err
	})
	httpapi.Register(api, public(OpProve, http.MethodGet, "/papers/{code}", "Whether a document is true, by the code that stands on it", 30), func(ctx context.Context, in *struct {
		Code string `path:"code" maxLength:"20"`
	}) (*httpapi.Body[*Verified], error) {
		v, err := d.VerifyPaper(ctx, in.Code)
		return httpapi.Of(v), err
	})
	write := public(OpWrite, http.MethodPost, "/cases/{number}/messages", "Say something to those who work on a case that one opened", 10)
	write.Status = http.StatusNoContent
	httpapi.Register(api, write, func(ctx context.Context, in *struct {
		Known
		Body struct {
			Text string `json:"text" maxLength:"4000"`
			Key  string `json:"key,omitempty" maxLength:"64" doc:"Chosen at random by the sender; what is sent again with the same key counts once"`
		}
	}) (*httpapi.Empty, error) {
		return nil, d.WritePublic(ctx, in.Number, in.Code, in.Body.Text, false, in.Body.Key)
	})
	object := public(OpObject, http.MethodPost, "/notices/{id}/objections", "Object to what is on show", 10)
	object.Status = http.StatusNoContent
	httpapi.Register(api, object, func(ctx context.Context, in *struct {
		ByID
		Body Objection
	}) (*httpapi.Empty, error) {
		return nil, d.Object(ctx, in.ID, in.Body)
	})
}
