package index

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"
)

// everyLevel is COINr's usual noise: a quarter of each weight.
var everyLevel = map[int]float64{1: 0.25, 2: 0.25, 3: 0.25}

func TestSimulationIsTheSameOnAnyNumberOfProcessors(t *testing.T) {
	r := mixed(t)
	s := Simulation{Trials: 1000, Seed: 3, Noise: everyLevel}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one, err := Simulate(context.Background(), r, s)
	if err != nil {
		t.Fatal(err)
	}
	for _, processors := range []int{2, 7} {
		runtime.GOMAXPROCS(processors)
		if many, err := Simulate(context.Background(), r, s); err != nil || !reflect.DeepEqual(one, many) {
			t.Errorf("%d processors find something else: %v", processors, err)
		}
	}
	s.Seed = 4
	if other, err := Simulate(context.Background(), r, s); err != nil || reflect.DeepEqual(one, other) {
		t.Errorf("another seed finds the same: %v", err)
	}
}

// Each trial is made again the long way: weights into the data, Compute, ranks counted one
// by one.
func TestTrialsAreThoseOfCompute(t *testing.T) {
	r := mixed(t)
	s := Simulation{Trials: 40, Seed: 9, Noise: map[int]float64{1: 0.5, 3: 1}, Normalisations: []Normalisation{{By: MinMax, A: 1, B: 100}, {By: Rank}}, Means: [][]Mean{{Arithmetic}, {Arithmetic, Geometric, Harmonic}}}
	u, err := Simulate(context.Background(), r, s)
	if err != nil {
		t.Fatal(err)
	}
	e, err := newExperiment(r, s)
	if err != nil {
		t.Fatal(err)
	}
	w := e.worker()
	seen := make([][]int, len(e.units))
	turned, shifts := 0, 0
	for trial := range s.Trials {
		w.try(trial)
		random := rand.New(rand.NewPCG(s.Seed, mix(uint64(trial))))
		at := random.IntN(4)
		m := r.Method
		m.Normalise, m.Aggregate.Means, m.Weights = s.Normalisations[at/2], s.Means[at%2], Weights{}
		for _, n := range r.Tree {
			if off := s.Noise[n.Level]; off > 0 {
				m.Weights[n.Code] = n.Weight * (1 + off*(2*random.Float64()-1))
				if got := m.Weights[n.Code]; got < n.Weight*(1-off) || got > n.Weight*(1+off) {
					t.Fatalf("%s weighs %v, %v before", n.Code, got, n.Weight)
				}
			}
		}
		again, err := Compute(r.Data, m, Aggregated)
		if err != nil {
			t.Fatal(err)
		}
		ranks := Ranks(again.At(Aggregated).Column("Whole"))
		for i, rank := range ranks {
			if got := int(e.ranks[trial*len(e.units)+i]); got != rank {
				t.Fatalf("trial %d: %s has rank %d, want %d", trial, e.units[i], got, rank)
			}
			seen[i] = append(seen[i], rank)
			shifts += abs(rank - e.nominal[i])
			for j, other := range ranks {
				if e.nominal[i] < e.nominal[j] && rank > other {
					turned++
				}
			}
		}
	}
	n := len(e.units)
	if want := float64(turned) / float64(s.Trials*n*(n-1)/2); !alike(want, u.Reversed) {
		t.Errorf("%v of the pairs are reversed, want %v", u.Reversed, want)
	}
	if want := float64(shifts) / float64(s.Trials*n); !alike(want, u.Shift) {
		t.Errorf("ranks move by %v, want %v", u.Shift, want)
	}
	for i, spread := range u.Units {
		slices.Sort(seen[i])
		sum := 0
		for _, rank := range seen[i] {
			sum += rank
		}
		if spread.Rank != e.nominal[i] || spread.Best != seen[i][0] || spread.Worst != seen[i][s.Trials-1] || spread.Scored != s.Trials ||
			!alike(spread.Mean, float64(sum)/float64(s.Trials)) || !alike(spread.Low, quantile(seen[i], 0.05)) || !alike(spread.Median, quantile(seen[i], 0.5)) || !alike(spread.High, quantile(seen[i], 0.95)) {
			t.Errorf("%+v of %v", spread, seen[i])
		}
	}
}

// quantile is R's type 7, from all values.
func quantile(sorted []int, p float64) float64 {
	h := p * float64(len(sorted)-1)
	i := int(h)
	if i == len(sorted)-1 {
		return float64(sorted[i])
	}
	return float64(sorted[i]) + (h-float64(i))*float64(sorted[i+1]-sorted[i])
}

func TestWithoutNoiseNothingMoves(t *testing.T) {
	r := mixed(t)
	u, err := Simulate(context.Background(), r, Simulation{Trials: 10})
	if err != nil || u.Reversed != 0 || u.Shift != 0 {
		t.Fatal(u, err)
	}
	for _, s := range u.Units {
		if s.Best != s.Rank || s.Worst != s.Rank || s.Mean != float64(s.Rank) {
			t.Errorf("%+v", s)
		}
	}
}

func TestUnitsWithoutAScoreHaveNoSpread(t *testing.T) {
	d := small()
	d.Values[0][1], d.Values[1][1], d.Values[2][1] = math.NaN(), math.NaN(), math.NaN()
	r, err := Compute(d, Method{}, Aggregated)
	if err != nil {
		t.Fatal(err)
	}
	u, err := Simulate(context.Background(), r, Simulation{Trials: 50, Noise: map[int]float64{1: 1, 2: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if s := u.Units[1]; s.Rank != 0 || s.Scored != 0 || s.Best != 0 || s.Mean != 0 || !math.IsNaN(s.Score) {
		t.Errorf("%+v", s)
	}
	if s := u.Units[0]; s.Scored != 50 || s.Worst > 3 {
		t.Errorf("%+v", s)
	}
}

func TestSimulationsAreBoundedAndEnd(t *testing.T) {
	r := mixed(t)
	for _, s := range []Simulation{
		{}, {Trials: -1}, {Trials: MaxTrials + 1}, {Trials: 10, Noise: map[int]float64{5: 0.1}}, {Trials: 10, Noise: map[int]float64{1: 1.1}},
		{Trials: 10, Noise: map[int]float64{1: math.NaN()}}, {Trials: 10, Code: "none"},
		{Trials: 10, Normalisations: []Normalisation{{By: ZScore, B: 1}}}, // below 0 under a geometric mean
	} {
		if _, err := Simulate(context.Background(), r, s); err == nil {
			t.Errorf("%+v is accepted", s)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := Simulate(ctx, r, Simulation{Trials: 100000, Noise: everyLevel}); !errors.Is(err, context.Canceled) {
		t.Errorf("who asked has gone, and it ends with %v", err)
	}
	unfinished, err := Compute(sample(t), Method{}, Normalised)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Simulate(ctx, unfinished, Simulation{Trials: 1}); err == nil {
		t.Error("there is nothing aggregated to simulate")
	}
}

func TestTrialsDoNotAllocate(t *testing.T) {
	e, err := newExperiment(mixed(t), Simulation{Trials: 100, Noise: everyLevel})
	if err != nil {
		t.Fatal(err)
	}
	w := e.worker()
	if n := testing.AllocsPerRun(50, func() { w.try(7) }); n != 0 {
		t.Errorf("a trial allocates %v times", n)
	}
}

func TestVaryTellsWhatFits(t *testing.T) {
	r := mixed(t)
	all, err := Vary(r, []Normalisation{{By: MinMax, A: 1, B: 100}, {By: MinMax, B: 100}}, [][]Mean{{Arithmetic, Geometric, Harmonic}, {Arithmetic}, {Geometric}}, "")
	if err != nil || len(all) != 6 {
		t.Fatal(all, err)
	}
	for i, v := range all {
		zeros := i == 5 // scores of 0 under a geometric mean
		if (v.Err != nil) != zeros || (v.Scores == nil) != zeros || (i == 0) != (v.Shift == 0 && v.Err == nil) {
			t.Errorf("%d: %+v", i, v)
		}
	}
	if nominal, _ := r.Scores(""); !slices.Equal(all[0].Scores, nominal) {
		t.Error("the result's own method gives other scores")
	}
}

// 10,000 re-weightings of 51 units with 49 indicators are to take less than a second on
// two processors.
func BenchmarkReweigh(b *testing.B) {
	d := asem(b)
	for name, m := range map[string]Mean{"amean": Arithmetic, "gmean": Geometric} {
		method := Default(d)
		method.Normalise.A, method.Aggregate.Means = 1, []Mean{m}
		r, err := Compute(d, method, Aggregated)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Simulate(context.Background(), r, Simulation{Trials: 10_000, Noise: everyLevel}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
