package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/tongsheng/tongsheng/city"
	"github.com/tongsheng/tongsheng/engine/worktime"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

type worktimeCmd struct {
	Due worktimeDueCmd `cmd:"" help:"Print when a term ends, and the days that it counts, as JSON."`
}

type worktimeDueCmd struct {
	Calendar string `type:"existingfile" help:"Calendar to reckon by; that of the city that is built in if not given."`
	Start    string `arg:"" help:"When the term starts: 2025-01-31, 2025-01-31T09:30, or RFC 3339 with a zone."`
	Term     string `arg:"" help:"How long it is: 30m, 2h, 4wh (working hours), 7d, 5wd (working days), 1M."`
}

// passedDay is a day that a term passes over, and why.
type passedDay struct {
	Day     worktime.Day      `json:"day"`
	Holiday map[string]string `json:"holiday,omitempty"` // its name by language; none where the weekday is off
}

func (c worktimeDueCmd) Run() error {
	cal, err := c.calendar()
	if err != nil {
		return err
	}
	term, err := worktime.ParseTerm(c.Term)
	if bad := (*worktime.Error)(nil); errors.As(err, &bad) {
		return misuse{fault.New(fault.Invalid, bad.Code, bad.Args)}
	}
	start, err := moment(c.Start, cal.Zone())
	if err != nil {
		return err
	}
	counted, passed := cal.Counted(start, term)
	answer := struct {
		Start time.Time     `json:"start"`
		Term  worktime.Term `json:"term"`
		worktime.Due
		Counted []worktime.Day `json:"counted"`
		Passed  []passedDay    `json:"passed"`
	}{start, term, cal.Due(start, term), append([]worktime.Day{}, counted...), []passedDay{}}
	for _, d := range passed {
		h, _ := cal.Holiday(d)
		answer.Passed = append(answer.Passed, passedDay{d, h.Name})
	}
	return json.NewEncoder(os.Stdout).Encode(answer)
}

// calendar reads the calendar and tells every fault of it.
func (c worktimeDueCmd) calendar() (*worktime.Calendar, error) {
	if c.Calendar == "" {
		cal, errs := city.Calendar(city.Default())
		return cal, errors.Join(errs...)
	}
	f, err := os.Open(c.Calendar)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	cal, errs := worktime.Decode(f)
	for _, err := range errs {
		says := err.Error()
		if bad := (*worktime.Error)(nil); errors.As(err, &bad) {
			says = i18n.T(language(), bad.Code, bad.Args)
			if bad.Place != "" {
				says = bad.Place + ": " + says
			}
		}
		fmt.Fprintf(os.Stderr, "tongsheng: %s: %s\n", c.Calendar, says)
	}
	if cal == nil {
		return nil, errInput
	}
	return cal, nil
}

// moment reads a time, in zone unless it says another.
func moment(s string, zone *time.Location) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t.In(zone), nil
		}
	}
	return time.Time{}, misuse{fault.New(fault.Invalid, "cli.moment", fault.Args{"value": s})}
}
