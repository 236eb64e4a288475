package backup

import (
	"context"
	"encoding/hex"
	"hash"
	"io"
	"strings"

	"github.com/emmansun/gmsm/sm3"

	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// put keeps an object, and reads all of its entry even where the store does not.
func put(ctx context.Context, objects blob.Store, key string, body io.Reader, size int64) error {
	content, err := named(key, size, body)
	if err != nil {
		return err
	}
	if err := objects.Put(ctx, key, content, size); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, content)
	return err
}

// named holds an object that is named after its digest to it, both before it goes into a
// backup, where it could no longer be mended, and when it comes out of one.
func named(key string, size int64, body io.Reader) (io.Reader, error) {
	digest := blob.NamedAfter(key)
	if digest == "" {
		if strings.HasPrefix(key, "sm3/") {
			return nil, errObject(key)
		}
		return body, nil
	}
	return &namedReader{key: key, digest: digest, left: size, body: body, sum: sm3.New()}, nil
}

type namedReader struct {
	key, digest string
	left        int64
	body        io.Reader
	sum         hash.Hash
}

// Read keeps back the end of what is not what its name says, so that no store takes it
// for whole.
func (r *namedReader) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	r.sum.Write(p[:n])
	if r.left -= int64(n); r.left <= 0 && hex.EncodeToString(r.sum.Sum(nil)) != r.digest {
		return 0, errObject(r.key)
	}
	return n, err
}

func errObject(key string) error {
	return fault.New(fault.Invalid, "backup.object", fault.Args{"key": key})
}
