package peer

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Direction is where a peer stands.
type Direction string

// Directions.
const (
	Upper Direction = "upper"
	Lower Direction = "lower"
)

// Origin is the origin of messages from there.
func (d Direction) Origin() string {
	if d == Upper {
		return string(rule.Upper)
	}
	return string(rule.Lower)
}

// Peer is a platform above or below.
type Peer struct {
	ID         string
	Direction  Direction
	Name       string
	Code       ebd.ResourceCode // as it writes it: field systems have shorter ones
	URL        string
	RegionCode string
	RegionPath string
	Trust      []Trust
	Lax        bool
	Edition    string
	Enabled    bool
	CreatedAt  time.Time
	ChangedAt  time.Time
	Health     Health
	Revision   int64
}

// Health is how things stand with a peer.
type Health struct {
	HeardAt    time.Time // something right came from it
	BeatAt     time.Time // its last heartbeat
	AnsweredAt time.Time // it took something
	FailedAt   time.Time
	Failure    string
	RefusedAt  time.Time
	Refusal    string
	LostAt     time.Time
}

// Told is up to when a peer was told of the register here.
type Told struct {
	Info  time.Time `json:"info,omitzero"`
	State time.Time `json:"state,omitzero"`
}

// Trust is a certificate that a peer may sign with.
type Trust struct {
	Number ebd.SerialNumber `json:"number" doc:"Number of the certificate, 12 hexadecimal digits"`
	Key    string           `json:"key" doc:"SM2 public key, hexadecimal"`
	Until  time.Time        `json:"until,omitzero" doc:"Not good from then on; absent: it never ends"`
	Issuer string           `json:"issuer,omitempty" doc:"Number of the certificate that issued it; absent for a bare key"`
}

// Given is a certificate as a person gives it: a certificate of GD/J 081 with the key of its
// issuer, or a bare key with its number.
type Given struct {
	Certificate string `json:"certificate,omitempty" maxLength:"400" doc:"Certificate of GD/J 081, hexadecimal, Base64 or PEM"`
	IssuerKey   string `json:"issuerKey,omitempty" maxLength:"200" doc:"SM2 public key of its issuer, hexadecimal, Base64 or PEM; absent where the certificate vouches for itself"`
	Number      string `json:"number,omitempty" maxLength:"16" doc:"Of a bare key: number of its certificate, hexadecimal"`
	Key         string `json:"key,omitempty" maxLength:"200" doc:"A bare SM2 public key, hexadecimal, Base64 or PEM"`
}

// mark is a first or last line of PEM. A field of one line has lost the line ends around it.
var mark = regexp.MustCompile(`-----(BEGIN|END) [A-Z ]+-----`)

// spki is what stands before the point in a SubjectPublicKeyInfo of SM2, as openssl writes it
// (RFC 5480 §2, with the curve of GM/T 0006).
var spki, _ = hex.DecodeString("3059301306072a8648ce3d020106082a811ccf5501822d034200")

// binary reads hexadecimal, Base64 or PEM; blanks and line ends do not count.
func binary(text string) ([]byte, error) {
	text = mark.ReplaceAllString(text, "")
	text = strings.Join(strings.Fields(strings.NewReplacer(":", "", "-", "").Replace(text)), "")
	if raw, err := hex.DecodeString(text); err == nil {
		return raw, nil
	}
	return base64.StdEncoding.DecodeString(text)
}

func publicKey(text, place string) (ebd.PublicKey, error) {
	raw, err := binary(text)
	raw = bytes.TrimPrefix(raw, spki)
	if err == nil && len(raw) == 65 && raw[0] == 4 { // with the mark of an uncompressed point
		raw = raw[1:]
	}
	if err == nil {
		var key ebd.PublicKey
		if key, err = ebd.ParsePublicKey(raw); err == nil {
			return key, nil
		}
	}
	return ebd.PublicKey{}, fault.Bad(place, "alert.peer.key")
}

// Check turns what a person gives into what is trusted.
func (g Given) Check(place string, now time.Time) (Trust, error) {
	if g.Certificate == "" {
		number, err := ebd.ParseSerialNumber(strings.TrimSpace(g.Number))
		if err != nil {
			return Trust{}, fault.Bad(place+".number", "alert.peer.number")
		}
		key, err := publicKey(g.Key, place+".key")
		return Trust{Number: number, Key: hex.EncodeToString(key[:])}, err
	}
	raw, err := binary(g.Certificate)
	if err != nil {
		return Trust{}, fault.Bad(place+".certificate", "alert.peer.certificate")
	}
	cert, err := ebd.ParseCertificate(raw)
	if err != nil {
		return Trust{}, fault.Bad(place+".certificate", "alert.peer.certificate")
	}
	issuer := cert.Key // unless told otherwise, it must vouch for itself
	if g.IssuerKey != "" {
		if issuer, err = publicKey(g.IssuerKey, place+".issuerKey"); err != nil {
			return Trust{}, err
		}
	}
	switch {
	case g.IssuerKey == "" && !cert.VerifiedBy(issuer):
		return Trust{}, fault.Bad(place+".issuerKey", "alert.peer.issuer")
	case !cert.VerifiedBy(issuer):
		return Trust{}, fault.Bad(place+".certificate", "alert.peer.not_issued")
	case !cert.ValidAt(now):
		return Trust{}, fault.Bad(place+".certificate", "alert.peer.expired")
	}
	return Trust{cert.Number, hex.EncodeToString(cert.Key[:]), cert.Until().UTC(), cert.Issuer.String()}, nil
}

// lookup finds the key of a certificate among those that a peer may sign with.
func (p *Peer) lookup(number ebd.SerialNumber) (ebd.Trusted, bool) {
	for _, t := range p.Trust {
		if t.Number != number {
			continue
		}
		raw, err := hex.DecodeString(t.Key)
		if err != nil || len(raw) != len(ebd.PublicKey{}) {
			return ebd.Trusted{}, false
		}
		return ebd.Trusted{Key: ebd.PublicKey(raw), Until: t.Until}, true
	}
	return ebd.Trusted{}, false
}

// Setup is what a person says of a peer.
type Setup struct {
	Direction  Direction `json:"direction" enum:"upper,lower"`
	Name       string    `json:"name" minLength:"1" maxLength:"60" text:"name"`
	Code       string    `json:"code" pattern:"^[0-9]{17,23}$" doc:"Its resource code of GD/J 080, as it writes it itself"`
	URL        string    `json:"url,omitempty" maxLength:"500" doc:"Where it takes packages; absent: it is only heard"`
	RegionCode string    `json:"regionCode" pattern:"^[0-9]{12}$" doc:"Code of the region that it covers: what concerns no place there is not sent to it"`
	Trust      []Trust   `json:"trust" maxItems:"20" doc:"Certificates to keep, as they were told"`
	Add        []Given   `json:"add,omitempty" maxItems:"5" doc:"Certificates to trust besides"`
	Lax        bool      `json:"lax" required:"false" doc:"True takes its receipts though they are not signed"`
	Enabled    bool      `json:"enabled"`
}

// maxTrust is how many certificates one peer may have.
const maxTrust = 20

// set takes a setup into a peer. Certificates that are kept must be those it had.
func (p *Peer) set(s Setup, now time.Time) error {
	p.Direction, p.Name, p.Code, p.URL, p.Lax, p.Enabled, p.Edition = s.Direction, strings.TrimSpace(s.Name), ebd.ResourceCode(s.Code), s.URL, s.Lax, s.Enabled, ebd.GDJ2018.ID
	if s.URL != "" {
		u, err := url.Parse(s.URL)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
			return fault.Bad("url", "alert.output.url")
		}
	}
	var keep []Trust
	for i, t := range s.Trust {
		found := false
		for _, had := range p.Trust {
			if had.Number == t.Number && had.Key == t.Key {
				keep, found = append(keep, had), true
			}
		}
		if !found {
			return fault.Bad(fmt.Sprintf("trust[%d]", i), "alert.peer.trust")
		}
	}
	for i, g := range s.Add {
		t, err := g.Check(fmt.Sprintf("add[%d]", i), now)
		if err != nil {
			return err
		}
		for _, had := range keep {
			if had.Number == t.Number {
				return fault.Bad(fmt.Sprintf("add[%d]", i), "alert.peer.number_twice", fault.Args{"number": t.Number.String()})
			}
		}
		keep = append(keep, t)
	}
	if len(keep) > maxTrust {
		return fault.Bad("add", "alert.peer.trust_many", fault.Args{"limit": maxTrust})
	}
	if p.Trust = keep; p.Trust == nil {
		p.Trust = []Trust{}
	}
	return nil
}

// Missing after so long without a sign of life: three heartbeats.
const silence = 3 * time.Minute
