package event

// AlertIssued says that a version of a message was countersigned and signed.
type AlertIssued struct {
	ID         string `json:"id"`
	Version    int64  `json:"version"` // the message's revision
	Number     int    `json:"number"`  // version number of the content
	EBMID      string `json:"ebmid"`
	Kind       string `json:"kind"`
	Class      string `json:"class"`
	Event      string `json:"event"`
	Severity   string `json:"severity"`
	RegionPath string `json:"regionPath"`
	Title      string `json:"title"`
	StartsAt   int64  `json:"startsAt"` // UTC microseconds
	EndsAt     int64  `json:"endsAt"`
}

// EventName implements Event.
func (AlertIssued) EventName() string { return "alert.issued" }

// Aggregate implements Event.
func (e AlertIssued) Aggregate() (string, int64) { return e.ID, e.Version }

// AlertEnded says that a message is over, and what came of it: facts about the past.
type AlertEnded struct {
	ID         string `json:"id"`
	Version    int64  `json:"version"`
	Kind       string `json:"kind"`
	Class      string `json:"class"`
	Event      string `json:"event"`
	Severity   string `json:"severity"`
	RegionPath string `json:"regionPath"`
	Reason     string `json:"reason"` // expired, cancelled, stopped
	IssuedAt   int64  `json:"issuedAt"`
	EndedAt    int64  `json:"endedAt"`
	People     int64  `json:"people"` // estimate of the people in the area
	Targets    int    `json:"targets"`
	Answered   int    `json:"answered"`
	Reached    int    `json:"reached"` // claimed
	Heard      int    `json:"heard"`
	Failed     int    `json:"failed"`
}

// EventName implements Event.
func (AlertEnded) EventName() string { return "alert.ended" }

// Aggregate implements Event.
func (e AlertEnded) Aggregate() (string, int64) { return e.ID, e.Version }

// AlertFellShort says that too few terminals of some townships sounded a message in time, and
// asks for a repair of those that did not.
type AlertFellShort struct {
	ID         string   `json:"id"`
	Version    int64    `json:"version"`
	Number     int      `json:"number"` // version number of the content
	Rule       string   `json:"rule"`   // row of the table of escalations
	Severity   string   `json:"severity"`
	RegionPath string   `json:"regionPath"`
	Townships  []string `json:"townships"` // region codes
	Targets    int      `json:"targets"`   // terminals in these townships
	Reached    int      `json:"reached"`
	Silent     []string `json:"silent"` // resource codes of those that did not sound it, 5,000 at most
}

// EventName implements Event.
func (AlertFellShort) EventName() string { return "alert.fell_short" }

// Aggregate implements Event.
func (e AlertFellShort) Aggregate() (string, int64) { return e.ID, e.Version }

// AlertStopped says that somebody stopped everything in a region.
type AlertStopped struct {
	ID         string   `json:"id"`
	RegionPath string   `json:"regionPath"`
	Reason     string   `json:"reason"`
	Messages   []string `json:"messages"`
	At         int64    `json:"at"`
}

// EventName implements Event.
func (AlertStopped) EventName() string { return "alert.stopped" }

// Aggregate implements Event.
func (e AlertStopped) Aggregate() (string, int64) { return e.ID, 1 }

// ReceiptsTaken says that a batch of receipts is on disk: how many by message.
type ReceiptsTaken struct {
	Batch  string         `json:"batch"`
	Counts map[string]int `json:"counts"`
	At     int64          `json:"at"`
}

// EventName implements Event.
func (ReceiptsTaken) EventName() string { return "alert.receipts_taken" }

// Aggregate implements Event.
func (e ReceiptsTaken) Aggregate() (string, int64) { return e.Batch, 1 }

// DrillHeld says that a drill is over, and what came of it: facts about the past. A nil figure
// was not measured, or never came.
type DrillHeld struct {
	ID           string `json:"id"`
	Version      int64  `json:"version"`
	MessageID    string `json:"messageId"`
	Kind         string `json:"kind"` // platform_drill, head_end_drill, terminal_drill
	RegionPath   string `json:"regionPath"`
	StartedAt    int64  `json:"startedAt"` // UTC microseconds
	EndedAt      int64  `json:"endedAt"`
	Announced    bool   `json:"announced"` // the duty staff knew beforehand
	Targets      int    `json:"targets"`   // terminals; of a drill that no terminal hears, outputs
	Answered     int    `json:"answered"`
	Reached      int    `json:"reached"` // claimed
	Heard        *int   `json:"heard,omitempty"`
	Failed       int    `json:"failed"`
	HalfMillis   *int64 `json:"halfMillis,omitempty"` // until half of the targets claimed to have sounded it
	MostMillis   *int64 `json:"mostMillis,omitempty"` // 90 %
	NearlyMillis *int64 `json:"nearlyMillis,omitempty"`
	TakeMillis   *int64 `json:"takeMillis,omitempty"` // from its beginning until somebody on duty took it in hand
	SignMillis   *int64 `json:"signMillis,omitempty"` // from its submission until it was countersigned
	Expected     int    `json:"expected"`             // targets of the plan
	Met          int    `json:"met"`                  // of these, those that were met
}

// EventName implements Event.
func (DrillHeld) EventName() string { return "alert.drill_held" }

// Aggregate implements Event.
func (e DrillHeld) Aggregate() (string, int64) { return e.ID, e.Version }
