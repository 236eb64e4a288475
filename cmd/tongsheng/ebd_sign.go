package main

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

type ebdSignCmd struct {
	File     string `arg:"" type:"existingfile" help:"Document (XML) or package (TAR)."`
	Key      string `required:"" type:"existingfile" help:"File of the SM2 private key (PKCS #8, PEM or DER)."`
	Cert     string `required:"" type:"existingfile" help:"File of the key's certificate, for its number."`
	Coverage string `enum:"content,time,certificate" default:"content" help:"What the signature covers: the file alone, also the signing time, also the certificate's number."`
	Output   string `short:"o" type:"path" help:"File to write, standard output by default: the signature file, or the signed package."`
}

func (c ebdSignCmd) Run() error {
	key, err := privateKey(c.Key)
	if err != nil {
		return err
	}
	cert, err := certificate(c.Cert)
	if err != nil {
		return err
	}
	if cert.Key != key.Public() {
		return fmt.Errorf("%s is not the certificate of the key in %s", c.Cert, c.Key)
	}
	b, err := input(c.File)
	if err != nil {
		return err
	}
	signer := ebd.Signer{Key: key, Cert: cert.Number, Coverage: coverage(c.Coverage)}
	if ebd.IsArchive(b) {
		p, warnings, err := ebd.ReadPackage(bytes.NewReader(b), ebd.Limits{})
		if err != nil {
			return err
		}
		for _, w := range warnings {
			fmt.Fprintln(os.Stderr, w)
		}
		if err := p.Sign(ebd.GDJ2018, signer, time.Now()); err != nil {
			return err
		}
		out, err := packed(p)
		if err != nil {
			return err
		}
		return output(c.Output, out)
	}
	file, warnings, err := ebd.DecodeFile(b)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		fmt.Fprintln(os.Stderr, w)
	}
	var sig *ebd.SignatureFile
	switch f := file.(type) {
	case *ebd.Document:
		sig, err = signer.SignDocument(ebd.GDJ2018, b, f.EBDID, time.Now())
	case *ebd.EBI:
		sig, err = signer.SignInfo(ebd.GDJ2018, b, f.ID(), time.Now())
	default:
		err = errors.New("a signature file is not signed")
	}
	if err != nil {
		return err
	}
	out, err := sig.Encode(ebd.GDJ2018)
	if err != nil {
		return err
	}
	return output(c.Output, out)
}

type ebdCertifyCmd struct {
	Key          string `required:"" type:"existingfile" help:"File of the key to certify (PKCS #8, PEM or DER)."`
	Number       string `required:"" help:"Number of the certificate, twelve hexadecimal digits."`
	Until        string `required:"" placeholder:"YYYY-MM" help:"Last month in which it is good."`
	IssuerKey    string `type:"existingfile" help:"File of the issuer's key; without it the key certifies itself."`
	IssuerNumber string `help:"Number of the issuer's certificate."`
	Output       string `short:"o" type:"path" help:"File to write (PEM), standard output by default."`
}

func (c ebdCertifyCmd) Run() error {
	key, err := privateKey(c.Key)
	if err != nil {
		return err
	}
	number, err := ebd.ParseSerialNumber(c.Number)
	if err != nil {
		return misuse{err}
	}
	until, err := time.ParseInLocation("2006-01", c.Until, ebd.China)
	if err != nil {
		return misuse{err}
	}
	issuer, issuerNumber := key, number
	if c.IssuerKey != "" {
		if issuer, err = privateKey(c.IssuerKey); err != nil {
			return err
		}
		if issuerNumber, err = ebd.ParseSerialNumber(c.IssuerNumber); err != nil {
			return misuse{err}
		}
	}
	cert, err := ebd.IssueCertificate(issuer, issuerNumber, number, key.Public(), until)
	if err != nil {
		return err
	}
	return output(c.Output, pem.EncodeToMemory(&pem.Block{Type: "EBD CERTIFICATE", Bytes: cert.Encode()}))
}
