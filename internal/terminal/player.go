package terminal

import (
	"context"
	"errors"
	"hash/fnv"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
)

// Player makes the sound of one pass of a message, or of a test tone.
type Player interface {
	// Play sounds o as the cue says until the pass is over or ctx ends. It calls begun once,
	// when sound begins, and says where the sound comes from.
	Play(ctx context.Context, o *wire.Order, cue Cue, begun func(wire.Source)) Outcome
}

// Cue is how a pass is played.
type Cue struct {
	Volume int           // 0–100
	From   time.Duration // how much of the sound was heard before it was interrupted
	Left   time.Duration // until the order's end, for a relay
}

// Outcome is how a pass went.
type Outcome struct {
	Reason wire.Reason // Accepted when it was played to the end
	Source wire.Source // what was heard in the end; empty: as begun said
	Heard  *wire.Heard // nil without a microphone
}

// timed is a player without sound: it takes the time that the message takes. The
// simulator uses it; what it "hears" is set by the fault mix.
type timed struct {
	speed float64 // times faster than real
	fault Fault
	level float64       // dBFS that its microphone would show
	start time.Duration // from the order to the first sound: an amplifier wakes, a decoder fills
	media func() *media
}

// Play implements Player. The audio is fetched and its digest checked as by a real
// device, once for the whole process.
func (p *timed) Play(ctx context.Context, o *wire.Order, cue Cue, begun func(wire.Source)) Outcome {
	if p.fault == Failing {
		return Outcome{Reason: wire.PlayerFailed}
	}
	length, src := spokenFor(o)
	length = max(length-cue.From, 0)
	if o.Relay != "" {
		length, src = cue.Left, wire.FromAudio
	}
	for i := range o.Audio {
		switch _, err := p.media().file(ctx, &o.Audio[i]); {
		case err == nil:
		case errors.Is(err, errCorrupt):
			return Outcome{Reason: wire.AudioCorrupt}
		case len(o.Texts) == 0:
			return Outcome{Reason: wire.AudioMissing}
		default:
			src = wire.FromSpeech
		}
	}
	if !sleep(ctx, time.Duration(float64(p.start)/p.speed)) {
		return Outcome{}
	}
	begun(src)
	if !sleep(ctx, time.Duration(float64(length)/p.speed)) {
		return Outcome{}
	}
	switch p.fault {
	case Deaf:
		return Outcome{}
	case Silent:
		return Outcome{Heard: &wire.Heard{DBFS: -71}}
	}
	return Outcome{Heard: &wire.Heard{DBFS: p.level}}
}

// spokenFor is how long one pass of an order takes: as its audio says, or for text
// alone at four characters a second, the pace of a Chinese announcer.
func spokenFor(o *wire.Order) (time.Duration, wire.Source) {
	if o.Kind == wire.Test {
		return time.Duration(o.ToneMillis) * time.Millisecond, wire.FromTone
	}
	ms := 0
	for _, a := range o.Audio {
		ms += a.Millis
	}
	if ms > 0 {
		return time.Duration(ms) * time.Millisecond, wire.FromAudio
	}
	for _, t := range o.Texts {
		ms += 250 * len([]rune(t.Body))
	}
	return time.Duration(ms) * time.Millisecond, wire.FromSpeech
}

// sleep waits for d and reports whether it was not cut short.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// share places a name on [0, 1), the same on every run with the same seed.
func share(seed uint64, name, about string) float64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(about + "\x00" + name))
	x := h.Sum64() ^ seed*0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9 // splitmix64, so that near names fall apart
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return float64((x^x>>31)>>11) / (1 << 53)
}
