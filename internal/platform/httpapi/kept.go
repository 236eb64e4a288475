package httpapi

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
)

// Kept is an answer that was written once, for a question that costs much and is asked
// often: JSON, packed.
type Kept struct {
	packed []byte
	tag    string
}

// Keep writes v.
func Keep(v any) (*Kept, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(raw); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(raw)
	return &Kept{bytes.Clone(packed.Bytes()), base64.RawURLEncoding.EncodeToString(sum[:12])}, nil
}

// KeptInput is what the asker has and takes.
type KeptInput struct {
	NoneMatch string `header:"If-None-Match" hidden:"true"`
	Accepts   string `header:"Accept-Encoding" hidden:"true"`
}

// KeptOutput hands out a kept T. Whether it may be stored is for who it is made for: what
// the signed-in are answered may not (Identify).
type KeptOutput[T any] struct {
	Status          int
	ETag            string `header:"ETag"`
	ContentType     string `header:"Content-Type"`
	ContentEncoding string `header:"Content-Encoding"`
	Vary            string `header:"Vary"`
	Body            []byte
}

// Hand gives k to an asker, who may have it already.
func Hand[T any](k *Kept, in KeptInput) (*KeptOutput[T], error) {
	form := FormOf(in.Accepts, in.NoneMatch, k.tag)
	out := &KeptOutput[T]{Status: http.StatusOK, ETag: form.ETag, Vary: "Accept-Encoding"}
	if form.Known {
		out.Status = http.StatusNotModified
		return out, nil
	}
	out.ContentType = "application/json"
	if form.Packed {
		out.ContentEncoding, out.Body = "gzip", k.packed
		return out, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(k.packed))
	if err != nil {
		return nil, err
	}
	out.Body, err = io.ReadAll(r) // as long as what Keep wrote
	return out, err
}

// written is what a body of bytes holds, for the OpenAPI document.
func (KeptOutput[T]) written() reflect.Type { return reflect.TypeFor[T]() }
