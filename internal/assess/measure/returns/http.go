package returns

import (
	"context"
	"net/http"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

func op(id, method, path, summary string, perm auth.Permission) httpapi.Op {
	return httpapi.Op{ID: "measure-" + id, Method: method, Path: "/api/measure" + path, Summary: summary, Tag: "measure", Access: httpapi.Needs(perm)}
}

// Named names a return.
type Named struct {
	Form   string `path:"form" maxLength:"80" doc:"Code of the form"`
	Unit   string `path:"unit" maxLength:"80" doc:"Region code"`
	Period string `path:"period" maxLength:"10" doc:"2026-07, 2026Q3, …"`
}

func (n *Named) id() string { return n.Form + "/" + n.Unit + "/" + n.Period }

// Changed names a return as it was read; no version for one that nobody began.
type Changed struct {
	Named
	Match string `header:"If-Match" doc:"Entity tag of the version that was read; left out for a return that nobody began"`
}

func (c *Changed) revision() (int64, error) {
	if c.Match == "" {
		return 0, nil
	}
	return httpapi.IfMatch{Match: c.Match}.Version()
}

const one = "/returns/{form}/{unit}/{period}"

// Register adds the operations.
func (d *Desk) Register(api *httpapi.API) {
	d.registerAsked(api)
	d.registerSheets(api)
	httpapi.Register(api, op("return-asked", http.MethodGet, "/returns", "What your regions are asked to state, and how far they have come", d.Read), func(ctx context.Context, _ *struct{}) (*httpapi.List[Asked], error) {
		asked, err := d.Asked(ctx)
		return httpapi.All(asked, err)
	})
	httpapi.Register(api, op("return-board", http.MethodGet, "/returns/{form}", "How far the returns of a form have come, region by region", d.Read), func(ctx context.Context, in *struct {
		Form   string `path:"form" maxLength:"80"`
		Region string `query:"region" maxLength:"200" doc:"Region path; its subtree"`
		Last   int    `query:"last" minimum:"1" maximum:"60" default:"12" doc:"How many periods back"`
	}) (*httpapi.Body[*Board], error) {
		b, err := d.Board(ctx, in.Form, in.Region, in.Last)
		return httpapi.Of(b), err
	})
	httpapi.Register(api, op("return", http.MethodGet, one, "A return, what speaks against its values and what stood before", d.Read), func(ctx context.Context, in *Named) (*httpapi.Item[*View], error) {
		return item(d.Get(ctx, in.id()))
	})
	paper := op("return-report", http.MethodGet, one+"/report", "A return as a report", d.Read)
	paper.PerMinute, paper.AtOnce = 30, 2
	httpapi.Register(api, paper, func(ctx context.Context, in *struct {
		Named
		Format string `query:"format" enum:"pdf,xlsx" default:"pdf"`
	}) (*httpapi.File, error) {
		return d.Paper(ctx, in.id(), in.Format)
	})
	httpapi.Register(api, op("return-write", http.MethodPut, one, "Write an open return", d.State), func(ctx context.Context, in *struct {
		Changed
		Body struct {
			Answers map[string]Answer `json:"answers" maxProperties:"100" doc:"By element"`
		}
	}) (*httpapi.Item[*View], error) {
		revision, err := in.revision()
		if err != nil {
			return nil, err
		}
		return item(d.Write(ctx, in.id(), revision, in.Body.Answers))
	})
	step := func(id, summary string, perm auth.Permission, do func(context.Context, string, int64) (*View, error)) {
		httpapi.Register(api, op("return-"+id, http.MethodPost, one+"/"+id, summary, perm), func(ctx context.Context, in *struct {
			Named
			httpapi.IfMatch
		}) (*httpapi.Item[*View], error) {
			revision, err := in.Version()
			if err != nil {
				return nil, err
			}
			return item(do(ctx, in.id(), revision))
		})
	}
	step("submit", "Send a return up", d.State, d.Submit)
	step("approve", "Approve a return; the last approval makes its facts count and locks them", d.Agree, d.Approve)
	reasoned := func(id, summary string, perm auth.Permission, do func(context.Context, string, int64, string) (*View, error)) {
		httpapi.Register(api, op("return-"+id, http.MethodPost, one+"/"+id, summary, perm), func(ctx context.Context, in *struct {
			Named
			httpapi.IfMatch
			Body struct {
				Reason string `json:"reason" minLength:"1" maxLength:"500"`
			}
		}) (*httpapi.Item[*View], error) {
			revision, err := in.Version()
			if err != nil {
				return nil, err
			}
			return item(do(ctx, in.id(), revision, in.Body.Reason))
		})
	}
	reasoned("send-back", "Give a return back to who wrote it", d.Agree, d.SendBack)
	reasoned("reopen", "Begin the correction of an accepted return", d.Read, d.Reopen)
}

func item(v *View, err error) (*httpapi.Item[*View], error) {
	if err != nil {
		return nil, err
	}
	return httpapi.One(v, v.Revision), nil
}

// ByCode names a form or a rule.
type ByCode struct {
	Code string `path:"code" maxLength:"80"`
}

// registerAsked adds what is asked and what values must agree with.
func (d *Desk) registerAsked(api *httpapi.API) {
	httpapi.Register(api, op("forms", http.MethodGet, "/forms", "What regions are asked to state", d.Read), func(ctx context.Context, _ *struct{}) (*httpapi.List[*Form], error) {
		return httpapi.All(d.Forms(), nil)
	})
	create := op("form-create", http.MethodPost, "/forms", "Ask regions to state something", d.Define)
	create.Status = http.StatusCreated
	httpapi.Register(api, create, func(ctx context.Context, in *struct{ Body Form }) (*httpapi.Item[*Form], error) {
		f, err := d.PutForm(ctx, in.Body, 0)
		return httpapi.One(f, f.revision()), err
	})
	httpapi.Register(api, op("form-put", http.MethodPut, "/forms/{code}", "Ask it otherwise; what was accepted stays", d.Define), func(ctx context.Context, in *struct {
		ByCode
		httpapi.IfMatch
		Body Form
	}) (*httpapi.Item[*Form], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		in.Body.Code = in.Code
		f, err := d.PutForm(ctx, in.Body, revision)
		return httpapi.One(f, f.revision()), err
	})
	retire := func(id, path, summary string, do func(context.Context, string, int64) error) {
		httpapi.Register(api, op(id, http.MethodDelete, path, summary, d.Define), func(ctx context.Context, in *struct {
			ByCode
			httpapi.IfMatch
		}) (*httpapi.Empty, error) {
			revision, err := in.Version()
			if err != nil {
				return nil, err
			}
			return nil, do(ctx, in.Code, revision)
		})
	}
	retire("form-retire", "/forms/{code}", "Ask no more; what was answered stays", d.RetireForm)
	httpapi.Register(api, op("rules", http.MethodGet, "/rules", "What values must agree with", d.Read), func(ctx context.Context, _ *struct{}) (*httpapi.List[Rule], error) {
		return httpapi.All(d.Rules(), nil)
	})
	createRule := op("rule-create", http.MethodPost, "/rules", "Make a rule that values must agree with", d.Define)
	createRule.Status = http.StatusCreated
	httpapi.Register(api, createRule, func(ctx context.Context, in *struct{ Body Rule }) (*httpapi.Item[Rule], error) {
		r, err := d.PutRule(ctx, in.Body, 0)
		return httpapi.One(r, r.Revision), err
	})
	httpapi.Register(api, op("rule-put", http.MethodPut, "/rules/{code}", "Change a rule", d.Define), func(ctx context.Context, in *struct {
		ByCode
		httpapi.IfMatch
		Body Rule
	}) (*httpapi.Item[Rule], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		in.Body.Code = in.Code
		r, err := d.PutRule(ctx, in.Body, revision)
		return httpapi.One(r, r.Revision), err
	})
	httpapi.Register(api, op("rule-try", http.MethodPost, "/rules/try", "Ask a rule of a return", d.Define), func(ctx context.Context, in *struct {
		Body struct {
			Says   string `json:"says" maxLength:"2000"`
			Form   string `json:"form" maxLength:"80"`
			Unit   string `json:"unit" maxLength:"80"`
			Period string `json:"period" maxLength:"10"`
		}
	}) (*httpapi.Body[*Trial], error) {
		named := Named{in.Body.Form, in.Body.Unit, in.Body.Period}
		t, err := d.TryRule(ctx, in.Body.Says, named.id())
		return httpapi.Of(t), err
	})
	retire("rule-retire", "/rules/{code}", "Drop a rule", d.RetireRule)
}
