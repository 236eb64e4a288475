package asset

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/register/asset/sheet"
)

// importer brings rows into the register.
type importer struct {
	m        *Module
	imp      *Import
	seen     map[string]int   // codes met in this file, and the line of the first
	hardware map[Hardware]int // the same of what has a serial number

	named   map[ebd.ResourceCode]bool // codes that any row of the file asks for
	changed []event.DeviceRef         // what the chunk changed
}

// rowResult is what came of a row that is worth telling.
type rowResult struct {
	line    int
	column  string // spreadsheet letters; empty for the whole row
	outcome string // added, changed or bad
	code    string // device code, or why it is bad
	args    fault.Args
}

// inColumn is the argument of a bad row's message that holds the key of its column.
const inColumn = "column"

// badRow says what is wrong with a cell.
func badRow(row sheet.Row, c sheet.Column, code string, args fault.Args) rowResult {
	told := fault.Args{inColumn: c}
	maps.Copy(told, args)
	return rowResult{row.Line, row.Column(c), "bad", code, told}
}

// draft is a row that could be read.
type draft struct {
	row   sheet.Row
	given bool // whether the row names its code
	*Device
}

// chunk deals with some rows in one transaction.
func (r *importer) chunk(ctx context.Context, rows []document.Row) error {
	before := *r.imp
	var results []rowResult
	var drafts []*draft
	for _, cells := range rows {
		row := sheet.Row{Row: cells}
		d, bad := r.read(ctx, row)
		for _, f := range bad {
			results = append(results, badRow(row, sheet.Column(f.Place), f.Code, f.Args))
		}
		if len(bad) > 0 {
			r.imp.Bad++
			continue
		}
		drafts = append(drafts, d)
	}
	counted, said := *r.imp, len(results)
	work := func(tx *store.Tx) error {
		*r.imp, results, r.changed = counted, results[:said], nil // the transaction may run again
		if err := r.write(ctx, tx, drafts, &results); err != nil {
			return err
		}
		r.imp.Done += len(rows)
		if err := insertResults(ctx, tx, r.imp.ID, results); err != nil {
			return err
		}
		return saveImport(ctx, tx, r.imp)
	}
	run := r.m.db.Update
	if r.imp.DryRun {
		run = r.m.db.Housekeep
	}
	err := run(ctx, func(tx *store.Tx) error {
		if err := work(tx); err != nil || r.imp.DryRun {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "asset.import", Object: "asset.import:" + r.imp.ID, Detail: map[string]any{
			"file": r.imp.File, "lines": fmt.Sprintf("%d–%d", rows[0].Line, rows[len(rows)-1].Line),
			"added": r.imp.Added - before.Added, "changed": r.imp.Changed - before.Changed, "bad": r.imp.Bad - before.Bad}})
	})
	if err != nil {
		*r.imp = before
		return err
	}
	ids := make([]string, len(r.changed))
	for i, d := range r.changed {
		ids[i] = d.ID
		r.m.roster.forget(string(d.Code))
	}
	r.m.deliver(ctx, ids)
	return nil
}

// read makes a device of a row and finds everything wrong with it.
func (r *importer) read(ctx context.Context, row sheet.Row) (*draft, fault.List) {
	var bad fault.List
	n := NewDevice{Code: row.Text(sheet.Code), Facts: Facts{Name: row.Text(sheet.Name), Model: row.Text(sheet.Model), Maker: row.Text(sheet.Maker),
		Serial: row.Text(sheet.Serial), Owner: row.Text(sheet.Owner), Contact: row.Text(sheet.Contact)}, Whereabouts: Whereabouts{RegionCode: row.Text(sheet.Region)}}
	kind, f := row.Word(sheet.Kind, "asset.kind.", kindKeys())
	n.Kind = Kind(kind)
	bad.Add(f)
	n.Microphone, f = row.Flag(sheet.Microphone)
	bad.Add(f)
	n.Installed, f = row.Day(sheet.Installed)
	bad.Add(f)
	n.Commissioned, f = row.Day(sheet.Commissioned)
	bad.Add(f)
	lon, hasLon, f := row.Number(sheet.Lon)
	bad.Add(f)
	lat, hasLat, f2 := row.Number(sheet.Lat)
	bad.Add(f2)
	switch {
	case hasLon != hasLat:
		bad.Add(fault.Bad(string(map[bool]sheet.Column{true: sheet.Lat, false: sheet.Lon}[hasLon]), "asset.import.half_position"))
	case hasLon && f == nil && f2 == nil:
		n.Position = &Position{lon, lat}
	}
	d, err := r.m.prepare(ctx, PermImport, n)
	if len(bad) > 0 {
		return nil, r.rest(ctx, bad, err, n)
	}
	if err != nil {
		return nil, r.rest(ctx, nil, err, n)
	}
	if n.Code != "" {
		if first := r.seen[n.Code]; first > 0 {
			return nil, fault.List{fault.Bad(string(sheet.Code), "asset.import.code_twice", fault.Args{"line": first})}
		}
		r.seen[n.Code] = row.Line
	}
	return &draft{row, n.Code != "", d}, nil
}

// rest adds to the cells that could not be read what else is wrong with the device, so that
// one look at a row finds all of it. A cell that could not be read has said enough.
func (r *importer) rest(ctx context.Context, bad fault.List, err error, n NewDevice) fault.List {
	unread := map[string]bool{}
	for _, f := range bad {
		unread[f.Place] = true
	}
	for _, f := range places(err, n) {
		if !unread[f.Place] {
			bad.Add(f)
		}
	}
	in, err := r.m.regions.find(ctx, n.RegionCode) // a device with another fault was not asked about
	if err == nil && auth.Check(ctx, PermImport, in.path) != nil && !slices.ContainsFunc(bad, func(f *fault.Error) bool { return f.Place == string(sheet.Region) }) {
		bad.Add(fault.Bad(string(sheet.Region), "asset.import.no_grant"))
	}
	return bad
}

// places turns any fault about a device into faults about cells.
func places(err error, n NewDevice) (out fault.List) {
	if err == nil {
		return nil
	}
	list, many := err.(fault.List)
	if !many {
		list = fault.List{fault.Of(err)}
	}
	columns := map[string]sheet.Column{"regionCode": sheet.Region, "position": sheet.Lon, "siteId": sheet.Site}
	if p := n.Position; p != nil && math.Abs(p.Lon) <= 180 && !p.point().Valid() {
		columns["position"] = sheet.Lat
	}
	for _, f := range list {
		if c, renamed := columns[f.Place]; renamed {
			f = f.At(string(c))
		}
		if f.Kind == fault.Forbidden {
			f = fault.Bad(string(sheet.Region), "asset.import.no_grant")
		}
		out.Add(f)
	}
	return out
}

// write adds, changes or leaves the devices of a chunk.
func (r *importer) write(ctx context.Context, tx *store.Tx, drafts []*draft, results *[]rowResult) error {
	refuse := func(d *draft, c sheet.Column, code string, args fault.Args) {
		r.imp.Bad++
		*results = append(*results, badRow(d.row, c, code, args))
	}
	var codes []ebd.ResourceCode
	var serials []string
	for _, d := range drafts {
		if d.Serial != "" {
			serials = append(serials, d.Serial)
		}
		if d.given {
			codes = append(codes, d.Code)
		}
	}
	known, err := existing(ctx, tx, codes)
	if err != nil {
		return err
	}
	inService, err := holders(ctx, tx, serials)
	if err != nil {
		return err
	}
	// twice refuses hardware that is in service already or stands in an earlier row.
	twice := func(d *draft, now *Device) bool {
		first := r.hardware[now.hardware()]
		switch f := twin(ctx, inService, now); {
		case d.Serial == "":
			return false
		case first > 0 && first != d.row.Line: // a transaction may run again
			refuse(d, sheet.Serial, "asset.import.serial_twice", fault.Args{"line": first})
		case f != nil:
			refuse(d, sheet.Serial, f.Code, f.Args)
		default:
			r.hardware[now.hardware()] = d.row.Line
			return false
		}
		return true
	}
	var fresh []*draft
	for _, d := range drafts {
		if name := d.row.Text(sheet.Site); name != "" {
			id, n, err := siteByName(ctx, tx, d.RegionPath, name)
			if err != nil {
				return err
			}
			if n != 1 {
				refuse(d, sheet.Site, map[bool]string{true: "asset.import.site_unknown", false: "asset.import.site_ambiguous"}[n == 0], fault.Args{"name": clip(name)})
				continue
			}
			d.SiteID = id
		}
		old := known[d.Code]
		if !d.given || old == nil {
			if !twice(d, d.Device) {
				fresh = append(fresh, d)
			}
			continue
		}
		merged, same := r.merge(old, d)
		var away *fault.Error
		if d.Position == nil && relocated(old, merged) { // only its region is written anew
			if away, err = r.m.regions.outside(ctx, merged.Whereabouts); err != nil {
				return err
			}
		}
		switch {
		case auth.Check(ctx, PermImport, old.RegionPath) != nil: // first: a row must not tell what stands elsewhere
			refuse(d, sheet.Code, "asset.import.no_grant", nil)
		case old.Kind != d.Kind:
			refuse(d, sheet.Kind, "asset.import.kind_differs", fault.Args{"kind": old.Kind})
		case same:
			r.imp.Unchanged++
		case old.State == Retired:
			refuse(d, sheet.Code, "asset.device.retired", nil)
		case !r.imp.Replace:
			refuse(d, sheet.Code, "asset.import.exists", fault.Args{"code": d.Code})
		case away != nil:
			refuse(d, sheet.Region, away.Code, away.Args)
		case merged.hardware() != old.hardware() && twice(d, merged):
		default:
			r.imp.Changed++
			if r.imp.DryRun {
				continue
			}
			if err := updateDevice(ctx, tx, merged); err != nil {
				return err
			}
			if err := addHappenings(ctx, tx, []happening{{deviceID: merged.ID, at: tx.Now, kind: hapChanged, detail: map[string]any{
				"by": auth.Who(ctx).Name, "import": r.imp.ID, "changes": differences(old.Facts, merged.Facts)}}}); err != nil {
				return err
			}
			if relocated(old, merged) {
				if err := tellPlaces(ctx, tx, merged); err != nil {
					return err
				}
			}
			r.changed = append(r.changed, merged.ref())
		}
	}
	if len(r.changed) > 0 {
		if err := tx.Emit(ctx, event.AssetChanged{What: "change", Devices: r.changed}); err != nil {
			return err
		}
	}
	return r.add(ctx, tx, fresh, results)
}

// add enters new devices, giving codes that the file does not name to those that name none.
func (r *importer) add(ctx context.Context, tx *store.Tx, fresh []*draft, results *[]rowResult) error {
	if r.imp.DryRun {
		r.imp.Added += len(fresh)
		return nil
	}
	wanting := map[[2]string][]*draft{} // by area and kind
	var order [][2]string
	var devices []*Device
	for _, d := range fresh {
		if d.given {
			devices = append(devices, d.Device)
			continue
		}
		key := [2]string{d.RegionCode, string(d.Kind)}
		if wanting[key] == nil {
			order = append(order, key)
		}
		wanting[key] = append(wanting[key], d)
	}
	for _, key := range order {
		codes, err := allocate(ctx, tx, ebd.AreaCode(key[0]), Kind(key[1]), len(wanting[key]), r.named)
		if f := fault.Of(err); err != nil && f.Kind == fault.Internal {
			return err
		}
		for i, d := range wanting[key] {
			if f := fault.Of(err); err != nil { // the area is full
				r.imp.Bad++
				*results = append(*results, badRow(d.row, sheet.Region, f.Code, f.Args))
				continue
			}
			d.Code = codes[i]
			devices = append(devices, d.Device)
			*results = append(*results, rowResult{d.row.Line, "", "added", string(d.Code), nil})
		}
	}
	r.imp.Added += len(devices)
	if len(devices) == 0 {
		return nil
	}
	return r.m.enter(ctx, tx, devices)
}

// merge is a device with what a row writes of it. An empty cell leaves what is there.
func (r *importer) merge(old *Device, d *draft) (merged *Device, same bool) {
	out := *old
	for c, set := range map[sheet.Column]func(){
		sheet.Name: func() { out.Name = d.Name }, sheet.Model: func() { out.Model = d.Model }, sheet.Maker: func() { out.Maker = d.Maker },
		sheet.Serial: func() { out.Serial = d.Serial }, sheet.Owner: func() { out.Owner = d.Owner }, sheet.Contact: func() { out.Contact = d.Contact },
		sheet.Site: func() { out.SiteID = d.SiteID }, sheet.Microphone: func() { out.Microphone = d.Microphone },
		sheet.Installed: func() { out.Installed = d.Installed }, sheet.Commissioned: func() { out.Commissioned = d.Commissioned },
		sheet.Region: func() { out.RegionCode, out.RegionPath = d.RegionCode, d.RegionPath },
		sheet.Lon:    func() { out.Position = d.Position },
	} {
		if d.row.Text(c) != "" {
			set()
		}
	}
	return &out, out.Facts == old.Facts && !relocated(old, &out)
}

// relocated reports whether a device stands elsewhere than before.
func relocated(old, now *Device) bool {
	return now.RegionCode != old.RegionCode || (now.Position == nil) != (old.Position == nil) ||
		now.Position != nil && (micro(now.Position.Lon) != micro(old.Position.Lon) || micro(now.Position.Lat) != micro(old.Position.Lat))
}

// rowKey orders results by line, then column.
func rowKey(line int, column string) string {
	return fmt.Sprintf("%07d%3s", line, column)
}
