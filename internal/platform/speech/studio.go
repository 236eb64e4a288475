package speech

import (
	"context"
	"encoding/hex"
	"io"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emmansun/gmsm/sm3"
	"github.com/tongsheng/tongsheng/engine/quality"
	"github.com/tongsheng/tongsheng/engine/quality/wav"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// MaxText is the longest text, in characters.
const MaxText = 2000

const (
	patience = 60 * time.Second // for one clip, waiting for a free place included
	atOnce   = 2                // clips made at the same time
)

// Studio makes clips. It may be used by many at once; two clips are made at a time.
type Studio struct {
	engine Engine
	places chan struct{}
}

// New returns a studio that speaks with command, or with espeak-ng when it is empty.
func New(command []string) *Studio {
	s := &Studio{engine: Espeak{}, places: make(chan struct{}, atOnce)}
	if len(command) > 0 {
		s.engine = Command(command)
	}
	return s
}

// Missing lists the faults (speech.engine_missing) of programs that are not installed,
// for the start-up log and the health page.
func (s *Studio) Missing() []error {
	programs := []string{"espeak-ng", "ffmpeg"}
	if c, ok := s.engine.(Command); ok {
		programs[0] = c[0]
	}
	var missing []error
	for _, p := range programs {
		if _, err := find(p); err != nil {
			missing = append(missing, err)
		}
	}
	return missing
}

// Order says what to say and how.
type Order struct {
	Text   string
	Lang   i18n.Lang
	Words  *Dictionary // nil means Default
	Signal Signal
	Format Format
}

// Clip is finished sound, mono, at −24 LKFS with a true peak of at most −2 dBTP, both
// measured before MP3 or Opus coding.
type Clip struct {
	Data     []byte
	MIME     string
	Format   Format
	Duration time.Duration
	Loudness float64 // LKFS
	TruePeak float64 // dBTP
	SM3      string  // digest of Data, 64 hexadecimal digits
	Spoken   string  // the text as it is read aloud; empty for a recording
}

// Say turns a text into a clip.
func (s *Studio) Say(ctx context.Context, o Order) (Clip, error) {
	text := strings.TrimSpace(strings.ToValidUTF8(o.Text, ""))
	if text == "" {
		return Clip{}, fault.New(fault.Invalid, "speech.text_empty")
	}
	if n := utf8.RuneCountInString(text); n > MaxText {
		return Clip{}, fault.New(fault.TooLarge, "speech.text_too_long", fault.Args{"limit": MaxText, "length": n})
	}
	var words []Word
	spoken := English(text)
	if o.Lang == i18n.Chinese {
		dictionary := o.Words
		if dictionary == nil {
			dictionary = Default()
		}
		spoken = Chinese(text)
		words = dictionary.Split(spoken)
	} else {
		words = []Word{{Text: spoken}}
	}
	clip, err := s.make(ctx, o.Signal, o.Format, func(ctx context.Context) (wav.Sound, error) {
		return s.engine.Speak(ctx, o.Lang, words)
	})
	clip.Spoken = spoken
	if fault.Is(err, "speech.recording_silent") {
		err = fault.New(fault.Invalid, "speech.text_empty") // nothing in it can be said: "……"
	}
	return clip, err
}

// Record turns a recording made in a browser into a clip.
func (s *Studio) Record(ctx context.Context, r io.Reader, signal Signal, format Format) (Clip, error) {
	return s.make(ctx, signal, format, func(ctx context.Context) (wav.Sound, error) { return decode(ctx, r) })
}

func (s *Studio) make(ctx context.Context, signal Signal, format Format, source func(context.Context) (wav.Sound, error)) (Clip, error) {
	if !signal.Known() || format != Auto && mimes[format] == "" {
		return Clip{}, fault.New(fault.Invalid, "speech.order", fault.Args{"signal": signal, "format": format})
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	case <-ctx.Done():
		return Clip{}, fault.New(fault.Limited, "speech.busy").Because(ctx.Err())
	}
	sound, err := source(ctx)
	if err != nil {
		return Clip{}, err
	}
	sound = mono(sound)
	sound.Samples = trim(sound.Samples, sound.Rate)
	level, err := master(&sound, signal)
	if err != nil {
		return Clip{}, err
	}
	clip := Clip{
		Duration: time.Duration(sound.Seconds() * float64(time.Second)).Round(time.Millisecond),
		Loudness: level.Loudness,
		TruePeak: level.TruePeak,
	}
	if clip.Data, clip.Format, err = encode(ctx, sound, format); err != nil {
		return Clip{}, err
	}
	clip.MIME = mimes[clip.Format]
	digest := sm3.Sum(clip.Data)
	clip.SM3 = hex.EncodeToString(digest[:])
	return clip, nil
}

// master brings the voice to the target, sets the signal and a breath before it, and
// brings the whole to the target again, since the gate weighs both.
func master(s *wav.Sound, signal Signal) (quality.Level, error) {
	if short := s.Rate/2 - len(s.Samples); short > 0 {
		// One syllable is shorter than the 400 ms that loudness is defined over.
		s.Samples = append(s.Samples[:len(s.Samples):len(s.Samples)], make([]float32, short)...)
	}
	n, err := quality.Normalise(s.Samples, s.Rate, 1, quality.TargetLoudness, quality.PeakCeiling)
	if err != nil || math.IsInf(n.Before.Loudness, -1) {
		return quality.Level{}, fault.New(fault.Invalid, "speech.recording_silent").Because(err)
	}
	if signal == NoSignal {
		return n.After, nil
	}
	whole := append(signal.tone(s.Rate), make([]float32, s.Rate*2/5)...)
	s.Samples = append(whole, s.Samples...)
	n, err = quality.Normalise(s.Samples, s.Rate, 1, quality.TargetLoudness, quality.PeakCeiling)
	return n.After, err
}

// mono mixes all channels to one.
func mono(s wav.Sound) wav.Sound {
	if s.Channels == 1 {
		return s
	}
	for f := range s.Frames() {
		sum := float32(0)
		for _, v := range s.Samples[f*s.Channels : (f+1)*s.Channels] {
			sum += v
		}
		s.Samples[f] = sum / float32(s.Channels)
	}
	s.Samples, s.Channels = s.Samples[:s.Frames()], 1
	return s
}

// trim takes silence off both ends: windows of 10 ms more than 40 dB below the loudest
// one. A little is left so that no first consonant and no last vowel is cut.
func trim(samples []float32, rate int) []float32 {
	window := max(rate/100, 1)
	energy := make([]float64, 0, len(samples)/window+1)
	loudest := 0.0
	for at := 0; at < len(samples); at += window {
		sum := 0.0
		for _, v := range samples[at:min(at+window, len(samples))] {
			sum += float64(v) * float64(v)
		}
		energy = append(energy, sum)
		loudest = max(loudest, sum)
	}
	first, last := 0, len(energy)-1
	for first < last && energy[first] <= loudest*1e-4 {
		first++
	}
	for last > first && energy[last] <= loudest*1e-4 {
		last--
	}
	from := max(first-5, 0) * window
	to := min((last+1+20)*window, len(samples))
	return samples[from:to]
}
