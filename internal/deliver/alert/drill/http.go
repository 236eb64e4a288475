package drill

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// ByID names a drill.
type ByID struct {
	ID string `path:"id" maxLength:"26" doc:"Id of the drill"`
}

// ListQuery chooses drills.
type ListQuery struct {
	State  []string `query:"state" enum:"planned,approved,running,done,evaluated,called_off"`
	Kind   string   `query:"kind" enum:"platform_drill,head_end_drill,terminal_drill"`
	Text   string   `query:"q" maxLength:"60" doc:"Words of its name"`
	Region string   `query:"region" maxLength:"100" doc:"Path of a region: it and those within"`
	Year   int      `query:"year" minimum:"2000" maximum:"2200" doc:"In which it is, or was, to begin"`
}

// With names the drills to compare with.
type With struct {
	With []string `query:"with" maxItems:"5" doc:"Ids of earlier drills; absent: the last two of the same depth in the same region"`
}

type item = httpapi.Item[View]

// Register adds the operations on drills.
func (s *Desk) Register(api *httpapi.API) {
	const path = "/api/drills"
	read, plans := httpapi.Needs(s.Read), httpapi.Needs(s.Plans)
	op := func(id, method, path, summary string, access httpapi.Access) httpapi.Op {
		return httpapi.Op{ID: "drill-" + id, Method: method, Path: path, Summary: summary, Tag: "drills", Access: access}
	}
	one := func(ctx context.Context, d *Drill, err error) (*item, error) {
		if err != nil {
			return nil, err
		}
		v, err := s.view(ctx, d)
		if err != nil {
			return nil, err
		}
		return httpapi.One(*v, d.Revision), nil
	}
	httpapi.Register(api, op("list", http.MethodGet, path, "Drills within your regions, newest first; those that the duty staff are not told of only, before they begin, where you approve drills, and those that you wrote", read),
		func(ctx context.Context, in *struct {
			httpapi.PageInput
			ListQuery
		}) (*httpapi.Body[store.Listing[Brief]], error) {
			f := filter{States: in.State, Kind: in.Kind, Text: in.Text, Region: in.Region, Page: in.Page()}
			if in.Year > 0 {
				f.From = time.Date(in.Year, 1, 1, 0, 0, 0, 0, s.Zone)
				f.To = f.From.AddDate(1, 0, 0)
			}
			found, err := s.list(ctx, f)
			return httpapi.Of(found), err
		})
	httpapi.Register(api, op("year", http.MethodGet, "/api/drill-years", "How your regions stand with the drills that the rules ask of them in a year", read), func(ctx context.Context, in *struct {
		Year int `query:"year" minimum:"2000" maximum:"2200" doc:"Absent: this year"`
	}) (*httpapi.Body[Year], error) {
		y, err := s.year(ctx, in.Year)
		if err != nil {
			return nil, err
		}
		return httpapi.Of(*y), nil
	})
	create := op("create", http.MethodPost, path, "Plan a drill", plans)
	create.Status = http.StatusCreated
	httpapi.Register(api, create, func(ctx context.Context, in *struct{ Body Plan }) (*item, error) {
		d, err := s.Create(ctx, in.Body)
		return one(ctx, d, err)
	})
	httpapi.Register(api, op("get", http.MethodGet, path+"/{id}", "One drill: its plan, and, from its beginning on, what came of it so far", read), func(ctx context.Context, in *ByID) (*item, error) {
		d, err := s.see(ctx, s.DB, in.ID)
		return one(ctx, d, err)
	})
	httpapi.Register(api, op("put", http.MethodPut, path+"/{id}", "Change the plan of a drill that has not begun; its approval is void", plans), func(ctx context.Context, in *struct {
		ByID
		httpapi.IfMatch
		Body Plan
	}) (*item, error) {
		return s.matched(ctx, in.IfMatch, one, func(revision int64) (*Drill, error) { return s.Change(ctx, in.ID, revision, in.Body) })
	})
	httpapi.Register(api, op("approve", http.MethodPost, path+"/{id}/approve", "Approve the plan of a drill that others wrote", httpapi.Needs(s.Agrees)), func(ctx context.Context, in *struct {
		ByID
		httpapi.IfMatch
	}) (*item, error) {
		return s.matched(ctx, in.IfMatch, one, func(revision int64) (*Drill, error) { return s.Approve(ctx, in.ID, revision) })
	})
	httpapi.Register(api, op("start", http.MethodPost, path+"/{id}/start", "Begin an approved drill: the draft of its message is made, and sounds at the duty desk until somebody takes it", plans), func(ctx context.Context, in *struct {
		ByID
		httpapi.IfMatch
	}) (*item, error) {
		return s.matched(ctx, in.IfMatch, one, func(revision int64) (*Drill, error) { return s.Start(ctx, in.ID, revision) })
	})
	off := op("call-off", http.MethodPost, path+"/{id}/call-off", "Call a drill off; of one that runs its message is cancelled", plans)
	off.Vital = true
	httpapi.Register(api, off, func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Reason string `json:"reason" minLength:"1" maxLength:"500"`
		}
	}) (*item, error) {
		d, err := s.CallOff(ctx, in.ID, in.Body.Reason)
		return one(ctx, d, err)
	})
	s.registerRun(api, op, one)
	s.registerAfter(api, op, one)
}

type shown func(ctx context.Context, d *Drill, err error) (*item, error)

type opOf func(id, method, path, summary string, access httpapi.Access) httpapi.Op

// matched does what needs the revision that the asker read.
func (s *Desk) matched(ctx context.Context, match httpapi.IfMatch, one shown, do func(revision int64) (*Drill, error)) (*item, error) {
	revision, err := match.Version()
	if err != nil {
		return nil, err
	}
	d, err := do(revision)
	return one(ctx, d, err)
}

// registerRun adds what observers do while a drill runs: whoever may keep a post there.
func (s *Desk) registerRun(api *httpapi.API, op opOf, one shown) {
	const path = "/api/drills/{id}"
	keep := httpapi.Needs(s.Keep)
	httpapi.Register(api, op("note", http.MethodPost, path+"/notes", "Note something about a running drill", keep), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Text string `json:"text" minLength:"1" maxLength:"1000"`
		}
	}) (*item, error) {
		d, err := s.Note(ctx, in.ID, in.Body.Text)
		return one(ctx, d, err)
	})
	httpapi.Register(api, op("tick", http.MethodPut, path+"/steps/{step}", "Say that a step of a running drill's checklist was done, or was not", keep), func(ctx context.Context, in *struct {
		ByID
		Step int `path:"step" minimum:"0" maximum:"49" doc:"Number of the step, from 0"`
		Body struct {
			Done bool `json:"done"`
		}
	}) (*item, error) {
		d, err := s.Tick(ctx, in.ID, in.Step, in.Body.Done)
		return one(ctx, d, err)
	})
}

// registerAfter adds what follows a drill.
func (s *Desk) registerAfter(api *httpapi.API, op opOf, one shown) {
	const path = "/api/drills/{id}"
	httpapi.Register(api, op("evaluate", http.MethodPut, path+"/evaluation", "Evaluate a drill that is over, with lessons, who sees to them and by when", httpapi.Needs(s.Plans)), func(ctx context.Context, in *struct {
		ByID
		httpapi.IfMatch
		Body Evaluation
	}) (*item, error) {
		return s.matched(ctx, in.IfMatch, one, func(revision int64) (*Drill, error) { return s.Evaluate(ctx, in.ID, revision, in.Body) })
	})
	httpapi.Register(api, op("compare", http.MethodGet, path+"/comparison", "A drill that ran beside earlier ones: reach, times, reasons, terminals that failed again", httpapi.Needs(s.Read)), func(ctx context.Context, in *struct {
		ByID
		With
	}) (*httpapi.Body[Comparison], error) {
		_, _, c, err := s.Compare(ctx, in.ID, in.With.With, httpapi.LangOf(ctx))
		if err != nil {
			return nil, err
		}
		return httpapi.Of(*c), nil
	})
	paper := op("document", http.MethodGet, path+"/document", "A drill that ran, beside earlier ones, as PDF, XLSX or CSV", httpapi.Needs(s.Read))
	paper.PerMinute = 30
	httpapi.Register(api, paper, func(ctx context.Context, in *struct {
		ByID
		With
		Format string `query:"format" enum:"pdf,xlsx,csv" default:"pdf"`
	}) (*httpapi.File, error) {
		return s.document(ctx, in.ID, in.With.With, in.Format)
	})
}

// owing lists the regions of the asker's that owe drills.
func (s *Desk) owing(ctx context.Context, due []rule.DrillsDue) ([]Region, error) {
	levels := make([]rule.Level, len(due))
	for i, d := range due {
		levels[i] = d.Level
	}
	found, err := s.Alerts.Owing(ctx, levels)
	scope := auth.ScopeOf(ctx, s.Read)
	found = slices.DeleteFunc(found, func(r Region) bool { return !scope.Allows(r.Path) })
	slices.SortStableFunc(found, func(a, b Region) int {
		if n := slices.Index(rule.Levels, a.Level) - slices.Index(rule.Levels, b.Level); n != 0 {
			return n
		}
		return strings.Compare(a.Code, b.Code)
	})
	return found, err
}
