package httpapi_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

type note struct {
	Title string            `json:"title"`
	Parts []note            `json:"parts,omitempty"`
	Names map[string]string `json:"names,omitempty"`
	Place [2]float64        `json:"place"`
}

// signed is a note with the name of who wrote it.
type signed struct {
	By    string `json:"by" text:"name"`
	Title string `json:"title"`
}

// bulletin is an API that hears everything an operation can hear.
func bulletin(seen *string) http.Handler {
	router := chi.NewRouter()
	router.Use(httpapi.PlainRequestIDs, middleware.RequestID, httpapi.Languages, httpapi.WellFormed)
	api := httpapi.New(router, "test", []string{"note-put", "note-sign", "note-list"})
	httpapi.Register(api, httpapi.Op{ID: "note-put", Method: "PUT", Path: "/api/notes/{key}", Summary: "s", Tag: "t", Access: httpapi.Public},
		func(ctx context.Context, in *struct {
			Key   string `path:"key"`
			Token string `header:"Idempotency-Key"`
			Body  note
		}) (*httpapi.Empty, error) {
			*seen = middleware.GetReqID(ctx)
			return nil, nil
		})
	httpapi.Register(api, httpapi.Op{ID: "note-sign", Method: "POST", Path: "/api/notes", Summary: "s", Tag: "t", Access: httpapi.Public},
		func(context.Context, *struct{ Body signed }) (*httpapi.Empty, error) { return nil, nil })
	httpapi.Register(api, httpapi.Op{ID: "note-list", Method: "GET", Path: "/api/notes", Summary: "s", Tag: "t", Access: httpapi.Public},
		func(context.Context, *struct {
			httpapi.PageInput
			Text string `query:"q"`
		}) (*httpapi.Empty, error) {
			return nil, nil
		})
	return router
}

func TestWhatNoDatabaseCanKeepIsRefusedWithItsPlace(t *testing.T) {
	var seen string
	s := &site{Handler: bulletin(&seen)}
	cursor := func(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(key)) }
	for _, c := range []struct {
		method, path, body, token, place, code string
		status                                 int
	}{
		{"PUT", "/api/notes/a", `{"title":"b","place":[1,2]}`, "once", "", "", 204},
		{"PUT", "/api/notes/%00", `{"title":"b","place":[1,2]}`, "", "", "request.not_found", 404},
		{"PUT", "/api/notes/a%ff", `{"title":"b","place":[1,2]}`, "", "", "request.not_found", 404},
		{"PUT", "/api/notes/a", `{"title":"b\u0000","place":[1,2]}`, "", "title", "validate.text", 422},
		{"PUT", "/api/notes/a", `{"title":"b","parts":[{"title":"","place":[1,2]},{"title":"\u0000","place":[1,2]}],"place":[1,2]}`, "", "parts[1].title", "validate.text", 422},
		{"PUT", "/api/notes/a", `{"title":"b","names":{"x":"\u0000"},"place":[1,2]}`, "", "names.x", "validate.text", 422},
		{"PUT", "/api/notes/a", `{"title":"b","place":[1,2]}`, "\xff", "Idempotency-Key", "validate.text", 422},
		{"PUT", "/api/notes/a", `{"title":"b\nc","place":[1,2]}`, "", "", "", 204},
		{"POST", "/api/notes", `{"by":"王 Wang","title":"b\nc"}`, "", "", "", 204},
		{"POST", "/api/notes", `{"by":"Wang\nLi","title":"b"}`, "", "by", "validate.name", 422},
		{"POST", "/api/notes", `{"by":"Wang\u202eLi","title":"b"}`, "", "by", "validate.name", 422},
		{"POST", "/api/notes", `{"by":"\u0000","title":"b"}`, "", "by", "validate.name", 422},
		{"POST", "/api/notes", `{"by":" \u2060 ","title":"b"}`, "", "by", "validate.name", 422},
		{"GET", "/api/notes?q=%00", "", "", "query.q", "validate.text", 422},
		{"GET", "/api/notes?q=%ff", "", "", "query.q", "validate.text", 422},
		{"GET", "/api/notes?after=" + cursor("fine"), "", "", "", "", 204},
		{"GET", "/api/notes?after=" + cursor("\xfb"), "", "", "after", "page.cursor_invalid", 422},
		{"GET", "/api/notes?after=" + cursor("a\x00"), "", "", "after", "page.cursor_invalid", 422},
	} {
		w, p := s.call(t, c.method, c.path, c.body, "Idempotency-Key", c.token)
		if w.Code != c.status || p.Code != c.code || c.place != "" && (len(p.Errors) != 1 || p.Errors[0].Location != c.place) {
			t.Errorf("%s %s %s: %d %+v", c.method, c.path, c.body, w.Code, p)
		}
	}
}

func TestACallersRequestNumberIsAShortWord(t *testing.T) {
	for given, kept := range map[string]bool{"req-7": true, "01J/a+b=": true, "": false, "\xff\xfe": false, "a b": false, strings.Repeat("z", 65): false} {
		var seen string
		r := httptest.NewRequest("PUT", "/api/notes/a", strings.NewReader(`{"title":"b","place":[1,2]}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Request-Id", given)
		bulletin(&seen).ServeHTTP(httptest.NewRecorder(), r)
		if seen == "" || (seen == given) != kept {
			t.Errorf("%q became %q", given, seen)
		}
	}
}

func TestWhatCannotBeReadIsSaidInTheReadersLanguage(t *testing.T) {
	var seen string
	s := &site{Handler: bulletin(&seen)}
	for _, c := range []struct{ method, path, body, want string }{
		{"GET", "/api/notes?limit=x", "", "请填写整数"}, {"PUT", "/api/notes/a", `{"title":`, "不是有效的 JSON"}, {"PUT", "/api/notes/a", "\xff", "不是有效的 JSON"},
	} {
		_, p := s.call(t, c.method, c.path, c.body, "Accept-Language", "zh")
		if len(p.Errors) != 1 || p.Errors[0].Message != c.want {
			t.Errorf("%s %s: %+v", c.method, c.path, p)
		}
	}
}

func TestNobodyUpdatesWhateverIsThere(t *testing.T) {
	s := newSite(t)
	for _, match := range []string{`"0"`, "0", `"-1"`} {
		if w, p := s.call(t, "PUT", "/api/update", "", "If-Match", match); p.Code != "if_match.invalid" {
			t.Errorf("If-Match %s: %d %s", match, w.Code, p.Code)
		}
	}
}

func TestAnswersToPeopleAreNotKept(t *testing.T) {
	router := chi.NewRouter()
	who := auth.NewPrincipal(auth.Actor{ID: "maker"}, nil)
	router.Use(httpapi.Identify(func(r *http.Request) (*auth.Principal, error) {
		if r.Header.Get("Who") == "" {
			return nil, nil
		}
		return who, nil
	}))
	router.Get("/", func(http.ResponseWriter, *http.Request) {})
	for name, want := range map[string]string{"": "", "maker": "no-store"} {
		r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
		r.Header.Set("Who", name)
		router.ServeHTTP(w, r)
		if got := w.Header().Get("Cache-Control"); got != want {
			t.Errorf("%q: Cache-Control %q", name, got)
		}
	}
}
