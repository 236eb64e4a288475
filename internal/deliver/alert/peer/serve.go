package peer

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/scratch"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Op is the public operation that takes packages: a signature in each says whose it is.
var Op = httpapi.Op{ID: "alert-ebd", Method: http.MethodPost, Path: "/ebd", Tag: "alert-peers",
	Summary: "Takes a package of GD/J 083 (TAR, as multipart/form-data or by itself) and answers with the package that holds its receipt", Access: httpapi.Public}

// What bodies under way may take in all, bytes, half of it those of one address, and the steps in
// which they take it: as they arrive, since whoever only says that much is coming holds nothing.
// The first step is in memory, the rest on the disk: whose a body is, is known when all is there.
const (
	bodyRoom = 192 << 20
	bodyStep = 64 << 10
)

// hall is the room of bodies under way.
type hall struct {
	mu   sync.Mutex
	used int64
	by   map[string]int64 // of which by address
}

// enter takes room for a step of an address; leave gives back what it took.
func (h *hall) enter(address string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.used+bodyStep > bodyRoom || h.by[address]+bodyStep > bodyRoom/2 {
		return false
	}
	h.used += bodyStep
	h.by[address] += bodyStep
	return true
}

func (h *hall) leave(address string, bytes int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.used -= bytes
	if h.by[address] -= bytes; h.by[address] == 0 {
		delete(h.by, address)
	}
}

// read reads a body; what it took of the hall is the caller's to give back, and the body is
// the caller's to close.
func (h *hall) read(address string, from io.Reader) (b *posted, took int64, err error) {
	b = new(posted)
	var start bytes.Buffer
	piece := make([]byte, bodyStep/2)
	for to := io.Writer(&start); ; to = b.file {
		if !h.enter(address) {
			return b, took, fault.New(fault.Unavailable, "request.no_room")
		}
		took += bodyStep
		n, err := io.CopyBuffer(struct{ io.Writer }{to}, io.LimitReader(from, bodyStep), piece)
		b.size += n
		if err == nil && n < bodyStep {
			if b.file == nil {
				b.ReaderAt = bytes.NewReader(start.Bytes())
			}
			return b, took, nil
		}
		if err == nil && b.file == nil {
			err = b.park(start.Bytes())
		}
		var disk *fs.PathError
		switch {
		case errors.As(err, &disk):
			return b, took, fault.New(fault.Unavailable, "request.no_room").Because(err)
		case err != nil:
			return b, took, fault.New(fault.Invalid, "alert.peer.body").Because(err)
		case b.size > maxPackage:
			return b, took, tooLarge()
		}
	}
}

// posted is a body that arrived.
type posted struct {
	io.ReaderAt
	size int64
	file *os.File // that holds it, where it is large
}

// park goes on in a file with what began in memory.
func (b *posted) park(start []byte) (err error) {
	if b.file, err = scratch.File(); err != nil {
		return err
	}
	b.ReaderAt = b.file
	_, err = b.file.Write(start)
	return err
}

func (b *posted) close() {
	if b.file != nil {
		_ = b.file.Close()
	}
}

func tooLarge() error {
	return fault.New(fault.TooLarge, "alert.attachment.too_large", fault.Args{"limit": maxPackage >> 20})
}

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
	room := &hall{by: map[string]int64{}}
	return func(w http.ResponseWriter, r *http.Request) error {
		address := "address:" + auth.Who(r.Context()).Address
		if d.tooStrange(address, refusalsEach) {
			w.Header().Set("Retry-After", "60")
			return fault.New(fault.Limited, "request.too_many")
		}
		if r.ContentLength > maxPackage {
			return tooLarge()
		}
		b, took, err := room.read(address, r.Body)
		defer room.leave(address, took)
		defer b.close()
		if err != nil {
			if fault.IsKind(err, fault.Unavailable) {
				w.Header().Set("Retry-After", "5")
			}
			return err
		}
		answer, name, code, err := d.Receive(r.Context(), b, r.Header.Get("Content-Type"))
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

// archive is the package in what was posted: in a form, or by itself. Field systems name the
// part and its type as they like: the first part that is an archive counts.
func (b *posted) archive(contentType string) io.Reader {
	whole := io.NewSectionReader(b, 0, b.size)
	start := bufio.NewReaderSize(io.NewSectionReader(b, 0, b.size), archiveHead)
	head, _ := start.Peek(archiveHead)
	if ebd.IsArchive(head) {
		return whole
	}
	boundary := ""
	if _, params, err := mime.ParseMediaType(contentType); err == nil {
		boundary = params["boundary"]
	}
	if boundary == "" { // not said, or said in a way that nobody can read: the body begins with it
		line, _, _ := bytes.Cut(head[:min(len(head), 200)], []byte("\n"))
		boundary = string(bytes.TrimPrefix(bytes.TrimSpace(line), []byte("--")))
	}
	if boundary == "" {
		return whole
	}
	parts := multipart.NewReader(start, boundary)
	for range 20 {
		part, err := parts.NextRawPart()
		if err != nil {
			break
		}
		held := bufio.NewReaderSize(part, archiveHead)
		if head, _ := held.Peek(archiveHead); ebd.IsArchive(head) {
			return held
		}
	}
	return whole
}

// archiveHead is by how many bytes an archive is known.
const archiveHead = 512
