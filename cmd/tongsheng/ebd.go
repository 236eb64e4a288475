package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// ebdCmd is the group of commands for the GD/J family; a file for each command.
type ebdCmd struct {
	Decode  ebdDecodeCmd  `cmd:"" help:"Print a JSON line for each document in XML files and packages (TAR)."`
	Encode  ebdEncodeCmd  `cmd:"" help:"Write a document given as JSON as XML or as a package."`
	Sign    ebdSignCmd    `cmd:"" help:"Sign a document (XML) or a package (TAR)."`
	Verify  ebdVerifyCmd  `cmd:"" help:"Check signatures against trusted certificates; a JSON line each."`
	Certify ebdCertifyCmd `cmd:"" help:"Make a certificate of GD/J 081 for a key."`
	Tables  ebdTablesCmd  `cmd:"" help:"Write and read the tables of cable and terrestrial television (GD/J 086, 087)."`
	Packet  ebdPacketCmd  `cmd:"" help:"Judge loudspeaker frames, one in hexadecimal on each line of standard input; a JSON line each."`
}

// maxInput is how much a command reads of one file: a package at its limit.
const maxInput = 600 << 20

// input reads a file, or standard input for "-" and for no name.
func input(name string) ([]byte, error) {
	in := os.Stdin
	if name != "" && name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, maxInput+1))
	if err == nil && len(b) > maxInput {
		err = fmt.Errorf("%s: more than %d bytes", name, maxInput)
	}
	return b, err
}

// received is a file that is read as far as what it holds may go: a package as a stream, a
// document to its limit. A hostile one ends there, however large it is.
type received struct {
	*bufio.Reader
	io.Closer
	size int64 // 0 where only reading tells
}

// receive opens a file, or standard input for "-".
func receive(name string) (received, error) {
	in := os.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return received{}, err
		}
		in = f
	}
	r := received{Reader: bufio.NewReader(in), Closer: in}
	if info, err := in.Stat(); err == nil && info.Mode().IsRegular() {
		r.size = info.Size()
	}
	return r, nil
}

// isArchive reports whether what follows is a package.
func (r received) isArchive() bool {
	head, _ := r.Peek(512) // fewer where the file is shorter
	return ebd.IsArchive(head)
}

// document reads what is no package into memory that is taken once.
func (r received) document() ([]byte, error) {
	if r.size > ebd.MaxDocument {
		return nil, fmt.Errorf("the document has %d bytes and may have %d", r.size, ebd.MaxDocument)
	}
	room := r.size
	if room == 0 {
		room = ebd.MaxDocument + 1
	}
	b := bytes.NewBuffer(make([]byte, 0, room+bytes.MinRead))
	n, err := b.ReadFrom(io.LimitReader(r, ebd.MaxDocument+1))
	if n > ebd.MaxDocument {
		err = fmt.Errorf("the document has more than %d bytes", ebd.MaxDocument)
	}
	return b.Bytes(), err
}

// output writes a file that is not there yet, or standard output where name is empty.
func output(name string, b []byte) error {
	if name == "" {
		_, err := os.Stdout.Write(b)
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.Write(b); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// certificate reads a certificate of GD/J 081: its bytes, or those in PEM, Base64 or
// hexadecimal digits.
func certificate(name string) (*ebd.Certificate, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if len(b) != ebd.CertificateSize {
		text := strings.Join(strings.Fields(string(b)), "")
		if block, _ := pem.Decode(b); block != nil {
			b = block.Bytes
		} else if raw, err := hex.DecodeString(text); err == nil {
			b = raw
		} else if raw, err := base64.StdEncoding.DecodeString(text); err == nil {
			b = raw
		}
	}
	c, err := ebd.ParseCertificate(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

// privateKey reads a key from its file; a command line could be read by others.
func privateKey(name string) (*ebd.PrivateKey, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	k, err := ebd.ParsePrivateKey(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return k, nil
}

// coverages are the names of what a signature covers, in order of ebd.Coverage.
var coverages = []string{"content", "time", "certificate"}

func coverage(name string) ebd.Coverage {
	for i, n := range coverages {
		if n == name {
			return ebd.Coverage(i)
		}
	}
	return ebd.DefaultCoverage
}

// packed writes a package into memory.
func packed(p *ebd.Package) ([]byte, error) {
	var b bytes.Buffer
	err := p.Write(&b)
	return b.Bytes(), err
}
