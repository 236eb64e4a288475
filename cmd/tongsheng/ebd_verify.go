package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

type ebdVerifyCmd struct {
	Files     []string `arg:"" name:"file" help:"Packages (TAR), or one document (XML) with --signature."`
	Signature string   `type:"existingfile" help:"Signature file of the one document."`
	Cert      []string `required:"" type:"existingfile" help:"Trusted certificate; may be repeated."`
	Issuer    string   `type:"existingfile" help:"Certificate whose key must have issued the trusted ones."`
	Coverage  []string `enum:"content,time,certificate" help:"What a signature may cover, all by default; may be repeated."`
	At        string   `placeholder:"YYYY-MM-DD" help:"Day on which certificates must be good, today by default."`
}

// verified is the line for one package or document.
type verified struct {
	File     string      `json:"file"`
	ID       string      `json:"id"`
	Outcome  ebd.Outcome `json:"outcome"`
	Cert     string      `json:"cert,omitempty"`
	SignedAt string      `json:"signed_at,omitempty"`
	Coverage string      `json:"coverage,omitempty"`
	Error    string      `json:"error,omitempty"`
}

func (c ebdVerifyCmd) Run() error {
	releaseProgram()
	trust, err := c.trust()
	if err != nil {
		return err
	}
	at := time.Now()
	if c.At != "" {
		if at, err = time.ParseInLocation("2006-01-02", c.At, ebd.China); err != nil {
			return misuse{err}
		}
	}
	var accept []ebd.Coverage
	for _, name := range c.Coverage {
		accept = append(accept, coverage(name))
	}
	out, good := json.NewEncoder(os.Stdout), true
	for _, name := range c.Files {
		line := verified{File: name}
		id, v, err := c.verify(name, trust, at, accept)
		if line.ID, line.Outcome = id, v.Outcome; err != nil {
			line.Outcome, line.Error = ebd.Unreadable, err.Error()
		}
		if v.Cert != (ebd.SerialNumber{}) || v.Outcome == ebd.Verified {
			line.Cert, line.SignedAt = v.Cert.String(), v.SignedAt.Format(time.RFC3339)
		}
		if v.Outcome == ebd.Verified || v.Outcome == ebd.Expired {
			line.Coverage = coverages[v.Coverage]
		}
		good = good && v.Outcome == ebd.Verified && err == nil
		if err := out.Encode(line); err != nil {
			return err
		}
	}
	if !good {
		return errInput
	}
	return nil
}

func (c ebdVerifyCmd) verify(name string, trust ebd.Lookup, at time.Time, accept []ebd.Coverage) (id string, v ebd.Verdict, err error) {
	in, err := receive(name)
	if err != nil {
		return "", v, err
	}
	defer in.Close()
	if in.isArchive() {
		p, _, err := ebd.ReadPackage(in, ebd.Limits{})
		if err != nil {
			return "", v, err
		}
		return string(p.Document.EBDID), p.Verify(trust, at, accept...), nil
	}
	b, err := in.document()
	if err != nil {
		return "", v, err
	}
	file, _, err := ebd.DecodeFile(b)
	if err != nil {
		return "", v, err
	}
	switch f := file.(type) {
	case *ebd.Document:
		id = string(f.EBDID)
	case *ebd.EBI:
		id = string(f.ID())
	}
	if c.Signature == "" {
		return id, ebd.Verdict{Outcome: ebd.Unsigned}, nil
	}
	raw, err := input(c.Signature)
	if err != nil {
		return id, v, err
	}
	file, _, err = ebd.DecodeFile(raw)
	if err != nil {
		return id, v, err
	}
	sig, ok := file.(*ebd.SignatureFile)
	if !ok || sig.ID() != id {
		return id, v, fmt.Errorf("%s: no signature of this file", c.Signature)
	}
	return id, sig.Verify(b, trust, at, accept...), nil
}

// trust is the certificates given, each issued by the issuer where one is.
func (c ebdVerifyCmd) trust() (ebd.Lookup, error) {
	known := map[ebd.SerialNumber]ebd.Trusted{}
	for _, name := range c.Cert {
		cert, err := certificate(name)
		if err != nil {
			return nil, err
		}
		if c.Issuer != "" {
			issuer, err := certificate(c.Issuer)
			if err != nil {
				return nil, err
			}
			if !cert.VerifiedBy(issuer.Key) {
				return nil, fmt.Errorf("%s was not issued by %s", name, c.Issuer)
			}
		}
		known[cert.Number] = cert.Trusted()
	}
	return func(n ebd.SerialNumber) (ebd.Trusted, bool) { t, ok := known[n]; return t, ok }, nil
}
