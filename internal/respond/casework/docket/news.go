package docket

import (
	"slices"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/event"
)

// newsOf is what an entry says happened, for other modules and programs.
func newsOf(k *kept, e *procedure.Entry) (news []event.News) {
	for i := range e.Events {
		switch ev := &e.Events[i]; {
		case ev.Kind == procedure.Opened:
			news = append(news, event.CaseOpened)
		case ev.Kind == procedure.Moved:
			news = append(news, event.CaseStep)
		case ev.Kind == procedure.Ticked && ev.Clock.What == procedure.FellDue:
			news = append(news, event.CaseOverdue)
		default:
			continue
		}
		if to := k.typ.State(e.Events[i].To); to != nil && to.End {
			news = append(news, event.CaseClosed)
		}
	}
	return slices.Compact(news)
}

// newsOfBatch are what the entries of a batch say happened, by case.
func (b *batch) newsOfBatch() map[string][]event.News {
	all := map[string][]event.News{}
	for _, e := range b.entries {
		for _, n := range e.news {
			if !slices.Contains(all[e.id], n) {
				all[e.id] = append(all[e.id], n)
			}
		}
	}
	return all
}
