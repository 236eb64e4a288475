package httpapi

import (
	"net/http"
	"time"

	"github.com/go-chi/httprate"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// limiter counts an operation's calls in a sliding minute and refuses those over
// op.PerMinute. Who is signed in is counted by session: a stranger behind the same address
// takes nothing from them. Others are counted by address, IPv6 by the /64 that one
// household holds.
func limiter(op Op) func(http.ResponseWriter, *http.Request) error {
	if op.PerMinute <= 0 {
		return func(http.ResponseWriter, *http.Request) error { return nil }
	}
	rate := httprate.NewRateLimiter(op.PerMinute, time.Minute)
	return func(w http.ResponseWriter, r *http.Request) error {
		if rate.OnLimit(w, r, counted(r)) {
			return fault.New(fault.Limited, "request.too_many")
		}
		return nil
	}
}

func counted(r *http.Request) string {
	if p := auth.From(r.Context()); p != nil && p.SessionID != "" {
		return "session:" + p.SessionID
	}
	return httprate.CanonicalizeIP(auth.Who(r.Context()).Address)
}

// AtMost refuses those who come more often than so many times a minute, counted as those who call
// an operation are.
func AtMost(perMinute int) func(http.ResponseWriter, *http.Request) error {
	return limiter(Op{PerMinute: perMinute})
}
