package fact

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/live"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Deps is what the ledger stands on.
type Deps struct {
	DB    *store.DB
	Clock clock.Clock
	Log   *slog.Logger
	Live  *live.Hub
	Zone  *time.Location // the city's
	Home  string         // path of the region that this node serves

	Read   auth.Permission // see facts
	State  auth.Permission // enter, import and withdraw them
	Define auth.Permission // say what facts are about

	Devices Register          // whom things may point to
	Kept    map[string]Keeper // kinds of things that others keep

	// Users are indicators and others that refer to an element by its code.
	Users func(code string) []User

	// Contradictions are the rules that entries break; nothing is broken where it is nil.
	Contradictions func(ctx context.Context, q store.Queryer, entries []Entry) ([]Finding, error)
}

// Ledger keeps facts and their sums.
type Ledger struct {
	Deps

	// Defining is held by whoever changes a definition that refers to others or that others refer
	// to: they are checked among each other and changed one at a time.
	Defining sync.Mutex

	tree     atomic.Pointer[Tree]
	elements atomic.Pointer[map[string]*Element]
	past     chan struct{} // held while sums of the past are made, of which nothing is kept
}

// pastAtOnce is how many may have sums of the past made: among a million facts of one element that
// takes seconds of one core.
const pastAtOnce = 2

// Open reads what facts are about and brings the tree of regions, and the sums in it, in line
// with the register's.
func Open(ctx context.Context, d Deps, regions []Region) (*Ledger, error) {
	l := &Ledger{Deps: d, past: make(chan struct{}, pastAtOnce)}
	if l.Users == nil {
		l.Users = func(string) []User { return nil }
	}
	if err := l.readElements(ctx); err != nil {
		return nil, err
	}
	return l, l.Adopt(ctx, regions)
}

// Tree is the tree of regions that facts roll up in.
func (l *Ledger) Tree() *Tree { return l.tree.Load() }

func (l *Ledger) readElements(ctx context.Context) error {
	found, err := readElements(ctx, l.DB)
	if err != nil {
		return err
	}
	byCode := make(map[string]*Element, len(found))
	for _, e := range found {
		byCode[e.Code] = e
	}
	l.elements.Store(&byCode)
	return nil
}

// known is an element by code, nil if there is none. What it points to does not change.
func (l *Ledger) known(code string) *Element { return (*l.elements.Load())[code] }

// Element is what facts are about, by code.
func (l *Ledger) Element(code string) (*Element, error) {
	if e := l.known(code); e != nil {
		return e, nil
	}
	return nil, fault.New(fault.NotFound, "measure.element.not_found", fault.Args{"code": code})
}

// Elements lists everything that facts are about, in order of codes.
func (l *Ledger) Elements() []*Element {
	all := *l.elements.Load()
	list := make([]*Element, 0, len(all))
	for _, code := range slices.Sorted(maps.Keys(all)) {
		list = append(list, all[code])
	}
	return list
}

// Put defines an element or changes it; revision 0 defines. Once something was stated of it, how
// its facts are put together stands: another way needs another element.
func (l *Ledger) Put(ctx context.Context, e Element, revision int64) (*Element, error) {
	l.Defining.Lock()
	defer l.Defining.Unlock()
	if err := auth.Check(ctx, l.Define, l.Home); err != nil {
		return nil, err
	}
	if err := e.Check(); err != nil {
		return nil, err
	}
	err := l.DB.Update(ctx, func(tx *store.Tx) error {
		was := l.known(e.Code)
		switch {
		case was == nil && revision != 0:
			return fault.New(fault.NotFound, "measure.element.not_found", fault.Args{"code": e.Code})
		case was != nil && revision == 0:
			return fault.New(fault.Conflict, "measure.element.taken", fault.Args{"code": e.Code}).At("code")
		case was != nil && was.BuiltIn:
			return fault.New(fault.Forbidden, "measure.element.built_in", fault.Args{"code": e.Code})
		case was != nil && was.Revision != revision:
			return fault.New(fault.Stale, "stale")
		}
		kept, err := was, error(nil)
		if kept == nil {
			if kept, err = readRetired(ctx, tx, e.Code); err != nil {
				return err
			}
		}
		if kept != nil && (kept.Combine != e.Combine || kept.Period != e.Period || kept.Level != e.Level) {
			has, err := hasFacts(ctx, tx, e.Code)
			if err != nil {
				return err
			}
			if has {
				return fault.New(fault.Conflict, "measure.element.stated", fault.Args{"code": e.Code})
			}
		}
		e.BuiltIn, e.Sample, e.Revision = false, was != nil && was.Sample, revision+1
		if err := writeElement(ctx, tx, &e, nil); err != nil {
			return err
		}
		if was == nil && kept != nil { // regions may have moved while nobody asked for its sums
			if err := l.rebuildOf(ctx, tx, &e); err != nil {
				return err
			}
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.element.put", Object: "measure-element:" + e.Code, RegionPath: l.Home, Detail: e})
	})
	if err != nil {
		return nil, err
	}
	return &e, l.readElements(ctx)
}

// Retire ends an element of which nothing was stated, or stops its being used; what was stated
// stays to be read in the audit record and the facts.
func (l *Ledger) Retire(ctx context.Context, code string, revision int64) error {
	l.Defining.Lock()
	defer l.Defining.Unlock()
	if err := auth.Check(ctx, l.Define, l.Home); err != nil {
		return err
	}
	e, err := l.Element(code)
	switch {
	case err != nil:
		return err
	case e.BuiltIn:
		return fault.New(fault.Forbidden, "measure.element.built_in", fault.Args{"code": code})
	case e.Revision != revision:
		return fault.New(fault.Stale, "stale")
	}
	gone := *e
	gone.Revision++
	if users := l.Users(code); len(users) > 0 {
		return fault.New(fault.Conflict, "measure.element.used", fault.Args{"name": i18n.Both{Zh: e.NameZh, En: e.NameEn}, "by": Named(users)})
	}
	err = l.DB.Update(ctx, func(tx *store.Tx) error {
		if err := writeElement(ctx, tx, &gone, tx.Now.UnixMicro()); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.element.retire", Object: "measure-element:" + code, RegionPath: l.Home})
	})
	if err != nil {
		return err
	}
	return l.readElements(ctx)
}

// Seed defines elements that a part of the product or the sample city brings, where they are not
// known in this form.
func (l *Ledger) Seed(ctx context.Context, elements []Element) error {
	var fresh []Element
	known, err := store.Defined(ctx, l.DB, "measure_element")
	if err != nil {
		return err
	}
	for _, e := range elements {
		was := l.known(e.Code)
		if !e.BuiltIn && known[e.Code] || was != nil && same(*was, e) {
			continue
		}
		if err := e.Check(); err != nil {
			return err
		}
		e.Revision = 1
		if was != nil {
			e.Revision = was.Revision + 1
		}
		fresh = append(fresh, e)
	}
	if len(fresh) == 0 {
		return nil
	}
	err = l.DB.Housekeep(ctx, func(tx *store.Tx) error {
		for i := range fresh {
			if err := writeElement(ctx, tx, &fresh[i], nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return l.readElements(ctx)
}

func same(a, b Element) bool {
	a.Revision, b.Revision = 0, 0
	if a.Min != nil && b.Min != nil && *a.Min == *b.Min {
		a.Min, b.Min = nil, nil
	}
	if a.Max != nil && b.Max != nil && *a.Max == *b.Max {
		a.Max, b.Max = nil, nil
	}
	return a == b
}
