package feed

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Kinds of sources.
const (
	Pull = "pull" // a feed, or a document, that is fetched
	Push = "push" // somebody who sends
)

// Ways in which a pushing source proves itself.
const (
	ByToken     = "token"     // a bearer token
	BySignature = "signature" // an HMAC of timestamp and body, as webhooks are signed
)

// MinInterval is the shortest time between two fetches, seconds.
const MinInterval = 10

// Settings say how a source is reached, or proves itself.
type Settings struct {
	URL      string   `json:"url,omitempty" maxLength:"2000" doc:"Of an Atom or RSS feed, or of one CAP document; only to fetch"`
	Interval int      `json:"interval,omitempty" minimum:"10" maximum:"86400" doc:"Seconds between two fetches, 60 unless told"`
	Hosts    []string `json:"hosts,omitempty" maxItems:"20" doc:"Other hosts that entries and redirections may lead to"`
	Inside   bool     `json:"inside,omitempty" doc:"Sounds and pictures that its alerts name may lie in closed networks; otherwise they are fetched on the open internet only"`
	Proof    string   `json:"proof,omitempty" enum:"token,signature" doc:"How it proves itself; only for who sends"`
}

// Trust is what a source may say. Lists that are empty leave out no one.
type Trust struct {
	Signed       bool               `json:"signed" doc:"Only alerts signed by one of the certificates, or by one that they issued"`
	Weak         bool               `json:"weak,omitempty" doc:"Signatures that rest on SHA-1 count too"`
	Certificates string             `json:"certificates,omitempty" maxLength:"100000" doc:"X.509, PEM"`
	Senders      []string           `json:"senders,omitempty" maxItems:"100" doc:"As in the alert; * at the beginning or end stands for anything"`
	Events       []string           `json:"events,omitempty" maxItems:"100" doc:"Beginnings of event codes"`
	Severities   []message.Severity `json:"severities,omitempty" maxItems:"5"`
}

// Source is somebody whose alerts are taken.
type Source struct {
	ID         string
	Kind       string
	NameZh     string
	NameEn     string
	RegionPath string // whom it may speak to
	Level      rule.Level
	Settings   Settings
	Trust      Trust
	Secret     []byte // SHA-256 of a token, or a sealed key
	Enabled    bool
	CreatedAt  time.Time
	ChangedAt  time.Time
	Health     Health
	Revision   int64
}

// Health is how a source did lately.
type Health struct {
	HeardAt      time.Time
	NewAt        time.Time
	FailedAt     time.Time
	FailingSince time.Time
	Failures     int
	Failure      string
}

// What a source that fails is: some failures in a row for so long.
const (
	failingFor   = 5 * time.Minute
	failingTimes = 3
)

// Failing reports whether a source has failed for long.
func (h Health) Failing(now time.Time) bool {
	return h.Failures >= failingTimes && now.Sub(h.FailingSince) >= failingFor
}

// validate says what is wrong with a source.
func (s *Source) validate() error {
	var list fault.List
	switch s.Kind {
	case Pull:
		if u, err := url.Parse(s.Settings.URL); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
			list.Add(fault.Bad("settings.url", "alert.output.url"))
		}
		if s.Settings.Interval == 0 {
			s.Settings.Interval = 60
		}
		if s.Settings.Interval < MinInterval {
			list.Add(fault.Bad("settings.interval", "alert.source.interval", fault.Args{"least": MinInterval}))
		}
		for i, h := range s.Settings.Hosts {
			if u, err := url.Parse("//" + h); err != nil || u.Host != h || h == "" {
				list.Add(fault.Bad(fmt.Sprintf("settings.hosts[%d]", i), "alert.source.host"))
			}
		}
		s.Settings.Proof = ""
	case Push:
		if s.Settings.Proof != ByToken && s.Settings.Proof != BySignature {
			list.Add(fault.Bad("settings.proof", "alert.source.proof"))
		}
		s.Settings.URL, s.Settings.Interval, s.Settings.Hosts = "", 0, nil
	}
	if !slices.Contains(rule.Levels, s.Level) {
		list.Add(fault.Bad("level", "alert.source.level"))
	}
	certs, err := s.Trust.certificates()
	if err != nil {
		list.Add(fault.Bad("trust.certificates", "alert.source.certificates", fault.Args{"error": err.Error()}))
	} else if s.Trust.Signed && len(certs) == 0 {
		list.Add(fault.Bad("trust.certificates", "alert.source.no_certificates"))
	}
	for i, e := range s.Trust.Events {
		if _, err := ebd.ParseEventType((e + "00000")[:5]); err != nil || e == "" || len(e) > 5 {
			list.Add(fault.Bad(fmt.Sprintf("trust.events[%d]", i), "alert.event.form"))
		}
	}
	for i, v := range s.Trust.Severities {
		if !slices.Contains(message.Severities, v) {
			list.Add(fault.Bad(fmt.Sprintf("trust.severities[%d]", i), "alert.severity.needed"))
		}
	}
	return list.OrNil()
}

// certificates are those that alerts may be signed by.
func (t *Trust) certificates() (certs []*x509.Certificate, err error) {
	rest := []byte(strings.TrimSpace(t.Certificates))
	for len(rest) > 0 {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, fmt.Errorf("not PEM, after %d certificates", len(certs))
		}
		rest = bytes.TrimSpace(rest)
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		certs = append(certs, c)
	}
	return certs, nil
}

// speaks reports whether a source may speak for a sender.
func (t *Trust) speaks(sender string) bool {
	return len(t.Senders) == 0 || slices.ContainsFunc(t.Senders, func(p string) bool {
		switch {
		case strings.HasPrefix(p, "*"):
			return strings.HasSuffix(sender, p[1:])
		case strings.HasSuffix(p, "*"):
			return strings.HasPrefix(sender, p[:len(p)-1])
		}
		return sender == p
	})
}

// interval is the time between two fetches, longer the more often it failed.
func (s *Source) interval() time.Duration {
	const most = 10 * time.Minute
	every := time.Duration(s.Settings.Interval) * time.Second
	return max(every, min(every<<min(s.Health.Failures, 10), most))
}
