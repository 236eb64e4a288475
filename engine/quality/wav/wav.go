// Package wav reads and writes RIFF WAVE files: integer PCM of 16, 24 or 32 bits and
// 32-bit float, plain or WAVE_FORMAT_EXTENSIBLE (Microsoft, Multimedia Data Standards
// Update, 1994). It reads from a stream and takes no more than it is allowed.
package wav

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Sound is decoded audio: interleaved samples, full scale being ±1.
type Sound struct {
	Rate     int // Hz
	Channels int
	Samples  []float32
}

// Frames is the number of samples per channel.
func (s Sound) Frames() int { return len(s.Samples) / max(s.Channels, 1) }

// Seconds is the duration.
func (s Sound) Seconds() float64 { return float64(s.Frames()) / float64(max(s.Rate, 1)) }

// The faults of Read; each may be wrapped with what was found.
var (
	ErrNotWAV      = errors.New("wav: not a RIFF WAVE file")
	ErrUnsupported = errors.New("wav: only PCM of 16, 24 or 32 bits and 32-bit float are read")
	ErrTooLong     = errors.New("wav: longer than allowed")
	ErrBroken      = errors.New("wav: the file is cut off or contradicts itself")
)

const (
	formatPCM        = 1
	formatFloat      = 3
	formatExtensible = 0xFFFE

	maxChannels = 8
	minRate     = 1_000
	maxRate     = 384_000
	maxOther    = 1 << 20 // bytes in one chunk that is skipped: tags, cues, pictures

	// A program that writes to a pipe cannot know the length. It writes 0xFFFFFFFF, 0 or
	// something near 2 GiB (espeak-ng: 0x7FFFF000), and the data go on to the end.
	streamed = 0x7FFF0000
)

type format struct {
	code     uint16
	channels int
	rate     int
	bits     int
}

// Read decodes a WAV file of at most maxFrames samples per channel.
func Read(r io.Reader, maxFrames int) (Sound, error) {
	br := bufio.NewReaderSize(r, 32<<10)
	var head [12]byte
	if _, err := io.ReadFull(br, head[:]); err != nil || string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return Sound{}, ErrNotWAV
	}
	var f *format
	for {
		var chunk [8]byte
		if _, err := io.ReadFull(br, chunk[:]); err != nil {
			return Sound{}, fmt.Errorf("%w: no data chunk", ErrBroken)
		}
		id, size := string(chunk[:4]), int64(binary.LittleEndian.Uint32(chunk[4:]))
		switch {
		case id == "data":
			if f == nil {
				return Sound{}, fmt.Errorf("%w: data before format", ErrBroken)
			}
			return f.read(br, size, maxFrames)
		case id == "fmt " && f == nil && size >= 16 && size <= 64:
			body := make([]byte, size+size%2)
			if _, err := io.ReadFull(br, body); err != nil {
				return Sound{}, fmt.Errorf("%w: format chunk", ErrBroken)
			}
			var err error
			if f, err = parseFormat(body[:size]); err != nil {
				return Sound{}, err
			}
		case id == "fmt " || size > maxOther:
			return Sound{}, fmt.Errorf("%w: chunk %q of %d bytes", ErrBroken, id, size)
		default:
			if _, err := br.Discard(int(size + size%2)); err != nil {
				return Sound{}, fmt.Errorf("%w: chunk %q", ErrBroken, id)
			}
		}
	}
}

func parseFormat(b []byte) (*format, error) {
	le := binary.LittleEndian
	f := &format{le.Uint16(b), int(le.Uint16(b[2:])), int(le.Uint32(b[4:])), int(le.Uint16(b[14:]))}
	if f.code == formatExtensible && len(b) >= 26 {
		f.code = le.Uint16(b[24:]) // the sub-format GUID begins with the old code
	}
	known := f.code == formatPCM && (f.bits == 16 || f.bits == 24 || f.bits == 32) ||
		f.code == formatFloat && f.bits == 32
	if !known {
		return nil, fmt.Errorf("%w: format %d, %d bits", ErrUnsupported, f.code, f.bits)
	}
	if f.channels < 1 || f.channels > maxChannels || f.rate < minRate || f.rate > maxRate ||
		int(le.Uint16(b[12:])) != f.channels*f.bits/8 {
		return nil, fmt.Errorf("%w: %d channels at %d Hz", ErrBroken, f.channels, f.rate)
	}
	return f, nil
}

func (f *format) read(r io.Reader, size int64, maxFrames int) (Sound, error) {
	frame := int64(f.channels * f.bits / 8)
	known := size > 0 && size < streamed
	allowed := int64(maxFrames) * frame
	if known && size > allowed {
		return Sound{}, ErrTooLong
	}
	want := allowed + 1 // one byte more shows that a streamed file is too long
	if known {
		want = size
	}
	s := Sound{Rate: f.rate, Channels: f.channels}
	r = io.LimitReader(r, want)
	buf := make([]byte, frame*4096)
	got := int64(0)
	for {
		n, err := io.ReadFull(r, buf)
		got += int64(n)
		if got > allowed {
			return Sound{}, ErrTooLong
		}
		s.Samples = f.decode(s.Samples, buf[:int64(n)-int64(n)%frame])
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			return Sound{}, fmt.Errorf("wav: %w", err)
		}
	}
	if known && got < size {
		return Sound{}, fmt.Errorf("%w: %d of %d bytes", ErrBroken, got, size)
	}
	return s, nil
}

func (f *format) decode(to []float32, b []byte) []float32 {
	le := binary.LittleEndian
	for step := f.bits / 8; len(b) >= step; b = b[step:] {
		var v float32
		switch {
		case f.code == formatFloat:
			if v = math.Float32frombits(le.Uint32(b)); v != v || v > 8 || v < -8 {
				v = 0 // NaN and absurd values would poison every sum after them
			}
		case f.bits == 16:
			v = float32(int16(le.Uint16(b))) / (1 << 15)
		case f.bits == 24:
			v = float32(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)>>8) / (1 << 23)
		default:
			v = float32(float64(int32(le.Uint32(b))) / (1 << 31))
		}
		to = append(to, v)
	}
	return to
}

// Write encodes s as integer PCM of 16, 24 or 32 bits. What lies beyond full scale is
// clipped. It returns ErrUnsupported for other depths or a sound of 2 GiB or more.
func Write(w io.Writer, s Sound, bits int) error {
	width := bits / 8
	size := int64(len(s.Samples)) * int64(width)
	if bits != 16 && bits != 24 && bits != 32 || s.Channels < 1 || s.Channels > maxChannels || size >= streamed {
		return fmt.Errorf("%w: %d bits, %d channels, %d bytes", ErrUnsupported, bits, s.Channels, size)
	}
	le := binary.LittleEndian
	head := append(make([]byte, 0, 44), "RIFF"...)
	head = le.AppendUint32(head, uint32(36+size+size%2))
	head = append(head, "WAVEfmt "...)
	head = le.AppendUint32(head, 16)
	head = le.AppendUint16(head, formatPCM)
	head = le.AppendUint16(head, uint16(s.Channels))
	head = le.AppendUint32(head, uint32(s.Rate))
	head = le.AppendUint32(head, uint32(s.Rate*s.Channels*width))
	head = le.AppendUint16(head, uint16(s.Channels*width))
	head = le.AppendUint16(head, uint16(bits))
	head = append(head, "data"...)
	head = le.AppendUint32(head, uint32(size))
	bw := bufio.NewWriterSize(w, 32<<10)
	bw.Write(head)
	full := float64(int64(1) << (bits - 1))
	for _, x := range s.Samples {
		v := int32(math.Round(min(max(float64(x)*full, -full), full-1)))
		var b [4]byte
		le.PutUint32(b[:], uint32(v))
		bw.Write(b[:width])
	}
	if size%2 == 1 {
		bw.WriteByte(0)
	}
	return bw.Flush()
}
