package alert

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// ByID names a message.
type ByID struct {
	ID string `path:"id" maxLength:"26" doc:"Message id"`
}

type item = httpapi.Item[*messageView]

func (m *Module) answer(ctx context.Context, msg *message.Message, err error) (*item, error) {
	if err != nil {
		return nil, err
	}
	return httpapi.One(m.view(ctx, msg), msg.Revision), nil
}

func op(id, method, path, summary string, access httpapi.Access) httpapi.Op {
	return httpapi.Op{ID: id, Method: method, Path: path, Summary: summary, Tag: "alert", Access: access}
}

func (m *Module) registerMessages(api *httpapi.API) {
	read, write, sign := httpapi.Needs(PermRead), httpapi.Needs(PermDraft), httpapi.Needs(PermCountersign)
	httpapi.Register(api, op("alert-list", http.MethodGet, "/api/alerts", "Messages within your regions and those issued to places there, newest first", read), m.httpList)
	create := op("alert-create", http.MethodPost, "/api/alerts", "Write a new message as a draft", write)
	create.Status, create.AtOnce = http.StatusCreated, 4 // an area costs processor time, as in a preview
	httpapi.Register(api, create, func(ctx context.Context, in *struct {
		Key  string `header:"Idempotency-Key" maxLength:"100" doc:"The same key from the same person makes the same message"`
		Body draft
	}) (*item, error) {
		msg, err := m.create(ctx, in.Body, in.Key)
		return m.answer(ctx, msg, err)
	})
	preview := op("alert-preview", http.MethodPost, "/api/alerts/preview", "Whom an area would reach, before anything is sent", write)
	preview.AtOnce = 2 // the one that a change of the area made pointless may still end
	httpapi.Register(api, preview, m.httpPreview)
	httpapi.Register(api, op("alert-get", http.MethodGet, "/api/alerts/{id}", "One message", read), func(ctx context.Context, in *ByID) (*item, error) {
		msg, err := m.see(ctx, m.DB, in.ID)
		return m.answer(ctx, msg, err)
	})
	edit := op("alert-edit", http.MethodPut, "/api/alerts/{id}", "Change the version being worked on; approvals become void", write)
	edit.AtOnce = 4
	httpapi.Register(api, edit, func(ctx context.Context, in *struct {
		ByID
		httpapi.IfMatch
		Body Wording
	}) (*item, error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		msg, err := m.edit(ctx, in.ID, revision, in.Body)
		return m.answer(ctx, msg, err)
	})
	httpapi.Register(api, op("alert-discard", http.MethodDelete, "/api/alerts/{id}", "Give up the version being worked on", write), func(ctx context.Context, in *struct {
		ByID
		httpapi.IfMatch
	}) (*item, error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		msg, err := m.discard(ctx, in.ID, revision)
		return m.answer(ctx, msg, err)
	})
	check := op("alert-check", http.MethodPost, "/api/alerts/{id}/check", "Submit the draft: it is verified, spoken, and its reach worked out", write)
	check.Vital, check.AtOnce = true, 2 // nobody's submissions keep another's waiting
	httpapi.Register(api, check, func(ctx context.Context, in *struct {
		ByID
		Body submission
	}) (*item, error) {
		msg, err := m.check(ctx, in.ID, in.Body)
		return m.answer(ctx, msg, err)
	})
	vital := func(o httpapi.Op) httpapi.Op { o.Vital = true; return o }
	httpapi.Register(api, vital(op("alert-countersign", http.MethodPost, "/api/alerts/{id}/countersign", "Approve exactly the content with this digest; the last approval issues it", sign)), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Digest string `json:"digest" pattern:"^[0-9a-f]{64}$" doc:"Digest of the version as you read it"`
			Fresh  bool   `json:"fresh,omitempty" doc:"True has it refused unless your second factor is fresh, as on a phone"`
		}
	}) (*item, error) {
		if in.Body.Fresh {
			if err := auth.RequireFresh(ctx, m.Clock.Now(), freshFor); err != nil {
				return nil, err
			}
		}
		msg, err := m.countersign(ctx, in.ID, in.Body.Digest)
		return m.answer(ctx, msg, err)
	})
	httpapi.Register(api, op("alert-reject", http.MethodPost, "/api/alerts/{id}/reject", "Send a checked version back to draft", sign), func(ctx context.Context, in *reasoned) (*item, error) {
		msg, err := m.reject(ctx, in.ID, in.Body.Reason)
		return m.answer(ctx, msg, err)
	})
	httpapi.Register(api, op("alert-update", http.MethodPost, "/api/alerts/{id}/update", "Begin a new version of a message on the air", write), func(ctx context.Context, in *ByID) (*item, error) {
		msg, err := m.revise(ctx, in.ID)
		return m.answer(ctx, msg, err)
	})
	httpapi.Register(api, vital(op("alert-cancel", http.MethodPost, "/api/alerts/{id}/cancel", "Take a message off the air", httpapi.Needs(PermCancel))), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Reason string `json:"reason" minLength:"2" maxLength:"500" text:"bared"`
		}
	}) (*item, error) {
		msg, err := m.cancel(ctx, in.ID, in.Body.Reason)
		return m.answer(ctx, msg, err)
	})
	httpapi.Register(api, vital(op("alert-stop-all", http.MethodPost, "/api/alerts/stop", "Stop everything in whole regions at once; needs a fresh second factor", httpapi.Needs(PermStopAll))), func(ctx context.Context, in *struct {
		Body struct {
			Regions []string `json:"regions" minItems:"1" maxItems:"100" doc:"Region codes"`
			Reason  string   `json:"reason" minLength:"4" maxLength:"500" text:"bared"`
		}
	}) (*httpapi.Body[*stop], error) {
		s, err := m.stopAll(ctx, in.Body.Regions, in.Body.Reason)
		return httpapi.Of(s), err
	})
	httpapi.Register(api, op("alert-stop-preview", http.MethodPost, "/api/alerts/stop/preview", "Which messages a stop in whole regions would end, and which it would silence there only", httpapi.Needs(PermStopAll)), func(ctx context.Context, in *struct {
		Body struct {
			Regions []string `json:"regions" minItems:"1" maxItems:"100" doc:"Region codes"`
		}
	}) (*httpapi.Body[stopPreview], error) {
		_, paths, err := m.stopArea(ctx, in.Body.Regions)
		if err != nil {
			return nil, err
		}
		ended, thinned, err := stopped(ctx, m.DB, paths)
		return httpapi.Of(stopPreview{idsOf(ended), idsOf(thinned)}), err
	})
	httpapi.Register(api, op("alert-stops", http.MethodGet, "/api/alerts/stops", "Stops of everything within your regions, newest first, and how terminals obeyed", read), func(ctx context.Context, in *struct{ httpapi.PageInput }) (*httpapi.List[stop], error) {
		found, err := listStops(ctx, m.DB, auth.ScopeOf(ctx, PermRead), in.Page())
		for i := range found.Items {
			if err == nil && found.Items[i].Figures == nil {
				found.Items[i].Figures, err = m.desk.Figures(ctx, found.Items[i].No, auth.Everywhere)
			}
		}
		return httpapi.Of(found), err
	})
	httpapi.Register(api, op("alert-versions", http.MethodGet, "/api/alerts/{id}/versions", "Every version of a message, the oldest first", read), func(ctx context.Context, in *ByID) (*httpapi.List[*versionView], error) {
		msg, err := m.see(ctx, m.DB, in.ID)
		if err != nil {
			return nil, err
		}
		versions, err := readVersions(ctx, m.DB, msg.ID)
		if !whole(sight(ctx, PermRead, msg)) {
			versions = slices.DeleteFunc(versions, func(v *message.Version) bool { return v.IssuedAt.IsZero() })
		}
		views := make([]*versionView, 0, len(versions))
		for _, v := range versions {
			views = append(views, m.viewVersion(ctx, msg, v))
		}
		return httpapi.All(views, err)
	})
}

// stopPreview is what a stop would do to messages.
type stopPreview struct {
	Messages []string `json:"messages" doc:"Messages that it would end"`
	Thinned  []string `json:"thinned" doc:"Messages that it would silence in these regions and that would go on elsewhere"`
}

// reasoned is a request for an act that needs a reason.
type reasoned struct {
	ByID
	Body struct {
		Reason string `json:"reason" minLength:"2" maxLength:"500"`
	}
}

type listInput struct {
	httpapi.PageInput
	State    []string  `query:"state" enum:"draft,checked,issued,in_progress,ended,discarded" doc:"One or more states"`
	Origin   []string  `query:"origin" enum:"desk,upper,lower,cap,timetable,phone" doc:"Where it came from, one or more; absent: anywhere but a timetable"`
	Class    string    `query:"class" enum:"emergency,everyday"`
	Kind     string    `query:"kind" enum:"real,platform_drill,head_end_drill,terminal_drill"`
	Severity string    `query:"severity" enum:"red,orange,yellow,blue,unknown"`
	Event    string    `query:"event" maxLength:"5" doc:"Beginning of an event code"`
	Region   string    `query:"region" maxLength:"200" doc:"Region path; its subtree"`
	Text     string    `query:"q" maxLength:"100" doc:"Words in the title"`
	From     time.Time `query:"from" doc:"Written at or after"`
	To       time.Time `query:"to" doc:"Written before"`
	Order    string    `query:"order" enum:"newest,gravity" doc:"The newest first, as it is without this, or the gravest: what is real before drills, emergencies before everyday matters, then by severity"`
}

func (m *Module) httpList(ctx context.Context, in *listInput) (*httpapi.List[summary], error) {
	scope := auth.ScopeOf(ctx, PermRead)
	found, err := listMessages(ctx, m.DB, filter{States: in.State, Origins: in.Origin, Class: in.Class, Kind: in.Kind, Severity: in.Severity, Event: in.Event,
		RegionPath: in.Region, Text: in.Text, From: in.From, To: in.To, Gravest: in.Order == "gravity", Scope: scope, Page: in.Page()})
	var ids []string
	for i := range found.Items {
		// Figures and drafts of what reaches beyond one's regions are not for the list.
		if s := &found.Items[i]; !scope.Allows(s.RegionPath) {
			s.Figures, s.Update = nil, ""
		}
		ids = append(ids, found.Items[i].ID)
	}
	if err != nil {
		return nil, err
	}
	alone, err := m.alone(ctx, ids...)
	for i := range found.Items {
		s := &found.Items[i]
		s.Alone = alone[versionKey{s.ID, s.Number}]
	}
	return httpapi.Of(found), err
}

// previewed is whom an area reaches and what the rules say.
type previewed struct {
	message.Reach
	Where   spelt         `json:"where" doc:"The area in words, as everybody will read them"`
	Verdict *rule.Verdict `json:"verdict,omitempty" doc:"What the rules would say; absent without event and severity"`
}

func (m *Module) httpPreview(ctx context.Context, in *struct {
	Body struct {
		Kind     message.Kind     `json:"kind" enum:"real,platform_drill,head_end_drill,terminal_drill"`
		Class    wire.Class       `json:"class,omitempty" enum:"emergency,everyday"`
		Event    string           `json:"event,omitempty" maxLength:"5"`
		Severity message.Severity `json:"severity,omitempty" enum:"red,orange,yellow,blue,unknown"`
		Area     message.Area     `json:"area"`
	}
}) (*httpapi.Body[previewed], error) {
	b := in.Body
	reach, places, err := m.preview(ctx, b.Kind, b.Area)
	if err != nil {
		return nil, err
	}
	out := previewed{Reach: reach, Where: spell(places)}
	if b.Event != "" && b.Severity != "" && b.Class != "" {
		v, err := m.explain(ctx, b.Kind, b.Class, message.Content{Event: ebd.EventType(b.Event), Severity: b.Severity, Area: b.Area})
		if err != nil {
			return nil, err
		}
		out.Verdict = &v
	}
	return httpapi.Of(out), nil
}
