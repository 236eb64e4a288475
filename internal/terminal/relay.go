package terminal

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
)

// A relay that breaks off is taken up again, after pauses that grow. It is away when it broke
// off so often in a row, each time before it had sounded for long.
const (
	relayTries = 5
	relayLong  = 20 * time.Second // longer than a player takes to give up a stream that is silent
	relayShort = time.Second      // a recording that stands for a programme lasts longer
)

var relayPause = 2 * time.Second // five times that at most

// relay sounds a programme until the order's end: a tuned broadcast by the tuner, all else by
// the first player that takes streams. One that is away has failed at once where it was never
// had; else it may come back, and has failed if it is still away at the end.
func (l *loudspeaker) relay(ctx context.Context, source string, cue Cue, begun func(wire.Source)) wire.Reason {
	program := Program{Command: l.commands.Tune, given: true}
	if !wire.Tuned(source) {
		program = l.commands.streamer()
	}
	if program.Command == "" {
		l.log.Warn("nothing here plays this programme", "source", source)
		return wire.PlayerFailed
	}
	address := source
	if strings.HasPrefix(source, "/") {
		address = l.media.base + source
	}
	over, stop := context.WithTimeout(ctx, cue.Left)
	defer stop()
	sounded := false
	for tries := 1; ; tries++ {
		begun(wire.FromAudio)
		long, short := time.AfterFunc(relayLong, func() {}), time.AfterFunc(relayShort, func() {})
		out, err := run(over, program.Command, "", "{file}", address, "{source}", source, "{volume}", strconv.Itoa(cue.Volume), "{from}", "0")
		early, heard := long.Stop(), !short.Stop() && !(program.Mute != "" && strings.Contains(out, program.Mute))
		if !early || err == nil && (heard || program.given) { // what ended well was a recording, and begins again
			tries, sounded = 0, true
		}
		away := tries >= relayTries
		if over.Err() == nil {
			l.log.Warn("the programme broke off", "source", source, "error", err, "output", tail(out))
			if (sounded || !away) && sleep(over, relayPause*time.Duration(max(1, min(tries, relayTries)))) {
				continue
			}
		}
		if away {
			return wire.PlayerFailed
		}
		return wire.Accepted
	}
}

// streamer is the program that plays a stream; without a command where there is none.
func (c *Commands) streamer() Program {
	if c.Play != "" {
		return Program{Command: c.Play, given: true}
	}
	for _, p := range c.Players {
		if p.Streams {
			return p
		}
	}
	return Program{}
}

// seconds writes a duration as players take it.
func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }
