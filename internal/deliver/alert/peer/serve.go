package peer

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Op is the public operation that takes packages: a signature in each says whose it is.
var Op = httpapi.Op{ID: "alert-ebd", Method: http.MethodPost, Path: "/ebd", Tag: "alert-peers",
	Summary: "Takes a package of GD/J 083 (TAR, as multipart/form-data or by itself) and answers with the package that holds its receipt", Access: httpapi.Public}

// What bodies under way may take in all, and what one of unknown length is taken for, bytes.
const (
	bodyRoom    = 192 << 20
	bodyUnknown = 8 << 20
)

// refusalsEach is how many packages a minute of one address may be refused before it is not
// listened to for the rest of the minute: who guesses at keys or numbers learns little.
const refusalsEach = 120

// strangers counts refusals in a minute.
type strangers struct {
	since time.Time
	count int
}

// stranger counts a refusal of a peer or an address; false says that there were more than so
// many this minute.
func (d *Desk) stranger(who string, limit int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.Clock.Now()
	if len(d.strange) > 10000 {
		clear(d.strange)
	}
	s := d.strange[who]
	if s == nil || now.Sub(s.since) >= time.Minute {
		s = &strangers{since: now}
		d.strange[who] = s
	}
	s.count++
	return s.count <= limit
}

func (d *Desk) tooStrange(who string, limit int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.strange[who]
	return s != nil && s.count >= limit && d.Clock.Now().Sub(s.since) < time.Minute
}

// Serve answers POST /ebd. Whatever could be read is answered with a receipt and status 200;
// what was not listened to, or could not be kept, with a problem, so that it is sent again.
func (d *Desk) Serve() func(w http.ResponseWriter, r *http.Request) error {
	room := semaphore.NewWeighted(bodyRoom)
	return func(w http.ResponseWriter, r *http.Request) error {
		address := "address:" + auth.Who(r.Context()).Address
		if d.tooStrange(address, refusalsEach) {
			w.Header().Set("Retry-After", "60")
			return fault.New(fault.Limited, "request.too_many")
		}
		size := r.ContentLength
		switch {
		case size > maxPackage:
			return fault.New(fault.TooLarge, "alert.attachment.too_large", fault.Args{"limit": maxPackage >> 20})
		case size < 0:
			size = bodyUnknown
		}
		if !room.TryAcquire(size) {
			w.Header().Set("Retry-After", "5")
			return fault.New(fault.Unavailable, "request.no_room")
		}
		defer room.Release(size)
		body, err := io.ReadAll(io.LimitReader(r.Body, size+1))
		if err != nil {
			return fault.New(fault.Invalid, "alert.peer.body").Because(err)
		}
		if int64(len(body)) > size {
			return fault.New(fault.TooLarge, "alert.attachment.too_large", fault.Args{"limit": size >> 20})
		}
		answer, name, code, err := d.Receive(r.Context(), unwrap(r.Header.Get("Content-Type"), body))
		if err != nil {
			if store.Stopped(err) || errors.Is(err, r.Context().Err()) {
				return fault.New(fault.Unavailable, "request.no_room").Because(err)
			}
			return err
		}
		if code >= ebd.ResultUnreadable {
			d.stranger(address, refusalsEach)
		}
		h := w.Header()
		h.Set("Content-Type", "application/x-tar")
		h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
		h.Set("Content-Length", strconv.Itoa(len(answer)))
		h.Set("Cache-Control", "no-store")
		_, err = w.Write(answer)
		return err
	}
}

// unwrap takes the archive out of a form. Field systems name the part and its type as they
// like, and some send the archive by itself: the first part that is an archive counts.
func unwrap(contentType string, body []byte) []byte {
	if ebd.IsArchive(body) {
		return body
	}
	boundary := ""
	if _, params, err := mime.ParseMediaType(contentType); err == nil {
		boundary = params["boundary"]
	}
	if boundary == "" { // not said, or said in a way that nobody can read: the body begins with it
		line, _, _ := bytes.Cut(body[:min(len(body), 200)], []byte("\n"))
		boundary = string(bytes.TrimPrefix(bytes.TrimSpace(line), []byte("--")))
	}
	if boundary == "" {
		return body
	}
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	for range 20 {
		part, err := parts.NextRawPart()
		if err != nil {
			break
		}
		held, err := io.ReadAll(part)
		if err == nil && ebd.IsArchive(held) {
			return held
		}
	}
	return body
}
