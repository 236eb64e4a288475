package wire

import (
	"crypto/hkdf"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/emmansun/gmsm/sm3"
	"github.com/tongsheng/tongsheng/engine/ebd"
)

// SessionID names one connection's worth of frames: the device's clock in UTC µs (8
// bytes, big-endian) and 8 random bytes. It is the salt of the session key, and the
// time in front puts a device's sessions in order.
type SessionID [16]byte

// Time is the device's clock when it began the session.
func (s SessionID) Time() time.Time {
	return time.UnixMicro(int64(binary.BigEndian.Uint64(s[:8]))).UTC()
}

// NewSessionID makes an id at now with random bytes from random.
func NewSessionID(now time.Time, random io.Reader) (s SessionID, err error) {
	binary.BigEndian.PutUint64(s[:8], uint64(now.UnixMicro()))
	_, err = io.ReadFull(random, s[8:])
	return s, err
}

const (
	tokenVersion = 1
	tokenSize    = 1 + 16 + 64
	upMagic      = "TU1"
	upHead       = len(upMagic) + 1 + 16 + 8
	macSize      = 16
)

// Purposes of a token; the purpose is signed with it, so that one cannot stand for
// another. ForUpload is followed by the digest that is uploaded.
const (
	ForConnect = "tongsheng-connect-1"
	ForUpload  = "tongsheng-upload-1 "
)

// NewToken signs proof that the holder of key is the device code, now, for purpose.
// It is version(1) ‖ session(16) ‖ SM2 signature(64) in base64url without padding,
// 108 characters. As MQTT password its purpose is ForConnect and the MQTT user name
// is the code.
func NewToken(key *ebd.PrivateKey, code ebd.ResourceCode, purpose string, id SessionID) (string, error) {
	sig, err := key.Sign(tokenContent(code, purpose, id))
	if err != nil {
		return "", err
	}
	b := append(append([]byte{tokenVersion}, id[:]...), sig[:]...)
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// OpenToken checks a token's form, its time within Skew of now, and the signature of
// the enrolled device, in this order. The caller refuses a session it has seen
// before if it cares: within Skew a token can be used again by whoever overheard it,
// which TLS prevents and which gains nothing, since frames up need the session key.
func OpenToken(token string, device ebd.PublicKey, code ebd.ResourceCode, purpose string, now time.Time) (SessionID, error) {
	var id SessionID
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) != tokenSize {
		return id, wrong("token", "form")
	}
	if b[0] != tokenVersion {
		return id, wrong("token", "unknown")
	}
	copy(id[:], b[1:])
	if d := now.Sub(id.Time()); d > Skew || d < -Skew {
		return id, wrong("token", "time")
	}
	if !device.Verify(tokenContent(code, purpose, id), [64]byte(b[17:])) {
		return id, wrong("token", "proof")
	}
	return id, nil
}

func tokenContent(code ebd.ResourceCode, purpose string, id SessionID) []byte {
	return append([]byte(purpose+"\x00"+string(code)+"\x00"), append([]byte{tokenVersion}, id[:]...)...)
}

// sessionKey is HKDF-SM3 of the Diffie-Hellman secret, salted with the session id.
func sessionKey(mine *ebd.PrivateKey, peer ebd.PublicKey, code ebd.ResourceCode, id SessionID) (key [32]byte, err error) {
	secret, err := mine.Agree(peer)
	if err != nil {
		return key, err
	}
	k, err := hkdf.Key(sm3.New, secret, id[:], "tongsheng-session-1 "+string(code), 32)
	copy(key[:], k)
	return key, err
}

// DeviceSession is the terminal's end of one session. It is safe for concurrent use.
type DeviceSession struct {
	Code  ebd.ResourceCode
	ID    SessionID
	Token string // the MQTT password
	key   [32]byte
	mu    sync.Mutex
	count uint64
}

// NewDeviceSession begins a session at now; receiptKey is the platform's, told at
// enrolment.
func NewDeviceSession(device *ebd.PrivateKey, receiptKey ebd.PublicKey, code ebd.ResourceCode, now time.Time, random io.Reader) (*DeviceSession, error) {
	id, err := NewSessionID(now, random)
	if err != nil {
		return nil, err
	}
	s := &DeviceSession{Code: code, ID: id}
	if s.Token, err = NewToken(device, code, ForConnect, id); err != nil {
		return nil, err
	}
	s.key, err = sessionKey(device, receiptKey, code, id)
	return s, err
}

// Seal makes the next frame up from a *Receipt, *Heartbeat, *Hello or *Result and
// tells its counter, by which the platform confirms it.
func (s *DeviceSession) Seal(payload any) (frame []byte, counter uint64, err error) {
	var k UpKind
	switch p := payload.(type) {
	case *Receipt:
		k, err = UpReceipt, p.Validate()
	case *Heartbeat:
		k, err = UpHeartbeat, p.Validate()
	case *Hello:
		k, err = UpHello, p.Validate()
	case *Result:
		k, err = UpResult, p.Validate()
	default:
		err = wrong("kind", "unknown")
	}
	if err != nil {
		return nil, 0, err
	}
	body, err := json.Marshal(payload)
	if err != nil {
		return nil, 0, err
	}
	if upHead+len(body)+macSize > MaxUp {
		return nil, 0, wrong("frame", "too_long")
	}
	s.mu.Lock()
	s.count++
	counter = s.count
	s.mu.Unlock()
	f := append(make([]byte, 0, upHead+len(body)+macSize), upMagic...)
	f = append(f, byte(k))
	f = append(f, s.ID[:]...)
	f = binary.BigEndian.AppendUint64(f, counter)
	f = append(f, body...)
	m := mac(&s.key, f)
	return append(f, m[:macSize]...), counter, nil
}

// OpenConfirm reads a confirmation: the counters of frames that the platform has
// stored. It fails for another session's.
func (s *DeviceSession) OpenConfirm(b []byte) ([]uint64, error) {
	const head = len(confirmMagic) + 16 + 2
	if len(b) < head+macSize || len(b) > MaxFrame || !IsConfirm(b) {
		return nil, wrong("frame", "form")
	}
	n := int(binary.BigEndian.Uint16(b[head-2:]))
	if len(b) != head+8*n+macSize {
		return nil, wrong("frame", "size")
	}
	body := b[:len(b)-macSize]
	m := mac(&s.key, body)
	if SessionID(b[4:20]) != s.ID || subtle.ConstantTimeCompare(m[:macSize], b[len(body):]) != 1 {
		return nil, wrong("frame", "mac")
	}
	counters := make([]uint64, n)
	for i := range counters {
		counters[i] = binary.BigEndian.Uint64(b[head+8*i:])
	}
	return counters, nil
}

// ServerSession is the platform's end. It holds no state but the key, is safe for
// concurrent use, and any process with the receipt key can make it again.
type ServerSession struct {
	ID  SessionID
	key [32]byte
}

// NewServerSession derives the session from the platform's receipt key and the
// device's enrolled key. It costs one scalar multiplication; callers cache it.
func NewServerSession(receiptKey *ebd.PrivateKey, device ebd.PublicKey, code ebd.ResourceCode, id SessionID) (*ServerSession, error) {
	s := &ServerSession{ID: id}
	var err error
	s.key, err = sessionKey(receiptKey, device, code, id)
	return s, err
}

// SessionOf is the session a frame up claims to belong to; ok is false if it is not
// a frame up.
func SessionOf(b []byte) (id SessionID, ok bool) {
	if len(b) < upHead+macSize || len(b) > MaxUp || string(b[:3]) != upMagic {
		return id, false
	}
	return SessionID(b[4:20]), true
}

// Open checks a frame's MAC and reads it. Whether its counter is new is for a Window
// to say.
func (s *ServerSession) Open(b []byte) (*Up, error) {
	id, ok := SessionOf(b)
	if !ok {
		return nil, wrong("frame", "form")
	}
	body := b[:len(b)-macSize]
	m := mac(&s.key, body)
	if id != s.ID || subtle.ConstantTimeCompare(m[:macSize], b[len(body):]) != 1 {
		return nil, wrong("frame", "mac")
	}
	u := &Up{Kind: UpKind(b[3]), Session: id, Counter: binary.BigEndian.Uint64(b[20:])}
	return u, u.decode(body[upHead:])
}

// Confirm makes the frame that tells the device its receipts are stored; at most
// 1000 counters.
func (s *ServerSession) Confirm(counters []uint64) ([]byte, error) {
	if len(counters) == 0 || len(counters) > 1000 {
		return nil, wrong("counters", "size")
	}
	f := append(make([]byte, 0, 38+8*len(counters)), confirmMagic...)
	f = append(f, s.ID[:]...)
	f = binary.BigEndian.AppendUint16(f, uint16(len(counters)))
	for _, c := range counters {
		f = binary.BigEndian.AppendUint64(f, c)
	}
	m := mac(&s.key, f)
	return append(f, m[:macSize]...), nil
}

// Window is what the platform remembers of a device to take each frame up once. The
// zero Window accepts anything.
type Window struct {
	Session SessionID
	Counter uint64
}

// Accept reports whether a frame is newer than all before it, and remembers it.
// Sessions are ordered by their time: a frame of an older session is refused.
func (w *Window) Accept(id SessionID, counter uint64) bool {
	if id == w.Session {
		if counter <= w.Counter {
			return false
		}
	} else if string(id[:]) < string(w.Session[:]) {
		return false
	}
	w.Session, w.Counter = id, counter
	return true
}

// mac is HMAC-SM3 (GB/T 15852.2) written out, so that a frame costs no allocation;
// the tests hold it against crypto/hmac.
func mac(key *[32]byte, msg []byte) [sm3.Size]byte {
	var small [sm3.BlockSize + 1024]byte
	in := small[:sm3.BlockSize]
	var out [sm3.BlockSize + sm3.Size]byte
	for i := range in {
		in[i], out[i] = 0x36, 0x5c
	}
	for i, b := range key {
		in[i] ^= b
		out[i] ^= b
	}
	sum := sm3.Sum(append(in, msg...))
	copy(out[sm3.BlockSize:], sum[:])
	return sm3.Sum(out[:])
}
