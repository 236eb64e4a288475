package delivery

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// story draws receipts that a terminal may send, in any order.
var story = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) wire.Receipt {
	r := wire.Receipt{Version: rapid.IntRange(1, 4).Draw(t, "version"), At: rapid.Int64Range(1000, 1010).Draw(t, "at"),
		Phase:  rapid.SampledFrom([]wire.Phase{wire.Received, wire.Queued, wire.Playing, wire.Interrupted, wire.Resumed, wire.Played, wire.Failed, wire.Refused, wire.CancelledAt}).Draw(t, "phase"),
		Reason: rapid.SampledFrom([]wire.Reason{"", wire.Replayed, wire.Cancelled, wire.PlayerFailed}).Draw(t, "reason")}
	if r.Phase != wire.Refused && r.Phase != wire.Failed {
		r.Reason = "" // as the language has it: one phase at one time has one reason
	} else {
		r.At = 2000 + int64(len(r.Reason))
	}
	if r.Phase == wire.Played && rapid.Bool().Draw(t, "heard") {
		r.Heard = &wire.Heard{DBFS: []float64{-20, -71}[(r.Version+int(r.At))%2]} // one sample has one level
	}
	return r
}), 1, 12)

var shown = cmpopts.IgnoreUnexported(Track{})

func TestOrderOfReceiptsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		receipts := story.Draw(t, "receipts")
		merge := func(list []wire.Receipt) Track {
			tr := Track{Device: "d", CancelVersion: 3}
			tr.Order(2, 900)
			for i := range list {
				tr.Take(&list[i], list[i].At)
			}
			return tr
		}
		want := merge(receipts)
		shuffled := append(rapid.Permutation(receipts).Draw(t, "shuffled"), rapid.SliceOfN(rapid.SampledFrom(receipts), 0, 5).Draw(t, "again")...)
		if diff := cmp.Diff(want, merge(shuffled), shown); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestKnowsOnlyWhatAddsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := Track{Device: "d", CancelVersion: 3}
		tr.Order(2, 900)
		for _, r := range story.Draw(t, "receipts") {
			if tr.Knows(&r, r.At) {
				before := tr
				tr.Take(&r, r.At)
				after := tr
				if diff := cmp.Diff(before, after, shown); diff != "" {
					t.Fatal(diff)
				}
				continue
			}
			tr.Take(&r, r.At)
		}
	})
}

// Two processes that saw different receipts write the same row, whichever writes last.
func TestRowsMergeAsTracksDo(t *testing.T) {
	eachDB(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		ctx := context.Background()
		thread := int64(0)
		rapid.Check(t, func(rt *rapid.T) {
			thread++
			mine, theirs := story.Draw(rt, "mine"), story.Draw(rt, "theirs")
			whole := Track{Device: "d"}
			var parts [2]Track
			for i, list := range [][]wire.Receipt{mine, theirs} {
				parts[i].Device = "d"
				for k := range list {
					parts[i].Take(&list[k], list[k].At)
					whole.Take(&list[k], list[k].At)
				}
			}
			err := db.Housekeep(ctx, func(tx *store.Tx) error {
				for _, p := range parts {
					if err := upsertTracks(ctx, tx, thread, []Track{p}, 1); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				rt.Fatal(err)
			}
			rows, err := store.Collect(ctx, db, func(r *sql.Rows) (*Track, error) { return scanTrack(r) }, `SELECT `+trackColumns+` FROM alert_delivery WHERE thread = $1`, thread)
			if err != nil || len(rows) != 1 {
				rt.Fatal(len(rows), err)
			}
			got := *rows[0]
			if diff := cmp.Diff(whole, got, shown); diff != "" {
				rt.Fatal(diff)
			}
		})
	})
}

func TestPausesGrowAndEnd(t *testing.T) {
	last := time.Duration(0)
	for n := 1; n <= maxAttempts; n++ {
		p := pause(n)
		if p < last || p > 5*time.Minute {
			t.Errorf("attempt %d waits %s after %s", n, p, last)
		}
		last = p
	}
}

func TestTownshipOf(t *testing.T) {
	for path, want := range map[string]string{
		"cn.11.110105.110105001.110105001003.": "110105001000", "cn.11.110105.110105001.": "110105001000", "cn.11.110105.": "110105000000", "cn.11.": "110000000000",
	} {
		if got := TownshipOf(path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

// A terminal whose clock is years ahead does not stretch everybody's curve.
func TestAHeardTimeOfAWrongClockIsBounded(t *testing.T) {
	const now = int64(1_700_000_000_000_000)
	th := &thread{newest: 1, tracks: map[string]*Track{}}
	for i, at := range []int64{now, 253_370_764_800_000_000} { // the second says 9999
		tr := &Track{Device: fmt.Sprint(i), RegionPath: "cn.11."}
		tr.Order(1, now-2_000_000)
		tr.SentAt = now - 2_000_000
		tr.Take(&wire.Receipt{Version: 1, Phase: wire.Played, At: at, Heard: &wire.Heard{DBFS: -20}}, now)
		th.tracks[tr.Device] = tr
	}
	c := th.curve(auth.NewScope("cn."))
	if c.StepMillis != 100 || c.Heard[len(c.Heard)-1] != 2 || len(c.Heard) != 21 {
		t.Errorf("%+v", c)
	}
}
