package channel

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Timetable is what a region's loudspeakers play by the clock.
type Timetable struct {
	ID         string
	Name       string
	NameEn     string // empty: none
	RegionCode string
	RegionPath string
	Level      string // of its region
	Sample     bool   // comes with the sample city
	Published  *Version
	Draft      *Version
	LastNumber int
	LookedAt   time.Time // until when its occurrences were made
	RetiredAt  time.Time
	CreatedBy  Person
	CreatedAt  time.Time
	Revision   int64
	restsUntil time.Time // nothing of what is published begins before, as far as its keeper looked
}

// called is what a timetable is called in the reader's language.
func (t *Timetable) called(ctx context.Context) string {
	if httpapi.LangOf(ctx) == i18n.English && t.NameEn != "" {
		return t.NameEn
	}
	return t.Name
}

// Person is somebody who acted, as they were called then.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// State is how far a version has come.
type State string

// States of a version.
const (
	Draft      State = "draft"
	Submitted  State = "submitted"
	Published  State = "published"
	Superseded State = "superseded"
	Discarded  State = "discarded"
)

// Version is one wording of a timetable.
type Version struct {
	Number      int        `json:"number"`
	State       State      `json:"state" enum:"draft,submitted,published,superseded,discarded"`
	Content     Content    `json:"content"`
	Digest      string     `json:"digest,omitempty" doc:"Of what was submitted; approvals are bound to it"`
	Back        int        `json:"back,omitempty" doc:"Number of the version that it goes back to"`
	Note        string     `json:"note,omitempty" doc:"Why it was changed"`
	Editors     []Person   `json:"editors"`
	SubmittedBy *Person    `json:"submittedBy,omitempty"`
	SubmittedAt *time.Time `json:"submittedAt,omitempty"`
	Required    int        `json:"required" doc:"Approvals that the rules demand"`
	Rule        string     `json:"rule,omitempty" doc:"What the row of the rules is called that says so"`
	Approvals   []Approval `json:"approvals"`
	Rejection   *Rejection `json:"rejection,omitempty"`
	CreatedAt   time.Time  `json:"createdAt"`
	PublishedAt *time.Time `json:"publishedAt,omitempty"`
}

// Approval is one person's word for exactly one content.
type Approval struct {
	By     Person    `json:"by"`
	Digest string    `json:"digest"`
	At     time.Time `json:"at"`
}

// Rejection is why a submitted version went back to draft.
type Rejection struct {
	By     Person    `json:"by"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// digestOf is what approvals are bound to.
func digestOf(id string, number int, c *Content) string {
	raw, err := json.Marshal(struct {
		ID      string
		Version int
		Content *Content
	}{id, number, c})
	if err != nil {
		panic(err) // plain structs always marshal
	}
	return blob.Digest(raw)
}

// open is the version being worked on, made from the published one where there is none.
func (t *Timetable) open(by Person, at time.Time) *Version {
	if t.Draft != nil {
		return t.Draft
	}
	t.LastNumber++
	t.Draft = &Version{Number: t.LastNumber, State: Draft, Editors: []Person{}, Approvals: []Approval{}, CreatedAt: at}
	if t.Published != nil {
		t.Draft.Content = t.Published.Content
	}
	return t.Draft
}

// edit replaces the content of the open version. Whatever was approved before is void.
func (v *Version) edit(by Person, c Content) {
	v.State, v.Content = Draft, c
	v.Digest, v.Approvals, v.Required, v.Rule, v.SubmittedBy, v.SubmittedAt, v.Back = "", []Approval{}, 0, "", nil, nil, 0
	if !slices.ContainsFunc(v.Editors, func(p Person) bool { return p.ID == by.ID }) {
		v.Editors = append(v.Editors, by)
	}
}

// submit asks for approvals of the open version.
func (t *Timetable) submit(by Person, at time.Time, rule string, required int) error {
	v := t.Draft
	if v == nil || v.State != Draft {
		return fault.New(fault.Conflict, "channel.state.not_draft")
	}
	v.State, v.Digest, v.Rule, v.Required = Submitted, digestOf(t.ID, v.Number, &v.Content), rule, required
	v.SubmittedBy, v.SubmittedAt, v.Approvals, v.Rejection = &by, &at, []Approval{}, nil
	return nil
}

// approve adds a person's word; the same person twice changes nothing.
func (v *Version) approve(by Person, at time.Time, digest string) error {
	switch {
	case v == nil || v.State != Submitted:
		return fault.New(fault.Conflict, "channel.state.not_submitted")
	case digest != v.Digest:
		return fault.Bad("digest", "channel.approve.changed")
	case v.SubmittedBy.ID == by.ID || slices.ContainsFunc(v.Editors, func(p Person) bool { return p.ID == by.ID }):
		return fault.New(fault.Forbidden, "channel.approve.own")
	case !slices.ContainsFunc(v.Approvals, func(a Approval) bool { return a.By.ID == by.ID }):
		v.Approvals = append(v.Approvals, Approval{by, digest, at})
	}
	return nil
}

// approved reports whether the version may be published.
func (v *Version) approved() bool { return v.State == Submitted && len(v.Approvals) >= v.Required }

// makers are those who had a hand in the version.
func (v *Version) makers() []Person {
	all := slices.Clone(v.Editors)
	if v.SubmittedBy != nil {
		all = append(all, *v.SubmittedBy)
	}
	for _, a := range v.Approvals {
		all = append(all, a.By)
	}
	return all
}

// publish puts the approved open version in the place of the one before.
func (t *Timetable) publish(at time.Time) {
	t.Draft.State, t.Draft.PublishedAt = Published, &at
	t.Published, t.Draft, t.LookedAt = t.Draft, nil, at
}
