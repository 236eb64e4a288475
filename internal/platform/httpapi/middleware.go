package httpapi

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/go-chi/chi/v5/middleware"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

type langKey struct{}

// LangOf is the language a request is answered in.
func LangOf(ctx context.Context) i18n.Lang {
	if l, ok := ctx.Value(langKey{}).(i18n.Lang); ok {
		return l
	}
	return i18n.Chinese
}

// Languages reads the wanted language: the query's lang, else the header.
func Languages(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wanted := r.URL.Query().Get("lang")
		if wanted == "" {
			wanted = r.Header.Get("Accept-Language")
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), langKey{}, i18n.Match(wanted))))
	})
}

// Identify puts who is asking into the context: the session's person, or a visitor.
func Identify(session func(*http.Request) (*auth.Principal, error)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			address, _, err := net.SplitHostPort(r.RemoteAddr)
			if err != nil {
				address = r.RemoteAddr
			}
			p, err := session(r)
			if err != nil {
				WriteProblem(w, r, err)
				return
			}
			ctx := r.Context()
			if p == nil {
				ctx = auth.As(ctx, auth.Actor{ID: "visitor", Request: middleware.GetReqID(ctx), Address: address})
			} else {
				p.Request, p.Address = middleware.GetReqID(ctx), address
				w.Header().Set("Cache-Control", "no-store") // unless the operation knows better
				ctx = auth.With(ctx, p)
			}
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
}

// Harden sets the headers that keep a browser from being turned against its user. The
// map draws in a worker made from a blob; styles are set by the components at run time.
func Harden(secure bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Set("Content-Security-Policy", "default-src 'self'; script-src 'self'; worker-src 'self' blob:; child-src blob:; "+
				"style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; "+
				"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Referrer-Policy", "same-origin")
			h.Set("Cross-Origin-Opener-Policy", "same-origin")
			h.Set("Cross-Origin-Resource-Policy", "same-origin")
			h.Set("Permissions-Policy", "geolocation=(self), microphone=(self), camera=(), payment=(), usb=()")
			if secure {
				h.Set("Strict-Transport-Security", "max-age=31536000")
			}
			next.ServeHTTP(w, r)
		})
	}
}

// Recover turns a panic into a logged internal error, so that one bad request does not
// take the process with it.
func Recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch v := recover(); v {
			case nil:
			case http.ErrAbortHandler: // the handler wants the connection cut: a file cut short must not look whole
				panic(v)
			default:
				slog.ErrorContext(r.Context(), "a request panicked", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
				WriteProblem(w, r, fault.New(fault.Internal, "internal"))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// SameOrigin refuses requests that change something and come from another site's page.
func SameOrigin(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		WriteProblem(w, r, fault.New(fault.Forbidden, "request.cross_origin"))
	}))
	return guard.Handler(next)
}

// Limits of the HTTP server: a slow or idle peer cannot hold a connection for ever.
const (
	ReadHeaderTimeout = 10 * time.Second
	IdleTimeout       = time.Minute
	MaxHeaderBytes    = 32 << 10
)
