package asset

import (
	"context"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Filter chooses devices; what is empty chooses all.
type Filter struct {
	Kinds     []Kind
	States    []State
	Presences []Presence
	Region    string // 12-digit code
	Owner     string
	Model     string
	SiteID    string
	Text      string // in name, code, model, maker, serial or owner
	Fault     string // a fault by name, or "any"
	Sample    *bool
}

// AnyFault is the Filter.Fault of every device that has one.
const AnyFault = "any"

// Sort is the order of a list of devices.
type Sort string

// Orders.
const (
	ByCode Sort = "code" // by region, then code
	BySeen Sort = "seen" // last seen first
)

// Entry is a line of the register with what the device last said of itself.
type Entry struct {
	Device
	Condition Condition `json:"condition"`
}

// Totals counts devices by presence.
type Totals struct {
	Total   int `json:"total"`
	Online  int `json:"online"`
	Offline int `json:"offline"`
	Never   int `json:"never"`
	Faulty  int `json:"faulty" doc:"Devices that name a fault, whether online or not"`
}

func (t *Totals) add(p Presence, n, faulty int) {
	t.Total += n
	t.Faulty += faulty
	switch p {
	case Online:
		t.Online += n
	case Offline:
		t.Offline += n
	default:
		t.Never += n
	}
}

// Inventory is a page of devices with the totals at its foot.
type Inventory struct {
	store.Listing[Entry]
	Totals Totals `json:"totals"`
}

// List reads a page of the devices that the asker may see.
func (m *Module) List(ctx context.Context, f Filter, by Sort, page store.Page) (*Inventory, error) {
	c, err := m.choose(ctx, f, PermRead)
	if err != nil {
		return nil, err
	}
	out := new(Inventory)
	if out.Totals, err = m.tally.totals(ctx, c); err != nil {
		return nil, err
	}
	if out.Listing, err = listEntries(ctx, m.db, c, by, page, out.Totals.Total); err != nil {
		return nil, err
	}
	out.Total = int64(out.Totals.Total)
	devices := make([]*Device, len(out.Items))
	for i := range out.Items {
		devices[i] = &out.Items[i].Device
	}
	return out, m.nameRegions(ctx, devices...)
}

// choice is a filter with its regions resolved and its asker's grants applied.
type choice struct {
	Filter
	scope auth.Scope // where the asker may look
	path  string     // the filter's own region
	few   bool       // whether the text was found, in no more than…
	found []string   // …these devices
}

// choose resolves a filter for whoever asks.
func (m *Module) choose(ctx context.Context, f Filter, perm auth.Permission) (choice, error) {
	c := choice{Filter: f, scope: auth.ScopeOf(ctx, perm)}
	if f.Region != "" {
		r, err := m.regions.find(ctx, f.Region)
		if err != nil {
			return c, fault.Of(err).At("region")
		}
		c.path = r.path
	}
	if c.Text = strings.ToLower(strings.TrimSpace(c.Text)); c.Text != "" {
		var err error
		if c.found, c.few, err = m.finder.find(ctx, c.Text); err != nil {
			return c, err
		}
	}
	return c, nil
}

// Get reads one device by id or code, if the asker may see it.
func (m *Module) Get(ctx context.Context, idOrCode string) (*Entry, error) {
	e, err := readEntry(ctx, m.db, idOrCode)
	if err != nil {
		return nil, err
	}
	if err := guard(ctx, PermRead, e.RegionPath); err != nil {
		return nil, err
	}
	return e, m.nameRegions(ctx, &e.Device)
}
