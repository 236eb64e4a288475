package standard

import (
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
)

// Kind is what a standard is for.
type Kind string

// Kinds of standards: services owed to people, and norms for what delivers them.
const (
	Service Kind = "service"
	Outlet  Kind = "outlet"
	Screen  Kind = "screen"
	Hotel   Kind = "hotel"
	Station Kind = "station"
	Other   Kind = "other"
)

// Standard is a promise or a norm, through all its versions.
type Standard struct {
	ID         string
	Code       string
	Kind       Kind
	NameZh     string
	NameEn     string
	RegionCode string // whom it binds: this region and all below
	RegionPath string
	Sample     bool // comes with the sample city
	CreatedBy  auth.Person
	CreatedAt  time.Time
	Revision   int64      // counts changes of it and of its versions
	Versions   []*Version // the newest first
}

// State is how far a version has come.
type State string

// States of a version.
const (
	Draft     State = "draft"
	Comment   State = "comment" // open for comments
	Submitted State = "submitted"
	Approved  State = "approved"
	Rejected  State = "rejected"
	Pilot     State = "pilot" // binds its pilot's regions in its days
	Published State = "published"
	Withdrawn State = "withdrawn" // given up before it was published
)

// Version is one wording of a standard.
type Version struct {
	Number      int           `json:"number"`
	State       State         `json:"state" enum:"draft,comment,submitted,approved,rejected,pilot,published,withdrawn"`
	Content     Content       `json:"content"`
	Base        int           `json:"base,omitempty" doc:"Number of the version that it was made from"`
	Hearing     *Hearing      `json:"hearing,omitempty" doc:"The last time that comments were asked for"`
	Editors     []auth.Person `json:"editors" nullable:"false"`
	SubmittedBy *auth.Person  `json:"submittedBy,omitempty"`
	SubmittedAt *time.Time    `json:"submittedAt,omitempty"`
	Digest      string        `json:"digest,omitempty" doc:"Of the text and the impact that were submitted; the approval is bound to it"`
	Evidence    *Evidence     `json:"evidence,omitempty" doc:"Of the impact that was reckoned when it was submitted"`
	ApprovedBy  *auth.Person  `json:"approvedBy,omitempty"`
	ApprovedAt  *time.Time    `json:"approvedAt,omitempty"`
	Refusal     *Act          `json:"refusal,omitempty" doc:"Why it was rejected"`
	PilotedBy   *auth.Person  `json:"pilotedBy,omitempty"`
	PilotedAt   *time.Time    `json:"pilotedAt,omitempty" doc:"When it was put to its pilot"`
	PublishedBy *auth.Person  `json:"publishedBy,omitempty"`
	PublishedAt *time.Time    `json:"publishedAt,omitempty"`
	Ended       *Act          `json:"ended,omitempty" doc:"Why it was withdrawn or repealed"`
	CreatedAt   time.Time     `json:"createdAt"`
}

// Act is who did something when, and why.
type Act struct {
	By     auth.Person `json:"by"`
	At     time.Time   `json:"at"`
	Reason string      `json:"reason"`
}

// Hearing is a time in which comments are asked for.
type Hearing struct {
	Opened  string      `json:"opened" doc:"Date"`
	Closes  string      `json:"closes" doc:"Last day"`
	Closed  string      `json:"closed,omitempty" doc:"Date on which it was ended"`
	Parties []string    `json:"parties" nullable:"false" doc:"Who were invited by name"`
	How     string      `json:"how" doc:"Where people may send their comments"`
	OpenBy  auth.Person `json:"openedBy"`
}

// Evidence is where an impact that was kept came from.
type Evidence struct {
	At    time.Time `json:"at"`
	Facts int64     `json:"facts" doc:"Version of the facts that it was reckoned from"`
	SM3   string    `json:"sm3" doc:"Digest of the impact"`
}

// Content is what a version says, all of which is approved.
type Content struct {
	BasisZh string     `json:"basisZh" maxLength:"2000" doc:"Legal basis"`
	BasisEn string     `json:"basisEn" maxLength:"3000"`
	From    string     `json:"from" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$" doc:"Day from which it is in force; empty until it is settled"`
	Until   string     `json:"until" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$" doc:"First day on which it is no longer in force; empty: until another takes its place"`
	Pilot   *PilotPlan `json:"pilot,omitempty" doc:"Where it is tried before it binds all"`
	NoteZh  string     `json:"noteZh" maxLength:"2000" doc:"What changed and why, in a few sentences"`
	NoteEn  string     `json:"noteEn" maxLength:"3000"`
	Items   []Item     `json:"items" nullable:"false" maxItems:"80"`
}

// PilotPlan is where and when a version is tried.
type PilotPlan struct {
	Zone    string   `json:"zone" maxLength:"40" doc:"Code of a zone; or regions"`
	Regions []string `json:"regions" nullable:"false" maxItems:"60" doc:"Region codes"`
	From    string   `json:"from" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"`
	Until   string   `json:"until" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" doc:"First day after it"`
}

// Item is one promise that is owed.
type Item struct {
	Key        string      `json:"key" pattern:"^[a-z0-9][a-z0-9_-]{0,39}$" doc:"Stays the same from version to version"`
	HeadingZh  string      `json:"headingZh" maxLength:"80" doc:"Not empty when it is submitted"`
	HeadingEn  string      `json:"headingEn" maxLength:"160"`
	TextZh     string      `json:"textZh" maxLength:"2000" doc:"What is owed, in plain words"`
	TextEn     string      `json:"textEn" maxLength:"3000"`
	OwedByZh   string      `json:"owedByZh" maxLength:"200"`
	OwedByEn   string      `json:"owedByEn" maxLength:"300"`
	OwedToZh   string      `json:"owedToZh" maxLength:"200"`
	OwedToEn   string      `json:"owedToEn" maxLength:"300"`
	Groups     []string    `json:"groups" nullable:"false" maxItems:"9" enum:"everyone,rural,elderly,hearing,sight,minority,migrant,minor,guest" doc:"Whom it is for, so that readers find what is theirs"`
	Medium     string      `json:"medium" enum:"radio,television,cable,iptv,satellite,online,emergency,access,outlet,screen,hotel,station,other"`
	Indicator  string      `json:"indicator" maxLength:"80" doc:"Code of the indicator by which it is judged; empty: by nothing that is counted"`
	Comparison Comparison  `json:"comparison" enum:",at_least,at_most"`
	Level      string      `json:"level" enum:"city,district,township,thing" doc:"Level of the regions that are judged; thing: single things in them are"`
	Things     string      `json:"things,omitempty" enum:",outlet,hotel,screen,station,operator,other,fund" doc:"With level thing: things of this kind are judged, each for itself"`
	Period     period.Kind `json:"period" enum:",month,quarter,half,year" doc:"Over which it is judged; empty: the indicator's own, at least a month"`
	Thresholds []Threshold `json:"thresholds" nullable:"false" maxItems:"20"`
	LegalZh    string      `json:"legalZh" maxLength:"500" doc:"Law, standard or decision, with the clause"`
	LegalEn    string      `json:"legalEn" maxLength:"800"`
	NoteZh     string      `json:"noteZh" maxLength:"1000"`
	NoteEn     string      `json:"noteEn" maxLength:"1500"`
}

// Comparison is which side of a threshold keeps an item.
type Comparison string

// Comparisons.
const (
	AtLeast Comparison = "at_least"
	AtMost  Comparison = "at_most"
)

// Threshold is what regions of a kind must reach; things what is asked of the region that they stand in.
type Threshold struct {
	For   string  `json:"for" pattern:"^(all|zone:[a-z0-9_]{1,40}|kind:[a-z_]{1,20}|area:urban|area:rural)$" doc:"all; zone:core; kind:street, kind:town, …; area:urban (streets and communities), area:rural (towns, townships and villages)"`
	Value float64 `json:"value"`
}

// version is one by its number; nil if there is none.
func (s *Standard) version(number int) *Version {
	for _, v := range s.Versions {
		if v.Number == number {
			return v
		}
	}
	return nil
}

// open is the version that is worked on; nil if there is none.
func (s *Standard) open() *Version {
	for _, v := range s.Versions {
		if slices.Contains([]State{Draft, Comment, Submitted, Approved, Rejected}, v.State) {
			return v
		}
	}
	return nil
}

// inForce is the version that binds on a day, pilots aside; nil if there is none.
func (s *Standard) inForce(day string) (found *Version) {
	for _, v := range s.Versions {
		if v.State == Published && v.Content.From <= day && (found == nil || v.Content.From > found.Content.From) {
			found = v
		}
	}
	if found != nil && found.Content.Until != "" && found.Content.Until <= day {
		return nil
	}
	return found
}

// piloted is the version that binds the regions of its pilot on a day; nil if there is none.
func (s *Standard) piloted(day string) *Version {
	for _, v := range s.Versions {
		if p := v.Content.Pilot; v.PilotedAt != nil && v.State != Withdrawn && p != nil && p.From <= day && day < p.Until {
			if v.State == Published && v.Content.From <= day {
				continue // it binds all by now
			}
			return v
		}
	}
	return nil
}

// until is the first day on which a published version no longer binds; empty where no end is known.
func (s *Standard) until(v *Version) string {
	end := v.Content.Until
	for _, next := range s.Versions {
		if next.State == Published && next.Content.From > v.Content.From && (end == "" || next.Content.From < end) {
			end = next.Content.From
		}
	}
	return end
}

// next is the version that takes the place of a published one on the day that it ends; nil if there is
// none.
func (s *Standard) next(v *Version) *Version {
	end := s.until(v)
	for _, other := range s.Versions {
		if end != "" && other.State == Published && other.Content.From == end {
			return other
		}
	}
	return nil
}

// before is the version that was published before another; nil if there is none.
func (s *Standard) before(v *Version) (found *Version) {
	for _, other := range s.Versions {
		if other.State == Published && other.Number < v.Number && (found == nil || other.Number > found.Number) {
			found = other
		}
	}
	return found
}

// item is one by its key; nil if there is none.
func (c *Content) item(key string) *Item {
	for i := range c.Items {
		if c.Items[i].Key == key {
			return &c.Items[i]
		}
	}
	return nil
}
