package score

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Deps is what the desk stands on.
type Deps struct {
	DB     *store.DB
	Clock  clock.Clock
	Ledger *fact.Ledger
	Book   *indicator.Book
	Zones  indicator.Zones
	Staff  Staff
	Zone   *time.Location
	Home   string // path of the region that this node serves

	Read   auth.Permission // see scores
	Define auth.Permission // draw up indices, methods and assessments
	Agree  auth.Permission // approve what another drew up
	Object auth.Permission // speak against a fact of one's region
}

// Staff answers for accounts.
type Staff interface {
	// Independent reports whether two accounts are two people for all that is known.
	Independent(ctx context.Context, q store.Queryer, a, b string) (bool, error)
}

// Desk keeps indices and judges by them.
type Desk struct {
	Deps
	all  atomic.Pointer[map[string]*Index]
	kept *lru.Cache[string, *Reckoned] // what was reckoned of facts as they are, by index and period
}

// New reads the indices.
func New(ctx context.Context, d Deps) (*Desk, error) {
	kept, err := lru.New[string, *Reckoned](64)
	if err != nil {
		return nil, err
	}
	s := &Desk{Deps: d, kept: kept}
	return s, s.load(ctx)
}

func (d *Desk) load(ctx context.Context) error {
	found, err := readIndices(ctx, d.DB)
	if err != nil {
		return err
	}
	all := map[string]*Index{}
	for _, x := range found {
		all[x.Code] = x
	}
	d.all.Store(&all)
	d.kept.Purge()
	return nil
}

// List is every index in order of codes.
func (d *Desk) List() (list []*Index) {
	all := *d.all.Load()
	for _, code := range slices.Sorted(maps.Keys(all)) {
		list = append(list, all[code])
	}
	return list
}

// Judging is every index in order of codes, with whether somebody is judged by it.
func (d *Desk) Judging(ctx context.Context) ([]*Index, error) {
	methods, err := readMethods(ctx, d.DB)
	list := d.List()
	for i, x := range list {
		shown := *x
		shown.Judges = slices.ContainsFunc(methods, func(m *Method) bool { return m.Index == x.Code && (m.State == Pilot || m.State == Force) })
		list[i] = &shown
	}
	return list, err
}

// Index is an index by code.
func (d *Desk) Index(code string) (*Index, error) {
	if x := (*d.all.Load())[code]; x != nil {
		return x, nil
	}
	return nil, fault.New(fault.NotFound, "measure.index.not_found", fault.Args{"code": code})
}

// UsersOf are the indices that an indicator is a part of.
func (d *Desk) UsersOf(code string) (users []fact.User) {
	for _, x := range d.List() {
		if slices.ContainsFunc(x.Parts, func(p Part) bool { return p.Indicator == code }) {
			users = append(users, fact.User{Kind: "index", ID: x.Code, NameZh: x.NameZh, NameEn: x.NameEn})
		}
	}
	return users
}

// unbound refuses where a method in one of some states judges by an index.
func unbound(ctx context.Context, q store.Queryer, code string, in func(MethodState) bool) error {
	methods, err := readMethods(ctx, q)
	for _, m := range methods {
		if m.Index == code && in(m.State) {
			return fault.New(fault.Conflict, "measure.index.used", fault.Args{"by": i18n.Both{Zh: m.NameZh, En: m.NameEn}})
		}
	}
	return err
}

// reckoning is an index without what it is called, and by whom it may be seen.
func (x Index) reckoning() Index {
	x.NameZh, x.NameEn, x.PlainZh, x.PlainEn, x.Owner, x.Public, x.Sample, x.Revision = "", "", "", "", "", false, false, 0
	return x
}

// Put draws up an index or changes it; revision 0 draws it up. One that people agreed to judge by
// stands as they agreed to it.
func (d *Desk) Put(ctx context.Context, x Index, revision int64) (*Index, error) {
	d.Ledger.Defining.Lock()
	defer d.Ledger.Defining.Unlock()
	if err := auth.Check(ctx, d.Define, d.Home); err != nil {
		return nil, err
	}
	x.tidy()
	if err := x.check(d.Book.Definition); err != nil {
		return nil, err
	}
	was, err := d.Index(x.Code)
	switch {
	case err != nil && revision != 0:
		return nil, err
	case err == nil && revision == 0:
		return nil, fault.New(fault.Conflict, "measure.index.taken", fault.Args{"code": x.Code}).At("code")
	case err == nil && was.Revision != revision:
		return nil, fault.New(fault.Stale, "stale")
	}
	reworded := was != nil && !reflect.DeepEqual(was.reckoning(), x.reckoning())
	x.Revision, x.Sample = revision+1, was != nil && was.Sample
	err = d.write(ctx, "put", &x, nil, func(tx *store.Tx) error {
		if !reworded {
			return nil
		}
		return d.reword(ctx, tx, x.Code)
	})
	return &x, err
}

// tidy puts empty lists where there are none.
func (x *Index) tidy() {
	x.Judges = false
	if x.Groups == nil {
		x.Groups = []Group{}
	}
	if x.Grades == nil {
		x.Grades = []Grade{}
	}
	if len(x.Method.Means) == 0 {
		x.Method.Means = []string{"amean"}
	}
}

// reword changes what methods would judge by: none that was agreed to, and whoever is about to agree
// to a draft has to look at it again.
func (d *Desk) reword(ctx context.Context, tx *store.Tx, index string) error {
	if err := unbound(ctx, tx, index, func(s MethodState) bool { return s == Pilot || s == Force }); err != nil {
		return err
	}
	methods, err := readMethods(ctx, tx)
	for _, m := range methods {
		if m.Index == index && m.State == Draft {
			if err := writeMethod(ctx, tx, m); err != nil {
				return err
			}
		}
	}
	return err
}

func (d *Desk) write(ctx context.Context, verb string, x *Index, retired any, may func(*store.Tx) error) error {
	first := x.Revision == 1
	err := d.DB.Update(ctx, func(tx *store.Tx) error {
		if err := may(tx); err != nil {
			return err
		}
		if first { // a code that was used before goes on counting
			last, err := lastWording(ctx, tx, x.Code)
			if err != nil {
				return err
			}
			x.Revision = last + 1
		}
		if err := writeIndex(ctx, tx, x, retired); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.index." + verb, Object: "measure-index:" + x.Code, RegionPath: d.Home, Detail: x})
	})
	if err != nil {
		return err
	}
	return d.load(ctx)
}

// Retire ends an index that no method judges by.
func (d *Desk) Retire(ctx context.Context, code string, revision int64) error {
	d.Ledger.Defining.Lock()
	defer d.Ledger.Defining.Unlock()
	if err := auth.Check(ctx, d.Define, d.Home); err != nil {
		return err
	}
	x, err := d.Index(code)
	switch {
	case err != nil:
		return err
	case x.Revision != revision:
		return fault.New(fault.Stale, "stale")
	}
	gone := *x
	gone.Revision++
	return d.write(ctx, "retire", &gone, d.Clock.Now().UnixMicro(), func(tx *store.Tx) error {
		return unbound(ctx, tx, code, func(s MethodState) bool { return s != Retired })
	})
}

// Seed draws up the sample city's indices and methods where there are none of their codes.
func (d *Desk) Seed(ctx context.Context, indices []Index, methods []Method) error {
	err := d.DB.Housekeep(ctx, func(tx *store.Tx) error {
		known, err := store.Defined(ctx, tx, "measure_index")
		if err != nil {
			return err
		}
		for _, x := range indices {
			if known[x.Code] {
				continue
			}
			x.tidy()
			if err := x.check(d.Book.Definition); err != nil {
				return err
			}
			x.Sample, x.Revision = true, 1
			if err := writeIndex(ctx, tx, &x, nil); err != nil {
				return err
			}
		}
		return d.seedMethods(ctx, tx, indices, methods)
	})
	if err != nil {
		return err
	}
	return d.load(ctx)
}

func (d *Desk) seedMethods(ctx context.Context, tx *store.Tx, indices []Index, methods []Method) error {
	for _, m := range methods {
		if _, err := readMethod(ctx, tx, m.Code); err == nil {
			continue
		}
		known := func(code string) bool {
			return slices.ContainsFunc(indices, func(x Index) bool { return x.Code == code })
		}
		if err := m.check(known); err != nil {
			return err
		}
		m.State, m.Authors, m.Agreed, m.Sample, m.Revision = Draft, []auth.Person{{ID: "system:sample", Name: "sample"}}, []Agreement{}, true, 0
		if err := writeMethod(ctx, tx, &m); err != nil {
			return err
		}
	}
	return nil
}

// Try checks an index and reckons what it would give.
func (d *Desk) Try(ctx context.Context, x Index, p period.Period) (*Scores, error) {
	if err := auth.Check(ctx, d.Define, d.Home); err != nil {
		return nil, err
	}
	x.tidy()
	if err := x.check(d.Book.Definition); err != nil {
		return nil, err
	}
	r, err := d.reckon(ctx, d.DB, &x, p, time.Time{}, nil)
	if err != nil {
		return nil, err
	}
	s, err := r.scores(ctx, nil)
	if err != nil {
		return nil, err
	}
	s.AsOf = d.Clock.Now()
	return s, nil
}
