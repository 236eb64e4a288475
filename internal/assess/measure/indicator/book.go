package indicator

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/formula"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Deps is what the book stands on.
type Deps struct {
	DB     *store.DB
	Log    *slog.Logger
	Ledger *fact.Ledger
	Zones  Zones
	Home   string // path of the region that this node serves

	Read   auth.Permission // see indicators and their values
	Define auth.Permission

	// Users are scores, standards and others that refer to an indicator by its code.
	Users func(code string) []fact.User
}

// Book keeps the definitions of indicators and reckons their values.
type Book struct {
	Deps
	all atomic.Pointer[shelf]

	opening sync.Mutex
	opened  opened // guarded by opening
}

// shelf is every definition, compiled. It does not change; another takes its place.
type shelf struct {
	byCode map[string]*compiled
	broken map[string]error       // why a definition cannot be reckoned
	sums   func(code string) bool // whether an element adds up over time
}

// Open reads the definitions.
func Open(ctx context.Context, d Deps) (*Book, error) {
	b := &Book{Deps: d}
	if b.Users == nil {
		b.Users = func(string) []fact.User { return nil }
	}
	return b, b.load(ctx)
}

// load compiles every definition. One that makes no sense any more, because what it refers to was
// taken away behind its back, is left out and told of.
func (b *Book) load(ctx context.Context) error {
	found, err := readDefinitions(ctx, b.DB)
	if err != nil {
		return err
	}
	s := b.shelve(found, nil)
	for code, why := range s.broken {
		b.Log.Error("an indicator cannot be reckoned", "indicator", code, "error", why)
	}
	b.all.Store(s)
	return nil
}

// shelve compiles definitions among each other, taking what is compiled already from another shelf.
// What cannot be reckoned is kept apart, with what refers to it, and with rings.
func (b *Book) shelve(found []Definition, from *shelf) *shelf {
	s := &shelf{byCode: map[string]*compiled{}, broken: map[string]error{}, sums: b.sums}
	codes := map[string]bool{}
	for _, d := range found {
		codes[d.Code] = true
	}
	for _, d := range found {
		if from != nil {
			if c := from.byCode[d.Code]; c != nil && c.Revision == d.Revision {
				s.byCode[d.Code] = c
				continue
			}
		}
		c, err := compile(d, b.isElement, func(code string) bool { return codes[code] })
		if err != nil {
			s.broken[d.Code] = err
			continue
		}
		s.byCode[d.Code] = c
	}
	of := func(code string) []string {
		if c := s.byCode[code]; c != nil {
			return c.indicators
		}
		return nil
	}
	for code := range s.byCode {
		if way := ring(code, of); way != nil {
			s.broken[code] = fault.New(fault.Conflict, "measure.indicator.ring", fault.Args{"way": strings.Join(way, " → ")})
		}
	}
	for again := true; again; { // until nothing refers to what is broken
		again = false
		for code, c := range s.byCode {
			lacks := slices.ContainsFunc(c.indicators, func(inner string) bool { return s.byCode[inner] == nil || s.broken[inner] != nil })
			if lacks && s.broken[code] == nil {
				s.broken[code] = fault.New(fault.Conflict, "measure.indicator.broken", fault.Args{"code": code})
			}
			if s.broken[code] != nil {
				delete(s.byCode, code)
				again = true
			}
		}
	}
	return s
}

func (b *Book) isElement(code string) bool { _, err := b.Ledger.Element(code); return err == nil }

func (b *Book) sums(code string) bool {
	e, err := b.Ledger.Element(code)
	return err == nil && e.Combine == fact.Sum
}

// accrues reports whether an indicator of a year is as much as those of its months together: what
// adds up is above the line, and nothing that does below it.
func (s *shelf) accrues(c *compiled) bool {
	if c.Aggregate == Union {
		return false
	}
	adds := func(e *formula.Expression) bool {
		return e != nil && slices.ContainsFunc(e.Names, func(name string) bool {
			if inner := s.byCode[name]; inner != nil {
				return s.accrues(inner)
			}
			return s.sums(name)
		})
	}
	divided := c.denominator != nil && (c.formula == nil || strings.ContainsAny(c.Formula, "/÷"))
	return adds(c.numerator) && !(divided && adds(c.denominator))
}

// Definition is an indicator by code.
func (b *Book) Definition(code string) (Definition, error) {
	return b.all.Load().definition(code)
}

func (s *shelf) definition(code string) (Definition, error) {
	if c := s.byCode[code]; c != nil {
		return s.told(c), nil
	}
	return Definition{}, s.missing(code)
}

// told is a definition with what follows from it.
func (s *shelf) told(c *compiled) Definition {
	d := c.Definition
	d.Accrues = s.accrues(c)
	return d
}

// missing is why there is no indicator of a code.
func (s *shelf) missing(code string) error {
	if s.broken[code] != nil {
		return fault.New(fault.Conflict, "measure.indicator.broken", fault.Args{"code": code}).Because(s.broken[code])
	}
	return fault.New(fault.NotFound, "measure.indicator.not_found", fault.Args{"code": code})
}

// DefinitionsAt finds indicators by code as they were worded at a time; the zero time is now.
func (b *Book) DefinitionsAt(ctx context.Context, q store.Queryer, at time.Time) (func(code string) (Definition, error), error) {
	s, err := b.at(ctx, q, at)
	if err != nil {
		return nil, err
	}
	return s.definition, nil
}

// at is every definition as it was worded at a time; the zero time is now. One that was not
// defined yet stands in its first wording, so that a new indicator can look back.
func (b *Book) at(ctx context.Context, q store.Queryer, at time.Time) (*shelf, error) {
	now := b.all.Load()
	if at.IsZero() {
		return now, nil
	}
	found, err := readDefinitionsAt(ctx, q, at)
	if err != nil {
		return nil, err
	}
	return b.shelve(found, now), nil
}

// List is every definition in order of codes.
func (b *Book) List() []Definition {
	s := b.all.Load()
	list := make([]Definition, 0, len(s.byCode))
	for _, code := range slices.Sorted(maps.Keys(s.byCode)) {
		list = append(list, s.told(s.byCode[code]))
	}
	return list
}

// Edition is another whenever a definition is.
func (b *Book) Edition() any { return b.all.Load() }

// Elements are what an indicator is made of in the end: elements, its own and those of the
// indicators that it refers to, and what regions are weighted by.
func (b *Book) Elements(code string) (elements []string) {
	all := b.all.Load().byCode
	seen := map[string]bool{}
	var walk func(string)
	walk = func(code string) {
		c := all[code]
		if c == nil || seen[code] {
			return
		}
		seen[code] = true
		elements = append(elements, c.elements...)
		if c.Aggregate != Formula && c.Aggregate != Worst {
			elements = append(elements, c.weight())
		}
		for _, inner := range c.indicators {
			walk(inner)
		}
	}
	walk(code)
	slices.Sort(elements)
	return slices.Compact(elements)
}

// Revisions are those of indicators, and of all that they refer to, as they are worded now.
func (b *Book) Revisions(codes []string) map[string]int64 {
	all, found := b.all.Load().byCode, map[string]int64{}
	var walk func([]string)
	walk = func(codes []string) {
		for _, code := range codes {
			if c := all[code]; c != nil && found[code] == 0 {
				found[code] = c.Revision
				walk(c.indicators)
			}
		}
	}
	walk(codes)
	return found
}

// NumeratorOf lists what an indicator's numerator names itself, sorted; nothing where it has none.
func (b *Book) NumeratorOf(code string) []string {
	if c := b.all.Load().byCode[code]; c != nil && c.numerator != nil {
		return slices.Clone(c.numerator.Names)
	}
	return nil
}

// UsersOf are the indicators that refer to an element or an indicator.
func (b *Book) UsersOf(code string) (users []fact.User) {
	for _, d := range b.List() {
		c := b.all.Load().byCode[d.Code]
		if slices.Contains(c.elements, code) || slices.Contains(c.indicators, code) || c.Aggregate != Formula && c.weight() == code {
			users = append(users, fact.User{Kind: "indicator", ID: d.Code, NameZh: d.NameZh, NameEn: d.NameEn})
		}
	}
	return users
}

// AllUsers are the indicators, indices and standards that refer to an indicator.
func (b *Book) AllUsers(code string) []fact.User { return append(b.UsersOf(code), b.Users(code)...) }

// check compiles a definition among the others, and refuses one that refers to itself in the end.
func (b *Book) check(d Definition) (*compiled, error) {
	all := b.all.Load().byCode
	c, err := compile(d, b.isElement, func(code string) bool { return code == d.Code || all[code] != nil })
	if err != nil {
		return nil, err
	}
	way := ring(d.Code, func(code string) []string {
		if code == d.Code {
			return c.indicators
		}
		return all[code].indicators
	})
	if way != nil {
		return nil, fault.Bad(c.placeOf(way[1]), "measure.indicator.ring", fault.Args{"way": strings.Join(way, " → ")})
	}
	return c, nil
}

// placeOf is the part of a definition that refers to an indicator.
func (c *compiled) placeOf(code string) string {
	switch {
	case c.numerator != nil && slices.Contains(c.numerator.Names, code):
		return "numerator"
	case c.denominator != nil && slices.Contains(c.denominator.Names, code):
		return "denominator"
	}
	return "parts"
}

// Put defines an indicator or changes it; revision 0 defines.
func (b *Book) Put(ctx context.Context, d Definition, revision int64) (Definition, error) {
	b.Ledger.Defining.Lock()
	defer b.Ledger.Defining.Unlock()
	if err := auth.Check(ctx, b.Define, b.Home); err != nil {
		return d, err
	}
	if d.Targets == nil {
		d.Targets = []Target{}
	}
	if d.Parts == nil {
		d.Parts = []string{}
	}
	if _, err := b.check(d); err != nil {
		return d, err
	}
	if err := b.placed(ctx, d.Targets); err != nil {
		return d, err
	}
	was, err := b.Definition(d.Code)
	switch exists := err == nil; {
	case !exists && revision != 0:
		return d, err
	case exists && revision == 0:
		return d, fault.New(fault.Conflict, "measure.indicator.taken", fault.Args{"code": d.Code}).At("code")
	case exists && was.BuiltIn:
		return d, fault.New(fault.Forbidden, "measure.indicator.built_in", fault.Args{"code": d.Code})
	case exists && was.Revision != revision:
		return d, fault.New(fault.Stale, "stale")
	}
	err = b.DB.Update(ctx, func(tx *store.Tx) error {
		last, err := lastRevision(ctx, tx, d.Code)
		if err != nil {
			return err
		}
		if revision != 0 && last != revision { // somebody else changed it a moment ago
			return fault.New(fault.Stale, "stale")
		}
		d.Accrues, d.BuiltIn, d.Sample, d.Revision = false, false, was.Sample, last+1
		if err := write(ctx, tx, &d, nil); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.indicator.put", Object: "measure-indicator:" + d.Code, RegionPath: b.Home, Detail: d})
	})
	if err != nil {
		return d, err
	}
	if err := b.load(ctx); err != nil {
		return d, err
	}
	return b.Definition(d.Code)
}

// Retire ends an indicator that nothing refers to.
func (b *Book) Retire(ctx context.Context, code string, revision int64) error {
	b.Ledger.Defining.Lock()
	defer b.Ledger.Defining.Unlock()
	if err := auth.Check(ctx, b.Define, b.Home); err != nil {
		return err
	}
	d, err := b.Definition(code)
	switch {
	case err != nil:
		return err
	case d.BuiltIn:
		return fault.New(fault.Forbidden, "measure.indicator.built_in", fault.Args{"code": code})
	case d.Revision != revision:
		return fault.New(fault.Stale, "stale")
	}
	if users := b.AllUsers(code); len(users) > 0 {
		return fault.New(fault.Conflict, "measure.indicator.used", fault.Args{"name": i18n.Both{Zh: d.NameZh, En: d.NameEn}, "by": fact.Named(users)})
	}
	d.Revision++
	err = b.DB.Update(ctx, func(tx *store.Tx) error {
		if err := write(ctx, tx, &d, tx.Now.UnixMicro()); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.indicator.retire", Object: "measure-indicator:" + code, RegionPath: b.Home})
	})
	if err != nil {
		return err
	}
	return b.load(ctx)
}

// Wordings are an indicator as it was defined over time, the latest first.
func (b *Book) Wordings(ctx context.Context, code string) ([]Wording, error) {
	return readWordings(ctx, b.DB, code)
}

// Seed defines indicators that the product or the sample city brings, where they are not known
// in this form. They may refer to each other in any order.
func (b *Book) Seed(ctx context.Context, definitions []Definition) error {
	b.Ledger.Defining.Lock()
	defer b.Ledger.Defining.Unlock()
	all := b.all.Load().byCode
	brought := map[string]bool{}
	for _, d := range definitions {
		brought[d.Code] = true
	}
	known, err := store.Defined(ctx, b.DB, "measure_indicator")
	if err != nil {
		return err
	}
	var fresh []Definition
	for _, d := range definitions {
		if d.Targets == nil {
			d.Targets = []Target{}
		}
		if d.Parts == nil {
			d.Parts = []string{}
		}
		was := all[d.Code]
		if !d.BuiltIn && known[d.Code] || was != nil && store.JSON(unnumbered(was.Definition)) == store.JSON(unnumbered(d)) {
			continue
		}
		if _, err := compile(d, b.isElement, func(code string) bool { return brought[code] || all[code] != nil }); err != nil {
			return err
		}
		fresh = append(fresh, d)
	}
	if len(fresh) == 0 {
		return nil
	}
	err = b.DB.Housekeep(ctx, func(tx *store.Tx) error {
		for i := range fresh {
			last, err := lastRevision(ctx, tx, fresh[i].Code)
			if err != nil {
				return err
			}
			fresh[i].Revision = last + 1
			if err := write(ctx, tx, &fresh[i], nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return b.load(ctx)
}

func unnumbered(d Definition) Definition { d.Revision = 0; return d }

// with is the shelf with one definition more, or another in its place.
func (s *shelf) with(c *compiled) *shelf {
	byCode := maps.Clone(s.byCode)
	byCode[c.Code] = c
	return &shelf{byCode: byCode, sums: s.sums}
}
