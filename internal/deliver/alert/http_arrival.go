package alert

import (
	"context"
	"net/http"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/duty"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// arrivalView is what came from outside, as the console sees it.
type arrivalView struct {
	ID         string               `json:"id"`
	Origin     string               `json:"origin" enum:"upper,lower,cap,timetable,phone"`
	Source     string               `json:"source" doc:"Id of the named source"`
	SourceName string               `json:"sourceName"`
	Ref        string               `json:"ref" doc:"What identifies it at the source"`
	Act        message.Act          `json:"act" enum:"new,update,cancel"`
	Message    string               `json:"message,omitempty" doc:"The message that it became or changed"`
	Number     int                  `json:"number,omitempty" doc:"Version that it became"`
	RegionPath string               `json:"regionPath"`
	Kind       string               `json:"kind"`
	Class      string               `json:"class"`
	Event      eventView            `json:"event"`
	Severity   message.Severity     `json:"severity"`
	Title      string               `json:"title"`
	Doubts     []string             `json:"doubts" doc:"Why a person should look at it"`
	Original   string               `json:"original,omitempty" doc:"Where what came can be fetched, as it came"`
	State      message.ArrivalState `json:"state" enum:"waiting,issued,ended,refused,dismissed,nothing"`
	Reason     string               `json:"reason,omitempty" doc:"Why it was refused or waits"`
	At         time.Time            `json:"at"`
	AloneAt    *time.Time           `json:"aloneAt,omitempty" doc:"When it goes out though nobody answered"`
	Alone      bool                 `json:"alone" doc:"It went out without anybody's countersignature"`
	TakenBy    string               `json:"takenBy,omitempty" doc:"Who looks after it"`
	TakenAt    *time.Time           `json:"takenAt,omitempty"`
	ReviewedAt *time.Time           `json:"reviewedAt,omitempty" doc:"When somebody looked at it after the fact"`
	Note       string               `json:"note,omitempty"`
}

func viewArrival(ctx context.Context, a *arrival) arrivalView {
	v := arrivalView{ID: a.ID, Origin: a.Origin.Kind, Source: a.Origin.Source, SourceName: a.Origin.Name, Ref: a.Ref, Act: a.Act, Message: a.MessageID,
		Number: a.Number, RegionPath: a.RegionPath, Kind: string(a.Kind), Class: string(a.Class), Event: viewEvent(ebd.EventType(a.Event)), Severity: a.Severity, Title: a.Title,
		Doubts: a.Doubts, State: a.State, At: a.At, AloneAt: moment(a.AloneAt), Alone: a.Alone, TakenBy: a.TakenBy.Name, TakenAt: moment(a.TakenAt),
		ReviewedAt: moment(a.ReviewedAt), Note: a.Note}
	if v.Doubts == nil {
		v.Doubts = []string{}
	}
	if a.Original != "" {
		v.Original = message.MediaPath(a.Original)
	}
	if a.Why != nil {
		v.Reason = i18n.T(httpapi.LangOf(ctx), a.Why.Code, a.Why.Args)
	}
	return v
}

// ByArrival names an arrival.
type ByArrival struct {
	ID string `path:"id" maxLength:"26" doc:"Id of the arrival"`
}

type noteBody struct {
	Note string `json:"note,omitempty" maxLength:"500"`
}

func (m *Module) registerArrivals(api *httpapi.API) {
	const path = "/api/alert-arrivals"
	read := httpapi.Needs(PermRead)
	httpapi.Register(api, op("alert-arrivals", http.MethodGet, path, "What came from outside within your regions, newest first", read), func(ctx context.Context, in *struct {
		httpapi.PageInput
		ID      string   `query:"id" maxLength:"26" doc:"Only this one"`
		State   []string `query:"state" enum:"waiting,issued,ended,refused,dismissed,nothing" doc:"One or more states"`
		Message string   `query:"message" maxLength:"26" doc:"Id of the message that it became or changed"`
		Review  bool     `query:"review" doc:"Only what went out by itself and nobody looked at since"`
	}) (*httpapi.List[arrivalView], error) {
		found, err := listArrivals(ctx, m.DB, arrivalFilter{ID: in.ID, States: in.State, Message: in.Message, Review: in.Review, Scope: auth.ScopeOf(ctx, PermRead), Page: in.Page()})
		out := store.Listing[arrivalView]{Items: make([]arrivalView, len(found.Items)), Next: found.Next, Total: found.Total}
		for i, a := range found.Items {
			out.Items[i] = viewArrival(ctx, a)
		}
		return httpapi.Of(out), err
	})
	act := func(id, verb, summary string, needs auth.Permission, do func(ctx context.Context, id, note string) (*arrival, error)) {
		o := op("alert-arrival-"+id, http.MethodPost, path+"/{id}/"+verb, summary, httpapi.Needs(needs))
		o.Vital = true
		httpapi.Register(api, o, func(ctx context.Context, in *struct {
			ByArrival
			Body noteBody
		}) (*httpapi.Body[arrivalView], error) {
			a, err := do(ctx, in.ID, in.Body.Note)
			return answered(ctx, a, err)
		})
	}
	take := op("alert-arrival-take", http.MethodPost, path+"/{id}/take", "Look after an arrival: it stops sounding at every desk", httpapi.Needs(PermDraft))
	take.Vital = true
	httpapi.Register(api, take, func(ctx context.Context, in *struct {
		ByArrival
		duty.TakeOver
		Body noteBody
	}) (*httpapi.Body[arrivalView], error) {
		a, err := m.takeUp(ctx, in.ID, in.Body.Note, in.From)
		return answered(ctx, a, err)
	})
	act("dismiss", "dismiss", "Give up what came from outside, with a reason; its message is discarded", PermDraft, m.dismiss)
	act("review", "review", "Say after the fact what one thinks of what went out by itself", PermCountersign, m.review)
}

func answered(ctx context.Context, a *arrival, err error) (*httpapi.Body[arrivalView], error) {
	if err != nil {
		return nil, err
	}
	return httpapi.Of(viewArrival(ctx, a)), nil
}

// attend changes an arrival that the asker may look after.
func (m *Module) attend(ctx context.Context, perm auth.Permission, id, action, note string, do func(tx *store.Tx, a *arrival) error) (a *arrival, err error) {
	err = m.DB.Update(ctx, func(tx *store.Tx) error {
		if a, err = readArrival(ctx, tx, id); err != nil {
			return err
		}
		if !auth.ScopeOf(ctx, PermRead).Allows(a.RegionPath) {
			return fault.New(fault.NotFound, "alert.arrival.not_found")
		}
		if err := auth.Check(ctx, perm, a.RegionPath); err != nil {
			return err
		}
		if err := do(tx, a); err != nil {
			return err
		}
		if err := updateArrival(ctx, tx, a); err != nil {
			return err
		}
		entry := duty.Entry{RegionPath: a.RegionPath, Kind: logged[action], Object: "alert-arrival:" + a.ID,
			Args: map[string]any{"title": message.Word(a.Kind, message.Text{Lang: "zh", Title: a.Title}).Title, "note": note, "what": "arrival"}}
		if a.From != "" {
			entry.Kind, entry.Args["from"] = "taken_over", a.From
		}
		if err := m.Duty.Record(ctx, tx, entry); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert.arrival." + action, Object: "alert-arrival:" + a.ID, RegionPath: a.RegionPath,
			Detail: map[string]any{"message": a.MessageID, "ref": a.Ref, "note": note, "from": a.From}})
	})
	if err == nil {
		m.Live.Tell("alert.arrived", PermRead, a.RegionPath, map[string]any{"id": a.ID, "state": a.State})
	}
	return a, err
}

// logged are acts on arrivals as the duty log calls them.
var logged = map[string]string{"take": "taken", "dismiss": "dismissed", "review": "reviewed"}

// takeUp says that somebody looks after an arrival; another may take it over, and says from whom.
func (m *Module) takeUp(ctx context.Context, id, note, from string) (*arrival, error) {
	return m.attend(ctx, PermDraft, id, "take", note, func(tx *store.Tx, a *arrival) error {
		if a.TakenBy.ID != "" && a.TakenBy.ID != person(ctx).ID {
			if a.From = a.TakenBy.Name; a.From != from {
				return duty.Held(a.From)
			}
		}
		a.TakenBy, a.TakenAt = person(ctx), tx.Now
		return nil
	})
}

// dismiss gives up what came from outside, and the draft that it became.
func (m *Module) dismiss(ctx context.Context, id, note string) (*arrival, error) {
	var msg *message.Message
	a, err := m.attend(ctx, PermDraft, id, "dismiss", note, func(tx *store.Tx, a *arrival) error {
		if len([]rune(note)) < 2 {
			return fault.Bad("note", "alert.arrival.why")
		}
		if a.State != message.Waiting && a.State != message.Refused {
			return fault.New(fault.Conflict, "alert.arrival.over")
		}
		if a.State == message.Waiting && a.MessageID != "" {
			var err error
			if msg, err = readMessage(ctx, tx, a.MessageID); err != nil {
				return err
			}
			if err := msg.Discard(tx.Now); err != nil {
				return err
			}
			if err := writeMessage(ctx, tx, msg); err != nil {
				return err
			}
			if err := closeArrivals(ctx, tx, msg.ID, message.Dismissed); err != nil {
				return err
			}
		}
		a.State, a.Note, a.AloneAt = message.Dismissed, note, time.Time{}
		if a.TakenAt.IsZero() {
			a.TakenBy, a.TakenAt = person(ctx), tx.Now
		}
		return nil
	})
	if err == nil && msg != nil {
		m.told(msg)
	}
	return a, err
}

// review says what somebody thinks of what went out without anybody here.
func (m *Module) review(ctx context.Context, id, note string) (*arrival, error) {
	return m.attend(ctx, PermCountersign, id, "review", note, func(tx *store.Tx, a *arrival) error {
		if !a.Alone {
			return fault.New(fault.Conflict, "alert.arrival.not_alone")
		}
		a.ReviewedBy, a.ReviewedAt, a.Note = person(ctx), tx.Now, note
		return nil
	})
}
