package standard

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
)

// Standing is how a region stands with an item.
type Standing string

// Standings. What is not known is neither kept nor failed.
const (
	Kept    Standing = "kept"
	Failed  Standing = "failed"
	Unknown Standing = "unknown"
)

// Impact is what a version would mean on the facts of a moment: who keeps each item already, who
// would fail it, by how much, and how many people live there.
type Impact struct {
	At     time.Time    `json:"at"`
	Facts  int64        `json:"facts" doc:"Version of the facts that it was reckoned from"`
	Region string       `json:"region" doc:"Code of the region that the standard binds"`
	Items  []ItemImpact `json:"items" nullable:"false"`
	Pilot  []ItemImpact `json:"pilot,omitempty" doc:"Where it is tried: how its regions stand now, and stood before"`
}

// ItemImpact is what one item would mean.
type ItemImpact struct {
	Key        string       `json:"key"`
	HeadingZh  string       `json:"headingZh"`
	HeadingEn  string       `json:"headingEn"`
	Indicator  string       `json:"indicator"`
	NameZh     string       `json:"nameZh" doc:"Of the indicator"`
	NameEn     string       `json:"nameEn"`
	UnitZh     string       `json:"unitZh"`
	UnitEn     string       `json:"unitEn"`
	Places     int          `json:"places"`
	Comparison Comparison   `json:"comparison" enum:",at_least,at_most"`
	Level      string       `json:"level" enum:"city,district,township,thing"`
	Things     string       `json:"things,omitempty" doc:"Kind of the things that are judged"`
	Sum        Sum          `json:"sum"`
	Tried      *Sum         `json:"tried,omitempty" doc:"Of the regions where it is to be tried first"`
	Units      []UnitImpact `json:"units" nullable:"false" doc:"Regions, or things, that have a threshold"`
	Free       int          `json:"free" doc:"Those for which the item names no threshold"`
	Districts  []Rollup     `json:"districts,omitempty" doc:"Of things: how many of each district keep it"`
}

// Rollup is how the things in a district stand with an item.
type Rollup struct {
	Code   string `json:"code"`
	Path   string `json:"path"`
	NameZh string `json:"nameZh"`
	NameEn string `json:"nameEn"`
	Sum    Sum    `json:"sum"`
}

// Sum counts regions and the people who live there.
type Sum struct {
	Kept          int   `json:"kept"`
	Failed        int   `json:"failed"`
	Unknown       int   `json:"unknown"`
	PeopleKept    int64 `json:"peopleKept"`
	PeopleFailed  int64 `json:"peopleFailed"`
	PeopleUnknown int64 `json:"peopleUnknown"`
}

func (s *Sum) add(u *UnitImpact) {
	n, people := &s.Unknown, &s.PeopleUnknown
	switch u.Standing {
	case Kept:
		n, people = &s.Kept, &s.PeopleKept
	case Failed:
		n, people = &s.Failed, &s.PeopleFailed
	}
	*n++
	*people += u.People
}

// UnitImpact is how one region, or thing, stands with an item.
type UnitImpact struct {
	Code      string        `json:"code"`
	Path      string        `json:"path" doc:"Of the region, or of that in which the thing stands"`
	NameZh    string        `json:"nameZh"`
	NameEn    string        `json:"nameEn"`
	People    int64         `json:"people" doc:"0 where it is not known"`
	Value     *float64      `json:"value,omitempty"`
	Before    *float64      `json:"before,omitempty" doc:"Of a pilot: before it began"`
	Threshold float64       `json:"threshold"`
	Short     *float64      `json:"short,omitempty" doc:"By how much it fails"`
	Standing  Standing      `json:"standing" enum:"kept,failed,unknown"`
	Data      period.Period `json:"data" doc:"Period in which the value was stated"`
	Stale     bool          `json:"stale,omitempty" doc:"Older than the indicator allows"`
	Tried     bool          `json:"tried,omitempty" doc:"Lies where it is to be tried first"`
}

// impact reckons what items would mean for all whom a standard binds; items may be left out for
// all of a content's.
func (d *Desk) impact(ctx context.Context, s *Standard, c *Content, items []Item) (*Impact, error) {
	j, err := d.judge(ctx, d.DB, period.Period{})
	if err != nil {
		return nil, err
	}
	out := &Impact{At: d.Clock.Now().UTC(), Region: s.RegionCode, Items: []ItemImpact{}}
	if out.Facts, err = fact.Version(ctx, d.DB); err != nil {
		return nil, err
	}
	tried := j.paths(c.Pilot)
	if items == nil {
		items = c.Items
	}
	for i := range items {
		it := &items[i]
		subject, err := j.subject(s, it)
		if err != nil {
			return nil, err
		}
		found, err := j.item(it, subject)
		if err != nil {
			return nil, err
		}
		for u := range found.Units {
			if unit := &found.Units[u]; within(unit.Path, tried) {
				unit.Tried = true
				if found.Tried == nil {
					found.Tried = &Sum{}
				}
				found.Tried.add(unit)
			}
		}
		out.Items = append(out.Items, found)
	}
	return out, nil
}

// subject are the regions, or things, that an item of a standard judges: of one from above those
// that this node serves.
func (j *judge) subject(s *Standard, it *Item) ([]unit, error) {
	path := s.RegionPath
	if strings.HasPrefix(j.d.Home, path) {
		path = j.d.Home
	}
	return j.within(path, it)
}

// pilotResult is how the regions of a pilot stand now, and stood before it began.
func (d *Desk) pilotResult(ctx context.Context, s *Standard, v *Version) ([]ItemImpact, error) {
	now, err := d.judge(ctx, d.DB, period.Period{})
	if err != nil {
		return nil, err
	}
	tried := now.paths(v.Content.Pilot)
	began, err := time.ParseInLocation(time.DateOnly, v.Content.Pilot.From, d.Zone)
	if err != nil {
		return nil, err
	}
	then := *now
	then.until = began
	out := []ItemImpact{}
	for i := range v.Content.Items {
		it := &v.Content.Items[i]
		units, err := now.subject(s, it)
		if err != nil {
			return nil, err
		}
		units = slices.DeleteFunc(units, func(u unit) bool { return !within(u.path, tried) })
		found, err := now.item(it, units)
		if err != nil {
			return nil, err
		}
		before, err := then.item(it, units)
		if err != nil {
			return nil, err
		}
		for u := range found.Units {
			found.Units[u].Before = before.Units[u].Value
		}
		out = append(out, found)
	}
	return out, nil
}
