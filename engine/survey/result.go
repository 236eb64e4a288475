package survey

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Response is one person's answers as results need them: nothing that identifies.
type Response struct {
	Answers Answers
	Weight  float64           // more than 0; 1 where nothing is weighed
	Stratum string            // of the sample
	Cluster string            // the place drawn; empty where people were drawn directly
	Groups  map[string]string // e.g. district, area, age group: what results are broken down by
}

// ResultOptions say what is reported.
type ResultOptions struct {
	Confidence float64            `json:"confidence,omitempty"` // 0 is 0.95
	Least      int                `json:"least,omitempty"`      // people in a cell; 0 is StandardLeast, MinLeast at least
	By         []string           `json:"by,omitempty"`         // groups to break down by
	Cells      []string           `json:"cells,omitempty"`      // scale and grid questions whose breakdown shows points, not means
	Fractions  map[string]float64 `json:"fractions,omitempty"`  // see NewDesign

	// Codes are what texts are about, by text question and response, as a person or
	// engine/text sorted them; empty for none. Such a question has shares of its codes.
	Codes map[string][]string `json:"-"`
}

// Result is what a survey found, safe to publish.
type Result struct {
	N         int     `json:"n"`
	Effective float64 `json:"effective"` // Kish's, of the weights
	Deff      float64 `json:"deff"`
	Tables    []Table `json:"tables"`
}

// Table is the result of one question, or of one row of a grid.
type Table struct {
	Question string      `json:"question"`
	Row      string      `json:"row,omitempty"`
	Kind     Kind        `json:"kind"`
	Shown    int         `json:"shown,omitempty"` // people to whom it was shown; not told of a question that depends on others
	Whole    Group       `json:"whole"`
	By       []Breakdown `json:"by,omitempty"`
}

// Breakdown is a result by groups, in the order of their names.
type Breakdown struct {
	Variable string  `json:"variable"`
	Groups   []Group `json:"groups"`
}

// Group is the result among some people.
type Group struct {
	Value  string `json:"value,omitempty"`
	Hidden bool   `json:"hidden,omitempty"` // too few people: nothing is told
	N      int    `json:"n"`                // who gave an answer, nonresponses left out
	Cells  []Cell `json:"cells,omitempty"`
	Mean   *Mean  `json:"mean,omitempty"`
	NPS    *Mean  `json:"nps,omitempty"`
}

// Cell is the share of one choice, or of one point of a scale.
type Cell struct {
	Choice   string   `json:"choice"`
	Hidden   bool     `json:"hidden,omitempty"` // too few people, or would give away others
	N        int      `json:"n"`
	Share    float64  `json:"share"`
	Interval Interval `json:"interval"`
	Deff     float64  `json:"deff"`
	DF       float64  `json:"df"`
}

// Mean is an average with its interval.
type Mean struct {
	Value    float64  `json:"value"`
	SE       float64  `json:"se"`
	DF       float64  `json:"df"`
	Deff     float64  `json:"deff"`
	Interval Interval `json:"interval"`
}

type tabulation struct {
	form      *Form
	options   ResultOptions
	responses []Response
	effective []Answers
	visible   []map[string]bool
	design    *Design
	groups    map[string][]string         // values by variable
	members   map[string]map[string][]int // respondents by variable and value
	tables    []Table                     // so far
}

// Tabulate makes the results of a form. Answers are cut to what counts, so hidden
// questions never do. Small cells are hidden by Suppress, jointly over all breakdowns of
// a question. A breakdown of a scale shows either its points or its means: both
// together would give hidden points away. Shares and means are as rough as the sample makes them.
func (f *Form) Tabulate(responses []Response, opt ResultOptions) (*Result, error) {
	if opt.Confidence == 0 {
		opt.Confidence = 0.95
	}
	if opt.Least == 0 {
		opt.Least = StandardLeast
	}
	if !(opt.Confidence > 0 && opt.Confidence < 1) || opt.Least < MinLeast {
		return nil, &Error{"survey.result.options", "", map[string]any{"least": opt.Least, "confidence": opt.Confidence}}
	}
	t := &tabulation{form: f, options: opt, responses: responses}
	var weights []float64
	var strata, clusters []string
	for _, r := range responses {
		weights, strata, clusters = append(weights, r.Weight), append(strata, r.Stratum), append(clusters, r.Cluster)
		effective := f.Effective(r.Answers)
		t.effective = append(t.effective, effective)
		seen := map[string]bool{}
		for _, q := range f.visible(effective) {
			seen[q.ID] = true
		}
		t.visible = append(t.visible, seen)
	}
	var err error
	if t.design, err = NewDesign(weights, strata, clusters, opt.Fractions); err != nil {
		return nil, err
	}
	if err := t.group(); err != nil {
		return nil, err
	}
	result := &Result{N: len(responses), Tables: []Table{}}
	for _, id := range sortedKeys(opt.Codes) {
		if q, _ := f.Question(id); q == nil || q.Kind != Written || len(opt.Codes[id]) != len(responses) {
			return nil, &Error{"survey.result.codes", id, map[string]any{"question": clip(id)}}
		}
	}
	if result.N < opt.Least {
		return nil, &Error{"survey.result.few", "", map[string]any{"least": opt.Least}}
	}
	result.Deff = math.Ceil(10*WeightingEffect(weights)-1e-9) / 10
	result.Effective = math.Floor(float64(result.N) / result.Deff)
	for i := range f.Pages {
		for j := range f.Pages[i].Questions {
			switch q := &f.Pages[i].Questions[j]; q.Kind {
			case Note:
			case Grid:
				for _, r := range q.Rows {
					t.tables = append(t.tables, t.table(&f.Pages[i], q, r.ID))
				}
			default:
				t.tables = append(t.tables, t.table(&f.Pages[i], q, ""))
			}
		}
	}
	result.Tables = append(result.Tables, t.tables...)
	return result, nil
}

// group sorts respondents into groups and refuses variables one of whose groups is made
// of groups of another: their tables would share more than totals, and one could give
// away what the other hides.
func (t *tabulation) group() error {
	t.groups, t.members = map[string][]string{}, map[string]map[string][]int{}
	for _, variable := range t.options.By {
		if t.members[variable] != nil {
			return &Error{"survey.result.twice", variable, nil}
		}
		members := map[string][]int{}
		for i, r := range t.responses {
			members[r.Groups[variable]] = append(members[r.Groups[variable]], i)
		}
		t.members[variable], t.groups[variable] = members, sortedKeys(members)
	}
	for _, whole := range t.options.By {
		for _, part := range t.options.By {
			if whole == part || len(t.groups[whole]) < 2 {
				continue
			}
			spread := map[string]map[string]bool{} // value of part → values of whole beside it
			for _, r := range t.responses {
				if spread[r.Groups[part]] == nil {
					spread[r.Groups[part]] = map[string]bool{}
				}
				spread[r.Groups[part]][r.Groups[whole]] = true
			}
			for _, value := range t.groups[whole] {
				union := true
				for _, beside := range spread {
					union = union && (!beside[value] || len(beside) == 1)
				}
				if union {
					return &Error{"survey.result.nested", whole, map[string]any{"group": clip(value), "variable": part}}
				}
			}
		}
	}
	return nil
}

// answer is a respondent's answer to a question or row, or nil: none, or a nonresponse,
// or one that the question does not take.
func (t *tabulation) answer(i int, q *Question, row string) any {
	a := t.effective[i][q.ID]
	if a == nil {
		return nil
	}
	if q.Kind == Grid {
		rows, _ := a.(map[string]any)
		if x := rows[row]; x != nil && q.Scale.judge(x) == "" {
			return x
		}
		return nil
	}
	if _, declined := nonresponse(a); declined || q.judge(a) != "" {
		return nil
	}
	if codes := t.options.Codes[q.ID]; codes != nil {
		if codes[i] == "" {
			return nil
		}
		return codes[i]
	}
	return a
}

func (t *tabulation) table(page *Page, q *Question, row string) Table {
	table := Table{Question: q.ID, Row: row, Kind: q.Kind}
	answers, asked := make([]any, len(t.responses)), make([]bool, len(t.responses))
	var all []int
	if page.Show == nil && q.Show == nil {
		table.Shown = len(t.responses)
	}
	for i := range t.responses {
		asked[i] = t.visible[i][q.ID]
		if answers[i] = t.answer(i, q, row); answers[i] != nil {
			all = append(all, i)
		}
	}
	choices, has := q.columns(t.options.Codes[q.ID])
	s := &subject{tabulation: t, q: q, answers: answers, choices: choices, has: has}
	// Size, mean and spread of a scale of three points give its points away.
	s.cells = len(choices) > 0 && (!q.scaled() || len(choices) < 4 || slices.Contains(t.options.Cells, q.ID))
	veiled, veiledGroups := s.unasked(page, asked)
	if table.Whole = (Group{Hidden: true}); !veiled {
		table.Whole = s.whole(all)
	}
	for _, variable := range t.options.By {
		b := Breakdown{Variable: variable}
		for _, value := range t.groups[variable] {
			var members []int
			for _, i := range t.members[variable][value] {
				if answers[i] != nil {
					members = append(members, i)
				}
			}
			b.Groups = append(b.Groups, Group{Value: value, N: len(members)})
			s.members = append(s.members, members)
		}
		s.fill(b.Groups)
		for i, hidden := range veiledGroups[variable] {
			if hidden {
				b.Groups[i] = Group{Value: b.Groups[i].Value, Hidden: true}
			}
		}
		s.members = nil
		table.By = append(table.By, b)
	}
	s.tell(&table, all)
	return table
}

func (q *Question) scaled() bool { return q.Kind == Rating || q.Kind == Grid }

// columns are what a distribution has a cell for, and whether an answer is in it.
func (q *Question) columns(codes []string) (ids []string, has func(answer any, column int) bool) {
	switch q.Kind {
	case Written:
		for _, c := range codes {
			if c != "" {
				ids = append(ids, c)
			}
		}
		slices.Sort(ids)
		ids = slices.Compact(ids)
		has = func(a any, j int) bool { return a == ids[j] }
	case Single, Several:
		for _, c := range q.Choices {
			ids = append(ids, c.ID)
		}
		has = func(a any, j int) bool {
			list, several := a.([]any)
			return same(a, ids[j]) || (several && slices.ContainsFunc(list, func(x any) bool { return same(x, ids[j]) }))
		}
	case Rating, Grid:
		for x := q.Scale.Low; x <= q.Scale.High; x++ {
			ids = append(ids, strconv.Itoa(x))
		}
		has = func(a any, j int) bool { return a == float64(q.Scale.Low+j) }
	}
	return ids, has
}

// String names a table: "q7" or "q7.row".
func (t Table) String() string {
	if t.Row == "" {
		return t.Question
	}
	return fmt.Sprintf("%s.%s", t.Question, t.Row)
}
