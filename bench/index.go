package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/index"
)

const indexSamples = "../shared/data/civic/index/asem/"

// reweighings is how often an index is weighed anew.
const reweighings = 10_000

// reweigh measures the Monte-Carlo analysis of COINr's ASEM example, 51 countries with 49
// indicators on four levels: every weight off by up to a quarter, scores and ranks anew. The
// peer is COINr itself, where R has it: the same noise on the same levels, aggregated and
// ranked; it makes 200 and is taken by that.
func reweigh(ctx context.Context) ([]measure, error) {
	r, err := worked()
	if err != nil {
		return nil, err
	}
	theirs, peer := coinr(ctx)
	var rows []measure
	for _, c := range []struct {
		what  string
		means []index.Mean
	}{{"arithmetic", []index.Mean{index.Arithmetic}}, {"geometric", []index.Mean{index.Geometric}}} {
		var ours time.Duration
		for range 3 {
			began := time.Now()
			if _, err := index.Simulate(ctx, r, index.Simulation{Trials: reweighings, Noise: map[int]float64{1: 0.25, 2: 0.25, 3: 0.25}, Means: [][]index.Mean{c.means}}); err != nil {
				return nil, err
			}
			if took := time.Since(began); ours == 0 || took < ours {
				ours = took
			}
		}
		m := measure{fmt.Sprintf("%d re-weightings of 51 units × 49 indicators, %s means, on %d processors; least of 3", reweighings, c.what, runtime.GOMAXPROCS(0)),
			fmt.Sprintf("%.0f ms", float64(ours.Microseconds())/1000), "—", "—", "< 1 s"}
		if c.what == "arithmetic" {
			m.peer = peer
			if theirs > 0 {
				m.ratio = fmt.Sprintf("%.5f", ours.Seconds()/theirs.Seconds())
			}
		}
		rows = append(rows, m)
	}
	return rows, nil
}

// worked is the worked example, on a scale that every mean takes.
func worked() (*index.Result, error) {
	files := [2]*os.File{}
	for i, name := range []string{"iMeta.csv", "iData.csv"} {
		f, err := os.Open(indexSamples + name)
		if err != nil {
			return nil, fmt.Errorf("SKIPPED: the shared index is not at %s: %w", indexSamples, err)
		}
		defer f.Close()
		files[i] = f
	}
	meta, err := index.ReadMeta(files[0].Name(), files[0])
	if err != nil {
		return nil, err
	}
	d, err := index.ReadData(files[1].Name(), files[1], meta)
	if err != nil {
		return nil, err
	}
	m := index.Default(d)
	m.Normalise.A = 1
	return index.Compute(d, m, index.Aggregated)
}

// coinr is how long COINr takes for as many, or why that is not known.
func coinr(ctx context.Context) (time.Duration, string) {
	const script = `suppressWarnings(suppressMessages({
library(COINr)
coin <- build_example_coin(quietly = TRUE)
weights <- get_noisy_weights(coin$Meta$Weights$Original, data.frame(Level = 1:3, NoiseFactor = 0.25), 200)
took <- system.time(for (w in weights) rank_df(Aggregate(coin, dset = "Normalised", f_ag = "a_amean", w = w, out2 = "df")))
}))
cat(took[["elapsed"]] / 200)`
	rscript, err := exec.LookPath("Rscript")
	if err != nil {
		return 0, "COINr: R is not installed"
	}
	out, err := exec.CommandContext(ctx, rscript, "-e", script).Output()
	if err != nil {
		return 0, "COINr is not installed in R"
	}
	each, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	if err != nil {
		return 0, "COINr said " + string(out)
	}
	took := time.Duration(each * reweighings * float64(time.Second))
	return took, fmt.Sprintf("COINr in R, by 200: %.0f s", took.Seconds())
}
