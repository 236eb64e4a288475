package channel

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/speech"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Permissions of this module.
const (
	PermRead    auth.Permission = "channel.read"
	PermEdit    auth.Permission = "channel.edit"
	PermApprove auth.Permission = "channel.approve"
)

// Region is a region as the register of regions describes it.
type Region struct {
	Code, Path, NameZh, NameEn, Level string
}

// name is what a region is called in the reader's language.
func (r *Region) name(ctx context.Context) string {
	if httpapi.LangOf(ctx) == i18n.English && r.NameEn != "" {
		return r.NameEn
	}
	return r.NameZh
}

// Regions is the register of regions, as far as timetables ask it.
type Regions interface {
	// Region finds a region by its code; a fault NotFound if there is none.
	Region(ctx context.Context, code string) (Region, error)
}

// Device is a loudspeaker, or another device.
type Device struct {
	Name       string
	RegionPath string
}

// Devices is the register of devices.
type Devices interface {
	// Devices describes devices by code; unknown ones are left out.
	Devices(ctx context.Context, codes []string) (map[string]Device, error)
}

// Norms is what the rules say of timetables of a region.
type Norms struct {
	Allowed        bool
	Approvals      int
	RuleZh, RuleEn string
	Quiet          bool   // everyday items are not heard between these times of day
	From, Until    string // HH:MM
	Ranks          map[string]uint32
}

// Rules asks what the rules say.
type Rules interface {
	Norms(ctx context.Context, regionPath string) (Norms, error)
}

// Memory asks how long the rules have what was played kept.
type Memory interface {
	Keep(ctx context.Context) (time.Duration, error)
}

// Item is an occurrence on its way to loudspeakers, or back.
type Item struct {
	Ref        string // what identifies it: handed over again it is the same
	Withdraw   bool   // take it back
	Timetable  string
	Name       string // of the timetable
	RegionCode string
	Level      string // of the region
	Devices    []string
	Title      string
	Text       string
	Relay      string
	Sound      []byte
	MIME       string
	Millis     int
	StartsAt   time.Time
	EndsAt     time.Time
	Repeat     int
	Interval   int
	Volume     *int
}

// Answer is what became of an item.
type Answer struct {
	Message string       // what it became; empty for nothing
	Waits   bool         // people have to countersign it
	Reason  *fault.Error // why it was refused
}

// Messages takes items over: emergency broadcasting.
type Messages interface {
	Hand(ctx context.Context, item Item) (Answer, error)
}

// Sounding is what one loudspeaker did with an item.
type Sounding struct {
	Device string
	Began  time.Time
	Ended  time.Time
	State  string // received, playing, interrupted, resumed, played, failed, cancelled, refused
	Reason string
	Yields []Yield
}

// Yield is a time during which something higher sounded.
type Yield struct {
	From   time.Time
	To     time.Time // zero: it did not come back
	Reason string
}

// Receipts tells what loudspeakers did with items.
type Receipts interface {
	// Figures is how messages stand; those that were never sent are left out.
	Figures(ctx context.Context, messages []string) (map[string]Outcome, error)
	// Soundings is what each loudspeaker did with a message, as far as it answered.
	Soundings(ctx context.Context, message string) ([]Sounding, error)
}

// Staff is who stands behind people.
type Staff interface {
	// Independent reports whether two accounts are surely in two people's hands.
	Independent(ctx context.Context, q store.Queryer, a, b string) (bool, error)
}

// Speech makes recordings fit; *speech.Studio does.
type Speech interface {
	Record(ctx context.Context, o speech.Recording) (speech.Clip, error)
}

// Live tells open browsers what changed.
type Live interface {
	Tell(name string, perm auth.Permission, regionPath string, data any)
}

// Deps are what the module stands on.
type Deps struct {
	DB       *store.DB
	Clock    clock.Clock
	Log      *slog.Logger
	Live     Live
	Zone     *time.Location // of the city
	Blobs    blob.Store
	Speech   Speech
	Regions  Regions
	Devices  Devices
	Rules    Rules
	Memory   Memory
	Messages Messages
	Receipts Receipts
	Staff    Staff
}

// Module is what outputs play by the clock.
type Module struct {
	Deps
	keeping sync.Mutex
	kept    map[string]*Timetable // that play something, as the keeper last read them
	sounds  sync.RWMutex          // read while one is kept, held while one is deleted
	tend    chan struct{}         // wakes the keeper of occurrences
}

func person(ctx context.Context) Person {
	who := auth.Who(ctx)
	return Person{who.ID, who.Name}
}

// see is a timetable that the asker may read.
func (m *Module) see(ctx context.Context, q store.Queryer, id string) (*Timetable, error) {
	t, err := readTimetable(ctx, q, id)
	if err == nil && !auth.ScopeOf(ctx, PermRead).Allows(t.RegionPath) {
		return nil, notFound()
	}
	return t, err
}

// change is the shape of every change to a timetable. expect is the revision that the caller
// read; 0 accepts any.
func (m *Module) change(ctx context.Context, perm auth.Permission, id string, expect int64, verb string, do func(tx *store.Tx, t *Timetable) (any, error)) (t *Timetable, err error) {
	err = m.DB.Update(ctx, func(tx *store.Tx) error {
		if t, err = m.see(ctx, tx, id); err != nil {
			return err
		}
		switch err := auth.Check(ctx, perm, t.RegionPath); {
		case err != nil:
			return err
		case expect != 0 && t.Revision != expect:
			return fault.New(fault.Stale, "stale")
		case !t.RetiredAt.IsZero():
			return fault.New(fault.Conflict, "channel.state.retired")
		}
		detail, err := do(tx, t)
		if err != nil {
			return err
		}
		if err := writeTimetable(ctx, tx, t); err != nil {
			return err
		}
		return m.record(ctx, tx, verb, t, detail)
	})
	if err == nil {
		m.told(t)
		m.wake()
	}
	return t, err
}

func (m *Module) record(ctx context.Context, tx *store.Tx, verb string, t *Timetable, detail any) error {
	return audit.Write(ctx, tx, audit.Entry{Action: "channel." + verb, Object: "timetable:" + t.ID, RegionPath: t.RegionPath, Detail: detail})
}

func (m *Module) told(t *Timetable) {
	m.Live.Tell("channel.changed", PermRead, t.RegionPath, map[string]any{"id": t.ID, "revision": t.Revision})
}

// NewTimetable is what an editor says of one that is to be.
type NewTimetable struct {
	Name       string `json:"name" minLength:"1" maxLength:"60"`
	RegionCode string `json:"regionCode" pattern:"^[0-9]{12}$" doc:"District, township or village"`
	CopyOf     string `json:"copyOf,omitempty" maxLength:"26" doc:"Id of a timetable whose week it begins with"`
}

// Create makes a timetable, whose first version is a draft.
func (m *Module) Create(ctx context.Context, n NewTimetable) (*Timetable, error) {
	r, err := m.Regions.Region(ctx, n.RegionCode)
	if err != nil {
		return nil, fault.Of(err).At("regionCode")
	}
	if err := auth.Check(ctx, PermEdit, r.Path); err != nil {
		return nil, err
	}
	if i18n.Blank(n.Name) || i18n.Deceives(n.Name, "") {
		return nil, fault.Bad("name", "channel.name")
	}
	t := &Timetable{Name: strings.TrimSpace(n.Name), RegionCode: r.Code, RegionPath: r.Path, Level: r.Level, CreatedBy: person(ctx)}
	var c Content
	if n.CopyOf != "" {
		from, err := m.see(ctx, m.DB, n.CopyOf)
		if err != nil {
			return nil, err
		}
		if v := from.shown(); v != nil {
			c = v.Content
			c.Devices = nil // of another region
		}
		if err := m.mayUse(ctx, m.DB, &c); err != nil {
			return nil, err
		}
	}
	return t, m.insert(ctx, t, c, n.CopyOf)
}

func (m *Module) insert(ctx context.Context, t *Timetable, c Content, copyOf string) error {
	err := m.DB.Update(ctx, func(tx *store.Tx) error {
		t.ID, t.CreatedAt, t.Revision = store.NewID(tx.Now), tx.Now, 0
		t.open(t.CreatedBy, tx.Now).edit(t.CreatedBy, c.whole())
		if err := insertTimetable(ctx, tx, t); err != nil {
			return err
		}
		if err := writeTimetable(ctx, tx, t); err != nil {
			return err
		}
		return m.record(ctx, tx, "create", t, map[string]any{"name": t.Name, "copyOf": copyOf})
	})
	if err == nil {
		m.told(t)
	}
	return err
}

// shown is the version that stands for a timetable: the one being worked on, else the published.
func (t *Timetable) shown() *Version {
	if t.Draft != nil {
		return t.Draft
	}
	return t.Published
}

// whole has lists where there may be none.
func (c Content) whole() Content {
	if c.Slots == nil {
		c.Slots = []Slot{}
	}
	if c.Exceptions == nil {
		c.Exceptions = []Exception{}
	}
	for i := range c.Slots {
		if c.Slots[i].Days == nil {
			c.Slots[i].Days = []int{}
		}
	}
	for i := range c.Exceptions {
		for j := range c.Exceptions[i].Extra {
			c.Exceptions[i].Extra[j].Days = []int{}
		}
	}
	return c
}

// Edit is what an editor makes of a timetable.
type Edit struct {
	Name    string  `json:"name" minLength:"1" maxLength:"60"`
	Note    string  `json:"note,omitempty" maxLength:"200" doc:"Why"`
	Content Content `json:"content"`
}

// Edit puts what an editor wrote into the open version.
func (m *Module) Edit(ctx context.Context, id string, expect int64, e Edit) (*Timetable, error) {
	if list := e.Content.Check(); len(list) > 0 {
		for _, f := range list {
			f.Place = "content." + f.Place
		}
		return nil, list.OrNil()
	}
	if i18n.Blank(e.Name) || i18n.Deceives(e.Name, "") {
		return nil, fault.Bad("name", "channel.name")
	}
	devices, err := m.Devices.Devices(ctx, e.Content.Devices)
	if err != nil {
		return nil, err
	}
	return m.change(ctx, PermEdit, id, expect, "edit", func(tx *store.Tx, t *Timetable) (any, error) {
		if err := m.mayUse(ctx, tx, &e.Content); err != nil {
			return nil, err
		}
		for _, code := range e.Content.Devices {
			if d, ok := devices[code]; !ok || !strings.HasPrefix(d.RegionPath, t.RegionPath) {
				return nil, fault.Bad("content.devices", "channel.device", fault.Args{"code": code})
			}
		}
		if name := strings.TrimSpace(e.Name); name != t.Name {
			t.Name, t.NameEn = name, "" // which was of the former name
		}
		v := t.open(person(ctx), tx.Now)
		v.edit(person(ctx), e.Content.whole())
		v.Note = e.Note
		return map[string]any{"version": v.Number, "name": t.Name, "slots": len(e.Content.Slots), "exceptions": len(e.Content.Exceptions)}, nil
	})
}

// mayUse refuses recordings that the asker may not read, and says how long those are.
func (m *Module) mayUse(ctx context.Context, q store.Queryer, c *Content) error {
	scope := auth.ScopeOf(ctx, PermRead)
	use := func(s *Slot) error {
		if s.Kind != Recording || s.Sound == nil {
			return nil
		}
		found, err := recordings(ctx, q, s.Sound.SM3)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(found, func(r recording) bool { return scope.Allows(r.RegionPath) })
		if at < 0 {
			return fault.Bad("content.slots", "channel.slot.sound")
		}
		sound := *s.Sound
		sound.Millis = found[at].Millis
		s.Sound = &sound
		return nil
	}
	for i := range c.Slots {
		if err := use(&c.Slots[i]); err != nil {
			return err
		}
	}
	for i := range c.Exceptions {
		for j := range c.Exceptions[i].Extra {
			if err := use(&c.Exceptions[i].Extra[j]); err != nil {
				return err
			}
		}
	}
	return nil
}

// maxUploaded bounds a name as a file system does.
const maxUploaded = 200

// Upload keeps a recording for a region's timetables, converted as recordings of messages are.
func (m *Module) Upload(ctx context.Context, regionCode, name string, content []byte) (*recording, error) {
	r, err := m.Regions.Region(ctx, regionCode)
	if err != nil {
		return nil, fault.Of(err).At("query.region")
	}
	if err := auth.Check(ctx, PermEdit, r.Path); err != nil {
		return nil, err
	}
	if i18n.Blank(name) || i18n.Deceives(name, "") || len(name) > maxUploaded {
		return nil, fault.Bad("query.name", "channel.recording.name")
	}
	clip, err := m.Speech.Record(ctx, speech.Recording{Sound: bytes.NewReader(content), Signal: speech.Everyday})
	if err != nil {
		return nil, err
	}
	return m.keepSound(ctx, r.Path, name, clip)
}

func (m *Module) keepSound(ctx context.Context, path, name string, clip speech.Clip) (*recording, error) {
	if err := m.DB.Afford(ctx); err != nil {
		return nil, err
	}
	out := &recording{SM3: blob.Digest(clip.Data), RegionPath: path, Name: name, MIME: clip.MIME, Bytes: int64(len(clip.Data)), Millis: int(clip.Duration.Milliseconds())}
	m.sounds.RLock()
	defer m.sounds.RUnlock()
	if err := m.Blobs.Put(ctx, soundKey(out.SM3), bytes.NewReader(clip.Data), out.Bytes); err != nil {
		return nil, err
	}
	return out, m.DB.Update(ctx, func(tx *store.Tx) error {
		if err := insertRecording(ctx, tx, out, auth.Who(ctx).ID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "channel.upload", Object: "recording:" + out.SM3, RegionPath: path,
			Detail: map[string]any{"name": name, "bytes": out.Bytes, "millis": out.Millis}})
	})
}

// soundPrefix begins the keys of recordings; messages keep theirs elsewhere.
const soundPrefix = "everyday/"

// soundKey names the object of a recording.
func soundKey(digest string) string { return soundPrefix + digest[:2] + "/" + digest }
