package terminal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/engine/quality/wav"
	"github.com/tongsheng/tongsheng/engine/wire"
)

// Commands are the programs a loudspeaker plays through. Each is split at spaces and
// run without a shell; words in braces are filled in. An empty one is not used.
//
// A command that somebody gave is believed when it ends well, however soon: it may hand the
// sound on. The programs known here return when the sound is over, so one of them that is
// back far too early was not heard: without a sound device ffplay and espeak-ng end as if
// all were well.
type Commands struct {
	Play    string    // {file} {volume} {from}; plays whatever a platform may send
	Players []Program // used where Play is empty: those that know the kind of sound, until one plays it
	Speak   string    // {voice} {amplitude}; the text comes on standard input
	Mixer   string    // {volume}; run before each pass
	Capture string    // {seconds} {file}; records a WAV file
	Tune    string    // {source} {volume}; sounds a broadcast off the air until it is told to end

	speakKnown bool // Speak is the program known here
}

// Program is a player and the kinds of sound that it knows.
type Program struct {
	Command string   // {file} {volume}, and {from} in seconds where it can begin within a sound
	Types   []string // MIME types without parameters; none: all
	Mute    string   // what it prints when it has no sound device, though it ends well
	Streams bool     // it plays what comes over the network
	given   bool     // it was not chosen here
}

// players are the programs known to play, the most able first. aplay sends whatever it
// does not know to the horn as if it were samples: an MP3 becomes noise, and it still
// ends as if all were well. So it is given nothing but WAV.
var players = []Program{
	{Command: "ffplay -nodisp -autoexit -loglevel error -volume {volume} -ss {from} {file}", Streams: true, Mute: "audio open failed"},
	{Command: "mpv --no-config --no-video --no-terminal --volume={volume} --start={from} {file}", Streams: true},
	{Command: "mpg123 -q {file}", Streams: true, Types: []string{"audio/mpeg", "audio/mp3"}},
	{Command: "aplay -q {file}", Types: []string{"audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"}},
}

func (p Program) plays(kind string) bool {
	base, _, _ := strings.Cut(kind, ";") // parameters, such as the codec, follow
	return len(p.Types) == 0 || slices.Contains(p.Types, strings.ToLower(strings.TrimSpace(base)))
}

// programs are those that play a kind of sound, the most able first.
func (c *Commands) programs(kind string) (list []Program) {
	if c.Play != "" {
		return []Program{{Command: c.Play, given: true}}
	}
	for _, p := range c.Players {
		if p.plays(kind) {
			list = append(list, p)
		}
	}
	return list
}

// FindCommands fills the empty ones with what is installed; "none" keeps one empty.
func (c Commands) FindCommands() Commands {
	find := func(given string, known ...string) string {
		if given == "none" {
			return ""
		}
		if given != "" {
			return given
		}
		for _, k := range known {
			if _, err := exec.LookPath(strings.Fields(k)[0]); err == nil {
				return k
			}
		}
		return ""
	}
	if c.Play == "" {
		for _, p := range players {
			if find("", p.Command) != "" {
				c.Players = append(c.Players, p)
			}
		}
	}
	return Commands{
		Play:    find(c.Play),
		Players: c.Players,
		Speak:   find(c.Speak, "espeak-ng -v {voice} -a {amplitude} --stdin"), speakKnown: c.Speak == "",
		Mixer:   find(c.Mixer, "amixer -q sset Master {volume}%"),
		Capture: find(c.Capture, "arecord -q -f S16_LE -r 8000 -c 1 -t wav -d {seconds} {file}"),
		Tune:    find(c.Tune),
	}
}

// loudspeaker is the player of a real device.
type loudspeaker struct {
	commands Commands
	media    *media
	mic      *microphone // nil without one
	scratch  folder      // for the test tone
	log      *slog.Logger

	mu    sync.Mutex
	fault bool // the last pass failed in the player
}

// Play implements Player: every language in turn, from the signed audio if it can be
// had and played, else spoken by the device from the signed text.
func (l *loudspeaker) Play(ctx context.Context, o *wire.Order, cue Cue, begun func(wire.Source)) Outcome {
	if l.commands.Mixer != "" {
		if _, err := run(ctx, l.commands.Mixer, "", "{volume}", strconv.Itoa(cue.Volume)); err != nil {
			l.log.Warn("the mixer failed", "error", err)
		}
	}
	var recording <-chan *wire.Heard
	start := func(src wire.Source) {
		begun(src)
		if recording == nil && l.mic != nil {
			recording = l.mic.record(ctx, o)
		}
	}
	var end Outcome
	switch {
	case o.Kind == wire.Test:
		end.Reason = l.tone(ctx, o, cue.Volume, start)
	case o.Relay != "":
		end.Reason = l.relay(ctx, o.Relay, cue, start)
	default:
		end = l.message(ctx, o, cue, start)
	}
	if ctx.Err() == nil { // a pass that was cut short says nothing of the player
		l.mu.Lock()
		l.fault = end.Reason == wire.PlayerFailed
		l.mu.Unlock()
	}
	if recording != nil {
		end.Heard = <-recording
	}
	return end
}

// message plays each language of o once, but for what was heard of it before. It fails only
// if none could be heard; the source is that of the first that was.
func (l *loudspeaker) message(ctx context.Context, o *wire.Order, cue Cue, begun func(wire.Source)) (end Outcome) {
	volume := cue.Volume
	for _, lang := range languages(o) {
		reason, src := wire.AudioMissing, wire.FromAudio
		if a := audioIn(o, lang); a != nil {
			length := time.Duration(a.Millis) * time.Millisecond
			if cue.From >= length {
				cue.From -= length
				end.Source = wire.FromAudio
				continue
			}
			reason = l.audio(ctx, a, cue, begun)
			cue.From = 0
		}
		if reason != wire.Accepted && ctx.Err() == nil {
			if t := textIn(o, lang); t != nil && l.commands.Speak != "" {
				reason, src = l.speech(ctx, t, volume, begun), wire.FromSpeech
			}
		}
		switch {
		case end.Source != "":
		case reason == wire.Accepted:
			end = Outcome{Source: src}
		default:
			end.Reason = reason
		}
	}
	return end
}

func (l *loudspeaker) audio(ctx context.Context, a *wire.Audio, cue Cue, begun func(wire.Source)) wire.Reason {
	path, err := l.media.file(ctx, a)
	if errors.Is(err, errCorrupt) {
		return wire.AudioCorrupt
	}
	if err != nil {
		l.log.Warn("audio not fetched", "path", a.Path, "error", err)
		return wire.AudioMissing
	}
	return l.sound(ctx, a.MIME, path, time.Duration(a.Millis)*time.Millisecond, cue, func() { begun(wire.FromAudio) })
}

// sound plays a file with the first program that can. One that cannot begin within a sound
// plays all of it.
func (l *loudspeaker) sound(ctx context.Context, mime, path string, length time.Duration, cue Cue, begun func()) wire.Reason {
	programs := l.commands.programs(mime)
	if len(programs) == 0 {
		l.log.Warn("nothing here plays this kind of sound", "mime", mime)
	}
	for _, p := range programs {
		begun()
		rest := length
		if strings.Contains(p.Command, "{from}") {
			rest -= cue.From
		}
		half := time.AfterFunc(rest/2, func() {})
		out, err := run(ctx, p.Command, "", "{file}", path, "{volume}", strconv.Itoa(cue.Volume), "{from}", seconds(cue.From))
		early := half.Stop()
		switch {
		case ctx.Err() != nil:
			return wire.PlayerFailed
		case err != nil:
			l.log.Warn("the player failed", "error", err)
		case !p.given && (early || p.Mute != "" && strings.Contains(out, p.Mute)):
			l.log.Warn("the player was not heard", "command", p.Command, "length", length, "output", tail(out))
		default:
			return wire.Accepted
		}
	}
	return wire.PlayerFailed
}

// speech speaks a text by itself.
func (l *loudspeaker) speech(ctx context.Context, t *wire.Text, volume int, begun func(wire.Source)) wire.Reason {
	begun(wire.FromSpeech)
	text := t.Title + "\n" + t.Body + "\n"
	least := time.AfterFunc(leastSpoken(text), func() {})
	out, err := run(ctx, l.commands.Speak, text, "{voice}", voice(t.Lang), "{amplitude}", strconv.Itoa(volume*2))
	early := least.Stop()
	switch {
	case err != nil:
		l.log.Warn("speech failed", "error", err)
	case l.commands.speakKnown && early:
		l.log.Warn("speech was not heard", "output", tail(out))
	default:
		return wire.Accepted
	}
	return wire.PlayerFailed
}

// leastSpoken is less than any language takes to be spoken: 15 ms for each byte of its
// letters. At its usual pace espeak-ng takes 134 in Chinese, 57 in English, 31 in Russian.
func leastSpoken(text string) (d time.Duration) {
	for _, r := range text {
		if unicode.IsLetter(r) {
			d += time.Duration(utf8.RuneLen(r)) * 15 * time.Millisecond
		}
	}
	return d
}

// tail is the end of what a program printed, where it says why it stopped.
func tail(out string) string { return out[max(0, len(out)-300):] }

// tone plays 1 kHz at −20 dB below what the volume gives, so that a test does not
// alarm the village.
func (l *loudspeaker) tone(ctx context.Context, o *wire.Order, volume int, begun func(wire.Source)) wire.Reason {
	const rate = 16000
	s := wav.Sound{Rate: rate, Channels: 1, Samples: make([]float32, rate*o.ToneMillis/1000)}
	edge := min(len(s.Samples)/2, rate/50) // 20 ms of fading, so that it does not click
	for i := range s.Samples {
		fade := min(1, float64(min(i, len(s.Samples)-1-i))/float64(edge))
		s.Samples[i] = float32(0.1 * fade * math.Sin(2*math.Pi*1000*float64(i)/rate))
	}
	var b strings.Builder
	if err := wav.Write(&b, s, 16); err != nil {
		return wire.PlayerFailed
	}
	if err := l.scratch.write("tone.wav", []byte(b.String())); err != nil {
		return wire.PlayerFailed
	}
	return l.sound(ctx, "audio/wav", l.scratch.path("tone.wav"), time.Duration(o.ToneMillis)*time.Millisecond, Cue{Volume: volume}, func() { begun(wire.FromTone) })
}

// faults are the words a heartbeat says about this player.
func (l *loudspeaker) faults() (f []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fault || l.commands.Play == "" && len(l.commands.Players) == 0 && l.commands.Speak == "" {
		f = append(f, "player")
	}
	if l.mic != nil && l.mic.failed() {
		f = append(f, "microphone")
	}
	return f
}

// run runs a command line with its words in braces replaced and returns what it printed. A
// program that ends because ctx did is no error of its own: the caller looks at ctx.
func run(ctx context.Context, line, input string, fill ...string) (string, error) {
	words := strings.Fields(line)
	r := strings.NewReplacer(fill...)
	for i := range words {
		words[i] = r.Replace(words[i])
	}
	if len(words) == 0 {
		return "", errors.New("no command")
	}
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 300 * time.Millisecond // then it is killed: the higher rank is waiting
	cmd.Stdin = strings.NewReader(input)
	var out printed
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", words[0], err, tail(out.String()))
	}
	return out.String(), err
}

// printed keeps the beginning and the end of what a program prints: a relay may last for a day.
type printed struct{ first, last []byte }

// maxPrinted bounds each of them, bytes.
const maxPrinted = 32 << 10

func (p *printed) Write(b []byte) (int, error) {
	n := min(len(b), maxPrinted-len(p.first))
	p.first = append(p.first, b[:n]...)
	p.last = append(p.last, b[n:]...)
	p.last = p.last[max(len(p.last)-maxPrinted, 0):]
	return len(b), nil
}

func (p *printed) String() string { return string(p.first) + string(p.last) }

// languages lists the languages of o in the order in which they are played.
func languages(o *wire.Order) (all []string) {
	seen := map[string]bool{}
	add := func(lang string) {
		if !seen[lang] {
			seen[lang] = true
			all = append(all, lang)
		}
	}
	for _, t := range o.Texts {
		add(t.Lang)
	}
	for _, a := range o.Audio {
		add(a.Lang)
	}
	return all
}

func audioIn(o *wire.Order, lang string) *wire.Audio {
	for i := range o.Audio {
		if o.Audio[i].Lang == lang {
			return &o.Audio[i]
		}
	}
	return nil
}

func textIn(o *wire.Order, lang string) *wire.Text {
	for i := range o.Texts {
		if o.Texts[i].Lang == lang {
			return &o.Texts[i]
		}
	}
	return nil
}

// voice is espeak-ng's name for a BCP 47 language.
func voice(lang string) string {
	primary, _, _ := strings.Cut(strings.ToLower(lang), "-")
	switch primary {
	case "zh", "cmn":
		return "cmn"
	case "yue":
		return "yue"
	}
	return primary
}
