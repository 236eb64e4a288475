package ebd

import (
	"bytes"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	tsm2 "github.com/tjfoc/gmsm/sm2"
	"pgregory.net/rapid"
)

var signedAt = time.Date(2026, 7, 21, 8, 0, 0, 0, time.UTC)

func newKey(t testing.TB) *PrivateKey {
	t.Helper()
	k, err := GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// tjfoc/gmsm is an independent implementation: what one signs the other must accept.
func TestAgreesWithAnotherSM2(t *testing.T) {
	ours := newKey(t)
	pub := ours.Public()
	theirs := &tsm2.PublicKey{Curve: tsm2.P256Sm2(), X: new(big.Int).SetBytes(pub[:32]), Y: new(big.Int).SetBytes(pub[32:])}
	msg := []byte("各村请注意，预计未来三小时有特大暴雨。")
	sig, err := ours.Sign(msg)
	if err != nil {
		t.Fatal(err)
	}
	if !tsm2.Sm2Verify(theirs, msg, uid, new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
		t.Error("the other library refuses our signature")
	}
	other, err := tsm2.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	r, s, err := tsm2.Sm2Sign(other, msg, uid, nil)
	if err != nil {
		t.Fatal(err)
	}
	var k PublicKey
	other.X.FillBytes(k[:32])
	other.Y.FillBytes(k[32:])
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	if !k.Verify(msg, sig) || k.Verify(msg[1:], sig) {
		t.Error("we misjudge the other library's signature")
	}
}

func TestCertificate(t *testing.T) {
	ca, signer, stranger := newKey(t), newKey(t), newKey(t)
	c, err := IssueCertificate(ca, SerialNumber{5: 1}, SerialNumber{1, 2, 3, 4, 5, 6}, signer.Public(), signedAt)
	if err != nil {
		t.Fatal(err)
	}
	b := c.Encode()
	if len(b) != CertificateSize || !bytes.Equal(b[:15], []byte{0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 26, 7}) {
		t.Fatalf("layout: % x", b[:15])
	}
	back, err := ParseCertificate(b)
	if err != nil || *back != *c {
		t.Fatalf("round trip: %v", err)
	}
	if !back.VerifiedBy(ca.Public()) || back.VerifiedBy(stranger.Public()) {
		t.Error("issuer misjudged")
	}
	if end := time.Date(2026, 7, 31, 16, 0, 0, 0, time.UTC); !c.ValidAt(end.Add(-time.Second)) || c.ValidAt(end) {
		t.Errorf("good until %v", c.Until())
	}
	if !c.Issuer.Reserved() || c.Number.Reserved() {
		t.Error("reserved numbers")
	}
	for i := range b { // every bit counts
		b[i] ^= 1
		if p, err := ParseCertificate(b); err == nil && p.VerifiedBy(ca.Public()) {
			t.Errorf("byte %d may change", i)
		}
		b[i] ^= 1
	}
	if _, err := ParseCertificate(b[:142]); err == nil {
		t.Error("short certificate read")
	}
}

func TestSignatureCoverages(t *testing.T) {
	k, cert := newKey(t), SerialNumber{0, 0, 0, 0, 1, 0}
	content := []byte("<EBD/>")
	for cov := CoverContent; cov <= CoverContentTimeCert; cov++ {
		s, err := Sign(k, cert, content, signedAt, cov)
		if err != nil {
			t.Fatal(err)
		}
		b := s.Encode()
		if len(b) != SignatureSize || len(s.String()) != 100 {
			t.Fatalf("%d bytes", len(b))
		}
		back, err := ParseSignature(b)
		if err != nil || *back != *s {
			t.Fatal(err)
		}
		for other := CoverContent; other <= CoverContentTimeCert; other++ {
			if got := back.Verify(k.Public(), content, other); got != (other == cov) {
				t.Errorf("coverage %d taken for %d: %v", cov, other, got)
			}
		}
		if back.Verify(k.Public(), append([]byte("x"), content...), cov) {
			t.Error("other content accepted")
		}
		back.Time++
		if got := back.Verify(k.Public(), content, cov); got != (cov == CoverContent) {
			t.Errorf("coverage %d: changed time accepted: %v", cov, got)
		}
		back.Time--
		back.Cert[5]++
		if got := back.Verify(k.Public(), content, cov); got != (cov != CoverContentTimeCert) {
			t.Errorf("coverage %d: changed certificate accepted: %v", cov, got)
		}
	}
	if _, err := Sign(k, cert, nil, time.Unix(-1, 0), CoverContent); err == nil {
		t.Error("a time before 1970 fits nowhere")
	}
}

func TestKeysRoundTripAndKeepQuiet(t *testing.T) {
	k := newKey(t)
	p, err := k.PEM()
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParsePrivateKey(p)
	if err != nil || back.Public() != k.Public() {
		t.Fatal(err)
	}
	pub, err := k.Public().PEM()
	if err != nil {
		t.Fatal(err)
	}
	if s := fmt.Sprintf("%v %+v %#v %s", k, k, k, k); s != "SM2 private key SM2 private key SM2 private key SM2 private key" {
		t.Error("the key talks: ", s)
	}
	for _, junk := range [][]byte{nil, []byte("junk"), pub} {
		if _, err := ParsePrivateKey(junk); err == nil {
			t.Error("junk read as a key")
		}
	}
	if _, err := ParsePublicKey(make([]byte, 64)); err == nil {
		t.Error("the origin is not on the curve")
	}
}

func TestAgreementIsMutual(t *testing.T) {
	a, b := newKey(t), newKey(t)
	x, err1 := a.Agree(b.Public())
	y, err2 := b.Agree(a.Public())
	if err1 != nil || err2 != nil || !bytes.Equal(x, y) || len(x) != 32 {
		t.Fatal(err1, err2)
	}
	if _, err := a.Agree(PublicKey{1}); err == nil {
		t.Error("agreed with a point off the curve")
	}
}

func TestAnyContentSignsAndNoOther(t *testing.T) {
	k := newKey(t)
	rapid.Check(t, func(t *rapid.T) {
		msg := rapid.SliceOfN(rapid.Byte(), 1, 200).Draw(t, "msg")
		sig, err := k.Sign(msg)
		if err != nil || !k.Public().Verify(msg, sig) {
			t.Fatal("own signature refused", err)
		}
		msg[rapid.IntRange(0, len(msg)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if k.Public().Verify(msg, sig) {
			t.Fatal("changed message accepted")
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("63415231002000314010401"))
	f.Add(make([]byte, CertificateSize))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := ParseResourceCode(string(b)); err == nil {
			if d, err := c.Resource().Code(); err != nil || d != c {
				t.Errorf("%s rebuilt as %s: %v", c, d, err)
			}
		}
		if c, err := ParseCertificate(b); err == nil && !bytes.Equal(c.Encode(), b) {
			t.Error("certificate changed")
		}
		_, _ = ParseEBDID(string(b))
		_, _ = ParseEBMID(string(b))
		_, _ = ParseInfoID(string(b))
	})
}

func FuzzCodes(f *testing.F) {
	for _, seed := range []string{"11B01", "10203", "110105001000", "000000000000", "", "1102", "１１０１"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if e, err := ParseEventType(s); err == nil {
			if name, _ := e.Name(); string(e) != s || name.Zh == "" {
				t.Errorf("%q became %q, %+v", s, e, name)
			}
		}
		a, err := ParseAreaCode(s)
		if err != nil {
			_ = AreaCode(s).Prefix() // from a database, say
			_ = AreaCode(s).Covers(AreaCode("110105001000"))
			return
		}
		if string(a) != s || !a.Covers(a) || !strings.HasPrefix(s, a.Prefix()) {
			t.Errorf("%q became %q with prefix %q", s, a, a.Prefix())
		}
	})
}

func BenchmarkSign(b *testing.B) {
	k, msg := newKey(b), make([]byte, 1000)
	for b.Loop() {
		_, _ = Sign(k, SerialNumber{}, msg, signedAt, CoverContentTimeCert)
	}
}

func BenchmarkVerify(b *testing.B) {
	k, msg := newKey(b), make([]byte, 1000)
	s, _ := Sign(k, SerialNumber{}, msg, signedAt, CoverContentTimeCert)
	pub := k.Public()
	for b.Loop() {
		if !s.Verify(pub, msg, CoverContentTimeCert) {
			b.Fatal("refused")
		}
	}
}

func BenchmarkAgree(b *testing.B) {
	k, p := newKey(b), newKey(b).Public()
	for b.Loop() {
		_, _ = k.Agree(p)
	}
}
