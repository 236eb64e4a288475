package asset

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Orders signs orders with this node's key. It fills in who issues them and their number.
type Orders interface {
	Sign(ctx context.Context, tx *store.Tx, o *wire.Order) (frame []byte, err error)
}

// Instruction is what a device is told beside messages: exactly one of the three.
type Instruction struct {
	Volume *int `json:"volume,omitempty" minimum:"0" maximum:"100" doc:"Set the volume"`
	Period *int `json:"period,omitempty" minimum:"5" maximum:"86400" doc:"Set the seconds between heartbeats"`
	Tone   bool `json:"tone,omitempty" doc:"Make a short local tone that does not alarm the village"`
}

// Instructed says what became of an instruction.
type Instructed struct {
	Devices int `json:"devices" doc:"Devices that were chosen and can be told anything"`
	Now     int `json:"now" doc:"Of these, connected: they are told now"`
	Later   int `json:"later" doc:"Of these, not connected: they are told when they come back"`
	Absent  int `json:"absent" doc:"Of these, not connected and left out, since a tone is for whoever listens now"`
}

// What is told, as it stands in the store and in histories.
const (
	tellVolume = "volume"
	tellPeriod = "period"
	tellTest   = "test"
	tellPlace  = "place"
)

const (
	toneMillis     = 1000
	toneFor        = 2 * time.Minute           // a tone that comes later would startle
	settingFor     = 30 * 24 * time.Hour       // a device that is away for longer is set anew
	placeFor       = 50 * 365 * 24 * time.Hour // until it knows: in the wrong place it obeys nobody
	orderFor       = 24 * time.Hour            // how long one order is good; it is signed afresh each time
	maxInstructed  = 5000
	codesInAnOrder = 1000 // of 23 digits: they fit into a frame with room to spare
)

// told is an instruction on its way to one device.
type told struct {
	deviceID string
	code     ebd.ResourceCode
	what     string
	orderID  string
	value    setting
	by       string
	at       time.Time
	until    time.Time
}

// setting is what an instruction sets, as it is stored.
type setting struct {
	Volume *int `json:"volume,omitempty"`
	Period *int `json:"period,omitempty"`
	Tone   int  `json:"tone,omitempty"` // milliseconds

	Region   ebd.AreaCode `json:"region,omitempty"`
	Position *wire.Point  `json:"position,omitempty"`
}

// read finds what an instruction wants.
func (i Instruction) read() (what string, s setting, lasts time.Duration, err error) {
	n := 0
	if i.Volume != nil {
		n, what, s, lasts = n+1, tellVolume, setting{Volume: i.Volume}, settingFor
	}
	if i.Period != nil {
		n, what, s, lasts = n+1, tellPeriod, setting{Period: i.Period}, settingFor
	}
	if i.Tone {
		n, what, s, lasts = n+1, tellTest, setting{Tone: toneMillis}, toneFor
	}
	if n != 1 {
		err = fault.Bad("volume", "asset.instruct.one")
	}
	return what, s, lasts, err
}

// Instruct tells one device something.
func (m *Module) Instruct(ctx context.Context, idOrCode string, i Instruction) (Instructed, error) {
	what, value, lasts, err := i.read()
	if err != nil {
		return Instructed{}, err
	}
	e, err := readEntry(ctx, m.db, idOrCode)
	if err != nil {
		return Instructed{}, err
	}
	if err := guard(ctx, PermOperate, e.RegionPath); err != nil {
		return Instructed{}, err
	}
	list, err := addressable(ctx, m.db, choice{scope: auth.ScopeOf(ctx, PermOperate), few: true, found: []string{e.ID}})
	if err != nil {
		return Instructed{}, err
	}
	if len(list) == 0 {
		return Instructed{}, fault.New(fault.Conflict, "asset.instruct.deaf")
	}
	return m.tell(ctx, list, what, value, lasts)
}

// InstructMany tells a selection, or all that a filter chooses, something. Preview only
// counts.
func (m *Module) InstructMany(ctx context.Context, ids []string, f Filter, i Instruction, preview bool) (Instructed, error) {
	what, value, lasts, err := i.read()
	if err != nil {
		return Instructed{}, err
	}
	c, err := m.choose(ctx, f, PermOperate)
	if err != nil {
		return Instructed{}, err
	}
	if len(ids) > 0 {
		if c.few {
			ids = slices.DeleteFunc(ids, func(id string) bool { return !slices.Contains(c.found, id) })
		}
		c.few, c.found, c.Text = true, ids, ""
	}
	list, err := addressable(ctx, m.db, c)
	switch {
	case err != nil:
		return Instructed{}, err
	case len(list) > maxInstructed:
		return Instructed{}, fault.Bad("devices", "asset.instruct.too_many", fault.Args{"limit": maxInstructed})
	case len(list) == 0:
		return Instructed{}, fault.Bad("devices", "asset.instruct.nobody")
	case preview:
		return reckon(list, what), nil
	}
	return m.tell(ctx, list, what, value, lasts)
}

// reckon counts whom an instruction reaches, and when.
func reckon(list []Target, what string) (out Instructed) {
	out.Devices = len(list)
	for _, t := range list {
		switch {
		case t.Online:
			out.Now++
		case what == tellTest:
			out.Absent++
		default:
			out.Later++
		}
	}
	return out
}

// tell notes an instruction for each device, then sends it to those that are connected.
// The note stays until the device says what came of it, or the time is over.
func (m *Module) tell(ctx context.Context, list []Target, what string, value setting, lasts time.Duration) (Instructed, error) {
	out := reckon(list, what)
	if what == tellTest {
		list = slices.DeleteFunc(list, func(t Target) bool { return !t.Online })
		if len(list) == 0 {
			return out, fault.New(fault.Conflict, "asset.instruct.absent")
		}
	}
	ids := make([]string, len(list))
	for i, t := range list {
		ids[i] = t.ID
	}
	err := m.db.Update(ctx, func(tx *store.Tx) error {
		order := store.NewID(tx.Now)
		notes := make([]told, len(list))
		paths := make([]*Device, len(list))
		for i, t := range list {
			notes[i] = told{deviceID: t.ID, what: what, orderID: order, value: value, by: auth.Who(ctx).Name, at: tx.Now, until: tx.Now.Add(lasts)}
			paths[i] = &Device{RegionPath: t.RegionPath}
		}
		if err := putInstructions(ctx, tx, notes); err != nil {
			return err
		}
		entry := audit.Entry{Action: "asset.instruct", Object: "asset:" + list[0].ID, RegionPath: commonPath(paths),
			Detail: map[string]any{"what": what, "value": value, "order": order, "code": list[0].Code}}
		if len(list) > 1 {
			entry.Object = "asset.instruction:" + order
			entry.Detail = map[string]any{"what": what, "value": value, "order": order, "count": len(list)}
		}
		return audit.Write(ctx, tx, entry)
	})
	if err != nil {
		return out, err
	}
	m.deliver(ctx, ids)
	return out, nil
}

// deliver sends devices what they were told and have not confirmed. Each time it is signed
// afresh under the same id and version: a device that has done it already says so by
// repeating its result, and does nothing twice.
func (m *Module) deliver(ctx context.Context, ids []string) {
	waiting, err := instructions(ctx, m.db, ids, m.clock.Now())
	if err == nil && len(waiting) == 0 {
		return
	}
	type parcel struct {
		codes []ebd.ResourceCode
		frame []byte
	}
	var parcels []parcel
	if err == nil {
		err = m.db.Housekeep(ctx, func(tx *store.Tx) error {
			parcels = nil // the transaction may run again
			for _, o := range orders(waiting, tx.Now) {
				frame, err := m.orders.Sign(ctx, tx, o)
				if err != nil {
					return err
				}
				parcels = append(parcels, parcel{o.Area.Codes, frame})
			}
			return markInstructed(ctx, tx, ids)
		})
	}
	if err != nil {
		m.log.Error("instructions were not sent; they are when the devices come back", "devices", len(ids), "error", err)
		return
	}
	for _, p := range parcels {
		for _, code := range p.codes {
			m.gateway.Send(string(code), p.frame)
		}
	}
}

// orders makes the orders that carry instructions, the oldest first: one for all devices
// that were told the same thing at once, as far as a frame holds them.
func orders(waiting []told, now time.Time) (out []*wire.Order) {
	slices.SortStableFunc(waiting, func(a, b told) int { return cmp.Compare(a.orderID, b.orderID) })
	var last *wire.Order
	for _, w := range waiting {
		if last == nil || last.ID != w.orderID || len(last.Area.Codes) == codesInAnOrder {
			last = w.order(now)
			out = append(out, last)
		}
		last.Area.Codes = append(last.Area.Codes, w.code)
	}
	return out
}

func (w *told) order(now time.Time) *wire.Order {
	o := &wire.Order{ID: w.orderID, Version: 1, Kind: wire.Set, Class: wire.Everyday, Issued: now.UnixMicro(), ValidFrom: now.UnixMicro(),
		ValidUntil: min(w.until.UnixMicro(), now.Add(orderFor).UnixMicro())}
	if w.what == tellTest {
		o.Kind, o.ToneMillis = wire.Test, w.value.Tone
		return o
	}
	o.Settings = &wire.Settings{Volume: w.value.Volume, ReportPeriod: w.value.Period, Region: w.value.Region, Position: w.value.Position}
	return o
}

// tellPlaces notes that devices must be told where they stand now. A terminal decides by
// itself whether a message is meant for it, and knows only where it enrolled until then;
// deliver it once the change is committed. Those that never enrolled learn it when they do.
func tellPlaces(ctx context.Context, tx *store.Tx, devices ...*Device) error {
	var notes []told
	for _, d := range devices {
		key, err := currentKey(ctx, tx, d.ID)
		if err != nil {
			return err
		}
		if key == nil {
			continue
		}
		value := setting{Region: ebd.AreaCode(d.RegionCode)}
		if p := d.Position; p != nil {
			at := wire.At(p.Lon, p.Lat)
			value.Position = &at
		}
		notes = append(notes, told{deviceID: d.ID, what: tellPlace, orderID: store.NewID(tx.Now), value: value, by: auth.Who(ctx).Name, at: tx.Now, until: tx.Now.Add(placeFor)})
	}
	return putInstructions(ctx, tx, notes)
}
