package standard

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// errState refuses an act that the present state of a version does not allow.
func errState(s State) error {
	return fault.New(fault.Conflict, "measure.standard.state", fault.Args{"state": string(s)})
}

// begin adds a version that says what another said.
func (s *Standard) begin(c Content, base int, by auth.Person, at time.Time) (*Version, error) {
	if open := s.open(); open != nil {
		return nil, fault.New(fault.Conflict, "measure.standard.open", fault.Args{"number": open.Number})
	}
	number := 1
	for _, v := range s.Versions {
		number = max(number, v.Number+1)
	}
	v := &Version{Number: number, State: Draft, Content: c, Base: base, Editors: []auth.Person{}, CreatedAt: at}
	v.wrote(by)
	s.Versions = slices.Insert(s.Versions, 0, v)
	return v, nil
}

// wrote notes who had a hand in a version.
func (v *Version) wrote(by auth.Person) {
	if !slices.ContainsFunc(v.Editors, func(p auth.Person) bool { return p.ID == by.ID }) {
		v.Editors = append(v.Editors, by)
	}
}

// edit replaces what a version says; what was approved or rejected of it is void.
func (v *Version) edit(c Content, by auth.Person) error {
	if v.PilotedAt != nil || !slices.Contains([]State{Draft, Submitted, Approved, Rejected}, v.State) {
		return errState(v.State)
	}
	v.State, v.Content = Draft, c
	v.void()
	v.wrote(by)
	return nil
}

// void takes back what was said of the text as it was.
func (v *Version) void() {
	v.Digest, v.Evidence, v.SubmittedBy, v.SubmittedAt, v.ApprovedBy, v.ApprovedAt = "", nil, nil, nil, nil, nil
}

// maxParty is how long the name of a party may be, in characters.
const maxParty = 120

// hear asks for comments from today until the end of a day.
func (v *Version) hear(h Hearing, today string) error {
	if v.State != Draft {
		return errState(v.State)
	}
	if h.Closes < today {
		return fault.Bad("closes", "measure.standard.closes")
	}
	if from := v.Content.From; from != "" && h.Closes >= from { // what was said could change nothing any more
		return fault.Bad("closes", "measure.standard.closes_late", fault.Args{"from": from})
	}
	for i, party := range h.Parties {
		if n := utf8.RuneCountInString(party); n == 0 || n > maxParty {
			return fault.Bad(fmt.Sprintf("parties[%d]", i), "measure.standard.party", fault.Args{"limit": maxParty})
		}
	}
	h.Opened = today
	v.State, v.Hearing = Comment, &h
	return nil
}

// close ends the time for comments, so that the text can be mended.
func (v *Version) close(today string) error {
	if v.State != Comment {
		return errState(v.State)
	}
	v.State, v.Hearing.Closed = Draft, today
	return nil
}

// submit asks for the approval of a version, with the impact that was reckoned. A pilot is
// submitted once more, to bind all.
func (s *Standard) submit(v *Version, e Evidence, by auth.Person, at time.Time) error {
	if v.State != Draft && v.State != Pilot {
		return errState(v.State)
	}
	v.void()
	v.State, v.Evidence, v.SubmittedBy, v.SubmittedAt, v.Refusal = Submitted, &e, &by, &at, nil
	v.Digest = digestOf(s, v)
	return nil
}

// digestOf is what an approval is bound to.
func digestOf(s *Standard, v *Version) string {
	raw, err := json.Marshal(struct {
		ID       string
		Facts    Facts
		Version  int
		Adopts   bool
		Content  *Content
		Evidence string
	}{s.ID, Facts{s.Code, s.Kind, s.NameZh, s.NameEn}, v.Number, v.PilotedAt != nil, &v.Content, v.Evidence.SM3})
	if err != nil {
		panic(err) // plain structs always marshal
	}
	return blob.Digest(raw)
}

// approve is the word of somebody who did not write it, for exactly what has this digest.
func (v *Version) approve(digest string, by auth.Person, at time.Time) error {
	switch {
	case v.State != Submitted:
		return errState(v.State)
	case digest != v.Digest:
		return fault.Bad("digest", "measure.standard.changed")
	case slices.ContainsFunc(v.makers(), func(p auth.Person) bool { return p.ID == by.ID }):
		return fault.New(fault.Forbidden, "measure.standard.own")
	}
	v.State, v.ApprovedBy, v.ApprovedAt = Approved, &by, &at
	return nil
}

// makers are those who had a hand in what was submitted.
func (v *Version) makers() []auth.Person {
	all := slices.Clone(v.Editors)
	if v.SubmittedBy != nil {
		all = append(all, *v.SubmittedBy)
	}
	return all
}

// reject sends back a version that was submitted, or approved and not published, so that it may be
// mended. One that is on pilot stays so.
func (v *Version) reject(a Act) error {
	if v.State != Submitted && v.State != Approved {
		return errState(v.State)
	}
	v.State = Rejected
	if v.PilotedAt != nil {
		v.State = Pilot
	}
	v.void()
	v.Refusal = &a
	return nil
}

// publish puts an approved version in force: at first in its pilot, if it has one.
func (s *Standard) publish(v *Version, by auth.Person, at time.Time, today string) error {
	if v.State != Approved {
		return errState(v.State)
	}
	if err := v.Content.ahead(today, v.PilotedAt != nil); err != nil {
		return err
	}
	if p := v.Content.Pilot; p != nil && v.PilotedAt == nil {
		for _, other := range s.Versions {
			if q := other.Content.Pilot; other != v && other.PilotedAt != nil && other.State == Pilot && q.From < p.Until && p.From < q.Until {
				return fault.New(fault.Conflict, "measure.standard.pilot_beside", fault.Args{"number": other.Number})
			}
		}
		v.State, v.PilotedBy, v.PilotedAt = Pilot, &by, &at
		return nil
	}
	for _, other := range s.Versions {
		if other.State == Published && other.Content.From >= v.Content.From {
			return fault.Bad("content.from", "measure.standard.from_before", fault.Args{"number": other.Number, "from": other.Content.From})
		}
	}
	v.State, v.PublishedBy, v.PublishedAt = Published, &by, &at
	return nil
}

// withdraw gives a version up that does not bind all.
func (v *Version) withdraw(a Act) error {
	if v.State == Published || v.State == Withdrawn {
		return errState(v.State)
	}
	v.State, v.Ended = Withdrawn, &a
	return nil
}

// repeal ends a published version on a day.
func (s *Standard) repeal(v *Version, day string, a Act) error {
	if v.State != Published || v.Ended != nil {
		return errState(v.State)
	}
	if day < v.Content.From || s.until(v) != "" && s.until(v) < day {
		return fault.Bad("on", "measure.standard.repeal_day")
	}
	v.Content.Until, v.Ended = day, &a
	return nil
}
