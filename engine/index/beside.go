package index

import (
	"math"
	"slices"
)

// Scale brings a unit's value of an indicator, in the indicator's own unit and denominated where the
// method denominates, to the scale that the units of a result made: treated as theirs were and
// measured by their bounds, whether the unit is among them or not. NaN where they give no scale.
func (r *Result) Scale(unit, code string, value float64) (float64, error) {
	i := slices.IndexFunc(r.Data.Indicators, func(in Indicator) bool { return in.Code == code })
	if i < 0 || r.At(Normalised) == nil {
		return 0, bad(code, "there is no such indicator, or the result does not go as far as the stage %s", Normalised)
	}
	for _, o := range r.Outliers {
		if o.Code == code && o.on != nil {
			value = o.on(value)
		}
	}
	n, own := r.Method.Each[code]
	if !own {
		n = r.Method.Normalise
	}
	in, t := r.Data.Indicators[i], r.At(Treated)
	direction := float64(in.Direction)
	x := each(t.Columns[i], func(v float64) float64 { return v * direction })
	f, _, err := n.scale(t.Units, x, in)
	if err != nil {
		return 0, err
	}
	if own := n.own(unit, x, in); own != nil {
		f = own
	}
	return f(value * direction), nil
}

// Beside scores what is no unit of a result, as the city whose districts they are, beside them:
// with the same tree, weights and means, from its scores on the indicators in their order, which
// Scale gives; NaN is not known. raw are its values, for whoever has the score explained. Neither
// bounds nor ranks of the units change by it.
func (r *Result) Beside(unit Unit, raw, scores []float64) (*Result, error) {
	if r.Tree == nil {
		return nil, bad("", "the result does not go as far as the stage %s", Aggregated)
	}
	if len(raw) != len(r.Data.Indicators) || len(scores) != len(raw) {
		return nil, &Error{Unit: unit.Code, Reason: "it needs a value and a score for each indicator"}
	}
	data := *r.Data
	data.Units, data.Values = []Unit{unit}, nil
	leaves := &Table{Units: []string{unit.Code}, Codes: r.At(Normalised).Codes}
	for i := range scores {
		if math.IsInf(scores[i], 0) {
			return nil, &Error{Column: leaves.Codes[i], Unit: unit.Code, Reason: "the score is infinite"}
		}
		data.Values = append(data.Values, raw[i:i+1])
		leaves.Columns = append(leaves.Columns, scores[i:i+1])
	}
	one := &Result{Data: &data, Method: r.Method, Tree: r.Tree}
	one.Tables[Normalised] = leaves
	var err error
	if one.model, err = newModel(leaves, r.Tree, r.Method.Aggregate); err != nil {
		return nil, err
	}
	one.Tables[Aggregated], err = one.model.aggregate(leaves.Units)
	return one, err
}
