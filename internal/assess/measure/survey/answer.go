package survey

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Mode is how an answer was given.
type Mode string

// Modes.
const (
	Phone       Mode = "phone"
	TV          Mode = "tv"
	Interviewer Mode = "interviewer"
	Imported    Mode = "import"
)

// Standing is whether an answer counts.
type Standing string

// Standings.
const (
	Counts  Standing = "counts"
	Doubt   Standing = "doubt" // another was sent under its id
	Dropped Standing = "dropped"
)

// Answer is what one person said: nothing that identifies.
type Answer struct {
	ID       string         `json:"id"`
	Version  int            `json:"version"`
	Stratum  string         `json:"stratum" doc:"District and area, and group where the sample tells groups apart; no nearer"`
	Mode     Mode           `json:"mode" enum:"phone,tv,interviewer,import"`
	Lang     string         `json:"lang"`
	Weight   float64        `json:"-"` // of a place, where places are drawn by their size
	Started  time.Time      `json:"started" doc:"To the hour; of what people answered themselves, the hour at which their batch was shown"`
	Finished time.Time      `json:"finished" doc:"To the hour, or of the batch"`
	Answers  engine.Answers `json:"answers"`
	Standing Standing       `json:"standing" enum:"counts,doubt,dropped"`

	survey, cluster string
	held            bool // not shown to who runs the survey yet
}

// Given is an answer on its way in.
type Given struct {
	ID      string // of the device that took it; empty to draw one
	Version int
	Mode    Mode
	Lang    string
	Token   string // hash of an invitation's; empty without
	Place   string // region code; empty where it is not known
	Stratum string // in which somebody was drawn; of a contact nothing nearer is kept, and there is no place
	Started time.Time
	Answers engine.Answers
}

// What became of an answer.
const (
	Taken = "taken"
	Same  = "same" // it was here already
	Full  = "full" // enough people like this have answered
	Kept  = "kept" // another is here under its id; both are kept for somebody to look at
)

// take keeps an answer with the caller's transaction. No audit record is left: it would say when
// and from where it came.
func (d *Desk) take(ctx context.Context, tx *store.Tx, s *Survey, v *Version, plan *Plan, g Given) (string, error) {
	clean, faults := v.Form.Check(g.Answers)
	if len(faults) > 0 {
		return "", wrongAnswers(v.Form, faults)
	}
	a := &Answer{ID: g.ID, Version: v.Number, Mode: g.Mode, Lang: g.Lang, Weight: 1, Started: g.Started.UTC().Truncate(time.Hour), Finished: tx.Now.UTC().Truncate(time.Hour),
		Answers: clean, Standing: Counts, survey: s.ID, held: g.Mode == Phone || g.Mode == TV, Stratum: cmp.Or(g.Stratum, plan.stratum(d.StratumWithin(s.RegionPath, g.Place), clean))}
	if a.ID == "" {
		a.ID = random(16)
	}
	if g.Started.IsZero() || g.Started.After(tx.Now) { // a device's clock may be wrong
		a.Started = a.Finished
	}
	if at := plan.of(g.Place, a.Stratum); at != nil && (g.Token != "" || g.Mode == Interviewer || g.Mode == Imported) {
		a.Weight, a.cluster = at.Weight, hash(s.salt + at.Code)[:12]
	}
	if g.Stratum != "" && g.Place == "" { // each stands for itself: nothing tells two of one place
		a.Weight, a.cluster = plan.weightIn(g.Stratum), listed+hash(a.ID)[:12]
	}
	counts, _, err := quotaCounts(ctx, tx, s.ID)
	if err != nil {
		return "", err
	}
	// Interviewers were in the field when a quota filled; what they bring counts all the same.
	if g.Mode != Interviewer && g.Mode != Imported && len(v.Form.FullQuotas(clean, base(a.Stratum), len(v.Form.Pages)-1, counts)) > 0 {
		return Full, nil
	}
	fresh, err := insertAnswer(ctx, tx, a)
	if err != nil {
		return "", err
	}
	became := Taken
	if fresh {
		err = d.inQuotas(ctx, tx, v.Form, a, 1)
	} else {
		became, err = d.again(ctx, tx, a)
	}
	if err == nil && a.held && became != Same {
		err = d.show(ctx, tx, s, a.Stratum)
	}
	return became, err
}

// show lets who runs a survey see what people of a stratum answered themselves, once so many wait that
// none can be told by when it came: whoever made the links can ask which was used, and would otherwise
// read the one new answer beside it. They are written anew, in the order of their random ids and with
// the present hour, for neither rows nor hours may say which came last.
func (d *Desk) show(ctx context.Context, tx *store.Tx, s *Survey, stratum string) error {
	held, err := heldOf(ctx, tx, s.ID, stratum)
	if err != nil || len(held) < s.Least {
		return err
	}
	if err := holdSurvey(ctx, tx, s.ID); err != nil { // two who come last at once show them once
		return err
	}
	if held, err = heldOf(ctx, tx, s.ID, stratum); err != nil || len(held) < s.Least {
		return err
	}
	forms := map[int]*Version{}
	for _, a := range held {
		if err := deleteAnswer(ctx, tx, a.ID); err != nil {
			return err
		}
		if forms[a.Version] == nil {
			if forms[a.Version], err = readVersion(ctx, tx, s.ID, a.Version); err != nil {
				return err
			}
		}
		a.held = false
		a.Started = tx.Now.UTC().Truncate(time.Hour)
		a.Finished = a.Started
		if _, err := insertAnswer(ctx, tx, a); err != nil {
			return err
		}
		if a.Standing != Counts {
			continue
		}
		for _, quota := range forms[a.Version].Form.InQuotas(a.Answers, base(a.Stratum)) {
			if err := countQuota(ctx, tx, s.ID, quota, 0, 1); err != nil {
				return err
			}
		}
	}
	return nil
}

// listed marks the cluster of who answered as a contact.
const listed = "~"

// again takes an answer whose id is known: the same once more, or another, which is kept beside it.
func (d *Desk) again(ctx context.Context, tx *store.Tx, a *Answer) (string, error) {
	was, err := readAnswer(ctx, tx, a.survey, a.ID)
	if err != nil {
		return "", err
	}
	before, _ := json.Marshal(was.Answers)
	now, _ := json.Marshal(a.Answers)
	if bytes.Equal(before, now) {
		return Same, nil
	}
	a.ID, a.Standing = hash(a.ID + string(now))[:32], Doubt
	if fresh, err := insertAnswer(ctx, tx, a); err != nil || !fresh {
		return Same, err
	}
	return Kept, nil
}

func (d *Desk) inQuotas(ctx context.Context, tx *store.Tx, form *engine.Form, a *Answer, by int) error {
	shown := by
	if a.held {
		shown = 0
	}
	for _, quota := range form.InQuotas(a.Answers, base(a.Stratum)) {
		if err := countQuota(ctx, tx, a.survey, quota, by, shown); err != nil {
			return err
		}
	}
	return nil
}

// wrongAnswers are an engine's faults as a person is told them.
func wrongAnswers(form *engine.Form, faults []engine.Fault) error {
	var list fault.List
	for _, f := range faults {
		at := "answers." + f.Question
		if f.Row != "" {
			at += "." + f.Row
		}
		code, args := AnswerFault(form, f, form.Languages[0])
		list.Add(fault.New(fault.Invalid, code, args).At(at))
	}
	return list.OrNil()
}

// AnswerFault is what is wrong with an answer as a person is told it: a sentence's code and what it
// names, which are the question in a language and the limit that the answer went over.
func AnswerFault(form *engine.Form, f engine.Fault, lang string) (code string, args fault.Args) {
	code, args = f.Code, fault.Args{"question": f.Question}
	q, _ := form.Question(f.Question)
	if q == nil {
		return "measure.survey.answer." + code, args
	}
	args["question"] = cmp.Or(q.Title.In(lang, form.Languages...), q.ID)
	limit := func(own *float64, scale int) string {
		if own != nil {
			return strconv.FormatFloat(*own, 'f', -1, 64)
		}
		return strconv.Itoa(scale)
	}
	scale := cmp.Or(q.Scale, &engine.Scale{})
	switch {
	case code == engine.FaultType && (q.Kind == engine.Number || q.Kind == engine.Rating || q.Kind == engine.Grid):
		code = "number"
	case code == engine.FaultType && q.Kind == engine.Date:
		code = "day"
	case code == engine.FaultLow && q.Kind == engine.Date:
		code, args["limit"] = "early", q.Earliest
	case code == engine.FaultHigh && q.Kind == engine.Date:
		code, args["limit"] = "late", q.Latest
	case code == engine.FaultLow:
		args["limit"] = limit(q.Min, scale.Low)
	case code == engine.FaultHigh:
		args["limit"] = limit(q.Max, scale.High)
	case code == engine.FaultFew:
		args["limit"] = limit(q.Min, 1)
	case code == engine.FaultMany:
		args["limit"] = limit(q.Max, len(q.Choices))
	case code == engine.FaultLong:
		args["limit"] = cmp.Or(q.Length, engine.MaxAnswer)
	}
	return "measure.survey.answer." + code, args
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// isID says whether a device may call an answer so.
func isID(id string) bool {
	return len(id) == 32 && strings.Trim(id, "0123456789abcdef") == ""
}
