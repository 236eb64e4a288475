// Package web is the built pages inside the binary. Files under assets carry their hash
// in their name and are cached for ever; a door's page is asked for afresh each time.
// Vite writes each text file three times, plain, gzip and brotli, so that nothing is
// compressed while somebody waits.
package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

//go:embed all:dist
var built embed.FS

//go:embed unbuilt.html
var unbuilt []byte

func dist() fs.FS {
	sub, err := fs.Sub(built, "dist")
	if err != nil {
		panic(err) // dist is always embedded
	}
	return sub
}

// Assets serves /assets/: scripts, styles and images of every door.
func Assets() http.Handler { return assets{dist()} }

// Console serves /console/: every path below it that is no file is the console's page,
// whose own router reads the rest. Without a build it says which command makes one.
func Console() http.Handler { return door{dist(), "console"} }

// Screen serves /screen/, the page of public screens.
func Screen() http.Handler { return door{dist(), "screen"} }

// TV serves /tv/, the page of television sets.
func TV() http.Handler { return door{dist(), "tv"} }

// Field serves /field/, the page of interviewers.
func Field() http.Handler { return door{dist(), "field"} }

// Task serves /task/, the page of those who repair and inspect.
func Task() http.Handler { return door{dist(), "task"} }

// Worker serves /sw.js, by which the doors that work without the network are kept in the
// browser. It lies above them all, so that one serves each.
func Worker() http.Handler { return worker{dist()} }

type worker struct{ files fs.FS }

func (o worker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !serve(w, r, o.files, "sw.js", "no-cache") {
		http.NotFound(w, r)
	}
}

// hashed matches names that change whenever their content does.
var hashed = regexp.MustCompile(`-[A-Za-z0-9_-]{8}\.[a-z0-9.]+$`)

type assets struct{ files fs.FS }

func (a assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if !strings.HasPrefix(name, "assets/") {
		http.NotFound(w, r)
		return
	}
	cache := "no-cache"
	if hashed.MatchString(name) {
		cache = "public, max-age=31536000, immutable"
	}
	if !serve(w, r, a.files, name, cache) {
		http.NotFound(w, r)
	}
}

type door struct {
	files fs.FS
	name  string
}

func (d door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	if serve(w, r, d.files, d.name+"/index.html", "no-cache") {
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write(unbuilt)
}

// serve answers with the smallest form of a file that the reader accepts; false when
// there is no such file.
func serve(w http.ResponseWriter, r *http.Request, files fs.FS, name, cache string) bool {
	info, err := fs.Stat(files, name)
	if err != nil || info.IsDir() {
		return false
	}
	h, chosen := w.Header(), name
	h.Add("Vary", "Accept-Encoding")
	for _, form := range []struct{ coding, suffix string }{{"br", ".br"}, {"gzip", ".gz"}} {
		if _, err := fs.Stat(files, name+form.suffix); err == nil && httpapi.Accepts(r.Header.Get("Accept-Encoding"), form.coding) {
			h.Set("Content-Encoding", form.coding)
			chosen += form.suffix
			break
		}
	}
	f, err := files.Open(chosen)
	if err != nil {
		h.Del("Content-Encoding")
		return false
	}
	defer f.Close()
	content, ok := f.(io.ReadSeeker) // embedded files are, so that nobody's answer is a copy in memory
	if !ok {
		h.Del("Content-Encoding")
		return false
	}
	h.Set("Content-Type", typeOf(name))
	h.Set("Cache-Control", cache)
	h.Set("ETag", tag(files, chosen))
	http.ServeContent(w, r, "", time.Time{}, content)
	return true
}

// typeOf does not ask the machine's own table for what every build has, since that table
// differs between systems.
func typeOf(name string) string {
	switch path.Ext(name) {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	case ".webmanifest":
		return "application/manifest+json"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

var tags sync.Map // name → entity tag; embedded files never change while the process lives

func tag(files fs.FS, name string) string {
	if known, ok := tags.Load(name); ok {
		return known.(string)
	}
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(raw)
	made := `"` + hex.EncodeToString(sum[:12]) + `"`
	tags.Store(name, made)
	return made
}
