package fact

import (
	"regexp"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Source is how a fact came.
type Source string

// Sources.
const (
	FromModule   Source = "module"   // a part of the product: emergency broadcasting, devices
	FromRegister Source = "register" // the register of regions
	FromReturn   Source = "return"   // a return that was approved
	FromHand     Source = "hand"     // entered by somebody who may
	FromImport   Source = "import"
	FromAPI      Source = "api"
	FromSurvey   Source = "survey"
	FromFund     Source = "fund"
	FromSample   Source = "sample" // made up for the sample city
)

// own reports whether it is the product itself that states, which alone states of built-in elements.
func (s Source) own() bool {
	return s == FromModule || s == FromRegister || s == FromFund || s == FromSample
}

// Entry is a fact on its way in.
type Entry struct {
	Element string
	Unit    string // region code, or "kind:id" of something that stands in Region
	Region  string // region code; empty where Unit is one
	Period  period.Period
	Ref     string // tells facts of one unit and period apart, at most 80 characters; empty for what is stated once
	Value   *Value // nil withdraws what was stated
	At      time.Time
	Reason  string // of a change
	Correct bool   // may change what is locked; it then stands as a correction
}

// Origin is where entries come from.
type Origin struct {
	Source Source
	Object string // alert:…, import:…, return:…
}

// Fact is one version of a fact.
type Fact struct {
	ID           string        `json:"id"`
	Element      string        `json:"element"`
	Unit         string        `json:"unit" doc:"Region code, or kind:id of what stands in a region"`
	Region       string        `json:"region" doc:"Region code"`
	RegionPath   string        `json:"regionPath"`
	Period       period.Period `json:"period" doc:"2026-07-28, 2026-07, 2026Q3, 2026H2, 2026 or 2026-2030"`
	Ref          string        `json:"ref"`
	Version      int64         `json:"version"`
	Value        *float64      `json:"value" doc:"Null: withdrawn"`
	At           time.Time     `json:"at" doc:"When it was so"`
	RecordedAt   time.Time     `json:"recordedAt"`
	SupersededAt *time.Time    `json:"supersededAt,omitempty" doc:"When the next version was recorded; absent for the one that counts"`
	Source       Source        `json:"source" enum:"module,register,return,hand,import,api,survey,fund,sample"`
	Origin       string        `json:"origin" doc:"What it came from: alert:…, import:…"`
	ByID         string        `json:"byId"`
	ByName       string        `json:"byName"`
	Reason       string        `json:"reason"`
	Corrects     bool          `json:"corrects" doc:"It changed what was locked"`
}

// Outcome counts what became of entries.
type Outcome struct {
	New       int `json:"new"`
	Changed   int `json:"changed"`
	Withdrawn int `json:"withdrawn"`
	Same      int `json:"same" doc:"Said what was known"`

	Paths []string `json:"-"` // of regions whose facts changed, each once
}

// Add adds another outcome.
func (o *Outcome) Add(other Outcome) {
	o.New, o.Changed, o.Withdrawn, o.Same = o.New+other.New, o.Changed+other.Changed, o.Withdrawn+other.Withdrawn, o.Same+other.Same
	for _, path := range other.Paths {
		o.touch(path)
	}
}

func (o *Outcome) touch(path string) {
	if i, known := slices.BinarySearch(o.Paths, path); !known {
		o.Paths = slices.Insert(o.Paths, i, path)
	}
}

// thing names what stands in a region: "device:01J…".
var thing = regexp.MustCompile(`^[a-z]+:[0-9A-Za-z._-]{1,64}$`)

// limits of what comes from outside.
const (
	maxRef    = 80
	maxReason = 500
)

func (e *Entry) check() *fault.Error {
	switch {
	case e.Region != "" && e.Region != e.Unit && !thing.MatchString(e.Unit):
		return fault.Bad("unit", "measure.fact.unit", fault.Args{"unit": e.Unit})
	case len(e.Ref) > maxRef:
		return fault.Bad("ref", "measure.fact.ref", fault.Args{"limit": maxRef})
	case len(e.Reason) > 4*maxReason:
		return fault.Bad("reason", "measure.fact.reason_long", fault.Args{"limit": maxReason})
	case e.Correct && e.Reason == "":
		return fault.Bad("reason", "measure.fact.reason")
	}
	return nil
}

// AsOf reads a time of the past that somebody asks for; the zero time is now.
func (l *Ledger) AsOf(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return t, fault.Bad("asOf", "measure.as_of", fault.Args{"text": text})
	}
	if t.After(l.Clock.Now().Add(time.Minute)) { // the asker's clock may be a little fast
		return t, fault.Bad("asOf", "measure.as_of_ahead")
	}
	return t, nil
}
