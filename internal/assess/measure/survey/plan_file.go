package survey

import (
	"context"
	"encoding/csv"
	"io"
	"slices"
	"strconv"

	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// WriteFrame writes the frame that places are drawn from, or what is drawn in each stratum, as
// `tongsheng survey draw` reads them.
func (d *Desk) WriteFrame(ctx context.Context, w io.Writer, id, what string) error {
	s, err := d.may(ctx, d.DB, d.Read, id)
	if err != nil {
		return err
	}
	out := csv.NewWriter(w)
	if what == "takes" {
		p, err := d.Plan(ctx, id)
		if err != nil {
			return err
		}
		head := []string{"stratum", "places", "each"}
		if p.question() != "" {
			head = append(head, "group", "share")
		}
		_ = out.Write(head)
		for _, t := range p.takes() {
			row := []string{t.Stratum, strconv.Itoa(t.Places)}
			for _, of := range t.Parts {
				_ = out.Write(append(slices.Clone(row), strconv.Itoa(of.Each), of.Group, strconv.FormatFloat(of.Share, 'g', -1, 64)))
			}
			if t.Parts == nil {
				_ = out.Write(append(row, strconv.Itoa(t.Each)))
			}
		}
	} else {
		_ = out.Write([]string{"id", "stratum", "size"})
		for _, p := range d.frame(s.RegionPath) {
			_ = out.Write([]string{p.ID, p.Stratum, strconv.Itoa(p.Size)})
		}
	}
	out.Flush()
	return out.Error()
}

// planFile is a sample by stratum, with how many have answered, as XLSX or CSV.
func (d *Desk) planFile(ctx context.Context, id, format string) (*httpapi.File, error) {
	s, err := d.may(ctx, d.DB, d.Read, id)
	if err != nil {
		return nil, err
	}
	p, err := readPlan(ctx, d.DB, id)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, fault.New(fault.NotFound, "measure.survey.no_plan")
	}
	progress, err := d.progressFor(ctx, s)
	if err != nil {
		return nil, err
	}
	lang := httpapi.LangOf(ctx)
	rows, name := p.rows(lang, progress), s.NameZh
	if lang == i18n.English {
		name = s.NameEn
	}
	sheet := i18n.T(lang, "measure.survey.sample.sheet", nil)
	return httpapi.Save(format, "survey-sample-"+id, name+" "+sheet, func(w io.Writer) error {
		if format == "csv" {
			return document.WriteCSV(w, slices.Values(rows))
		}
		return document.WriteSheets(w, document.Sheet{Name: sheet, Rows: rows})
	})
}

// rows are a plan as a table: a line for each stratum. Where groups are told apart it says which
// share of the people each is, and by what source.
func (p *Plan) rows(lang i18n.Lang, progress *Progress) [][]string {
	say := func(key string) string { return i18n.T(lang, "measure.survey.sample."+key, nil) }
	head := []string{say("stratum"), say("district"), say("area"), say("population"), say("n"), say("issued"), say("places"), say("frame"), say("margin"), say("done")}
	if p.question() != "" {
		head = append(head, say("group"), say("share"), say("source"))
	}
	rows := [][]string{head}
	for _, s := range p.Strata {
		name, group := s.NameZh, s.GroupZh
		if lang == i18n.English {
			name, group = s.NameEn, s.GroupEn
		}
		done := "" // not told
		if i := slices.IndexFunc(progress.Strata, func(x StratumProgress) bool { return x.ID == s.ID }); i >= 0 && !progress.Strata[i].Few {
			done = strconv.Itoa(progress.Strata[i].Done)
		}
		row := []string{s.ID, name, i18n.T(lang, "measure.survey.paper."+s.Area, nil), strconv.Itoa(s.Population), strconv.Itoa(s.N), strconv.Itoa(s.Issued), strconv.Itoa(s.Places), strconv.Itoa(s.Frame),
			strconv.FormatFloat(s.Margin, 'f', 4, 64), done}
		if p.question() != "" {
			row = append(row, group, strconv.FormatFloat(s.Share, 'f', 4, 64), p.Goal.Group.Source)
		}
		rows = append(rows, row)
	}
	return rows
}
