package alert

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
)

// However much ended of late, what is on the air is told of.
func TestWhatEndedCrowdsOutNothingOnTheAir(t *testing.T) {
	each(t, func(b *bench) {
		on, ended := b.issued(b.rain(chaoyang)), b.issued(b.rain(haidian))
		if _, err := b.m.cancel(b.as("wang"), ended.ID, "雨停了"); err != nil {
			b.Fatal(err)
		}
		for limit, want := range map[int][]string{1: {on.ID}, 2: {on.ID, ended.ID}} {
			got, err := published(context.Background(), b.deps.DB, time.Time{}, limit)
			b.do(err)
			if !slices.Equal(got, want) {
				b.Errorf("%v, want %v", got, want)
			}
		}
	})
}

// A shift is told of messages; the items of a day's timetables are none.
func TestAShiftIsNotToldOfTimetables(t *testing.T) {
	each(t, func(b *bench) {
		item, msg := b.issued(b.rain(haidian)), b.issued(b.rain(chaoyang))
		b.exec(`UPDATE alert_message SET origin = 'timetable' WHERE id = '` + item.ID + `'`)
		got, err := onAirNow(context.Background(), b.deps.DB, auth.Everywhere)
		b.do(err)
		if len(got) != 1 || got[0].ID != msg.ID {
			b.Errorf("%+v", got)
		}
	})
}
