package message

import (
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Version is one wording of a message, with its own check and its own approvals.
type Version struct {
	Number    int
	State     VersionState
	Content   Content
	Digest    string // of the content as it was checked; approvals are bound to it
	Editors   []Person
	CheckedBy Person
	CheckedAt time.Time
	Required  int    // approvals that the rules demand
	Rule      string // the rule that said so
	Standing  Standing
	Forced    string // why it was sent although a duplicate is on the air
	Reach     Reach  // as computed when it was checked
	Approvals []Approval
	Rejection *Rejection
	CreatedAt time.Time
	IssuedAt  time.Time
}

// Standing is what the rules were asked about the version when it was checked, so that
// they can be asked again when it is issued.
type Standing struct {
	Origin    string `json:"origin"`
	Source    string `json:"source,omitempty"` // id of the named source it came from
	Authority string `json:"authority"`        // level of the widest grant of whoever submitted it
	Area      string `json:"area"`             // level of the smallest region that holds the area
	// Paths are the regions that the area names or touches, none within another: whoever
	// looks after one of them may read the message once it is issued.
	Paths []string `json:"paths,omitempty"`
}

// VersionState is how far a version has come.
type VersionState string

// States of a version.
const (
	VersionDraft      VersionState = "draft"
	VersionChecked    VersionState = "checked"
	VersionIssued     VersionState = "issued"
	VersionSuperseded VersionState = "superseded" // a later version was issued
	VersionDiscarded  VersionState = "discarded"
)

// Approval is one person's countersignature of exactly one content.
type Approval struct {
	By     Person    `json:"by"`
	Digest string    `json:"digest"`
	At     time.Time `json:"at"`
}

// Rejection is why a checked version went back to draft.
type Rejection struct {
	By     Person    `json:"by"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// Edit replaces the content. Whatever was approved before is void, because approvals
// are bound to what they approved.
func (v *Version) Edit(by Person, c Content) error {
	if v.State != VersionDraft && v.State != VersionChecked {
		return fault.New(fault.Conflict, "alert.state.not_editable")
	}
	v.State, v.Content = VersionDraft, c
	v.Digest, v.Approvals, v.Required, v.Rule, v.Forced = "", nil, 0, "", ""
	v.CheckedBy, v.CheckedAt = Person{}, time.Time{}
	if !slices.ContainsFunc(v.Editors, func(p Person) bool { return p.ID == by.ID }) {
		v.Editors = append(v.Editors, by)
	}
	return nil
}

// Check submits the version: digest is of the content and everything it is sent with,
// required is how many approvals the rules demand.
func (v *Version) Check(by Person, at time.Time, digest, rule string, required int) error {
	if v.State != VersionDraft {
		return fault.New(fault.Conflict, "alert.state.not_draft")
	}
	v.State, v.Digest, v.Rule, v.Required = VersionChecked, digest, rule, required
	v.CheckedBy, v.CheckedAt, v.Approvals, v.Rejection = by, at, nil, nil
	return nil
}

// Approve adds a countersignature of the content with this digest. It refuses those who
// wrote or submitted the version; the same person twice changes nothing.
func (v *Version) Approve(by Person, at time.Time, digest string) (added bool, err error) {
	switch {
	case v.State != VersionChecked:
		return false, fault.New(fault.Conflict, "alert.state.not_checked")
	case digest != v.Digest:
		return false, fault.Bad("digest", "alert.countersign.content_changed")
	case v.CheckedBy.ID == by.ID || slices.ContainsFunc(v.Editors, func(p Person) bool { return p.ID == by.ID }):
		return false, fault.New(fault.Forbidden, "alert.countersign.own")
	}
	for _, a := range v.Approvals {
		if a.By.ID == by.ID {
			return false, nil
		}
	}
	v.Approvals = append(v.Approvals, Approval{by, digest, at})
	return true, nil
}

// Makers are those who had a hand in the version: who wrote, submitted and approved it.
func (v *Version) Makers() []Person {
	var all []Person
	add := func(by Person) {
		if by.ID != "" && !slices.ContainsFunc(all, func(p Person) bool { return p.ID == by.ID }) {
			all = append(all, by)
		}
	}
	for _, p := range v.Editors {
		add(p)
	}
	add(v.CheckedBy)
	for _, a := range v.Approvals {
		add(a.By)
	}
	return all
}

// Approved reports whether the version may be issued.
func (v *Version) Approved() bool {
	n := 0
	for _, a := range v.Approvals {
		if a.Digest == v.Digest {
			n++
		}
	}
	return v.State == VersionChecked && v.Digest != "" && n >= v.Required
}

// Reject sends the version back to draft with a reason.
func (v *Version) Reject(by Person, at time.Time, reason string) error {
	if v.State != VersionChecked {
		return fault.New(fault.Conflict, "alert.state.not_checked")
	}
	v.State, v.Digest, v.Approvals = VersionDraft, "", nil
	v.Rejection = &Rejection{by, reason, at}
	return nil
}

// Reach is whom an area reaches, as far as is known beforehand.
type Reach struct {
	People     int64          `json:"people" doc:"Estimate of the people in the area"`
	Estimated  bool           `json:"estimated" doc:"True whenever the population of a part had to be estimated"`
	Terminals  int            `json:"terminals"`
	Offline    int            `json:"offline" doc:"Terminals that are offline now"`
	ByKind     map[string]int `json:"byKind,omitempty" doc:"Terminals by kind of device"`
	Townships  int            `json:"townships" doc:"Townships that the area touches"`
	Gaps       []Gap          `json:"gaps,omitempty" doc:"Places with people but without a terminal, the largest first; of many only the first 200"`
	GapCount   int            `json:"gapCount" doc:"How many such places there are"`
	GapPeople  int64          `json:"gapPeople" doc:"People in all of them"`
	Neighbours []Neighbour    `json:"neighbours,omitempty" doc:"Places in the area that other platforms send to, and that this message does not reach"`
}

// Neighbour is a place that is another platform's to send to.
type Neighbour struct {
	Code string `json:"code"`
	Zh   string `json:"zh"`
	En   string `json:"en" doc:"May be empty"`
}

// Gap is a place with people but without a terminal.
type Gap struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	People int64  `json:"people"`
}
