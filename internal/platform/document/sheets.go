package document

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/xuri/excelize/v2"
)

// MaxSheetRows is how many rows ReadSheets takes of one sheet.
const MaxSheetRows = 20_000

// Sheet is a sheet as plain cells, row by row.
type Sheet struct {
	Name string
	Rows [][]string
}

// ReadSheets reads whole sheets of an XLSX file by name, letters large or small, in the
// order of names; one that is not there comes back without rows. Cells are text as they
// are stored: a date is a number. Blank rows keep their place.
func ReadSheets(ctx context.Context, r io.Reader, names ...string) (sheets []Sheet, err error) {
	f, size, err := keep(r, MaxTableBytes)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	defer unharmed(&err)
	book, err := openXLSX(f, size)
	if err != nil {
		return nil, err
	}
	defer book.Close()
	list := book.GetSheetList()
	for _, name := range names {
		sheet := Sheet{Name: name}
		if i := slices.IndexFunc(list, func(s string) bool { return strings.EqualFold(strings.TrimSpace(s), name) }); i >= 0 {
			if sheet.Rows, err = cellsOf(ctx, book, list[i]); err != nil {
				return nil, err
			}
		}
		sheets = append(sheets, sheet)
	}
	return sheets, nil
}

func cellsOf(ctx context.Context, book *excelize.File, name string) (out [][]string, err error) {
	rows, err := book.Rows(name)
	if err != nil {
		return nil, fault.New(fault.Invalid, "document.table_format").Because(err)
	}
	defer rows.Close()
	last := 0 // row with anything in it
	for rows.Next() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		cells, err := rows.Columns()
		if err != nil {
			return nil, fault.New(fault.Invalid, "document.table_format").Because(err)
		}
		if cells = trimBlank(cells); len(out) >= MaxSheetRows {
			if len(cells) == 0 {
				continue // formatted down to the last line, and empty
			}
			return nil, fault.New(fault.TooLarge, "document.table_too_long", fault.Args{"limit": MaxSheetRows})
		}
		for _, c := range cells {
			if len(c) > maxCellBytes || strings.IndexByte(c, 0) >= 0 {
				return nil, fault.New(fault.Invalid, "document.table_format")
			}
		}
		if out = append(out, cells); len(cells) > 0 {
			last = len(out)
		}
	}
	if err := rows.Error(); err != nil {
		return nil, fault.New(fault.Invalid, "document.table_format").Because(err)
	}
	return out[:last], nil
}

// WriteSheets writes sheets of plain cells as an XLSX file. Every cell is text, so no
// program takes one for a formula, a number or a date.
func WriteSheets(w io.Writer, sheets ...Sheet) error {
	book := excelize.NewFile()
	defer book.Close()
	for i, s := range sheets {
		if i == 0 {
			if err := book.SetSheetName("Sheet1", s.Name); err != nil {
				return err
			}
		} else if _, err := book.NewSheet(s.Name); err != nil {
			return err
		}
		for r, row := range s.Rows {
			for c, text := range row {
				if text == "" {
					continue
				}
				cell, err := excelize.CoordinatesToCellName(c+1, r+1)
				if err != nil {
					return err
				}
				if err := book.SetCellStr(s.Name, cell, text); err != nil {
					return err
				}
			}
		}
	}
	return book.Write(w)
}
