package ebd

import "time"

// DefaultCoverage is what this package signs of XML files: the bytes of the file alone,
// as 081 §5.2, §5.3 and figures 1 and 2 have it ("the message file is signed"), where
// figure 3 puts the time under the signature for transmission commands only. Verify
// accepts every coverage unless it is told which.
const DefaultCoverage = CoverContent

// Signer signs the files of packages.
type Signer struct {
	Key      *PrivateKey
	Cert     SerialNumber
	Coverage Coverage
}

// SignDocument makes the signature file of a document for exactly the bytes of its
// EBDB file.
func (s Signer) SignDocument(ed *Edition, body []byte, id EBDID, at time.Time) (*SignatureFile, error) {
	f, err := s.sign(ed, body, at)
	if err == nil {
		f.RelatedEBD = &Related{id}
	}
	return f, err
}

// SignInfo makes the signature file of source information for exactly the bytes of its
// EBDI file.
func (s Signer) SignInfo(ed *Edition, info []byte, id InfoID, at time.Time) (*SignatureFile, error) {
	f, err := s.sign(ed, info, at)
	if err == nil {
		f.RelatedEBInfo = &RelatedEBInfo{[]InfoID{id}}
	}
	return f, err
}

func (s Signer) sign(ed *Edition, content []byte, at time.Time) (*SignatureFile, error) {
	sig, err := Sign(s.Key, s.Cert, content, at, s.Coverage)
	if err != nil {
		return nil, err
	}
	return &SignatureFile{Version: ed.Version, CertSN: s.Cert.String(), SignatureAlgorithm: "SM2-SM3", SignatureValue: sig.String()}, nil
}

// Sign adds the signature of the package's document.
func (p *Package) Sign(ed *Edition, s Signer, at time.Time) error {
	f, err := s.SignDocument(ed, p.Body.Data, p.Document.EBDID, at)
	if err != nil {
		return err
	}
	b, err := f.Encode(ed)
	if err != nil {
		return err
	}
	p.Signature = &File{ed.Files.Signature + ed.Files.Document + string(p.Document.EBDID) + ".xml", b}
	return nil
}

// Trusted is a key that signatures may be made with; a zero Until never ends.
type Trusted struct {
	Key   PublicKey
	Until time.Time
}

// Trusted is the certificate's key for the time it is good.
func (c *Certificate) Trusted() Trusted { return Trusted{c.Key, c.Until()} }

// Lookup finds the key of a certificate by its number.
type Lookup func(SerialNumber) (Trusted, bool)

// Outcome is what came of checking a signature.
type Outcome string

// Outcomes. Only Verified lets a message act.
const (
	Verified   Outcome = "ok"
	Unsigned   Outcome = "unsigned"   // there is no signature
	Unreadable Outcome = "unreadable" // there is one, but not 74 bytes in Base64, or of another file
	UnknownKey Outcome = "unknown"    // no certificate of its number is trusted
	Expired    Outcome = "expired"    // it is right, but its certificate is no longer good
	Forged     Outcome = "bad"        // the key did not sign these bytes
)

// Verdict says what a signature is worth. SignedAt is told, never judged: field systems
// write counters there.
type Verdict struct {
	Outcome  Outcome      `json:"outcome"`
	Cert     SerialNumber `json:"cert"`
	SignedAt time.Time    `json:"signed_at"`
	Coverage Coverage     `json:"coverage"` // which one held; of use where Outcome is ok or expired
}

// Verify checks the signature of content at a time. coverages are those accepted, tried
// in order; none means all.
func (s *SignatureFile) Verify(content []byte, trust Lookup, at time.Time, coverages ...Coverage) Verdict {
	if s == nil {
		return Verdict{Outcome: Unsigned}
	}
	sig, err := s.Signature()
	if err != nil {
		return Verdict{Outcome: Unreadable}
	}
	v := Verdict{Outcome: Forged, Cert: sig.Cert, SignedAt: time.Unix(int64(sig.Time), 0).UTC()}
	key, ok := trust(sig.Cert)
	if !ok { // CertSN is mandatory, so it may be the one that is right
		if v.Cert, err = ParseSerialNumber(s.CertSN); err == nil {
			key, ok = trust(v.Cert)
		}
		if !ok {
			v.Cert, v.Outcome = sig.Cert, UnknownKey
			return v
		}
	}
	if len(coverages) == 0 {
		coverages = []Coverage{CoverContent, CoverContentTime, CoverContentTimeCert}
	}
	for _, c := range coverages {
		if !sig.Verify(key.Key, content, c) {
			continue
		}
		v.Coverage, v.Outcome = c, Verified
		if !key.Until.IsZero() && !at.Before(key.Until) {
			v.Outcome = Expired
		}
		return v
	}
	return v
}

// Verify checks the signature of the package's document at a time, as
// SignatureFile.Verify does. A signature file of another document is Unreadable.
func (p *Package) Verify(trust Lookup, at time.Time, coverages ...Coverage) Verdict {
	id := ""
	if p.Document != nil {
		id = string(p.Document.EBDID)
	}
	return verifyFile(p.Body, p.Signature, id, trust, at, coverages)
}

// VerifyInfo is Verify for the source information that the package brings along.
func (p *Package) VerifyInfo(trust Lookup, at time.Time, coverages ...Coverage) Verdict {
	id := ""
	if p.Info != nil {
		if file, _, err := DecodeFile(p.Info.Data); err == nil {
			if info, ok := file.(*EBI); ok {
				id = string(info.ID())
			}
		}
	}
	return verifyFile(p.Info, p.InfoSignature, id, trust, at, coverages)
}

func verifyFile(body, signature *File, id string, trust Lookup, at time.Time, coverages []Coverage) Verdict {
	if signature == nil || body == nil {
		return Verdict{Outcome: Unsigned}
	}
	file, _, err := DecodeFile(signature.Data)
	s, ok := file.(*SignatureFile)
	if err != nil || !ok || s.ID() != id {
		return Verdict{Outcome: Unreadable}
	}
	return s.Verify(body.Data, trust, at, coverages...)
}

// MustBeSigned reports whether the standard wants a document signed: all but the
// heartbeat and its receipt (083 tables 30 and 34).
func (d *Document) MustBeSigned() bool {
	switch d.Body.(type) {
	case *ConnectionCheck:
		return false
	case *EBDResponse:
		return d.RelatedEBD == nil || slice(string(d.RelatedEBD.EBDID), 41, 0, 2) != EBDHeartbeat
	}
	return true
}

// Respond makes the receipt of doc that self sends on the same connection (083 §7.17).
// seq numbers the packages that self sends.
func Respond(doc *Document, self ResourceCode, seq uint64, code ResultCode, desc string, at time.Time) (*Document, error) {
	return reply(doc, self, seq, &EBDResponse{code, desc}, at)
}

// Notify makes the later notice of what became of doc (083 §7.16).
func Notify(doc *Document, self ResourceCode, seq uint64, code ResultCode, desc string, at time.Time) (*Document, error) {
	return reply(doc, self, seq, &EBDNotify{code, desc}, at)
}

// reply addresses body to who sent doc. Ids of older widths cannot be named in a reply;
// they are left out, since the receiver of a reply on one connection knows what it sent.
func reply(doc *Document, self ResourceCode, seq uint64, body any, at time.Time) (*Document, error) {
	id, err := NewEBDID(EBDOther, self, seq)
	if err != nil {
		return nil, err
	}
	r := &Document{EBDID: id, SRC: &Source{EBRID: self}, EBDTime: At(at), Body: body}
	if to := doc.Source(); to.Validate(GDJ2018) == nil {
		r.DEST = &Ref{to}
	}
	if doc.EBDID.Validate(GDJ2018) == nil {
		r.RelatedEBD = &Related{doc.EBDID}
	}
	return r, nil
}
