package peer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// beatEvery is how often a heartbeat goes.
const beatEvery = time.Minute

// beat sends a heartbeat: signed, though it need not be. It is on no record but the time of
// the last one that was answered.
func (w *worker) beat(ctx context.Context) {
	err := w.beatOnce(ctx)
	if ctx.Err() != nil {
		return
	}
	w.desk.feel(w.peer.ID, func(h *Health, now time.Time) {
		if err != nil {
			h.FailedAt, h.Failure = now, heard(err.Error(), 300)
		} else {
			h.AnsweredAt = now
		}
	})
}

func (w *worker) beatOnce(ctx context.Context) error {
	d := w.desk
	id, err := ebd.NewEBDID(ebd.EBDHeartbeat, d.Self.Code, 0)
	if err != nil {
		return err
	}
	now := d.Clock.Now()
	doc := &ebd.Document{EBDID: id, SRC: &ebd.Source{EBRID: d.Self.Code, URL: d.URL}, EBDTime: ebd.At(now), Body: &ebd.ConnectionCheck{RptTime: ebd.At(now)}}
	if w.peer.Code.Validate(ebd.GDJ2018) == nil {
		doc.DEST = &ebd.Ref{EBRID: w.peer.Code}
	}
	pkg, err := d.signed(doc, now)
	if err != nil {
		return err
	}
	r, err := w.client.post(ctx, pkg, now)
	if err == nil && r.code >= ebd.ResultUnreadable {
		err = fmt.Errorf("receipt %d %s", r.code, r.words)
	}
	return err
}

// missing reports whether nothing was heard of a peer for too long; one that was never heard
// is not missing but not joined yet.
func missing(h Health, now time.Time) bool {
	last := h.HeardAt
	if h.AnsweredAt.After(last) {
		last = h.AnsweredAt
	}
	return !last.IsZero() && now.Sub(last) > silence
}

// watch says once when a peer is missing, and once when it is there again.
func (d *Desk) watch(ctx context.Context) (err error) {
	now := d.Clock.Now()
	for _, p := range d.each("") {
		h := d.healthOf(p.ID)
		lost := missing(h, now)
		if lost != h.LostAt.IsZero() {
			continue
		}
		since := time.Time{}
		if lost {
			since = now
		}
		changed := false
		failed := d.DB.Update(ctx, func(tx *store.Tx) (err error) {
			if changed, err = setLost(ctx, tx, p.ID, since); err != nil || !changed {
				return err
			}
			action := "alert.peer.found"
			if lost {
				action = "alert.peer.lost"
			}
			return audit.Write(ctx, tx, audit.Entry{Action: action, Object: "alert-peer:" + p.ID, RegionPath: p.RegionPath,
				Detail: map[string]any{"name": p.Name, "code": p.Code, "heardAt": h.HeardAt, "answeredAt": h.AnsweredAt}})
		})
		if failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		d.feel(p.ID, func(h *Health, _ time.Time) { h.LostAt = since })
		if changed {
			d.Live.Tell("alert.peer", d.Read, p.RegionPath, map[string]any{"id": p.ID, "lost": lost})
		}
	}
	return err
}
