package message

import (
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// New makes a message whose first version is a draft.
func New(id string, kind Kind, by Person, at time.Time, c Content) *Message {
	m := &Message{ID: id, Kind: kind, State: Draft, CreatedBy: by, CreatedAt: at}
	m.open(by, at, c)
	return m
}

func (m *Message) open(by Person, at time.Time, c Content) {
	m.LastNumber++
	m.Open = &Version{Number: m.LastNumber, State: VersionDraft, Content: c, Editors: []Person{by}, CreatedAt: at}
}

// Draft is the version that can be worked on, or why there is none.
func (m *Message) Draft() (*Version, error) {
	if m.State == Ended || m.State == Discarded {
		return nil, fault.New(fault.Conflict, "alert.state.over")
	}
	if m.Open == nil {
		return nil, fault.New(fault.Conflict, "alert.state.no_draft")
	}
	return m.Open, nil
}

// Revise begins the next version from the current one.
func (m *Message) Revise(by Person, at time.Time) error {
	if !m.State.Open() {
		return fault.New(fault.Conflict, "alert.state.not_on_air")
	}
	if m.Open != nil {
		return fault.New(fault.Conflict, "alert.state.draft_open")
	}
	c := m.Current.Content
	c.StartsAt, c.Lasts = time.Time{}, 0
	m.open(by, at, c)
	return nil
}

// Settle makes the message's own state follow from its open version, while nothing of
// it is on the air yet.
func (m *Message) Settle() {
	if m.Current != nil || m.Open == nil {
		return
	}
	m.State = Draft
	if m.Open.State == VersionChecked {
		m.State = Checked
	}
	m.StartsAt, m.EndsAt = m.Open.Content.StartsAt, m.Open.Content.EndsAt
}

// Postpones refuses a version that would take a message off the air that has begun, only to
// begin again later.
func (m *Message) Postpones(v *Version, at time.Time) error {
	if m.State == InProgress && v.Content.StartsAt.After(at) {
		return fault.Bad("startsAt", "alert.time.has_begun")
	}
	return nil
}

// Issue puts the approved open version on the air and retires the one before it.
func (m *Message) Issue(at time.Time) error {
	v, err := m.Draft()
	if err != nil {
		return err
	}
	if !v.Approved() {
		return fault.New(fault.Conflict, "alert.countersign.incomplete", fault.Args{"have": len(v.Approvals), "need": v.Required})
	}
	v.Content.Stand(at)
	if !v.Content.EndsAt.After(at) {
		return fault.Bad("endsAt", "alert.time.over")
	}
	if err := m.Postpones(v, at); err != nil {
		return err
	}
	if m.Current != nil {
		m.Current.State = VersionSuperseded
	} else {
		m.IssuedAt = at
	}
	v.State, v.IssuedAt = VersionIssued, at
	m.Current, m.Open = v, nil
	m.StartsAt, m.EndsAt = at, v.Content.EndsAt
	if v.Content.StartsAt.After(at) {
		m.StartsAt = v.Content.StartsAt
	}
	if m.EndsAt.After(m.LastEnd) {
		m.LastEnd = m.EndsAt
	}
	m.State = Issued
	return nil
}

// Begin marks the message as in progress once it was sent and its time has come.
func (m *Message) Begin(at time.Time) bool {
	if m.State != Issued || at.Before(m.StartsAt) {
		return false
	}
	m.State = InProgress
	return true
}

// End takes the message off the air. A version still being worked on is given up. The
// latest end that was promised (LastEnd) stays: a cancel must reach terminals until then.
func (m *Message) End(at time.Time, why EndReason, note string) error {
	if !m.State.Open() {
		return fault.New(fault.Conflict, "alert.state.not_on_air")
	}
	if m.Open != nil {
		m.Open.State = VersionDiscarded
	}
	m.State, m.EndedAt, m.EndReason, m.EndNote = Ended, at, why, note
	return nil
}

// Discard gives up the open version; a message that was never issued goes with it.
func (m *Message) Discard(at time.Time) error {
	v, err := m.Draft()
	if err != nil {
		return err
	}
	v.State = VersionDiscarded
	if m.Current == nil {
		m.State, m.EndedAt = Discarded, at
	}
	return nil
}
