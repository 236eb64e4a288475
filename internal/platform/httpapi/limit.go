package httpapi

import (
	"net/http"
	"time"

	"github.com/go-chi/httprate"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// limiter counts an operation's calls by address in a sliding minute and refuses those
// over op.PerMinute. IPv6 callers are counted by their /64, which one household holds.
func limiter(op Op) func(http.ResponseWriter, *http.Request) error {
	if op.PerMinute <= 0 {
		return func(http.ResponseWriter, *http.Request) error { return nil }
	}
	rate := httprate.NewRateLimiter(op.PerMinute, time.Minute)
	return func(w http.ResponseWriter, r *http.Request) error {
		if rate.OnLimit(w, r, httprate.CanonicalizeIP(auth.Who(r.Context()).Address)) {
			return fault.New(fault.Limited, "request.too_many")
		}
		return nil
	}
}
