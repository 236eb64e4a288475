package drill

import (
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
)

// Region is a region that a rule says owes drills.
type Region struct {
	Code   string
	Path   string
	NameZh string
	NameEn string
	Level  rule.Level
}

// Owed is how a region stands with the drills that it owes in a year.
type Owed struct {
	Code       string     `json:"code"`
	RegionPath string     `json:"regionPath"`
	NameZh     string     `json:"nameZh"`
	NameEn     string     `json:"nameEn"`
	Level      rule.Level `json:"level" enum:"nation,province,city,district,township,village"`
	PerYear    int        `json:"perYear" doc:"How many the rules ask for"`
	Held       int        `json:"held" doc:"Begun this year and held to their end"`
	Planned    int        `json:"planned" doc:"Planned or approved, and their time has not passed"`
	Missed     int        `json:"missed" doc:"Planned or approved, and their time has passed"`
	Overdue    int        `json:"overdue" doc:"How many should have been held by now and were not"`
	NextDue    *time.Time `json:"nextDue,omitempty" doc:"By when the next is owed; absent: none is any more this year"`
	Drills     []Brief    `json:"drills" doc:"Those of this year that count for the region, the earliest first"`
}

// owe says how regions stand in a year at now. A drill counts for one region: the smallest that
// owes drills and holds all of the drill's area. Of n drills a year the k-th is due when k n-ths
// of the year are over; what was due before the rules asked for it, at since, nobody owes.
func owe(year int, zone *time.Location, now, since time.Time, rules []rule.DrillsDue, regions []Region, drills []Brief) []Owed {
	per := map[rule.Level]int{}
	for _, r := range rules {
		per[r.Level] = r.PerYear
	}
	begins, ends := time.Date(year, 1, 1, 0, 0, 0, 0, zone), time.Date(year+1, 1, 1, 0, 0, 0, 0, zone)
	out := []Owed{}
	at := map[string]int{}
	for _, r := range regions {
		if n := per[r.Level]; n > 0 {
			at[r.Path] = len(out)
			out = append(out, Owed{Code: r.Code, RegionPath: r.Path, NameZh: r.NameZh, NameEn: r.NameEn, Level: r.Level, PerYear: n, Drills: []Brief{}})
		}
	}
	for _, b := range drills {
		path := b.RegionPath
		for path != "" {
			if _, ok := at[path]; ok {
				break
			}
			path = path[:strings.LastIndexByte(strings.TrimSuffix(path, "."), '.')+1]
		}
		i, ok := at[path]
		when := b.At
		if b.StartedAt != nil {
			when = *b.StartedAt
		}
		if !ok || when.Before(begins) || !when.Before(ends) {
			continue
		}
		o := &out[i]
		o.Drills = append(o.Drills, b)
		switch {
		case b.State.Over():
			o.Held++
		case b.State.Open() && b.At.Before(now):
			o.Missed++
		case b.State.Open():
			o.Planned++
		}
	}
	for i := range out {
		o := &out[i]
		due := func(k int) time.Time {
			return begins.Add(ends.Sub(begins) * time.Duration(k) / time.Duration(o.PerYear))
		}
		first := 1
		for first <= o.PerYear && due(first).Before(since) {
			first++
		}
		for k := first + o.Held; k <= o.PerYear; k++ {
			if !due(k).After(now) {
				o.Overdue++
			} else if o.NextDue == nil {
				o.NextDue = moment(due(k))
			}
		}
	}
	return out
}
