package wav

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func encode(t testing.TB, s Sound, bits int) []byte {
	var b bytes.Buffer
	if err := Write(&b, s, bits); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.SampledFrom([]int{16, 24, 32}).Draw(t, "bits")
		s := Sound{
			Rate:     rapid.IntRange(minRate, maxRate).Draw(t, "rate"),
			Channels: rapid.IntRange(1, 6).Draw(t, "channels"),
		}
		for range rapid.IntRange(0, 50).Draw(t, "frames") * s.Channels {
			s.Samples = append(s.Samples, rapid.Float32Range(-1, 1).Draw(t, "sample"))
		}
		var b bytes.Buffer
		if err := Write(&b, s, bits); err != nil {
			t.Fatal(err)
		}
		if b.Len()%2 != 0 || int(binary.LittleEndian.Uint32(b.Bytes()[4:])) != b.Len()-8 {
			t.Fatal("RIFF length does not fit the file")
		}
		got, err := Read(&b, 50)
		if err != nil || got.Rate != s.Rate || got.Channels != s.Channels || len(got.Samples) != len(s.Samples) {
			t.Fatalf("%v: %+v", err, got)
		}
		for i := range got.Samples {
			if d := math.Abs(float64(got.Samples[i] - s.Samples[i])); d > 1.01/float64(int64(1)<<(bits-1))+1e-7 {
				t.Fatalf("sample %d off by %g at %d bits", i, d, bits)
			}
		}
	})
}

func TestReadRefuses(t *testing.T) {
	good := encode(t, Sound{48000, 2, make([]float32, 200)}, 16)
	edit := func(change func(b []byte) []byte) []byte { return change(bytes.Clone(good)) }
	cases := map[string]struct {
		file []byte
		want error
	}{
		"empty":          {nil, ErrNotWAV},
		"MP3":            {[]byte("ID3\x04 something else entirely"), ErrNotWAV},
		"cut head":       {good[:30], ErrBroken},
		"cut data":       {good[:100], ErrBroken},
		"8 bits":         {edit(func(b []byte) []byte { b[34] = 8; return b }), ErrUnsupported},
		"A-law":          {edit(func(b []byte) []byte { b[20] = 6; return b }), ErrUnsupported},
		"no channels":    {edit(func(b []byte) []byte { b[22] = 0; return b }), ErrBroken},
		"block mismatch": {edit(func(b []byte) []byte { b[32] = 9; return b }), ErrBroken},
		"data first":     {edit(func(b []byte) []byte { copy(b[12:], "data"); return b }), ErrBroken},
		"huge tag": {edit(func(b []byte) []byte {
			copy(b[36:], "LIST\xff\xff\xff\x70")
			return b
		}), ErrBroken},
	}
	for name, c := range cases {
		if _, err := Read(bytes.NewReader(c.file), 1000); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := Read(bytes.NewReader(good), 99); !errors.Is(err, ErrTooLong) {
		t.Errorf("100 frames of 99: %v", err)
	}
}

// espeak-ng writes 0x7FFFF000 and ffmpeg 0xFFFFFFFF as the length when piped.
func TestReadStreamedLength(t *testing.T) {
	for _, size := range []uint32{0, 0x7FFFF000, math.MaxUint32} {
		b := encode(t, Sound{22050, 1, make([]float32, 100)}, 16)
		binary.LittleEndian.PutUint32(b[40:], size)
		if s, err := Read(bytes.NewReader(b), 100); err != nil || s.Frames() != 100 {
			t.Errorf("size %#x: %v, %d frames", size, err, s.Frames())
		}
		if _, err := Read(bytes.NewReader(b), 99); !errors.Is(err, ErrTooLong) {
			t.Errorf("size %#x over the limit: %v", size, err)
		}
	}
}

func TestReadSkipsTagsAndReadsFloatAndExtensible(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("RIFF\x00\x00\x00\x00WAVELIST\x03\x00\x00\x00abc\x00fmt \x28\x00\x00\x00")
	f := make([]byte, 40)
	le := binary.LittleEndian
	le.PutUint16(f, formatExtensible)
	le.PutUint16(f[2:], 1)
	le.PutUint32(f[4:], 48000)
	le.PutUint16(f[12:], 4)
	le.PutUint16(f[14:], 32)
	le.PutUint16(f[24:], formatFloat)
	b.Write(f)
	b.WriteString("data\x0c\x00\x00\x00")
	for _, v := range []float32{0.5, -0.25, float32(math.NaN())} {
		b.Write(le.AppendUint32(nil, math.Float32bits(v)))
	}
	s, err := Read(&b, 10)
	if err != nil || len(s.Samples) != 3 || s.Samples[0] != 0.5 || s.Samples[1] != -0.25 || s.Samples[2] != 0 {
		t.Errorf("%v %+v", err, s)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(encode(f, Sound{48000, 2, make([]float32, 20)}, 16))
	f.Add(encode(f, Sound{8000, 1, []float32{1, -1, 0.5}}, 24))
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVEfmt "))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Read(bytes.NewReader(b), 1000)
		if err != nil {
			return
		}
		if s.Frames() > 1000 || len(s.Samples)%s.Channels != 0 {
			t.Fatalf("%d frames, %d samples, %d channels", s.Frames(), len(s.Samples), s.Channels)
		}
		again, err := Read(bytes.NewReader(encode(t, s, 32)), 1000)
		if err != nil || len(again.Samples) != len(s.Samples) {
			t.Fatalf("what was read cannot be written and read again: %v", err)
		}
	})
}
