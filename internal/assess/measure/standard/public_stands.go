package standard

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
)

// least is how many things, or regions below districts, the public reads of together at least: how
// fewer stand would tell of single ones.
const least = 5

// public is how places stand as everybody may know it, reckoned once for all who ask.
type public struct {
	sync.Mutex
	of     moment
	judged map[string][]Compliance // by code of a district, or of a region above
}

// moment is what public is reckoned of. Zones and things have no version: they are looked at again
// every minute.
type moment struct {
	facts     int64
	book      any
	tree      *fact.Tree
	minute    time.Time
	standards string
}

// judgedOf is how a region stands as everybody may know it: one below districts by its district.
func (d *Desk) judgedOf(ctx context.Context, all []*Standard, r *fact.Region) ([]Compliance, error) {
	now := moment{book: d.Book.Edition(), tree: d.Ledger.Tree(), minute: d.Clock.Now().Truncate(time.Minute)}
	var ids strings.Builder
	for _, s := range all {
		fmt.Fprintf(&ids, "%s %d,", s.ID, s.Revision)
	}
	now.standards = ids.String()
	d.public.Lock() // however many ask at once, it is reckoned once
	defer d.public.Unlock()
	var err error
	if now.facts, err = fact.Version(ctx, d.DB); err != nil {
		return nil, err
	}
	if d.public.of != now {
		judged, err := d.judgeForAll(ctx, all)
		if err != nil {
			return nil, err
		}
		d.public.of, d.public.judged = now, judged
	}
	for _, code := range now.tree.Above(r.Code) {
		if found, ok := d.public.judged[code]; ok {
			return slices.Clone(found), nil
		}
	}
	return []Compliance{}, nil
}

// judgeForAll reckons how districts, and the regions above them, stand with what everybody may see.
func (d *Desk) judgeForAll(ctx context.Context, all []*Standard) (map[string][]Compliance, error) {
	j, err := d.judge(ctx, d.DB, period.Period{})
	if err != nil {
		return nil, err
	}
	judged := map[string][]Compliance{}
	var places []asked
	for _, district := range j.tree.Within("", "district") {
		for _, code := range j.tree.Above(district.Code) {
			if r, err := j.tree.Region(code); err == nil && judged[code] == nil {
				judged[code] = []Compliance{}
				places = append(places, asked{unit: unitOf(r)})
			}
		}
	}
	for _, b := range j.bindings(all, d.today()) {
		for i := range b.v.Content.Items {
			it := &b.v.Content.Items[i]
			if def, err := d.Book.Definition(it.Indicator); err != nil || !def.Public {
				continue
			}
			found, err := j.stand(&b, it, places)
			if err != nil {
				return nil, err
			}
			if level := it.level(); level != "city" && level != "district" {
				found = j.together(found)
			}
			for _, c := range found {
				judged[c.Unit] = append(judged[c.Unit], c)
			}
		}
	}
	return judged, nil
}

// together leaves out single ones, and places in which fewer than least are counted. Nor can these be
// reckoned from what the region above has more than its other districts: where they are fewer than
// least in all, the smallest district that could be told goes with them.
func (j *judge) together(found []Compliance) []Compliance {
	count := func(c *Compliance) int {
		if c.Within == nil {
			return 0
		}
		return c.Within.Kept + c.Within.Failed + c.Within.Unknown
	}
	hidden, smallest := 0, ""
	size := 0
	for i := range found {
		c, n := &found[i], count(&found[i])
		switch r, err := j.tree.Region(c.Unit); {
		case err != nil || r.Level != "district":
		case n < least:
			hidden += n
		case smallest == "" || n < size:
			smallest, size = c.Unit, n
		}
	}
	if hidden == 0 || hidden >= least {
		smallest = ""
	}
	found = slices.DeleteFunc(found, func(c Compliance) bool { return count(&c) < least || c.Unit == smallest })
	for i := range found {
		found[i].Each = nil
	}
	return found
}
