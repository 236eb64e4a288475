package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/ebm"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// SendState is how far a package that goes has got.
type SendState string

// States of a package that goes.
const (
	toSend     SendState = "waiting"
	sent       SendState = "sent"
	declined   SendState = "refused"  // the far side will never take it
	givenUp    SendState = "given_up" // it was tried until it no longer mattered
	superseded SendState = "superseded"
)

// dispatch is the record of a package that goes.
type dispatch struct {
	id         string
	peer       string
	regionPath string
	ebdid      string
	kind       string
	ebmid      string
	topic      string
	output     string
	task       string
	messageID  string
	number     int
	document   string
	resources  []ebm.Resource
	rank       int
	state      SendState
	attempts   int
	nextAt     time.Time
	untilAt    time.Time
	code       *int
	words      string
	failure    string
	createdAt  time.Time
	sentAt     time.Time
}

// outgoing is what a document needs besides itself to go.
type outgoing struct {
	rank  int
	ebmid string
	topic string        // takes the place of what waits under the same topic; empty for none
	lasts time.Duration // after which it no longer matters; 0 for a day
}

// document makes the envelope of a body for a peer.
func (d *Desk) document(ctx context.Context, p *Peer, body any, of ebd.EBDID) (*ebd.Document, error) {
	seq, err := d.seqs.take(ctx)
	if err != nil {
		return nil, err
	}
	id, err := ebd.NewEBDID(ebd.EBDOther, d.Self.Code, seq)
	if err != nil {
		return nil, err
	}
	doc := &ebd.Document{EBDID: id, SRC: &ebd.Source{EBRID: d.Self.Code, URL: d.URL}, EBDTime: ebd.At(d.Clock.Now()), Body: body}
	if p.Code.Validate(ebd.GDJ2018) == nil {
		doc.DEST = &ebd.Ref{EBRID: p.Code}
	}
	if of.Validate(ebd.GDJ2018) == nil {
		doc.RelatedEBD = &ebd.Related{EBDID: of}
	}
	return doc, nil
}

// row is the record of a document that is to go to a peer.
func (d *Desk) row(p *Peer, doc *ebd.Document, o outgoing) (*dispatch, error) {
	raw, err := doc.Encode(ebd.GDJ2018)
	if err != nil {
		return nil, err
	}
	if o.lasts == 0 {
		o.lasts = 24 * time.Hour
	}
	now := d.Clock.Now()
	read, _, err := ebd.Decode(raw)
	if err != nil {
		return nil, err
	}
	return &dispatch{id: store.NewID(now), peer: p.ID, regionPath: p.RegionPath, ebdid: string(doc.EBDID), kind: read.EBDType, ebmid: o.ebmid, topic: o.topic,
		document: string(raw), rank: o.rank, state: toSend, nextAt: now, untilAt: now.Add(o.lasts), createdAt: now}, nil
}

// post has a document sent to a peer by its worker.
func (d *Desk) post(ctx context.Context, p *Peer, doc *ebd.Document, o outgoing) error {
	return d.postWith(ctx, p, []*ebd.Document{doc}, o, nil)
}

// postWith has documents sent; what also does commits with them.
func (d *Desk) postWith(ctx context.Context, p *Peer, docs []*ebd.Document, o outgoing, also func(tx *store.Tx) error) error {
	var rows []*dispatch
	for _, doc := range docs {
		row, err := d.row(p, doc, o)
		if err != nil {
			return err
		}
		if p.URL == "" { // nobody to send to: it is on record, and that is all
			row.state, row.nextAt, row.failure = givenUp, time.Time{}, "no address is known"
		}
		rows = append(rows, row)
	}
	err := d.DB.Housekeep(ctx, func(tx *store.Tx) error {
		if o.topic != "" {
			if err := supersede(ctx, tx, p.ID, o.topic); err != nil {
				return err
			}
		}
		for _, row := range rows {
			if err := insertDispatch(ctx, tx, row); err != nil {
				return err
			}
		}
		if also != nil {
			return also(tx)
		}
		return nil
	})
	if err == nil {
		d.wake(p.ID)
	}
	return err
}

// unfit is why a peer that answers does not take one package: what stands behind it may go all the
// same.
type unfit struct{ error }

// maxAside is how many packages that are unfit are passed over.
const maxAside = 50

// lookOut sends what is due, in order, the most urgent first. A peer that does not answer holds up
// what is for it, and for nobody else.
func (w *worker) lookOut(ctx context.Context) (more bool, err error) {
	for after := 0; after <= min(len(w.aside), maxAside); after++ {
		s, err := dueDispatch(ctx, w.desk.DB, w.peer.ID, after)
		if err != nil {
			return false, err
		}
		if s == nil {
			if after == 0 {
				clear(w.aside)
			}
			return false, nil
		}
		if !w.aside[s.id] || !s.nextAt.After(w.desk.Clock.Now()) {
			return w.sendDue(ctx, s)
		}
	}
	return false, nil
}

// sendDue sends a package if its time has come.
func (w *worker) sendDue(ctx context.Context, s *dispatch) (more bool, err error) {
	now := w.desk.Clock.Now()
	switch {
	case !s.untilAt.After(now):
		s.state, s.nextAt = givenUp, time.Time{}
		return true, w.keepSent(ctx, s)
	case s.nextAt.After(now):
		return false, nil
	}
	r, failure := w.transmit(ctx, s)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	answered := failure == nil
	failure = w.note(s, r, failure)
	if errors.As(failure, new(unfit)) {
		answered, w.aside[s.id] = true, true
	}
	w.feelSent(failure)
	return answered, w.keepSent(ctx, s)
}

// note takes a receipt, or what kept it from coming, into the record of what was sent.
func (w *worker) note(s *dispatch, r receipt, failure error) error {
	now := w.desk.Clock.Now()
	s.attempts++
	if failure == nil {
		code := int(r.code)
		s.code, s.words = &code, heard(r.words, 300)
		switch r.code {
		case ebd.ResultReceived, ebd.ResultGood:
			s.state, s.nextAt, s.sentAt, s.failure = sent, time.Time{}, now, ""
			return nil
		case ebd.ResultBadSignature: // certificates may be on their way
			failure = unfit{fmt.Errorf("receipt %d %s", r.code, r.words)}
		default:
			s.state, s.nextAt, s.failure = declined, time.Time{}, heard(fmt.Sprintf("receipt %d %s", r.code, r.words), 300)
			return errors.New(s.failure)
		}
	}
	s.failure = heard(failure.Error(), 300)
	s.nextAt = now.Add(output.Pause(s.attempts))
	return failure
}

// feelSent notes how the peer is, to which something was just sent.
func (w *worker) feelSent(failure error) {
	w.desk.feel(w.peer.ID, func(h *Health, now time.Time) {
		if failure != nil {
			h.FailedAt, h.Failure = now, heard(failure.Error(), 300)
		} else {
			h.AnsweredAt = now
		}
	})
}

// keepSent keeps what became of a package that goes.
func (w *worker) keepSent(ctx context.Context, s *dispatch) error {
	d := w.desk
	if s.state != toSend && s.rank == rankReport {
		s.document = "" // what the register holds need not be kept twice
	}
	untold := s.state == givenUp && s.rank == rankReport && s.topic == "" // it is told of all there is when it is there again
	err := d.DB.Housekeep(ctx, func(tx *store.Tx) error {
		if untold {
			if err := putTold(ctx, tx, s.peer, Told{}); err != nil {
				return err
			}
		}
		return updateDispatch(ctx, tx, s)
	})
	d.Live.Tell("alert.peer_package", d.Read, w.peer.RegionPath, map[string]any{"id": s.id, "peer": w.peer.ID, "type": s.kind, "state": s.state})
	return err
}

// transmit signs a package and posts it: the same document each time, under the key of now.
func (w *worker) transmit(ctx context.Context, s *dispatch) (receipt, error) {
	pkg, err := w.desk.pack(ctx, s)
	if err != nil {
		return receipt{}, unfit{err}
	}
	return w.client.post(ctx, pkg, w.desk.Clock.Now())
}

// pack makes the package of a record.
func (d *Desk) pack(ctx context.Context, s *dispatch) (*ebd.Package, error) {
	doc, _, err := ebd.Decode([]byte(s.document))
	if err != nil {
		return nil, err
	}
	var files []ebd.File
	named := map[string]bool{}
	for _, r := range s.resources {
		if named[r.Name] {
			continue
		}
		named[r.Name] = true
		data, err := d.object(ctx, r.SM3)
		if err != nil {
			return nil, err
		}
		files = append(files, ebd.File{Name: r.Name, Data: data})
	}
	pkg := &ebd.Package{Document: doc, Body: &ebd.File{Name: ebd.GDJ2018.Files.Document + s.ebdid + ".xml", Data: []byte(s.document)}, Resources: files}
	return pkg, pkg.Sign(ebd.GDJ2018, d.signer(), d.Clock.Now())
}

// object is what lies under a digest.
func (d *Desk) object(ctx context.Context, digest string) ([]byte, error) {
	f, err := d.Shelf.Blobs.Open(ctx, blob.DigestKey(digest))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxPackage))
}
