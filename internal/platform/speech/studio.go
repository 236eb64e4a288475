package speech

import (
	"bytes"
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
	patience  = 3 * time.Minute // for one clip, waiting for a free place included: five minutes of voice take half a minute
	urgent    = 2               // clips made at the same time of what is about to be sent
	listening = 1               // and of what is only listened to
)

// Studio makes clips. It may be used by many at once: a few clips are made at a time, and
// people take turns. What is about to be sent never waits behind what is listened to.
type Studio struct {
	engine            Engine
	urgent, listening *lane
}

// New returns a studio that speaks with command, or with espeak-ng when it is empty.
func New(command []string) *Studio {
	s := &Studio{engine: Espeak{}, urgent: newLane(urgent), listening: newLane(listening)}
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
	Urgent bool // it is about to be sent: it does not wait behind what is only listened to
}

// Clip is finished sound, mono, at −24 LKFS with a true peak of at most −2 dBTP, both
// measured before MP3 coding.
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
	spoken, words := read(text, o.Lang, o.Words)
	clip, err := s.make(ctx, s.lane(o.Urgent), o.Signal, o.Format, func(ctx context.Context) (wav.Sound, error) {
		return s.engine.Speak(ctx, o.Lang, words)
	})
	clip.Spoken = spoken
	if fault.Is(err, "speech.recording_silent") {
		err = fault.New(fault.Invalid, "speech.text_empty") // nothing in it can be said: "……"
	}
	return clip, err
}

func (s *Studio) lane(sent bool) *lane {
	if sent {
		return s.urgent
	}
	return s.listening
}

// read writes a text as it is read aloud, and splits it into words.
func read(text string, lang i18n.Lang, dictionary *Dictionary) (spoken string, words []Word) {
	if lang != i18n.Chinese {
		spoken = English(text)
		return spoken, []Word{{Text: spoken}}
	}
	if dictionary == nil {
		dictionary = Default()
	}
	spoken = Chinese(text)
	return spoken, dictionary.Split(spoken)
}

// Recording is a person's voice and how to finish it.
type Recording struct {
	Sound         io.Reader
	Signal        Signal
	Format        Format
	Before, After string // said by the engine around the voice; empty for nothing
	Lang          i18n.Lang
	Words         *Dictionary // nil means Default
	Urgent        bool        // it is about to be sent: it does not wait behind what is only listened to
}

// Record turns a recording, of a browser or what came with a message, into a clip.
func (s *Studio) Record(ctx context.Context, o Recording) (Clip, error) {
	return s.make(ctx, s.lane(o.Urgent), o.Signal, o.Format, func(ctx context.Context) (wav.Sound, error) {
		voice, err := decode(ctx, o.Sound)
		if err != nil || o.Before == "" && o.After == "" {
			return voice, err
		}
		return s.frame(ctx, voice, o)
	})
}

// frame puts what the engine says before and after a voice, all equally loud and a breath
// apart.
func (s *Studio) frame(ctx context.Context, voice wav.Sound, o Recording) (wav.Sound, error) {
	if err := level(&voice); err != nil {
		return voice, err
	}
	breath := make([]float32, voice.Rate*3/5)
	lines := [2][]float32{}
	for i, text := range []string{o.Before, o.After} {
		if text == "" {
			continue
		}
		line, err := s.line(ctx, text, o)
		if err != nil {
			return voice, err
		}
		lines[i] = line.Samples
	}
	var whole []float32
	for i, part := range [][]float32{lines[0], voice.Samples, lines[1]} {
		if len(part) > 0 && i > 0 && len(whole) > 0 {
			whole = append(whole, breath...)
		}
		whole = append(whole, part...)
	}
	voice.Samples = whole
	return voice, nil
}

// line is one line said by the engine, at the rate of recordings.
func (s *Studio) line(ctx context.Context, text string, o Recording) (wav.Sound, error) {
	_, words := read(text, o.Lang, o.Words)
	said, err := s.engine.Speak(ctx, o.Lang, words)
	if err != nil {
		return said, err
	}
	var file bytes.Buffer
	if err := wav.Write(&file, said, 16); err != nil {
		return said, fault.New(fault.Internal, "internal").Because(err)
	}
	if said, err = decode(ctx, &file); err != nil {
		return said, err
	}
	return said, level(&said)
}

// level trims a stretch of voice and brings it to the target by itself.
func level(s *wav.Sound) error {
	*s = mono(*s)
	s.Samples = trim(s.Samples, s.Rate)
	_, err := master(s, NoSignal)
	return err
}

// Plays reports whether a file of this type, MP3, WAV or Ogg, holds sound that can be
// played. It waits for a place as somebody who listens does.
func (s *Studio) Plays(ctx context.Context, mime string, file []byte) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	leave, err := s.listening.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return probe(ctx, mime, file)
}

func (s *Studio) make(ctx context.Context, lane *lane, signal Signal, format Format, source func(context.Context) (wav.Sound, error)) (Clip, error) {
	if !signal.Known() || format != Auto && mimes[format] == "" {
		return Clip{}, fault.New(fault.Invalid, "speech.order", fault.Args{"signal": signal, "format": format})
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	leave, err := lane.enter(ctx)
	if err != nil {
		return Clip{}, err
	}
	defer leave()
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
