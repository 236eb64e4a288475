package app

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
)

// Browsers are told to come over TLS only where they reach the node so, whoever ends the
// TLS: the node or a proxy before it.
func TestTLSIsInsistedOnWherePeopleUseIt(t *testing.T) {
	a := openTest(t)
	for _, c := range []struct {
		public, cert string
		want         string
	}{
		{"https://city.example", "", "max-age=31536000"}, // behind a proxy
		{"https://city.example", "cert.pem", "max-age=31536000"},
		{"http://localhost:8080", "", ""},
		{"http://localhost:8080", "cert.pem", ""},
	} {
		a.cfg.HTTP.PublicURL, a.cfg.HTTP.TLSCert = c.public, c.cert
		w := httptest.NewRecorder()
		a.routes(func(*http.Request) (*auth.Principal, error) { return nil, nil }).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/healthz", nil))
		if got := w.Header().Get("Strict-Transport-Security"); got != c.want {
			t.Errorf("reached at %s with certificate %q: %q, want %q", c.public, c.cert, got, c.want)
		}
	}
}

func TestProgramsAreAnsweredWithProblems(t *testing.T) {
	a := openTest(t)
	for _, path := range []string{"/api/nothing", "/media/", "/media/a/b", "/media/abc"} {
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if kind := w.Header().Get("Content-Type"); w.Code != http.StatusNotFound || kind != "application/problem+json" {
			t.Errorf("%s: %d %s", path, w.Code, kind)
		}
	}
}
