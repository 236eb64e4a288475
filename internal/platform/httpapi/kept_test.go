package httpapi_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

func TestAKeptAnswerIsHandedOutAsTheAskerTakesIt(t *testing.T) {
	type answer struct {
		Text string `json:"text"`
	}
	const want = `{"text":"暴雨"}`
	k, err := httpapi.Keep(answer{"暴雨"})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := httpapi.Hand[answer](k, httpapi.KeptInput{})
	if err != nil || string(plain.Body) != want || plain.ContentEncoding != "" || plain.Status != 200 {
		t.Errorf("%+v, %v", plain, err)
	}
	packed, err := httpapi.Hand[answer](k, httpapi.KeptInput{Accepts: "br, gzip", NoneMatch: `"another"`})
	if err != nil || packed.ContentEncoding != "gzip" || packed.ETag == plain.ETag {
		t.Fatalf("%+v, %v", packed, err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed.Body))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
	again, err := httpapi.Hand[answer](k, httpapi.KeptInput{NoneMatch: `"another", W/` + plain.ETag})
	if err != nil || again.Status != 304 || len(again.Body) != 0 {
		t.Errorf("%+v, %v", again, err)
	}
}

// What somebody who is signed in was answered is not left behind in the browser.
func TestAKeptAnswerIsNotStored(t *testing.T) {
	type answer struct{ N int }
	k, err := httpapi.Keep(answer{1})
	if err != nil {
		t.Fatal(err)
	}
	router := chi.NewRouter()
	router.Use(httpapi.Identify(func(*http.Request) (*auth.Principal, error) {
		return auth.NewPrincipal(auth.Actor{ID: "amy"}, nil), nil
	}))
	httpapi.Register(httpapi.New(router, "test", nil), httpapi.Op{ID: "kept", Method: http.MethodGet, Path: "/kept", Access: httpapi.SignedIn},
		func(_ context.Context, in *httpapi.KeptInput) (*httpapi.KeptOutput[answer], error) {
			return httpapi.Hand[answer](k, *in)
		})
	w := httptest.NewRecorder()
	router.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/kept", nil))
	if got := w.Header().Values("Cache-Control"); w.Code != http.StatusOK || len(got) != 1 || got[0] != "no-store" {
		t.Errorf("%d, Cache-Control %q", w.Code, got)
	}
}
