package asset

import (
	"slices"
	"time"
)

// A terminal that comes back may repeat everything the platform has not confirmed, so
// the burst is wide; the rate is far above what a healthy terminal says.
const (
	frameRate  = 10  // a second
	frameBurst = 400 // at once
	// maxExcess is how many frames over its allowance a terminal may send before its
	// connection is ended: refusing each costs little, but it would go on for ever.
	maxExcess = 1000
)

// Judging a password costs a signature check, and codes can be guessed. A terminal on a
// bad line connects again every few seconds at worst. A whole city may come back at once
// from one address, so connections are counted by code; and by address within it, so that
// a stranger who tries its code does not keep it out. Where it was last admitted from
// counts apart; of all other addresses together more is judged than of one, but not
// everything.
const (
	knockRate    = 1. / 3 // a second, of one address
	knockBurst   = 20     // at once
	strangeRate  = 5      // of all but the terminal's last
	strangeBurst = 200
	// maxKnockers is how many other addresses are told apart. The one that has been silent
	// longest makes room, and is new when it comes again.
	maxKnockers = 16
)

// A sample is up to a megabyte that is kept for half a year. A terminal that comes back
// after a cut may bring those of the day; one that sends more than it can have played only
// fills the disk.
const (
	sampleRate  = 1. / 180 // a second
	sampleBurst = 20       // at once
)

// knocker is an address that a terminal's code is tried from.
type knocker struct {
	address string
	allowance
}

// allowance is what may be done at once, filled again by time; new, it is full.
type allowance struct {
	left   float64
	filled int64 // when, UTC microseconds
}

// take uses up one, if one is left.
func (a *allowance) take(now time.Time, rate, burst float64) bool {
	a.left = min(burst, a.left+rate*float64(now.UnixMicro()-a.filled)/1e6)
	a.filled = now.UnixMicro()
	if a.left < 1 {
		return false
	}
	a.left--
	return true
}

// hear takes a frame from the device's allowance. The caller holds mu.
func (l *line) hear(now time.Time) bool {
	if !l.frames.take(now, frameRate, frameBurst) {
		l.excess++
		return false
	}
	if l.frames.left >= frameBurst-1 {
		l.excess = 0
	}
	return true
}

// bring takes a sample from the device's allowance.
func (l *line) bring(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.samples.take(now, sampleRate, sampleBurst)
}

// knock takes a connection from an address from the device's allowance for it.
func (l *line) knock(now time.Time, address string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if address == l.home {
		return l.knocks.take(now, knockRate, knockBurst)
	}
	at := slices.IndexFunc(l.knockers, func(k knocker) bool { return k.address == address })
	if at < 0 {
		if at = len(l.knockers); at == maxKnockers {
			at = 0
			for i := range l.knockers {
				if l.knockers[i].filled < l.knockers[at].filled {
					at = i
				}
			}
			l.knockers[at] = knocker{address: address}
		} else {
			l.knockers = append(l.knockers, knocker{address: address})
		}
	}
	return l.knockers[at].take(now, knockRate, knockBurst) && l.strange.take(now, strangeRate, strangeBurst)
}
