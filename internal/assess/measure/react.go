package measure

import (
	"context"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/bus"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Messages answers for emergency broadcasting.
type Messages interface {
	// Outcome is what came of a message so far; nil for one that was never sent.
	Outcome(ctx context.Context, id string) (*Outcome, error)
}

// Outcome is what came of a message.
type Outcome struct {
	Drill      bool
	Emergency  bool
	RegionCode string // smallest region that holds its area
	IssuedAt   time.Time
	Over       bool // nothing is added any more
	Towns      []TownOutcome
}

// TownOutcome is what came of a message in one township.
type TownOutcome struct {
	Code                                                   string
	Targets, Delivered, Reached, Heard, Ears, Failed, Soon int
	Seconds                                                float64 // from the first dispatch until each that was reached, added up
}

// Devices answers for the register of devices.
type Devices interface {
	// Standing counts devices in service by region code.
	Standing(ctx context.Context) (map[string]Standing, error)
	fact.Register
}

// Standing is how the devices of a region stand.
type Standing struct{ Registered, Online, Faulty int }

// Reactions are the events that the module takes.
func (m *Module) Reactions() []bus.Reaction {
	return []bus.Reaction{
		bus.Project(func(ctx context.Context, tx *store.Tx, e event.AlertIssued) error {
			return setDue(ctx, tx, e.ID, tx.Now.Add(soon))
		}),
		bus.Project(func(ctx context.Context, tx *store.Tx, e event.AlertEnded) error {
			return setDue(ctx, tx, e.ID, tx.Now.Add(soon))
		}),
		bus.Project(func(context.Context, *store.Tx, event.DevicesOnline) error { m.stirred.Store(true); return nil }),
		bus.Project(func(context.Context, *store.Tx, event.DevicesOffline) error { m.stirred.Store(true); return nil }),
		bus.Project(func(context.Context, *store.Tx, event.AssetRegistered) error { m.stirred.Store(true); return nil }),
		bus.Project(m.stateTallies),
	}
}

// How often what came of a message is stated while it is in progress: soon while receipts pour
// in, then less often.
const (
	soon  = 3 * time.Second
	later = 30 * time.Second
	early = 2 * time.Minute // after its issue
)

// stateMessages states what came of the messages whose time has come.
func (m *Module) stateMessages(ctx context.Context) error {
	now := m.Clock.Now()
	ids, err := due(ctx, m.DB, now)
	for _, id := range ids {
		err = errors.Join(err, m.stateMessage(ctx, id, now))
	}
	return err
}

func (m *Module) stateMessage(ctx context.Context, id string, now time.Time) error {
	o, err := m.Messages.Outcome(ctx, id)
	if err != nil {
		return err
	}
	if o != nil && o.Emergency {
		if err := m.state(ctx, fact.Origin{Source: fact.FromModule, Object: "alert:" + id}, m.entriesOf(o, id)); err != nil {
			return err
		}
	}
	return m.DB.Housekeep(ctx, func(tx *store.Tx) error {
		switch {
		case o == nil, !o.Emergency, o.Over:
			return clearDue(ctx, tx, id)
		case now.Sub(o.IssuedAt) < early:
			return setDue(ctx, tx, id, now.Add(soon))
		}
		return setDue(ctx, tx, id, now.Add(later))
	})
}

// entriesOf are the facts that a message left: per township, and one for the message itself.
func (m *Module) entriesOf(o *Outcome, id string) []fact.Entry {
	head := "alert"
	if o.Drill {
		head = "drill"
	}
	day := period.Of(period.Day, o.IssuedAt, m.Zone)
	var entries []fact.Entry
	add := func(element, unit string, v float64) {
		value, err := fact.ValueOf(v)
		if _, known := m.Ledger.Tree().Region(unit); err == nil && known == nil {
			entries = append(entries, fact.Entry{Element: head + "." + element, Unit: unit, Period: day, Ref: id, Value: &value, At: o.IssuedAt})
		}
	}
	add("messages", o.RegionCode, 1)
	for _, t := range o.Towns {
		for element, n := range map[string]int{"targets": t.Targets, "delivered": t.Delivered, "reached": t.Reached, "ears": t.Ears, "heard": t.Heard, "failed": t.Failed, "soon": t.Soon} {
			add(element, t.Code, float64(n))
		}
		add("seconds", t.Code, t.Seconds)
	}
	return entries
}

// How often it is looked how devices stand: soon after some came or went, and now and then. What
// changes of a region once more within devicesEvery waits: each statement is a version that is kept
// for good.
const (
	devicesSoon  = 20 * time.Second
	devicesEvery = 5 * time.Minute
)

// standings is how devices stand on a day, by region, as it was stated, and where that is to wait.
type standings struct {
	day      period.Period
	lookedAt time.Time
	stated   map[string]statedStanding
	waiting  map[string]Standing
}

type statedStanding struct {
	Standing
	changedAt time.Time // when a change of it was last stated
}

// stateDevices states how devices stand, where that changed.
func (m *Module) stateDevices(ctx context.Context) error {
	now, s := m.Clock.Now(), &m.standings
	if since := now.Sub(s.lookedAt); since < devicesSoon || since < devicesEvery && !m.stirred.Load() {
		return nil
	}
	s.lookedAt = now
	m.stirred.Store(false)
	if day := period.Of(period.Day, now, m.Zone); day != s.day {
		if err := m.stateStandings(ctx, s.waiting, s.day, s.day.End(m.Zone).Add(-time.Microsecond)); err != nil { // how it ended
			return err
		}
		*s = standings{day: day, lookedAt: now, stated: map[string]statedStanding{}}
	}
	standing, err := m.Devices.Standing(ctx)
	if err != nil {
		return err
	}
	if err := m.leftNone(ctx, standing, s.day); err != nil {
		return err
	}
	changed := s.changed(standing, now)
	if err := m.stateStandings(ctx, changed, s.day, now); err != nil {
		return err
	}
	s.note(changed, now)
	return nil
}

// changed are the standings to be stated now; others that changed wait.
func (s *standings) changed(standing map[string]Standing, now time.Time) map[string]Standing {
	changed := map[string]Standing{}
	s.waiting = map[string]Standing{}
	for code, stands := range standing {
		was, known := s.stated[code]
		switch {
		case known && was.Standing == stands:
		case known && now.Sub(was.changedAt) < devicesEvery:
			s.waiting[code] = stands
		default:
			changed[code] = stands
		}
	}
	return changed
}

// note keeps what was stated. The first of a day is no change: the next need not wait for it.
func (s *standings) note(stated map[string]Standing, now time.Time) {
	for code, stands := range stated {
		last := statedStanding{Standing: stands}
		if _, known := s.stated[code]; known {
			last.changedAt = now
		}
		s.stated[code] = last
	}
}

// stateStandings states how devices stood on a day.
func (m *Module) stateStandings(ctx context.Context, standing map[string]Standing, day period.Period, at time.Time) error {
	var entries []fact.Entry
	for code, s := range standing {
		if _, err := m.Ledger.Tree().Region(code); err != nil {
			continue
		}
		for element, n := range map[string]int{registeredElement: s.Registered, "device.online": s.Online, "device.faulty": s.Faulty} {
			value, err := fact.ValueOf(float64(n))
			if err != nil {
				return err
			}
			entries = append(entries, fact.Entry{Element: element, Unit: code, Period: day, Value: &value, At: at})
		}
	}
	return m.state(ctx, fact.Origin{Source: fact.FromModule, Object: "device:standing"}, entries)
}

// leftNone adds the regions that had devices and have none any more.
func (m *Module) leftNone(ctx context.Context, standing map[string]Standing, day period.Period) error {
	var codes []string
	for _, r := range m.Ledger.Tree().Within(m.Home, "township") {
		codes = append(codes, r.Code)
	}
	grid, err := m.Ledger.Read(ctx, m.DB, fact.Ask{Elements: []string{registeredElement}, Units: codes, From: day, To: day})
	if err != nil {
		return err
	}
	for _, code := range codes {
		if _, has := standing[code]; !has && grid.At(registeredElement, code, 0).V > 0 {
			standing[code] = Standing{}
		}
	}
	return nil
}

const registeredElement = "device.registered"
