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
	"strings"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/russellhaering/goxmldsig/etreeutils"

	"github.com/tongsheng/tongsheng/engine/xmlscan"
)

// What a signature may cost: it is looked at as a tree, which takes many times the
// memory that reading takes.
const (
	maxSigned     = 4 << 20 // bytes of signed alerts of one document
	maxSignatures = 4       // of one alert
	maxNodes      = 20_000  // elements of a signed alert
	maxNesting    = 24      // elements within each other; the library copies each level anew
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
	return signatures(b, &checks)
}

// signatures is Signatures for an alert in a document for which so many checks are left.
func signatures(b []byte, checks *int) ([]Signature, error) {
	source, err := sane(b)
	if err != nil {
		return nil, err
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(source); err != nil {
		return nil, unverified("%v", err)
	}
	root := doc.Root()
	oneLine(root)
	found := signaturesOf(root)
	if len(found) > maxSignatures {
		return nil, unverified("there are %d of them", len(found))
	}
	var all []Signature
	for _, sig := range found {
		one, err := verify(doc, sig, found, checks)
		if err != nil {
			return all, err
		}
		all = append(all, one)
	}
	return all, nil
}

// oneLine turns the ends of lines in attributes into spaces, as XML has it (XML 1.0
// §3.3.3) and the tree's reader has not.
func oneLine(e *etree.Element) {
	for i := range e.Attr {
		e.Attr[i].Value = lineEnds.Replace(e.Attr[i].Value)
	}
	for _, c := range e.ChildElements() {
		oneLine(c)
	}
}

var lineEnds = strings.NewReplacer("\n", " ", "\t", " ", "\r", " ")

// sane lets through what the tree of the library can stand for, which is well-formed, stands
// by itself and is of a bounded size, and gives it in UTF-8: what is verified is what is read.
func sane(b []byte) ([]byte, error) {
	if len(b) > maxSigned {
		return nil, unverified("the alert is too large")
	}
	s, err := xmlscan.New(b)
	if err != nil {
		return nil, err
	}
	for n := 0; ; {
		kind, err := s.Next()
		if kind == xmlscan.Start {
			n++
		}
		switch {
		case err != nil && s.NamespaceError() != nil:
			return nil, unverified("it rests on namespaces declared outside the alert")
		case err != nil && s.Doctype():
			return nil, unverified("the document has a document type declaration")
		case n > maxNodes || s.Depth() > maxNesting:
			return nil, unverified("the alert has too many elements, or too deep ones")
		case err != nil:
			if _, bad := err.(*xmlscan.Error); bad {
				return nil, err
			}
			return s.Source(), nil
		}
	}
}

// child is the first element of that name within e, and of the namespace of signatures.
func child(e *etree.Element, path ...string) *etree.Element {
	for _, name := range path {
		if e == nil {
			return nil
		}
		i := slices.IndexFunc(e.ChildElements(), func(c *etree.Element) bool {
			return c.Tag == name && c.NamespaceURI() == dsig.Namespace
		})
		if i < 0 {
			return nil
		}
		e = e.ChildElements()[i]
	}
	return e
}

// algorithm is what e names, nothing where there is no e.
func algorithm(e *etree.Element) string {
	if e == nil {
		return ""
	}
	return e.SelectAttrValue(dsig.AlgorithmAttr, "")
}

func decoded(e *etree.Element) []byte {
	if e == nil {
		return nil
	}
	raw, err := base64.StdEncoding.DecodeString(string(bytes.Join(bytes.Fields([]byte(e.Text())), nil)))
	if err != nil {
		return nil
	}
	return raw
}

// verify judges sig, one of all signatures of the alert that is the root of doc.
func verify(doc *etree.Document, sig *etree.Element, all []*etree.Element, checks *int) (Signature, error) {
	info := child(sig, dsig.SignedInfoTag)
	value := decoded(child(sig, dsig.SignatureValueTag))
	if info == nil || value == nil {
		return Signature{}, unverified("it has no SignedInfo or no value")
	}
	keys, err := keysOf(child(sig, dsig.KeyInfoTag))
	if err != nil {
		return Signature{}, err
	}
	signed, err := canonical(info, child(info, dsig.CanonicalizationMethodTag), true)
	if err != nil {
		return Signature{}, err
	}
	method := algorithm(child(info, dsig.SignatureMethodTag))
	hash, ok := methods[method]
	if !ok {
		return Signature{}, unverified("its method %s is not known", quote(method))
	}
	if *checks -= len(keys); *checks < 0 {
		return Signature{}, unverified("too much of the document is signed")
	}
	at := slices.IndexFunc(keys, func(s Signature) bool { return check(s.Key, hash, signed, value) })
	if at < 0 {
		return Signature{}, broken("its value is not that of its key")
	}
	digest, err := covered(doc, sig, info, all)
	keys[at].Weak = hash == crypto.SHA1 || digest == crypto.SHA1
	return keys[at], err
}

var methods = map[string]crypto.Hash{
	dsig.RSASHA1SignatureMethod: crypto.SHA1, dsig.RSASHA256SignatureMethod: crypto.SHA256,
	dsig.RSASHA384SignatureMethod: crypto.SHA384, dsig.RSASHA512SignatureMethod: crypto.SHA512,
	dsig.ECDSASHA1SignatureMethod: crypto.SHA1, dsig.ECDSASHA256SignatureMethod: crypto.SHA256,
	dsig.ECDSASHA384SignatureMethod: crypto.SHA384, dsig.ECDSASHA512SignatureMethod: crypto.SHA512,
}

var digests = map[string]crypto.Hash{
	"http://www.w3.org/2000/09/xmldsig#sha1":        crypto.SHA1,
	"http://www.w3.org/2001/04/xmlenc#sha256":       crypto.SHA256,
	"http://www.w3.org/2001/04/xmldsig-more#sha384": crypto.SHA384,
	"http://www.w3.org/2001/04/xmlenc#sha512":       crypto.SHA512,
}

func check(key crypto.PublicKey, hash crypto.Hash, signed, value []byte) bool {
	h := hash.New()
	h.Write(signed)
	switch k := key.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, hash, h.Sum(nil), value) == nil
	case *ecdsa.PublicKey:
		half := len(value) / 2 // r and s side by side (RFC 4050 §3.3)
		return len(value)%2 == 0 && len(value) > 0 &&
			ecdsa.Verify(k, h.Sum(nil), new(big.Int).SetBytes(value[:half]), new(big.Int).SetBytes(value[half:]))
	}
	return false
}

// covered verifies the digest of the reference and that it is to the whole alert.
func covered(doc *etree.Document, sig, info *etree.Element, all []*etree.Element) (crypto.Hash, error) {
	var refs []*etree.Element
	for _, c := range info.ChildElements() {
		if c.Tag == dsig.ReferenceTag {
			refs = append(refs, c)
		}
	}
	if len(refs) != 1 {
		return 0, unverified("it has %d references", len(refs))
	}
	ref := refs[0]
	if uri := ref.SelectAttr(dsig.URIAttr); uri == nil || uri.Value != "" {
		return 0, broken("it does not cover the alert")
	}
	var how *etree.Element
	enveloped := false
	if transforms := child(ref, dsig.TransformsTag); transforms != nil {
		for _, t := range transforms.ChildElements() {
			switch {
			case algorithm(t) == "http://www.w3.org/2000/09/xmldsig#enveloped-signature":
				enveloped = true
			case how != nil:
				return 0, unverified("it has a transform too many")
			default:
				how = t
			}
		}
	}
	if !enveloped {
		return 0, unverified("it is not enveloped")
	}
	method := algorithm(child(ref, dsig.DigestMethodTag))
	hash, ok := digests[method]
	if !ok {
		return 0, unverified("its digest method %s is not known", quote(method))
	}
	want := decoded(child(ref, dsig.DigestValueTag))
	// A signature covers what was there when it was made: none of the others, where
	// several signed side by side, or all, where the alert was signed again.
	// Comments are not of the document that an empty URI names (XML-Signature §4.3.3.3).
	root := doc.Root()
	before, after := around(doc)
	for _, left := range [][]*etree.Element{all, {sig}} {
		content, err := without(root, left, func() ([]byte, error) { return canonical(root, how, false) })
		if err != nil {
			return 0, err
		}
		h := hash.New()
		h.Write(before)
		h.Write(content)
		h.Write(after)
		if bytes.Equal(h.Sum(nil), want) {
			return hash, nil
		}
	}
	return hash, broken("the alert was changed after it was signed")
}

// around is what stands before and behind the root in canonical form: the processing
// instructions there (Canonical XML 1.0 §2.3).
func around(doc *etree.Document) (before, after []byte) {
	root := false
	for _, t := range doc.Child {
		switch t := t.(type) {
		case *etree.Element:
			root = true
		case *etree.ProcInst:
			text := "<?" + t.Target
			if t.Inst != "" {
				text += " " + t.Inst
			}
			text += "?>"
			switch {
			case t.Target == "xml":
			case root:
				after = append(after, "\n"+text...)
			default:
				before = append(before, text+"\n"...)
			}
		}
	}
	return before, after
}

// without does what is to be done while some children of root are not there.
func without(root *etree.Element, children []*etree.Element, do func() ([]byte, error)) ([]byte, error) {
	kept := slices.Clone(root.Child)
	defer func() {
		for len(root.Child) > 0 {
			root.RemoveChildAt(len(root.Child) - 1)
		}
		for _, c := range kept {
			root.AddChild(c)
		}
	}()
	for _, c := range children {
		root.RemoveChild(c)
	}
	return do()
}

func signaturesOf(root *etree.Element) (found []*etree.Element) {
	for _, child := range root.ChildElements() {
		if child.Tag == dsig.SignatureTag && child.NamespaceURI() == dsig.Namespace {
			found = append(found, child)
		}
	}
	return found
}

// canonical writes e by the algorithm that method names; by Canonical XML 1.0 where it
// is nil (XML-Signature §4.3.3.2). Comments stay where they are wanted and the algorithm
// keeps them. It changes nothing.
func canonical(e, method *etree.Element, comments bool) ([]byte, error) {
	name, prefixes := string(dsig.CanonicalXML10RecAlgorithmId), ""
	if method != nil {
		name = algorithm(method)
		if inclusive := method.SelectElement(dsig.InclusiveNamespacesTag); inclusive != nil {
			prefixes = inclusive.SelectAttrValue(dsig.PrefixListAttr, "")
		}
	}
	var c dsig.Canonicalizer
	exclusive := false
	switch dsig.AlgorithmID(name) {
	case dsig.CanonicalXML10ExclusiveAlgorithmId:
		c, exclusive = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList(prefixes), true
	case dsig.CanonicalXML10ExclusiveWithCommentsAlgorithmId:
		c, exclusive = dsig.MakeC14N10ExclusiveWithCommentsCanonicalizerWithPrefixList(prefixes), true
		if !comments {
			c = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList(prefixes)
		}
	case dsig.CanonicalXML11AlgorithmId:
		c = dsig.MakeC14N11Canonicalizer()
	case dsig.CanonicalXML11WithCommentsAlgorithmId:
		if c = dsig.MakeC14N11WithCommentsCanonicalizer(); !comments {
			c = dsig.MakeC14N11Canonicalizer()
		}
	case dsig.CanonicalXML10RecAlgorithmId:
		c = dsig.MakeC14N10RecCanonicalizer()
	case dsig.CanonicalXML10WithCommentsAlgorithmId:
		if c = dsig.MakeC14N10WithCommentsCanonicalizer(); !comments {
			c = dsig.MakeC14N10RecCanonicalizer()
		}
	default:
		return nil, unverified("its transform %s is not known", quote(name))
	}
	if e.Parent() == nil || e.Parent().Parent() == nil {
		if exclusive { // the library takes declarations and comments out of what it is given
			e = e.Copy()
		}
		return c.Canonicalize(e)
	}
	// The namespaces that are in force around e are put on it, or they would be missed.
	around, err := etreeutils.NSBuildParentContext(e)
	if err != nil {
		return nil, unverified("%v", err)
	}
	if e, err = etreeutils.NSDetatch(around, e); err != nil {
		return nil, unverified("%v", err)
	}
	return c.Canonicalize(e)
}

// keysOf are the keys that a signature carries: those of its certificates, which stand in
// any order, or a bare RSA key.
func keysOf(info *etree.Element) (keys []Signature, err error) {
	err = unverified("it carries no key")
	add := func(key crypto.PublicKey, cert *x509.Certificate) {
		if wrong := sized(key); wrong != nil {
			err = wrong
		} else if len(keys) < maxKeys {
			keys = append(keys, Signature{Certificate: cert, Key: key})
		}
	}
	if data := child(info, dsig.X509DataTag); data != nil {
		for _, e := range data.ChildElements() {
			if e.Tag != dsig.X509CertificateTag {
				continue
			}
			cert, unread := x509.ParseCertificate(decoded(e))
			if unread != nil {
				err = unverified("its certificate cannot be read")
				continue
			}
			add(cert.PublicKey, cert)
		}
	}
	if bare := child(info, "KeyValue", "RSAKeyValue"); bare != nil && len(keys) == 0 {
		n, e := decoded(child(bare, "Modulus")), decoded(child(bare, "Exponent"))
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
	all, err := signatures(signed, &r.checks)
	switch {
	case errors.Is(err, ErrBroken):
		r.report.found(RuleSignature, at+"/Signature", err.Error())
	case err != nil:
		r.report.found(RuleUnverified, at+"/Signature", err.Error())
	case slices.ContainsFunc(all, func(s Signature) bool { return s.Weak }):
		r.report.found(RuleWeak, at+"/Signature", "the signature rests on SHA-1")
	}
}
