package standard_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/standard"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Everybody reads how districts stand and how many things keep an item, never how single ones or the
// few of a small place do, nor can they reckon it.
func TestThePublicReadsOfNoSingleThing(t *testing.T) {
	each(t, func(b *bench) {
		b.outlets() // three in d1, one in d2, one in d3
		b.facts()
		fibre := item("fibre", "fibre_share", limit("all", 70))
		fibre.Level = "township"
		b.published(b.draft(standard.Content{From: "2026-06-01", Items: []standard.Item{each5(), fibre, item("radio", "worst_programmes", limit("all", 15))}}))
		read := func(unit, key string) *standard.Compliance {
			b.Helper()
			o, err := b.desk.Owed(b.Context(), unit)
			b.do(err)
			if o.Region != unit || len(o.InForce) != 1 || len(o.InForce[0].Content.Items) != 3 {
				b.Errorf("%s is not told all that it is owed: %+v", unit, o.InForce)
			}
			for i := range o.Judged {
				if c := &o.Judged[i]; c.Item == key {
					if c.Each != nil {
						b.Errorf("%s: single ones: %+v", unit, c.Each)
					}
					return c
				}
			}
			return nil
		}
		if c := read("c", "each"); c == nil || c.Within.Kept != 2 || c.Within.Failed != 2 || c.Within.Unknown != 1 {
			b.Errorf("the five of the city: %+v", c)
		}
		for _, unit := range []string{"d1", "d2", "d3", "t12", "t21"} {
			if c := read(unit, "each"); c != nil {
				b.Errorf("%s tells of few: %+v", unit, c)
			}
		}
		for _, unit := range []string{"c", "d1", "t11", "t31"} { // four townships in all
			if c := read(unit, "fibre"); c != nil {
				b.Errorf("%s tells of a township: %+v", unit, c)
			}
		}
		if c := read("t11", "radio"); c == nil || c.Unit != "d1" || c.At != "d1" || *c.Value != 20 || c.Standing != standard.Kept {
			b.Errorf("a street by its district: %+v", c)
		}
		if c := read("c", "radio"); c == nil || c.Within.Kept != 1 || c.Within.Failed != 1 {
			b.Errorf("districts are public: %+v", c)
		}

		// Seven in d1 and eight in d2 could be told, if the one of d3 were not the rest of the city's.
		for i := range 11 {
			in := "t11"
			if i >= 4 {
				in = "t21"
			}
			_, err := b.desk.Ledger.RegisterThing(b.as("officer"), fact.NewThing{Kind: "outlet", Code: fmt.Sprint("n", i), ThingFacts: fact.ThingFacts{RegionCode: in, NameZh: "网点", NameEn: "outlet"}})
			b.do(err)
		}
		b.clk.Advance(time.Minute)
		if c := read("d2", "each"); c == nil || c.Within.Unknown != 7 {
			b.Errorf("eight of a district: %+v", c)
		}
		if c := read("d1", "each"); c != nil {
			b.Errorf("the city less two districts is the third: %+v", c)
		}
		if c := read("c", "each"); c == nil || c.Within.Unknown != 12 {
			b.Errorf("the city: %+v", c)
		}
	})
}

// What is in force is set beside the version before it, whatever is drafted meanwhile; only a draft
// that is out for comment may be read beside it.
func TestThePublicReadsWhatChanged(t *testing.T) {
	each(t, func(b *bench) {
		officer := b.as("officer")
		s := b.published(b.draft(standard.Content{From: "2026-06-01", Items: []standard.Item{item("radio", "worst_programmes", limit("all", 15))}}))
		for _, next := range []struct {
			number int
			from   string
			limits []standard.Threshold
		}{{2, "2026-06-02", []standard.Threshold{limit("all", 17)}}, {3, "2026-07-01", []standard.Threshold{limit("all", 18), limit("zone:inner", 12)}}} {
			var err error
			s, err = b.desk.Begin(officer, s.ID, s.Revision, next.number-1)
			b.do(err)
			s, err = b.desk.Edit(officer, s.ID, next.number, s.Revision, standard.Content{From: next.from, Items: []standard.Item{item("radio", "worst_programmes", next.limits...)}})
			b.do(err)
			if next.number == 2 {
				s = b.published(s)
				b.day("2026-06-02")
			}
		}
		beside := func(number int) string {
			c, err := b.desk.PublicChanges(b.Context(), s.ID, number, i18n.Chinese)
			if err != nil {
				return fault.Of(err).Code
			}
			return fmt.Sprint(c.Earlier.Number, " ", c.Later.Number, " ", len(c.Items[0].Thresholds))
		}
		const hidden = "measure.standard.not_found"
		if got := []string{beside(1), beside(2), beside(3), beside(4)}; !slices.Equal(got, []string{hidden, "1 2 1", hidden, hidden}) {
			b.Errorf("while the third is drafted: %q", got)
		}
		_, err := b.desk.Hear(officer, s.ID, 3, s.Revision, standard.Hearing{Closes: "2026-06-20"})
		b.do(err)
		if got := []string{beside(2), beside(3)}; !slices.Equal(got, []string{"1 2 1", "2 3 2"}) {
			b.Errorf("while the third is out for comment: %q", got)
		}
		b.day("2026-06-21")
		if got := []string{beside(2), beside(3)}; !slices.Equal(got, []string{"1 2 1", hidden}) {
			b.Errorf("after the time for comments: %q", got)
		}
	})
}

// Where a version is published for a later day, the public reads that it takes the place of the one in
// force, and what it changes.
func TestThePublicReadsWhatComesNext(t *testing.T) {
	each(t, func(b *bench) {
		officer := b.as("officer")
		s := b.published(b.draft(standard.Content{From: "2026-06-01", Items: []standard.Item{item("radio", "worst_programmes", limit("all", 15))}}))
		s, err := b.desk.Begin(officer, s.ID, s.Revision, 1)
		b.do(err)
		s, err = b.desk.Edit(officer, s.ID, 2, s.Revision, standard.Content{From: "2026-07-01", Items: []standard.Item{item("radio", "worst_programmes", limit("all", 17))}})
		b.do(err)
		s = b.published(s)
		o, err := b.desk.Owed(b.Context(), "")
		b.do(err)
		if len(o.InForce) != 1 || o.InForce[0].Number != 1 || o.InForce[0].Until != "2026-07-01" || o.InForce[0].Next != 2 {
			b.Errorf("%+v", o.InForce)
		}
		if c, err := b.desk.PublicChanges(b.Context(), s.ID, 2, i18n.Chinese); err != nil || c.Earlier.Number != 1 || c.Changed != 1 {
			b.Errorf("%+v %v", c, err)
		}
		b.day("2026-07-01")
		if o, err = b.desk.Owed(b.Context(), ""); err != nil || len(o.InForce) != 1 || o.InForce[0].Number != 2 || o.InForce[0].Next != 0 {
			b.Errorf("%+v %v", o.InForce, err)
		}
	})
}

// What everybody reads is reckoned once for whoever asks of any place, and anew when a fact, a
// definition or a standard changed.
func TestThePublicIsReckonedForOnce(t *testing.T) {
	each(t, func(b *bench) {
		b.facts()
		s := b.published(b.draft(standard.Content{From: "2026-06-01", Items: []standard.Item{item("radio", "worst_programmes", limit("all", 15))}}))
		judged := func(unit string) standard.Standing {
			b.Helper()
			o, err := b.desk.Owed(b.Context(), unit)
			b.do(err)
			if len(o.Judged) == 0 {
				return ""
			}
			return o.Judged[0].Standing
		}
		looked := 0
		cost := func() (n int) {
			b.onZones = func() { looked++ }
			defer func() { b.onZones = nil }()
			looked = 0
			judged("d1")
			return looked
		}
		if first, again := cost(), cost(); first != again+1 {
			b.Errorf("reckoned at first %d times, then %d", first, again)
		}
		if judged("d2") != standard.Failed {
			b.Error("the second district has 14 of 15")
		}
		b.state("programmes", "d2", "2026-05", 16)
		if judged("d2") != standard.Kept {
			b.Error("a fact that was committed is not told")
		}
		d, err := b.desk.Book.Definition("worst_programmes")
		b.do(err)
		d.Public = false
		_, err = b.desk.Book.Put(b.as("officer"), d, d.Revision)
		b.do(err)
		if got := judged("d2"); got != "" {
			b.Errorf("an indicator that is public no more: %s", got)
		}
		d.Public = true
		_, err = b.desk.Book.Put(b.as("officer"), d, d.Revision+1)
		b.do(err)
		_, err = b.desk.Repeal(b.as("chief"), s.ID, 1, s.Revision, "2026-06-01", "no longer")
		b.do(err)
		if got := judged("d2"); got != "" {
			b.Errorf("a standard that is in force no more: %s", got)
		}
	})
}
