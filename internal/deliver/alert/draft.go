package alert

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Wording is what a person writes of a message.
type Wording struct {
	Event    string           `json:"event" pattern:"^[1-9][0-9]{4}$" doc:"Event type of GB/T 35561"`
	Severity message.Severity `json:"severity" enum:"red,orange,yellow,blue,unknown"`
	Texts    []message.Text   `json:"texts" minItems:"1" maxItems:"2"`
	Area     message.Area     `json:"area"`
	StartsAt *time.Time       `json:"startsAt,omitempty" doc:"When it begins; absent: when it is issued"`
	EndsAt   time.Time        `json:"endsAt"`
	Lasts    int              `json:"lasts,omitempty" minimum:"1" maximum:"44640" doc:"Minutes that it stands from its issue on, or from its beginning where that is later, in place of endsAt"`
	Repeat   message.Repeat   `json:"repeat"`
	Volume   *int             `json:"volume,omitempty" minimum:"0" maximum:"100" doc:"Volume at the terminals; absent: their own"`
}

// content makes the content of a draft. Sounds and attachments come from what was there:
// a recording stays only as long as the words that were read stay.
func (w Wording) content(was *message.Content) message.Content {
	c := message.Content{Event: ebd.EventType(w.Event), Severity: w.Severity, Texts: w.Texts, Area: w.Area, EndsAt: w.EndsAt.UTC().Truncate(time.Microsecond),
		Lasts: w.Lasts, Repeat: w.Repeat, Volume: w.Volume}
	if w.StartsAt != nil {
		c.StartsAt = w.StartsAt.UTC().Truncate(time.Microsecond)
	}
	if was == nil {
		return c
	}
	c.Attachments = was.Attachments
	for _, s := range was.Sounds {
		if slices.Contains(was.Texts, c.Text(s.Lang)) && c.Text(s.Lang).Lang == s.Lang {
			c.Sounds = append(c.Sounds, s)
		}
	}
	return c
}

// draft is a new message as a person asks for it.
type draft struct {
	Kind  message.Kind `json:"kind" enum:"real,platform_drill,head_end_drill,terminal_drill" doc:"Real or one of the drills; it never changes afterwards"`
	Class wire.Class   `json:"class" enum:"emergency,everyday"`
	Wording
}

// drafted looks up what the asker wants to say, and refuses what could not stand at a time or is
// not theirs to say.
func (m *Module) drafted(ctx context.Context, class wire.Class, c *message.Content, at time.Time) (resolved, error) {
	c.Stand(at)
	if err := c.Validate(class, at).OrNil(); err != nil {
		return resolved{}, err
	}
	r, err := m.resolve(ctx, &c.Area)
	if err != nil {
		return r, err
	}
	return r, auth.Check(ctx, PermDraft, r.path)
}

// create makes a draft. The same person asking again with the same key gets the same
// message.
func (m *Module) create(ctx context.Context, d draft, key string) (*message.Message, error) {
	by := person(ctx)
	var requestKey any
	if key != "" {
		requestKey = by.ID + " " + key
		if msg, err := m.madeBefore(ctx, requestKey); msg != nil || err != nil {
			return msg, err
		}
	}
	c := d.content(nil)
	r, err := m.drafted(ctx, d.Class, &c, m.Clock.Now())
	if err != nil {
		return nil, err
	}
	var msg *message.Message
	err = m.DB.Update(ctx, func(tx *store.Tx) error {
		msg, err = insertDraft(ctx, tx, d.Kind, d.Class, c, r.path, requestKey)
		return err
	})
	if errors.Is(err, errRepeated) { // by the same request at the same time
		return m.madeBefore(ctx, requestKey)
	}
	if err != nil {
		return nil, err
	}
	m.told(msg)
	return msg, nil
}

// insertDraft writes a new message down as a draft of those who wrote its words, else of the asker.
func insertDraft(ctx context.Context, tx *store.Tx, kind message.Kind, class wire.Class, c message.Content, path string, requestKey any, authors ...message.Person) (*message.Message, error) {
	if len(authors) == 0 {
		authors = []message.Person{person(ctx)}
	}
	msg := message.New(store.NewID(tx.Now), kind, authors[0], tx.Now, c)
	msg.Open.Editors = slices.Clone(authors)
	msg.Class, msg.RegionPath = class, path
	msg.Settle()
	var err error
	if msg.No, err = next(ctx, tx, "thread"); err != nil {
		return nil, err
	}
	if err := insertMessage(ctx, tx, msg, requestKey); err != nil {
		return nil, err
	}
	return msg, audit.Write(ctx, tx, audit.Entry{Action: "alert.create", Object: "alert:" + msg.ID, RegionPath: path,
		Detail: map[string]any{"kind": kind, "class": class, "event": c.Event, "severity": c.Severity, "title": c.Text("zh").Title}})
}

// madeBefore is the message that a request made before; nil if it made none.
func (m *Module) madeBefore(ctx context.Context, requestKey any) (*message.Message, error) {
	id, err := byRequestKey(ctx, m.DB, requestKey)
	if err != nil || id == "" {
		return nil, err
	}
	return m.see(ctx, m.DB, id)
}

// edit replaces the content of the open version and voids what was approved of it.
func (m *Module) edit(ctx context.Context, id string, revision int64, w Wording) (*message.Message, error) {
	was, err := m.see(ctx, m.DB, id)
	if err != nil {
		return nil, err
	}
	v, err := was.Draft()
	if err != nil {
		return nil, err
	}
	c := w.content(&v.Content)
	r, err := m.drafted(ctx, was.Class, &c, m.Clock.Now())
	if err != nil {
		return nil, err
	}
	return m.change(ctx, PermDraft, id, revision, "edit", func(_ *store.Tx, msg *message.Message) (any, error) {
		v, err := msg.Draft()
		if err != nil {
			return nil, err
		}
		if err := stay(msg, r.path); err != nil {
			return nil, err
		}
		voided := len(v.Approvals)
		if err := v.Edit(person(ctx), c); err != nil {
			return nil, err
		}
		msg.Settle()
		return map[string]any{"version": v.Number, "voided": voided}, nil
	})
}

// stay keeps the region that answers for a message in step with its area. Once it was
// issued it stays where it is: the people who may act on it must not change under way.
func stay(msg *message.Message, path string) error {
	if msg.Current == nil {
		msg.RegionPath = path
		return nil
	}
	if scope := auth.NewScope(msg.RegionPath); !scope.Allows(path) {
		return fault.Bad("area", "alert.area.left_region")
	}
	return nil
}

// discard gives up the open version.
func (m *Module) discard(ctx context.Context, id string, revision int64) (*message.Message, error) {
	return m.change(ctx, PermDraft, id, revision, "discard", func(tx *store.Tx, msg *message.Message) (any, error) {
		v, err := msg.Draft()
		if err != nil {
			return nil, err
		}
		if err := closeArrivals(ctx, tx, msg.ID, message.Dismissed); err != nil {
			return nil, err
		}
		return map[string]any{"version": v.Number}, msg.Discard(tx.Now)
	})
}

// revise begins a new version of a message on the air.
func (m *Module) revise(ctx context.Context, id string) (*message.Message, error) {
	return m.change(ctx, PermDraft, id, 0, "revise", func(tx *store.Tx, msg *message.Message) (any, error) {
		if err := msg.Revise(person(ctx), tx.Now); err != nil {
			return nil, err
		}
		return map[string]any{"version": msg.Open.Number}, nil
	})
}

// preview says whom an area would reach, and where that is in words.
func (m *Module) preview(ctx context.Context, kind message.Kind, a message.Area) (reach message.Reach, places []Place, err error) {
	r, err := m.resolve(ctx, &a)
	if err != nil {
		return reach, nil, err
	}
	if err := auth.Check(ctx, PermDraft, r.path); err != nil {
		return reach, nil, err
	}
	if reach, err = m.reach(ctx, kind, &a, &r); err != nil {
		return reach, nil, err
	}
	places, err = m.placesOf(ctx, &a)
	return reach, places, err
}
