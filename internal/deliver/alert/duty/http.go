package duty

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func op(id, method, path, summary string, access httpapi.Access) httpapi.Op {
	return httpapi.Op{ID: "duty-" + id, Method: method, Path: path, Summary: summary, Tag: "duty", Access: access}
}

func vital(o httpapi.Op) httpapi.Op { o.Vital = true; return o }

// ByID names a thing of the desk.
type ByID struct {
	ID string `path:"id" maxLength:"26" doc:"Id"`
}

// TakeOver is embedded in the input of taking what somebody else may look after.
type TakeOver struct {
	From string `query:"from" maxLength:"100" doc:"Name of who looks after it until now, to take it over from them; without it what another looks after is refused (409)"`
}

// Register adds the desk's operations.
func (d *Desk) Register(api *httpapi.API) {
	d.registerDesk(api)
	d.registerRoster(api)
	d.registerShifts(api)
	d.registerLog(api)
	d.registerReports(api)
	d.registerPhone(api)
}

// DeskView is what the duty desk shows.
type DeskView struct {
	Waiting []Item   `json:"waiting" doc:"What waits for a person: first what nobody took, the gravest first, of one severity what is real before drills"`
	OnAir   []Airing `json:"onAir" doc:"What is on the air, by district"`
	Sounds  int      `json:"sounds" doc:"How many of them nobody took"`
}

func (d *Desk) registerDesk(api *httpapi.API) {
	keep := httpapi.Needs(d.Keep)
	httpapi.Register(api, op("desk", http.MethodGet, "/api/duty/desk", "What waits for a person within your regions, and what is on the air where", keep), func(ctx context.Context, _ *struct{}) (*httpapi.Body[DeskView], error) {
		scope := auth.ScopeOf(ctx, d.Keep)
		items, err := d.queue(ctx, scope)
		if err != nil {
			return nil, err
		}
		v := DeskView{Waiting: items}
		for _, it := range items {
			if it.Sounds {
				v.Sounds++
			}
		}
		v.OnAir, err = d.Alerts.OnAir(ctx, scope)
		return httpapi.Of(v), err
	})
	httpapi.Register(api, vital(op("claim", http.MethodPost, "/api/duty/desk/{kind}/{id}/take", "Look after what waits: it sounds at no desk any more", keep)), func(ctx context.Context, in *struct {
		ByID
		Kind string `path:"kind" enum:"arrival,drill,countersign,review,output,silent,report"`
		TakeOver
	}) (*httpapi.Body[Item], error) {
		it, err := d.claim(ctx, in.Kind, in.ID, in.From)
		if err != nil {
			return nil, err
		}
		return httpapi.Of(*it), nil
	})
}

// ShiftView is a shift as people see it.
type ShiftView struct {
	ID         string     `json:"id"`
	Post       string     `json:"post"`
	PostName   string     `json:"postName" doc:"What it was called when the shift ended, else now"`
	RegionPath string     `json:"regionPath"`
	Person     string     `json:"person" doc:"Id of who keeps, or kept, it"`
	Name       string     `json:"name"`
	BeganAt    time.Time  `json:"beganAt"`
	OfferedAt  *time.Time `json:"offeredAt,omitempty" doc:"When the giver signed the handover"`
	Digest     string     `json:"digest,omitempty" doc:"SM3 of the content that was signed"`
	EndedAt    *time.Time `json:"endedAt,omitempty"`
	How        string     `json:"how,omitempty" enum:"taken,closed"`
	Taker      string     `json:"taker,omitempty" doc:"Name of who took it, or of the leader who closed it"`
	Reason     string     `json:"reason,omitempty" doc:"Why a leader closed it"`
	Content    *Content   `json:"content,omitempty" doc:"What is handed over: as signed, else as it stands now; only of one shift"`
	Proof      *Proof     `json:"proof,omitempty" doc:"Whether signatures hold; only of one shift that is over"`
}

func viewShift(s *Shift) ShiftView {
	return ShiftView{ID: s.ID, Post: s.Post, PostName: s.PostName, RegionPath: s.RegionPath, Person: s.By.ID, Name: s.By.Name, BeganAt: s.BeganAt, OfferedAt: moment(s.OfferedAt),
		Digest: s.Digest, EndedAt: moment(s.EndedAt), How: s.How, Taker: s.Taker.Name, Reason: s.Reason}
}

// whole is a shift with all that it hands over.
func (d *Desk) whole(ctx context.Context, s *Shift) (*ShiftView, error) {
	v := viewShift(s)
	var err error
	if s.Content != "" {
		v.Content = new(Content)
		err = json.Unmarshal([]byte(s.Content), v.Content)
	} else {
		v.Content, err = d.summarise(ctx, s, &Post{Name: s.PostName, RegionPath: s.RegionPath}, d.Clock.Now(), "")
	}
	if !s.EndedAt.IsZero() {
		p := d.verify(s)
		v.Proof = &p
	}
	return &v, err
}

// seen is a shift that the asker may read.
func (d *Desk) seen(ctx context.Context, id string) (*Shift, error) {
	s, err := readShift(ctx, d.DB, id)
	if err == nil && !auth.ScopeOf(ctx, d.Keep).Allows(s.RegionPath) {
		return nil, errNoShift()
	}
	return s, err
}

func (d *Desk) registerShifts(api *httpapi.API) {
	const path = "/api/duty/shifts"
	keep, plan := httpapi.Needs(d.Keep), httpapi.Needs(d.Plan)
	answer := func(ctx context.Context, s *Shift, err error) (*httpapi.Body[ShiftView], error) {
		if err != nil {
			return nil, err
		}
		v, err := d.whole(ctx, s)
		if err != nil {
			return nil, err
		}
		return httpapi.Of(*v), nil
	}
	httpapi.Register(api, op("shifts", http.MethodGet, path, "Shifts within your regions, newest first", keep), func(ctx context.Context, in *struct {
		httpapi.PageInput
		Post string `query:"post" maxLength:"26" doc:"Id of the post"`
	}) (*httpapi.List[ShiftView], error) {
		found, err := listShifts(ctx, d.DB, in.Post, auth.ScopeOf(ctx, d.Keep), in.Page())
		if err != nil {
			return nil, err
		}
		out := store.Listing[ShiftView]{Items: []ShiftView{}, Next: found.Next, Total: found.Total}
		for _, s := range found.Items {
			out.Items = append(out.Items, viewShift(s))
		}
		return httpapi.Of(out), err
	})
	httpapi.Register(api, vital(op("sign-on", http.MethodPost, "/api/duty/posts/{id}/sign-on", "Begin a shift at a post that nobody keeps", keep)), func(ctx context.Context, in *ByID) (*httpapi.Body[ShiftView], error) {
		s, err := d.SignOn(ctx, in.ID)
		return answer(ctx, s, err)
	})
	httpapi.Register(api, op("shift", http.MethodGet, path+"/{id}", "One shift with what it hands over, and whether its signatures hold", keep), func(ctx context.Context, in *ByID) (*httpapi.Body[ShiftView], error) {
		s, err := d.seen(ctx, in.ID)
		return answer(ctx, s, err)
	})
	httpapi.Register(api, vital(op("offer", http.MethodPost, path+"/{id}/offer", "Sign what you hand over; needs a fresh second factor", keep)), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Remarks string `json:"remarks" maxLength:"4000" doc:"What the next one must know"`
		}
	}) (*httpapi.Body[ShiftView], error) {
		s, err := d.Offer(ctx, in.ID, in.Body.Remarks)
		return answer(ctx, s, err)
	})
	httpapi.Register(api, vital(op("accept", http.MethodPost, path+"/{id}/accept", "Sign what somebody hands over to you, and begin your shift; needs a fresh second factor", keep)), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Digest string `json:"digest" pattern:"^[0-9a-f]{64}$" doc:"Digest of the content as you read it"`
		}
	}) (*httpapi.Body[ShiftView], error) {
		s, err := d.Accept(ctx, in.ID, in.Body.Digest)
		return answer(ctx, s, err)
	})
	httpapi.Register(api, vital(op("close", http.MethodPost, path+"/{id}/close", "End a shift that nobody is there to take, as the leader; needs a fresh second factor", plan)), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Reason string `json:"reason" minLength:"2" maxLength:"500"`
		}
	}) (*httpapi.Body[ShiftView], error) {
		s, err := d.Close(ctx, in.ID, in.Body.Reason)
		return answer(ctx, s, err)
	})
	d.registerPaper(api)
}

func (d *Desk) registerReports(api *httpapi.API) {
	const path = "/api/duty/reports"
	keep := httpapi.Needs(d.Keep)
	httpapi.Register(api, op("reports", http.MethodGet, path, "What newsrooms on call were told to report, newest first", keep), func(ctx context.Context, in *struct {
		httpapi.PageInput
		Message string `query:"message" maxLength:"26" doc:"Id of the message"`
		Open    bool   `query:"open" doc:"Only what is not reported yet"`
	}) (*httpapi.List[*Report], error) {
		found, err := listReports(ctx, d.DB, reportFilter{Message: in.Message, Open: in.Open, Scope: auth.ScopeOf(ctx, d.Keep), Page: in.Page()})
		return httpapi.Of(found), err
	})
	httpapi.Register(api, vital(op("report-ack", http.MethodPost, path+"/{id}/acknowledge", "Say that the newsroom knows", keep)), func(ctx context.Context, in *ByID) (*httpapi.Body[*Report], error) {
		r, err := d.Acknowledge(ctx, in.ID)
		return httpapi.Of(r), err
	})
	httpapi.Register(api, vital(op("report-done", http.MethodPost, path+"/{id}/done", "Say that the newsroom reported, and where", keep)), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Link string `json:"link" minLength:"1" maxLength:"500" doc:"Address of what was published"`
			Note string `json:"note,omitempty" maxLength:"500"`
		}
	}) (*httpapi.Body[*Report], error) {
		r, err := d.Done(ctx, in.ID, in.Body.Link, in.Body.Note)
		return httpapi.Of(r), err
	})
}
