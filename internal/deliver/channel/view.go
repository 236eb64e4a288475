package channel

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// View is a timetable as the console sees it.
type View struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	NameEn     string    `json:"nameEn,omitempty" doc:"Absent where nobody said what it is called in English"`
	RegionCode string    `json:"regionCode"`
	RegionPath string    `json:"regionPath"`
	RegionName string    `json:"regionName"`
	Level      string    `json:"level" enum:"nation,province,city,district,township,village"`
	Sample     bool      `json:"sample"`
	Retired    bool      `json:"retired"`
	Published  *Version  `json:"published,omitempty"`
	Draft      *Version  `json:"draft,omitempty" doc:"The version that is worked on"`
	Clashes    []Clash   `json:"clashes" doc:"Of the draft, else of what is published"`
	Quiet      []string  `json:"quiet" doc:"Ids of slots that lie in the quiet hours"`
	Norms      NormsView `json:"norms"`
	CreatedBy  string    `json:"createdBy"`
	CreatedAt  time.Time `json:"createdAt"`
	Revision   int64     `json:"revision"`
}

// NormsView is what the rules say of a timetable.
type NormsView struct {
	Allowed   bool   `json:"allowed"`
	Approvals int    `json:"approvals" doc:"That publishing needs"`
	Rule      string `json:"rule,omitempty" doc:"What the row of the rules is called"`
	From      string `json:"from,omitempty" doc:"When the quiet hours begin; absent: there are none"`
	Until     string `json:"until,omitempty"`
}

func (m *Module) view(ctx context.Context, t *Timetable) (View, error) {
	v := View{ID: t.ID, Name: t.Name, NameEn: t.NameEn, RegionCode: t.RegionCode, RegionPath: t.RegionPath, Level: t.Level, Sample: t.Sample, Retired: !t.RetiredAt.IsZero(), Published: t.Published,
		Draft: t.Draft, Clashes: []Clash{}, Quiet: []string{}, CreatedBy: t.CreatedBy.Name, CreatedAt: t.CreatedAt, Revision: t.Revision}
	r, err := m.Regions.Region(ctx, t.RegionCode)
	if err != nil {
		return v, err
	}
	v.RegionName = r.name(ctx)
	norms, err := m.Rules.Norms(ctx, t.RegionPath)
	if err != nil {
		return v, err
	}
	v.Norms = NormsView{Allowed: norms.Allowed, Approvals: norms.Approvals, Rule: norms.rule(ctx)}
	if norms.Quiet && norms.From != norms.Until {
		v.Norms.From, v.Norms.Until = norms.From, norms.Until
	}
	if t.shown() == nil || v.Retired {
		return v, nil
	}
	found, err := m.clashes(ctx, m.DB, t, &norms)
	v.Clashes = append(v.Clashes, found...)
	for _, s := range t.shown().Content.every() {
		if norms.quiet(s) {
			v.Quiet = append(v.Quiet, s.ID)
		}
	}
	return v, err
}

// Row is a timetable in a list.
type Row struct {
	ID         string     `json:"id"`
	Name       string     `json:"name" doc:"In the reader's language, where it has one there"`
	RegionCode string     `json:"regionCode"`
	RegionPath string     `json:"regionPath"`
	RegionName string     `json:"regionName"`
	Level      string     `json:"level" enum:"nation,province,city,district,township,village"`
	Sample     bool       `json:"sample"`
	Number     int        `json:"number,omitempty" doc:"Published version; absent: none"`
	Slots      int        `json:"slots" doc:"Of the published version, else of the draft"`
	Draft      State      `json:"draft,omitempty" enum:"draft,submitted" doc:"State of the version that is worked on"`
	Now        *PlayView  `json:"now,omitempty" doc:"What it plays now"`
	Next       *time.Time `json:"next,omitempty" doc:"When it plays next, within a week"`
}

// PlayView is one time that a slot plays, or is to.
type PlayView struct {
	ID         string    `json:"id,omitempty" doc:"Absent before it is due"`
	Timetable  string    `json:"timetable,omitempty" doc:"Absent where it is none of yours"`
	Name       string    `json:"name" doc:"Of the timetable"`
	Level      string    `json:"level" enum:"nation,province,city,district,township,village"`
	Number     int       `json:"number"`
	Slot       string    `json:"slot"`
	Kind       Kind      `json:"kind" enum:"relay,recording,notice"`
	Title      string    `json:"title"`
	StartsAt   time.Time `json:"startsAt"`
	EndsAt     time.Time `json:"endsAt"`
	State      string    `json:"state" enum:"ahead,planned,handed,playing,withdrawing,withdrawn,over,skipped,refused,missed,dropped"`
	Reason     string    `json:"reason,omitempty"`
	Message    string    `json:"message,omitempty" doc:"What it became"`
	Outcome    *Outcome  `json:"outcome,omitempty"`
	YieldsTo   string    `json:"yieldsTo,omitempty" doc:"Title of what goes before it at that time, by precedence"`
	RegionPath string    `json:"regionPath"`

	rank uint32
}

func playView(ctx context.Context, o *Occurrence, t *Timetable, now time.Time) PlayView {
	v := PlayView{ID: o.ID, Timetable: o.Timetable, Number: o.Number, Slot: o.SlotID, Kind: o.Kind, Title: o.Title, StartsAt: o.StartsAt, EndsAt: o.EndsAt, State: string(o.Stage),
		Reason: o.Reason, Message: o.MessageID, Outcome: o.Outcome, RegionPath: o.RegionPath}
	if t != nil {
		v.Name, v.Level = t.called(ctx), t.Level
	}
	if o.Stage == Handed && !now.Before(o.StartsAt) && now.Before(o.EndsAt) {
		v.State = "playing"
	}
	return v
}

// List is the timetables within the asker's regions.
func (m *Module) List(ctx context.Context) ([]Row, error) {
	scope := auth.ScopeOf(ctx, PermRead)
	list, err := standing(ctx, m.DB, scope, "")
	if err != nil {
		return nil, err
	}
	now, rows := m.Clock.Now(), make([]Row, 0, len(list))
	playing, err := playingOccurrences(ctx, m.DB, scope, now)
	if err != nil {
		return nil, err
	}
	sounding := map[string]*Occurrence{}
	for _, o := range playing {
		sounding[o.Timetable] = o
	}
	for _, t := range list {
		r := Row{ID: t.ID, Name: t.called(ctx), RegionCode: t.RegionCode, RegionPath: t.RegionPath, Level: t.Level, Sample: t.Sample}
		if region, err := m.Regions.Region(ctx, t.RegionCode); err == nil {
			r.RegionName = region.name(ctx)
		}
		if t.Draft != nil {
			r.Draft, r.Slots = t.Draft.State, len(t.Draft.Content.Slots)
		}
		if t.Published != nil {
			r.Number, r.Slots = t.Published.Number, len(t.Published.Content.Slots)
			if next := t.occurrences(now, now.AddDate(0, 0, 7), m.Zone); len(next) > 0 {
				r.Next = &next[0].StartsAt
			}
		}
		if o := sounding[t.ID]; o != nil {
			v := playView(ctx, o, t, now)
			if v.Outcome, err = m.outcomeNow(ctx, o); err != nil {
				return nil, err
			}
			r.Now = &v
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func (m *Module) outcomeNow(ctx context.Context, o *Occurrence) (*Outcome, error) {
	if o.Outcome != nil || o.MessageID == "" {
		return o.Outcome, nil
	}
	figures, err := m.Receipts.Figures(ctx, []string{o.MessageID})
	if f, ok := figures[o.MessageID]; ok {
		f.Reasons = map[string]int{}
		return &f, err
	}
	return nil, err
}

// maxDays is how many days are told at once.
const maxDays = 14

// Days is what plays in a region on some days: what was played, is played, and is to be, of its
// own timetables, those above it and those within it. drafts asks for what a draft would play
// in place of what is published.
func (m *Module) Days(ctx context.Context, regionCode, first string, days int, draft string) ([]PlayView, error) {
	r, err := m.Regions.Region(ctx, regionCode)
	if err != nil {
		return nil, fault.Of(err).At("query.region")
	}
	if err := auth.Check(ctx, PermRead, r.Path); err != nil {
		return nil, err
	}
	day, err := time.ParseInLocation(time.DateOnly, first, m.Zone)
	if err != nil || days < 1 || days > maxDays {
		return nil, fault.Bad("query.from", "channel.slot.day")
	}
	norms, err := m.Rules.Norms(ctx, r.Path)
	if err != nil {
		return nil, err
	}
	end, now := day.AddDate(0, 0, days), m.Clock.Now()
	done, err := everyOccurrence(ctx, m.DB, asked{Scope: auth.Everywhere, Around: r.Path, From: day, To: end})
	if err != nil {
		return nil, err
	}
	around, err := standing(ctx, m.DB, auth.Everywhere, r.Path)
	if err != nil {
		return nil, err
	}
	byID := map[string]*Timetable{}
	for _, t := range around {
		byID[t.ID] = t
	}
	list := []PlayView{}
	for _, o := range done {
		if byID[o.Timetable] == nil {
			if byID[o.Timetable], err = readTimetable(ctx, m.DB, o.Timetable); err != nil {
				return nil, err
			}
		}
		if o.Stage == Dropped {
			continue
		}
		v := playView(ctx, o, byID[o.Timetable], now)
		if v.Outcome, err = m.outcomeNow(ctx, o); err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	ahead := now
	if day.After(ahead) {
		ahead = day.Add(-time.Microsecond)
	}
	key := func(timetable, slot string, at time.Time) string {
		return timetable + " " + slot + " " + at.UTC().String()
	}
	made := map[string]bool{}
	for i := range list {
		if v := &list[i]; v.State != string(Withdrawn) {
			made[key(v.Timetable, v.Slot, v.StartsAt)] = true
		}
	}
	scope := auth.ScopeOf(ctx, PermRead)
	for _, t := range around {
		at := *t
		if t.ID == draft && t.Draft != nil && scope.Allows(t.RegionPath) {
			at.Published = t.Draft
		}
		if at.Published == nil {
			continue
		}
		for _, o := range at.occurrences(ahead, end.Add(-time.Microsecond), m.Zone) {
			if !made[key(t.ID, o.SlotID, o.StartsAt)] {
				v := playView(ctx, o, t, now)
				v.State = "ahead"
				list = append(list, v)
			}
		}
	}
	for i := range list {
		v := &list[i]
		v.rank = norms.Ranks[v.Level]
		if !scope.Allows(v.RegionPath) { // one above: what it plays is no secret, how it went is its own affair
			v.Timetable, v.ID, v.Message, v.Outcome = "", "", "", nil
		}
	}
	slices.SortStableFunc(list, func(a, b PlayView) int {
		if c := a.StartsAt.Compare(b.StartsAt); c != 0 {
			return c
		}
		return strings.Compare(a.RegionPath, b.RegionPath)
	})
	yieldTo(list)
	return list, nil
}

// yieldTo says of each, in order of their beginnings, which of the others goes before it while it is
// to sound, where their regions lie within each other.
func yieldTo(list []PlayView) {
	over := func(v *PlayView) bool {
		return v.State == string(Withdrawn) || v.State == string(Refused) || v.State == string(Skipped) || v.State == string(Missed)
	}
	for i := range list {
		a := &list[i]
		for j := i + 1; j < len(list) && list[j].StartsAt.Before(a.EndsAt); j++ {
			b := &list[j]
			switch {
			case over(a) || over(b) || !strings.HasPrefix(a.RegionPath, b.RegionPath) && !strings.HasPrefix(b.RegionPath, a.RegionPath):
			case b.rank > a.rank:
				a.YieldsTo = b.Title
			default: // of equals the one that began first
				b.YieldsTo = a.Title
			}
		}
	}
}
