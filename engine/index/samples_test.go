package index

import (
	"bytes"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// samples are COINr's worked ASEM example, saved stage by stage, and the HDI.
const samples = "../../../shared/data/civic/index/"

func asem(t testing.TB) *Data {
	t.Helper()
	if _, err := os.Stat(samples); err != nil {
		t.Skipf("SKIPPED: the shared indices are not at %s", samples)
	}
	return files(t, samples+"asem/iData.csv", samples+"asem/iMeta.csv")
}

func TestSavedStages(t *testing.T) {
	d := asem(t)
	r, err := Compute(d, Default(d), Aggregated)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Notes) != 0 {
		t.Errorf("there is something to be said: %v", r.Notes)
	}
	for s := Raw; s <= Aggregated; s++ {
		name := s.String()
		compare(t, samples+"asem/step_"+strings.ToUpper(name[:1])+name[1:]+".csv", r.At(s))
		same(t, r.At(s))
	}
	compareOutliers(t, samples+"asem/treat_Dets_Table.csv", samples+"asem/treat_Treated_Points.csv", r)
}

// Every variant that is there, also one that a later edition of the samples adds.
func TestSavedVariants(t *testing.T) {
	d := asem(t)
	normalisations := map[string]string{"minmax100": "minmax:1:100", "zscore": "zscore:10:2", "rank": "rank", "borda": "borda", "prank": "prank", "dist2max": "dist2max"}
	paths, err := filepath.Glob(samples + "asem/variant_*.csv")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".csv")
		m, last := Default(d), Aggregated
		how, aggregated := strings.CutPrefix(name, "variant_agg_a_")
		if aggregated {
			m.Normalise.A, m.Aggregate.Means = 1, means(t, how)
		} else {
			n, err := ParseNormalisation(normalisations[strings.TrimPrefix(name, "variant_norm_")])
			if err != nil {
				t.Fatal(name, err)
			}
			m.Normalise, last = n, Normalised
		}
		r, err := Compute(d, m, last)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, path, r.At(last))
	}
}

func TestSavedResults(t *testing.T) {
	d := asem(t)
	m := Default(d)
	var err error
	if m.Weights, err = ReadWeights("weights_original.csv", open(t, samples+"asem/weights_original.csv")); err != nil {
		t.Fatal(err)
	}
	r, err := Compute(d, m, Aggregated)
	if err != nil {
		t.Fatal(err)
	}
	table := r.At(Aggregated)
	for name, of := range map[string]func(column []float64, code string) []float64{
		"results_full_scores": func(column []float64, code string) []float64 {
			if code == "Rank" {
				column, _ = r.Scores("")
				return ranks(column)
			}
			return column
		},
		"results_ranks": func(column []float64, _ string) []float64 { return ranks(column) },
	} {
		rows := records(t, samples+"asem/"+name+".csv")
		for i, code := range rows[0][1:] {
			column := of(table.Column(code), code)
			for _, row := range rows[1:] {
				if got := column[slices.Index(table.Units, row[0])]; !alike(value(t, row[i+1]), got) {
					t.Errorf("%s: %s of %s is %v, want %s", name, code, row[0], got, row[i+1])
				}
			}
		}
	}
}

func ranks(scores []float64) (as []float64) {
	for _, r := range Ranks(scores) {
		as = append(as, float64(r))
	}
	return as
}

// development is the iMeta of the HDI (UNDP): arithmetic within education, geometric above.
const development = `Level,iCode,Parent,Direction,Weight,Type
1,life_exp,Health,1,1,Indicator
1,exp_sch,Education,1,1,Indicator
1,avg_sch,Education,1,1,Indicator
1,gni_pc,Living,1,1,Indicator
2,Health,HDI,1,1,Aggregate
2,Education,HDI,1,1,Aggregate
2,Living,HDI,1,1,Aggregate
3,HDI,,1,1,Aggregate
`

func TestHumanDevelopmentIndex(t *testing.T) {
	asem(t)
	meta, err := ReadMeta("iMeta.csv", strings.NewReader(development))
	if err != nil {
		t.Fatal(err)
	}
	rows := records(t, samples+"hdi/hdi.csv")
	var text bytes.Buffer
	file := csv.NewWriter(&text)
	at := func(row []string, name string) string { return row[slices.Index(rows[0], name)] }
	for i, row := range rows {
		head := "uCode"
		if i > 0 {
			head = at(row, "country")
		}
		_ = file.Write([]string{head, at(row, "life_exp"), at(row, "exp_sch"), at(row, "avg_sch"), at(row, "gni_pc")})
	}
	file.Flush()
	d, err := ReadData("iData.csv", &text, meta)
	if err != nil {
		t.Fatal(err)
	}
	posts, err := ReadGoalposts("hdi_scales.csv", open(t, samples+"hdi/hdi_scales.csv"))
	if err == nil {
		err = d.SetGoalposts("hdi_scales.csv", posts)
	}
	if err != nil {
		t.Fatal(err)
	}
	// Nothing of it has outliers by the default's bounds: with them the HDI is the same.
	plain := Method{Normalise: Normalisation{By: BetweenGoalposts}, Aggregate: Aggregation{Means: []Mean{Arithmetic, Geometric}}}
	usual := Default(d)
	usual.Normalise, usual.Aggregate = plain.Normalise, plain.Aggregate
	for _, m := range []Method{plain, usual} {
		r, err := Compute(d, m, Aggregated)
		if err != nil {
			t.Fatal(err)
		}
		scores, equal := r.At(Aggregated).Column("HDI"), 0
		for _, row := range rows[1:] {
			want := value(t, at(row, "hdi"))
			got := scores[slices.Index(r.At(Aggregated).Units, at(row, "country"))]
			if math.Abs(got-want) > 0.001 {
				t.Errorf("%s: %v, want %v", at(row, "country"), got, want)
			}
			if strconv.FormatFloat(got, 'f', 3, 64) == strconv.FormatFloat(want, 'f', 3, 64) {
				equal++
			}
		}
		if equal < len(rows)-1-1 {
			t.Errorf("%d of %d are equal at three decimals", equal, len(rows)-1)
		}
	}
}
