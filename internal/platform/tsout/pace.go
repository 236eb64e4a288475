package tsout

import (
	"context"
	"fmt"
	"io"
	"math/bits"
	"net"
	"time"

	"github.com/tongsheng/tongsheng/engine/mpegts"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

// Datagram is how many bytes are sent at a time: seven packets, the most that fit the
// 1500 bytes of an Ethernet frame.
const Datagram = 7 * mpegts.PacketSize

// tooFarBehind is when a schedule is given up instead of caught up with: a receiver's
// buffer holds no second of a burst.
const tooFarBehind = time.Second

// Report says how a stream went out. Late is how long after its time a datagram was
// sent, which a receiver sees as jitter.
type Report struct {
	Datagrams int64
	Lost      int64 // that the network did not take
	Restarts  int64 // the schedule began anew, because it was a second behind
	LateMost  time.Duration
	lateSum   time.Duration
	late      [32]int64 // by the power of two of microseconds
}

// LateMean is how late datagrams were on average.
func (r *Report) LateMean() time.Duration {
	if r.Datagrams == 0 {
		return 0
	}
	return r.lateSum / time.Duration(r.Datagrams)
}

// LateShare is a bound, at most twice too high, that the share of datagrams kept to, as
// 0.99 for the 99th percentile.
func (r *Report) LateShare(share float64) time.Duration {
	var n int64
	for i, c := range r.late {
		if n += c; float64(n) >= share*float64(r.Datagrams) {
			return min(r.LateMost, time.Microsecond<<i)
		}
	}
	return r.LateMost
}

func (r *Report) add(late time.Duration) {
	late = max(late, 0)
	r.Datagrams++
	r.LateMost, r.lateSum = max(r.LateMost, late), r.lateSum+late
	r.late[min(bits.Len64(uint64(late.Microseconds())), len(r.late)-1)]++
}

// Pace sends what next writes into a whole datagram, each at its time, at rate bits per
// second, until ctx ends, which is no error, or w fails. A datagram that the network does
// not take, because nobody listens, say, is counted and not sent again. next returns how
// much it wrote; less than a datagram is the end of the stream.
func Pace(ctx context.Context, clk clock.Clock, w io.Writer, rate int64, next func([]byte) int) (Report, error) {
	var r Report
	if rate <= 0 || rate > mpegts.MaxRate {
		return r, fmt.Errorf("tsout: a rate of %d bit/s", rate)
	}
	_, network := w.(net.Conn)
	buf := make([]byte, Datagram)
	timer := time.NewTimer(0)
	defer timer.Stop()
	start, sent := clk.Now(), int64(0)
	for {
		due := start.Add(at(sent, rate))
		timer.Reset(due.Sub(clk.Now())) // a time that is over fires at once
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		if ctx.Err() != nil { // also where a datagram is due at the same time
			return r, nil
		}
		late := clk.Now().Sub(due)
		if late > tooFarBehind {
			start, sent, late = clk.Now(), 0, 0
			r.Restarts++
		}
		n := next(buf)
		if n == 0 {
			return r, nil
		}
		if _, err := w.Write(buf[:n]); err != nil {
			if !network {
				return r, fmt.Errorf("tsout: %w", err)
			}
			r.Lost++
		}
		r.add(late)
		sent++
		if n < len(buf) {
			return r, nil
		}
	}
}

// at is when datagram n is due after the first.
func at(n, rate int64) time.Duration {
	hi, lo := bits.Mul64(uint64(n), Datagram*8*uint64(time.Second))
	q, _ := bits.Div64(hi, lo, uint64(rate))
	return time.Duration(q)
}
