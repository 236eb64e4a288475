package alert

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/media"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/link"
)

// Objects travel in pieces, asked for by digest; only what an issued message names is told.
const (
	piece      = 128 << 10 // bytes: a slow link stays free for what is urgent
	leastPiece = 4 << 10   // bytes, on links that are slower yet
	maxObject  = 4 * media.MaxAttachment
	recallLast = 200 // messages whose objects are looked for after a start
)

type mediaQuestion struct {
	SM3  string `json:"sm3"`
	From int64  `json:"from"`
	Most int    `json:"most,omitempty"` // bytes of the piece; a whole one where nothing is said
}

// tellMedia answers with the object's size, eight bytes, and a piece of it.
func (m *Module) tellMedia(ctx context.Context, _ link.Node, raw []byte) ([]byte, error) {
	var q mediaQuestion
	if err := m.read(raw, &q); err != nil {
		return nil, err
	}
	open, err := isIssued(ctx, m.DB, q.SM3)
	if err != nil {
		return nil, err
	}
	if !open || q.From < 0 || q.Most < 0 {
		return nil, fault.New(fault.NotFound, "alert.media.not_found")
	}
	body, err := m.Blobs.Open(ctx, blob.DigestKey(q.SM3))
	if err != nil {
		return nil, err
	}
	defer body.Close()
	size, err := body.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	if _, err := body.Seek(min(q.From, size), io.SeekStart); err != nil {
		return nil, err
	}
	out := binary.BigEndian.AppendUint64(nil, uint64(size))
	part, err := io.ReadAll(io.LimitReader(body, int64(min(cmp.Or(q.Most, piece), piece))))
	return append(out, part...), err
}

// lack is an object that is not here yet.
type lack struct {
	digest string
	after  time.Time     // when it is asked for again, of one that the other node did not have
	wait   time.Duration // since it was asked for then
}

// How many objects are looked for, the newest, and how many are kept in part: those that a
// slow link carries over several rounds.
const (
	maxLacking = 1000
	maxParts   = 4
)

// lacks has objects looked for.
func (p *puller) lacks(refs []mediaRef) {
	for _, r := range refs {
		p.lacking = append(p.lacking, lack{digest: r.SM3})
	}
	p.lacking = p.lacking[max(len(p.lacking)-maxLacking, 0):]
}

// recall lists objects of copies that may not have come before this node was stopped.
func (p *puller) recall(ctx context.Context) {
	refs, err := copiedMedia(ctx, p.DB, p.with.Site, recallLast)
	p.warn("objects of another node's messages were not looked for", err)
	p.lacks(refs)
}

// fetchSounds fetches what terminals are to sound before they are told to, for moments at
// most: without it they speak the text.
func (p *puller) fetchSounds(ctx context.Context, r *record) {
	if !p.with.Above || r.Message == nil || r.Message.Current == nil || !r.Message.State.Open() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, withinMoments)
	defer cancel()
	for _, s := range r.Message.Current.Content.Sounds {
		if p.fetch(ctx, s.SM3) != nil {
			return // it comes later
		}
	}
}

// fetchLacking fetches objects that are not here yet, for so long at a time. One that the other
// node does not have holds up no other, and is asked for again: it may be on its way there.
func (p *puller) fetchLacking(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	now, left := p.Clock.Now(), []lack(nil)
	for i, l := range p.lacking {
		if now.Before(l.after) {
			left = append(left, l)
			continue
		}
		err := p.fetch(ctx, l.digest)
		if err == nil {
			continue
		}
		if !errors.Is(err, link.ErrRefused) && !errors.Is(err, errObject) { // the link is cut, or slow
			left = append(left, p.lacking[i:]...)
			break
		}
		l.wait = min(max(2*l.wait, time.Second), time.Minute)
		l.after = now.Add(l.wait)
		left = append(left, l)
	}
	p.lacking = left
}

var errObject = errors.New("alert: an object of another node is not what it was asked for")

// fetch fetches one object, unless it is here, from where it got to when the link was cut.
func (p *puller) fetch(ctx context.Context, digest string) error {
	if !isDigest(digest) {
		return errObject
	}
	if _, err := p.Blobs.Stat(ctx, blob.DigestKey(digest)); err == nil || !blob.Missing(err) {
		return err
	}
	content := p.parts[digest]
	delete(p.parts, digest)
	for {
		most := cmp.Or(p.most, piece)
		ask, err := json.Marshal(mediaQuestion{digest, int64(len(content)), most})
		if err != nil {
			return err
		}
		raw, err := p.Links.Ask(ctx, p.with.Site, askMedia, ask)
		if err != nil {
			if ctx.Err() != nil { // the link is too slow for so much at a time
				p.most = max(most/2, leastPiece)
			}
			p.keepPart(digest, content)
			return err
		}
		p.most = min(2*most, piece)
		if len(raw) <= 8 {
			return errObject
		}
		size := binary.BigEndian.Uint64(raw)
		content = append(content, raw[8:]...)
		if size > maxObject || uint64(len(content)) > size {
			return errObject
		}
		if uint64(len(content)) == size {
			break
		}
	}
	if blob.Digest(content) != digest {
		return errObject
	}
	_, err := p.shelf.Keep(ctx, content)
	return err
}

func (p *puller) keepPart(digest string, content []byte) {
	if len(content) == 0 {
		return
	}
	if p.parts == nil || len(p.parts) >= maxParts {
		p.parts = map[string][]byte{}
	}
	p.parts[digest] = content
}

// isDigest reports whether a text is the digest of an object.
func isDigest(s string) bool { return blob.NamedAfter(blob.DigestKey(s)) == s && s != "" }
