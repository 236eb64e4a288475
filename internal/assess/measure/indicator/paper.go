package indicator

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// maxPaper is how many values a workbook holds.
const maxPaper = 100_000

// Report is what was asked for as a report: what it is of, its period and when it was made; and a
// sheet for each indicator, with its unit, where it comes from and how it is reckoned.
func (b *Book) Report(ctx context.Context, in *Asked) (*document.Report, error) {
	lang := httpapi.LangOf(ctx)
	say := func(key string, args map[string]any) string { return i18n.T(lang, "measure.paper.values."+key, args) }
	pick := func(zh, en string) string {
		if lang == i18n.English && en != "" {
			return en
		}
		return zh
	}
	t, err := b.Table(ctx, in)
	if err != nil {
		return nil, err
	}
	if len(t.Indicators) == 0 || len(t.Units) == 0 {
		return nil, fault.Bad("indicator", "measure.paper.values.nothing")
	}
	if n := len(t.Indicators) * len(t.Units) * len(t.Periods); n > maxPaper {
		return nil, fault.New(fault.TooLarge, "measure.grid", fault.Args{"limit": maxPaper})
	}
	asOf, err := b.Ledger.AsOf(in.AsOf)
	if err != nil {
		return nil, err
	}
	shelf, err := b.at(ctx, b.DB, asOf)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, s := range t.Indicators {
		if d, err := shelf.definition(s.Code); err == nil {
			names = append(names, pick(d.NameZh, d.NameEn))
		}
	}
	from, to := t.Periods[0].Say(lang), t.Periods[len(t.Periods)-1].Say(lang)
	title := say("title", map[string]any{"names": strings.Join(names, say("join", nil)), "place": pick(t.Units[0].NameZh, t.Units[0].NameEn), "from": from, "to": to})
	paper := document.NewReport(title, lang, false)
	paper.Made, paper.Zone = b.Ledger.Clock.Now(), b.Ledger.Zone
	facts := []document.KV{{Name: say("place", nil), Value: pick(t.Units[0].NameZh, t.Units[0].NameEn)}, {Name: say("period", nil), Value: from + " – " + to}, {Name: say("regions", nil), Value: len(t.Units)}}
	if in.AsOf != "" {
		facts = append(facts, document.KV{Name: say("as_of", nil), Value: in.AsOf})
	}
	paper.Facts(facts...)
	for i := range t.Indicators {
		d, err := shelf.definition(t.Indicators[i].Code)
		if err != nil {
			return nil, err
		}
		table := document.Table{Title: names[i], Columns: []document.Column{{Title: say("region", nil)}, {Title: say("code", nil)}}, Note: b.paperNote(&d, &t, i, asOf, lang, say)}
		for _, p := range t.Periods {
			table.Columns = append(table.Columns, document.Column{Title: p.String(), Unit: pick(d.UnitZh, d.UnitEn), Kind: document.Decimal, Decimals: d.Places})
		}
		for u, unit := range t.Units {
			row := []any{pick(unit.NameZh, unit.NameEn), unit.Code}
			for _, v := range t.Indicators[i].Values[u] {
				if v == nil {
					row = append(row, nil)
				} else {
					row = append(row, *v)
				}
			}
			table.Rows = append(table.Rows, row)
		}
		paper.Table(table)
	}
	return paper, nil
}

// paperNote says of an indicator what a reader of its numbers has to know.
func (b *Book) paperNote(d *Definition, t *Table, i int, asOf time.Time, lang i18n.Lang, say func(string, map[string]any) string) string {
	lines := []string{say("how", map[string]any{"how": b.How(d, lang)})}
	if d.Owner != "" {
		lines = append(lines, say("owner", map[string]any{"owner": d.Owner}))
	}
	source := d.Source
	if lang == i18n.English && d.SourceEn != "" {
		source = d.SourceEn
	}
	if source != "" {
		lines = append(lines, say("source", map[string]any{"source": source}))
	}
	if d.Sample {
		lines = append(lines, say("sample", nil))
	}
	notes := t.Indicators[i].Notes
	if slices.ContainsFunc(notes, func(n Note) bool { return n.Imputed }) {
		lines = append(lines, say("imputed", nil))
	}
	if slices.ContainsFunc(notes, func(n Note) bool { return n.Stale != "" }) {
		lines = append(lines, say("stale", nil))
	}
	now := b.Ledger.Clock.Now()
	if !asOf.IsZero() {
		now = asOf
	}
	for _, p := range t.Periods {
		if p.End(b.Ledger.Zone).After(now) {
			lines = append(lines, say("running", map[string]any{"period": p.Say(lang)}))
			break // what comes after has not begun
		}
	}
	return strings.Join(append(lines, say("none", nil)), "\n")
}

func (b *Book) registerPaper(api *httpapi.API) {
	export := op("values-export", http.MethodGet, "/values/export", "Indicators of regions over time as a workbook", b.Read)
	export.PerMinute, export.AtOnce = 30, 2
	httpapi.Register(api, export, func(ctx context.Context, in *Asked) (*httpapi.File, error) {
		report, err := b.Report(ctx, in)
		if err != nil {
			return nil, err
		}
		return httpapi.Save("xlsx", "values-"+in.From.String()+"-"+in.To.String(), report.Title, report.WriteXLSX)
	})
}
