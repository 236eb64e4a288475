package speech

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"

	"github.com/tongsheng/tongsheng/engine/quality/wav"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Format is how a clip is stored.
type Format string

// The formats. Auto is MP3, which GD/J 082 terminals play (AuxiliaryType 2), and WAV
// where nothing that makes MP3 is installed.
const (
	Auto Format = ""
	MP3  Format = "mp3"
	WAV  Format = "wav"
)

type encoder struct {
	program string
	args    []string
}

// encoders make MP3 of a WAV file at standard input, the quickest first: lame is done before
// ffmpeg has loaded its libraries, and a warning waits for it.
var encoders = []encoder{
	{"lame", []string{"--quiet", "-m", "m", "--cbr", "-b", "64", "-t", "--noreplaygain", "-", "-"}},
	{"ffmpeg", []string{"-hide_banner", "-loglevel", "error", "-f", "wav", "-i", "pipe:0", "-map_metadata", "-1", "-bitexact", "-threads", "1",
		"-c:a", "libmp3lame", "-b:a", "64k", "-write_xing", "0", "-id3v2_version", "0", "-f", "mp3", "pipe:1"}},
}

// The limits of a recording. A recorder that stops at the limit is a little late, so a
// little more is taken than is asked for.
const (
	MaxRecordingBytes   = 20 << 20
	MaxRecordingSeconds = 5 * 60
	recordingGrace      = 2     // seconds
	recordingRate       = 32000 // Hz: what a voice needs and a horn carries
)

var mimes = map[Format]string{MP3: "audio/mpeg", WAV: "audio/wav"}

// encode returns the sound as a file.
func encode(ctx context.Context, s wav.Sound, f Format) (data []byte, used Format, err error) {
	var file bytes.Buffer
	if err := wav.Write(&file, s, 16); err != nil {
		return nil, f, fault.New(fault.Internal, "internal").Because(err)
	}
	i := slices.IndexFunc(encoders, func(e encoder) bool {
		_, err := exec.LookPath(e.program)
		return err == nil
	})
	if f == WAV || f == Auto && i < 0 {
		return file.Bytes(), WAV, nil
	}
	e := encoders[max(i, 0)]
	err = pipe(ctx, &file, func(out io.Reader) (err error) {
		data, err = io.ReadAll(out)
		return err
	}, e.program, e.args...)
	return data, MP3, err
}

// demuxer is the container of a sound by its first bytes: those that a browser's recorder
// writes, and MPEG audio, which platforms and telephones send. ffmpeg is told which one to
// expect, so that a file cannot talk it into a playlist or another protocol.
func demuxer(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("\x1a\x45\xdf\xa3")):
		return "matroska"
	case bytes.HasPrefix(head, []byte("OggS")):
		return "ogg"
	case bytes.HasPrefix(head, []byte("RIFF")) && len(head) >= 12 && string(head[8:12]) == "WAVE":
		return "wav"
	case len(head) >= 12 && string(head[4:8]) == "ftyp":
		return "mov"
	case bytes.HasPrefix(head, []byte("ID3")), isMPEG(head):
		return "mp3"
	}
	return ""
}

// isMPEG reports whether a file begins with a frame of MPEG audio of layer I, II or III.
func isMPEG(head []byte) bool {
	return len(head) > 2 && head[0] == 0xFF && head[1]&0xE0 == 0xE0 && head[1]&0x18 != 0x08 && head[1]&0x06 != 0 && head[2]&0xF0 != 0xF0 && head[2]&0x0C != 0x0C
}

// decode reads a recording (WebM, Ogg, MP4, WAV or MPEG audio) into mono sound.
func decode(ctx context.Context, r io.Reader) (s wav.Sound, err error) {
	f, err := os.CreateTemp("", "recording-") // MP4 keeps its index at the end: it must be sought in
	if err != nil {
		return s, fault.New(fault.Internal, "internal").Because(err)
	}
	defer os.Remove(f.Name())
	n, err := io.Copy(f, io.LimitReader(r, MaxRecordingBytes+1))
	err = errors.Join(err, f.Close())
	if err != nil {
		return s, fault.New(fault.Internal, "internal").Because(err)
	}
	if n > MaxRecordingBytes {
		return s, fault.New(fault.TooLarge, "speech.recording_too_large", fault.Args{"limit": MaxRecordingBytes >> 20})
	}
	head := make([]byte, 12)
	if g, err := os.Open(f.Name()); err == nil {
		n, _ := io.ReadFull(g, head)
		head = head[:n]
		_ = g.Close()
	}
	container := demuxer(head)
	if container == "" {
		return s, fault.New(fault.Invalid, "speech.recording_format")
	}
	err = pipe(ctx, nil, func(out io.Reader) (err error) {
		s, err = wav.Read(out, (MaxRecordingSeconds+recordingGrace)*recordingRate)
		return err
	}, "ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1",
		"-protocol_whitelist", "file", "-f", container, "-i", "file:"+f.Name(),
		"-map", "0:a:0", "-vn", "-sn", "-dn", "-ac", "1", "-ar", strconv.Itoa(recordingRate),
		"-t", strconv.Itoa(MaxRecordingSeconds+recordingGrace+1), "-c:a", "pcm_s16le", "-f", "wav", "pipe:1")
	switch {
	case errors.Is(err, wav.ErrTooLong):
		return s, fault.New(fault.TooLarge, "speech.recording_too_long", fault.Args{"limit": MaxRecordingSeconds / 60})
	case fault.Is(err, "speech.engine_failed"), errors.Is(err, wav.ErrNotWAV), errors.Is(err, wav.ErrBroken):
		// ffmpeg is there and did not like it: the file is at fault.
		return s, fault.New(fault.Invalid, "speech.recording_format").Because(err)
	}
	return s, err
}

// How much of a file is played to find out whether it can be, and the least that counts.
const (
	probeSeconds = 60
	probeRate    = 8000 // Hz
	leastSound   = probeRate / 20
)

var containers = map[string]string{"audio/mpeg": "mp3", "audio/wav": "wav", "audio/ogg": "ogg"}

// probe plays the beginning of a file into nothing.
func probe(ctx context.Context, mime string, file []byte) error {
	var bytesPlayed int64
	err := pipe(ctx, bytes.NewReader(file), func(out io.Reader) (err error) {
		bytesPlayed, err = io.Copy(io.Discard, out)
		return err
	}, "ffmpeg", "-hide_banner", "-loglevel", "error", "-threads", "1", "-protocol_whitelist", "pipe", "-f", containers[mime], "-i", "pipe:0",
		"-map", "0:a:0", "-vn", "-sn", "-dn", "-ac", "1", "-ar", strconv.Itoa(probeRate), "-t", strconv.Itoa(probeSeconds), "-f", "s16le", "pipe:1")
	if fault.Is(err, "speech.engine_failed") || err == nil && bytesPlayed < 2*leastSound {
		// ffmpeg is there and did not like it: the file is at fault.
		return fault.Bad("file", "speech.not_sound").Because(err)
	}
	return err
}
