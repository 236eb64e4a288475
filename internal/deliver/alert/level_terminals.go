package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/link"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// The node above knows the terminals of those below: whom an area reaches, what they are
// called, and which are connected. A list has a digest; while that stays the same only a
// bit for each terminal travels.

const (
	terminalPage = 1500
	maxTerminals = 200_000          // of one node below, and of those below it
	listFresh    = 15 * time.Second // a list is made anew at most so often,
	listShare    = 100              // and takes so small a share of the time,
	listStale    = 5 * time.Minute  // unless it would become too old
)

type terminalQuestion struct {
	Digest string `json:"digest"`
	After  string `json:"after"`
}

type terminalAnswer struct {
	Digest    string              `json:"digest"`
	Total     int                 `json:"total"`
	Online    []byte              `json:"online,omitempty"` // a bit for each, in order of code; where the digest is the asker's
	Terminals []delivery.Terminal `json:"terminals,omitempty"`
}

// roll is a list of terminals in order of code.
type roll struct {
	digest string
	list   []delivery.Terminal
	until  time.Time // when it is made anew
}

func newRoll(list []delivery.Terminal) *roll {
	for i := range list {
		list[i].Online = false
	}
	slices.SortFunc(list, func(a, b delivery.Terminal) int { return strings.Compare(string(a.Code), string(b.Code)) })
	raw, _ := json.Marshal(list) // plain structs always marshal
	return &roll{digest: blob.Digest(raw), list: list}
}

// tellTerminals tells the node above of all that this one and those below it send to.
func (m *Module) tellTerminals(ctx context.Context, to link.Node, raw []byte) ([]byte, error) {
	var q terminalQuestion
	if err := m.read(raw, &q); err != nil {
		return nil, err
	}
	if !to.Above {
		return nil, errors.New("alert: terminals are told upward only")
	}
	r, err := m.roll(ctx)
	if err != nil {
		return nil, err
	}
	out := terminalAnswer{Digest: r.digest, Total: len(r.list)}
	if q.Digest == r.digest {
		out.Online = make([]byte, (len(r.list)+7)/8)
		for i := range r.list {
			if m.Terminals.Online(r.list[i].Code) {
				out.Online[i/8] |= 1 << (i % 8)
			}
		}
	} else {
		at, found := slices.BinarySearchFunc(r.list, q.After, func(t delivery.Terminal, code string) int { return strings.Compare(string(t.Code), code) })
		if found {
			at++
		}
		out.Terminals = r.list[at:min(at+terminalPage, len(r.list))]
	}
	return json.Marshal(out)
}

func (m *Module) roll(ctx context.Context) (*roll, error) {
	m.rolling.Lock()
	defer m.rolling.Unlock()
	began := m.Clock.Now()
	if m.rolled != nil && began.Before(m.rolled.until) {
		return m.rolled, nil
	}
	home, err := m.Regions.RegionAt(ctx, m.Home)
	if err != nil {
		return nil, err
	}
	list, err := (ownTerminals{m.Terminals, m.Home}).Within(ctx, wire.Area{Regions: []ebd.AreaCode{message.AreaCode(home.Code)}})
	if err != nil {
		return nil, err
	}
	m.rolled = newRoll(list)
	end := m.Clock.Now()
	m.rolled.until = end.Add(min(max(listFresh, listShare*end.Sub(began)), listStale))
	return m.rolled, nil
}

// fetchTerminals keeps up with the terminals of a node below.
func (p *puller) fetchTerminals(ctx context.Context) (behind int64, err error) {
	known := p.away.roll(p.with.Site)
	ask := func(q terminalQuestion) (out terminalAnswer, err error) {
		raw, err := json.Marshal(q)
		if err != nil {
			return out, err
		}
		if raw, err = p.Links.Ask(ctx, p.with.Site, askTerminals, raw); err != nil {
			return out, err
		}
		return out, json.Unmarshal(raw, &out)
	}
	a, err := ask(terminalQuestion{Digest: known.digest})
	if err != nil {
		return 0, err
	}
	if a.Digest == known.digest {
		if len(a.Online) != (len(known.list)+7)/8 {
			return 0, errors.New("alert: who is connected at another node cannot be read")
		}
		p.away.online(p.with.Site, a.Online)
		return 0, nil
	}
	if a.Total > maxTerminals {
		return 0, fmt.Errorf("alert: a node tells of %d terminals, and at most %d are taken", a.Total, maxTerminals)
	}
	var list []delivery.Terminal
	for page := a; ; {
		list = append(list, page.Terminals...)
		if len(page.Terminals) == 0 || len(list) >= a.Total {
			break
		}
		if page, err = ask(terminalQuestion{After: string(list[len(list)-1].Code)}); err != nil {
			return 0, err
		}
		if page.Digest != a.Digest {
			return 0, nil // it changed meanwhile; the next round begins anew
		}
	}
	list = slices.DeleteFunc(list, func(t delivery.Terminal) bool {
		_, err := ebd.ParseResourceCode(string(t.Code))
		return err != nil || !strings.HasPrefix(t.RegionPath, p.with.Path)
	})
	fresh := newRoll(list)
	if err := p.keepTerminals(ctx, known.list, fresh.list); err != nil {
		return 0, err
	}
	fresh.digest = a.Digest // the sender's, though some were left out
	p.away.put(p.with.Site, fresh)
	p.rolling.Lock()
	p.rolled = nil // the node above is told of these too
	p.rolling.Unlock()
	return 1, nil // who is connected comes next
}

// keepTerminals stores what differs.
func (p *puller) keepTerminals(ctx context.Context, was, is []delivery.Terminal) error {
	old := make(map[ebd.ResourceCode]*delivery.Terminal, len(was))
	for i := range was {
		old[was[i].Code] = &was[i]
	}
	return p.DB.Housekeep(ctx, func(tx *store.Tx) error {
		gone := maps.Clone(old)
		for i := range is {
			t := &is[i]
			delete(gone, t.Code)
			if o := old[t.Code]; o != nil && sameTerminal(o, t) {
				continue
			}
			if err := putRemoteTerminal(ctx, tx, p.with.Site, t); err != nil {
				return err
			}
		}
		for code := range gone {
			if err := dropRemoteTerminal(ctx, tx, p.with.Site, string(code)); err != nil {
				return err
			}
		}
		return nil
	})
}

func sameTerminal(a, b *delivery.Terminal) bool {
	p, q := a.Place.Position, b.Place.Position
	return a.Name == b.Name && a.Kind == b.Kind && a.RegionPath == b.RegionPath && a.Place.Region == b.Place.Region &&
		(p == nil) == (q == nil) && (p == nil || *p == *q)
}

// away are the terminals of the nodes below, in memory.
type away struct {
	mu    sync.RWMutex
	rolls map[string]*roll
	on    map[string][]byte
}

func newAway(ctx context.Context, db *store.DB) (*away, error) {
	a := &away{rolls: map[string]*roll{}, on: map[string][]byte{}}
	sites, err := remoteSites(ctx, db)
	if err != nil {
		return nil, err
	}
	for _, site := range sites {
		list, err := remoteTerminals(ctx, db, site)
		if err != nil {
			return nil, err
		}
		a.rolls[site] = newRoll(list)
	}
	return a, nil
}

func (a *away) roll(site string) *roll {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if r := a.rolls[site]; r != nil {
		return r
	}
	return &roll{}
}

func (a *away) put(site string, r *roll) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rolls[site], a.on[site] = r, nil
}

func (a *away) online(site string, bits []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.on[site] = bits
}

// isOnline reports whether a terminal of a site is connected there.
func (a *away) isOnline(site string, code ebd.ResourceCode) bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.connected(site, code)
}

// all are the terminals of every site, with the site; they are not changed meanwhile.
func (a *away) all() iter.Seq2[string, *delivery.Terminal] {
	return func(yield func(string, *delivery.Terminal) bool) {
		a.mu.RLock()
		defer a.mu.RUnlock()
		for site, r := range a.rolls {
			for i := range r.list {
				if !yield(site, &r.list[i]) {
					return
				}
			}
		}
	}
}

// connected reports whether a terminal of a site is connected there; a.mu is held.
func (a *away) connected(site string, code ebd.ResourceCode) bool {
	r := a.rolls[site]
	if r == nil {
		return false
	}
	i, found := slices.BinarySearchFunc(r.list, code, func(t delivery.Terminal, c ebd.ResourceCode) int { return strings.Compare(string(t.Code), string(c)) })
	bits := a.on[site]
	return found && i/8 < len(bits) && bits[i/8]&(1<<(i%8)) != 0
}

// everybody are this node's terminals and those of the nodes below: whom an area reaches and
// what they are called. Orders go to this node's own only.
type everybody struct {
	delivery.Terminals
	away *away
}

func (e everybody) Within(ctx context.Context, area wire.Area) ([]delivery.Terminal, error) {
	found, err := e.Terminals.Within(ctx, area)
	if err != nil {
		return nil, err
	}
	own := make(map[ebd.ResourceCode]bool, len(found))
	for _, t := range found {
		own[t.Code] = true
	}
	for site, away := range e.away.all() {
		if t := *away; !own[t.Code] && area.Includes(t.Place) {
			t.Online = e.away.connected(site, t.Code)
			found = append(found, t)
		}
	}
	return found, nil
}

func (e everybody) Find(ctx context.Context, codes []ebd.ResourceCode) ([]delivery.Terminal, error) {
	found, err := e.Terminals.Find(ctx, codes)
	if err != nil || len(found) == len(codes) {
		return found, err
	}
	own := make(map[ebd.ResourceCode]bool, len(found))
	for _, t := range found {
		own[t.Code] = true
	}
	e.away.mu.RLock()
	defer e.away.mu.RUnlock()
	for _, code := range codes {
		if own[code] {
			continue
		}
		for site, r := range e.away.rolls {
			i, ok := slices.BinarySearchFunc(r.list, code, func(t delivery.Terminal, c ebd.ResourceCode) int { return strings.Compare(string(t.Code), string(c)) })
			if ok {
				t := r.list[i]
				t.Online = e.away.connected(site, code)
				found = append(found, t)
				break
			}
		}
	}
	return found, nil
}

func (e everybody) Microphones(ctx context.Context) ([]ebd.ResourceCode, error) {
	found, err := e.Terminals.Microphones(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range e.away.all() {
		if t.Microphone {
			found = append(found, t.Code)
		}
	}
	return found, nil
}

func (e everybody) Named(ctx context.Context, text string) ([]string, error) {
	found, err := e.Terminals.Named(ctx, text)
	if err != nil {
		return nil, err
	}
	for _, t := range e.away.all() {
		if strings.Contains(t.Name, text) || strings.Contains(string(t.Code), text) {
			found = append(found, string(t.Code))
		}
	}
	return found, nil
}

func (e everybody) Online(code ebd.ResourceCode) bool {
	if e.Terminals.Online(code) {
		return true
	}
	e.away.mu.RLock()
	defer e.away.mu.RUnlock()
	for site := range e.away.rolls {
		if e.away.connected(site, code) {
			return true
		}
	}
	return false
}
