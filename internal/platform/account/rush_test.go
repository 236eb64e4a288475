package account

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Guesses sent all at once are judged no further than guesses sent one by one.
func TestManyGuessesAtOnceAreCountedOneByOne(t *testing.T) {
	each(t, func(h *house) {
		var (
			judged atomic.Int64
			ready  sync.WaitGroup
			done   sync.WaitGroup
		)
		const guesses = 4 * freeByName
		ready.Add(guesses)
		h.hasher.slots = make(chan struct{}, guesses)
		for range guesses {
			done.Go(func() {
				ready.Done()
				ready.Wait()
				_, err := h.SignIn(context.Background(), "amy", "wrong", Visit{})
				switch {
				case fault.Is(err, "account.credentials_wrong"):
					judged.Add(1)
				case !fault.Is(err, "account.locked"):
					t.Error(err)
				}
			})
		}
		done.Wait()
		if n := judged.Load(); n != freeByName+1 {
			t.Errorf("%d guesses were judged, want %d", n, freeByName+1)
		}
		if n := len(h.records("account.sign_in_failed")); n != freeByName+1 {
			t.Errorf("%d failures recorded", n)
		}
	})
}

// Of two steps taken from one place only the first counts.
func TestAStepIsTakenOnce(t *testing.T) {
	each(t, func(h *house) {
		ctx, b := context.Background(), h.password("amy")
		s, found, err := sessionByToken(ctx, h.DB, digest(b.token()))
		if err != nil || !found {
			t.Fatal(found, err)
		}
		step := func(next state) error {
			_, kept := newToken()
			return h.DB.Housekeep(ctx, func(tx *store.Tx) error { return advance(ctx, tx, s, next, kept, tx.Now) })
		}
		if err := step(wantsPassword); err != nil {
			t.Fatal(err)
		}
		if err := step(signedIn); !fault.Is(err, "account.session.over") {
			t.Errorf("the second step: %v", err)
		}
		s.state = wantsPassword // the state is right, the token is of the step before
		if err := step(signedIn); !fault.Is(err, "account.session.over") {
			t.Errorf("with the earlier token: %v", err)
		}
	})
}
