package score_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/assess/measure/score"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func (b *bench) people(of map[string]float64) {
	b.Helper()
	for unit, n := range of {
		value, err := fact.ValueOf(n)
		b.ok(err)
		b.ok(b.db.Housekeep(context.Background(), func(tx *store.Tx) error {
			_, err := b.ledger.Take(context.Background(), tx, fact.Origin{Source: fact.FromRegister}, []fact.Entry{{Element: indicator.Population, Unit: unit, Period: mustPeriod("2026"), Value: &value}})
			return err
		}))
	}
}

// By hand: the city's reach is the mean of all, 70, on the districts' scale from 40 to 90 that is 60.
// Its faults add up to 70, more than any district's, so that they say nothing beside them: the
// districts' scores 100, 0, 100, 50 by people 1, 2, 3, 2 are 62.5. Weighed three to one: 60.625.
func TestTheWholeIsMeasuredBesideItsParts(t *testing.T) {
	each(t, func(b *bench) {
		b.index()
		b.people(map[string]float64{"d1": 1000, "d2": 2000, "d3": 3000, "d4": 2000})
		s, err := b.desk.Scores(author, "quality", july, "")
		b.ok(err)
		w := s.Whole
		if w == nil || w.Code != "c" || math.Abs(*w.Score-60.625) > 1e-9 || w.Grade.NameEn != "poor" || w.Own != 1 || w.Mean != 1 || w.Known != 1 || w.Rank != 0 {
			b.Fatalf("%+v", w)
		}
		if math.Abs(*w.Groups["good"]-60) > 1e-9 || math.Abs(*w.Groups["bad"]-62.5) > 1e-9 {
			b.Errorf("%v", w.Groups)
		}
		if s.Of != 4 || len(s.Units) != 4 || *s.Units[0].Score != 100 || *s.Units[3].Score != 0 {
			b.Errorf("the city changed what its districts got: %+v", s.Units)
		}
		o, err := b.desk.Open(author, "quality", "c", july, "")
		b.ok(err)
		if !o.Whole || o.Rank != 0 || o.Of != 4 || len(o.Parts) != 4 || *o.Past[11].Score != *w.Score || o.Past[11].Rank != 0 {
			b.Errorf("%+v", o)
		}
		sum := 0.0
		for _, p := range o.Parts {
			switch p.Code {
			case "reach_rate":
				if p.By != score.ByOwn || *p.Raw != 70 || math.Abs(*p.Lost-30) > 1e-9 || p.Best != "d1" {
					b.Errorf("%+v", p)
				}
			case "fault_count":
				if p.By != score.ByMean || *p.Raw != 70 {
					b.Errorf("%+v", p)
				}
			default:
				sum += *p.Points
			}
		}
		if math.Abs(sum-60.625) > 1e-9 {
			b.Errorf("its parts add up to %g", sum)
		}
		if mine, err := b.desk.Scores(second, "quality", july, ""); err != nil || mine.Whole != nil {
			b.Errorf("a district sees the city's: %+v %v", mine.Whole, err)
		}
		if _, err := b.desk.Open(second, "quality", "c", july, ""); !fault.Is(err, "measure.index.no_unit") {
			b.Errorf("a district opened the city's: %v", err)
		}
		// It is as fresh as its facts.
		b.state("reach", "d1", 70) // mean 65, from 40 to 80
		if s, err = b.desk.Scores(author, "quality", july, ""); err != nil || math.Abs(*s.Whole.Groups["good"]-62.5) > 1e-9 {
			b.Errorf("%v %v", s.Whole.Groups, err)
		}
	})
}

// Where nobody says how many live where, what adds up has no score for the whole; where too little is
// known, the whole has none; an index of a zone has no whole.
func TestTheWholeIsNotMadeUp(t *testing.T) {
	each(t, func(b *bench) {
		x := quality()
		x.Method.Least = .5
		x, zoned := x, quality()
		_, err := b.desk.Put(author, x, 0)
		b.ok(err)
		s, err := b.desk.Scores(author, "quality", july, "")
		b.ok(err)
		if w := s.Whole; w == nil || w.Mean != 0 || w.Own != 1 || w.Known != .5 || *w.Score != 60 {
			b.Errorf("%+v", w)
		}
		x.Code, x.Method.Least = "strict", .6
		_, err = b.desk.Put(author, x, 0)
		b.ok(err)
		if s, err = b.desk.Scores(author, "strict", july, ""); err != nil || s.Whole != nil {
			b.Errorf("%+v %v", s.Whole, err)
		}
		zoned.Code, zoned.Zone = "zoned", "pilot"
		zoned.Method.Normalise = "prank"
		_, err = b.desk.Put(author, zoned, 0)
		b.ok(err)
		if s, err = b.desk.Scores(author, "zoned", july, ""); err != nil || s.Whole != nil {
			b.Errorf("%+v %v", s.Whole, err)
		}
	})
}

// By hand, from the worst value 40: d1 has come 50 of the 60 to the target for all; d2 none of the 10
// to its zone's, d3 30 of 60, d4 all of the 40 to its own; the city's 70 are 30 of the 45 to its own.
func TestEachIsMeasuredByTheTargetThatHoldsForIt(t *testing.T) {
	each(t, func(b *bench) {
		d, err := b.book.Definition("reach_rate")
		b.ok(err)
		by := mustPeriod("2026")
		d.Targets = []indicator.Target{{Value: 100, By: by}, {Value: 50, By: by, Zone: "pilot"}, {Value: 80, By: by, Region: "d4"}, {Value: 85, By: by, Region: "c"}}
		_, err = b.book.Put(author, d, d.Revision)
		b.ok(err)
		x := quality()
		x.Groups, x.Parts, x.Method.Normalise = nil, []score.Part{{Indicator: "reach_rate", Weight: 1}}, "dist2targ"
		_, err = b.desk.Put(author, x, 0)
		b.ok(err)
		s, err := b.desk.Scores(author, "quality", july, "")
		b.ok(err)
		got := map[string]float64{s.Whole.Code: *s.Whole.Score}
		for _, u := range s.Units {
			got[u.Code] = *u.Score
		}
		for unit, want := range map[string]float64{"d1": 500. / 6, "d2": 0, "d3": 50, "d4": 100, "c": 200. / 3} {
			if math.Abs(got[unit]-want) > 1e-9 {
				b.Errorf("%s has %g, by hand %g", unit, got[unit], want)
			}
		}
	})
}

// A target that the worst district has reached is reached by all, whether it is theirs or one for all,
// and by the city, also where sums in another order make it a hair less.
func TestATargetThatTheWorstHasReachedIsReachedByAll(t *testing.T) {
	each(t, func(b *bench) {
		x := quality()
		x.Groups, x.Parts, x.Method.Normalise = nil, []score.Part{{Indicator: "reach_rate", Weight: 1}}, "dist2targ"
		by, aggregate := mustPeriod("2026"), indicator.Formula
		reached := func(name string, targets []indicator.Target, values ...float64) {
			b.Helper()
			for i, v := range values {
				b.state("reach", fmt.Sprintf("d%d", i+1), v)
			}
			d, err := b.book.Definition("reach_rate")
			b.ok(err)
			d.Targets, d.Aggregate, d.Base = targets, aggregate, "district"
			_, err = b.book.Put(author, d, d.Revision)
			b.ok(err)
			put, err := b.desk.Put(author, x, x.Revision)
			b.ok(err)
			x.Revision = put.Revision
			s, err := b.desk.Scores(author, "quality", july, "")
			b.ok(err)
			if s.Whole == nil || s.Whole.Score == nil || *s.Whole.Score != 100 || s.Of != 4 {
				b.Fatalf("%s: %d have a score, the whole %+v", name, s.Of, s.Whole)
			}
			for _, u := range s.Units {
				if *u.Score != 100 {
					b.Errorf("%s: %s has %g", name, u.Code, *u.Score)
				}
			}
		}
		reached("easier", []indicator.Target{{Value: 95, By: by}}, 96, 97, 99, 99.5)
		reached("as the worst", []indicator.Target{{Value: 95, By: by}}, 95, 97, 99, 99.5)
		reached("of a zone", []indicator.Target{{Value: 55, By: by}, {Value: 50, By: by, Zone: "pilot"}, {Value: 40, By: by, Region: "c"}}, 55, 80, 90, 99.5)
		b.people(map[string]float64{"d1": 1234, "d2": 777, "d3": 333, "d4": 100})
		aggregate = indicator.Weighted
		reached("all alike", []indicator.Target{{Value: 95.1, By: by}}, 95.1, 95.1, 95.1, 95.1)
	})
}

// What adds up over the months of a quarter is not measured by what is asked of one.
func TestNoIndexMeasuresALongerPeriodByTheTargetOfAShorter(t *testing.T) {
	each(t, func(b *bench) {
		d, err := b.book.Definition("fault_count")
		b.ok(err)
		d.Targets = []indicator.Target{{Value: 5, By: mustPeriod("2026")}}
		_, err = b.book.Put(author, d, d.Revision)
		b.ok(err)
		x := quality()
		x.Groups, x.Parts, x.Method.Normalise, x.Period = nil, []score.Part{{Indicator: "fault_count", Weight: 1}}, "dist2targ", period.Quarter
		if _, err = b.desk.Put(author, x, 0); !fault.Is(err, "measure.index.target_period") || fault.Of(err).Place != "parts[0].indicator" {
			b.Error(err)
		}
		x.Period = d.Period
		_, err = b.desk.Put(author, x, 0)
		b.ok(err)
	})
}

// What a node reckons when it starts is what is asked for then; an index that cannot be reckoned keeps
// none of the others from it.
func TestIndicesAreReckonedBeforehand(t *testing.T) {
	each(t, func(b *bench) {
		b.index()
		lost := quality()
		lost.Code, lost.Groups, lost.Parts, lost.Method.Normalise = "a_first", nil, []score.Part{{Indicator: "reach_rate", Weight: 1}}, "dist2targ"
		d, err := b.book.Definition("reach_rate")
		b.ok(err)
		d.Targets = []indicator.Target{{Value: 80, By: mustPeriod("2026")}}
		d, err = b.book.Put(author, d, d.Revision)
		b.ok(err)
		_, err = b.desk.Put(author, lost, 0)
		b.ok(err)
		d.Targets = nil
		_, err = b.book.Put(author, d, d.Revision)
		b.ok(err)
		b.ok(b.desk.Warm(context.Background()))
		r, err := b.desk.Reckon(context.Background(), "quality", july, time.Time{})
		b.ok(err)
		again, err := b.desk.Reckon(context.Background(), "quality", july, time.Time{})
		b.ok(err)
		if r != again {
			b.Error("it was reckoned twice")
		}
	})
}
