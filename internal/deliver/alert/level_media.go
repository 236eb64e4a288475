package alert

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/media"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/link"
)

// Objects travel in pieces, asked for by digest; only what an issued message names is told.
const (
	piece      = 128 << 10 // bytes: a slow link stays free for what is urgent
	maxObject  = 4 * media.MaxAttachment
	recallLast = 200 // messages whose objects are looked for after a start
)

type mediaQuestion struct {
	SM3  string `json:"sm3"`
	From int64  `json:"from"`
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
	if !open || q.From < 0 {
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
	part, err := io.ReadAll(io.LimitReader(body, piece))
	return append(out, part...), err
}

// recall lists objects of copies that may not have come before this node was stopped.
func (p *puller) recall(ctx context.Context) {
	refs, err := copiedMedia(ctx, p.DB, p.with.Site, recallLast)
	p.warn("objects of another node's messages were not looked for", err)
	p.lacking = append(p.lacking, refs...)
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

// fetchLacking fetches objects that are not here yet, for so long at a time.
func (p *puller) fetchLacking(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	for len(p.lacking) > 0 {
		err := p.fetch(ctx, p.lacking[0].SM3)
		if err != nil && !errors.Is(err, link.ErrRefused) {
			return
		}
		p.lacking = p.lacking[1:]
	}
	p.lacking = nil
}

var errObject = errors.New("alert: an object of another node is not what it was asked for")

// fetch fetches one object, unless it is here.
func (p *puller) fetch(ctx context.Context, digest string) error {
	if _, err := p.Blobs.Stat(ctx, blob.DigestKey(digest)); err == nil || !blob.Missing(err) {
		return err
	}
	var content bytes.Buffer
	for {
		raw, err := p.Links.Ask(ctx, p.with.Site, askMedia, []byte(`{"sm3":"`+digest+`","from":`+strconv.Itoa(content.Len())+`}`))
		if err != nil {
			return err
		}
		if len(raw) <= 8 {
			return errObject
		}
		size := binary.BigEndian.Uint64(raw)
		content.Write(raw[8:])
		if size > maxObject || uint64(content.Len()) > size {
			return errObject
		}
		if uint64(content.Len()) == size {
			break
		}
	}
	if blob.Digest(content.Bytes()) != digest {
		return errObject
	}
	_, err := p.shelf.Keep(ctx, content.Bytes())
	return err
}
