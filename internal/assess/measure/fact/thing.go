package fact

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Thing is something that stands in a region and that facts are about: an outlet, a hotel, an
// operator. Its facts stand where it stands, and move with it, as those of regions do. It is never
// deleted: one that is retired keeps its facts and is no longer judged.
type Thing struct {
	ID         string `json:"id" doc:"kind:code, by which facts call it"`
	Kind       string `json:"kind"`
	RegionCode string `json:"region" doc:"Code of the region that it stands in"`
	RegionPath string `json:"regionPath"`
	NameZh     string `json:"nameZh"`
	NameEn     string `json:"nameEn"`
	Device     string `json:"device" doc:"Id of the device of the register that it is; empty: none"`
	Since      string `json:"since" doc:"First day on which it is judged; empty: from the beginning"`
	Until      string `json:"until" doc:"First day on which it no longer is; empty: no end is known"`
	Sample     bool   `json:"sample"`
	Revision   int64  `json:"revision" doc:"0: kept elsewhere, and changed there"`
}

// Kinds are those of things that people register.
var Kinds = []string{"outlet", "hotel", "screen", "station", "operator", "other"}

// NewThing is a thing as somebody registers it.
type NewThing struct {
	Kind string `json:"kind" enum:"outlet,hotel,screen,station,operator,other"`
	Code string `json:"code,omitempty" pattern:"^[0-9A-Za-z._-]{0,60}$" doc:"Tells things of a kind apart; empty: one is made up"`
	ThingFacts
}

// ThingFacts are what may change of a thing.
type ThingFacts struct {
	RegionCode string `json:"regionCode" pattern:"^[0-9]{12}$" doc:"Region that it stands in"`
	NameZh     string `json:"nameZh" minLength:"1" maxLength:"80" text:"name"`
	NameEn     string `json:"nameEn,omitempty" maxLength:"120" text:"bared" doc:"For readers of English; empty: the Chinese one"`
	Device     string `json:"device,omitempty" maxLength:"40" doc:"Id or code of the device of the register that it is; empty: none"`
	Since      string `json:"since,omitempty" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$" doc:"First day on which it is judged; empty: from the beginning"`
}

// Keeper answers for things of a kind that another part of the module keeps.
type Keeper struct {
	// Things are those with these codes, or all where codes is nil.
	Things func(ctx context.Context, q store.Queryer, codes []string) ([]Thing, error)

	// List is a page, in order of ids, of those in a scope that a filter leaves; judged or retired as of a
	// day.
	List func(ctx context.Context, f ThingFilter, scope auth.Scope, day string) (store.Listing[Thing], error)
}

// Register answers for the register of devices.
type Register interface {
	// Place is the id of a device by id or code that the asker may see, and the path of its region.
	Place(ctx context.Context, idOrCode string) (id, path string, err error)
}

// kept reports whether others keep the things of a kind.
func (l *Ledger) kept(kind string) bool { _, is := l.Kept[kind]; return is }

// In reports whether a thing is judged on any day of a period.
func (t *Thing) In(p period.Period, zone *time.Location) bool {
	first, after := p.Start(zone).Format(time.DateOnly), p.End(zone).Format(time.DateOnly)
	return (t.Since == "" || t.Since < after) && (t.Until == "" || t.Until > first)
}

func noThing(id string) *fault.Error {
	return fault.New(fault.NotFound, "measure.thing.not_found", fault.Args{"thing": id})
}

// Things are those of a kind that are judged in a period, in order of their ids.
func (l *Ledger) Things(ctx context.Context, q store.Queryer, kind string, p period.Period) (found []Thing, err error) {
	if keep, kept := l.Kept[kind]; kept {
		found, err = keep.Things(ctx, q, nil)
	} else {
		found, err = l.readThings(ctx, q, kind)
	}
	return slices.DeleteFunc(found, func(t Thing) bool { return !t.In(p, l.Zone) }), err
}

// Thing is one by id, retired or not, whoever asks.
func (l *Ledger) Thing(ctx context.Context, q store.Queryer, id string) (Thing, error) {
	kind, code, _ := strings.Cut(id, ":")
	keep, kept := l.Kept[kind]
	if !kept {
		return l.readThing(ctx, q, id)
	}
	found, err := keep.Things(ctx, q, []string{code})
	if err == nil && len(found) == 0 {
		err = noThing(id)
	}
	if err != nil {
		return Thing{}, err
	}
	return found[0], nil
}

// thingsOf are those with these ids, by id, whoever asks; what there is not is left out.
func (l *Ledger) thingsOf(ctx context.Context, q store.Queryer, ids []string) (map[string]*Thing, error) {
	kept, registered := map[string][]string{}, []string{}
	for _, id := range ids {
		if kind, code, _ := strings.Cut(id, ":"); l.kept(kind) {
			kept[kind] = append(kept[kind], code)
		} else {
			registered = append(registered, id)
		}
	}
	found, err := l.readThingsOf(ctx, q, registered)
	if err != nil {
		return nil, err
	}
	for kind, codes := range kept {
		more, err := l.Kept[kind].Things(ctx, q, codes)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	byID := make(map[string]*Thing, len(found))
	for i := range found {
		byID[found[i].ID] = &found[i]
	}
	return byID, nil
}

// SeeThing is one by id, if the asker may see it.
func (l *Ledger) SeeThing(ctx context.Context, q store.Queryer, id string) (Thing, error) {
	t, err := l.Thing(ctx, q, id)
	if err == nil && !auth.ScopeOf(ctx, l.Deps.Read).Allows(t.RegionPath) {
		return Thing{}, noThing(id)
	}
	return t, err
}

// SeeThings are those with these ids that the asker may see, in order of their ids.
func (l *Ledger) SeeThings(ctx context.Context, ids []string) (found []Thing, err error) {
	byID, err := l.thingsOf(ctx, l.DB, ids)
	scope := auth.ScopeOf(ctx, l.Deps.Read)
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		if scope.Allows(byID[id].RegionPath) {
			found = append(found, *byID[id])
		}
	}
	return found, err
}

// ThingFilter chooses things; empty fields choose all that people register.
type ThingFilter struct {
	Kind  string
	Path  string // region path; its subtree
	Text  string // part of a name or of the id
	State string // judged, retired
	Page  store.Page
}

// ListThings lists things that the asker may see, in order of their ids.
func (l *Ledger) ListThings(ctx context.Context, f ThingFilter) (store.Listing[Thing], error) {
	scope, today := auth.ScopeOf(ctx, l.Deps.Read), l.Clock.Now().In(l.Zone).Format(time.DateOnly)
	if keep, kept := l.Kept[f.Kind]; kept {
		return keep.List(ctx, f, scope, today)
	}
	return l.listThings(ctx, f, scope, today)
}

// RegisterThing registers a thing.
func (l *Ledger) RegisterThing(ctx context.Context, in NewThing) (*Thing, error) {
	t := &Thing{Kind: in.Kind, Revision: 1}
	if err := l.settleThing(ctx, t, in.ThingFacts); err != nil {
		return nil, err
	}
	err := l.DB.Update(ctx, func(tx *store.Tx) error {
		if in.Code == "" {
			in.Code = strings.ToLower(store.NewID(tx.Now))
		}
		t.ID = in.Kind + ":" + in.Code
		if _, err := l.readThing(ctx, tx, t.ID); !fault.IsKind(err, fault.NotFound) {
			if err == nil {
				err = fault.New(fault.Conflict, "measure.thing.taken", fault.Args{"code": in.Code}).At("code")
			}
			return err
		}
		return l.makeThing(ctx, tx, t)
	})
	return l.shownThing(t, t, err)
}

// free refuses a new thing of which something was stated in another region before.
func (l *Ledger) free(ctx context.Context, q store.Queryer, t *Thing) error {
	away, err := l.statedAway(ctx, q, t.ID, t.RegionPath)
	if err == nil && away {
		err = fault.New(fault.Conflict, "measure.thing.stated_away", fault.Args{"thing": t.ID}).At("regionCode")
	}
	return err
}

// makeThing keeps a new thing; what was stated of it before holds it where that was.
func (l *Ledger) makeThing(ctx context.Context, tx *store.Tx, t *Thing) error {
	if err := l.free(ctx, tx, t); err != nil {
		return err
	}
	return keepThing(ctx, tx, t, t, "make")
}

// ChangeThing renames a thing, moves it, or says which device it is. What was stated of one that moves
// counts where it now stands, also for the past.
func (l *Ledger) ChangeThing(ctx context.Context, id string, revision int64, in ThingFacts) (*Thing, error) {
	return l.alterThing(ctx, id, revision, "change", func(tx *store.Tx, t *Thing) error { return l.resettle(ctx, tx, t, in) })
}

// resettle says otherwise of a thing what may change, and moves it where that is its region.
func (l *Ledger) resettle(ctx context.Context, tx *store.Tx, t *Thing, in ThingFacts) error {
	was := *t
	if err := l.settleThing(ctx, t, in); err != nil {
		return err
	}
	return l.moveThings(ctx, tx, []moved{{&was, t}})
}

// RetireThing lets a thing be judged no longer from a day on; without a day it is judged again. Its
// facts stay.
func (l *Ledger) RetireThing(ctx context.Context, id string, revision int64, on string) (*Thing, error) {
	if on == "" {
		return l.alterThing(ctx, id, revision, "resume", func(_ *store.Tx, t *Thing) error { t.Until = ""; return nil })
	}
	if _, err := time.Parse(time.DateOnly, on); err != nil {
		return nil, fault.Bad("on", "measure.thing.day", fault.Args{"text": on})
	}
	return l.alterThing(ctx, id, revision, "retire", func(_ *store.Tx, t *Thing) error {
		if on <= t.Since {
			return fault.Bad("on", "measure.thing.until")
		}
		t.Until = on
		return nil
	})
}

// settleThing fills in what somebody says of a thing, who needs to be allowed to where it is to stand.
func (l *Ledger) settleThing(ctx context.Context, t *Thing, in ThingFacts) error {
	r, err := l.Tree().Region(in.RegionCode)
	if err == nil && r.Gone {
		err = fault.New(fault.Conflict, "measure.region", fault.Args{"region": r.Code})
	}
	if err != nil {
		return fault.Of(err).At("regionCode")
	}
	if err := auth.Check(ctx, l.Define, r.Path); err != nil {
		return err
	}
	if _, err := time.Parse(time.DateOnly, in.Since); err != nil && in.Since != "" {
		return fault.Bad("since", "measure.thing.day", fault.Args{"text": in.Since})
	}
	if t.Until != "" && in.Since >= t.Until {
		return fault.Bad("since", "measure.thing.until")
	}
	in.Device = strings.TrimSpace(in.Device)
	placed := in.Device == "" || in.Device == t.Device && r.Path == t.RegionPath
	t.RegionCode, t.RegionPath, t.NameZh, t.NameEn, t.Since, t.Device = r.Code, r.Path, strings.TrimSpace(in.NameZh), strings.TrimSpace(in.NameEn), in.Since, in.Device
	t.NameEn = cmp.Or(t.NameEn, t.NameZh)
	if placed {
		return nil
	}
	id, path, err := l.Devices.Place(ctx, in.Device)
	switch {
	case fault.IsKind(err, fault.NotFound):
		return fault.Bad("device", "measure.thing.device", fault.Args{"device": in.Device})
	case err != nil:
		return fault.Of(err).At("device")
	case !strings.HasPrefix(path, r.Path):
		return fault.Bad("device", "measure.thing.device_away", fault.Args{"region": i18n.Both{Zh: r.NameZh, En: r.NameEn}})
	}
	t.Device = id
	return nil
}

// alterThing changes a thing of the asker's regions as it was read at a revision.
func (l *Ledger) alterThing(ctx context.Context, id string, revision int64, verb string, do func(tx *store.Tx, t *Thing) error) (*Thing, error) {
	t, was := new(Thing), new(Thing)
	err := l.DB.Update(ctx, func(tx *store.Tx) (err error) {
		if *t, err = l.SeeThing(ctx, tx, id); err != nil {
			return err
		}
		if l.kept(t.Kind) {
			return fault.New(fault.Forbidden, "measure.thing.kept")
		}
		if err := auth.Check(ctx, l.Define, t.RegionPath); err != nil {
			return err
		}
		if t.Revision != revision {
			return fault.New(fault.Stale, "stale")
		}
		*was = *t
		if err := do(tx, t); err != nil {
			return err
		}
		t.Revision++
		return keepThing(ctx, tx, was, t, verb)
	})
	return l.shownThing(was, t, err)
}

// keepThing writes a thing with its audit record, which says from where it moved.
func keepThing(ctx context.Context, tx *store.Tx, was, t *Thing, verb string) error {
	if err := writeThing(ctx, tx, t); err != nil {
		return err
	}
	detail := struct {
		*Thing
		From string `json:"from,omitempty"` // path of the region that it left
	}{Thing: t}
	if was.RegionPath != t.RegionPath {
		detail.From = was.RegionPath
	}
	return audit.Write(ctx, tx, audit.Entry{Action: "measure.thing." + verb, Object: "measure-thing:" + t.ID, RegionPath: t.RegionPath, Detail: detail})
}

// shownThing tells of a thing where it is and where it was.
func (l *Ledger) shownThing(was, t *Thing, err error) (*Thing, error) {
	if err != nil {
		return nil, err
	}
	l.Told(was.RegionPath, t.RegionPath)
	return t, nil
}

// moved is a thing as it was and as it is to be.
type moved struct{ was, now *Thing }

// moveThings takes what was stated of things that move to where they now stand, with the sums of the
// regions above; what cannot be taken apart is made anew once for all of them.
func (l *Ledger) moveThings(ctx context.Context, tx *store.Tx, things []moved) error {
	things = slices.DeleteFunc(things, func(t moved) bool { return t.was.RegionPath == t.now.RegionPath })
	if len(things) == 0 {
		return nil
	}
	m := move{l: l, tx: tx, above: map[string]string{}}
	for code, r := range l.Tree().byCode {
		m.above[code] = r.Parent
	}
	for _, t := range things {
		m.above[t.now.ID] = t.was.RegionCode
		if err := m.move(ctx, t.now.ID, t.now.RegionCode); err != nil {
			return err
		}
		if err := l.moveFactsOf(ctx, tx, t.now.ID, t.now.RegionPath); err != nil {
			return err
		}
	}
	for element := range m.extremes {
		if err := l.rebuild(ctx, tx, element); err != nil {
			return err
		}
	}
	return nil
}

// Stand fills in the region of a fact about a thing, and refuses one that says otherwise, or is of a
// time when the thing is no longer judged.
func (l *Ledger) Stand(t *Thing, e *Entry) *fault.Error {
	switch {
	case e.Region != "" && e.Region != t.RegionCode:
		return fault.Bad("region", "measure.thing.region", fault.Args{"thing": i18n.Both{Zh: t.NameZh, En: t.NameEn}, "region": t.RegionCode})
	case !l.kept(t.Kind) && t.Until != "" && t.Until <= e.Period.Start(l.Zone).Format(time.DateOnly):
		return fault.New(fault.Conflict, "measure.thing.retired", fault.Args{"thing": i18n.Both{Zh: t.NameZh, En: t.NameEn}, "day": t.Until}).At("period")
	}
	e.Unit, e.Region = t.ID, t.RegionCode
	return nil
}

// stillThere refuses what was to be stated of registered things in regions that they left since. It is
// asked while nobody can move them.
func (l *Ledger) stillThere(ctx context.Context, tx *store.Tx, entries []Entry) error {
	var ids []string
	for i := range entries {
		if kind, _, is := strings.Cut(entries[i].Unit, ":"); is && slices.Contains(Kinds, kind) {
			ids = append(ids, entries[i].Unit)
		}
	}
	things, err := l.thingsOf(ctx, tx, ids)
	if err != nil {
		return err
	}
	tree := l.Tree()
	var list fault.List
	for i := range entries {
		if t := things[entries[i].Unit]; t != nil && t.RegionPath != tree.byCode[entries[i].Region].Path {
			list.Add(fault.New(fault.Stale, "measure.thing.moved", fault.Args{"thing": i18n.Both{Zh: t.NameZh, En: t.NameEn}}).At(fmt.Sprintf("[%d].region", i)))
		}
	}
	return list.OrNil()
}

// SeedThings registers the sample city's things where they are not known.
func (l *Ledger) SeedThings(ctx context.Context, tx *store.Tx, things []Thing) error {
	for i := range things {
		t := &things[i]
		if !thing.MatchString(t.ID) {
			return fmt.Errorf("measure: thing %q: an id is kind:code", t.ID)
		}
		if _, err := l.readThing(ctx, tx, t.ID); !fault.IsKind(err, fault.NotFound) {
			if err != nil {
				return err
			}
			continue
		}
		t.Kind, _, _ = strings.Cut(t.ID, ":")
		t.Sample, t.Revision = true, 1
		if err := writeThing(ctx, tx, t); err != nil {
			return err
		}
	}
	return nil
}
