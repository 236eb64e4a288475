package alert

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/link"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// stopRecord is a stop on its way to another node.
type stopRecord struct {
	stop
	Paths []string `json:"paths"` // of its regions
}

// stopRecordOf tells another node of a stop: a node below obeys it, the node above counts
// who did.
func (m *Module) stopRecordOf(ctx context.Context, c changed, to link.Node, e epoch) (*record, error) {
	s, err := readStop(ctx, m.DB, c.stop)
	if err != nil {
		return nil, err
	}
	regions, err := m.Regions.Regions(ctx, s.Regions)
	if err != nil {
		return nil, err
	}
	r := &record{Change: c.no, Site: s.Site, Epoch: e.ID, Level: string(m.Level), Stop: &stopRecord{stop: s}}
	if r.Site == "" {
		r.Site = m.Site
	}
	for _, region := range regions {
		r.Stop.Paths = append(r.Stop.Paths, region.Path)
	}
	if !to.Above && !slices.ContainsFunc(r.Stop.Paths, func(p string) bool { return touches(p, to.Path) }) {
		return nil, nil
	}
	r.Stop.Figures = nil
	r.Orders, err = delivery.Heads(ctx, m.DB, s.No)
	return r, err
}

// takeStop keeps another node's stop. One from above is obeyed: what this node issued before
// it to these regions only ends, and terminals here are told.
func (p *puller) takeStop(ctx context.Context, r *record, done func(*store.Tx) error) error {
	s := &r.Stop.stop
	s.Site, s.via = r.Site, p.with.Site
	if s.ID == "" || len(s.ID) > 40 || len(s.Regions) == 0 || len(s.Regions) > message.MaxAreas || r.Site == p.Site || len(s.Reason) > 4000 {
		return fault.Bad("stop", "alert.level.record", fault.Args{"what": "stop"})
	}
	area := wire.Area{}
	for _, code := range s.Regions {
		c, err := ebd.ParseAreaCode(string(message.AreaCode(code)))
		if err != nil {
			return fault.Bad("regions", "alert.level.record", fault.Args{"what": "regions"})
		}
		area.Regions = append(area.Regions, c)
	}
	if !p.with.Above && slices.ContainsFunc(append(r.Stop.Paths, s.RegionPath), func(path string) bool { return !strings.HasPrefix(path, p.with.Path) }) {
		return fault.Bad("regions", "alert.level.record", fault.Args{"what": "regions"})
	}
	var ended []*message.Message
	err := p.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := readStop(ctx, tx, s.ID); err == nil {
			return errNothingToDo
		} else if !fault.IsKind(err, fault.NotFound) {
			return err
		}
		var err error
		if s.No, err = next(ctx, tx, "thread"); err != nil {
			return err
		}
		if err := insertStop(ctx, tx, *s, message.Person{ID: r.Site, Name: s.By}); err != nil {
			return err
		}
		if !p.with.Above {
			err = delivery.PutHeads(ctx, tx, s.No, s.ID, s.RegionPath, r.Orders)
		} else {
			ended, err = p.obey(ctx, tx, s, area, r.Stop.Paths)
		}
		if err != nil {
			return err
		}
		if err := audit.Write(ctx, tx, audit.Entry{Action: "alert.stop_copy", Object: "alert-stop:" + s.ID, RegionPath: s.RegionPath,
			Detail: map[string]any{"site": r.Site, "regions": s.Regions, "reason": s.Reason, "messages": idsOf(ended)}}); err != nil {
			return err
		}
		return done(tx)
	})
	if errors.Is(err, errNothingToDo) {
		return p.DB.Housekeep(ctx, done)
	}
	if err == nil {
		for _, msg := range ended {
			p.told(msg)
		}
	}
	return err
}

// obey ends what this node issued before the stop, and signs a stop order of this node's for
// its terminals.
func (p *puller) obey(ctx context.Context, tx *store.Tx, s *stop, area wire.Area, paths []string) ([]*message.Message, error) {
	ended, _, err := stopped(ctx, tx, paths)
	if err != nil {
		return nil, err
	}
	ended = slices.DeleteFunc(ended, func(msg *message.Message) bool { return msg.Current.IssuedAt.After(s.At) })
	if err := p.stopMessages(ctx, tx, s, ended, nil); err != nil {
		return nil, err
	}
	for _, id := range s.Messages { // of the node above: never again sent from here either
		msg, err := readMessage(ctx, tx, id)
		if err == nil && msg.Copy.Via == p.with.Site {
			err = delivery.CloseThread(ctx, tx, msg.No)
		}
		if err != nil && !fault.IsKind(err, fault.NotFound) {
			return nil, err
		}
	}
	if !s.Until.After(tx.Now) {
		return ended, nil
	}
	if err := p.board.Stop(ctx, tx, s.ID, s.RegionPath, paths, s.Until); err != nil {
		return nil, err
	}
	seq, err := p.Signer.NextOrder(ctx, tx)
	if err != nil {
		return nil, err
	}
	from := s.At
	if from.After(tx.Now) { // the other node's clock is ahead
		from = tx.Now
	}
	o := &wire.Order{ID: s.ID, From: p.Platform, Version: 1, Seq: seq, Kind: wire.Stop, Class: wire.Emergency, Rank: math.MaxUint32,
		Issued: from.UnixMicro(), ValidFrom: from.UnixMicro(), ValidUntil: s.Until.UnixMicro(), Area: area}
	frame, err := p.sign(o, tx.Now)
	if err != nil {
		return nil, err
	}
	return ended, delivery.PutOrder(ctx, tx, delivery.Order{Thread: s.No, ThreadID: s.ID, Version: o.Version, Kind: o.Kind, Seq: o.Seq, RegionPath: s.RegionPath,
		Area: area, Frame: frame, IssuedAt: tx.Now, DueAt: tx.Now, ValidUntil: time.UnixMicro(o.ValidUntil)})
}
