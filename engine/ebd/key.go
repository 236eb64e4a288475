package ebd

import (
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/pem"
	"math/big"

	"github.com/emmansun/gmsm/ecdh"
	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
)

// uid is the default SM2 signer identity of GB/T 35276, which 081 leaves unstated
// and every known implementation of it uses.
var uid = []byte("1234567812345678")

// PublicKey is an SM2 public key as 081 writes it: x ‖ y, 32 bytes each, big-endian,
// without the leading 04. It is comparable and can key a map.
type PublicKey [64]byte

// ParsePublicKey checks the length and that the point lies on the curve.
func ParsePublicKey(b []byte) (PublicKey, error) {
	var k PublicKey
	if len(b) != len(k) {
		return k, bad("public key", "", CodeLength, 0, "")
	}
	copy(k[:], b)
	if _, err := k.ecdsa(); err != nil {
		return PublicKey{}, err
	}
	return k, nil
}

// ecdsa is the key as crypto/ecdsa holds it, after checking that it is on the curve.
func (k PublicKey) ecdsa() (*ecdsa.PublicKey, error) {
	const uncompressed = 4
	if _, err := ecdh.P256().NewPublicKey(append([]byte{uncompressed}, k[:]...)); err != nil {
		return nil, bad("public key", "", CodeKey, 0, "")
	}
	x, y := new(big.Int).SetBytes(k[:32]), new(big.Int).SetBytes(k[32:])
	//lint:ignore SA1019 ecdsa.ParseUncompressedPublicKey knows no SM2, whose library wants the coordinates
	return &ecdsa.PublicKey{Curve: sm2.P256(), X: x, Y: y}, nil
}

// Verify reports whether sig (r ‖ s) is the key's SM2/SM3 signature of msg.
func (k PublicKey) Verify(msg []byte, sig [64]byte) bool {
	pub, err := k.ecdsa()
	if err != nil {
		return false
	}
	r, s := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])
	return sm2.VerifyWithSM2(pub, uid, msg, r, s)
}

// PEM is the key as a SubjectPublicKeyInfo in PEM.
func (k PublicKey) PEM() ([]byte, error) {
	pub, err := k.ecdsa()
	if err != nil {
		return nil, err
	}
	der, err := smx509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

// PrivateKey is an SM2 private key. It prints as a fixed word, so that it cannot
// reach a log by accident.
type PrivateKey struct {
	key *sm2.PrivateKey
	pub PublicKey
}

// GenerateKey makes a key from the system's random source.
func GenerateKey() (*PrivateKey, error) {
	k, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return newPrivateKey(k), nil
}

func newPrivateKey(k *sm2.PrivateKey) *PrivateKey {
	p := &PrivateKey{key: k}
	k.X.FillBytes(p.pub[:32])
	k.Y.FillBytes(p.pub[32:])
	return p
}

// Public is the key's public half.
func (k *PrivateKey) Public() PublicKey { return k.pub }

// String implements fmt.Stringer without telling anything.
func (k *PrivateKey) String() string { return "SM2 private key" }

// GoString implements fmt.GoStringer without telling anything.
func (k *PrivateKey) GoString() string { return k.String() }

// Sign makes the SM2/SM3 signature r ‖ s of msg.
func (k *PrivateKey) Sign(msg []byte) (sig [64]byte, err error) {
	r, s, err := sm2.SignWithSM2(rand.Reader, &k.key.PrivateKey, uid, msg)
	if err != nil {
		return sig, err
	}
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return sig, nil
}

// Agree is the plain Diffie-Hellman secret with peer: the x coordinate of k·peer,
// 32 bytes. It is raw; feed it to a key derivation function.
func (k *PrivateKey) Agree(peer PublicKey) ([]byte, error) {
	pub, err := peer.ecdsa()
	if err != nil {
		return nil, err
	}
	mine, err := k.key.ECDH()
	if err != nil {
		return nil, err
	}
	theirs, err := sm2.PublicKeyToECDH(pub)
	if err != nil {
		return nil, bad("public key", "", CodeKey, 0, "")
	}
	return mine.ECDH(theirs)
}

// PEM is the key as unencrypted PKCS #8 in PEM; the caller protects it.
func (k *PrivateKey) PEM() ([]byte, error) {
	der, err := k.DER()
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// DER is the key as unencrypted PKCS #8; the caller protects it.
func (k *PrivateKey) DER() ([]byte, error) { return smx509.MarshalPKCS8PrivateKey(k.key) }

// ParsePrivateKey reads what PEM or DER wrote.
func ParsePrivateKey(b []byte) (*PrivateKey, error) {
	if block, _ := pem.Decode(b); block != nil {
		b = block.Bytes
	}
	key, err := smx509.ParsePKCS8PrivateKey(b)
	if err != nil {
		return nil, bad("private key", "", CodeKey, 0, "") // err could quote the key
	}
	k, ok := key.(*sm2.PrivateKey)
	if !ok {
		return nil, bad("private key", "", CodeKey, 0, "")
	}
	return newPrivateKey(k), nil
}
