package link

import (
	"context"
	"net/http"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// Permissions.
const (
	PermRead   auth.Permission = "link.read"
	PermManage auth.Permission = "link.manage"
)

// OpAdmit is the operation by which a node joins; its proof is the invitation's.
const OpAdmit = "link-admit"

// Stream is how far one kind of thing has been fetched from another node.
type Stream struct {
	Name   string     `json:"name" enum:"messages,receipts,deliveries,terminals"`
	Behind int64      `json:"behind" doc:"What the other node had, when it last answered, that is not here yet"`
	At     *time.Time `json:"at,omitempty" doc:"When it was last found complete"`
	Error  string     `json:"error,omitempty"`
}

// View is another node as people see it.
type View struct {
	ID      string     `json:"id"`
	Above   bool       `json:"above" doc:"It is the node above this one"`
	Site    string     `json:"site"`
	Region  string     `json:"region" doc:"Code of the region that it serves"`
	Level   string     `json:"level" enum:"nation,city,district"`
	State   State      `json:"state" enum:"invited,joined,revoked"`
	By      string     `json:"by"`
	Made    time.Time  `json:"made"`
	Expires *time.Time `json:"expires,omitempty" doc:"When an invitation ends"`
	Joined  *time.Time `json:"joined,omitempty"`
	Revoked *time.Time `json:"revoked,omitempty"`
	Up      bool       `json:"up" doc:"Whether it answers"`
	Since   *time.Time `json:"since,omitempty" doc:"Since when it does, or does not"`
	Heard   *time.Time `json:"heard,omitempty" doc:"When it answered last, since this node started"`
	Error   string     `json:"error,omitempty" doc:"What went wrong last, since this node started"`
	Streams []Stream   `json:"streams" doc:"What this node fetches from it"`
	Told    []Stream   `json:"told" doc:"What it fetches from this node: how much it lacked when it last asked, since this node started, and when that was"`
}

// OwnView is this node as nodes of other levels know it.
type OwnView struct {
	Site   string `json:"site"`
	Region string `json:"region" doc:"Code of the region that it serves"`
	Level  string `json:"level" enum:"nation,city,district"`
	Door   string `json:"door,omitempty" doc:"Address at which nodes below connect; absent where it takes none"`
}

// InvitedView is an invitation, shown once.
type InvitedView struct {
	View
	Invitation string `json:"invitation" doc:"For tongsheng link join at the other node; it works once"`
}

// Surface is what the operations need beside the desk.
type Surface struct {
	*Desk
	Links *Links
	// Find describes a region by code.
	Find func(ctx context.Context, code string) (path, level string, err error)
	// Streams tells how far this node is with another; it may be nil.
	Streams func(site string) []Stream
	// Told tells how far another node had come with this one when it last asked; it may be nil.
	Told func(site string) []Stream
	// FreshFor is how old the second factor of who changes links may be.
	FreshFor time.Duration
}

func some(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (s *Surface) view(n Node) View {
	v := View{ID: n.ID, Above: n.Above, Site: n.Site, Region: n.Region, Level: n.Level, State: n.State, By: n.By, Made: n.Made, Joined: some(n.Joined),
		Revoked: some(n.Revoked), Up: n.Up, Since: some(n.Since), Streams: []Stream{}, Told: []Stream{}}
	if n.State == Invited {
		v.Expires = some(n.Expires)
	}
	if n.State != Joined {
		return v
	}
	if seen, ok := s.Links.Look(n.Site); ok {
		v.Heard, v.Error = some(seen.Heard), seen.Error
	}
	if s.Streams != nil {
		v.Streams = append(v.Streams, s.Streams(n.Site)...)
	}
	if s.Told != nil {
		v.Told = append(v.Told, s.Told(n.Site)...)
	}
	return v
}

// Register adds the operations.
func (s *Surface) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Op{ID: "link-list", Method: http.MethodGet, Path: "/api/links", Tag: "system",
		Summary: "The nodes of other levels that this one is joined to, the one above first", Access: httpapi.Needs(PermRead)},
		func(ctx context.Context, _ *struct{}) (*httpapi.Body[[]View], error) {
			nodes, err := Nodes(ctx, s.DB)
			out := make([]View, 0, len(nodes))
			for _, n := range nodes {
				out = append(out, s.view(n))
			}
			return httpapi.Of(out), err
		})
	httpapi.Register(api, httpapi.Op{ID: "link-own", Method: http.MethodGet, Path: "/api/links/own", Tag: "system",
		Summary: "This node as nodes of other levels know it", Access: httpapi.Needs(PermRead)},
		func(context.Context, *struct{}) (*httpapi.Body[OwnView], error) {
			return httpapi.Of(OwnView{s.Site, s.Region, s.Level, s.Address}), nil
		})
	httpapi.Register(api, httpapi.Op{ID: "link-invite", Method: http.MethodPost, Path: "/api/links", Tag: "system", Status: http.StatusCreated,
		Summary: "Invite a node that serves a region below", Access: httpapi.Needs(PermManage)},
		func(ctx context.Context, in *struct {
			Body struct {
				Site   string `json:"site" minLength:"1" maxLength:"40" pattern:"^[A-Za-z0-9_-]+$"`
				Region string `json:"region" pattern:"^[0-9]{12}$"`
			}
		}) (*httpapi.Body[InvitedView], error) {
			if err := s.may(ctx); err != nil {
				return nil, err
			}
			path, level, err := s.Find(ctx, in.Body.Region)
			if err != nil {
				return nil, err
			}
			n, text, err := s.Invite(ctx, in.Body.Site, in.Body.Region, path, level)
			if err != nil {
				return nil, err
			}
			return httpapi.Of(InvitedView{s.view(n), text}), nil
		})
	httpapi.Register(api, httpapi.Op{ID: "link-join", Method: http.MethodPost, Path: "/api/links/join", Tag: "system", Status: http.StatusOK, PerMinute: 10,
		Summary: "Take up an invitation of the node above", Access: httpapi.Needs(PermManage)},
		func(ctx context.Context, in *struct {
			Body struct {
				Invitation string `json:"invitation" minLength:"1" maxLength:"2000"`
			}
		}) (*httpapi.Body[View], error) {
			if err := s.may(ctx); err != nil {
				return nil, err
			}
			n, err := s.Join(ctx, in.Body.Invitation)
			if err != nil {
				return nil, err
			}
			return httpapi.Of(s.view(n)), nil
		})
	httpapi.Register(api, httpapi.Op{ID: OpAdmit, Method: http.MethodPost, Path: "/api/links/admit", Tag: "system", Status: http.StatusOK, PerMinute: 10,
		Summary: "What a node that joins asks of the one that invited it", Access: httpapi.Public},
		func(ctx context.Context, in *struct{ Body Request }) (*httpapi.Body[Request], error) {
			if s.Address == "" {
				return nil, fault.New(fault.Forbidden, "link.invitation.refused")
			}
			answer, err := s.Admit(ctx, in.Body)
			return httpapi.Of(answer), err
		})
	httpapi.Register(api, httpapi.Op{ID: "link-revoke", Method: http.MethodDelete, Path: "/api/links/{id}", Tag: "system",
		Summary: "Cut a node off for good", Access: httpapi.Needs(PermManage)},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"40"`
		}) (*httpapi.Empty, error) {
			if err := s.may(ctx); err != nil {
				return nil, err
			}
			return nil, s.Revoke(ctx, in.ID)
		})
}

// may guards what changes who is joined.
func (s *Surface) may(ctx context.Context) error {
	if err := auth.Check(ctx, PermManage, auth.Root); err != nil {
		return err
	}
	return auth.RequireFresh(ctx, s.DB.Clock().Now(), s.FreshFor)
}
