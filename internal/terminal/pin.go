package terminal

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

// errPin is a server that does not show the certificate it was enrolled with.
var errPin = errors.New("terminal: the server's certificate is not the one pinned at enrolment")

// pinned is a TLS configuration that believes exactly one certificate: the server's
// own, or an authority in its chain that signed it for this host. pin is its SHA-256
// in hexadecimal; empty means the system's authorities.
func pinned(pin string, c clock.Clock) *tls.Config {
	t := &tls.Config{MinVersion: tls.VersionTLS12, Time: c.Now}
	if pin == "" {
		return t
	}
	t.InsecureSkipVerify = true // VerifyConnection below does it all
	t.VerifyConnection = func(s tls.ConnectionState) error {
		if len(s.PeerCertificates) == 0 {
			return errPin
		}
		leaf := s.PeerCertificates[0]
		// A device without a battery for its clock wakes up in 1970 and has to ask the
		// platform for the time, so a pinned certificate is not refused for being early.
		now := c.Now()
		if now.Before(leaf.NotBefore) {
			now = leaf.NotBefore
		}
		roots, others := x509.NewCertPool(), x509.NewCertPool()
		found := false
		for i, cert := range s.PeerCertificates {
			sum := sha256.Sum256(cert.Raw)
			switch {
			case hex.EncodeToString(sum[:]) != pin:
				others.AddCert(cert)
			case i == 0:
				if now.After(leaf.NotAfter) {
					return errPin
				}
				return nil
			default:
				found = true
				roots.AddCert(cert)
			}
		}
		if !found {
			return errPin
		}
		_, err := leaf.Verify(x509.VerifyOptions{DNSName: s.ServerName, Roots: roots, Intermediates: others, CurrentTime: now})
		return err
	}
	return t
}
