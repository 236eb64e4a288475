package docket

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// TypeRow is a version of a case type as it is kept.
type TypeRow struct {
	Code    string          `json:"code"`
	Version int             `json:"version"`
	Name    procedure.Words `json:"name"`
	Live    bool            `json:"live" doc:"New cases are opened by it"`
	Shipped bool            `json:"shipped" doc:"It came with the product"`
	At      time.Time       `json:"at"`
	By      auth.Person     `json:"by"`

	source string
}

// library holds every version of every type, compiled.
type library struct {
	mu   sync.RWMutex
	all  map[string]map[int]*procedure.Type
	used map[string]int // version by which new cases are opened
}

// of is the type of a case.
func (l *library) of(code string, version int) (*procedure.Type, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if t := l.all[code][version]; t != nil {
		return t, nil
	}
	return nil, fault.New(fault.NotFound, "casework.type.unknown", fault.Args{"type": fmt.Sprint(code, " ", version)})
}

// current is the version by which new cases are opened.
func (l *library) current(code string) (*procedure.Type, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if t := l.all[code][l.used[code]]; t != nil {
		return t, nil
	}
	return nil, fault.New(fault.NotFound, "casework.type.unknown", fault.Args{"type": code})
}

// live are the types by which new cases are opened, in order of their codes.
func (l *library) live() (types []*procedure.Type) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, code := range slices.Sorted(maps.Keys(l.used)) {
		if t := l.all[code][l.used[code]]; t != nil {
			types = append(types, t)
		}
	}
	return types
}

func (l *library) put(t *procedure.Type, live bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all[t.Code] == nil {
		l.all[t.Code] = map[int]*procedure.Type{}
	}
	l.all[t.Code][t.Version] = t
	if live {
		l.used[t.Code] = t.Version
	}
}

func (l *library) retire(code string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.used, code)
}

// loadTypes reads the types that are kept. A type that an earlier release took and this one does
// not is told to the log; its cases are seen and cannot go on.
func (d *Desk) loadTypes(ctx context.Context) error {
	rows, err := typeRows(ctx, d.DB, "", true)
	if err != nil {
		return err
	}
	for _, r := range rows {
		t, err := procedure.Read([]byte(r.source))
		if err != nil {
			d.Log.Error("a case type cannot be read any more", "type", r.Code, "version", r.Version, "error", err)
			continue
		}
		d.types.put(t, r.Live)
	}
	return nil
}

// Ship makes the product's own types known. One that people wrote a later version of stays theirs.
func (d *Desk) Ship(ctx context.Context, sources [][]byte) error {
	known, err := typeRows(ctx, d.DB, "", false)
	if err != nil {
		return err
	}
	latest := map[string]int{}
	for _, r := range known {
		latest[r.Code] = max(latest[r.Code], r.Version)
	}
	ctx = auth.As(ctx, auth.Actor{ID: "system:casework", Name: "casework"})
	var fresh []*procedure.Type
	texts := map[*procedure.Type][]byte{}
	for _, src := range sources {
		t, err := procedure.Read(src)
		if err != nil {
			return fmt.Errorf("a shipped case type is not sound: %w", err)
		}
		if t.Version > latest[t.Code] {
			fresh = append(fresh, t)
			texts[t] = src
		}
	}
	for _, t := range fresh {
		if err := t.Fits(d.platform(fresh...)); err != nil {
			return fmt.Errorf("the shipped case type %s does not fit: %w", t.Code, err)
		}
	}
	for _, t := range fresh {
		if err := d.keepType(ctx, t, texts[t], true); err != nil {
			return err
		}
	}
	return nil
}

// platform is what types run on, these among them.
func (d *Desk) platform(more ...*procedure.Type) procedure.Platform {
	on := procedure.Platform{Grants: map[string]bool{}, Types: map[string]*procedure.Type{}, Urns: map[string]bool{}, Licences: map[string]bool{"production": true, "transmission": true, "satellite": true, "frequency": true},
		Events: map[string]bool{"device.online": true, "device.offline": true, "device.faulty": true}}
	for _, p := range Posts {
		on.Grants[p.ID] = true
	}
	for _, t := range append(d.types.live(), more...) {
		on.Types[t.Code] = t
	}
	for _, name := range d.Urns.Names() {
		on.Urns[name] = true
	}
	if d.Elements != nil {
		on.Elements = d.Elements()
	}
	return on
}

// Judge reads a type and names all that is wrong with it here.
func (d *Desk) Judge(src []byte) (*procedure.Type, error) {
	t, err := procedure.Read(src)
	if err != nil {
		return nil, err
	}
	return t, t.Fits(d.platform(t))
}

// Adopt makes a new version of a type live: cases opened from now on follow it, those that are
// open keep theirs.
func (d *Desk) Adopt(ctx context.Context, src []byte) (*TypeRow, error) {
	if err := auth.Check(ctx, PermDesign, d.Home); err != nil {
		return nil, err
	}
	t, err := d.Judge(src)
	if err != nil {
		return nil, refusal(err)
	}
	if err := d.keepType(ctx, t, src, false); err != nil {
		return nil, err
	}
	rows, err := typeRows(ctx, d.DB, t.Code, false)
	if err != nil {
		return nil, err
	}
	return &rows[0], nil
}

func (d *Desk) keepType(ctx context.Context, t *procedure.Type, src []byte, shipped bool) error {
	who := auth.Who(ctx)
	err := d.DB.Update(ctx, func(tx *store.Tx) error {
		latest, err := latestType(ctx, tx, t.Code)
		if err != nil {
			return err
		}
		if t.Version <= latest {
			return fault.New(fault.Conflict, "casework.type.version", fault.Args{"version": t.Version, "latest": latest}).At("version")
		}
		if err := insertType(ctx, tx, t, src, shipped, who.Person()); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "casework.type.adopt", Object: fmt.Sprintf("casework-type:%s:%d", t.Code, t.Version), RegionPath: d.Home, Detail: map[string]any{"digest": procedure.Digest(string(src))}})
	})
	if err == nil {
		d.types.put(t, true)
	}
	return err
}

// Retire lets no new cases be opened by a type.
func (d *Desk) Retire(ctx context.Context, code string) error {
	if err := auth.Check(ctx, PermDesign, d.Home); err != nil {
		return err
	}
	err := d.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := retireType(ctx, tx, code)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "casework.type.unknown", fault.Args{"type": code})
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "casework.type.retire", Object: "casework-type:" + code, RegionPath: d.Home})
	})
	if err == nil {
		d.types.retire(code)
	}
	return err
}

// TypeRows lists the versions of types, of one or of all, the latest first.
func (d *Desk) TypeRows(ctx context.Context, code string) ([]TypeRow, error) {
	return typeRows(ctx, d.DB, code, false)
}

// Source is a type as it was written.
func (d *Desk) Source(ctx context.Context, code string, version int) (string, error) {
	rows, err := typeRows(ctx, d.DB, code, true)
	if err != nil {
		return "", err
	}
	for _, r := range rows {
		if r.Version == version || version == 0 && r.Live {
			return r.source, nil
		}
	}
	return "", fault.New(fault.NotFound, "casework.type.unknown", fault.Args{"type": code})
}
