package ebd

import (
	"encoding/hex"
	"time"
)

// SerialNumber is the 48-bit number of a certificate. 00…00 to 00…FF are kept for
// the certificate management system (081 §6.1), that is, for issuers.
type SerialNumber [6]byte

// String is the number in twelve hexadecimal digits.
func (n SerialNumber) String() string { return hex.EncodeToString(n[:]) }

// Reserved reports whether the number is in the range kept for issuers.
func (n SerialNumber) Reserved() bool {
	return n[0] == 0 && n[1] == 0 && n[2] == 0 && n[3] == 0 && n[4] == 0
}

// ParseSerialNumber reads hexadecimal digits: twelve, or sixteen as in the samples of
// 081 Annexes B and D, of which the last twelve are taken.
func ParseSerialNumber(s string) (n SerialNumber, err error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 6 && len(b) != 8 {
		return n, bad("certificate number", "", CodeLength, 0, s)
	}
	copy(n[:], b[len(b)-6:])
	return n, nil
}

// MarshalText implements encoding.TextMarshaler.
func (n SerialNumber) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler by ParseSerialNumber.
func (n *SerialNumber) UnmarshalText(b []byte) (err error) {
	*n, err = ParseSerialNumber(string(b))
	return err
}

// CertificateSize is the length of an encoded certificate. The six fields of 081
// table 1 are 8+48+48+16+512+512 = 1144 bits.
const CertificateSize = 143

// Certificate is the private certificate format of 081 §6.1, big-endian:
//
//	offset  bytes  field
//	0       1      version, 0x00
//	1       6      number of the issuer's certificate
//	7       6      number of this certificate
//	13      2      valid until: year − 2000, month
//	15      64     SM2 public key x ‖ y
//	79      64     issuer's SM2/SM3 signature r ‖ s of bytes 0–78
type Certificate struct {
	Issuer     SerialNumber
	Number     SerialNumber
	UntilYear  int // 2000–2255
	UntilMonth int // 1–12
	Key        PublicKey
	Signature  [64]byte
}

// IssueCertificate makes and signs a certificate for key that is good to the end of
// the month that until lies in (in China). An issuer certifies itself by giving its
// own number twice.
func IssueCertificate(issuer *PrivateKey, issuerNumber, number SerialNumber, key PublicKey, until time.Time) (*Certificate, error) {
	y, m, _ := until.In(China).Date()
	c := &Certificate{Issuer: issuerNumber, Number: number, UntilYear: y, UntilMonth: int(m), Key: key}
	if y < 2000 || y > 2255 {
		return nil, bad("certificate", "validity", CodeRange, 14, until.String())
	}
	var err error
	b := c.Encode()
	c.Signature, err = issuer.Sign(b[:CertificateSize-64])
	return c, err
}

// Encode writes the 143 bytes.
func (c *Certificate) Encode() []byte {
	b := make([]byte, 1, CertificateSize)
	b = append(b, c.Issuer[:]...)
	b = append(b, c.Number[:]...)
	b = append(b, byte(c.UntilYear-2000), byte(c.UntilMonth))
	b = append(b, c.Key[:]...)
	return append(b, c.Signature[:]...)
}

// ParseCertificate reads 143 bytes and checks the version, the month and that the
// key is a point of the curve. It does not check the signature.
func ParseCertificate(b []byte) (*Certificate, error) {
	const thing = "certificate"
	if len(b) != CertificateSize {
		return nil, bad(thing, "", CodeLength, 0, "")
	}
	if b[0] != 0 {
		return nil, bad(thing, "version", CodeVersion, 1, hex.EncodeToString(b[:1]))
	}
	c := &Certificate{UntilYear: 2000 + int(b[13]), UntilMonth: int(b[14])}
	if c.UntilMonth < 1 || c.UntilMonth > 12 {
		return nil, bad(thing, "validity", CodeRange, 15, hex.EncodeToString(b[14:15]))
	}
	copy(c.Issuer[:], b[1:])
	copy(c.Number[:], b[7:])
	copy(c.Signature[:], b[79:])
	var err error
	if c.Key, err = ParsePublicKey(b[15:79]); err != nil {
		return nil, bad(thing, "key", CodeKey, 16, "")
	}
	return c, nil
}

// VerifiedBy reports whether issuer's key made the certificate's signature.
func (c *Certificate) VerifiedBy(issuer PublicKey) bool {
	return issuer.Verify(c.Encode()[:CertificateSize-64], c.Signature)
}

// Until is the first instant at which the certificate is no longer good: the start,
// in China, of the month after the one it names. 081 gives no first day.
func (c *Certificate) Until() time.Time {
	return time.Date(c.UntilYear, time.Month(c.UntilMonth)+1, 1, 0, 0, 0, 0, China)
}

// ValidAt reports whether the certificate is good at t.
func (c *Certificate) ValidAt(t time.Time) bool { return t.Before(c.Until()) }
