package peer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// maxItems is how many resources or log entries stand in one document.
const maxItems = 1000

// The kinds of resources, by the element of GD/J 083 that each stands in.
const (
	platforms  = "EBRPS"
	stations   = "EBRST"
	adapters   = "EBRAS"
	equipments = "EBRBS"
	terminals  = "EBRDT"
)

// kinds lists them, those first that others belong to.
var kinds = []string{platforms, stations, adapters, equipments, terminals}

// kindOf is the element that a resource stands in: its code says what it is (080 tables 4, 5).
func kindOf(c ebd.ResourceCode) string {
	switch c.Subtype() {
	case ebd.SubtypeAdapter:
		return adapters
	case ebd.SubtypeTransmitter:
		return equipments
	case ebd.SubtypeTerminal:
		return terminals
	}
	if t := c.Type(); len(t) > 1 && t[:2] != "01" {
		return stations
	}
	return platforms
}

// tellRegister tells platforms above of what there is here and how it is: all of it once, and
// then what changed.
func (d *Desk) tellRegister(ctx context.Context) (err error) {
	for _, p := range d.each(Upper) {
		if p.URL == "" {
			continue
		}
		err = errors.Join(err, d.tellOne(ctx, p))
	}
	return err
}

func (d *Desk) tellOne(ctx context.Context, p *Peer) error {
	if unsent, err := reportsUnsent(ctx, d.DB, p.ID); err != nil || unsent {
		return err // what it was told last has not got there
	}
	told, err := toldOf(ctx, d.DB, p.ID) // after that: what is given up meanwhile sets it back
	if err != nil {
		return err
	}
	now := d.Clock.Now()
	next := Told{Info: now, State: now}
	var docs []*ebd.Document
	for _, states := range []bool{false, true} {
		since := told.Info
		if states {
			since = told.State
		}
		bodies, err := d.reports(ctx, kinds, states, since, time.Time{}, since.IsZero())
		if err != nil {
			return err
		}
		for _, body := range bodies {
			doc, err := d.document(ctx, p, body, "")
			if err != nil {
				return err
			}
			docs = append(docs, doc)
		}
	}
	if len(docs) == 0 {
		return nil
	}
	return d.postWith(ctx, p, docs, outgoing{rank: rankReport}, func(tx *store.Tx) error { return putTold(ctx, tx, p.ID, next) })
}

// reports are the documents of resources of some kinds whose entry, or state, changed between
// two times, at most a thousand to a document. Of a kind without any there is none, unless all
// were asked for.
func (d *Desk) reports(ctx context.Context, kinds []string, states bool, since, until time.Time, full bool) (bodies []any, err error) {
	now := d.Clock.Now()
	params := &ebd.Params{RptType: ebd.RptIncremental, RptEndTime: ebd.At(now)}
	if full {
		params.RptType = ebd.RptFull
	}
	if !since.IsZero() {
		params.RptStartTime = ebd.At(since)
	}
	pages, any := map[string]*reporter{}, map[string]bool{}
	for _, kind := range kinds {
		pages[kind] = &reporter{self: d.Self, params: params}
	}
	take := func(t Thing) {
		at, kind := t.Changed, kindOf(t.Code)
		if states {
			at = t.StateAt
		}
		r := pages[kind]
		if r == nil || states && kind == stations || !until.IsZero() && at.After(until) || full && t.Gone || states && t.Gone { // the standard has no states of stations
			return
		}
		any[kind] = true
		if r.add(kind, states, t, at); r.count == maxItems {
			bodies = append(bodies, r.end())
		}
	}
	if full {
		self := d.Self
		self.Changed, self.StateAt = now, now
		take(self)
	}
	for after, more := ebd.ResourceCode(""), d.Resources != nil; more; {
		list, err := d.Resources.Things(ctx, since, states, after, maxItems)
		if err != nil {
			return nil, err
		}
		for _, t := range list {
			take(t)
		}
		if more = len(list) == maxItems; more {
			after = list[len(list)-1].Code
		}
	}
	for _, kind := range kinds {
		r := pages[kind]
		if full && !any[kind] && !(states && kind == stations) {
			r.begin(kind, states)
		}
		if r.body != nil {
			bodies = append(bodies, r.end())
		}
	}
	return bodies, nil
}

// reporter fills documents with resources.
type reporter struct {
	self   Thing
	params *ebd.Params
	body   any
	count  int
}

func (r *reporter) end() any {
	body := r.body
	r.body, r.count = nil, 0
	return body
}

func (r *reporter) begin(kind string, states bool) {
	switch {
	case states && kind == platforms:
		r.body = &ebd.EBRPSState{}
	case states && kind == adapters:
		r.body = &ebd.EBRASState{}
	case states && kind == equipments:
		r.body = &ebd.EBRBSState{}
	case states:
		r.body = &ebd.EBRDTState{}
	case kind == platforms:
		r.body = &ebd.EBRPSInfo{Params: r.params}
	case kind == stations:
		r.body = &ebd.EBRSTInfo{Params: r.params}
	case kind == adapters:
		r.body = &ebd.EBRASInfo{Params: r.params}
	case kind == equipments:
		r.body = &ebd.EBRBSInfo{Params: r.params}
	default:
		r.body = &ebd.EBRDTInfo{Params: r.params}
	}
}

func (r *reporter) add(kind string, states bool, t Thing, at time.Time) {
	if r.body == nil {
		r.begin(kind, states)
	}
	r.count++
	how := ebd.RptSync
	if t.Gone {
		how = ebd.RptDelete
	}
	when, belongs := ebd.At(at), &ebd.Ref{EBRID: r.self.Code}
	lon, lat := said(t.Lon, "0"), said(t.Lat, "0")
	state := ebd.State{RptTime: when, EBRID: t.Code, StateCode: t.State, StateDesc: said(t.Words, "未知")}
	switch b := r.body.(type) {
	case *ebd.EBRPSState:
		b.EBRPS = append(b.EBRPS, state)
	case *ebd.EBRASState:
		b.EBRAS = append(b.EBRAS, state)
	case *ebd.EBRBSState:
		b.EBRBS = append(b.EBRBS, state)
	case *ebd.EBRDTState:
		b.EBRDT = append(b.EBRDT, ebd.TerminalState(state))
	case *ebd.EBRPSInfo:
		b.EBRPS = append(b.EBRPS, ebd.Platform{RptTime: when, RptType: how, EBRID: t.Code, EBRName: t.Name, Address: said(t.Address, "未登记"), Contact: said(t.Contact, "未登记"),
			PhoneNumber: said(t.Phone, "未登记"), Longitude: lon, Latitude: lat, URL: said(urlOf(r.self, t), "未登记")})
	case *ebd.EBRSTInfo:
		b.EBRST = append(b.EBRST, ebd.Station{RptTime: when, RptType: how, RelatedEBRPS: belongs, EBRID: t.Code, EBRName: t.Name, Address: said(t.Address, "未登记"),
			Contact: said(t.Contact, "未登记"), PhoneNumber: said(t.Phone, "未登记"), Longitude: lon, Latitude: lat})
	case *ebd.EBRASInfo:
		b.EBRAS = append(b.EBRAS, ebd.Adapter{RptTime: when, RptType: how, RelatedEBRPS: belongs, EBRID: t.Code, EBRName: t.Name, Longitude: lon, Latitude: lat, URL: "未登记"})
	case *ebd.EBRBSInfo:
		b.EBRBS = append(b.EBRBS, ebd.Equipment{RptTime: when, RptType: how, RelatedEBRPS: belongs, EBRID: t.Code, EBRName: t.Name, Longitude: lon, Latitude: lat,
			Square: "0", AreaCode: said(t.Region, string(t.Code.Area())), Population: "0", LanguageCode: "zho", EquipRoom: said(t.Address, "未登记")})
	case *ebd.EBRDTInfo:
		b.EBRDT = append(b.EBRDT, ebd.Terminal{RptTime: when, RptType: how, RelatedEBRPS: belongs, EBRID: t.Code, EBRName: t.Name, Longitude: lon, Latitude: lat})
	}
}

// said is a mandatory text, or what stands for one that nobody knows.
func said(text, unknown string) string {
	if text == "" {
		return unknown
	}
	return text
}

func urlOf(self, t Thing) string {
	if t.Code == self.Code {
		return t.URL
	}
	return ""
}

// askedFor answers a request for data, each document on a connection of its own; what there is
// none of is told by a notice.
func (w *worker) askedFor(ctx context.Context, e *entry, doc *ebd.Document, b *ebd.OMDRequest) error {
	d := w.desk
	var since, until time.Time
	full := true
	if p := b.Params; p != nil {
		since, _ = p.RptStartTime.Time()
		until, _ = p.RptEndTime.Time()
		full = p.RptType != ebd.RptIncremental
	}
	if full {
		since, until = time.Time{}, time.Time{}
	}
	var bodies []any
	var err error
	kind, ofInfo := strings.CutSuffix(b.OMDType, "Info")
	kind, ofState := strings.CutSuffix(kind, "State")
	decline := func(words, note string) error {
		if err := w.notify(ctx, e, doc, ebd.ResultOther, words); err != nil {
			return err
		}
		return w.settled(ctx, e, failed, note)
	}
	switch {
	case w.peer.Direction != Upper: // whose people and devices these are is nothing to those below
		return decline("运维数据只提供给上级平台", "only platforms above are told of what there is here")
	case b.OMDType == "EBMBrdLog":
		bodies, err = d.logs(ctx, w.peer, b.Params)
	case ofInfo != ofState && slices.Contains(kinds, kind):
		bodies, err = d.reports(ctx, []string{kind}, ofState, since, until, full)
	default:
		return decline("没有这种运维数据："+b.OMDType, "there is no such kind of data")
	}
	if err != nil {
		return err
	}
	if len(bodies) == 0 {
		if err := w.notify(ctx, e, doc, ebd.ResultGood, "所请求的时间内没有数据"); err != nil {
			return err
		}
		return w.settled(ctx, e, done, "nothing to tell")
	}
	var docs []*ebd.Document
	for _, body := range bodies {
		reply, err := d.document(ctx, w.peer, body, doc.EBDID)
		if err != nil {
			return err
		}
		docs = append(docs, reply)
	}
	e.state, e.note = done, fmt.Sprintf("%d documents", len(docs))
	return d.postWith(ctx, w.peer, docs, outgoing{rank: rankReport, topic: "reply:" + e.id}, func(tx *store.Tx) error { return settle(ctx, tx, e) })
}

// maxLogs is how many messages one request for logs is told of.
const maxLogs = 10 * maxItems

// logs are what was broadcast in a time: without one, in the last month.
func (d *Desk) logs(ctx context.Context, p *Peer, params *ebd.Params) (bodies []any, err error) {
	now := d.Clock.Now()
	from, to := now.AddDate(0, -1, 0), now
	if params != nil {
		if at, err := params.RptStartTime.Time(); err == nil {
			from = at
		}
		if at, err := params.RptEndTime.Time(); err == nil {
			to = at
		}
	}
	ids, err := d.Messages.Between(ctx, from, to, maxLogs)
	if err != nil {
		return nil, err
	}
	log := func() *ebd.EBMBrdLog {
		return &ebd.EBMBrdLog{Params: &ebd.LogParams{RptStartTime: ebd.At(from), RptEndTime: ebd.At(to)}}
	}
	page := log()
	for _, id := range ids {
		f, err := d.Messages.Faring(ctx, id)
		if err != nil {
			return nil, err
		}
		name, err := ebmidFrom(ctx, d.DB, p.ID, id)
		if err != nil {
			return nil, err
		}
		if name == "" {
			name = string(f.Message.EBMID)
		}
		page.EBMBrdItem = append(page.EBMBrdItem, d.logItem(f, name, stateOf(f, now), now))
		if len(page.EBMBrdItem) == maxItems {
			bodies, page = append(bodies, page), log()
		}
	}
	if len(page.EBMBrdItem) > 0 {
		bodies = append(bodies, page)
	}
	return bodies, nil
}
