package party

import (
	"context"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// columns of the register as a table, in their order. What is exported can be edited and brought in
// again; the last ones are told only.
var columns = []string{"kind", "nameZh", "nameEn", "code", "region", "roles", "phone", "address", "website", "parent", "licence", "licenceNumber", "licenceScope", "validFrom", "validTo", "issuer"}

var toldColumns = []string{"regionName", "licenceStands", "id", "sample"}

func heading(lang i18n.Lang, column string) string {
	return i18n.T(lang, "party.column."+column, nil)
}

// maxExport is how many parties a file holds.
const maxExport = 20_000

// Export writes the parties of a filter as a table, one line for each licence that they hold and one
// for who holds none. What is personal stays masked, and the record says that it was made.
func (m *Module) Export(ctx context.Context, f ListFilter, format string) (*httpapi.File, error) {
	lang := httpapi.LangOf(ctx)
	terms, err := readTerms(ctx, m.db)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, t := range terms {
		names[t.Code] = picked(lang, t.NameZH, t.NameEN)
	}
	all := append(append([]string{}, columns...), toldColumns...)
	head := make([]string, len(all))
	for i, c := range all {
		head[i] = heading(lang, c)
	}
	lines := [][]string{head}
	count := 0
	f.Page = store.Page{Limit: store.MaxLimit}
	for {
		found, err := m.List(ctx, f)
		if err != nil {
			return nil, err
		}
		if count += len(found.Items); count > maxExport {
			return nil, fault.New(fault.TooLarge, "party.export", fault.Args{"limit": maxExport})
		}
		some, err := m.lines(ctx, lang, names, all, found.Items)
		if err != nil {
			return nil, err
		}
		if lines = append(lines, some...); found.Next == "" {
			break
		}
		f.Page.After = found.Next
	}
	if err := m.db.Update(ctx, func(tx *store.Tx) error {
		return audit.Write(ctx, tx, audit.Entry{Action: "party.export", Object: "party-table", RegionPath: f.Path, Detail: map[string]any{"count": count, "format": format}})
	}); err != nil {
		return nil, err
	}
	title := i18n.T(lang, "party.column.sheet", nil)
	return httpapi.Save(format, "parties", title, func(w io.Writer) error { return writeTable(w, format, title, lines) })
}

func picked(lang i18n.Lang, zh, en string) string {
	if lang == i18n.English && en != "" {
		return en
	}
	return zh
}

// lines are parties as rows of a table.
func (m *Module) lines(ctx context.Context, lang i18n.Lang, names map[string]string, all []string, items []Item) (out [][]string, err error) {
	ids, parents := make([]string, len(items)), []string{}
	for i, it := range items {
		if ids[i] = it.ID; it.Parent != "" {
			parents = append(parents, it.Parent)
		}
	}
	held, err := licencesOfAll(ctx, m.db, ids)
	if err != nil {
		return nil, err
	}
	above, err := briefs(ctx, m.db, parents)
	if err != nil {
		return nil, err
	}
	say := func(key string) string { return i18n.T(lang, key, nil) }
	for i := range items {
		it := &items[i]
		var roles []string
		for _, r := range it.Roles {
			roles = append(roles, say("party.role."+string(r)))
		}
		cells := map[string]string{"kind": say("party.kind." + string(it.Kind)), "nameZh": it.NameZH, "nameEn": it.NameEN, "code": it.Code, "region": it.RegionCode, "roles": strings.Join(roles, "、"),
			"phone": it.Phone, "address": it.Address, "website": it.Website, "parent": above[it.Parent].NameZH, "regionName": it.Region, "id": it.ID}
		if it.Kind == Person {
			cells["phone"], cells["address"] = it.Personal.Phone, it.Personal.Address
		}
		if it.Sample {
			cells["sample"] = say("party.column.is_sample")
		}
		licences := held[it.ID]
		if len(licences) == 0 {
			licences = []Licence{{}}
		}
		for n := range licences {
			l := &licences[n]
			if l.ID != "" {
				l.settle(m.today())
				for key, text := range map[string]string{"licence": names[listLicence+"."+l.Kind], "licenceNumber": l.Number, "licenceScope": l.ScopeZH, "validFrom": l.ValidFrom, "validTo": l.ValidTo,
					"issuer": l.Issuer, "licenceStands": say("party.stands." + l.Stands)} {
					cells[key] = text
				}
			}
			row := make([]string, len(all))
			for c, key := range all {
				row[c] = cells[key]
			}
			out = append(out, row)
		}
	}
	return out, nil
}

// writeTable writes rows as CSV or XLSX; every cell is text, so that no code is taken for a number.
func writeTable(w io.Writer, format, title string, lines [][]string) error {
	if format == "csv" {
		return document.WriteCSV(w, func(yield func([]string) bool) {
			for _, l := range lines {
				if !yield(l) {
					return
				}
			}
		})
	}
	book := excelize.NewFile()
	defer book.Close()
	if err := book.SetSheetName("Sheet1", title); err != nil {
		return err
	}
	text, err := book.NewStyle(&excelize.Style{NumFmt: 49})
	if err != nil {
		return err
	}
	out, err := book.NewStreamWriter(title)
	if err != nil {
		return err
	}
	if err := out.SetColWidth(1, len(lines[0]), 20); err != nil {
		return err
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	for i, l := range lines {
		cells := make([]any, len(l))
		for c, v := range l {
			cells[c] = excelize.Cell{StyleID: text, Value: v}
		}
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return err
		}
		if err := out.SetRow(at, cells); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return book.Write(w)
}

// Template is a table to fill in, its headings in the reader's language, with two lines that show how.
func (m *Module) Template(ctx context.Context, format string) (*httpapi.File, error) {
	lang := httpapi.LangOf(ctx)
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = heading(lang, c)
	}
	lines := [][]string{head}
	for _, n := range []string{"organisation", "person"} {
		row := make([]string, len(columns))
		for i, c := range columns {
			if key := "party.example." + n + "." + c; i18n.T(lang, key, nil) != key {
				row[i] = i18n.T(lang, key, nil)
			}
		}
		lines = append(lines, row)
	}
	title := i18n.T(lang, "party.column.sheet", nil)
	return httpapi.Save(format, "parties-template", title, func(w io.Writer) error { return writeTable(w, format, title, lines) })
}

// scopeOf is where somebody who brings a table may write.
func scopeOf(ctx context.Context) auth.Scope { return auth.ScopeOf(ctx, PermWrite) }
