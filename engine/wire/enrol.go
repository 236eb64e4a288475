package wire

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// KeyText is a public key in JSON: base64url of its 64 bytes, without padding.
type KeyText ebd.PublicKey

// MarshalText implements encoding.TextMarshaler.
func (k KeyText) MarshalText() ([]byte, error) {
	return []byte(base64.RawURLEncoding.EncodeToString(k[:])), nil
}

// UnmarshalText implements encoding.TextUnmarshaler; the point must be on the curve.
func (k *KeyText) UnmarshalText(b []byte) error {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(string(b))
	if err != nil {
		return wrong("key", "form")
	}
	key, err := ebd.ParsePublicKey(raw)
	if err != nil {
		return wrong("key", "form")
	}
	*k = KeyText(key)
	return nil
}

// EnrolRequest asks to bind a device's key to a resource code. The token is what the
// platform gave for this device or for a batch.
type EnrolRequest struct {
	Token    string           `json:"token"`
	Code     ebd.ResourceCode `json:"code,omitempty"` // empty: the device of the token, or the next free one of its batch
	Key      KeyText          `json:"key"`
	Model    string           `json:"model"`
	Serial   string           `json:"serial"`
	Firmware string           `json:"firmware"`
	At       int64            `json:"at"`    // device's clock, UTC µs
	Proof    string           `json:"proof"` // hexadecimal SM2 signature r ‖ s of the fields above by the key
}

// content is what the proof signs: the fields with NUL between them, none of which
// may hold control characters.
func (r *EnrolRequest) content() []byte {
	return []byte(strings.Join([]string{"tongsheng-enrol-1", r.Token, string(r.Code), hex.EncodeToString(r.Key[:]), r.Model, r.Serial, r.Firmware, fmt.Sprint(r.At)}, "\x00"))
}

// Sign sets Key and Proof: the device shows that it holds the private key.
func (r *EnrolRequest) Sign(device *ebd.PrivateKey) (err error) {
	r.Key = KeyText(device.Public())
	r.Proof, err = proof(device, r.content())
	return err
}

// proof is the hexadecimal signature of what a device says by the key it shows to hold.
func proof(device *ebd.PrivateKey, content []byte) (string, error) {
	sig, err := device.Sign(content)
	return hex.EncodeToString(sig[:]), err
}

// proven checks a proof of content.
func (k KeyText) proven(proof string, content []byte) error {
	sig, err := hex.DecodeString(proof)
	if err != nil || len(sig) != 64 {
		return wrong("proof", "form")
	}
	if !ebd.PublicKey(k).Verify(content, [64]byte(sig)) {
		return wrong("proof", "proof")
	}
	return nil
}

// Validate checks the form of every field and the proof. The time is not judged: a
// device may be enrolling in order to learn it.
func (r *EnrolRequest) Validate() error {
	for _, f := range []field{{"token", r.Token, 8, 256}, {"model", r.Model, 1, 64}, {"serial", r.Serial, 1, 64}, {"firmware", r.Firmware, 1, 64}} {
		if err := f.check(); err != nil {
			return err
		}
	}
	if r.Code != "" && r.Code.Validate(ebd.GDJ2018) != nil {
		return wrong("code", "form")
	}
	return r.Key.proven(r.Proof, r.content())
}

// field is a text of a request and its least and greatest length in bytes.
type field struct {
	place, value string
	min, max     int
}

func (f field) check() error {
	switch {
	case f.value == "" && f.min > 0:
		return wrong(f.place, "missing")
	case len(f.value) < f.min || len(f.value) > f.max:
		return wrong(f.place, "size")
	case !utf8.ValidString(f.value) || strings.ContainsFunc(f.value, unicode.IsControl):
		return wrong(f.place, "form")
	}
	return nil
}

// Issuer is a certificate issuer to trust.
type Issuer struct {
	Number ebd.SerialNumber `json:"number"`
	Key    KeyText          `json:"key"`
}

// EnrolResponse tells a device who it is, whom to believe, and where to go.
type EnrolResponse struct {
	Code       ebd.ResourceCode `json:"code"`
	Region     ebd.AreaCode     `json:"region"`
	Position   *Point           `json:"position,omitempty"` // microdegrees [longitude, latitude], WGS 84
	Volume     int              `json:"volume"`             // 0–100
	Issuers    []Issuer         `json:"issuers"`
	ReceiptKey KeyText          `json:"receipt_key"`
	MQTT       string           `json:"mqtt"`              // "tls://host:port", or "tcp://host:port" on a closed network
	TLSPin     string           `json:"tls_pin,omitempty"` // SHA-256 of a certificate in the server's chain (DER), hexadecimal; pins MQTT
	MediaBase  string           `json:"media_base"`        // URL that audio paths are added to
	Period     int              `json:"period"`            // seconds between heartbeats
	At         int64            `json:"at"`                // platform's clock, UTC µs
}

// Validate checks the form of every field.
func (r *EnrolResponse) Validate() error {
	switch {
	case r.Code.Validate(ebd.GDJ2018) != nil:
		return wrong("code", "form")
	case len(r.Region) != 12:
		return wrong("region", "form")
	case r.Position != nil && !r.Position.valid():
		return wrong("position", "range")
	case r.Volume < 0 || r.Volume > 100:
		return wrong("volume", "range")
	case len(r.Issuers) == 0 || len(r.Issuers) > 64:
		return wrong("issuers", "size")
	case r.ReceiptKey == KeyText{}:
		return wrong("receipt_key", "missing")
	case !strings.HasPrefix(r.MQTT, "tls://") && !strings.HasPrefix(r.MQTT, "tcp://"):
		return wrong("mqtt", "form")
	case r.TLSPin != "" && !validDigest(r.TLSPin):
		return wrong("tls_pin", "form")
	case !strings.HasPrefix(r.MediaBase, "https://") && !strings.HasPrefix(r.MediaBase, "http://"):
		return wrong("media_base", "form")
	case r.Period < 5 || r.Period > 86400:
		return wrong("period", "range")
	case r.At < 1 || r.At > maxTime:
		return wrong("at", "range")
	}
	return nil
}

// Trust is the trust that the response sets up.
func (r *EnrolResponse) Trust() Trust {
	t := Trust{Issuers: make(map[ebd.SerialNumber]ebd.PublicKey, len(r.Issuers))}
	for _, i := range r.Issuers {
		t.Issuers[i.Number] = ebd.PublicKey(i.Key)
	}
	return t
}

// ReadEnrolRequest reads and validates a request of at most 4 KiB.
func ReadEnrolRequest(b []byte) (*EnrolRequest, error) {
	return read[EnrolRequest](b, 4<<10, "request")
}

// ReadEnrolResponse reads and validates a response of at most 64 KiB.
func ReadEnrolResponse(b []byte) (*EnrolResponse, error) {
	return read[EnrolResponse](b, 64<<10, "response")
}

// read reads and validates JSON of at most so many bytes.
func read[T any, P interface {
	*T
	Validate() error
}](b []byte, most int, place string) (P, error) {
	r := P(new(T))
	if len(b) > most {
		return nil, wrong(place, "too_long")
	}
	if json.Unmarshal(b, r) != nil {
		return nil, wrong(place, "form")
	}
	return r, r.Validate()
}

// NewEnrolRequest fills a request at now and signs it with the device's key.
func NewEnrolRequest(device *ebd.PrivateKey, token string, code ebd.ResourceCode, model, serial, firmware string, now time.Time) (*EnrolRequest, error) {
	r := &EnrolRequest{Token: token, Code: code, Model: model, Serial: serial, Firmware: firmware, At: now.UnixMicro()}
	if err := r.Sign(device); err != nil {
		return nil, err
	}
	return r, r.Validate()
}

func validDigest(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 32 && s == strings.ToLower(s)
}
