package city

import (
	"errors"
	"io/fs"

	"github.com/tongsheng/tongsheng/engine/worktime"
)

const calendarFile = "calendar.json"

// Calendar reads when the city works, and names all that is wrong with the file.
func Calendar(fsys fs.FS) (*worktime.Calendar, []error) {
	f, err := fsys.Open(calendarFile)
	if err != nil {
		return nil, []error{err}
	}
	defer f.Close()
	return worktime.Decode(f)
}

// calendar checks that the calendar can be read and keeps the city's time.
func (k *checker) calendar() {
	c, errs := Calendar(k.fsys)
	for _, err := range errs {
		var bad *worktime.Error
		switch {
		case errors.As(err, &bad):
			k.bad(calendarFile, 0, bad.Place, bad.Code, bad.Args)
		case errors.Is(err, fs.ErrNotExist):
			k.bad(calendarFile, 0, "", "city.file.missing", nil)
		default:
			k.bad(calendarFile, 0, "", "city.file.unreadable", nil)
		}
	}
	if c != nil && c.Zone().String() != k.city.TimeZone {
		k.bad(calendarFile, 0, "zone", "city.calendar.zone", map[string]any{"zone": c.Zone().String(), "city": k.city.TimeZone})
	}
}
