package channel

import (
	"context"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Submit asks for approvals of the open version; where the rules demand none it is published.
func (m *Module) Submit(ctx context.Context, id string, expect int64) (*Timetable, error) {
	norms, err := m.normsOf(ctx, id)
	if err != nil {
		return nil, err
	}
	return m.change(ctx, PermEdit, id, expect, "submit", func(tx *store.Tx, t *Timetable) (any, error) {
		if !norms.Allowed {
			return nil, fault.New(fault.Forbidden, "channel.rule.refused", fault.Args{"rule": norms.rule(ctx)})
		}
		if t.Draft == nil {
			return nil, fault.New(fault.Conflict, "channel.state.not_draft")
		}
		if err := m.mayStand(ctx, tx, t, &norms); err != nil {
			return nil, err
		}
		if err := t.submit(person(ctx), tx.Now, norms.rule(ctx), norms.Approvals); err != nil {
			return nil, err
		}
		v := t.Draft
		detail := map[string]any{"version": v.Number, "digest": v.Digest, "required": v.Required, "rule": v.Rule}
		if v.approved() {
			return detail, m.publish(ctx, tx, t)
		}
		return detail, nil
	})
}

func (m *Module) normsOf(ctx context.Context, id string) (Norms, error) {
	t, err := m.see(ctx, m.DB, id)
	if err != nil {
		return Norms{}, err
	}
	return m.Rules.Norms(ctx, t.RegionPath)
}

func (n *Norms) rule(ctx context.Context) string {
	if httpapi.LangOf(ctx) == i18n.English {
		return n.RuleEn
	}
	return n.RuleZh
}

// mayStand refuses what clashes with a timetable of the same level, and what would sound in the
// quiet hours.
func (m *Module) mayStand(ctx context.Context, q store.Queryer, t *Timetable, norms *Norms) error {
	var list fault.List
	found, err := m.clashes(ctx, q, t, norms)
	if err != nil {
		return err
	}
	for _, c := range found {
		if c.Refused {
			list.Add(fault.Bad("slots", "channel.clash", fault.Args{"title": c.Title, "with": c.WithTitle, "from": c.From, "to": c.To}))
		}
	}
	for _, s := range t.Draft.Content.every() {
		if norms.quiet(s) {
			list.Add(fault.Bad("slots", "channel.quiet", fault.Args{"title": s.Title, "from": norms.From, "until": norms.Until}))
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list[:min(len(list), 20)].OrNil()
}

// every slot of the content, what is extra included.
func (c *Content) every() (list []*Slot) {
	for i := range c.Slots {
		list = append(list, &c.Slots[i])
	}
	for i := range c.Exceptions {
		for j := range c.Exceptions[i].Extra {
			list = append(list, &c.Exceptions[i].Extra[j])
		}
	}
	return list
}

// quiet reports whether a slot has a part in the quiet hours.
func (n *Norms) quiet(s *Slot) bool {
	from, until := minuteOf(n.From), minuteOf(n.Until)
	if !n.Quiet || from == until {
		return false
	}
	in := func(from, until int) bool { return s.begins() < until && from < s.ends() }
	if from > until { // over midnight
		return in(from, 24*60) || in(0, until)
	}
	return in(from, until)
}

// clashes of the version of a timetable that is worked on, or stands: within it, and with what
// was published around it.
func (m *Module) clashes(ctx context.Context, q store.Queryer, t *Timetable, norms *Norms) ([]Clash, error) {
	mine := &t.shown().Content
	list := clashes(mine, mine)
	for i := range list {
		list[i].Refused = true
	}
	others, err := standing(ctx, q, auth.Everywhere, t.RegionPath)
	if err != nil {
		return nil, err
	}
	// Those of the same region first: what refuses must not lie behind what is only told.
	slices.SortStableFunc(others, func(a, b *Timetable) int {
		switch here, there := a.RegionPath == t.RegionPath, b.RegionPath == t.RegionPath; {
		case here == there:
			return 0
		case here:
			return -1
		}
		return 1
	})
	scope := auth.ScopeOf(ctx, PermRead)
	for _, o := range others {
		if o.ID == t.ID || o.Published == nil || !share(mine, &o.Published.Content) {
			continue
		}
		for _, c := range clashes(mine, &o.Published.Content) {
			c.Name, c.Level, c.Refused = o.called(ctx), o.Level, o.Level == t.Level && o.RegionPath == t.RegionPath
			if scope.Allows(o.RegionPath) {
				c.Timetable = o.ID
			}
			c.First, c.Equal = norms.Ranks[t.Level] > norms.Ranks[o.Level], norms.Ranks[t.Level] == norms.Ranks[o.Level]
			if list = append(list, c); len(list) >= maxClashes {
				return list, nil
			}
		}
	}
	return list, nil
}

// Approve adds a person's word for exactly the content with a digest; with the last one that the
// rules demand the version is published, in the same commit.
func (m *Module) Approve(ctx context.Context, id, digest string) (*Timetable, error) {
	norms, err := m.normsOf(ctx, id)
	if err != nil {
		return nil, err
	}
	return m.change(ctx, PermApprove, id, 0, "approve", func(tx *store.Tx, t *Timetable) (any, error) {
		v := t.Draft
		if err := v.approve(person(ctx), tx.Now, digest); err != nil {
			return nil, err
		}
		for _, other := range v.makers() {
			if other.ID == person(ctx).ID {
				continue
			}
			if apart, err := m.Staff.Independent(ctx, tx, person(ctx).ID, other.ID); err != nil || !apart {
				if err == nil {
					err = fault.New(fault.Forbidden, "channel.approve.not_independent", fault.Args{"name": other.Name})
				}
				return nil, err
			}
		}
		if !norms.Allowed { // the rules may have changed since
			return nil, fault.New(fault.Forbidden, "channel.rule.refused", fault.Args{"rule": norms.rule(ctx)})
		}
		v.Required, v.Rule = norms.Approvals, norms.rule(ctx)
		detail := map[string]any{"version": v.Number, "digest": digest, "have": len(v.Approvals), "need": v.Required}
		if !v.approved() {
			return detail, nil
		}
		if err := m.mayStand(ctx, tx, t, &norms); err != nil {
			return nil, err
		}
		return detail, m.publish(ctx, tx, t)
	})
}

// publish puts the approved version on: what follows from the one before and is not said any
// more is taken back.
func (m *Module) publish(ctx context.Context, tx *store.Tx, t *Timetable) error {
	if before := t.Published; before != nil {
		before.State = Superseded
		if err := putVersion(ctx, tx, t.ID, before); err != nil {
			return err
		}
	}
	t.publish(tx.Now)
	if err := m.recall(ctx, tx, t, func(o *Occurrence) bool { return !t.Published.Content.says(o, m.Zone) }); err != nil {
		return err
	}
	return audit.Write(ctx, tx, audit.Entry{Action: "channel.publish", Object: "timetable:" + t.ID, RegionPath: t.RegionPath,
		Detail: map[string]any{"version": t.Published.Number, "digest": t.Published.Digest}})
}

// recall takes back those occurrences of a timetable that are not over and that gone finds.
func (m *Module) recall(ctx context.Context, tx *store.Tx, t *Timetable, gone func(*Occurrence) bool) error {
	open, err := openOccurrences(ctx, tx, t.ID)
	if err != nil {
		return err
	}
	for _, o := range open {
		was := o.Stage
		if !o.EndsAt.After(tx.Now) || was == Withdrawing || !gone(o) {
			continue
		}
		if o.Stage = Withdrawing; was == Planned {
			o.Stage = Dropped
		}
		if _, err := moveOccurrence(ctx, tx, o, was); err != nil {
			return err
		}
	}
	return nil
}

// Reject sends a submitted version back to draft.
func (m *Module) Reject(ctx context.Context, id, reason string) (*Timetable, error) {
	return m.change(ctx, PermApprove, id, 0, "reject", func(tx *store.Tx, t *Timetable) (any, error) {
		v := t.Draft
		if v == nil || v.State != Submitted {
			return nil, fault.New(fault.Conflict, "channel.state.not_submitted")
		}
		v.State, v.Digest, v.Approvals = Draft, "", []Approval{}
		v.Rejection = &Rejection{person(ctx), reason, tx.Now}
		return map[string]any{"version": v.Number, "reason": reason}, nil
	})
}

// Restore begins a version that says what a former one said.
func (m *Module) Restore(ctx context.Context, id string, expect int64, number int) (*Timetable, error) {
	return m.change(ctx, PermEdit, id, expect, "restore", func(tx *store.Tx, t *Timetable) (any, error) {
		old, err := readVersion(ctx, tx, id, number)
		if err != nil {
			return nil, err
		}
		if old.PublishedAt == nil {
			return nil, fault.New(fault.Conflict, "channel.state.never_published")
		}
		if err := m.mayUse(ctx, tx, &old.Content); err != nil { // a recording that nothing played was deleted since
			return nil, err
		}
		v := t.open(person(ctx), tx.Now)
		v.edit(person(ctx), old.Content)
		v.Back = number
		return map[string]any{"version": v.Number, "back": number}, nil
	})
}

// Discard gives the open version up.
func (m *Module) Discard(ctx context.Context, id string, expect int64) (*Timetable, error) {
	return m.change(ctx, PermEdit, id, expect, "discard", func(tx *store.Tx, t *Timetable) (any, error) {
		v := t.Draft
		if v == nil || t.Published == nil {
			return nil, fault.New(fault.Conflict, "channel.state.not_draft")
		}
		v.State, t.Draft = Discarded, nil
		return map[string]any{"version": v.Number}, putVersion(ctx, tx, t.ID, v)
	})
}

// Retire ends a timetable: nothing of it plays any more, and what it was stays to be read.
func (m *Module) Retire(ctx context.Context, id string, expect int64) error {
	_, err := m.change(ctx, PermEdit, id, expect, "retire", func(tx *store.Tx, t *Timetable) (any, error) {
		t.RetiredAt = tx.Now
		return map[string]any{"name": t.Name}, m.recall(ctx, tx, t, func(*Occurrence) bool { return true })
	})
	return err
}

// History is every version of a timetable, the newest first.
func (m *Module) History(ctx context.Context, id string) ([]*Version, error) {
	t, err := m.see(ctx, m.DB, id)
	if err != nil {
		return nil, err
	}
	list, err := versions(ctx, m.DB, t.ID)
	return slices.DeleteFunc(list, func(v *Version) bool { return v == nil }), err
}

// describe says in words what a slot is, for those who only hear of it.
func (s *Slot) describe() string {
	switch s.Kind {
	case Relay:
		return i18n.T(i18n.Chinese, "channel.relay", map[string]any{"name": strings.TrimSpace(s.Station + " " + s.Title)})
	case Notice:
		return s.Text
	}
	return s.Title
}
