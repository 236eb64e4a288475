// Package mqtt is the part of MQTT 3.1.1 (OASIS, 2014) by which terminals and the
// platform reach each other: a client and a server whose connections take a goroutine and
// little memory each, so that one process can hold tens of thousands. What must not be
// lost is acknowledged by the ends, not by MQTT (docs/wire.md §2).
package mqtt

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"time"
)

// ErrProtocol is a packet that MQTT 3.1.1 does not allow, or one over MaxPacket.
var ErrProtocol = errors.New("mqtt: protocol error")

// Control packets used, with their fixed flags (§2.2).
const (
	connect     = 0x10
	connack     = 0x20
	publish     = 0x30
	puback      = 0x40
	subscribe   = 0x82
	suback      = 0x90
	unsubscribe = 0xA2
	unsuback    = 0xB0
	pingreq     = 0xC0
	pingresp    = 0xD0
	disconnect  = 0xE0
)

const (
	// writeTimeout is how long the other side may take to accept what is written, and to
	// finish a packet that it began.
	writeTimeout = 15 * time.Second
	// maxPacket is the longest packet accepted where nothing else is said, bytes.
	maxPacket = 128 << 10
	// readAhead holds a usual packet, which so arrives with one call; longer ones take another.
	readAhead = 512
)

// packet is a control packet: its kind with its flags, and then its body.
func packet(kind byte, body ...[]byte) []byte {
	size := 0
	for _, b := range body {
		size += len(b)
	}
	p := append(make([]byte, 0, 5+size), kind)
	for n := size; ; {
		d := byte(n & 0x7F)
		if n >>= 7; n == 0 {
			p = append(p, d)
			break
		}
		p = append(p, d|0x80)
	}
	for _, b := range body {
		p = append(p, b...)
	}
	return p
}

// read takes one packet of at most limit bytes off a connection. Once it has begun,
// started is called, which gives the rest a time.
func read(in *bufio.Reader, limit int, started func()) (kind byte, body []byte, err error) {
	if kind, err = in.ReadByte(); err != nil {
		return 0, nil, err
	}
	if in.Buffered() == 0 {
		started()
	}
	size := 0
	for shift := 0; ; shift += 7 {
		if shift > 21 {
			return 0, nil, ErrProtocol
		}
		b, err := in.ReadByte()
		if err != nil {
			return 0, nil, begun(err)
		}
		size |= int(b&0x7F) << shift
		if b < 0x80 {
			break
		}
	}
	if size > limit {
		return 0, nil, ErrProtocol
	}
	if size > in.Buffered() {
		started()
	}
	body = make([]byte, size)
	_, err = io.ReadFull(in, body)
	return kind, body, begun(err)
}

// begun makes a time-out within a packet fatal.
func begun(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// publication is a PUBLISH taken apart (§3.3): id is there at QoS 1.
type publication struct {
	topic   string
	id      []byte
	payload []byte
}

// readPublication refuses QoS 2, which nobody here speaks.
func readPublication(kind byte, body []byte) (p publication, err error) {
	qos := kind >> 1 & 3
	topic, rest, ok := cut(body)
	if !ok || qos > 1 || len(rest) < 2*int(qos) {
		return p, ErrProtocol
	}
	return publication{string(topic), rest[: 2*qos : 2*qos], rest[2*qos:]}, nil
}

// str appends a string with its length (§1.5.3).
func str(b []byte, s string) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(len(s)))
	return append(b, s...)
}

// cut takes a string with its length off the front.
func cut(b []byte) (s, rest []byte, ok bool) {
	if len(b) < 2 {
		return nil, nil, false
	}
	n := 2 + int(binary.BigEndian.Uint16(b))
	if len(b) < n {
		return nil, nil, false
	}
	return b[2:n], b[n:], true
}
