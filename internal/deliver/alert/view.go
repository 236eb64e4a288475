package alert

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// messageView is a message as the console sees it.
type messageView struct {
	ID         string            `json:"id"`
	EBMID      string            `json:"ebmid,omitempty" doc:"Message id of GD/J 082, from the first issue on"`
	Kind       message.Kind      `json:"kind"`
	Drill      bool              `json:"drill"`
	Class      string            `json:"class"`
	RegionPath string            `json:"regionPath"`
	Origin     string            `json:"origin" enum:"desk,upper,lower,cap,timetable,phone"`
	SourceName string            `json:"sourceName,omitempty" doc:"What the source was called; absent for the desk"`
	Site       string            `json:"site,omitempty" doc:"The node that issued it, where it was not this one; only that node can change it"`
	State      message.State     `json:"state"`
	Event      eventView         `json:"event"`
	Current    *versionView      `json:"current,omitempty" doc:"The version on the air, or the last that was"`
	Open       *versionView      `json:"open,omitempty" doc:"The version being worked on"`
	CreatedBy  message.Person    `json:"createdBy"`
	CreatedAt  time.Time         `json:"createdAt"`
	UpdatedAt  time.Time         `json:"updatedAt"`
	StartsAt   *time.Time        `json:"startsAt,omitempty"`
	EndsAt     time.Time         `json:"endsAt"`
	IssuedAt   *time.Time        `json:"issuedAt,omitempty"`
	EndedAt    *time.Time        `json:"endedAt,omitempty"`
	EndReason  message.EndReason `json:"endReason,omitempty"`
	EndNote    string            `json:"endNote,omitempty"`
	Figures    *delivery.Figures `json:"figures,omitempty" doc:"How terminals stand; absent before the first issue"`
	Stops      []stop            `json:"stops,omitempty" doc:"Stops that silenced it in a part of its area, without figures"`
	Revision   int64             `json:"revision" doc:"The entity tag"`
	May        []string          `json:"may" doc:"What the reader may do now: edit, check, countersign, reject, discard, update, cancel, handle, retry (the message), recancel (its cancellation), report"`
}

// versionView is one version of a message.
type versionView struct {
	Number    int                  `json:"number"`
	State     message.VersionState `json:"state"`
	Event     string               `json:"event"`
	Severity  message.Severity     `json:"severity"`
	Texts     []message.Text       `json:"texts"`
	Wordings  []wordingView        `json:"wordings" doc:"The texts as they leave the house, drills marked"`
	Area      message.Area         `json:"area"`
	Where     spelt                `json:"where" doc:"The area in words, as everybody reads them"`
	StartsAt  *time.Time           `json:"startsAt,omitempty"`
	EndsAt    time.Time            `json:"endsAt"`
	Lasts     int                  `json:"lasts,omitempty" doc:"Minutes that it will stand from its issue on, or from its beginning where that is later; endsAt follows once it is issued"`
	Repeat    message.Repeat       `json:"repeat"`
	Volume    *int                 `json:"volume,omitempty"`
	Sounds    []soundView          `json:"sounds"`
	Pictures  []attachmentView     `json:"attachments"`
	Digest    string               `json:"digest,omitempty" doc:"What an approver signs; send it back when countersigning"`
	Editors   []message.Person     `json:"editors"`
	CheckedBy *message.Person      `json:"checkedBy,omitempty"`
	CheckedAt *time.Time           `json:"checkedAt,omitempty"`
	Required  int                  `json:"required" doc:"Countersignatures that the rules demand"`
	Approvals []message.Approval   `json:"approvals"`
	Rule      string               `json:"rule,omitempty" doc:"The rule that said so"`
	Alone     *aloneView           `json:"alone,omitempty" doc:"Why it went out without anybody's countersignature, or with too few"`
	Forced    string               `json:"forced,omitempty"`
	Reach     *message.Reach       `json:"reach,omitempty" doc:"As worked out when it was checked"`
	Rejection *message.Rejection   `json:"rejection,omitempty"`
	CreatedAt time.Time            `json:"createdAt"`
	IssuedAt  *time.Time           `json:"issuedAt,omitempty"`
}

type wordingView struct {
	Lang   string `json:"lang"`
	Title  string `json:"title"`
	Body   string `json:"body"`
	Advice string `json:"advice,omitempty"`
	Spoken string `json:"spoken" doc:"What synthetic speech reads out: numbers, times and units in words"`
}

type soundView struct {
	message.Sound
	URL string `json:"url"`
}

type attachmentView struct {
	message.Attachment
	URL string `json:"url"`
}

type eventView struct {
	Code string `json:"code"`
	Zh   string `json:"zh"`
	En   string `json:"en"`
}

func viewEvent(code ebd.EventType) eventView {
	name, _ := code.Name()
	return eventView{string(code), name.Zh, name.En}
}

func (m *Module) viewVersion(ctx context.Context, msg *message.Message, v *message.Version) *versionView {
	if v == nil {
		return nil
	}
	k := msg.Kind
	c := &v.Content
	places, err := m.placesOf(ctx, &c.Area)
	m.warn("an area could not be put into words", err)
	out := &versionView{Number: v.Number, State: v.State, Event: string(c.Event), Severity: c.Severity, Texts: c.Texts, Area: c.Area, Where: spell(places), StartsAt: moment(c.StartsAt),
		EndsAt: c.EndsAt, Repeat: c.Repeat, Volume: c.Volume, Sounds: []soundView{}, Pictures: []attachmentView{}, Digest: v.Digest, Editors: v.Editors,
		CheckedAt: moment(v.CheckedAt), Required: v.Required, Approvals: v.Approvals, Rule: v.Rule, Forced: v.Forced, Rejection: v.Rejection,
		CreatedAt: v.CreatedAt, IssuedAt: moment(v.IssuedAt)}
	if out.Approvals == nil {
		out.Approvals = []message.Approval{}
	}
	if v.IssuedAt.IsZero() {
		out.Lasts = c.Lasts
	} else {
		alone, err := m.alone(ctx, msg.ID)
		m.warn("it is not known why a message went out alone", err)
		out.Alone = alone[versionKey{msg.ID, v.Number}]
	}
	if !v.CheckedAt.IsZero() {
		out.CheckedBy, out.Reach = &v.CheckedBy, &v.Reach
	}
	for _, t := range c.Texts {
		w := message.Word(k, t)
		out.Wordings = append(out.Wordings, wordingView{t.Lang, w.Title, w.Body, w.Advice, aloud(t.Lang, w.Spoken)})
	}
	for _, s := range c.Sounds {
		out.Sounds = append(out.Sounds, soundView{s, message.MediaPath(s.SM3)})
	}
	for _, a := range c.Attachments {
		out.Pictures = append(out.Pictures, attachmentView{a, message.MediaPath(a.SM3)})
	}
	return out
}

func (m *Module) view(ctx context.Context, msg *message.Message) *messageView {
	out := &messageView{ID: msg.ID, EBMID: string(msg.EBMID), Kind: msg.Kind, Drill: msg.Kind.Drill(), Class: string(msg.Class), RegionPath: msg.RegionPath, Origin: string(ruleOrigin(msg.Origin)), SourceName: msg.Origin.Name, Site: msg.Copy.Site,
		State: msg.State, Event: viewEvent(msg.Shown().Content.Event), Current: m.viewVersion(ctx, msg, msg.Current), CreatedBy: msg.CreatedBy, CreatedAt: msg.CreatedAt,
		UpdatedAt: msg.UpdatedAt, StartsAt: moment(msg.StartsAt), EndsAt: msg.EndsAt, IssuedAt: moment(msg.IssuedAt), EndedAt: moment(msg.EndedAt),
		EndReason: msg.EndReason, EndNote: msg.EndNote, Revision: msg.Revision, May: may(ctx, msg, m.Clock.Now())}
	// A version being worked on is for those who hold the message's region.
	if whole(sight(ctx, PermRead, msg)) && msg.Open != nil && (msg.Open.State != message.VersionDiscarded || msg.Current == nil) {
		out.Open = m.viewVersion(ctx, msg, msg.Open)
	}
	if msg.Current != nil {
		f, err := m.figures(ctx, msg, sight(ctx, PermRead, msg))
		m.warn("figures could not be read", err)
		out.Figures = f
		out.Stops, err = stopsOf(ctx, m.DB, msg, sight(ctx, PermRead, msg))
		m.warn("stops of a message could not be read", err)
	}
	if scope := sight(ctx, PermHandle, msg); !whole(scope) && msg.Current != nil {
		reached, err := reaches(ctx, m.DB, msg.ID, scope)
		m.warn("the reach of a message could not be read", err)
		if reached {
			out.May = append(out.May, following(msg, m.Clock.Now())...)
		}
	}
	return out
}

// figures are the frozen ones of a message that is over for good, else those of now; of a
// part of a message always those of now.
func (m *Module) figures(ctx context.Context, msg *message.Message, scope auth.Scope) (*delivery.Figures, error) {
	if msg.State == message.Ended && whole(scope) {
		if f, err := frozenFigures(ctx, m.DB, msg.ID); f != nil || err != nil {
			return f, err
		}
	}
	return m.desk.Figures(ctx, msg.No, scope)
}

// summary is the frozen one of a message that is over for good, else that of now; of a part
// of a message always that of now.
func (m *Module) summary(ctx context.Context, msg *message.Message, scope auth.Scope) (*delivery.Summary, error) {
	if msg.State == message.Ended && whole(scope) {
		if s, err := frozenSummary(ctx, m.DB, msg.ID); s != nil || err != nil {
			return s, err
		}
	}
	return m.desk.Summary(ctx, msg.No, scope)
}

// written is an answer about a message. Of one that is over for good it is written once
// and kept while others are asked about.
func (m *Module) written(ctx context.Context, msg *message.Message, scope auth.Scope, what string, answer func(context.Context) (any, error)) (*httpapi.Kept, error) {
	write := func(ctx context.Context) (*httpapi.Kept, error) {
		v, err := answer(ctx)
		if err != nil {
			return nil, err
		}
		return httpapi.Keep(v)
	}
	final := false
	if msg.State == message.Ended {
		f, err := frozenFigures(ctx, m.DB, msg.ID)
		if err != nil {
			return nil, err
		}
		final = f != nil
	}
	if !final {
		return write(ctx)
	}
	key := strings.Join(append([]string{msg.ID, what, string(httpapi.LangOf(ctx))}, scope.Paths()...), " ")
	return m.answers.get(key, func() (*httpapi.Kept, error) { return write(context.WithoutCancel(ctx)) })
}

// may lists what the reader may do to the message now, so that no page has to guess.
func may(ctx context.Context, msg *message.Message, now time.Time) []string {
	can := func(p auth.Permission) bool { return auth.ScopeOf(ctx, p).Allows(msg.RegionPath) }
	ours := msg.Ours() // another node's is for that node to change
	out := []string{}
	add := func(name string, when bool) {
		if when {
			out = append(out, name)
		}
	}
	open := msg.Open
	if msg.State == message.Ended || msg.State == message.Discarded || open != nil && open.State == message.VersionDiscarded {
		open = nil
	}
	draft := open != nil && open.State == message.VersionDraft
	checked := open != nil && open.State == message.VersionChecked
	who := auth.Who(ctx).ID
	own := checked && (open.CheckedBy.ID == who || slices.ContainsFunc(open.Editors, func(p message.Person) bool { return p.ID == who }))
	signed := checked && slices.ContainsFunc(open.Approvals, func(a message.Approval) bool { return a.By.ID == who })
	add("edit", open != nil && can(PermDraft))
	add("check", draft && can(PermDraft))
	add("countersign", checked && !own && !signed && can(PermCountersign))
	add("reject", checked && can(PermCountersign))
	add("discard", open != nil && can(PermDraft))
	add("update", ours && msg.State.Open() && open == nil && can(PermDraft))
	add("cancel", ours && msg.State.Open() && can(PermCancel))
	if msg.Current != nil && can(PermHandle) {
		out = append(out, following(msg, now)...)
	}
	add("report", msg.Current != nil && can(PermReport))
	return out
}

// following is what those may do who follow a message up: look after terminals, and send
// again what is to be sent of it now.
func following(msg *message.Message, now time.Time) []string {
	if act := again(msg, now); act != "" {
		return []string{"handle", act}
	}
	return []string{"handle"}
}
