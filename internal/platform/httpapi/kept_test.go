package httpapi_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

func TestAKeptAnswerIsHandedOutAsTheAskerTakesIt(t *testing.T) {
	type answer struct {
		Text string `json:"text"`
	}
	const want = `{"text":"暴雨"}`
	k, err := httpapi.Keep(answer{"暴雨"})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := httpapi.Hand[answer](k, httpapi.KeptInput{})
	if err != nil || string(plain.Body) != want || plain.ContentEncoding != "" || plain.Status != 200 {
		t.Errorf("%+v, %v", plain, err)
	}
	packed, err := httpapi.Hand[answer](k, httpapi.KeptInput{Accepts: "br, gzip", NoneMatch: `"another"`})
	if err != nil || packed.ContentEncoding != "gzip" || packed.ETag != plain.ETag {
		t.Fatalf("%+v, %v", packed, err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed.Body))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
	again, err := httpapi.Hand[answer](k, httpapi.KeptInput{NoneMatch: plain.ETag})
	if err != nil || again.Status != 304 || len(again.Body) != 0 {
		t.Errorf("%+v, %v", again, err)
	}
}
