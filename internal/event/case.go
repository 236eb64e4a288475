package event

// CaseRef is a case as it stands after a change.
type CaseRef struct {
	ID         string `json:"id"`
	Version    int64  `json:"version"` // how many entries its chain has
	Type       string `json:"type"`
	Number     string `json:"number"`
	State      string `json:"state"`
	Outcome    string `json:"outcome,omitempty"`
	Closed     bool   `json:"closed"`
	Subject    string `json:"subject,omitempty"` // device, site or party that it is about
	RegionPath string `json:"regionPath"`
	News       []News `json:"news,omitempty"` // what happened, in order, each once; none where it was merely spoken of
}

// News is what happened to a case, as other programs tell it apart.
type News string

// What happens to cases.
const (
	CaseOpened  News = "opened"
	CaseStep    News = "step"
	CaseClosed  News = "closed"
	CaseOverdue News = "overdue"
)

// CasesChanged says that cases were opened or went on, up to 500 that were committed together. A
// case that went on twice stands in it once, as it stood in the end.
type CasesChanged struct {
	Batch string    `json:"batch"`
	Cases []CaseRef `json:"cases"`
}

// EventName implements Event.
func (CasesChanged) EventName() string { return "casework.changed" }

// Aggregate implements Event.
func (e CasesChanged) Aggregate() (string, int64) { return e.Batch, 1 }

// CasePaid says that a case asks for a payment.
type CasePaid struct {
	ID         string  `json:"id"`
	CaseID     string  `json:"caseId"`
	Number     string  `json:"number"`
	Amount     float64 `json:"amount"` // yuan
	Party      string  `json:"party"`
	Purpose    string  `json:"purpose"`
	Contract   string  `json:"contract,omitempty"`
	RegionPath string  `json:"regionPath"`
	At         int64   `json:"at"` // UTC microseconds
}

// EventName implements Event.
func (CasePaid) EventName() string { return "casework.paid" }

// Aggregate implements Event.
func (e CasePaid) Aggregate() (string, int64) { return e.ID, 1 }

// CasesTallied says what facts of cases add up to on days, where that changed, up to 500 at once. A
// value replaces the one that was told before of the same.
type CasesTallied struct {
	Batch   string      `json:"batch"`
	At      int64       `json:"at"` // UTC microseconds
	Tallies []CaseTally `json:"tallies"`
}

// CaseTally is what facts of cases add up to.
type CaseTally struct {
	Element string `json:"element"`
	Unit    string `json:"unit"` // region, party, device
	Of      string `json:"of"`   // code of the region, id of the party, code of the device
	Day     string `json:"day"`
	Value   int64  `json:"value"` // millionths
}

// EventName implements Event.
func (CasesTallied) EventName() string { return "casework.tallied" }

// Aggregate implements Event.
func (e CasesTallied) Aggregate() (string, int64) { return e.Batch, 1 }
