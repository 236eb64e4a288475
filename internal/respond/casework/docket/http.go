package docket

import (
	"context"
	"net/http"
	"strings"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func op(id, method, path, summary string, access httpapi.Access) httpapi.Op {
	return httpapi.Op{ID: "casework-" + id, Method: method, Path: "/api/casework" + path, Summary: summary, Tag: "casework", Access: access}
}

// ByID names a case.
type ByID struct {
	ID string `path:"id" maxLength:"26"`
}

// Chosen chooses cases.
type Chosen struct {
	Q       string `query:"q" maxLength:"100" doc:"In the number, the title or what was written"`
	Type    string `query:"type" maxLength:"200" doc:"Types, separated by commas"`
	State   string `query:"state" maxLength:"40"`
	Open    string `query:"open" enum:",open,closed"`
	Region  string `query:"region" maxLength:"200" doc:"Region path; its subtree"`
	Mine    bool   `query:"mine" doc:"Those that wait for the reader"`
	Overdue bool   `query:"overdue"`
	Opened  bool   `query:"opened" doc:"Those that the reader opened"`
	Subject string `query:"subject" maxLength:"40" doc:"Device, site or party that they are about"`
	Parent  string `query:"parent" maxLength:"26"`
	From    string `query:"from" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$" doc:"Opened on this day or later"`
	To      string `query:"to" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$" doc:"Opened on this day or earlier"`
	Sort    string `query:"sort" enum:",latest,due" doc:"The latest first, or what is due first"`
}

// Filter is what was chosen, as lists take it.
func (c *Chosen) Filter(page store.Page) Filter {
	f := Filter{Text: strings.TrimSpace(c.Q), State: c.State, Open: c.Open, Region: c.Region, Mine: c.Mine, Overdue: c.Overdue, Opened: c.Opened, Subject: c.Subject, Parent: c.Parent, From: c.From, To: c.To, ByDue: c.Sort == "due", Page: page}
	for t := range strings.SplitSeq(c.Type, ",") {
		if t = strings.TrimSpace(t); t != "" {
			f.Types = append(f.Types, t)
		}
	}
	return f
}

// Register adds the operations.
func (d *Desk) Register(api *httpapi.API) {
	d.registerTypes(api)
	d.registerFiles(api)
	d.registerOwn(api)
	d.registerPublic(api)
	httpapi.Register(api, op("cases", http.MethodGet, "/cases", "Cases that you may see", httpapi.Needs(PermWork)), func(ctx context.Context, in *struct {
		httpapi.PageInput
		Chosen
	}) (*httpapi.Body[*Listing], error) {
		found, err := d.List(ctx, in.Filter(in.Page()))
		return httpapi.Of(found), err
	})
	httpapi.Register(api, op("counts", http.MethodGet, "/counts", "How many cases wait for you", httpapi.Needs(PermWork)), func(ctx context.Context, _ *struct{}) (*httpapi.Body[*Counts], error) {
		c, err := d.Count(ctx)
		return httpapi.Of(c), err
	})
	open := op("open", http.MethodPost, "/cases", "Open a case", httpapi.Needs(PermWork))
	open.Status = http.StatusCreated
	httpapi.Register(api, open, func(ctx context.Context, in *struct{ Body NewCase }) (*httpapi.Body[*View], error) {
		v, err := d.Open(ctx, in.Body)
		return httpapi.Of(v), err
	})
	httpapi.Register(api, op("case", http.MethodGet, "/cases/{id}", "A case as you may see it", httpapi.Needs(PermWork)), func(ctx context.Context, in *ByID) (*httpapi.Body[*View], error) {
		v, err := d.Get(ctx, in.ID)
		return httpapi.Of(v), err
	})
	httpapi.Register(api, op("history", http.MethodGet, "/cases/{id}/history", "What happened to a case", httpapi.Needs(PermWork)), func(ctx context.Context, in *ByID) (*httpapi.List[Happening], error) {
		return httpapi.All(d.History(ctx, in.ID))
	})
	httpapi.Register(api, op("verify", http.MethodGet, "/cases/{id}/proof", "Prove that what happened to a case was not changed", httpapi.Needs(PermWork)), func(ctx context.Context, in *ByID) (*httpapi.Body[*Proof], error) {
		p, err := d.Verify(ctx, in.ID)
		return httpapi.Of(p), err
	})
	httpapi.Register(api, op("step", http.MethodPost, "/cases/{id}/steps", "Do a step of a case", httpapi.Needs(PermWork)), func(ctx context.Context, in *struct {
		ByID
		Body Deed
	}) (*httpapi.Body[*View], error) {
		v, err := d.Do(ctx, in.ID, in.Body)
		return httpapi.Of(v), err
	})
	bulk := op("steps", http.MethodPost, "/steps", "Do a step of many cases", httpapi.Needs(PermWork))
	bulk.AtOnce = 2
	httpapi.Register(api, bulk, func(ctx context.Context, in *struct {
		Body struct {
			Cases []string       `json:"cases" minItems:"1" maxItems:"200"`
			Step  string         `json:"step" maxLength:"40"`
			Data  map[string]any `json:"data,omitempty"`
		}
	}) (*httpapi.List[Result], error) {
		results := d.DoAll(ctx, in.Body.Cases, Deed{Step: in.Body.Step, Data: in.Body.Data})
		for i, r := range results {
			if r.Code != "" {
				results[i].Say = i18n.T(httpapi.LangOf(ctx), r.Code, r.Args)
			}
		}
		return httpapi.All(results, nil)
	})
	httpapi.Register(api, op("comment", http.MethodPost, "/cases/{id}/comments", "Say something about a case", httpapi.Needs(PermWork)), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Text  string   `json:"text" maxLength:"4000"`
			Files []string `json:"files,omitempty" maxItems:"10"`
			Inner bool     `json:"inner,omitempty" doc:"For those who work on the case, not for who opened it"`
			Key   string   `json:"key,omitempty" maxLength:"64"`
		}
	}) (*httpapi.Body[*View], error) {
		v, err := d.Comment(ctx, in.ID, in.Body.Text, in.Body.Files, in.Body.Inner, in.Body.Key)
		return httpapi.Of(v), err
	})
	httpapi.Register(api, op("hand-over", http.MethodPost, "/cases/{id}/hand-over", "Give somebody's part in a case to another", httpapi.Needs(PermWork)), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Role string `json:"role" maxLength:"40"`
			To   string `json:"to" maxLength:"26"`
			Why  string `json:"why,omitempty" maxLength:"500"`
		}
	}) (*httpapi.Body[*View], error) {
		v, err := d.HandOver(ctx, in.ID, in.Body.Role, in.Body.To, in.Body.Why)
		return httpapi.Of(v), err
	})
	httpapi.Register(api, op("undo", http.MethodPost, "/cases/{id}/undo", "Take back what you did last", httpapi.Needs(PermWork)), func(ctx context.Context, in *ByID) (*httpapi.Body[*View], error) {
		v, err := d.Undo(ctx, in.ID)
		return httpapi.Of(v), err
	})
	httpapi.Register(api, op("candidates", http.MethodGet, "/candidates", "Who may be given a part in cases of a region", httpapi.Needs(PermWork)), func(ctx context.Context, in *struct {
		Post   string `query:"post" maxLength:"40"`
		Region string `query:"region" maxLength:"20" doc:"Code"`
	}) (*httpapi.List[auth.Person], error) {
		r, known := d.regions.find(ctx, in.Region)
		if !known {
			return nil, fault.Bad("region", "casework.region.unknown", fault.Args{"region": in.Region})
		}
		return httpapi.All(d.Staff.Holders(ctx, PermOf(in.Post), r.Path))
	})
}

// Result is what came of one of many.
type Result struct {
	ID   string     `json:"id"`
	Done bool       `json:"done"`
	Code string     `json:"code,omitempty"`
	Args fault.Args `json:"args,omitempty"`
	Say  string     `json:"say,omitempty" doc:"Why it was refused, in the reader's language"`
}

// DoAll does a step of many cases; each is done or refused by itself.
func (d *Desk) DoAll(ctx context.Context, ids []string, deed Deed) []Result {
	results := make([]Result, len(ids))
	for i, id := range ids {
		results[i] = Result{ID: id, Done: true}
		if _, err := d.Do(ctx, id, deed); err != nil {
			f := fault.Of(err)
			results[i] = Result{ID: id, Code: f.Code, Args: f.Args}
		}
	}
	return results
}

func (d *Desk) registerTypes(api *httpapi.API) {
	httpapi.Register(api, op("offered", http.MethodGet, "/offered", "What you can open a case of", httpapi.Needs(PermWork)), func(ctx context.Context, _ *struct{}) (*httpapi.List[Offered], error) {
		return httpapi.All(d.Offered(ctx))
	})
	httpapi.Register(api, op("types", http.MethodGet, "/types", "Versions of case types", httpapi.Needs(PermWork)), func(ctx context.Context, in *struct {
		Code string `query:"code" maxLength:"40"`
	}) (*httpapi.List[TypeRow], error) {
		return httpapi.All(d.TypeRows(ctx, in.Code))
	})
	httpapi.Register(api, op("type", http.MethodGet, "/types/{code}", "A case type", httpapi.Needs(PermWork)), func(_ context.Context, in *struct {
		Code    string `path:"code" maxLength:"40"`
		Version int    `query:"version" minimum:"0" doc:"The one by which new cases are opened if 0"`
	}) (*httpapi.Body[*procedure.Type], error) {
		if in.Version == 0 {
			t, err := d.types.current(in.Code)
			return httpapi.Of(t), err
		}
		t, err := d.types.of(in.Code, in.Version)
		return httpapi.Of(t), err
	})
	httpapi.Register(api, op("type-source", http.MethodGet, "/types/{code}/source", "A case type as it was written", httpapi.Needs(PermDesign)), func(ctx context.Context, in *struct {
		Code    string `path:"code" maxLength:"40"`
		Version int    `query:"version" minimum:"0"`
	}) (*httpapi.Body[Written], error) {
		src, err := d.Source(ctx, in.Code, in.Version)
		return httpapi.Of(Written{src}), err
	})
	httpapi.Register(api, op("type-review", http.MethodPost, "/types/review", "Name all that is wrong with the text of a case type", httpapi.Needs(PermDesign)), func(ctx context.Context, in *struct{ Body Written }) (*httpapi.Body[*Judgement], error) {
		j := d.Review([]byte(in.Body.Source))
		for i, f := range j.Faults {
			j.Faults[i].Say = i18n.T(httpapi.LangOf(ctx), f.Code, f.Args)
		}
		return httpapi.Of(j), nil
	})
	adopt := op("type-adopt", http.MethodPost, "/types", "Open new cases by a new version of a type", httpapi.Needs(PermDesign))
	adopt.Status = http.StatusCreated
	httpapi.Register(api, adopt, func(ctx context.Context, in *struct{ Body Written }) (*httpapi.Body[*TypeRow], error) {
		r, err := d.Adopt(ctx, []byte(in.Body.Source))
		return httpapi.Of(r), err
	})
	httpapi.Register(api, op("type-retire", http.MethodDelete, "/types/{code}", "Open no new cases of a type", httpapi.Needs(PermDesign)), func(ctx context.Context, in *struct {
		Code string `path:"code" maxLength:"40"`
	}) (*httpapi.Empty, error) {
		return nil, d.Retire(ctx, in.Code)
	})
	try := op("type-try", http.MethodPost, "/types/try", "Play a case through a type, step by step", httpapi.Needs(PermDesign))
	try.AtOnce = 2
	httpapi.Register(api, try, func(ctx context.Context, in *struct {
		Body struct {
			Written
			Acts []TrialAct `json:"acts,omitempty" maxItems:"200"`
		}
	}) (*httpapi.Body[*Trial], error) {
		t, err := d.Try(ctx, []byte(in.Body.Source), in.Body.Acts)
		return httpapi.Of(t), err
	})
	simulate := op("type-simulate", http.MethodPost, "/types/simulate", "Play many cases through a type at random", httpapi.Needs(PermDesign))
	simulate.PerMinute, simulate.AtOnce = 10, 1
	httpapi.Register(api, simulate, func(ctx context.Context, in *struct {
		Body struct {
			Written
			Cases int `json:"cases" minimum:"1" maximum:"5000"`
		}
	}) (*httpapi.Body[*procedure.Simulation], error) {
		s, err := d.Simulate(ctx, []byte(in.Body.Source), in.Body.Cases)
		return httpapi.Of(s), err
	})
}

// Written is the text of a case type, YAML.
type Written struct {
	Source string `json:"source" maxLength:"262144"`
}

// Offered is a type with the ways to open a case that somebody has.
type Offered struct {
	Code    string            `json:"code"`
	Name    procedure.Words   `json:"name"`
	About   procedure.Words   `json:"about,omitzero"`
	Starts  []procedure.Start `json:"starts"`
	Subject procedure.Subject `json:"subject"`
}

// Offered lists what the reader can open a case of.
func (d *Desk) Offered(ctx context.Context) ([]Offered, error) {
	who, err := d.whoIs(ctx, d.DB)
	if err != nil {
		return nil, err
	}
	var all []Offered
	for _, t := range d.types.live() {
		if starts := startsFor(t, who); len(starts) > 0 {
			all = append(all, Offered{t.Code, t.Name, t.About, starts, t.Subject})
		}
	}
	return all, nil
}

func (d *Desk) registerOwn(api *httpapi.API) {
	httpapi.Register(api, op("news", http.MethodGet, "/news", "What you were told about cases", httpapi.Needs(PermWork)), func(ctx context.Context, in *struct{ httpapi.PageInput }) (*httpapi.Body[store.Listing[Told]], error) {
		found, err := d.News(ctx, in.Page())
		return httpapi.Of(found), err
	})
	httpapi.Register(api, op("news-read", http.MethodPost, "/news/read", "Note up to where you have read", httpapi.Needs(PermWork)), func(ctx context.Context, in *struct {
		Body struct {
			Until string `json:"until" maxLength:"26"`
		}
	}) (*httpapi.Empty, error) {
		return nil, d.Read(ctx, in.Body.Until)
	})
	httpapi.Register(api, op("views", http.MethodGet, "/views", "Saved lists", httpapi.Needs(PermWork)), func(ctx context.Context, _ *struct{}) (*httpapi.List[Saved], error) {
		return httpapi.All(d.Saved(ctx))
	})
	save := op("view-save", http.MethodPost, "/views", "Save a list", httpapi.Needs(PermWork))
	save.Status = http.StatusCreated
	httpapi.Register(api, save, func(ctx context.Context, in *struct{ Body Saved }) (*httpapi.Body[*Saved], error) {
		s, err := d.Save(ctx, in.Body)
		return httpapi.Of(s), err
	})
	httpapi.Register(api, op("view-forget", http.MethodDelete, "/views/{id}", "Give a saved list up", httpapi.Needs(PermWork)), func(ctx context.Context, in *ByID) (*httpapi.Empty, error) {
		return nil, d.Forget(ctx, in.ID)
	})
	httpapi.Register(api, op("absences", http.MethodGet, "/absences", "Who stands in for you, and for whom you do", httpapi.Needs(PermWork)), func(ctx context.Context, _ *struct{}) (*httpapi.List[Absence], error) {
		return httpapi.All(d.Absences(ctx))
	})
	leave := op("leave", http.MethodPost, "/absences", "Let another do your assigned work for some days", httpapi.Needs(PermWork))
	leave.Status = http.StatusCreated
	httpapi.Register(api, leave, func(ctx context.Context, in *struct {
		Body struct {
			Delegate string `json:"delegate" maxLength:"26"`
			From     string `json:"from" maxLength:"10"`
			To       string `json:"to" maxLength:"10"`
		}
	}) (*httpapi.Body[*Absence], error) {
		a, err := d.Leave(ctx, in.Body.Delegate, in.Body.From, in.Body.To)
		return httpapi.Of(a), err
	})
	httpapi.Register(api, op("return", http.MethodDelete, "/absences/{id}", "Do your work yourself again", httpapi.Needs(PermWork)), func(ctx context.Context, in *ByID) (*httpapi.Empty, error) {
		return nil, d.Return(ctx, in.ID)
	})
}
