package asset

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/register/asset/sheet"
)

// maxExport is how many devices one file holds; a spreadsheet takes 1,048,576 rows.
const maxExport = 500_000

// Export writes the devices of a filter as csv, xlsx or geojson. What is exported as a
// table can be edited and imported again.
func (m *Module) Export(ctx context.Context, w io.Writer, format string, f Filter, lang i18n.Lang) error {
	c, err := m.choose(ctx, f, PermExport)
	if err != nil {
		return err
	}
	if format == "geojson" {
		return m.exportFeatures(ctx, w, c)
	}
	columns := append(append([]sheet.Column(nil), sheet.Writable...), sheet.ReadOnly...)
	headings := make([]string, len(columns))
	for i, c := range columns {
		headings[i] = c.Heading(lang)
	}
	out, err := newTable(w, format, lang, headings)
	if err != nil {
		return err
	}
	sites := map[string]string{}
	err = m.each(ctx, c, func(e *Entry) error {
		if e.SiteID != "" && sites[e.SiteID] == "" {
			s, err := readSite(ctx, m.db, e.SiteID)
			if err != nil {
				return err
			}
			sites[e.SiteID] = s.Name
		}
		cells := make([]string, len(columns))
		for i, column := range columns {
			cells[i] = e.cell(column, sites[e.SiteID], m.zone, lang)
		}
		return out.row(cells)
	})
	if err != nil {
		return err
	}
	return out.close()
}

// Template writes a table to fill in, in a language: headings, and rows that say how.
func Template(w io.Writer, format string, lang i18n.Lang) error {
	headings := make([]string, len(sheet.Writable))
	for i, c := range sheet.Writable {
		headings[i] = c.Asked(lang)
	}
	out, err := newTable(w, format, lang, headings)
	if err != nil {
		return err
	}
	for _, row := range sheet.Notes(lang, kindKeys()) {
		if err := out.row(row); err != nil {
			return err
		}
	}
	return out.close()
}

// cell is what stands in a column for a device.
func (e *Entry) cell(c sheet.Column, site string, zone *time.Location, lang i18n.Lang) string {
	word := func(prefix, key string) string { return i18n.T(lang, prefix+key, nil) }
	yes := func(b bool) string { return word("asset.flag.", strconv.FormatBool(b)) }
	switch c {
	case sheet.Code:
		return string(e.Code)
	case sheet.Kind:
		return word("asset.kind.", string(e.Kind))
	case sheet.Name:
		return e.Name
	case sheet.Region:
		return e.RegionCode
	case sheet.Lon, sheet.Lat:
		if e.Position == nil {
			return ""
		}
		return strconv.FormatFloat(map[bool]float64{true: e.Position.Lon, false: e.Position.Lat}[c == sheet.Lon], 'f', 6, 64)
	case sheet.Site:
		return site
	case sheet.Model:
		return e.Model
	case sheet.Maker:
		return e.Maker
	case sheet.Serial:
		return e.Serial
	case sheet.Owner:
		return e.Owner
	case sheet.Contact:
		return e.Contact
	case sheet.Microphone:
		return yes(e.Microphone)
	case sheet.Installed:
		return e.Installed
	case sheet.Commissioned:
		return e.Commissioned
	case "region_name":
		return e.Device.Region
	case "state":
		return word("asset.state.", string(e.State))
	case "presence":
		return word("asset.presence.", string(e.Condition.Presence))
	case "last_seen":
		if e.Condition.LastSeen == nil {
			return ""
		}
		return e.Condition.LastSeen.In(zone).Format(time.RFC3339)
	case "faults":
		faults := make([]string, len(e.Condition.Faults))
		for i, f := range e.Condition.Faults { // a newer terminal may report what has no word yet
			faults[i] = strings.TrimPrefix(word("asset.fault.", f), "asset.fault.")
		}
		return strings.Join(faults, ", ")
	case "sample":
		return yes(e.Sample)
	}
	return ""
}

// each visits every device of a choice, page by page, so that memory stays small.
func (m *Module) each(ctx context.Context, c choice, visit func(*Entry) error) error {
	page := store.Page{Limit: store.MaxLimit}
	for n := 0; ; {
		list, err := listEntries(ctx, m.db, c, ByCode, page, 0)
		if err != nil {
			return err
		}
		if n += len(list.Items); n > maxExport {
			return fault.New(fault.TooLarge, "asset.export.too_many", fault.Args{"limit": maxExport})
		}
		for i := range list.Items {
			e := &list.Items[i]
			if err := m.nameRegions(ctx, &e.Device); err != nil {
				return err
			}
			if err := visit(e); err != nil {
				return err
			}
		}
		if list.Next == "" {
			return nil
		}
		page.After = list.Next
	}
}

// table is a table being written as CSV or XLSX.
type table struct {
	row   func([]string) error
	close func() error
}

func newTable(w io.Writer, format string, lang i18n.Lang, headings []string) (*table, error) {
	if format == "csv" {
		if _, err := io.WriteString(w, "\ufeff"); err != nil { // so that spreadsheets see UTF-8
			return nil, err
		}
		out := csv.NewWriter(w)
		t := &table{func(cells []string) error { return out.Write(document.Harmless(cells)) }, func() error { out.Flush(); return out.Error() }}
		return t, t.row(headings)
	}
	book := excelize.NewFile()
	name := i18n.T(lang, "asset.sheet.title", nil)
	if err := book.SetSheetName("Sheet1", name); err != nil {
		return nil, err
	}
	out, err := book.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	// Text, so that the 23 digits of a code are not taken for a number and rounded.
	text, err := book.NewStyle(&excelize.Style{NumFmt: 49})
	if err != nil {
		return nil, err
	}
	if err := out.SetColWidth(1, len(headings), 18); err != nil {
		return nil, err
	}
	if err := out.SetColWidth(1, 1, 28); err != nil {
		return nil, err
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return nil, err
	}
	line := 0
	t := &table{func(cells []string) error {
		line++
		values := make([]any, len(cells))
		for i, c := range cells {
			values[i] = excelize.Cell{StyleID: text, Value: c}
		}
		return out.SetRow("A"+strconv.Itoa(line), values)
	}, func() error {
		defer book.Close()
		if err := out.Flush(); err != nil {
			return err
		}
		return book.Write(w)
	}}
	return t, t.row(headings)
}

// exportFeatures writes devices as GeoJSON (RFC 7946); one that was never surveyed has
// no geometry.
func (m *Module) exportFeatures(ctx context.Context, w io.Writer, c choice) error {
	type geometry struct {
		Type        string     `json:"type"`
		Coordinates [2]float64 `json:"coordinates"`
	}
	type feature struct {
		Type       string    `json:"type"`
		ID         string    `json:"id"`
		Geometry   *geometry `json:"geometry"`
		Properties *Entry    `json:"properties"`
	}
	if _, err := io.WriteString(w, `{"type":"FeatureCollection","features":[`); err != nil {
		return err
	}
	first := true
	err := m.each(ctx, c, func(e *Entry) error {
		f := feature{"Feature", string(e.Code), nil, e}
		if p := e.Position; p != nil {
			f.Geometry = &geometry{"Point", [2]float64{p.Lon, p.Lat}}
		}
		raw, err := json.Marshal(f)
		if err != nil {
			return err
		}
		if !first {
			raw = append([]byte{','}, raw...)
		}
		first = false
		_, err = w.Write(raw)
		return err
	})
	if err == nil {
		_, err = io.WriteString(w, "]}\n")
	}
	return err
}
