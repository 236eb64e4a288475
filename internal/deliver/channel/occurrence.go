package channel

import (
	"encoding/json"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/blob"
)

// Stage is how far an occurrence has come.
type Stage string

// Stages of an occurrence.
const (
	Planned     Stage = "planned"     // it is due within minutes
	Handed      Stage = "handed"      // loudspeakers are told, or were
	Withdrawing Stage = "withdrawing" // it is being taken back
	Withdrawn   Stage = "withdrawn"   // it was taken back, having sounded or not
	Over        Stage = "over"        // its time has passed; what came of it is known
	Skipped     Stage = "skipped"     // quiet hours
	Refused     Stage = "refused"     // the rules, or what it says
	Missed      Stage = "missed"      // the platform did not run at its time
	Dropped     Stage = "dropped"     // a newer version left it out before it was handed over
)

// Occurrence is one time that a slot plays.
type Occurrence struct {
	ID         string
	Timetable  string
	Number     int
	SlotID     string
	Digest     string
	RegionPath string
	Kind       Kind
	Title      string
	StartsAt   time.Time
	EndsAt     time.Time
	Stage      Stage
	Reason     string
	MessageID  string
	Outcome    *Outcome
}

// Outcome is what loudspeakers did with an occurrence, by their receipts.
type Outcome struct {
	Targets   int            `json:"targets" doc:"Loudspeakers that it was for"`
	Reached   int            `json:"reached" doc:"Those that say that they sounded it"`
	Played    int            `json:"played" doc:"To the end"`
	Playing   int            `json:"playing" doc:"Sounding now"`
	Yielding  int            `json:"yielding" doc:"Silent now for something higher"`
	Yielded   int            `json:"yielded" doc:"Were interrupted at some time"`
	Failed    int            `json:"failed" doc:"Could not play it, or refused it"`
	Silent    int            `json:"silent" doc:"Gave no answer"`
	Heard     int            `json:"heard" doc:"Whose microphone heard it"`
	Reasons   map[string]int `json:"reasons" doc:"Why loudspeakers failed, and how many"`
	BeganAt   *time.Time     `json:"beganAt,omitempty" doc:"First sound"`
	EndedAt   *time.Time     `json:"endedAt,omitempty" doc:"Last word"`
	YieldFrom *time.Time     `json:"yieldFrom,omitempty" doc:"The first interruption"`
	YieldTo   *time.Time     `json:"yieldTo,omitempty" doc:"When the last loudspeaker that was interrupted came back"`
}

// digestSlot is of all that plays: another one is another occurrence.
func digestSlot(c *Content, s *Slot) string {
	at := *s
	at.Days, at.From, at.Until = nil, "", "" // when it recurs is no part of what plays today
	raw, err := json.Marshal(struct {
		Devices []string
		Volume  *int
		Slot    Slot
	}{c.Devices, c.Volume, at})
	if err != nil {
		panic(err) // plain structs always marshal
	}
	return blob.Digest(raw)
}

// occurrences makes what begins after one time and not after another.
func (t *Timetable) occurrences(after, until time.Time, zone *time.Location) (list []*Occurrence) {
	c := &t.Published.Content
	from := after.In(zone)
	for day := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, zone); !day.After(until); day = day.AddDate(0, 0, 1) {
		for _, s := range c.On(day) {
			begins, ends := s.times(day)
			if begins.After(after) && !begins.After(until) {
				list = append(list, &Occurrence{Timetable: t.ID, Number: t.Published.Number, SlotID: s.ID, Digest: digestSlot(c, &s), RegionPath: t.RegionPath,
					Kind: s.Kind, Title: s.Title, StartsAt: begins.UTC(), EndsAt: ends.UTC(), Stage: Planned})
			}
		}
	}
	return list
}

// begins is when the first thing begins after one time; another where nothing does until then.
func (t *Timetable) begins(after, until time.Time, zone *time.Location) time.Time {
	for _, o := range t.occurrences(after, until, zone) {
		if o.StartsAt.Before(until) {
			until = o.StartsAt
		}
	}
	return until
}

// slot finds the slot of an occurrence in the content that it follows from.
func (c *Content) slot(id string) *Slot {
	for i := range c.Slots {
		if c.Slots[i].ID == id {
			return &c.Slots[i]
		}
	}
	for i := range c.Exceptions {
		for j := range c.Exceptions[i].Extra {
			if s := &c.Exceptions[i].Extra[j]; s.ID == id {
				return s
			}
		}
	}
	return nil
}

// says reports whether a content still has an occurrence as it is.
func (c *Content) says(o *Occurrence, zone *time.Location) bool {
	day := o.StartsAt.In(zone)
	for _, s := range c.On(day) {
		if begins, _ := s.times(day); s.ID == o.SlotID && begins.Equal(o.StartsAt) && digestSlot(c, &s) == o.Digest {
			return true
		}
	}
	return false
}
