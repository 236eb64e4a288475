package account

import (
	"context"
	"time"

	"github.com/go-chi/httprate"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Failures are counted under the user name that was tried, whether or not somebody has
// it. After a few free ones each further failure doubles the wait, up to the longest.
//
// One count under a name would do against guessing, but whoever knows a duty officer's
// name could then fail once an hour and keep them out on the night they are needed. So a
// name is counted for each address apart. However many addresses guess, there is a bound
// for the name as well, and for an address however many names it tries. Neither concerns
// a browser in which that person has signed in before: it has a count of its own, which
// nobody else can use up.
const (
	freeByName     = 4  // of a name from one address, or in a browser that is known
	freeAnywhere   = 99 // of a name from all addresses
	freeByAddress  = 19 // of all names from one address
	firstWait      = time.Minute
	longestWait    = time.Hour
	forgetFailures = 24 * time.Hour
	browserLife    = 180 * 24 * time.Hour // a browser not signed in with for so long is a stranger
)

type attempt struct {
	name string // what failures are counted under
	free int64
}

// countsOf is what everything counted under a user name begins with; what follows is before "~". What was typed as a
// user name is kept as a digest only: people type passwords there.
func countsOf(username string) string { return "user:" + digest(fold(username)) }

// attempts are what a sign-in counts under; a success forgets the first. The browser is
// the digest of what its cookie holds.
func attempts(ctx context.Context, q store.Queryer, username, browser string) ([]attempt, error) {
	name := countsOf(username)
	known, err := signedInWith(ctx, q, browser, fold(username))
	if err != nil || known {
		return []attempt{{name + "#" + browser, freeByName}}, err
	}
	address := httprate.CanonicalizeIP(auth.Who(ctx).Address) // an IPv6 caller holds a /64
	return []attempt{{name + "@" + address, freeByName}, {name, freeAnywhere}, {"address:" + address, freeByAddress}}, nil
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
