package live_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/live"
)

// patience is how long a browser may take nothing of what it is told.
const patience = 40 * time.Second

// desk is a hub with people whose standing the test decides.
type desk struct {
	*live.Hub
	handler http.Handler
	mu      sync.Mutex
	grants  map[string][]string // where each person may read; no entry is nobody
}

func newDesk(t *testing.T) *desk {
	hub := live.NewHub()
	d := &desk{Hub: hub, grants: map[string][]string{}}
	session := func(r *http.Request) (*auth.Principal, error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		name := r.Header.Get("X-Who")
		paths, ok := d.grants[name]
		if !ok {
			return nil, nil
		}
		return auth.NewPrincipal(auth.Actor{ID: name}, map[auth.Permission][]string{"read": paths}), nil
	}
	router := chi.NewRouter()
	router.Use(httpapi.Patience(clock.System{}, patience), httpapi.Identify(session))
	hub.Register(httpapi.New(router, "test", nil), session)
	d.handler = router
	return d
}

func (d *desk) set(who string, paths ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.grants[who] = paths
	if paths == nil {
		delete(d.grants, who)
	}
}

// stream is one open stream.
type stream struct {
	*httptest.ResponseRecorder
	close func()
	done  chan struct{}
}

func (d *desk) open(who string) *stream {
	return d.read(who, func(w *httptest.ResponseRecorder) http.ResponseWriter { return w })
}

// read opens a stream through what stands between the handler and its browser.
func (d *desk) read(who string, through func(*httptest.ResponseRecorder) http.ResponseWriter) *stream {
	ctx, cancel := context.WithCancel(context.Background())
	s := &stream{httptest.NewRecorder(), cancel, make(chan struct{})}
	r := httptest.NewRequest(http.MethodGet, "/api/live", nil).WithContext(ctx)
	r.Header.Set("X-Who", who)
	go func() { defer close(s.done); d.handler.ServeHTTP(through(s.ResponseRecorder), r) }()
	synctest.Wait()
	return s
}

func (s *stream) ended() bool {
	synctest.Wait()
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

func TestAStreamDoesNotOutliveItsSessionByMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.set("amy", "cn.11.")
		s := d.open("amy")
		time.Sleep(time.Hour)
		if s.ended() {
			t.Fatal("a stream with a session was cut")
		}
		d.set("amy") // idle, say: nobody tells
		time.Sleep(6 * time.Second)
		if !s.ended() {
			t.Error("the stream goes on without a session")
			s.close()
		}
	})
}

func TestAStreamHearsWhatItsPersonMayHearNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.set("amy", "cn.11.")
		d.set("bob", "cn.11.")
		amy, bob := d.open("amy"), d.open("bob")
		d.set("amy", "cn.11.110105.")
		d.Doubt("amy")
		for _, path := range []string{"cn.11.110105.", "cn.11.110108."} {
			d.Tell("at-"+path, "read", path, nil)
		}
		synctest.Wait()
		if body := amy.Body.String(); strings.Contains(body, "at-cn.11.110108.") || !strings.Contains(body, "at-cn.11.110105.") {
			t.Errorf("amy heard %s", body)
		}
		if body := bob.Body.String(); !strings.Contains(body, "at-cn.11.110108.") {
			t.Errorf("bob heard %s", body)
		}
		amy.close()
		bob.close()
	})
}

func TestAPersonHasABoundedNumberOfStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.set("amy", "cn.")
		d.set("bob", "cn.")
		var open []*stream
		for range 16 {
			open = append(open, d.open("amy"))
		}
		if one := d.open("amy"); !one.ended() || one.Code != http.StatusTooManyRequests {
			t.Errorf("one too many: %d %s", one.Code, one.Body)
		}
		if other := d.open("bob"); other.ended() {
			t.Errorf("somebody else: %d", other.Code)
		} else {
			open = append(open, other)
		}
		open[0].close()
		if !open[0].ended() {
			t.Fatal("a closed stream goes on")
		}
		again := d.open("amy")
		if again.ended() {
			t.Errorf("after one was closed: %d", again.Code)
		}
		for _, s := range append(open, again) {
			s.close()
		}
	})
}

// stalled is a connection whose browser has stopped reading: a write waits until its
// deadline, or for ever.
type stalled struct {
	*httptest.ResponseRecorder
	until time.Time
}

func (s *stalled) SetWriteDeadline(t time.Time) error { s.until = t; return nil }

func (s *stalled) Write([]byte) (int, error) {
	if s.until.IsZero() {
		select {}
	}
	time.Sleep(time.Until(s.until))
	return 0, os.ErrDeadlineExceeded
}

// A stream whose browser does not read ends, and counts until it has.
func TestAStalledReaderIsLetGoAndCountsUntilThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.set("amy", "cn.")
		var open []*stream
		for range 16 {
			open = append(open, d.read("amy", func(w *httptest.ResponseRecorder) http.ResponseWriter { return &stalled{ResponseRecorder: w} }))
		}
		for range 1000 { // more than waits for anybody
			d.Tell("news", "read", "cn.", nil)
		}
		if one := d.open("amy"); !one.ended() || one.Code != http.StatusTooManyRequests {
			t.Errorf("streams that were cut off do not count though they go on: %d", one.Code)
			one.close()
		}
		time.Sleep(time.Minute)
		for i, s := range open {
			if !s.ended() {
				t.Fatalf("stream %d waits for its browser for ever", i)
			}
		}
		again := d.open("amy")
		if again.ended() {
			t.Errorf("after they ended: %d", again.Code)
		}
		again.close()
	})
}

// deadlined remembers the deadline that stands, and how long each left.
type deadlined struct {
	*httptest.ResponseRecorder
	until time.Time
	left  []time.Duration
}

func (d *deadlined) SetWriteDeadline(t time.Time) error {
	if d.until = t; !t.IsZero() {
		d.left = append(d.left, time.Until(t))
	}
	return nil
}

// Over HTTP/2 a deadline that passes ends a stream, also one that is silent: none stands
// between two pieces of news.
func TestASilentStreamHasNoDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.set("amy", "cn.")
		w := &deadlined{until: time.Now()}
		s := d.read("amy", func(r *httptest.ResponseRecorder) http.ResponseWriter { w.ResponseRecorder = r; return w })
		d.Tell("news", "read", "cn.", 1)
		synctest.Wait()
		if !strings.Contains(w.Body.String(), "event: news") || !w.until.IsZero() {
			t.Errorf("%q, deadline %v", w.Body.String(), w.until)
		}
		if len(w.left) == 0 || slices.Min(w.left) != patience {
			t.Errorf("pieces had %v", w.left)
		}
		s.close()
		s.ended()
	})
}
