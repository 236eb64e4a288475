package account

import (
	"context"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Failures are counted under the user name that was tried, whether or not somebody has
// it, and under the address. After a few free ones each further failure doubles the wait.
// The wait is never for ever: else whoever knows a duty officer's name could keep them
// out on the night they are needed.
const (
	freeByName     = 4
	freeByAddress  = 19
	firstWait      = time.Minute
	longestWait    = time.Hour
	forgetFailures = 24 * time.Hour
)

type attempt struct {
	name string // what failures are counted under
	free int64
}

// attempts are what a sign-in counts under. What was typed as a user name is kept as a
// digest only: people type passwords there.
func attempts(username, address string) []attempt {
	return []attempt{{"user:" + digest(fold(username)), freeByName}, {"address:" + address, freeByAddress}}
}

func wait(failures, free int64) time.Duration {
	if failures <= free {
		return 0
	}
	if over := failures - free - 1; over < 6 {
		return min(firstWait<<over, longestWait)
	}
	return longestWait
}

// admitted refuses while a wait lasts.
func admitted(ctx context.Context, q store.Queryer, now time.Time, names []attempt) error {
	var longest time.Duration
	for _, a := range names {
		until, err := lockedUntil(ctx, q, a.name)
		if err != nil {
			return err
		}
		longest = max(longest, until.Sub(now))
	}
	if longest > 0 {
		return fault.New(fault.Limited, "account.locked", fault.Args{"minutes": int((longest + time.Minute - 1) / time.Minute)})
	}
	return nil
}

// failed counts a failure under every name and sets the waits.
func failed(ctx context.Context, tx *store.Tx, names []attempt) error {
	for _, a := range names {
		failures, err := countAttempt(ctx, tx, a.name)
		if err != nil {
			return err
		}
		if w := wait(failures, a.free); w > 0 {
			if err := lockUntil(ctx, tx, a.name, tx.Now.Add(w)); err != nil {
				return err
			}
		}
	}
	return nil
}
