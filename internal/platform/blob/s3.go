package blob

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// S3 says where a bucket is.
type S3 struct {
	Endpoint  string // host:port
	Bucket    string
	Region    string
	AccessKey string
	Secret    string
	Plain     bool // without TLS
}

type bucket struct {
	client *minio.Client
	name   string
}

// OpenS3 opens a bucket, which must exist.
func OpenS3(ctx context.Context, o S3) (Store, error) {
	client, err := minio.New(o.Endpoint, &minio.Options{
		Creds: credentials.NewStaticV4(o.AccessKey, o.Secret, ""), Secure: !o.Plain, Region: o.Region,
	})
	if err != nil {
		return nil, fmt.Errorf("blob: S3: %w", err)
	}
	exists, err := client.BucketExists(ctx, o.Bucket)
	if err != nil {
		return nil, fmt.Errorf("blob: S3: %w", err)
	}
	if !exists {
		return nil, fmt.Errorf("blob: S3: bucket %s does not exist", o.Bucket)
	}
	return &bucket{client, o.Bucket}, nil
}

func (b *bucket) Put(ctx context.Context, key string, body io.Reader, size int64) error {
	if err := checkKey(key); err != nil {
		return err
	}
	_, err := b.client.PutObject(ctx, b.name, key, body, size, minio.PutObjectOptions{})
	return wrap(err)
}

func (b *bucket) Open(ctx context.Context, key string) (io.ReadSeekCloser, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	object, err := b.client.GetObject(ctx, b.name, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, wrap(err)
	}
	if _, err := object.Stat(); err != nil { // GetObject itself asks nothing of the server
		object.Close()
		return nil, wrap(err)
	}
	return object, nil
}

func (b *bucket) Stat(ctx context.Context, key string) (Info, error) {
	if err := checkKey(key); err != nil {
		return Info{}, err
	}
	s, err := b.client.StatObject(ctx, b.name, key, minio.StatObjectOptions{})
	if err != nil {
		return Info{}, wrap(err)
	}
	return Info{key, s.Size, s.LastModified.UTC()}, nil
}

func (b *bucket) Delete(ctx context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	return wrap(b.client.RemoveObject(ctx, b.name, key, minio.RemoveObjectOptions{}))
}

func (b *bucket) List(ctx context.Context, prefix string, visit func(Info) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the listing when visit gives up
	for s := range b.client.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: strings.TrimPrefix(prefix, "/"), Recursive: true}) {
		if s.Err != nil {
			return wrap(s.Err)
		}
		if err := visit(Info{s.Key, s.Size, s.LastModified.UTC()}); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func wrap(err error) error {
	if err == nil {
		return nil
	}
	if code := minio.ToErrorResponse(err).Code; code == "NoSuchKey" || code == "NotFound" {
		return fmt.Errorf("blob: S3: %s: %w", code, fs.ErrNotExist)
	}
	return fmt.Errorf("blob: S3: %w", err)
}
