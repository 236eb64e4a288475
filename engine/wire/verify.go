package wire

import (
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// Skew is how far apart the clocks of platform and terminal may be.
const Skew = 5 * time.Minute

// Trust is whom a terminal believes. The zero Trust believes nobody.
type Trust struct {
	Issuers map[ebd.SerialNumber]ebd.PublicKey // certificate issuers by number
	Revoked map[ebd.SerialNumber]bool          // certificates no longer believed
}

// Authenticate checks what is the same for every terminal: form, issuer, certificate
// and signature, in this order. The order is returned whenever the form is good, so
// that a refusal can name it; it must be obeyed only if the reason is Accepted.
func (t *Trust) Authenticate(b []byte, now time.Time) (*Order, Reason) {
	f, err := readFrame(b)
	if err != nil {
		return nil, BadFrame
	}
	issuer, known := t.Issuers[f.cert.Issuer]
	switch {
	case !known:
		return f.order, UnknownIssuer
	case !f.cert.VerifiedBy(issuer):
		return f.order, ForgedCertificate
	case !f.cert.ValidAt(now):
		return f.order, CertificateExpired
	case t.Revoked[f.cert.Number]:
		return f.order, CertificateRevoked
	case !f.sig.Verify(f.cert.Key, f.content, ebd.CoverContentTimeCert):
		return f.order, BadSignature
	}
	return f.order, Accepted
}

// Judge checks what is particular to one terminal: audience, time, memory, in this
// order. An accepted play order may begin in the future (ValidFrom); the terminal
// then holds it.
func Judge(o *Order, self Place, now time.Time, m *Memory) Reason {
	switch {
	case !o.Area.Includes(self):
		return WrongArea
	case o.Issued > now.Add(Skew).UnixMicro():
		return NotYetValid
	case o.ValidUntil <= now.UnixMicro():
		return Expired
	}
	return m.judge(o)
}

// Verifier is a terminal's judgement: whom it trusts and what it knows of itself.
type Verifier struct {
	Trust Trust
	Self  Place
}

// Verdict is the outcome for one frame.
type Verdict struct {
	Reason Reason // Accepted, or the first reason against it
	Order  *Order // nil only for BadFrame
}

// Verify judges a frame at now. It changes nothing: call m.Remember once the order
// is safely stored.
func (v *Verifier) Verify(b []byte, now time.Time, m *Memory) Verdict {
	o, reason := v.Trust.Authenticate(b, now)
	if reason == Accepted {
		reason = Judge(o, v.Self, now, m)
	}
	return Verdict{reason, o}
}
