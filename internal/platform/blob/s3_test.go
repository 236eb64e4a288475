package blob_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/tongsheng/tongsheng/internal/platform/blob"
)

// s3 starts versitygw, an S3 server that checks signatures and keeps objects in a
// folder, where it is installed: `go install github.com/versity/versitygw/cmd/versitygw@v1.8.0`
// gets it. Elsewhere a server in memory stands in for it.
func s3(t *testing.T) blob.Store {
	t.Helper()
	program, err := exec.LookPath("versitygw")
	if err != nil {
		memory := s3mem.New()
		if err := memory.CreateBucket("objects"); err != nil {
			t.Fatal(err)
		}
		fake := gofakes3.New(memory, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Content-Length") == "" { // it looks for the length of nothing too
				r.Header.Set("Content-Length", strconv.FormatInt(max(r.ContentLength, 0), 10))
			}
			fake.ServeHTTP(w, r)
		}))
		t.Cleanup(server.Close)
		return bucket(t, strings.TrimPrefix(server.URL, "http://"))
	}
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "objects"), 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	var said bytes.Buffer
	server := exec.Command(program, "--port", address, "--region", "us-east-1", "posix", "--sidecar", t.TempDir(), root)
	server.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + root, "ROOT_ACCESS_KEY=test-access", "ROOT_SECRET_KEY=test-secret"}
	server.Stdout, server.Stderr = &said, &said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	t.Cleanup(func() { _ = server.Process.Kill(); <-ended })
	for {
		response, err := http.Get("http://" + address + "/")
		if err == nil {
			response.Body.Close()
			break
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("versitygw: %v\n%s", err, &said)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return bucket(t, address)
}

// bucket opens the bucket of a server, and none that does not exist.
func bucket(t *testing.T, address string) blob.Store {
	t.Helper()
	store, err := blob.OpenS3(context.Background(), blob.S3{Endpoint: address, Bucket: "objects", Region: "us-east-1",
		AccessKey: "test-access", Secret: "test-secret", Plain: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := blob.OpenS3(context.Background(), blob.S3{Endpoint: address, Bucket: "absent", Region: "us-east-1",
		AccessKey: "test-access", Secret: "test-secret", Plain: true}); err == nil {
		t.Error("a bucket that does not exist was opened")
	}
	return store
}

// TestStoresAgree holds both stores to the promises of Store.
func TestStoresAgree(t *testing.T) {
	for name, open := range map[string]func(*testing.T) blob.Store{
		"folder": func(t *testing.T) blob.Store { f, _ := folder(t); return f },
		"S3":     s3,
	} {
		t.Run(name, func(t *testing.T) { agree(t, open(t)) })
	}
}

func agree(t *testing.T, store blob.Store) {
	ctx := context.Background()
	media := make([]byte, 6<<20) // more than one part of a multipart upload
	_, _ = rand.Read(media)
	put := func(key string, body []byte) {
		t.Helper()
		if err := store.Put(ctx, key, bytes.NewReader(body), int64(len(body))); err != nil {
			t.Fatal(err)
		}
	}
	put("media/"+blob.Digest(media), media)
	put("media/empty", nil)
	put("proof/1", []byte("first"))
	put("proof/1", []byte("again"))

	r, err := store.Open(ctx, "media/"+blob.Digest(media))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Seek(5<<20, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(r); err != nil || !bytes.Equal(rest, media[5<<20:]) {
		t.Errorf("%d bytes after seeking, %v", len(rest), err)
	}
	if info, err := store.Stat(ctx, "proof/1"); err != nil || info.Size != 5 || info.Key != "proof/1" || info.Made.IsZero() {
		t.Errorf("%+v, %v", info, err)
	}

	seen := map[string]int64{}
	list := func(prefix string) {
		t.Helper()
		clear(seen)
		if err := store.List(ctx, prefix, func(i blob.Info) error { seen[i.Key] = i.Size; return nil }); err != nil {
			t.Error(err)
		}
	}
	if list("media/"); len(seen) != 2 || seen["media/"+blob.Digest(media)] != int64(len(media)) {
		t.Error(seen)
	}
	if list("media/em"); len(seen) != 1 {
		t.Error(seen)
	}
	if list(""); len(seen) != 3 {
		t.Error(seen)
	}
	if list("nothing/"); len(seen) != 0 {
		t.Error(seen)
	}
	stop := errors.New("stop")
	if err := store.List(ctx, "", func(blob.Info) error { return stop }); err != stop {
		t.Errorf("a visitor's error became %v", err)
	}

	for range 2 { // deleting what is gone is no error
		if err := store.Delete(ctx, "proof/1"); err != nil {
			t.Error(err)
		}
	}
	if _, err := store.Stat(ctx, "proof/1"); !blob.Missing(err) {
		t.Errorf("stat of a deleted object: %v", err)
	}
	if _, err := store.Open(ctx, "proof/1"); !blob.Missing(err) {
		t.Errorf("open of a deleted object: %v", err)
	}
	for _, key := range []string{"", "/a", "../a", "a//b", "a/../b", "Ä", "a b"} {
		if err := store.Put(ctx, key, strings.NewReader(""), 0); err == nil {
			t.Errorf("key %q was taken", key)
		}
	}
	if err := store.Put(ctx, "short", strings.NewReader("abc"), 5); err == nil {
		t.Error("three bytes were taken for five")
	}
	if _, err := store.Stat(ctx, "short"); !blob.Missing(err) {
		t.Errorf("half an object is there: %v", err)
	}
}
