package fact

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Feeder is another system that states facts of some elements for a region and all below.
type Feeder struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	RegionCode string    `json:"region" doc:"Code"`
	RegionPath string    `json:"regionPath"`
	Elements   []string  `json:"elements" doc:"Codes of what it may state"`
	MadeBy     string    `json:"madeBy"`
	MadeAt     time.Time `json:"madeAt"`
	LastAt     time.Time `json:"lastAt,omitzero" doc:"When it last stated something"`
	RevokedAt  time.Time `json:"revokedAt,omitzero"`
}

// NewFeeder is a feeder as somebody asks for it.
type NewFeeder struct {
	Name       string   `json:"name" minLength:"1" maxLength:"80" text:"name"`
	RegionCode string   `json:"regionCode" pattern:"^[0-9]{12}$"`
	Elements   []string `json:"elements" minItems:"1" maxItems:"200"`
}

// Made is a new feeder with its secret, which is shown this once.
type Made struct {
	Feeder
	Secret string `json:"secret" doc:"What it proves itself by: Authorization: Bearer …"`
}

const secretHead = "tsf_"

// digestOf is what is kept of a secret of 256 random bits.
func digestOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func newSecret() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	return secretHead + base64.RawURLEncoding.EncodeToString(raw)
}

// MakeFeeder lets another system state facts.
func (l *Ledger) MakeFeeder(ctx context.Context, in NewFeeder) (*Made, error) {
	r, err := l.Tree().Region(in.RegionCode)
	if err != nil {
		return nil, fault.Of(err).At("regionCode")
	}
	if err := auth.Check(ctx, l.Define, r.Path); err != nil {
		return nil, err
	}
	for i, code := range in.Elements {
		if e := l.known(code); e == nil || e.BuiltIn {
			return nil, fault.Bad(fmt.Sprintf("elements[%d]", i), "measure.element.not_found", fault.Args{"code": code})
		}
	}
	m := &Made{Feeder{Name: in.Name, RegionCode: r.Code, RegionPath: r.Path, Elements: in.Elements, MadeBy: auth.Who(ctx).Name}, newSecret()}
	err = l.DB.Update(ctx, func(tx *store.Tx) error {
		m.ID, m.MadeAt = store.NewID(tx.Now), tx.Now
		if err := insertFeeder(ctx, tx, &m.Feeder, digestOf(m.Secret)); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.feeder.make", Object: "measure-feeder:" + m.ID, RegionPath: r.Path, Detail: map[string]any{"name": in.Name, "elements": in.Elements}})
	})
	return m, err
}

// Feeders lists the systems that may state facts in the asker's regions.
func (l *Ledger) Feeders(ctx context.Context) ([]Feeder, error) {
	return listFeeders(ctx, l.DB, auth.ScopeOf(ctx, l.Define))
}

// RevokeFeeder lets a system state nothing any more; what it stated stays.
func (l *Ledger) RevokeFeeder(ctx context.Context, id string) error {
	_, err := l.alterFeeder(ctx, id, "revoke", revokeFeeder)
	return err
}

// RenewFeeder gives a system another secret; the one that it had is good for nothing at once.
func (l *Ledger) RenewFeeder(ctx context.Context, id string) (*Made, error) {
	secret := newSecret()
	f, err := l.alterFeeder(ctx, id, "renew", func(ctx context.Context, tx *store.Tx, id string) error {
		return renewFeeder(ctx, tx, id, digestOf(secret))
	})
	if err != nil {
		return nil, err
	}
	return &Made{*f, secret}, nil
}

// alterFeeder changes a feeder of the asker's regions that was not revoked.
func (l *Ledger) alterFeeder(ctx context.Context, id, verb string, do func(ctx context.Context, tx *store.Tx, id string) error) (f *Feeder, err error) {
	err = l.DB.Update(ctx, func(tx *store.Tx) error {
		if f, err = readFeeder(ctx, tx, "id", id); err != nil {
			return err
		}
		if !auth.ScopeOf(ctx, l.Define).Allows(f.RegionPath) {
			return fault.New(fault.NotFound, "measure.feeder.not_found")
		}
		if !f.RevokedAt.IsZero() {
			return fault.New(fault.Conflict, "measure.feeder.revoked")
		}
		if err := do(ctx, tx, id); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.feeder." + verb, Object: "measure-feeder:" + id, RegionPath: f.RegionPath, Detail: map[string]any{"name": f.Name}})
	})
	return f, err
}

// Feed takes facts from another system that proves itself by its secret.
func (l *Ledger) Feed(ctx context.Context, secret string, stated []Stated) (out Answer, err error) {
	var f *Feeder
	if strings.HasPrefix(secret, secretHead) {
		f, err = readFeeder(ctx, l.DB, "secret", digestOf(secret))
	}
	if f == nil || err != nil || !f.RevokedAt.IsZero() {
		return out, fault.New(fault.Unauthenticated, "measure.feeder.unknown")
	}
	scope := auth.NewScope(f.RegionPath)
	entries, err := l.entries(ctx, stated, scope, func(i int, e *Entry, path string) *fault.Error {
		switch {
		case !slices.Contains(f.Elements, e.Element):
			return fault.New(fault.Forbidden, "measure.feeder.element", fault.Args{"element": e.Element}).At(fmt.Sprintf("facts[%d].element", i))
		case !scope.Allows(path):
			return fault.New(fault.Forbidden, "measure.import.away").At(fmt.Sprintf("facts[%d].region", i))
		}
		e.Correct = false // no program changes what people approved
		return nil
	})
	if err != nil {
		return out, err
	}
	if out.Findings, err = l.findings(ctx, entries); err != nil {
		return out, err
	}
	ctx = auth.As(ctx, auth.Actor{ID: "system:feeder:" + f.ID, Name: f.Name})
	err = l.DB.Update(ctx, func(tx *store.Tx) error {
		if out.Outcome, err = l.Take(ctx, tx, Origin{FromAPI, "feeder:" + f.ID}, entries); err != nil {
			return inFacts(err)
		}
		if err := noteFed(ctx, tx, f.ID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.feeder.feed", Object: "measure-feeder:" + f.ID, RegionPath: f.RegionPath, Detail: map[string]any{"facts": len(entries), "new": out.New, "changed": out.Changed}})
	})
	if err == nil {
		l.Told(out.Paths...)
	}
	return out, err
}
