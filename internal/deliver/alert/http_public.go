package alert

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// publicView is a message as citizens read it.
type publicView struct {
	ID        string            `json:"id"`
	Number    int               `json:"number" doc:"Grows with every update"`
	Drill     bool              `json:"drill"`
	Class     string            `json:"class"`
	Severity  message.Severity  `json:"severity"`
	Event     eventView         `json:"event"`
	Texts     []publicText      `json:"texts" doc:"The wanted language first; drills are marked in the text itself"`
	Places    []Place           `json:"places"`
	Sounds    []publicSound     `json:"sounds"`
	Pictures  []attachmentView  `json:"pictures" doc:"Attachments to look at"`
	Audio     []attachmentView  `json:"audio" doc:"Attachments to listen to, beside the message itself"`
	State     message.State     `json:"state"`
	IssuedAt  time.Time         `json:"issuedAt"`
	UpdatedAt time.Time         `json:"updatedAt"`
	StartsAt  time.Time         `json:"startsAt"`
	EndsAt    time.Time         `json:"endsAt"`
	EndedAt   *time.Time        `json:"endedAt,omitempty"`
	EndReason message.EndReason `json:"endReason,omitempty"`
}

type publicText struct {
	Lang   string `json:"lang"`
	Title  string `json:"title"`
	Body   string `json:"body"`
	Advice string `json:"advice,omitempty" doc:"What to do"`
}

type publicSound struct {
	Lang   string `json:"lang"`
	URL    string `json:"url"`
	MIME   string `json:"mime"`
	Millis int    `json:"millis"`
}

// cached is an output that anybody may keep for a few seconds.
type cached[T any] struct {
	CacheControl string `header:"Cache-Control"`
	Vary         string `header:"Vary"`
	Body         T
}

func keepShortly[T any](v T) *cached[T] {
	return &cached[T]{"public, max-age=5", "Accept-Language", v}
}

// recent is how long a message that ended stays listed.
const recent = 7 * 24 * time.Hour

// board is what the public reads, made at most once a second however many ask.
type board struct {
	mu   sync.Mutex
	at   time.Time
	list []Published
}

func (b *board) read(ctx context.Context, m *Module) ([]Published, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := m.Clock.Now()
	if b.list != nil && now.Sub(b.at) < time.Second && !now.Before(b.at) {
		return b.list, nil
	}
	list, err := m.Published(ctx, now.Add(-recent))
	if err == nil {
		b.list, b.at = list, now
	}
	return list, err
}

func (m *Module) registerPublic(api *httpapi.API) {
	shown := new(board)
	choose := func(ended bool) func(context.Context, *struct{}) (*cached[store.Listing[publicView]], error) {
		return func(ctx context.Context, _ *struct{}) (*cached[store.Listing[publicView]], error) {
			found, err := shown.read(ctx, m)
			if err != nil {
				return nil, err
			}
			now := m.Clock.Now()
			views := []publicView{}
			for _, p := range found {
				// Nobody waits for the keeper of states: what is over is over.
				over := p.State == message.Ended || !p.EndsAt.After(now)
				if over == ended && !p.StartsAt.After(now) {
					views = append(views, viewPublic(ctx, &p))
				}
			}
			slices.SortStableFunc(views, func(a, b publicView) int {
				if ended {
					return b.EndsAt.Compare(a.EndsAt)
				}
				return cmp.Or(cmp.Compare(urgency(&a), urgency(&b)), b.IssuedAt.Compare(a.IssuedAt))
			})
			return keepShortly(store.All(views)), nil
		}
	}
	httpapi.Register(api, op("alert-public-list", http.MethodGet, "/api/public/alerts", "Messages in force, the most urgent first", httpapi.Public), choose(false))
	httpapi.Register(api, op("alert-public-ended", http.MethodGet, "/api/public/alerts/ended", "Messages that ended in the last seven days", httpapi.Public), choose(true))
	httpapi.Register(api, op("alert-public-get", http.MethodGet, "/api/public/alerts/{id}", "One message that was sent to the public", httpapi.Public), func(ctx context.Context, in *ByID) (*cached[publicView], error) {
		p, err := m.PublishedOne(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return keepShortly(viewPublic(ctx, p)), nil
	})
}

// urgency orders real before drills, emergencies before everyday matters, then severity.
func urgency(v *publicView) int {
	n := slices.Index(message.Severities, v.Severity)
	if v.Class != "emergency" {
		n += 10
	}
	if v.Drill {
		n += 20
	}
	return n
}

func viewPublic(ctx context.Context, p *Published) publicView {
	c := &p.Current.Content
	v := publicView{ID: p.ID, Number: p.Current.Number, Drill: p.Kind.Drill(), Class: string(p.Class), Severity: c.Severity, Event: viewEvent(c.Event),
		Places: p.Places, Sounds: []publicSound{}, Pictures: []attachmentView{}, Audio: []attachmentView{}, State: p.State, IssuedAt: p.IssuedAt, UpdatedAt: p.Current.IssuedAt,
		StartsAt: p.StartsAt, EndsAt: p.EndsAt, EndedAt: moment(p.EndedAt), EndReason: p.EndReason}
	for _, t := range c.Texts {
		w := message.Word(p.Kind, t)
		v.Texts = append(v.Texts, publicText{t.Lang, w.Title, w.Body, w.Advice})
	}
	wanted := string(httpapi.LangOf(ctx))
	slices.SortStableFunc(v.Texts, func(a, b publicText) int {
		if a.Lang == b.Lang {
			return 0
		}
		if a.Lang == wanted {
			return -1
		}
		return map[bool]int{true: 1}[b.Lang == wanted]
	})
	for _, s := range c.Sounds {
		v.Sounds = append(v.Sounds, publicSound{s.Lang, message.MediaPath(s.SM3), s.MIME, s.Millis})
	}
	for _, a := range c.Attachments {
		to := &v.Pictures
		if a.Audible() {
			to = &v.Audio
		}
		*to = append(*to, attachmentView{a, message.MediaPath(a.SM3)})
	}
	return v
}
