package index

import "fmt"

// Stage is a step from raw data to scores.
type Stage int

// The stages, in order.
const (
	Raw Stage = iota
	Denominated
	Imputed
	Screened
	Treated
	Normalised
	Aggregated
	stages
)

// StageNames are the names of the stages, in order.
var StageNames = [stages]string{"raw", "denominated", "imputed", "screened", "treated", "normalised", "aggregated"}

func (s Stage) String() string {
	if s < 0 || s >= stages {
		return fmt.Sprintf("stage %d", int(s))
	}
	return StageNames[s]
}

// ParseStage reads the name of a stage.
func ParseStage(name string) (Stage, error) {
	for s, n := range StageNames {
		if n == name {
			return Stage(s), nil
		}
	}
	return 0, bad("", "%q is no stage: there are %v", name, StageNames)
}

// Method is all choices. The zero Method averages the raw values times their directions.
type Method struct {
	Denominate bool
	Impute     Imputation
	Screen     Screening
	Treat      Treatment
	Normalise  Normalisation
	Each       map[string]Normalisation // indicators that are normalised in a way of their own
	Weights    Weights
	Aggregate  Aggregation
}

// Default is the method of COINr's worked ASEM example: denominated, gaps filled with the
// mean of the class in the data's last group (of all units where it has none), units kept
// of which nine tenths are known, at most five outliers winsorised or else the logarithm
// log_CT taken, min–max from 0 to 100, weighted arithmetic means.
func Default(d *Data) Method {
	m := Method{
		Denominate: true,
		Impute:     Imputation{With: FillMean},
		Screen:     Screening{Available: 0.9},
		Treat:      Treatment{Skew: 2, Kurt: 3.5, WinMax: 5, Then: LogCT},
		Normalise:  Normalisation{By: MinMax, B: 100},
		Aggregate:  Aggregation{Means: []Mean{Arithmetic}},
	}
	if n := len(d.Groups); n > 0 {
		m.Impute.Group = d.Groups[n-1].Code
	}
	return m
}

// Result is what a method made of data, stage by stage.
type Result struct {
	Data         *Data
	Method       Method
	Tree         Tree // nil before Aggregated
	Tables       [stages]*Table
	Availability []Availability // of all units, also of those that screening left out
	Outliers     []Outliers
	Notes        []Note

	model *model
}

// Compute takes data as far as a stage. The data is neither changed nor copied: leave it
// alone while the result is used.
func Compute(d *Data, m Method, last Stage) (*Result, error) {
	if last < Raw || last >= stages {
		return nil, bad("", "there is no %s", last)
	}
	r := &Result{Data: d, Method: m}
	for s := Raw; s <= last; s++ {
		if err := r.step(s); err != nil {
			return nil, fmt.Errorf("%s: %w", s, err)
		}
	}
	return r, nil
}

func (r *Result) step(s Stage) (err error) {
	var before, after *Table
	if s > Raw {
		before = r.Tables[s-1]
	}
	var notes []Note
	switch s {
	case Raw:
		after, err = r.Data.raw()
	case Denominated:
		if after = before; r.Method.Denominate {
			after, err = denominate(before, r.Data)
		}
	case Imputed:
		after, notes, err = r.Method.Impute.impute(before, r.Data)
	case Screened:
		after, r.Availability, notes, err = r.Method.Screen.screen(before, r.Tables[Denominated])
	case Treated:
		after, r.Outliers, notes, err = r.Method.Treat.treat(before)
	case Normalised:
		after, notes, err = r.Method.normalise(before, r.Data)
	case Aggregated:
		if r.Tree, err = r.Data.Tree(r.Method.Weights); err != nil {
			return err
		}
		if r.model, err = newModel(before, r.Tree, r.Method.Aggregate); err != nil {
			return err
		}
		after, err = r.model.aggregate(before.Units)
	}
	r.Tables[s], r.Notes = after, append(r.Notes, notes...)
	return err
}

// At is the table of a stage, nil where the result does not go so far.
func (r *Result) At(s Stage) *Table { return r.Tables[s] }

// Scores are those of a code in the order of the units, or those of the only top for an
// empty code.
func (r *Result) Scores(code string) ([]float64, error) {
	i, err := r.find(code)
	if err != nil {
		return nil, err
	}
	return r.Tables[Aggregated].Columns[i], nil
}

// find is the place of a code in the aggregated table.
func (r *Result) find(code string) (int, error) {
	if r.Tree == nil {
		return 0, bad("", "the result does not go as far as the stage %s", Aggregated)
	}
	return r.Tree.Find(code)
}
