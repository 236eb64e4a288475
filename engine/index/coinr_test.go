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

// What is compared here was made by COINr itself: testdata/coinr/make.R.
const references = "testdata/coinr/"

// tolerance is how far a number may be off, as a share of it where it is above 1.
const tolerance = 1e-9

func sample(t testing.TB) *Data {
	t.Helper()
	return files(t, references+"iData.csv", references+"iMeta.csv")
}

// files reads data.
func files(t testing.TB, data, meta string) *Data {
	t.Helper()
	m, err := ReadMeta(meta, open(t, meta))
	if err != nil {
		t.Fatal(err)
	}
	d, err := ReadData(data, open(t, data), m)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func open(t testing.TB, name string) *os.File {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// records are the rows of a CSV file, the head first.
func records(t testing.TB, name string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(open(t, name)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// value is a number as R writes it, NaN for an empty field.
func value(t testing.TB, text string) float64 {
	t.Helper()
	if text == "" {
		return math.NaN()
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// alike reports whether two numbers are the same, both unknown included.
func alike(a, b float64) bool {
	return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= tolerance*max(1, math.Abs(a))
}

// compare compares a table with a file, units, columns and their order included.
func compare(t *testing.T, name string, got *Table) {
	t.Helper()
	rows := records(t, name)
	if !slices.Equal(rows[0][1:], got.Codes) {
		t.Fatalf("%s: columns %v, want %v", name, got.Codes, rows[0][1:])
	}
	if len(rows)-1 != len(got.Units) {
		t.Fatalf("%s: %d units, want %d", name, len(got.Units), len(rows)-1)
	}
	wrong := 0
	infinite := map[int]bool{}
	for i := range got.Codes {
		infinite[i] = slices.ContainsFunc(rows, func(row []string) bool { return row[i+1] == "Inf" || row[i+1] == "-Inf" })
	}
	for u, row := range rows[1:] {
		if row[0] != got.Units[u] {
			t.Fatalf("%s: unit %d is %s, want %s", name, u, got.Units[u], row[0])
		}
		for i, field := range row[1:] {
			want := value(t, field)
			if infinite[i] {
				want = math.NaN() // R divided by 0: here the whole column is not known, and a note says so
			}
			if !alike(want, got.Columns[i][u]) {
				if wrong++; wrong < 5 {
					t.Errorf("%s: %s of %s is %v, want %v", name, got.Codes[i], row[0], got.Columns[i][u], want)
				}
			}
		}
	}
	if wrong >= 5 {
		t.Errorf("%s: %d numbers are wrong", name, wrong)
	}
}

// same is whether a printed table reads back as the same.
func same(t *testing.T, table *Table) {
	t.Helper()
	var b bytes.Buffer
	if err := table.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for u, row := range rows[1:] {
		for i, field := range row[1:] {
			got, want := value(t, field), table.Columns[i][u]
			if got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
				t.Fatalf("%s of %s: %s is not %v", table.Codes[i], row[0], field, want)
			}
		}
	}
}

func TestStagesAreThoseOfCOINr(t *testing.T) {
	d := sample(t)
	r, err := Compute(d, Default(d), Treated)
	if err != nil {
		t.Fatal(err)
	}
	for s := Raw; s <= Treated; s++ {
		compare(t, references+"stage_"+s.String()+".csv", r.At(s))
		same(t, r.At(s))
	}
	compareOutliers(t, references+"treat_table.csv", references+"treat_points.csv", r)
}

// compareOutliers compares what was done about outliers with COINr's tables.
func compareOutliers(t *testing.T, table, points string, r *Result) {
	t.Helper()
	rows := records(t, table)
	column := func(row []string, name string) string {
		if i := slices.Index(rows[0], name); i >= 0 {
			return row[i]
		}
		return ""
	}
	check := func(code string, row []string, number string, got *Check) {
		t.Helper()
		pass := column(row, "check_SkewKurt"+number+".Pass")
		switch {
		case pass == "" && got == nil:
		case pass == "" || got == nil:
			t.Errorf("%s, check %s: %v, want %q", code, number, got, pass)
		case (pass == "TRUE") != got.Pass || !alike(value(t, column(row, "check_SkewKurt"+number+".Skew")), got.Skew) || !alike(value(t, column(row, "check_SkewKurt"+number+".Kurt")), got.Kurt):
			t.Errorf("%s, check %s: %+v, want %v", code, number, *got, row)
		}
	}
	dots := records(t, points)
	for _, o := range r.Outliers {
		at := slices.IndexFunc(rows, func(row []string) bool { return row[0] == o.Code })
		if o.Untreated != "" {
			// COINr lists nothing, or what it undid afterwards.
			if at >= 0 && column(rows[at], "check_SkewKurt1.Pass") != "" || slices.ContainsFunc(o.Points, func(p string) bool { return p != "" }) {
				t.Errorf("%s was left untreated (%s)", o.Code, o.Untreated)
			}
			continue
		}
		if at < 0 {
			t.Errorf("%s was treated, and COINr did not", o.Code)
			continue
		}
		check(o.Code, rows[at], "0", &o.Before)
		check(o.Code, rows[at], "1", o.AfterWinsorising)
		check(o.Code, rows[at], "2", o.AfterTransform)
		if nwin := column(rows[at], "winsorise.nwin"); nwin != "" && nwin != strconv.Itoa(o.Winsorised) || nwin == "" && o.Winsorised != 0 {
			t.Errorf("%s: %d values winsorised, want %s", o.Code, o.Winsorised, nwin)
		}
		c := slices.Index(dots[0], o.Code)
		for u, row := range dots[1:] {
			if row[c] != o.Points[u] {
				t.Errorf("%s, unit %d: %q, want %q", o.Code, u, o.Points[u], row[c])
			}
		}
	}
}

func TestImputationsAreThoseOfCOINr(t *testing.T) {
	d := sample(t)
	for name, im := range map[string]Imputation{
		"impute_mean":        {With: FillMean},
		"impute_median":      {With: FillMedian},
		"impute_median_zone": {With: FillMedian, Group: "Zone"},
	} {
		r, err := Compute(d, Method{Denominate: true, Impute: im}, Imputed)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, references+name+".csv", r.At(Imputed))
	}
}

func TestScreeningIsThatOfCOINr(t *testing.T) {
	d := sample(t)
	r, err := Compute(d, Method{Denominate: true, Screen: Screening{Available: 0.8, NonZero: 0.87, Keep: []string{"L12"}, Drop: []string{"M01"}}}, Screened)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, references+"screen_zeros.csv", r.At(Screened))
	for u, row := range records(t, references+"screen_summary.csv")[1:] {
		a := r.Availability[u]
		if a.Unit != row[0] || strconv.Itoa(a.Missing) != row[1] || strconv.Itoa(a.Zero) != row[2] || !alike(a.Available, value(t, row[4])) || !alike(a.NonZero, value(t, row[5])) || a.Included != (row[9] == "TRUE") {
			t.Errorf("%+v, want %v", a, row)
		}
	}
}

func TestTransformsAreThoseOfCOINr(t *testing.T) {
	d := sample(t)
	for _, then := range []Transform{LogCT, LogCTPlus, LogCTOrig} {
		m := Default(d)
		m.Treat.WinMax, m.Treat.Then = 1, then
		r, err := Compute(d, m, Treated)
		if err != nil {
			t.Fatal(err)
		}
		name := references + "treat_" + string(then)
		compare(t, name+".csv", r.At(Treated))
		compareOutliers(t, name+"_table.csv", name+"_points.csv", r)
	}
	m := Default(d)
	m.Treat.WinMax, m.Treat.Combine = 1, true
	r, err := Compute(d, m, Treated)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, references+"treat_combined.csv", r.At(Treated))
}

func TestNormalisationsAreThoseOfCOINr(t *testing.T) {
	d := sample(t)
	paths, err := filepath.Glob(references + "norm_*.csv")
	if err != nil || len(paths) != 9 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		text := strings.TrimSuffix(strings.TrimPrefix(path, references+"norm_"), ".csv")
		switch text {
		case "minmax":
			text = "minmax:1:100"
		case "zscore":
			text = "zscore:10:2"
		case "dist2ref":
			text = "dist2ref:" + records(t, path)[15][0]
		}
		n, err := ParseNormalisation(text)
		if err != nil {
			t.Fatal(err)
		}
		if n.String() != text {
			t.Errorf("%s is written %s", text, n)
		}
		m := Default(d)
		m.Normalise = n
		r, err := Compute(d, m, Normalised)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, path, r.At(Normalised))
	}
}

func means(t testing.TB, text string) []Mean {
	t.Helper()
	m, err := ParseMeans(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAggregationsAreThoseOfCOINr(t *testing.T) {
	d := sample(t)
	weights, err := ReadWeights("weights.csv", open(t, references+"weights.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		how     string
		least   float64
		weights Weights
	}{
		"amean": {how: "amean"}, "gmean": {how: "gmean"}, "hmean": {how: "hmean"}, "mixed": {how: "amean,gmean,hmean"},
		"weights": {how: "gmean", weights: weights}, "available": {how: "amean", least: 0.7},
	} {
		m := Default(d)
		m.Normalise.A = 1
		m.Weights, m.Aggregate = c.weights, Aggregation{means(t, c.how), c.least}
		r, err := Compute(d, m, Aggregated)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, references+"agg_"+name+".csv", r.At(Aggregated))
		same(t, r.At(Aggregated))
	}
}

// mixed is the result that the references on ranks and sensitivity are made from.
func mixed(t testing.TB) *Result {
	t.Helper()
	d := sample(t)
	m := Default(d)
	m.Normalise.A = 1
	m.Aggregate.Means = []Mean{Arithmetic, Geometric, Harmonic}
	r, err := Compute(d, m, Aggregated)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRanksAreThoseOfCOINr(t *testing.T) {
	r := mixed(t)
	rows := records(t, references+"ranks.csv")
	for i, code := range rows[0][1:] {
		ranks := Ranks(r.At(Aggregated).Column(code))
		for _, row := range rows[1:] {
			if got := ranks[slices.Index(r.At(Aggregated).Units, row[0])]; strconv.Itoa(got) != row[i+1] {
				t.Errorf("%s of %s: rank %d, want %s", code, row[0], got, row[i+1])
			}
		}
	}
}

func TestLeavingOutIsThatOfCOINr(t *testing.T) {
	r := mixed(t)
	for level := 1; level <= 3; level++ {
		name := references + "left_out_" + strconv.Itoa(level)
		left, err := LeaveOut(r, level, "")
		if err != nil {
			t.Fatal(err)
		}
		rows, shifts := records(t, name+".csv"), records(t, name+"_shift.csv")
		if len(left) != len(rows[0])-2 {
			t.Fatalf("%d left out, want %v", len(left), rows[0])
		}
		for _, out := range left {
			at := slices.Index(rows[0], out.Code)
			for u, row := range rows[1:] {
				if want := value(t, row[at]); !alike(want, out.Scores[u]) {
					t.Errorf("without %s, %s has %v, want %v", out.Code, row[0], out.Scores[u], want)
				}
			}
			at = slices.IndexFunc(shifts, func(row []string) bool { return row[0] == out.Code })
			if want := value(t, shifts[at][1]); !alike(want, out.Shift) {
				t.Errorf("without %s ranks change by %v, want %v", out.Code, out.Shift, want)
			}
		}
	}
}

func TestWeightsAreThoseOfCOINr(t *testing.T) {
	r := mixed(t)
	effective := r.Tree.Effective()
	for _, row := range records(t, references+"weights_effective.csv")[1:] {
		i, err := r.Tree.Find(row[0])
		if err != nil || !alike(effective[i], value(t, row[3])) {
			t.Errorf("%s: %v, want %s (%v)", row[0], effective[i], row[3], err)
		}
	}
	for level, name := range map[int]string{1: "weights_pca_cover", 2: "weights_pca_2"} {
		reference := map[string]float64{}
		for _, row := range records(t, references+name+".csv")[1:] {
			reference[row[0]] = value(t, row[2])
		}
		w, components, err := Principal(r, level)
		if level == 1 {
			// The group Means has a constant, which has no scores: it is told, not guessed.
			if err == nil || !strings.Contains(err.Error(), "Means") {
				t.Fatal(err)
			}
			i, _ := r.Tree.Find("Cover")
			c, err := r.component(r.Tree[i])
			if err != nil {
				t.Fatal(err)
			}
			w, components = Weights{}, []Component{c}
			for i, code := range c.Of {
				w[code] = c.Loadings[i]
			}
		} else if err != nil {
			t.Fatal(err)
		}
		for _, c := range components {
			sum, length, sign := 0.0, 0.0, 1.0
			for i, code := range c.Of {
				sum += c.Loadings[i]
				length += c.Loadings[i] * c.Loadings[i]
				if w[code]*reference[code] < 0 {
					sign = -1 // of an axis, which R leaves as it comes
				}
			}
			for _, code := range c.Of {
				if !alike(w[code], sign*reference[code]) {
					t.Errorf("%s: %v, want %v", code, w[code], sign*reference[code])
				}
			}
			if sum < -tolerance || !alike(length, 1) || c.Explained < 1/float64(len(c.Of)) || c.Explained > 1 {
				t.Errorf("%+v", c)
			}
		}
	}
}
