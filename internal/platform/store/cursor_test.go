package store

import (
	"encoding/base64"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzCursor(f *testing.F) {
	for _, seed := range []string{"", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "cn.11.110105.", "\x00", "\xff\xfe", "王"} {
		f.Add(base64.RawURLEncoding.EncodeToString([]byte(seed)))
	}
	f.Add("not base64!")
	f.Fuzz(func(t *testing.T, after string) {
		key, err := cursor(after)
		if err != nil {
			return
		}
		if !utf8.ValidString(key) || strings.Contains(key, "\x00") {
			t.Errorf("%q was taken for a key", key)
		}
		if again, err := cursor(base64.RawURLEncoding.EncodeToString([]byte(key))); err != nil || again != key {
			t.Errorf("%q came back as %q, %v", key, again, err)
		}
	})
}
