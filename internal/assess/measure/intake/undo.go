package intake

import (
	"context"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Undo takes back what an import of one's own brought: what it stated anew is withdrawn, and
// what it changed is what it was. What somebody changed since is left alone, and so is what was locked
// since, unless they may correct it.
func (d *Desk) Undo(ctx context.Context, id string) (*Job, error) {
	j, err := d.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if j.State == Checking || j.State == Taking || j.State == Undone || j.Taken == 0 {
		return nil, fault.New(fault.Conflict, "measure.import.nothing")
	}
	var undone fact.Outcome
	after := ""
	j.Kept = 0 // where it was begun and cut off, all are looked at again
	for done := false; !done; {
		next, out, last := *j, fact.Outcome{}, ""
		err := d.DB.Update(ctx, func(tx *store.Tx) (err error) {
			next = *j
			var entries []fact.Entry
			if entries, last, err = d.Ledger.Undoing(ctx, tx, "import:"+id, after, perTake); err != nil {
				return err
			}
			if done = len(entries) < perTake; done {
				next.State = Undone
			}
			free, err := d.free(ctx, tx, entries)
			if err != nil {
				return err
			}
			next.Kept += len(entries) - len(free)
			if out, err = d.Ledger.Take(ctx, tx, fact.Origin{Source: fact.FromImport, Object: "undo:" + id}, free); err != nil {
				return err
			}
			if err := writeJob(ctx, tx, &next); err != nil {
				return err
			}
			return audit.Write(ctx, tx, audit.Entry{Action: "measure.import.undo", Object: "measure-import:" + id, RegionPath: j.path, Detail: map[string]any{"values": len(free), "kept": len(entries) - len(free)}})
		})
		if err != nil {
			return nil, err
		}
		*j, after = next, last
		undone.Add(out)
	}
	d.Ledger.Told(undone.Paths...)
	return j, nil
}

// free are the entries that change nothing locked, or are of somebody who may correct it.
func (d *Desk) free(ctx context.Context, q store.Queryer, entries []fact.Entry) (free []fact.Entry, err error) {
	for i := range entries {
		g, err := d.Ledger.Tree().Region(entries[i].Region)
		entries[i].Correct = err == nil && d.Ledger.MayCorrect(ctx, g.Path)
	}
	known, err := d.Ledger.Beside(ctx, q, entries)
	for i := range known {
		if known[i].Locked == nil {
			free = append(free, entries[i])
		}
	}
	return free, err
}
