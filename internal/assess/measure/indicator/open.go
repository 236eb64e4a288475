package indicator

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Names of the operations that everybody may call.
const (
	OpOpenList   = "measure-open-list"
	OpOpenSeries = "measure-open-series"
	OpOpenCSV    = "measure-open-series-csv"
)

// Public is an indicator as everybody may read it.
type Public struct {
	Code      string        `json:"code"`
	NameZh    string        `json:"nameZh"`
	NameEn    string        `json:"nameEn"`
	UnitZh    string        `json:"unitZh"`
	UnitEn    string        `json:"unitEn"`
	PlainZh   string        `json:"plainZh"`
	PlainEn   string        `json:"plainEn"`
	Theme     string        `json:"theme"`
	Direction Direction     `json:"direction" enum:"up,down,none"`
	Period    period.Kind   `json:"period" enum:"day,month,quarter,half,year,plan"`
	Places    int           `json:"places"`
	Targets   []Target      `json:"targets"`
	Owner     string        `json:"owner"`
	Source    string        `json:"source"`
	Sample    bool          `json:"sample" doc:"Made up for a sample city"`
	At        period.Period `json:"at,omitzero" doc:"The last period for which there is a value; absent where there is none"`
	Value     *float64      `json:"value" doc:"Of this platform's region"`
	Regions   []OpenValue   `json:"regions" doc:"Of the regions directly below"`
}

// OpenValue is a region's value.
type OpenValue struct {
	Region string   `json:"region" doc:"Code"`
	NameZh string   `json:"nameZh"`
	NameEn string   `json:"nameEn"`
	Value  *float64 `json:"value"`
}

// openBack is how many periods are looked back for the last value.
const openBack = 8

// Opens are the indicators that everybody may read, each with its last values. What is below
// districts is for staff: small places could give people away.
func (b *Book) Opens(ctx context.Context) ([]Public, error) {
	out := []Public{}
	for _, d := range b.List() {
		if !d.Public {
			continue
		}
		o := Public{Code: d.Code, NameZh: d.NameZh, NameEn: d.NameEn, UnitZh: d.UnitZh, UnitEn: d.UnitEn, PlainZh: d.PlainZh, PlainEn: d.PlainEn, Theme: d.Theme, Direction: d.Direction, Period: d.Period,
			Places: d.Places, Targets: d.Targets, Owner: d.Owner, Source: d.Source, Sample: d.Sample, Regions: []OpenValue{}}
		now := period.Of(d.Period, b.Ledger.Clock.Now(), b.Ledger.Zone)
		t, err := b.openTable(ctx, d.Code, now.Next(1-openBack), now)
		if err != nil {
			return nil, err
		}
		for i := len(t.Periods) - 1; i >= 0; i-- {
			if t.Indicators[0].Values[0][i] == nil {
				continue
			}
			o.At, o.Value = t.Periods[i], t.Indicators[0].Values[0][i]
			for j, u := range t.Units[1:] {
				o.Regions = append(o.Regions, OpenValue{u.Code, u.NameZh, u.NameEn, t.Indicators[0].Values[j+1][i]})
			}
			break
		}
		out = append(out, o)
	}
	return out, nil
}

// openTable is an indicator of this platform's region and those directly below.
func (b *Book) openTable(ctx context.Context, code string, from, to period.Period) (Table, error) {
	tree := b.Ledger.Tree()
	home := tree.At(b.Home)
	if home == nil {
		return Table{}, fault.New(fault.NotFound, "measure.region", fault.Args{"region": b.Home})
	}
	units := []Unit{UnitOf(home)}
	for _, r := range tree.Children(home.Code) {
		if r.Level == "district" || r.Level == "city" || r.Level == "prefecture" {
			units = append(units, UnitOf(r))
		}
	}
	return b.Of(ctx, Ask{Indicators: []string{code}, From: from, To: to}, units)
}

// OpenSeries is a public indicator over time; zero periods are the last 24.
func (b *Book) OpenSeries(ctx context.Context, code string, from, to period.Period) (Table, error) {
	d, err := b.Definition(code)
	if err != nil || !d.Public {
		return Table{}, fault.New(fault.NotFound, "measure.indicator.not_found", fault.Args{"code": code})
	}
	if to.Kind == "" {
		to = period.Of(d.Period, b.Ledger.Clock.Now(), b.Ledger.Zone)
	}
	if from.Kind == "" {
		from = to.Next(-23)
	}
	if to.N-from.N > 400 {
		return Table{}, fault.New(fault.TooLarge, "measure.grid", fault.Args{"limit": 400})
	}
	return b.openTable(ctx, code, from, to)
}

// openOutput is open data: any page may read it, and it may be kept for a minute.
type openOutput[T any] struct {
	Origin string `header:"Access-Control-Allow-Origin"`
	Keep   string `header:"Cache-Control"`
	Body   T
}

type openFile struct {
	Origin      string `header:"Access-Control-Allow-Origin"`
	Keep        string `header:"Cache-Control"`
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (b *Book) registerOpen(api *httpapi.API) {
	open := func(id, path, summary string) httpapi.Op {
		return httpapi.Op{ID: id, Method: http.MethodGet, Path: "/api/public/indicators" + path, Summary: summary, Tag: "public", Access: httpapi.Public, PerMinute: 120}
	}
	httpapi.Register(api, open(OpOpenList, "", "Public indicators with their last values, as open data"), func(ctx context.Context, _ *struct{}) (*openOutput[store.Listing[Public]], error) {
		found, err := b.Opens(ctx)
		return &openOutput[store.Listing[Public]]{"*", "public, max-age=60", store.All(found)}, err
	})
	httpapi.Register(api, open(OpOpenSeries, "/{code}", "A public indicator over time, as JSON"), func(ctx context.Context, in *struct {
		ByCode
		From period.Period `query:"from" doc:"First period; 24 periods back where left out"`
		To   period.Period `query:"to" doc:"Last period; the present one where left out"`
	}) (*openOutput[Table], error) {
		t, err := b.OpenSeries(ctx, in.Code, in.From, in.To)
		return &openOutput[Table]{"*", "public, max-age=60", t}, err
	})
	httpapi.Register(api, open(OpOpenCSV, "/{code}/csv", "A public indicator over time, as CSV"), func(ctx context.Context, in *struct {
		ByCode
		From period.Period `query:"from" doc:"First period; 24 periods back where left out"`
		To   period.Period `query:"to" doc:"Last period; the present one where left out"`
	}) (*openFile, error) {
		t, err := b.OpenSeries(ctx, in.Code, in.From, in.To)
		if err != nil {
			return nil, err
		}
		raw, err := t.csv()
		return &openFile{"*", "public, max-age=60", "text/csv; charset=utf-8", fmt.Sprintf(`attachment; filename="%s.csv"`, in.Code), raw}, err
	})
}

// csv writes a table of one indicator: a line for each region, a column for each period.
func (t *Table) csv() ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("\ufeff") // tells spreadsheet programs that it is UTF-8
	w := csv.NewWriter(&out)
	head := []string{"region", "name_zh", "name_en"}
	for _, p := range t.Periods {
		head = append(head, p.String())
	}
	rows := [][]string{head}
	for i, u := range t.Units {
		row := slices.Clone(document.Harmless([]string{u.Code, u.NameZh, u.NameEn}))
		for _, v := range t.Indicators[0].Values[i] {
			cell := ""
			if v != nil {
				cell = strconv.FormatFloat(*v, 'f', -1, 64)
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	err := w.WriteAll(rows)
	return out.Bytes(), err
}
