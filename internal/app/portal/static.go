package portal

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"github.com/tongsheng/tongsheng/web"
	pagefiles "github.com/tongsheng/tongsheng/web/portal"
)

// static is what the pages load: one style sheet, one script, one icon, each under a name
// that changes with its content, so that a phone fetches it once.
type static struct {
	Style, Script, Icon string // addresses
	files               map[string]*answer
	push                *answer // the worker that shows what is pushed
}

func newStatic() *static {
	s := &static{files: map[string]*answer{}}
	s.Style = s.add("portal", "css", "text/css; charset=utf-8", styles(web.Tokens, read("portal.css")))
	s.Script = s.add("portal", "js", "text/javascript; charset=utf-8", read("portal.js"))
	s.Icon = s.add("icon", "svg", "image/svg+xml", read("icon.svg"))
	s.push = newAnswer(http.StatusOK, "text/javascript; charset=utf-8", []byte(read("push.js")))
	return s
}

func read(name string) string {
	raw, err := fs.ReadFile(pagefiles.Static, "static/"+name)
	if err != nil {
		panic(err) // embedded
	}
	return string(raw)
}

func (s *static) add(name, suffix, kind, body string) (address string) {
	sum := sha256.Sum256([]byte(body))
	file := fmt.Sprintf("%s.%s.%s", name, hex.EncodeToString(sum[:5]), suffix)
	s.files[file] = newAnswer(http.StatusOK, kind, []byte(body))
	return "/portal/" + file
}

func (s *static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := s.files[r.PathValue("file")]
	if a == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	a.send(w, r)
}

// worker serves the script that shows what is pushed. Its address never changes, so it is asked
// for anew; from there it may act for every page.
func (s *static) worker(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-cache")
	s.push.send(w, r)
}

const darkTheme = ":root[data-theme='dark'] {"

// styles puts the portal's own rules after the tokens that all doors share. The dark
// colours are said twice: for those who chose them, and for those who leave it to the
// device, which without scripts only a media query can know. Paper is never dark.
func styles(tokens, own string) string {
	light, rest, found := strings.Cut(tokens, darkTheme)
	colours, after, closed := strings.Cut(rest, "}")
	if !found || !closed {
		panic("portal: the shared tokens have no dark theme")
	}
	return light +
		"@media screen {\n" + darkTheme + colours + "}\n}\n" +
		"@media screen and (prefers-color-scheme: dark) {\n:root[data-theme='auto'] {" + colours + "}\n}\n" +
		after + own
}
