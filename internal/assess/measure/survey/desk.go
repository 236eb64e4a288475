package survey

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Deps is what the desk stands on.
type Deps struct {
	DB     *store.DB
	Clock  clock.Clock
	Log    *slog.Logger
	Ledger *fact.Ledger
	Staff  Staff
	Sealer Sealer
	Zone   *time.Location
	People map[string]int64 // by region code, where it is known
	Public string           // address of the citizens' pages

	Read      auth.Permission // see surveys and what was published
	Build     auth.Permission // write surveys
	Run       auth.Permission // run them in the field
	Send      auth.Permission // write to their contacts, and to nothing else
	Interview auth.Permission // ask people
	Agree     auth.Permission // approve and publish what another wrote
}

// Staff answers for accounts.
type Staff interface {
	// Independent reports whether two accounts are two people for all that is known.
	Independent(ctx context.Context, q store.Queryer, a, b string) (bool, error)
	// Able are the people who may do something in a region.
	Able(ctx context.Context, perm auth.Permission, path string) ([]auth.Person, error)
}

// Sealer encrypts what is kept for a while.
type Sealer interface {
	Seal(plain []byte, purpose string) ([]byte, error)
	Open(sealed []byte, purpose string) ([]byte, error)
}

// Desk runs surveys.
type Desk struct {
	Deps
	guard *guard
	made  *lru.Cache[string, *Results] // of closed surveys, by id and revision
	most  int                          // answers in progress at once
}

// New makes a desk.
func New(d Deps) (*Desk, error) {
	made, err := lru.New[string, *Results](16)
	if err != nil {
		return nil, err
	}
	return &Desk{Deps: d, guard: newGuard(d.Clock), made: made, most: maxProgress}, nil
}

// Work closes surveys whose last day is over, and forgets contacts whose time is over and what was
// begun and never finished.
func (d *Desk) Work(ctx context.Context) error {
	d.Clock.Every(ctx, time.Minute, func(ctx context.Context) {
		if err := d.tidyUp(ctx); err != nil && !store.Stopped(err) {
			d.Log.Warn("surveys were not closed in time", "error", err)
		}
	})
	return nil
}

func (d *Desk) tidyUp(ctx context.Context) error {
	open, err := listSurveys(ctx, d.DB, auth.Everywhere, []string{string(Open)}, "")
	if err != nil {
		return err
	}
	var failed []error // one survey keeps no other from its end
	for _, s := range open {
		if s.Closes != "" && s.Closes < d.today() {
			_, err := d.close(auth.As(ctx, system), s)
			failed = append(failed, err)
		}
	}
	failed = append(failed, d.forgetDue(ctx), d.DB.Housekeep(ctx, func(tx *store.Tx) error { return forgetProgress(ctx, tx, tx.Now.Add(-keptFor), tx.Now.Add(-unusedFor)) }))
	return errors.Join(failed...)
}

func (d *Desk) today() string { return d.Clock.Now().In(d.Zone).Format(time.DateOnly) }

func place(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }

// random is a number nobody can guess.
func random(bytes int) string {
	raw := make([]byte, bytes)
	_, _ = rand.Read(raw) // never fails
	return hex.EncodeToString(raw)
}

// told is what the engine says as a fault.
func told(err error) *fault.Error {
	if e, ok := err.(*engine.Error); ok {
		return fault.Bad(e.Place, e.Code, fault.Args(e.Args))
	}
	return fault.Of(err)
}

func toldAll(errs []error) error {
	var list fault.List
	for _, err := range errs {
		list.Add(told(err))
	}
	return list.OrNil()
}

// may gives a survey to who has a permission where it is; to others it does not exist.
func (d *Desk) may(ctx context.Context, q store.Queryer, perm auth.Permission, id string) (*Survey, error) {
	s, err := readSurvey(ctx, q, id)
	if err != nil {
		return nil, err
	}
	if auth.Check(ctx, perm, s.RegionPath) != nil || perm == d.Run && !d.runs(ctx, s) {
		return nil, fault.New(fault.NotFound, "measure.survey.not_found")
	}
	return s, nil
}

// runs reports whether the asker runs a survey: where one was chosen, nobody else does.
func (d *Desk) runs(ctx context.Context, s *Survey) bool {
	return auth.Check(ctx, d.Run, s.RegionPath) == nil && (s.Agency == "" || s.Agency == auth.Who(ctx).ID)
}

// independent refuses who wrote what is to be approved.
func (d *Desk) independent(ctx context.Context, q store.Queryer, authors []auth.Person) error {
	for _, a := range authors {
		ok, err := d.Staff.Independent(ctx, q, a.ID, auth.Who(ctx).ID)
		if err != nil {
			return err
		}
		if !ok || a.ID == auth.Who(ctx).ID {
			return fault.New(fault.Forbidden, "measure.survey.own")
		}
	}
	return nil
}

// districtOf is the district a region lies in, itself included; nil where there is none.
func (d *Desk) districtOf(code string) *fact.Region {
	for _, above := range d.Ledger.Tree().Above(code) {
		if r, err := d.Ledger.Tree().Region(above); err == nil && r.Level == "district" {
			return r
		}
	}
	return nil
}

// Urban and Rural are the areas: streets and their like, towns and townships.
const (
	Urban = "urban"
	Rural = "rural"
)

// within reports whether a region lies in that at a path, itself included.
func (d *Desk) within(path, code string) bool {
	r, err := d.Ledger.Tree().Region(code)
	return err == nil && strings.HasPrefix(r.Path, path)
}

// StratumWithin is the stratum of a place in a survey of the region at a path: district and area for a
// township, village or community, the district alone for a district, nothing above. A survey tells
// nothing of who lives elsewhere: there it is as if nobody had said where.
func (d *Desk) StratumWithin(path, code string) string {
	district := d.districtOf(code)
	if district == nil || !d.within(path, code) {
		return ""
	}
	for _, above := range d.Ledger.Tree().Above(code) {
		if r, err := d.Ledger.Tree().Region(above); err == nil && r.Level == "township" {
			area := Urban
			if r.Kind == "town" || r.Kind == "township" {
				area = Rural
			}
			return district.Code + "." + area
		}
	}
	return district.Code
}
