package keyring

import (
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/emmansun/gmsm/sm4"
	"golang.org/x/crypto/argon2"
)

// Sealer encrypts secrets at rest with SM4-GCM under a key that is not in the database.
type Sealer struct{ aead cipher.AEAD }

const keyBytes = 16 // SM4 has 128-bit keys

// KeyFile is the sealer whose random key lies in a file that only the owner may read.
// The file is made when absent.
func KeyFile(path string) (*Sealer, error) {
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key = make([]byte, keyBytes)
		_, _ = rand.Read(key)
		err = writeOnce(path, key)
	}
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("keyring: %s may be read by others; run: chmod 600 %s", path, path)
	}
	return newSealer(key)
}

// Passphrase is the sealer whose key is derived from a passphrase (argon2id, RFC 9106
// second recommended option) and a salt kept beside the database.
func Passphrase(passphrase, saltPath string) (*Sealer, error) {
	salt, err := os.ReadFile(saltPath)
	if errors.Is(err, fs.ErrNotExist) {
		salt = make([]byte, 16)
		_, _ = rand.Read(salt)
		err = writeOnce(saltPath, salt)
	}
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	return newSealer(argon2.IDKey([]byte(passphrase), salt, 3, 64*1024, 4, keyBytes))
}

func newSealer(key []byte) (*Sealer, error) {
	if len(key) != keyBytes {
		return nil, fmt.Errorf("keyring: the key has %d bytes, not %d", len(key), keyBytes)
	}
	block, err := sm4.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &Sealer{aead}, err
}

// Seal encrypts plain for a purpose; it opens only for the same purpose.
func (s *Sealer) Seal(plain []byte, purpose string) ([]byte, error) {
	nonce := make([]byte, s.aead.NonceSize())
	_, _ = rand.Read(nonce)
	return s.aead.Seal(nonce, nonce, plain, []byte(purpose)), nil
}

// Open decrypts what Seal made.
func (s *Sealer) Open(sealed []byte, purpose string) ([]byte, error) {
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return nil, errors.New("keyring: a sealed secret is too short")
	}
	plain, err := s.aead.Open(nil, sealed[:n], sealed[n:], []byte(purpose))
	if err != nil {
		return nil, fmt.Errorf("keyring: the secret for %s does not open with this key: %w", purpose, err)
	}
	return plain, nil
}

// writeOnce writes a file that must survive a power cut, and never over an existing one.
func writeOnce(path string, raw []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.Write(raw); err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
