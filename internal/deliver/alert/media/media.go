// Package media keeps the sounds and pictures of messages as objects named after their
// digest. Anybody may fetch what an issued message refers to; a draft's objects are for
// those who may read the message.
package media

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/go-chi/chi/v5"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// MaxAttachment is the largest attachment, bytes.
const MaxAttachment = 5 << 20

// Shelf is where the objects are.
type Shelf struct {
	DB    *store.DB
	Blobs blob.Store
	Read  auth.Permission

	issued sync.Map // digests that anybody may fetch → object, of those asked for since the last sweep

	lanes [256]sync.RWMutex // by a digest's first byte: nothing is deleted while it is kept anew
}

// Object is one sound or picture and what it belongs to.
type Object struct {
	SM3        string
	MessageID  string
	RegionPath string
	MIME       string
	Bytes      int64
	Issued     bool
}

// Keep writes an object's bytes. Its row must follow with Note, in the message's
// transaction, within the hour: bytes without a row are unreachable, and Sweep deletes them.
func (s *Shelf) Keep(ctx context.Context, content []byte) (digest string, err error) {
	digest = blob.Digest(content)
	if err := s.DB.Afford(ctx); err != nil {
		return digest, err
	}
	lane := s.lane(digest)
	lane.RLock()
	defer lane.RUnlock()
	return digest, s.Blobs.Put(ctx, blob.DigestKey(digest), bytes.NewReader(content), int64(len(content)))
}

// kinds are what may be attached, by what the content itself says it is.
var kinds = map[string]string{
	"image/png": "image/png", "image/jpeg": "image/jpeg", "image/gif": "image/gif", "image/webp": "image/webp",
	"audio/mpeg": "audio/mpeg", "audio/wave": "audio/wav", "application/ogg": "audio/ogg", "audio/aiff": "",
}

// Sniff tells the type of an attachment from its content; what the sender calls it does
// not matter.
func Sniff(content []byte) (mime string, err error) {
	if len(content) > MaxAttachment {
		return "", fault.New(fault.TooLarge, "alert.attachment.too_large", fault.Args{"limit": MaxAttachment >> 20})
	}
	kind, _, _ := strings.Cut(http.DetectContentType(content), ";")
	if mime = kinds[kind]; mime == "" && len(content) > 2 && content[0] == 0xFF && content[1]&0xE6 == 0xE2 {
		mime = "audio/mpeg" // an MP3 frame without a tag before it
	}
	if mime == "" {
		return "", fault.Bad("file", "alert.attachment.type", fault.Args{"type": kind})
	}
	if err := checkPicture(mime, content); err != nil {
		return "", err
	}
	return mime, nil
}

var digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Serve answers GET /media/{sm3}.
func (s *Shelf) Serve(w http.ResponseWriter, r *http.Request) error {
	digest := chi.URLParam(r, "sm3")
	if !digestForm.MatchString(digest) {
		return fault.New(fault.NotFound, "alert.media.not_found").At("sm3")
	}
	o, err := s.find(r.Context(), digest)
	if err != nil {
		return err
	}
	body, err := s.Blobs.Open(r.Context(), blob.DigestKey(digest))
	if blob.Missing(err) {
		return fault.New(fault.NotFound, "alert.media.not_found")
	}
	if err != nil {
		return err
	}
	defer body.Close()
	w.Header().Set("Content-Type", o.MIME)
	w.Header().Set("ETag", `"`+digest+`"`)
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	if o.Issued {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		// Screens and partner pages may show it; there is nothing secret in what everyone hears.
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	} else {
		w.Header().Set("Cache-Control", "private, no-store")
	}
	http.ServeContent(w, r, "", o.made, body)
	return nil
}

// find is the object if the asker may have it. Those of issued messages are remembered,
// because every terminal of a city asks for them within the same second.
func (s *Shelf) find(ctx context.Context, digest string) (served, error) {
	if o, ok := s.issued.Load(digest); ok {
		return o.(served), nil
	}
	list, err := find(ctx, s.DB, digest)
	if err != nil {
		return served{}, err
	}
	scope := auth.ScopeOf(ctx, s.Read)
	for _, o := range list {
		if o.Issued {
			s.issued.Store(digest, o)
			return o, nil
		}
		if scope.Allows(o.RegionPath) {
			return o, nil
		}
	}
	return served{}, fault.New(fault.NotFound, "alert.media.not_found")
}

// ReadAll reads an upload of at most limit bytes.
func ReadAll(r io.Reader, limit int64) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, limit+1))
	var over *http.MaxBytesError
	if errors.As(err, &over) || int64(len(raw)) > limit {
		return nil, fault.New(fault.TooLarge, "alert.attachment.too_large", fault.Args{"limit": limit >> 20})
	}
	if err == nil && len(raw) == 0 {
		err = fault.Bad("file", "alert.attachment.empty")
	}
	return raw, err
}

// Op is the public operation that serves objects.
var Op = httpapi.Op{ID: "alert-media", Method: http.MethodGet, Path: "/media/{sm3}", Tag: "alert",
	Summary: "A message's sound or picture by its SM3 digest; open to all once the message is issued", Access: httpapi.Public}

// Whole reads an object of at most what an attachment may be.
func (s *Shelf) Whole(ctx context.Context, digest string) ([]byte, error) {
	f, err := s.Blobs.Open(ctx, blob.DigestKey(digest))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadAll(f, MaxAttachment)
}

// Part reads a part of an object.
func (s *Shelf) Part(ctx context.Context, digest string, from, bytes int64) ([]byte, error) {
	f, err := s.Blobs.Open(ctx, blob.DigestKey(digest))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return nil, err
	}
	part := make([]byte, bytes)
	_, err = io.ReadFull(f, part)
	return part, err
}
