package speaker

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// Annex tells the two protocols of IP terminals apart: D between adapter and terminal, E
// for what terminals and small adapters report. One connection may carry both, since a
// query of D is answered by E.
type Annex byte

// The annexes; 0 in reading means: tell by the frame.
const (
	AnnexD Annex = 'D'
	AnnexE Annex = 'E'
)

// Order is the type of a frame of Annexes D and E (业务数据类型).
type Order uint8

// The types. Request and answer carry the same number.
const (
	OrderStart        Order = 0x01
	OrderStop         Order = 0x02
	OrderHeartbeat    Order = 0x10
	OrderQuery        Order = 0x11
	OrderSet          Order = 0x12
	OrderFault        Order = 0x13
	OrderSwitch       Order = 0x14
	OrderResult       Order = 0x15
	OrderLog          Order = 0x16
	OrderCertificates Order = 0x17
)

// requests are the frames that open an exchange: the orders of Annex D, the reports of E.
var requests = [256]*kind{
	OrderStart:        of[StartOrder](Down, "开始播发", "start"),
	OrderStop:         of[StopOrder](Down, "停止播发", "stop"),
	OrderHeartbeat:    of[TerminalHeartbeat](Up, "终端心跳", "heartbeat"),
	OrderQuery:        of[StateQuery](Down, "终端状态查询", "query"),
	OrderSet:          of[Settings](Down, "终端参数设置", "set"),
	OrderFault:        of[FaultReport](Up, "终端故障与恢复", "fault"),
	OrderSwitch:       of[TaskSwitch](Up, "终端任务切换", "task switch"),
	OrderResult:       of[PlaybackResult](Up, "上报播发结果", "result"),
	OrderLog:          of[PlaybackLog](Up, "播发记录上报", "log").also(1),
	OrderCertificates: of[Certificates](Down, "应急广播证书授权", "certificates"),
}

// answers are the frames that end one.
var answers = [256]*kind{
	OrderStart:        of[Answer](Up, "开始播发应答", "start answer"),
	OrderStop:         of[Answer](Up, "停止播发应答", "stop answer"),
	OrderHeartbeat:    of[Answer](Down, "终端心跳应答", "heartbeat answer"),
	OrderQuery:        of[StateAnswer](Up, "查询指令应答", "query answer"),
	OrderSet:          of[Answer](Up, "终端参数设置应答", "set answer"),
	OrderFault:        of[Answer](Down, "终端故障与恢复应答", "fault answer"),
	OrderSwitch:       of[Answer](Down, "终端任务切换应答", "task switch answer"),
	OrderResult:       of[Answer](Down, "上报播发结果应答", "result answer"),
	OrderLog:          of[Answer](Down, "播发记录上报应答", "log answer"),
	OrderCertificates: of[Answer](Up, "应急广播证书授权应答", "certificates answer"),
}

// orderKind is what a frame is. Annex E flows up only, so a report in it is one whether it
// was asked for or not.
func orderKind(a Annex, answer bool, o Order) *kind {
	k := requests[o]
	if k != nil && (a == AnnexD && answer || a == AnnexE && k.direction == Down) {
		return answers[o]
	}
	return k
}

// Frame is one frame of Annex D or E.
type Frame struct {
	Annex     Annex
	Session   uint32 // numbered by who asks, growing; an answer repeats it
	Answer    bool   // D: answer, not request; E: asked for, not reported unasked
	Source    ebd.ResourceCode
	Targets   []ebd.ResourceCode
	Type      Order
	Body      Body
	Signature *ebd.Signature // Annex D only

	// Set by Decode.
	Length          int          // length of the body as written
	SignatureLength int          // as written, 0 if the frame has none
	CRC             bool         // the CRC-32 at the end is right
	Name            string       // English name of type and phase
	Direction       Direction    // who speaks, by type and phase
	Warnings        []*ebd.Error // as in Packet

	signed signed
}

const (
	thingFrame = "frame"
	preamble   = "\xFE\xFD\x01\x00" // mark and version
	minFrame   = 11 + 12 + 2 + 1 + 2 + crcSize
	maxFrame   = 1<<16 - 1
)

// head is the length of the header: Annex E has no sign byte.
func (a Annex) head() int {
	if a == AnnexE {
		return 11
	}
	return 12
}

// misplaced reports whether the frame is a report that only Annex E has, in Annex D.
func (f *Frame) misplaced() bool {
	return f.Annex == AnnexD && !f.Answer && f.Type >= OrderFault && f.Type <= OrderLog
}

// Encode writes the frame; without Signature it is one that says it is not signed. It
// fails with an *ebd.Error that names the field that does not satisfy the tables.
func (f *Frame) Encode() ([]byte, error) {
	b, err := f.content(f.Signature != nil)
	if err != nil {
		return nil, err
	}
	if f.Signature != nil {
		b = appendSignature(b, f.Signature)
	}
	return seal(b), nil
}

// content is header and body of a frame that will be signed or not.
func (f *Frame) content(sign bool) ([]byte, error) {
	wrong := func(field, code, found string) ([]byte, error) { return nil, frameError(field, code, 0, found) }
	k := orderKind(f.Annex, f.Answer, f.Type)
	switch {
	case f.Annex != AnnexD && f.Annex != AnnexE:
		return wrong("annex", ebd.CodeUnknown, "")
	case sign && f.Annex == AnnexE:
		return wrong("signature", ebd.CodeMismatch, "Annex E")
	case k == nil || !k.fits(f.Body) || f.misplaced():
		return wrong("type", ebd.CodeMismatch, hexByte(uint8(f.Type)))
	}
	phase := byte(1)
	if f.Answer {
		phase = 2
	}
	b := binary.BigEndian.AppendUint32(append(make([]byte, 0, 256), preamble...), f.Session)
	b = append(b, phase)
	if f.Annex == AnnexD && sign {
		b = append(b, 1)
	} else if f.Annex == AnnexD {
		b = append(b, 0)
	}
	c := &coder{thing: thingFrame, buf: append(b, 0, 0), writing: true}
	c.resource("source", &f.Source)
	list(c, "target_number", 2, &f.Targets, func(c *coder, v *ebd.ResourceCode) { c.resource("target", v) })
	u8(c, "type", &f.Type)
	c.part("body", 2, func() { f.Body.fields(c) })
	if c.err != nil {
		return nil, c.err
	}
	n := len(c.buf) + crcSize
	if sign {
		n += 2 + ebd.SignatureSize
	}
	if n > maxFrame {
		return wrong("length", ebd.CodeLength, "")
	}
	binary.BigEndian.PutUint16(c.buf[f.Annex.head()-2:], uint16(n))
	return c.buf, nil
}

// Sign signs the frame, of Annex D, as Packet.Sign does.
func (f *Frame) Sign(key *ebd.PrivateKey, cert ebd.SerialNumber, t time.Time, cov Coverage) error {
	b, err := f.content(true)
	if err != nil {
		return err
	}
	f.Signature, err = sign(key, cert, b, f.Annex.head(), t, cov)
	return err
}

// Verify reports whether key made the signature that a decoded frame came with.
func (f *Frame) Verify(key ebd.PublicKey, cov Coverage) bool { return f.signed.verify(key, cov) }

// FindCoverage is the coverage under which key made the frame's signature, if there is one.
func (f *Frame) FindCoverage(key ebd.PublicKey) (Coverage, bool) { return f.signed.find(key) }

// lengths are the frame lengths that a header means if it is of Annex D and if of E; 0
// where it cannot be of that annex. b has at least 12 bytes.
func lengths(b []byte) (d, e int) {
	d, e = int(b[10])<<8|int(b[11]), int(b[9])<<8|int(b[10])
	if b[9] > 1 || d < minFrame+1 {
		d = 0
	}
	if e < minFrame {
		e = 0
	}
	return d, e
}

// DecodeFrame reads one frame, which must be all of b, of annex a, or of the annex by
// whose header it is as long as it says. As with Decode, the frame is never nil.
func DecodeFrame(b []byte, a Annex) (*Frame, error) {
	f := &Frame{Annex: a, CRC: len(b) >= minFrame && intact(b)}
	if a == 0 && len(b) >= 12 {
		f.Annex = AnnexD
		if d, e := lengths(b); e == len(b) && (d != e || b[11]>>4 == 0xF) {
			f.Annex = AnnexE // both fit only a frame of 257 bytes, whose next byte decides
		}
	}
	if err := f.decode(b); err != nil {
		return f, err
	}
	return f, nil
}

// frameError says what is wrong in a frame, at the pos-th byte, 0 in writing.
func frameError(field, code string, pos int, found string) *ebd.Error {
	return &ebd.Error{Thing: thingFrame, Field: field, Code: code, Pos: pos, Found: short(found)}
}

func (f *Frame) warn(field, code string, pos int, found string) {
	f.Warnings = append(f.Warnings, frameError(field, code, pos, found))
}

func (f *Frame) decode(b []byte) *ebd.Error {
	head := f.Annex.head()
	switch {
	case len(b) < 2 || string(b[:2]) != preamble[:2]:
		return frameError("mark", ebd.CodeUnknown, 1, hex.EncodeToString(b[:min(len(b), 2)]))
	case len(b) < head:
		return frameError("header", ebd.CodeLength, 0, strconv.Itoa(len(b)))
	case string(b[:4]) != preamble:
		return frameError("version", ebd.CodeVersion, 3, hex.EncodeToString(b[2:4]))
	}
	f.Session, f.Answer = binary.BigEndian.Uint32(b[4:]), b[8] == 2
	length := int(binary.BigEndian.Uint16(b[head-2:]))
	if length != len(b) || length < head+minFrame-11 {
		return frameError("length", ebd.CodeLength, head-1, hex.EncodeToString(b[head-2:head]))
	}
	if b[8] != 1 && b[8] != 2 {
		f.warn("kind", ebd.CodeUnknown, 9, hexByte(b[8]))
	}
	c := &coder{thing: thingFrame, buf: b[head : len(b)-crcSize], base: head, end: len(b) - crcSize - head, inner: 1}
	c.resource("source", &f.Source)
	list(c, "target_number", 2, &f.Targets, func(c *coder, v *ebd.ResourceCode) { c.resource("target", v) })
	u8(c, "type", &f.Type)
	f.Length = c.count("body_length", 2, 0)
	at := head + c.pos
	body := c.take("body", f.Length)
	f.Warnings = append(f.Warnings, c.warnings...)
	k := orderKind(f.Annex, f.Answer, f.Type)
	f.Name = "unknown"
	if k != nil {
		f.Name, f.Direction = k.name.En, k.direction
	}
	if c.err != nil {
		return c.err
	}
	signedPart, tail := b[:head+c.pos], b[head+c.pos:len(b)-crcSize]
	if err := f.decodeTail(b[9], tail, head+c.pos); err != nil {
		return err
	}
	if !f.CRC {
		return frameError("CRC32", ebd.CodeMismatch, len(b)-crcSize+1, hex.EncodeToString(b[len(b)-crcSize:]))
	}
	if f.Signature != nil {
		f.signed = signed{raw: append([]byte(nil), signedPart...), head: head, Signature: f.Signature}
	}
	if k == nil {
		f.Body = &Opaque{Data: append(Raw(nil), body...)}
		f.warn("type", ebd.CodeUnknown, at-2, hexByte(uint8(f.Type)))
		return nil
	}
	if f.misplaced() {
		f.warn("type", ebd.CodeMismatch, at-2, hexByte(uint8(f.Type)))
	}
	var in *coder
	f.Body, in = readFitting(thingFrame, k, body, at)
	f.Warnings = append(f.Warnings, in.warnings...)
	return in.err
}

// decodeTail reads what stands between body and CRC-32: in Annex D a signature, which its
// frames announce in the header; one that is there all the same is read with a warning.
func (f *Frame) decodeTail(sign byte, tail []byte, at int) *ebd.Error {
	if f.Annex == AnnexE || len(tail) == 0 {
		switch {
		case len(tail) > 0:
			return frameError("body_length", ebd.CodeLength, at+1, hex.EncodeToString(tail))
		case f.Annex == AnnexD && sign == 1:
			return frameError("signature_length", ebd.CodeLength, at+1, "")
		}
	} else {
		if len(tail) >= 2 {
			f.SignatureLength = int(binary.BigEndian.Uint16(tail))
		}
		if f.SignatureLength != len(tail)-2 {
			return frameError("signature_length", ebd.CodeLength, at+1, hex.EncodeToString(tail))
		}
		var odd bool
		if f.Signature, odd = readSignature(tail[2:]); odd {
			f.warn("signature", ebd.CodeLength, at+1, hex.EncodeToString(tail[:2]))
		}
	}
	if f.Annex == AnnexD && (sign > 1 || (sign == 1) != (f.Signature != nil)) {
		f.warn("sign", ebd.CodeMismatch, 10, hexByte(sign))
	}
	return nil
}
