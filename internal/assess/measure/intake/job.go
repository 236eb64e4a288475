package intake

import (
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
)

// State is where an import stands.
type State string

// States.
const (
	Checking    State = "checking"
	Taking      State = "taking"
	Done        State = "done"
	Refused     State = "refused" // bad lines, and nothing was taken
	Cancelled   State = "cancelled"
	Interrupted State = "interrupted" // the process stopped under it
	Failed      State = "failed"
	Undone      State = "undone"
)

// Job is a file on its way in.
type Job struct {
	ID        string       `json:"id"`
	File      string       `json:"file"`
	DryRun    bool         `json:"dryRun" doc:"Only looked at: nothing was taken"`
	SkipBad   bool         `json:"skipBad" doc:"Bad lines are left out and the others taken"`
	Reason    string       `json:"reason,omitempty" doc:"Given, it may correct what is locked"`
	State     State        `json:"state" enum:"checking,taking,done,refused,cancelled,interrupted,failed,undone"`
	Sheet     string       `json:"sheet,omitempty" doc:"Of an XLSX"`
	Wide      bool         `json:"wide" doc:"A column for each element"`
	Unknown   []string     `json:"unknown" doc:"Titles of columns that were not used"`
	Lines     int          `json:"lines" doc:"Read so far, without the heading"`
	Values    int          `json:"values" doc:"Good ones"`
	Empty     int          `json:"empty" doc:"Cells and lines without a value, and sums"`
	Bad       int          `json:"bad" doc:"Lines, or cells of a wide table, that cannot be taken"`
	Odd       int          `json:"odd" doc:"Values that are far from what their region had before, or unlikely by a rule"`
	Would     fact.Outcome `json:"would" doc:"What taking all good values would come to, as the facts stood when the file was looked at"`
	Taken     int          `json:"taken" doc:"Values dealt with so far"`
	Outcome   fact.Outcome `json:"outcome"`
	Kept      int          `json:"kept" doc:"Taken back: values that were locked since, and that were left alone"`
	Fault     string       `json:"fault,omitempty" doc:"Why it failed, in the reader's language"`
	StartedBy string       `json:"startedBy"`
	StartedAt time.Time    `json:"startedAt"`
	EndedAt   *time.Time   `json:"endedAt,omitempty"`

	byID      string
	path      string
	faultCode string
	faultArgs map[string]any
}

// Line is something to be told of a line.
type Line struct {
	Line    int    `json:"line" doc:"In the file, from 1"`
	Place   string `json:"place" doc:"Cell, or the line"`
	Kind    string `json:"kind" enum:"bad,odd,change"`
	Message string `json:"message" doc:"In the reader's language"`

	code string
	args map[string]any
}

// Limits of an import.
const (
	maxBytes   = 100 << 20
	maxLines   = 2_000_000
	maxTold    = 5_000 // lines that are told of, of those that are bad and of those that are odd
	maxChanges = 300   // values that are told of because they would replace others
	perTake    = 5_000
	reportEach = 2 * time.Second
)
