package feed

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/tongsheng/tongsheng/engine/cap"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

const (
	listedFor    = 24 * time.Hour // what ended stays in the feed for so long
	writtenFor   = time.Second    // the same bytes are served for so long, however many ask
	maxKeptFiles = 200
)

// keptFile is a document as it was written.
type keptFile struct {
	raw  []byte
	etag string
	at   time.Time
}

func newFile(raw []byte, at time.Time) keptFile {
	return keptFile{raw, `"` + blob.Digest(raw)[:32] + `"`, at}
}

func (f keptFile) fresh(now time.Time) bool {
	return f.raw != nil && now.Sub(f.at) < writtenFor && !now.Before(f.at)
}

// published is what was written for the public.
type published struct {
	mu    sync.Mutex
	feed  keptFile
	files *lru.Cache[string, keptFile]
}

func (d *Desk) registerPublic(api *httpapi.API) {
	op := func(id, path, summary string) httpapi.Op {
		return httpapi.Op{ID: id, Method: http.MethodGet, Path: path, Summary: summary, Tag: "alert-sources", Access: httpapi.Public}
	}
	api.Guard(op("alert-cap-feed", "/cap/feed.xml", "Messages in force, and those that ended within a day, as an Atom feed of CAP"), "application/atom+xml", func(w http.ResponseWriter, r *http.Request) error {
		f, err := d.feed(r.Context())
		if err != nil {
			return err
		}
		return serve(w, r, f, "application/atom+xml; charset=utf-8")
	})
	api.Guard(op("alert-cap-authority", "/cap/authority.pem", "The certificate authority of who signs what is published as CAP"), "application/x-pem-file", func(w http.ResponseWriter, r *http.Request) error {
		if len(d.Seal.Authority) == 0 {
			return fault.New(fault.NotFound, "alert.not_found")
		}
		return serve(w, r, newFile(d.Seal.Authority, d.Clock.Now()), "application/x-pem-file")
	})
	api.Guard(op("alert-cap-message", "/cap/{id}.xml", "The newest word on a message as CAP 1.2"), cap.MediaType, func(w http.ResponseWriter, r *http.Request) error {
		f, err := d.file(r.Context(), chi.URLParam(r, "id"), "")
		if err != nil {
			return err
		}
		return serve(w, r, f, cap.MediaType+"; charset=utf-8")
	})
	api.Guard(op("alert-cap-version", "/cap/{id}/{version}.xml", "One version of a message as CAP 1.2, by its number; the word end is for how it was taken off the air"), cap.MediaType, func(w http.ResponseWriter, r *http.Request) error {
		f, err := d.file(r.Context(), chi.URLParam(r, "id"), chi.URLParam(r, "version"))
		if err != nil {
			return err
		}
		return serve(w, r, f, cap.MediaType+"; charset=utf-8")
	})
}

func serve(w http.ResponseWriter, r *http.Request, f keptFile, mime string) error {
	h := w.Header()
	h.Set("ETag", f.etag)
	h.Set("Cache-Control", "public, max-age=5")
	h.Set("Access-Control-Allow-Origin", "*") // there is nothing secret in what everybody hears
	if slices.ContainsFunc(strings.Split(r.Header.Get("If-None-Match"), ","), func(t string) bool {
		t = strings.TrimSpace(t)
		return t == "*" || strings.TrimPrefix(t, "W/") == f.etag
	}) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", mime)
	h.Set("Content-Length", strconv.Itoa(len(f.raw)))
	_, _ = w.Write(f.raw)
	return nil
}

// feed is the Atom feed, written at most once a second however many ask.
func (d *Desk) feed(ctx context.Context) (keptFile, error) {
	d.shown.mu.Lock()
	defer d.shown.mu.Unlock()
	now := d.Clock.Now()
	if d.shown.feed.fresh(now) {
		return d.shown.feed, nil
	}
	found, err := d.House.Published(context.WithoutCancel(ctx), now.Add(-listedFor))
	if err != nil {
		return keptFile{}, err
	}
	f := &cap.Feed{ID: "urn:tongsheng:" + d.Identity.Sender + ":cap", Title: d.Identity.Zh, Author: d.Identity.Zh, Updated: d.started, Self: d.Identity.Base + "/cap/feed.xml"}
	for i := range found {
		if e, ok := d.entry(&found[i], now); ok {
			f.Entries = append(f.Entries, e)
		}
	}
	slices.SortStableFunc(f.Entries, func(a, b cap.Entry) int { return cmp.Or(b.Updated.Compare(a.Updated), strings.Compare(a.ID, b.ID)) })
	if len(f.Entries) > 0 {
		f.Updated = f.Entries[0].Updated
	}
	raw, err := cap.WriteFeed(f)
	if err != nil {
		return keptFile{}, err
	}
	d.shown.feed = newFile(raw, now)
	return d.shown.feed, nil
}

// entry is a message in the feed; one that does not begin yet is not there, and one that
// ended long ago no longer.
func (d *Desk) entry(p *Public, now time.Time) (cap.Entry, bool) {
	docs := d.Identity.documents(p)
	ended := p.EndsAt
	if p.State == message.Ended {
		ended = p.EndedAt
	}
	if len(docs) == 0 || p.StartsAt.After(now) || ended.Before(now.Add(-listedFor)) {
		return cap.Entry{}, false
	}
	a := docs[len(docs)-1]
	n := a.Infos[0]
	return cap.Entry{ID: "urn:tongsheng:" + a.Sender + ":" + a.Identifier, Title: n.Headline, Updated: a.Sent, Summary: n.Description, Link: d.Identity.Base + "/cap/" + p.ID + "/" + versionOf(a) + ".xml"}, true
}

func versionOf(a *cap.Alert) string { return a.Identifier[strings.LastIndexByte(a.Identifier, '.')+1:] }

// file is one document about a message, the newest for an empty version.
func (d *Desk) file(ctx context.Context, id, version string) (keptFile, error) {
	now, key := d.Clock.Now(), id+" "+version
	if f, ok := d.shown.files.Get(key); ok && f.fresh(now) {
		return f, nil
	}
	p, err := d.House.PublishedOne(ctx, id)
	if err != nil {
		return keptFile{}, err
	}
	docs := d.Identity.documents(p)
	at := len(docs) - 1
	if version != "" {
		at = slices.IndexFunc(docs, func(a *cap.Alert) bool { return versionOf(a) == version })
	}
	if at < 0 || p.StartsAt.After(now) && p.State != message.Ended {
		return keptFile{}, fault.New(fault.NotFound, "alert.not_found")
	}
	raw, err := docs[at].Write()
	if err == nil && d.Seal.Sign != nil {
		raw, err = d.Seal.Sign(raw)
	}
	if err != nil {
		return keptFile{}, err
	}
	f := newFile(raw, now)
	d.shown.files.Add(key, f)
	return f, nil
}
