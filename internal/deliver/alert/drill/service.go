package drill

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/duty"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Alerts is emergency broadcasting, as far as drills ask it.
type Alerts interface {
	// Prepare looks up what a drill asks for, as the asker may draft it, and says what is wrong.
	Prepare(ctx context.Context, o Order) (*Prepared, error)
	// Course is how far the message of a drill is.
	Course(ctx context.Context, id string) (*Course, error)
	// Measure counts what came of the message of a drill: all but verdicts, and of
	// its course only when it was first sent.
	Measure(ctx context.Context, id, regionPath string) (*Result, error)
	// Withdraw cancels a message on the air, or gives up its draft.
	Withdraw(ctx context.Context, id, reason string) error
	// Rules are those for drills.
	Rules(ctx context.Context) (rule.Drills, error)
	// Asked is since when the rules have asked for a number of drills without a break.
	Asked(ctx context.Context) (time.Time, error)
	// Owing lists the regions of these levels that this platform serves.
	Owing(ctx context.Context, levels []rule.Level) ([]Region, error)
	// Places are an area in words.
	Places(ctx context.Context, a message.Area) (zh, en string, err error)
	// RegionPath finds a region by code.
	RegionPath(ctx context.Context, code string) (string, error)
}

// Prepared is what a drill would do, looked up.
type Prepared struct {
	RegionPath string
	Expected   Expected
	// Draft writes the drill's message, as a draft by its authors, in the transaction of what it belongs to.
	Draft func(ctx context.Context, tx *store.Tx) (id string, err error)
	// Drafted tells of it after the commit.
	Drafted func()
}

// Expected is whom a drill would reach if it began now.
type Expected struct {
	People    int64       `json:"people"`
	Terminals []KindCount `json:"terminals" doc:"That would sound it, by kind; none where no terminal hears such a drill"`
	Ways      []WayBrief  `json:"ways" doc:"Outputs that would carry it"`
}

// KindCount is how many terminals of one kind there are.
type KindCount struct {
	Kind   string `json:"kind"`
	Count  int    `json:"count"`
	Online int    `json:"online"`
}

// WayBrief is one output.
type WayBrief struct {
	Kind   string `json:"kind"`
	NameZh string `json:"nameZh"`
	NameEn string `json:"nameEn"`
}

// Deps are what drills stand on.
type Deps struct {
	DB     *store.DB
	Clock  clock.Clock
	Log    *slog.Logger
	Zone   *time.Location
	Live   duty.Live
	Staff  duty.Staff
	Duty   *duty.Desk
	Alerts Alerts
	Read   auth.Permission // messages
	Keep   auth.Permission // a duty post: may note and tick
	Plans  auth.Permission // plan, run and evaluate drills
	Agrees auth.Permission // approve drills, and see those that nobody told the duty staff of
	Draft  auth.Permission // messages
	Cancel auth.Permission // messages
}

// Desk is where drills are planned, run and compared.
type Desk struct{ Deps }

// New makes a desk. Call KeepUp every second.
func New(d Deps) *Desk { return &Desk{d} }

func person(ctx context.Context) Person {
	who := auth.Who(ctx)
	return Person{ID: who.ID, Name: who.Name}
}

func (s *Desk) told(d *Drill) {
	perm := s.Read
	if d.hidden() {
		perm = s.Agrees
	}
	s.Live.Tell("drill.changed", perm, d.RegionPath, map[string]any{"id": d.ID, "state": d.State})
}

// see reads a drill that the asker may know of.
func (s *Desk) see(ctx context.Context, q store.Queryer, id string) (*Drill, error) {
	d, err := readDrill(ctx, q, id)
	if err != nil {
		return nil, err
	}
	if !auth.ScopeOf(ctx, s.Read).Allows(d.RegionPath) || d.hidden() && !d.wrote(person(ctx)) && !auth.ScopeOf(ctx, s.Agrees).Allows(d.RegionPath) {
		return nil, errNoDrill()
	}
	return d, nil
}

// write is an audit record of what was done to a drill.
func record(ctx context.Context, tx *store.Tx, verb string, d *Drill, detail map[string]any) error {
	return audit.Write(ctx, tx, audit.Entry{Action: "alert.drill." + verb, Object: "alert-drill:" + d.ID, RegionPath: d.RegionPath, Detail: detail})
}

// alter changes a drill that the asker sees and holds perm for; revision 0 accepts any.
func (s *Desk) alter(ctx context.Context, id string, revision int64, perm auth.Permission, verb string, do func(tx *store.Tx, d *Drill) (map[string]any, error)) (d *Drill, err error) {
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if d, err = s.see(ctx, tx, id); err != nil {
			return err
		}
		if err := auth.Check(ctx, perm, d.RegionPath); err != nil {
			return err
		}
		if revision != 0 && d.Revision != revision {
			return fault.New(fault.Stale, "stale")
		}
		detail, err := do(tx, d)
		if err != nil {
			return err
		}
		if err := updateDrill(ctx, tx, d); err != nil {
			return err
		}
		return record(ctx, tx, verb, d, detail)
	})
	if err == nil {
		s.told(d)
	}
	return d, err
}

// look checks a plan and finds where it lies.
func (s *Desk) look(ctx context.Context, p *Plan) (*Prepared, error) {
	p.tidy()
	now := s.Clock.Now()
	if err := p.Check(now); err != nil {
		return nil, err
	}
	ready, err := s.Alerts.Prepare(ctx, p.order(later(p.At, now)))
	if err != nil {
		return nil, err
	}
	return ready, auth.Check(ctx, s.Plans, ready.RegionPath)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Create plans a drill.
func (s *Desk) Create(ctx context.Context, p Plan) (*Drill, error) {
	ready, err := s.look(ctx, &p)
	if err != nil {
		return nil, err
	}
	d := &Drill{RegionPath: ready.RegionPath, Plan: p, State: Planned, Planners: []Person{person(ctx)}, Revision: 1}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		d.ID, d.CreatedAt = store.NewID(tx.Now), tx.Now
		if err := insertDrill(ctx, tx, d); err != nil {
			return err
		}
		return record(ctx, tx, "create", d, brief(d))
	})
	if err == nil {
		s.told(d)
	}
	return d, err
}

func brief(d *Drill) map[string]any {
	return map[string]any{"name": d.Plan.Name, "kind": d.Plan.Kind, "at": d.Plan.At, "announced": d.Plan.Announced}
}

// Change replaces the plan of a drill; what was approved of it is void.
func (s *Desk) Change(ctx context.Context, id string, revision int64, p Plan) (*Drill, error) {
	ready, err := s.look(ctx, &p)
	if err != nil {
		return nil, err
	}
	return s.alter(ctx, id, revision, s.Plans, "change", func(_ *store.Tx, d *Drill) (map[string]any, error) {
		err := d.change(p, ready.RegionPath, person(ctx))
		return brief(d), err
	})
}

// Approve is a second person's consent to exactly the plan of this revision.
func (s *Desk) Approve(ctx context.Context, id string, revision int64) (*Drill, error) {
	return s.alter(ctx, id, revision, s.Agrees, "approve", func(tx *store.Tx, d *Drill) (map[string]any, error) {
		if err := d.approve(person(ctx), tx.Now); err != nil {
			return nil, err
		}
		for _, p := range d.Planners {
			apart, err := s.Staff.Independent(ctx, tx, person(ctx).ID, p.ID)
			if err != nil {
				return nil, err
			}
			if !apart {
				return nil, fault.New(fault.Forbidden, "alert.countersign.not_independent", fault.Args{"name": p.Name})
			}
		}
		return brief(d), nil
	})
}

// Start begins a drill: in one commit with the draft of its message, which then goes the way of
// every message. Until the duty officer takes it in hand it sounds at the desk.
func (s *Desk) Start(ctx context.Context, id string, revision int64) (*Drill, error) {
	was, err := s.see(ctx, s.DB, id)
	if err != nil {
		return nil, err
	}
	if err := auth.Check(ctx, s.Plans, was.RegionPath); err != nil {
		return nil, err
	}
	if was.State != Approved {
		return nil, errState(was.State)
	}
	o := was.Plan.order(s.Clock.Now())
	o.Authors = was.Planners
	ready, err := s.Alerts.Prepare(ctx, o)
	if err != nil {
		return nil, err
	}
	d, err := s.alter(ctx, id, was.Revision, s.Plans, "start", func(tx *store.Tx, d *Drill) (map[string]any, error) {
		if revision != 0 && d.Revision != revision {
			return nil, fault.New(fault.Stale, "stale")
		}
		msg, err := ready.Draft(ctx, tx)
		if err != nil {
			return nil, err
		}
		if err := d.start(person(ctx), msg, tx.Now); err != nil {
			return nil, err
		}
		return map[string]any{"message": msg}, s.Duty.Record(ctx, tx, duty.Entry{RegionPath: d.RegionPath, Kind: "drill_started", Object: "alert-drill:" + d.ID, Args: map[string]any{"name": d.Plan.Name}})
	})
	if err == nil {
		ready.Drafted()
	}
	return d, err
}

// CallOff gives a drill up, or stops it midway: what is on the air of it is cancelled.
func (s *Desk) CallOff(ctx context.Context, id, reason string) (*Drill, error) {
	reason = strings.TrimSpace(reason)
	if i18n.Blank(reason) || i18n.Deceives(reason, "") {
		return nil, fault.Bad("reason", "alert.drill.reason")
	}
	was, err := s.see(ctx, s.DB, id)
	if err != nil {
		return nil, err
	}
	if err := auth.Check(ctx, s.Plans, was.RegionPath); err != nil {
		return nil, err
	}
	if was.State == Running {
		if err := auth.Check(ctx, s.Cancel, was.RegionPath); err != nil {
			return nil, err
		}
		if err := s.Alerts.Withdraw(ctx, was.Message, reason); err != nil {
			return nil, err
		}
	}
	return s.alter(ctx, id, 0, s.Plans, "call_off", func(tx *store.Tx, d *Drill) (map[string]any, error) {
		sent := false
		if d.State == Running {
			c, err := s.Alerts.Course(ctx, d.Message)
			if err != nil {
				return nil, err
			}
			sent = c.SignedAt != nil
		}
		if d.State == CalledOff && was.State == Running { // its draft was given up a moment ago, and somebody saw it
			d.OffBy, d.OffReason = person(ctx), reason
		} else if sent { // it was held as far as it went, and has a result
			d.OffBy, d.OffAt, d.OffReason = person(ctx), tx.Now, reason
		} else if err := d.callOff(person(ctx), reason, tx.Now); err != nil {
			return nil, err
		}
		return map[string]any{"reason": reason, "sent": sent}, s.over(ctx, tx, d, reason)
	})
}

// over tells the duty log that a drill was called off.
func (s *Desk) over(ctx context.Context, tx *store.Tx, d *Drill, reason string) error {
	if d.Message == "" && !d.Plan.Announced { // the duty staff do not know of it
		return nil
	}
	return s.Duty.Record(ctx, tx, duty.Entry{RegionPath: d.RegionPath, Kind: "drill_called_off", Object: "alert-drill:" + d.ID, Args: map[string]any{"name": d.Plan.Name, "reason": reason}})
}

// Note keeps what an observer remarks.
func (s *Desk) Note(ctx context.Context, id, text string) (*Drill, error) {
	text = strings.TrimSpace(text)
	if i18n.Blank(text) || i18n.Deceives(text, "\n") {
		return nil, fault.Bad("text", "alert.drill.missing")
	}
	return s.observe(ctx, id, "note", func(*Drill) (*Entry, error) { return &Entry{Kind: "note", Body: text}, nil })
}

// Tick says that a step of the checklist was done, or was not.
func (s *Desk) Tick(ctx context.Context, id string, step int, done bool) (*Drill, error) {
	kind := "untick"
	if done {
		kind = "tick"
	}
	return s.observe(ctx, id, "tick", func(d *Drill) (*Entry, error) {
		if step < 0 || step >= len(d.Plan.Steps) {
			return nil, fault.New(fault.NotFound, "alert.drill.no_step")
		}
		return &Entry{Kind: kind, Step: step}, nil
	})
}

// observe adds an entry to a running drill; the drill itself does not change.
func (s *Desk) observe(ctx context.Context, id, verb string, entry func(*Drill) (*Entry, error)) (d *Drill, err error) {
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if d, err = s.see(ctx, tx, id); err != nil {
			return err
		}
		if err := auth.Check(ctx, s.Keep, d.RegionPath); err != nil {
			return err
		}
		if d.State != Running {
			return errState(d.State)
		}
		e, err := entry(d)
		if err != nil {
			return err
		}
		e.ID, e.By, e.At = store.NewID(tx.Now), person(ctx), tx.Now
		if err := insertEntry(ctx, tx, d.ID, e); err != nil {
			return err
		}
		return record(ctx, tx, verb, d, map[string]any{"kind": e.Kind, "step": e.Step, "text": e.Body})
	})
	if err == nil {
		s.told(d)
	}
	return d, err
}

// Evaluate says what people think of a drill that is over.
func (s *Desk) Evaluate(ctx context.Context, id string, revision int64, e Evaluation) (*Drill, error) {
	return s.alter(ctx, id, revision, s.Plans, "evaluate", func(tx *store.Tx, d *Drill) (map[string]any, error) {
		err := d.evaluate(e, person(ctx), tx.Now)
		return map[string]any{"lessons": len(e.Lessons)}, err
	})
}
