package standard

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

func (d *Desk) registerFiles(api *httpapi.API) {
	paper := op("document", http.MethodGet, version+"/document", "A version, its impact or the comments on it, as PDF, XLSX or CSV", d.Read)
	paper.PerMinute, paper.AtOnce = 30, 1
	httpapi.Register(api, paper, func(ctx context.Context, in *struct {
		ByNumber
		What   string `query:"what" enum:"text,impact,comments" default:"text"`
		Kept   bool   `query:"kept" doc:"The impact as it was kept when the version was submitted"`
		Format string `query:"format" enum:"pdf,xlsx,csv" default:"pdf"`
	}) (*httpapi.File, error) {
		return d.document(ctx, in.ID, in.Number, in.What, in.Kept, in.Format)
	})
}

// paper is a document about a version. The first table is what CSV holds.
type paper struct {
	*document.Report
	d     *Desk
	s     *Standard
	v     *Version
	csv   document.Table
	zones []Zone
}

func (p *paper) say(key string, pairs ...any) string {
	args := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		args[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return i18n.T(p.Lang, "measure.standard.paper."+key, args)
}

func (p *paper) either(zh, en string) string { return either(p.Lang, zh, en) }

func (d *Desk) document(ctx context.Context, id string, number int, what string, kept bool, format string) (*httpapi.File, error) {
	s, v, err := d.seeVersion(ctx, d.DB, id, number)
	if err != nil {
		return nil, err
	}
	lang := httpapi.LangOf(ctx)
	p := &paper{d: d, s: s, v: v}
	if p.zones, err = d.Zones.Zones(ctx); err != nil {
		return nil, err
	}
	title := i18n.T(lang, "measure.standard.paper.title_"+what, map[string]any{"name": either(lang, s.NameZh, s.NameEn), "number": number})
	p.Report = document.NewReport(title, lang, false)
	p.Made, p.Zone, p.Number = d.Clock.Now(), d.Zone, s.Code
	switch what {
	case "impact":
		i, err := d.ImpactOf(ctx, id, number, kept)
		if err != nil {
			return nil, err
		}
		p.impact(i)
	case "comments":
		list, err := d.Remarks(ctx, id, number)
		if err != nil {
			return nil, err
		}
		p.comments(list)
	default:
		p.text()
	}
	write := p.As(format)
	if format == "csv" {
		write = p.writeCSV
	}
	return httpapi.Save(format, fmt.Sprintf("standard-%d-%s", number, what), title, write)
}

// head says which version it is and whence.
func (p *paper) head() {
	c := &p.v.Content
	region := p.s.RegionCode
	if r, err := p.d.Ledger.Tree().Region(p.s.RegionCode); err == nil {
		region = p.either(r.NameZh, r.NameEn)
	}
	if p.s.Sample {
		p.Text(p.say("sample"))
	}
	p.Facts(document.KV{Name: p.say("code"), Value: p.s.Code}, document.KV{Name: p.say("version"), Value: p.v.Number}, document.KV{Name: p.say("region"), Value: region},
		document.KV{Name: p.say("state"), Value: i18n.T(p.Lang, "measure.standard.state."+string(p.v.State), nil)},
		document.KV{Name: p.say("from"), Value: dash(c.From)}, document.KV{Name: p.say("until"), Value: dash(p.s.until(p.v))})
	if basis := p.either(c.BasisZh, c.BasisEn); basis != "" {
		p.Text(p.say("basis") + basis)
	}
	if note := p.either(c.NoteZh, c.NoteEn); note != "" {
		p.Text(note)
	}
}

func dash(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// text is the standard, item by item, with the line to sign on.
func (p *paper) text() {
	p.head()
	t := document.Table{Title: p.say("items"), Columns: []document.Column{{Title: p.say("item")}, {Title: p.say("text")}, {Title: p.say("owed_by")}, {Title: p.say("owed_to")}, {Title: p.say("threshold")}, {Title: p.say("legal")}}}
	for i := range p.v.Content.Items {
		it := &p.v.Content.Items[i]
		t.Rows = append(t.Rows, []any{p.either(it.HeadingZh, it.HeadingEn), p.either(it.TextZh, it.TextEn), p.either(it.OwedByZh, it.OwedByEn), p.either(it.OwedToZh, it.OwedToEn), p.thresholds(it), p.either(it.LegalZh, it.LegalEn)})
	}
	p.csv = t
	p.Table(t)
	if a := p.v.ApprovedBy; a != nil {
		p.Text(p.say("approved", "name", a.Name, "digest", p.v.Digest[:16]))
	} else {
		p.Signatures(p.say("officer"), p.say("approver"))
	}
}

// thresholds are those of an item in words: indicator ≥ 15 sets; core ≥ 30.
func (p *paper) thresholds(it *Item) string {
	def, err := p.d.Book.Definition(it.Indicator)
	if it.Indicator == "" || err != nil {
		return p.say("judged_by_none")
	}
	lines := []string{p.either(def.NameZh, def.NameEn)}
	if it.Things != "" {
		lines = append(lines, p.say("each."+it.Things))
	}
	for _, th := range it.Thresholds {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", p.whom(th.For), sign(it.Comparison), plain(th.Value), p.either(def.UnitZh, def.UnitEn))))
	}
	return strings.Join(lines, "\n")
}

func sign(c Comparison) string { return map[Comparison]string{AtLeast: "≥", AtMost: "≤"}[c] }

func (p *paper) whom(of string) string { return Whom(p.zones, of, p.Lang) }

// Whom is whom a threshold is for, in words.
func Whom(zones []Zone, of string, lang i18n.Lang) string {
	what, which, _ := strings.Cut(of, ":")
	if i := slices.IndexFunc(zones, func(z Zone) bool { return what == "zone" && z.Code == which }); i >= 0 {
		return either(lang, zones[i].NameZh, zones[i].NameEn)
	}
	return i18n.T(lang, "measure.standard.for."+strings.ReplaceAll(of, ":", "_"), nil)
}

// impact is what a version would mean: totals first, then region by region where any fails.
func (p *paper) impact(i *Impact) {
	p.head()
	p.Text(p.say("as_of", "time", i.At.In(p.d.Zone).Format("2006-01-02 15:04"), "facts", i.Facts))
	t := document.Table{Title: p.say("impact"), Note: p.say("unknown_note"), Columns: []document.Column{{Title: p.say("item")}, {Title: p.say("kept"), Kind: document.Count}, {Title: p.say("failed"), Kind: document.Count}, {Title: p.say("unknown"), Kind: document.Count},
		{Title: p.say("people_failed"), Kind: document.Count}, {Title: p.say("people_unknown"), Kind: document.Count}}}
	units := document.Table{Title: p.say("regions"), Columns: []document.Column{{Title: p.say("item")}, {Title: p.say("region")}, {Title: p.say("people"), Kind: document.Count}, {Title: p.say("value"), Kind: document.Decimal, Decimals: 2},
		{Title: p.say("threshold"), Kind: document.Decimal, Decimals: 2}, {Title: p.say("short"), Kind: document.Decimal, Decimals: 2}, {Title: p.say("standing")}, {Title: p.say("data")}}}
	for n := range i.Items {
		it := &i.Items[n]
		name := p.either(it.HeadingZh, it.HeadingEn)
		if it.Indicator == "" {
			t.Rows = append(t.Rows, []any{name + " " + p.say("unmeasured"), nil, nil, nil, nil, nil})
			continue
		}
		t.Rows = append(t.Rows, []any{name, it.Sum.Kept, it.Sum.Failed, it.Sum.Unknown, it.Sum.PeopleFailed, it.Sum.PeopleUnknown})
		for u := range it.Units {
			units.Rows = append(units.Rows, p.unit(name, it, &it.Units[u]))
		}
	}
	p.csv = units
	p.Table(t)
	p.failing(i)
	if len(i.Pilot) > 0 {
		p.pilot(i.Pilot)
	}
	p.Table(units)
	p.Signatures(p.say("officer"), p.say("approver"))
}

func (p *paper) unit(item string, it *ItemImpact, u *UnitImpact) []any {
	name := p.either(u.NameZh, u.NameEn)
	if r := p.d.Ledger.Tree().At(u.Path); it.Things != "" && r != nil {
		name += " · " + p.either(r.NameZh, r.NameEn)
	}
	return []any{item, name, u.People, document.Maybe(u.Value), u.Threshold, document.Maybe(u.Short), i18n.T(p.Lang, "measure.standard.standing."+string(u.Standing), nil), stated(u.Data)}
}

// stated is the period in which a value was stated.
func stated(p period.Period) string {
	if p.Kind == "" {
		return ""
	}
	return p.String()
}

// failing draws, for each item that any region fails, how the regions stand, the worst first.
func (p *paper) failing(i *Impact) {
	const most = 20
	for n := range i.Items {
		it := &i.Items[n]
		if it.Sum.Failed == 0 || len(it.Units) > most {
			continue
		}
		bars := document.BarChart{Title: p.either(it.HeadingZh, it.HeadingEn) + " · " + p.either(it.NameZh, it.NameEn), Unit: p.either(it.UnitZh, it.UnitEn), Decimals: it.Places}
		marks := map[float64]bool{}
		for u := range it.Units {
			bars.Bars = append(bars.Bars, document.Bar{Name: p.either(it.Units[u].NameZh, it.Units[u].NameEn), Value: it.Units[u].Value})
			marks[it.Units[u].Threshold] = true
		}
		for v := range marks {
			bars.Marks = append(bars.Marks, document.Mark{Name: p.say("threshold"), Y: v})
		}
		slices.SortFunc(bars.Marks, func(a, b document.Mark) int { return int(a.Y - b.Y) })
		p.Bars(bars)
	}
}

// pilot lists how the regions of a pilot stood before it, and stand now.
func (p *paper) pilot(items []ItemImpact) {
	t := document.Table{Title: p.say("pilot"), Columns: []document.Column{{Title: p.say("item")}, {Title: p.say("region")}, {Title: p.say("before"), Kind: document.Decimal, Decimals: 2}, {Title: p.say("value"), Kind: document.Decimal, Decimals: 2},
		{Title: p.say("threshold"), Kind: document.Decimal, Decimals: 2}, {Title: p.say("standing")}}}
	for n := range items {
		for u := range items[n].Units {
			one := &items[n].Units[u]
			t.Rows = append(t.Rows, []any{p.either(items[n].HeadingZh, items[n].HeadingEn), p.either(one.NameZh, one.NameEn), document.Maybe(one.Before), document.Maybe(one.Value), one.Threshold, i18n.T(p.Lang, "measure.standard.standing."+string(one.Standing), nil)})
		}
	}
	p.Table(t)
}

func (p *paper) comments(list []Remark) {
	p.head()
	t := document.Table{Title: p.say("comments"), Columns: []document.Column{{Title: p.say("received")}, {Title: p.say("party")}, {Title: p.say("item")}, {Title: p.say("stance")}, {Title: p.say("reason")}, {Title: p.say("source")}, {Title: p.say("verdict")}, {Title: p.say("answer")}}}
	for _, c := range list {
		item := p.say("whole")
		if it := p.v.Content.item(c.Item); it != nil {
			item = p.either(it.HeadingZh, it.HeadingEn)
		} else if c.Item != "" {
			item = c.Item
		}
		verdict := p.say("unanswered")
		if c.Verdict != "" {
			verdict = i18n.T(p.Lang, "measure.standard.verdict."+string(c.Verdict), nil)
		}
		t.Rows = append(t.Rows, []any{c.Received, c.Party, item, i18n.T(p.Lang, "measure.standard.stance."+string(c.Stance), nil), c.Reason,
			strings.TrimSpace(i18n.T(p.Lang, "measure.standard.source."+string(c.Source), nil) + " " + c.SourceNote), verdict, c.Answer})
	}
	p.csv = t
	p.Table(t)
}

// writeCSV writes the table that matters, whole.
func (p *paper) writeCSV(w io.Writer) error {
	lines := [][]string{make([]string, len(p.csv.Columns))}
	for i, c := range p.csv.Columns {
		lines[0][i] = c.Title
	}
	for _, cells := range p.csv.Rows {
		line := make([]string, len(cells))
		for i, v := range cells {
			line[i] = plain(v)
		}
		lines = append(lines, line)
	}
	return document.WriteCSV(w, slices.Values(lines))
}

// plain is a cell as text; empty where it is not known.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.6f", v), "0"), ".")
	}
	return fmt.Sprint(v)
}
