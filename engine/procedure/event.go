package procedure

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/worktime"
)

// Kind is what an event says happened.
type Kind string

// Kinds of events.
const (
	Opened    Kind = "opened"    // Start, To, Form, Data, Type, Version, Number, Opener, Subject
	Moved     Kind = "moved"     // Step, From, To, Form, Data
	Computed  Kind = "computed"  // Data
	Assigned  Kind = "assigned"  // Role, IDs: who has it from now on
	Released  Kind = "released"  // Role
	Told      Kind = "told"      // Roles, Say
	Spawned   Kind = "spawned"   // Child: a case that is to be opened
	Joined    Kind = "joined"    // Child: a case that somebody opened under this one
	Came      Kind = "came"      // Child: how far a child came
	Signalled Kind = "signalled" // IDs of children, Text: what they are told
	Ticked    Kind = "ticked"    // Clock
	Committed Kind = "committed" // Lot
	Drawn     Kind = "drawn"     // Lot, and Data or Role and IDs
	Unsealed  Kind = "unsealed"  // Fields
	Recorded  Kind = "recorded"  // Fact
	Paid      Kind = "paid"      // Payment
	Issued    Kind = "issued"    // Paper
	Published Kind = "published" // Fields, Title, Ask
	Unshown   Kind = "unshown"   // what was published is taken down
	Took      Kind = "took"      // Parts
	Relocated Kind = "relocated" // Region
	Commented Kind = "commented" // Text, Files, Roles that see it
	Undone    Kind = "undone"    // Seq of the entry that no longer counts
)

// Event is one thing that happened. It carries what it came to, so that nothing needs to be worked
// out again.
type Event struct {
	Kind    Kind           `json:"kind"`
	At      time.Time      `json:"at,omitzero"`    // of one that was brought from elsewhere; else that of its entry
	Step    string         `json:"step,omitempty"` // or the opening
	From    string         `json:"from,omitempty"`
	To      string         `json:"to,omitempty"`
	Form    string         `json:"form,omitempty"`
	Data    map[string]any `json:"data,omitempty"`
	Role    string         `json:"role,omitempty"`
	IDs     []string       `json:"ids,omitempty"`
	Roles   []string       `json:"roles,omitempty"`
	Say     *Words         `json:"say,omitempty"`
	Text    string         `json:"text,omitempty"`
	Title   string         `json:"title,omitempty"`
	Files   []string       `json:"files,omitempty"`
	Fields  []string       `json:"fields,omitempty"`
	Ask     bool           `json:"ask,omitempty"`
	Region  string         `json:"region,omitempty"`
	Seq     int64          `json:"seq,omitempty"`
	Birth   *Birth         `json:"birth,omitempty"`
	Clock   *Tick          `json:"clock,omitempty"`
	Child   *Child         `json:"child,omitempty"`
	Lot     *Lot           `json:"lot,omitempty"`
	Fact    *Fact          `json:"fact,omitempty"`
	Payment *Payment       `json:"payment,omitempty"`
	Paper   *Paper         `json:"paper,omitempty"`
	Parts   []Part         `json:"parts,omitempty"`
}

// Birth is what a case is from the beginning on.
type Birth struct {
	Type    string `json:"type"`
	Version int    `json:"version"`
	Number  string `json:"number"`
	Opener  string `json:"opener,omitempty"` // account, party, or a token of somebody without either
	Subject string `json:"subject,omitempty"`
	Via     string `json:"via,omitempty"` // "console", "portal", "phone", "open311", "event", "import"
	Parent  string `json:"parent,omitempty"`
	Link    string `json:"link,omitempty"`
}

// Tick is what happened to a deadline.
type Tick struct {
	Deadline string    `json:"deadline"`
	What     string    `json:"what"` // started, paused, resumed, met, stopped, reminded, due, escalated
	Due      time.Time `json:"due,omitzero"`
	Term     string    `json:"term,omitempty"`
	N        int       `json:"n,omitempty"` // which reminder or rung
	Guess    bool      `json:"guess,omitempty"`
}

func (t *Tick) term() (term worktime.Term) {
	term, _ = worktime.ParseTerm(t.Term) // empty where a deadline ends at a set time
	return term
}

// FellDue is what a Tick says of a deadline that was not met.
const FellDue = "due"

// What else happens to deadlines.
const (
	tickStarted   = "started"
	tickPaused    = "paused"
	tickResumed   = "resumed"
	tickMet       = "met"  // left in time
	tickLate      = "late" // left after it had fallen due
	tickReminded  = "reminded"
	tickEscalated = "escalated"
)

// Child is a case that another opened.
type Child struct {
	ID      string              `json:"id"`
	Type    string              `json:"type,omitempty"`
	Start   string              `json:"start,omitempty"`
	Link    string              `json:"link"`
	State   string              `json:"state,omitempty"`
	Outcome string              `json:"outcome,omitempty"`
	End     bool                `json:"end,omitempty"`
	With    map[string]any      `json:"with,omitempty"` // what it was opened with; later what is in it
	Give    map[string][]string `json:"give,omitempty"`
	About   string              `json:"about,omitempty"` // its subject, and so where it lies; the parent's if empty
}

// Lot is a draw.
type Lot struct {
	Name   string   `json:"name"`
	Digest string   `json:"digest,omitempty"` // SHA-256 of the secret, hexadecimal
	Secret string   `json:"secret,omitempty"`
	Salt   string   `json:"salt,omitempty"`
	Urn    []string `json:"urn,omitempty"`
	Out    []Out    `json:"out,omitempty"` // who was not in the urn, and why
	Count  int      `json:"count,omitempty"`
	Drawn  []string `json:"drawn,omitempty"`
}

// Out is somebody who could not be drawn.
type Out struct {
	ID  string `json:"id"`
	Why string `json:"why"`
}

// Fact is a dated value that the case leaves.
type Fact struct {
	Element string  `json:"element"`
	Unit    string  `json:"unit"` // region, party, device
	Of      string  `json:"of"`
	Value   float64 `json:"value"`
}

// Payment is asked for by a case.
type Payment struct {
	ID       string  `json:"id"`
	Amount   float64 `json:"amount"` // yuan
	To       string  `json:"to"`
	Purpose  string  `json:"purpose"`
	Contract string  `json:"contract,omitempty"`
}

// Paper is a document that the case issued.
type Paper struct {
	ID       string      `json:"id"`
	Document string      `json:"document"`
	Title    Words       `json:"title"`
	Lines    []PaperLine `json:"lines"`
	Licence  string      `json:"licence,omitempty"`
	Holder   string      `json:"holder,omitempty"`
	Scope    string      `json:"scope,omitempty"`
	From     time.Time   `json:"from,omitzero"`
	Until    time.Time   `json:"until,omitzero"`
}

// PaperLine is a line of a document.
type PaperLine struct {
	Name  Words  `json:"name"`
	Value string `json:"value"`
}

// Part is a spare part that was used.
type Part struct {
	Part  string  `json:"part"`
	Count float64 `json:"count"`
}

// Actor is who did something.
type Actor struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
	For  string `json:"for,omitempty"` // whose absence it was done in
}

// Entry is what one act made happen to a case: a link of its chain.
type Entry struct {
	Case   string    `json:"case"`
	Seq    int64     `json:"seq"` // from 1
	At     time.Time `json:"at"`
	Actor  Actor     `json:"actor"`
	Key    string    `json:"key,omitempty"` // by which the one who sent it knows it again: the same key counts once
	Events []Event   `json:"events"`
	Prev   string    `json:"prev"` // hash of the entry before; empty in the first
}

// When is the time of an event of the entry.
func (e *Entry) When(ev *Event) time.Time {
	if ev.At.IsZero() {
		return e.At
	}
	return ev.At
}

// lastAt is when what an entry tells of had happened.
func (e *Entry) lastAt() time.Time { return e.When(&e.Events[len(e.Events)-1]) }

// Reports reports whether the case's parent is to learn of an entry; see Type.Report.
func (e *Entry) Reports() bool {
	return slices.ContainsFunc(e.Events, func(ev Event) bool {
		return slices.Contains([]Kind{Opened, Moved, Computed, Drawn, Unsealed, Undone}, ev.Kind)
	})
}

// Seal gives an entry as it is kept and its hash: SHA-256 of that text, which holds the hash before
// it.
func (e *Entry) Seal() (text []byte, hash string, err error) {
	e.At = e.At.UTC()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return nil, "", err
	}
	text = bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	sum := sha256.Sum256(text)
	return text, hex.EncodeToString(sum[:]), nil
}

// Verify reads the entries of a case as they are kept and proves that they are one chain, whole
// and unchanged, that ends with head. It names the first entry that is not as it was.
func Verify(id string, texts [][]byte, head string) ([]Entry, error) {
	entries := make([]Entry, len(texts))
	hashes := make([]string, len(texts))
	for i, text := range texts {
		broken := func(why string) error {
			return &Fault{Code: "procedure.chain." + why, Place: fmt.Sprint(i + 1), Args: map[string]any{"seq": i + 1}}
		}
		if err := json.Unmarshal(text, &entries[i]); err != nil {
			return nil, broken("unreadable")
		}
		switch e := &entries[i]; {
		case e.Case != id:
			return nil, broken("other")
		case e.Seq != int64(i+1):
			return nil, broken("missing")
		}
		sum := sha256.Sum256(text)
		hashes[i] = hex.EncodeToString(sum[:])
	}
	// Each entry is vouched for by the next, the last by head.
	vouched := func(i int) bool {
		if i < len(texts)-1 {
			return entries[i+1].Prev == hashes[i]
		}
		return hashes[i] == head
	}
	for i := range texts {
		if i == 0 && entries[i].Prev != "" || !vouched(i) {
			if i < len(texts)-1 && !vouched(i+1) { // it is the next that changed, with what it says of this one
				i++
			}
			return nil, &Fault{Code: "procedure.chain.changed", Place: fmt.Sprint(i + 1), Args: map[string]any{"seq": i + 1}}
		}
	}
	if len(texts) == 0 && head != "" {
		return nil, &Fault{Code: "procedure.chain.missing", Place: "1", Args: map[string]any{"seq": 1}}
	}
	return entries, nil
}
