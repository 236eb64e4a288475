package index

import (
	"errors"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

const (
	head = "Level,iCode,Parent,Direction,Weight,Type,Denominator\n"
	meta = head + "1,x,P,1,1,Indicator,n\n1,y,P,-1,2,Indicator,NA\n2,P,,1,1,Aggregate,\n,g,,,,Group,\n,n,,,,Denominator,\n,o,,,,Other,\n"
	data = "uCode,uName,x,y,g,n,o\nb,\"Bee, or not\",1,,east,10,free text\na,Ay,NA,-2.5e3,,20,\n"
)

func TestFilesInCOINrsLayout(t *testing.T) {
	m, err := ReadMeta("m.csv", strings.NewReader("\ufeff"+meta))
	if err != nil {
		t.Fatal(err)
	}
	if m.Indicators[1].Direction != -1 || m.Indicators[1].Denominator != "" || m.Indicators[0].Denominator != "n" || !slices.Equal(m.Other, []string{"o"}) {
		t.Errorf("%+v", m)
	}
	d, err := ReadData("d.csv", strings.NewReader(strings.ReplaceAll(data, "\n", "\r\n")), m)
	if err != nil {
		t.Fatal(err)
	}
	if d.Units[0] != (Unit{"a", "Ay"}) || d.Units[1] != (Unit{"b", "Bee, or not"}) || !math.IsNaN(d.Values[0][0]) || d.Values[0][1] != 1 || d.Values[1][0] != -2500 ||
		d.Denominators[0].Values[0] != 20 || !slices.Equal(d.Groups[0].Of, []string{"", "east"}) || d.Unread != nil {
		t.Errorf("%+v", d)
	}
	namibia, err := ReadData("d.csv", strings.NewReader("uCode,x,y,g,n\nNA,1,2,NA,NA\n"), m)
	if err != nil || namibia.Units[0].Code != "NA" || namibia.Groups[0].Of[0] != "" {
		t.Error(namibia, err)
	}
	more, err := ReadData("d.csv", strings.NewReader("Time,uCode,x,y,g,n,note\n2024,a,1,2,e,3,\n2024,b,1,2,e,3,\n"), m)
	if err != nil || !slices.Equal(more.Unread, []string{"note"}) {
		t.Error(more, err)
	}
}

// misread reads a file that is wrong and checks the place that the error names.
func misread(t *testing.T, name string, err error, place string, says string) {
	t.Helper()
	e := (*Error)(nil)
	if !errors.As(err, &e) {
		t.Errorf("%s: %v", name, err)
		return
	}
	if !strings.HasPrefix(err.Error(), place+": ") || !strings.Contains(err.Error(), says) {
		t.Errorf("%s: %q, want %q and %q", name, err, place, says)
	}
}

func TestWrongMetaIsToldWithItsPlace(t *testing.T) {
	for name, c := range map[string]struct{ text, place, says string }{
		"empty":               {"", "m.csv", "empty"},
		"no Weight":           {strings.Replace(meta, "Weight", "W", 1), "m.csv:1: Weight", "needs a column"},
		"name twice":          {strings.Replace(meta, "Weight", "Level", 1), "m.csv:1: Level", "name of another"},
		"too few fields":      {meta + "1,z,P\n", "m.csv:8", "3 fields under 7 names"},
		"quote":               {meta + "1,\"z\"z,P,1,1,Indicator,\n", "m.csv:8", "quote"},
		"not UTF-8":           {meta + "1,\xc4\xe3,P,1,1,Indicator,\n", "m.csv:8: iCode", "UTF-8"},
		"no code":             {meta + "1,,P,1,1,Indicator,\n", "m.csv:8: iCode", "none in this row"},
		"unseen":              {meta + "1,z\u202e,P,1,1,Indicator,\n", "m.csv:8: iCode", "cannot be seen"},
		"code twice":          {meta + "1,x,P,1,1,Indicator,\n", "m.csv:8: iCode", "x stands in line 2"},
		"kind":                {meta + "1,z,P,1,1,Pillar,\n", "m.csv:8: Type", "Pillar"},
		"level":               {meta + "1.5,z,P,1,1,Indicator,\n", "m.csv:8: Level", "whole number"},
		"level missing":       {meta + ",z,P,1,1,Indicator,\n", "m.csv:8: Level", "whole number"},
		"level huge":          {meta + "101,z,P,1,1,Aggregate,\n", "m.csv:8: Level", "1 to 100"},
		"level of indicator":  {meta + "2,z,P,1,1,Indicator,\n", "m.csv:8: Level", "level 1"},
		"level of aggregate":  {meta + "1,z,P,1,1,Aggregate,\n", "m.csv:8: Level", "level 2"},
		"direction":           {meta + "1,z,P,0,1,Indicator,\n", "m.csv:8: Direction", "neither 1 nor -1"},
		"weight":              {meta + "1,z,P,1,heavy,Indicator,\n", "m.csv:8: Weight", "not a number"},
		"weight missing":      {meta + "1,z,P,1,,Indicator,\n", "m.csv:8: Weight", "z needs a number"},
		"weight infinite":     {meta + "1,z,P,1,1e999,Indicator,\n", "m.csv:8: Weight", "beyond"},
		"unknown parent":      {meta + "1,z,R,1,1,Indicator,\n", "m.csv:8: Parent", "R is no Aggregate"},
		"indicator as parent": {meta + "1,z,x,1,1,Indicator,\n", "m.csv:8: Parent", "x is no Aggregate"},
		"group as parent":     {meta + "1,z,g,1,1,Indicator,\n", "m.csv:8: Parent", "g is no Aggregate"},
		"no parent":           {meta + "1,z,,1,1,Indicator,\n", "m.csv:8: Parent", "only the highest level"},
		"levels skipped":      {head + "1,x,P,1,1,Indicator,\n3,P,,1,1,Aggregate,\n", "m.csv:2: Level", "not the next"},
		"circle":              {head + "1,x,P,1,1,Indicator,\n2,P,Q,1,1,Aggregate,\n2,Q,P,1,1,Aggregate,\n", "m.csv:3: Level", "not the next"},
		"childless":           {meta + "2,Q,,1,1,Aggregate,\n", "m.csv:8: iCode", "nothing has Q"},
		"no indicator":        {head + ",g,,,,Group,\n", "m.csv: Type", "no row is an Indicator"},
		"target":              {"Level,iCode,Parent,Direction,Weight,Type,Target\n1,x,P,1,1,Indicator,much\n", "m.csv:2: Target", "not a number"},
		"cap":                 {"Level,iCode,Parent,Direction,Weight,Type,Target,dist2targ_cap_max\n1,x,P,1,1,Indicator,2,maybe\n", "m.csv:2: dist2targ_cap_max", "neither TRUE nor FALSE"},
		"posts":               {"Level,iCode,Parent,Direction,Weight,Type,goalpost_lower,goalpost_upper\n1,x,P,1,1,Indicator,2,1\n", "m.csv:2: goalpost_lower", "not below"},
	} {
		_, err := ReadMeta("m.csv", strings.NewReader(c.text))
		misread(t, name, err, c.place, c.says)
	}
}

func TestWrongDataIsToldWithItsPlace(t *testing.T) {
	m, err := ReadMeta("m.csv", strings.NewReader(meta))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ text, place, says string }{
		"no uCode":       {strings.Replace(data, "uCode", "code", 1), "d.csv:1: uCode", "needs a column"},
		"no indicator":   {strings.Replace(data, ",y,", ",Y,", 1), "d.csv:1: y", "iMeta names this column"},
		"no denominator": {strings.Replace(data, ",n,", ",N,", 1), "d.csv:1: n", "iMeta names this column"},
		"an aggregate":   {strings.Replace(data, ",o", ",P", 1), "d.csv:1: P", "computed and not given"},
		"no unit":        {"uCode,x,y,g,n\n", "d.csv:1: uCode", "no unit"},
		"text":           {strings.Replace(data, "-2.5e3", "2,5", 1), "d.csv:3", "8 fields under 7 names"},
		"word":           {strings.Replace(data, "-2.5e3", "many", 1), "d.csv:3: y", `"many" is not a number`},
		"hexadecimal":    {strings.Replace(data, "-2.5e3", "0x10", 1), "d.csv:3: y", "not a number"},
		"underscore":     {strings.Replace(data, "-2.5e3", "1_000", 1), "d.csv:3: y", "not a number"},
		"infinite":       {strings.Replace(data, "-2.5e3", "Inf", 1), "d.csv:3: y", "not a number"},
		"NaN":            {strings.Replace(data, "-2.5e3", "NaN", 1), "d.csv:3: y", "not a number"},
		"huge":           {strings.Replace(data, "-2.5e3", "1e400", 1), "d.csv:3: y", "beyond"},
		"denominator":    {strings.Replace(data, "20", "twenty", 1), "d.csv:3: n", "not a number"},
		"unit twice":     {strings.Replace(data, "\na", "\nb", 1), "d.csv:3: uCode", "b stands in line 2"},
		"without code":   {strings.Replace(data, "\na", "\n", 1), "d.csv:3: uCode", "none in this row"},
		"two times":      {"uCode,x,y,g,n,Time\na,1,2,e,3,2023\na,1,2,e,3,2024\n", "d.csv:3: Time", "2024, and 2023 before"},
	} {
		_, err := ReadData("d.csv", strings.NewReader(c.text), m)
		misread(t, name, err, c.place, c.says)
	}
	_, err = ReadData("d.csv", io.MultiReader(strings.NewReader("uCode,x,y,g,n\n"), endless{}), m)
	misread(t, "endless", err, "d.csv", "larger than")
	_, err = ReadData("d.csv", io.MultiReader(strings.NewReader("uCode,x,y,g,n\n"), failing{}), m)
	misread(t, "failing", err, "d.csv", "the disk is gone")
}

type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'a'
	}
	return len(b), nil
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

func TestWeightsAndGoalpostsFromFiles(t *testing.T) {
	w, err := ReadWeights("w.csv", strings.NewReader("iCode,Level,Weight\nx,1,0.5\ny,1,-2\n"))
	if err != nil || len(w) != 2 || w["x"] != 0.5 || w["y"] != -2 {
		t.Error(w, err)
	}
	for name, c := range map[string]struct{ text, place, says string }{
		"no Weight": {"iCode,Level\nx,1\n", "w.csv:1: Weight", "needs a column"},
		"none":      {"iCode,Weight\nx,\n", "w.csv:2: Weight", "x needs a number"},
		"twice":     {"iCode,Weight\nx,1\nx,2\n", "w.csv:3: iCode", "line 2"},
		"word":      {"iCode,Weight\nx,1\ny,two\n", "w.csv:3: Weight", "not a number"},
	} {
		_, err := ReadWeights("w.csv", strings.NewReader(c.text))
		misread(t, name, err, c.place, c.says)
	}
	posts, err := ReadGoalposts("g.csv", strings.NewReader("var,min,max\nx,0,10\ny,-5,5\nP,,\n"))
	if err != nil || len(posts) != 2 || posts["y"] != (Goalposts{Low: -5, High: 5, Scale: 1}) {
		t.Error(posts, err)
	}
	posts, err = ReadGoalposts("g.csv", strings.NewReader("iCode,goalpost_lower,goalpost_upper,goalpost_scale,goalpost_trunc2posts\nx,0,10,100,FALSE\n"))
	if err != nil || posts["x"] != (Goalposts{Low: 0, High: 10, Scale: 100, Open: true}) {
		t.Error(posts, err)
	}
	for name, c := range map[string]struct{ text, place, says string }{
		"no upper": {"iCode,min\nx,1\n", "g.csv:1", "max"},
		"half":     {"iCode,min,max\nx,1,\n", "g.csv:2: min", "not below"},
		"equal":    {"iCode,min,max\nx,1,1\n", "g.csv:2: min", "not below"},
		"scale":    {"iCode,min,max,scale\nx,1,2,0\n", "g.csv:2: scale", "0"},
		"cap":      {"iCode,min,max,cap\nx,1,2,perhaps\n", "g.csv:2: cap", "neither"},
	} {
		_, err := ReadGoalposts("g.csv", strings.NewReader(c.text))
		misread(t, name, err, c.place, c.says)
	}
	d := small()
	err = d.SetGoalposts("g.csv", map[string]Goalposts{"w": {}})
	misread(t, "of none", err, "g.csv: w", "no indicator")
	err = d.SetGoalposts("g.csv", map[string]Goalposts{"x": {Low: 0, High: 1}})
	misread(t, "not of all", err, "g.csv: y", "no goalposts for this")
}

// Whatever a file holds, reading it ends with data that can be computed or with an error.
func FuzzFiles(f *testing.F) {
	f.Add(meta, data)
	for _, name := range []string{"iMeta.csv", "iData.csv"} {
		raw, err := os.ReadFile(references + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(raw), data)
		f.Add(meta, string(raw))
	}
	f.Add("Level,iCode,Parent,Direction,Weight,Type\n1,x,,1,1,Indicator\n", "uCode,x\na,1e150\nb,-1e150\nc,1e-320\n")
	f.Fuzz(func(t *testing.T, meta, data string) {
		m, err := ReadMeta("m", strings.NewReader(meta))
		if err != nil {
			return
		}
		d, err := ReadData("d", strings.NewReader(data), m)
		if err != nil {
			return
		}
		for _, by := range []Normalisation{{By: MinMax, A: 1, B: 100}, {By: ZScore, B: 1}, {By: PercentileRank}, {By: DistanceToMax}, {By: BetweenGoalposts}, {By: DistanceToTarget}} {
			method := Default(d)
			method.Normalise = by
			for s := Raw; s <= Aggregated; s++ {
				r, err := Compute(d, method, s)
				if err != nil {
					break
				}
				for i, column := range r.At(s).Columns {
					for u, v := range column {
						if math.IsInf(v, 0) {
							t.Fatalf("%s: %s of %s is infinite", s, r.At(s).Codes[i], r.At(s).Units[u])
						}
					}
				}
			}
		}
	})
}

func FuzzParameters(f *testing.F) {
	f.Add("iCode,Weight\nx,1\n")
	f.Add("var,min,max\nx,0,10\n")
	f.Fuzz(func(t *testing.T, text string) {
		if w, err := ReadWeights("w", strings.NewReader(text)); err == nil {
			for code, x := range w {
				if code == "" || math.IsNaN(x) {
					t.Fatal(code, x)
				}
			}
		}
		if posts, err := ReadGoalposts("g", strings.NewReader(text)); err == nil {
			for code, g := range posts {
				if code == "" || !(g.Low < g.High) || g.Scale == 0 {
					t.Fatal(code, g)
				}
			}
		}
	})
}
