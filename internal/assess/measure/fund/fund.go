// Package fund is money with a purpose: where it comes from, what for, on which conditions, what
// was agreed, what was paid.
//
//	line or gift ← contract ← payment      draft → confirmed → void
//
// Invariants:
//   - Whoever enters does not confirm. What is confirmed leaves facts, by purpose and region:
//     fund.budget.P, fund.contracted.P, fund.paid.P; and in its line or gift, as a thing that can be
//     scored: fund.total.budget, fund.total.contracted, fund.total.paid. A void one takes its facts back.
//   - No more is agreed than its line or gift holds, and no more is paid than was agreed.
//   - Amounts are exact to the fen; sums of payments under a line equal the facts of its purpose.
package fund

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Kind is what a fund is.
type Kind string

// Kinds.
const (
	Line     Kind = "line"
	Gift     Kind = "gift"
	Contract Kind = "contract"
	Payment  Kind = "payment"
)

// Sources of lines and gifts, those of public money first.
var Sources = []string{"central", "city", "district", "company", "charity", "other"}

// public reports whether a source is public money.
func public(source string) bool { return slices.Contains(Sources[:3], source) }

// State is how far a fund is.
type State string

// States.
const (
	Draft     State = "draft"
	Confirmed State = "confirmed"
	Void      State = "void"
)

// Fund is one sum of money.
type Fund struct {
	ID         string       `json:"id" readOnly:"true"`
	Kind       Kind         `json:"kind" enum:"line,gift,contract,payment"`
	Parent     string       `json:"parent" maxLength:"26" doc:"Of a contract its line or gift; of a payment its contract, line or gift"`
	Purpose    string       `json:"purpose" maxLength:"40" doc:"Of a line or a gift; contracts and payments have their parent's"`
	RegionCode string       `json:"region" pattern:"^[0-9]{12}$" doc:"Code of the region that it serves"`
	RegionPath string       `json:"regionPath" readOnly:"true"`
	Year       int          `json:"year" minimum:"2000" maximum:"2199" doc:"Budget year of a line or a gift"`
	Day        string       `json:"day" maxLength:"10" doc:"2026-07-28: when a contract was signed, a payment made"`
	Amount     float64      `json:"amount" doc:"Yuan, to the fen"`
	Source     string       `json:"source" enum:",central,city,district,company,charity,other" doc:"Of a line or a gift"`
	Name       string       `json:"name" minLength:"1" maxLength:"120" text:"name"`
	NameEn     string       `json:"nameEn,omitempty" maxLength:"160" text:"bared" doc:"For readers of English; empty: the name"`
	Number     string       `json:"number" maxLength:"60" text:"bared" doc:"Of the budget line, the contract, the voucher"`
	Party      string       `json:"party" maxLength:"120" text:"bared" doc:"Donor, supplier, payee"`
	Conditions string       `json:"conditions" maxLength:"2000"`
	Note       string       `json:"note" maxLength:"2000"`
	State      State        `json:"state" enum:"draft,confirmed,void" readOnly:"true"`
	By         auth.Person  `json:"by" readOnly:"true"`
	At         time.Time    `json:"at" readOnly:"true"`
	AgreedBy   *auth.Person `json:"agreedBy,omitempty" readOnly:"true"`
	AgreedAt   time.Time    `json:"agreedAt,omitzero" readOnly:"true"`
	VoidReason string       `json:"voidReason,omitempty" readOnly:"true"`
	Writers    []string     `json:"writers" readOnly:"true" nullable:"false" doc:"Ids of all who wrote it"`
	Sample     bool         `json:"sample" readOnly:"true"`
	Revision   int64        `json:"revision" readOnly:"true"`
}

// Purpose is what money is for.
type Purpose struct {
	Code     string `json:"code" pattern:"^[a-z][a-z0-9_]*$" maxLength:"40"`
	NameZh   string `json:"nameZh" minLength:"1" maxLength:"60" text:"name"`
	NameEn   string `json:"nameEn" minLength:"1" maxLength:"80" text:"name"`
	Sample   bool   `json:"sample" readOnly:"true"`
	Revision int64  `json:"revision" readOnly:"true"`
}

// maxAmount is the most that one fund may be, in yuan.
const maxAmount = 1e11

// check refuses what makes no sense by itself.
func (f *Fund) check() error {
	var list fault.List
	root := f.Kind == Line || f.Kind == Gift
	if strings.TrimSpace(f.Name) == "" || i18n.Deceives(f.Name, "") {
		list.Add(fault.Bad("name", "measure.name"))
	}
	if i18n.Deceives(f.NameEn, "") {
		list.Add(fault.Bad("nameEn", "measure.name"))
	}
	if !(f.Amount >= 0.01) || f.Amount > maxAmount || math.Abs(f.Amount*100-math.Round(f.Amount*100)) > 1e-4 {
		list.Add(fault.Bad("amount", "measure.fund.amount"))
	}
	if root && (f.Year < 2000 || f.Year > 2199) {
		list.Add(fault.Bad("year", "measure.fund.year"))
	}
	if root && !slices.Contains(Sources, f.Source) {
		list.Add(fault.Bad("source", "measure.fund.source"))
	}
	if root && f.Parent != "" || !root && f.Parent == "" {
		list.Add(fault.Bad("parent", "measure.fund.parent"))
	}
	if day, err := time.Parse(time.DateOnly, f.Day); !root && (err != nil || day.Year() < 2000) {
		list.Add(fault.Bad("day", "measure.fund.day"))
	}
	return list.OrNil()
}

// aheadYears is how many years ahead money is budgeted for.
const aheadYears = 5

// timely refuses what cannot have been signed or paid by today, such as 2026-07-28, what was paid
// before the year of its line, and a budget of a year too far ahead.
func (f *Fund) timely(today string) error {
	switch now, _ := time.Parse(time.DateOnly, today); {
	case f.Parent == "" && f.Year > now.Year()+aheadYears:
		return fault.Bad("year", "measure.fund.year_ahead", fault.Args{"limit": now.Year() + aheadYears})
	case f.Day > today:
		return fault.Bad("day", "measure.fund.day_ahead", fault.Args{"day": f.Day})
	case f.Kind == Payment && f.Day < fmt.Sprintf("%04d-01-01", f.Year):
		return fault.Bad("day", "measure.fund.day_before", fault.Args{"day": f.Day, "year": f.Year})
	}
	return nil
}

// value is the amount as a fact's.
func (f *Fund) value() fact.Value { return fact.Value(math.Round(f.Amount*100)) * 10_000 }

// elementOf is what a kind of fund leaves facts of.
func elementOf(k Kind, purpose string) string {
	return map[Kind]string{Line: "fund.budget.", Gift: "fund.budget.", Contract: "fund.contracted.", Payment: "fund.paid."}[k] + purpose
}

// totalOf is what a kind of fund leaves facts of in its line or gift, whatever its purpose.
func totalOf(k Kind) string {
	return map[Kind]string{Line: "fund.total.budget", Gift: "fund.total.budget", Contract: "fund.total.contracted", Payment: "fund.total.paid"}[k]
}

// under reports whether one kind of fund may stand under another.
func under(child, parent Kind) bool {
	switch child {
	case Contract:
		return parent == Line || parent == Gift
	case Payment:
		return parent == Line || parent == Gift || parent == Contract
	}
	return false
}

func errState(s State) error { return fault.New(fault.Conflict, "measure.fund.state."+string(s)) }
