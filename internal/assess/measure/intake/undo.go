package intake

import (
	"context"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Undo takes back what an import of one's own brought: what it stated anew is withdrawn, and
// what it changed is what it was. What somebody changed since is left alone.
func (d *Desk) Undo(ctx context.Context, id string) (*Job, error) {
	j, err := d.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if j.State == Checking || j.State == Taking || j.State == Undone || j.Taken == 0 {
		return nil, fault.New(fault.Conflict, "measure.import.nothing")
	}
	var undone fact.Outcome
	for done := false; !done; {
		next, out := *j, fact.Outcome{}
		err := d.DB.Update(ctx, func(tx *store.Tx) error {
			next = *j
			entries, err := d.Ledger.Undoing(ctx, tx, "import:"+id, perTake)
			if err != nil {
				return err
			}
			done = len(entries) < perTake
			for i := range entries {
				g, err := d.Ledger.Tree().Region(entries[i].Region)
				entries[i].Correct = err == nil && d.Ledger.MayCorrect(ctx, g.Path)
			}
			if done {
				next.State = Undone
			}
			if out, err = d.Ledger.Take(ctx, tx, fact.Origin{Source: fact.FromImport, Object: "undo:" + id}, entries); err != nil {
				return err
			}
			if err := writeJob(ctx, tx, &next); err != nil {
				return err
			}
			return audit.Write(ctx, tx, audit.Entry{Action: "measure.import.undo", Object: "measure-import:" + id, RegionPath: j.path, Detail: map[string]any{"values": len(entries)}})
		})
		if err != nil {
			return nil, err
		}
		*j = next
		undone.Add(out)
	}
	d.Ledger.Told(undone.Paths...)
	return j, nil
}
