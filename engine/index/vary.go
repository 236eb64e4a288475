package index

// Variant is what another method makes of the same data.
type Variant struct {
	Normalise Normalisation
	Means     []Mean
	Scores    []float64 // by unit; nil where the method does not fit the data
	Ranks     []int
	Shift     float64 // mean of the absolute changes in rank from the result's own method
	Err       error   // why the method does not fit: zero scores under a geometric mean
}

// Vary scores the treated data by every normalisation with every list of means and gives
// the scores on code (on the only top for an empty code), normalisation by normalisation.
func Vary(r *Result, normalisations []Normalisation, means [][]Mean, code string) ([]Variant, error) {
	top, err := r.find(code)
	if err != nil {
		return nil, err
	}
	nominal := Ranks(r.Tables[Aggregated].Columns[top])
	var all []Variant
	for _, n := range normalisations {
		for _, f := range means {
			v := Variant{Normalise: n, Means: f}
			var m *model
			if m, v.Err = r.other(n, f); v.Err == nil {
				var t *Table
				if t, v.Err = m.aggregate(r.Tables[Aggregated].Units); v.Err == nil {
					v.Scores = t.Columns[top]
					v.Ranks = Ranks(v.Scores)
					v.Shift = shift(nominal, v.Ranks)
				}
			}
			all = append(all, v)
		}
	}
	return all, nil
}

// other is the model of another normalisation and other means.
func (r *Result) other(n Normalisation, means []Mean) (*model, error) {
	method := r.Method
	method.Normalise = n
	t, _, err := method.normalise(r.Tables[Treated], r.Data)
	if err != nil {
		return nil, err
	}
	return newModel(t, r.Tree, Aggregation{Means: means, Available: r.Method.Aggregate.Available})
}
