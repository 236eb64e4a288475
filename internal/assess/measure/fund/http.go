package fund

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func op(id, method, path, summary string, perm auth.Permission) httpapi.Op {
	return httpapi.Op{ID: "measure-" + id, Method: method, Path: "/api/measure" + path, Summary: summary, Tag: "measure", Access: httpapi.Needs(perm)}
}

// ByID names a fund.
type ByID struct {
	ID string `path:"id" maxLength:"26"`
}

// Changed names a fund as it was read.
type Changed struct {
	ByID
	httpapi.IfMatch
}

// Chosen chooses funds.
type Chosen struct {
	Q       string `query:"q" maxLength:"100" doc:"In the name, Chinese or English, in the number or of the party"`
	Kind    string `query:"kind" enum:",line,gift,contract,payment"`
	Year    int    `query:"year" minimum:"0" maximum:"2199"`
	Purpose string `query:"purpose" maxLength:"40"`
	Under   string `query:"under" maxLength:"26" doc:"A fund that they stand directly under"`
	Region  string `query:"region" maxLength:"200" doc:"Region path; its subtree"`
	State   string `query:"state" enum:",draft,confirmed,void"`
	Source  string `query:"source" enum:",central,city,district,company,charity,other" doc:"Lines and gifts from there"`
	From    string `query:"from" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$" doc:"Contracts and payments from this day on"`
	To      string `query:"to" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$" doc:"Contracts and payments up to this day"`
}

func (c *Chosen) filter(page store.Page) Filter {
	return Filter{Text: strings.TrimSpace(c.Q), Kind: Kind(c.Kind), Year: c.Year, Purpose: c.Purpose, Under: c.Under, Path: c.Region, State: c.State, Source: c.Source, From: c.From, To: c.To, Page: page}
}

func item(v *View, err error) (*httpapi.Item[*View], error) {
	if err != nil {
		return nil, err
	}
	return httpapi.One(v, v.Revision), nil
}

// Register adds the operations.
func (d *Desk) Register(api *httpapi.API) {
	d.registerPurposes(api)
	httpapi.Register(api, op("funds", http.MethodGet, "/funds", "Budget lines, gifts, contracts and payments within your regions, the latest first", d.Read), func(ctx context.Context, in *struct {
		httpapi.PageInput
		Chosen
	}) (*httpapi.Body[Listing], error) {
		found, err := d.List(ctx, in.filter(in.Page()))
		return httpapi.Of(found), err
	})
	httpapi.Register(api, op("fund-reckoning", http.MethodGet, "/fund-reckoning", "What money of a year came to, by purpose, district and source", d.Read), func(ctx context.Context, in *struct {
		Year int `query:"year" minimum:"2000" maximum:"2199" required:"true"`
	}) (*httpapi.Body[*Reckoning], error) {
		r, err := d.Reckon(ctx, in.Year)
		return httpapi.Of(r), err
	})
	httpapi.Register(api, op("unit-costs", http.MethodGet, "/unit-costs", "What was paid in a year beside what came of it, and districts compared", d.Read), func(ctx context.Context, in *struct {
		Year int `query:"year" minimum:"2000" maximum:"2199" required:"true"`
	}) (*httpapi.Body[*UnitCosts], error) {
		c, err := d.UnitCosts(ctx, in.Year)
		return httpapi.Of(c), err
	})
	paper := op("unit-costs-report", http.MethodGet, "/unit-costs/report", "What was paid in a year beside what came of it, as a report", d.Read)
	paper.PerMinute, paper.AtOnce = 30, 2
	httpapi.Register(api, paper, func(ctx context.Context, in *struct {
		Year   int    `query:"year" minimum:"2000" maximum:"2199" required:"true"`
		Format string `query:"format" enum:"pdf,xlsx" default:"pdf"`
	}) (*httpapi.File, error) {
		return d.UnitCostsPaper(ctx, in.Year, in.Format)
	})
	export := op("funds-export", http.MethodGet, "/funds/export", "Funds as a table", d.Read)
	export.PerMinute, export.AtOnce = 20, 1
	httpapi.Register(api, export, func(ctx context.Context, in *Chosen) (*httpapi.File, error) {
		name := i18n.T(httpapi.LangOf(ctx), "measure.fund.column.sheet", nil)
		if in.Year != 0 {
			name = fmt.Sprint(name, " ", in.Year)
		}
		return httpapi.Save("xlsx", "funds", name, func(w io.Writer) error { return d.export(ctx, w, in.filter(store.Page{Limit: store.MaxLimit})) })
	})
	enter := op("fund-enter", http.MethodPost, "/funds", "Enter a budget line, a gift, a contract or a payment", d.Write)
	enter.Status = http.StatusCreated
	httpapi.Register(api, enter, func(ctx context.Context, in *struct{ Body Fund }) (*httpapi.Item[*View], error) {
		return item(d.Enter(ctx, in.Body))
	})
	httpapi.Register(api, op("fund", http.MethodGet, "/funds/{id}", "A fund with what stands above and under it", d.Read), func(ctx context.Context, in *ByID) (*httpapi.Item[*View], error) {
		return item(d.Get(ctx, in.ID))
	})
	httpapi.Register(api, op("fund-change", http.MethodPut, "/funds/{id}", "Correct a draft", d.Write), func(ctx context.Context, in *struct {
		Changed
		Body Fund
	}) (*httpapi.Item[*View], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return item(d.Change(ctx, in.ID, revision, in.Body))
	})
	httpapi.Register(api, op("fund-confirm", http.MethodPost, "/funds/{id}/confirm", "Make what another entered count", d.Agree), func(ctx context.Context, in *Changed) (*httpapi.Item[*View], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return item(d.Confirm(ctx, in.ID, revision))
	})
	httpapi.Register(api, op("fund-discard", http.MethodDelete, "/funds/{id}", "Give a draft up", d.Write), func(ctx context.Context, in *Changed) (*httpapi.Empty, error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return nil, d.Discard(ctx, in.ID, revision)
	})
	httpapi.Register(api, op("fund-void", http.MethodPost, "/funds/{id}/void", "Take back for a reason what counted", d.Agree), func(ctx context.Context, in *struct {
		Changed
		Body struct {
			Reason string `json:"reason" minLength:"1" maxLength:"500"`
		}
	}) (*httpapi.Item[*View], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return item(d.MakeVoid(ctx, in.ID, revision, in.Body.Reason))
	})
}

func (d *Desk) registerPurposes(api *httpapi.API) {
	httpapi.Register(api, op("purposes", http.MethodGet, "/purposes", "What money is for", d.Read), func(ctx context.Context, _ *struct{}) (*httpapi.List[Purpose], error) {
		found, err := d.Purposes(ctx)
		return httpapi.All(found, err)
	})
	create := op("purpose-create", http.MethodPost, "/purposes", "Say what money may be for", d.Write)
	create.Status = http.StatusCreated
	httpapi.Register(api, create, func(ctx context.Context, in *struct{ Body Purpose }) (*httpapi.Item[Purpose], error) {
		p, err := d.PutPurpose(ctx, in.Body, 0)
		return httpapi.One(p, p.Revision), err
	})
	httpapi.Register(api, op("purpose-put", http.MethodPut, "/purposes/{code}", "Call a purpose otherwise", d.Write), func(ctx context.Context, in *struct {
		Code string `path:"code" maxLength:"40"`
		httpapi.IfMatch
		Body Purpose
	}) (*httpapi.Item[Purpose], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		in.Body.Code = in.Code
		p, err := d.PutPurpose(ctx, in.Body, revision)
		return httpapi.One(p, p.Revision), err
	})
}

// person is who did something, by name; what came with the sample city nobody did.
func person(lang i18n.Lang, who auth.Person) string {
	if who.ID == bySample.ID {
		return i18n.T(lang, "measure.fund.by_sample", nil)
	}
	return who.Name
}

// maxExport is how many funds a table holds.
const maxExport = 20_000

func (d *Desk) export(ctx context.Context, out io.Writer, f Filter) error {
	lang := httpapi.LangOf(ctx)
	say := func(key string) string { return i18n.T(lang, "measure.fund.column."+key, nil) }
	t := document.Table{Title: say("sheet")}
	for _, key := range []string{"kind", "name", "number", "purpose", "region", "year", "day", "amount", "source", "party", "state", "by", "agreed", "reason"} {
		c := document.Column{Title: say(key)}
		switch key {
		case "amount":
			c.Unit, c.Kind, c.Decimals = say("yuan"), document.Decimal, 2
		case "day":
			c.Kind = document.Day
		}
		t.Columns = append(t.Columns, c)
	}
	purposes, err := d.Purposes(ctx)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, p := range purposes {
		names[p.Code] = map[i18n.Lang]string{i18n.Chinese: p.NameZh, i18n.English: p.NameEn}[lang]
	}
	for {
		found, err := d.List(ctx, f)
		if err != nil {
			return err
		}
		for _, x := range found.Items {
			region, source, agreed := x.RegionCode, "", ""
			if r, err := d.Ledger.Tree().Region(x.RegionCode); err == nil {
				region = map[i18n.Lang]string{i18n.Chinese: r.NameZh, i18n.English: cmp.Or(r.NameEn, r.NameZh)}[lang]
			}
			name := x.Name
			if lang == i18n.English {
				name = cmp.Or(x.NameEn, name)
			}
			if x.Source != "" {
				source = i18n.T(lang, "measure.fund.source."+x.Source, nil)
			}
			if x.AgreedBy != nil {
				agreed = person(lang, *x.AgreedBy)
			}
			var day any
			if at, err := time.Parse(time.DateOnly, x.Day); err == nil {
				day = at
			}
			t.Rows = append(t.Rows, []any{i18n.T(lang, "measure.fund.kind."+string(x.Kind), nil), name, x.Number, names[x.Purpose], region, x.Year, day, x.Amount, source, x.Party,
				i18n.T(lang, "measure.fund.is."+string(x.State), nil), person(lang, x.By), agreed, x.VoidReason})
		}
		if len(t.Rows) > maxExport {
			return fault.New(fault.TooLarge, "measure.fund.export", fault.Args{"limit": maxExport})
		}
		if found.Next == "" {
			break
		}
		f.Page.After = found.Next
	}
	return document.NewReport(t.Title, lang, false).Table(t).WriteXLSX(out)
}
