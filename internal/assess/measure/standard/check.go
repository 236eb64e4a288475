package standard

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// tidy fills in what a writer may leave out.
func (c *Content) tidy() {
	if c.Items == nil {
		c.Items = []Item{}
	}
	if c.Pilot != nil && c.Pilot.Regions == nil {
		c.Pilot.Regions = []string{}
	}
	for i := range c.Items {
		it := &c.Items[i]
		if it.Groups == nil {
			it.Groups = []string{}
		}
		if it.Thresholds == nil {
			it.Thresholds = []Threshold{}
		}
		for _, text := range []*string{&it.HeadingZh, &it.HeadingEn, &it.TextZh, &it.TextEn, &it.OwedByZh, &it.OwedByEn, &it.OwedToZh, &it.OwedToEn, &it.LegalZh, &it.LegalEn} {
			*text = strings.TrimSpace(*text)
		}
	}
}

// known is what a content may refer to.
type known struct {
	indicator func(code string) bool
	single    func(code string) bool // an indicator that can be reckoned of a single thing
	zone      func(code string) bool
	region    func(code string) bool // within the region that the standard binds
}

// check refuses what makes no sense, however unfinished the text may be.
func (c *Content) check(k known) error {
	var list fault.List
	for place, day := range map[string]string{"content.from": c.From, "content.until": c.Until} {
		if !isDay(day) && day != "" {
			list.Add(fault.Bad(place, "measure.standard.day", fault.Args{"text": day}))
		}
	}
	if c.Until != "" && c.Until <= c.From {
		list.Add(fault.Bad("content.until", "measure.standard.until"))
	}
	c.checkPilot(k, &list)
	seen := map[string]bool{}
	for i := range c.Items {
		it := &c.Items[i]
		at := func(place string) string { return fmt.Sprintf("content.items[%d].%s", i, place) }
		if seen[it.Key] {
			list.Add(fault.Bad(at("key"), "measure.standard.key_twice", fault.Args{"key": it.Key}))
		}
		seen[it.Key] = true
		it.checkIndicator(k, at, &list)
	}
	return list.OrNil()
}

func (c *Content) checkPilot(k known, list *fault.List) {
	p := c.Pilot
	if p == nil {
		return
	}
	if !isDay(p.From) || !isDay(p.Until) || p.Until <= p.From {
		list.Add(fault.Bad("content.pilot.until", "measure.standard.until"))
	}
	switch {
	case p.Zone == "" && len(p.Regions) == 0:
		list.Add(fault.Bad("content.pilot.zone", "measure.standard.pilot_where"))
	case p.Zone != "" && !k.zone(p.Zone):
		list.Add(fault.Bad("content.pilot.zone", "measure.standard.zone", fault.Args{"zone": p.Zone}))
	}
	for i, code := range p.Regions {
		if !k.region(code) {
			list.Add(fault.Bad(fmt.Sprintf("content.pilot.regions[%d]", i), "measure.standard.pilot_region", fault.Args{"region": code}))
		}
	}
}

func (it *Item) checkIndicator(k known, at func(string) string, list *fault.List) {
	if it.Indicator == "" {
		if len(it.Thresholds) > 0 {
			list.Add(fault.Bad(at("indicator"), "measure.standard.no_indicator"))
		}
		return
	}
	if !k.indicator(it.Indicator) {
		list.Add(fault.Bad(at("indicator"), "measure.indicator.not_found", fault.Args{"code": it.Indicator}))
	} else if it.Level == thingLevel && !k.single(it.Indicator) {
		list.Add(fault.Bad(at("indicator"), "measure.standard.single", fault.Args{"code": it.Indicator}))
	}
	if (it.Level == thingLevel) != (it.Things != "") {
		list.Add(fault.Bad(at("things"), "measure.standard.things"))
	}
	if it.Comparison == "" {
		list.Add(fault.Bad(at("comparison"), "measure.standard.comparison"))
	}
	if len(it.Thresholds) == 0 {
		list.Add(fault.Bad(at("thresholds"), "measure.standard.threshold"))
	}
	seen := map[string]bool{}
	for j, th := range it.Thresholds {
		place := at(fmt.Sprintf("thresholds[%d].for", j))
		if zone, is := strings.CutPrefix(th.For, "zone:"); is && !k.zone(zone) {
			list.Add(fault.Bad(place, "measure.standard.zone", fault.Args{"zone": zone}))
		}
		if seen[th.For] {
			list.Add(fault.Bad(place, "measure.standard.threshold_twice"))
		}
		seen[th.For] = true
	}
}

// ready refuses what is not finished enough to be argued about or approved: every item says
// in both languages what is owed by whom to whom, and whence.
func (c *Content) ready() error {
	var list fault.List
	if len(c.Items) == 0 {
		list.Add(fault.Bad("content.items", "measure.standard.empty"))
	}
	for i := range c.Items {
		it := &c.Items[i]
		for _, f := range []struct{ place, text string }{{"headingZh", it.HeadingZh}, {"headingEn", it.HeadingEn}, {"textZh", it.TextZh}, {"textEn", it.TextEn},
			{"owedByZh", it.OwedByZh}, {"owedByEn", it.OwedByEn}, {"owedToZh", it.OwedToZh}, {"owedToEn", it.OwedToEn}, {"legalZh", it.LegalZh}} {
			if f.text == "" {
				list.Add(fault.Bad(fmt.Sprintf("content.items[%d].%s", i, f.place), "measure.standard.missing"))
			}
		}
	}
	return list[:min(len(list), 40)].OrNil()
}

// dated refuses what cannot be approved because nobody knows when it would begin.
func (c *Content) dated() error {
	if c.From == "" {
		return fault.Bad("content.from", "measure.standard.from")
	}
	if c.Pilot != nil && c.Pilot.From >= c.From {
		return fault.Bad("content.pilot.from", "measure.standard.pilot_first")
	}
	return nil
}

// ahead refuses days that are over, on which nothing can begin any more; of a pilot that began,
// only the day on which it is to bind all counts.
func (c *Content) ahead(today string, piloted bool) error {
	if c.Pilot != nil && !piloted && c.Pilot.From < today {
		return fault.Bad("content.pilot.from", "measure.standard.pilot_past")
	}
	if c.From != "" && c.From < today {
		return fault.Bad("content.from", "measure.standard.from_past")
	}
	return nil
}

func isDay(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// codesOf are the indicators that a content refers to.
func (c *Content) codesOf() (codes []string) {
	for _, it := range c.Items {
		if it.Indicator != "" && !slices.Contains(codes, it.Indicator) {
			codes = append(codes, it.Indicator)
		}
	}
	return codes
}
