package cap

// Finding is one rule that a document breaks, and where. Path is made of the names of
// elements with their numbers among their like, from 1; in a container it begins with
// the alert's own number, alert[3]/info[1]/….
type Finding struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Path     string `json:"path"`
	Message  string `json:"message"`
}

// How much a finding weighs: a document with an error is not valid.
const (
	SeverityError   = "error"
	SeverityWarning = "warning"
)

// Report is the verdict on one document.
type Report struct {
	WellFormed  bool      `json:"well_formed"`
	Version     string    `json:"version"`
	SchemaValid bool      `json:"schema_valid"`
	Valid       bool      `json:"valid"`
	Findings    []Finding `json:"findings"`
}

// maxFindings bounds what is told of one document; the last says that there is more.
const maxFindings = 200

// found adds a finding of a rule at its own severity.
func (r *Report) found(rule, path, message string) {
	r.add(Finding{rule, ruleOf(rule).Severity, path, message})
}

// warn adds a finding of a rule that is an error in other versions.
func (r *Report) warn(rule, path, message string) {
	r.add(Finding{rule, SeverityWarning, path, message})
}

// full reports whether no more findings are told. A document that has many costs no
// more for each than the count.
func (r *Report) full() bool { return len(r.Findings) > maxFindings }

// whole adds a finding on the document as a whole, which is told always.
func (r *Report) whole(rule, path, message string) {
	r.Valid = false
	r.Findings = append(r.Findings, Finding{rule, SeverityError, path, message})
}

func (r *Report) add(f Finding) {
	if f.Severity == SeverityError {
		r.Valid = false
	}
	switch n := len(r.Findings); {
	case n < maxFindings:
		r.Findings = append(r.Findings, f)
	case n == maxFindings:
		r.Findings = append(r.Findings, Finding{RuleMore, SeverityWarning, "", "there are more findings, which are not told"})
	}
}
