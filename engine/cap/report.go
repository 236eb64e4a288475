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

// What is told of one document; a last finding says that there is more. Warnings leave
// room for errors: what makes a document not valid is always told.
const (
	maxFindings = 200
	maxWarnings = 150
)

// finder collects the findings of one document.
type finder struct {
	Report
	warnings int
	more     bool     // there are findings that are not told
	first    *Finding // takes the first error of the alert that is open, also one that is not told
}

// found adds a finding of a rule at its own severity.
func (r *finder) found(rule, path, message string) {
	r.add(Finding{rule, ruleOf(rule).Severity, path, message})
}

// warn adds a finding of a rule that is an error in other versions.
func (r *finder) warn(rule, path, message string) {
	r.add(Finding{rule, SeverityWarning, path, message})
}

// heeds reports whether anything becomes of a further finding. Of others the place is
// not looked for: a document that has many costs no more for each than the count.
func (r *finder) heeds(severity string) bool {
	room := len(r.Findings) < maxFindings
	if severity == SeverityError {
		return room || r.first != nil && r.first.Rule == ""
	}
	return room && r.warnings < maxWarnings
}

// whole adds a finding on the document as a whole, which is told always.
func (r *finder) whole(rule, path, message string) {
	f := Finding{rule, SeverityError, path, message}
	r.broken(f)
	r.Findings = append(r.Findings, f)
}

func (r *finder) add(f Finding) {
	told := r.heeds(f.Severity) && len(r.Findings) < maxFindings
	if f.Severity == SeverityError {
		r.broken(f)
	} else {
		r.warnings++
	}
	if told {
		r.Findings = append(r.Findings, f)
	} else {
		r.more = true
	}
}

// broken notes an error.
func (r *finder) broken(f Finding) {
	r.Valid = false
	if r.first != nil && r.first.Rule == "" {
		*r.first = f
	}
}

// close ends the collecting.
func (r *finder) close() Report {
	if r.more {
		r.Findings = append(r.Findings, Finding{RuleMore, SeverityWarning, "", "there are more findings, which are not told"})
	}
	return r.Report
}
