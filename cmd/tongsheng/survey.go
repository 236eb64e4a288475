package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/engine/text"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

type surveyCmd struct {
	Check   surveyCheckCmd   `cmd:"" help:"Name every fault of a questionnaire, JSON or XLSForm, one JSON line each."`
	Convert surveyConvertCmd `cmd:"" help:"Bring a questionnaire from XLSForm to JSON, or from JSON to XLSForm."`
	Plan    surveyPlanCmd    `cmd:"" help:"Size and allocate a stratified sample, as CSV."`
	Draw    surveyDrawCmd    `cmd:"" help:"Draw places and people by a seed, as CSV; anyone who has the same files draws the same."`
	Topics  surveyTopicsCmd  `cmd:"" help:"Group free-text answers, one a line, by topic, one JSON line each."`
}

// readForm reads a questionnaire of either kind.
func readForm(ctx context.Context, name, language string) (form *survey.Form, xlsx bool, warnings, errs []error, err error) {
	r, err := receive(name)
	if err != nil {
		return nil, false, nil, nil, err
	}
	defer r.Close()
	if magic, _ := r.Peek(4); !bytes.Equal(magic, []byte("PK\x03\x04")) {
		form, errs = survey.DecodeForm(r)
		return form, false, nil, errs, nil
	}
	sheets, err := document.ReadSheets(ctx, r, "survey", "choices", "settings")
	if err != nil {
		return nil, true, nil, nil, err
	}
	form, warnings, errs = survey.ReadXLSForm(survey.Sheets{Survey: sheets[0].Rows, Choices: sheets[1].Rows, Settings: sheets[2].Rows}, language)
	return form, true, warnings, errs, nil
}

// surveyFinding is a fault or a warning with its sentence in the user's language.
type surveyFinding struct {
	File     string `json:"file"`
	Severity string `json:"severity"`
	Place    string `json:"place"`
	Code     string `json:"code"`
	Message  string `json:"message"`
}

func tellFindings(w io.Writer, file, severity string, errs []error) error {
	out := json.NewEncoder(w)
	for _, err := range errs {
		finding := surveyFinding{File: file, Severity: severity, Message: err.Error()}
		if e, ok := err.(*survey.Error); ok {
			finding.Place, finding.Code, finding.Message = e.Place, e.Code, i18n.T(language(), e.Code, e.Args)
		}
		if err := out.Encode(finding); err != nil {
			return err
		}
	}
	return nil
}

type surveyCheckCmd struct {
	File     string `arg:"" help:"Questionnaire; - is standard input."`
	Language string `default:"zh" help:"Language of an XLSForm's columns that name none."`
}

func (c surveyCheckCmd) Run(ctx context.Context) error {
	form, _, warnings, errs, err := readForm(ctx, c.File, c.Language)
	if err != nil {
		return err
	}
	if form != nil {
		warnings = append(warnings, form.Untranslated()...)
	}
	if err := tellFindings(os.Stdout, c.File, "warning", warnings); err != nil {
		return err
	}
	if err := tellFindings(os.Stdout, c.File, "error", errs); err != nil {
		return err
	}
	if len(errs) > 0 {
		return errInput
	}
	return nil
}

type surveyConvertCmd struct {
	surveyCheckCmd
	Out string `short:"o" help:"File to write, which must not be there yet; standard output if not given."`
}

func (c surveyConvertCmd) Run(ctx context.Context) error {
	form, xlsx, warnings, errs, err := readForm(ctx, c.File, c.Language)
	if err != nil {
		return err
	}
	var file bytes.Buffer
	switch {
	case form == nil:
	case xlsx:
		out := json.NewEncoder(&file)
		out.SetIndent("", "  ")
		err = out.Encode(form)
	default:
		var sheets survey.Sheets
		sheets, warnings = form.WriteXLSForm()
		err = document.WriteSheets(&file, document.Sheet{Name: "survey", Rows: sheets.Survey}, document.Sheet{Name: "choices", Rows: sheets.Choices}, document.Sheet{Name: "settings", Rows: sheets.Settings})
	}
	if err != nil {
		return err
	}
	if err := tellFindings(os.Stderr, c.File, "warning", warnings); err != nil {
		return err
	}
	if err := tellFindings(os.Stderr, c.File, "error", errs); err != nil {
		return err
	}
	if len(errs) > 0 {
		return errInput
	}
	return output(c.Out, file.Bytes())
}

// readRows reads a table of named columns, XLSX or CSV.
func readRows(ctx context.Context, name string, visit func(document.Row) error, columns ...string) error {
	f, err := receive(name)
	if err != nil {
		return err
	}
	defer f.Close()
	var wants []document.Want
	for _, c := range columns {
		required := c[0] != '?'
		if !required {
			c = c[1:]
		}
		wants = append(wants, document.Want{Key: c, Names: []string{c}, Required: required})
	}
	_, err = document.ReadTable(ctx, f, wants, visit)
	return err
}

// whole is a cell that must be a whole number.
func whole(row document.Row, column string) (int, error) {
	n, err := strconv.Atoi(row.Text(column))
	if err != nil {
		return 0, fault.Bad(row.Place(column), "cli.number", fault.Args{"place": row.Place(column)})
	}
	return n, nil
}

type surveyPlanCmd struct {
	File       string  `arg:"" help:"Table of strata: stratum, population, and if known p, deff, response."`
	Margin     float64 `default:"0.05" help:"Half the width of the interval wanted."`
	Confidence float64 `default:"0.95" help:"Confidence of the interval."`
	PerStratum bool    `help:"The margin holds in every stratum, not only overall."`
	Allocation string  `default:"proportional" enum:"proportional,equal,power,neyman" help:"How the total is divided."`
	Power      float64 `default:"0.5" help:"Exponent of the allocation by power."`
	Deff       float64 `default:"1" help:"Design effect expected."`
	Response   float64 `default:"1" help:"Share of those asked who answer."`
	Least      int     `default:"2" help:"Answers in each stratum at least."`
	Total      int     `help:"Answers in all, in place of a margin."`
}

func (c surveyPlanCmd) Run(ctx context.Context) error {
	var strata []survey.Stratum
	err := readRows(ctx, c.File, func(row document.Row) (err error) {
		s := survey.Stratum{ID: row.Text("stratum")}
		if s.Population, err = whole(row, "population"); err != nil {
			return err
		}
		s.P, _ = row.Number("p")
		s.Deff, _ = row.Number("deff")
		s.Response, _ = row.Number("response")
		strata = append(strata, s)
		return nil
	}, "stratum", "population", "?p", "?deff", "?response")
	if err != nil {
		return err
	}
	plan, err := survey.MakePlan(strata, survey.Goal{Margin: c.Margin, Confidence: c.Confidence, PerStratum: c.PerStratum, Allocation: survey.Allocation(c.Allocation),
		Power: c.Power, Deff: c.Deff, Response: c.Response, Least: c.Least, Total: c.Total})
	if err != nil {
		return surveyFault(err)
	}
	out := csv.NewWriter(os.Stdout)
	margin := func(x float64) string { return strconv.FormatFloat(x, 'f', 4, 64) }
	_ = out.Write([]string{"stratum", "population", "answers", "issued", "margin"})
	population := 0
	for _, s := range plan.Strata {
		population += s.Population
		_ = out.Write([]string{s.ID, strconv.Itoa(s.Population), strconv.Itoa(s.N), strconv.Itoa(s.Issued), margin(s.Margin)})
	}
	_ = out.Write([]string{"", strconv.Itoa(population), strconv.Itoa(plan.N), strconv.Itoa(plan.Issued), margin(plan.Margin)})
	out.Flush()
	return out.Error()
}

// surveyFault gives an error of the engine its sentence.
func surveyFault(err error) error {
	if e, ok := err.(*survey.Error); ok {
		return fault.Bad(e.Place, e.Code, e.Args)
	}
	return err
}

type surveyDrawCmd struct {
	Frame string `arg:"" help:"Table of places: id, stratum, size."`
	Takes string `arg:"" help:"Table of what to draw: stratum, places, each; where groups are asked apart, a row for each with group and share."`
	Seed  string `required:"" help:"Seed of the draw, published with it."`
}

func (c surveyDrawCmd) Run(ctx context.Context) error {
	var frame []survey.Place
	err := readRows(ctx, c.Frame, func(row document.Row) (err error) {
		p := survey.Place{ID: row.Text("id"), Stratum: row.Text("stratum")}
		p.Size, err = whole(row, "size")
		frame = append(frame, p)
		return err
	}, "id", "stratum", "size")
	if err != nil {
		return err
	}
	var takes []survey.Take
	err = readRows(ctx, c.Takes, func(row document.Row) (err error) {
		t := survey.Take{Stratum: row.Text("stratum")}
		if t.Places, err = whole(row, "places"); err == nil {
			t.Each, err = whole(row, "each")
		}
		if err != nil || row.Text("group") == "" {
			takes = append(takes, t)
			return err
		}
		part := survey.Part{Group: row.Text("group"), Each: t.Each}
		if part.Share, _ = row.Number("share"); part.Share == 0 {
			return fault.Bad(row.Place("share"), "cli.number", fault.Args{"place": row.Place("share")})
		}
		if n := len(takes) - 1; n >= 0 && takes[n].Stratum == t.Stratum && len(takes[n].Parts) > 0 {
			takes[n].Parts = append(takes[n].Parts, part)
			return nil
		}
		t.Each, t.Parts = 0, []survey.Part{part}
		takes = append(takes, t)
		return nil
	}, "stratum", "places", "each", "?group", "?share")
	if err != nil {
		return err
	}
	drawn, err := survey.Draw(frame, takes, c.Seed)
	if err != nil {
		return surveyFault(err)
	}
	out := csv.NewWriter(os.Stdout)
	apart := slices.ContainsFunc(drawn, func(d survey.Drawn) bool { return d.Group != "" })
	line := func(stratum, group, place, person, probability, weight string) {
		if apart {
			_ = out.Write([]string{stratum, group, place, person, probability, weight})
		} else {
			_ = out.Write([]string{stratum, place, person, probability, weight})
		}
	}
	line("stratum", "group", "place", "person", "probability", "weight")
	for _, d := range drawn {
		for _, k := range d.People {
			line(d.Stratum, d.Group, d.ID, strconv.Itoa(k), strconv.FormatFloat(d.Probability, 'g', 8, 64), strconv.FormatFloat(d.Weight, 'g', 8, 64))
		}
	}
	out.Flush()
	return out.Error()
}

type surveyTopicsCmd struct {
	File   string `arg:"" help:"Answers, one a line; - is standard input."`
	Topics int    `help:"How many topics to find; as many as separate well if not given."`
	Seed   uint64 `help:"Seed of the grouping."`
}

func (c surveyTopicsCmd) Run() error {
	f, err := receive(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	var answers []string
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() && len(answers) < text.MaxAnswers {
		answers = append(answers, lines.Text())
	}
	if err := lines.Err(); err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	type topic struct {
		Name    string   `json:"name"`
		Words   []string `json:"words"`
		Answers []string `json:"answers"`
	}
	g := text.Topics(answers, text.Options{Topics: c.Topics, Seed: c.Seed})
	g.Topics = append(g.Topics, text.Topic{Words: []string{}, Answers: g.Unsorted})
	for _, t := range g.Topics {
		line := topic{t.Name, t.Words, []string{}}
		for _, i := range t.Answers {
			line.Answers = append(line.Answers, answers[i])
		}
		if err := out.Encode(line); err != nil {
			return err
		}
	}
	return nil
}
