package docket

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Desk keeps cases.
type Desk struct {
	Deps
	types   *library
	regions *regionBook
	turn    chan struct{} // held by who commits

	mu      sync.Mutex
	pending []*job
}

// Open opens the desk.
func Open(ctx context.Context, deps Deps) (*Desk, error) {
	d := &Desk{Deps: deps, types: &library{all: map[string]map[int]*procedure.Type{}, used: map[string]int{}}, regions: &regionBook{ask: deps.Regions},
		turn: make(chan struct{}, 1)}
	if err := d.regions.load(ctx); err != nil {
		return nil, err
	}
	return d, d.loadTypes(ctx)
}

// Run lets clocks ring, keeps the index of words and forgets files that nobody named, until ctx
// ends.
func (d *Desk) Run(ctx context.Context) error {
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { d.ringAll(ctx); return nil })
	work.Go(func() error { d.indexAll(ctx); return nil })
	work.Go(func() error { d.hearAll(ctx); return nil })
	work.Go(func() error {
		d.Clock.Every(ctx, time.Hour, func(ctx context.Context) {
			if err := d.forgetFiles(ctx); err != nil && !store.Stopped(err) {
				d.Log.Error("files that no case named were not forgotten", "error", err)
			}
		})
		return nil
	})
	return work.Wait()
}

func (d *Desk) today() string { return d.Clock.Now().In(d.Zone).Format(time.DateOnly) }

const secretPurpose = "casework draw"

func (d *Desk) newSecret() (secret, sealed string, err error) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	secret = hex.EncodeToString(raw)
	box, err := d.Sealer.Seal([]byte(secret), secretPurpose)
	return secret, base64.StdEncoding.EncodeToString(box), err
}

func (d *Desk) unseal(sealed string) (string, error) {
	box, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return "", err
	}
	plain, err := d.Sealer.Open(box, secretPurpose)
	return string(plain), err
}

// How often it is looked whose clocks ring, and how many ring in one go.
const (
	ringEvery  = time.Second
	ringAtOnce = 200
)

// ringAll lets the clocks of cases ring when their time has come.
func (d *Desk) ringAll(ctx context.Context) {
	ctx = auth.As(ctx, auth.Actor{ID: "system:clock", Name: "clock"})
	d.Clock.Every(ctx, ringEvery, func(ctx context.Context) {
		for ctx.Err() == nil {
			n, err := d.ringDue(ctx)
			if err != nil && !store.Stopped(err) {
				d.Log.Error("clocks of cases did not ring and will be tried again", "error", err)
			}
			if err != nil || n < ringAtOnce {
				return
			}
		}
	})
}

// ringDue rings what is due and says how many cases there were.
func (d *Desk) ringDue(ctx context.Context) (int, error) {
	ids, err := ringing(ctx, d.DB, d.Clock.Now().UnixMicro(), ringAtOnce)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if _, _, failed := d.act(ctx, &job{id: id, decide: ring}); failed != nil {
			d.Log.Error("a case's clock could not ring", "case", id, "error", failed)
			err = failed
		}
	}
	return len(ids), err
}

func ring(_ *batch, w *procedure.World, k *kept) (*procedure.Case, *procedure.Entry, error) {
	return k.typ.Ring(w, k.Case)
}
