package intake

import (
	"context"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// maxCompared is how many values are kept to be compared with each other; about 60 MB.
const maxCompared = 200_000

// compare keeps a value until all that stands beside it is read.
func (r *run) compare(v *parsed, would *int) {
	if r.d.Rules == nil || !r.d.Rules.Compares(v.entry.Element) || len(r.compared) > maxCompared {
		return
	}
	if r.compared = append(r.compared, placed{v.entry, int32(v.line), v.place, would}); len(r.compared) > maxCompared {
		r.doubt(v.line, v.place, "measure.import.not_compared", map[string]any{"limit": maxCompared})
	}
}

// contradictions asks rules of all that the file states, among itself and with what counts already.
// What breaks one is not taken; what is only unlikely is.
func (r *run) contradictions(ctx context.Context) error {
	if len(r.compared) == 0 || len(r.compared) > maxCompared {
		r.compared = nil
		return nil
	}
	entries := make([]fact.Entry, len(r.compared))
	for i := range r.compared {
		entries[i] = r.compared[i].entry
	}
	found, err := r.d.Rules.Contradictions(ctx, r.d.DB, entries)
	if err != nil {
		return err
	}
	for _, f := range found {
		args := map[string]any{"says": i18n.Both{Zh: f.MessageZh, En: f.MessageEn}}
		for _, i := range f.At {
			at := &r.compared[i]
			if !f.Stops {
				r.doubt(int(at.line), at.place, "measure.fact.contradicts", args)
				continue
			}
			key := r.key(&at.entry)
			if _, told := r.broken[key]; !told {
				r.broken[key] = struct{}{}
				r.j.Values--
				*at.would--
				r.bad(int(at.line), at.place, "measure.fact.contradicts", args)
			}
		}
	}
	r.compared = nil
	return nil
}
