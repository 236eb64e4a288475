package ebd

import (
	"reflect"
	"strings"
)

// SignatureFile is a signature file, the EBDS_….xml of a package: of a document (081
// §6.4, RelatedEBD) or of source information (§6.3, RelatedEBInfo). Fields of the older
// dialect are read and never written.
type SignatureFile struct {
	Version            string         `ebd:"v1"`
	RelatedEBD         *Related       `ebd:",opt" json:",omitempty"`
	RelatedEBInfo      *RelatedEBInfo `ebd:",opt" json:",omitempty"`
	CertSN             string         `ebd:"sn"`
	SignatureCert      *SignatureCert `ebd:",old" json:",omitempty"`
	SignatureTime      string         `ebd:",old" json:",omitempty"` // hexadecimal counters of several widths
	DigestAlgorithm    string         `ebd:",old" json:",omitempty"`
	SignatureAlgorithm string         `ebd:"in:SM2-SM3"`
	SignatureValue     string         `ebd:"sig"` // Base64 of 74 bytes
}

// RelatedEBInfo names the source information that is signed.
type RelatedEBInfo struct {
	EBInfoID []InfoID `ebd:"info"` // one by the schema of 081 Annex C, three in its Annex D
}

// SignatureCert names the signer's certificate in the older dialect.
type SignatureCert struct {
	CertType string `ebd:",opt" json:",omitempty"`
	IssuerID string `ebd:",opt" json:",omitempty"`
	CertSN   string `ebd:",opt" json:",omitempty"`
}

// ID is the id of what is signed: an EBDID, or the first InfoID.
func (s *SignatureFile) ID() string {
	switch {
	case s.RelatedEBD != nil:
		return string(s.RelatedEBD.EBDID)
	case s.RelatedEBInfo != nil && len(s.RelatedEBInfo.EBInfoID) > 0:
		return string(s.RelatedEBInfo.EBInfoID[0])
	}
	return ""
}

// Signature is the signature data in SignatureValue.
func (s *SignatureFile) Signature() (*Signature, error) { return parseSignatureText(s.SignatureValue) }

func (s *SignatureFile) conflicts() (c []conflict) {
	switch n := s.RelatedEBInfo; {
	case s.RelatedEBD == nil && n == nil:
		c = append(c, conflict{WarnMissing, "RelatedEBD", ""})
	case s.RelatedEBD != nil && n != nil:
		c = append(c, conflict{WarnMismatch, "RelatedEBInfo", "stands beside RelatedEBD"})
	case n != nil && len(n.EBInfoID) > 1:
		c = append(c, conflict{WarnRepeated, "RelatedEBInfo/EBInfoID", "the schema has one"})
	}
	data, err := s.Signature()
	if err != nil || s.CertSN == "" {
		return c
	}
	if n, err := ParseSerialNumber(strings.TrimSpace(s.CertSN)); err == nil && n != data.Cert {
		c = append(c, conflict{WarnMismatch, "CertSN", "is " + n.String() + ", the signature data has " + data.Cert.String()})
	}
	return c
}

func (d *decoder) signature() any {
	s := &SignatureFile{}
	v := reflect.ValueOf(s).Elem()
	d.element(planOf(v.Type()), v, nil)
	d.check(s)
	return s
}
