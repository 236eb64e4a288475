package peer

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// A person pastes what the other side sent: the file that "ebd certify" or openssl wrote, or
// digits, into a field that takes the line ends away.
func TestCertificatesAreTakenAsTheyWereSent(t *testing.T) {
	now := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	key := func() *ebd.PrivateKey {
		k, err := ebd.GenerateKey()
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	own, issuer := key(), key()
	number, above := ebd.SerialNumber{5: 2}, ebd.SerialNumber{5: 1}
	issue := func(by *ebd.PrivateKey, as ebd.SerialNumber) *ebd.Certificate {
		c, err := ebd.IssueCertificate(by, as, number, own.Public(), now.AddDate(2, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	self, issued := issue(own, number), issue(issuer, above)
	armour := func(c *ebd.Certificate) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: "EBD CERTIFICATE", Bytes: c.Encode()}))
	}
	by := issuer.Public()
	spki, err := by.PEM()
	if err != nil {
		t.Fatal(err)
	}
	oneLine := strings.NewReplacer("\n", "").Replace
	for name, g := range map[string]Given{
		"self, PEM":             {Certificate: armour(self)},
		"self, PEM in one line": {Certificate: oneLine(armour(self))},
		"hexadecimal":           {Certificate: hex.EncodeToString(issued.Encode()), IssuerKey: hex.EncodeToString(by[:])},
		"Base64":                {Certificate: base64.StdEncoding.EncodeToString(issued.Encode()), IssuerKey: base64.StdEncoding.EncodeToString(by[:])},
		"PEM":                   {Certificate: oneLine(armour(issued)), IssuerKey: oneLine(string(spki))},
	} {
		if trust, err := g.Check("add[0]", now); err != nil || trust.Number != number || trust.Until.Before(now) {
			t.Errorf("%s: %+v, %v", name, trust, err)
		}
	}
	if _, err := (Given{Certificate: armour(issued)}).Check("add[0]", now); err == nil || !strings.Contains(err.Error(), "alert.peer.issuer") {
		t.Errorf("a certificate that does not vouch for itself was taken without its issuer: %v", err)
	}
	if _, err := (Given{Certificate: armour(self), IssuerKey: string(spki)}).Check("add[0]", now); err == nil {
		t.Error("a certificate was taken from another issuer")
	}
}
