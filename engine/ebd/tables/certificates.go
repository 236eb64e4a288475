package tables

import (
	"encoding/hex"
	"fmt"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/mpegts"
)

// Certificates is the certificate authorisation table 应急广播证书授权表: lists of whom
// which receiver may believe, and the certificates named in them. 086 and 087 table 6.
type Certificates struct {
	Lists        []Authorization `json:"lists,omitempty"`        // at most 255
	Certificates []mpegts.Hex    `json:"certificates,omitempty"` // at most 255, for ebd.ParseCertificate
}

// Authorization is a certificate authorisation list 证书授权列表, GD/J 081 table 6.
type Authorization struct {
	Receiver     ebd.SerialNumber   `json:"receiver"` // the receiver's own certificate
	Number       uint8              `json:"number"`   // counts the lists of a receiver
	Certificates []ebd.SerialNumber `json:"certificates"`
	Signer       ebd.SerialNumber   `json:"signer"`
	Signature    Digits             `json:"signature"`
}

// Digits is an SM2 signature r ‖ s, in JSON as 128 hexadecimal digits.
type Digits [64]byte

// MarshalText implements encoding.TextMarshaler.
func (d Digits) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, d[:]), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Digits) UnmarshalText(b []byte) error {
	raw, err := hex.DecodeString(string(b))
	if err != nil || len(raw) != len(d) {
		return fmt.Errorf("ebd tables: a signature is 128 hexadecimal digits")
	}
	copy(d[:], raw)
	return nil
}

// signed is what the signature covers: all fields before it.
func (a *Authorization) signed() []byte {
	b := append(a.Receiver[:6:6], a.Number, uint8(len(a.Certificates)))
	for _, c := range a.Certificates {
		b = append(b, c[:]...)
	}
	return append(b, a.Signer[:]...)
}

// Sign signs the list with the key of the certificate that Signer names.
func (a *Authorization) Sign(key *ebd.PrivateKey) error {
	digits, err := key.Sign(a.signed())
	a.Signature = digits
	return err
}

// VerifiedBy reports whether key made the signature.
func (a *Authorization) VerifiedBy(key ebd.PublicKey) bool {
	return key.Verify(a.signed(), a.Signature)
}

// TableID implements Body.
func (*Certificates) TableID() uint8 { return IDCertificates }

// Name implements Body.
func (*Certificates) Name() string { return "certificates" }

// Extension implements Body; its value is left open.
func (*Certificates) Extension() uint16 { return 0 }

func (c *Certificates) write(w *writer) {
	w.count("lists", len(c.Lists), 0, 255)
	for i := range c.Lists {
		a := &c.Lists[i]
		w.in(nth("lists", i), func() {
			if len(a.Certificates) > 255 {
				w.fail("certificates", "%d of them; at most 255 can be", len(a.Certificates))
			}
			w.counted("", 2, func() {
				w.raw(a.signed())
				w.raw(a.Signature[:])
			})
		})
	}
	w.count("certificates", len(c.Certificates), 0, 255)
	for i, b := range c.Certificates {
		_, err := ebd.ParseCertificate(b)
		w.check(nth("certificates", i), err)
		w.counted(nth("certificates", i), 1, func() { w.raw(b) })
	}
}

func (c *Certificates) read(r *reader) {
	n := int(r.u8("lists"))
	for i := 0; i < n && r.err == nil; i++ {
		var a Authorization
		r.within(nth("lists", i), r.number(nth("lists", i), 2), func() { a.read(r) })
		c.Lists = append(c.Lists, a)
	}
	n = int(r.u8("certificates"))
	for i := 0; i < n && r.err == nil; i++ {
		field := nth("certificates", i)
		b := r.take(field, r.number(field, 1))
		_, err := ebd.ParseCertificate(b)
		r.suspect(field, err)
		c.Certificates = append(c.Certificates, mpegts.Hex(b))
	}
}

func (a *Authorization) read(r *reader) {
	copy(a.Receiver[:], r.take("receiver", 6))
	a.Number = r.u8("number")
	n := int(r.u8("certificates"))
	for i := 0; i < n && r.err == nil; i++ {
		a.Certificates = append(a.Certificates, ebd.SerialNumber(r.take(nth("certificates", i), 6)))
	}
	copy(a.Signer[:], r.take("signer", 6))
	copy(a.Signature[:], r.take("signature", 64))
}
