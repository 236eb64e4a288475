package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

var sample = fstest.MapFS{
	"console/index.html":         {Data: []byte("<!doctype html>page")},
	"screen/index.html":          {Data: []byte("<!doctype html>screen")},
	"sw.js":                      {Data: []byte("worker")},
	"assets/main-Ab3_x-9z.js":    {Data: []byte("plain")},
	"assets/main-Ab3_x-9z.js.gz": {Data: []byte("gzipped")},
	"assets/main-Ab3_x-9z.js.br": {Data: []byte("brotli")},
	"assets/icon.svg":            {Data: []byte("<svg/>")},
}

func ask(h http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestAssetsChooseTheSmallestAcceptedForm(t *testing.T) {
	for _, c := range []struct{ accept, body, coding string }{
		{"gzip, deflate, br", "brotli", "br"},
		{"gzip", "gzipped", "gzip"},
		{"br;q=0, gzip;q=0.5", "gzipped", "gzip"},
		{"", "plain", ""},
	} {
		w := ask(assets{sample}, "GET", "/assets/main-Ab3_x-9z.js", "Accept-Encoding", c.accept)
		if w.Body.String() != c.body || w.Header().Get("Content-Encoding") != c.coding {
			t.Errorf("%q: got %q as %q", c.accept, w.Body, w.Header().Get("Content-Encoding"))
		}
		if got := w.Header().Get("Content-Type"); got != "text/javascript; charset=utf-8" {
			t.Errorf("type %q", got)
		}
		if got := w.Header().Get("Cache-Control"); !strings.Contains(got, "immutable") {
			t.Errorf("a hashed file is cached as %q", got)
		}
	}
}

// Every path of a door is its page, asked for afresh; so is the worker, which keeps its name.
func TestDoorsAreAskedForAfresh(t *testing.T) {
	for path, h := range map[string]http.Handler{"/screen/": door{sample, "screen"}, "/screen/?hold=red": door{sample, "screen"}, "/sw.js": worker{sample}} {
		w := ask(h, "GET", path)
		if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-cache" || w.Header().Get("ETag") == "" {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
	if got := ask(worker{sample}, "GET", "/sw.js"); got.Header().Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("a worker of type %q", got.Header().Get("Content-Type"))
	}
	if got := ask(worker{fstest.MapFS{}}, "GET", "/sw.js"); got.Code != http.StatusNotFound {
		t.Errorf("without a build the worker answers %d", got.Code)
	}
}

func TestOnlyHashedNamesAreCachedForEver(t *testing.T) {
	if got := ask(assets{sample}, "GET", "/assets/icon.svg").Header().Get("Cache-Control"); got != "no-cache" {
		t.Errorf("an unhashed file is cached as %q", got)
	}
}

func TestAssetsLeadNowhereElse(t *testing.T) {
	for _, path := range []string{"/assets/", "/assets", "/assets/none.js", "/assets/../console/index.html"} {
		if w := ask(assets{sample}, "GET", path); w.Code != http.StatusNotFound {
			t.Errorf("%s answers %d", path, w.Code)
		}
	}
}

func TestEveryPathOfADoorIsItsPage(t *testing.T) {
	d := door{sample, "console"}
	first := ask(d, "GET", "/console/")
	if first.Body.String() != "<!doctype html>page" || first.Header().Get("Cache-Control") != "no-cache" {
		t.Fatalf("got %q, %v", first.Body, first.Header())
	}
	if w := ask(d, "GET", "/console/monitoring/devices/1", "If-None-Match", first.Header().Get("ETag")); w.Code != http.StatusNotModified {
		t.Errorf("an unchanged page is sent again: %d", w.Code)
	}
	if w := ask(d, "POST", "/console/"); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST answers %d", w.Code)
	}
}

func TestWithoutABuildItSaysWhatToRun(t *testing.T) {
	w := ask(door{fstest.MapFS{".gitkeep": {}}, "console"}, "GET", "/console/")
	if w.Code != http.StatusServiceUnavailable || strings.Count(w.Body.String(), "make run") != 2 {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}
