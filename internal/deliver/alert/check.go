package alert

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// submission is what a person says when submitting a draft.
type submission struct {
	Force    string `json:"force,omitempty" maxLength:"500" doc:"Why to send although the same message is on the air"`
	TextOnly bool   `json:"textOnly,omitempty" doc:"Send without sound; terminals that can speak read the text themselves"`
}

// check submits the open version: text, area, sound, rights and duplicates are verified,
// the reach is worked out, and the rules say how many must countersign. Where they ask
// for nobody, the version is issued at once.
func (m *Module) check(ctx context.Context, id string, s submission) (*message.Message, error) {
	msg, v, err := m.openDraft(ctx, id)
	if err != nil {
		return nil, err
	}
	if v.State != message.VersionDraft {
		return nil, fault.New(fault.Conflict, "alert.state.not_draft")
	}
	c := v.Content
	r, err := m.drafted(ctx, msg.Class, &c, m.Clock.Now())
	if err != nil {
		return nil, err
	}
	if err := fitsAnOrder(&c); err != nil {
		return nil, err
	}
	reach, err := m.reach(ctx, msg.Kind, &c.Area, &r)
	if err != nil {
		return nil, err
	}
	if s.TextOnly {
		c.Sounds = nil
	} else if c.Sounds, err = m.voice(ctx, msg, c, true); err != nil {
		return nil, err
	}
	standing := message.Standing{Origin: string(rule.Desk), Area: string(r.level), Paths: r.paths}
	level, err := m.authority(ctx, PermDraft, r.path)
	if err != nil {
		return nil, err
	}
	standing.Authority = string(level)
	msg, err = m.change(ctx, PermDraft, id, msg.Revision, "check", func(tx *store.Tx, msg *message.Message) (any, error) {
		v, err := msg.Draft()
		if err != nil {
			return nil, err
		}
		if err := stay(msg, r.path); err != nil {
			return nil, err
		}
		v.Content, v.Reach, v.Standing, v.Forced = c, reach, standing, s.Force
		if err := msg.Postpones(v, tx.Now); err != nil {
			return nil, err
		}
		if err := m.refuseNoise(ctx, tx, msg, v); err != nil {
			return nil, err
		}
		if err := m.refuseDoubles(ctx, tx, msg, v); err != nil {
			return nil, err
		}
		verdict, err := m.judge(ctx, tx, msg, v)
		if err != nil {
			return nil, err
		}
		if err := v.Check(person(ctx), tx.Now, message.Digest(msg, v), verdict.Rule, verdict.Approvals); err != nil {
			return nil, err
		}
		msg.Settle()
		if err := note(ctx, tx, msg, &c); err != nil {
			return nil, err
		}
		detail := map[string]any{"version": v.Number, "digest": v.Digest, "rule": v.Rule, "required": v.Required, "people": reach.People,
			"terminals": reach.Terminals, "forced": s.Force}
		if v.Approved() {
			return detail, m.issue(ctx, tx, msg)
		}
		return detail, m.Duty.WantsSigning(ctx, tx, msg)
	})
	if err == nil {
		m.wake()
	}
	return msg, err
}

// orderRoom is what an order leaves for its area and texts: a frame less its head,
// certificate, signature, sounds and numbers.
const orderRoom = wire.MaxFrame - 4<<10

// fitsAnOrder refuses early what could not be signed in the end.
func fitsAnOrder(c *message.Content) error {
	area, err := json.Marshal(c.Area.Wire())
	if err != nil {
		return err
	}
	size := len(area)
	for _, t := range c.Texts {
		w := message.Word(message.TerminalDrill, t)
		size += len(w.Title) + len(w.Body) + len(w.Advice) + strings.Count(w.Body+w.Advice, "\n") + strings.Count(w.Title+w.Body+w.Advice, `"`)
	}
	if size > orderRoom {
		return fault.Bad("area", "alert.order_too_long")
	}
	return nil
}

// judge asks the table of who may send what where.
func (m *Module) judge(ctx context.Context, q store.Queryer, msg *message.Message, v *message.Version) (rule.Verdict, error) {
	table, err := m.book.Sending(ctx, q)
	if err != nil {
		return rule.Verdict{}, err
	}
	verdict := rule.Evaluate(table, request(msg.Kind, msg.Class, &v.Content, v.Standing))
	if !verdict.Allow {
		code := "alert.rule.refused"
		if verdict.Rule == "" {
			code = "alert.rule.none"
		}
		return verdict, fault.New(fault.Forbidden, code, fault.Args{"rule": verdict.Name(httpapi.LangOf(ctx))})
	}
	return verdict, nil
}

func request(kind message.Kind, class wire.Class, c *message.Content, s message.Standing) rule.Request {
	return rule.Request{Origin: rule.Origin(s.Origin), Source: s.Source, Class: class, Drill: kind.Drill(), Event: string(c.Event), Severity: c.Severity,
		Authority: rule.Level(s.Authority), Area: rule.Level(s.Area)}
}

// refuseDoubles refuses a message that tells the same people the same thing as one that
// is on the air, unless somebody said why it must be sent all the same.
func (m *Module) refuseDoubles(ctx context.Context, tx *store.Tx, msg *message.Message, v *message.Version) error {
	if v.Forced != "" {
		return nil
	}
	id, title, err := sameOnAir(ctx, tx, msg, message.Sameness(msg.Kind, msg.Class, v.Content), tx.Now.UnixMicro())
	if err != nil || id == "" {
		return err
	}
	return fault.New(fault.Conflict, "alert.duplicate", fault.Args{"id": id, "title": title})
}

// refuseNoise refuses a minor message that would begin in the quiet hours, unless somebody said
// why it must.
func (m *Module) refuseNoise(ctx context.Context, tx *store.Tx, msg *message.Message, v *message.Version) error {
	if v.Forced != "" || msg.Current != nil {
		return nil
	}
	until, waits, err := m.quiet(ctx, tx, msg.Class, &v.Content, tx.Now)
	if err != nil || !waits {
		return err
	}
	return fault.New(fault.Conflict, "alert.quiet", fault.Args{"until": until.Format("15:04"), "at": until.UTC().Format(time.RFC3339)})
}

// quiet reports whether a message waits for the quiet hours to end, and until when, local time.
func (m *Module) quiet(ctx context.Context, q store.Queryer, class wire.Class, c *message.Content, now time.Time) (time.Time, bool, error) {
	conduct, err := m.book.Conduct(ctx, q)
	if err != nil {
		return now, false, err
	}
	begins := now
	if c.StartsAt.After(now) {
		begins = c.StartsAt
	}
	until, waits := conduct.Quiet.Waits(class, c.Severity, begins.In(m.Zone))
	return until, waits, nil
}

// rank is the message's place in the table of precedence.
func (m *Module) rank(ctx context.Context, q store.Queryer, msg *message.Message) (uint32, error) {
	table, err := m.book.Precedence(ctx, q)
	if err != nil {
		return 0, err
	}
	kind := "real"
	if msg.Kind.Drill() {
		kind = "drill"
	}
	level := m.Level
	switch v := msg.Shown(); {
	case ruleOrigin(msg.Origin) == rule.Timetable: // a village's item stands where the village does
		level = rule.Level(v.Standing.Authority)
	case !msg.Ours():
		level = rule.Level(msg.Copy.Level)
	}
	return table.Rank(rule.Standing{Class: string(msg.Class), Kind: kind, Level: level, Severity: msg.Shown().Content.Severity}), nil
}

// explain tells beforehand what the rules would say of a message.
func (m *Module) explain(ctx context.Context, kind message.Kind, class wire.Class, c message.Content) (rule.Verdict, error) {
	r, err := m.resolve(ctx, &c.Area)
	if err != nil {
		return rule.Verdict{}, err
	}
	level, err := m.authority(ctx, PermDraft, r.path)
	if err != nil {
		return rule.Verdict{}, err
	}
	table, err := m.book.Sending(ctx, m.DB)
	if err != nil {
		return rule.Verdict{}, fmt.Errorf("alert: rules: %w", err)
	}
	return rule.Evaluate(table, request(kind, class, &c, message.Standing{Origin: string(rule.Desk), Authority: string(level), Area: string(r.level)})), nil
}
