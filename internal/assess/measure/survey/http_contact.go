package survey

import (
	"context"
	"net/http"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

const send = "/survey-sends/{id}"

// registerSending adds what who writes to contacts does. No other operation reads a contact.
func (d *Desk) registerSending(api *httpapi.API) {
	httpapi.Register(api, op("-sends", http.MethodGet, "/survey-sends", "Surveys whose contacts one writes to", d.Send), func(ctx context.Context, _ *struct{}) (*httpapi.List[*Sending], error) {
		return httpapi.All(d.Sends(ctx))
	})
	httpapi.Register(api, op("-send", http.MethodGet, send, "How many contacts a survey has, and how many were written to, by stratum", d.Send), func(ctx context.Context, in *ByID) (*httpapi.Body[*Sending], error) {
		s, err := d.Sending(ctx, in.ID)
		return httpapi.Of(s), err
	})
	bring := op("-contacts", http.MethodPost, send+"/contacts", "Bring contacts from an XLSX or CSV file, or only look at it, with a result for each row; they are kept sealed", d.Send)
	bring.MaxBody, bring.AtOnce, bring.PerMinute = maxSheet, 1, 20
	httpapi.Register(api, bring, func(ctx context.Context, in *struct {
		ByID
		DryRun  bool   `query:"dryRun"`
		RawBody []byte `contentType:"application/octet-stream"`
	}) (*httpapi.Body[ContactsTaken], error) {
		r, err := d.BringContacts(ctx, in.ID, in.RawBody, in.DryRun)
		return httpapi.Of(r), err
	})
	httpapi.Register(api, op("-contacts-undo", http.MethodDelete, send+"/batches/{batch}", "Take a file of contacts back, with their links", d.Send), func(ctx context.Context, in *struct {
		ByID
		Batch string `path:"batch" maxLength:"26"`
	}) (*httpapi.Empty, error) {
		return nil, d.UndoContacts(ctx, in.ID, in.Batch)
	})
	write := op("-letters", http.MethodPost, send+"/letters", "A list of contacts with their links for mail merge or short messages, or letters to print; it is recorded", d.Send)
	write.AtOnce, write.PerMinute = 1, 20
	httpapi.Register(api, write, func(ctx context.Context, in *struct {
		ByID
		Body Letters
	}) (*httpapi.File, error) {
		return d.Write(ctx, in.ID, in.Body)
	})
	httpapi.Register(api, op("-contact-remove", http.MethodPost, send+"/remove", "Delete whoever has a telephone number and asked for it; they are not written to again", d.Send), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Phone string `json:"phone" minLength:"1" maxLength:"40"`
		}
	}) (*httpapi.Empty, error) {
		return nil, d.RemoveContact(ctx, in.ID, in.Body.Phone)
	})
	httpapi.Register(api, op("-contacts-forget", http.MethodDelete, send+"/contacts", "Delete all contacts of a survey at once", d.Send), func(ctx context.Context, in *ByID) (*httpapi.Empty, error) {
		return nil, d.Forget(ctx, in.ID)
	})
}
