package alert

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/duty"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/speech"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// standby answers what the duty desk asks of messages.
type standby struct{ m *Module }

// Waiting is what waits for a person within a scope, the oldest first.
func (s standby) Waiting(ctx context.Context, scope auth.Scope) ([]duty.Item, error) {
	items, inHand := []duty.Item{}, map[string]bool{}
	page := store.Page{Limit: store.MaxLimit}
	waiting, err := listArrivals(ctx, s.m.DB, arrivalFilter{States: []string{string(message.Waiting)}, Scope: scope, Page: page})
	if err != nil {
		return nil, err
	}
	for _, a := range waiting.Items {
		inHand[a.MessageID] = true
		items = append(items, arrivalItem("arrival", a, a.At, a.AloneAt))
	}
	alone, err := listArrivals(ctx, s.m.DB, arrivalFilter{Review: true, Scope: scope, Page: page})
	if err != nil {
		return nil, err
	}
	for _, a := range alone.Items {
		items = append(items, arrivalItem("review", a, a.At, time.Time{}))
	}
	checked, err := awaitingApproval(ctx, s.m.DB, scope)
	if err != nil {
		return nil, err
	}
	begun, err := s.m.drill.Waiting(ctx, scope)
	if err != nil {
		return nil, err
	}
	for _, d := range begun {
		msg, err := readMessage(ctx, s.m.DB, d.Message)
		if err != nil {
			return nil, err
		}
		if msg.State == message.Draft && msg.Current == nil {
			c := msg.Shown().Content
			items = append(items, duty.Item{Kind: "drill", ID: d.ID, Message: d.Message, Title: c.Text("zh").Title, Note: d.Plan.Name, Severity: string(c.Severity), Drill: true,
				RegionPath: d.RegionPath, At: d.StartedAt.UTC()})
		}
	}
	for _, c := range checked {
		if !inHand[c.ID] {
			items = append(items, duty.Item{Kind: "countersign", ID: c.ID, Message: c.ID, Title: c.Title, Note: c.By, Severity: c.Severity, Drill: c.Drill, RegionPath: c.RegionPath, At: c.At})
		}
	}
	failed, err := s.m.board.Failures(ctx, scope)
	if err != nil {
		return nil, err
	}
	for _, f := range failed {
		it := duty.Item{Kind: "output", ID: f.Task, Message: f.MessageID, Note: f.Name + "：" + f.Failure, RegionPath: f.RegionPath, At: f.At, Severity: string(message.Unknown)}
		msg, err := readMessage(ctx, s.m.DB, f.MessageID)
		switch {
		case fault.IsKind(err, fault.NotFound): // a stop
			it.Message = ""
		case err != nil:
			return nil, err
		default:
			c := msg.Shown().Content
			it.Title, it.Severity, it.Drill = c.Text("zh").Title, string(c.Severity), msg.Kind.Drill()
		}
		items = append(items, it)
	}
	silent, err := s.m.board.Silent(ctx, scope)
	if err != nil {
		return nil, err
	}
	for _, c := range silent {
		items = append(items, duty.Item{Kind: "silent", ID: c.ID, Title: c.NameZh, RegionPath: c.RegionPath, At: c.Health.HeardAt.UTC(), Severity: string(message.Unknown)})
	}
	slices.SortStableFunc(items, func(a, b duty.Item) int { return a.At.Compare(b.At) })
	return items, nil
}

func arrivalItem(kind string, a *arrival, at, until time.Time) duty.Item {
	return duty.Item{Kind: kind, ID: a.ID, Message: a.MessageID, Title: a.Title, Note: a.Origin.Name, Severity: string(a.Severity), Drill: a.Kind.Drill(), RegionPath: a.RegionPath,
		At: at, Until: moment(until), TakenBy: takenBy(kind, a), TakenAt: moment(a.TakenAt)}
}

// takenBy is who looks after an arrival; whoever took it before it went out by itself need not
// be who reviews it.
func takenBy(kind string, a *arrival) string {
	if kind == "review" {
		return ""
	}
	return a.TakenBy.Name
}

// OnAir is what is on the air within a scope, by district.
func (s standby) OnAir(ctx context.Context, scope auth.Scope) ([]duty.Airing, error) {
	ids, err := onAirIn(ctx, s.m.DB, scope)
	if err != nil {
		return nil, err
	}
	depth := strings.Count(s.m.Home, ".") + 1
	at := map[string][]*message.Message{}
	for _, id := range ids {
		msg, err := readMessage(ctx, s.m.DB, id)
		if err != nil {
			return nil, err
		}
		if msg.StartsAt.After(s.m.Clock.Now()) {
			continue
		}
		seen := map[string]bool{}
		for _, p := range msg.Places() {
			for _, own := range ownIn(scope, upTo(p, depth)) {
				if !seen[own] {
					seen[own] = true
					at[own] = append(at[own], msg)
				}
			}
		}
	}
	out := []duty.Airing{}
	for path, messages := range at {
		r, err := s.m.Regions.RegionAt(ctx, path)
		if err != nil {
			return nil, err
		}
		order := func(m *message.Message) int { return message.Gravity(m.Shown().Content.Severity, m.Kind.Drill()) }
		slices.SortStableFunc(messages, func(a, b *message.Message) int { return order(a) - order(b) })
		out = append(out, duty.Airing{Code: r.Code, NameZh: r.NameZh, NameEn: r.NameEn, Messages: idsOf(messages)})
	}
	slices.SortFunc(out, func(a, b duty.Airing) int { return strings.Compare(a.Code, b.Code) })
	return out, nil
}

// upTo cuts a path to so many segments.
func upTo(path string, depth int) string {
	for i := range len(path) {
		if path[i] == '.' {
			if depth--; depth == 0 {
				return path[:i+1]
			}
		}
	}
	return path
}

// ownIn is a region if it lies in a scope, or else the scope's own regions that lie in it.
func ownIn(scope auth.Scope, path string) (own []string) {
	if scope.Allows(path) {
		return []string{path}
	}
	for _, p := range scope.Paths() {
		if strings.HasPrefix(p, path) {
			own = append(own, p)
		}
	}
	return own
}

// Happened is what happened in a region between two times, and how things stand now.
func (s standby) Happened(ctx context.Context, path string, from, to time.Time) (h duty.Happened, err error) {
	scope := auth.NewScope(path)
	h.Troubles = []duty.Trouble{}
	if h.Issued, err = briefsBetween(ctx, s.m.DB, scope, from, to); err != nil {
		return h, err
	}
	if h.OnAir, err = onAirNow(ctx, s.m.DB, scope); err != nil {
		return h, err
	}
	if h.Waiting, err = s.Waiting(ctx, scope); err != nil {
		return h, err
	}
	open, err := openHandoffs(ctx, s.m.DB, scope)
	if err != nil {
		return h, err
	}
	for _, o := range open {
		h.Troubles = append(h.Troubles, duty.Trouble{What: "handoff", Text: o.Party + "：" + o.Note, At: o.CreatedAt.UTC()})
	}
	stops, err := stopsBetween(ctx, s.m.DB, scope, from, to)
	if err != nil {
		return h, err
	}
	for _, st := range stops {
		h.Troubles = append(h.Troubles, duty.Trouble{What: "stop", Text: st.By + "：" + st.Reason, At: st.At.UTC()})
	}
	for _, w := range h.Waiting {
		if w.Kind == "output" {
			h.Troubles = append(h.Troubles, duty.Trouble{What: "output", Text: w.Note, At: w.At.UTC()})
		}
	}
	return h, s.offline(ctx, path, to, &h)
}

// offline counts the terminals of a region that are not connected.
func (s standby) offline(ctx context.Context, path string, at time.Time, h *duty.Happened) error {
	r, err := s.m.Regions.RegionAt(ctx, path)
	if err != nil {
		return err
	}
	found, err := s.m.Terminals.Within(ctx, wire.Area{Regions: []ebd.AreaCode{message.AreaCode(r.Code)}})
	off := 0
	for _, t := range found {
		if !t.Online {
			off++
		}
	}
	if off > 0 {
		h.Troubles = append(h.Troubles, duty.Trouble{What: "offline", Text: fmt.Sprintf("%d / %d", off, len(found)), At: at.UTC()})
	}
	return err
}

// Took says that the asker looks after what came from outside.
func (s standby) Took(ctx context.Context, arrival, from string) error {
	_, err := s.m.takeUp(ctx, arrival, "", from)
	return err
}

// RegionPath finds a region by code.
func (s standby) RegionPath(ctx context.Context, code string) (string, error) {
	return carried(s).RegionPath(ctx, code)
}

// Call makes an arrival of what an authenticated caller said: the words of the template for the
// event and level that were keyed in, and the voice as their sound. The rules say what becomes of it.
func (s standby) Call(ctx context.Context, c duty.Call) (out message.Outcome, err error) {
	m := s.m
	if known, err := arrivalByRef(ctx, m.DB, c.Gateway, c.Ref); err != nil || known != nil {
		if known != nil {
			out = known.outcome()
			out.Known = true
		}
		return out, err
	}
	area := message.Area{Regions: []string{c.Region}}
	r, err := m.resolve(ctx, &area)
	if err != nil {
		var list fault.List
		if errors.As(err, &list) || fault.IsKind(err, fault.Invalid) {
			err = fault.Bad("region", "alert.phone.region")
		}
		return out, err
	}
	if err := auth.Check(ctx, PermDraft, r.path); err != nil {
		return out, err
	}
	level, err := m.authority(ctx, PermDraft, r.path)
	if err != nil {
		return out, err
	}
	templates, err := m.book.Templates(ctx)
	if err != nil {
		return out, err
	}
	at := slices.IndexFunc(templates, func(t rule.Template) bool {
		return t.Event == c.Event && t.Severity == c.Severity && t.Class == wire.Emergency
	})
	if at < 0 {
		return out, fault.Bad("event", "alert.phone.template")
	}
	a := message.Arrival{Origin: message.Origin{Kind: string(rule.Phone), Source: c.Gateway, Name: c.Name}, Act: message.Begins, Ref: c.Ref, Authority: string(level),
		Author: person(ctx), Kind: message.Real, Class: wire.Emergency, Content: s.spoken(&templates[at], area, c)}
	if c.Drill {
		a.Kind = message.TerminalDrill
	}
	sound, err := s.voice(ctx, a.Kind, c)
	if err != nil {
		return out, err
	}
	a.Content.Sounds = []message.Sound{sound}
	if a.Original, err = m.shelf.Keep(ctx, c.Sound); err != nil {
		return out, err
	}
	a.MIME = http.DetectContentType(c.Sound)
	return m.Take(ctx, a)
}

// voice is what a caller said, with a drill announced around it and the signal before it.
func (s standby) voice(ctx context.Context, kind message.Kind, c duty.Call) (message.Sound, error) {
	dictionary, _, err := s.m.book.Dictionary(ctx)
	if err != nil {
		return message.Sound{}, err
	}
	before, after := message.SpokenMarks(kind, "zh")
	clip, err := s.m.Speech.Record(ctx, speech.Recording{Sound: strings.NewReader(string(c.Sound)), Signal: signal(wire.Emergency, c.Severity), Before: before, After: after,
		Lang: i18n.Chinese, Words: dictionary, Urgent: true})
	if err != nil {
		return message.Sound{}, err
	}
	sound, err := s.m.keep(ctx, "zh", clip)
	sound.Origin = message.FromRecording
	return sound, err
}

// spoken is what stands in writing beside a voice that nobody wrote down: when it came (who
// called is for staff to know), and of the template what has no blanks.
func (s standby) spoken(t *rule.Template, area message.Area, c duty.Call) message.Content {
	out := message.Content{Event: ebd.EventType(t.Event), Severity: t.Severity, Area: area, EndsAt: c.At.Add(time.Duration(t.Hours) * time.Hour), Repeat: message.Repeat{Count: t.Plays}}
	for _, text := range t.Texts {
		lang, name := i18n.Lang(text.Lang), t.NameZh
		if lang == i18n.English {
			name = t.NameEn
		}
		said := message.Text{Lang: text.Lang, Title: name, Body: i18n.T(lang, "alert.phone.text", map[string]any{"at": c.At.In(s.m.Zone).Format("15:04"), "what": name})}
		if !strings.Contains(text.Advice, "{") {
			said.Advice = text.Advice
		}
		out.Texts = append(out.Texts, said)
	}
	return out
}

// signLink is where a message is countersigned from a phone, as an address and as its QR code.
type signLink struct {
	URL string   `json:"url"`
	QR  []string `json:"qr" doc:"Rows of the QR code of the address: 1 is dark, with a quiet zone of four around it"`
}

func (m *Module) registerStandby(api *httpapi.API) {
	m.Duty.Register(api)
	httpapi.Register(api, op("alert-sign-link", http.MethodGet, "/api/alerts/{id}/sign-link", "Where a message is countersigned from a phone, to be shown or sent to the leader on call", httpapi.Needs(PermRead)),
		func(ctx context.Context, in *ByID) (*httpapi.Body[signLink], error) {
			msg, err := m.see(ctx, m.DB, in.ID)
			if err != nil {
				return nil, err
			}
			l := signLink{URL: m.Duty.SignLink(msg.ID)}
			l.QR, err = qrRows(l.URL)
			return httpapi.Of(l), err
		})
}
