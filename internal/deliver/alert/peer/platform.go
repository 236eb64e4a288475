package peer

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/ebm"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// KindPlatform is an output that carries messages to a peer.
const KindPlatform = "platform"

// PlatformSettings name the peer.
type PlatformSettings struct {
	Peer string `json:"peer"`
}

// Driver makes outputs that carry messages to peers.
func (d *Desk) Driver() output.Driver {
	return output.Driver{Patience: patience + 5*time.Second, Within: []message.Kind{message.PlatformDrill, message.HeadEndDrill},
		Check: func(raw json.RawMessage) error {
			_, err := d.platformOf(raw)
			return err
		},
		Open: func(c output.Config) (output.Output, error) {
			p, err := d.platformOf(c.Settings)
			if err != nil {
				return nil, err
			}
			return &platform{desk: d, output: c.ID, peer: p.ID}, nil
		}}
}

func (d *Desk) platformOf(raw json.RawMessage) (*Peer, error) {
	var s PlatformSettings
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, fault.Bad("settings", "alert.output.settings", fault.Args{"error": err})
	}
	p := d.byID(s.Peer)
	if p == nil {
		return nil, fault.Bad("settings.peer", "alert.peer.not_found")
	}
	return p, nil
}

// platform carries messages to one peer.
type platform struct {
	desk   *Desk
	output string
	peer   string
}

func (o *platform) Close() {}

// Carry sends the EBM of a parcel: the same package for each attempt, so that the far side
// knows it again.
func (o *platform) Carry(ctx context.Context, parcel *output.Parcel) (output.Result, error) {
	d := o.desk
	p := d.byID(o.peer)
	switch {
	case p == nil:
		return output.Result{}, &output.Refused{Why: "the platform is no longer registered"}
	case !p.Enabled:
		return output.Result{}, errors.New("the platform is disabled")
	}
	if parcel.Act == output.Stop {
		return o.stop(ctx, p, parcel)
	}
	if parcel.Message.Origin.Source == p.ID {
		return output.Result{State: output.Done, Proof: Proof{Platform: string(p.Code), Words: "the message came from there"}}, nil
	}
	return o.carry(ctx, p, parcel.Task, parcel.Message, parcel.Places, parcel.Act == output.Cancel)
}

func (o *platform) carry(ctx context.Context, p *Peer, task string, msg *message.Message, places []output.Place, cancel bool) (output.Result, error) {
	s, err := taskDispatch(ctx, o.desk.DB, task, msg.ID)
	if err == nil && s == nil {
		s, err = o.compose(ctx, p, task, msg, places, cancel)
	}
	if err != nil {
		return output.Result{}, err
	}
	proof := Proof{Platform: string(p.Code), EBMID: s.ebmid}
	for _, place := range places {
		proof.Wider = proof.Wider || place.Part
	}
	switch s.state {
	case sent:
		return output.Result{State: output.Accepted, Proof: proof}, nil
	case declined:
		return output.Result{}, &output.Refused{Why: s.failure}
	}
	w := o.desk.workerOf(p.ID)
	if w == nil {
		return output.Result{}, errors.New("the platform is not listened to just now")
	}
	r, failure := w.transmit(ctx, s)
	if ctx.Err() != nil && failure != nil {
		return output.Result{}, failure
	}
	failure = w.note(s, r, failure)
	s.nextAt = time.Time{} // the output tries again, not the worker
	w.feelSent(failure)
	if err := w.keepSent(ctx, s); err != nil {
		return output.Result{}, err
	}
	if s.state == declined {
		return output.Result{}, &output.Refused{Why: s.failure}
	}
	proof.Words = s.words
	return output.Result{State: output.Accepted, Proof: proof}, failure
}

// compose writes the package of a task down before it is sent for the first time.
func (o *platform) compose(ctx context.Context, p *Peer, task string, msg *message.Message, places []output.Place, cancel bool) (*dispatch, error) {
	d := o.desk
	areas := within(p, places)
	if len(areas) == 0 {
		return nil, &output.Refused{Why: "it covers none of the message's places"}
	}
	last, err := lastCarried(ctx, d.DB, o.output, msg.ID)
	if err != nil {
		return nil, err
	}
	out := ebm.Outgoing{EBMID: msg.EBMID, SenderName: d.Self.Name, SenderCode: d.Self.Code, Areas: areas, At: d.Clock.Now(), Cancel: cancel}
	doc, err := d.document(ctx, p, nil, "")
	if err != nil {
		return nil, err
	}
	var s *dispatch
	err = d.DB.Housekeep(store.Vital(ctx), func(tx *store.Tx) error {
		if last != nil || cancel {
			if out.EBMID, err = d.Messages.Number(ctx, tx); err != nil {
				return err
			}
			out.Earlier = msg.EBMID
			if last != nil {
				out.Earlier = ebd.EBMID(last.ebmid)
			}
		}
		doc.Body = ebm.Write(msg, out)
		if s, err = d.row(p, doc, outgoing{rank: rankOf(doc), ebmid: string(out.EBMID)}); err != nil {
			return &output.Refused{Why: heard(err.Error(), 300)}
		}
		s.output, s.task, s.messageID, s.number, s.nextAt = o.output, task, msg.ID, msg.Current.Number, time.Time{}
		if !cancel {
			s.resources = ebm.Resources(&msg.Current.Content)
		}
		return insertDispatch(ctx, tx, s)
	})
	return s, err
}

// within are the codes of a message's places as far as a peer covers them.
func within(p *Peer, places []output.Place) (codes []string) {
	for _, place := range places {
		code := ""
		switch {
		case strings.HasPrefix(place.Path, p.RegionPath):
			code = place.Code
		case strings.HasPrefix(p.RegionPath, place.Path):
			code = p.RegionCode
		}
		if code != "" && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	return codes
}

// stop cancels at a peer every message that it was given and that a stop took off the air
// everywhere it covers. One that the peer does not take keeps no other on the air.
func (o *platform) stop(ctx context.Context, p *Peer, parcel *output.Parcel) (output.Result, error) {
	list, err := standing(ctx, o.desk.DB, o.output, parcel.Task, o.desk.Clock.Now())
	if err != nil {
		return output.Result{}, err
	}
	stopped := 0
	var failed, refused error
	for _, id := range list {
		if ctx.Err() != nil {
			return output.Result{}, errors.Join(failed, ctx.Err())
		}
		told, err := o.stopOne(ctx, p, parcel, id)
		var no *output.Refused
		switch {
		case errors.As(err, &no):
			refused = no
		case err != nil:
			failed = errors.Join(failed, err)
		case told:
			stopped++
		}
	}
	if err := cmp.Or(failed, refused); err != nil {
		return output.Result{}, err
	}
	return output.Result{State: output.Done, Proof: Proof{Platform: string(p.Code), Words: fmt.Sprintf("%d messages", stopped)}}, nil
}

// stopOne cancels one message at a peer, and says whether the stop concerned it. A message that
// goes on elsewhere in the peer's region is told again without the places that were stopped.
func (o *platform) stopOne(ctx context.Context, p *Peer, parcel *output.Parcel, id string) (bool, error) {
	f, err := o.desk.Messages.Faring(ctx, id)
	if err != nil {
		return false, err
	}
	left := slices.DeleteFunc(slices.Clone(f.Places), func(place output.Place) bool {
		return slices.ContainsFunc(parcel.Places, func(s output.Place) bool { return strings.HasPrefix(place.Path, s.Path) })
	})
	over := !f.Message.State.Open() || len(within(p, left)) == 0
	if !over && len(left) == len(f.Places) {
		return false, nil // the stop lies elsewhere, or within one of its places, which codes of whole regions cannot tell
	}
	places := left
	if over {
		places = f.Places
	}
	_, err = o.carry(ctx, p, parcel.Task, f.Message, places, over)
	return true, err
}

func (d *Desk) workerOf(id string) *worker {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.workers[id]
}
