package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

var proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}

func TestOnlyTrustedProxiesSayWhoAsks(t *testing.T) {
	for _, c := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"nobody between", "203.0.113.7:55", nil, "203.0.113.7"},
		{"a stranger's claim", "203.0.113.7:55", []string{"198.51.100.1"}, "203.0.113.7"},
		{"one proxy", "10.0.0.2:55", []string{"198.51.100.1"}, "198.51.100.1"},
		{"a claim before the proxy", "10.0.0.2:55", []string{"192.0.2.66, 198.51.100.1"}, "198.51.100.1"},
		{"a claim to be a proxy", "10.0.0.2:55", []string{"192.0.2.66, 10.0.0.9, 198.51.100.1"}, "198.51.100.1"},
		{"two proxies, two headers", "10.0.0.2:55", []string{"192.0.2.66, 198.51.100.1", "10.0.0.3"}, "198.51.100.1"},
		{"a proxy that adds nothing", "10.0.0.2:55", nil, "10.0.0.2"},
		{"no address", "10.0.0.2:55", []string{"198.51.100.1, unknown"}, "10.0.0.2"},
		{"with a port", "10.0.0.2:55", []string{"198.51.100.1:4711"}, "198.51.100.1"},
		{"IPv6", "[fd00::2]:55", []string{"[2001:db8::1]:4711"}, "2001:db8::1"},
		{"IPv4 in IPv6", "[::ffff:10.0.0.2]:55", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"only proxies", "10.0.0.2:55", []string{"10.0.0.3"}, "10.0.0.3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got string
			h := httpapi.Addresses(proxies)(httpapi.Identify(nobody)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				got = auth.Who(r.Context()).Address
			})))
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = c.peer
			for _, f := range c.forwarded {
				r.Header.Add("X-Forwarded-For", f)
			}
			h.ServeHTTP(httptest.NewRecorder(), r)
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func nobody(*http.Request) (*auth.Principal, error) { return nil, nil }

// Behind a trusted proxy everybody has an allowance of their own, and nobody gets a new
// one by inventing addresses.
func TestAllowanceBehindAProxyIsEverybodysOwn(t *testing.T) {
	router := chi.NewRouter()
	router.Use(httpapi.Addresses(proxies), httpapi.Identify(nobody))
	api := httpapi.New(router, "test", []string{"knock"})
	api.Guard(httpapi.Op{ID: "knock", Method: http.MethodGet, Path: "/knock", Access: httpapi.Public, PerMinute: 3}, "text/plain",
		func(w http.ResponseWriter, _ *http.Request) error { w.WriteHeader(http.StatusNoContent); return nil })
	knock := func(peer, forwarded string) int {
		r := httptest.NewRequest(http.MethodGet, "/knock", nil)
		r.RemoteAddr = peer
		r.Header.Set("X-Forwarded-For", forwarded)
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		return w.Code
	}
	for range 3 {
		if got := knock("10.0.0.2:1", "198.51.100.1"); got != http.StatusNoContent {
			t.Fatalf("within the allowance: %d", got)
		}
	}
	for name, forwarded := range map[string]string{"the same": "198.51.100.1", "behind an invented one": "192.0.2.9, 198.51.100.1"} {
		if got := knock("10.0.0.2:1", forwarded); got != http.StatusTooManyRequests {
			t.Errorf("%s: %d", name, got)
		}
	}
	if got := knock("10.0.0.2:1", "198.51.100.2"); got != http.StatusNoContent {
		t.Errorf("a colleague behind the same proxy: %d", got)
	}
	for i, forwarded := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"} {
		want := http.StatusNoContent
		if i == 3 {
			want = http.StatusTooManyRequests
		}
		if got := knock("203.0.113.7:1", forwarded); got != want {
			t.Errorf("a stranger who invents addresses, call %d: %d", i+1, got)
		}
	}
}

// Whoever is signed in has an allowance of their own, which strangers behind the same
// address do not use up.
func TestAllowanceOfASessionIsItsOwn(t *testing.T) {
	router := chi.NewRouter()
	router.Use(httpapi.Identify(func(r *http.Request) (*auth.Principal, error) {
		name := r.Header.Get("Session")
		if name == "" {
			return nil, nil
		}
		p := auth.NewPrincipal(auth.Actor{ID: "somebody"}, nil)
		p.SessionID = name
		return p, nil
	}))
	api := httpapi.New(router, "test", []string{"knock"})
	api.Guard(httpapi.Op{ID: "knock", Method: http.MethodGet, Path: "/knock", Access: httpapi.Public, PerMinute: 3}, "text/plain",
		func(w http.ResponseWriter, _ *http.Request) error { w.WriteHeader(http.StatusNoContent); return nil })
	knock := func(session string) int {
		r := httptest.NewRequest(http.MethodGet, "/knock", nil)
		r.Header.Set("Session", session)
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		return w.Code
	}
	for range 4 {
		knock("")
	}
	if got := knock(""); got != http.StatusTooManyRequests {
		t.Errorf("a stranger: %d", got)
	}
	for i := range 4 {
		want := http.StatusNoContent
		if i == 3 {
			want = http.StatusTooManyRequests
		}
		if got := knock("one"); got != want {
			t.Errorf("a session, call %d: %d", i+1, got)
		}
	}
	if got := knock("two"); got != http.StatusNoContent {
		t.Errorf("another session: %d", got)
	}
}
