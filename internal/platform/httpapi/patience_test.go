package httpapi_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// A reader that takes nothing is given up; one that is slow, or asks again, is not.
func TestAnAnswerThatNobodyTakesEnds(t *testing.T) {
	ended := make(chan error, 10)
	h := httpapi.Patience(clock.System{}, 300*time.Millisecond)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		size := 64 << 20
		if r.URL.Path == "/small" {
			size = 10
		}
		_, err := w.Write(make([]byte, size))
		ended <- err
	}))
	server := httptest.NewServer(h)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	select {
	case err := <-ended:
		if err == nil {
			t.Errorf("64 MB went to who does not read")
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it waits for who does not read")
	}
	over2 := httptest.NewUnstartedServer(h)
	over2.EnableHTTP2 = true
	over2.StartTLS()
	defer over2.Close()
	for i := range 6 { // each on a connection that it finds, after the deadline of the one before
		at := server
		if i%2 == 1 {
			at = over2
		}
		res, err := at.Client().Get(at.URL + "/small")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if at == over2 && res.ProtoMajor != 2 {
			t.Fatal(res.Proto)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
		time.Sleep(400 * time.Millisecond)
	}
}

func TestAnAddressHasAShareOfTheRequests(t *testing.T) {
	wait, under := make(chan struct{}), make(chan struct{}, 10)
	h := httpapi.Share(2)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { under <- struct{}{}; <-wait }))
	ask := func(from string) int {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = from
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	done := make(chan int, 10)
	for _, from := range []string{"192.0.2.1:1", "192.0.2.1:2", "192.0.2.2:1", "127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"} {
		go func() { done <- ask(from) }()
		<-under
	}
	if code := ask("192.0.2.1:3"); code != http.StatusTooManyRequests {
		t.Errorf("a third request of one address was answered %d", code)
	}
	close(wait)
	for range 6 {
		if code := <-done; code != http.StatusOK {
			t.Error(code)
		}
	}
	if code := ask("192.0.2.1:3"); code != http.StatusOK {
		t.Errorf("after the others it was answered %d", code)
	}
}
