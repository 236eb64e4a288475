package score

import (
	"context"
	"net/http"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

func op(id, method, path, summary string, perm auth.Permission) httpapi.Op {
	return httpapi.Op{ID: "measure-" + id, Method: method, Path: "/api/measure" + path, Summary: summary, Tag: "measure", Access: httpapi.Needs(perm)}
}

// ByCode names an index or a method.
type ByCode struct {
	Code string `path:"code" maxLength:"80"`
}

// ByID names an assessment or an objection.
type ByID struct {
	ID string `path:"id" maxLength:"26"`
}

// ChangedMethod names a method as it was read.
type ChangedMethod struct {
	ByCode
	httpapi.IfMatch
}

// Changed names an assessment or an objection as it was read.
type Changed struct {
	ByID
	httpapi.IfMatch
}

// At chooses when.
type At struct {
	Period period.Period `query:"period" required:"true" doc:"Of the index's kind: 2026-07, 2026Q3, 2026"`
	AsOf   string        `query:"asOf" maxLength:"40" doc:"As facts stood and definitions were worded at that time, RFC 3339"`
}

// Register adds the operations.
func (d *Desk) Register(api *httpapi.API) {
	d.registerIndices(api)
	d.registerMethods(api)
	d.registerAssessments(api)
	d.registerOpen(api)
}

func (d *Desk) registerIndices(api *httpapi.API) {
	httpapi.Register(api, op("indices", http.MethodGet, "/indices", "Composite indices", d.Read), func(ctx context.Context, _ *struct{}) (*httpapi.List[*Index], error) {
		found, err := d.Judging(ctx)
		return httpapi.All(found, err)
	})
	httpapi.Register(api, op("index", http.MethodGet, "/indices/{code}", "A composite index", d.Read), func(_ context.Context, in *ByCode) (*httpapi.Item[*Index], error) {
		x, err := d.Index(in.Code)
		if err != nil {
			return nil, err
		}
		return httpapi.One(x, x.Revision), nil
	})
	create := op("index-create", http.MethodPost, "/indices", "Draw up a composite index", d.Define)
	create.Status = http.StatusCreated
	httpapi.Register(api, create, func(ctx context.Context, in *struct{ Body Index }) (*httpapi.Item[*Index], error) {
		return shownIndex(d.Put(ctx, in.Body, 0))
	})
	httpapi.Register(api, op("index-put", http.MethodPut, "/indices/{code}", "Change a composite index", d.Define), func(ctx context.Context, in *struct {
		ByCode
		httpapi.IfMatch
		Body Index
	}) (*httpapi.Item[*Index], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		in.Body.Code = in.Code
		return shownIndex(d.Put(ctx, in.Body, revision))
	})
	httpapi.Register(api, op("index-retire", http.MethodDelete, "/indices/{code}", "Retire a composite index that nobody is judged by", d.Define), func(ctx context.Context, in *struct {
		ByCode
		httpapi.IfMatch
	}) (*httpapi.Empty, error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return nil, d.Retire(ctx, in.Code, revision)
	})
	check := op("index-check", http.MethodPost, "/indices/check", "Say whether an index makes sense, and what it would give", d.Define)
	check.PerMinute = 120
	httpapi.Register(api, check, func(ctx context.Context, in *struct {
		At
		Body Index
	}) (*httpapi.Body[*Scores], error) {
		s, err := d.Try(ctx, in.Body, in.Period)
		return httpapi.Of(s), err
	})
	scores := op("scores", http.MethodGet, "/indices/{code}/scores", "An index of every unit within your regions; ranks are among all", d.Read)
	scores.PerMinute, scores.AtOnce = 240, 8
	httpapi.Register(api, scores, func(ctx context.Context, in *struct {
		ByCode
		At
	}) (*httpapi.Body[*Scores], error) {
		s, err := d.Scores(ctx, in.Code, in.Period, in.AsOf)
		return httpapi.Of(s), err
	})
	opened := op("score", http.MethodGet, "/indices/{code}/scores/{unit}", "A score opened into its parts", d.Read)
	opened.PerMinute, opened.AtOnce = 240, 8
	httpapi.Register(api, opened, func(ctx context.Context, in *struct {
		ByCode
		At
		Unit string `path:"unit" maxLength:"80"`
	}) (*httpapi.Body[*Opened], error) {
		o, err := d.Open(ctx, in.Code, in.Unit, in.Period, in.AsOf)
		return httpapi.Of(o), err
	})
	paper := op("scores-report", http.MethodGet, "/indices/{code}/report", "An index as a report: of every unit within your regions, or of one", d.Read)
	paper.PerMinute, paper.AtOnce = 30, 2
	httpapi.Register(api, paper, func(ctx context.Context, in *struct {
		ByCode
		At
		Unit   string `query:"unit" maxLength:"80" doc:"Empty for all"`
		Format string `query:"format" enum:"pdf,xlsx" default:"pdf"`
	}) (*httpapi.File, error) {
		return d.Paper(ctx, in.Code, in.Unit, in.Period, in.AsOf, in.Format)
	})
	robust := op("index-robust", http.MethodGet, "/indices/{code}/robust", "How far an index hangs on its weights, its way and each of its parts", d.Read)
	robust.PerMinute, robust.AtOnce = 60, 1
	httpapi.Register(api, robust, func(ctx context.Context, in *struct {
		ByCode
		At
	}) (*httpapi.Body[*Robust], error) {
		r, err := d.Robust(ctx, in.Code, in.Period, in.AsOf)
		return httpapi.Of(r), err
	})
}

func shownIndex(x *Index, err error) (*httpapi.Item[*Index], error) {
	if err != nil {
		return nil, err
	}
	return httpapi.One(x, x.Revision), nil
}

func shownMethod(m *Method, err error) (*httpapi.Item[*Method], error) {
	if err != nil {
		return nil, err
	}
	return httpapi.One(m, m.Revision), nil
}

func (d *Desk) registerMethods(api *httpapi.API) {
	httpapi.Register(api, op("methods", http.MethodGet, "/methods", "Methods by which some are judged", d.Read), func(ctx context.Context, _ *struct{}) (*httpapi.List[*Method], error) {
		return httpapi.All(d.Methods(ctx))
	})
	httpapi.Register(api, op("method", http.MethodGet, "/methods/{code}", "A method", d.Read), func(ctx context.Context, in *ByCode) (*httpapi.Item[*Method], error) {
		return shownMethod(d.Method(ctx, in.Code))
	})
	create := op("method-create", http.MethodPost, "/methods", "Draw up a method", d.Define)
	create.Status = http.StatusCreated
	httpapi.Register(api, create, func(ctx context.Context, in *struct{ Body Method }) (*httpapi.Item[*Method], error) {
		return shownMethod(d.PutMethod(ctx, in.Body, 0))
	})
	httpapi.Register(api, op("method-put", http.MethodPut, "/methods/{code}", "Change a method that binds nobody yet", d.Define), func(ctx context.Context, in *struct {
		ChangedMethod
		Body Method
	}) (*httpapi.Item[*Method], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		in.Body.Code = in.Code
		return shownMethod(d.PutMethod(ctx, in.Body, revision))
	})
	httpapi.Register(api, op("method-agree", http.MethodPost, "/methods/{code}/agree", "Let a method be tried on its pilot zone, or, once it was, bind all", d.Agree), func(ctx context.Context, in *ChangedMethod) (*httpapi.Item[*Method], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return shownMethod(d.AgreeMethod(ctx, in.Code, revision))
	})
	httpapi.Register(api, op("method-retire", http.MethodDelete, "/methods/{code}", "Judge nobody by a method any more", d.Define), func(ctx context.Context, in *ChangedMethod) (*httpapi.Empty, error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return nil, d.RetireMethod(ctx, in.Code, revision)
	})
}

func shown(a *Assessment, err error) (*httpapi.Item[*Assessment], error) {
	if err != nil {
		return nil, err
	}
	return httpapi.One(a, a.Revision), nil
}

func (d *Desk) registerAssessments(api *httpapi.API) {
	httpapi.Register(api, op("assessments", http.MethodGet, "/assessments", "Assessments, the latest first", d.Read), func(ctx context.Context, in *struct {
		Method string `query:"method" maxLength:"80"`
	}) (*httpapi.List[*Assessment], error) {
		return httpapi.All(d.Assessments(ctx, in.Method))
	})
	draw := op("assessment-draw", http.MethodPost, "/assessments", "Begin the assessment of a period", d.Define)
	draw.Status = http.StatusCreated
	httpapi.Register(api, draw, func(ctx context.Context, in *struct {
		Body struct {
			Method string        `json:"method" maxLength:"80"`
			Period period.Period `json:"period"`
		}
	}) (*httpapi.Item[*Assessment], error) {
		return shown(d.Draw(ctx, in.Body.Method, in.Body.Period))
	})
	httpapi.Register(api, op("assessment", http.MethodGet, "/assessments/{id}", "An assessment with its results", d.Read), func(ctx context.Context, in *ByID) (*httpapi.Item[*Assessment], error) {
		return shown(d.Assessment(ctx, in.ID))
	})
	paper := op("assessment-report", http.MethodGet, "/assessments/{id}/report", "An assessment as a report", d.Read)
	paper.PerMinute, paper.AtOnce = 30, 2
	httpapi.Register(api, paper, func(ctx context.Context, in *struct {
		ByID
		Format string `query:"format" enum:"pdf,xlsx" default:"pdf"`
	}) (*httpapi.File, error) {
		return d.AssessmentPaper(ctx, in.ID, in.Format)
	})
	step := func(id, summary string, do func(context.Context, string, int64) (*Assessment, error)) {
		httpapi.Register(api, op("assessment-"+id, http.MethodPost, "/assessments/{id}/"+id, summary, d.Define), func(ctx context.Context, in *Changed) (*httpapi.Item[*Assessment], error) {
			revision, err := in.Version()
			if err != nil {
				return nil, err
			}
			return shown(do(ctx, in.ID, revision))
		})
	}
	step("hear", "Freeze the results and let the judged object", d.Hear)
	step("drop", "Give up an assessment that was not published", d.Drop)
	httpapi.Register(api, op("assessment-publish", http.MethodPost, "/assessments/{id}/publish", "Publish an assessment", d.Agree), func(ctx context.Context, in *struct {
		Changed
		Body struct {
			NoteZh string `json:"noteZh" maxLength:"2000"`
			NoteEn string `json:"noteEn" maxLength:"3000"`
		}
	}) (*httpapi.Item[*Assessment], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return shown(d.Publish(ctx, in.ID, revision, in.Body.NoteZh, in.Body.NoteEn))
	})
	httpapi.Register(api, op("objections", http.MethodGet, "/assessments/{id}/objections", "What is said against an assessment's facts", d.Read), func(ctx context.Context, in *ByID) (*httpapi.List[*Objection], error) {
		return httpapi.All(d.Objections(ctx, in.ID))
	})
	raise := op("objection-raise", http.MethodPost, "/assessments/{id}/objections", "Object to a fact", d.Object)
	raise.Status = http.StatusCreated
	httpapi.Register(api, raise, func(ctx context.Context, in *struct {
		ByID
		Body Against
	}) (*httpapi.Item[*Objection], error) {
		return shownObjection(d.Objects(ctx, in.ID, in.Body))
	})
	httpapi.Register(api, op("objection-answer", http.MethodPost, "/objections/{id}/answer", "Answer an objection, and correct its fact", d.Define), func(ctx context.Context, in *struct {
		Changed
		Body Answer
	}) (*httpapi.Item[*Objection], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return shownObjection(d.Answers(ctx, in.ID, revision, in.Body))
	})
	httpapi.Register(api, op("objection-withdraw", http.MethodPost, "/objections/{id}/withdraw", "Take an objection back", d.Object), func(ctx context.Context, in *Changed) (*httpapi.Item[*Objection], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return shownObjection(d.Withdraw(ctx, in.ID, revision))
	})
}

func shownObjection(o *Objection, err error) (*httpapi.Item[*Objection], error) {
	if err != nil {
		return nil, err
	}
	return httpapi.One(o, o.Revision), nil
}
