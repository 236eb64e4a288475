package openweb

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"
)

func TestOnlyTheOpenInternet(t *testing.T) {
	for _, inside := range []string{"127.0.0.1:80", "10.1.2.3:443", "169.254.169.254:80", "[::1]:443", "[fd00::1]:443", "[::ffff:192.168.1.1]:80", "100.64.1.1:443", "0.0.0.0:80", "localhost:80",
		"0.1.2.3:80", "198.18.0.1:80", "255.255.255.255:80", "[::7f00:1]:80", "[64:ff9b::7f00:1]:80", "[2002:7f00:1::]:80", "[fe80::1%eth0]:80"} {
		if Only("tcp", inside, nil) == nil {
			t.Errorf("%s was allowed", inside)
		}
	}
	if err := Only("tcp", "93.184.216.34:443", nil); err != nil {
		t.Error(err)
	}
}

func TestAClientStaysOutside(t *testing.T) {
	near := httptest.NewServer(http.RedirectHandler("/again", http.StatusFound))
	defer near.Close()
	if r, err := Client(5*time.Second, 1, false).Get(near.URL); err == nil {
		r.Body.Close()
		t.Error("this machine was asked")
	}
	r, err := Client(5*time.Second, 1, true).Get(near.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusFound {
		t.Errorf("HTTP %d: it followed", r.StatusCode)
	}
}

// The far side chooses the words of its refusal, and people read them.
func TestWhyHoldsNothingUnseen(t *testing.T) {
	err := &url.Error{Op: "Post", URL: "http://a/?key=secret", Err: errors.New("HTTP 503: no\x00 \x1b[31mred\u202e\r\nlevel=ERROR \xff断")}
	if got := Why(err); got != "HTTP 503: no [31mred  level=ERROR 断" {
		t.Errorf("%q", got)
	}
}
