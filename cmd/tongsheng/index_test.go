package main

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The sample of engine/index, whose references COINr made.
const indexSample = "../../engine/index/testdata/coinr/"

// scored runs tongsheng index score on the sample, or on the files that args name.
func scored(t *testing.T, args ...string) (table map[string][]float64, head []string, said string, status int) {
	t.Helper()
	if !slices.Contains(args, "--data") {
		args = append([]string{"--data", indexSample + "iData.csv", "--meta", indexSample + "iMeta.csv"}, args...)
	}
	out, said, status := run(t, "en_US.UTF-8", append([]string{"index", "score"}, args...)...)
	if status != 0 {
		if out != "" {
			t.Errorf("%v: exit %d, and on standard output: %s", args, status, out)
		}
		return nil, nil, said, status
	}
	table, head = numbers(t, out)
	return table, head, said, status
}

// numbers reads a table with uCode first.
func numbers(t *testing.T, text string) (table map[string][]float64, head []string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatal(err, text)
	}
	table = map[string][]float64{}
	for _, row := range rows[1:] {
		for _, field := range row[1:] {
			x := math.NaN()
			if field != "" {
				if x, err = strconv.ParseFloat(field, 64); err != nil {
					t.Fatal(err)
				}
			}
			table[row[0]] = append(table[row[0]], x)
		}
	}
	return table, rows[0]
}

func TestIndexScorePrintsEachStage(t *testing.T) {
	weights := indexSample + "weights.csv"
	for file, args := range map[string][]string{
		"stage_raw": {"--stage", "raw"}, "stage_denominated": {"--stage", "denominated"}, "stage_screened": {"--stage", "screened"}, "stage_treated": {"--stage", "treated"},
		"stage_imputed": {"--stage", "imputed", "--group", "Kind"},
		"norm_zscore":   {"--stage", "normalised", "--normalise", "zscore:10:2"},
		"norm_prank":    {"--stage", "normalised", "--normalise=prank"},
		"norm_rank":     {"--stage", "normalised", "--normalise", "rank"},
		"norm_dist2max": {"--stage", "normalised", "--normalise", "dist2max"},
		"agg_amean":     {"--normalise", "minmax:1:100"},
		"agg_hmean":     {"--normalise", "minmax:1:100", "--aggregate", "hmean"},
		"agg_mixed":     {"--normalise", "minmax:1:100", "--aggregate", "amean,gmean,hmean"},
		"agg_weights":   {"--normalise", "minmax:1:100", "--aggregate", "gmean", "--weights", weights},
		// The iMeta has the same goalposts as the file that is named, which is that iMeta.
		"norm_goalposts": {"--stage", "normalised", "--normalise", "goalposts:" + indexSample + "iMeta.csv"},
	} {
		raw, err := os.ReadFile(indexSample + file + ".csv")
		if err != nil {
			t.Fatal(err)
		}
		want, wantHead := numbers(t, string(raw))
		got, head, said, status := scored(t, args...)
		if status != 0 || !slices.Equal(head, wantHead) || len(got) != len(want) {
			t.Fatalf("%s: exit %d, %v: %s", file, status, head, said)
		}
		for unit, row := range want {
			for i, x := range row {
				if y := got[unit][i]; !(math.IsNaN(x) && math.IsNaN(y) || math.Abs(x-y) <= 1e-9*max(1, math.Abs(x))) {
					t.Errorf("%s: %s of %s is %v, want %v", file, head[i+1], unit, y, x)
				}
			}
		}
	}
}

func TestIndexScoreTellsWhatItDid(t *testing.T) {
	_, _, said, status := scored(t)
	for _, s := range []string{"screened: L12 is left out: of 12 indicators 5 are not known and 1 are 0", "imputed: Reach: gaps that stay", "treated: Calls: left untreated", "normalised: Same: its values do not differ"} {
		if status != 0 || !strings.Contains(said, s) {
			t.Errorf("exit %d: %q does not say %q", status, said, s)
		}
	}
	// Left out, a stage is that before it.
	got, _, _, _ := scored(t, "--stage", "treated", "--skip", "denominated,imputed,screened,treated")
	raw, _, _, _ := scored(t, "--stage", "raw")
	if len(got) != 24 || got["M00"][2] != raw["M00"][2] {
		t.Error(got)
	}
	// Weights for some, and columns that nobody told of.
	dir := t.TempDir()
	some := write(t, dir, "some.csv", "iCode,Weight\nReach,4\n")
	if _, _, said, status := scored(t, "--weights", some); status != 0 || !strings.Contains(said, "names no weight for Delay, Heard") {
		t.Errorf("exit %d: %s", status, said)
	}
	meta := write(t, dir, "meta.csv", "Level,iCode,Parent,Direction,Weight,Type\n1,x,P,1,1,Indicator\n2,P,,1,1,Aggregate\n")
	data := write(t, dir, "data.csv", "uCode,x,y\n东城,1,2\n西城,3,4\n海淀,9,\n")
	table, _, said, status := scored(t, "--data", data, "--meta", meta)
	if status != 0 || !strings.Contains(said, "columns y") || table["西城"][1] != 25 {
		t.Errorf("exit %d: %v %s", status, table, said)
	}
	// From standard input.
	cmd := command(t, "index", "score", "--data", "-", "--meta", meta)
	in, err := os.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	cmd.Stdin = in
	if out, err := cmd.Output(); err != nil || !strings.Contains(string(out), "西城,25,25") {
		t.Errorf("%v: %s", err, out)
	}
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestIndexScoreRefusesWithThePlace(t *testing.T) {
	dir := t.TempDir()
	meta := write(t, dir, "meta.csv", "Level,iCode,Parent,Direction,Weight,Type\n1,x,P,1,1,Indicator\n1,z,P,1,1,Indicator\n2,P,,1,1,Aggregate\n")
	good := write(t, dir, "good.csv", "uCode,x,z\na,1,3\nb,2,8\n")
	files := func(data string, more ...string) []string {
		return append([]string{"--data", data, "--meta", meta}, more...)
	}
	for _, c := range []struct {
		want int
		says string
		args []string
	}{
		{1, "bad.csv:3: x: \"two\" is not a number", files(write(t, dir, "bad.csv", "uCode,x,z\na,1,2\nb,two,3\n"))},
		{1, "one.csv:1: z: the iMeta names this column", files(write(t, dir, "one.csv", "uCode,x\na,1\n"))},
		{1, "nowhere.csv", files(filepath.Join(dir, "nowhere.csv"))},
		{1, "geometric", files(good, "--aggregate", "gmean")},
		{1, "2 means for 1 levels", files(good, "--aggregate", "amean,gmean")},
		{1, "w.csv:2: Weight", files(good, "--weights", write(t, dir, "w.csv", "iCode,Weight\nx,much\n"))},
		{1, "unknown.csv: q: a weight is given", files(good, "--weights", write(t, dir, "unknown.csv", "iCode,Weight\nq,1\n"))},
		{1, "null.csv: P: the weights of what belongs to it add up to 0", files(good, "--weights", write(t, dir, "null.csv", "iCode,Weight\nx,0\nz,0\n"))},
		{1, "posts.csv: z: there are no goalposts", files(good, "--normalise", "goalposts:"+write(t, dir, "posts.csv", "iCode,min,max\nx,0,1\n"))},
		{1, "x: it has no goalposts", files(good, "--normalise", "goalposts")},
		{1, "x: it has no target", files(good, "--normalise", "dist2targ")},
		{1, "no such group", files(good, "--group", "Kind")},
		{2, "--stage", files(good, "--stage", "final")},
		{2, "no normalisation", files(good, "--normalise", "sigmoid")},
		{2, "lower end", files(good, "--normalise", "minmax:100:0")},
		{2, "no mean", files(good, "--aggregate", "median")},
		{2, "--skip", files(good, "--skip", "raw")},
		{2, "standard input", []string{"--data", "-", "--meta", "-"}},
		{2, "--meta", []string{"--data", good}},
	} {
		if _, _, said, status := scored(t, c.args...); status != c.want || !strings.Contains(said, c.says) {
			t.Errorf("%v: exit %d, want %d: %s", c.args, status, c.want, said)
		}
	}
}

// The whole of the shared example, by the command as it is documented.
func TestIndexScoreReproducesTheSavedExample(t *testing.T) {
	const asem = "../../../shared/data/civic/index/asem/"
	raw, err := os.ReadFile(asem + "step_Aggregated.csv")
	if err != nil {
		t.Skipf("SKIPPED: the shared indices are not at %s", asem)
	}
	want, wantHead := numbers(t, string(raw))
	got, head, said, status := scored(t, "--data", asem+"iData.csv", "--meta", asem+"iMeta.csv", "--weights", asem+"weights_original.csv")
	if status != 0 || said != "" || !slices.Equal(head, wantHead) {
		t.Fatalf("exit %d: %s %v", status, said, head)
	}
	for unit, row := range want {
		for i, x := range row {
			if math.Abs(got[unit][i]-x) > 1e-9 {
				t.Errorf("%s of %s is %v, want %v", head[i+1], unit, got[unit][i], x)
			}
		}
	}
}

// The worked commands of docs/index.md print what stands there.
func TestTheDocumentedCommandsDoWhatTheySay(t *testing.T) {
	text, err := os.ReadFile("../../docs/index.md")
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, block := range strings.Split(string(text), "```\n") {
		line, want, _ := strings.Cut(block, "\n")
		args, isCommand := strings.CutPrefix(line, "$ tongsheng ")
		if !isCommand {
			continue
		}
		cmd := command(t, strings.Fields(args)...)
		cmd.Dir = "../../docs/examples/index"
		if out, err := cmd.Output(); err != nil || string(out) != want {
			t.Errorf("%s: %v\n%s", line, err, out)
		}
		ran++
	}
	if ran < 4 {
		t.Errorf("%d commands were found", ran)
	}
}
