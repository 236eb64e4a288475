// Package blob keeps objects: media, evidence, packages. An object never changes once it
// is written; most are named after the SM3 digest of their content.
package blob

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"time"

	"github.com/emmansun/gmsm/sm3"
)

// Info describes an object.
type Info struct {
	Key  string
	Size int64 // bytes
	Made time.Time
}

// Store keeps objects under keys: slash-separated words of a–z, 0–9, dot, dash and
// underscore. Errors about an absent object satisfy errors.Is(err, fs.ErrNotExist).
type Store interface {
	// Put writes an object of a known size; it appears whole or not at all. Putting an
	// existing key again replaces it with, by convention, the same content.
	Put(ctx context.Context, key string, body io.Reader, size int64) error
	// Open reads an object; it can seek, so that parts of it can be served.
	Open(ctx context.Context, key string) (io.ReadSeekCloser, error)
	// Stat describes an object.
	Stat(ctx context.Context, key string) (Info, error)
	// Delete removes an object; an absent one is no error.
	Delete(ctx context.Context, key string) error
	// List visits every object whose key begins with prefix, in no set order.
	List(ctx context.Context, prefix string, visit func(Info) error) error
}

var keyForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*$`)

const maxKey = 200

// checkKey keeps a key from leaving the store: no empty, dotted or absolute parts.
func checkKey(key string) error {
	if len(key) > maxKey || !keyForm.MatchString(key) {
		return fmt.Errorf("blob: %q is not a key", key)
	}
	return nil
}

// Digest is the SM3 digest of content in hex, and the name of an object that holds it.
func Digest(content []byte) string {
	sum := sm3.Sum(content)
	return hex.EncodeToString(sum[:])
}

// DigestKey is the key of an object named after its digest: a folder per first byte keeps
// folders small.
func DigestKey(digest string) string {
	if len(digest) < 2 {
		return digest
	}
	return "sm3/" + digest[:2] + "/" + digest
}

var digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// NamedAfter is the digest after which an object is named, "" where it has another name.
func NamedAfter(key string) string {
	if name := path.Base(key); digestForm.MatchString(name) {
		return name
	}
	return ""
}

// Missing reports whether err says that an object is absent.
func Missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
