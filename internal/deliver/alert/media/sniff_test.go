package media

import (
	"slices"
	"testing"
)

func FuzzSniff(f *testing.F) {
	for _, seed := range []string{"", "\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "\xff\xfb\x90", "ID3\x03", "RIFF\x00\x00\x00\x00WAVEfmt ", "<svg onload=x>",
		"<!doctype html><script>", "%PDF-1.7", "GIF89a", "\xff\xe2"} {
		f.Add([]byte(seed))
	}
	allowed := []string{"audio/mpeg"}
	for _, mime := range kinds {
		allowed = append(allowed, mime)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		mime, err := Sniff(content)
		if (err == nil) != (mime != "") || err == nil && !slices.Contains(allowed, mime) {
			t.Errorf("%q, %v", mime, err)
		}
	})
}
