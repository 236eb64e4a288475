package ebd

import (
	"encoding/base64"
	"encoding/binary"
	"time"
)

// Coverage says which bytes a signature covers. 081 leaves it open for XML files
// (its §5.3 signs "the message file"), while §5.4 and figure 3 put the signing time
// under the signature; field systems do all three. Writers choose one and say so.
type Coverage int

// The coverages, each a superset of the one before.
const (
	CoverContent         Coverage = iota // the content alone
	CoverContentTime                     // content ‖ SigTime, 081 figure 3
	CoverContentTimeCert                 // content ‖ SigTime ‖ CertificateSN, all of table 2 but the signature
)

// SignatureSize is the length of the signature data of 081 table 2.
const SignatureSize = 74

// Signature is the signature data of 081 table 2, big-endian:
//
//	0   4   SigTime, UTC seconds since 1970
//	4   6   number of the signer's certificate
//	10  64  SM2/SM3 signature r ‖ s
//
// Field data sometimes holds a small counter in place of SigTime, so a signature is
// never judged stale by its time alone.
type Signature struct {
	Time   uint32
	Cert   SerialNumber
	Digits [64]byte // r ‖ s
}

// covered is what is signed: content and, by cov, the fields before the digits.
func (s *Signature) covered(content []byte, cov Coverage) []byte {
	b := make([]byte, 0, len(content)+10)
	b = append(b, content...)
	if cov >= CoverContentTime {
		b = binary.BigEndian.AppendUint32(b, s.Time)
	}
	if cov >= CoverContentTimeCert {
		b = append(b, s.Cert[:]...)
	}
	return b
}

// Sign signs content at t with the key of the certificate numbered cert.
func Sign(key *PrivateKey, cert SerialNumber, content []byte, t time.Time, cov Coverage) (*Signature, error) {
	sec := t.Unix()
	if sec < 0 || sec > 1<<32-1 {
		return nil, bad("signature", "time", CodeRange, 1, t.String())
	}
	s := &Signature{Time: uint32(sec), Cert: cert}
	var err error
	s.Digits, err = key.Sign(s.covered(content, cov))
	return s, err
}

// Verify reports whether key made this signature of content under coverage cov.
func (s *Signature) Verify(key PublicKey, content []byte, cov Coverage) bool {
	return key.Verify(s.covered(content, cov), s.Digits)
}

// Encode writes the 74 bytes.
func (s *Signature) Encode() []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, SignatureSize), s.Time)
	b = append(b, s.Cert[:]...)
	return append(b, s.Digits[:]...)
}

// ParseSignature reads 74 bytes; whether it is good is for Verify to say.
func ParseSignature(b []byte) (*Signature, error) {
	if len(b) != SignatureSize {
		return nil, bad("signature", "", CodeLength, 0, "")
	}
	s := &Signature{Time: binary.BigEndian.Uint32(b)}
	copy(s.Cert[:], b[4:])
	copy(s.Digits[:], b[10:])
	return s, nil
}

// String is the Base64 text of SignatureValue in the XML files of 081 §6.3 and §6.4.
func (s *Signature) String() string { return base64.StdEncoding.EncodeToString(s.Encode()) }
