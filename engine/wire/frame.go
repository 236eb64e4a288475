package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// MaxFrame is the longest frame down, in bytes.
const MaxFrame = 64 << 10

// Marks that frames down begin with.
const (
	orderMagic   = "TS1O"
	confirmMagic = "TS1C"
)

const (
	orderHead = len(orderMagic) + 4
	orderTail = ebd.CertificateSize + ebd.SignatureSize
)

// Signer signs orders: a platform's key and the certificate an issuer gave it.
type Signer struct {
	Key  *ebd.PrivateKey
	Cert *ebd.Certificate
}

// NewFrame validates an order, writes it and signs it at now. It fails with a
// *FormError if the order is not valid or too long to be one frame.
func (s *Signer) NewFrame(o *Order, now time.Time) ([]byte, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	body, err := canonical(o)
	if err != nil {
		return nil, err
	}
	size := orderHead + len(body) + orderTail
	if size > MaxFrame {
		return nil, wrong("frame", "too_long")
	}
	f := append(make([]byte, 0, size), orderMagic...)
	f = binary.BigEndian.AppendUint32(f, uint32(len(body)))
	f = append(f, body...)
	f = append(f, s.Cert.Encode()...)
	sig, err := ebd.Sign(s.Key, s.Cert.Number, f, now, ebd.CoverContentTimeCert)
	if err != nil {
		return nil, err
	}
	return append(f, sig.Encode()...), nil
}

// canonical is the one JSON text of an order.
func canonical(o *Order) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(o); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// frame is an order frame taken apart but not yet believed.
type frame struct {
	order   *Order
	cert    *ebd.Certificate
	sig     *ebd.Signature
	content []byte // what the signature covers before SigTime
}

// readFrame takes a frame apart and checks everything that needs no trust.
func readFrame(b []byte) (*frame, error) {
	if len(b) > MaxFrame || len(b) < orderHead+orderTail {
		return nil, wrong("frame", "size")
	}
	if string(b[:4]) != orderMagic {
		return nil, wrong("frame", "form")
	}
	if uint64(binary.BigEndian.Uint32(b[4:])) != uint64(len(b)-orderHead-orderTail) {
		return nil, wrong("frame", "size")
	}
	body, tail := b[orderHead:len(b)-orderTail], b[len(b)-orderTail:]
	f := &frame{order: new(Order), content: b[:len(b)-ebd.SignatureSize]}
	var err error
	if f.cert, err = ebd.ParseCertificate(tail[:ebd.CertificateSize]); err != nil {
		return nil, wrong("certificate", "form")
	}
	if f.sig, err = ebd.ParseSignature(tail[ebd.CertificateSize:]); err != nil {
		return nil, wrong("signature", "form")
	}
	if f.sig.Cert != f.cert.Number {
		return nil, wrong("signature", "form")
	}
	if err := json.Unmarshal(body, f.order); err != nil {
		return nil, wrong("order", "form")
	}
	if err := f.order.Validate(); err != nil {
		return nil, err
	}
	if again, err := canonical(f.order); err != nil || !bytes.Equal(again, body) {
		return nil, wrong("order", "form")
	}
	return f, nil
}

// IsOrder and IsConfirm tell the two frames down apart by their first bytes.
func IsOrder(b []byte) bool { return bytes.HasPrefix(b, []byte(orderMagic)) }

// IsConfirm reports whether the frame confirms receipts.
func IsConfirm(b []byte) bool { return bytes.HasPrefix(b, []byte(confirmMagic)) }
