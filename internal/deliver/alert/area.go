package alert

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// resolved is an area that was looked up: which regions it names, what it covers and the
// smallest region that holds all of it. Only what is this platform's to send to counts;
// the rest, where zones and shapes cross its border, is named as neighbours.
type resolved struct {
	named      []Region
	covered    []Covered
	devices    []delivery.Terminal
	neighbours []Place
	paths      []string // of every region named or touched, none within another
	path       string
	level      rule.Level
}

// maxMembers is how many regions the zones of an area may hold together.
const maxMembers = 2000

// resolve looks an area up. It fills in the members of its zones, takes out what belongs to
// neighbours, and says, each with its place, what does not exist.
func (m *Module) resolve(ctx context.Context, a *message.Area) (resolved, error) {
	var r resolved
	if err := a.Validate("area").OrNil(); err != nil {
		return r, err
	}
	var list fault.List
	a.Members = nil
	for i, z := range a.Zones {
		members, err := m.Regions.ZoneMembers(ctx, z)
		if fault.IsKind(err, fault.NotFound) {
			list.Add(fault.Bad(fmt.Sprintf("area.zones[%d]", i), "alert.area.unknown_zone", fault.Args{"zone": z}))
			continue
		}
		if err != nil {
			return r, err
		}
		a.Members = append(a.Members, members...)
	}
	if len(a.Members) > maxMembers {
		list.Add(fault.Bad("area.zones", "alert.area.many", fault.Args{"limit": maxMembers, "count": len(a.Members)}))
		return r, list
	}
	var err error
	if r.named, err = m.Regions.Regions(ctx, a.Codes()); err != nil {
		return r, err
	}
	for i, c := range a.Regions {
		if !slices.ContainsFunc(r.named, func(n Region) bool { return n.Code == c }) {
			list.Add(fault.Bad(fmt.Sprintf("area.regions[%d]", i), "alert.area.unknown_region", fault.Args{"code": c}))
		}
	}
	if len(a.Devices) > 0 {
		codes := make([]ebd.ResourceCode, len(a.Devices))
		for i, c := range a.Devices {
			codes[i] = ebd.ResourceCode(c)
		}
		if r.devices, err = m.Terminals.Find(ctx, codes); err != nil {
			return r, err
		}
		for i, c := range a.Devices {
			if !slices.ContainsFunc(r.devices, func(t delivery.Terminal) bool { return string(t.Code) == c }) {
				list.Add(fault.Bad(fmt.Sprintf("area.devices[%d]", i), "alert.area.unknown_device", fault.Args{"code": c}))
			}
		}
	}
	if err := list.OrNil(); err != nil {
		return r, err
	}
	if r.covered, err = m.Regions.Covered(ctx, a.Codes(), a.Shape()); err != nil {
		return r, err
	}
	if err := m.part(ctx, a, &r); err != nil {
		return r, err
	}
	return r, m.place(ctx, a, &r)
}

// ours reports whether a region is this platform's to send to.
func (m *Module) ours(path string) bool { return strings.HasPrefix(path, m.Home) }

// part keeps of an area what is this platform's and names the rest. Shapes stay as they were
// drawn: what they cover elsewhere holds no terminal of ours.
func (m *Module) part(ctx context.Context, a *message.Area, r *resolved) error {
	var named []Region
	var drawn []string
	theirs := map[string]bool{}
	for _, n := range r.named {
		if !m.ours(n.Path) {
			theirs[n.Code] = true
			named = append(named, n)
		}
	}
	for _, c := range r.covered {
		if !m.ours(c.Path) && !holds(named, c.Path) {
			drawn = append(drawn, cut(c.Path, districtDigits))
		}
	}
	for _, d := range r.devices {
		if !m.ours(d.RegionPath) && !holds(named, d.RegionPath) {
			drawn = append(drawn, cut(d.RegionPath, districtDigits))
			theirs[string(d.Code)] = true
		}
	}
	var err error
	if r.neighbours, err = m.gather(ctx, named, drawn); err != nil || len(r.neighbours) == 0 {
		return err
	}
	foreign := func(code string) bool { return theirs[code] }
	a.Regions, a.Members = slices.DeleteFunc(slices.Clone(a.Regions), foreign), slices.DeleteFunc(a.Members, foreign)
	a.Devices = slices.DeleteFunc(slices.Clone(a.Devices), foreign)
	r.named = slices.DeleteFunc(r.named, func(n Region) bool { return !m.ours(n.Path) })
	r.covered = slices.DeleteFunc(r.covered, func(c Covered) bool { return !m.ours(c.Path) })
	r.devices = slices.DeleteFunc(r.devices, func(d delivery.Terminal) bool { return !m.ours(d.RegionPath) })
	if len(r.named)+len(r.covered)+len(r.devices) > 0 {
		return nil
	}
	names := make([]string, 0, len(r.neighbours))
	for _, n := range r.neighbours {
		names = append(names, n.Name(httpapi.LangOf(ctx)))
	}
	return fault.Bad("area", "alert.area.neighbour", fault.Args{"places": strings.Join(names, "、")})
}

// place finds the smallest region that holds the area.
func (m *Module) place(ctx context.Context, a *message.Area, r *resolved) error {
	var paths []string
	for _, n := range r.named {
		paths = append(paths, n.Path)
	}
	for _, d := range r.devices {
		paths = append(paths, d.RegionPath)
	}
	if len(a.Polygons)+len(a.Circles) > 0 {
		drawn := 0
		for _, c := range r.covered {
			if c.Share > 0 {
				paths, drawn = append(paths, c.Path), drawn+1
			}
		}
		if drawn == 0 {
			return fault.Bad("area", "alert.area.outside")
		}
	}
	r.path, r.paths = commonPath(paths), auth.NewScope(paths...).Paths()
	if r.path == auth.Root {
		return fault.Bad("area", "alert.area.outside")
	}
	at, err := m.Regions.RegionAt(ctx, r.path)
	r.level = at.Level
	return err
}

// ownTerminals are the terminals in the regions that this platform serves; a shape that
// crosses its border reaches no others.
type ownTerminals struct {
	delivery.Terminals
	home string
}

func (o ownTerminals) Within(ctx context.Context, area wire.Area) ([]delivery.Terminal, error) {
	found, err := o.Terminals.Within(ctx, area)
	return o.keep(found), err
}

func (o ownTerminals) Find(ctx context.Context, codes []ebd.ResourceCode) ([]delivery.Terminal, error) {
	found, err := o.Terminals.Find(ctx, codes)
	return o.keep(found), err
}

func (o ownTerminals) keep(found []delivery.Terminal) []delivery.Terminal {
	return slices.DeleteFunc(found, func(t delivery.Terminal) bool { return !strings.HasPrefix(t.RegionPath, o.home) })
}

// commonPath is the path of the smallest region that holds all.
func commonPath(paths []string) string {
	if len(paths) == 0 {
		return auth.Root
	}
	common := paths[0]
	for _, p := range paths[1:] {
		for !strings.HasPrefix(p, common) {
			common = common[:strings.LastIndexByte(strings.TrimSuffix(common, "."), '.')+1]
		}
	}
	return common
}

// maxGaps is how many places without a terminal a preview names; all are counted, and so are
// their people.
const maxGaps = 200

// reach works out whom a resolved area reaches.
func (m *Module) reach(ctx context.Context, kind message.Kind, a *message.Area, r *resolved) (message.Reach, error) {
	out := message.Reach{ByKind: map[string]int{}, Gaps: []message.Gap{}}
	for _, n := range r.neighbours {
		out.Neighbours = append(out.Neighbours, message.Neighbour{Code: n.Code, Zh: n.Zh, En: n.En})
	}
	var terminals []delivery.Terminal
	if kind.ReachesTerminals() {
		var err error
		if terminals, err = (ownTerminals{m.Terminals, m.Home}).Within(ctx, a.Wire()); err != nil {
			return out, err
		}
	}
	paths := make([]string, 0, len(terminals))
	for i := range terminals {
		t := &terminals[i]
		out.Terminals++
		out.ByKind[t.Kind]++
		if !t.Online {
			out.Offline++
		}
		paths = append(paths, t.RegionPath)
	}
	slices.Sort(paths)
	townships := map[string]bool{}
	for _, c := range r.covered {
		if c.Share <= 0 {
			continue
		}
		people := int64(float64(c.Population)*c.Share + 0.5)
		out.People += people
		out.Estimated = out.Estimated || c.Estimated || c.Share < 1
		townships[delivery.TownshipOf(c.Path)] = true
		at, _ := slices.BinarySearch(paths, c.Path)
		if people > 0 && (at == len(paths) || !strings.HasPrefix(paths[at], c.Path)) {
			out.Gaps = append(out.Gaps, message.Gap{Code: c.Code, Name: c.NameZh, People: people})
			out.GapPeople += people
		}
	}
	out.Townships = len(townships)
	out.GapCount = len(out.Gaps)
	slices.SortFunc(out.Gaps, func(a, b message.Gap) int {
		return cmp.Or(cmp.Compare(b.People, a.People), strings.Compare(a.Code, b.Code))
	})
	out.Gaps = out.Gaps[:min(len(out.Gaps), maxGaps)]
	return out, nil
}

// authority is the level of the widest grant of perm that the asker holds over path.
func (m *Module) authority(ctx context.Context, perm auth.Permission, path string) (rule.Level, error) {
	for _, p := range auth.ScopeOf(ctx, perm).Paths() {
		if !strings.HasPrefix(path, p) {
			continue
		}
		if p == auth.Root {
			return rule.Nation, nil
		}
		r, err := m.Regions.RegionAt(ctx, p)
		return r.Level, err
	}
	return "", nil
}
