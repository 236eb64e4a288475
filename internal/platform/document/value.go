package document

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// dash stands for what is not known.
const dash = "—"

// show is a value as people read it.
func (c Column) show(v any, zone *time.Location) string {
	if p, ok := v.(*float64); ok && p != nil {
		v = *p
	}
	switch v := v.(type) {
	case nil, *float64:
		return dash
	case string:
		return v
	case bool:
		return map[bool]string{true: "✓", false: dash}[v]
	case time.Time:
		if v.IsZero() {
			return dash
		}
		switch c.Kind {
		case Day:
			return v.In(zone).Format("2006-01-02")
		case clock:
			return v.In(zone).Format("15:04:05")
		}
		return v.In(zone).Format("2006-01-02 15:04:05")
	case time.Duration:
		s := int64(v.Round(time.Second) / time.Second)
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	if f, ok := number(v); ok {
		switch {
		case math.IsNaN(f) || math.IsInf(f, 0):
			return dash
		case c.Kind == Share:
			return percent(f, c.Decimals)
		case c.Kind == Decimal:
			return group(strconv.FormatFloat(f, 'f', c.Decimals, 64))
		case c.Kind == Count || f == math.Trunc(f) && math.Abs(f) < 1e15:
			return group(strconv.FormatFloat(f, 'f', 0, 64))
		default:
			return group(strconv.FormatFloat(f, 'f', -1, 64))
		}
	}
	return fmt.Sprint(v)
}

// percent is a share as pages write it: the whole and nothing without decimals, and what is
// neither never rounded up to the one or down to the other.
func percent(f float64, decimals int) string {
	if f == 0 || f == 1 {
		decimals = 0
	}
	step := math.Pow10(-decimals)
	value := halfAway(f*100, decimals)
	if f > 0 && f < 1 {
		value = min(max(value, step), 100-step)
	}
	return group(strconv.FormatFloat(value, 'f', decimals, 64)) + "%"
}

// halfAway rounds as people learn it and as the pages do, halves away from zero: 94.25 is 94.3,
// also where the nearest float64 lies a hair below the half.
func halfAway(v float64, decimals int) float64 {
	const hair = 1e-9
	scale := math.Pow10(decimals)
	return math.Copysign(math.Floor(math.Abs(v)*scale+0.5+hair)/scale, v)
}

// number is v as a float64, if it is a number.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case int32:
		return float64(v), true
	case int64:
		return float64(v), true
	case uint32:
		return float64(v), true
	case uint64:
		return float64(v), true
	case float32:
		return float64(v), true
	case float64:
		return v, true
	case *float64:
		if v != nil {
			return *v, true
		}
	}
	return 0, false
}

// group sets a comma before every three digits of the whole part.
func group(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "−", s[1:] // the minus sign is as wide as a plus
	}
	whole, part, found := strings.Cut(s, ".")
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	if found {
		whole += "." + part
	}
	return sign + whole
}

// figures reports whether the column is set flush right.
func (c Column) figures() bool {
	return c.Kind != Plain && c.Kind != Instant && c.Kind != Day && c.Kind != clock
}

// withUnit joins a title and its unit in one text.
func withUnit(title, unit string, lang i18n.Lang) string {
	switch {
	case unit == "" || title == "":
		return title + unit
	case lang == i18n.Chinese:
		return title + "（" + unit + "）"
	default:
		return title + " (" + unit + ")"
	}
}

// settled returns the table with every Instant column whose times fall on one day as
// times of day, the day standing in the head.
func (t Table) settled(zone *time.Location) Table {
	columns := append([]Column(nil), t.Columns...)
	for c := range columns {
		if columns[c].Kind != Instant || columns[c].Unit != "" {
			continue
		}
		day := ""
		for _, row := range t.Rows {
			if c >= len(row) {
				continue
			}
			if at, ok := row[c].(time.Time); ok && !at.IsZero() {
				d := at.In(zone).Format("2006-01-02")
				if day != "" && d != day {
					day = "several"
					break
				}
				day = d
			}
		}
		if day != "" && day != "several" {
			columns[c].Kind, columns[c].Unit = clock, day[len("2006-"):]
		}
	}
	t.Columns = columns
	return t
}
