package terminal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

// platform is the HTTP side of the platform as a terminal sees it (docs/wire.md §1, §6).
type platform struct {
	server string // base URL without a slash at the end
	http   *http.Client
}

func newPlatform(server, pin string, c clock.Clock) (*platform, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("terminal: %q is not an address like https://host", server)
	}
	if pin != "" && u.Scheme != "https" {
		return nil, errors.New("terminal: a pinned certificate needs an https address")
	}
	t := &http.Transport{TLSClientConfig: pinned(pin, c), Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 8,
		IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 15 * time.Second, ResponseHeaderTimeout: 30 * time.Second}
	return &platform{strings.TrimRight(server, "/"), &http.Client{Transport: t, Timeout: 5 * time.Minute}}, nil
}

// refusal is a final no of the platform: asking again would not help.
type refusal struct {
	status int
	detail string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("terminal: the platform refused (%d): %s", r.status, r.detail)
}

// busy is a no of the platform for now; after is how long it asks to be left alone, where it
// says so.
type busy struct {
	status string
	after  time.Duration
}

func (b *busy) Error() string { return "terminal: the platform answered " + b.status }

// call sends a request and reads at most limit bytes of a good answer.
func (p *platform) call(req *http.Request, limit int64) ([]byte, error) {
	res, err := p.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	switch {
	case err != nil:
		return nil, err
	case res.StatusCode/100 == 2 && int64(len(b)) > limit:
		return nil, fmt.Errorf("terminal: answer over %d bytes", limit)
	case res.StatusCode/100 == 2:
		return b, nil
	case res.StatusCode/100 == 4 && res.StatusCode != http.StatusRequestTimeout && res.StatusCode != http.StatusTooManyRequests:
		var problem struct{ Title, Detail string }
		_ = json.Unmarshal(b, &problem)
		return nil, &refusal{res.StatusCode, strings.TrimSpace(problem.Title + " " + problem.Detail)}
	}
	seconds, _ := strconv.Atoi(res.Header.Get("Retry-After")) // a date, or nothing, is 0
	return nil, &busy{res.Status, time.Duration(min(max(seconds, 0), 3600)) * time.Second}
}

// enrol binds key to a resource code.
func (p *platform) enrol(ctx context.Context, r *wire.EnrolRequest) (*wire.EnrolResponse, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.server+"/api/terminal/enrol", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	b, err := p.call(req, 64<<10)
	if err != nil {
		return nil, err
	}
	return wire.ReadEnrolResponse(b)
}

// upload stores a microphone sample under its digest.
func (p *platform) upload(ctx context.Context, key *ebd.PrivateKey, code ebd.ResourceCode, id wire.SessionID, digest string, sample []byte) error {
	token, err := wire.NewToken(key, code, wire.ForUpload+digest, id)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, p.server+"/api/terminal/samples/"+digest, bytes.NewReader(sample))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Terminal "+string(code)+" "+token)
	req.Header.Set("Content-Type", "audio/wav")
	_, err = p.call(req, 4<<10)
	return err
}

// now asks the platform for the time.
func (p *platform) now(ctx context.Context) (time.Time, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.server+"/api/terminal/time", nil)
	if err != nil {
		return time.Time{}, err
	}
	b, err := p.call(req, 1<<10)
	if err != nil {
		return time.Time{}, err
	}
	var t struct {
		At int64 `json:"at"`
	}
	if err := json.Unmarshal(b, &t); err != nil || t.At <= 0 {
		return time.Time{}, errors.New("terminal: the platform's time cannot be read")
	}
	return time.UnixMicro(t.At), nil
}

// dialer opens connections to the address that enrolment gave.
func dialer(r *wire.EnrolResponse, c clock.Clock) (func(context.Context) (net.Conn, error), error) {
	u, err := url.Parse(r.MQTT)
	if err != nil || u.Port() == "" {
		return nil, fmt.Errorf("terminal: %q is not an address like tls://host:8883", r.MQTT)
	}
	plain := &net.Dialer{Timeout: 15 * time.Second}
	if u.Scheme == "tcp" {
		return func(ctx context.Context) (net.Conn, error) { return plain.DialContext(ctx, "tcp", u.Host) }, nil
	}
	conf := pinned(r.TLSPin, c)
	conf.ServerName = u.Hostname()
	return func(ctx context.Context) (net.Conn, error) { return dialTLS(ctx, plain, u.Host, conf) }, nil
}

// corrected is the device's clock moved by what the platform said, for devices whose
// own clock does not outlive a power cut.
type corrected struct {
	clock.Clock
	offset atomic.Int64 // µs
}

// Now implements clock.Clock.
func (c *corrected) Now() time.Time {
	return c.Clock.Now().Add(time.Duration(c.offset.Load()) * time.Microsecond)
}

// tolerated is the error below which a device's own clock is left alone.
const tolerated = 2 * time.Second

// set corrects the clock by an answer that was asked for at asked, on the own clock.
func (c *corrected) set(answer, asked time.Time) {
	own := c.Clock.Now()
	middle := asked.Add(own.Sub(asked) / 2)
	off := answer.Sub(middle)
	if off.Abs() < tolerated {
		off = 0
	}
	c.offset.Store(off.Microseconds())
}
