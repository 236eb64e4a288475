package index

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// small is four units with three indicators under two aggregates under one.
func small() *Data {
	return &Data{
		Units:      []Unit{{Code: "a"}, {Code: "b"}, {Code: "c"}, {Code: "d"}},
		Indicators: []Indicator{{Code: "x", Parent: "P", Direction: 1, Weight: 1}, {Code: "y", Parent: "P", Direction: 1, Weight: 3}, {Code: "z", Parent: "Q", Direction: -1, Weight: 1}},
		Aggregates: []Aggregate{{Code: "Q", Parent: "T", Weight: 1}, {Code: "P", Parent: "T", Weight: 1}, {Code: "T"}},
		Values:     [][]float64{{1, 2, 3, 4}, {5, 1, 2, 9}, {7, 6, 5, 3}},
	}
}

// refused computes data that is wrong and checks what the error says.
func refused(t *testing.T, name string, d *Data, m Method, says ...string) {
	t.Helper()
	_, err := Compute(d, m, Aggregated)
	place := (*Error)(nil)
	if !errors.As(err, &place) {
		t.Errorf("%s: %v", name, err)
		return
	}
	for _, s := range says {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("%s: %q does not say %q", name, err, s)
		}
	}
}

func TestWrongDataIsRefusedWithItsPlace(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(d *Data)
		says  []string
	}{
		"no unit":            {func(d *Data) { d.Units = nil }, []string{"no unit"}},
		"no indicator":       {func(d *Data) { d.Indicators = nil }, []string{"no indicator"}},
		"unit twice":         {func(d *Data) { d.Units[3].Code = "a" }, []string{"a", "code of its own"}},
		"unit without code":  {func(d *Data) { d.Units[3].Code = "" }, []string{"code of its own"}},
		"indicator twice":    {func(d *Data) { d.Indicators[2].Code = "x" }, []string{"x", "code of its own"}},
		"aggregate as one":   {func(d *Data) { d.Aggregates[0].Code = "x" }, []string{"x", "code of its own"}},
		"too few columns":    {func(d *Data) { d.Values = d.Values[:2] }, []string{"2 indicators"}},
		"too few values":     {func(d *Data) { d.Values[1] = d.Values[1][:3] }, []string{"y", "3 values for 4 units"}},
		"infinite":           {func(d *Data) { d.Values[1][2] = math.Inf(-1) }, []string{"y of c"}},
		"huge":               {func(d *Data) { d.Values[1][2] = 1e200 }, []string{"y of c", "1e150"}},
		"no direction":       {func(d *Data) { d.Indicators[1].Direction = 0 }, []string{"y", "direction is 0"}},
		"unknown parent":     {func(d *Data) { d.Indicators[1].Parent = "R" }, []string{"y", "R is no aggregate"}},
		"indicator's child":  {func(d *Data) { d.Indicators[1].Parent = "x" }, []string{"y", "x is no aggregate"}},
		"circle":             {func(d *Data) { d.Aggregates[2].Parent = "P" }, []string{"circle"}},
		"its own parent":     {func(d *Data) { d.Aggregates[2].Parent = "T" }, []string{"T", "circle"}},
		"childless":          {func(d *Data) { d.Aggregates = append(d.Aggregates, Aggregate{Code: "E", Parent: "T"}) }, []string{"E", "nothing has this aggregate"}},
		"weights of 0":       {func(d *Data) { d.Indicators[0].Weight, d.Indicators[1].Weight = 0, 0 }, []string{"P", "add up to 0"}},
		"weights cancel out": {func(d *Data) { d.Indicators[0].Weight = -3 }, []string{"P", "add up to 0"}},
		"weight not finite":  {func(d *Data) { d.Indicators[0].Weight = math.NaN() }, []string{"x", "weight"}},
		"posts upside down":  {func(d *Data) { d.Indicators[0].Goalposts = &Goalposts{Low: 2, High: 1} }, []string{"x", "goalpost"}},
		"target infinite":    {func(d *Data) { d.Indicators[0].Target = &Target{Value: math.Inf(1)} }, []string{"x", "target"}},
		"group too short":    {func(d *Data) { d.Groups = []Group{{"g", []string{"1"}}} }, []string{"g", "1 values for 4 units"}},
		"denominator short":  {func(d *Data) { d.Denominators = []Column{{"n", []float64{1}}} }, []string{"n", "1 values for 4 units"}},
	} {
		d := small()
		c.spoil(d)
		refused(t, name, d, Method{}, c.says...)
	}
	deep := small()
	for i := range MaxLevels {
		code := strings.Repeat("^", i+1)
		deep.Aggregates[len(deep.Aggregates)-1].Parent = code
		deep.Aggregates = append(deep.Aggregates, Aggregate{Code: code, Weight: 1})
	}
	refused(t, "too deep", deep, Method{}, "more than 100 levels")
	wide := small()
	wide.Units = make([]Unit, MaxUnits+1)
	refused(t, "too many units", wide, Method{}, "60001 units")
}

func TestWrongMethodsAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		m    Method
		says string
	}{
		"filling":         {Method{Impute: Imputation{With: "mode"}}, "mode"},
		"no such group":   {Method{Impute: Imputation{With: FillMean, Group: "g"}}, "g"},
		"share":           {Method{Screen: Screening{Available: 1.5}}, "between 0 and 1"},
		"share unknown":   {Method{Screen: Screening{NonZero: math.NaN()}}, "between 0 and 1"},
		"no such unit":    {Method{Screen: Screening{Drop: []string{"e"}}}, "e"},
		"nobody left":     {Method{Screen: Screening{Drop: []string{"a", "b", "c", "d"}}}, "no unit is left"},
		"transform":       {Method{Treat: Treatment{Skew: 2, Kurt: 3, Then: "log"}}, "log"},
		"bounds":          {Method{Treat: Treatment{Skew: math.Inf(1)}}, "finite"},
		"no such except":  {Method{Treat: Treatment{Skew: 2, Except: []string{"w"}}}, "w"},
		"normalisation":   {Method{Normalise: Normalisation{By: "sigmoid"}}, "sigmoid"},
		"ends":            {Method{Normalise: Normalisation{By: MinMax, A: 1, B: 1}}, "lower end"},
		"deviation":       {Method{Normalise: Normalisation{By: ZScore}}, "standard deviation"},
		"no posts":        {Method{Normalise: Normalisation{By: BetweenGoalposts}}, "x: it has no goalposts"},
		"no target":       {Method{Normalise: Normalisation{By: DistanceToTarget}}, "x: it has no target"},
		"no reference":    {Method{Normalise: Normalisation{By: DistanceToUnit, Reference: "e"}}, "e: there is no such unit"},
		"of none":         {Method{Each: map[string]Normalisation{"w": {By: Rank}}}, "w"},
		"weight of none":  {Method{Weights: Weights{"w": 1}}, "w: a weight is given"},
		"too many means":  {Method{Aggregate: Aggregation{Means: []Mean{Arithmetic, Geometric, Harmonic}}}, "3 means for 2 levels"},
		"share of parts":  {Method{Aggregate: Aggregation{Available: -1}}, "between 0 and 1"},
		"below 0, gmean":  {Method{Aggregate: Aggregation{Means: []Mean{Geometric}}}, "z of a: the score -7 has no place in a geometric mean, which makes Q"},
		"weights too odd": {Method{Weights: Weights{"x": 1, "y": -1 + 1e-300}}, "P"},
	} {
		refused(t, name, small(), c.m, c.says)
	}
	near := small()
	for i := range near.Indicators {
		near.Indicators[i].Goalposts = &Goalposts{High: 5e-324, Open: true}
	}
	near.Values[0][0] = 1e150
	refused(t, "posts side by side", near, Method{Normalise: Normalisation{By: BetweenGoalposts}}, "x of a: by goalposts it is infinite")
	zero := small()
	zero.Values[2] = []float64{1, 0, 2, 3}
	refused(t, "0 under hmean", zero, Method{Aggregate: Aggregation{Means: []Mean{Harmonic}}}, "z of b", "harmonic")
	for _, s := range []Stage{-1, stages} {
		if _, err := Compute(small(), Method{}, s); err == nil {
			t.Errorf("there is a %s", s)
		}
	}
}

func TestDenominators(t *testing.T) {
	d := small()
	d.Denominators = []Column{{"n", []float64{2, math.NaN(), 0.5, 4}}}
	d.Indicators[0].Denominator, d.Indicators[0].Factor = "n", 1000
	r, err := Compute(d, Method{Denominate: true}, Denominated)
	if err != nil {
		t.Fatal(err)
	}
	if x := r.At(Denominated).Column("x"); x[0] != 500 || !math.IsNaN(x[1]) || x[2] != 6000 || x[3] != 1000 || d.Values[0][0] != 1 {
		t.Error(x, d.Values[0])
	}
	if r, err := Compute(d, Method{}, Denominated); err != nil || r.At(Denominated).Column("x")[0] != 1 {
		t.Error("not asked for, and denominated", err)
	}
	d.Denominators[0].Values[3] = 0
	refused(t, "by 0", d, Method{Denominate: true}, "x of d", "n")
	d.Values[0][3] = math.NaN()
	if _, err := Compute(d, Method{Denominate: true}, Denominated); err != nil {
		t.Error("what is not known is not divided", err)
	}
	d.Indicators[0].Denominator = "m"
	refused(t, "by nothing", d, Method{Denominate: true}, "x", "denominator m")
}

func TestGapsStayWhereNothingFillsThem(t *testing.T) {
	nan := math.NaN()
	d := small()
	d.Groups = []Group{{"g", []string{"1", "1", "2", ""}}}
	d.Values[0] = []float64{nan, 4, nan, nan}
	d.Values[1] = []float64{nan, nan, nan, nan}
	r, err := Compute(d, Method{Impute: Imputation{With: FillMean, Group: "g"}}, Aggregated)
	if err != nil {
		t.Fatal(err)
	}
	if x := r.At(Imputed).Column("x"); x[0] != 4 || !math.IsNaN(x[2]) || !math.IsNaN(x[3]) {
		t.Error(x)
	}
	if len(r.Notes) != 3 || r.Notes[0].Code != "x" || !strings.Contains(r.Notes[0].String(), "imputed: x: gaps that stay, because no unit of the same class has a value: 2") {
		t.Error(r.Notes)
	}
	if p := r.At(Aggregated).Column("P"); p[0] != 4 || !math.IsNaN(p[2]) {
		t.Error(p)
	}
	// The aggregate of what nobody knows is not known, and the one above it goes on without.
	if top := r.At(Aggregated).Column("T"); top[2] != -5 {
		t.Error(top)
	}
	d.Groups[0].Of = []string{"", "", "", ""}
	refused(t, "no class", d, Method{Impute: Imputation{With: FillMean, Group: "g"}}, "g: no unit has a class")
	if ranks := Ranks([]float64{nan, 3, 3, 1}); !slices.Equal(ranks, []int{0, 1, 1, 3}) {
		t.Error(ranks)
	}
}

// Screening counts what fills gaps as known, as COINr does, or what was known before; the least share
// itself is enough.
func TestScreeningCountsBeforeOrAfterGapsAreFilled(t *testing.T) {
	d := &Data{Units: []Unit{{Code: "a"}, {Code: "b"}, {Code: "c"}}, Aggregates: []Aggregate{{Code: "T"}}}
	for i := range 10 {
		x := math.NaN()
		if i < 2 {
			x = 3
		}
		d.Indicators = append(d.Indicators, Indicator{Code: string(rune('a' + i)), Parent: "T", Direction: 1, Weight: 1})
		d.Values = append(d.Values, []float64{1, 2, x})
	}
	for _, c := range []struct {
		screen  Screening
		share   float64
		include bool
	}{{Screening{Available: .9}, 1, true}, {Screening{Available: .9, Unfilled: true}, .2, false}, {Screening{Available: .2, Unfilled: true}, .2, true}} {
		r, err := Compute(d, Method{Impute: Imputation{With: FillMean}, Screen: c.screen}, Aggregated)
		if err != nil {
			t.Fatal(err)
		}
		if a := r.Availability[2]; a.Available != c.share || a.Included != c.include || (len(r.At(Aggregated).Units) == 3) != c.include {
			t.Errorf("%+v: %+v", c.screen, a)
		}
	}
}

func TestWhatDoesNotDifferHasNoPlaceOnAScale(t *testing.T) {
	d := small()
	d.Values[1] = []float64{0.1, 0.1, 0.1, 0.1}
	for by, want := range map[Normal]float64{MinMax: math.NaN(), ZScore: math.NaN(), DistanceToMax: math.NaN(), PercentileRank: 0, Borda: 0, Rank: 1, AsIs: 0.1} {
		r, err := Compute(d, Method{Normalise: Normalisation{By: by, B: 1}}, Aggregated)
		if err != nil {
			t.Fatal(by, err)
		}
		y := r.At(Normalised).Column("y")
		if !alike(y[0], want) || math.IsNaN(want) != (len(r.Notes) == 1) {
			t.Error(by, y, r.Notes)
		}
	}
	one := small()
	one.Units = one.Units[:1]
	for i := range one.Values {
		one.Values[i] = one.Values[i][:1]
	}
	m := Default(one)
	r, err := Compute(one, m, Aggregated)
	if err != nil || len(r.Notes) != 6 { // each neither treated nor normalised
		t.Fatal(r, err)
	}
	if !math.IsNaN(r.At(Aggregated).Column("T")[0]) {
		t.Error("one unit alone has a place on a scale")
	}
	if _, err := r.Explain("a", ""); err == nil {
		t.Error("a score that is not known is explained")
	}
}

// A gap in what does not differ is filled with just that, to the last bit.
func TestFillingKeepsWhatDoesNotDifferAlike(t *testing.T) {
	for _, v := range []float64{3.7, 0.1, 1e-9, -7.3e8} {
		for n := 1; n < 60; n++ {
			if m := mean(slices.Repeat([]float64{v}, n)); m != v {
				t.Fatalf("%d times %v are %v on average", n, v, m)
			}
		}
	}
}

func TestTargetsAndReferencesAtTheWorstValue(t *testing.T) {
	d := small()
	d.Values[2] = []float64{7, 6, 5, 7}
	d.Indicators[0].Target = &Target{Value: 1}
	d.Indicators[1].Target = &Target{Value: 0.5}
	d.Indicators[2].Target = &Target{Value: 6, Cap: true}
	r, err := Compute(d, Method{Normalise: Normalisation{By: DistanceToTarget}}, Normalised)
	if err != nil || len(r.Notes) != 2 || r.Notes[0].Code != "x" || r.Notes[1].Code != "y" {
		t.Fatal(r, err)
	}
	if t0 := r.At(Normalised); !math.IsNaN(t0.Columns[0][2]) || !math.IsNaN(t0.Columns[1][0]) || !slices.Equal(t0.Columns[2], []float64{0, 1, 1, 0}) {
		t.Error(t0)
	}
	d.Values[1][0] = math.NaN()
	r, err = Compute(d, Method{Normalise: Normalisation{By: DistanceToUnit, Reference: "a"}}, Normalised)
	if err != nil || len(r.Notes) != 3 {
		t.Fatal(r.Notes, err)
	}
}

func TestTreesOfAnyShape(t *testing.T) {
	// An indicator right under the top, beside a deep branch.
	d := small()
	d.Indicators[2].Parent = "T"
	d.Aggregates = []Aggregate{{Code: "T"}, {Code: "M", Parent: "T", Weight: 1}, {Code: "P", Parent: "M", Weight: 1}}
	r, err := Compute(d, Method{}, Aggregated)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.At(Aggregated).Codes; !slices.Equal(got, []string{"x", "y", "z", "P", "M", "T"}) || r.Tree.Levels() != 4 {
		t.Error(got)
	}
	if top := r.At(Aggregated).Column("T"); top[0] != (4-7.0)/2 {
		t.Error(top)
	}
	// Two tops, and an indicator that belongs to none.
	d = small()
	d.Indicators[0].Parent = ""
	d.Aggregates = []Aggregate{{Code: "P"}, {Code: "Q"}}
	if r, err = Compute(d, Method{}, Aggregated); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Scores(""); err == nil || !strings.Contains(err.Error(), "P and Q") {
		t.Error(err)
	}
	if q, err := r.Scores("Q"); err != nil || q[0] != -7 {
		t.Error(q, err)
	}
	// Nothing above the indicators.
	for i := range d.Indicators {
		d.Indicators[i].Parent = ""
	}
	d.Aggregates = nil
	if r, err = Compute(d, Method{}, Aggregated); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Scores(""); err == nil {
		t.Error("there is a top")
	}
}

func TestOneNormalisationOfItsOwn(t *testing.T) {
	d := small()
	r, err := Compute(d, Method{Normalise: Normalisation{By: MinMax, B: 1}, Each: map[string]Normalisation{"y": {By: Borda}}}, Normalised)
	if err != nil || !slices.Equal(r.At(Normalised).Columns[1], []float64{2, 0, 1, 3}) || !slices.Equal(r.At(Normalised).Columns[2], []float64{0, 0.25, 0.5, 1}) {
		t.Fatal(r, err)
	}
}

func TestTexts(t *testing.T) {
	for text, want := range map[string]string{
		"minmax": "minmax:0:100", "zscore": "zscore:0:1", "minmax:-1:2.5": "minmax:-1:2.5", "rank": "rank", "borda": "borda", "prank": "prank",
		"dist2max": "dist2max", "dist2targ": "dist2targ", "dist2ref:AUT": "dist2ref:AUT", "goalposts": "goalposts",
		"": "", "minmax:1": "", "minmax:2:1": "", "minmax:a:b": "", "minmax:0:inf": "", "minmax:0:1:2": "", "zscore:0:0": "", "zscore:0:-1": "", "rank:1": "", "dist2ref": "", "other": "",
	} {
		n, err := ParseNormalisation(text)
		if (err != nil) != (want == "") || err == nil && n.String() != want {
			t.Errorf("%q: %v %v", text, n, err)
		}
	}
	for text, ok := range map[string]bool{"amean": true, "amean,gmean": true, "hmean, amean": true, "": false, "mean": false, "amean,": false} {
		if _, err := ParseMeans(text); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
	for s, name := range StageNames {
		if got, err := ParseStage(name); err != nil || got != Stage(s) {
			t.Error(name, got, err)
		}
	}
	if _, err := ParseStage("final"); err == nil || !strings.Contains(Stage(99).String(), "99") {
		t.Error("there is a stage final")
	}
}
