package speaker

import (
	"encoding/binary"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/mpegts"
)

// This file is the end of every frame: signature and CRC-32.

// Scope says of which bytes of a frame a signature is.
type Scope int

// The scopes. Tables A.3 and D.4 say header and body, Table D.2 says body.
const (
	ScopeHeaderBody Scope = iota // header and body
	ScopeBody                    // the body alone; of Annex D, from the source's code on
	ScopePreceding               // header, body and the signature's length: all that precedes
)

// Coverage is what a signature covers: bytes of the frame, then by Fields the signing time
// and the certificate's number. The standard leaves it open, so a writer chooses, and a
// reader can find out what a device chose (FindCoverage).
type Coverage struct {
	Scope  Scope
	Fields ebd.Coverage
}

// Standard is header and body (GD/J 089 Tables A.3 and D.4) and the signing time (GD/J 081
// §5.4 and figure 3).
var Standard = Coverage{ScopeHeaderBody, ebd.CoverContentTime}

// coverages are all of them, Standard first.
var coverages = func() []Coverage {
	all := []Coverage{Standard}
	for _, s := range []Scope{ScopeHeaderBody, ScopeBody, ScopePreceding} {
		for _, f := range []ebd.Coverage{ebd.CoverContentTime, ebd.CoverContent, ebd.CoverContentTimeCert} {
			if c := (Coverage{s, f}); c != Standard {
				all = append(all, c)
			}
		}
	}
	return all
}()

// signed is a signature with the header and body that were received with it.
type signed struct {
	*ebd.Signature
	raw  []byte
	head int // length of the header
}

// scope is the bytes of header and body in a scope.
func scope(s Scope, raw []byte, head int) []byte {
	switch s {
	case ScopeBody:
		return raw[head:]
	case ScopePreceding:
		return binary.BigEndian.AppendUint16(append([]byte(nil), raw...), ebd.SignatureSize)
	}
	return raw
}

func sign(key *ebd.PrivateKey, cert ebd.SerialNumber, raw []byte, head int, t time.Time, cov Coverage) (*ebd.Signature, error) {
	return ebd.Sign(key, cert, scope(cov.Scope, raw, head), t, cov.Fields)
}

func (s signed) verify(key ebd.PublicKey, cov Coverage) bool {
	return s.Signature != nil && s.Signature.Verify(key, scope(cov.Scope, s.raw, s.head), cov.Fields)
}

func (s signed) find(key ebd.PublicKey) (Coverage, bool) {
	for _, cov := range coverages {
		if s.verify(key, cov) {
			return cov, true
		}
	}
	return Coverage{}, false
}

// Sign signs the packet as it stands at t with the key of the certificate numbered cert.
// A change to the packet after it makes the signature wrong.
func (p *Packet) Sign(key *ebd.PrivateKey, cert ebd.SerialNumber, t time.Time, cov Coverage) error {
	b, err := p.content()
	if err != nil {
		return err
	}
	p.Signature, err = sign(key, cert, b, headSize, t, cov)
	return err
}

// Verify reports whether key made the signature that a decoded packet came with.
func (p *Packet) Verify(key ebd.PublicKey, cov Coverage) bool { return p.signed.verify(key, cov) }

// FindCoverage is the coverage under which key made the packet's signature, if there is one.
func (p *Packet) FindCoverage(key ebd.PublicKey) (Coverage, bool) { return p.signed.find(key) }

func appendSignature(b []byte, s *ebd.Signature) []byte {
	b = binary.BigEndian.AppendUint16(b, ebd.SignatureSize)
	if s == nil {
		return append(b, make([]byte, ebd.SignatureSize)...)
	}
	return append(b, s.Encode()...)
}

// readSignature takes the bytes that a signature's length counts; odd if they are neither nothing nor
// the 74 bytes of GD/J 081 table 2. Nothing but zeros stands for no signature.
func readSignature(b []byte) (s *ebd.Signature, odd bool) {
	s, err := ebd.ParseSignature(b)
	if err != nil {
		return nil, len(b) > 0
	}
	if *s == (ebd.Signature{}) {
		return nil, false
	}
	return s, false
}

// seal adds the CRC-32 of Annex G, which is that of MPEG-2 sections.
func seal(b []byte) []byte { return binary.BigEndian.AppendUint32(b, mpegts.CRC32(b)) }

// intact reports whether the last four bytes are the CRC-32 of those before.
func intact(b []byte) bool {
	n := len(b) - crcSize
	return n > 0 && mpegts.CRC32(b[:n]) == binary.BigEndian.Uint32(b[n:])
}
