package fund

import (
	"context"
	"slices"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// View is a fund with what stands above and under it.
type View struct {
	Fund
	Taken float64  `json:"taken" doc:"Confirmed under it: agreed of a line, paid of a contract"`
	Left  float64  `json:"left"`
	Paid  float64  `json:"paid" doc:"Confirmed payments at any depth below"`
	Above []Branch `json:"above" nullable:"false" doc:"From the line or gift down"`
	Below []Branch `json:"below" nullable:"false" doc:"Directly under it, the latest first; at most 500"`
	Under int64    `json:"under" doc:"How many stand directly under it; the list of funds has all of them"`
	May   []string `json:"may" nullable:"false" doc:"change, discard, confirm, void"`
}

// Branch is a fund above or below another, with what is left of it.
type Branch struct {
	Fund
	Taken float64 `json:"taken" doc:"Confirmed under it"`
	Left  float64 `json:"left"`
	Below []Fund  `json:"below" nullable:"false" doc:"Of a contract under a line, its payments, the latest first; of all such contracts at most 500"`
	Under int64   `json:"under" doc:"How many stand directly under it"`
}

func branch(f Fund, taken int64) Branch {
	return Branch{Fund: f, Taken: fact.Value(taken).Float(), Left: fact.Value(int64(f.value()) - taken).Float(), Below: []Fund{}}
}

func (d *Desk) view(ctx context.Context, f *Fund) (*View, error) {
	v := &View{Fund: *f, Above: []Branch{}, Below: []Branch{}, May: []string{}}
	taken, err := sumUnder(ctx, d.DB, f.ID)
	if err != nil {
		return nil, err
	}
	paid, err := paidUnder(ctx, d.DB, f.ID)
	if err != nil {
		return nil, err
	}
	v.Taken, v.Left, v.Paid = fact.Value(taken).Float(), fact.Value(int64(f.value())-taken).Float(), fact.Value(paid).Float()
	scope := auth.ScopeOf(ctx, d.Read)
	for up := f.Parent; up != ""; {
		above, err := readFund(ctx, d.DB, up)
		if err != nil {
			return nil, err
		}
		if !scope.Allows(above.RegionPath) { // a city's line above a district's contract is the city's to show
			break
		}
		sum, err := sumUnder(ctx, d.DB, up)
		if err != nil {
			return nil, err
		}
		v.Above, up = append([]Branch{branch(*above, sum)}, v.Above...), above.Parent
	}
	if v.Below, err = d.below(ctx, f.ID, scope); err != nil {
		return nil, err
	}
	if v.Under, err = countUnder(ctx, d.DB, f.ID, scope); err != nil {
		return nil, err
	}
	can := func(p auth.Permission) bool { return auth.ScopeOf(ctx, p).Allows(f.RegionPath) }
	if f.State == Draft && can(d.Write) {
		v.May = append(v.May, "change", "discard")
	}
	agrees := can(d.Agree) && !slices.Contains(f.Writers, auth.Who(ctx).ID)
	if f.State == Draft && agrees {
		v.May = append(v.May, "confirm")
	}
	if f.State == Confirmed && taken == 0 && agrees {
		v.May = append(v.May, "void")
	}
	return v, nil
}

// below are the funds directly under one, each with those under it, as far as the reader may see them.
func (d *Desk) below(ctx context.Context, id string, scope auth.Scope) ([]Branch, error) {
	first, err := fundsUnder(ctx, d.DB, id, scope)
	if err != nil {
		return nil, err
	}
	second, err := fundsBelow(ctx, d.DB, id, scope)
	if err != nil {
		return nil, err
	}
	sums, err := sumsUnder(ctx, d.DB, id, scope)
	if err != nil {
		return nil, err
	}
	out := []Branch{}
	for _, f := range first {
		b := branch(f, sums[f.ID].sum)
		b.Under = sums[f.ID].count
		for _, g := range second {
			if g.Parent == f.ID {
				b.Below = append(b.Below, g)
			}
		}
		out = append(out, b)
	}
	return out, nil
}

// Filter chooses funds.
type Filter struct {
	Text    string // in a name, Chinese or English, in a number or of a party
	Kind    Kind
	Year    int
	Under   string // a fund that they stand directly under
	Purpose string
	Path    string // region path; its subtree
	State   string
	Source  string
	From    string // first and last day of contracts and payments, 2026-07-28
	To      string
	Page    store.Page

	named []string // ids of those that Text chooses
}

// Listing is a part of a list of funds, with what all that match come to.
type Listing struct {
	store.Listing[Fund]
	Sums Sums `json:"sums"`
}

// Sums are amounts of those that match and are not void, in yuan; what is a draft counts nowhere yet.
type Sums struct {
	Line     float64 `json:"line"`
	Gift     float64 `json:"gift"`
	Contract float64 `json:"contract"`
	Payment  float64 `json:"payment"`
	Draft    float64 `json:"draft"`
	Drafts   int64   `json:"drafts" doc:"How many wait to be confirmed"`
}

// List lists funds that the reader may see, the latest first.
func (d *Desk) List(ctx context.Context, f Filter) (out Listing, err error) {
	scope := auth.ScopeOf(ctx, d.Read)
	if f.Text != "" {
		if f.named, err = namedFunds(ctx, d.DB, f, scope); err != nil {
			return out, err
		}
	}
	if out.Listing, err = listFunds(ctx, d.DB, f, scope); err != nil {
		return out, err
	}
	out.Sums, err = sumFunds(ctx, d.DB, f, scope)
	return out, err
}

// Reckoning is what money of a year came to, by purpose and by region.
type Reckoning struct {
	Year     int       `json:"year"`
	Purposes []Account `json:"purposes" nullable:"false" doc:"By purpose"`
	Regions  []Account `json:"regions" nullable:"false" doc:"By district, of a district's node by township; what is for a larger region stands under that"`
	Sources  []Account `json:"sources" nullable:"false" doc:"By source of the money"`
	Flows    []Flow    `json:"flows" nullable:"false" doc:"From which source for which purpose"`
	Total    Account   `json:"total"`
	Public   *float64  `json:"publicShare" doc:"Of what is budgeted and given, the share of public money, 0 to 1; null where there is nothing"`
}

// Flow is what one source gives for one purpose, yuan.
type Flow struct {
	Source  string  `json:"source"`
	Purpose string  `json:"purpose"`
	Gift    bool    `json:"gift" doc:"Given, not budgeted"`
	Amount  float64 `json:"amount"`
}

// Account is sums of confirmed funds, yuan.
type Account struct {
	Code       string  `json:"code"`
	NameZh     string  `json:"nameZh"`
	NameEn     string  `json:"nameEn"`
	Budget     float64 `json:"budget" doc:"Lines and gifts"`
	Given      float64 `json:"given" doc:"Of these, gifts"`
	Contracted float64 `json:"contracted"`
	Paid       float64 `json:"paid"`
}

// Reckon adds up the money of a year within the reader's regions.
func (d *Desk) Reckon(ctx context.Context, year int) (*Reckoning, error) {
	rows, err := sums(ctx, d.DB, year, auth.ScopeOf(ctx, d.Read))
	if err != nil {
		return nil, err
	}
	purposes, err := d.Purposes(ctx)
	if err != nil {
		return nil, err
	}
	out := &Reckoning{Year: year, Purposes: []Account{}, Regions: []Account{}, Sources: []Account{}, Flows: []Flow{}}
	at := map[string]*Account{}
	account := func(key, code, zh, en string) *Account {
		if at[key] == nil {
			at[key] = &Account{Code: code, NameZh: zh, NameEn: en}
		}
		return at[key]
	}
	var publicly int64
	flows := map[Flow]int64{}
	for _, p := range purposes {
		account("p"+p.Code, p.Code, p.NameZh, p.NameEn)
	}
	tree := d.Ledger.Tree()
	for _, r := range rows {
		accounts := []*Account{&out.Total, account("p"+r.purpose, r.purpose, r.purpose, r.purpose)}
		if g := tree.At(r.path); g != nil {
			for _, code := range tree.Above(g.Code) {
				up, err := tree.Region(code)
				if err == nil && (up.Parent != "" && isChildOf(tree, up, d.Home) || up.Code == g.Code && up.Path == d.Home) {
					accounts = append(accounts, account("r"+up.Code, up.Code, up.NameZh, up.NameEn))
					break
				}
			}
		}
		if r.kind == Line || r.kind == Gift {
			accounts = append(accounts, account("s"+r.source, r.source, r.source, r.source))
			flows[Flow{Source: r.source, Purpose: r.purpose, Gift: r.kind == Gift}] += r.amount
			if public(r.source) {
				publicly += r.amount
			}
		}
		for _, a := range accounts {
			a.add(r.kind, r.amount)
		}
	}
	if out.Total.Budget > 0 {
		share := fact.Value(publicly).Float() / out.Total.Budget
		out.Public = &share
	}
	for _, p := range purposes {
		out.Purposes = append(out.Purposes, *at["p"+p.Code])
	}
	if home := tree.At(d.Home); home != nil {
		for _, g := range append([]*fact.Region{home}, tree.Children(home.Code)...) {
			if a := at["r"+g.Code]; a != nil {
				out.Regions = append(out.Regions, *a)
			}
		}
	}
	for _, s := range Sources {
		if a := at["s"+s]; a != nil {
			out.Sources = append(out.Sources, *a)
		}
		for _, gift := range []bool{false, true} {
			for _, p := range purposes {
				f := Flow{Source: s, Purpose: p.Code, Gift: gift}
				if amount := flows[f]; amount > 0 {
					f.Amount = fact.Value(amount).Float()
					out.Flows = append(out.Flows, f)
				}
			}
		}
	}
	return out, nil
}

// isChildOf reports whether a region stands directly below that at a path.
func isChildOf(tree *fact.Tree, r *fact.Region, path string) bool {
	up, err := tree.Region(r.Parent)
	return err == nil && up.Path == path
}

func (a *Account) add(k Kind, amount int64) {
	v := fact.Value(amount).Float()
	switch k {
	case Gift:
		a.Given += v
		a.Budget += v
	case Line:
		a.Budget += v
	case Contract:
		a.Contracted += v
	case Payment:
		a.Paid += v
	}
}
