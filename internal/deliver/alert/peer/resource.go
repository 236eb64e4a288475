package peer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// resource is what a peer says that it has.
type resource struct {
	peer, code, regionPath  string
	kind, name, lon, lat    string
	url, belongs, stateDesc string
	gone                    bool
	infoAt, stateAt         time.Time
	state                   int
}

// maxResources bounds what is kept of one peer: each is some 300 bytes.
const maxResources = 500_000

// takeReports keeps what a peer says of its resources: all in one commit, each document once.
func (w *worker) takeReports(ctx context.Context, list []*entry) error {
	d := w.desk
	type read struct {
		e    *entry
		doc  *ebd.Document
		note string
	}
	var all []read
	for _, e := range list {
		pkg, err := w.fetch(ctx, e)
		if store.Stopped(err) {
			return err
		}
		if err != nil {
			all = append(all, read{e, nil, "the package cannot be read: " + heard(err.Error(), 300)})
			continue
		}
		all = append(all, read{e, pkg.Document, ""})
	}
	now := d.Clock.Now()
	return d.DB.Telemetry(ctx, func(tx *store.Tx) error {
		counted := false
		for _, r := range all {
			r.e.state, r.e.note = done, r.note
			if r.doc == nil {
				r.e.state = failed
			} else if left, err := w.keepReport(ctx, tx, r.doc, now, &counted); err != nil {
				return err
			} else if left > 0 {
				r.e.state, r.e.note = failed, fmt.Sprintf("%d resources were left out: %d are kept of one platform", left, d.most)
			}
			if err := settle(ctx, tx, r.e); err != nil {
				return err
			}
		}
		return nil
	})
}

// keepReport keeps a report. One of everything says of what it does not name that it is gone;
// since a large one comes in several documents, none of those says so by itself, and only what
// is deleted by name goes. It says for how many there was no room; whether they were counted before
// is the batch's.
func (w *worker) keepReport(ctx context.Context, tx *store.Tx, doc *ebd.Document, now time.Time, counted *bool) (left int, err error) {
	keep := func(put func(context.Context, *store.Tx, resource) error, r resource) {
		if r.code == "" {
			return
		}
		fits, failed := w.fits(ctx, tx, r.code, counted)
		if failed == nil && fits {
			failed = put(ctx, tx, r)
		} else if failed == nil {
			left++
		}
		err = errors.Join(err, failed)
	}
	info := func(kind string, code ebd.ResourceCode, how, name, lon, lat, url string, belongs *ebd.Ref, at ebd.DateTime) {
		r := w.resource(kind, code)
		r.gone, r.name, r.lon, r.lat, r.url, r.infoAt = how == ebd.RptDelete, heard(name, 100), heard(lon, 20), heard(lat, 20), heard(url, 300), when(at, now)
		if belongs != nil {
			r.belongs = cutID(string(belongs.EBRID))
		}
		keep(putInfo, r)
	}
	state := func(kind string, s ebd.State) {
		r := w.resource(kind, s.EBRID)
		r.state, r.stateDesc, r.stateAt = int(s.StateCode), heard(s.StateDesc, 200), when(s.RptTime, now)
		keep(putState, r)
	}
	switch b := doc.Body.(type) {
	case *ebd.EBRPSInfo:
		for _, x := range b.EBRPS {
			info(platforms, x.EBRID, x.RptType, x.EBRName, x.Longitude, x.Latitude, x.URL, x.RelatedEBRPS, x.RptTime)
		}
	case *ebd.EBRSTInfo:
		for _, x := range b.EBRST {
			info(stations, x.EBRID, x.RptType, x.EBRName, x.Longitude, x.Latitude, "", x.RelatedEBRPS, x.RptTime)
		}
	case *ebd.EBRASInfo:
		for _, x := range b.EBRAS {
			info(adapters, x.EBRID, x.RptType, x.EBRName, x.Longitude, x.Latitude, x.URL, x.RelatedEBRPS, x.RptTime)
		}
	case *ebd.EBRBSInfo:
		for _, x := range b.EBRBS {
			info(equipments, x.EBRID, x.RptType, x.EBRName, x.Longitude, x.Latitude, x.URL, x.RelatedEBRPS, x.RptTime)
		}
	case *ebd.EBRDTInfo:
		for _, x := range b.EBRDT {
			info(terminals, x.EBRID, x.RptType, x.EBRName, x.Longitude, x.Latitude, "", x.RelatedEBRPS, x.RptTime)
		}
	case *ebd.EBRPSState:
		for _, x := range b.EBRPS {
			state(platforms, x)
		}
	case *ebd.EBRASState:
		for _, x := range b.EBRAS {
			state(adapters, x)
		}
	case *ebd.EBRBSState:
		for _, x := range b.EBRBS {
			state(equipments, x)
		}
	case *ebd.EBRDTState:
		for _, x := range b.EBRDT {
			state(terminals, ebd.State(x))
		}
	}
	return left, err
}

// fits reports whether a resource may be kept: one that is known, and others while there is room.
// What is kept is counted, once a batch, when as many came as there was room for.
func (w *worker) fits(ctx context.Context, tx *store.Tx, code string, counted *bool) (bool, error) {
	if w.room <= 0 {
		if known, err := knownResource(ctx, tx, w.peer.ID, code); err != nil || known || *counted {
			return known, err
		}
		n, err := countResources(ctx, tx, w.peer.ID)
		if w.room, *counted = w.desk.most-n, true; err != nil || w.room <= 0 {
			return false, err
		}
	}
	w.room--
	return true, nil
}

func (w *worker) resource(kind string, code ebd.ResourceCode) resource {
	return resource{peer: w.peer.ID, code: cutID(string(code)), regionPath: w.peer.RegionPath, kind: kind}
}

// when is a time by a peer's clock; one that is missing, or in the future, is now.
func when(at ebd.DateTime, now time.Time) time.Time {
	t, err := at.Time()
	if err != nil || t.After(now) {
		return now
	}
	return t
}
