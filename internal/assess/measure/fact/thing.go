package fact

import (
	"context"
	"fmt"
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
	NameEn     string `json:"nameEn" minLength:"1" maxLength:"120" text:"name"`
	Device     string `json:"device,omitempty" maxLength:"40" doc:"Id or code of the device of the register that it is; empty: none"`
	Since      string `json:"since,omitempty" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$" doc:"First day on which it is judged; empty: from the beginning"`
}

// Keeper answers for things of a kind that another part of the module keeps: for the one with a code,
// or for all where that is empty.
type Keeper func(ctx context.Context, q store.Queryer, code string) ([]Thing, error)

// Register answers for the register of devices.
type Register interface {
	// Place is the id of a device by id or code that the asker may see, and the path of its region.
	Place(ctx context.Context, idOrCode string) (id, path string, err error)
}

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
	if keep := l.Kept[kind]; keep != nil {
		found, err = keep(ctx, q, "")
	} else {
		found, err = l.readThings(ctx, q, kind)
	}
	return slices.DeleteFunc(found, func(t Thing) bool { return !t.In(p, l.Zone) }), err
}

// Thing is one by id, retired or not, whoever asks.
func (l *Ledger) Thing(ctx context.Context, q store.Queryer, id string) (Thing, error) {
	kind, code, _ := strings.Cut(id, ":")
	keep := l.Kept[kind]
	if keep == nil || code == "" { // without a code a keeper gives all
		return l.readThing(ctx, q, id)
	}
	found, err := keep(ctx, q, code)
	if err == nil && len(found) == 0 {
		err = noThing(id)
	}
	if err != nil {
		return Thing{}, err
	}
	return found[0], nil
}

// SeeThing is one by id, if the asker may see it.
func (l *Ledger) SeeThing(ctx context.Context, q store.Queryer, id string) (Thing, error) {
	t, err := l.Thing(ctx, q, id)
	if err == nil && !auth.ScopeOf(ctx, l.Deps.Read).Allows(t.RegionPath) {
		return Thing{}, noThing(id)
	}
	return t, err
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
	keep := l.Kept[f.Kind]
	if keep == nil {
		return l.listThings(ctx, f, scope, today)
	}
	found, err := keep(ctx, l.DB, "")
	if err != nil {
		return store.Listing[Thing]{}, err
	}
	text := strings.ToLower(f.Text)
	found = slices.DeleteFunc(found, func(t Thing) bool {
		return !scope.Allows(t.RegionPath) || !strings.HasPrefix(t.RegionPath, f.Path) || !strings.Contains(strings.ToLower(t.NameZh+" "+t.NameEn+" "+t.ID), text) ||
			f.State == "judged" && t.Until != "" && t.Until <= today || f.State == "retired" && (t.Until == "" || t.Until > today)
	})
	return store.Cut(found, f.Page, func(t Thing) string { return t.ID })
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
	return l.shownThing(t, err)
}

// makeThing keeps a new thing; what was stated of it before holds it where that was.
func (l *Ledger) makeThing(ctx context.Context, tx *store.Tx, t *Thing) error {
	away, err := l.statedAway(ctx, tx, t.ID, t.RegionPath)
	if err != nil {
		return err
	}
	if away {
		return fault.New(fault.Conflict, "measure.thing.stated_away", fault.Args{"thing": t.ID}).At("regionCode")
	}
	return l.keepThing(ctx, tx, t, "make")
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
	if t.Until != "" && t.Since >= t.Until {
		return fault.Bad("since", "measure.thing.until")
	}
	if was.RegionPath == t.RegionPath {
		return nil
	}
	return l.moveThing(ctx, tx, &was, t)
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
	t.RegionCode, t.RegionPath, t.NameZh, t.NameEn, t.Since, t.Device = r.Code, r.Path, strings.TrimSpace(in.NameZh), strings.TrimSpace(in.NameEn), in.Since, ""
	if in.Device = strings.TrimSpace(in.Device); in.Device == "" {
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
	t := new(Thing)
	err := l.DB.Update(ctx, func(tx *store.Tx) (err error) {
		if *t, err = l.SeeThing(ctx, tx, id); err != nil {
			return err
		}
		if l.Kept[t.Kind] != nil {
			return fault.New(fault.Forbidden, "measure.thing.kept")
		}
		if err := auth.Check(ctx, l.Define, t.RegionPath); err != nil {
			return err
		}
		if t.Revision != revision {
			return fault.New(fault.Stale, "stale")
		}
		if err := do(tx, t); err != nil {
			return err
		}
		t.Revision++
		return l.keepThing(ctx, tx, t, verb)
	})
	return l.shownThing(t, err)
}

func (l *Ledger) keepThing(ctx context.Context, tx *store.Tx, t *Thing, verb string) error {
	if err := writeThing(ctx, tx, t); err != nil {
		return err
	}
	return audit.Write(ctx, tx, audit.Entry{Action: "measure.thing." + verb, Object: "measure-thing:" + t.ID, RegionPath: t.RegionPath, Detail: t})
}

func (l *Ledger) shownThing(t *Thing, err error) (*Thing, error) {
	if err != nil {
		return nil, err
	}
	l.Told(t.RegionPath)
	return t, nil
}

// moveThing takes what was stated of a thing to where it now stands, with the sums of the regions above.
func (l *Ledger) moveThing(ctx context.Context, tx *store.Tx, was, now *Thing) error {
	m := move{l: l, tx: tx, above: map[string]string{now.ID: was.RegionCode}}
	for code, r := range l.Tree().byCode {
		m.above[code] = r.Parent
	}
	if err := m.move(ctx, now.ID, now.RegionCode); err != nil {
		return err
	}
	if err := l.moveFactsOf(ctx, tx, now.ID, now.RegionPath); err != nil {
		return err
	}
	for element := range m.extremes {
		if err := l.rebuild(ctx, tx, element); err != nil {
			return err
		}
	}
	return nil
}

// stands fills in the region of a fact about a thing, and refuses one that says otherwise, or is of a
// time when the thing is no longer judged.
func (l *Ledger) stands(ctx context.Context, e *Entry) *fault.Error {
	t, err := l.Thing(ctx, l.DB, e.Unit)
	if err != nil {
		return fault.Of(err).At("unit")
	}
	return l.Stand(&t, e)
}

// Stand is what stands does, of a thing that is known.
func (l *Ledger) Stand(t *Thing, e *Entry) *fault.Error {
	switch {
	case e.Region != "" && e.Region != t.RegionCode:
		return fault.Bad("region", "measure.thing.region", fault.Args{"thing": i18n.Both{Zh: t.NameZh, En: t.NameEn}, "region": t.RegionCode})
	case l.Kept[t.Kind] == nil && t.Until != "" && t.Until <= e.Period.Start(l.Zone).Format(time.DateOnly):
		return fault.New(fault.Conflict, "measure.thing.retired", fault.Args{"thing": i18n.Both{Zh: t.NameZh, En: t.NameEn}, "day": t.Until}).At("period")
	}
	e.Unit, e.Region = t.ID, t.RegionCode
	return nil
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
