package cap

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"
)

// Sign puts an enveloped signature (XML-Signature, CAP 1.2 §3.3.4.1) at the end of an alert as
// Alert.Write wrote it: exclusive canonicalisation, SHA-256, ECDSA on P-256, with the
// certificates of chain, the signer's own first. The same alert under the same key gives the
// same bytes (RFC 6979), so that what is written anew is not something new to who fetched it.
func Sign(alert []byte, key *ecdsa.PrivateKey, chain ...*x509.Certificate) ([]byte, error) {
	if key.Curve != elliptic.P256() || len(chain) == 0 {
		return nil, errors.New("cap: a signature takes a key on P-256 and its certificate")
	}
	d := new(document)
	if err := d.parse(alert); err != nil {
		return nil, err
	}
	at := bytes.LastIndex(alert, []byte("</alert>"))
	if at < 0 || len(d.signatures()) > 0 {
		return nil, errors.New("cap: that is no alert that can be signed")
	}
	sum := d.digest(crypto.SHA256, canon{exclusive: true}, nil)
	method := func(name, algorithm string) string {
		return `<` + name + ` Algorithm="` + algorithm + `"></` + name + `>`
	}
	info := `<SignedInfo xmlns="` + spaceDSig + `">` + // in canonical form
		method("CanonicalizationMethod", canonicalExclusive) + method("SignatureMethod", methodECDSA) +
		`<Reference URI=""><Transforms>` + method("Transform", enveloped) + method("Transform", canonicalExclusive) + `</Transforms>` +
		method("DigestMethod", digestSHA256) +
		`<DigestValue>` + base64.StdEncoding.EncodeToString(sum) + `</DigestValue></Reference></SignedInfo>`
	hash := sha256.Sum256([]byte(info))
	der, err := key.Sign(nil, hash[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &pair); err != nil {
		return nil, err
	}
	value := append(pair.R.FillBytes(make([]byte, 32)), pair.S.FillBytes(make([]byte, 32))...)
	var out strings.Builder
	out.Write(alert[:at])
	out.WriteString(`<Signature xmlns="` + spaceDSig + `">` + info + `<SignatureValue>` + base64.StdEncoding.EncodeToString(value) + `</SignatureValue><KeyInfo><X509Data>`)
	for _, c := range chain {
		out.WriteString(`<X509Certificate>` + base64.StdEncoding.EncodeToString(c.Raw) + `</X509Certificate>`)
	}
	out.WriteString(`</X509Data></KeyInfo></Signature>`)
	out.Write(alert[at:])
	return []byte(out.String()), nil
}
