package asset

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/register/asset/label"
)

// A pairing enrols a device on which nobody wants to type a token, a screen above all. The
// device makes its key and shows a word and a picture of a link; whoever stands before it and
// may enrol says on their telephone which device of the register this is. The private key
// never leaves the device, nothing secret is shown, and what is bound is the key that the
// word stands for, which the device has proved to hold.
//
// Pairings are kept in memory: after a restart the device, which asks every few seconds,
// shows another word.
type pairings struct {
	mu    sync.Mutex
	words map[string]*Pairing
	keys  map[wire.KeyText]*Pairing
}

// Pairing is a device that waits to be told who it is.
type Pairing struct {
	Word     string    `json:"word" doc:"What the device shows"`
	Model    string    `json:"model"`
	Serial   string    `json:"serial"`
	Firmware string    `json:"firmware"`
	Address  string    `json:"address" doc:"Where it asks from"`
	Since    time.Time `json:"since"`

	asked time.Time
	req   *wire.PairRequest
}

const (
	// pairingLife is how long a word is good: a technician may have to fetch a ladder, and
	// a word that was photographed should not be good tomorrow.
	pairingLife = time.Hour
	// pairingSilence is how long a device may be silent that waits.
	pairingSilence = 2 * time.Minute
	maxPairings    = 2000
)

func newPairings() *pairings {
	return &pairings{words: map[string]*Pairing{}, keys: map[wire.KeyText]*Pairing{}}
}

// ask finds the pairing of a key, or makes one; the one that was silent longest makes room.
func (p *pairings) ask(req *wire.PairRequest, address string, now time.Time) Pairing {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, old := range p.words {
		if now.Sub(old.Since) > pairingLife || now.Sub(old.asked) > pairingSilence {
			p.drop(old)
		}
	}
	known := p.keys[req.Key]
	if known == nil {
		if len(p.words) >= maxPairings {
			var silent *Pairing
			for _, x := range p.words {
				if silent == nil || x.asked.Before(silent.asked) {
					silent = x
				}
			}
			p.drop(silent)
		}
		known = &Pairing{Word: rand.Text()[:8], Model: req.Model, Serial: req.Serial, Firmware: req.Firmware, Since: now}
		p.words[known.Word], p.keys[req.Key] = known, known
	}
	known.asked, known.Address, known.req = now, address, req
	return *known
}

// drop is called with the lock held.
func (p *pairings) drop(x *Pairing) {
	delete(p.words, x.Word)
	delete(p.keys, x.req.Key)
}

func (p *pairings) find(word string, now time.Time) (Pairing, error) {
	// A word has no 0 and no 1, which people read for its letters.
	word = strings.NewReplacer(" ", "", "-", "", "0", "O", "1", "I").Replace(strings.ToUpper(word))
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.words[word]
	if x == nil || now.Sub(x.Since) > pairingLife || now.Sub(x.asked) > pairingSilence {
		return Pairing{}, fault.New(fault.NotFound, "asset.pair.unknown")
	}
	return *x, nil
}

func (p *pairings) done(word string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if x := p.words[word]; x != nil {
		p.drop(x)
	}
}

// Pair answers a device that asks who it is: with the word to show, or its enrolment.
func (m *Module) Pair(ctx context.Context, req *wire.PairRequest) (*wire.PairResponse, error) {
	now := m.clock.Now()
	d, err := keyHolder(ctx, m.db, base64.RawURLEncoding.EncodeToString(req.Key[:]))
	switch {
	case err == nil && d != nil:
		enrolment, err := m.welcome(d)
		return &wire.PairResponse{Enrolment: enrolment, At: now.UnixMicro()}, err
	case err != nil:
		return nil, err
	}
	p := m.pairings.ask(req, auth.Who(ctx).Address, now)
	link := m.publicURL + "/console/monitoring/pair?word=" + p.Word
	qr, err := label.SVG(link)
	return &wire.PairResponse{Pairing: p.Word, Link: link, QR: qr, Until: p.Since.Add(pairingLife).UnixMicro(), At: now.UnixMicro()}, err
}

// Pairing is the device that shows a word.
func (m *Module) Pairing(word string) (*Pairing, error) {
	p, err := m.pairings.find(word, m.clock.Now())
	if err != nil {
		return nil, err
	}
	return &p, nil
}

// ConfirmPairing says which planned device shows a word, and enrols it.
func (m *Module) ConfirmPairing(ctx context.Context, id, word string) (d *Device, err error) {
	p, err := m.pairings.find(word, m.clock.Now())
	if err != nil {
		return nil, fault.Of(err).At("word")
	}
	key := base64.RawURLEncoding.EncodeToString(p.req.Key[:])
	err = m.db.Update(ctx, func(tx *store.Tx) error {
		if d, err = readDevice(ctx, tx, id); err != nil {
			return err
		}
		if err := guard(ctx, PermEnrol, d.RegionPath); err != nil {
			return err
		}
		if d.State != Planned {
			return fault.New(fault.Conflict, "asset.token.not_planned", fault.Args{"state": d.State})
		}
		grant, err := m.issue(ctx, tx, tokenFor(d)) // whose text nobody is told
		if err != nil {
			return err
		}
		as := &wire.EnrolRequest{Key: p.req.Key, Model: p.req.Model, Serial: p.req.Serial, Firmware: p.req.Firmware, At: p.req.At}
		if err := m.bind(ctx, tx, grant, d, as, key); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "asset.pair", Object: "asset:" + d.ID, RegionPath: d.RegionPath,
			Detail: map[string]any{"code": d.Code, "word": p.Word, "address": p.Address, "serial": p.Serial}})
	})
	if err != nil {
		return nil, err
	}
	m.pairings.done(p.Word)
	m.forget(ebd.ResourceCode(d.Code))
	return d, nil
}
