package portal

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

func FuzzCookie(f *testing.F) {
	for _, seed := range []string{"", "lang=en&size=large&place=110105000000", "size=huge&theme=%zz", "place=../..", "simple=1&still=1", "lang=en;q=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		read := func(value string) prefs {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("Cookie", cookieName+"="+value)
			return readPrefs(r)
		}
		p := read(value)
		if again := read(p.encode()); again != p {
			t.Errorf("%q is %+v and then %+v", value, p, again)
		}
		if p.Place != "" && !regionCode.MatchString(p.Place) {
			t.Errorf("place %q", p.Place)
		}
	})
}

func FuzzBackTo(f *testing.F) {
	for _, seed := range []string{"/", "/m/01?x=1", "//evil.example", "https://evil.example", "/\\evil.example", "/%2f/evil.example", "/a\r\nSet-Cookie: x", "", "/.//evil.example"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got := backTo(path)
		here, _ := url.Parse("https://city.example/settings")
		to, err := here.Parse(got)
		if err != nil || to.Host != here.Host || to.Scheme != here.Scheme || got == "" || got[0] != '/' {
			t.Errorf("%q leads to %q: %v", path, got, err)
		}
	})
}
