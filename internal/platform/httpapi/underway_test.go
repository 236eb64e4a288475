package httpapi_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// unread fails the test when its body is read.
type unread struct{ *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.Error("the body of a refused call was read")
	return 0, http.ErrBodyReadAfterClose
}

func TestOnePersonHasOnlySoManyCallsUnderWay(t *testing.T) {
	router := chi.NewRouter()
	router.Use(httpapi.Identify(identify))
	api := httpapi.New(router, "test", nil)
	began, end := make(chan struct{}), make(chan struct{})
	work := func() { began <- struct{}{}; <-end }
	op := func(id string) httpapi.Op {
		return httpapi.Op{ID: id, Method: http.MethodPost, Path: "/" + id, Access: httpapi.SignedIn, AtOnce: 2}
	}
	httpapi.Register(api, op("work"), func(context.Context, *struct{ RawBody []byte }) (*httpapi.Empty, error) {
		work()
		return nil, fault.New(fault.Conflict, "stale") // who fails leaves as well
	})
	api.Guard(op("file"), "text/plain", func(http.ResponseWriter, *http.Request) error { work(); return nil })
	for path, done := range map[string]int{"/work": http.StatusConflict, "/file": http.StatusOK} {
		call := func(who string, r *http.Request) int {
			r.Header.Set("Who", who)
			w := httptest.NewRecorder()
			router.ServeHTTP(w, r)
			return w.Code
		}
		codes := make(chan int)
		start := func(who string) {
			go func() { codes <- call(who, httptest.NewRequest(http.MethodPost, path, strings.NewReader("x"))) }()
			<-began
		}
		start("li")
		start("li")
		if code := call("li", httptest.NewRequest(http.MethodPost, path, unread{t})); code != http.StatusTooManyRequests {
			t.Errorf("%s: a third at once: %d", path, code)
		}
		start("wang")
		for range 3 {
			end <- struct{}{}
			if code := <-codes; code != done {
				t.Errorf("%s: %d", path, code)
			}
		}
		start("li")
		end <- struct{}{}
		<-codes
	}
}

// What the bodies of all take together is bounded, and asked before one is read.
func TestLargeBodiesShareARoom(t *testing.T) {
	router := chi.NewRouter()
	router.Use(httpapi.Identify(identify))
	api := httpapi.New(router, "test", nil)
	began, end := make(chan struct{}), make(chan struct{})
	httpapi.Register(api, httpapi.Op{ID: "import", Method: http.MethodPost, Path: "/import", Access: httpapi.SignedIn, MaxBody: 32 << 20, AtOnce: 1},
		func(context.Context, *struct{ RawBody []byte }) (*httpapi.Empty, error) {
			began <- struct{}{}
			<-end
			return nil, nil
		})
	call := func(who string, body io.Reader) int {
		r := httptest.NewRequest(http.MethodPost, "/import", body)
		r.Header.Set("Who", who)
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		return w.Code
	}
	codes := make(chan int)
	start := func(who string, body io.Reader) {
		go func() { codes <- call(who, body) }()
		<-began
	}
	unsaid := func() io.Reader { return io.MultiReader(strings.NewReader("x")) } // of no length that the request says
	for _, who := range []string{"a", "b", "c", "d"} {
		start(who, unsaid())
	}
	if code := call("e", unread{t}); code != http.StatusServiceUnavailable {
		t.Errorf("a fifth: %d", code)
	}
	end <- struct{}{}
	<-codes
	start("e", strings.NewReader("small")) // who was refused has nothing under way
	start("f", strings.NewReader("small")) // a body takes what it says it is
	for range 5 {
		end <- struct{}{}
		<-codes
	}
}

// An operation that lets one person fill a room, or that nobody may call, is refused at both
// doors.
func TestAMistakeInAnOperationDoesNotStart(t *testing.T) {
	for name, op := range map[string]httpapi.Op{
		"no access":        {},
		"no limit at once": {Access: httpapi.SignedIn, MaxBody: 32 << 20},
		"too many at once": {Access: httpapi.SignedIn, MaxBody: 32 << 20, AtOnce: 3},
		"too little room":  {Access: httpapi.SignedIn, MaxBody: 2 << 10, Room: 1 << 10},
		"anybody's room":   {Access: httpapi.Public, MaxBody: 32 << 20, AtOnce: 1},
		"no list":          {Access: httpapi.Device},
	} {
		list := []string{"greedy"}
		if name == "no list" {
			list = nil
		}
		op.ID, op.Method, op.Path = "greedy", http.MethodPost, "/greedy"
		for door, open := range map[string]func(*httpapi.API){
			"Register": func(a *httpapi.API) {
				httpapi.Register(a, op, func(context.Context, *struct{ RawBody []byte }) (*httpapi.Empty, error) { return nil, nil })
			},
			"Guard": func(a *httpapi.API) {
				a.Guard(op, "text/plain", func(http.ResponseWriter, *http.Request) error { return nil })
			},
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s starts at %s", name, door)
					}
				}()
				open(httpapi.New(chi.NewRouter(), "test", list))
			}()
		}
	}
}

// Small bodies that many send at once have a room of their own where their operation says so.
func TestSmallBodiesHaveARoomWhereItIsSaid(t *testing.T) {
	router := chi.NewRouter()
	router.Use(httpapi.Identify(identify))
	api := httpapi.New(router, "test", nil)
	began, end := make(chan struct{}), make(chan struct{})
	api.Guard(httpapi.Op{ID: "sample", Method: http.MethodPut, Path: "/sample", Access: httpapi.SignedIn, MaxBody: 1 << 10, Room: 2 << 10}, "text/plain",
		func(http.ResponseWriter, *http.Request) error { began <- struct{}{}; <-end; return nil })
	call := func(body io.Reader) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPut, "/sample", body)
		r.Header.Set("Who", "li")
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		return w
	}
	codes := make(chan int)
	start := func(bytes int) {
		go func() { codes <- call(strings.NewReader(strings.Repeat("x", bytes))).Code }()
		<-began
	}
	start(1000)
	start(500)
	start(500)
	if w := call(unread{t}); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "5" {
		t.Errorf("one too many: %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	end <- struct{}{}
	<-codes
	start(500)
	for range 3 {
		end <- struct{}{}
		if code := <-codes; code != http.StatusOK {
			t.Error(code)
		}
	}
}
