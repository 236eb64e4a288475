package wire

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// PairRequest asks to enrol without a token: a person at the device, who may enrol it, says
// which one it is. It is EnrolRequest but for the token and the code, which nobody has yet.
type PairRequest struct {
	Key      KeyText `json:"key"`
	Model    string  `json:"model"`
	Serial   string  `json:"serial"`
	Firmware string  `json:"firmware"`
	At       int64   `json:"at"`    // device's clock, UTC µs
	Proof    string  `json:"proof"` // hexadecimal SM2 signature r ‖ s of the fields above by the key
}

// content is what the proof signs. Its first word keeps it apart from an EnrolRequest's.
func (r *PairRequest) content() []byte {
	return []byte(strings.Join([]string{"tongsheng-pair-1", hex.EncodeToString(r.Key[:]), r.Model, r.Serial, r.Firmware, fmt.Sprint(r.At)}, "\x00"))
}

// Sign sets Key and Proof.
func (r *PairRequest) Sign(device *ebd.PrivateKey) (err error) {
	r.Key = KeyText(device.Public())
	r.Proof, err = proof(device, r.content())
	return err
}

// Validate checks the form of every field and the proof; the time is not judged.
func (r *PairRequest) Validate() error {
	for _, f := range []field{{"model", r.Model, 1, 64}, {"serial", r.Serial, 1, 64}, {"firmware", r.Firmware, 1, 64}} {
		if err := f.check(); err != nil {
			return err
		}
	}
	return r.Key.proven(r.Proof, r.content())
}

// ReadPairRequest reads and validates a request of at most 4 KiB.
func ReadPairRequest(b []byte) (*PairRequest, error) {
	return read[PairRequest](b, 4<<10, "request")
}

// PairResponse is the pairing that the device shows to whoever stands before it, or, once a
// person has said which device it is, its enrolment.
type PairResponse struct {
	Pairing   string         `json:"pairing,omitempty"` // eight letters and digits to read out
	Link      string         `json:"link,omitempty"`    // opens the page on which to confirm
	QR        string         `json:"qr,omitempty"`      // the link as an SVG picture
	Until     int64          `json:"until,omitempty"`   // when another pairing is made, UTC µs
	Enrolment *EnrolResponse `json:"enrolment,omitempty"`
	At        int64          `json:"at"` // platform's clock, UTC µs
}
