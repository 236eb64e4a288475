package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Limits of fetching.
const (
	maxDocument  = 4 << 20 // bytes
	patience     = 20 * time.Second
	maxRedirects = 3
	agent        = "Tongsheng (CAP)"
)

var (
	errTooLarge = fmt.Errorf("it is larger than %d MB", maxDocument>>20)
	errElse     = errors.New("it leads to a host that is not named in the source's settings")
)

func newClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext, TLSHandshakeTimeout: 5 * time.Second,
			ResponseHeaderTimeout: patience, MaxResponseHeaderBytes: 64 << 10, MaxIdleConns: 20, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // followed by hand
	}
}

// marks are when a source, as it was set up in a revision, is fetched again, and what a server said
// of what was fetched, so that it is not sent again.
type marks struct {
	revision       int64
	next           time.Time
	etag, modified string
	entries        map[string]string // by address: when the entry was updated, of those that are done
}

// leads reports whether a source may be followed to an address.
func (s *Source) leads(u *url.URL) bool {
	home, err := url.Parse(s.Settings.URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		return false
	}
	if home.Scheme == "https" && u.Scheme == "http" {
		return false // what was asked for in secret is not told in the open
	}
	return strings.EqualFold(u.Host, home.Host) || slices.ContainsFunc(s.Settings.Hosts, func(h string) bool { return strings.EqualFold(u.Host, h) })
}

// fetch reads what an address holds, nothing if it is as the marks say.
func (d *Desk) fetch(ctx context.Context, s *Source, address string, m *marks) (raw []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, d.patience)
	defer cancel()
	for hop := 0; ; hop++ {
		u, err := url.Parse(address)
		if err != nil {
			return nil, err
		}
		if !s.leads(u) {
			return nil, errElse
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return nil, err
		}
		r.Header.Set("User-Agent", agent)
		r.Header.Set("Accept", "application/cap+xml, application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1")
		if m != nil && m.etag != "" {
			r.Header.Set("If-None-Match", m.etag)
		}
		if m != nil && m.modified != "" {
			r.Header.Set("If-Modified-Since", m.modified)
		}
		answer, err := d.client.Do(r)
		if err != nil {
			return nil, err
		}
		if answer.StatusCode >= 300 && answer.StatusCode < 400 && answer.StatusCode != http.StatusNotModified {
			next, err := answer.Location()
			answer.Body.Close()
			if err != nil || hop == maxRedirects {
				return nil, fmt.Errorf("HTTP %d, after %d redirections", answer.StatusCode, hop)
			}
			address = next.String()
			continue
		}
		return read(answer, m)
	}
}

func read(answer *http.Response, m *marks) ([]byte, error) {
	defer answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusNotModified && m != nil:
		return nil, nil
	case answer.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("HTTP %d", answer.StatusCode)
	case answer.ContentLength > maxDocument:
		return nil, errTooLarge
	}
	raw, err := io.ReadAll(io.LimitReader(answer.Body, maxDocument+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxDocument {
		return nil, errTooLarge
	}
	if m != nil {
		m.etag, m.modified = answer.Header.Get("ETag"), answer.Header.Get("Last-Modified")
	}
	return raw, nil
}
