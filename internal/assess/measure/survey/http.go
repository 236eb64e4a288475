package survey

import (
	"context"
	"net/http"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

func op(id, method, path, summary string, perm auth.Permission) httpapi.Op {
	return httpapi.Op{ID: "measure-survey" + id, Method: method, Path: "/api/measure" + path, Summary: summary, Tag: "measure", Access: httpapi.Needs(perm)}
}

// ByID names a survey.
type ByID struct {
	ID string `path:"id" maxLength:"26"`
}

// Changed names a survey as it was read.
type Changed struct {
	ByID
	httpapi.IfMatch
}

func shown(s *Survey, err error) (*httpapi.Item[*Survey], error) {
	if err != nil {
		return nil, err
	}
	return httpapi.One(s, s.Revision), nil
}

const one = "/surveys/{id}"

// Register adds the operations.
func (d *Desk) Register(api *httpapi.API) {
	d.registerBuilding(api)
	d.registerForms(api)
	d.registerPlans(api)
	d.registerResults(api)
	d.registerSorting(api)
	d.registerField(api)
	d.registerSending(api)
	d.registerWork(api)
	d.registerPublic(api)
}

func (d *Desk) registerBuilding(api *httpapi.API) {
	httpapi.Register(api, op("s", http.MethodGet, "/surveys", "Surveys, the latest first", d.Read), func(ctx context.Context, in *struct{ httpapi.PageInput }) (*httpapi.List[*Survey], error) {
		found, err := d.List(ctx, in.Page())
		return httpapi.Of(found), err
	})
	create := op("-create", http.MethodPost, "/surveys", "Begin a survey", d.Build)
	create.Status = http.StatusCreated
	httpapi.Register(api, create, func(ctx context.Context, in *struct{ Body Settings }) (*httpapi.Item[*Survey], error) {
		return shown(d.Create(ctx, in.Body, nil))
	})
	httpapi.Register(api, op("", http.MethodGet, one, "A survey", d.Read), func(ctx context.Context, in *ByID) (*httpapi.Item[*Survey], error) {
		return shown(d.Get(ctx, in.ID))
	})
	httpapi.Register(api, op("-hands", http.MethodGet, one+"/hands", "Who could do a survey's field work: agencies and interviewers; for who writes or approves it", d.Read), func(ctx context.Context, in *ByID) (*httpapi.Body[Hands], error) {
		h, err := d.Hands(ctx, in.ID)
		return httpapi.Of(h), err
	})
	httpapi.Register(api, op("-put", http.MethodPut, one, "Change what a survey is for and how it is run", d.Build), func(ctx context.Context, in *struct {
		Changed
		Body Settings
	}) (*httpapi.Item[*Survey], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return shown(d.Put(ctx, in.ID, revision, in.Body))
	})
	httpapi.Register(api, op("-drop", http.MethodDelete, one, "Give up a draft", d.Build), func(ctx context.Context, in *Changed) (*httpapi.Empty, error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return nil, d.Drop(ctx, in.ID, revision)
	})
	step := func(id, summary string, perm auth.Permission, do func(context.Context, string, int64) (*Survey, error)) {
		httpapi.Register(api, op("-"+id, http.MethodPost, one+"/"+id, summary, perm), func(ctx context.Context, in *Changed) (*httpapi.Item[*Survey], error) {
			revision, err := in.Version()
			if err != nil {
				return nil, err
			}
			return shown(do(ctx, in.ID, revision))
		})
	}
	step("approve", "Let the last version of a questionnaire be asked; by somebody who did not write it", d.Agree, d.Approve)
	step("open", "Take a survey to the field", d.Build, d.Open)
	step("close", "End the field; no answer leads to a place any more", d.Build, d.Close)
	step("publish", "Make results final and state them as facts; by somebody who did not write the survey", d.Agree, d.Publish)
}

func (d *Desk) registerPlans(api *httpapi.API) {
	httpapi.Register(api, op("-plan", http.MethodGet, one+"/plan", "A survey's sample: sizes by stratum and places drawn", d.Read), func(ctx context.Context, in *ByID) (*httpapi.Body[*Plan], error) {
		p, err := d.Plan(ctx, in.ID)
		return httpapi.Of(p), err
	})
	try := op("-plan-try", http.MethodPost, one+"/plan/try", "Size a sample for a margin, without keeping it", d.Build)
	try.PerMinute = 240
	httpapi.Register(api, try, func(ctx context.Context, in *struct {
		ByID
		Body Goal
	}) (*httpapi.Body[*Plan], error) {
		p, err := d.Try(ctx, in.ID, in.Body)
		return httpapi.Of(p), err
	})
	httpapi.Register(api, op("-plan-put", http.MethodPut, one+"/plan", "Keep a sample's sizes", d.Build), func(ctx context.Context, in *struct {
		Changed
		Body Goal
	}) (*httpapi.Body[*Plan], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		p, err := d.PutPlan(ctx, in.ID, revision, in.Body)
		return httpapi.Of(p), err
	})
	httpapi.Register(api, op("-draw", http.MethodPost, one+"/draw", "Draw places and people by a seed; anybody can draw the same again", d.Build), func(ctx context.Context, in *struct {
		Changed
		Body struct {
			Seed string `json:"seed" minLength:"1" maxLength:"200" text:"name"`
		}
	}) (*httpapi.Body[*Plan], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		p, err := d.Draw(ctx, in.ID, revision, in.Body.Seed)
		return httpapi.Of(p), err
	})
	table := op("-plan-file", http.MethodGet, one+"/plan-file", "A survey's sample by stratum with how many have answered, as XLSX or CSV", d.Read)
	table.PerMinute = 30
	httpapi.Register(api, table, func(ctx context.Context, in *struct {
		ByID
		Format string `query:"format" enum:"xlsx,csv" default:"xlsx"`
	}) (*httpapi.File, error) {
		return d.planFile(ctx, in.ID, in.Format)
	})
	for _, what := range []string{"frame", "takes"} {
		file := op("-"+what, http.MethodGet, one+"/"+what, "As CSV, what `tongsheng survey draw` needs to draw the same: "+what, d.Read)
		file.PerMinute = 30
		api.Guard(file, "text/csv", func(w http.ResponseWriter, r *http.Request) error {
			id := r.PathValue("id")
			if _, err := d.may(r.Context(), d.DB, d.Read, id); err != nil {
				return err
			}
			w.Header().Set("Content-Type", "text/csv; charset=utf-8")
			w.Header().Set("Content-Disposition", `attachment; filename="`+what+`.csv"`)
			return d.WriteFrame(r.Context(), w, id, what)
		})
	}
}

func (d *Desk) registerResults(api *httpapi.API) {
	httpapi.Register(api, op("-progress", http.MethodGet, one+"/progress", "How far a survey has come in the field", d.Read), func(ctx context.Context, in *ByID) (*httpapi.Body[*Progress], error) {
		p, err := d.Progress(ctx, in.ID)
		return httpapi.Of(p), err
	})
	httpapi.Register(api, op("-results", http.MethodGet, one+"/results", "What a survey found; small cells are hidden", d.Read), func(ctx context.Context, in *ByID) (*httpapi.Body[*Results], error) {
		r, err := d.Results(ctx, in.ID)
		return httpapi.Of(r), err
	})
	paper := op("-report", http.MethodGet, one+"/report", "What a survey found, as PDF, XLSX or CSV", d.Read)
	paper.PerMinute = 30
	httpapi.Register(api, paper, func(ctx context.Context, in *struct {
		ByID
		Format string `query:"format" enum:"pdf,xlsx,csv" default:"pdf"`
	}) (*httpapi.File, error) {
		return d.report(ctx, in.ID, in.Format)
	})
	httpapi.Register(api, op("-topics", http.MethodPut, one+"/topics", "Name topics of text answers by words", d.Build), func(ctx context.Context, in *struct {
		Changed
		Body struct {
			Pins map[string][]Pin `json:"pins" doc:"By text question"`
		}
	}) (*httpapi.Item[*Survey], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		if in.Body.Pins == nil {
			in.Body.Pins = map[string][]Pin{}
		}
		return shown(d.Name(ctx, in.ID, revision, in.Body.Pins))
	})
}

// registerSorting adds the work on text answers.
func (d *Desk) registerSorting(api *httpapi.API) {
	const path = one + "/sorting/{question}"
	httpapi.Register(api, op("-sorted", http.MethodGet, path, "Answers to a text question by topic; names and telephone numbers are masked", d.Build), func(ctx context.Context, in *struct {
		ByID
		Question string `path:"question" maxLength:"64"`
	}) (*httpapi.Body[*Sorted], error) {
		s, err := d.Sorted(ctx, in.ID, in.Question)
		return httpapi.Of(s), err
	})
	sort := op("-sort", http.MethodPost, path, "Move answers between topics, split, merge and rename them, or undo that", d.Build)
	sort.PerMinute = 240
	httpapi.Register(api, sort, func(ctx context.Context, in *struct {
		Changed
		Question string `path:"question" maxLength:"64"`
		Body     SortStep
	}) (*httpapi.Item[*Survey], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return shown(d.Sort(ctx, in.ID, in.Question, revision, in.Body))
	})
}

func (d *Desk) registerForms(api *httpapi.API) {
	httpapi.Register(api, op("-form", http.MethodGet, one+"/form", "A survey's questionnaire", d.Read), func(ctx context.Context, in *struct {
		ByID
		Version int `query:"version" minimum:"0" doc:"0 is the last"`
	}) (*httpapi.Body[*Version], error) {
		v, err := d.Version(ctx, in.ID, in.Version)
		return httpapi.Of(v), err
	})
	httpapi.Register(api, op("-form-put", http.MethodPut, one+"/form", "Write a questionnaire; where the last version was approved, this makes another", d.Build), func(ctx context.Context, in *struct {
		Changed
		Body engine.Form
	}) (*httpapi.Item[*Survey], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return shown(d.PutForm(ctx, in.ID, revision, &in.Body))
	})
	check := op("-check", http.MethodPost, "/survey-check", "Name every fault of a questionnaire", d.Build)
	check.PerMinute = 240
	httpapi.Register(api, check, func(ctx context.Context, in *struct{ Body engine.Form }) (*httpapi.Body[Findings], error) {
		return httpapi.Of(findings(ctx, &in.Body, in.Body.Untranslated(), in.Body.Validate())), nil
	})
	read := op("-xlsform", http.MethodPost, "/survey-xlsform", "Read a questionnaire from an XLSForm, without keeping it", d.Build)
	read.MaxBody, read.AtOnce, read.PerMinute = maxSheet, 2, 30
	httpapi.Register(api, read, func(ctx context.Context, in *struct {
		RawBody []byte `contentType:"application/octet-stream"`
	}) (*httpapi.Body[Findings], error) {
		f, err := readXLSForm(ctx, in.RawBody)
		return httpapi.Of(f), err
	})
	write := op("-form-file", http.MethodGet, one+"/form-file", "A survey's questionnaire as XLSForm", d.Read)
	write.PerMinute = 60
	httpapi.Register(api, write, func(ctx context.Context, in *ByID) (*httpapi.File, error) {
		return d.formFile(ctx, in.ID)
	})
}
