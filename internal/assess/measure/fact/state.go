package fact

import (
	"context"
	"fmt"
	"strings"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Fact is a fact by id with all its versions, if the asker may see it.
func (l *Ledger) Fact(ctx context.Context, id string) (out FactVersions, err error) {
	f, err := l.one(ctx, l.DB, id)
	if err != nil {
		return out, err
	}
	if !auth.ScopeOf(ctx, l.Deps.Read).Allows(f.RegionPath) {
		return out, fault.New(fault.NotFound, "measure.fact.not_found")
	}
	out.Fact = f
	out.Versions, err = l.versions(ctx, l.DB, f)
	return out, err
}

// maxPeriods is how many periods one call may state facts of: each is looked at with what came before.
const maxPeriods = 400

// entries are what somebody states in a scope, checked one by one; may says what stands against one. A
// thing that lies neither there nor where the asker may read is not told of.
func (l *Ledger) entries(ctx context.Context, stated []Stated, scope auth.Scope, may func(i int, e *Entry, path string) *fault.Error) (entries []Entry, err error) {
	var units []string
	periods := map[period.Period]struct{}{}
	for _, s := range stated {
		periods[s.Period] = struct{}{}
		if thing.MatchString(s.Unit) {
			units = append(units, s.Unit)
		}
	}
	if len(periods) > maxPeriods {
		return nil, fault.New(fault.TooLarge, "measure.fact.periods", fault.Args{"count": len(periods), "limit": maxPeriods}).At("facts")
	}
	things, err := l.thingsOf(ctx, l.DB, units)
	if err != nil {
		return nil, err
	}
	reads := auth.ScopeOf(ctx, l.Deps.Read)
	var list fault.List
	entries = make([]Entry, len(stated))
	for i, s := range stated {
		e := Entry{Element: s.Element, Unit: s.Unit, Region: s.Region, Period: s.Period, Ref: s.Ref, At: s.At, Reason: s.Reason, Correct: s.Correct}
		if thing.MatchString(e.Unit) {
			t := things[e.Unit]
			if t == nil || !scope.Allows(t.RegionPath) && !reads.Allows(t.RegionPath) {
				list.Add(noThing(e.Unit).At(fmt.Sprintf("facts[%d].unit", i)))
				continue
			}
			if f := l.Stand(t, &e); f != nil {
				list.Add(f.At(fmt.Sprintf("facts[%d].%s", i, f.Place)))
				continue
			}
		} else if e.Region == "" {
			e.Region = e.Unit
		}
		if s.Value != nil {
			v, err := ValueOf(*s.Value)
			if err != nil {
				list.Add(fault.Of(err).At(fmt.Sprintf("facts[%d].value", i)))
			}
			e.Value = &v
			if bad := l.Begun(e.Period); bad != nil {
				list.Add(bad.At(fmt.Sprintf("facts[%d].period", i)))
			}
		}
		if element := l.known(s.Element); element != nil && element.BuiltIn {
			list.Add(fault.Bad(fmt.Sprintf("facts[%d].element", i), "measure.fact.built_in", fault.Args{"element": i18n.Both{Zh: element.NameZh, En: element.NameEn}}))
		}
		if r, err := l.Tree().Region(e.Region); err != nil {
			list.Add(fault.Of(err).At(fmt.Sprintf("facts[%d].region", i)))
		} else {
			list.Add(may(i, &e, r.Path))
		}
		entries[i] = e
	}
	return entries, list.OrNil()
}

// MayCorrect reports whether somebody may change what is locked at a path: those only who also say
// what facts are about. Others open the return again.
func (l *Ledger) MayCorrect(ctx context.Context, path string) bool {
	return auth.ScopeOf(ctx, l.Define).Allows(path)
}

// State takes facts from somebody who may state them in their regions. What is locked is corrected by
// those only who also say what facts are about; what contradicts other facts is not taken.
func (l *Ledger) State(ctx context.Context, stated []Stated) (out Answer, err error) {
	entries, err := l.entries(ctx, stated, auth.ScopeOf(ctx, l.Deps.State), func(i int, e *Entry, path string) *fault.Error {
		if err := auth.Check(ctx, l.Deps.State, path); err != nil {
			return fault.Of(err).At(fmt.Sprintf("facts[%d].region", i))
		}
		e.Correct = e.Correct && l.MayCorrect(ctx, path)
		return nil
	})
	if err != nil {
		return out, err
	}
	if out.Findings, err = l.findings(ctx, entries); err != nil {
		return out, err
	}
	if err := contradicted(out.Findings); err != nil {
		return out, err
	}
	err = l.DB.Update(ctx, func(tx *store.Tx) error {
		id := store.NewID(tx.Now)
		if out.Outcome, err = l.Take(ctx, tx, Origin{FromHand, "hand:" + id}, entries); err != nil {
			return inFacts(err)
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "measure.fact.state", Object: "measure-hand:" + id, RegionPath: l.smallest(regionsOf(entries)),
			Detail: map[string]any{"facts": len(entries), "new": out.New, "changed": out.Changed, "withdrawn": out.Withdrawn}})
	})
	if err == nil {
		l.Told(out.Paths...)
	}
	return out, err
}

// inFacts gives the places of entries as those of the input: "facts[3].value".
func inFacts(err error) error {
	placed := func(e *fault.Error) *fault.Error {
		if strings.HasPrefix(e.Place, "[") {
			return e.At("facts" + e.Place)
		}
		return e
	}
	switch known := err.(type) {
	case fault.List:
		var list fault.List
		for _, e := range known {
			list.Add(placed(e))
		}
		return list
	case *fault.Error:
		return placed(known)
	}
	return err
}

func regionsOf(entries []Entry) []string {
	codes := make([]string, len(entries))
	for i := range entries {
		codes[i] = entries[i].Region
	}
	return codes
}

// Told lets open pages know that facts of regions changed, so that those hear it, too, who work for
// one of them only. It is called after the commit; where nothing changed, nobody hears anything.
func (l *Ledger) Told(paths ...string) {
	if l.Live != nil && len(paths) > 0 {
		l.Live.TellAny("measure", l.Deps.Read, paths, struct{}{})
	}
}
