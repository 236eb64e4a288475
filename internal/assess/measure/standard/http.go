package standard

import (
	"context"
	"net/http"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

const (
	base    = "/api/measure/standards"
	one     = base + "/{id}"
	version = one + "/versions/{number}"
)

func op(id, method, path, summary string, perm auth.Permission) httpapi.Op {
	return httpapi.Op{ID: "measure-standard-" + id, Method: method, Path: path, Summary: summary, Tag: "standards", Access: httpapi.Needs(perm)}
}

// ByID names a standard.
type ByID struct {
	ID string `path:"id" maxLength:"26" doc:"Id of the standard"`
}

// ByNumber names a version.
type ByNumber struct {
	ByID
	Number int `path:"number" minimum:"1" maximum:"100000" doc:"Of the version"`
}

// Changed names a version as it was read.
type Changed struct {
	ByNumber
	httpapi.IfMatch
}

// Register adds the operations.
func (d *Desk) Register(api *httpapi.API) {
	d.registerStandards(api)
	d.registerSteps(api)
	d.registerComments(api)
	d.registerImpact(api)
	d.registerFiles(api)
	d.registerPublic(api)
}

func (d *Desk) shown(ctx context.Context, s *Standard, err error) (*httpapi.Item[View], error) {
	if err != nil {
		return nil, err
	}
	return httpapi.One(d.view(ctx, s), s.Revision), nil
}

func (d *Desk) registerStandards(api *httpapi.API) {
	httpapi.Register(api, op("list", http.MethodGet, base, "Standards and norms that bind your regions", d.Read), func(ctx context.Context, in *struct{ Filter }) (*httpapi.List[View], error) {
		return httpapi.All(d.List(ctx, in.Filter))
	})
	create := op("create", http.MethodPost, base, "Begin a standard with its first draft", d.Write)
	create.Status = http.StatusCreated
	httpapi.Register(api, create, func(ctx context.Context, in *struct{ Body NewStandard }) (*httpapi.Item[View], error) {
		s, err := d.Create(ctx, in.Body)
		return d.shown(ctx, s, err)
	})
	httpapi.Register(api, op("get", http.MethodGet, one, "A standard and its versions", d.Read), func(ctx context.Context, in *ByID) (*httpapi.Item[View], error) {
		s, err := d.see(ctx, d.DB, in.ID)
		return d.shown(ctx, s, err)
	})
	httpapi.Register(api, op("put", http.MethodPut, one, "Say what a standard is called and for", d.Write), func(ctx context.Context, in *struct {
		ByID
		httpapi.IfMatch
		Body Facts
	}) (*httpapi.Item[View], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		s, err := d.Rename(ctx, in.ID, revision, in.Body)
		return d.shown(ctx, s, err)
	})
	httpapi.Register(api, op("begin", http.MethodPost, one+"/versions", "Begin a version that says what a former one says", d.Write), func(ctx context.Context, in *struct {
		ByID
		httpapi.IfMatch
		Body struct {
			From int `json:"from" minimum:"1" doc:"Number of the version to begin from"`
		}
	}) (*httpapi.Item[View], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		s, err := d.Begin(ctx, in.ID, revision, in.Body.From)
		return d.shown(ctx, s, err)
	})
	httpapi.Register(api, op("version", http.MethodGet, version, "One version, whole", d.Read), func(ctx context.Context, in *ByNumber) (*httpapi.Item[Whole], error) {
		w, err := d.Whole(ctx, in.ID, in.Number)
		return httpapi.One(w, w.Standard.Revision), err
	})
	httpapi.Register(api, op("compare", http.MethodGet, one+"/comparison", "Two versions item by item, of one standard or of two", d.Read), func(ctx context.Context, in *struct {
		ByID
		Earlier int    `query:"earlier" minimum:"1" required:"true" doc:"Number of a version of this standard"`
		Later   string `query:"later" maxLength:"40" required:"true" doc:"Number of another, or id:number of one of another standard"`
	}) (*httpapi.Body[Comparing], error) {
		c, err := d.Compare(ctx, in.ID, in.Earlier, in.Later)
		return httpapi.Of(c), err
	})
}

// registerSteps adds what brings a draft in force.
func (d *Desk) registerSteps(api *httpapi.API) {
	edit := op("edit", http.MethodPut, version, "Write a draft; what was approved of it is void", d.Write)
	edit.MaxBody, edit.AtOnce = 2<<20, 2
	httpapi.Register(api, edit, func(ctx context.Context, in *struct {
		Changed
		Body Content
	}) (*httpapi.Item[Whole], error) {
		return d.step(ctx, &in.Changed, func(revision int64) (*Standard, error) { return d.Edit(ctx, in.ID, in.Number, revision, in.Body) })
	})
	httpapi.Register(api, op("hear", http.MethodPost, version+"/hearing", "Ask for comments on a draft, of everybody and of parties by name", d.Write), func(ctx context.Context, in *struct {
		Changed
		Body struct {
			Closes  string   `json:"closes" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" doc:"Last day"`
			Parties []string `json:"parties" maxItems:"100" nullable:"false"`
			How     string   `json:"how" maxLength:"500" doc:"Where people may send their comments"`
		}
	}) (*httpapi.Item[Whole], error) {
		return d.step(ctx, &in.Changed, func(revision int64) (*Standard, error) {
			return d.Hear(ctx, in.ID, in.Number, revision, Hearing{Closes: in.Body.Closes, Parties: in.Body.Parties, How: in.Body.How})
		})
	})
	plain := func(id, method, path, summary string, do func(ctx context.Context, id string, number int, revision int64) (*Standard, error)) {
		httpapi.Register(api, op(id, method, version+path, summary, d.Write), func(ctx context.Context, in *Changed) (*httpapi.Item[Whole], error) {
			return d.step(ctx, in, func(revision int64) (*Standard, error) { return do(ctx, in.ID, in.Number, revision) })
		})
	}
	plain("close", http.MethodDelete, "/hearing", "End the time for comments, to mend the text", d.Close)
	plain("publish", http.MethodPost, "/publish", "Put what was approved in force from its day on; first in its pilot, if it has one", d.Publish)
	httpapi.Register(api, op("submit", http.MethodPost, version+"/submit", "Submit a draft, or a pilot that is to bind all; its impact is kept with it", d.Write), func(ctx context.Context, in *struct {
		Changed
		Body struct {
			From string `json:"from,omitempty" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$" doc:"Day from which it is to be in force, where that changes"`
		}
	}) (*httpapi.Item[Whole], error) {
		return d.step(ctx, &in.Changed, func(revision int64) (*Standard, error) {
			return d.Submit(ctx, in.ID, in.Number, revision, in.Body.From)
		})
	})
	httpapi.Register(api, op("approve", http.MethodPost, version+"/approve", "Approve exactly what was submitted by others", d.Agree), func(ctx context.Context, in *struct {
		Changed
		Body struct {
			Digest string `json:"digest" pattern:"^[0-9a-f]{64}$" doc:"Of what was looked at"`
		}
	}) (*httpapi.Item[Whole], error) {
		return d.step(ctx, &in.Changed, func(revision int64) (*Standard, error) {
			return d.Approve(ctx, in.ID, in.Number, revision, in.Body.Digest)
		})
	})
	reasoned := func(id, path, summary string, perm auth.Permission, do func(ctx context.Context, id string, number int, revision int64, reason string) (*Standard, error)) {
		httpapi.Register(api, op(id, http.MethodPost, version+path, summary, perm), func(ctx context.Context, in *struct {
			Changed
			Body struct {
				Reason string `json:"reason" minLength:"2" maxLength:"1000"`
			}
		}) (*httpapi.Item[Whole], error) {
			return d.step(ctx, &in.Changed, func(revision int64) (*Standard, error) { return do(ctx, in.ID, in.Number, revision, in.Body.Reason) })
		})
	}
	reasoned("reject", "/reject", "Send back what was submitted, or approved and not published", d.Agree, d.Reject)
	reasoned("withdraw", "/withdraw", "Give up a version that does not bind all", d.Write, d.Withdraw)
	httpapi.Register(api, op("repeal", http.MethodPost, version+"/repeal", "End a version that is in force, on a day", d.Agree), func(ctx context.Context, in *struct {
		Changed
		Body struct {
			On     string `json:"on" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" doc:"First day on which it is no longer in force"`
			Reason string `json:"reason" minLength:"2" maxLength:"1000"`
		}
	}) (*httpapi.Item[Whole], error) {
		return d.step(ctx, &in.Changed, func(revision int64) (*Standard, error) {
			return d.Repeal(ctx, in.ID, in.Number, revision, in.Body.On, in.Body.Reason)
		})
	})
}

// step does what needs the revision that the asker read, and shows the version as it then is.
func (d *Desk) step(ctx context.Context, in *Changed, do func(revision int64) (*Standard, error)) (*httpapi.Item[Whole], error) {
	revision, err := in.Version()
	if err != nil {
		return nil, err
	}
	s, err := do(revision)
	if err != nil {
		return nil, err
	}
	w, err := d.whole(ctx, d.DB, s, s.version(in.Number))
	return httpapi.One(w, s.Revision), err
}

func (d *Desk) registerComments(api *httpapi.API) {
	httpapi.Register(api, op("comments", http.MethodGet, version+"/comments", "What parties said of a version, and what was answered", d.Read), func(ctx context.Context, in *ByNumber) (*httpapi.List[Remark], error) {
		return httpapi.All(d.Remarks(ctx, in.ID, in.Number))
	})
	add := op("comment", http.MethodPost, version+"/comments", "Comment for a party, or enter what one sent", d.Read)
	add.Status, add.PerMinute = http.StatusCreated, 60
	httpapi.Register(api, add, func(ctx context.Context, in *struct {
		ByNumber
		Body NewRemark
	}) (*httpapi.Item[Remark], error) {
		c, err := d.Remark(ctx, in.ID, in.Number, in.Body)
		return httpapi.One(c, c.Revision), err
	})
	httpapi.Register(api, op("answer", http.MethodPut, version+"/comments/{comment}/answer", "Say what became of a comment, and why", d.Write), func(ctx context.Context, in *struct {
		Changed
		Comment string `path:"comment" maxLength:"26"`
		Body    struct {
			Verdict Verdict `json:"verdict" enum:"accepted,partly,declined"`
			Reason  string  `json:"reason" minLength:"2" maxLength:"2000"`
		}
	}) (*httpapi.Item[Remark], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		c, err := d.Answer(ctx, in.ID, in.Number, in.Comment, revision, in.Body.Verdict, in.Body.Reason)
		return httpapi.One(c, c.Revision), err
	})
}

func (d *Desk) registerImpact(api *httpapi.API) {
	get := op("impact", http.MethodGet, version+"/impact", "Who keeps each item on current facts, who would fail it, by how much, and how many live there", d.Read)
	get.PerMinute, get.AtOnce = 60, 2
	httpapi.Register(api, get, func(ctx context.Context, in *struct {
		ByNumber
		Kept bool `query:"kept" doc:"As it was kept when the version was submitted"`
	}) (*httpapi.Body[*Impact], error) {
		i, err := d.ImpactOf(ctx, in.ID, in.Number, in.Kept)
		return httpapi.Of(i), err
	})
	try := op("try", http.MethodPost, one+"/impact", "What items would mean that are not kept yet", d.Write)
	try.PerMinute, try.AtOnce = 60, 2
	httpapi.Register(api, try, func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Items []Item     `json:"items" maxItems:"80" nullable:"false"`
			Pilot *PilotPlan `json:"pilot,omitempty"`
		}
	}) (*httpapi.Body[*Impact], error) {
		i, err := d.Try(ctx, in.ID, in.Body.Items, in.Body.Pilot)
		return httpapi.Of(i), err
	})
	stand := op("compliance", http.MethodGet, "/api/measure/compliance", "How regions, or a thing, stand with everything that binds them", d.Read)
	stand.PerMinute, stand.AtOnce = 120, 2
	httpapi.Register(api, stand, func(ctx context.Context, in *struct {
		Region string        `query:"region" maxLength:"12" doc:"Region code; with level: those within it"`
		Thing  string        `query:"thing" maxLength:"80" doc:"Id of a thing, in the place of a region"`
		Level  string        `query:"level" enum:",city,district,township"`
		Period period.Period `query:"period" doc:"Empty: the latest that is known"`
	}) (*httpapi.List[Compliance], error) {
		units := []string{in.Thing}
		var err error
		if in.Thing == "" {
			units, err = d.unitsOf(ctx, in.Region, in.Level)
		} else {
			_, err = d.Ledger.SeeThing(ctx, d.DB, in.Thing)
		}
		if err != nil {
			return nil, err
		}
		return httpapi.All(d.Compliance(ctx, units, in.Period))
	})
}

// unitsOf are the regions that somebody asks about and may see.
func (d *Desk) unitsOf(ctx context.Context, code, level string) (units []string, err error) {
	tree := d.Ledger.Tree()
	r, err := tree.Region(code)
	if err != nil {
		return nil, fault.Of(err).At("query.region")
	}
	if err := auth.Check(ctx, d.Read, r.Path); err != nil {
		return nil, err
	}
	regions := []*fact.Region{r}
	if level != "" {
		regions = tree.Within(r.Path, level)
	}
	for _, r := range regions {
		units = append(units, r.Code)
	}
	return units, nil
}
