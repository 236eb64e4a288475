package returns

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/formula"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
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
	Zone   *time.Location
	Home   string // path of the region that this node serves

	Read   auth.Permission // see returns
	State  auth.Permission // write and submit them
	Agree  auth.Permission // approve them and send them back
	Define auth.Permission // say what is asked
}

// Staff answers for accounts.
type Staff interface {
	// Independent reports whether two accounts are two people for all that is known.
	Independent(ctx context.Context, q store.Queryer, a, b string) (bool, error)
}

// Desk keeps what is asked of regions and what they answer.
type Desk struct {
	Deps
	asked atomic.Pointer[asked]
}

// asked is every form and rule. It does not change; another takes its place.
type asked struct {
	forms map[string]*Form // those that were retired among them
	rules []*compiledRule
}

type compiledRule struct {
	Rule
	expr *formula.Expression
}

// New reads what is asked.
func New(ctx context.Context, d Deps) (*Desk, error) {
	s := &Desk{Deps: d}
	return s, s.load(ctx)
}

func (d *Desk) load(ctx context.Context) error {
	forms, err := readForms(ctx, d.DB)
	if err != nil {
		return err
	}
	rules, err := readRules(ctx, d.DB)
	if err != nil {
		return err
	}
	a := &asked{forms: map[string]*Form{}}
	for _, f := range forms {
		a.forms[f.Code] = f
	}
	for _, r := range rules {
		expr, err := r.compile(d.isElement)
		if err != nil {
			d.Log.Error("a rule for returns cannot be asked", "rule", r.Code, "error", err)
			continue
		}
		a.rules = append(a.rules, &compiledRule{r, expr})
	}
	d.asked.Store(a)
	return nil
}

func (d *Desk) isElement(code string) bool { _, err := d.Ledger.Element(code); return err == nil }

func (d *Desk) rules() []*compiledRule { return d.asked.Load().rules }

// Forms lists what is asked, in order of codes.
func (d *Desk) Forms() (list []*Form) {
	forms := d.asked.Load().forms
	for _, code := range slices.Sorted(maps.Keys(forms)) {
		if !forms[code].retired {
			list = append(list, forms[code])
		}
	}
	return list
}

// Form is a form by code, if it is still asked.
func (d *Desk) Form(code string) (*Form, error) {
	f, err := d.formOf(code)
	if err == nil && f.retired {
		return nil, noForm(code)
	}
	return f, err
}

// formOf is the form of returns that there are, as it was where it was retired.
func (d *Desk) formOf(code string) (*Form, error) {
	if f := d.asked.Load().forms[code]; f != nil {
		return f, nil
	}
	return nil, noForm(code)
}

func noForm(code string) error {
	return fault.New(fault.NotFound, "measure.form.not_found", fault.Args{"code": code})
}

// Rules lists what values must agree with.
func (d *Desk) Rules() (list []Rule) {
	for _, r := range d.rules() {
		list = append(list, r.Rule)
	}
	return list
}

// UsersOf are the forms and rules that refer to an element.
func (d *Desk) UsersOf(element string) (users []fact.User) {
	for _, f := range d.Forms() {
		if slices.ContainsFunc(f.Items, func(i Item) bool { return i.Element == element }) {
			users = append(users, fact.User{Kind: "form", ID: f.Code, NameZh: f.NameZh, NameEn: f.NameEn})
		}
	}
	for _, r := range d.rules() {
		if slices.ContainsFunc(r.expr.Names, func(n string) bool { return strings.TrimPrefix(n, before) == element }) {
			users = append(users, fact.User{Kind: "rule", ID: r.Code, NameZh: r.MessageZh, NameEn: r.MessageEn})
		}
	}
	return users
}

// PutForm asks something, or asks it otherwise; revision 0 asks it first. What was accepted stays.
func (d *Desk) PutForm(ctx context.Context, f Form, revision int64) (*Form, error) {
	d.Ledger.Defining.Lock()
	defer d.Ledger.Defining.Unlock()
	if f.Steps == nil {
		f.Steps = []string{}
	}
	if err := f.check(d.Ledger.Element); err != nil {
		return nil, err
	}
	was, err := d.Form(f.Code)
	if err := d.changes("measure.form.taken", f.Code, err == nil, was.revision(), revision, err); err != nil {
		return nil, err
	}
	f.Revision = revision + 1
	err = d.define(ctx, "measure.form.put", "measure-form:"+f.Code, f, func(tx *store.Tx) error { return writeForm(ctx, tx, &f, nil) })
	return &f, err
}

func (f *Form) revision() int64 {
	if f == nil {
		return 0
	}
	return f.Revision
}

// changes refuses a change of what is not there, is there already, or was changed meanwhile.
func (d *Desk) changes(taken, code string, exists bool, has, revision int64, missing error) error {
	switch {
	case !exists && revision != 0:
		return missing
	case exists && revision == 0:
		return fault.New(fault.Conflict, taken, fault.Args{"code": code}).At("code")
	case exists && has != revision:
		return fault.New(fault.Stale, "stale")
	}
	return nil
}

func (d *Desk) define(ctx context.Context, action, object string, detail any, write func(*store.Tx) error) error {
	if err := auth.Check(ctx, d.Define, d.Home); err != nil {
		return err
	}
	err := d.DB.Update(ctx, func(tx *store.Tx) error {
		if err := write(tx); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: action, Object: object, RegionPath: d.Home, Detail: detail})
	})
	if err != nil {
		return err
	}
	return d.load(ctx)
}

// RetireForm asks no more; what was answered stays to be read, and what was begun can be brought to
// its end.
func (d *Desk) RetireForm(ctx context.Context, code string, revision int64) error {
	d.Ledger.Defining.Lock()
	defer d.Ledger.Defining.Unlock()
	f, err := d.Form(code)
	if err := d.changes("", code, err == nil, f.revision(), revision, err); err != nil {
		return err
	}
	gone := *f
	gone.Revision++
	return d.define(ctx, "measure.form.retire", "measure-form:"+code, nil, func(tx *store.Tx) error { return writeForm(ctx, tx, &gone, tx.Now.UnixMicro()) })
}

func (d *Desk) rule(code string) (Rule, error) {
	for _, r := range d.rules() {
		if r.Code == code {
			return r.Rule, nil
		}
	}
	return Rule{}, fault.New(fault.NotFound, "measure.rule.not_found", fault.Args{"code": code})
}

// PutRule makes a rule or changes it; revision 0 makes it.
func (d *Desk) PutRule(ctx context.Context, r Rule, revision int64) (Rule, error) {
	d.Ledger.Defining.Lock()
	defer d.Ledger.Defining.Unlock()
	if _, err := r.compile(d.isElement); err != nil {
		return r, err
	}
	was, err := d.rule(r.Code)
	if err := d.changes("measure.rule.taken", r.Code, err == nil, was.Revision, revision, err); err != nil {
		return r, err
	}
	r.Revision = revision + 1
	err = d.define(ctx, "measure.rule.put", "measure-rule:"+r.Code, r, func(tx *store.Tx) error { return writeRule(ctx, tx, &r, nil) })
	return r, err
}

// RetireRule drops a rule.
func (d *Desk) RetireRule(ctx context.Context, code string, revision int64) error {
	d.Ledger.Defining.Lock()
	defer d.Ledger.Defining.Unlock()
	r, err := d.rule(code)
	if err := d.changes("", code, err == nil, r.Revision, revision, err); err != nil {
		return err
	}
	r.Revision++
	return d.define(ctx, "measure.rule.retire", "measure-rule:"+code, nil, func(tx *store.Tx) error { return writeRule(ctx, tx, &r, tx.Now.UnixMicro()) })
}

// Seed asks what the sample city asks, where it is not asked.
func (d *Desk) Seed(ctx context.Context, forms []Form, rules []Rule) error {
	err := d.DB.Housekeep(ctx, func(tx *store.Tx) error {
		known, err := store.Defined(ctx, tx, "measure_form")
		if err != nil {
			return err
		}
		for _, f := range forms {
			if known[f.Code] {
				continue
			}
			if err := f.check(d.Ledger.Element); err != nil {
				return err
			}
			f.Revision = 1
			if err := writeForm(ctx, tx, &f, nil); err != nil {
				return err
			}
		}
		if known, err = store.Defined(ctx, tx, "measure_rule"); err != nil {
			return err
		}
		for _, r := range rules {
			if known[r.Code] {
				continue
			}
			if _, err := r.compile(d.isElement); err != nil {
				return err
			}
			r.Revision = 1
			if err := writeRule(ctx, tx, &r, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return d.load(ctx)
}
