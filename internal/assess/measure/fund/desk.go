package fund

import (
	"context"
	"slices"
	"strings"
	"time"

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
	Book   *indicator.Book // for what came of money
	Staff  Staff
	Zone   *time.Location
	Home   string // path of the region that this node serves

	Read  auth.Permission // see money
	Write auth.Permission // enter it
	Agree auth.Permission // confirm what another entered
}

// Staff answers for accounts.
type Staff interface {
	// Independent reports whether two accounts are two people for all that is known.
	Independent(ctx context.Context, q store.Queryer, a, b string) (bool, error)
}

// Desk keeps money.
type Desk struct{ Deps }

// New makes the desk, and sees to it that facts can be stated of every purpose.
func New(ctx context.Context, d Deps) (*Desk, error) {
	s := &Desk{d}
	purposes, err := s.Purposes(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.seedElements(ctx, purposes); err != nil {
		return nil, err
	}
	return s, s.stateTotals(ctx)
}

// Purposes lists what money is for.
func (d *Desk) Purposes(ctx context.Context) ([]Purpose, error) { return readPurposes(ctx, d.DB) }

// seedElements defines what funds of purposes leave facts of.
func (d *Desk) seedElements(ctx context.Context, purposes []Purpose) error {
	var elements []fact.Element
	for _, k := range []struct {
		kind   Kind
		zh, en string
		period period.Kind
	}{{Line, "预算与捐赠", "Budgeted and given", period.Year}, {Contract, "已签合同", "Contracted", period.Day}, {Payment, "已支付", "Paid", period.Day}} {
		e := fact.Element{UnitZh: "元", UnitEn: "yuan", Combine: fact.Sum, Period: k.period, Places: 2, Source: "资金：已确认的预算、捐赠、合同和支付。", SourceEn: "Money: budget lines, gifts, contracts and payments that were confirmed.", BuiltIn: true}
		e.Code, e.NameZh, e.NameEn = totalOf(k.kind), k.zh+"（每笔资金）", k.en+" (of each fund)"
		elements = append(elements, e)
		for _, p := range purposes {
			e.Code, e.NameZh, e.NameEn, e.Sample = elementOf(k.kind, p.Code), k.zh+"："+p.NameZh, k.en+": "+p.NameEn, p.Sample
			elements = append(elements, e)
		}
	}
	return d.Ledger.Seed(ctx, elements)
}

// PutPurpose says what money may be for; revision 0 begins a purpose.
func (d *Desk) PutPurpose(ctx context.Context, p Purpose, revision int64) (Purpose, error) {
	if err := auth.Check(ctx, d.Write, d.Home); err != nil {
		return p, err
	}
	if f := fact.CheckCode("code", p.Code); f != nil || strings.Contains(p.Code, ".") {
		return p, fault.Bad("code", "measure.code", fault.Args{"code": p.Code})
	}
	err := d.DB.Update(ctx, func(tx *store.Tx) error {
		p.Sample, p.Revision = false, revision+1
		if err := writePurpose(ctx, tx, &p, revision); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.purpose.put", Object: "measure-purpose:" + p.Code, RegionPath: d.Home, Detail: p})
	})
	if err != nil {
		return p, err
	}
	return p, d.seedElements(ctx, []Purpose{p})
}

// Get is a fund that the reader may see, with what stands under it.
func (d *Desk) Get(ctx context.Context, id string) (*View, error) {
	f, err := d.see(ctx, d.DB, id)
	if err != nil {
		return nil, err
	}
	return d.view(ctx, f)
}

func (d *Desk) see(ctx context.Context, q store.Queryer, id string) (*Fund, error) {
	f, err := readFund(ctx, q, id)
	if err != nil {
		return nil, err
	}
	if !auth.ScopeOf(ctx, d.Read).Allows(f.RegionPath) {
		return nil, errNone()
	}
	return f, nil
}

func errNone() error { return fault.New(fault.NotFound, "measure.fund.not_found") }

// settle fills in what follows from a fund's parent and region.
func (d *Desk) settle(ctx context.Context, q store.Queryer, f *Fund) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.Parent != "" {
		up, err := readFund(ctx, q, f.Parent)
		if err != nil || !auth.ScopeOf(ctx, d.Read).Allows(up.RegionPath) {
			return fault.New(fault.NotFound, "measure.fund.not_found").At("parent")
		}
		if !under(f.Kind, up.Kind) {
			return fault.Bad("parent", "measure.fund.parent")
		}
		if up.State != Confirmed {
			return fault.New(fault.Conflict, "measure.fund.unconfirmed").At("parent")
		}
		f.Purpose, f.Year = up.Purpose, up.Year
	} else {
		f.Day = ""
	}
	if err := f.timely(d.Clock.Now().In(d.Zone).Format(time.DateOnly)); err != nil {
		return err
	}
	purposes, err := readPurposes(ctx, q)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(purposes, func(p Purpose) bool { return p.Code == f.Purpose }) {
		return fault.Bad("purpose", "measure.fund.purpose")
	}
	r, err := d.Ledger.Tree().Region(f.RegionCode)
	if err != nil {
		return fault.Of(err).At("region")
	}
	f.RegionPath = r.Path
	return auth.Check(ctx, d.Write, r.Path)
}

// Enter enters a fund; it counts once another has confirmed it.
func (d *Desk) Enter(ctx context.Context, f Fund) (*View, error) {
	if err := d.settle(ctx, d.DB, &f); err != nil {
		return nil, err
	}
	who := auth.Who(ctx)
	f.By, f.Writers, f.State, f.Revision, f.Sample, f.AgreedBy, f.AgreedAt, f.VoidReason = who.Person(), []string{who.ID}, Draft, 1, false, nil, time.Time{}, ""
	err := d.DB.Update(ctx, func(tx *store.Tx) error {
		f.ID, f.At = store.NewID(tx.Now), tx.Now
		if err := insertFund(ctx, tx, &f); err != nil {
			return err
		}
		return record(ctx, tx, "enter", &f)
	})
	if err != nil {
		return nil, err
	}
	d.Ledger.Told(f.RegionPath)
	return d.view(ctx, &f)
}

func record(ctx context.Context, tx *store.Tx, verb string, f *Fund) error {
	return audit.Write(ctx, tx, audit.Entry{Action: "measure.fund." + verb, Object: "measure-fund:" + f.ID, RegionPath: f.RegionPath,
		Detail: map[string]any{"kind": f.Kind, "name": f.Name, "amount": f.Amount, "purpose": f.Purpose, "reason": f.VoidReason}})
}

// alter changes a fund that the asker sees.
func (d *Desk) alter(ctx context.Context, id string, revision int64, verb string, do func(tx *store.Tx, f *Fund) error) (*View, error) {
	var f *Fund
	err := d.DB.Update(ctx, func(tx *store.Tx) (err error) {
		if f, err = d.see(ctx, tx, id); err != nil {
			return err
		}
		if f.Revision != revision {
			return fault.New(fault.Stale, "stale")
		}
		if err := do(tx, f); err != nil {
			return err
		}
		if err := updateFund(ctx, tx, f); err != nil {
			return err
		}
		return record(ctx, tx, verb, f)
	})
	if err != nil {
		return nil, err
	}
	d.Ledger.Told(f.RegionPath)
	return d.view(ctx, f)
}

// Change corrects a draft.
func (d *Desk) Change(ctx context.Context, id string, revision int64, to Fund) (*View, error) {
	return d.alter(ctx, id, revision, "change", func(tx *store.Tx, f *Fund) error {
		if f.State != Draft {
			return errState(f.State)
		}
		if err := auth.Check(ctx, d.Write, f.RegionPath); err != nil {
			return err
		}
		to.Kind = f.Kind
		if err := d.settle(ctx, tx, &to); err != nil {
			return err
		}
		to.ID, to.By, to.At, to.State, to.Sample, to.Revision, to.Writers = f.ID, f.By, f.At, Draft, f.Sample, f.Revision, f.Writers
		if who := auth.Who(ctx).ID; !slices.Contains(to.Writers, who) {
			to.Writers = append(to.Writers, who)
		}
		*f = to
		return nil
	})
}

// Confirm makes what another entered count.
func (d *Desk) Confirm(ctx context.Context, id string, revision int64) (*View, error) {
	return d.alter(ctx, id, revision, "confirm", func(tx *store.Tx, f *Fund) error {
		if f.State != Draft {
			return errState(f.State)
		}
		if err := auth.Check(ctx, d.Agree, f.RegionPath); err != nil {
			return err
		}
		if err := d.apart(ctx, tx, f); err != nil {
			return err
		}
		if err := d.fits(ctx, tx, f); err != nil {
			return err
		}
		by := auth.Who(ctx).Person()
		f.State, f.AgreedBy, f.AgreedAt = Confirmed, &by, tx.Now
		v := f.value()
		return d.state(ctx, tx, f, &v, "")
	})
}

// apart refuses whoever entered a fund: what counts is never one person's word.
func (d *Desk) apart(ctx context.Context, tx *store.Tx, f *Fund) error {
	who := auth.Who(ctx)
	for _, w := range f.Writers {
		apart := w != who.ID
		if apart {
			var err error
			if apart, err = d.Staff.Independent(ctx, tx, who.ID, w); err != nil {
				return err
			}
		}
		if !apart {
			return fault.New(fault.Forbidden, "measure.fund.own")
		}
	}
	return nil
}

// fits refuses a contract for more than its line holds, and a payment of more than was agreed.
func (d *Desk) fits(ctx context.Context, tx *store.Tx, f *Fund) error {
	if f.Parent == "" {
		return nil
	}
	if err := holdFund(ctx, tx, f.Parent); err != nil {
		return err
	}
	up, err := readFund(ctx, tx, f.Parent)
	if err != nil {
		return err
	}
	if up.State != Confirmed {
		return fault.New(fault.Conflict, "measure.fund.unconfirmed")
	}
	taken, err := sumUnder(ctx, tx, up.ID)
	if err != nil {
		return err
	}
	if left := int64(up.value()) - taken; int64(f.value()) > left {
		return fault.New(fault.Conflict, "measure.fund.over", fault.Args{"name": up.Name, "left": fact.Value(left).Float()}).At("amount")
	}
	return nil
}

// state states what a fund counts for, or takes it back.
func (d *Desk) state(ctx context.Context, tx *store.Tx, f *Fund, v *fact.Value, reason string) error {
	root, err := rootOf(ctx, tx, f)
	if err != nil {
		return err
	}
	entries, err := d.entries(f, root)
	if err != nil {
		return err
	}
	for i := range entries {
		entries[i].Value, entries[i].Reason, entries[i].Correct = v, reason, reason != ""
	}
	_, err = d.Ledger.Take(ctx, tx, fact.Origin{Source: fact.FromFund, Object: "fund:" + f.ID}, entries)
	return err
}

// entries are the facts that a fund leaves: of its purpose in its region, and in the line or gift that it
// stands under, which is a thing in that region.
func (d *Desk) entries(f *Fund, root string) ([]fact.Entry, error) {
	at := period.Period{Kind: period.Year, N: f.Year - 1}
	if f.Kind == Contract || f.Kind == Payment {
		day, err := period.Parse(f.Day)
		if err != nil {
			return nil, fault.Of(err).At("day")
		}
		at = day
	}
	v := f.value()
	e := fact.Entry{Element: elementOf(f.Kind, f.Purpose), Unit: f.RegionCode, Region: f.RegionCode, Period: at, Ref: f.ID, Value: &v, At: at.Start(d.Zone)}
	of := e
	of.Element, of.Unit = totalOf(f.Kind), thingKind+":"+root
	return []fact.Entry{e, of}, nil
}

// MakeVoid takes back for a reason what counted, if nothing confirmed stands under it.
func (d *Desk) MakeVoid(ctx context.Context, id string, revision int64, reason string) (*View, error) {
	reason = strings.TrimSpace(reason)
	if i18n.Blank(reason) || i18n.Deceives(reason, "\n") {
		return nil, fault.Bad("reason", "measure.return.reason")
	}
	return d.alter(ctx, id, revision, "void", func(tx *store.Tx, f *Fund) error {
		if err := auth.Check(ctx, d.Agree, f.RegionPath); err != nil {
			return err
		}
		if f.State != Confirmed {
			return errState(f.State)
		}
		if err := d.apart(ctx, tx, f); err != nil {
			return err
		}
		if err := holdFund(ctx, tx, f.ID); err != nil {
			return err
		}
		if taken, err := sumUnder(ctx, tx, f.ID); err != nil || taken > 0 {
			if err == nil {
				err = fault.New(fault.Conflict, "measure.fund.children")
			}
			return err
		}
		f.State, f.VoidReason = Void, reason
		return d.state(ctx, tx, f, nil, reason)
	})
}

// Discard gives a draft up.
func (d *Desk) Discard(ctx context.Context, id string, revision int64) error {
	_, err := d.alter(ctx, id, revision, "discard", func(_ *store.Tx, f *Fund) error {
		if err := auth.Check(ctx, d.Write, f.RegionPath); err != nil {
			return err
		}
		if f.State != Draft {
			return errState(f.State)
		}
		f.State = Void
		return nil
	})
	return err
}
