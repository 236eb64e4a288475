package drill

import (
	"context"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Brief is a drill in a list.
type Brief struct {
	ID         string       `json:"id"`
	Name       string       `json:"name"`
	Kind       message.Kind `json:"kind" enum:"platform_drill,head_end_drill,terminal_drill"`
	RegionPath string       `json:"regionPath"`
	State      State        `json:"state" enum:"planned,approved,running,done,evaluated,called_off"`
	At         time.Time    `json:"at" doc:"When it is, or was, to begin"`
	Announced  bool         `json:"announced"`
	StartedAt  *time.Time   `json:"startedAt,omitempty"`
	EndedAt    *time.Time   `json:"endedAt,omitempty"`
	Message    string       `json:"message,omitempty" doc:"Id of its message"`
	Total      *Part        `json:"total,omitempty" doc:"What came of it, without its curve; absent before it is over"`
	Open       int          `json:"open" doc:"Lessons that nobody has seen to"`
}

func (d *Drill) brief() Brief {
	b := Brief{ID: d.ID, Name: d.Plan.Name, Kind: d.Plan.Kind, RegionPath: d.RegionPath, State: d.State, At: d.Plan.At.UTC(), Announced: d.Plan.Announced, StartedAt: moment(d.StartedAt),
		EndedAt: moment(d.EndedAt), Message: d.Message, Total: d.Total}
	if d.Evaluation != nil {
		for _, l := range d.Evaluation.Lessons {
			if !l.Done {
				b.Open++
			}
		}
	}
	return b
}

// View is a drill as its page shows it.
type View struct {
	Brief
	Plan          Plan        `json:"plan"`
	WhereZh       string      `json:"whereZh" doc:"The area in words"`
	WhereEn       string      `json:"whereEn"`
	Planners      []Person    `json:"planners" doc:"Everybody who wrote the plan"`
	ApprovedBy    string      `json:"approvedBy,omitempty"`
	ApprovedAt    *time.Time  `json:"approvedAt,omitempty"`
	RemindedAt    *time.Time  `json:"remindedAt,omitempty" doc:"When the duty staff were told that it is near"`
	StartedBy     string      `json:"startedBy,omitempty"`
	CalledOffBy   string      `json:"calledOffBy,omitempty" doc:"Who called it off or stopped it; empty text with a time: its draft was given up"`
	CalledOffAt   *time.Time  `json:"calledOffAt,omitempty"`
	CalledOffNote string      `json:"calledOffReason,omitempty"`
	Expected      *Expected   `json:"expected,omitempty" doc:"Whom it would reach if it began now; before it begins"`
	Steps         []Step      `json:"steps"`
	Notes         []Entry     `json:"notes"`
	Result        *Result     `json:"result,omitempty" doc:"From its beginning on"`
	Evaluation    *Evaluation `json:"evaluation,omitempty"`
	Revision      int64       `json:"revision" doc:"The entity tag"`
	May           []string    `json:"may" doc:"What the reader may do now: change, approve, start, observe, call_off, evaluate"`
}

// view is a drill with all that is known of it.
func (s *Desk) view(ctx context.Context, d *Drill) (*View, error) {
	v := &View{Brief: d.brief(), Plan: d.Plan, Planners: d.Planners, ApprovedBy: d.ApprovedBy.Name, ApprovedAt: moment(d.ApprovedAt), RemindedAt: moment(d.RemindedAt), StartedBy: d.StartedBy.Name,
		CalledOffBy: d.OffBy.Name, CalledOffAt: moment(d.OffAt), CalledOffNote: d.OffReason, Evaluation: d.Evaluation, Revision: d.Revision, May: s.may(ctx, d)}
	if strings.HasPrefix(d.OffBy.ID, "system") {
		v.CalledOffBy = ""
	}
	var err error
	if v.WhereZh, v.WhereEn, err = s.Alerts.Places(ctx, d.Plan.Area); err != nil {
		return nil, err
	}
	entries, err := entriesOf(ctx, s.DB, d.ID)
	if err != nil {
		return nil, err
	}
	v.Steps, v.Notes = steps(d.Plan.Steps, entries), notes(entries)
	if d.State.Open() {
		begins := later(d.Plan.At, s.Clock.Now())
		// Who may not draft there sees the plan and not whom it reaches.
		if ready, err := s.Alerts.Prepare(ctx, d.Plan.order(begins)); err == nil {
			v.Expected = &ready.Expected
		}
	}
	v.Result, err = s.result(ctx, d)
	return v, err
}

// Year is how regions stand with the drills that they owe in a year.
type Year struct {
	Year    int    `json:"year"`
	Regions []Owed `json:"regions" doc:"Those of yours that the rules name, the highest first"`
	Overdue int    `json:"overdue" doc:"How many drills of these are overdue"`
}

// year is the yearly plan of the regions that the asker sees.
func (s *Desk) year(ctx context.Context, year int) (*Year, error) {
	now := s.Clock.Now()
	if year == 0 {
		year = now.In(s.Zone).Year()
	}
	rules, err := s.Alerts.Rules(ctx)
	if err != nil {
		return nil, err
	}
	out := &Year{Year: year, Regions: []Owed{}}
	if len(rules.Due) == 0 {
		return out, nil
	}
	regions, err := s.owing(ctx, rules.Due)
	if err != nil {
		return nil, err
	}
	since, err := s.Alerts.Asked(ctx)
	if err != nil {
		return nil, err
	}
	begins := time.Date(year, 1, 1, 0, 0, 0, 0, s.Zone)
	found, err := drillsBetween(ctx, s.DB, filter{From: begins, To: begins.AddDate(1, 0, 0), Scope: auth.ScopeOf(ctx, s.Read), Agrees: auth.ScopeOf(ctx, s.Agrees), Reader: auth.Who(ctx).ID})
	if err != nil {
		return nil, err
	}
	briefs := make([]Brief, len(found))
	for i, d := range found {
		briefs[i] = d.brief()
	}
	out.Regions = owe(year, s.Zone, now, since, rules.Due, regions, briefs)
	for _, o := range out.Regions {
		out.Overdue += o.Overdue
	}
	return out, nil
}

// list lists drills that the asker may know of.
func (s *Desk) list(ctx context.Context, f filter) (store.Listing[Brief], error) {
	f.Scope, f.Agrees, f.Reader = auth.ScopeOf(ctx, s.Read), auth.ScopeOf(ctx, s.Agrees), auth.Who(ctx).ID
	found, err := listDrills(ctx, s.DB, f)
	out := store.Listing[Brief]{Items: []Brief{}, Next: found.Next, Total: found.Total}
	for _, d := range found.Items {
		out.Items = append(out.Items, d.brief())
	}
	return out, err
}
