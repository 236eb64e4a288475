package standard

import (
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
)

// thingLevel is the level of an item that judges single things.
const thingLevel = "thing"

// unit is what an item judges: a region, or a thing with the region whose kind says what is asked of
// it: the township that it stands in, or a region above where it stands there.
type unit struct {
	code, path, nameZh, nameEn string
	region                     *fact.Region
}

func unitOf(r *fact.Region) unit { return unit{r.Code, r.Path, r.NameZh, r.NameEn, r} }

// within are the units at and below a path that an item judges.
func (j *judge) within(path string, it *Item) (units []unit, err error) {
	if it.Level != thingLevel {
		for _, r := range j.tree.Within(path, it.level()) {
			units = append(units, unitOf(r))
		}
		return units, nil
	}
	things, err := j.things(it.Things)
	for _, t := range things {
		if strings.HasPrefix(t.RegionPath, path) && j.tree.At(t.RegionPath) != nil {
			units = append(units, j.thing(&t))
		}
	}
	return units, err
}

func (j *judge) thing(t *fact.Thing) unit {
	at := j.tree.At(t.RegionPath)
	if township := j.around(at, "township"); township != nil {
		at = township
	}
	return unit{t.ID, t.RegionPath, t.NameZh, t.NameEn, at}
}

// things are those of a kind that are judged in the judge's period, or today, read once.
func (j *judge) things(kind string) ([]fact.Thing, error) {
	if found, known := j.read[kind]; known {
		return found, nil
	}
	p := j.period
	if p.Kind == "" {
		p = period.Of(period.Day, j.d.Clock.Now(), j.d.Zone)
	}
	found, err := j.d.Ledger.Things(j.ctx, j.q, kind, p)
	j.read[kind] = found
	return found, err
}

// rollUp counts a thing in its district.
func (i *ItemImpact) rollUp(district *fact.Region, u *UnitImpact) {
	at := slices.IndexFunc(i.Districts, func(r Rollup) bool { return r.Code == district.Code })
	if at < 0 {
		at = len(i.Districts)
		i.Districts = append(i.Districts, Rollup{Code: district.Code, Path: district.Path, NameZh: district.NameZh, NameEn: district.NameEn})
	}
	i.Districts[at].Sum.add(u)
}
