// Package live tells open browsers what changed, as server-sent events. What is told is
// a hint to look again or a small delta; the truth is always a read of the API.
package live

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// News is one thing to tell.
type News struct {
	Name       string          `json:"name"`       // "alert.progress"
	Permission auth.Permission `json:"permission"` // who may hear it
	Paths      []string        `json:"paths"`      // …in any of these regions
	Data       json.RawMessage `json:"data"`
}

// Hub connects what tells news with browsers. A reader is in readers from when its
// stream opens until its goroutine ends, so that it counts as long as it costs anything;
// whether it still hears news is its value.
type Hub struct {
	mu      sync.Mutex
	readers map[*reader]bool
}

// reader is an open stream. Who reads it is judged again and again: a stream stays open
// for hours, and a session may end or a grant be withdrawn meanwhile.
type reader struct {
	news  chan News
	doubt chan struct{} // somebody said that the person's session or grants changed

	mu  sync.Mutex
	who *auth.Principal
}

func (r *reader) person() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.who.ID
}

func (r *reader) hears(n News) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(n.Paths, r.who.Scope(n.Permission).Allows)
}

const (
	// A reader that falls this far behind is cut off; its browser reconnects and reads afresh.
	backlog = 256
	// maxStreams is how many streams one person may have open: a console in each of a few
	// windows, on a few machines.
	maxStreams = 16
	// judgeEvery is how long a stream can outlive a session that ended without anybody
	// saying so: by the clock, or by a command beside the server.
	judgeEvery = 5 * time.Second
)

// NewHub makes a hub without readers.
func NewHub() *Hub { return &Hub{readers: map[*reader]bool{}} }

// Tell spreads news and waits for nobody.
func (h *Hub) Tell(name string, perm auth.Permission, regionPath string, data any) {
	h.TellAny(name, perm, []string{regionPath}, data)
}

// TellAny spreads news of several regions: whoever may hear of any of them hears it once.
func (h *Hub) TellAny(name string, perm auth.Permission, paths []string, data any) {
	if raw, err := json.Marshal(data); err == nil {
		h.spread(News{name, perm, paths, raw})
	}
}

func (h *Hub) spread(n News) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for r, open := range h.readers {
		if !open || !r.hears(n) {
			continue
		}
		select {
		case r.news <- n:
		default:
			h.readers[r] = false
			close(r.news)
		}
	}
}

// Doubt makes the streams of a person be judged before they are told anything more; no
// person is everybody.
func (h *Hub) Doubt(userID string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for r := range h.readers {
		if userID == "" || r.person() == userID {
			select {
			case r.doubt <- struct{}{}:
			default: // it is in doubt already
			}
		}
	}
}

// Session says who a request comes from; nil when nobody is signed in any more.
type Session func(*http.Request) (*auth.Principal, error)

// Register adds the stream to the API.
func (h *Hub) Register(api *httpapi.API, session Session) {
	api.Guard(httpapi.Op{ID: "live", Method: http.MethodGet, Path: "/api/live", Tag: "live",
		Summary: "Server-sent events about what changed within your grants", Access: httpapi.SignedIn}, "text/event-stream",
		func(w http.ResponseWriter, req *http.Request) error { return h.serve(w, req, session) })
}

const keepAlive = 20 * time.Second

// enter adds a reader unless its person has too many.
func (h *Hub) enter(r *reader) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	open := 0
	for other := range h.readers {
		if other.person() == r.who.ID {
			open++
		}
	}
	if open >= maxStreams {
		return fault.New(fault.Limited, "live.too_many", fault.Args{"limit": maxStreams})
	}
	h.readers[r] = true
	return nil
}

func (h *Hub) serve(w http.ResponseWriter, req *http.Request, session Session) error {
	r := &reader{who: auth.From(req.Context()), news: make(chan News, backlog), doubt: make(chan struct{}, 1)}
	if err := h.enter(r); err != nil {
		return err
	}
	defer func() { h.mu.Lock(); delete(h.readers, r); h.mu.Unlock() }()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(w)
	_ = out.SetReadDeadline(time.Time{}) // the server's limit is for requests, not for a stream that stays open
	// httpapi.Patience sets a deadline to each piece: a browser that does not read must not
	// hold a goroutine.
	tell := func(format string, args ...any) bool {
		_, err := fmt.Fprintf(w, format, args...)
		if err == nil {
			err = out.Flush()
		}
		_ = out.SetWriteDeadline(time.Time{}) // over HTTP/2 one that passes ends a stream that is silent
		return err == nil
	}
	if tell("retry: 2000\n\n") {
		pump(req.Context(), tell, r, func() bool { return r.judge(req, session) })
	}
	return nil
}

// judge looks who the stream's request comes from now, and says whether the stream may
// go on. That it is open is not use: an idle session ends under it.
func (r *reader) judge(req *http.Request, session Session) bool {
	again := req.Clone(req.Context())
	again.Header.Set("X-Background", "1")
	who, err := session(again)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil || who == nil || who.ID != r.who.ID || who.SessionID != r.who.SessionID {
		return false // the browser reconnects where it may
	}
	r.who = who
	return true
}

// pump tells a reader its news until it may not hear any more, or the browser goes away.
func pump(ctx context.Context, tell func(format string, args ...any) bool, r *reader, judge func() bool) {
	ping, look := time.NewTicker(keepAlive), time.NewTicker(judgeEvery)
	defer ping.Stop()
	defer look.Stop()
	for {
		there := true
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			there = judge()
		case <-r.doubt:
			there = judge()
		case <-ping.C:
			there = tell(": still here\n\n")
		case n, open := <-r.news:
			if !open {
				return
			}
			select { // what waited may be no longer theirs to hear
			case <-r.doubt:
				there = judge()
			default:
			}
			if there && r.hears(n) {
				there = tell("event: %s\ndata: %s\n\n", n.Name, n.Data)
			}
		}
		if !there {
			return
		}
	}
}
