package indicator

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Target is a value to be reached by the end of a period: by one region, by those of a zone, or by
// all that have none of their own.
type Target struct {
	Value    float64       `json:"value"`
	By       period.Period `json:"by" doc:"2025, 2025Q4, …"`
	Region   string        `json:"region,omitempty" maxLength:"12" doc:"Code of the one region that it is for, not of those below; empty for all"`
	Zone     string        `json:"zone" maxLength:"40" doc:"For the regions of a zone and those below them; empty for all"`
	Source   string        `json:"source" maxLength:"300"`
	SourceEn string        `json:"sourceEn,omitempty" maxLength:"300" doc:"The same in English; empty where it is not said otherwise"`
}

// Zones answers for named sets of regions.
type Zones interface {
	// Members are the codes of a zone's regions.
	Members(ctx context.Context, zone string) ([]string, error)
}

// Targets says which target holds where.
type Targets struct {
	tree    *fact.Tree
	members map[string][]string // by zone
	zone    *time.Location
}

// Targets reads the zones that targets of definitions name.
func (b *Book) Targets(ctx context.Context, definitions ...Definition) (*Targets, error) {
	t := &Targets{tree: b.Ledger.Tree(), members: map[string][]string{}, zone: b.Ledger.Zone}
	for _, d := range definitions {
		for _, target := range d.Targets {
			if _, read := t.members[target.Zone]; read || target.Zone == "" {
				continue
			}
			members, err := b.Zones.Members(ctx, target.Zone)
			if err != nil && !fault.IsKind(err, fault.NotFound) { // one that is gone holds nobody
				return nil, err
			}
			t.members[target.Zone] = members
		}
	}
	return t, nil
}

// At is the target that a period of what is or stands at a path is judged by: the region's own,
// else that of a zone which it lies in, else the one for all; of several the first that is due at
// the period's end or later, else the last. nil for none, and for what three months add up to where
// the target is one for a month.
func (t *Targets) At(d *Definition, path string, p period.Period) *Target {
	if d.Accrues && p.Kind != d.Period {
		return nil
	}
	var above []string
	if r := t.tree.At(path); r != nil {
		above = t.tree.Above(r.Code)
	}
	inside := func(code string) bool { return slices.Contains(above, code) }
	for _, holds := range []func(*Target) bool{
		func(x *Target) bool { return x.Region != "" && len(above) > 0 && x.Region == above[0] },
		func(x *Target) bool { return x.Zone != "" && slices.ContainsFunc(t.members[x.Zone], inside) },
		func(x *Target) bool { return x.Region == "" && x.Zone == "" },
	} {
		if found := due(d.Targets, holds, p.End(t.zone), t.zone); found != nil {
			return found
		}
	}
	return nil
}

// due is, of targets that hold, the first that is due at a time or later, else the last.
func due(targets []Target, holds func(*Target) bool, end time.Time, zone *time.Location) (best *Target) {
	for i := range targets {
		t := &targets[i]
		if !holds(t) {
			continue
		}
		by := t.By.End(zone)
		switch {
		case best == nil,
			!by.Before(end) && (best.By.End(zone).Before(end) || by.Before(best.By.End(zone))),
			by.Before(end) && best.By.End(zone).Before(by):
			best = t
		}
	}
	return best
}

// placed refuses targets of regions and zones that there are not.
func (b *Book) placed(ctx context.Context, targets []Target) error {
	var list fault.List
	for i, t := range targets {
		if t.Region != "" {
			if _, err := b.Ledger.Tree().Region(t.Region); err != nil {
				list.Add(fault.Of(err).At(fmt.Sprintf("targets[%d].region", i)))
			}
		}
		if t.Zone != "" {
			if _, err := b.Zones.Members(ctx, t.Zone); err != nil {
				list.Add(fault.Of(err).At(fmt.Sprintf("targets[%d].zone", i)))
			}
		}
	}
	return list.OrNil()
}
