package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// client posts packages to one peer. It goes to no other place than the one that people gave,
// and keeps a connection for what comes next.
type client struct {
	peer *Peer
	http *http.Client
}

// patience is how long one package may take, answer included.
const patience = 20 * time.Second

// maxAnswer is the largest receipt, bytes.
const maxAnswer = 256 << 10

// elsewhere are statuses that say nothing of the package: the peer is busy, moved, or behind what
// speaks for it.
var elsewhere = []int{http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect, http.StatusUnauthorized, http.StatusForbidden,
	http.StatusNotFound, http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout}

func newClient(p *Peer) *client {
	return &client{p, &http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext, TLSHandshakeTimeout: 5 * time.Second,
			MaxIdleConnsPerHost: 4, IdleConnTimeout: 90 * time.Second, ResponseHeaderTimeout: patience}}}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// receipt is what a peer answered.
type receipt struct {
	code  ebd.ResultCode
	words string
}

// post sends a package and reads its receipt. An error means that nobody knows whether it was
// taken; whoever gets it again knows its number.
func (c *client) post(ctx context.Context, pkg *ebd.Package, at time.Time) (r receipt, err error) {
	if c.peer.URL == "" {
		return r, errors.New("no address is known")
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="` + pkg.FileName(ebd.GDJ2018) + `"`}, "Content-Type": {"application/x-tar"}})
	if err != nil {
		return r, err
	}
	if err := errors.Join(pkg.Write(part), form.Close()); err != nil {
		return r, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.peer.URL, bytes.NewReader(body.Bytes()))
	if err != nil {
		return r, err
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	answer, err := c.http.Do(req)
	if err != nil {
		return r, err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	switch {
	case err != nil:
		return r, err
	case answer.StatusCode != http.StatusOK:
		err = fmt.Errorf("HTTP %d", answer.StatusCode)
		if !slices.Contains(elsewhere, answer.StatusCode) {
			err = unfit{err}
		}
		return r, err
	case len(raw) > maxAnswer:
		return r, errors.New("the answer is too long for a receipt")
	}
	said := &posted{ReaderAt: bytes.NewReader(raw), size: int64(len(raw))}
	return c.read(said.archive(answer.Header.Get("Content-Type")), pkg.Document, at)
}

// read reads a receipt. One that anybody may have written is none, except of a heartbeat.
func (c *client) read(raw io.Reader, of *ebd.Document, at time.Time) (r receipt, err error) {
	pkg, _, err := ebd.ReadPackage(raw, ebd.Limits{Entries: 16, Document: maxAnswer, Resource: maxAnswer, Total: maxAnswer})
	if err != nil {
		return r, fmt.Errorf("the answer is no package: %w", err)
	}
	b, ok := pkg.Document.Body.(*ebd.EBDResponse)
	if !ok {
		return r, fmt.Errorf("the answer is no receipt but %s", pkg.Document.EBDType)
	}
	said := pkg.Verify(c.peer.lookup, at)
	_, heartbeat := of.Body.(*ebd.ConnectionCheck)
	if said.Outcome != ebd.Verified && !(said.Outcome == ebd.Unsigned && (heartbeat || c.peer.Lax)) {
		return r, fmt.Errorf("the receipt's signature does not hold (%s); it says %d %s", said.Outcome, b.ResultCode, b.ResultDesc)
	}
	if about := pkg.Document.RelatedEBD; about != nil && about.EBDID != of.EBDID {
		return r, fmt.Errorf("the receipt is of another package, %s", about.EBDID)
	}
	return receipt{b.ResultCode, b.ResultDesc}, nil
}
