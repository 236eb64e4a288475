package alert

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/door"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/drill"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// drilled answers what drills ask of emergency broadcasting.
type drilled struct {
	m *Module

	mu    sync.Mutex
	of    string              // message whose terminals are known
	known map[string]terminal // by resource code
}

// terminal is what a drill's result says of a terminal beside what it did.
type terminal struct {
	kind, name string
	microphone bool
}

// Prepare looks up what a drill asks for, as the asker may draft it.
func (d *drilled) Prepare(ctx context.Context, o drill.Order) (*drill.Prepared, error) {
	m, c := d.m, o.Content
	c.Event = ebd.EventType(o.Event)
	from := m.Clock.Now()
	if begins := c.EndsAt.Add(-message.MinDuration); begins.After(from) { // a drill of next month is judged as of then
		from = begins
	}
	r, err := m.drafted(ctx, o.Class, &c, from)
	if err != nil {
		return nil, err
	}
	c.Stand(m.Clock.Now())
	reach, err := m.reach(ctx, o.Kind, &c.Area, &r)
	if err != nil {
		return nil, err
	}
	out := &drill.Prepared{RegionPath: r.path, Expected: drill.Expected{People: reach.People, Terminals: []drill.KindCount{}, Ways: []drill.WayBrief{}}}
	if o.Kind.ReachesTerminals() {
		if out.Expected.Terminals, err = d.kinds(ctx, c.Area.Wire()); err != nil {
			return nil, err
		}
	}
	meant := &message.Message{Kind: o.Kind, Class: o.Class, RegionPath: r.path, Current: &message.Version{Content: c, Standing: message.Standing{Paths: r.paths}}}
	for _, w := range m.board.Takers(meant) {
		out.Expected.Ways = append(out.Expected.Ways, drill.WayBrief{Kind: w.Kind, NameZh: w.NameZh, NameEn: w.NameEn})
	}
	var msg *message.Message
	out.Draft = func(ctx context.Context, tx *store.Tx) (id string, err error) {
		if msg, err = insertDraft(ctx, tx, o.Kind, o.Class, c, r.path, nil, o.Authors...); err != nil {
			return "", err
		}
		return msg.ID, nil
	}
	out.Drafted = func() { m.told(msg); m.wake() }
	return out, nil
}

// kinds counts the terminals of an area by kind, the most first.
func (d *drilled) kinds(ctx context.Context, area wire.Area) ([]drill.KindCount, error) {
	found, err := (ownTerminals{d.m.Terminals, d.m.Home}).Within(ctx, area)
	out := []drill.KindCount{}
	for _, t := range found {
		at := slices.IndexFunc(out, func(k drill.KindCount) bool { return k.Kind == t.Kind })
		if at < 0 {
			at, out = len(out), append(out, drill.KindCount{Kind: t.Kind})
		}
		out[at].Count++
		if t.Online {
			out[at].Online++
		}
	}
	slices.SortStableFunc(out, func(a, b drill.KindCount) int { return b.Count - a.Count })
	return out, err
}

// Course is how far the message of a drill is.
func (d *drilled) Course(ctx context.Context, id string) (*drill.Course, error) {
	m := d.m
	msg, err := readMessage(ctx, m.DB, id)
	if err != nil {
		return nil, err
	}
	first := msg.Shown()
	if msg.Current != nil && msg.Current.Number > 1 { // the procedure was that of the first version
		versions, err := readVersions(ctx, m.DB, id, 1, 1)
		if err != nil {
			return nil, err
		}
		if len(versions) > 0 {
			first = versions[0]
		}
	}
	c := &drill.Course{State: msg.State, SignedBy: []string{}, EndsAt: msg.EndsAt.UTC(), EndedAt: moment(msg.EndedAt), EndReason: msg.EndReason, EndNote: msg.EndNote, Discarded: msg.State == message.Discarded,
		SignedAt: moment(msg.IssuedAt)}
	if !first.CheckedAt.IsZero() && first.State != message.VersionDraft {
		c.CheckedBy, c.CheckedAt, c.People = first.CheckedBy.Name, moment(first.CheckedAt), first.Reach.People
	}
	for _, a := range first.Approvals {
		c.SignedBy = append(c.SignedBy, a.By.Name)
	}
	c.Settled = msg.State == message.Ended && !msg.EndedAt.After(m.Clock.Now().Add(-settle))
	return c, nil
}

// Measure counts what came of the message of a drill.
func (d *drilled) Measure(ctx context.Context, id, regionPath string) (*drill.Result, error) {
	m := d.m
	msg, err := readMessage(ctx, m.DB, id)
	if err != nil {
		return nil, err
	}
	terminals, err := d.terminals(ctx, msg)
	if err != nil {
		return nil, err
	}
	// Of a drill within one district the townships are told.
	digits := districtDigits
	if last := lastCode(regionPath); len(last) >= districtDigits {
		digits = townshipDigits
	}
	place := func(_, path string) string { return padded(lastCode(cut(path, digits))) }
	r := &drill.Result{Districts: []drill.Part{}, Media: []drill.Part{}, Ways: []drill.Way{}, Reasons: []delivery.Why{}, Failing: []drill.Failing{}}
	listens := func(device string) bool { return terminals[device].microphone }
	places, err := m.desk.Parts(ctx, msg.No, place, listens)
	if err != nil {
		return nil, err
	}
	kinds, err := m.desk.Parts(ctx, msg.No, func(device, _ string) string { return terminals[device].kind }, listens)
	if err != nil {
		return nil, err
	}
	if from := places[0].Curve.From; from.Unix() > 0 {
		r.Course.SentAt = moment(from)
	}
	r.Total, r.Reasons = drill.PartOf(places[0]), append(r.Reasons, places[0].Reasons...)
	for _, p := range places[1:] {
		r.Districts = append(r.Districts, drill.PartOf(p))
	}
	for _, p := range kinds[1:] {
		r.Media = append(r.Media, drill.PartOf(p))
	}
	slices.SortStableFunc(r.Media, func(a, b drill.Part) int { return b.Targets - a.Targets })
	if err := d.name(ctx, r.Districts); err != nil {
		return nil, err
	}
	failing, err := m.desk.Troubled(ctx, msg.No, auth.Everywhere)
	if err != nil {
		return nil, err
	}
	r.Failed = len(failing)
	for _, f := range failing[:min(len(failing), drill.MaxFailing)] {
		t := terminals[f.Device]
		r.Failing = append(r.Failing, drill.Failing{Device: f.Device, Name: t.name, Kind: t.kind, Region: placed(f.Township, digits), Problem: f.Problem, Reason: f.Reason})
	}
	if r.Ways, err = d.ways(ctx, msg); err != nil {
		return nil, err
	}
	shown, err := d.households(ctx, msg)
	if err == nil && shown != nil {
		r.Media = append(r.Media, *shown)
	}
	return r, err
}

// lastCode is the code at the end of a path.
func lastCode(path string) string {
	path = strings.TrimSuffix(path, ".")
	return path[strings.LastIndexByte(path, '.')+1:]
}

// padded is a code of 12 digits.
func padded(code string) string { return code + strings.Repeat("0", max(12-len(code), 0)) }

// placed is the region of so many digits that a township lies in.
func placed(township string, digits int) string { return padded(township[:min(digits, len(township))]) }

// name gives regions the names that they have now.
func (d *drilled) name(ctx context.Context, parts []drill.Part) error {
	codes := make([]string, len(parts))
	for i, p := range parts {
		codes[i] = p.Key
	}
	found, err := d.m.Regions.Regions(ctx, codes)
	for _, r := range found {
		for i := range parts {
			if parts[i].Key == r.Code {
				parts[i].NameZh, parts[i].NameEn = r.NameZh, r.NameEn
			}
		}
	}
	return err
}

// terminals are what the terminals of a message are; those of the last one asked about are kept.
func (d *drilled) terminals(ctx context.Context, msg *message.Message) (map[string]terminal, error) {
	codes, err := d.m.desk.Devices(ctx, msg.No)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.of == msg.ID && len(d.known) == len(codes) {
		return d.known, nil
	}
	wanted := make([]ebd.ResourceCode, len(codes))
	for i, c := range codes {
		wanted[i] = ebd.ResourceCode(c)
	}
	found, err := d.m.Terminals.Find(ctx, wanted)
	if err != nil {
		return nil, err
	}
	known := make(map[string]terminal, len(codes))
	for _, c := range codes {
		known[c] = terminal{}
	}
	for _, t := range found {
		known[string(t.Code)] = terminal{t.Kind, t.Name, t.Microphone}
	}
	d.of, d.known = msg.ID, known
	return known, nil
}

// ways are what outputs did with a message: each once, by what it did last to put it on the air.
func (d *drilled) ways(ctx context.Context, msg *message.Message) ([]drill.Way, error) {
	carried, err := d.m.board.Of(ctx, msg.ID, auth.Everywhere)
	out, seen := []drill.Way{}, map[string]bool{}
	for _, c := range carried { // the newest first
		if c.Act != output.Play || seen[c.Output] {
			continue
		}
		seen[c.Output] = true
		w := drill.Way{Output: c.Output, Kind: c.Kind, NameZh: c.NameZh, NameEn: c.NameEn, State: string(c.State), TookMillis: since(msg.IssuedAt, c.SentAt), OnAirMillis: since(msg.IssuedAt, c.ConfirmedAt), Failure: c.Failure}
		if w.OnAirMillis == nil && c.State == output.Done { // it said only that it was done
			w.OnAirMillis = since(msg.IssuedAt, c.DoneAt)
		}
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b drill.Way) int { return strings.Compare(a.Kind+a.Output, b.Kind+b.Output) })
	return out, err
}

func since(from time.Time, at *time.Time) *int64 {
	if at == nil || from.IsZero() {
		return nil
	}
	ms := max(at.Sub(from).Milliseconds(), 0)
	return &ms
}

// households are what anonymous television sets claim; nil where none was there.
func (d *drilled) households(ctx context.Context, msg *message.Message) (*drill.Part, error) {
	f, err := d.m.tv.Figures(ctx, msg.ID, auth.Everywhere)
	if err != nil || f.Connected+f.Crawl+f.Full == 0 {
		return nil, err
	}
	return householdsOf(f), nil
}

func householdsOf(f *door.Figures) *drill.Part {
	shown := int(f.Crawl + f.Full)
	p := &drill.Part{Key: "out.tv", Way: true, Targets: max(int(f.Connected), shown), Delivered: shown, Claimed: shown}
	var came []int64 // when each set showed it
	for _, m := range f.Curve {
		came = append(came, slices.Repeat([]int64{m.Second * 1000}, int(m.Shown)-len(came))...)
	}
	p.Pace(came)
	p.Curve = drill.Line{StepMillis: 1000, Delivered: []int{}, Claimed: []int{}, Heard: []int{}}
	const points = 120
	for _, m := range f.Curve {
		for len(p.Curve.Claimed) <= int(m.Second) && len(p.Curve.Claimed) < points {
			n := 0
			if l := len(p.Curve.Claimed); l > 0 {
				n = p.Curve.Claimed[l-1]
			}
			p.Curve.Claimed = append(p.Curve.Claimed, n)
		}
		p.Curve.Claimed[min(int(m.Second), len(p.Curve.Claimed)-1)] = int(m.Shown)
	}
	p.Curve.Delivered = slices.Clone(p.Curve.Claimed)
	return p
}

// Withdraw cancels a message on the air, or gives up its draft.
func (d *drilled) Withdraw(ctx context.Context, id, reason string) error {
	msg, err := readMessage(ctx, d.m.DB, id)
	switch {
	case err != nil:
		return err
	case msg.State.Open():
		_, err = d.m.cancel(ctx, id, reason)
	case msg.State == message.Draft || msg.State == message.Checked:
		_, err = d.m.discard(ctx, id, 0)
	}
	if fault.Is(err, "alert.state.over") { // it ended meanwhile
		return nil
	}
	return err
}

// Rules are those for drills.
func (d *drilled) Rules(ctx context.Context) (rule.Drills, error) {
	c, err := d.m.book.Conduct(ctx, d.m.DB)
	return c.Drilling(), err
}

// Asked is since when the rules have asked for a number of drills.
func (d *drilled) Asked(ctx context.Context) (time.Time, error) {
	return d.m.book.DrillsAsked(ctx, d.m.DB)
}

// Owing lists the regions of these levels that this platform serves.
func (d *drilled) Owing(ctx context.Context, levels []rule.Level) (out []drill.Region, err error) {
	lowest := 0
	for _, l := range levels {
		lowest = max(lowest, slices.Index(rule.Levels, l))
	}
	home, err := d.m.Regions.RegionAt(ctx, d.m.Home)
	if err != nil {
		return nil, err
	}
	for queue := []Region{home}; len(queue) > 0; queue = queue[1:] {
		r := queue[0]
		if slices.Contains(levels, r.Level) {
			out = append(out, drill.Region{Code: r.Code, Path: r.Path, NameZh: r.NameZh, NameEn: r.NameEn, Level: r.Level})
		}
		if slices.Index(rule.Levels, r.Level) < lowest {
			below, err := d.m.Regions.Under(ctx, r.Code)
			if err != nil {
				return nil, err
			}
			queue = append(queue, below...)
		}
	}
	return out, nil
}

// Places are an area in words.
func (d *drilled) Places(ctx context.Context, a message.Area) (zh, en string, err error) {
	places, err := d.m.placesOf(ctx, &a)
	s := spell(places)
	return s.Zh, s.En, err
}

// RegionPath finds a region by code.
func (d *drilled) RegionPath(ctx context.Context, code string) (string, error) {
	return carried{d.m}.RegionPath(ctx, code)
}
