package alert

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/duty"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/media"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Take takes in what came from outside, each thing once: asked again it tells what became of
// it. What the rules let go unattended is on the air when Take returns; all else waits in the
// queue of arrivals for people. An error means that nothing was kept, and that the source
// should send it again.
func (m *Module) Take(ctx context.Context, a message.Arrival) (message.Outcome, error) {
	ctx = auth.As(ctx, auth.Actor{ID: "source:" + a.Origin.Source, Name: a.Origin.Name, Request: auth.Who(ctx).Request, Address: auth.Who(ctx).Address})
	if a.Class == wire.Emergency || a.Act == message.Cancels {
		ctx = store.Vital(ctx)
	}
	known, err := m.tookBefore(ctx, &a)
	if known != nil || err != nil {
		return orNone(known), err
	}
	got := arrival{Arrival: a, State: message.Waiting, RegionPath: m.Home}
	id, err := m.earlier(ctx, &a)
	switch {
	case err != nil:
	case a.Act == message.Cancels && id == "":
		got.State = message.Nothing
		err = m.DB.Update(ctx, func(tx *store.Tx) error { return m.enter(ctx, tx, &got) })
	case a.Act == message.Cancels:
		err = m.takeCancel(ctx, id, &got)
	default:
		err = m.takeIn(ctx, id, &got)
	}
	if errors.Is(err, errRepeated) { // at the same time
		known, err = m.tookBefore(ctx, &a)
		return orNone(known), err
	}
	if err != nil {
		return message.Outcome{}, err
	}
	m.wake()
	m.Live.Tell("alert.arrived", PermRead, got.RegionPath, map[string]any{"id": got.ID, "state": got.State})
	return got.outcome(), nil
}

func orNone(o *message.Outcome) message.Outcome {
	if o == nil {
		return message.Outcome{}
	}
	return *o
}

// tookBefore is what became of an arrival that came before; nil for none.
func (m *Module) tookBefore(ctx context.Context, a *message.Arrival) (*message.Outcome, error) {
	got, err := arrivalByRef(ctx, m.DB, a.Origin.Source, a.Ref)
	if got == nil || err != nil {
		return nil, err
	}
	o := got.outcome()
	o.Known = true
	return &o, nil
}

// earlier finds the message that an arrival updates or cancels, the newest of those it names;
// empty for none.
func (m *Module) earlier(ctx context.Context, a *message.Arrival) (string, error) {
	if a.Act == message.Begins {
		return "", nil
	}
	return messageOfRefs(ctx, m.DB, a.Origin.Source, a.Earlier)
}

// takeIn makes the message, or the next version of the message with this id, and issues it if
// the rules let it go unattended.
func (m *Module) takeIn(ctx context.Context, id string, got *arrival) error {
	c := &got.Content
	standing, r, err := m.fit(ctx, got)
	if err != nil {
		return m.refuse(ctx, got, err)
	}
	got.RegionPath = r.path
	reach, err := m.reach(ctx, got.Kind, &c.Area, &r)
	if err != nil {
		return err
	}
	sounds, err := m.voice(ctx, &message.Message{Kind: got.Kind, Class: got.Class}, *c, got.Class == wire.Emergency)
	if err != nil { // terminals that can speak read it themselves
		m.Log.Warn("alert: a message from outside goes without sound", "source", got.Origin.Name, "ref", got.Ref, "error", err)
		sounds = c.Sounds
	}
	c.Sounds = sounds
	var msg *message.Message
	into := func(tx *store.Tx) error {
		got.State, got.Why, got.Alone, got.AloneAt = message.Waiting, nil, false, time.Time{} // whatever an attempt that was undone said
		v := msg.Open
		if got.Author.ID != "" && !slices.ContainsFunc(v.Editors, func(p message.Person) bool { return p.ID == got.Author.ID }) {
			v.Editors = append(v.Editors, got.Author)
		}
		v.Content, v.Reach, v.Standing = *c, reach, standing
		got.MessageID, got.Number = msg.ID, v.Number
		if err := note(ctx, tx, msg, c); err != nil {
			return err
		}
		if err := m.release(ctx, tx, msg, got); err != nil {
			return err
		}
		return m.enter(ctx, tx, got)
	}
	if id != "" {
		msg, err = m.change(ctx, "", id, 0, "arrive", func(tx *store.Tx, was *message.Message) (any, error) {
			msg = was
			if !msg.State.Open() && msg.Open == nil || msg.Origin.Source != got.Origin.Source || msg.Kind != got.Kind || msg.Class != got.Class {
				return nil, errNotThere
			}
			if msg.Open == nil {
				if err := msg.Revise(person(ctx), tx.Now); err != nil {
					return nil, err
				}
			} else if err := msg.Open.Edit(person(ctx), *c); err != nil { // what the source says now stands before what was being written
				return nil, err
			}
			if err := closeArrivals(ctx, tx, msg.ID, message.Dismissed); err != nil { // and before what it said earlier
				return nil, err
			}
			return got.detail(), into(tx)
		})
		if !errors.Is(err, errNotThere) {
			return err
		}
		// What it updates is over, or what is real would update a drill: it stands for itself.
	}
	err = m.DB.Update(ctx, func(tx *store.Tx) error {
		if withdrawn, err := cancelledBefore(ctx, tx, got.Origin.Source, got.Ref); err != nil || withdrawn {
			got.State, got.RegionPath = message.Dismissed, r.path
			return errors.Join(err, m.enter(ctx, tx, got))
		}
		msg = message.New(store.NewID(tx.Now), got.Kind, person(ctx), tx.Now, *c)
		msg.Class, msg.RegionPath, msg.Origin, msg.EBMID = got.Class, r.path, got.Origin, got.EBMID
		msg.Settle()
		if msg.No, err = next(ctx, tx, "thread"); err != nil {
			return err
		}
		if err := insertMessage(ctx, tx, msg, nil); err != nil {
			return err
		}
		if err := into(tx); err != nil {
			return err
		}
		if err := writeMessage(ctx, tx, msg); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert.arrive", Object: "alert:" + msg.ID, RegionPath: msg.RegionPath, Detail: got.detail()})
	})
	if err == nil && msg != nil {
		m.told(msg)
	}
	return err
}

// errNotThere ends the taking in of an update of what is no longer on the air.
var errNotThere = errors.New("alert: what it updates is over")

// fit brings an area down to what is this platform's and asks everything of the content that
// a person's draft is asked.
func (m *Module) fit(ctx context.Context, got *arrival) (standing message.Standing, r resolved, err error) {
	c := &got.Content
	if err = m.narrow(ctx, &c.Area); err != nil {
		return standing, r, err
	}
	if until, waits, err := m.quiet(ctx, m.DB, got.Class, c, m.Clock.Now()); err != nil {
		return standing, r, err
	} else if waits && got.Act == message.Begins && ruleOrigin(got.Origin) != rule.Timetable { // what a timetable holds was approved with its times
		c.StartsAt = until.UTC()
	}
	if err = c.Validate(got.Class, m.Clock.Now()).OrNil(); err != nil {
		return standing, r, err
	}
	if r, err = m.resolve(ctx, &c.Area); err != nil {
		return standing, r, err
	}
	if err = fitsAnOrder(c); err != nil {
		return standing, r, err
	}
	return message.Standing{Origin: got.Origin.Kind, Source: got.Origin.Source, Authority: got.Authority, Area: string(r.level), Paths: r.paths}, r, nil
}

// narrow puts this platform's own region in the place of larger ones that hold it, and leaves
// out regions that nobody here knows, as long as one is left.
func (m *Module) narrow(ctx context.Context, a *message.Area) error {
	known, err := m.Regions.Regions(ctx, a.Regions)
	if err != nil || len(a.Regions) == 0 {
		return err
	}
	home, err := m.Regions.RegionAt(ctx, m.Home)
	if err != nil {
		return err
	}
	var codes []string
	for _, code := range a.Regions {
		at := slices.IndexFunc(known, func(r Region) bool { return r.Code == code })
		if at < 0 {
			continue
		}
		if strings.HasPrefix(m.Home, known[at].Path) {
			code = home.Code
		}
		if !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	if len(codes) > 0 {
		a.Regions = codes
	}
	return nil
}

// release submits the open version and issues it where the rules ask for nobody here; else it
// waits for countersignatures, or as a draft where the rules refuse it or it is doubtful.
func (m *Module) release(ctx context.Context, tx *store.Tx, msg *message.Message, got *arrival) error {
	v := msg.Open
	verdict, err := m.judge(ctx, tx, msg, v)
	if err == nil && ruleOrigin(got.Origin) != rule.Timetable { // which says the same thing every day
		err = m.refuseDoubles(ctx, tx, msg, v)
	}
	var why *fault.Error
	if errors.As(err, &why) && (why.Kind == fault.Forbidden || why.Kind == fault.Conflict) {
		got.Why = why
		msg.Settle()
		return nil
	}
	if err != nil {
		return err
	}
	if err := v.Check(person(ctx), tx.Now, message.Digest(msg, v), verdict.Rule, verdict.Approvals); err != nil {
		return err
	}
	if len(got.Doubts) > 0 && v.Required == 0 {
		v.Required = 1 // a person looks at what may not be what it seems
	}
	msg.Settle()
	if !v.Approved() {
		if verdict.Alone > 0 && len(got.Doubts) == 0 {
			got.AloneAt = tx.Now.Add(time.Duration(verdict.Alone) * time.Second)
		}
		return m.Duty.WantsSigning(ctx, tx, msg)
	}
	got.State = message.Sent
	got.Alone = ruleOrigin(got.Origin) != rule.Timetable // a second person agreed to that beforehand
	return m.issue(ctx, tx, msg)
}

// takeCancel takes what a source cancels off the air, or out of the queue.
func (m *Module) takeCancel(ctx context.Context, id string, got *arrival) error {
	got.MessageID = id
	_, err := m.change(ctx, "", id, 0, "arrive", func(tx *store.Tx, msg *message.Message) (any, error) {
		got.RegionPath, got.State = msg.RegionPath, message.Over
		if msg.State.Open() {
			if err := msg.End(tx.Now, message.Cancelled, got.Reason); err != nil {
				return nil, err
			}
			if err := m.withdraw(ctx, tx, msg); err != nil {
				return nil, err
			}
		} else if _, err := msg.Draft(); err == nil {
			if err := msg.Discard(tx.Now); err != nil {
				return nil, err
			}
		} else {
			got.State = message.Nothing // it was over
		}
		if err := closeArrivals(ctx, tx, id, message.Dismissed); err != nil {
			return nil, err
		}
		return got.detail(), m.enter(ctx, tx, got)
	})
	return err
}

// refuse records what cannot be taken in because of what it says; any other error is ours.
func (m *Module) refuse(ctx context.Context, got *arrival, err error) error {
	why := fault.Of(err)
	if why.Kind != fault.Invalid {
		return err
	}
	got.State, got.Why = message.Refused, why
	return m.DB.Update(ctx, func(tx *store.Tx) error { return m.enter(ctx, tx, got) })
}

// enter writes an arrival down, with its audit record where the message has none.
func (m *Module) enter(ctx context.Context, tx *store.Tx, got *arrival) error {
	got.ID, got.At = store.NewID(tx.Now), tx.Now
	if got.Original != "" {
		if err := media.Note(ctx, tx, media.Object{SM3: got.Original, MessageID: "arrival:" + got.ID, RegionPath: got.RegionPath, MIME: got.MIME}); err != nil {
			return err
		}
	}
	if err := insertArrival(ctx, tx, got); err != nil {
		return err
	}
	title := message.Word(got.Kind, got.Content.Text("zh")).Title
	if got.Act == message.Cancels {
		title = got.Reason
	}
	if ruleOrigin(got.Origin) == rule.Timetable && got.State == message.Sent { // the day's items are no news to whoever is on duty
		return nil
	}
	if err := m.Duty.Record(ctx, tx, duty.Entry{RegionPath: got.RegionPath, Kind: "arrived", Object: "alert-arrival:" + got.ID, Args: map[string]any{"source": got.Origin.Name, "title": title}}); err != nil || got.MessageID != "" {
		return err
	}
	return audit.Write(ctx, tx, audit.Entry{Action: "alert.arrive", Object: "alert-arrival:" + got.ID, RegionPath: got.RegionPath, Detail: got.detail()})
}

// aloneNow issues what waited long enough for countersignatures that nobody gave. What cannot be
// issued any more goes on waiting for a person, and says why.
func (m *Module) aloneNow(ctx context.Context) error {
	list, err := arrivalsAlone(ctx, m.DB, m.Clock.Now())
	for _, a := range list {
		failed := m.goAlone(ctx, a)
		if why := fault.Of(failed); failed != nil && (why.Kind == fault.Invalid || why.Kind == fault.Conflict || why.Kind == fault.Forbidden) {
			m.warn("a message from outside does not go out by itself", failed)
			failed = m.DB.Housekeep(ctx, func(tx *store.Tx) error { return keepWaiting(ctx, tx, a.ID, why) })
		}
		if failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		m.wake()
		m.Live.Tell("alert.arrived", PermRead, a.RegionPath, map[string]any{"id": a.ID, "state": a.State})
	}
	return err
}

// goAlone issues one message as aloneNow does, unless somebody had it in hand meanwhile.
func (m *Module) goAlone(ctx context.Context, a *arrival) error {
	issued := false
	_, err := m.change(store.Vital(ctx), "", a.MessageID, 0, "alone", func(tx *store.Tx, msg *message.Message) (any, error) {
		issued = false
		got, err := readArrival(ctx, tx, a.ID)
		if err != nil {
			return nil, err
		}
		if got.AloneAt.IsZero() || msg.Open == nil || msg.Open.Number != got.Number || msg.Open.State != message.VersionChecked {
			return nil, errNothingToDo
		}
		msg.Open.Required = len(msg.Open.Approvals)
		got.AloneAt, got.State, got.Alone = time.Time{}, message.Sent, true
		if err := m.issue(ctx, tx, msg); err != nil {
			return nil, err
		}
		issued, a.State = true, got.State
		return map[string]any{"arrival": got.ID, "approvals": len(msg.Current.Approvals)}, updateArrival(ctx, tx, got)
	})
	if err != nil || issued {
		return err
	}
	return m.DB.Housekeep(ctx, func(tx *store.Tx) error { return keepWaiting(ctx, tx, a.ID, nil) })
}

// ruleOrigin is the origin that the rules are asked about.
func ruleOrigin(o message.Origin) rule.Origin {
	if o.Kind == "" {
		return rule.Desk
	}
	return rule.Origin(o.Kind)
}
