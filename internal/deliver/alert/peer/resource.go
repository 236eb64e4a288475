package peer

import (
	"context"
	"errors"
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
		for _, r := range all {
			r.e.state, r.e.note = done, r.note
			if r.doc == nil {
				r.e.state = failed
			} else if err := w.keepReport(ctx, tx, r.doc, now); err != nil {
				return err
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
// is deleted by name goes.
func (w *worker) keepReport(ctx context.Context, tx *store.Tx, doc *ebd.Document, now time.Time) (err error) {
	info := func(kind string, code ebd.ResourceCode, how, name, lon, lat, url string, belongs *ebd.Ref, at ebd.DateTime) {
		r := w.resource(kind, code)
		r.gone, r.name, r.lon, r.lat, r.url, r.infoAt = how == ebd.RptDelete, heard(name, 100), heard(lon, 20), heard(lat, 20), heard(url, 300), when(at, now)
		if belongs != nil {
			r.belongs = cutID(string(belongs.EBRID))
		}
		if code != "" {
			err = errors.Join(err, putInfo(ctx, tx, r))
		}
	}
	state := func(kind string, s ebd.State) {
		r := w.resource(kind, s.EBRID)
		r.state, r.stateDesc, r.stateAt = int(s.StateCode), heard(s.StateDesc, 200), when(s.RptTime, now)
		if s.EBRID != "" {
			err = errors.Join(err, putState(ctx, tx, r))
		}
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
	return err
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
