package score

import (
	"cmp"
	"context"
	"strconv"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Names of the operations that everybody may call.
const (
	OpOpenScores = "measure-open-scores"
	OpOpenScore  = "measure-open-score"
	OpOpenCSV    = "measure-open-score-csv"
)

// OpenScores is a published assessment as everybody may read it: by an index that everybody may
// see, as it was frozen.
type OpenScores struct {
	ID      string        `json:"id"`
	NameZh  string        `json:"nameZh" doc:"Of the method"`
	NameEn  string        `json:"nameEn"`
	IndexZh string        `json:"indexZh" doc:"Name of the index"`
	IndexEn string        `json:"indexEn"`
	PlainZh string        `json:"plainZh" doc:"What the index says, as one would tell a neighbour"`
	PlainEn string        `json:"plainEn"`
	HowZh   string        `json:"howZh" doc:"Who judges, when, from what"`
	HowEn   string        `json:"howEn"`
	NoteZh  string        `json:"noteZh"`
	NoteEn  string        `json:"noteEn"`
	Judge   string        `json:"judge"`
	Period  period.Period `json:"period"`
	Pilot   bool          `json:"pilot" doc:"A trial, without reward or penalty"`
	Sample  bool          `json:"sample" doc:"By a method made up for a sample city"`
	At      time.Time     `json:"at" doc:"When it was published"`
	AsOf    time.Time     `json:"asOf" doc:"Facts are read as they stood then"`
	Licence string        `json:"licence" doc:"SPDX name"`
	Groups  []OpenGroup   `json:"groups" nullable:"false" doc:"Parts of the index at its first level"`
	Of      int           `json:"of" doc:"How many had a score; ranks are among these, also where a trial judges few of them"`
	Units   []OpenScore   `json:"units" nullable:"false" doc:"The best first"`
}

// OpenGroup is a part of an index.
type OpenGroup struct {
	Code   string `json:"code"`
	NameZh string `json:"nameZh"`
	NameEn string `json:"nameEn"`
}

// OpenScore is what a region or a thing got.
type OpenScore struct {
	Code   string              `json:"code"`
	NameZh string              `json:"nameZh"`
	NameEn string              `json:"nameEn"`
	Score  *float64            `json:"score" doc:"Null: too little is known"`
	Rank   int                 `json:"rank" doc:"1 for the best; 0: none"`
	Low    float64             `json:"low" doc:"Nine of ten trials with other weights put it between these ranks"`
	High   float64             `json:"high"`
	BandZh string              `json:"bandZh" doc:"What the score is called"`
	BandEn string              `json:"bandEn"`
	Groups map[string]*float64 `json:"groups" doc:"By group"`
}

// OpenScores are a page of the published assessments that everybody may read, the latest first.
func (d *Desk) OpenScores(ctx context.Context, page store.Page) (store.Listing[OpenScores], error) {
	found, err := pageOfPublished(ctx, d.DB, page)
	out := store.Listing[OpenScores]{Items: []OpenScores{}, Next: found.Next, Total: found.Total}
	for _, a := range found.Items {
		out.Items = append(out.Items, openScores(a))
	}
	return out, err
}

// LatestScores are the latest of each method, the latest first.
func (d *Desk) LatestScores(ctx context.Context) (list []OpenScores, err error) {
	found, err := latestPublished(ctx, d.DB)
	for _, a := range found {
		list = append(list, openScores(a))
	}
	return list, err
}

// OpenScore is one of them.
func (d *Desk) OpenScore(ctx context.Context, id string) (OpenScores, error) {
	a, err := readAssessment(ctx, d.DB, id)
	if err != nil {
		return OpenScores{}, err
	}
	if a.State != Published || !a.public() {
		return OpenScores{}, fault.New(fault.NotFound, "measure.assessment.not_found")
	}
	return openScores(a), nil
}

func openScores(a *Assessment) OpenScores {
	x, m := &a.Results.Index, &a.Results.Method
	o := OpenScores{ID: a.ID, NameZh: m.NameZh, NameEn: m.NameEn, IndexZh: x.NameZh, IndexEn: x.NameEn, PlainZh: x.PlainZh, PlainEn: x.PlainEn, HowZh: m.HowZh, HowEn: m.HowEn,
		NoteZh: a.NoteZh, NoteEn: a.NoteEn, Judge: m.Judge, Period: a.Period, Pilot: a.Pilot, Sample: m.Sample, At: a.At, AsOf: a.Results.AsOf, Licence: indicator.Licence, Of: cmp.Or(a.Results.Of, len(a.Results.Judged)), Groups: []OpenGroup{}, Units: []OpenScore{}}
	for _, g := range x.Groups {
		if g.Parent == "" {
			o.Groups = append(o.Groups, OpenGroup{g.Code, g.NameZh, g.NameEn})
		}
	}
	for _, j := range a.Results.Judged {
		one := OpenScore{Code: j.Code, NameZh: j.NameZh, NameEn: j.NameEn, Score: j.Score, Rank: j.Rank, Low: j.Low, High: j.High, Groups: j.Groups}
		if j.Band != nil {
			one.BandZh, one.BandEn = j.Band.NameZh, j.Band.NameEn
		}
		o.Units = append(o.Units, one)
	}
	return o
}

// rows are an assessment as a table: a line for each that was judged.
func (o *OpenScores) rows() [][]string {
	head := []string{"code", "name_zh", "name_en", "period", "score", "rank", "rank_low", "rank_high", "band_zh", "band_en"}
	for _, g := range o.Groups {
		head = append(head, g.Code)
	}
	rows := [][]string{head}
	cell := func(v *float64) string {
		if v == nil {
			return ""
		}
		return strconv.FormatFloat(*v, 'f', -1, 64)
	}
	for _, u := range o.Units {
		row := []string{u.Code, u.NameZh, u.NameEn}
		row = append(row, o.Period.String(), cell(u.Score), strconv.Itoa(u.Rank), cell(&u.Low), cell(&u.High))
		row = append(row, u.BandZh, u.BandEn)
		for _, g := range o.Groups {
			row = append(row, cell(u.Groups[g.Code]))
		}
		rows = append(rows, row)
	}
	return rows
}

func (d *Desk) registerOpen(api *httpapi.API) {
	httpapi.Register(api, indicator.OpenOp(OpOpenScores, "/scores", "Published assessments with what each judged got, as open data"), func(ctx context.Context, in *struct{ httpapi.PageInput }) (*indicator.OpenBody[store.Listing[OpenScores]], error) {
		found, err := d.OpenScores(ctx, in.Page())
		var changed time.Time
		if len(found.Items) > 0 {
			changed = found.Items[0].At
		}
		return &indicator.OpenBody[store.Listing[OpenScores]]{Opened: indicator.OpenedAt(changed), Body: found}, err
	})
	httpapi.Register(api, indicator.OpenOp(OpOpenScore, "/scores/{id}", "A published assessment, as JSON"), func(ctx context.Context, in *ByID) (*indicator.OpenBody[OpenScores], error) {
		o, err := d.OpenScore(ctx, in.ID)
		return &indicator.OpenBody[OpenScores]{Opened: indicator.OpenedAt(o.At), Body: o}, err
	})
	httpapi.Register(api, indicator.OpenOp(OpOpenCSV, "/scores/{id}/csv", "A published assessment, as CSV"), func(ctx context.Context, in *ByID) (*indicator.OpenFile, error) {
		o, err := d.OpenScore(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return indicator.OpenCSV("scores-"+o.Period.String(), o.At, o.rows())
	})
}
