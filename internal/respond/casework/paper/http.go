package paper

import (
	"context"
	"net/http"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// OpPublic needs no session: who knows number and code is who opened the case.
const OpPublic = "casework-public-document"

// Register adds the operations.
func (d *Desk) Register(api *httpapi.API) {
	op := func(id, path, summary string, access httpapi.Access) httpapi.Op {
		return httpapi.Op{ID: "casework-" + id, Method: http.MethodGet, Path: "/api/casework/" + path, Summary: summary, Tag: "casework", Access: access, AtOnce: 2, PerMinute: 60}
	}
	httpapi.Register(api, op("print", "cases/{id}/paper", "A case on paper, as you may see it", httpapi.Needs(docket.PermWork)), func(ctx context.Context, in *docket.ByID) (*httpapi.File, error) {
		p, err := d.Case(ctx, in.ID, httpapi.LangOf(ctx))
		if err != nil {
			return nil, err
		}
		return httpapi.Save("pdf", "case", p.Number, p.As("pdf"))
	})
	httpapi.Register(api, op("document", "cases/{id}/papers/{paper}", "A document that a case issued, to print", httpapi.Needs(docket.PermWork)), func(ctx context.Context, in *struct {
		docket.ByID
		Paper string `path:"paper" maxLength:"26"`
	}) (*httpapi.File, error) {
		p, err := d.Docket.Issued(ctx, in.ID, in.Paper)
		return d.save(ctx, p, err, httpapi.LangOf(ctx))
	})
	public := op("public-document", "public/cases/{number}/papers/{paper}", "A document that a case issued, for who opened it", httpapi.Public)
	public.PerMinute = 20
	httpapi.Register(api, public, func(ctx context.Context, in *struct {
		docket.Known
		Paper string `path:"paper" maxLength:"26"`
	}) (*httpapi.File, error) {
		return d.IssuedTo(ctx, in.Number, in.Code, in.Paper, httpapi.LangOf(ctx))
	})
	httpapi.Register(api, op("blank", "types/{code}/forms/{form}/blank", "A form to fill in by hand", httpapi.Needs(docket.PermWork)), func(ctx context.Context, in *struct {
		Code string `path:"code" maxLength:"40"`
		Form string `path:"form" maxLength:"40"`
	}) (*httpapi.File, error) {
		write, err := d.Blank(in.Code, in.Form, httpapi.LangOf(ctx))
		if err != nil {
			return nil, err
		}
		return httpapi.Save("pdf", "form", in.Code+"-"+in.Form, write)
	})
}

// IssuedTo is a document of a case to print, for who opened it without an account.
func (d *Desk) IssuedTo(ctx context.Context, number, code, paper string, lang i18n.Lang) (*httpapi.File, error) {
	p, err := d.Docket.IssuedTo(ctx, number, code, paper)
	return d.save(ctx, p, err, lang)
}

func (d *Desk) save(ctx context.Context, p *docket.Issued, err error, lang i18n.Lang) (*httpapi.File, error) {
	if err != nil {
		return nil, err
	}
	write, err := d.Document(ctx, p, lang)
	if err != nil {
		return nil, err
	}
	return httpapi.Save("pdf", "document", pick(lang, p.Title)+" "+p.Number, write)
}
