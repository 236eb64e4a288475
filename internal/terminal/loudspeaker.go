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

	"github.com/tongsheng/tongsheng/engine/quality/wav"
	"github.com/tongsheng/tongsheng/engine/wire"
)

// Commands are the programs a loudspeaker plays through. Each is split at spaces and
// run without a shell; words in braces are filled in. An empty one is not used.
type Commands struct {
	Play    string    // {file} {volume}; plays whatever a platform may send
	Players []Program // used where Play is empty: the first that knows the kind of sound
	Speak   string    // {voice} {amplitude}; the text comes on standard input
	Mixer   string    // {volume}; run before each pass
	Capture string    // {seconds} {file}; records a WAV file
}

// Program is a player and the kinds of sound that it knows.
type Program struct {
	Command string   // {file} {volume}
	Types   []string // MIME types without parameters; none: all
}

// players are the programs known to play, the most able first. aplay sends whatever it
// does not know to the horn as if it were samples: an MP3 becomes noise, and it still
// ends as if all were well. So it is given nothing but WAV.
var players = []Program{
	{Command: "ffplay -nodisp -autoexit -loglevel error -volume {volume} {file}"},
	{Command: "mpv --no-config --no-video --no-terminal --volume={volume} {file}"},
	{Command: "mpg123 -q {file}", Types: []string{"audio/mpeg", "audio/mp3"}},
	{Command: "aplay -q {file}", Types: []string{"audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"}},
}

func (p Program) plays(kind string) bool {
	base, _, _ := strings.Cut(kind, ";") // parameters, such as the codec, follow
	return len(p.Types) == 0 || slices.Contains(p.Types, strings.ToLower(strings.TrimSpace(base)))
}

// player is the command that plays a kind of sound; empty if there is none.
func (c *Commands) player(kind string) string {
	if c.Play != "" {
		return c.Play
	}
	for _, p := range c.Players {
		if p.plays(kind) {
			return p.Command
		}
	}
	return ""
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
		Speak:   find(c.Speak, "espeak-ng -v {voice} -a {amplitude} --stdin"),
		Mixer:   find(c.Mixer, "amixer -q sset Master {volume}%"),
		Capture: find(c.Capture, "arecord -q -f S16_LE -r 8000 -c 1 -t wav -d {seconds} {file}"),
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
func (l *loudspeaker) Play(ctx context.Context, o *wire.Order, volume int, begun func(wire.Source)) Outcome {
	if l.commands.Mixer != "" {
		if err := run(ctx, l.commands.Mixer, "", "{volume}", strconv.Itoa(volume)); err != nil {
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
	var reason wire.Reason
	if o.Kind == wire.Test {
		reason = l.tone(ctx, o, volume, start)
	} else {
		reason = l.message(ctx, o, volume, start)
	}
	l.mu.Lock()
	l.fault = reason == wire.PlayerFailed
	l.mu.Unlock()
	end := Outcome{Reason: reason}
	if recording != nil {
		end.Heard = <-recording
	}
	return end
}

// message plays each language of o once. It fails only if none could be heard.
func (l *loudspeaker) message(ctx context.Context, o *wire.Order, volume int, begun func(wire.Source)) wire.Reason {
	var worst wire.Reason
	heard := false
	for _, lang := range languages(o) {
		reason := wire.AudioMissing
		if a := audioIn(o, lang); a != nil {
			reason = l.audio(ctx, a, volume, begun)
		}
		if reason != wire.Accepted && ctx.Err() == nil {
			if t := textIn(o, lang); t != nil && l.commands.Speak != "" {
				begun(wire.FromSpeech)
				err := run(ctx, l.commands.Speak, t.Title+"\n"+t.Body+"\n", "{voice}", voice(lang), "{amplitude}", strconv.Itoa(volume*2))
				if err == nil {
					reason = wire.Accepted
				} else {
					l.log.Warn("speech failed", "error", err)
					reason = wire.PlayerFailed
				}
			}
		}
		if reason == wire.Accepted {
			heard = true
		} else {
			worst = reason
		}
	}
	if heard {
		return wire.Accepted
	}
	return worst
}

func (l *loudspeaker) audio(ctx context.Context, a *wire.Audio, volume int, begun func(wire.Source)) wire.Reason {
	path, err := l.media.file(ctx, a)
	if errors.Is(err, errCorrupt) {
		return wire.AudioCorrupt
	}
	if err != nil {
		l.log.Warn("audio not fetched", "path", a.Path, "error", err)
		return wire.AudioMissing
	}
	player := l.commands.player(a.MIME)
	if player == "" {
		l.log.Warn("nothing here plays this kind of sound", "mime", a.MIME)
		return wire.PlayerFailed
	}
	begun(wire.FromAudio)
	if err := run(ctx, player, "", "{file}", path, "{volume}", strconv.Itoa(volume)); err != nil {
		l.log.Warn("the player failed", "error", err)
		return wire.PlayerFailed
	}
	return wire.Accepted
}

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
	player := l.commands.player("audio/wav")
	if player == "" {
		return wire.PlayerFailed
	}
	begun(wire.FromTone)
	if err := run(ctx, player, "", "{file}", l.scratch.path("tone.wav"), "{volume}", strconv.Itoa(volume)); err != nil {
		return wire.PlayerFailed
	}
	return wire.Accepted
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

// run runs a command line with its words in braces replaced. A program that ends
// because ctx did is no error of its own: the caller looks at ctx.
func run(ctx context.Context, line, input string, fill ...string) error {
	words := strings.Fields(line)
	r := strings.NewReplacer(fill...)
	for i := range words {
		words[i] = r.Replace(words[i])
	}
	if len(words) == 0 {
		return errors.New("no command")
	}
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 300 * time.Millisecond // then it is killed: the higher rank is waiting
	cmd.Stdin = strings.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %.200s", words[0], err, out)
	}
	return nil
}

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
