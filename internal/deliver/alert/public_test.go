package alert

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
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

// However many lighter messages are newer, the gravest are told of: to the public, and to staff
// page by page.
func TestNothingLighterCrowdsOutWhatIsGrave(t *testing.T) {
	each(t, func(b *bench) {
		of := func(s message.Severity, k message.Kind) string {
			d := b.rain(chaoyang)
			d.Texts[0].Title += string(s) + string(k)
			d.Severity, d.Kind = s, k
			return b.issued(d).ID
		}
		red, drill := of(message.Red, message.Real), of(message.Red, message.TerminalDrill)
		yellow, orange, blue := of(message.Yellow, message.Real), of(message.Orange, message.Real), of(message.Blue, message.Real)
		want := []string{red, orange, yellow, blue, drill}
		got, err := published(context.Background(), b.deps.DB, time.Time{}, 2)
		b.do(err)
		if !slices.Equal(got, want[:2]) {
			b.Errorf("%v, want %v", got, want[:2])
		}
		got = nil
		for after, more := "", true; more; more = after != "" {
			var page store.Listing[summary]
			b.call("li", "GET", "/api/alerts?state=issued&state=in_progress&order=gravity&limit=1&after="+after, nil, 200, &page)
			for _, s := range page.Items {
				got = append(got, s.ID)
			}
			after = page.Next
		}
		if !slices.Equal(got, want) {
			b.Errorf("%v, want %v", got, want)
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
