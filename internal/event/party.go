package event

// PartyChanged says that an organisation or a person, or what stands beside them, changed.
type PartyChanged struct {
	ID         string `json:"id"`
	Kind       string `json:"kind"`           // organisation, person
	What       string `json:"what"`           // the act: add, change, licence.add, entry.add, merge, erase, …
	From       string `json:"from,omitempty"` // of a merge, the party that became an alias; of its undoing, the one that is itself again
	RegionPath string `json:"regionPath"`
	Version    int64  `json:"version"`
}

// EventName implements Event.
func (PartyChanged) EventName() string { return "party.changed" }

// Aggregate implements Event.
func (e PartyChanged) Aggregate() (string, int64) { return e.ID, e.Version }

// PartyLicenceExpiring says that a licence nears its end, or is over: once for each step of days
// before it, the last being 0. Its aggregate is the licence.
type PartyLicenceExpiring struct {
	ID         string `json:"id"` // of the licence
	Party      string `json:"party"`
	Kind       string `json:"kind"`
	Number     string `json:"number"`
	ValidTo    string `json:"validTo"` // last day, 2026-07-28
	DaysLeft   int    `json:"daysLeft"`
	Step       int    `json:"step"`
	RegionPath string `json:"regionPath"`
	Version    int64  `json:"version"`
}

// EventName implements Event.
func (PartyLicenceExpiring) EventName() string { return "party.licence_expiring" }

// Aggregate implements Event.
func (e PartyLicenceExpiring) Aggregate() (string, int64) { return e.ID, e.Version }
