package httpapi

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// WriteTimeout is how long a reader may take nothing of an answer before it is given up.
const WriteTimeout = 30 * time.Second

// Patience ends an answer that its reader does not take: a slow reader goes on, one that
// stands still would hold memory for ever. A stream that falls silent by intention sets
// its own deadline after each piece.
func Patience(clk clock.Clock, wait time.Duration) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p := &patient{w, http.NewResponseController(w), clk, wait}
			defer p.renew() // what is left in buffers
			next.ServeHTTP(p, r)
		})
	}
}

type patient struct {
	http.ResponseWriter
	out  *http.ResponseController
	clk  clock.Clock
	wait time.Duration
}

func (p *patient) renew() { _ = p.out.SetWriteDeadline(p.clk.Now().Add(p.wait)) } // what cannot have one is no network connection

// Unwrap is for http.ResponseController.
func (p *patient) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// largestPiece is how much is written under one deadline, bytes.
const largestPiece = 64 << 10

func (p *patient) Write(b []byte) (written int, err error) {
	for first := true; err == nil && (first || len(b) > 0); first = false {
		piece := b[:min(len(b), largestPiece)]
		p.renew()
		n, failed := p.ResponseWriter.Write(piece)
		written, err, b = written+n, failed, b[n:]
	}
	return written, err
}

// Flush implements http.Flusher.
func (p *patient) Flush() {
	p.renew()
	_ = p.out.Flush()
}

// Share answers at most so many requests of one address at a time, this machine's own
// aside; IPv6 by its /64.
func Share(each int) func(http.Handler) http.Handler {
	var mu sync.Mutex
	under := map[netip.Addr]int{}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			at, ok := address(r.RemoteAddr)
			if !ok || at.IsLoopback() {
				next.ServeHTTP(w, r)
				return
			}
			at = household(at)
			mu.Lock()
			full := under[at] >= each
			if !full {
				under[at]++
			}
			mu.Unlock()
			if full {
				w.Header().Set("Retry-After", "5")
				WriteProblem(w, r, fault.New(fault.Limited, "request.too_many"))
				return
			}
			defer func() {
				mu.Lock()
				defer mu.Unlock()
				if under[at]--; under[at] == 0 {
					delete(under, at)
				}
			}()
			next.ServeHTTP(w, r)
		})
	}
}
