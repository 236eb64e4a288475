package account

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/live"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// streams serves live news to the people of a house.
func streams(h *house, hub *live.Hub) *httptest.Server {
	router := chi.NewRouter()
	router.Use(httpapi.Identify(h.Session))
	hub.Register(httpapi.New(router, "test", nil), h.Session)
	server := httptest.NewServer(router)
	h.t.Cleanup(server.Close)
	return server
}

// listen opens a stream and gives its events' names; it is closed when the stream ends.
func (b *browser) listen(server *httptest.Server) <-chan string {
	b.h.t.Helper()
	req, _ := http.NewRequest(http.MethodGet, server.URL+"/api/live", nil)
	req.Header.Set("Accept", "text/event-stream")
	resp, err := b.client.Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		b.h.t.Fatal(resp, err)
	}
	b.h.t.Cleanup(func() { resp.Body.Close() })
	lines := bufio.NewScanner(resp.Body)
	lines.Scan() // the head is there: the hub knows the reader
	names := make(chan string, 16)
	go func() {
		defer close(names)
		for lines.Scan() {
			if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				names <- name
			}
		}
	}()
	return names
}

// eachLive runs a test on a house that doubts the streams of a hub, on both databases.
func eachLive(t *testing.T, fn func(h *house, hub *live.Hub)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		hub := live.NewHub()
		fn(build(t, db, clk, func(d *Deps) { d.Changed = hub.Doubt }), hub)
	}, Migrations())
}

func TestALiveStreamEndsWithItsSession(t *testing.T) {
	eachLive(t, func(h *house, hub *live.Hub) {
		t := h.t
		server := streams(h, hub)
		for name, end := range map[string]func(amy *browser){
			"signing out":   func(amy *browser) { amy.do("DELETE", "/api/session", nil).want(204) },
			"being put out": func(*browser) { h.enter("sec").do("POST", "/api/accounts/"+h.id("amy")+"/sign-out", nil).want(204) },
			"being disabled": func(*browser) {
				sys := h.enter("sys")
				for _, off := range []bool{true, false} {
					sys.do("PATCH", "/api/accounts/"+h.id("amy"), object{"disabled": off}, "If-Match", versionOf(h, "amy")).want(200)
				}
			},
		} {
			amy := h.enter("amy")
			heard := amy.listen(server)
			hub.Tell("before", "alert.issue", here, nil)
			if got := <-heard; got != "before" {
				t.Fatalf("%s: heard %q", name, got)
			}
			end(amy)
			hub.Tell("after", "alert.issue", here, nil)
			select {
			case got, open := <-heard:
				if open {
					t.Errorf("%s: heard %q afterwards", name, got)
				}
			case <-time.After(10 * time.Second):
				t.Errorf("%s did not end the stream", name)
			}
		}
	})
}

func TestALiveStreamHearsNoMoreThanItsPersonMay(t *testing.T) {
	eachLive(t, func(h *house, hub *live.Hub) {
		sec := h.enter("sec")
		path := "/api/accounts/" + h.id("amy") + "/grants"
		sec.do("POST", path, object{"role": "issuer", "regionPath": "cn.11.110108."}).want(201)
		heard := h.enter("amy").listen(streams(h, hub))
		for _, g := range as[[]Grant](sec.do("GET", path, nil).want(200)) {
			if g.RegionPath == here {
				sec.do("DELETE", path+"/"+g.ID, nil).want(204)
			}
		}
		hub.Tell("withdrawn", "alert.issue", here, nil)
		hub.Tell("kept", "alert.issue", "cn.11.110108.", nil)
		if got := <-heard; got != "kept" {
			h.t.Errorf("heard %q", got)
		}
	})
}
