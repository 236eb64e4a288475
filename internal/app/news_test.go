package app

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// listen opens the stream of news as somebody with a role in a region; the channel gives the names of
// what they hear.
func listen(t *testing.T, server *httptest.Server, role, path string) <-chan string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set(asHeader, role)
	r.Header.Set(pathOf, path)
	res, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	heard, begun := make(chan string, 100), make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(res.Body)
		for lines.Scan() {
			switch name, is := strings.CutPrefix(lines.Text(), "event: "); {
			case is:
				heard <- name
			case strings.HasPrefix(lines.Text(), "retry:"):
				begun <- true
			}
		}
	}()
	<-begun
	return heard
}

// News of facts goes to whoever works where they changed: to a district for its own, to the city for
// all, and once however many regions changed together.
func TestNewsOfFactsGoesWhereTheyChanged(t *testing.T) {
	a := openTest(t)
	element := a.matrixElement(t)
	server := httptest.NewServer(a.handler)
	t.Cleanup(server.Close)
	city, chaoyang, dongcheng := listen(t, server, viewer, cityPath), listen(t, server, reporter, "cn.11.110105."), listen(t, server, viewer, "cn.11.110101.")
	serial := 0
	state := func(units ...string) {
		t.Helper()
		serial++
		var facts []string
		for _, u := range units {
			facts = append(facts, `{"element":"`+element+`","unit":"`+u+`","period":"2026-07-01","ref":"`+u+strconv.Itoa(serial)+`","value":1}`)
		}
		if got := a.ask(operation{method: http.MethodPost, path: "/api/measure/facts"}, request{body: `{"facts":[` + strings.Join(facts, ",") + `]}`}, analyst, cityPath); got.status >= 300 {
			t.Fatal(got.body)
		}
	}
	hears := func(who string, heard <-chan string) {
		t.Helper()
		select {
		case name := <-heard:
			if name != "measure" {
				t.Errorf("%s heard %q", who, name)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("%s heard nothing", who)
		}
	}
	silent := func(who string, heard <-chan string) {
		t.Helper()
		select {
		case name := <-heard:
			t.Errorf("%s heard %q of what is not theirs, or twice", who, name)
		case <-time.After(200 * time.Millisecond):
		}
	}
	state("110105000000")
	hears("the city", city)
	hears("the district", chaoyang)
	silent("another district", dongcheng)
	state("110105001000", "110105000000", "110101000000")
	hears("the city", city)
	hears("the district of a township", chaoyang)
	hears("the other district", dongcheng)
	silent("the city", city)
	silent("the district", chaoyang)
	state("110000000000")
	hears("the city", city)
	silent("a district", chaoyang)
}
