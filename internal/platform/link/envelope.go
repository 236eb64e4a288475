package link

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// What travels:
//
//	question  nonce(16) body
//	answer    "TSL1" outcome(1) length(4) body certificate(144) signature(74)
//
// The body of an answer is compressed. Its signature (GD/J 081, SM2 over SM3) covers the
// question's subject and nonce before the answer itself, so that no answer stands for
// another's.
const (
	magic     = "TSL1"
	nonceSize = 16
	headSize  = len(magic) + 1 + 4
	tailSize  = ebd.CertificateSize + ebd.SignatureSize

	// MaxAnswer is how long an answer may be before it is compressed, bytes.
	MaxAnswer = 4 << 20
	// MaxQuestion is how long a question may be, bytes.
	MaxQuestion = 256 << 10
	maxPayload  = 1 << 20
)

// Outcomes of a question.
const (
	answered = 0
	refused  = 1 // the body is why
)

var (
	errForm      = errors.New("link: not an answer")
	errSignature = errors.New("link: the answer is not signed by the node that was asked")
)

var pack = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		panic(err) // the options are constants
	}
	return e
})

var unpack = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(MaxAnswer))
	if err != nil {
		panic(err) // the options are constants
	}
	return d
})

// covered is what an answer's signature covers.
func covered(subject string, nonce, answer []byte) []byte {
	b := make([]byte, 0, len(subject)+1+len(nonce)+len(answer))
	b = append(append(b, subject...), 0)
	return append(append(b, nonce...), answer...)
}

// seal makes a signed answer.
func seal(subject string, nonce []byte, outcome byte, body []byte, key *ebd.PrivateKey, cert *ebd.Certificate, now time.Time) ([]byte, error) {
	if len(body) > MaxAnswer {
		return nil, fmt.Errorf("link: an answer of %d bytes is too long", len(body))
	}
	b := append(make([]byte, 0, headSize+len(body)/2+tailSize), magic...)
	b = append(b, outcome, 0, 0, 0, 0)
	b = pack().EncodeAll(body, b)
	binary.BigEndian.PutUint32(b[headSize-4:], uint32(len(b)-headSize))
	b = append(b, cert.Encode()...)
	sig, err := ebd.Sign(key, cert.Number, covered(subject, nonce, b), now, ebd.CoverContentTimeCert)
	if err != nil {
		return nil, err
	}
	if b = append(b, sig.Encode()...); len(b) > maxPayload {
		return nil, fmt.Errorf("link: an answer of %d bytes is too long when compressed", len(b))
	}
	return b, nil
}

// open believes an answer if a key signed it that the authority certified.
func open(subject string, nonce, b []byte, authority ebd.PublicKey, now time.Time) (outcome byte, body []byte, err error) {
	if len(b) < headSize+tailSize || !bytes.HasPrefix(b, []byte(magic)) || uint64(binary.BigEndian.Uint32(b[headSize-4:])) != uint64(len(b)-headSize-tailSize) {
		return 0, nil, errForm
	}
	tail := b[len(b)-tailSize:]
	cert, err := ebd.ParseCertificate(tail[:ebd.CertificateSize])
	if err != nil {
		return 0, nil, errForm
	}
	sig, err := ebd.ParseSignature(tail[ebd.CertificateSize:])
	if err != nil {
		return 0, nil, errForm
	}
	signed := covered(subject, nonce, b[:len(b)-ebd.SignatureSize])
	if sig.Cert != cert.Number || !cert.VerifiedBy(authority) || !cert.ValidAt(now) || !sig.Verify(cert.Key, signed, ebd.CoverContentTimeCert) {
		return 0, nil, errSignature
	}
	body, err = unpack().DecodeAll(b[headSize:len(b)-tailSize], nil)
	if err != nil || len(body) > MaxAnswer {
		return 0, nil, errForm
	}
	return b[len(magic)], body, nil
}
