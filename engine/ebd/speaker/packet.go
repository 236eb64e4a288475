package speaker

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// Version is the only protocol version of Annex A.
const Version = 1

// Origins of Table A.1. Real devices write OriginDevice in either direction.
const (
	OriginPlatform uint8 = 1
	OriginDevice   uint8 = 2
)

const (
	headSize  = 9                   // head to data_length
	crcSize   = 4                   // CRC-32
	tailSize  = 2 + crcSize         // siglen and CRC-32: all that follows an unsigned body
	minPacket = headSize + tailSize // an empty body without a signature
)

// Packet is one frame of Annex A.
type Packet struct {
	Direction Direction
	Type      Type
	Origin    uint8 // 0 in Encode means what the direction says
	Body      Body
	Signature *ebd.Signature // nil if absent or nothing but zeros

	// Set by Decode.
	Length          int          // data_length as written
	SignatureLength int          // digital signature length as written
	CRC             bool         // the CRC-32 at the end is right
	Name            string       // English name of the type, as Type.Name but by the layout read
	Warnings        []*ebd.Error // deviations that do not keep the frame from being read

	signed signed
}

// Encode writes the frame; a packet without Signature carries 74 zero bytes in its place,
// as real devices do, so that every frame has the same tail. It fails with an *ebd.Error
// that names the field that does not satisfy the tables.
func (p *Packet) Encode() ([]byte, error) {
	b, err := p.content()
	if err != nil {
		return nil, err
	}
	return seal(appendSignature(b, p.Signature)), nil
}

// content is header and body, which a signature covers.
func (p *Packet) content() ([]byte, error) {
	k := kinds[p.Type]
	switch {
	case p.Direction != Down && p.Direction != Up:
		return nil, packetError("head", ebd.CodeUnknown, 0, hexByte(uint8(p.Direction)))
	case k == nil && !opaque(p.Body), k != nil && !k.fits(p.Body):
		return nil, packetError("protocol_type", ebd.CodeMismatch, 0, p.Type.String())
	case k != nil && k.direction != p.Direction:
		return nil, packetError("head", ebd.CodeMismatch, 0, p.Direction.String()+" "+p.Type.String())
	case p.Origin > OriginDevice:
		return nil, packetError("platform_type", ebd.CodeUnknown, 0, hexByte(p.Origin))
	}
	origin := p.Origin
	if origin == 0 {
		origin = OriginPlatform
		if p.Direction == Up {
			origin = OriginDevice
		}
	}
	b := append(make([]byte, 0, 256), byte(p.Direction), 0, Version, byte(p.Type), origin, 0, 0, 0, 0)
	c := &coder{thing: thingPacket, buf: b, writing: true}
	p.Body.fields(c)
	if c.err != nil {
		return nil, c.err
	}
	binary.BigEndian.PutUint32(c.buf[5:], uint32(len(c.buf)-headSize))
	return c.buf, nil
}

const thingPacket = "packet"

func hexByte(b uint8) string { return hex.EncodeToString([]byte{b}) }

// packetError says what is wrong in a packet, at the pos-th byte, 0 in writing.
func packetError(field, code string, pos int, found string) *ebd.Error {
	return &ebd.Error{Thing: thingPacket, Field: field, Code: code, Pos: pos, Found: short(found)}
}

func (p *Packet) warn(field, code string, pos int, found string) {
	p.Warnings = append(p.Warnings, packetError(field, code, pos, found))
}

// Decode reads one frame, which must be all of b. The packet is never nil: with an error
// it holds what was read before it, to tell people about, not to act on. The error is an
// *ebd.Error.
func Decode(b []byte) (*Packet, error) {
	p := &Packet{CRC: len(b) >= minPacket && intact(b)}
	if err := p.decode(b); err != nil {
		return p, err
	}
	return p, nil
}

func (p *Packet) decode(b []byte) *ebd.Error {
	if len(b) > 0 {
		if d := Direction(b[0]); d != Down && d != Up {
			return packetError("head", ebd.CodeUnknown, 1, hexByte(b[0]))
		}
		p.Direction = Direction(b[0])
	}
	if len(b) > 3 {
		p.Type = Type(b[3])
		p.Name = p.Type.Name().En
	}
	if len(b) < headSize {
		return packetError("header", ebd.CodeLength, 0, strconv.Itoa(len(b)))
	}
	p.Origin = b[4]
	length := binary.BigEndian.Uint32(b[5:])
	p.Length = int(length)
	if v := binary.BigEndian.Uint16(b[1:]); v != Version {
		return packetError("version", ebd.CodeVersion, 2, hex.EncodeToString(b[1:3]))
	}
	if int64(length) > int64(len(b)-minPacket) {
		return packetError("data_length", ebd.CodeLength, 6, hex.EncodeToString(b[5:9]))
	}
	body, tail := b[headSize:headSize+p.Length], b[headSize+p.Length:]
	p.SignatureLength = int(binary.BigEndian.Uint16(tail))
	if n := len(tail) - tailSize; p.SignatureLength != n {
		return packetError("signature_length", ebd.CodeLength, headSize+p.Length+1, hex.EncodeToString(tail[:2]))
	}
	if !p.CRC {
		return packetError("CRC32", ebd.CodeMismatch, len(b)-crcSize+1, hex.EncodeToString(b[len(b)-crcSize:]))
	}
	var odd bool
	if p.Signature, odd = readSignature(tail[2 : 2+p.SignatureLength]); odd {
		p.warn("digital signature", ebd.CodeLength, headSize+p.Length+1, hex.EncodeToString(tail[:2]))
	}
	if p.Signature != nil {
		p.signed = signed{raw: append([]byte(nil), b[:headSize+p.Length]...), head: headSize, Signature: p.Signature}
	}
	if p.Origin != OriginPlatform && p.Origin != OriginDevice {
		p.warn("platform_type", ebd.CodeUnknown, 5, hexByte(p.Origin))
	} else if (p.Origin == OriginPlatform) != (p.Direction == Down) {
		p.warn("platform_type", ebd.CodeMismatch, 5, hexByte(p.Origin))
	}
	return p.decodeBody(body)
}

// decodeBody reads the body by the type's own layouts, and where none fits by what Table
// A.1 calls the number.
func (p *Packet) decodeBody(b []byte) *ebd.Error {
	k := kinds[p.Type]
	if k == nil {
		p.Body = &Opaque{Data: append(Raw(nil), b...)}
		p.warn("protocol_type", ebd.CodeUnknown, 4, hexByte(uint8(p.Type)))
		return nil
	}
	body, c := readFitting(thingPacket, k, b, headSize)
	if o := kinds[k.other]; o != nil && !c.fits() {
		if other, again := readBody(thingPacket, o, b, headSize, 0); again.fits() {
			body, c, k, p.Name = other, again, o, o.name.En
			p.warn("protocol_type", ebd.CodeMismatch, 4, "Table A.1")
		}
	}
	if k.direction != p.Direction {
		p.warn("head", ebd.CodeMismatch, 1, p.Direction.String())
	}
	p.Body = body
	p.Warnings = append(p.Warnings, c.warnings...)
	return c.err
}

// readFitting reads b, which stands at base in its frame, by the first layout of its kind
// that fits to the byte, and if none does by the first.
func readFitting(thing string, k *kind, b []byte, base int) (Body, *coder) {
	body, c := readBody(thing, k, b, base, 0)
	for v := 1; v <= k.variants && !c.fits(); v++ {
		if other, again := readBody(thing, k, b, base, v); again.fits() {
			again.warnings = append(again.warnings, &ebd.Error{Thing: thing, Field: "layout", Code: ebd.CodeMismatch, Pos: base + 1, Found: k.name.En})
			return other, again
		}
	}
	return body, c
}

// readBody reads b by one layout of its kind.
func readBody(thing string, k *kind, b []byte, base, layout int) (Body, *coder) {
	body := k.blank()
	c := &coder{thing: thing, buf: b, end: len(b), base: base, layout: layout}
	body.fields(c)
	c.rest("body")
	return body, c
}

// fits reports whether what was read had exactly the bytes of its layout.
func (c *coder) fits() bool { return c.err == nil && !c.misfit }
