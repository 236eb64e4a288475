package quality

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"os"

	"github.com/tongsheng/tongsheng/engine/quality/wav"
	"pgregory.net/rapid"
)

// part is a stretch of a test signal: a sine of one level (dBFS) in chosen channels.
type part struct {
	seconds, level float64
}

func sine(rate, channels int, hz float64, parts ...part) []float32 {
	var out []float32
	n := 0
	for _, p := range parts {
		for range int(p.seconds * float64(rate)) {
			v := float32(amplitude(p.level) * math.Sin(2*math.Pi*hz*float64(n)/float64(rate)))
			for range channels {
				out = append(out, v)
			}
			n++
		}
	}
	return out
}

// The table printed in BS.1770-5 Annex 1 (tables 1 and 2) for 48 kHz.
func TestKWeightingMatchesTheRecommendation(t *testing.T) {
	shelf, pass := kWeight(48000)
	got := []float64{shelf.b0, shelf.b1, shelf.b2, shelf.a1, shelf.a2, pass.b0, pass.b1, pass.b2, pass.a1, pass.a2}
	want := []float64{1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585,
		1, -2, 1, -1.99004745483398, 0.99007225036621}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-8 {
			t.Errorf("coefficient %d: %.12f, want %.12f", i, got[i], want[i])
		}
	}
}

// EBU Tech 3341 v4 table 1, the cases that are sines: stereo, 1 kHz, ±0.1 LU.
func TestIntegratedLoudnessOfEBUTech3341(t *testing.T) {
	cases := []struct {
		name  string
		parts []part
		want  float64
	}{
		{"1", []part{{20, -23}}, -23},
		{"2", []part{{20, -33}}, -33},
		{"3", []part{{10, -36}, {60, -23}, {10, -36}}, -23},
		{"4", []part{{10, -72}, {10, -36}, {60, -23}, {10, -36}, {10, -72}}, -23},
		{"5", []part{{20, -26}, {20.1, -20}, {20, -26}}, -23},
	}
	for _, c := range cases {
		for _, rate := range []int{8000, 11025, 22050, 44100, 48000, 96000} {
			if rate != 22050 && c.name != "1" {
				continue // the gates are the same at every rate
			}
			got, err := Measure(sine(rate, 2, 1000, c.parts...), rate, 2)
			if err != nil || math.Abs(got.Loudness-c.want) > 0.1 {
				t.Errorf("case %s at %d Hz: %.3f LUFS, want %.1f (%v)", c.name, rate, got.Loudness, c.want, err)
			}
		}
	}
}

// EBU Tech 3341 case 6: 5.0 with a level of its own in each channel makes −23 LUFS.
func TestSurroundWeights(t *testing.T) {
	const rate = 48000
	levels := []float64{-28, -28, -24, math.Inf(-1), -30, -30} // L R C LFE Ls Rs
	out := make([]float32, 0, 20*rate*6)
	for n := range 20 * rate {
		for _, l := range levels {
			out = append(out, float32(amplitude(l)*math.Sin(2*math.Pi*1000*float64(n)/rate)))
		}
	}
	got, _ := Measure(out, rate, 6)
	if math.Abs(got.Loudness+23) > 0.1 {
		t.Errorf("5.0: %.3f LUFS, want -23", got.Loudness)
	}
	for i := 3; i < len(out); i += 6 {
		out[i] = 0.5 // the LFE must not count
	}
	if again, _ := Measure(out, rate, 6); again.Loudness != got.Loudness {
		t.Errorf("LFE changed loudness from %.3f to %.3f", got.Loudness, again.Loudness)
	}
}

func TestMomentaryAndShortTerm(t *testing.T) {
	m, _ := NewMeter(48000, 2)
	m.Write(sine(48000, 2, 1000, part{4, -40}))
	m.Write(sine(48000, 2, 1000, part{0.4, -20}))
	if v := m.Momentary(); math.Abs(v+20) > 0.1 {
		t.Errorf("momentary %.2f, want -20", v)
	}
	if v := m.ShortTerm(); v < -30 || v > -27.5 { // 0.4 s of 3 s: −20 − 8.75
		t.Errorf("short-term %.2f, want about -28.7", v)
	}
}

// EBU Tech 3341 cases 15–18: sines whose samples miss the crest; +0.2/−0.4 dB.
func TestTruePeakBetweenSamples(t *testing.T) {
	const rate = 48000
	for _, c := range []struct{ divisor, degrees, samplePeak float64 }{
		{4, 0, -6}, {4, 45, -9.03}, {6, 60, -7.27}, {8, 67.5, -6.7},
	} {
		out := make([]float32, rate)
		for n := range out {
			out[n] = float32(0.5 * math.Sin(2*math.Pi*float64(n)/c.divisor+c.degrees*math.Pi/180))
		}
		for n := range rate / 20 { // without the click of a sudden start and end
			g := float32(n) / (rate / 20)
			out[n] *= g
			out[len(out)-1-n] *= g
		}
		got, _ := Measure(out, rate, 1)
		if got.TruePeak > -6+0.2 || got.TruePeak < -6.02-0.4 {
			t.Errorf("fs/%g at %g°: %.2f dBTP, want -6", c.divisor, c.degrees, got.TruePeak)
		}
	}
}

func TestSilenceAndShortSounds(t *testing.T) {
	for _, s := range [][]float32{nil, make([]float32, 48000), sine(48000, 1, 1000, part{0.3, -10})} {
		got, err := Measure(s, 48000, 1)
		if err != nil || !math.IsInf(got.Loudness, -1) {
			t.Errorf("%d samples: %v, %v", len(s), got, err)
		}
		if n, err := Normalise(s, 48000, 1, -24, -2); err != nil || n.Gain != 0 {
			t.Errorf("%d samples: normalised by %v, %v", len(s), n, err)
		}
	}
	for _, bad := range [][2]int{{48000, 0}, {48000, 7}, {100, 1}, {1 << 30, 2}} {
		if _, err := NewMeter(bad[0], bad[1]); err != ErrLayout {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

// speechlike is noise in bursts with clicks: a high ratio of peak to loudness.
func speechlike(rate int, seconds, crest float64, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	out := make([]float32, int(float64(rate)*seconds))
	for i := range out {
		env := 0.5 + 0.5*math.Sin(2*math.Pi*4*float64(i)/float64(rate))
		out[i] = float32(0.05 * env * r.NormFloat64())
		if r.IntN(rate/5) == 0 {
			out[i] = float32(0.05 * crest)
		}
	}
	return out
}

func TestNormaliseReachesTargetUnderCeiling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.SampledFrom([]int{16000, 22050, 48000}).Draw(t, "rate")
		crest := rapid.Float64Range(1, 14).Draw(t, "crest")
		level := rapid.Float64Range(-30, 3).Draw(t, "level")
		s := speechlike(rate, 0.8, crest, rapid.Uint64().Draw(t, "seed"))
		scale(s, level)
		n, err := Normalise(s, rate, 1, TargetLoudness, PeakCeiling)
		if err != nil {
			t.Fatal(err)
		}
		after, _ := Measure(s, rate, 1)
		if after.TruePeak > PeakCeiling+0.01 {
			t.Fatalf("true peak %.3f dBTP: %+v", after.TruePeak, n)
		}
		if n.Reduction < maxLimiting-0.1 && math.Abs(after.Loudness-TargetLoudness) > 0.3 {
			t.Fatalf("loudness %.2f: %+v", after.Loudness, n)
		}
		if math.Abs(after.Loudness-n.After.Loudness) > 0.05 || math.Abs(after.TruePeak-n.After.TruePeak) > 0.05 {
			t.Fatalf("claims %+v, is %+v", n.After, after)
		}
	})
}

// A peak elsewhere must not change what is far from it: the limiter works locally.
func TestLimiterLeavesTheRestAlone(t *testing.T) {
	const rate = 48000
	s := sine(rate, 1, 440, part{2, -12})
	s[rate] = 1.4
	before := append([]float32(nil), s...)
	limit(s, rate, 1, -2)
	for i := range s {
		if i < rate-rate/100 && s[i] != before[i] {
			t.Fatalf("sample %d, %.1f ms before the peak, changed", i, float64(rate-i)*1000/rate)
		}
		if i > rate*3/2 && math.Abs(float64(s[i]-before[i])) > 0.002 {
			t.Fatalf("sample %d, half a second after the peak, still held", i)
		}
	}
}

var (
	ebuI    = regexp.MustCompile(`(?s)Integrated loudness:\s+I:\s+(-?[\d.]+) LUFS`)
	ebuPeak = regexp.MustCompile(`(?s)True peak:\s+Peak:\s+(-?[\d.]+) dBFS`)
)

// ffmpeg's ebur128 is the peer: the same files must measure the same to its 0.1 LU.
func TestAgainstFFmpeg(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("SKIPPED: ffmpeg is not installed, loudness was not compared with ebur128")
	}
	for _, c := range []struct{ rate, channels int }{{22050, 1}, {44100, 2}, {48000, 2}, {48000, 6}} {
		t.Run(fmt.Sprint(c.rate, "x", c.channels), func(t *testing.T) {
			mono := append(speechlike(c.rate, 4, 9, 7), sine(c.rate, 1, 300, part{3, -30}, part{2, -15})...)
			s := wav.Sound{Rate: c.rate, Channels: c.channels}
			for i, v := range mono {
				for ch := range c.channels {
					s.Samples = append(s.Samples, v*float32(math.Cos(float64(i)/9000+float64(ch))))
				}
			}
			var file bytes.Buffer
			if err := wav.Write(&file, s, 24); err != nil {
				t.Fatal(err)
			}
			name := filepath.Join(t.TempDir(), "a.wav")
			if err := os.WriteFile(name, file.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			filter := "ebur128=peak=true"
			if c.channels == 6 {
				filter = "channelmap=channel_layout=5.1," + filter
			}
			out, err := exec.Command(ffmpeg, "-nostdin", "-hide_banner", "-i", name, "-filter:a", filter, "-f", "null", "-").CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			got, _ := Measure(s.Samples, c.rate, c.channels)
			for what, pair := range map[string][2]float64{
				"loudness":  {got.Loudness, last(t, ebuI, out)},
				"true peak": {got.TruePeak, last(t, ebuPeak, out)},
			} {
				if math.Abs(pair[0]-pair[1]) > 0.16 {
					t.Errorf("%s: %.2f here, %.2f by ffmpeg", what, pair[0], pair[1])
				}
			}
		})
	}
}

func last(t *testing.T, re *regexp.Regexp, out []byte) float64 {
	m := re.FindAllSubmatch(out, -1)
	if len(m) == 0 {
		t.Fatalf("no figure in ffmpeg's output:\n%s", out)
	}
	v, err := strconv.ParseFloat(string(m[len(m)-1][1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func BenchmarkMeter(b *testing.B) {
	s := sine(48000, 2, 1000, part{1, -20})
	m, _ := NewMeter(48000, 2)
	for b.Loop() {
		m.Write(s)
	}
}
