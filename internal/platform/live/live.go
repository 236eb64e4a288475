// Package live tells open browsers what changed, as server-sent events. What is told is
// a hint to look again or a small delta; the truth is always a read of the API.
package live

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// News is one thing to tell.
type News struct {
	Name       string          `json:"name"`       // "alert.progress"
	Permission auth.Permission `json:"permission"` // who may hear it
	RegionPath string          `json:"regionPath"` // …where
	Data       json.RawMessage `json:"data"`
}

// Carrier takes news to every process that serves browsers, this one included.
type Carrier interface {
	Broadcast(subject string, raw []byte) error
	Listen(subject string, fn func(raw []byte)) (stop func(), err error)
}

const subject = "live"

// Hub connects carriers of news with browsers.
type Hub struct {
	carrier Carrier
	mu      sync.Mutex
	readers map[*reader]struct{}
}

type reader struct {
	who  *auth.Principal
	news chan News
}

// A reader that falls this far behind is cut off; its browser reconnects and reads afresh.
const backlog = 256

// NewHub starts a hub on a carrier.
func NewHub(carrier Carrier) (*Hub, error) {
	h := &Hub{carrier: carrier, readers: map[*reader]struct{}{}}
	_, err := carrier.Listen(subject, func(raw []byte) {
		var n News
		if json.Unmarshal(raw, &n) == nil {
			h.spread(n)
		}
	})
	return h, err
}

// Tell spreads news; a failure to carry it is not a failure of what it tells of.
func (h *Hub) Tell(name string, perm auth.Permission, regionPath string, data any) {
	raw, err := json.Marshal(data)
	if err != nil {
		return
	}
	packed, err := json.Marshal(News{name, perm, regionPath, raw})
	if err == nil {
		_ = h.carrier.Broadcast(subject, packed)
	}
}

func (h *Hub) spread(n News) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for r := range h.readers {
		if !r.who.Scope(n.Permission).Allows(n.RegionPath) {
			continue
		}
		select {
		case r.news <- n:
		default:
			delete(h.readers, r)
			close(r.news)
		}
	}
}

// Register adds the stream to the API.
func (h *Hub) Register(api *httpapi.API) {
	api.Guard(httpapi.Op{ID: "live", Method: http.MethodGet, Path: "/api/live", Tag: "live",
		Summary: "Server-sent events about what changed within your grants", Access: httpapi.SignedIn}, "text/event-stream", h.serve)
}

const keepAlive = 20 * time.Second

func (h *Hub) serve(w http.ResponseWriter, req *http.Request) error {
	r := &reader{auth.From(req.Context()), make(chan News, backlog)}
	h.mu.Lock()
	h.readers[r] = struct{}{}
	h.mu.Unlock()
	defer func() { h.mu.Lock(); delete(h.readers, r); h.mu.Unlock() }()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(w)
	_ = out.SetReadDeadline(time.Time{}) // the server's limit is for requests, not for a stream that stays open
	_, _ = fmt.Fprint(w, "retry: 2000\n\n")
	if err := out.Flush(); err != nil {
		return nil
	}
	return pump(req.Context(), w, out, r)
}

func pump(ctx context.Context, w http.ResponseWriter, out *http.ResponseController, r *reader) error {
	ping := time.NewTicker(keepAlive)
	defer ping.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-ping.C:
			_, err = fmt.Fprint(w, ": still here\n\n")
		case n, open := <-r.news:
			if !open {
				return nil
			}
			_, err = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", n.Name, n.Data)
		}
		if err != nil || out.Flush() != nil {
			return nil // the browser went away
		}
	}
}
