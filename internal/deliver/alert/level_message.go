package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/media"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/link"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// record is a message or a stop on its way to another node.
type record struct {
	Change int64  `json:"change"` // its number at the node that tells of it
	Site   string `json:"site"`   // that issued it
	Epoch  string `json:"epoch"`  // of that node
	Level  string `json:"level"`

	Message  *message.Message   `json:"message,omitempty"` // with the version on the air, or the last that was
	Versions []*message.Version `json:"versions,omitempty"`
	Media    []mediaRef         `json:"media,omitempty"`
	Places   []string           `json:"places,omitempty"` // that any version was issued to
	Orders   []delivery.Head    `json:"orders,omitempty"`

	Stop *stopRecord `json:"stop,omitempty"`
}

// records is a part of what changed at a node.
type records struct {
	Epoch   string   `json:"epoch"`
	Boot    string   `json:"boot"`
	Start   int64    `json:"start"`
	Last    int64    `json:"last"`
	Behind  int64    `json:"behind"`
	Records []record `json:"records"`
}

// Limits of one answer.
const (
	maxRecords  = 100
	maxTold     = 512 << 10 // bytes; one record may be longer
	maxVersions = 64 << 10  // bytes of earlier versions beside a message
)

// tellMessages tells another node of what changed and concerns it: a node below of what
// touches its region, the node above of everything from here or below.
func (m *Module) tellMessages(ctx context.Context, to link.Node, raw []byte) ([]byte, error) {
	var q question
	if err := m.read(raw, &q); err != nil {
		return nil, err
	}
	e, err := m.log(ctx, q, func(ctx context.Context) (int64, error) { return lastChange(ctx, m.DB) })
	if err != nil {
		return nil, err
	}
	list, err := changedAfter(ctx, m.DB, q.After, maxRecords)
	if err != nil {
		return nil, err
	}
	out := records{Epoch: e.ID, Boot: m.boot, Start: 0, Last: q.After, Records: []record{}}
	size := 0
	for _, c := range list {
		r, err := m.recordOf(ctx, c, to, e)
		if err != nil {
			return nil, err
		}
		if r != nil {
			raw, err := json.Marshal(r)
			if err != nil {
				return nil, err
			}
			if size += len(raw); size > maxTold && len(out.Records) > 0 {
				break
			}
			out.Records = append(out.Records, *r)
		}
		out.Last = c.no
	}
	if len(list) > 0 && (out.Last != list[len(list)-1].no || len(list) == maxRecords) {
		if out.Behind, err = changedBeyond(ctx, m.DB, out.Last); err != nil {
			return nil, err
		}
	}
	m.noteTold(to, askMessages, out.Behind)
	return json.Marshal(out)
}

// recordOf is what another node is told of a change; nil where it does not concern it.
func (m *Module) recordOf(ctx context.Context, c changed, to link.Node, e epoch) (*record, error) {
	if c.via == to.Site {
		return nil, nil
	}
	if c.stop != "" {
		return m.stopRecordOf(ctx, c, to, e)
	}
	places, err := reachOf(ctx, m.DB, c.message)
	if err != nil {
		return nil, err
	}
	if !to.Above && !slices.ContainsFunc(places, func(p string) bool { return touches(p, to.Path) }) {
		return nil, nil
	}
	msg, err := readMessage(ctx, m.DB, c.message)
	if err != nil {
		return nil, err
	}
	msg.Open = nil
	r := &record{Change: c.no, Site: m.Site, Epoch: e.ID, Level: string(m.Level), Message: msg, Places: places}
	if !msg.Ours() {
		r.Site, r.Epoch, r.Level = msg.Copy.Site, msg.Copy.Epoch, msg.Copy.Level
	}
	if r.Media, err = mediaOf(ctx, m.DB, msg.ID); err != nil {
		return nil, err
	}
	if r.Orders, err = delivery.Heads(ctx, m.DB, msg.No); err != nil {
		return nil, err
	}
	versions, err := readVersions(ctx, m.DB, msg.ID)
	if err != nil {
		return nil, err
	}
	versions = slices.DeleteFunc(versions, func(v *message.Version) bool { return v.State != message.VersionSuperseded })
	for len(versions) > 0 {
		raw, err := json.Marshal(versions)
		if err != nil {
			return nil, err
		}
		if len(raw) <= maxVersions {
			break
		}
		versions = versions[1:]
	}
	r.Versions = versions
	return r, nil
}

// touches reports whether one of two regions holds the other.
func touches(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }

// fetchMessages asks the other node for what changed there and takes it over.
func (p *puller) fetchMessages(ctx context.Context) (behind int64, err error) {
	at, ask, err := p.position(ctx, askMessages)
	if err != nil {
		return 0, err
	}
	raw, err := p.Links.Ask(ctx, p.with.Site, askMessages, ask)
	if err != nil {
		return 0, err
	}
	var in records
	if err := json.Unmarshal(raw, &in); err != nil {
		return 0, fmt.Errorf("alert: messages of another node cannot be read: %w", err)
	}
	if again, err := p.again(ctx, askMessages, at, in.Epoch, in.Boot, in.Start); err != nil || again {
		return 1, err
	}
	if in.Last <= at.Position && in.Epoch == at.Epoch { // whatever it says that it still has
		return 0, nil
	}
	if len(in.Records) > 0 {
		defer p.wake() // what was taken over is sent, and told those beyond, whatever became of the rest
	}
	for i := range in.Records {
		r := &in.Records[i]
		if r.Change > in.Last || r.Change <= at.Position {
			return 0, errors.New("alert: a record lies outside of what was asked for")
		}
		p.fetchSounds(ctx, r)
		done := func(tx *store.Tx) error {
			return putMark(ctx, tx, p.with.Site, askMessages, mark{in.Epoch, in.Boot, r.Change})
		}
		err := p.takeRecord(ctx, r, done)
		var f *fault.Error
		if errors.As(err, &f) && f.Kind == fault.Invalid { // it would be refused again and again, and those behind it wait
			p.Log.Error("alert: what another node told could not be taken over", "site", p.with.Site, "change", r.Change, "error", err)
			err = p.DB.Housekeep(ctx, done)
		}
		if err != nil {
			return 0, err
		}
	}
	if in.Last > at.Position || in.Epoch != at.Epoch {
		err = p.DB.Housekeep(ctx, func(tx *store.Tx) error {
			return putMark(ctx, tx, p.with.Site, askMessages, mark{in.Epoch, in.Boot, in.Last})
		})
	}
	return in.Behind, err
}

func (p *puller) takeRecord(ctx context.Context, r *record, done func(*store.Tx) error) error {
	ctx = auth.As(store.Vital(ctx), auth.Actor{ID: "system:level", Name: r.Site})
	if r.Stop != nil {
		return p.takeStop(ctx, r, done)
	}
	err := p.sound(r)
	if err == nil && !p.with.Above {
		err = p.theirs(ctx, r)
	}
	if err != nil {
		return err
	}
	msg := r.Message
	err = p.DB.Update(ctx, func(tx *store.Tx) error {
		known, err := readMessage(ctx, tx, msg.ID)
		if fault.IsKind(err, fault.NotFound) {
			known, err = nil, nil
		}
		if err != nil {
			return err
		}
		if known != nil {
			if known.Copy.Via != p.with.Site {
				return fault.Bad("message", "alert.level.foreign", fault.Args{"id": msg.ID})
			}
			if r.Epoch < known.Copy.Epoch || r.Epoch == known.Copy.Epoch && msg.Revision <= known.Revision {
				return errNothingToDo
			}
		}
		if err := p.takeMessage(ctx, tx, r, known); err != nil {
			return err
		}
		return done(tx)
	})
	if errors.Is(err, errNothingToDo) {
		return p.DB.Housekeep(ctx, done)
	}
	if err == nil {
		p.told(msg)
		p.lacks(r.Media)
	}
	return err
}

// sound says what is wrong with a record.
func (p *puller) sound(r *record) error {
	bad := func(what string) error { return fault.Bad(what, "alert.level.record", fault.Args{"what": what}) }
	msg := r.Message
	if msg == nil || msg.Current == nil {
		return bad("message")
	}
	msg.Open, msg.Copy = nil, message.Copy{Site: r.Site, Via: p.with.Site, Epoch: r.Epoch, Level: r.Level}
	msg.Origin = message.Origin{Kind: string(rule.Lower), Source: r.Site, Name: r.Site}
	if p.with.Above {
		msg.Origin.Kind = string(rule.Upper)
	}
	switch {
	case r.Site == "" || r.Site == p.Site || len(r.Site) > 40:
		return bad("site")
	case r.Epoch == "" || len(r.Epoch) > 60:
		return bad("epoch")
	case msg.ID == "" || len(msg.ID) > 40:
		return bad("id")
	case !slices.Contains(message.Kinds, msg.Kind):
		return bad("kind")
	case !slices.Contains([]message.State{message.Issued, message.InProgress, message.Ended}, msg.State):
		return bad("state")
	case !p.with.Above && !strings.HasPrefix(msg.RegionPath, p.with.Path):
		return bad("region")
	case p.with.Above && !slices.ContainsFunc(r.Places, func(place string) bool { return touches(place, p.Home) }):
		return bad("places")
	case msg.Current.Digest != message.Digest(msg, msg.Current):
		return bad("digest")
	}
	for _, v := range append(slices.Clone(r.Versions), msg.Current) {
		if v == nil || v.Number < 1 || v.Number > msg.LastNumber {
			return bad("versions")
		}
		if err := v.Content.Area.Validate("area").OrNil(); err != nil {
			return err
		}
	}
	for _, o := range r.Media {
		if !isDigest(o.SM3) || o.Bytes < 0 || o.Bytes > media.MaxAttachment*4 {
			return bad("media")
		}
	}
	return nil
}

// theirs says what is wrong with a record of a node below that is not about that node's region.
func (p *puller) theirs(ctx context.Context, r *record) error {
	named, err := p.Regions.Regions(ctx, r.Message.Current.Content.Area.Codes())
	if err != nil {
		return err
	}
	paths := append(slices.Clone(r.Places), r.Message.Places()...)
	for _, n := range named {
		paths = append(paths, n.Path)
	}
	if slices.ContainsFunc(paths, func(path string) bool { return !strings.HasPrefix(path, p.with.Path) }) {
		return fault.Bad("places", "alert.level.record", fault.Args{"what": "places"})
	}
	return nil
}

// takeMessage stores another node's message as it now stands, and where it came from above
// signs what terminals here are to be told.
func (p *puller) takeMessage(ctx context.Context, tx *store.Tx, r *record, known *message.Message) (err error) {
	msg := r.Message
	if known != nil {
		msg.No = known.No
	} else if msg.No, err = next(ctx, tx, "thread"); err != nil {
		return err
	}
	if err := writeCopy(ctx, tx, msg); err != nil {
		return err
	}
	for _, v := range append(slices.Clone(r.Versions), msg.Current) {
		if err := writeVersion(ctx, tx, msg.ID, v); err != nil {
			return err
		}
	}
	if err := insertReach(ctx, tx, msg.ID, r.Places); err != nil {
		return err
	}
	for _, o := range r.Media {
		if err := media.Note(ctx, tx, media.Object{SM3: o.SM3, MessageID: msg.ID, RegionPath: msg.RegionPath, MIME: o.MIME, Bytes: o.Bytes, Issued: true}); err != nil {
			return err
		}
	}
	if err := media.Issue(ctx, tx, msg.ID, digestsOf(r.Media)); err != nil {
		return err
	}
	if !p.with.Above {
		err = delivery.PutHeads(ctx, tx, msg.No, msg.ID, msg.RegionPath, r.Orders)
	} else if msg.State.Open() {
		err = p.carryOn(ctx, tx, msg, known)
	} else {
		err = p.leave(ctx, tx, msg, known)
	}
	if err != nil {
		return err
	}
	return audit.Write(ctx, tx, audit.Entry{Action: "alert.copy", Object: "alert:" + msg.ID, RegionPath: msg.RegionPath,
		Detail: map[string]any{"site": r.Site, "revision": msg.Revision, "version": msg.Current.Number, "state": msg.State}})
}

func digestsOf(refs []mediaRef) (list []string) {
	for _, r := range refs {
		list = append(list, r.SM3)
	}
	return list
}

// carryOn signs what terminals here are to be told of a message from above, and has the
// outputs carry it.
func (m *Module) carryOn(ctx context.Context, tx *store.Tx, msg, known *message.Message) error {
	if !msg.EndsAt.After(tx.Now) {
		return nil
	}
	play := *msg
	if msg.Current.Content.StartsAt.IsZero() && play.StartsAt.After(tx.Now) { // the other node's clock is ahead
		play.StartsAt = tx.Now
	}
	due, before := dueAt(play.StartsAt, tx.Now), (*message.Version)(nil)
	if known != nil && known.Current.Number < msg.Current.Number {
		before = known.Current
		if !dueAt(known.StartsAt, before.IssuedAt).After(tx.Now) {
			due = tx.Now // terminals hold the version before, and must not begin it
		}
	}
	if known == nil || before != nil {
		rank, err := m.rank(ctx, tx, msg)
		if err != nil {
			return err
		}
		if err := m.board.Issue(ctx, tx, &play, rank, due); err != nil {
			return err
		}
	}
	if has, err := delivery.HasOrder(ctx, tx, msg.No, message.WireVersion(msg.Current.Number)); err != nil || has || !msg.Kind.ReachesTerminals() {
		return err
	}
	return m.orders(ctx, tx, &play, before, due)
}

// leave ends a message from above here. What ended before it came is never sent, and so is
// nothing that ends it.
func (m *Module) leave(ctx context.Context, tx *store.Tx, msg, known *message.Message) error {
	if msg.EndReason == message.Stopped {
		return errors.Join(delivery.CloseThread(ctx, tx, msg.No), m.board.GiveUp(ctx, tx, msg.ID))
	}
	if known == nil || !msg.LastEnd.After(tx.Now) {
		return nil
	}
	rank, err := m.rank(ctx, tx, msg)
	if err != nil {
		return err
	}
	if err := m.board.Cancel(ctx, tx, msg, msg.LastNumber, rank); err != nil {
		return err
	}
	sent, err := delivery.Ordered(ctx, tx, msg.No)
	if err != nil || !sent {
		return err
	}
	version := message.WireVersion(msg.LastNumber)
	has, err := delivery.HasOrder(ctx, tx, msg.No, version)
	if err != nil || has {
		return err
	}
	number, err := m.numbers(ctx, tx, msg)
	if err != nil {
		return err
	}
	return m.put(ctx, tx, msg, message.CancelOrder(msg, msg.Current.Content.Area, version, number, tx.Now), tx.Now)
}

// followOther begins or ends another node's message by the clock, until that node says more.
func (m *Module) followOther(ctx context.Context, was *message.Message, over bool) error {
	return m.DB.Update(ctx, func(tx *store.Tx) error {
		msg, err := readMessage(ctx, tx, was.ID)
		if err != nil {
			return err
		}
		action := "alert.begin"
		switch {
		case msg.Revision != was.Revision || msg.Copy.Epoch != was.Copy.Epoch:
			return nil
		case over && msg.State.Open():
			msg.State, msg.EndedAt, msg.EndReason = message.Ended, msg.EndsAt, message.Expired
			action = "alert.end"
			if err := m.board.Expired(ctx, tx, msg.ID); err != nil {
				return err
			}
		case over || !msg.Begin(tx.Now):
			return nil
		}
		if err := followCopy(ctx, tx, msg); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: action, Object: "alert:" + msg.ID, RegionPath: msg.RegionPath})
	})
}

// beside is a change of what this node does for a message. One of another node's stays as it
// is: only what is done here is on record.
func (m *Module) beside(ctx context.Context, was *message.Message, action string, do act) error {
	if was.Ours() {
		_, err := m.change(ctx, "", was.ID, was.Revision, action, do)
		return err
	}
	return m.DB.Update(ctx, func(tx *store.Tx) error {
		msg, err := readMessage(ctx, tx, was.ID)
		if err != nil {
			return err
		}
		if msg.Revision != was.Revision || msg.Copy.Epoch != was.Copy.Epoch {
			return fault.New(fault.Stale, "stale")
		}
		detail, err := do(tx, msg)
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert." + action, Object: "alert:" + msg.ID, RegionPath: msg.RegionPath, Detail: detail})
	})
}

// withinMoments is how long a sound may keep a message from above waiting.
const withinMoments = 2 * time.Second
