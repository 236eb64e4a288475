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
	defer func() {
		if recover() == nil {
			t.Error("an operation lets one person fill the room")
		}
	}()
	httpapi.Register(api, httpapi.Op{ID: "greedy", Method: http.MethodPost, Path: "/greedy", Access: httpapi.SignedIn, MaxBody: 32 << 20},
		func(context.Context, *struct{ RawBody []byte }) (*httpapi.Empty, error) { return nil, nil })
}
