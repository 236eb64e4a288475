package portal_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
)

// Who is signed in is led from a device's label to its cases; nobody else is, also right after.
func TestLeadsStaffToCases(t *testing.T) {
	p, _ := open(everything())
	h := p.Handler()
	staff := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(auth.With(r.Context(), auth.NewPrincipal(auth.Actor{ID: "A"}, nil))))
	})
	way := `href="/task/?device=` + speaker + `"`
	for range 2 {
		w := httptest.NewRecorder()
		staff.ServeHTTP(w, httptest.NewRequest("GET", "/d/"+speaker, nil))
		wants(t, w, 200, way)
		if w.Header().Get("Cache-Control") != "no-store" {
			t.Error("a page of one reader is kept")
		}
		if seen := get(h, "/d/"+speaker); strings.Contains(seen.Body.String(), "/task/") {
			t.Error("everybody is led to the cases")
		}
	}
}
