package portal

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// prefs is how a reader wants to see the pages. The zero value is what everybody gets.
type prefs struct {
	Lang   i18n.Lang // empty: as the browser asks
	Size   string    // empty, large, largest
	Theme  string    // empty (as the device), light, dark
	Simple bool      // only what matters
	Still  bool      // pages without scripts do not reload by themselves
	Place  string    // region code
}

const (
	cookieName = "tongsheng_view"
	cookieAge  = 365 * 24 * 60 * 60 // seconds
)

var (
	sizes      = []string{"", "large", "largest"}
	themes     = []string{"", "light", "dark"}
	regionCode = regexp.MustCompile(`^[0-9]{12}$`)
)

// readPrefs takes from the cookie what is valid and leaves the rest as it is by default.
func readPrefs(r *http.Request) (p prefs) {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return p
	}
	v, err := url.ParseQuery(c.Value)
	if err != nil {
		return p
	}
	p.apply(v)
	return p
}

// apply changes what v names and leaves alone what it does not.
func (p *prefs) apply(v url.Values) {
	choose := func(key string, allowed []string, into *string) {
		if v.Has(key) && slices.Contains(allowed, v.Get(key)) {
			*into = v.Get(key)
		}
	}
	choose("size", sizes, &p.Size)
	choose("theme", themes, &p.Theme)
	if v.Has("simple") {
		p.Simple = v.Get("simple") == "1"
	}
	if v.Has("still") {
		p.Still = v.Get("still") == "1"
	}
	if l := i18n.Lang(v.Get("lang")); slices.Contains(i18n.Langs, l) {
		p.Lang = l
	}
	if code := v.Get("place"); v.Has("place") && (code == "" || regionCode.MatchString(code)) {
		p.Place = code
	}
}

// encode is the cookie's value; defaults are left out.
func (p prefs) encode() string {
	v := url.Values{}
	for key, value := range map[string]string{"lang": string(p.Lang), "size": p.Size, "theme": p.Theme, "place": p.Place} {
		if value != "" {
			v.Set(key, value)
		}
	}
	if p.Simple {
		v.Set("simple", "1")
	}
	if p.Still {
		v.Set("still", "1")
	}
	return v.Encode()
}

// keep writes the cookie; without any choice there is none.
func (p prefs) keep(w http.ResponseWriter, secure bool) {
	c := &http.Cookie{Name: cookieName, Value: p.encode(), Path: "/", MaxAge: cookieAge, SameSite: http.SameSiteLaxMode, Secure: secure}
	if c.Value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// language is the one to answer in: what the address says, else the reader's choice, else
// what the browser asks for.
func (p prefs) language(r *http.Request) i18n.Lang {
	if r.URL.Query().Has("lang") {
		return i18n.Match(r.URL.Query().Get("lang"))
	}
	if p.Lang != "" {
		return p.Lang
	}
	return httpapi.LangOf(r.Context())
}

// backTo is a path on this site to return to; anything that could lead elsewhere is the
// first page.
func backTo(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") ||
		strings.ContainsAny(path, "\\\r\n\t") || len(path) > 300 {
		return "/"
	}
	return path
}
