package indicator

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Names of the operations that everybody may call.
const (
	OpOpenList   = "measure-open-list"
	OpOpenSeries = "measure-open-series"
	OpOpenCSV    = "measure-open-series-csv"
)

// Licence is that of all open data, by its SPDX name; LicenceURL is where it can be read.
const (
	Licence    = "CC-BY-4.0"
	LicenceURL = "https://creativecommons.org/licenses/by/4.0/"
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
	SayZh     string        `json:"sayZh" doc:"The number in a sentence, with {value} in its place, or {hundred} for a share times 100; may be empty"`
	SayEn     string        `json:"sayEn"`
	HowZh     string        `json:"howZh" doc:"How it is reckoned, in words"`
	HowEn     string        `json:"howEn"`
	Theme     string        `json:"theme"`
	Direction Direction     `json:"direction" enum:"up,down,none"`
	Period    period.Kind   `json:"period" enum:"day,month,quarter,half,year,plan" doc:"The shortest that it is given for"`
	Places    int           `json:"places"`
	Targets   []Target      `json:"targets"`
	Owner     string        `json:"owner"`
	Source    string        `json:"source"`
	SourceEn  string        `json:"sourceEn,omitempty"`
	Fresh     int           `json:"fresh" doc:"Days after which a value is out of date; 0: never"`
	Sample    bool          `json:"sample" doc:"Made up for a sample city"`
	Licence   string        `json:"licence" doc:"SPDX name"`
	ChangedAt time.Time     `json:"changedAt,omitzero" doc:"When something of it was last stated, changed or withdrawn"`
	At        period.Period `json:"at,omitzero" doc:"The last period for which there is a value, a month for what is given by day; absent where there is none"`
	Data      period.Period `json:"data,omitzero" doc:"The last period in which something of the value was stated: before at where a state holds until the next"`
	Stale     string        `json:"stale,omitempty" doc:"The value is out of date: the last period in which something of it was stated"`
	Value     *float64      `json:"value" doc:"Of this platform's region"`
	Target    *Target       `json:"target,omitempty" doc:"That holds for it then"`
	Regions   []OpenValue   `json:"regions" doc:"Of the regions directly below"`
}

// OpenValue is a region's value.
type OpenValue struct {
	Region string   `json:"region" doc:"Code"`
	NameZh string   `json:"nameZh"`
	NameEn string   `json:"nameEn"`
	Value  *float64 `json:"value"`
	Target *Target  `json:"target,omitempty" doc:"That holds for it then: its own, that of a zone which it lies in, or the one for all"`

	Data  period.Period `json:"data,omitzero" doc:"The last period in which something of the value was stated"`
	Stale string        `json:"stale,omitempty" doc:"The value is out of date: the last period in which something of it was stated"`
}

// OpenTable is a public indicator over time.
type OpenTable struct {
	Table
	Licence   string    `json:"licence" doc:"SPDX name"`
	ChangedAt time.Time `json:"changedAt,omitzero" doc:"When something of it was last stated, changed or withdrawn"`
}

const (
	openBack = 8  // periods that are looked back for the last value
	openRun  = 24 // periods of a series where none are asked for
	openMost = 400
)

// openKind is the kind of periods that everybody is shown: single days are too fine to say
// anything.
func (d *Definition) openKind() period.Kind {
	if d.Period == period.Day {
		return period.Month
	}
	return d.Period
}

// opened are the public indicators as they stand, kept while facts and definitions do.
type opened struct {
	version int64
	shelf   *shelf
	day     period.Period
	list    []Public
}

// Opens are the indicators that everybody may read, each with its last values. What is below
// districts is for staff: small places could give people away.
func (b *Book) Opens(ctx context.Context) ([]Public, error) {
	b.opening.Lock() // however many ask at once, it is reckoned once
	defer b.opening.Unlock()
	version, err := fact.Version(ctx, b.DB)
	if err != nil {
		return nil, err
	}
	shelf, day := b.all.Load(), period.Of(period.Day, b.Ledger.Clock.Now(), b.Ledger.Zone)
	if b.opened.list == nil || b.opened.version != version || b.opened.shelf != shelf || b.opened.day != day {
		list := []Public{}
		for _, d := range b.List() {
			if !d.Public {
				continue
			}
			o, err := b.open(ctx, &d)
			if err != nil {
				return nil, err
			}
			list = append(list, o)
		}
		b.opened = opened{version, shelf, day, list}
	}
	return b.opened.list, nil
}

// open is an indicator with its last values.
func (b *Book) open(ctx context.Context, d *Definition) (Public, error) {
	o := Public{Code: d.Code, NameZh: d.NameZh, NameEn: d.NameEn, UnitZh: d.UnitZh, UnitEn: d.UnitEn, PlainZh: d.PlainZh, PlainEn: d.PlainEn, SayZh: d.SayZh, SayEn: d.SayEn,
		HowZh: b.How(d, i18n.Chinese), HowEn: b.How(d, i18n.English), Theme: d.Theme, Direction: d.Direction, Period: d.Period, Places: d.Places, Targets: d.Targets, Owner: d.Owner,
		Source: d.Source, SourceEn: d.SourceEn, Fresh: d.Fresh, Sample: d.Sample, Licence: Licence, Regions: []OpenValue{}}
	var err error
	if o.ChangedAt, err = b.Ledger.ChangedAt(ctx, b.Elements(d.Code)); err != nil {
		return o, err
	}
	now := period.Of(d.openKind(), b.Ledger.Clock.Now(), b.Ledger.Zone)
	t, err := b.openTable(ctx, d.Code, now.Next(1-openBack), now)
	if err != nil {
		return o, err
	}
	series := &t.Indicators[0]
	last := lastKnown(series.Values, d.Accrues)
	if last < 0 {
		return o, nil
	}
	o.At, o.Value = t.Periods[last], series.Values[0][last]
	targets, err := b.Targets(ctx, *d)
	if err != nil {
		return o, err
	}
	target := func(u Unit) *Target {
		if d.Accrues && o.At == now { // what is not over has not missed anything yet
			return nil
		}
		return targets.At(d, u.Path, o.At)
	}
	stale := make([]string, len(t.Units))
	for _, n := range series.Notes {
		if n.Period == last {
			stale[n.Unit] = n.Stale
		}
	}
	ask := Ask{Indicators: []string{d.Code}, From: o.At, To: o.At}
	for _, u := range t.Units {
		ask.Units = append(ask.Units, u.Code)
	}
	values, err := b.Values(ctx, b.DB, ask)
	if err != nil {
		return o, err
	}
	stated := func(u Unit) period.Period { return values[d.Code][u.Code][0].Data }
	o.Target, o.Data, o.Stale = target(t.Units[0]), stated(t.Units[0]), stale[0]
	for i, u := range t.Units[1:] {
		o.Regions = append(o.Regions, OpenValue{u.Code, u.NameZh, u.NameEn, series.Values[i+1][last], target(u), stated(u), stale[i+1]})
	}
	return o, nil
}

// lastKnown is the place of the last value of the first unit, of a run that ends with the present
// period, that is one of all: −1 for none. What one district of many was the first to state is none of
// the city, and of what adds up the present period, which is not over, is none yet; they count where
// there is no other.
func lastKnown(values [][]*float64, accrues bool) int {
	stated, most := make([]int, len(values[0])), 0 // by period, of how many regions below something is known
	for _, region := range values[1:] {
		for i, v := range region {
			if v != nil {
				stated[i]++
				most = max(most, stated[i])
			}
		}
	}
	last := -1
	for i, v := range values[0] {
		early := accrues && i == len(values[0])-1 || 2*stated[i] < most
		if v != nil && !(early && last >= 0) {
			last = i
		}
	}
	return last
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
	t, err := b.Of(ctx, Ask{Indicators: []string{code}, From: from, To: to}, units)
	for i := range t.Indicators { // which township is the worst is for staff
		for j := range t.Indicators[i].Notes {
			t.Indicators[i].Notes[j].Worst = ""
		}
		t.Indicators[i].Notes = slices.DeleteFunc(t.Indicators[i].Notes, func(n Note) bool { return n == Note{Unit: n.Unit, Period: n.Period} })
	}
	return t, err
}

// OpenSeries is a public indicator over time; zero periods are the last 24.
func (b *Book) OpenSeries(ctx context.Context, code string, from, to period.Period) (t OpenTable, err error) {
	d, err := b.Definition(code)
	if err != nil || !d.Public {
		return t, fault.New(fault.NotFound, "measure.indicator.not_found", fault.Args{"code": code})
	}
	if to.Kind == "" {
		to = period.Of(d.openKind(), b.Ledger.Clock.Now(), b.Ledger.Zone)
	}
	if from.Kind == "" {
		from = to.Next(1 - openRun)
	}
	if to.N-from.N > openMost {
		return t, fault.New(fault.TooLarge, "measure.grid", fault.Args{"limit": openMost})
	}
	t.Licence = Licence
	if t.ChangedAt, err = b.Ledger.ChangedAt(ctx, b.Elements(code)); err != nil {
		return t, err
	}
	t.Table, err = b.openTable(ctx, code, from, to)
	return t, err
}

// Opened is the head of open data: any page may read it; it is never older than the last fact.
type Opened struct {
	Origin  string `header:"Access-Control-Allow-Origin"`
	Keep    string `header:"Cache-Control"`
	Link    string `header:"Link"`
	Changed string `header:"Last-Modified"`
}

// OpenedAt is the head of what last changed then; the zero time says nothing of that.
func OpenedAt(changed time.Time) Opened {
	o := Opened{Origin: "*", Keep: "no-cache", Link: `<` + LicenceURL + `>; rel="license"`}
	if !changed.IsZero() {
		o.Changed = changed.UTC().Format(http.TimeFormat)
	}
	return o
}

// OpenBody is open data as JSON.
type OpenBody[T any] struct {
	Opened
	Body T
}

// OpenFile is open data as a file.
type OpenFile struct {
	Opened
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

// OpenCSV is open data as CSV.
func OpenCSV(name string, changed time.Time, rows [][]string) (*OpenFile, error) {
	var out bytes.Buffer
	err := document.WriteCSV(&out, slices.Values(rows))
	return &OpenFile{OpenedAt(changed), httpapi.MediaType("csv"), httpapi.Attachment("csv", name, ""), out.Bytes()}, err
}

// OpenOp is an operation of open data.
func OpenOp(id, path, summary string) httpapi.Op {
	return httpapi.Op{ID: id, Method: http.MethodGet, Path: "/api/public" + path, Summary: summary, Tag: "public", Access: httpapi.Public, PerMinute: 120}
}

// During chooses periods of open data.
type During struct {
	From period.Period `query:"from" doc:"First period; 24 periods back where left out"`
	To   period.Period `query:"to" doc:"Last period; the present one where left out, a month for what is given by day"`
}

func (b *Book) registerOpen(api *httpapi.API) {
	httpapi.Register(api, OpenOp(OpOpenList, "/indicators", "Public indicators with their last values, as open data"), func(ctx context.Context, _ *struct{}) (*OpenBody[store.Listing[Public]], error) {
		found, err := b.Opens(ctx)
		var changed time.Time
		for i := range found {
			if found[i].ChangedAt.After(changed) {
				changed = found[i].ChangedAt
			}
		}
		return &OpenBody[store.Listing[Public]]{OpenedAt(changed), store.All(found)}, err
	})
	httpapi.Register(api, OpenOp(OpOpenSeries, "/indicators/{code}", "A public indicator over time, as JSON"), func(ctx context.Context, in *struct {
		ByCode
		During
	}) (*OpenBody[OpenTable], error) {
		t, err := b.OpenSeries(ctx, in.Code, in.From, in.To)
		return &OpenBody[OpenTable]{OpenedAt(t.ChangedAt), t}, err
	})
	httpapi.Register(api, OpenOp(OpOpenCSV, "/indicators/{code}/csv", "A public indicator over time, as CSV"), func(ctx context.Context, in *struct {
		ByCode
		During
	}) (*OpenFile, error) {
		t, err := b.OpenSeries(ctx, in.Code, in.From, in.To)
		if err != nil {
			return nil, err
		}
		return OpenCSV(in.Code, t.ChangedAt, t.rows())
	})
}

// rows are a table of one indicator: a line for each region, a column for each period.
func (t *Table) rows() [][]string {
	head := []string{"region", "name_zh", "name_en"}
	for _, p := range t.Periods {
		head = append(head, p.String())
	}
	rows := [][]string{head}
	for i, u := range t.Units {
		row := []string{u.Code, u.NameZh, u.NameEn}
		for _, v := range t.Indicators[0].Values[i] {
			cell := ""
			if v != nil {
				cell = strconv.FormatFloat(*v, 'f', -1, 64)
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	return rows
}
