package returns

import (
	"context"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// View is a return as a page shows it.
type View struct {
	Return
	FormOf   *Form               `json:"formOf"`
	NameZh   string              `json:"nameZh" doc:"Of the region"`
	NameEn   string              `json:"nameEn"`
	Due      time.Time           `json:"due"`
	Late     bool                `json:"late"`
	Findings []Finding           `json:"findings"`
	Before   map[string]*float64 `json:"before" doc:"Of the period before, by element"`
	Stands   map[string]*float64 `json:"stands" doc:"What counts now, by element"`
	May      []string            `json:"may" doc:"write, submit, approve, send_back, reopen"`
	WaitsZh  string              `json:"waitsZh,omitempty" doc:"Name of the region whose approval it waits for"`
	WaitsEn  string              `json:"waitsEn,omitempty"`
}

// due is by when the return of a period is to be submitted.
func (d *Desk) due(f *Form, p period.Period) time.Time { return p.End(d.Zone).AddDate(0, 0, f.Due) }

// see is a return that the asker may see, with its form; one that nobody began has state None.
func (d *Desk) see(ctx context.Context, q store.Queryer, id string) (*Return, *Form, error) {
	code, unit, p, err := parse(id)
	if err != nil {
		return nil, nil, err
	}
	g, err := d.Ledger.Tree().Region(unit)
	if err != nil || !auth.ScopeOf(ctx, d.Read).Allows(g.Path) {
		return nil, nil, fault.New(fault.NotFound, "measure.return.not_found")
	}
	r, err := readReturn(ctx, q, id)
	if err != nil {
		return nil, nil, err
	}
	f, err := d.formOf(code)
	if err != nil {
		return nil, nil, err
	}
	if r == nil {
		if f.retired || !f.asks(p) || g.Level != f.Level {
			return nil, nil, fault.New(fault.NotFound, "measure.return.not_found")
		}
		r = &Return{ID: id, Form: code, Unit: unit, RegionPath: g.Path, Period: p, State: None, Round: 1, Answers: map[string]Answer{}, History: []Event{}}
	}
	return r, f, nil
}

// approver is the path of the region whose approval a submitted return waits for.
func (d *Desk) approver(f *Form, r *Return) string {
	if r.Step >= len(f.Steps) {
		return d.Home
	}
	tree := d.Ledger.Tree()
	for _, code := range tree.Above(r.Unit) {
		if g, err := tree.Region(code); err == nil && g.Level == f.Steps[r.Step] {
			return g.Path
		}
	}
	return d.Home
}

// Get is a return with what is to be known about it.
func (d *Desk) Get(ctx context.Context, id string) (*View, error) {
	r, f, err := d.see(ctx, d.DB, id)
	if err != nil {
		return nil, err
	}
	return d.view(ctx, r, f)
}

func (d *Desk) view(ctx context.Context, r *Return, f *Form) (*View, error) {
	v := &View{Return: *r, FormOf: f, Due: d.due(f, r.Period), Before: map[string]*float64{}, Stands: map[string]*float64{}, May: []string{}, Findings: []Finding{}}
	v.Late = (r.State == None || r.State == Open) && r.Round == 1 && d.Clock.Now().After(v.Due)
	if g, err := d.Ledger.Tree().Region(r.Unit); err == nil {
		v.NameZh, v.NameEn = g.NameZh, g.NameEn
	}
	var codes []string
	for _, e := range d.elements(f) {
		codes = append(codes, e.Code)
	}
	grid, err := d.Ledger.Read(ctx, d.DB, fact.Ask{Elements: codes, Units: []string{r.Unit}, From: r.Period.Next(-1), To: r.Period})
	if err != nil {
		return nil, err
	}
	for _, code := range codes {
		for i, into := range []map[string]*float64{v.Before, v.Stands} {
			if x := grid.At(code, r.Unit, i); x.Known() {
				into[code] = &x.V
			}
		}
	}
	if r.State == Open || r.State == Submitted {
		if v.Findings, err = d.find(ctx, d.DB, f, r); err != nil {
			return nil, err
		}
	}
	can := func(p auth.Permission, path string) bool { return auth.ScopeOf(ctx, p).Allows(path) }
	may := func(what string, when bool) {
		if when {
			v.May = append(v.May, what)
		}
	}
	own := can(d.State, r.RegionPath)
	may("write", own && (r.State == None || r.State == Open) && d.Ledger.Begun(r.Period) == nil)
	may("submit", own && r.State == Open)
	if r.State == Submitted {
		path := d.approver(f, r)
		if g := d.Ledger.Tree().At(path); g != nil {
			v.WaitsZh, v.WaitsEn = g.NameZh, g.NameEn
		}
		agrees := can(d.Agree, path)
		may("approve", agrees && !contains(r.Writers, auth.Who(ctx).ID))
		may("send_back", agrees)
	}
	may("reopen", r.State == Accepted && (own || can(d.Agree, r.RegionPath)))
	return v, nil
}

func contains(list []string, s string) bool {
	for _, other := range list {
		if other == s {
			return true
		}
	}
	return false
}

// alter changes a return that the asker sees; revision 0 is one that nobody began, −1 any.
func (d *Desk) alter(ctx context.Context, id string, revision int64, verb string, do func(tx *store.Tx, r *Return, f *Form, by auth.Person) (any, error)) (*View, error) {
	var r *Return
	var f *Form
	err := d.DB.Update(ctx, func(tx *store.Tx) (err error) {
		if r, f, err = d.see(ctx, tx, id); err != nil {
			return err
		}
		if revision >= 0 && r.Revision != revision {
			return fault.New(fault.Stale, "stale")
		}
		who := auth.Who(ctx)
		detail, err := do(tx, r, f, who.Person())
		if err != nil {
			return err
		}
		return d.keep(ctx, tx, r, verb, detail)
	})
	if err != nil {
		return nil, err
	}
	d.Ledger.Told(r.RegionPath)
	return d.view(ctx, r, f)
}

// Write keeps the answers of an open return.
func (d *Desk) Write(ctx context.Context, id string, revision int64, answers map[string]Answer) (*View, error) {
	return d.alter(ctx, id, revision, "write", func(tx *store.Tx, r *Return, f *Form, by auth.Person) (any, error) {
		if err := auth.Check(ctx, d.State, r.RegionPath); err != nil {
			return nil, err
		}
		if bad := d.Ledger.Begun(r.Period); bad != nil {
			return nil, bad
		}
		return map[string]any{"answers": len(answers), "round": r.Round}, r.write(f, answers, by, tx.Now)
	})
}

// Submit sends a return up. Where nobody is to approve it, it is accepted at once.
func (d *Desk) Submit(ctx context.Context, id string, revision int64) (*View, error) {
	return d.alter(ctx, id, revision, "submit", func(tx *store.Tx, r *Return, f *Form, by auth.Person) (any, error) {
		if err := auth.Check(ctx, d.State, r.RegionPath); err != nil {
			return nil, err
		}
		findings, err := d.find(ctx, tx, f, r)
		if err != nil {
			return nil, err
		}
		if err := r.submit(findings, by, tx.Now); err != nil {
			return nil, err
		}
		if len(f.Steps) > 0 {
			return map[string]any{"round": r.Round, "explained": len(findings)}, nil
		}
		r.State, r.AcceptedAt = Accepted, tx.Now
		r.did("accept", "", by, tx.Now)
		return map[string]any{"round": r.Round, "accepted": true}, d.commit(ctx, tx, r, f)
	})
}

// Approve is the consent of the region that a return waits for. The last makes its facts count
// and locks them.
func (d *Desk) Approve(ctx context.Context, id string, revision int64) (*View, error) {
	return d.alter(ctx, id, revision, "approve", func(tx *store.Tx, r *Return, f *Form, by auth.Person) (any, error) {
		if err := auth.Check(ctx, d.Agree, d.approver(f, r)); err != nil {
			return nil, err
		}
		for _, writer := range r.Writers {
			if writer == by.ID {
				break // approve says so
			}
			apart, err := d.Staff.Independent(ctx, tx, by.ID, writer)
			if err != nil {
				return nil, err
			}
			if !apart {
				return nil, fault.New(fault.Forbidden, "measure.return.not_independent")
			}
		}
		last, err := r.approve(f, by, tx.Now)
		if err != nil || !last {
			return map[string]any{"step": r.Step}, err
		}
		return map[string]any{"accepted": true, "round": r.Round}, d.commit(ctx, tx, r, f)
	})
}

// commit makes facts of an accepted return and locks them. An item left blank withdraws what an
// earlier round of the return stated and opens it again; what counts from elsewhere is not the
// return's to withdraw, and a gap is nobody's to lock.
func (d *Desk) commit(ctx context.Context, tx *store.Tx, r *Return, f *Form) error {
	from := fact.Origin{Source: fact.FromReturn, Object: "return:" + r.ID}
	before, err := fact.StatedBy(ctx, tx, from.Object)
	if err != nil {
		return err
	}
	var entries []fact.Entry
	var states, withdraws []string
	for _, item := range f.Items {
		e := fact.Entry{Element: item.Element, Unit: r.Unit, Period: r.Period, At: r.Period.End(d.Zone).Add(-time.Microsecond), Correct: r.Round > 1, Reason: r.Reason}
		a := r.Answers[item.Element]
		switch {
		case a.Value != nil:
			v, err := fact.ValueOf(*a.Value)
			if err != nil {
				return fault.Of(err).At("answers." + item.Element)
			}
			e.Value = &v
			states = append(states, item.Element)
		case before[item.Element]:
			withdraws = append(withdraws, item.Element)
		default:
			continue
		}
		entries = append(entries, e)
	}
	if _, err := d.Ledger.Take(ctx, tx, from, entries); err != nil {
		return err
	}
	if err := fact.Unlock(ctx, tx, withdraws, from.Object); err != nil {
		return err
	}
	return d.Ledger.Lock(ctx, tx, r.Unit, r.Period, states, from.Object)
}

// SendBack gives a submitted return back with a reason.
func (d *Desk) SendBack(ctx context.Context, id string, revision int64, reason string) (*View, error) {
	reason, err := worded(reason)
	if err != nil {
		return nil, err
	}
	return d.alter(ctx, id, revision, "send_back", func(tx *store.Tx, r *Return, f *Form, by auth.Person) (any, error) {
		if err := auth.Check(ctx, d.Agree, d.approver(f, r)); err != nil {
			return nil, err
		}
		return map[string]any{"reason": reason}, r.sendBack(reason, by, tx.Now)
	})
}

// Reopen begins the correction of an accepted return. What it says counts until the corrected one
// is accepted.
func (d *Desk) Reopen(ctx context.Context, id string, revision int64, reason string) (*View, error) {
	reason, err := worded(reason)
	if err != nil {
		return nil, err
	}
	return d.alter(ctx, id, revision, "reopen", func(tx *store.Tx, r *Return, _ *Form, by auth.Person) (any, error) {
		if err := auth.Check(ctx, d.State, r.RegionPath); err != nil {
			if auth.Check(ctx, d.Agree, r.RegionPath) != nil {
				return nil, err
			}
		}
		return map[string]any{"reason": reason}, r.reopen(reason, by, tx.Now)
	})
}

func worded(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	if i18n.Blank(reason) || i18n.Deceives(reason, "\n") {
		return "", fault.Bad("reason", "measure.return.reason")
	}
	return reason, nil
}
