package measure

import (
	"context"
	"fmt"
	"math"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fund"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
)

// FundRecipe makes up the money of one purpose: for every district and year a budget line by
// people, a contract of most of it, and a payment each quarter that is over.
type FundRecipe struct {
	fund.Purpose
	Years     []int   `json:"years"`
	PerPerson float64 `json:"perPerson"` // yuan
	Spread    float64 `json:"spread"`
	Gift      float64 `json:"gift"` // share that companies give instead
}

// makeUpFunds makes up the sample city's money, once.
func (m *Module) makeUpFunds(ctx context.Context, recipes []FundRecipe) error {
	known, err := m.Funds.Purposes(ctx)
	if err != nil || len(known) > 0 || len(recipes) == 0 {
		return err
	}
	districts := m.Ledger.Tree().Within(m.Home, "district")
	codes := make([]string, len(districts))
	for i, d := range districts {
		codes[i] = d.Code
	}
	now := m.Clock.Now()
	year := period.Of(period.Year, now, m.Zone)
	grid, err := m.Ledger.Read(ctx, m.DB, fact.Ask{Elements: []string{indicator.Population}, Units: codes, From: year, To: year})
	if err != nil {
		return err
	}
	var purposes []fund.Purpose
	var families []fund.Family
	for _, r := range recipes {
		purposes = append(purposes, r.Purpose)
		for _, d := range districts {
			for _, y := range r.Years {
				people := grid.At(indicator.Population, d.Code, 0).V
				if math.IsNaN(people) {
					continue
				}
				families = append(families, r.family(d, y, people, period.Of(period.Day, now, m.Zone)))
			}
		}
	}
	return m.Funds.Seed(ctx, purposes, families)
}

// family is a line with its contract and payments.
func (r *FundRecipe) family(d *fact.Region, year int, people float64, today period.Period) fund.Family {
	whole := math.Round(people*r.PerPerson*(1+r.Spread*drawn("fund", r.Code, d.Code))/100) * 100
	of := func(k fund.Kind, zh, en, day string, amount float64) fund.Fund {
		return fund.Fund{Kind: k, Purpose: r.Code, RegionCode: d.Code, Year: year, Day: day, Amount: amount, Name: fmt.Sprintf("%s%d年%s%s（样例）", d.NameZh, year, r.NameZh, zh),
			NameEn: fmt.Sprintf("%s %d: %s, %s (sample)", r.NameEn, year, en, d.NameEn), Sample: true}
	}
	f := fund.Family{Root: of(fund.Line, "预算", "budget", "", whole)}
	f.Root.Source = "district"
	if drawn("source", r.Code, d.Code) > 0 {
		f.Root.Source = "city"
	}
	if drawn("gift", r.Code, d.Code, fmt.Sprint(year)) > 2-4*r.Gift {
		f.Root = of(fund.Gift, "捐赠", "gift", "", whole)
		f.Root.Source = "company"
	}
	agreed := math.Round(whole*.9/100) * 100
	contract := of(fund.Contract, "合同", "contract", fmt.Sprintf("%d-02-20", year), agreed)
	f.Contract = &contract
	for q, day := range []string{"03-28", "06-28", "09-28", "12-20"} {
		at := fmt.Sprintf("%d-%s", year, day)
		if p, err := period.Parse(at); err != nil || p.N > today.N {
			break
		}
		share := .22 + .02*drawn("pay", r.Code, d.Code, at)
		f.Payments = append(f.Payments, of(fund.Payment, "第"+[]string{"一", "二", "三", "四"}[q]+"季度支付", fmt.Sprintf("Q%d payment", q+1), at, math.Round(agreed*share/100)*100))
	}
	return f
}
