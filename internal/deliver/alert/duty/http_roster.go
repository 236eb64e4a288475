package duty

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// PostView is a post, and who keeps it now.
type PostView struct {
	ID         string             `json:"id"`
	Name       string             `json:"name"`
	Purpose    Purpose            `json:"purpose" enum:"desk,leader,newsroom"`
	RegionPath string             `json:"regionPath"`
	Severities []message.Severity `json:"severities" doc:"Of messages that a newsroom is told of; none: red and orange"`
	Minutes    int                `json:"minutes"`
	Turn       *Turn              `json:"turn,omitempty" doc:"Whom the roster names now"`
	Next       *Turn              `json:"next,omitempty" doc:"Whom it names next, within a week"`
	Shift      *ShiftView         `json:"shift,omitempty" doc:"Who signed on and keeps it"`
	Revision   int64              `json:"revision"`
}

func (d *Desk) viewPost(ctx context.Context, p *Post) (PostView, error) {
	v := PostView{ID: p.ID, Name: p.Name, Purpose: p.Purpose, RegionPath: p.RegionPath, Severities: p.Severities, Minutes: p.Minutes, Revision: p.Revision}
	if v.Severities == nil {
		v.Severities = []message.Severity{}
	}
	now := d.Clock.Now()
	turns, err := turnsBetween(ctx, d.DB, p.ID, now, now.AddDate(0, 0, 7))
	if err != nil {
		return v, err
	}
	for i := range turns {
		switch t := &turns[i]; {
		case !t.From.After(now):
			v.Turn = t
		case v.Next == nil:
			v.Next = t
		}
	}
	open, err := openShift(ctx, d.DB, p.ID)
	if open != nil {
		s := viewShift(open)
		v.Shift = &s
	}
	return v, err
}

// Roster is the turns of a post in a time, and what nobody keeps of it.
type Roster struct {
	Turns []Turn `json:"turns"`
	Gaps  []Gap  `json:"gaps" doc:"Times that nobody is to keep"`
}

// Colleague is somebody who may be put on a roster.
type Colleague struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Number string `json:"number,omitempty" doc:"Where notices reach them, and from where they may telephone"`
	PIN    bool   `json:"pin" doc:"They chose a PIN for telephoning"`
}

func (d *Desk) registerRoster(api *httpapi.API) {
	const path = "/api/duty/posts"
	keep, plan := httpapi.Needs(d.Keep), httpapi.Needs(d.Plan)
	item := func(ctx context.Context, p *Post, err error) (*httpapi.Item[PostView], error) {
		if err != nil {
			return nil, err
		}
		v, err := d.viewPost(ctx, p)
		return httpapi.One(v, p.Revision), err
	}
	httpapi.Register(api, op("posts", http.MethodGet, path, "Duty posts within your regions, and who keeps them now", keep), func(ctx context.Context, _ *struct{}) (*httpapi.List[PostView], error) {
		posts, err := listPosts(ctx, d.DB)
		if err != nil {
			return nil, err
		}
		scope, views := auth.ScopeOf(ctx, d.Keep), []PostView{}
		for _, p := range posts {
			if !scope.Allows(p.RegionPath) {
				continue
			}
			v, err := d.viewPost(ctx, p)
			if err != nil {
				return nil, err
			}
			views = append(views, v)
		}
		return httpapi.All(views, nil)
	})
	create := op("post-create", http.MethodPost, path, "Set up a duty post", plan)
	create.Status = http.StatusCreated
	httpapi.Register(api, create, func(ctx context.Context, in *struct{ Body PostSetup }) (*httpapi.Item[PostView], error) {
		p, err := d.createPost(ctx, in.Body)
		return item(ctx, p, err)
	})
	httpapi.Register(api, op("post-put", http.MethodPut, path+"/{id}", "Change a duty post", plan), func(ctx context.Context, in *struct {
		ByID
		httpapi.IfMatch
		Body PostSetup
	}) (*httpapi.Item[PostView], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		p, err := d.changePost(ctx, in.ID, revision, in.Body)
		return item(ctx, p, err)
	})
	httpapi.Register(api, op("post-retire", http.MethodDelete, path+"/{id}", "Give up a duty post that nobody keeps: what its roster names from now on comes off; its shifts and its log stay", plan), func(ctx context.Context, in *struct {
		ByID
		httpapi.IfMatch
	}) (*httpapi.Empty, error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return nil, d.retirePost(ctx, in.ID, revision)
	})
	httpapi.Register(api, op("turns", http.MethodGet, path+"/{id}/turns", "The roster of a post, and what nobody keeps", keep), func(ctx context.Context, in *struct {
		ByID
		From time.Time `query:"from" doc:"Absent: now"`
		To   time.Time `query:"to" doc:"Absent: two weeks later; at most a year"`
	}) (*httpapi.Body[Roster], error) {
		p, err := d.post(ctx, d.DB, d.Keep, in.ID)
		if err != nil {
			return nil, err
		}
		from, to := in.From, in.To
		if from.IsZero() {
			from = d.Clock.Now()
		}
		if to.IsZero() {
			to = from.AddDate(0, 0, 14)
		}
		if to.Before(from) || to.After(from.AddDate(1, 0, 1)) {
			return nil, fault.Bad("query.to", "alert.duty.day")
		}
		turns, err := turnsBetween(ctx, d.DB, p.ID, from, to)
		return httpapi.Of(Roster{turns, Gaps(turns, from, to)}), err
	})
	httpapi.Register(api, op("plan", http.MethodPost, path+"/{id}/turns", "Put a pattern that repeats on the roster; one day is a pattern too", plan), func(ctx context.Context, in *struct {
		ByID
		Body Pattern
	}) (*httpapi.List[Turn], error) {
		turns, err := d.plan(ctx, in.ID, in.Body)
		if err != nil {
			return nil, err
		}
		return httpapi.All(turns, nil)
	})
	httpapi.Register(api, op("unplan", http.MethodDelete, path+"/{id}/turns/{turn}", "Take one turn off the roster", plan), func(ctx context.Context, in *struct {
		ByID
		Turn string `path:"turn" maxLength:"26"`
	}) (*httpapi.Empty, error) {
		return nil, d.unplan(ctx, in.ID, in.Turn)
	})
	httpapi.Register(api, op("people", http.MethodGet, path+"/{id}/people", "Who may be put on the roster of a post", plan), func(ctx context.Context, in *ByID) (*httpapi.List[Colleague], error) {
		p, err := d.post(ctx, d.DB, d.Plan, in.ID)
		if err != nil {
			return nil, err
		}
		people, err := d.people(ctx, p)
		if err != nil {
			return nil, err
		}
		out := []Colleague{}
		for _, who := range people {
			c, err := contactOf(ctx, d.DB, who.ID)
			if err != nil {
				return nil, err
			}
			out = append(out, Colleague{who.ID, who.Name, c.Number, c.PIN != ""})
		}
		return httpapi.All(out, nil)
	})
	httpapi.Register(api, op("contact", http.MethodPut, path+"/{id}/people/{person}", "Say how somebody on the roster is reached", plan), func(ctx context.Context, in *struct {
		ByID
		Person string `path:"person" maxLength:"40"`
		Body   struct {
			Number string `json:"number" maxLength:"30" doc:"Empty forgets it"`
		}
	}) (*httpapi.Empty, error) {
		return nil, d.setNumber(ctx, in.ID, in.Person, in.Body.Number)
	})
	d.registerGateways(api)
}

// GatewayView is a gateway as people see it.
type GatewayView struct {
	ID         string     `json:"id"`
	Kind       string     `json:"kind" enum:"staff,phone" doc:"staff takes notices to people on duty, phone makes calls"`
	Name       string     `json:"name"`
	RegionPath string     `json:"regionPath"`
	URL        string     `json:"url,omitempty"`
	UsedAt     *time.Time `json:"usedAt,omitempty"`
	FailedAt   *time.Time `json:"failedAt,omitempty"`
	Failure    string     `json:"failure,omitempty"`
	Secret     string     `json:"secret,omitempty" doc:"Told once, when the gateway is set up"`
}

func viewGateway(g *gateway, secret string) GatewayView {
	return GatewayView{g.ID, g.Kind, g.Name, g.RegionPath, g.URL, moment(g.UsedAt), moment(g.FailedAt), g.Failure, secret}
}

func (d *Desk) registerGateways(api *httpapi.API) {
	const path = "/api/duty/gateways"
	edit := httpapi.Needs(d.Edit)
	httpapi.Register(api, op("gateways", http.MethodGet, path, "Gateways for notices to staff and for calls", edit), func(ctx context.Context, _ *struct{}) (*httpapi.List[GatewayView], error) {
		found, err := listGateways(ctx, d.DB)
		if err != nil {
			return nil, err
		}
		scope, views := auth.ScopeOf(ctx, d.Edit), []GatewayView{}
		for _, g := range slices.Backward(found) {
			if scope.Allows(g.RegionPath) {
				views = append(views, viewGateway(g, ""))
			}
		}
		return httpapi.All(views, nil)
	})
	create := op("gateway-create", http.MethodPost, path, "Set up a gateway; the secret in the answer is told once; needs a fresh second factor", edit)
	create.Status = http.StatusCreated
	httpapi.Register(api, create, func(ctx context.Context, in *struct {
		Body struct {
			Kind       string `json:"kind" enum:"phone,staff"`
			Name       string `json:"name" minLength:"1" maxLength:"60" text:"name"`
			RegionCode string `json:"regionCode" pattern:"^[0-9]{12}$"`
			URL        string `json:"url,omitempty" maxLength:"500" doc:"Where a gateway for staff listens"`
		}
	}) (*httpapi.Body[GatewayView], error) {
		g, secret, err := d.createGateway(ctx, in.Body.Kind, in.Body.Name, in.Body.RegionCode, in.Body.URL)
		if err != nil {
			return nil, err
		}
		return httpapi.Of(viewGateway(g, secret)), nil
	})
	httpapi.Register(api, op("gateway-retire", http.MethodDelete, path+"/{id}", "Give up a gateway; needs a fresh second factor", edit), func(ctx context.Context, in *ByID) (*httpapi.Empty, error) {
		return nil, d.retireGateway(ctx, in.ID)
	})
}
