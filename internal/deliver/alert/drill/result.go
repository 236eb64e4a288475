package drill

import (
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
)

// Result is what came of a drill: as it stands while it runs, frozen when it is over.
type Result struct {
	Final     bool           `json:"final" doc:"Frozen: nothing is added any more"`
	Course    Course         `json:"course"`
	Total     Part           `json:"total" doc:"Of all terminals; of a drill that no terminal hears, of all outputs"`
	Districts []Part         `json:"districts" doc:"By district, of a drill within one district by township"`
	Media     []Part         `json:"media" doc:"By kind of terminal, then by kind of output"`
	Ways      []Way          `json:"ways" doc:"What each output did"`
	Reasons   []delivery.Why `json:"reasons" doc:"Why terminals did not do what they should, the most first"`
	Failing   []Failing      `json:"failing" doc:"Terminals that did not do what they should, 5,000 at most"`
	Failed    int            `json:"failed" doc:"How many those are in all"`
	Verdicts  []Verdict      `json:"verdicts" doc:"What was expected, and whether it came so"`
}

// Course is when what of the procedure happened.
type Course struct {
	State     message.State     `json:"state" doc:"Of the message"`
	StartedAt time.Time         `json:"startedAt"`
	TakenBy   string            `json:"takenBy,omitempty"`
	TakenAt   *time.Time        `json:"takenAt,omitempty" doc:"When the duty officer took it in hand"`
	CheckedBy string            `json:"checkedBy,omitempty"`
	CheckedAt *time.Time        `json:"checkedAt,omitempty" doc:"When it was submitted"`
	SignedBy  []string          `json:"signedBy" doc:"Who countersigned, in order"`
	SignedAt  *time.Time        `json:"signedAt,omitempty" doc:"When the last countersignature issued it"`
	SentAt    *time.Time        `json:"sentAt,omitempty" doc:"When the first terminal was sent it"`
	EndsAt    time.Time         `json:"endsAt" doc:"Of the message: so many minutes of the plan after its issue; before that as if it were issued now"`
	EndedAt   *time.Time        `json:"endedAt,omitempty"`
	EndReason message.EndReason `json:"endReason,omitempty" enum:"expired,cancelled,stopped"`
	EndNote   string            `json:"endNote,omitempty"`
	People    int64             `json:"people" doc:"Estimate of the people in the area"`
	Discarded bool              `json:"-"` // given up before it was issued
	Settled   bool              `json:"-"` // it is over, and receipts of what was sent last have come
}

// Part is how a drill went among some of its terminals, or its outputs of one kind.
type Part struct {
	Key       string `json:"key" doc:"Code of a region, or a medium; empty for all"`
	NameZh    string `json:"nameZh,omitempty" doc:"Of a region, as it was called"`
	NameEn    string `json:"nameEn,omitempty"`
	Way       bool   `json:"way" doc:"Outputs are counted, not terminals"`
	Planned   bool   `json:"planned" doc:"The plan examines this medium; true of regions"`
	Targets   int    `json:"targets"`
	Delivered int    `json:"delivered" doc:"Have it: any answer of a terminal; of an output, the far side took it"`
	Claimed   int    `json:"claimed" doc:"Claim to have sounded it; of an output, the far side says that it is on the air, or, where it never says so, that it took it"`
	Unclaimed bool   `json:"unclaimed,omitempty" doc:"The medium never says that it plays: claimed, half, most and nearly are of when it took it"`
	Heard     *int   `json:"heard,omitempty" doc:"A microphone heard it; absent: nothing was measured, which is no zero"`
	Ears      int    `json:"ears" doc:"Targets that have a microphone: heard is of these"`
	Failed    int    `json:"failed"`
	Silent    int    `json:"silent"`
	Late      int    `json:"late"`
	Unheard   int    `json:"unheard"`
	Half      *int64 `json:"half,omitempty" doc:"Milliseconds after it was first sent by which half of the targets claim to have sounded it; absent: never"`
	Most      *int64 `json:"most,omitempty" doc:"The same for 90 %"`
	Nearly    *int64 `json:"nearly,omitempty" doc:"The same for 99 %"`
	Curve     Line   `json:"curve"`
}

// Line is running totals at the end of each step since the message was first sent.
type Line struct {
	StepMillis int64 `json:"stepMillis"`
	Delivered  []int `json:"delivered"`
	Claimed    []int `json:"claimed"`
	Heard      []int `json:"heard"`
}

// Way is what one output did with the message.
type Way struct {
	Output      string `json:"output" doc:"Id of the output"`
	Kind        string `json:"kind"`
	NameZh      string `json:"nameZh"`
	NameEn      string `json:"nameEn"`
	State       string `json:"state" enum:"waiting,retrying,accepted,playing,done,failed,given_up,superseded,ended"`
	TookMillis  *int64 `json:"tookMillis,omitempty" doc:"After the message was issued, until the far side took it"`
	OnAirMillis *int64 `json:"onAirMillis,omitempty" doc:"Until the far side said that it is on the air"`
	Failure     string `json:"failure,omitempty"`
}

// Failing is a terminal that did not do what it should.
type Failing struct {
	Device  string           `json:"device"`
	Name    string           `json:"name,omitempty"`
	Kind    string           `json:"kind,omitempty"`
	Region  string           `json:"region" doc:"Code of its district or township, as in districts"`
	Problem delivery.Problem `json:"problem" enum:"failed,late,silent,unheard"`
	Reason  string           `json:"reason,omitempty"`
}

// MaxFailing bounds how many terminals a result names.
const MaxFailing = 5000

// Verdict is one target and what came of it.
type Verdict struct {
	Key    string   `json:"key" enum:"reach,half,most,nearly,take,sign"`
	Wanted int      `json:"wanted" doc:"Percent for reach, else seconds"`
	Got    *float64 `json:"got,omitempty" doc:"Absent: it never came, or nothing is known"`
	Met    *bool    `json:"met,omitempty" doc:"Absent: nothing is known"`
}

// PartOf makes a part of what delivery counted.
func PartOf(p delivery.Part) Part {
	f := p.Figures
	out := Part{Key: p.Key, Planned: true, Targets: f.Targets, Delivered: f.Answered, Claimed: f.Reached, Failed: f.Failed + f.Refused, Silent: f.Offline, Late: f.Late, Unheard: f.Unheard,
		Ears: p.Microphones, Curve: Line{p.Curve.StepMillis, list(p.Curve.Answered), list(p.Curve.Reached), []int{}}}
	out.Pace(p.Sounded)
	if f.Measured() {
		heard := f.Heard
		out.Heard, out.Curve.Heard = &heard, list(p.Curve.Heard)
	}
	return out
}

func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

// Pace says by when how many of the targets had come; came is when each did, ascending.
func (p *Part) Pace(came []int64) {
	p.Half, p.Most, p.Nearly = within(came, p.Targets, 50), within(came, p.Targets, 90), within(came, p.Targets, 99)
}

// within is when so many percent of the targets had come, nil for never.
func within(came []int64, targets, percent int) *int64 {
	n := (targets*percent + 99) / 100
	if n == 0 || len(came) < n {
		return nil
	}
	at := came[n-1]
	return &at
}

// unclaiming are the kinds of output whose far side says that it took a message, and never that
// it plays.
var unclaiming = []string{"webhook", "push"}

// taken reports whether the far side took the message.
func (w *Way) taken() bool {
	return w.State == "accepted" || w.State == "playing" || w.State == "done" || w.State == "ended"
}

// came is when the far side said that the message is on the air, or, where it never says so, when
// it took it; nil for never.
func (w *Way) came() *int64 {
	switch {
	case slices.Contains(unclaiming, w.Kind) && w.taken():
		return w.TookMillis
	case slices.Contains(unclaiming, w.Kind) || w.State == "failed":
		return nil
	}
	return w.OnAirMillis
}

// waysOf counts outputs by kind, as parts; a kind keeps the order in which it first stands.
func waysOf(ways []Way) (parts []Part) {
	for _, w := range ways {
		if w.State == "superseded" {
			continue
		}
		key := "out." + w.Kind
		at := slices.IndexFunc(parts, func(p Part) bool { return p.Key == key })
		if at < 0 {
			at, parts = len(parts), append(parts, Part{Key: key, Way: true, Unclaimed: slices.Contains(unclaiming, w.Kind)})
		}
		p := &parts[at]
		p.Targets++
		switch {
		case w.taken():
			p.Delivered++
		case w.State == "failed" || w.State == "given_up":
			p.Failed++
		case w.State == "retrying":
			p.Late++
		}
		if w.came() != nil {
			p.Claimed++
		}
	}
	for i := range parts {
		parts[i].time(ways)
	}
	return parts
}

// wayStep is the step of the curves of outputs, milliseconds.
const wayStep = 1000

// time fills in when the ways of a part had come; of the part "" all of them.
func (p *Part) time(ways []Way) {
	var took, aired []int64
	for _, w := range ways {
		if p.Key != "" && p.Key != "out."+w.Kind {
			continue
		}
		if w.TookMillis != nil {
			took = append(took, *w.TookMillis)
		}
		if at := w.came(); at != nil {
			aired = append(aired, *at)
		}
	}
	slices.Sort(took)
	slices.Sort(aired)
	p.Pace(aired)
	last := int64(0)
	for _, l := range [][]int64{took, aired} {
		if len(l) > 0 {
			last = max(last, l[len(l)-1])
		}
	}
	const points = 120
	step := int64(wayStep)
	for last/step >= points {
		step *= 2
	}
	run := func(came []int64) []int {
		out := make([]int, last/step+1)
		for _, at := range came {
			out[at/step]++
		}
		for i := 1; i < len(out); i++ {
			out[i] += out[i-1]
		}
		return out
	}
	p.Curve = Line{StepMillis: step, Delivered: run(took), Claimed: run(aired), Heard: []int{}}
}

// sumWays is all outputs as one part, for a drill that no terminal hears.
func sumWays(parts []Part, ways []Way) Part {
	sum := Part{Way: true, Planned: true}
	for _, p := range parts {
		sum.Targets, sum.Delivered, sum.Claimed, sum.Failed, sum.Late = sum.Targets+p.Targets, sum.Delivered+p.Delivered, sum.Claimed+p.Claimed, sum.Failed+p.Failed, sum.Late+p.Late
	}
	sum.time(ways)
	return sum
}

// judge compares what was expected with what came. While a drill runs a target that is not met
// yet is open, not missed.
func judge(t Targets, total *Part, c *Course, final bool) []Verdict {
	out := []Verdict{}
	add := func(key string, wanted int, got *float64, met func(float64) bool, known bool) {
		if wanted == 0 {
			return
		}
		v := Verdict{Key: key, Wanted: wanted, Got: got}
		switch {
		case got != nil && (met(*got) || final || key != "reach"):
			is := met(*got)
			v.Met = &is
		case got == nil && final && known: // it never came
			is := false
			v.Met = &is
		}
		out = append(out, v)
	}
	atMost := func(limit int) func(float64) bool { return func(got float64) bool { return got <= float64(limit) } }
	seconds := func(ms *int64) *float64 {
		if ms == nil {
			return nil
		}
		s := float64(*ms) / 1000
		return &s
	}
	var reach *float64
	if total.Targets > 0 {
		r := float64(total.Claimed) / float64(total.Targets) * 100
		reach = &r
	}
	add("reach", t.Reach, reach, func(got float64) bool { return got >= float64(t.Reach) }, false)
	sent := total.Targets > 0
	add("half", t.Half, seconds(total.Half), atMost(t.Half), sent)
	add("most", t.Most, seconds(total.Most), atMost(t.Most), sent)
	add("nearly", t.Nearly, seconds(total.Nearly), atMost(t.Nearly), sent)
	add("take", t.Take, between(&c.StartedAt, c.TakenAt), atMost(t.Take), true)
	add("sign", t.Sign, between(c.CheckedAt, c.SignedAt), atMost(t.Sign), true)
	return out
}

// between are the seconds from one time to another, nil where either is unknown.
func between(from, to *time.Time) *float64 {
	if from == nil || to == nil {
		return nil
	}
	s := max(to.Sub(*from).Seconds(), 0)
	return &s
}
