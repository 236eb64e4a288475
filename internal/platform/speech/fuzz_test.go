package speech

import (
	"bytes"
	"testing"
)

// Only the containers that a recorder or a platform writes reach ffmpeg, each with its own demuxer.
func FuzzDemuxer(f *testing.F) {
	for _, seed := range []string{"", "\x1a\x45\xdf\xa3", "OggS", "RIFF\x00\x00\x00\x00WAVE", "\x00\x00\x00\x18ftypmp42", "#EXTM3U\nfile:///etc/passwd", "ffconcat version 1.0", "RIFF\x00\x00\x00\x00AVI ", "ID3\x03", "\xff\xfb\x90\x00", "\xff\xfd\x84\x00", "\xff\xfe#\x00E\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		switch demuxer(head) {
		case "":
		case "matroska", "ogg", "wav":
			if !bytes.HasPrefix(head, []byte("\x1a\x45\xdf\xa3")) && !bytes.HasPrefix(head, []byte("OggS")) && !bytes.HasPrefix(head, []byte("RIFF")) {
				t.Errorf("%q", head)
			}
		case "mp3":
			if !bytes.HasPrefix(head, []byte("ID3")) && !bytes.HasPrefix(head, []byte("\xff")) {
				t.Errorf("%q", head)
			}
		case "mov":
			if !bytes.Contains(head[:min(len(head), 8)], []byte("ftyp")) {
				t.Errorf("%q", head)
			}
		default:
			t.Errorf("%q goes to %s", head, demuxer(head))
		}
	})
}
