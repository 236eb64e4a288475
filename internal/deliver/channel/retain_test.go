package channel

import (
	"context"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/speech"
)

// What was played goes after as long as the rules say; a recording goes when nothing plays it any
// more and nothing that is still told of did, and its sound with it.
func TestWhatWasPlayedIsKeptAsLongAsTheRulesSay(t *testing.T) {
	each(t, func(b *bench) {
		ctx := context.Background()
		kept := func(name string) *recording {
			r, err := b.m.keepSound(b.as("li"), township, name, speech.Clip{Data: append(tune(), name...), MIME: "audio/wav", Duration: time.Second})
			b.do(err)
			return r
		}
		once, still, never := kept("once"), kept("still"), kept("never")
		slot := func(r *recording) Slot {
			return Slot{ID: "a", Kind: Recording, Title: "村史", Days: []int{1}, Start: "07:00", Minutes: 5, Sound: &Sound{SM3: r.SM3, Name: r.Name}}
		}
		tt := b.publish("li", "wang", b.timetable("li", "110115008000", slot(once)))
		b.at(5, "06:55")
		b.at(5, "07:10")
		tt = b.publish("li", "wang", b.edit("li", tt, Content{Slots: []Slot{slot(still)}}))
		left := func() (names []string, objects, occurrences int) {
			b.Helper()
			b.do(b.m.forget(ctx))
			for _, r := range []*recording{once, still, never} {
				found, err := recordings(ctx, b.deps.DB, r.SM3)
				b.do(err)
				if len(found) > 0 {
					names = append(names, r.Name)
				}
			}
			b.do(b.deps.Blobs.List(ctx, soundPrefix, func(blob.Info) error { objects++; return nil }))
			found, err := listOccurrences(ctx, b.deps.DB, asked{Scope: auth.Everywhere, Timetable: tt.ID, Page: pageAll})
			b.do(err)
			return names, objects, len(found.Items)
		}
		if names, objects, n := left(); len(names) != 3 || objects != 3 || n != 1 {
			b.Fatalf("at once: %v, %d objects, %d occurrences", names, objects, n)
		}
		b.clk.Advance(365 * 24 * time.Hour)
		if names, objects, n := left(); len(names) != 3 || objects != 3 || n != 1 {
			b.Errorf("after a year: %v, %d objects, %d occurrences", names, objects, n)
		}
		b.clk.Advance(2 * 24 * time.Hour)
		if names, objects, n := left(); len(names) != 1 || names[0] != "still" || objects != 1 || n != 0 {
			b.Errorf("after a year and two days: %v, %d objects, %d occurrences", names, objects, n)
		}
		_, err := b.m.Restore(b.as("li"), tt.ID, tt.Revision, 1)
		b.refused(err, "channel.slot.sound")
	})
}
