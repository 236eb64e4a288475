package cap

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha1" // old signatures rest on it; that is told
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/tongsheng/tongsheng/engine/xmlscan"
)

// What a signature may cost: what is signed is kept in pieces, which take many times the
// memory that reading takes.
const (
	maxSigned     = 4 << 20 // bytes of signed alerts of one document
	maxSignatures = 4       // of one alert
	maxPieces     = 100_000 // tags, texts and attributes of a signed alert
	maxKeyBits    = 8192
	maxKeys       = 4   // of one signature
	maxChecks     = 400 // of a value against a key, in one document
)

// ErrUnverified is why a signature cannot be judged: a kind, a transform or a key that
// is not known here. A message is not refused for it (CAP 1.2 §3.3.4.1).
var ErrUnverified = errors.New("the signature cannot be verified")

// ErrBroken is what is wrong with a signature that was judged and found wrong.
var ErrBroken = errors.New("the signature is not right")

func unverified(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnverified, fmt.Sprintf(format, args...))
}

func broken(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrBroken, fmt.Sprintf(format, args...))
}

// Signature is an enveloped signature that was verified.
type Signature struct {
	Certificate *x509.Certificate // of the signer, where one is in the message; who it is, and whether it holds, is for the caller to judge
	Key         crypto.PublicKey
	Weak        bool // it rests on SHA-1
}

// Signatures verifies every enveloped signature (XML-Signature; CAP 1.2 §3.3.4.1) of the
// alert that is the root of b, each with the key that it carries. That a signature is
// right says only that the alert is as its signer left it: a caller that wants to know
// who that was compares the key or the certificate with those it trusts.
//
// A signature counts only where it covers the whole alert but itself: its reference is
// to the document, and its transforms are the enveloped one and canonicalisation. One
// that was moved from, or refers to, something else is ErrBroken.
func Signatures(b []byte) ([]Signature, error) {
	checks := maxChecks
	return new(document).verifyAll(b, &checks)
}

// verifyAll is Signatures for an alert in a document for which so many checks are left.
func (d *document) verifyAll(b []byte, checks *int) ([]Signature, error) {
	if err := d.parse(b); err != nil {
		return nil, err
	}
	found := d.signatures()
	if len(found) > maxSignatures {
		return nil, unverified("there are %d of them", len(found))
	}
	var all []Signature
	for _, sig := range found {
		one, err := d.verify(sig, found, checks)
		if err != nil {
			return all, err
		}
		all = append(all, one)
	}
	return all, nil
}

// signatures are the elements of that name within the root.
func (d *document) signatures() (found []int) {
	for _, i := range d.children(d.root) {
		if d.tokens[i].name == (xmlscan.Name{Space: spaceDSig, Local: "Signature"}) {
			found = append(found, i)
		}
	}
	return found
}

// decoded is the base 64 within the element at i; nil where there is none.
func (d *document) decoded(i int) []byte {
	if i < 0 {
		return nil
	}
	raw, err := base64.StdEncoding.DecodeString(string(bytes.Join(bytes.Fields(d.text(i)), nil)))
	if err != nil {
		return nil
	}
	return raw
}

// verify judges the signature at sig, one of all signatures of the alert.
func (d *document) verify(sig int, all []int, checks *int) (Signature, error) {
	info := d.child(sig, "SignedInfo")
	value := d.decoded(d.child(sig, "SignatureValue"))
	if info < 0 || value == nil {
		return Signature{}, unverified("it has no SignedInfo or no value")
	}
	keys, err := d.keys(d.child(sig, "KeyInfo"))
	if err != nil {
		return Signature{}, err
	}
	how, err := d.canonOf(d.child(info, "CanonicalizationMethod"))
	if err != nil {
		return Signature{}, err
	}
	if err := d.refuseInherited(how, info); err != nil {
		return Signature{}, err
	}
	method, _ := d.attr(d.child(info, "SignatureMethod"), "Algorithm")
	hash, ok := methods[method]
	if !ok {
		return Signature{}, unverified("its method %s is not known", quote(method))
	}
	if *checks -= len(keys); *checks < 0 {
		return Signature{}, unverified("too much of the document is signed")
	}
	signed := d.digestOf(hash, how, info)
	at := slices.IndexFunc(keys, func(s Signature) bool { return check(s.Key, hash, signed, value) })
	if at < 0 {
		return Signature{}, broken("its value is not that of its key")
	}
	digest, err := d.covered(sig, info, all)
	keys[at].Weak = hash == crypto.SHA1 || digest == crypto.SHA1
	return keys[at], err
}

// The methods of signatures and of digests that are known (XML-Signature §6, RFC 6931).
var (
	methods = map[string]crypto.Hash{
		spaceDSig + "rsa-sha1": crypto.SHA1, spaceMore + "rsa-sha256": crypto.SHA256,
		spaceMore + "rsa-sha384": crypto.SHA384, spaceMore + "rsa-sha512": crypto.SHA512,
		spaceMore + "ecdsa-sha1": crypto.SHA1, methodECDSA: crypto.SHA256,
		spaceMore + "ecdsa-sha384": crypto.SHA384, spaceMore + "ecdsa-sha512": crypto.SHA512,
	}
	digests = map[string]crypto.Hash{
		spaceDSig + "sha1": crypto.SHA1, digestSHA256: crypto.SHA256,
		spaceMore + "sha384": crypto.SHA384, "http://www.w3.org/2001/04/xmlenc#sha512": crypto.SHA512,
	}
)

const (
	spaceMore    = "http://www.w3.org/2001/04/xmldsig-more#"
	methodECDSA  = spaceMore + "ecdsa-sha256"
	digestSHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
	enveloped    = spaceDSig + "enveloped-signature"
)

// check reports whether value is that of a key for the digest of what is signed.
func check(key crypto.PublicKey, hash crypto.Hash, signed, value []byte) bool {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, hash, signed, value) == nil
	case *ecdsa.PublicKey:
		half := len(value) / 2 // r and s side by side (RFC 4050 §3.3)
		return len(value)%2 == 0 && len(value) > 0 &&
			ecdsa.Verify(k, signed, new(big.Int).SetBytes(value[:half]), new(big.Int).SetBytes(value[half:]))
	}
	return false
}

// covered verifies the digest of the reference and that it is to the whole alert.
func (d *document) covered(sig, info int, all []int) (crypto.Hash, error) {
	var refs []int
	for _, c := range d.children(info) {
		if d.tokens[c].name.Local == "Reference" {
			refs = append(refs, c)
		}
	}
	if len(refs) != 1 {
		return 0, unverified("it has %d references", len(refs))
	}
	ref := refs[0]
	if uri, ok := d.attr(ref, "URI"); !ok || uri != "" {
		return 0, broken("it does not cover the alert")
	}
	transform, isEnveloped := -1, false
	if transforms := d.child(ref, "Transforms"); transforms >= 0 {
		for _, t := range d.children(transforms) {
			switch name, _ := d.attr(t, "Algorithm"); {
			case name == enveloped:
				isEnveloped = true
			case transform >= 0:
				return 0, unverified("it has a transform too many")
			default:
				transform = t
			}
		}
	}
	if !isEnveloped {
		return 0, unverified("it is not enveloped")
	}
	method, _ := d.attr(d.child(ref, "DigestMethod"), "Algorithm")
	hash, ok := digests[method]
	if !ok {
		return 0, unverified("its digest method %s is not known", quote(method))
	}
	how, err := d.canonOf(transform)
	if err != nil {
		return 0, err
	}
	how.comments = false // they are not of what an empty URI names (XML-Signature §4.3.3.3)
	want := d.decoded(d.child(ref, "DigestValue"))
	// A signature covers what was there when it was made: none of the others, where
	// several signed side by side, or all, where the alert was signed again.
	if bytes.Equal(d.bareDigest(hash, how, all), want) || len(all) > 1 && bytes.Equal(d.digest(hash, how, []int{sig}), want) {
		return hash, nil
	}
	return hash, broken("the alert was changed after it was signed")
}

// bareDigest is that of the document without any of its signatures, which several may share.
func (d *document) bareDigest(hash crypto.Hash, how canon, all []int) []byte {
	key := manner{hash, how}
	if d.bare[key] == nil {
		if d.bare == nil {
			d.bare = map[manner][]byte{}
		}
		d.bare[key] = d.digest(hash, how, all)
	}
	return d.bare[key]
}

// Certificates that are kept for the next documents, whose signers are often the same.
const (
	maxCertificates = 64
	maxCertificate  = 8 << 10 // of each, bytes of base 64
)

// certificate is the one within the element at i.
func (d *document) certificate(i int) (*x509.Certificate, error) {
	text := d.text(i)
	if cert := d.certs[string(text)]; cert != nil {
		return cert, nil
	}
	cert, err := x509.ParseCertificate(d.decoded(i))
	if err != nil || len(text) > maxCertificate {
		return cert, err
	}
	if d.certs == nil || len(d.certs) >= maxCertificates {
		d.certs = map[string]*x509.Certificate{}
	}
	d.certs[string(text)] = cert
	return cert, nil
}

// keys are those that the KeyInfo at info carries: those of its certificates, which stand in
// any order, or a bare RSA key.
func (d *document) keys(info int) (keys []Signature, err error) {
	err = unverified("it carries no key")
	add := func(key crypto.PublicKey, cert *x509.Certificate) {
		if wrong := sized(key); wrong != nil {
			err = wrong
		} else if len(keys) < maxKeys {
			keys = append(keys, Signature{Certificate: cert, Key: key})
		}
	}
	if data := d.child(info, "X509Data"); data >= 0 {
		for _, i := range d.children(data) {
			if d.tokens[i].name.Local != "X509Certificate" {
				continue
			}
			cert, unread := d.certificate(i)
			if unread != nil {
				err = unverified("its certificate cannot be read")
				continue
			}
			add(cert.PublicKey, cert)
		}
	}
	if bare := d.child(info, "KeyValue", "RSAKeyValue"); bare >= 0 && len(keys) == 0 {
		n, e := d.decoded(d.child(bare, "Modulus")), d.decoded(d.child(bare, "Exponent"))
		if len(n) > 0 && len(e) > 0 && len(e) <= 4 {
			add(&rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, nil)
		}
	}
	if len(keys) == 0 {
		return nil, err
	}
	return keys, nil
}

// sized refuses keys of kinds that are not known, and what would take long.
func sized(key crypto.PublicKey) error {
	switch k := key.(type) {
	case *rsa.PublicKey:
		if bits := k.N.BitLen(); bits < 1024 || bits > maxKeyBits {
			return unverified("its key has %d bits", bits)
		}
	case *ecdsa.PublicKey:
	default:
		return unverified("its key is of a kind that is not known")
	}
	return nil
}

// signature reports what is to be told of the signatures of an alert that is whole.
func (r *reader) signature(at string) {
	signed := r.raw // what stands around the root is signed with it
	if !r.bare {
		_, to := r.scan.Offset()
		signed = r.scan.Source()[r.begins:to]
	}
	if r.signedBytes += len(signed); r.signedBytes > maxSigned {
		r.report.found(RuleUnverified, at, "too much of the document is signed")
		return
	}
	all, err := r.document.verifyAll(signed, &r.checks)
	switch {
	case errors.Is(err, ErrBroken):
		r.report.found(RuleSignature, at+"/Signature", err.Error())
	case err != nil:
		r.report.found(RuleUnverified, at+"/Signature", err.Error())
	case slices.ContainsFunc(all, func(s Signature) bool { return s.Weak }):
		r.report.found(RuleWeak, at+"/Signature", "the signature rests on SHA-1")
	}
}
