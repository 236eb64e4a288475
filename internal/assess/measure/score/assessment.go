package score

import (
	"maps"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// AssessmentState is how far an assessment has come.
type AssessmentState string

// States of an assessment.
const (
	Drawn     AssessmentState = "draft"
	Hearing   AssessmentState = "hearing"
	Published AssessmentState = "published"
	Dropped   AssessmentState = "dropped"
)

// Assessment is a method applied to a period.
type Assessment struct {
	ID        string          `json:"id"`
	Method    string          `json:"method"`
	Period    period.Period   `json:"period"`
	Pilot     bool            `json:"pilot" doc:"A trial on the pilot zone, without reward or penalty"`
	State     AssessmentState `json:"state" enum:"draft,hearing,published,dropped"`
	NoteZh    string          `json:"noteZh" doc:"What is said of it"`
	NoteEn    string          `json:"noteEn"`
	DrawnBy   auth.Person     `json:"drawnBy"`
	DrawnAt   time.Time       `json:"drawnAt"`
	HeardFrom time.Time       `json:"heardFrom,omitzero"`
	HeardTill time.Time       `json:"heardTill,omitzero" doc:"Until then the judged may object"`
	ByName    string          `json:"byName,omitempty" doc:"Who published it"`
	At        time.Time       `json:"at,omitzero" doc:"When it was published"`
	Results   *Results        `json:"results" doc:"As they were frozen; of a draft as they are now"`
	Revision  int64           `json:"revision"`
}

// Results are what an assessment came to.
type Results struct {
	AsOf    time.Time `json:"asOf" doc:"Facts are read as they stood then"`
	Version int64     `json:"version"`
	Index   Index     `json:"index" doc:"As it was then"`
	Method  Method    `json:"methodThen" doc:"As it was then"`
	Judged  []Judged  `json:"judged" doc:"The best first"`
	Of      int       `json:"of" doc:"How many had a score, those that it does not judge among them: ranks are among these"`

	// Worded are the revisions of the indicators, and of those that they refer to, that it was reckoned by.
	Worded map[string]int64 `json:"worded,omitempty" doc:"Revisions of the indicators behind it"`
}

// public reports whether everybody may read an assessment once it is published.
func (a *Assessment) public() bool { return a.Results != nil && a.Results.Index.Public }

// Judged is what a unit got.
type Judged struct {
	Scored
	Band  *Band    `json:"band"`
	Heard *float64 `json:"heard" doc:"Score at the hearing; absent where it is the same"`
}

func errAssessment(s AssessmentState) error {
	return fault.New(fault.Conflict, "measure.assessment.state."+string(s))
}

// hear freezes the results of a draft for so many days.
func (a *Assessment) hear(r *Results, days int, at time.Time) error {
	if a.State != Drawn {
		return errAssessment(a.State)
	}
	a.State, a.HeardFrom, a.HeardTill, a.Results = Hearing, at, at.AddDate(0, 0, days), r
	return nil
}

// publish makes results final once the hearing is over and no objection is open, and notes beside
// each score what it was at the hearing, where that was another.
func (a *Assessment) publish(r *Results, open int, by auth.Person, at time.Time, zone *time.Location) error {
	switch {
	case a.State != Hearing:
		return errAssessment(a.State)
	case open > 0:
		return fault.New(fault.Conflict, "measure.assessment.objections", fault.Args{"count": open})
	case at.Before(a.HeardTill):
		return fault.New(fault.Conflict, "measure.assessment.early", fault.Args{"until": a.HeardTill.In(zone).Format("2006-01-02 15:04")})
	}
	heard := map[string]*float64{}
	for _, j := range a.Results.Judged {
		heard[j.Code] = j.Score
	}
	a.Results = r
	for i := range a.Results.Judged {
		j := &a.Results.Judged[i]
		if was := heard[j.Code]; was != nil && (j.Score == nil || *was != *j.Score) {
			j.Heard = was
		}
	}
	a.State, a.At, a.ByName = Published, at, by.Name
	return nil
}

// reworded is an indicator that is defined otherwise than it was at the hearing; empty where none is.
func (a *Assessment) reworded(now *Results) string {
	for _, code := range slices.Sorted(maps.Keys(now.Worded)) {
		if a.Results.Worded != nil && a.Results.Worded[code] != now.Worded[code] {
			return code
		}
	}
	return ""
}

// ObjectionState is how far an objection has come.
type ObjectionState string

// States of an objection.
const (
	ObjectionOpen      ObjectionState = "open"
	ObjectionAccepted  ObjectionState = "accepted"
	ObjectionRejected  ObjectionState = "rejected"
	ObjectionWithdrawn ObjectionState = "withdrawn"
)

// Objection is what somebody who is judged says against a fact.
type Objection struct {
	ID         string         `json:"id"`
	Assessment string         `json:"assessment"`
	RegionPath string         `json:"regionPath"`
	Unit       string         `json:"unit"`
	Indicator  string         `json:"indicator" doc:"Code"`
	Element    string         `json:"element,omitempty" doc:"Code, where one element is meant"`
	Fact       string         `json:"fact,omitempty" doc:"Id, where one fact is meant"`
	Says       string         `json:"says"`
	Wants      *float64       `json:"wants,omitempty" doc:"What the value ought to be"`
	State      ObjectionState `json:"state" enum:"open,accepted,rejected,withdrawn"`
	By         auth.Person    `json:"by"`
	At         time.Time      `json:"at"`
	Answer     string         `json:"answer,omitempty"`
	AnswerBy   *auth.Person   `json:"answerBy,omitempty"`
	AnswerAt   *time.Time     `json:"answerAt,omitempty"`
	Correction string         `json:"correction,omitempty" doc:"Id of the fact that corrects it"`
	Revision   int64          `json:"revision"`
}
