package peer

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/ebm"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// coverEvery is how often at most a peer is told how far a message that plays has got.
const coverEvery = 5 * time.Second

// told is a message of a peer's, and what the peer was told of it last.
type told struct {
	peer, ebmid, messageID string
	state                  int
	rate                   string
	at                     time.Time
}

// follow tells peers how their messages are faring: each change of state at once, how many
// were reached now and then, and a log when all is over.
func (d *Desk) follow(ctx context.Context) (err error) {
	list, err := openMessages(ctx, d.DB, d.Clock.Now().Add(-lookAfter), lookAtOnce)
	if err != nil {
		return err
	}
	revisions := make([]int64, len(list))
	for i, t := range list {
		if p := d.byID(t.peer); p != nil && p.Enabled {
			revision, failure := d.followOne(ctx, p, t)
			revisions[i] = revision
			err = errors.Join(err, failure)
		}
	}
	if len(list) == 0 {
		return err
	}
	return errors.Join(err, d.DB.Housekeep(ctx, func(tx *store.Tx) error {
		for i, t := range list {
			if err := looked(ctx, tx, t, revisions[i]); err != nil {
				return err
			}
		}
		return nil
	}))
}

// How long a message on the air is not looked at again though nothing changed, and how many
// are looked at together.
const (
	lookAfter  = time.Second
	lookAtOnce = 200
)

// lastWords is how long the last receipts of a message that is over may take.
const lastWords = 5 * time.Second

// followOne tells a peer of one of its messages if there is anything to tell.
func (d *Desk) followOne(ctx context.Context, p *Peer, t told) (revision int64, err error) {
	f, err := d.Messages.Faring(ctx, t.messageID)
	if err != nil {
		return 0, err
	}
	now, revision := d.Clock.Now(), f.Message.Revision
	state, rate := stateOf(f, now), rateOf(f)
	over := f.Message.State == message.Ended || f.Message.State == message.Discarded
	if f.Message.EndReason == message.Expired && now.Sub(f.Message.EndedAt) < lastWords {
		return revision, nil // the last receipts are on their way
	}
	if int(state) == t.state && !over && (state != ebd.BrdPlaying || rate == t.rate || now.Sub(t.at) < coverEvery) {
		return revision, nil
	}
	doc, err := d.document(ctx, p, d.stateResponse(f, t.ebmid, state, now), "")
	if err != nil {
		return 0, err
	}
	docs := []*ebd.Document{doc}
	if over && !f.Message.IssuedAt.IsZero() {
		log, err := d.document(ctx, p, &ebd.EBMBrdLog{Params: &ebd.LogParams{RptStartTime: ebd.At(f.Message.IssuedAt), RptEndTime: ebd.At(now)},
			EBMBrdItem: []ebd.EBMBrdItem{d.logItem(f, t.ebmid, state, now)}}, "")
		if err != nil {
			return 0, err
		}
		docs = append(docs, log)
	}
	t.state, t.rate, t.at = int(state), rate, now
	return revision, d.postWith(ctx, p, docs, outgoing{rank: rankState, ebmid: t.ebmid, topic: fmt.Sprintf("state:%s:%d", t.ebmid, state), lasts: 7 * 24 * time.Hour},
		func(tx *store.Tx) error { return putFollowed(ctx, tx, t, over) })
}

// stateOf is the broadcast state of a message (083 table 7).
func stateOf(f Faring, now time.Time) ebd.BrdState {
	msg := f.Message
	switch msg.State {
	case message.Issued, message.InProgress:
		if f.Begun || msg.State == message.InProgress && !msg.StartsAt.After(now) {
			return ebd.BrdPlaying
		}
		return ebd.BrdWaiting
	case message.Ended:
		switch {
		case msg.EndReason != message.Expired:
			return ebd.BrdCancelled
		case f.Targets > 0 && f.Reached < f.Targets || f.Targets == 0 && msg.Kind.ReachesTerminals():
			return ebd.BrdFailed // in part, or nobody was there
		}
		return ebd.BrdDone
	case message.Discarded:
		return ebd.BrdCancelled
	}
	return ebd.BrdUntouched
}

func stateWords(f Faring, s ebd.BrdState) string {
	word := map[ebd.BrdState]string{ebd.BrdUntouched: "等待本级人员处理", ebd.BrdWaiting: "等待播发", ebd.BrdPlaying: "播发中", ebd.BrdDone: "播发成功",
		ebd.BrdFailed: "部分终端未播发", ebd.BrdCancelled: "播发取消"}[s]
	if s == ebd.BrdFailed && f.Reached == 0 {
		word = "播发失败，没有终端播发"
	}
	if f.Targets > 0 {
		word += fmt.Sprintf("：应播终端%d，已播%d，经监听证实%d，失败%d", f.Targets, f.Reached, f.Heard, f.Failed)
	}
	return word
}

func rateOf(f Faring) string {
	if f.Targets == 0 {
		return "0"
	}
	return strconv.FormatFloat(float64(f.Reached*1000/f.Targets)/1000, 'f', -1, 64)
}

// coverage is what a message reached: platforms, adapters and transmitters that were called on
// are none of this house's own, so the terminals stand last.
func coverage(f Faring) *ebd.BrdCoverage {
	return &ebd.BrdCoverage{CoverageRate: rateOf(f), AreaCode: areasOf(f), ResBrdStat: fmt.Sprintf("1,0,0,%d", f.Reached)}
}

func areasOf(f Faring) string {
	var codes []string
	for _, p := range f.Places {
		codes = append(codes, p.Code)
	}
	return strings.Join(codes, ",")
}

// stateResponse tells how a message stands. The standard lists single transmitters there; what
// this house has are terminals, which it tells in figures.
func (d *Desk) stateResponse(f Faring, ebmid string, state ebd.BrdState, now time.Time) *ebd.EBMStateResponse {
	r := &ebd.EBMStateResponse{RptTime: ebd.At(now), EBM: &ebd.EBMRef{EBMID: ebd.EBMID(ebmid)}, BrdStateCode: state, BrdStateDesc: stateWords(f, state), ResBrdInfo: &ebd.ResBrdInfo{}}
	if areasOf(f) != "" && !f.Message.IssuedAt.IsZero() {
		r.Coverage = coverage(f)
	}
	return r
}

// logItem is a log's entry on a message.
func (d *Desk) logItem(f Faring, id string, state ebd.BrdState, now time.Time) ebd.EBMBrdItem {
	msg := f.Message
	item := ebd.EBMBrdItem{EBM: &ebd.LoggedEBM{EBMID: ebd.EBMID(id)}, BrdStateCode: state, BrdStateDesc: stateWords(f, state),
		UnitInfo:   &ebd.UnitInfo{Unit: []ebd.Unit{{EBRPS: &ebd.Ref{EBRID: d.Self.Code}, UnitID: string(d.Self.Code), UnitName: d.Self.Name, PersonID: msg.CreatedBy.ID, PersonName: msg.CreatedBy.Name}}},
		ResBrdInfo: &ebd.ResBrdInfo{}}
	if v := msg.Shown(); v != nil {
		at := *msg
		at.Current = v
		full := ebm.Write(&at, ebm.Outgoing{EBMID: ebd.EBMID(id), SenderName: d.Self.Name, SenderCode: d.Self.Code, Areas: strings.Split(areasOf(f), ","), At: now})
		item.EBM.MsgBasicInfo = full.MsgBasicInfo
		if len(full.MsgContent) > 0 {
			c := full.MsgContent[0]
			item.EBM.MsgContent = &ebd.LoggedText{LanguageCode: c.LanguageCode, MsgTitle: c.MsgTitle, MsgDesc: c.MsgDesc, AreaCode: c.AreaCode}
		}
	}
	if areasOf(f) != "" {
		item.Coverage = coverage(f)
	}
	return item
}

// askedHow answers how a message is faring, on a connection of its own.
func (w *worker) askedHow(ctx context.Context, e *entry, doc *ebd.Document, b *ebd.EBMStateRequest) error {
	d, id := w.desk, string(b.EBM.EBMID)
	messageID, err := messageOf(ctx, d.DB, w.peer.ID, id)
	if err != nil {
		return err
	}
	body := &ebd.EBMStateResponse{RptTime: ebd.At(d.Clock.Now()), EBM: b.EBM, BrdStateCode: ebd.BrdUntouched, BrdStateDesc: "本平台没有收到该消息", ResBrdInfo: &ebd.ResBrdInfo{}}
	if messageID != "" {
		f, err := d.Messages.Faring(ctx, messageID)
		if err != nil {
			return err
		}
		now := d.Clock.Now()
		body = d.stateResponse(f, id, stateOf(f, now), now)
	}
	return w.reply(ctx, e, doc, body, rankState, string(body.BrdStateDesc))
}

// reply answers a package on a connection of its own. The answer stands on record before the
// package is done, under a topic of its own, so that one made twice goes once.
func (w *worker) reply(ctx context.Context, e *entry, of *ebd.Document, body any, rank int, note string) error {
	d := w.desk
	doc, err := d.document(ctx, w.peer, body, of.EBDID)
	if err != nil {
		return err
	}
	e.state, e.note = done, note
	return d.postWith(ctx, w.peer, []*ebd.Document{doc}, outgoing{rank: rank, ebmid: e.ebmid, topic: "reply:" + e.id}, func(tx *store.Tx) error { return settle(ctx, tx, e) })
}
