package tables

import (
	"encoding/binary"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/mpegts"
)

// Body is what a table says: *Index, *Content, *Certificates or *Configuration.
type Body interface {
	TableID() uint8
	Name() string      // as errors name it
	Extension() uint16 // table_id_extension when written
	write(*writer)
	read(*reader)
}

// Table is a table that was read.
type Table struct {
	Version   uint8
	Next      bool // not applicable yet
	Extension uint16
	Body      Body
	Sealed    []Sealed // one for the whole table, or one for each section
	Warnings  []Warning
}

// Sealed is a part of a table with its signatures: usually one, none where the table is
// not signed.
type Sealed struct {
	Content    []byte // what the signatures cover, before what ebd.Coverage adds
	Signatures []ebd.Signature
}

// VerifiedBy reports whether every part of the table is signed with key under coverage
// cov.
func (t *Table) VerifiedBy(key ebd.PublicKey, cov ebd.Coverage) bool {
	for _, s := range t.Sealed {
		good := false
		for i := range s.Signatures {
			good = good || s.Signatures[i].Verify(key, s.Content, cov)
		}
		if !good {
			return false
		}
	}
	return len(t.Sealed) > 0
}

// Signer signs what a table says; ebd.Sign with a key, a certificate, a time and a
// coverage is one. A nil Signer leaves a table unsigned, which no terminal should obey.
type Signer func(content []byte) (*ebd.Signature, error)

// Signed is the bytes of a body as they are signed: all between the header of the
// section and signature_length. An *Error names the place of what cannot be written.
func Signed(ed *Edition, b Body) ([]byte, error) {
	w := writer{ed: ed, table: b.Name()}
	b.write(&w)
	return w.b, w.err
}

// Encode writes a body, signs it and cuts it into sections. An *Error names the place
// of what cannot be written.
func Encode(ed *Edition, b Body, version uint8, sign Signer) (*mpegts.Table, error) {
	content, err := Signed(ed, b)
	if err != nil {
		return nil, err
	}
	return seal(b, content, version, sign)
}

// seal puts signature_length and the signature after the content of a body.
func seal(b Body, content []byte, version uint8, sign Signer) (*mpegts.Table, error) {
	var signature []byte
	if sign != nil {
		s, err := sign(content)
		if err != nil {
			return nil, err
		}
		signature = s.Encode()
	}
	whole := make([]byte, 0, len(content)+2+len(signature))
	whole = append(whole, content...)
	whole = binary.BigEndian.AppendUint16(whole, uint16(len(signature)))
	whole = append(whole, signature...)
	parts := mpegts.Split(whole, mpegts.MaxPayload)
	if len(parts) > maxSections {
		return nil, &Error{b.Name(), "", "it is longer than 256 sections, which hold 1,045,504 bytes"}
	}
	return &mpegts.Table{PID: PID, TableID: b.TableID(), Private: true, Extension: b.Extension(), Version: version, Parts: parts}, nil
}

const maxSections = 256

// Decode reads a table whose sections an mpegts.Assembler put together. Errors name the
// place; what merely deviates is in the warnings. The table's texts and files are its
// own, while Content of Sealed and binary data stay in t.
func Decode(ed *Edition, t *mpegts.Table) (*Table, error) {
	body := newBody(t.TableID)
	if body == nil {
		return nil, &Error{"unknown", "table_id", "it is none of 0xFB to 0xFE"}
	}
	if len(t.Parts) == 0 {
		return nil, &Error{body.Name(), "", "it has no section"}
	}
	whole := t.Parts[0]
	if len(t.Parts) > 1 {
		whole = nil
		for _, p := range t.Parts {
			whole = append(whole, p...)
		}
	}
	out := &Table{Version: t.Version, Next: t.Next, Extension: t.Extension, Body: body}
	r := &reader{ed: ed, table: body.Name()}
	readSealed(r, body, whole, out)
	if len(t.Parts) > 1 && (r.err != nil || spare(r.warnings)) {
		if each, ok := decodeEach(ed, t); ok {
			out = each
			r = &reader{ed: ed, table: body.Name(), warnings: each.Warnings}
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	if !t.Private {
		r.warn("", "the bit after section_syntax_indicator is not 1")
	}
	if t.PID != PID {
		r.warn("", "it stands on PID 0x%04X, not 0x%04X", t.PID, PID)
	}
	if c, ok := out.Body.(*Content); ok && !ed.AnyExtension {
		if e := c.extensions(); t.Extension != e[0] && t.Extension != e[1] && t.Extension != e[2] {
			r.warn("", "table_id_extension is 0x%04X and the CRC of EBM_id 0x%04X", t.Extension, e[0])
		}
	}
	out.Warnings = r.warnings
	return out, nil
}

func newBody(id uint8) Body {
	switch id {
	case IDIndex:
		return new(Index)
	case IDContent:
		return new(Content)
	case IDCertificates:
		return new(Certificates)
	case IDConfiguration:
		return new(Configuration)
	}
	return nil
}

// readSealed reads a body and its signatures out of b.
func readSealed(r *reader, body Body, b []byte, out *Table) {
	r.b = b
	body.read(r)
	if r.err != nil {
		return
	}
	sealed := Sealed{Content: b[:len(b)-len(r.b)]}
	if len(r.b) == 0 {
		r.warn("signature", "signature_length is missing; the table is not signed")
	} else {
		signature := r.take("signature", int(r.u16("signature")))
		if len(signature) == 0 {
			r.warn("signature", "the table is not signed")
		} else if len(signature)%ebd.SignatureSize != 0 {
			r.warn("signature", "%d bytes; a signature has %d", len(signature), ebd.SignatureSize)
		}
		for ; len(signature) >= ebd.SignatureSize; signature = signature[ebd.SignatureSize:] {
			if s, err := ebd.ParseSignature(signature[:ebd.SignatureSize]); err == nil {
				sealed.Signatures = append(sealed.Signatures, *s)
			}
		}
	}
	if r.err == nil && len(r.b) > 0 {
		r.warn("", "%d"+tooMany, len(r.b))
	}
	out.Sealed = append(out.Sealed, sealed)
}

// decodeEach reads a table whose every section is complete in itself and puts together
// what they say; ok is false where one is not.
func decodeEach(ed *Edition, t *mpegts.Table) (out *Table, ok bool) {
	out = &Table{Version: t.Version, Next: t.Next, Extension: t.Extension}
	for _, part := range t.Parts {
		body := newBody(t.TableID)
		r := &reader{ed: ed, table: body.Name()}
		readSealed(r, body, part, out)
		if r.err != nil || spare(r.warnings) {
			return nil, false
		}
		out.Warnings = append(out.Warnings, r.warnings...)
		if out.Body == nil {
			out.Body = body
			continue
		}
		if !join(out.Body, body) {
			return nil, false
		}
	}
	out.Warnings = append(out.Warnings, Warning{out.Body.Name(), "", "every section is complete in itself, with its own signature"})
	return out, true
}

// join adds what a further section says.
func join(to, more Body) bool {
	switch to := to.(type) {
	case *Index:
		to.Messages = append(to.Messages, more.(*Index).Messages...)
	case *Content:
		if more.(*Content).ID != to.ID {
			return false
		}
		to.Languages = append(to.Languages, more.(*Content).Languages...)
	case *Certificates:
		to.Lists = append(to.Lists, more.(*Certificates).Lists...)
		to.Certificates = append(to.Certificates, more.(*Certificates).Certificates...)
	case *Configuration:
		to.Commands = append(to.Commands, more.(*Configuration).Commands...)
	}
	return true
}
